"""From a bundle and a table to reasons: one customer in sentences, all of them in tables and a page."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

import segmint.flows.explain as flow
from segmint.config import load_config
from segmint.contract.column import Column
from segmint.contract.validate import validate
from segmint.errors import InputError
from segmint.flows.demo import sample_path
from segmint.flows.explain import Explained, explain_customers
from segmint.flows.run import RunResult
from segmint.flows.steps.bundle import propensities
from segmint.flows.steps.named import customer_ids
from segmint.store.bundle import open_bundle
from segmint.store.command_line import command_line
from segmint.store.run import Run
from segmint.tables.source import open_table
from segmint.wording import signed

pytestmark = pytest.mark.network
pytest.importorskip("tensorflow")

FEW = 200


@pytest.fixture(scope="module")
def few() -> pl.DataFrame:
    return pl.read_csv(sample_path(), separator=";", infer_schema=False).head(FEW)


@pytest.fixture(scope="module")
def explained(done: RunResult, runs: Path, few: pl.DataFrame) -> Explained:
    return explain_customers(few, done.folder, load_config(), runs=runs)


def test_everyone_has_reasons_that_add_up(explained: Explained) -> None:
    frame = pl.read_parquet(explained.folder / "reasons.parquet")
    assert frame["record"].to_list() == list(range(1, FEW + 1))
    moved = frame.select(pl.sum_horizontal(pl.col("^contribution_.*$"))).to_series()
    assert (frame["base"] + moved - frame["prediction"]).abs().max() < 1e-9
    assert frame["reason_1"].null_count() < FEW / 2


def test_no_sensitive_column_is_a_reason_unless_asked(
    explained: Explained, done: RunResult, runs: Path, few: pl.DataFrame
) -> None:
    words = explained.reasons.select("reason_1", "reason_2", "reason_3").unpivot()["value"].drop_nulls()
    assert not words.str.contains(r"^(age|marital status) ").any()
    asked = explain_customers(few, done.folder, load_config(), runs=runs, customer=np.int64(3), sensitive=True)
    assert any(sentence.startswith("age ") for sentence in asked.sentences)


def test_one_customer_is_told_why_what_would_change_it_and_how_sure(
    explained: Explained, done: RunResult, runs: Path, few: pl.DataFrame
) -> None:
    with command_line(["explain", "--customer", "17"]):
        one = explain_customers(few, done.folder, load_config(), runs=runs, customer="17")
    assert Run.open(one.folder).record["argv"] == ["explain", "--customer", "…"]
    alone = one.reasons.row(0, named=True)
    together = explained.reasons.row(16, named=True)
    assert [alone[f"reason_{n}"] for n in (1, 2, 3)] == [together[f"reason_{n}"] for n in (1, 2, 3)]
    assert alone["prediction"] == pytest.approx(together["prediction"], abs=1e-6)
    assert "reasons are" in one.sentences[-1]
    assert one.report is None
    assert one.sentences[0].startswith("For the bank's staff")
    hidden = 100 * (alone["contribution_age"] + alone["contribution_marital"])
    assert one.summary["unnamed"] in " ".join(one.sentences)
    assert f"not named because they are sensitive (2 of 11) move it by {signed(hidden, 1)}" in one.summary["unnamed"]


def test_reasons_name_customers_as_every_other_file_does(done: RunResult, few: pl.DataFrame) -> None:
    bundle = open_bundle(done.folder)
    client = Column(name="client", kind="text", role="id", label="client")
    contract = bundle.contract.model_copy(update={"columns": (client, *bundle.contract.columns)})
    named = few.head(2).with_columns(client=pl.Series([" 0018 ", "'"]))
    table = validate(open_table(named), contract, purpose="predict", at=bundle.at)
    assert flow.reasons_of(table, bundle)["customer"].to_list() == customer_ids(table).to_list() == ["0018", None]


def test_customers_in_general_are_real_ones(done: RunResult, few: pl.DataFrame) -> None:
    bundle = open_bundle(done.folder)
    texts = pl.read_csv(sample_path(), separator=";", infer_schema=False)
    table = validate(open_table(texts), bundle.contract, purpose="predict", at=bundle.at, max_rejected=0.0)
    average = propensities(bundle, table.frame).mean()
    told = flow.about_customer(table.rows(np.arange(len(table)) == 16), bundle)[1]
    assert told["average"] == pytest.approx(average, abs=1e-6)
    assert f"Customers in general have {100 * average:.1f} %;" in told["letter"][1]
    assert f"start from {100 * told['base']:.1f} %, where customers would be on average if" in " ".join(told["letter"])


def test_an_unknown_customer_is_said_to_be_unknown(done: RunResult, runs: Path, few: pl.DataFrame) -> None:
    with pytest.raises(InputError, match="no customer '9999'"):
        explain_customers(few, done.folder, load_config(), runs=runs, customer="9999")


def test_order_of_rows_never_matters(explained: Explained, done: RunResult, runs: Path, few: pl.DataFrame) -> None:
    back = explain_customers(few.reverse(), done.folder, load_config(), runs=runs)
    there = np.array(explained.reasons["contribution_balance"])
    assert np.array(back.reasons["contribution_balance"])[::-1] == pytest.approx(there, abs=1e-6)


def test_of_many_customers_some_are_drawn_whatever_their_order(
    done: RunResult, runs: Path, few: pl.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flow, "MOST_EXPLAINED", 20)
    monkeypatch.setattr(flow, "MOST_WEIGHED", 15)
    monkeypatch.setattr(flow, "DRAWS", (1, 2))
    there = explain_customers(few, done.folder, load_config(), runs=runs)
    back = explain_customers(few.reverse(), done.folder, load_config(), runs=runs)
    assert there.reasons.height == 20
    assert sorted(FEW + 1 - back.reasons["record"]) == there.reasons["record"].to_list()
    assert there.sentences[0] == "20 of 200 customers were explained, drawn by a fixed rule."


def test_the_more_columns_the_fewer_customers_are_weighed(
    done: RunResult, runs: Path, few: pl.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = [flow._weighed(500, columns) for columns in (1, 16, 40, 80, 150, 5_000)]
    assert asked == [500, 500, 500, 250, 133, 100]
    monkeypatch.setattr(flow, "MANY_COLUMNS", 5)
    monkeypatch.setattr(flow, "MOST_WEIGHED", 100)
    monkeypatch.setattr(flow, "DRAWS", (1, 2))
    told = explain_customers(few, done.folder, load_config(), runs=runs)
    assert told.report is not None
    columns = pl.read_parquet(told.folder / "tables" / "importance.parquet").height
    assert told.summary["customers"] == 500 // columns < 100
    assert f"{500 // columns} customers were drawn" in told.report.read_text("utf-8").replace("\u00a0", " ")


def test_the_page_has_what_matters_and_no_customer(explained: Explained) -> None:
    assert explained.report is not None
    page = explained.report.read_text("utf-8").replace("\u00a0", " ")
    assert "What the network&#39;s predictions rest on" in page
    assert str(explained.summary["stability"]) in page
    assert pl.read_parquet(explained.folder / "tables" / "importance.parquet").height == 11
