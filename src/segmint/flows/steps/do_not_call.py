"""One growing do-not-call file: who asked in this campaign is added to those who asked before."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from segmint.contract.ids import bare_ids, in_small_letters, lost_digits, without_point_zero
from segmint.errors import InputError, SegmintError
from segmint.store.alone import alone
from segmint.store.staging import disk_explained, make_folder, publish_file
from segmint.tables.formulas import unguarded
from segmint.tables.write import write_safe_csv
from segmint.targeting.named_files import ID_NAMES, first_named, id_columns_of, read_whole
from segmint.wording import counted

CUSTOMER = "customer"


@dataclass(frozen=True)
class Grown:
    """What became of the file.

    Attributes
    ----------
    path : Path
    before, added : int
        Entries that stood there, and new ones.
    by_zeros : int
        New ones that differ from another entry by the zeros before them or by capitals alone: the same customer, or somebody else.
    nameless : int
        Who asked, and of whom nobody knows the id.
    """

    path: Path
    before: int
    added: int
    by_zeros: int = 0
    nameless: int = 0

    @property
    def sentence(self) -> str:
        """What became of the file, in words."""
        if not self.before + self.added:
            who = "Nobody whose id is known" if self.nameless else "Nobody"
            return f"{who} asked not to be called again; '{self.path}' was not made."
        said = f"'{self.path}' has {counted(self.before + self.added, 'entry', 'entries')}, {self.added:,} of them new."
        if not self.by_zeros:
            return said
        differs = counted(self.by_zeros, "new one differs", "new ones differ")
        return f"{said} {differs} from another entry by zeros before the id or by capitals alone: the same customer, or somebody else."


@dataclass(frozen=True)
class NotGrown:
    """Why the file did not grow, and where those are who belong there.

    Attributes
    ----------
    path : Path
    error : SegmintError
    kept : str
        Where else they stand.
    """

    path: Path
    error: SegmintError
    kept: str

    @property
    def sentence(self) -> str:
        """Say it in words, with what to do."""
        return (
            f"'{self.path.name}' was not written, and who asked not to be called again stands in {self.kept} only. "
            f"{self.error.came} Expected: {self.error.expected}. To mend it: {self.error.fix}."
        )


def add_objectors(path: Path, customers: pl.Series, own: str | None = None, named: str | None = None) -> Grown:
    """Add customers to a do-not-call file; nobody who stands there is lost, no id is added twice.

    Parameters
    ----------
    path : Path
        A .csv file, with a column of ids as `segmint target --suppress` reads it; made if it is not there. Its other
        columns are kept.
    customers : polars.Series of String
        Ids.
    own : str, optional
        The id column of the customers' contract: where `segmint target` will look for it.
    named : str, optional
        The column by which the results name the customers: where the file has no other, the error says to rename it,
        for `segmint target` knows no column of that name.

    Raises
    ------
    InputError
        If the file is no .csv file, or has no column of ids; if a spreadsheet has shortened an id of `customers`.
    PolicyError
        If it cannot be read whole: a record that cannot be read might be an objector, and would be lost.
    RunError
        If it cannot be written, or another process is at it.
    """
    if path.suffix.lower() != ".csv":
        raise InputError(f"'{path.name}' is no .csv file.", expected="a name ending in .csv", fix="rename it")
    if cut := int(lost_digits(bare_ids(customers)).sum()):
        raise InputError(
            f"{counted(cut, 'customer', 'customers')} who asked not to be called again {'has' if cut == 1 else 'have'} an id with an exponent.",
            expected="every digit of every id",
            fix="export the ids as text: a spreadsheet has shortened these numbers",
        )
    path = path.resolve()
    with disk_explained(path):
        make_folder(path.parent)
    with alone(path.parent, "change of the do-not-call file"):
        known = read_whole(path) if path.exists() else pl.DataFrame(schema={CUSTOMER: pl.String})
        known = known.with_columns(unguarded(known[column]) for column in known.columns)
        name = _id_column(known, own, named, path.name)
        asked = bare_ids(customers.alias(name)).drop_nulls().unique(maintain_order=True)
        # zeros and capitals count here: 0017 may be another customer than 17, and who asked not to be called must not lack a line
        new = asked.filter(~without_point_zero(asked).is_in(without_point_zero(bare_ids(known[name])).implode()))
        grown = Grown(path, known.height, len(new), _by_zeros(new, bare_ids(known[name])))
        if len(new):
            whole = pl.concat([known, new.to_frame()], how="diagonal")
            # colleagues who could read it still can
            publish_file(path, lambda staged: write_safe_csv(iter([whole]), staged), keep_access=True)
    return grown


def _by_zeros(new: pl.Series, known: pl.Series) -> int:
    """Count the new ids of which another entry differs by the zeros before it or by capitals alone."""
    every = without_point_zero(pl.concat([known.alias("id"), new.alias("id")])).drop_nulls().unique()
    short = in_small_letters(every)  # spelled alike, now that zeros and capitals do not count
    return int(in_small_letters(new).is_in(short.filter(short.is_duplicated()).implode()).sum())


def _id_column(known: pl.DataFrame, own: str | None, named: str | None, file: str) -> str:
    """Name the column in which `segmint target` looks for ids: in any other the customers would be called again."""
    if found := id_columns_of(known, own):
        return found[0]
    names = dict.fromkeys((own or CUSTOMER, *ID_NAMES))
    theirs = first_named(known, [named]) if named else None
    mend = (
        "name the column" if theirs is None else f"rename the column '{theirs}', to {own or CUSTOMER} if it holds ids,"
    )
    raise InputError(
        f"'{file}' has no column of customer ids.",
        expected=f"a header with one of {', '.join(names)}",
        fix=f"{mend} in the file's first line; the file was left as it is",
    )
