"""Read what came back from the call centre: a file of results, and what its codes mean."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import polars as pl

from segmint.arguments import place_of
from segmint.config import Data
from segmint.contract.contract import load_contract
from segmint.errors import ConfigError, InputError
from segmint.flows.steps.read import data_beside, open_source, refuse_drafting_over
from segmint.monitoring.codes import (
    PLAIN,
    Dispositions,
    draft_codes,
    parse_dispositions,
)
from segmint.store.staging import publish_bytes
from segmint.targeting.named_files import require_every_record
from segmint.toml_files import toml_text_of


def read_frame(source: Any, data: Data, *, whole: bool = True) -> pl.DataFrame:
    """Read a table, every column: text as text, a frame or a Parquet file with its types.

    Parameters
    ----------
    source : path or frame
    data : Data
        How the table is read; another one of the command may alone have its header in the row that is declared.
    whole : bool
        Whether every record must be readable: one that is not might be a sale, or ask for no more calls.

    Raises
    ------
    InputError
        If the table cannot be read, or not whole.
    """
    opened = open_source(source, data_beside(source, data))
    batches = list(opened.batches())
    if whole:
        because = "one that is not might be a sale, or a customer who objects to calls"
        require_every_record(batches, opened.name, InputError, because)
    return pl.concat([batch.frame for batch in batches], how="vertical_relaxed")


def read_codes(path: Path | str | None, results: Any = None) -> Dispositions:
    """Read the meaning of the codes; without a file they mean what they say, and an error names that of `results`."""
    if path is None:
        named = isinstance(results, str | Path)
        return PLAIN.model_copy(update={"results": shlex.quote(str(results))}) if named else PLAIN
    return parse_dispositions(toml_text_of(place_of("codes", path), "The codes", ConfigError), origin=str(path))


def codes_draft(
    source: Any,
    data: Data,
    *,
    customer: str | None = None,
    code: str | None = None,
    contract: str | None = None,
    out: Path | None = None,
) -> str:
    """Draft the file of ``--codes`` from a table of results; see `draft_codes`. A contract names its own id column.

    Raises
    ------
    InputError
        If `out`, the file to be, is there: somebody may have reviewed it.
    """
    if out is not None:
        refuse_drafting_over(out, source, contract)
    own = None if contract is None else load_contract(contract).id_column
    draft = draft_codes(read_frame(source, data, whole=False), customer=customer, code=code, own=own)
    if out is not None:
        publish_bytes(out, draft.encode())
    return draft
