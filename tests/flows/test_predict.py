"""What is said of predictions: how many got which, and how far they can be trusted."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import openpyxl
import polars as pl
import pytest

from segmint.contract.contract import Contract
from segmint.contract.ledger import Ledger
from segmint.flows.predict import Predicted, predict
from segmint.flows.steps.judged import Outcomes, confusion_told
from segmint.store.bundle import write_bundle
from tests.service.small import small_parts


def predicted(trained_on: int | None = None, quality: dict[str, float] | None = None, **ledger: object) -> Predicted:
    rows = Ledger(**{"read": 1_200, "accepted": 1_200} | ledger)  # type: ignore[arg-type]
    return Predicted(Path("runs/a"), None, rows, {"no": 1_000, "yes": 200}, trained_on, quality or {})


def test_what_was_read_and_predicted_is_said_first() -> None:
    assert predicted().sentences == ("1,200 rows", "predicted: no 1,000, yes 200")
    flagged = predicted(flagged=3, flags={"job: unseen level": 2, "age: out of range": 1})
    assert flagged.sentences[2] == "flagged 3 rows: job: unseen level 2, age: out of range 1"


@pytest.mark.parametrize(
    ("trained_on", "said"),
    [
        (
            None,
            ("how well, if it learned from none of them (nobody can tell) (95 % intervals in brackets): F1 0.5000",),
        ),
        (0, ("how well (95 % intervals in brackets): F1 0.5000",)),
        (
            700,
            (
                "warning: 700 of 1,200 customers",
                "how well, those it learned from among them (95 % intervals in brackets): F1 0.5000",
            ),
        ),
        (
            1_200,
            (
                "warning: 1,200 of 1,200 customers",
                "how well on the customers it learned from (95 % intervals in brackets): F1 0.5000",
            ),
        ),
    ],
)
def test_python_too_is_warned_of_customers_who_were_trained_on(trained_on: int | None, said: tuple[str, ...]) -> None:
    told = predicted(trained_on, {"f1": 0.5}).sentences[2:]
    assert len(told) == len(said)
    assert all(line.startswith(start) for line, start in zip(told, said, strict=True))


def test_the_figures_are_those_that_the_command_tells_programs() -> None:
    told = predicted(700, {"f1": 0.5}).summary
    assert told["ledger"]["accepted"] == 1_200
    assert {name: told[name] for name in ("predicted", "trained_on", "quality")} == {
        "predicted": {"no": 1_000, "yes": 200},
        "trained_on": 700,
        "quality": {"f1": 0.5},
    }


def test_whom_nobody_called_is_predicted_and_judges_nothing() -> None:
    told = replace(
        predicted(0, {"f1": 0.5}), outcomes=Outcomes("y", ("no", "yes"), judged=900, left_alone=300)
    ).sentences
    assert told[-2:] == (
        "judged by 900 of 1,200 rows; left out: 300 whom nobody called",
        "how well (95 % intervals in brackets): F1 0.5000",
    )


@pytest.mark.parametrize(
    ("outcomes", "judged", "said"),
    [
        ({0: ""}, 299, "judged by 299 of 300 rows; left out: 1 whose 'y' is empty"),
        (
            {0: "", 1: "unknown", 2: "later"},
            297,
            "left out: 1 whose 'y' is empty, 2 whose 'y' is none of 'no' or 'yes'",
        ),
        (
            dict.fromkeys(range(300), "perhaps"),
            0,
            "'y' is filled in 300 of 300 rows, and none can be read. Write its outcomes as",
        ),
        (dict.fromkeys(range(300), ""), 0, ""),
        ({}, 300, ""),
    ],
)
def test_outcomes_that_cannot_be_read_are_left_out_and_counted(
    outcomes: dict[int, str], judged: int, said: str, tmp_path: Path
) -> None:
    write_bundle(tmp_path / "bundle", **small_parts())
    answers = [outcomes.get(row, ("no", "YES")[row % 2]) for row in range(300)]
    people = pl.DataFrame({"age": [str(20 + row % 50) for row in range(300)], "job": ["student"] * 300, "y": answers})
    found = predict(people, tmp_path / "bundle", runs=tmp_path / "runs")
    assert (found.rows, found.outcomes.judged, bool(found.quality)) == (300, judged, judged > 0)
    assert said in found.outcomes.sentence
    assert bool(found.outcomes.sentence) == bool(said)
    assert (found.outcomes.sentence in found.sentences) == bool(said)


@pytest.mark.parametrize(("rows", "told"), [(1, False), (9, False), (10, True)])
def test_of_fewer_than_ten_customers_no_prediction_and_no_answer_is_summed_up(
    rows: int, told: bool, tmp_path: Path
) -> None:
    write_bundle(tmp_path / "bundle", **small_parts())
    people = pl.DataFrame(
        {"age": [str(20 + row) for row in range(rows)], "job": ["student"] * rows, "y": ["yes"] * rows}
    )
    found = predict(people, tmp_path / "bundle", runs=tmp_path / "runs")
    assert bool(found.counts) == bool(found.quality) == bool(found.classes) == told
    untold = ["what is predicted and how well is not said of fewer than 10 customers, as it would tell of single ones"]
    for said in (found.sentences, found.summary["doubts"]):
        assert [line.split(";")[0] for line in said if "not said of" in line] == untold * (not told)
    assert found.frame().height == rows


def test_a_response_is_held_against_its_rate_and_rows_of_one_customer_count_as_one(tmp_path: Path) -> None:
    parts = small_parts()
    named = parts["contract"].model_dump(exclude_defaults=True)
    named["columns"] = (*named["columns"], {"name": "id", "kind": "category", "role": "id", "label": "id"})
    write_bundle(tmp_path / "bundle", **parts | {"contract": Contract.model_validate(named)})
    people = pl.DataFrame(
        {
            "id": [f"c{row}" for row in range(300)],
            "age": [str(20 + row % 50) for row in range(300)],
            "job": ["student", "admin.", "student"] * 100,
            "y": ["no", "no", "yes", "no"] * 75,
        }
    )
    once, twice = (
        predict(frame, tmp_path / "bundle", runs=tmp_path / "runs") for frame in (people, pl.concat([people, people]))
    )
    rate = next(line for line in once.sentences if line.startswith("said yes"))
    assert rate.startswith("said yes: 25.0 % (20.4 to 30.2 %), promised ")
    assert "Accuracy 0.7500, Average precision 0.2500, ROC AUC 0.5000, Log loss 0.5623" in rate
    assert [told["rows"] for told in twice.classes] == [2 * told["rows"] for told in once.classes] == [450, 150]
    assert twice.quality == pytest.approx(once.quality, abs=5e-3)
    kept = json.loads((once.folder / "run.json").read_text("utf-8"))["summary"]
    assert (kept["quality"], kept["classes"]) == (once.quality, once.classes)


def test_classes_are_told_with_their_f1_and_as_a_table() -> None:
    classes = [
        {"outcome": "A", "rows": 9, "f1": 0.9, "f1_low": 0.7, "f1_high": 0.96, "predicted_as": {"A": 1_009, "B": 0}},
        {"outcome": "B", "rows": 1, "f1": 0.5, "predicted_as": {"A": 1, "B": 0}},
    ]
    told = replace(predicted(0, {"weighted_f1": 0.86, "largest_share": 0.9}), classes=classes).sentences[-3:]
    assert told == (
        "how well (95 % intervals in brackets): Weighted F1 0.8600",
        "who knows only how frequent each outcome is gets: Accuracy 0.9000",
        "F1 by class: A 0.9000 (0.700 to 0.960) of 9 rows, B 0.5000 of 1 row",
    )
    assert confusion_told(classes) == [
        "outcome, predicted as      A  B",
        "                    A  1,009  0",
        "                    B      1  0",
    ]


def test_outcomes_of_whom_nobody_called_alone_say_nothing() -> None:
    alone = Outcomes("y", ("no", "yes"), left_alone=300, unknown=2)
    assert "filled in 302 of 302 rows, and none of a called customer can be read" in alone.sentence
    assert replace(alone, unknown=0).sentence.startswith("how well cannot be said: nobody called")


def test_a_column_that_says_nothing_is_a_warning() -> None:
    told = replace(predicted(), doubts=("the column says nothing",))
    assert told.sentences[-1] == "warning: the column says nothing"
    assert told.summary["doubts"] == ["the column says nothing"]


def test_rows_with_something_unusual_are_counted_among_the_doubts_as_in_the_text() -> None:
    told = predicted(flagged=3, flags={"job: unseen level": 2, "age: out of bounds": 1})
    said = "flagged 3 rows: job: unseen level 2, age: out of bounds 1"
    assert told.summary["doubts"] == [said]
    assert said in told.sentences
    assert predicted().summary["doubts"] == []


def test_what_was_rejected_is_told_with_its_reason_and_its_place() -> None:
    told = predicted(accepted=1_170, rejected=30, reasons={"not_a_number: age": 28, "too_few_fields": 2}).sentences
    assert told[:4] == (
        "1,200 rows (1,170 accepted, 30 rejected)",
        "rejected 28: not_a_number: age",
        "rejected 2: too_few_fields",
        f"rejected rows: {Path('runs/a/rejected.csv')}",
    )
    assert not any("rejected" in line for line in predicted().sentences)


@pytest.mark.parametrize(
    ("delimiter", "age", "sign"), [(";", "20,5", ","), ("\t", "20.5", "."), (",", "20.5", "."), ("|", "1.020,5", ",")]
)
def test_a_copy_as_csv_is_written_as_the_table_was(delimiter: str, age: str, sign: str, tmp_path: Path) -> None:
    bundle = tmp_path / "bundle"
    write_bundle(bundle, **small_parts())
    people = pl.DataFrame({"age": [age] * 60, "job": ["student"] * 60, "note": ["größer"] * 60})
    (tmp_path / "new.csv").write_bytes(people.write_csv(separator=delimiter).encode("cp1252"))
    told: list[tuple[str, int, int]] = []
    out, runs = tmp_path / "out.csv", tmp_path / "runs"
    predict(tmp_path / "new.csv", bundle, runs=runs, out=out, progress=lambda *step: told.append(step))
    assert told[-1] == ("writing out.csv", told[-1][2], told[-1][2])
    header, first, *_ = (tmp_path / "out.csv").read_text("utf-8-sig").splitlines()
    assert header.split(delimiter)[:4] == ['"age"', '"job"', '"note"', '"propensity"']
    assert first.split(delimiter)[:3] == [f'"{age}"', '"student"', '"größer"']
    assert first.split(delimiter)[3].startswith(f"0{sign}")
    again = predict(tmp_path / "out.csv", bundle, runs=tmp_path / "runs")
    assert again.ledger.rejected == 0
    assert again.ledger.receipt["delimiter"] == delimiter
    propensity = again.frame()["propensity_input"].str.replace(",", ".", literal=True).cast(pl.Float64)
    assert propensity.to_list() == pytest.approx(again.frame()["propensity"].to_list())


def test_a_copy_as_workbook_holds_the_numbers_that_the_contract_reads(tmp_path: Path) -> None:
    bundle, out = tmp_path / "bundle", tmp_path / "out.xlsx"
    write_bundle(bundle, **small_parts())
    (tmp_path / "new.csv").write_text("age;job;note\n" + "1.020,5;student;7\n" * 20)
    predict(tmp_path / "new.csv", bundle, runs=tmp_path / "runs", out=out)
    first = next(openpyxl.load_workbook(out)["Predictions"].iter_rows(min_row=2, values_only=True))
    assert first[:3] == (1020.5, "student", "7")
    assert predict(out, bundle, runs=tmp_path / "runs").ledger.rejected == 0


@pytest.mark.parametrize(("encoding", "marked"), [("utf-8", False), ("utf-8-sig", True), ("cp1252", True)])
def test_a_copy_as_csv_says_its_encoding_where_the_table_was_no_plain_utf_8(
    encoding: str, marked: bool, tmp_path: Path
) -> None:
    bundle, out = tmp_path / "bundle", tmp_path / "out.csv"
    write_bundle(bundle, **small_parts())
    (tmp_path / "new.csv").write_text("age;job;größe\n" + "20,5;student;7\n" * 20, encoding=encoding)
    predict(tmp_path / "new.csv", bundle, runs=tmp_path / "runs", out=out)
    assert out.read_bytes().startswith(b"\xef\xbb\xbf") == marked
    assert out.read_text("utf-8-sig").startswith('"age";"job";"größe"')
    assert predict(out, bundle, runs=tmp_path / "runs").ledger.receipt["columns"][0] == "age"
