"""Purchases as a product system exports them: whose each is, which rows are one, and when it was made."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

import polars as pl

from segmint.contract.answers import NO, YES, bare_words
from segmint.contract.dates import days_of
from segmint.contract.hints import plain_name, tells_the_past, without_accents
from segmint.errors import DataError
from segmint.monitoring.codes import guess_meaning
from segmint.wording import counted, listed

_DAY = r"(date|day|datum|tag|fecha|data)"
_SALE = (
    r"(purchase|buy|booking|sale|order|contract|transaction|kauf|verkaufs?|buchungs?|abschluss|vertrags?|bestell|auftrags?"
    r"|transaktions?|compra|contratacion|contratacao|venta|venda|operacao|operacion|achat|vente|souscription|operation|acquisto|vendita)"
)
# held against names without accents; the first that fits is taken
_MADE_ON = (
    re.compile(
        rf"{_SALE}_?{_DAY}|{_DAY}_((of|de|da|do|della|di|d|l|la)_)*{_SALE}"
        r"|(purchased|bought|booked|sold|signed|ordered)_(on|at)|(gekauft|verkauft|abgeschlossen|gebucht|bestellt)_am"
    ),
    re.compile(_DAY),
)
_DATE_NAMES = "date, bought_on, purchase_date, Datum, Kaufdatum, Buchungsdatum, fecha, data …"


@dataclass(frozen=True)
class Purchases:
    """The rows of a table of purchases, counted by what becomes of them.

    Attributes
    ----------
    everybody : polars.Series
        The `customers` of every row, a purchase or not.
    buyers : polars.Series
        The `customers` of the rows that count as purchases.
    told_by : str or None
        The column of yes and no that tells which rows are purchases.
    none : int
        Rows that are no purchase, as `told_by` says.
    dated_by : str or None
        The column of dates.
    since : datetime.date or None
        The day of the list.
    too_early, undated : int
        Purchases before that day, which are left out, and those whose date cannot be read, which are not.
    """

    everybody: pl.Series
    buyers: pl.Series
    told_by: str | None
    none: int
    dated_by: str | None
    since: date | None
    too_early: int
    undated: int

    @property
    def all_too_early(self) -> bool:
        """Whether every purchase was made before the list."""
        return 0 < self.too_early == len(self.everybody) - self.none

    @property
    def sentences(self) -> tuple[str, ...]:
        """What the rows were taken for."""
        said = []
        if self.told_by is not None:
            none = counted(self.none, "row without a yes is", "rows without a yes are")
            said.append(f"'{self.told_by}' tells the purchases: {none} none.")
        if self.dated_by is None:
            said.append(
                f"No column of the purchases is named as their date ({_DATE_NAMES}): those made before the list count too."
            )
        elif self.since is None:
            said.append(
                "The day of the list is not known, as its run is not at hand: purchases made before it count too."
            )
        if self.too_early:
            early = counted(self.too_early, "purchase was", "purchases were")
            said.append(f"{early} made before the list of {self.since} and left out.")
        if self.undated:
            undated = counted(
                self.undated,
                "purchase without a date that can be read counts",
                "purchases without a date that can be read count",
            )
            said.append(f"{undated} as made since the list.")
        return tuple(said)


def purchases_of(
    table: pl.DataFrame, customers: pl.Series, *, since: date | None = None, outcome: str | None = None
) -> Purchases:
    """Tell which rows of a table of purchases count.

    Parameters
    ----------
    table : polars.DataFrame
    customers : polars.Series of shape (n_rows,)
        Whose each row is; called as the column of the table that says so.
    since : datetime.date, optional
        The day on which the list was made: earlier purchases are left out.
    outcome : str, optional
        What a column is called that says yes of who bought, whatever the name tells by itself.

    Raises
    ------
    DataError
        If a column of yes and no leaves open whether every row is a purchase.
    """
    told_by = _told_by(table, customers.name, outcome)
    is_one = pl.Series([True]).new_from_index(0, table.height) if told_by is None else _says_yes(table[told_by])
    bought, whose = table.filter(is_one), customers.filter(is_one)
    dated_by = _dated_by(bought)
    early, undated = pl.Series([False]).new_from_index(0, bought.height), 0
    if since is not None and dated_by is not None:
        days = days_of(bought[dated_by])
        early, undated = (days < since).fill_null(False), days.null_count()
    none = table.height - bought.height
    return Purchases(customers, whose.filter(~early), told_by, none, dated_by, since, int(early.sum()), undated)


def _told_by(table: pl.DataFrame, customer: str, outcome: str | None) -> str | None:
    """Name the column of yes and no that tells of each row whether it is a purchase; None if every row is one."""
    others = (name for name in table.columns if name != customer)
    answers = {name: said for name in others if (said := _answers(table[name]))}
    named = [name for name in answers if name == outcome or _names_a_purchase(name)]
    telling = [name for name in named if answers[name] - {*YES}]
    open_ones = [name for name in answers if answers[name] & {*YES} and answers[name] & {*NO} and name not in named]
    if len(telling) == 1:
        return telling[0]
    if doubtful := telling or open_ones:
        columns = listed([f"'{name}'" for name in doubtful])
        raise DataError(
            f"The purchases have a yes or a no under {columns}, and the name does not tell whether each row is a purchase.",
            expected="one row for each purchase, and none for who bought nothing; or one column of yes and no that is called 'bought'",
            fix=f"call it 'bought' if its yes is a purchase; else keep only rows of purchases, and leave {columns} out",
        )
    return None


def _answers(values: pl.Series) -> set[str]:
    """The words for yes and no in a column, "" where it is blank; none if it says anything else, or nothing."""
    different = bare_words(values).fill_null("").unique()
    known = different.is_in([*YES, *NO, ""]).all() and (different != "").any()
    return set(different) if known else set()


def _names_a_purchase(name: str) -> bool:
    return guess_meaning(name) == "success" and not tells_the_past(plain_name(name))


def _says_yes(values: pl.Series) -> pl.Series:
    return bare_words(values).is_in(YES).fill_null(False)


def _dated_by(table: pl.DataFrame) -> str | None:
    """Name the column of the day on which a purchase was made: one in which dates can be read before one in which none can."""
    plain = {name: re.sub(r"\W+", "_", without_accents(plain_name(name))).strip("_") for name in table.columns}
    named = [name for pattern in _MADE_ON for name in table.columns if pattern.fullmatch(plain[name])]
    return next((name for name in named if days_of(table[name]).count()), next(iter(named), None))
