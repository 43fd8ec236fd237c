"""The ledger adds up, or says so."""

from __future__ import annotations

import json

import pytest

from segmint.contract.ledger import Ledger
from segmint.tables.rejects import Reject


def test_ledgers_add_and_keep_the_receipt() -> None:
    one = Ledger(3, 2, 1, {"a": 1}, (Reject(2, "a", "", "x"),), receipt={"format": "Parquet"})
    two = Ledger(4, 2, 2, {"a": 1, "b: c": 1}, (), 1, {"job: unseen level": 1})
    both = one + two
    both.check()
    assert (both.read, both.accepted, both.rejected, both.flagged) == (7, 4, 3, 1)
    assert both.reasons == {"a": 2, "b: c": 1}
    assert both.sentence() == "7 rows (4 accepted, 3 rejected), Parquet"
    assert Ledger(1, 1).sentence() == "1 row"
    assert Ledger(1, 0, 1, {"a": 1}).sentence().startswith("1 row (0 accepted")


def test_a_ledger_that_loses_a_row_is_caught() -> None:
    with pytest.raises(AssertionError, match="does not add up"):
        Ledger(3, 2, 0).check()
    with pytest.raises(AssertionError, match="does not add up"):
        Ledger(3, 2, 1).check()


def test_no_customers_value_is_in_the_ledgers_json() -> None:
    ledger = Ledger(1, 0, 1, {"a": 1}, (Reject(1, "a", "", "SECRET"),))
    assert "SECRET" not in json.dumps(ledger.to_json())


def test_no_customers_value_is_in_what_a_notebook_shows() -> None:
    assert repr(Reject(1, "a", "b", "SECRET")) == "Reject(record=1, reason='a', detail='b', column=None)"


def test_only_the_first_thousand_rejects_stay_in_memory() -> None:
    rejects = tuple(Reject(i, "a", "", "") for i in range(900))
    both = Ledger(900, 0, 900, {"a": 900}, rejects) + Ledger(900, 0, 900, {"a": 900}, rejects)
    assert len(both.rejects) == 1_000
    assert both.rejected == 1_800


def test_a_table_that_ends_in_the_middle_of_a_record_is_said_to_be_perhaps_cut_off() -> None:
    whole = Ledger(read=3, accepted=2, rejected=1, reasons={"too_few_fields": 1})
    cut = Ledger(read=3, accepted=2, rejected=1, reasons={"cut_off": 1})
    assert (whole.cut_off, "cut_off" in whole.sentence()) == ("", False)
    assert cut.sentence().endswith("ends in the middle of a record, as a half-copied file does: check that it is whole")
