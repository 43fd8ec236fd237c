"""Purchases as a product system exports them: whose each is, which rows are one, and when it was made."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from segmint.contract.event_dates import NAMES_OF_DATES, bare_name
from segmint.contract.yes_no import NO, YES, bare_words
from segmint.errors import DataError
from segmint.monitoring.early import Early, made_before
from segmint.wording import counted, quoted, some_of

# the whole of a name without accents: `terms_accepted`, `cross_sold` and `first_sale` are something else
_BOUGHT = re.compile(
    r"((is|has|was|hat|ist|ha|a|e|est)_)?(bought|purchased?|purchases|sold|sales?|signed|converted|gekauft|kauf|kaufe|verkauft?|abschluss|abgeschlossen"
    r"|comprado|comprada|comprou|compro|compra|vendido|vendida|venta|venda|achete|achat|vendu|acquistato|acquisto|venduto|vendita)"
    r"(_(flag|yn|y_n|yes_no|ja_nein|j_n|kz|kennzeichen|indicator|ind|01|0_1))?"
)
_NUMBER = r"^[+-]?([0-9]+([.,][0-9]+)?|[0-9]{1,3}([.,'][0-9]{3})+([.,][0-9]+)?)$"
_ABOVE_ZERO = r"^\+?[0-9.,']*[1-9]"
_NEARLY_ALL = 0.9  # purchases of so many customers are rows of customers, with or without a purchase


@dataclass(frozen=True, kw_only=True)
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
    early : Early
        Purchases of before the list, which are left out.
    open_ones : tuple of str
        Columns of yes and no of which nobody knows what they tell; every row counts.
    """

    everybody: pl.Series
    buyers: pl.Series
    told_by: str | None
    none: int
    early: Early
    open_ones: tuple[str, ...] = ()

    @property
    def too_early(self) -> int:
        """Purchases of before the list, of anyone."""
        return int(self.early.rows.sum())

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
        if self.open_ones:
            said.append(
                f"Every row counts as a purchase, whatever it says under {quoted(self.open_ones)}: the name does not tell "
                "what the yes is. Call that column 'bought' if its yes is a purchase."
            )
        if self.early.dated_by is None:
            said.append(
                f"No column of the purchases is named as their date ({NAMES_OF_DATES['purchase']}): those made before the list count too."
            )
        elif self.early.since is None:
            said.append(
                "The day of the list is not known, as its run is not at hand: purchases made before it count too."
            )
        return (*said, *self.early.sentences(self.too_early))


def purchases_of(
    table: pl.DataFrame,
    customers: pl.Series,
    *,
    since: date | None,
    today: date | None,
    outcome: str | None,
    arms: Sequence[pl.Series] = (),
    known: pl.Series | None,
) -> Purchases:
    """Tell which rows of a table of purchases count.

    Parameters
    ----------
    table : polars.DataFrame
    customers : polars.Series of shape (n_rows,)
        Whose each row is; called as the column of the table that says so.
    since : datetime.date or None
        The day on which the list was made: earlier purchases are left out.
    today : datetime.date or None
        Later purchases are counted, as their dates must be wrong.
    outcome : str, optional
        What a column is called that says yes of who bought, whatever the name tells by itself. No other is looked at.
    arms : sequence of polars.Series
        The customers of each arm. A yes or no that nobody can name is refused where nearly all of both have a row, as
        then the rows may be of customers; elsewhere every row is a purchase.
    known : polars.Series of Boolean of shape (n_rows,), optional
        Rows of customers of the list, which the reading of the dates is asked of; all if None.

    Raises
    ------
    DataError
        If a column tells who bought in words that are neither yes nor no, or leaves open whether every row is a purchase.
    """
    is_one, open_ones = _told(table, customers, outcome, arms)
    told_by = None if is_one is None else is_one.name
    is_one = pl.Series([True]).new_from_index(0, table.height) if is_one is None else is_one
    bought, whose = table.filter(is_one), customers.filter(is_one)
    known = None if known is None else known.filter(is_one)
    early = made_before(bought, "purchase", since, known=known, today=today)
    return Purchases(
        everybody=customers,
        buyers=whose.filter(~early.rows),
        told_by=told_by,
        none=table.height - bought.height,
        early=early,
        open_ones=open_ones,
    )


def _told(
    table: pl.DataFrame, customers: pl.Series, outcome: str | None, arms: Sequence[pl.Series]
) -> tuple[pl.Series | None, tuple[str, ...]]:
    """Read the column that tells of each row whether it is a purchase, None if every row is one; and name those left open."""
    others = [name for name in table.columns if name != customers.name]
    named = [name for name in others if name == outcome] or [name for name in others if _names_a_purchase(name)]
    telling = [says for says in (_says_yes(table[name]) for name in named) if not says.all()]
    if len(telling) > 1:
        raise _open([says.name for says in telling])
    if named:
        return next(iter(telling), None), ()
    open_ones = tuple(name for name in others if _yes_and_no(table[name]))
    if open_ones and all(_nearly_all(arm, customers) for arm in arms):
        raise _open(open_ones)
    return None, open_ones


def _open(columns: Sequence[str]) -> DataError:
    return DataError(
        f"The purchases have a yes or a no under {quoted(columns)}, and the name does not tell whether each row is a purchase.",
        expected="one row for each purchase, and none for who bought nothing; or one column of yes and no that is called 'bought'",
        fix=f"call it 'bought' if its yes is a purchase; else keep only rows of purchases, and leave {quoted(columns)} out",
    )


def _nearly_all(arm: pl.Series, customers: pl.Series) -> bool:
    return arm.n_unique() * _NEARLY_ALL <= arm.unique().is_in(customers.drop_nulls().implode()).sum()


def _yes_and_no(values: pl.Series) -> bool:
    """Whether a column holds words for yes and for no, or a blank, and nothing else."""
    different = set(_words(values).unique())
    return different <= {*YES, *NO, ""} and bool(different & {*YES}) and bool(different & {*NO})


def _names_a_purchase(name: str) -> bool:
    return bool(_BOUGHT.fullmatch(bare_name(name)))


def _says_yes(values: pl.Series) -> pl.Series:
    """Read who bought: a yes, a number above 0, a cross where nothing else is written, or the S of S and N."""
    if values.dtype.is_numeric():
        return (values.cast(pl.Float64).fill_nan(None) > 0).fill_null(False)
    words = _words(values)
    if (different := set(words.unique()) - {""}) in ({"x"}, {"s", "n"}):
        return words.is_in(different - {"n"})
    numbers = words.str.contains(_NUMBER)
    yes = words.is_in(YES) | (numbers & words.str.contains(_ABOVE_ZERO))
    if strange := int((~yes & ~numbers & ~words.is_in([*NO, ""])).sum()):
        raise DataError(
            f"'{values.name}' of the purchases says who bought, and {some_of(strange, len(values), 'rows', 'says', 'say')} "
            "neither yes nor no there.",
            expected="yes or no in each row, a number of purchases, or nothing where there is none",
            fix=f"write yes or no there, or leave those rows out; call '{values.name}' otherwise if it tells something else",
        )
    return yes


def _words(values: pl.Series) -> pl.Series:
    """Write a column in bare words, "" where it is blank."""
    return bare_words(values).fill_null("")
