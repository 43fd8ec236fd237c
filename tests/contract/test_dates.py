"""Dates as banks write them."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime

import polars as pl
import pytest

from segmint.contract import dates
from segmint.contract.cells import read_cells
from segmint.contract.column import Column
from segmint.contract.dates import (
    FORMATS,
    days_in_each_reading,
    days_of,
    format_words,
    formats_of,
    is_format,
    read_dates,
    readings_of,
    today,
)


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("2026-03-14", "%Y-%m-%d"),
        ("2026-03-14T10:00:00.123+01:00", "%Y-%m-%d"),
        ("14.03.2026", "%d.%m.%Y"),
        ("14.3.2026 10:22", "%d.%m.%Y"),
        ("14/03/2026", "%d/%m/%Y"),
        ("03/14/2026 9:05 PM", "%m/%d/%Y"),
        ("14-03-2026", "%d-%m-%Y"),
        ("2026/03/14", "%Y/%m/%d"),
        ("20260314", "%Y%m%d"),
        ("14. 3. 2026", "%d. %m. %Y"),
        ("14.03.26", "%d.%m.%y"),
        ("14-MAR-2026", "%d-%b-%Y"),
        ("14MAR2026", "%d%b%Y"),
        ("14 March 2026", "%d %B %Y"),
        ("March 14, 2026", "%B %d, %Y"),
    ],
)
def test_a_date_is_recognised_and_read(text: str, form: str) -> None:
    texts = pl.Series([text, None])
    assert formats_of(texts)[0] == form
    assert read_dates(texts, form).to_list() == [date(2026, 3, 14), None]


@pytest.mark.parametrize("text", ["2021-02-29", "12345678", "14.03", "2026-03-14x", "14.13.2026", "1.5", "2026", ""])
def test_what_is_no_day_is_no_date(text: str) -> None:
    assert formats_of(pl.Series([text])) == ()


def test_open_ends_do_not_hide_a_date() -> None:
    assert formats_of(pl.Series(["31.12.9999", "01.02.2020"])) == ("%d.%m.%Y",)


def test_a_format_names_a_day() -> None:
    assert all(is_format(form) for form in FORMATS)
    assert not any(is_format(form) for form in ("", "%d.%Y", "%d.%m.%Y %H", "dd.mm.yyyy", "%d%d%Y"))
    assert format_words("%d.%m.%Y") == "dd.mm.yyyy"
    with pytest.raises(ValueError, match="names day, month and year"):
        Column(name="d", kind="date", role="time", label="d", format="dd.mm.yyyy")
    with pytest.raises(ValueError, match="is for dates"):
        Column(name="d", kind="text", role="time", label="d", format="%d.%m.%Y")


def test_a_time_with_a_zone_is_of_its_local_day() -> None:
    """Half past midnight in Lisbon is still yesterday by UTC, in summer."""
    column = Column(name="day", kind="date", role="time", label="day")
    moments = pl.Series("day", [datetime(2026, 5, 31, 23, 30, tzinfo=UTC)]).dt.convert_time_zone("Europe/Lisbon")
    assert read_cells(column, moments, ("",), "point").values.to_list() == [date(2026, 6, 1)]


@pytest.mark.parametrize("form", ["%Y-%m-%d", "%d.%m.%Y", "%m/%d/%Y", "%Y%m%d"])
def test_days_of_a_column_that_nobody_described(form: str) -> None:
    days = [date(2026, 3, 14), date(2026, 11, 30), date(2025, 12, 31)]
    texts = pl.Series(["?", *[f" {day.strftime(form)} " for day in days], None])
    assert days_of(texts).to_list() == [None, *days, None]
    moments = pl.Series([datetime(2026, 3, 15, 3, 30, tzinfo=UTC)]).dt.convert_time_zone("America/New_York")
    assert days_of(moments).to_list() == [date(2026, 3, 14)]


def test_days_since_1900_are_dates_as_a_spreadsheet_keeps_them() -> None:
    day = date(2026, 9, 29)
    assert (
        days_of(pl.Series(["46294", " 46294.75", "29.09.2026", "4629", "462940", "12", None])).to_list()
        == [day] * 3 + [None] * 4
    )
    for numbers in (pl.Series([46294, None]), pl.Series([46294.0, None])):
        assert days_of(numbers).to_list() == [day, None]
        assert readings_of(numbers) == ""


D_OR_M, THIRD_OF_APRIL, FOURTH_OF_MARCH = "dd/mm/yyyy or as mm/dd/yyyy", date(2026, 4, 3), date(2026, 3, 4)


@pytest.mark.parametrize(
    ("texts", "readings"),
    [
        (["03/04/2026", "05/04/2026", "?"], D_OR_M),
        (["03/04/2026", "13/04/2026"], ""),
        (["03/03/2026"], ""),
        (["?"], ""),
        ([], ""),
        (["03/04/2026", "13.04.2026", "2026-04-14", "2026-04-15"], D_OR_M),  # no other date with slashes
        (["03/04/2026", "04/13/2026", "04/14/2026", "13/04/2026"], "mm/dd/yyyy or as dd/mm/yyyy"),
        (["04/13/2026", "13/04/2026"], ""),
        (["03/04/2026", "03-04-26", "03-04-2026"], "dd/mm/yyyy, dd-mm-yyyy or as mm/dd/yyyy, mm-dd-yyyy"),
    ],
)
def test_dates_that_may_be_two_days_are_told(texts: list[str], readings: str) -> None:
    column = pl.Series(texts, dtype=pl.String)
    assert readings_of(column) == readings
    assert len(days_in_each_reading(column)) == (2 if readings else 1)


def test_a_date_with_one_reading_is_read_whatever_most_others_look_like() -> None:
    day = date(2026, 11, 18)
    others = ["18.11.2026", "18/11/2026 10:00", "11/18/2026", "18-11-2026", "20261118", "18 Nov 2026", "18.11.26"]
    assert days_of(pl.Series(["2026-11-18"] * 20 + others)).to_list() == [day] * 27
    # which of the two comes first is told by those that are written alike
    assert days_of(pl.Series(["2026-11-18"] * 3 + ["03/04/2026", "13/04/2026"]))[3] == THIRD_OF_APRIL
    assert days_of(pl.Series(["18.11.2026"] * 3 + ["03/04/2026", "04/13/2026"]))[3] == FOURTH_OF_MARCH
    mixed = days_in_each_reading(pl.Series(["04/13/2026", "04/14/2026", "13/04/2026", "03/04/2026"]))
    assert [days[3] for days in mixed] == [FOURTH_OF_MARCH, THIRD_OF_APRIL]


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="this system sets time zones otherwise")
def test_today_is_the_day_where_the_calls_are_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """The two ends of the world never share a day."""
    days = []
    for zone in ("Etc/GMT+12", "Etc/GMT-14"):
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        days.append(today())
    monkeypatch.undo()
    time.tzset()
    assert days[0] < days[1]


def test_what_has_the_shape_of_no_date_is_read_in_no_format(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = []
    monkeypatch.setattr(dates, "read_dates", lambda texts, form: tried.append(form) or read_dates(texts, form))
    for texts in (["yes", "no"], ["12.5", "7"], [None], []):
        assert formats_of(pl.Series(texts, dtype=pl.String)) == ()
    assert not tried
    assert formats_of(pl.Series(["yes", "2026-03-14 10:00", *["2026-03-15"] * 9])) == ()
    assert formats_of(pl.Series(["2026-03-14 10:00", "2026-03-15"])) == ("%Y-%m-%d",)
