"""Whom a bundle has learned from, as the folder of its run tells."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segmint.contract.valid_table import ValidTable
from segmint.store.bundle import FOLDER, Bundle, folder_of, run_of
from segmint.store.learned_tables import LearnedTables
from segmint.store.training_ids import TrainingIds, open_training_ids
from segmint.tables.source import TableSource


@dataclass(frozen=True)
class Learned:
    """Tells which customers of a table a network was trained on: by id, or all with an outcome if it learned this very table.

    Attributes
    ----------
    ids : TrainingIds or None
        None where the contract has no id.
    """

    ids: TrainingIds | None

    @classmethod
    def of(cls, bundle: Bundle, folder: Path, source: TableSource) -> Learned | None:
        """Ask the run of a bundle about a table; None when nobody can tell."""
        if bundle.contract.id_column is not None:
            ids = open_training_ids(folder)
            return None if ids is None else cls(ids)
        return cls(None) if source.fingerprint in LearnedTables.of(folder).trained else None

    def rows(self, table: ValidTable) -> NDArray[np.bool_]:
        """Tell for each row whether its customer was trained on."""
        if self.ids is not None:
            nobody = np.zeros(len(table), dtype=bool)
            return nobody if table.ids is None else self.ids.known(table.ids)
        return _with_outcome(table)


def may_have_taught(learned: Learned | None, table: ValidTable) -> NDArray[np.bool_]:
    """Tell for each row whether the network learned from it; where nobody can tell (None), whether it may have."""
    return _with_outcome(table) if learned is None else learned.rows(table)


def _with_outcome(table: ValidTable) -> NDArray[np.bool_]:
    """Tell for each row whether its outcome is known: nobody else can have been trained on."""
    outcome = table.contract.outcome.column
    if outcome not in table.frame.columns:
        return np.zeros(len(table), dtype=bool)
    return table.frame[outcome].is_not_null().to_numpy()


def run_folder(bundle: Path | str, runs: Path) -> Path:
    """Say in which run's folder the trained ids of a bundle would lie."""
    run = run_of(bundle, runs)
    if run is not None:
        return run
    folder = folder_of(bundle, runs)  # a bundle from elsewhere, with what was brought beside it
    return folder if (folder / FOLDER).is_dir() else folder.parent
