"""`segmint check`: hold a table against a contract without training; `segmint verify`: hold a bundle against itself."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

from segmint.arguments import place_of, require_switches
from segmint.contract.cells import has_answers
from segmint.contract.column_match import Purpose, lacks_outcome
from segmint.contract.contract import Contract
from segmint.contract.valid_table import ValidTable
from segmint.contract.validate import require_reviewed, validate, validate_batches
from segmint.flows.steps.read import open_source, refuse_overwriting, rejected_rows
from segmint.flows.steps.settings import RUNS, Place, Settings, contract_of, path_of, settings_of
from segmint.progress import Progress, silent
from segmint.store.promoted import WORD
from segmint.store.staging import real_path, written_to
from segmint.store.verify import Check, verify_bundle
from segmint.tables.source import TableSource


def check(
    source: Any,
    contract: Contract | str | Path,
    config: Settings = None,
    *,
    rejected: Place | None = None,
    draft: bool = False,
    progress: Progress = silent,
) -> ValidTable:
    """Read a table as training would and say what would be rejected.

    A table without anybody's outcome is read as predicting would: nobody can be taught by it. Nothing is written but
    the rejected rows.

    Parameters
    ----------
    source : path or frame
    contract : Contract, or the name or path of one
    config : Config or path, optional
        Only how tables are read.
    rejected : path, optional
        Where each rejected row goes with its reason: a workbook (.xlsx), else CSV; of a table without any it has the header only.
    draft : bool
        Whether a contract that nobody has reviewed may be checked too, as the command does: checking is how it is reviewed.
    progress : Progress
        Told how far the work is.

    Raises
    ------
    InputError
        If `rejected` is the table or the contract itself, or no file.
    SegmintError
        For a table or contract that cannot be worked with.
    """
    require_switches(draft=draft)
    config, rejected = settings_of(config), path_of("rejected", rejected)
    if rejected is not None:
        refuse_overwriting(rejected, source, contract)
    contract = contract_of(contract)
    opened = open_source(source, config.data)
    # what can be refused before a row is read leaves the rejected rows of an earlier table where they are
    if not draft:
        require_reviewed(contract)
    as_reviewed = contract.model_copy(update={"reviewed": True})
    purpose = _purpose(opened, contract)
    validate_batches(opened, as_reviewed, purpose=purpose, at=config.data.at)
    with nullcontext(None) if rejected is None else rejected_rows(real_path(rejected), also_none=True) as on_reject:
        table = validate(
            opened,
            as_reviewed,
            purpose=purpose,
            at=config.data.at,
            max_rejected=config.data.max_rejected,
            on_reject=on_reject,
            kept_in=rejected and written_to(rejected),
            progress=progress,
        )
    return replace(table, contract=contract)


def _purpose(source: TableSource, contract: Contract) -> Purpose:
    if contract.outcome.column in source.columns:
        return "train" if has_answers(source, contract) else "predict"
    return "predict" if lacks_outcome(source.columns, contract) else "train"


def verify(bundle: Place = WORD, *, runs: Place = RUNS) -> list[Check]:
    """Ask every question about a run and its bundle: files, hashes, the layer rule, segments, the golden rows.

    Parameters
    ----------
    bundle : path
        A run, a bundle's folder, or PROMOTED.
    runs : path
        The folder that holds all runs.

    Returns
    -------
    list of Check
        All of them, in order, whatever happens; that of the manifest has the bundle's `content`, a SHA-256 that is equal for
        equal content.
    """
    from segmint.flows.steps.bundle import assign_texts, predict_texts

    place_of("bundle", bundle)
    return verify_bundle(bundle, predict_texts, assign_texts, runs=place_of("runs", runs))
