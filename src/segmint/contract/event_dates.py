"""When a call or a purchase was made: which column of a table that nobody described says so, by its name."""

from __future__ import annotations

import re
from datetime import date
from typing import Literal

import polars as pl

from segmint.contract.dates import days_of, written_days_of
from segmint.contract.hints import plain_name, without_accents
from segmint.wording import counted

Event = Literal["call", "result", "purchase"]

_DAY = r"(date|day|datum|tag|fecha|data)(_?time)?"
_OF = r"((of|de|da|do|du|della|di|d|l|la|des|der|vom)_)*"
_CALL = (
    r"(calls?|contact|anrufs?|kontakts?|gesprachs?|gespraechs?|telefonats?|llamada|contacto|ligacao|chamada|appel"
    r"|chiamata|contatto)"
)
_SALE = (
    r"(purchase|buy|booking|sale|order|contract|transaction|kauf|verkaufs?|buchungs?|abschluss|vertrags?|bestell|auftrags?"
    r"|transaktions?|compra|contratacion|contratacao|venta|venda|operacao|operacion|achat|vente|souscription|operation|acquisto|vendita)"
)
_ANY_DAY = re.compile(_DAY)
_NUMBERS_TOO = ("day", "tag")  # which also name what is counted or labelled
_DAY_OF_A_CALL = re.compile(
    rf"{_CALL}_?{_DAY}|{_DAY}_{_OF}{_CALL}|(called|contacted|dialled|dialed)_(on|at)|(angerufen|kontaktiert|telefoniert)_am"
)
_LAST_CALL = re.compile(
    r"(last|letzter|ultim[oa]|dernier|ultima)_(call|contact|anruf|kontakt|llamada|contacto|ligacao|chamada|appel|chiamata|contatto)"
)
# held against names without accents; the first that fits is taken
_NAMES: dict[Event, tuple[re.Pattern[str], ...]] = {
    "call": (
        *map(re.compile, ("date", "called_at", "call_date", "last_contact")),  # as the page on call lists names them
        *(_DAY_OF_A_CALL, _ANY_DAY, _LAST_CALL),
    ),
    # beside a result the last contact is the customer's, of before this call
    "result": (re.compile("called_at"), _DAY_OF_A_CALL, re.compile("date"), _ANY_DAY),
    "purchase": (
        re.compile(
            rf"{_SALE}_?{_DAY}|{_DAY}_{_OF}{_SALE}"
            r"|(purchased|bought|booked|sold|signed|ordered)_(on|at)|(gekauft|verkauft|abgeschlossen|gebucht|bestellt)_am"
        ),
        _ANY_DAY,
    ),
}
NAMES_OF_DATES: dict[Literal["call", "purchase"], str] = {
    "call": "date, called_at, call_date, last_contact, Datum, Anrufdatum, fecha, data …",
    "purchase": "date, bought_on, purchase_date, Datum, Kaufdatum, Buchungsdatum, fecha, data …",
}
"""Some of the names, for people."""


def dated_by(table: pl.DataFrame, event: Event) -> str | None:
    """Name the column of the day on which something was made: of those that are called so, the first with most dates.

    Of results it is the first with half as many: a column that speaks of the call is believed before one of any day, also
    where it has gaps.

    Parameters
    ----------
    table : polars.DataFrame
    event : {"call", "result", "purchase"}
        What the rows are: calls of a history, results of calls to a list, purchases.

    Returns
    -------
    str or None
        None if no column is called so.
    """
    plain = {name: bare_name(name) for name in table.columns}
    named = [name for pattern in _NAMES[event] for name in table.columns if pattern.fullmatch(plain[name])]
    # the serial numbers of a spreadsheet look like other numbers: they count only where no column has a date that is written as one
    named = [name for name in named if written_days_of(table[name]).count()] or [
        name for name in named if plain[name] not in _NUMBERS_TOO
    ]
    dates = {name: days_of(table[name]).count() for name in named}
    enough = max(dates.values(), default=0) * (0.5 if event == "result" else 1.0)
    return next((name for name in named if dates[name] >= enough), None)


def ask_of_days_ahead(days: pl.Series, column: str | None, today: date | None, *, event: Event) -> str:
    """Ask whether days after today are right; "" where there are none, or nobody says which day it is.

    >>> ask_of_days_ahead(pl.Series([date(2062, 1, 3)]), "on", date(2026, 1, 3), event="purchase")
    "1 purchase has a day after 2026-01-03 under 'on': are the years right, and day and month in their places? It counts as made since the list."
    """
    ahead = 0 if column is None or today is None else int((days > today).sum())
    if not ahead:
        return ""
    have, count = counted(ahead, f"{event} has", f"{event}s have"), "It counts" if ahead == 1 else "They count"
    made = "made" if event == "purchase" else "of calls"
    return (
        f"{have} a day after {today} under '{column}': are the years right, and day and month in their places? "
        f"{count} as {made} since the list."
    )


def bare_name(name: str) -> str:
    """Write a column name in lower case, without accents, its words parted by single underscores."""
    return re.sub(r"[\W_]+", "_", without_accents(plain_name(name))).strip("_")
