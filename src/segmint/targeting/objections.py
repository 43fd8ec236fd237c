"""Do-not-call and objection files: who is on them, and which customers of a table these are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from segmint.contract.contract import Contract
from segmint.contract.hints import personal_role, plain_name
from segmint.contract.ids import bare_ids, may_be_among, without_marks
from segmint.errors import PolicyError
from segmint.targeting.named_files import (
    ID_NAMES,
    all_named,
    any_given,
    id_columns_of,
    ids_of,
    read_whole,
    texts_of,
    unlike_ids,
)
from segmint.targeting.phones import among, numbers_in
from segmint.wording import counted

PHONE_NAMES = ("phone", "phone_number", "telephone", "mobile", "msisdn")


@dataclass(frozen=True)
class Objectors:
    """The people on one do-not-call or objection file.

    Attributes
    ----------
    name : str
        The file's name.
    ids : polars.Series of String
        Customer ids, as `bare_ids` writes them.
    phones : polars.Series of String
        Phone numbers in comparable form.
    records, without_id, without_phone : int
        How many people the file names, how many of them by a phone number only, and how many by an id only.
    unlike : str
        That ids match nobody and are written as none of the table, see `unlike_ids`; "" if none are.
    by_zeros : int
        Rows of the table whose ids differ by zeros before them or by capitals from any that is named.
    """

    name: str
    ids: pl.Series
    phones: pl.Series
    records: int
    without_id: int
    without_phone: int
    unlike: str = ""
    by_zeros: int = 0

    @property
    def reason(self) -> str:
        """What stands beside a suppressed customer."""
        return on_file(self.name)

    def by_id(self, customers: pl.Series) -> pl.Series:
        """Tell which customers are on the file by id, whatever its zeros before and capitals."""
        return may_be_among(customers, self.ids)

    def by_phone(self, phones: Sequence[pl.Series], customers: int) -> pl.Series:
        """Tell which of so many customers are on the file by any of their phone numbers."""
        numbers = numbers_in(phones)
        rows = numbers["row"].filter(among(numbers["number"], self.phones))
        return pl.int_range(customers, dtype=pl.UInt32, eager=True).is_in(rows.implode())

    def out_of_reach(self, *, by_id: bool, by_phone: bool) -> int:
        """Count the people whom a table with ids, with phone numbers or with both cannot show."""
        if by_id and by_phone:
            return 0
        if by_id:
            return self.without_id
        return self.without_phone if by_phone else self.records


def on_file(name: str) -> str:
    """What stands beside a customer whom a file of this name keeps off."""
    return f"on '{name}'"


def objecting(
    path: Path | str, contract: Contract, customers: pl.Series, phones: Sequence[pl.Series]
) -> tuple[Objectors, pl.Series]:
    """Read a do-not-call or objection file and tell which customers are on it.

    Parameters
    ----------
    path : Path or str
    contract : Contract
    customers : polars.Series of String, shape (n_customers,)
    phones : sequence of polars.Series, each of shape (n_customers,)

    Raises
    ------
    PolicyError
        If the file cannot be used, or names people by what the customers do not have: ids, or phone numbers; if ids have
        signs around that the table's do not.
    """
    objectors = read_objectors(path, contract)
    _require_common_ground(objectors, contract, phones)
    by_phone = objectors.by_phone(phones, len(customers))
    if contract.id_column is None:
        # customers are named by record, and a record's number is nobody's id
        return objectors, by_phone
    ids = bare_ids(customers)
    by_id = objectors.by_id(ids)
    spelled = without_marks(ids).is_in(without_marks(objectors.ids).implode()).fill_null(False)
    by_zeros = int((by_id & ~spelled).sum())
    told = replace(objectors, unlike=unlike_ids(objectors.ids, ids, objectors.name), by_zeros=by_zeros)
    return told, by_id | by_phone


def read_objectors(path: Path | str, contract: Contract) -> Objectors:
    """Read a do-not-call or objection file whole, or not at all.

    Parameters
    ----------
    path : Path or str
        Delimited text or Parquet with columns of ids (see `id_columns_of`) or phones, named as in the contract or
        plainly ("customer_id", "phone"); every such column is read. A header without records names nobody.
    contract : Contract

    Raises
    ------
    PolicyError
        If the file is missing, unreadable, damaged in any record, has no usable column, or a record that
        names nobody.
    """
    frame = read_whole(path)
    name = Path(path).name
    id_names = (*([contract.id_column] if contract.id_column else []), *ID_NAMES)
    phone_names = (*(column.name for column in contract.columns if column.role == "phone"), *PHONE_NAMES)
    id_columns = id_columns_of(frame, contract.id_column)
    phone_columns = list(dict.fromkeys((*all_named(frame, phone_names), *_like_phones(frame))))
    if not id_columns and not phone_columns:
        raise PolicyError(
            f"'{name}' has no column of customer ids or phone numbers.",
            expected=f"a header with one of {', '.join(dict.fromkeys((*id_names, *phone_names)))}",
            fix="name the column in the file's first line",
        )
    ids = [ids_of(frame[column], name) for column in id_columns]
    phones = numbers_in([texts_of(frame[column], name) for column in phone_columns])
    _require_clear(phones, name)
    by_id = any_given(ids, frame.height)
    by_phone = pl.int_range(frame.height, dtype=pl.UInt32, eager=True).is_in(phones["row"].implode())
    if nameless := int((~(by_id | by_phone)).sum()):
        raise PolicyError(
            f"'{name}' has {counted(nameless, 'record that names', 'records that name')} nobody.",
            expected="an id or a phone number of at least five digits in every record",
            fix="complete or remove these records",
        )
    return Objectors(name, _gathered(ids), phones["number"], frame.height, int((~by_id).sum()), int((~by_phone).sum()))


def _require_common_ground(objectors: Objectors, contract: Contract, phones: Sequence[pl.Series]) -> None:
    by_id, by_phone = contract.id_column is not None, bool(phones)
    lost = objectors.out_of_reach(by_id=by_id, by_phone=by_phone)
    if lost and lost == objectors.records:
        raise PolicyError(
            f"'{objectors.name}' and the table share neither ids nor phone numbers.",
            expected="a column with role 'id' or 'phone' in the contract that the file has too",
            fix="name the column in the contract, or add it to the file",
        )
    if lost:
        only, other = ("a phone number", "an id") if by_id else ("an id", "a phone number")
        role = "phone" if by_id else "id"
        raise PolicyError(
            f"'{objectors.name}' has {counted(lost, 'record')} with {only} alone, and the table has no such column.",
            expected="records that can be held against the table: none of these customers could be kept off",
            fix=f"name the column in the contract (role '{role}'), or add {other} to each of these records",
        )


def _require_clear(phones: pl.DataFrame, file: str) -> None:
    unclear = phones.filter(~pl.col("clear"))["row"].sort()
    if len(unclear):
        raise PolicyError(
            f"'{file}' has {counted(len(unclear), 'phone number')} that cannot be read; the first is in record {unclear[0] + 1:,}.",
            expected="numbers of at most 15 digits; a comma or a slash between two of them",
            fix="correct these records: each might be an objector",
        )


def _like_phones(frame: pl.DataFrame) -> list[str]:
    return [column for column in frame.columns if personal_role(plain_name(column)) == "phone"]


def _gathered(columns: Sequence[pl.Series]) -> pl.Series:
    """Put what stands in several columns under each other, without gaps."""
    nothing = pl.Series([], dtype=pl.String)
    return pl.concat([nothing, *(column.alias("") for column in columns)]).drop_nulls()
