"""What came back from the call centre finds its customers, whoever wrote their ids."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest

from segmint.contract.column import Column
from segmint.contract.contract import Contract
from segmint.errors import DataError
from segmint.monitoring.codes import PLAIN
from segmint.monitoring.results import outcomes_of
from tests.flows.tables import CONTRACT


def test_ids_meet_however_a_file_writes_them() -> None:
    scored = pl.DataFrame({"client": ["17 ", "-18", "19"]})
    results = pl.DataFrame({"client": [" 17", "'-18", "stranger"], "code": ["success", "refused", "refused"]})
    rows, yes, sentence, *_ = outcomes_of(scored, results, CONTRACT, PLAIN)
    assert rows.tolist() == [0, 1]
    assert np.array_equal(yes, [True, False])
    assert "3 results read, 1 of customers who are not in the scored table" in sentence


def test_rows_of_one_customer_are_one_customer() -> None:
    scored = pl.DataFrame({"client": ["1", "1", "2", "2", "3"]})
    results = pl.DataFrame({"client": ["1", "2"], "code": ["success", "not_reached"]})
    sentence = outcomes_of(scored, results, CONTRACT, PLAIN).sentence
    assert "1 of 3 scored customers has an outcome" in sentence
    assert "1 not reached, 0 to be called back" in sentence


def test_results_without_an_id_are_of_nobody_and_counted_apart() -> None:
    results = pl.DataFrame(
        {"client": ["1", None, " ", "stranger"], "code": ["success", "refused", "refused", "refused"]}
    )
    found = outcomes_of(pl.DataFrame({"client": ["1", "2"]}), results, CONTRACT, PLAIN)
    assert "4 results read, 1 of customers who are not in the scored table, 2 without an id;" in found.sentence
    assert (found.named, found.strangers) == (2, 1)


@pytest.mark.parametrize("column", ["code", "y"])
def test_who_has_no_outcome_yet_is_no_stranger(column: str) -> None:
    """A CSV says nothing by a blank, the contract by a word of its own, a frame by null."""
    contract = CONTRACT.model_copy(update={"missing": ("", "unknown")})
    scored = pl.DataFrame({"client": ["1", "2", "3", "4", "5"]})
    answers = {"code": ("success", "refused"), "y": ("yes", "no")}[column]
    results = pl.DataFrame({"client": list("123456"), column: [*answers, " ", "unknown", None, answers[0]]})
    rows, yes, sentence, *_ = outcomes_of(scored, results, contract, PLAIN)
    assert (rows.tolist(), yes.tolist()) == ([0, 1], [True, False])
    assert "6 results read, 1 of customers who are not in the scored table" in sentence
    assert "0 not reached, 0 to be called back, 3 with no outcome yet" in sentence


def test_blank_outcomes_are_a_no_and_said_where_the_contract_says_so_and_somebody_has_answered() -> None:
    outcome = CONTRACT.outcome.model_copy(update={"blank": "no"})
    contract = CONTRACT.model_copy(update={"outcome": outcome})
    scored = pl.DataFrame({"client": ["1", "2", "3"]})
    found = outcomes_of(scored, scored.with_columns(y=pl.Series(["yes", "", None])), contract, PLAIN)
    assert found.said_yes.tolist() == [True, False, False]
    assert "2 blank outcomes read as no, as the contract says." in found.sentence.replace("\u202f", " ").lower()
    with pytest.raises(DataError, match="Nobody has an outcome under 'y'"):
        outcomes_of(scored, scored.with_columns(y=pl.lit("")), contract, PLAIN)


def test_under_a_wrong_number_nobody_can_be_called_back() -> None:
    scored = pl.DataFrame({"client": ["1", "2", "3"]})
    results = pl.DataFrame(
        {
            "client": ["1", "1", "2", "2", "3"],
            "code": ["call_back", "wrong_number", "wrong_number", "call_back", "success"],
        }
    )
    said = outcomes_of(scored, results, CONTRACT, PLAIN).sentence
    assert "1 not reached, 1 to be called back" in said
    newest_first = results.with_columns(
        called_at=pl.Series([f"2026-11-{day}" for day in (20, 21, 22, 23, 20)])
    ).reverse()
    assert outcomes_of(scored, newest_first, CONTRACT, PLAIN).sentence == said
    last_is_wrong = results.head(2).vstack(pl.DataFrame({"client": ["2"], "code": ["success"]}))
    assert "1 not reached, 0 to be called back" in outcomes_of(scored, last_is_wrong, CONTRACT, PLAIN).sentence


def test_a_result_that_stands_there_twice_is_one_answer() -> None:
    scored = pl.DataFrame({"client": ["1", "2"]})
    results = pl.DataFrame({"client": ["1", "2", "2"], "code": ["success", "refused", "refused"], "date": "2026-12-01"})
    said = outcomes_of(scored, results, CONTRACT, PLAIN).sentence
    assert "1 result repeats another in every column, its date too, and is not counted again" in said
    assert "answers stand for" not in said
    assert "3 answers stand for 2 customers" in outcomes_of(scored, results.drop("date"), CONTRACT, PLAIN).sentence


def test_calls_before_the_list_in_one_reading_only_are_refused() -> None:
    scored = pl.DataFrame({"client": ["1", "2"]})
    results = pl.DataFrame({"client": ["1", "2"], "code": ["success", "refused"], "date": ["12/01/2026", "12/12/2026"]})
    with pytest.raises(DataError, match=r"dd/mm/yyyy or as mm/dd/yyyy, and whether 1 of 2 results is from before"):
        outcomes_of(scored, results, CONTRACT, PLAIN, since=date(2026, 11, 27))
    assert outcomes_of(scored, results, CONTRACT, PLAIN, since=date(2025, 11, 27)).rows.tolist() == [0, 1]


def test_calls_before_the_list_in_the_other_reading_only_are_refused_unless_they_are_of_strangers() -> None:
    results = pl.DataFrame({"client": ["1", "2"], "code": ["success", "refused"], "date": ["01/05/2026", "02/05/2026"]})
    with pytest.raises(DataError, match=r"whether 2 of 2 results are from before the list of 2026-03-02 depends on it"):
        outcomes_of(pl.DataFrame({"client": ["1", "2"]}), results, CONTRACT, PLAIN, since=date(2026, 3, 2))
    one = results.with_columns(date=pl.Series(["01/05/2026", "05/06/2026"]))
    found = outcomes_of(pl.DataFrame({"client": ["2", "3"]}), one, CONTRACT, PLAIN, since=date(2026, 3, 2))
    assert found.rows.tolist() == [0]
    assert "the first was taken" in found.sentence


@pytest.mark.parametrize(
    ("listed_day", "others_day", "asked"),
    [("2026-12-01", "?", ""), ("?", "2026-12-01", "12 of 12 results of customers on the list have no date")],
)
def test_results_of_strangers_count_neither_as_undated_nor_beside_those_that_are(
    listed_day: str, others_day: str, asked: str
) -> None:
    listed = [f"A{number}" for number in range(12)]
    results = pl.DataFrame(
        {
            "client": [*listed, *(f"X{number}" for number in range(400))],
            "code": ["success", "refused"] * 206,
            "date": [listed_day] * 12 + [others_day] * 400,
        }
    )
    scored = pl.DataFrame({"client": listed})
    said = outcomes_of(scored, results, CONTRACT, PLAIN, since=date(2026, 11, 27)).sentence
    assert asked in said
    assert bool(asked) == ("can be read under" in said)


@pytest.mark.parametrize("called_at", ["46294", "29.09.2026"])
def test_an_old_campaign_is_refused_however_a_spreadsheet_wrote_its_dates(called_at: str) -> None:
    scored, results = pl.DataFrame({"client": ["a", "b"]}), pl.DataFrame({"client": ["a", "b"], "code": ["yes", "no"]})
    with pytest.raises(DataError, match="All 2 results of scored customers are of calls before the list of 2026-11-27"):
        outcomes_of(
            scored, results.with_columns(called_at=pl.lit(called_at)), CONTRACT, PLAIN, since=date(2026, 11, 27)
        )


def test_when_a_customer_was_last_called_before_is_no_date_of_a_result() -> None:
    scored = pl.DataFrame({"client": ["1", "2"]})
    results = pl.DataFrame(
        {
            "client": ["1", "2", "2"],
            "code": ["success", "wrong_number", "call_back"],
            "last_contact": ["2026-03-14", "2026-11-20", "2026-10-01"],
        }
    )
    found = outcomes_of(scored, results, CONTRACT, PLAIN, since=date(2026, 11, 27))
    assert found.rows.tolist() == [0]
    assert "left out" not in found.sentence
    # nor does it say in which order the calls were
    assert "0 not reached, 1 to be called back" in found.sentence


def test_a_word_for_no_value_that_is_a_code_keeps_its_meaning() -> None:
    contract = CONTRACT.model_copy(update={"missing": ("", "NA")})
    codes = PLAIN.model_copy(update={"codes": {"NA": "not_reached", "SALE": "success"}})
    results = pl.DataFrame({"client": ["1", "2"], "code": ["SALE", "NA"]})
    _, _, sentence, *_ = outcomes_of(pl.DataFrame({"client": ["1", "2"]}), results, contract, codes)
    assert "1 not reached, 0 to be called back, 0 with no outcome yet" in sentence
    with pytest.raises(DataError, match="1 of 2 results carries a code without a meaning"):
        outcomes_of(
            pl.DataFrame({"client": ["1", "2"]}),
            results.with_columns(code=pl.Series(["SALE", "SOLD"])),
            contract,
            codes,
        )


def test_ids_named_record_are_not_the_numbers_of_a_call_list() -> None:
    """A list keeps the ids as `customer`, and its own `record` is the number of the row in the table."""
    client, age = CONTRACT.columns
    contract = Contract(
        name="record", outcome=CONTRACT.outcome, columns=(client.model_copy(update={"name": "record"}), age)
    )
    listed = pl.DataFrame({"record": [1, 2], "customer": ["2", "1"], "status": ["listed"] * 2, "arm": ["call"] * 2})
    listed = listed.with_columns(suppressed_because=pl.lit(""))
    results = pl.DataFrame({"record": ["2"], "code": ["success"]})
    rows, yes, *_ = outcomes_of(listed, results, contract, PLAIN)
    assert (rows.tolist(), yes.tolist()) == ([0], [True])


def test_ids_meet_without_the_zeros_that_a_spreadsheet_dropped() -> None:
    scored = pl.DataFrame({"client": ["0017", "0018", "019", "19"]})
    results = pl.DataFrame({"client": ["17", "0018", "99"], "code": ["success", "refused", "refused"]})
    rows, yes, sentence, *_ = outcomes_of(scored, results, CONTRACT, PLAIN)
    assert (rows.tolist(), yes.tolist()) == ([0, 1], [True, False])
    assert "3 results read, 1 of customers who are not in the scored table" in sentence
    assert "1 result was matched although the ids differ by zeros before them or by capitals." in sentence


def test_an_id_that_lost_its_zeros_and_could_be_of_several_is_said() -> None:
    scored = pl.DataFrame({"client": ["007", "07"]})
    results = pl.DataFrame({"client": ["7", "07"], "code": ["success", "refused"]})
    rows, yes, sentence, *_ = outcomes_of(scored, results, CONTRACT, PLAIN)
    assert (rows.tolist(), yes.tolist()) == ([1], [False])
    assert (
        "1 id could be of several customers, but for zeros before, marks around or capitals: taken for none."
        in sentence
    )


@pytest.mark.parametrize("where", ["scored", "results"])
def test_whom_nobody_called_has_not_answered(where: str) -> None:
    arm = Column(name="arm", kind="category", role="treatment", label="called")
    contract = CONTRACT.model_copy(update={"columns": (*CONTRACT.columns, arm)})
    tables = {
        "scored": pl.DataFrame({"client": ["1", "2", "3"]}),
        "results": pl.DataFrame({"client": ["1", "2", "3"], "y": ["yes", "yes", "no"]}),
    }
    tables[where] = tables[where].with_columns(arm=pl.Series(["yes", "no", "yes"]))
    found = outcomes_of(tables["scored"], tables["results"], contract, PLAIN)
    assert (found.rows.tolist(), found.said_yes.tolist()) == ([0, 2], [True, False])
    assert "Left out, as nobody called them: 1 with a result." in found.sentence


def test_what_was_read_and_left_out_is_counted_by_name() -> None:
    scored = pl.DataFrame({"client": ["1", "2", "3"]})
    results = pl.DataFrame({"client": ["1", "2", "8", "9", None], "y": ["yes", None, "no", "no", "no"]})
    contract = CONTRACT.model_copy(update={"outcome": CONTRACT.outcome.model_copy(update={"blank": None})})
    counts = outcomes_of(scored, results, contract, PLAIN).counts
    assert counts["results"] == {"read": 5, "strangers": 2, "without_id": 1}
    assert counts["left_out"]["no_outcome_yet"] == 1
    with pytest.raises(DataError, match="ids in 'client' of the results that stand in 'client' of the scored table"):
        outcomes_of(scored, results.tail(3), contract, PLAIN)
