"""A scored table is read as it came."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest

from segmint.config import load_config
from segmint.contract.column import Column
from segmint.contract.contract import parse_contract
from segmint.errors import DataError
from segmint.flows.predict import predict
from segmint.flows.report import write_report
from segmint.flows.steps.call_lists import read_call_list, with_numbers
from segmint.flows.steps.scored import _as_it_came, known_of, made_on, scoring_run
from segmint.flows.target import target
from segmint.report.run_view import RunView
from segmint.store.bundle import open_bundle, write_bundle
from tests.flows.waves import CONFIG, QUICK
from tests.service.small import CONTRACT, small_parts

BUNDLE: Any = SimpleNamespace(
    at="planning",
    contract=SimpleNamespace(
        features=lambda at: [Column(name="segment", kind="category", role="characteristic", label="segment")]
    ),
)


@pytest.mark.parametrize("aside", [True, False])
def test_a_segment_of_the_table_s_own_is_kept_apart_from_the_one_found(aside: bool) -> None:
    own = {"segment_input": ["retail"], "segment": ["Savers"]} if aside else {"segment": ["retail"]}
    wave = pl.DataFrame({**own, "propensity": [0.5], "predicted": ["no"], "flags": [""]})
    assert _as_it_came(wave, BUNDLE).to_dict(as_series=False) == {"segment": ["retail"]}


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="this system sets time zones otherwise")
def test_the_day_of_a_list_is_that_where_the_calls_are_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs are stamped in UTC: there the evening of a day is the next one already."""
    evening: Any = SimpleNamespace(record={"made": "2026-11-28T01:30:00+00:00"})
    days = []
    for zone in ("Etc/GMT+5", "Etc/GMT-9"):
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        days.append(made_on(evening))
    monkeypatch.undo()
    time.tzset()
    assert days == [date(2026, 11, 27), date(2026, 11, 28)]
    assert made_on(None) is None


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of its own: other tests make runs too."""
    return tmp_path_factory.mktemp("runs")


@pytest.mark.network
def test_the_page_of_a_prediction_and_its_moment_are_those_of_the_bundle(
    wave: dict[str, pl.DataFrame], trained: Path, runs: Path, tmp_path: Path
) -> None:
    found = predict(wave["wave"].head(50), trained, CONFIG, runs=runs)
    assert RunView(found.folder).at == open_bundle(trained).at == "planning"
    assert "those known" in write_report(found.folder).read_text("utf-8")
    late = write_bundle(tmp_path / "bundle", **small_parts(1) | {"at": "dialling"})
    people = pl.DataFrame({"age": ["40"] * 20, "job": ["student"] * 20, "phone": ["1"] * 20})
    assert CONFIG.data.at == "planning"
    assert RunView(predict(people, tmp_path / "bundle", CONFIG, runs=runs).folder).at == late.at == "dialling"


@pytest.mark.network
def test_a_scored_table_can_be_scored_again_and_again(wave: dict[str, pl.DataFrame], trained: Path, runs: Path) -> None:
    table: Any = wave["wave"].head(30)
    for _ in range(3):
        table = predict(table, trained, CONFIG, runs=runs).folder / "predictions.parquet"
    frame = pl.read_parquet(table)
    assert {"propensity", "propensity_input", "propensity_input_input"} <= set(frame.columns)
    assert frame["propensity"].equals(frame["propensity_input_input"].alias("propensity"))


@pytest.mark.network
def test_a_scored_table_with_decimal_commas_is_read_again_as_it_was(
    wave: dict[str, pl.DataFrame], trained: Path, runs: Path, tmp_path: Path
) -> None:
    column = next(name for name, kind in wave["wave"].schema.items() if kind.is_numeric())
    few = wave["wave"].head(200).with_columns((pl.col(column).rank() + 0.125).alias(column))
    frames = []
    for name, comma in (("point.csv", False), ("comma.csv", True)):
        few.write_csv(tmp_path / name, separator=";", decimal_comma=comma)
        scored = predict(tmp_path / name, trained, CONFIG, runs=runs).folder / "predictions.parquet"
        table = pl.read_parquet(scored)
        known = known_of(open_bundle(trained), table, None, CONFIG.data, scoring_run(scored, table, runs))
        assert known is not None
        frames.append(known.frame)
    assert frames[0].equals(frames[1])


@pytest.mark.network
def test_a_list_finds_the_very_row_that_it_chose(
    wave: dict[str, pl.DataFrame], trained: Path, runs: Path, tmp_path: Path
) -> None:
    """A customer with two rows is listed with the better one, which need not be the first."""
    inputs = [column.name for column in open_bundle(trained).contract.features("planning")]
    other = (
        wave["wave"]
        .head(300)
        .with_columns(wave["wave"].slice(300, 300).select(name for name in inputs if name in wave["wave"].columns))
    )
    twice = pl.concat([other, wave["wave"].head(300)])
    money = ["economics.cost_per_call=0.001", "economics.value_per_success=1", "policy.holdout_share=0.2"]
    listed = target(twice, trained, load_config(None, [*QUICK, *money]), runs=runs).call_list.listed
    assert (listed["record"] > 300).any()
    assert (listed["record"] <= 300).any()
    known = known_of(open_bundle(trained), listed, twice, CONFIG.data, scoring_run(listed, listed, runs))
    assert known is not None
    assert known.raw.equals(twice[listed["record"].to_numpy() - 1])


@pytest.mark.parametrize("name", ["scored.csv", "scored.parquet", "scored.xlsx"])
def test_a_copy_elsewhere_of_a_table_with_decimal_commas_is_read_as_it_is_written(name: str, tmp_path: Path) -> None:
    """`predict --out` keeps the table's own texts, of a text file beside propensities written alike, and names no run."""
    bundle = write_bundle(tmp_path / "bundle", **small_parts(1))
    people = pl.DataFrame({"age": [f"{20 + i},5" for i in range(30)], "job": ["student"] * 30, "phone": ["1"] * 30})
    people.write_csv(tmp_path / "people.csv", separator=";")
    copy = tmp_path / name
    predict(tmp_path / "people.csv", tmp_path / "bundle", CONFIG, runs=tmp_path / "runs", out=copy)
    wave = read_call_list(copy, CONFIG.data)
    assert scoring_run(copy, wave, tmp_path / "runs") is None
    known = known_of(bundle, wave, None, CONFIG.data)
    assert known is not None
    assert known.frame["age"].to_list() == [20.5 + i for i in range(30)]
    again = predict(copy, tmp_path / "bundle", CONFIG, runs=tmp_path / "runs").frame()
    before = with_numbers(again, ["propensity_input"], copy, CONFIG.data)["propensity_input"]
    assert again["propensity"].to_list() == pytest.approx(before.cast(pl.Float64).to_list())


@pytest.mark.parametrize("shortened", ["scored", "customers"])
def test_customers_are_found_by_ids_that_lost_their_zeros_in_either_file(shortened: str, tmp_path: Path) -> None:
    with_id = parse_contract(
        CONTRACT + '[columns.customer]\nkind = "text"\nrole = "id"\nlabel = "customer"\n', origin="test"
    )
    bundle = replace(write_bundle(tmp_path / "bundle", **small_parts(1)), contract=with_id)
    ids, short = ["0007", "0012", "0300"], ["7", "12", "300"]
    theirs, ours = (short, ids) if shortened == "scored" else (ids, short)
    people = pl.DataFrame({"customer": ours, "age": ["20", "30", "40"], "job": ["student"] * 3, "phone": ["1"] * 3})
    known = known_of(bundle, pl.DataFrame({"customer": theirs[::-1]}), people, CONFIG.data)
    assert known is not None
    assert known.raw["customer"].to_list() == ours[::-1]
    assert known.said == (
        "3 customers of the scored table were matched although the ids differ by zeros before them or by capitals.",
    )
    twice = people.with_columns(customer=pl.Series(["07", "007", "300"]))
    with pytest.raises(DataError, match=r"2 of 3 .* not in the table of customers\. 1 id .* several") as told:
        known_of(bundle, pl.DataFrame({"customer": ["7", "12", "0300"]}), twice, CONFIG.data)
    assert "were matched" not in told.value.came
