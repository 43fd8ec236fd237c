"""Segments from the command line: found, kept, and used for new customers."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from segmint.cli import main
from segmint.config import Config, load_config
from segmint.contract.column import Column, State
from segmint.contract.contract import Contract, Outcome, parse_contract
from segmint.contract.validate import validate
from segmint.errors import BundleError, ConfigError
from segmint.flows.demo import sample_path
from segmint.flows.segment import (
    Segmented,
    _amounts,
    _at_the_mean,
    _money,
    _why_no_money,
    assign,
    known_segments,
    segment,
)
from segmint.tables.simulate import Campaign, simulate
from segmint.tables.source import open_table


@pytest.fixture(scope="module")
def segmented(runs: Path) -> Segmented:
    return segment(sample_path(), "bank-marketing", load_config(None, ["segments.count=4"]), runs=runs)


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


def test_amounts_are_read_as_the_table_is_written_and_gaps_are_said(tmp_path: Path) -> None:
    draw = np.random.default_rng(3)
    rows = [f"{age},5;{'n' if age < 40 else 's'};{'?' if k % 10 else '12,50'};{['no', 'yes'][k % 2]}"
            for k, age in enumerate(draw.integers(20, 70, 200))]  # fmt: skip
    table = tmp_path / "table.csv"
    table.write_text("age;town;price;y\n" + "\n".join(rows))
    contract = Contract(
        name="priced",
        outcome=Outcome(column="y", kind="response", levels=("no", "yes"), positive="yes"),
        columns=(
            Column(name="age", kind="number", role="characteristic", label="age"),
            Column(name="town", kind="category", role="characteristic", label="town"),
        ),
    )
    money = ["economics.cost_per_call=price", "economics.value_per_success=90", "segments.count=2"]
    found = segment(table, contract, load_config(None, money), runs=tmp_path / "runs")
    said = " ".join(found.sentences)
    assert "180 of 200 customers have no amount in 'price' that can be read: counted with the mean" in said


def test_a_code_among_the_amounts_is_no_amount_nor_is_a_cost_below_zero() -> None:
    columns = (
        Column(name="age", kind="number", role="characteristic", label="age"),
        Column(name="price", kind="number", role="cost", label="price", states=(State(value=999, name="not known"),)),
    )
    outcome = Outcome(column="y", kind="response", levels=("no", "yes"), positive="yes")
    frame = pl.DataFrame({"age": [40, 50] * 50, "price": ["999", "4", "-7", "4"] * 25, "y": ["no", "yes"] * 50})
    table = validate(open_table(frame), Contract(name="coded", outcome=outcome, columns=columns))
    assert np.unique(_amounts(table, "price")).tolist() == [4.0]
    assert "50 of 100 customers have no amount in 'price'" in _at_the_mean(table, "price", 40.0)
    assert np.unique(_amounts(table, "price", below_zero=True)).tolist() == pytest.approx([-7, 1 / 3, 4]), (
        "values are losses too"
    )
    assert "25 of 100 customers have no amount in 'price'" in _at_the_mean(table, 5.0, "price")
    said = _why_no_money(table, Config())
    assert said.startswith("The column 'price' says what a call costs, and nothing what a yes brings: no profit")
    assert said.endswith("Set economics.cost_per_call=price and economics.value_per_success=AMOUNT.")
    assert not _why_no_money(table, Config(economics={"cost_per_call": 5, "value_per_success": 40}))


def test_money_from_columns_is_the_same_by_their_roles_and_by_their_names() -> None:
    """The share of calls that reach the customer counts either way."""
    columns = tuple(
        Column(name=name, kind="number", role=role, label=name)
        for name, role in (("age", "characteristic"), ("price", "cost"), ("worth", "value"))
    )
    outcome = Outcome(column="y", kind="response", levels=("no", "yes"), positive="yes")
    frame = pl.DataFrame({"age": [40, 50] * 50, "price": [4] * 100, "worth": [90] * 100, "y": ["no", "yes"] * 50})
    table = validate(open_table(frame), Contract(name="priced", outcome=outcome, columns=columns))
    rate = "policy.contact_rate=0.3"
    by_role = _money(table, load_config(None, [rate]))
    by_name = _money(
        table, load_config(None, [rate, "economics.cost_per_call=price", "economics.value_per_success=worth"])
    )
    assert by_role is not None
    assert by_name is not None
    assert by_role.conversations_per_customer == by_name.conversations_per_customer == 0.3
    assert "in account currency; 30 % of all calls reach the customer." in by_role.source
    often = ["economics.cost_per_call=5", "economics.value_per_success=120", "economics.calls_per_customer=2.5"]
    told = _money(table, load_config(None, [rate, *often]))
    assert told is not None
    assert told.source.endswith(
        "as the value of a yes; 2.5 calls for each customer; 30 % of all calls reach the customer."
    )


def test_the_same_customers_are_assigned_to_the_same_segments(segmented: Segmented, runs: Path) -> None:
    again = assign(sample_path(), str(segmented.folder), load_config(), runs=runs)
    first, second = pl.read_parquet(segmented.customers), pl.read_parquet(again.customers)
    assert (first["segment"] == second["segment"]).mean() > 0.999


def test_a_run_without_segments_cannot_assign(runs: Path, segmented: Segmented) -> None:
    bare = assign(sample_path(), str(segmented.folder), load_config(), runs=runs).folder
    assert main(["segment", str(sample_path()), "--assign-with", str(bare), "--runs", str(runs)]) == 2


def test_known_segments_are_assigned_by_the_network(tmp_path: Path) -> None:
    settings = load_config(None, ["segments.count=2"])
    made = segment(wave(0, 300, 1, 0.3), write(tmp_path / "waves.toml", WAVE), settings, runs=tmp_path)
    told = json.loads((made.folder / "segments.json").read_text())
    (made.folder / "segments.json").write_text(json.dumps({**told, "kind": "known", "state": None}))
    with pytest.raises(BundleError, match="its network assigns new customers") as caught:
        assign(wave(0, 50, 1, 0.3), str(made.folder), settings, runs=tmp_path)
    assert "segmint predict" in str(caught.value)


def write(path: Path, text: str) -> Path:
    path.write_text(text, "utf-8")
    return path


@pytest.mark.parametrize("count", ["1", "13", "many"])
def test_a_count_that_makes_no_sense_is_code_2(count: str, tmp_path: Path) -> None:
    argv = ["segment", str(sample_path()), "--contract", "bank-marketing", "--count", count, "--runs", str(tmp_path)]
    assert main(argv) == 2


def test_contract_or_run_but_not_both(tmp_path: Path) -> None:
    assert main(["segment", str(sample_path()), "--runs", str(tmp_path)]) == 2


WAVE = """
name = "waves"
[outcome]
column = "y"
kind = "response"
levels = ["no", "yes"]
positive = "yes"
label = "said yes"
[columns.id]
label = "id"
role = "id"
kind = "text"
[columns.age]
label = "age"
kind = "number"
role = "characteristic"
[columns.job]
label = "job"
kind = "category"
role = "characteristic"
[columns.plan]
label = "plan"
kind = "category"
role = "holding"
"""


def wave(first: int, rows: int, seed: int, share: float) -> pl.DataFrame:
    random = np.random.default_rng(seed)
    old = np.random.default_rng(0).random(10_000)[first : first + rows] < share
    return pl.DataFrame(
        {
            "id": [f"customer-{number}" for number in range(first, first + rows)],
            "age": np.where(old, 65, 30) + random.integers(-4, 5, rows),
            "job": np.where(old, "retired", np.where(random.random(rows) < 0.5, "student", "services")),
            "plan": np.where(random.random(rows) < np.where(old, 0.9, 0.1), "yes", "no"),
            "y": np.where(random.random(rows) < np.where(old, 0.4, 0.1), "yes", "no"),
        }
    )


def test_a_later_wave_says_who_moved_and_which_segments_grew(tmp_path: Path) -> None:
    contract = tmp_path / "waves.toml"
    contract.write_text(WAVE)
    settings = load_config(None, ["segments.count=2"])
    earlier = segment(wave(0, 600, 1, 0.3), contract, settings, runs=tmp_path)
    later = assign(wave(300, 600, 2, 0.6).drop("y"), str(earlier.folder), settings, runs=tmp_path)
    found = json.loads((later.folder / "migration.json").read_text())
    cells = np.array(found["migration"]["customers"])
    assert cells.sum() == 300
    assert 0 < cells.sum() - np.trace(cells) < 150
    assert sum(row["customers_after"] for row in found["shares"]) == 600
    assert any("grew from" in line for line in later.sentences)
    page = (later.folder / "report.html").read_text("utf-8")
    assert "From segment to segment" in page
    assert not any(f"customer-{number}" in page for number in range(300, 900))


def test_a_later_wave_with_answers_says_how_it_answered_and_what_calls_earned(tmp_path: Path) -> None:
    contract = tmp_path / "waves.toml"
    contract.write_text(WAVE)
    settings = load_config(None, ["segments.count=2"])
    earlier = segment(wave(0, 600, 1, 0.3), contract, settings, runs=tmp_path)
    money = [
        "segments.count=2",
        "economics.cost_per_call=5",
        "economics.value_per_success=120",
        "economics.currency=EUR",
    ]
    table = wave(600, 600, 2, 0.3).with_columns(y=pl.when(pl.int_range(600) < 100).then(None).otherwise("y"))
    later = assign(table, earlier.folder, load_config(None, money), runs=tmp_path)
    told = json.loads((later.folder / "migration.json").read_text())["answers"]
    assert sum(row["answers"] for row in told["segments"]) == 500
    assert sum(row["now"]["yes"] for row in told["segments"]) == (table["y"] == "yes").sum()
    for row, found in zip(told["segments"], earlier.summary["segments"], strict=True):
        assert row["before"]["rate"] == found["response"]["rate"]
        assert row["low"] < row["change"] < row["high"]
        assert row["now"]["profit_per_call"] == pytest.approx(120 * row["now"]["rate"] - 5)
    said = " ".join(later.sentences)
    assert "a call to them earned" in said
    assert "5.00 EUR as the cost of a call" in said
    page = (later.folder / "report.html").read_text("utf-8")
    assert "How the segments answer now" in page
    assert "profit per call now, EUR" in page
    plain = assign(table, earlier.folder, settings, runs=tmp_path)
    assert "a call to them" not in " ".join(plain.sentences)
    assert "said yes" in " ".join(plain.sentences)
    silent = assign(table.drop("y"), earlier.folder, load_config(None, money), runs=tmp_path)
    assert "Nobody's answer is in this wave: what calls to it earned is not said." in silent.sentences


def test_a_later_wave_says_first_what_is_empty_now_and_which_values_no_segment_knows(tmp_path: Path) -> None:
    (tmp_path / "waves.toml").write_text(WAVE)
    earlier = segment(
        wave(0, 600, 1, 0.3), tmp_path / "waves.toml", load_config(None, ["segments.count=2"]), runs=tmp_path
    )
    place = pl.int_range(600)
    now = wave(600, 600, 2, 0.3).with_columns(
        plan=pl.lit(None, pl.String),
        job=pl.when(place % 12 == 0).then(pl.lit("astronaut")).otherwise("job"),
    )
    later = assign(now, earlier.folder, runs=tmp_path)
    said = json.loads((later.folder / "migration.json").read_text())["sentences"]
    assert said[:3] == [
        "Job: 8.3 % of the rows have a value that nobody or hardly anybody had when the segments were found; "
        "no segment knows it.",
        "Plan: 100.0 % of the rows have no value, 0.0 % before.",
        "Changes of the segments below may come of that alone, and not of other customers: check the table first.",
    ]
    assert set(said) <= set(later.sentences)
    assert "astronaut" not in " ".join(said)
    assert "no segment knows it" in (later.folder / "report.html").read_text("utf-8")
    assert later.frame()["flags"].dtype == pl.String

    alike = assign(wave(600, 600, 2, 0.3), earlier.folder, runs=tmp_path)
    assert not any("no value" in line or "no segment knows" in line for line in alike.sentences)


def test_a_later_wave_takes_names_and_no_other_setting_of_segments(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "waves.toml").write_text(WAVE)
    had = ["segments.count=2", "segments.names.1=Savers"]
    earlier = segment(wave(0, 400, 1, 0.3), tmp_path / "waves.toml", load_config(None, had), runs=tmp_path / "runs")
    by_itself = earlier.summary["segments"][1]["name"]
    now = load_config(
        None, flags={"segments.count": 2, "segments.names": {"1": "Savers", by_itself: "Golden", "9": "Lost"}}
    )
    later = assign(wave(300, 400, 2, 0.3), earlier.folder, now, runs=tmp_path / "runs")
    assert later.frame()["segment"].unique().sort().to_list() == ["Golden", "Savers"]
    assert later.summary["names"] == ["Savers", "Golden"]
    assert [line for line in later.sentences if "nobody's" in line] == [
        "No segment is called '9' or has it as its number: the name given for it is nobody's."
    ]
    own = earlier.summary["segments"][0]["own_name"]
    still = load_config(None, flags={"segments.names": {own: "Keepers", "2": "Golden", by_itself: "Silver"}})
    answered = assign(wave(300, 400, 2, 0.3), earlier.folder, still, runs=tmp_path / "runs")
    assert answered.summary["names"] == ["Keepers", "Golden"], "segmint's own name still answers"
    assert "Segment 2 was given two names; 'Golden' holds, and 'Silver' is lost." in answered.sentences
    alike = load_config(None, flags={"segments.names": {"1": "Golden", "2": "Golden"}})
    twins = assign(wave(300, 400, 2, 0.3), earlier.folder, alike, runs=tmp_path / "runs")
    assert twins.frame()["segment"].unique().sort().to_list() == ["Golden (1)", "Golden (2)"]

    runs_before = sorted((tmp_path / "runs").iterdir())
    wave(300, 400, 2, 0.3).write_csv(tmp_path / "wave.csv")
    argv = ["segment", str(tmp_path / "wave.csv"), "--assign-with", str(earlier.folder), "--runs"]
    other = ["--count", "5", "--leave-out-sensitive", "--set", "segments.words=w.toml"]
    assert main([*argv, str(tmp_path / "runs"), *other]) == 2
    said = capsys.readouterr().err
    assert all(f"segments.{name}" in said for name in ("count", "leave_out_sensitive", "words"))
    assert "segments.method" not in said
    assert sorted((tmp_path / "runs").iterdir()) == runs_before


def test_a_later_wave_is_read_at_the_moment_of_the_segments(tmp_path: Path) -> None:
    (tmp_path / "waves.toml").write_text(WAVE)
    at = load_config(None, flags={"segments.count": 2, "data.at": "dialling"})
    earlier = segment(wave(0, 400, 1, 0.3), tmp_path / "waves.toml", at, runs=tmp_path)
    later = assign(wave(300, 400, 2, 0.3), earlier.folder, runs=tmp_path)
    assert load_config(later.folder / "config.toml").data.at == "dialling"
    with pytest.raises(ConfigError, match="'planning', and the segments were found for 'dialling'"):
        assign(wave(300, 400, 2, 0.3), earlier.folder, load_config(None, ["data.at=planning"]), runs=tmp_path)


def test_without_ids_only_the_shares_are_compared(segmented: Segmented, runs: Path) -> None:
    later = assign(sample_path(), str(segmented.folder), load_config(), runs=runs)
    assert json.loads((later.folder / "migration.json").read_text())["migration"] is None
    assert any("no id column" in line for line in later.sentences)


def test_the_page_shows_size_response_profit_and_what_is_typical(tmp_path: Path) -> None:
    (tmp_path / "waves.toml").write_text(WAVE)
    settings = load_config(
        None,
        ["segments.count=2", "economics.cost_per_call=6", "economics.value_per_success=60", "segments.method=k-means"],
    )
    done = segment(wave(0, 400, 1, 0.3), tmp_path / "waves.toml", settings, runs=tmp_path)
    page = (done.folder / "report.html").read_text("utf-8")
    for title in (
        "<h1>Who the customers are</h1>",
        "How large they are, and",
        "What is typical of 2",
        "Profit per call",
        "with 6.00\u00a0EUR as the cost of a call",
    ):
        assert title in page


def rows_of_customers(rows: int, customers: int, seed: int = 1) -> pl.DataFrame:
    """Rows that describe anybody, with ids of few customers."""
    ids = pl.Series([f"customer-{number % customers}" for number in range(rows)])
    return wave(0, rows, seed, 0.3).with_columns(id=ids)


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
