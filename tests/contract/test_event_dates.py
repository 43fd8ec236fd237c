"""When a call or a purchase was made is found by the name of the column."""

from __future__ import annotations

import polars as pl
import pytest

from segmint.contract.event_dates import dated_by


@pytest.mark.parametrize(
    "name",
    ["date", "called_at", "call_date", "last_contact", "Datum", "Anrufdatum", "Datum des Anrufs", "angerufen am", "fecha",
     "Fecha de llamada", "data", "Date d'appel", "CallDate", "contact date", "call datetime"],
)  # fmt: skip
def test_the_day_of_a_call_is_found_by_its_name(name: str) -> None:
    assert dated_by(pl.DataFrame({"id": ["1"], name: ["2026-03-14"]}), "call") == name


@pytest.mark.parametrize("name", ["Geburtsdatum", "date of birth", "update", "Kaufdatum", "contact"])
def test_other_dates_are_none_of_a_call(name: str) -> None:
    assert dated_by(pl.DataFrame({name: ["2026-03-14"]}), "call") is None


@pytest.mark.parametrize("name", ["last_contact", "Last Call", "letzter Anruf", "letzter Kontakt", "última llamada"])
def test_the_last_contact_dates_a_call_of_a_history_and_no_result(name: str) -> None:
    table = pl.DataFrame({"id": ["1"], name: ["2026-03-14"]})
    assert (dated_by(table, "call"), dated_by(table, "result")) == (name, None)
    assert dated_by(table.with_columns(Anrufdatum=pl.lit("15.03.2026")), "result") == "Anrufdatum"


def test_of_results_a_column_of_the_call_is_believed_before_one_of_any_day_also_with_gaps() -> None:
    days = ["2026-03-14", "2026-03-15"]
    assert dated_by(pl.DataFrame({"date": days, "call_date": ["2026-03-16", None]}), "result") == "call_date"
    assert dated_by(pl.DataFrame({"date": days, "call_date": ["?", None]}), "result") == "date"


def test_the_names_of_the_page_go_before_any_other_and_what_can_be_read_before_what_cannot() -> None:
    days = ["2026-03-14"]
    assert dated_by(pl.DataFrame({"last_contact": days, "date": days, "called_at": days}), "call") == "date"
    assert dated_by(pl.DataFrame({"last_contact": days, "contact_day": days, "called_at": days}), "call") == "called_at"
    half = pl.DataFrame({"date": ["2026-03-14", None], "Datum": ["2026-03-14", "2026-03-15"]})
    assert dated_by(half, "call") == "Datum"
    assert dated_by(pl.DataFrame({"last_contact": days, "date": days}), "call") == "date"
    assert dated_by(pl.DataFrame({"call_date": ["?"], "Datum": days}), "call") == "Datum"


def test_serial_numbers_of_a_spreadsheet_are_dates_only_where_nothing_is_written_as_one() -> None:
    serials = pl.DataFrame({"id": ["1", "2"], "tag": ["45012", "45013"], "call_date": ["46294", "46295"]})
    assert dated_by(serials, "call") == dated_by(serials, "result") == "call_date"
    assert dated_by(serials.drop("call_date"), "result") is None
    written = serials.with_columns(call_date=pl.Series([None, "14.03.2026"]), data=pl.Series(["45012", "45013"]))
    assert dated_by(written, "call") == dated_by(written, "result") == "call_date"
    assert (
        dated_by(serials.rename({"call_date": "last_call"}).with_columns(last_call=pl.lit("14.03.2026")), "call")
        == "last_call"
    )
