"""Read a table and hold it against its contract, keeping what was rejected."""

from __future__ import annotations

import csv
import json
import os
import re
import shlex
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import Any

import polars as pl

from segmint.config import Config, Data
from segmint.contract.column import Known
from segmint.contract.column_match import Purpose
from segmint.contract.contract import Contract
from segmint.contract.export import contract_to_toml
from segmint.contract.header import values_among
from segmint.contract.valid_table import ValidTable
from segmint.contract.validate import validate, validate_batches
from segmint.errors import DataError, InputError, RunError, why
from segmint.flows.steps.settings import Place, bundle_of, of_its_moment
from segmint.progress import Progress, silent
from segmint.store.bundle import Bundle
from segmint.store.run import CONTRACT, Run
from segmint.store.run_files import LEDGER, REJECTED
from segmint.store.staging import disk_explained, make_folder, publish_file
from segmint.tables.formulas import guarded_field
from segmint.tables.rejects import Reject
from segmint.tables.source import ReadOptions, TableSource, is_one_column, open_rows, open_table
from segmint.tables.write import write_safe_workbook

_OF_REJECTED = ("record", "reason", "column", "detail", "raw")
_AT_ONCE = 1_000  # of them, each as long as it came
_IN_MEMORY = 1 << 20  # bytes of rejected rows before they go to the disk


def open_source(source: Any, data: Data) -> TableSource:
    """Open a table with what the settings know of how it is written."""
    return open_table(source, ReadOptions(**_of_reading(data)))


def _of_reading(data: Data) -> dict[str, Any]:
    return data.model_dump(include={"delimiter", "encoding", "decimal", "sheet", "header_row"})


def reading_as_typed(data: Data) -> str:
    """Write what is said of how a table is written as each command takes it: ``--set data.header_row=3``."""
    said = {key: value for key, value in _of_reading(data).items() if value is not None}
    return " ".join(f"--set {shlex.quote(f'data.{key}={_as_toml(value)}')}" for key, value in said.items())


def _as_toml(value: str | int) -> str:
    """Put a text in quotes where it would be read otherwise without them, or breaks the line."""
    bare = isinstance(value, int) or re.fullmatch(r"(?!(true|false|inf|nan)$)[^\W\d][\w. -]*\w", value)
    return str(value) if bare else json.dumps(value, ensure_ascii=False)


def data_beside(source: Any, data: Data) -> Data:
    """Say how a table is read that stands beside another: where values are in the row that was declared, its header is found out."""
    found_out = data.model_copy(update={"header_row": None})
    apart = data.header_row is not None and not _has_names(source, data) and _has_names(source, found_out)
    return found_out if apart else data


def _has_names(source: Any, data: Data) -> bool:
    """Whether a table can be read, and most names of its columns are no values."""
    try:
        names = open_source(source, data).columns
    except InputError:
        return False
    return 2 * len(values_among(names)) < len(names)


def data_of_list(source: Any, data: Data) -> Data:
    """Say how a table is read that may be a plain list: one column, which has no delimiter."""
    try:
        open_source(source, data)
    except InputError:
        if data.delimiter is not None or not isinstance(source, str | Path) or not is_one_column(source):
            raise
        return data.model_copy(update={"delimiter": ","})
    return data


def refuse_overwriting(out: Path, *inputs: Any) -> None:
    """Refuse a name to write to under which lies what the same command reads, or what is no file, before it reads.

    Parameters
    ----------
    out : Path
    inputs : path or anything else
        Only files are looked at, under whatever name or link.

    Raises
    ------
    InputError
        If `out` is one of them, lies in a run, is a folder, a pipe or a device, or can be no file's name.
    """
    if obstacle := _obstacle(out):
        raise InputError(
            f"'{out}' cannot be written to: {obstacle}.", expected="the path of a file", fix="choose another name"
        )
    refuse_in_run(out)
    for given in inputs:
        if isinstance(given, str | Path) and _is_same_file(out, Path(given)):
            raise InputError(
                f"'{out}' is read by this command, and writing there would destroy it.",
                expected="another file to write to",
                fix="choose another name",
            )


def refuse_drafting_over(out: Path, *inputs: Any) -> None:
    """Refuse a name for a draft under which lies a file, before anything is read: what is drafted from, or what a person reviewed.

    Parameters
    ----------
    out : Path
    inputs : path or anything else
        What the draft is made from, under whatever name or link.

    Raises
    ------
    InputError
        If there is one, or `refuse_overwriting` refuses the name.
    """
    refuse_overwriting(out, *inputs)
    if os.path.lexists(out):
        raise InputError(
            f"'{out}' is there already, and a draft would undo what somebody has reviewed in it.",
            expected="the name of a new file",
            fix="choose another name, or add what is new to that file",
        )


def refuse_in_run(out: Path) -> None:
    """Refuse a place in the folder of a run: what a run found is not written over, and nothing joins it.

    Raises
    ------
    InputError
        If a folder above `out`, under whatever link, is a run.
    """
    for folder in Path(os.path.realpath(out)).parents:
        if _is_run(folder):
            raise InputError(
                f"'{out}' lies in the run {folder.name}, which keeps what it found.",
                expected="a place outside of every run",
                fix="choose another name",
            )


def _is_run(folder: Path) -> bool:
    try:
        Run.open(folder)
    except RunError:
        return False
    return True


def _obstacle(out: Path) -> str:
    try:
        return "" if stat.S_ISREG(out.stat().st_mode) else "it is a folder, a pipe or a device"
    except FileNotFoundError:
        return ""
    except (OSError, ValueError) as error:  # too long a name, a loop of links, a closed folder
        return why(error)


def _is_same_file(one: Path, other: Path) -> bool:
    try:
        return other.is_file() and one.samefile(other)
    except (OSError, ValueError):  # nothing lies there yet, or no file could have that name
        return False


def inputs_of(*sources: TableSource, bundle: str | None = None) -> dict[str, str]:
    """Name what a run reads, with fingerprints; of two tables of one name the later gets a number.

    Parameters
    ----------
    sources : TableSource
    bundle : str, optional
        The digest of the bundle that the run uses.
    """
    others = {} if bundle is None else {"bundle": f"sha256:{bundle}"}
    inputs: dict[str, str] = {}
    for source in sources:
        names = (source.name, *(f"{source.name} ({number})" for number in range(2, len(sources) + 3)))
        inputs[next(name for name in names if name not in (*inputs, *others))] = source.fingerprint
    return inputs | others


def require_contract(source: TableSource, contract: Contract, *, purpose: Purpose = "train", at: Known) -> None:
    """Refuse what can be refused before a row is read: whoever sends another table leaves no failed run behind.

    Raises
    ------
    ContractError
        If nobody has reviewed the contract (to train), or the table lacks its columns.
    DataError
        If there is nothing to learn from.
    """
    validate_batches(source, contract, purpose=purpose, at=at)


def open_for_bundle(source: Any, bundle: Place, config: Config, runs: Path) -> tuple[Bundle, Config, TableSource]:
    """Open a bundle, settings at its moment, and a table that has the columns it reads.

    Raises
    ------
    BundleError
        If it cannot be trusted.
    ConfigError
        If the settings name another moment.
    ContractError
        If the table lacks columns of its contract.
    """
    known = bundle_of(bundle, runs)
    config = of_its_moment(config, known)
    opened = open_source(source, config.data)
    require_contract(opened, known.contract, purpose="predict", at=known.at)
    return known, config, opened


def begin(
    command: str,
    source: Any,
    opened: TableSource,
    contract: Contract,
    config: Config,
    *,
    runs: Path,
    test: TableSource | None = None,
) -> Run:
    """Begin a run that can be continued: it knows its tables (if they are files), contract and settings."""
    return Run.create(
        runs,
        command,
        config.to_toml(),
        config.seed,
        {opened.name: opened.fingerprint},
        test=None if test is None else {test.name: test.fingerprint},
        source=Path(source) if isinstance(source, str | Path) else None,
        contract_toml=contract_to_toml(contract),
    )


def read(
    source: TableSource,
    contract: Contract,
    data: Data,
    run: Run,
    *,
    purpose: Purpose = "train",
    progress: Progress = silent,
) -> ValidTable:
    """Read a table and hold it against its contract; the run keeps how that went, and what is rejected whatever comes of it."""
    table = read_beside(source, contract, data, run.folder / REJECTED, purpose=purpose, progress=progress)
    run.keep(LEDGER, table.ledger.to_json())
    run.keep(CONTRACT, contract_to_toml(table.contract).encode("utf-8"))
    return table


def read_beside(
    source: TableSource,
    contract: Contract,
    data: Data,
    rejected: Path,
    *,
    purpose: Purpose = "train",
    progress: Progress = silent,
) -> ValidTable:
    """Read a table that stands beside the one of a run: of it only what is rejected is kept, in a file of its own."""
    with rejected_rows(rejected) as on_reject:
        return validate(
            source,
            contract,
            purpose=purpose,
            at=data.at,
            max_rejected=data.max_rejected,
            on_reject=on_reject,
            kept_in=rejected,
            progress=progress,
        )


def typed_rows(rows: pl.DataFrame, contract: Contract, at: Known) -> ValidTable:
    """Hold a few rows of texts against a contract, to predict them; none may be rejected."""
    return validate(open_rows(rows), contract, purpose="predict", at=at, max_rejected=0.0)


@contextmanager
def rejected_rows(path: Path, *, also_none: bool = False) -> Iterator[Callable[[Reject], None]]:
    """Publish rejected rows as a workbook or CSV, also when the work fails; texts that a spreadsheet could calculate are guarded.

    Until then they wait in a nameless file beside it, so that a table of bad rows only needs disk.

    Parameters
    ----------
    path : Path
    also_none : bool
        Whether there is a file, of a header only, if no row is rejected: else one of an earlier table would stay.
    """
    with disk_explained(path):
        make_folder(path.parent)
    in_workbook = path.suffix.lower() == ".xlsx"
    guard, write = (str, _write_workbook) if in_workbook else (guarded_field, _write)  # a workbook guards its own texts
    with SpooledTemporaryFile(_IN_MEMORY, "w+", -1, encoding="utf-8", newline="", dir=str(path.parent)) as waiting:
        writer = csv.writer(waiting)
        count = 0

        def on_reject(reject: Reject) -> None:
            nonlocal count
            with disk_explained(path):
                texts = (reject.reason, reject.column or "", reject.detail, reject.raw)
                writer.writerow([reject.record, *map(guard, texts)])
            count += 1

        try:
            yield on_reject
        except DataError:
            raise
        except BaseException:
            also_none = False  # the table was not read to its end: that nothing is rejected is not known
            raise
        finally:
            if count or also_none:
                with disk_explained(path):
                    waiting.seek(0)
                publish_file(path, lambda staged: write(waiting, staged))


def _write(waiting: SpooledTemporaryFile[str], path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerow(_OF_REJECTED)
        shutil.copyfileobj(waiting, file)


def _write_workbook(waiting: SpooledTemporaryFile[str], path: Path) -> None:
    write_safe_workbook(_frames_of(csv.reader(waiting)), path, title="Rejected")


def _frames_of(rows: Iterator[list[str]]) -> Iterator[pl.DataFrame]:
    """Hold rejected rows a batch at a time; one batch if there is none."""
    schema = dict.fromkeys(_OF_REJECTED, pl.String)
    yield pl.DataFrame(schema=schema)
    while batch := list(islice(rows, _AT_ONCE)):
        yield pl.DataFrame(batch, schema=schema, orient="row").cast({"record": pl.Int64})
