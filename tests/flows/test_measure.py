"""What calling brought, from a call list and its results to a page and a file of objectors."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from segmint.cli import main
from segmint.config import Config, load_config
from segmint.contract.column import Column
from segmint.contract.contract import Contract, Outcome
from segmint.errors import DataError
from segmint.flows.measure import Measured, measure
from segmint.flows.steps.scored import made_on
from segmint.flows.target import target
from segmint.store.run import Run
from segmint.store.run_files import MEASURE, TARGET
from tests.flows.waves import CONFIG, QUICK, a_saved_list


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of its own: other tests make runs too."""
    return tmp_path_factory.mktemp("runs")


def campaign(share: float = 0.2, n: int = 3_000) -> tuple[pl.DataFrame, pl.DataFrame]:
    random = np.random.default_rng(4)
    held = random.random(n) < share
    yes = random.random(n) < np.where(held, 0.05, 0.15)
    ids = [f"C{i:05d}" for i in range(n)]
    listed = pl.DataFrame(
        {"customer": ids, "status": np.where(held, "held_out", "listed"), "propensity": np.full(n, 0.15), "value": np.full(n, 60.0),
         "cost": np.full(n, 2.0)}
    )  # fmt: skip
    code = np.where(yes, "SALE", np.where(random.random(n) < 0.02, "STOP", "NO"))
    results = pl.DataFrame({"customer": ids, "code": code}).filter(pl.Series(yes | ~held))
    return listed, results


def under_a_contract_of_words(
    monkeypatch: pytest.MonkeyPatch, yes: str = "S", no: str = "N", *, blank: str | None = None
) -> None:
    contract = Contract(
        name="words",
        missing=("", "NA"),
        outcome=Outcome(column="Abschluss Festgeld", kind="response", levels=(no, yes), positive=yes, blank=blank),
        columns=(Column(name="customer", label="customer", kind="text", role="id", known="planning"),),
    )
    monkeypatch.setattr("segmint.flows.measure._contract_of", lambda run: contract)


CODES = '[codes]\nSALE = "success"\nNO = "refused"\nSTOP = "do_not_call"\n'


def test_what_calling_brought_stands_on_a_page_and_objectors_in_a_file(tmp_path: Path) -> None:
    listed, results = campaign()
    (tmp_path / "codes.toml").write_text(CODES)
    told: list[tuple[str, int, int]] = []
    found = measure(
        listed,
        results,
        CONFIG,
        runs=tmp_path / "runs",
        codes=tmp_path / "codes.toml",
        progress=lambda *step: told.append(step),
    )
    assert told[-2:] == [("writing the report", done, 1) for done in (0, 1)]
    response = found.frame().filter((pl.col("quantity") == "response") & (pl.col("method") == "plain"))
    assert response["low"].item() < 0.1 < response["high"].item()
    objectors = pl.read_csv(found.folder / "do_not_call.csv")["customer"].to_list()
    assert objectors == results.filter(pl.col("code") == "STOP")["customer"].to_list()
    page = found.report.read_text("utf-8")
    assert "What calling brought" in page
    assert "after the planned cost of calling" in page
    assert "C00001" not in page
    record = (found.folder / "run.json").read_text("utf-8")
    assert "C0" not in record
    assert list(json.loads(record)["inputs"]) == ["a frame", "a frame (2)"]


@pytest.mark.parametrize("titled", ["results", "purchases"])
def test_a_header_that_is_declared_of_one_table_is_found_out_of_the_other(tmp_path: Path, titled: str) -> None:
    listed, results = campaign()
    (tmp_path / "codes.toml").write_text(CODES)
    bought = results.filter(pl.col("code") == "SALE").select("customer", date=pl.lit("2026-03-14"))
    tables = {"results": results, "purchases": bought}
    for name, table in tables.items():
        title = "Campaign of spring;;\n\n" if name == titled else ""
        (tmp_path / f"{name}.csv").write_text(title + table.write_csv(separator=";"))
    config = CONFIG.model_copy(update={"data": CONFIG.data.model_copy(update={"header_row": 3})})
    found = measure(
        listed,
        tmp_path / "results.csv",
        config,
        runs=tmp_path / "runs",
        codes=tmp_path / "codes.toml",
        purchases=tmp_path / "purchases.csv",
    )
    assert (found.summary["results"]["read"], found.summary["purchases"]["read"]) == (results.height, bought.height)


def test_purchases_and_earlier_lists_are_named_at_the_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    listed, results = campaign()
    (tmp_path / "codes.toml").write_text(CODES)
    listed.write_parquet(tmp_path / "list.parquet")
    results.write_csv(tmp_path / "results.csv")
    results.filter(pl.col("code") == "SALE").select("customer", date=pl.lit("2026-03-14")).write_csv(
        tmp_path / "purchases.csv"
    )
    listed.head(500).write_parquet(tmp_path / "earlier.parquet")
    argv = [
        "measure",
        str(tmp_path / "list.parquet"),
        str(tmp_path / "results.csv"),
        "--runs",
        str(tmp_path / "runs"),
        "--json",
    ]
    argv += ["--codes", str(tmp_path / "codes.toml")]
    assert main(argv) == 0
    told = json.loads(capsys.readouterr().out)
    assert "judged by call codes" in told["cautions"][0]
    assert "Look at this first" in Path(told["report"]).read_text("utf-8")
    argv += ["--purchases", str(tmp_path / "purchases.csv"), "--earlier", str(tmp_path / "earlier.parquet")]
    calls = results.join(listed.filter(status="listed"), on="customer", how="semi", maintain_order="left")
    calls.write_csv(tmp_path / "results.csv")  # a code of somebody held out is a call now
    assert main(argv) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["cautions"] == []
    assert told["left_out"] == {"earlier": 500, "repeated": 0, "before_the_list": 0, "repeated_results": 0}
    assert "Look at this first" not in Path(told["report"]).read_text("utf-8")
    later = pl.read_csv(tmp_path / "purchases.csv").with_columns(date=pl.lit("2926-03-14"))
    later.write_csv(tmp_path / "purchases.csv")
    assert main(argv) == 0
    told = json.loads(capsys.readouterr().out)
    assert "purchases have a day after" in told["cautions"][0]
    assert "cannot be compared as they are" not in Path(told["report"]).read_text("utf-8")
    ids = pl.read_csv(tmp_path / "purchases.csv").select("customer")
    ids.write_csv(tmp_path / "purchases.csv")  # a plain list has no delimiter
    assert main(argv) == 0
    assert json.loads(capsys.readouterr().out)["rows"] == told["rows"]
    listed.with_columns(customer=pl.lit("record 1")).write_parquet(tmp_path / "earlier.parquet")
    assert main(argv) == 2
    assert "by their place in a table" in capsys.readouterr().err


def test_how_many_results_are_of_calls_before_the_list_or_repeated_is_told_to_programs_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("segmint.flows.measure.made_on", lambda run: date(2026, 11, 27))
    listed, results = campaign()
    (tmp_path / "codes.toml").write_text(CODES)
    since = results.with_columns(called_at=pl.lit("2026-12-01"))
    early = since.head(7).with_columns(called_at=pl.lit("2026-10-10"))
    every = pl.concat([since, early, early.with_columns(customer=pl.lit("a stranger")), since.tail(5)])
    found = measure(listed, every, CONFIG, runs=tmp_path / "runs", codes=tmp_path / "codes.toml")
    assert found.summary["left_out"] == {
        "earlier": 0,
        "repeated": 0,
        "before_the_list": 7,
        "repeated_results": 5,
    }
    assert json.loads((found.folder / MEASURE).read_text("utf-8"))["left_out"] == found.summary["left_out"]
    assert "7 results are of calls before the list" in found.sentences[0]
    assert "5 results repeat another in every column" in found.sentences[0]


def test_calls_that_reached_nobody_stay_in_what_calling_brought(tmp_path: Path) -> None:
    """Who answers is no random part of those called: leaving the others out would flatter the calls."""
    listed, results = campaign()
    refused = (pl.col("code") == "NO") & (pl.int_range(pl.len()) % 2 == 0)
    (tmp_path / "codes.toml").write_text(
        CODES + 'NOBODY = "not_reached"\nWRONG = "wrong_number"\nLATER = "call_back"\n'
    )
    for code in ("NOBODY", "WRONG", "LATER"):
        some = results.with_columns(code=pl.when(refused).then(pl.lit(code)).otherwise("code"))
        found = measure(listed, some, CONFIG, runs=tmp_path / "runs", codes=tmp_path / "codes.toml").frame()
        was = measure(listed, results, CONFIG, runs=tmp_path / "runs", codes=tmp_path / "codes.toml").frame()
        assert found.equals(was)


def test_without_a_control_group_the_command_refuses_with_code_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    listed, results = campaign(share=0.0)
    listed.write_parquet(tmp_path / "list.parquet")
    results.write_csv(tmp_path / "results.csv")
    (tmp_path / "codes.toml").write_text(CODES)
    argv = ["measure", str(tmp_path / "list.parquet"), str(tmp_path / "results.csv"), "--runs", str(tmp_path / "runs")]
    assert main([*argv, "--codes", str(tmp_path / "codes.toml")]) == 2
    assert "propensity is not uplift" in capsys.readouterr().err
    assert main(argv) == 2
    assert "a code without a meaning" in capsys.readouterr().err
    assert main([*argv, "--codes", "nowhere.toml"]) == 2
    assert main(["measure", str(tmp_path / "results.csv"), str(tmp_path / "results.csv"), "--runs", str(tmp_path)]) == 2
    assert "has no column 'status'" in capsys.readouterr().err


def test_a_refusal_says_that_the_do_not_call_file_has_grown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    listed, results = campaign(share=0.0, n=400)
    listed.write_parquet(tmp_path / "list.parquet")
    results.write_csv(tmp_path / "results.csv")
    (tmp_path / "codes.toml").write_text(CODES)
    asked = results.filter(pl.col("code") == "STOP").height
    kept = tmp_path / "do_not_call.csv"
    argv = ["measure", str(tmp_path / "list.parquet"), str(tmp_path / "results.csv"), "--runs", str(tmp_path / "runs")]
    argv += ["--codes", str(tmp_path / "codes.toml"), "--do-not-call", str(kept), "--json"]
    assert main(argv) == 2
    told = json.loads(capsys.readouterr().out)["error"]
    assert f"'{kept}' has {asked} entries, {asked} of them new" in told["came"]
    assert pl.read_csv(kept).height == asked
    assert main(argv) == 2
    assert str(kept) not in json.loads(capsys.readouterr().out)["error"]["came"]


def test_a_do_not_call_file_that_cannot_be_written_loses_no_measurement(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    listed, results = campaign()
    listed.write_parquet(tmp_path / "list.parquet")
    results.write_csv(tmp_path / "results.csv")
    (tmp_path / "codes.toml").write_text(CODES)
    kept = tmp_path / "stop.csv"
    kept.write_text("phone\n123456\n")
    argv = ["measure", str(tmp_path / "list.parquet"), str(tmp_path / "results.csv"), "--runs", str(tmp_path / "runs")]
    argv += ["--codes", str(tmp_path / "codes.toml"), "--do-not-call", str(kept), "--json", "--silence-means-no"]
    assert main(argv) == 2
    said = capsys.readouterr()
    told = json.loads(said.out)
    folder = Path(told["run"])
    assert Run.open(folder).status == "done"
    reason = told["do_not_call_file"]["refused"]
    assert reason.startswith("'stop.csv' was not written")
    assert f"do_not_call.csv of the run {folder.name} only. 'stop.csv' has no column of customer ids." in reason
    assert reason in told["cautions"]
    assert f"error: {reason}" in said.err
    assert "Expected: a header with one of customer, id" in reason
    assert "was not written" in (folder / "report.html").read_text("utf-8")
    assert main([each for each in argv if each != "--json"]) == 2
    said = capsys.readouterr()
    assert (said.out + said.err).count("was not written") == 1
    asked = results.filter(pl.col("code") == "STOP").height
    assert pl.read_csv(folder / "do_not_call.csv").height == told["do_not_call"] == asked
    assert kept.read_text() == "phone\n123456\n"
    campaign(share=0.0, n=400)[0].write_parquet(tmp_path / "list.parquet")
    assert main(argv) == 2
    came = json.loads(capsys.readouterr().out)["error"]["came"]
    assert "'stop.csv' was not written" in came


def test_who_asked_without_an_id_is_not_lost_in_silence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    listed, results = campaign()
    results = results.filter(pl.col("code") != "STOP")
    nameless = pl.DataFrame({"customer": [None, "", None], "code": ["STOP", "STOP", "NO"]})
    listed.write_parquet(tmp_path / "list.parquet")
    pl.concat([results, nameless]).write_csv(tmp_path / "results.csv")
    (tmp_path / "codes.toml").write_text(CODES)
    argv = ["measure", str(tmp_path / "list.parquet"), str(tmp_path / "results.csv"), "--runs", str(tmp_path / "runs")]
    argv += ["--codes", str(tmp_path / "codes.toml"), "--json", "--silence-means-no"]
    for file in ([], ["--do-not-call", str(tmp_path / "stop.csv")]):
        assert main([*argv, *file]) == 2
        said = capsys.readouterr()
        told = json.loads(said.out)
        lost = "2 results without an id ask not to be called again"
        assert lost in told["lost_objections"]
        assert told["lost_objections"] in told["cautions"]
        assert f"error: {lost}" in said.err
        assert told["results"] == {
            "read": results.height + 3,
            "matched": results.height,
            "strangers": 0,
            "without_id": 3,
        }
        folder = Path(told["run"])
        assert pl.read_csv(folder / "strange_results.csv").height == 3
        assert lost in (folder / "report.html").read_text("utf-8")
    assert "Nobody whose id is known asked not to be called again" in measure(
        listed, pl.concat([results, nameless]), CONFIG, runs=tmp_path / "runs", codes=tmp_path / "codes.toml",
        silence_means_no=True, do_not_call=tmp_path / "stop.csv",
    ).sentences[-1]  # fmt: skip
    said = measure(
        listed, results.head(900), CONFIG, runs=tmp_path / "runs", codes=tmp_path / "codes.toml", silence_means_no=True
    )
    assert said.problems == ()
    campaign(share=0.0, n=400)[0].write_parquet(tmp_path / "list.parquet")
    assert main(argv) == 2
    assert lost in json.loads(capsys.readouterr().out)["error"]["came"]


def test_one_shortened_id_loses_no_other_objection(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    listed, results = campaign()
    asked = results.filter(pl.col("code") == "STOP")["customer"].to_list()
    shortened = pl.DataFrame({"customer": ["1.5E+05", "1,6E+05"], "code": ["STOP", "NO"]})
    listed.write_parquet(tmp_path / "list.parquet")
    pl.concat([shortened, results]).write_csv(tmp_path / "results.csv")
    (tmp_path / "codes.toml").write_text(CODES)
    kept = tmp_path / "stop.csv"
    argv = ["measure", str(tmp_path / "list.parquet"), str(tmp_path / "results.csv"), "--runs", str(tmp_path / "runs")]
    argv += ["--codes", str(tmp_path / "codes.toml"), "--json", "--silence-means-no", "--do-not-call", str(kept)]
    assert main(argv) == 2
    said = capsys.readouterr()
    told = json.loads(said.out)
    lost = "1 result with an id that a spreadsheet has shortened, such as 1.5E+05, asks not to be called again"
    assert told["lost_objections"].startswith(lost)
    assert told["lost_objections"].endswith("to the file; export the results with their ids as text.")
    assert f"error: {lost}" in said.err
    folder = Path(told["run"])
    assert pl.read_csv(kept, infer_schema=False)["customer"].to_list() == asked
    assert pl.read_csv(folder / "do_not_call.csv", infer_schema=False)["customer"].to_list() == asked
    assert pl.read_csv(folder / "strange_results.csv", infer_schema=False).equals(shortened)


def test_a_small_holdout_is_said_on_the_page(tmp_path: Path) -> None:
    listed, results = campaign(share=0.01, n=600)
    (tmp_path / "codes.toml").write_text(CODES)
    found = measure(
        listed, results, CONFIG, runs=tmp_path / "runs", codes=tmp_path / "codes.toml", silence_means_no=True
    )
    page = found.report.read_text("utf-8")
    assert "The holdout is too small to tell" in page
    assert "too few purchases among those held out to tell" in page
    assert "Profit from calling" not in page
    assert "nan" not in page.lower().replace("nance", "")


@pytest.mark.parametrize(("yes", "no"), [("S", "N"), ("Festgeld", "x"), ("nein", "ja")])
def test_the_purchases_outcome_is_read_as_the_contract_reads_it(
    yes: str, no: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    listed, results = campaign()
    codes = tmp_path / "codes.toml"
    codes.write_text(CODES)
    bought = results.filter(code="SALE").select("customer")
    plain = measure(listed, results, codes=codes, runs=tmp_path / "runs", purchases=bought)
    under_a_contract_of_words(monkeypatch, yes, no)
    is_yes = pl.col("customer").is_in(bought["customer"].implode())
    said = {"Abschluss Festgeld": pl.when(is_yes).then(pl.lit(f" {yes.lower()}")).otherwise(pl.lit(no))}
    everyone = listed.select("customer", bought=pl.lit("yes")).with_columns(**said)
    found = measure(listed, results, codes=codes, runs=tmp_path / "runs", purchases=everyone)
    assert found.frame().equals(plain.frame(), null_equal=True)
    some = everyone.with_columns(pl.Series("Abschluss Festgeld", ["NA", "?", *everyone["Abschluss Festgeld"][2:]]))
    with pytest.raises(DataError, match="2 of 3,000 rows say neither yes nor no"):
        measure(listed, results, codes=codes, runs=tmp_path / "runs", purchases=some)


def test_a_list_without_ids_is_joined_by_the_number_of_the_record_however_that_is_written(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    listed, results = (
        each.with_columns(pl.col("customer").str.slice(1).str.strip_chars_start("0")) for each in campaign()
    )
    contract = Contract(
        name="no ids", outcome=Outcome(column="y", kind="response", levels=("a", "b"), positive="b"), columns=()
    )
    monkeypatch.setattr("segmint.flows.measure._contract_of", lambda run: contract)
    codes = tmp_path / "codes.toml"
    codes.write_text(CODES)
    plain = measure(listed, results, codes=codes, runs=tmp_path / "runs")
    spelled = results.with_columns("record " + pl.col("customer"))
    found = measure(listed, spelled, codes=codes, runs=tmp_path / "runs")
    assert found.frame().equals(plain.frame(), null_equal=True)
    with pytest.raises(DataError, match="by their place in a table"):
        measure(listed, results, codes=codes, runs=tmp_path / "runs", earlier=[listed])


def test_only_arms_that_are_unlike_are_said_to_be_no_match(tmp_path: Path) -> None:
    """That the arms are not judged alike is a caution too, but of another kind."""
    listed, results = campaign()
    unlike = listed.with_columns(propensity=pl.when(pl.col("status") == "held_out").then(0.1).otherwise("propensity"))
    (tmp_path / "codes.toml").write_text(CODES)
    found = measure(unlike, results, runs=tmp_path / "runs", codes=tmp_path / "codes.toml")
    page = found.report.read_text("utf-8")
    judged, apart = "Look at this first", "The two arms cannot be compared as they are"
    assert page.index(judged) < page.index("judged by call codes") < page.index(apart) < page.index("are not alike")
    assert page.count(apart) == 1


def test_results_most_of_which_are_of_others_are_questioned_first(tmp_path: Path) -> None:
    listed, results = campaign()
    (tmp_path / "codes.toml").write_text(CODES)
    others = results.with_columns(customer=pl.lit("X") + pl.col("customer"))
    told = pl.concat([results, others, others.head(9)])
    found = measure(listed, told, runs=tmp_path / "runs", codes=tmp_path / "codes.toml")
    asked = "50 % of the results are of customers who are not on this list: are they of this wave?"
    assert (found.sentences[0], found.summary["cautions"][0], found.summary["others"]) == (asked, asked, asked)
    page = found.report.read_text("utf-8")
    assert page.index("Most results are of other customers") < page.index("Look at this first")
    assert page.count(asked.split(":")[0].replace(" %", "\u202f%")) <= 1
    half = measure(listed, pl.concat([results, others]), runs=tmp_path / "runs", codes=tmp_path / "codes.toml")
    assert half.summary["others"] is None
    assert asked not in half.sentences


def test_blank_results_are_refusals_where_the_contract_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    under_a_contract_of_words(monkeypatch, blank="N")
    listed, results = campaign()
    yes = listed["customer"].is_in(results.filter(code="SALE")["customer"].implode())
    words = pl.select(pl.when(yes).then(pl.lit("S"))).to_series()
    told = listed.select("customer", words.alias("Abschluss Festgeld"))
    found = measure(listed, told, runs=tmp_path / "runs")
    assert f"{words.null_count():,} blank outcomes read as N, as the contract says." in found.sentences[1]
    written = measure(listed, told.with_columns(pl.col("Abschluss Festgeld").fill_null("N")), runs=tmp_path / "runs")
    assert found.frame().equals(written.frame(), null_equal=True)


def test_results_without_an_outcome_yet_are_no_refusals(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    under_a_contract_of_words(monkeypatch)
    listed, results = campaign()
    yes = listed["customer"].is_in(results.filter(code="SALE")["customer"].implode())
    words = pl.select(pl.when(yes).then(pl.lit("S")).otherwise(pl.lit("N"))).to_series()
    told = listed.select("customer", words.alias("Abschluss Festgeld"))
    some_open = told.with_columns(pl.Series("Abschluss Festgeld", ["NA", "", None, *words[3:]]))
    with pytest.raises(DataError, match="3 of 3,000 results have no outcome yet under 'Abschluss Festgeld'") as caught:
        measure(listed, some_open, runs=tmp_path / "runs", silence_means_no=True)
    assert "--purchases" in str(caught.value.fix)
    number = pl.col("customer").str.slice(1)
    with pytest.raises(DataError, match="3 of 3,000 results have no outcome yet"):
        measure(
            listed.with_columns(customer=number),
            some_open.with_columns(customer=number.cast(pl.Int64).cast(pl.String)),
            runs=tmp_path / "runs",
        )
    # 1 is a customer below break-even, and no 0001 of the arms
    numbered = listed.with_columns(customer=pl.format("0{}", number))
    below = listed.head(1).with_columns(customer=pl.lit("1"), status=pl.lit("below_break_even"))
    asked = told.with_columns(customer=pl.format("0{}", number))
    open_below = pl.DataFrame({"customer": ["1"], "Abschluss Festgeld": ["NA"]})
    found = measure(pl.concat([numbered, below]), pl.concat([asked, open_below]), runs=tmp_path / "runs")
    assert "Left out: 1 result without an outcome yet." in " ".join(found.sentences)
    strangers = pl.DataFrame({"customer": ["X1", "X2"], "Abschluss Festgeld": ["NA", ""]})
    found = measure(listed, pl.concat([told, strangers]), runs=tmp_path / "runs")
    assert "Left out: 2 results without an outcome yet." in " ".join(found.sentences)
    assert not found.summary["cautions"]
    bought = told.filter(yes).select("customer")
    found = measure(listed, some_open, runs=tmp_path / "runs", purchases=bought)
    assert "Left out: 3 results without an outcome yet." in " ".join(found.sentences)


@pytest.mark.network
def test_money_is_in_the_currency_of_the_lists_own_run(
    wave: dict[str, pl.DataFrame], call_list: Path, runs: Path, tmp_path: Path
) -> None:
    results = wave["results"].rename({"customer_id": "customer", "subscribed": "code"})
    euros = load_config(None, ["economics.cost_per_call=1", "economics.value_per_success=1"])
    copy = Path(shutil.copy(call_list, tmp_path / "list.parquet"))
    for path in (call_list, copy):
        found = measure(path, results, euros, runs=runs)
        assert found.summary["currency"] == "SEK"
        assert call_list.parent.name in found.sentences[1]
        assert "SEK after the planned cost" in " ".join(found.sentences)
        assert not any("EUR" in sentence for sentence in found.sentences)
        page = found.report.read_text("utf-8")
        assert f"{path.name} and " in page
        assert "Revenue and profit in SEK" in page
        assert f"List of {made_on(Run.open(call_list.parent))}: " in page
        assert "Columns used" not in page
    # by the id of the list's own contract, where the results name the customer so
    named = measure(call_list, wave["results"].rename({"subscribed": "code"}), euros, runs=runs)
    assert named.frame().equals(found.frame(), null_equal=True)
    # and by the outcome of that contract, as `update` takes it
    told = measure(call_list, wave["results"], euros, runs=runs)
    assert told.frame().equals(found.frame(), null_equal=True)
    assert "'subscribed' of the results tells who said yes" in told.sentences[1]
    some_open = wave["results"].with_columns(
        subscribed=pl.when(pl.int_range(pl.len()) >= 5).then("subscribed").otherwise(pl.lit(""))
    )
    with pytest.raises(DataError, match=r"5 of .* results have no outcome yet under 'subscribed'"):
        measure(call_list, some_open, euros, runs=runs)
    with pytest.raises(DataError, match="neither 'code' nor 'subscribed'"):
        measure(call_list, wave["results"].rename({"subscribed": "said"}), euros, runs=runs)
    # a no of somebody held out is an outcome there, and no call
    bought = wave["results"].filter(pl.col("subscribed") == "yes").select("customer_id")
    by_purchases = measure(call_list, wave["results"], euros, runs=runs, purchases=bought)
    assert not by_purchases.summary["cautions"]
    assert by_purchases.frame().equals(found.frame(), null_equal=True)


def test_where_the_lists_run_is_gone_the_policy_names_the_currency_or_nobody_does(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    listed, results = campaign()
    listed.write_parquet(tmp_path / "list.parquet")
    results.with_columns(code=pl.col("code").replace({"SALE": "yes", "NO": "no", "STOP": "do_not_call"})).write_csv(
        tmp_path / "results.csv"
    )
    (tmp_path / "policy.toml").write_text('[economics]\ncurrency = "CHF"\ncost_per_call = 1\nvalue_per_success = 2\n')
    argv = ["measure", str(tmp_path / "list.parquet"), str(tmp_path / "results.csv"), "--runs", str(tmp_path / "runs")]
    assert main([*argv, "--json", "--policy", str(tmp_path / "policy.toml")]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["currency"], "as the given policy says" in told["sentences"][1]) == ("CHF", True)
    assert main([*argv, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["currency"] == ""
    assert "which no run or policy at hand names" in told["sentences"][1]
    assert not any("EUR" in sentence for sentence in told["sentences"])


@pytest.mark.network
def test_who_asked_not_to_be_called_again_is_on_no_later_list(
    wave: dict[str, pl.DataFrame], trained: Path, call_list: Path, runs: Path, tmp_path: Path
) -> None:
    listed = pl.read_parquet(call_list)
    asked = listed.filter(pl.col("status") == "listed")["customer"].head(20)
    results = wave["results"].select(customer="customer_id", code="subscribed").with_columns(
        code=pl.when(pl.col("customer").is_in(asked.implode())).then(pl.lit("do_not_call")).otherwise("code")
    )  # fmt: skip
    file = tmp_path / "do_not_call.csv"
    found = measure(call_list, results, CONFIG, runs=runs, do_not_call=file)
    assert found.sentences[-1] == f"'{file}' has 20 entries, 20 of them new."
    assert found.summary["do_not_call_file"] == {"entries": 20, "added": 20}
    assert measure(call_list, results, CONFIG, runs=runs, do_not_call=file).sentences[-1].endswith("0 of them new.")
    money = ["economics.cost_per_call=0.001", "economics.value_per_success=1", f'policy.suppress=["{file}"]']
    again = target(wave["wave"], trained, load_config(None, [*QUICK, *money]), runs=runs).call_list
    assert set(again.rows.filter(pl.col("customer").is_in(asked.implode()))["status"]) == {"suppressed"}
    assert not set(again.listed["customer"]) & set(asked)


def a_made_list(runs: Path, config: Config = CONFIG) -> tuple[pl.DataFrame, pl.DataFrame]:
    """A list with the run that made it, as far as its counts."""
    listed, results = campaign(n=1_000)
    with Run.create(runs, "target", config.to_toml(), None, {}) as run:
        run.keep(TARGET, {"counts": dict(listed["status"].value_counts().iter_rows())})
        run.done({})
    return listed.with_columns(run=pl.lit(run.id)), results


def test_an_older_list_of_the_campaign_that_nobody_named_is_a_caution(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    under_a_contract_of_words(monkeypatch)
    (tmp_path / "codes.toml").write_text(CODES)
    older, _ = a_made_list(tmp_path / "runs")
    folder = tmp_path / "runs" / older["run"][0]
    older.head(40).write_parquet(folder / "call_list.parquet")
    record = json.loads((folder / "run.json").read_text("utf-8"))
    (folder / "run.json").write_text(json.dumps(record | {"made": "2026-01-01T00:00:00+00:00"}))
    listed, results = a_made_list(tmp_path / "runs")

    def cautions(**earlier: object) -> list[str]:
        found = measure(listed, results, runs=tmp_path / "runs", codes=tmp_path / "codes.toml", **earlier)  # type: ignore[arg-type]
        return [said for said in found.summary["cautions"] if "--earlier" in said]

    (said,) = cautions()
    assert said.startswith("40 of the 1,000 compared stand on the list of 01 Jan 2026, 00:00 UTC (the run ")
    assert cautions(earlier=[folder / "call_list.parquet"]) == []


def test_a_list_that_lost_rows_is_measured_with_a_caution(tmp_path: Path) -> None:
    listed, results = a_made_list(tmp_path / "runs")
    (tmp_path / "codes.toml").write_text(CODES)
    bought = results.filter(code="SALE").select("customer")
    results = results.join(listed.filter(status="listed"), on="customer", how="semi", maintain_order="left")

    def found(one: pl.DataFrame) -> Measured:
        return measure(one, results, runs=tmp_path / "runs", codes=tmp_path / "codes.toml", purchases=bought)

    def lost(one: pl.DataFrame) -> list[str]:
        return [caution for caution in found(one).summary["cautions"] if "own run" in caution]

    assert not found(listed).summary["cautions"]
    twice = pl.concat([listed, listed.with_columns(run=pl.lit("another"), customer="X" + pl.col("customer"))])
    assert not lost(twice)
    called, held = (listed.filter(status=arm).height for arm in ("listed", "held_out"))
    some = found(listed.filter((pl.col("status") == "held_out") | (pl.int_range(pl.len()) >= 100)))
    (caution,) = some.summary["cautions"]
    assert f" had {called:,} to be called and {held:,} held out; this file has " in caution
    assert caution in some.sentences
    assert "two arms unlike: measure call_list.parquet of that run" in some.report.read_text("utf-8")
    none_held = f"held {held:,} customers out, and this file has none of them"
    with pytest.raises(DataError, match=none_held):
        found(listed.filter(status="listed"))
    # of several lists one under the other each is held against its own run, in whatever order they stand
    other = a_made_list(tmp_path / "runs")[0].with_columns(customer="X" + pl.col("customer"))
    assert not lost(pl.concat([other, listed]))
    for lists in ([other, listed.filter(status="listed")], [listed.filter(status="listed"), other]):
        with pytest.raises(DataError, match=none_held):
            found(pl.concat(lists))


def calling_each(calls: float) -> Config:
    return load_config(
        None, ["economics.cost_per_call=1", "economics.value_per_success=60", f"economics.calls_per_customer={calls}"]
    )


def saved_by_results(found: Measured) -> float | None:
    """What each of those listed costs less, if only calls that left a result cost something; None if nothing is said of it."""
    profits = {row["quantity"]: row["difference"] for row in found.summary["rows"] if row["method"] == "plain"}
    said = any("left a result" in sentence for sentence in found.sentences)
    assert said is ("profit_by_results" in profits)
    return profits["profit_by_results"] - profits["profit"] if said else None


def test_what_a_call_costs_is_told_by_the_lists_own_run_or_the_policy_or_nobody(tmp_path: Path) -> None:
    listed, results = a_made_list(tmp_path / "runs", calling_each(4))
    (tmp_path / "codes.toml").write_text(CODES)
    told = {"codes": tmp_path / "codes.toml", "silence_means_no": True}
    found = measure(listed, results, runs=tmp_path / "runs", **told)  # one call of four left a result
    assert saved_by_results(found) == pytest.approx(1.5)
    lonely = tmp_path / "lonely"
    assert saved_by_results(measure(listed, results, runs=lonely, **told)) is None
    assert saved_by_results(measure(listed, results, calling_each(4), runs=lonely, **told)) == pytest.approx(1.5)
    # the policy is no witness where the list's own run is
    assert saved_by_results(measure(listed, results, calling_each(1), runs=tmp_path / "runs", **told)) == pytest.approx(
        1.5
    )
    (folder,) = (tmp_path / "runs" / name for name in listed["run"].unique())
    listed.write_parquet(folder / "call_list.parquet")
    moved = folder.rename(tmp_path / "spring")
    assert saved_by_results(measure(moved / "call_list.parquet", results, runs=lonely, **told)) == pytest.approx(1.5)


def test_each_of_several_lists_has_its_own_price_of_a_call_in_whatever_order_they_stand(tmp_path: Path) -> None:
    (tmp_path / "codes.toml").write_text(CODES)
    (one, results), (other, _) = (a_made_list(tmp_path / "runs", calling_each(calls)) for calls in (1, 4))
    other, more = (each.with_columns(customer="X" + pl.col("customer")) for each in (other, results))
    told = {"runs": tmp_path / "runs", "codes": tmp_path / "codes.toml", "silence_means_no": True}
    for lists in ([one, other], [other, one]):
        found = measure(pl.concat(lists), pl.concat([results, more]), **told)
        assert saved_by_results(found) == pytest.approx(0.75)  # nothing of the one, 1.5 of the other
    unknown = one.with_columns(run=pl.lit("2026-01-01T00-00-00Z-0000"))
    assert saved_by_results(measure(pl.concat([unknown, other]), pl.concat([results, more]), **told)) is None


def test_a_list_cost_of_few_attempts_is_of_no_more_calls_than_were_left(tmp_path: Path) -> None:
    (tmp_path / "codes.toml").write_text(CODES)
    listed, results = a_made_list(tmp_path / "runs", calling_each(4))
    told = {"runs": tmp_path / "runs", "codes": tmp_path / "codes.toml", "silence_means_no": True}
    assert (
        saved_by_results(measure(listed.with_columns(attempts=1), results, **told)) is None
    )  # each has its one result
    assert saved_by_results(measure(listed.with_columns(attempts=2), results, **told)) == pytest.approx(1.0)
    free = listed.with_columns(attempts=pl.lit(None, pl.Int64))
    assert saved_by_results(measure(free, results, **told)) == pytest.approx(1.5)


@pytest.mark.parametrize("name", ["list.csv", "comma.csv", "list.xlsx"])
def test_a_list_that_was_saved_again_is_measured_as_the_list_itself(name: str, tmp_path: Path) -> None:
    listed, results = campaign(n=1_000)
    draw = np.random.default_rng(3)
    listed = listed.with_columns(
        propensity=pl.Series(draw.uniform(0.1, 0.2, 1_000).round(6)),
        cost=pl.when(pl.col("status") == "listed").then("cost"),
        rank=pl.int_range(pl.len()),
        segment=pl.Series(["families", None] * 500),
    )
    bought = results.filter(code="SALE").select("customer")
    (tmp_path / "codes.toml").write_text(CODES)

    def told(one: pl.DataFrame | Path) -> pl.DataFrame:
        return measure(
            one, results, runs=tmp_path / "runs", codes=tmp_path / "codes.toml", purchases=bought, earlier=[listed[:9]]
        ).frame()

    assert told(a_saved_list(name, listed, tmp_path)).equals(told(listed), null_equal=True)


def test_a_number_of_a_saved_list_that_is_none_is_refused_by_its_column(tmp_path: Path) -> None:
    listed, results = campaign(n=100)
    remarks = listed.with_columns(value=pl.Series(["gold", *map(str, listed["value"][1:])]))
    with pytest.raises(DataError, match=r"'value' of the call list has 1 value that is no number"):
        measure(a_saved_list("list.csv", remarks, tmp_path), results, runs=tmp_path / "runs")
