"""Segments from the command line: found, kept, and used for new customers."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from segmint.cli import main
from segmint.config import load_config
from segmint.contract.contract import parse_contract
from segmint.contract.validate import validate
from segmint.flows.assign import assign
from segmint.flows.demo import sample_path
from segmint.flows.segment import Segmented, known_segments, segment
from segmint.simulation import Campaign, simulate
from segmint.tables.source import open_table
from tests.flows.described import WAVE, rows_of_customers, wave


def test_every_customer_is_in_one_segment(segmented: Segmented) -> None:
    frame = pl.read_parquet(segmented.customers)
    assert sorted(frame["record"].to_list()) == list(range(1, 4522))
    assert frame["segment"].n_unique() == 4
    sizes = {part["key"]: part["customers"] for part in segmented.summary["segments"]}
    assert dict(frame["segment_key"].value_counts().iter_rows()) == sizes
    names = {part["key"]: part["name"] for part in segmented.summary["segments"]}
    assert frame["segment"].to_list() == frame["segment_key"].replace(names).to_list(), "as call lists name it"


def test_the_bank_names_its_segments_in_its_own_words(
    segmented: Segmented, runs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["words", "init"]) == 0
    own = tmp_path / "words.toml"
    own.write_text(capsys.readouterr().out.replace('text = "', 'text = "our '), "utf-8")
    settings = tmp_path / "segmint.toml"
    settings.write_text(
        f"[segments]\ncount = 4\nwords = '{own}'\nnames = {{ 2 = 'Golden savers', 7 = 'Lost' }}\n", "utf-8"
    )
    named = segment(sample_path(), "bank-marketing", settings, runs=runs)
    before, now = ([part["name"] for part in found.summary["segments"]] for found in (segmented, named))
    assert now[1] == "Golden savers"
    others = [place for place in range(4) if place != 1]
    assert all("our " in now[place].lower() and "our " not in before[place].lower() for place in others)
    assert "No segment is called '7' or has it as its number: the name given for it is nobody's." in named.sentences
    assert "2: Golden savers" in (named.folder / "segments.sql").read_text("utf-8")
    assert "Golden savers" in (named.folder / "report.html").read_text("utf-8")
    assert pl.read_parquet(named.customers)["segment"].unique().sort().to_list() == sorted(now)
    assert assign(sample_path(), named.folder, runs=runs).sentences[1].startswith("2 Golden savers: ")
    assert named.summary["state"] == segmented.summary["state"], "only words differ"


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ("names.1==1+1", "a name of one line that begins with a letter or a digit"),
        ("names.1=", "a name of one line"),
        ("names.1=a\tb", "a name of one line"),
        (f"names.1={'x' * 81}", "at most 80 characters"),
        ("words=nowhere.toml", "segmint words init"),
    ],
)
def test_names_and_words_that_cannot_be_used_are_refused_before_anything_is_computed(
    setting: str, expected: str, runs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    argv = ["segment", str(sample_path()), "--contract", "bank-marketing", "--runs", str(runs)]
    assert main([*argv, "--set", f"segments.{setting}"]) == 2
    assert expected in capsys.readouterr().err


def test_the_rules_are_sql_that_a_table_takes(segmented: Segmented) -> None:
    text = (segmented.folder / "segments.sql").read_text("utf-8")
    customers = pl.read_csv(sample_path(), separator=";")
    said = pl.SQLContext(t=customers).execute(f"SELECT {text} FROM t", eager=True)["segment"]
    agree = float((said == segmented.frame().sort("record")["segment"]).mean())
    assert agree >= segmented.summary["rules"]["fidelity"] - 0.05
    assert f"in {100 * segmented.summary['rules']['fidelity']:.0f} % of cases" in text
    assert all(f"-- {part['key']}: {part['name']}" in text for part in segmented.summary["segments"])


def test_the_summary_holds_no_customer_and_the_page_names_the_segments(segmented: Segmented) -> None:
    page = (segmented.folder / "report.html").read_text("utf-8")
    for part in json.loads((segmented.folder / "segments.json").read_text())["segments"]:
        assert part["customers"] >= 10
        assert part["name"] in page


def test_what_segments_keep_of_an_individual_models_profit_is_said(segmented: Segmented, runs: Path) -> None:
    proof = segmented.summary["proof"]
    assert proof["profit_kept"] is not None
    page = (segmented.folder / "report.html").read_text("utf-8")
    assert "choosing whole segments" in page
    assert ("keeps" in " ".join(segmented.summary["gates_missed"])) == (proof["profit_kept"] < 0.5)
    assert proof["rank_stability"] is None
    ordered = load_config(None, ["segments.count=2", "segments.in_time_order=true"])
    again = segment(sample_path(), "bank-marketing", ordered, runs=runs)
    assert again.summary["proof"]["rank_stability"] is not None
    assert "From one block of time to the next" in (again.folder / "report.html").read_text("utf-8")


def write(path: Path, text: str) -> Path:
    path.write_text(text, "utf-8")
    return path


@pytest.mark.parametrize("count", ["1", "13", "many"])
def test_a_count_that_makes_no_sense_is_code_2(count: str, tmp_path: Path) -> None:
    argv = ["segment", str(sample_path()), "--contract", "bank-marketing", "--count", count, "--runs", str(tmp_path)]
    assert main(argv) == 2


def test_contract_or_run_but_not_both(tmp_path: Path) -> None:
    assert main(["segment", str(sample_path()), "--runs", str(tmp_path)]) == 2


def test_the_page_shows_size_response_profit_and_what_is_typical(tmp_path: Path) -> None:
    (tmp_path / "waves.toml").write_text(WAVE)
    settings = load_config(
        None,
        ["segments.count=2", "economics.cost_per_call=6", "economics.value_per_success=60", "segments.method=k-means"],
    )
    done = segment(wave(0, 400, 1, 0.3), tmp_path / "waves.toml", settings, runs=tmp_path)
    page = (done.folder / "report.html").read_text("utf-8")
    for title in (
        "<h1>Customers by segment</h1>",
        "How large they are, and",
        "What is typical of 2",
        "Profit per call",
        "with 6.00\u00a0EUR as the cost of a call",
    ):
        assert title in page


def test_customers_with_several_rows_count_once(tmp_path: Path) -> None:
    (tmp_path / "waves.toml").write_text(WAVE)
    settings = load_config(None, ["segments.count=2"])
    done = segment(rows_of_customers(500, 250), tmp_path / "waves.toml", settings, runs=tmp_path)
    kept, said = pl.read_parquet(done.customers), " ".join(done.sentences)
    of_each = kept.group_by("segment_key").agg(pl.len(), pl.col("customer").n_unique()).sort("segment_key").rows()
    several = kept.group_by("customer").agg(pl.col("segment").n_unique())["segment"].gt(1).sum()
    assert [(part["key"], part["rows"], part["customers"]) for part in done.summary["segments"]] == of_each
    assert f"{of_each[0][1]} rows of {of_each[0][2]} customers" in said
    assert (
        f"500 rows of 250 customers: rows are put into segments, and shares and rates are of rows. {several} of" in said
    )
    assert several > 1
    assert f"{several} of the customers have rows in more than one" in (done.folder / "report.html").read_text("utf-8")

    later = assign(rows_of_customers(300, 150, seed=2).drop("y"), str(done.folder), settings, runs=tmp_path)
    assert "300 rows of 150 customers" in " ".join(later.sentences)
    shares = json.loads((later.folder / "migration.json").read_text())["shares"]
    assert sum(row["customers_before"] for row in shares) == 250
    assert sum(row["customers_after"] for row in shares) == 150


HOPELESS = {
    "few rows": (lambda: wave(0, 150, 1, 0.3), [], "too few"),
    "few customers with two rows each": (lambda: rows_of_customers(300, 150), [], "150 customers"),
    "all rows equal": (lambda: wave(0, 400, 1, 0.3).with_columns(age=40, job=pl.lit("student"), plan=pl.lit("no")), [], "vary"),
    "fifty segments": (lambda: wave(0, 300, 1, 0.3), ["--count", "50"], "12"),
    "ten thousand categories": (
        lambda: wave(0, 10_000, 1, 0.3).with_columns(job=pl.Series([f"job {n}" for n in range(10_000)])), [], "levels"
    ),
    "one column": (lambda: wave(0, 400, 1, 0.3).select("id", "job", "y"), [], "two"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOPELESS)
def test_hopeless_tables_end_with_a_clear_message_and_code_2(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make, flags, word = HOPELESS[name]
    contract = (
        WAVE
        if name != "one column"
        else WAVE.split("[columns.age]")[0]
        + "[columns.job]"
        + WAVE.split("[columns.job]")[1].split("[columns.plan]")[0]
    )
    (tmp_path / "waves.toml").write_text(contract)
    make().write_csv(tmp_path / "wave.csv")
    argv = ["segment", str(tmp_path / "wave.csv"), "--contract", str(tmp_path / "waves.toml"), *flags]
    assert main([*argv, "--runs", str(tmp_path / "runs")]) == 2
    said = capsys.readouterr().err
    assert word in said
    assert "Traceback" not in said


def test_the_switch_leaves_sensitive_columns_out(tmp_path: Path) -> None:
    contract, table = tmp_path / "waves.toml", tmp_path / "wave.csv"
    contract.write_text(WAVE.replace("[columns.job]", "sensitive = true\n[columns.job]", 1))
    wave(0, 400, 1, 0.3).write_csv(table)
    argv = ["segment", str(table), "--contract", str(contract), "--count", "2", "--leave-out-sensitive"]
    assert main([*argv, "--runs", str(tmp_path / "runs")]) == 0
    (folder,) = (tmp_path / "runs").iterdir()
    coded = {state["column"] for state in json.loads((folder / "segments.json").read_text())["state"]["coding"]}
    assert coded == {"job", "plan"}
    report = json.loads((folder / "report.json").read_text())
    (page, reading) = (part for part in report["pages"] if part["name"] in ("segments", "reading"))
    assert ["Made without age; names and descriptions still say what is typical in it."] in [
        block["items"] for block in page["blocks"] if block["kind"] == "points"
    ]
    (used,) = [block for block in reading["blocks"] if "segments are made of or described by" in block.get("title", "")]
    assert {row[0]: row[-1] for row in used["blocks"][0]["rows"]}["age"] == "described only"


def test_leaving_out_sensitive_columns_says_so_where_none_is_marked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    contract, table = tmp_path / "waves.toml", tmp_path / "wave.csv"
    contract.write_text(WAVE)
    wave(0, 400, 1, 0.3).write_csv(table)
    argv = ["segment", str(table), "--contract", str(contract), "--count", "2", "--leave-out-sensitive"]
    assert main([*argv, "--runs", str(tmp_path / "runs")]) == 0
    assert "warning: no sensitive column is left out of the segments" in " ".join(capsys.readouterr().out.split())
    (folder,) = (tmp_path / "runs").iterdir()
    (page,) = (part for part in json.loads((folder / "report.json").read_text())["pages"] if part["name"] == "segments")
    said = [item for block in page["blocks"] if block["kind"] == "points" for item in block["items"]]
    assert sum(item.startswith("No sensitive column is left out of the segments") for item in said) == 1


def test_known_segments_are_said_in_rules_without_sensitive_columns() -> None:
    known = WAVE.replace('kind = "response"', 'kind = "assignment"').replace('positive = "yes"', "")
    contract = parse_contract(known.replace("[columns.job]", "sensitive = true\n[columns.job]", 1), origin="test")
    customers = wave(0, 400, 1, 0.3).with_columns(
        y=pl.when(pl.col("age") > 50).then(pl.lit("yes")).otherwise(pl.lit("no"))
    )
    table = validate(open_table(customers), contract)
    sqls = {
        left_out: known_segments(table, load_config(None, [f"segments.leave_out_sensitive={left_out}"])).rules.sql(
            ("no", "yes")
        )
        for left_out in ("false", "true")
    }
    assert '"age"' in sqls["false"]
    assert '"age"' not in sqls["true"]


def test_a_table_whose_outcome_is_there_and_empty_is_segmented_and_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    contract, table = tmp_path / "waves.toml", tmp_path / "wave.csv"
    contract.write_text(WAVE)
    wave(0, 400, 1, 0.3).with_columns(y=pl.lit("")).write_csv(table)
    argv = ["segment", str(table), "--contract", str(contract), "--count", "2"]
    assert main([*argv, "--runs", str(tmp_path / "runs")]) == 0
    said = capsys.readouterr()
    assert "is in the table: segments are described without" in said.out + said.err
    (folder,) = (tmp_path / "runs").iterdir()
    assert all(part["response"] is None for part in json.loads((folder / "segments.json").read_text())["segments"])


def test_segments_are_of_those_called_and_say_how_many_are_not_among_them(tmp_path: Path) -> None:
    campaign = simulate(Campaign(rows=900, control_share=0.4, seed=5)).frame
    alone = campaign["called"].eq("no").sum()
    found = segment(campaign, "simulated-campaign", load_config(None, ["segments.count=2"]), runs=tmp_path)
    assert found.frame().height == 900 - alone
    assert f"without {alone} others: whom nobody called has not answered" in found.sentences[-1]
    assert assign(campaign, found.folder, runs=tmp_path).frame().height == 900
