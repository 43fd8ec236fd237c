"""What can be refused before the work begins leaves no failed run behind."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from segmint.contract.contract import parse_contract
from segmint.errors import SegmintError
from segmint.flows.backtest import backtest
from segmint.flows.explain import explain_customers
from segmint.flows.measure import measure
from segmint.flows.monitor import monitor
from segmint.flows.predict import predict
from segmint.flows.run import run
from segmint.flows.segment import segment
from segmint.flows.target import target
from segmint.store.bundle import write_bundle
from segmint.targeting.policy import ContactPolicy, Economics
from tests.service.small import CONTRACT, small_parts

CUSTOMERS = pl.DataFrame({"id": ["a", "b"], "age": ["20", "70"], "job": ["student", "admin."], "y": ["yes", "no"]})
WITH_IDS = CONTRACT + '[columns.id]\nkind = "text"\nrole = "id"\nlabel = "customer"\n'
WITH_PHONES = CUSTOMERS.with_columns(phone=pl.lit("+351210000000"))
DRAFT = parse_contract("reviewed = false\n" + WITH_IDS, origin="a draft")
POLICY = ContactPolicy(economics=Economics(cost_per_call=1, value_per_success=9))
LISTED = pl.DataFrame({"customer": ["a"], "status": ["listed"], "propensity": [0.1], "value": [9.0], "cost": [1.0]})
RESULTS = pl.DataFrame({"customer": ["a"], "code": ["success"]})
PROFILE = '[[columns]]\nheader = "Branch"\nsource = "branch"\n'

Ask = Callable[[Path, dict[str, Any]], Any]


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda _, more: run(CUSTOMERS, DRAFT, **more), "reviewed"),
        (lambda _, more: backtest(CUSTOMERS, DRAFT, **more), "reviewed"),
        (lambda _, more: segment(CUSTOMERS, DRAFT, **more), "reviewed"),
        (lambda at, more: predict(CUSTOMERS.drop("age"), at / "bundle", **more), "missing: age"),
        (
            lambda at, more: predict(CUSTOMERS, at / "bundle", out=at / "d.toml" / "p.csv", **more),
            "another place: --out",
        ),
        (
            lambda at, more: target(CUSTOMERS, at / "bundle", policy=POLICY, out=at / "d.toml" / "lists", **more),
            "another place: --out",
        ),
        (lambda at, more: monitor(CUSTOMERS.drop("age"), at / "bundle", **more), "missing: age"),
        (lambda at, more: monitor(CUSTOMERS, at / "bundle", outcomes=RESULTS.rename({"code": "c"}), **more), "neither"),
        (
            lambda at, more: explain_customers(CUSTOMERS, at / "bundle", customer="nobody", **more),
            "no customer 'nobody'",
        ),
        (lambda at, more: target(WITH_PHONES, at / "bundle", policy=POLICY, dialler=at / "d.toml", **more), "'branch'"),
        (
            lambda at, more: target(
                WITH_PHONES, at / "bundle", policy=POLICY.model_copy(update={"carry": ("branch",)}), **more
            ),
            "a column 'branch' that the table does not have",
        ),
        (
            lambda at, more: target(
                WITH_PHONES, at / "bundle", policy=POLICY.model_copy(update={"compare_with": at / "d.toml"}), **more
            ),
            "d.toml'",
        ),
        (lambda _, more: measure(LISTED.drop("cost"), RESULTS, **more), "no column 'cost'"),
        (lambda _, more: measure(LISTED, RESULTS.rename({"code": "result"}), **more), "no column 'code'"),
        (lambda _, more: measure(LISTED, RESULTS.with_columns(code=pl.lit("S17")), **more), "code without a meaning"),
    ],
)
def test_it_leaves_no_run(ask: Ask, said: str, tmp_path: Path) -> None:
    write_bundle(tmp_path / "bundle", **small_parts() | {"contract": parse_contract(WITH_IDS, origin="test")})
    (tmp_path / "d.toml").write_text(PROFILE)
    with pytest.raises(SegmintError, match=said):
        ask(tmp_path, {"runs": tmp_path / "runs"})
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("ask", [run, segment])
def test_words_that_cannot_be_used_leave_no_run(ask: Callable[..., Any], tmp_path: Path) -> None:
    words, settings = tmp_path / "words.toml", tmp_path / "segmint.toml"
    words.write_text("updated = 2026-01-01")
    settings.write_text(f"[segments]\nwords = '{words}'")
    contract = CONTRACT.replace('kind = "response"', 'kind = "assignment"').replace('positive = "yes"', "")
    for outcome in (CONTRACT, contract):
        with pytest.raises(SegmintError, match="updated is unknown"):
            ask(CUSTOMERS, parse_contract(outcome, origin="test"), settings, runs=tmp_path / "runs")
    assert not (tmp_path / "runs").exists()


def test_a_table_without_a_column_that_can_forbid_a_call_leaves_no_run(tmp_path: Path) -> None:
    consent = '[columns.optin]\nkind = "text"\nrole = "consent"\nlabel = "opt-in"\n'
    write_bundle(tmp_path / "bundle", **small_parts() | {"contract": parse_contract(CONTRACT + consent, origin="test")})
    with pytest.raises(SegmintError, match="no column 'optin', which the contract reads as 'consent'"):
        target(WITH_PHONES, tmp_path / "bundle", policy=POLICY, runs=tmp_path / "runs")
    assert not (tmp_path / "runs").exists()


def test_a_file_in_the_place_of_the_folder_of_runs_is_named(tmp_path: Path) -> None:
    write_bundle(tmp_path / "bundle", **small_parts())
    (tmp_path / "hist.csv").write_text("id")
    with pytest.raises(SegmintError, match=r"hist.csv' is no folder(.|\n)*another place: --runs"):
        predict(CUSTOMERS, tmp_path / "bundle", runs=tmp_path / "hist.csv")


def test_a_customer_who_is_there_is_found_by_the_id_as_joins_read_it(tmp_path: Path) -> None:
    write_bundle(tmp_path / "bundle", **small_parts() | {"contract": parse_contract(WITH_IDS, origin="test")})
    told = explain_customers(CUSTOMERS, tmp_path / "bundle", customer=" b ", runs=tmp_path / "runs")
    assert told.frame()["record"].to_list() == [2]
