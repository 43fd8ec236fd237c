"""Files that a policy names, read whole or not at all: a record that cannot be read might be an objector."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import reduce
from operator import or_
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from segmint.contract.ids import bare_ids, lost_digits, name_somebody, shape_words, unlike, within_signs
from segmint.errors import InputError, PolicyError, SegmintError, why
from segmint.wording import counted, some_of

if TYPE_CHECKING:
    from segmint.tables.table_source import RawBatch

ID_NAMES = ("id", "customer", "customer_id", "client", "client_id", "account_id")


def read_whole(path: Path | str) -> pl.DataFrame:
    """Read every record of a file; one that cannot be read might be an objector. A header alone gives no rows."""
    from segmint.tables.source import ReadOptions, is_one_column, open_table
    from segmint.tables.table_source import NoRowsError

    name = Path(path).name
    try:
        options = ReadOptions(delimiter=",") if is_one_column(path) else ReadOptions()
        batches = list(open_table(path, options).batches())
    except NoRowsError as error:
        return pl.DataFrame(schema=dict.fromkeys(error.columns, pl.String))
    except (InputError, OSError) as error:
        raise PolicyError(
            f"The file '{path}' named in the policy cannot be used: {getattr(error, 'came', why(error)).rstrip('.')}.",
            expected="a readable table",
            fix="correct the file or its name; no list is made without it",
        ) from error
    require_every_record(batches, name, PolicyError, "one that is not might be an objector")
    return pl.concat([batch.frame for batch in batches])


def require_every_record(batches: Sequence[RawBatch], name: str, refuse: type[SegmintError], because: str) -> None:
    """Refuse a file with a record that cannot be read, and say why each matters."""
    if damaged := [reject.record for batch in batches for reject in batch.rejects if not reject.is_empty]:
        raise refuse(
            f"'{name}' has {counted(len(damaged), 'record')} that cannot be read.",
            expected=f"every record readable: {because}",
            fix=f"correct the file; the first is record {min(damaged)}",
        )


def id_columns_of(frame: pl.DataFrame, own: str | None) -> list[str]:
    """Name the columns of customer ids in a do-not-call file or a history of calls.

    The contract's own column alone, where the file has it; a plain "id" beside a column of customers numbers the rows.

    Parameters
    ----------
    frame : polars.DataFrame
    own : str or None
        The contract's id column.
    """
    if own and (named := first_named(frame, [own])):
        return [named]
    found = all_named(frame, ID_NAMES)
    return [column for column in found if column.strip().casefold() != "id"] or found


def ids_of(column: pl.Series, file: str) -> pl.Series:
    """Read a column of ids; a file that lost digits of one is refused."""
    ids = bare_ids(texts_of(column, file))
    if (lost := lost_digits(ids)).any():
        raise PolicyError(
            f"'{file}' has {counted(int(lost.sum()), 'id')} with an exponent; the first is in record {lost.arg_true()[0] + 1:,}.",
            expected="every digit of every id",
            fix="export the column as text: a spreadsheet has shortened these numbers",
        )
    return ids


def unlike_ids(ids: pl.Series, customers: pl.Series, file: str) -> str:
    """Say how many ids of a file are nobody's in a table and written as no id of it; "" if none are.

    Parameters
    ----------
    ids, customers : polars.Series of String
        Of the file and of the table, as `bare_ids` writes them.
    file : str

    Raises
    ------
    PolicyError
        If such an id would be a customer's without the signs around it: it might be an objector, or somebody who must rest.
    """
    given, of_file = ids.drop_nulls().unique(maintain_order=True), f"ids of '{file}'"
    strange = unlike(given, customers)
    meant = strange.filter(name_somebody(within_signs(strange), customers))
    if len(meant):
        raise PolicyError(
            f"{some_of(len(meant), len(given), of_file, 'is', 'are')} a customer's only without the signs around: the first "
            f"{shape_words(meant[0])}.",
            expected="ids written as the table writes them: each of these customers might be called though the file names them",
            fix="take the signs off in the file",
        )
    if strange.is_empty():
        return ""
    nobodys = int((~name_somebody(given, customers)).sum())
    who = some_of(nobodys, len(given), of_file, "matches", "match")
    return (
        f"{who} no customer of this table, and "
        f"{len(strange):,} of them {'is' if len(strange) == 1 else 'are'} written as no id of the table is: the first {shape_words(strange[0])}; "
        "if they are customers of the table, write their ids as the table does"
    )


def texts_of(column: pl.Series, file: str) -> pl.Series:
    """Read a column as text; decimal numbers are refused, for they lose digits of long ids."""
    if column.dtype.is_float():
        raise PolicyError(
            f"'{file}' keeps '{column.name}' as decimal numbers, which lose digits of long ids.",
            expected="text or whole numbers",
            fix="export the column as text",
        )
    return column.cast(pl.String).str.strip_chars().fill_null("")


def any_given(columns: Sequence[pl.Series], rows: int) -> pl.Series:
    """Tell which rows have a value in any of some columns."""
    return any_of((column.is_not_null() for column in columns), rows)


def any_of(marks: Iterable[pl.Series], rows: int) -> pl.Series:
    """Tell which rows are marked by any of some columns of yes and no; none where there is no column."""
    return reduce(or_, marks, pl.Series(np.zeros(rows, dtype=bool)))


def nobody(customers: pl.Series) -> pl.Series:
    """Stand in for ids where there are none."""
    return pl.select(pl.repeat(None, len(customers), dtype=pl.String)).to_series()


def first_named(frame: pl.DataFrame, names: Sequence[str]) -> str | None:
    """Find the column with the first of some names that a file has, however it is spelt."""
    by_plain_name = {column.strip().casefold(): column for column in frame.columns}
    return next((by_plain_name[n.casefold()] for n in names if n.casefold() in by_plain_name), None)


def all_named(frame: pl.DataFrame, names: Sequence[str]) -> list[str]:
    """Find every column with one of some names, however it is spelt."""
    wanted = {name.casefold() for name in names}
    return [column for column in frame.columns if column.strip().casefold() in wanted]
