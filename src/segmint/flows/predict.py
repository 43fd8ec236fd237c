"""`segmint predict`: a bundle on new customers, in batches, every input column kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from segmint.arguments import place_of
from segmint.contract.contract import Contract
from segmint.contract.ledger import Ledger
from segmint.contract.sheet_values import sheet_values
from segmint.contract.valid_table import ValidTable
from segmint.contract.validate import refuse_rejected, validate_batches
from segmint.errors import DataError, InputError
from segmint.features.edges import OF_FEW
from segmint.flows.steps.appended import APPENDED, with_predictions
from segmint.flows.steps.bundle import predictor_of, segments_flagged, segments_in
from segmint.flows.steps.judged import Enough, Judging, Outcomes, classes_told, figures_told, rates_told
from segmint.flows.steps.learned import Learned, run_folder
from segmint.flows.steps.read import inputs_of, open_for_bundle, refuse_overwriting, rejected_rows
from segmint.flows.steps.settings import RUNS, Place, Settings, path_of, settings_of
from segmint.models.predict import Predictor
from segmint.monitoring.unread import Unread
from segmint.progress import Progress, silent
from segmint.store.bundle import Bundle, locate
from segmint.store.promoted import WORD
from segmint.store.run import Run
from segmint.store.run_files import LEDGER, PREDICTIONS, REJECTED
from segmint.store.staging import publish_file, real_path, require_writable, written_to
from segmint.tables.table_source import JSON
from segmint.tables.text_source import ENCODING_NAMES
from segmint.tables.write import write_parquet, write_safe_csv, write_safe_workbook
from segmint.wording import counted, some_of

Writer = Callable[..., int]
WRITERS: dict[str, Writer] = {
    ".csv": write_safe_csv,
    ".xlsx": partial(write_safe_workbook, title="Predictions"),
    ".parquet": write_parquet,
}


_OF_FEW = f"{OF_FEW}; their rows are in {PREDICTIONS}"


@dataclass(frozen=True, repr=False)
class Predicted:
    """What came of predicting, for any door.

    Attributes
    ----------
    folder : Path
        The run.
    out : Path or None
        The copy that was asked for; of a link the file that it leads to.
    rows : int
    ledger : Ledger
    counts : dict of str to int
        Customers by predicted class; empty for fewer than ten, as the counts would be what single ones are predicted.
    trained_on : int or None
        Customers the network was trained on: by id, or where the contract has none those of the very table that it
        learned; None when nobody can tell.
    quality : dict of str to float
        How well it did on the customers whose outcome the table holds, see `StreamedQuality.quality`; too good where
        customers were trained on. Empty for fewer than ten.
    classes : list of dict
        The confusion table, a row per class with its F1, see `StreamedQuality.classes`; empty where fewer than ten were judged by.
    outcomes : Outcomes
        How many were judged by, and how many not and why: predicted like all, but their outcome is empty, cannot be read, or
        is of a customer whom nobody called.
    doubts : tuple of str
        A sentence for each column that says little to this network: levels that training did not know, values that are gone.
    """

    folder: Path
    out: Path | None
    ledger: Ledger
    counts: dict[str, int]
    trained_on: int | None
    quality: dict[str, float]
    classes: list[dict[str, Any]] = field(default_factory=list, repr=False)
    outcomes: Outcomes = field(default_factory=Outcomes)
    doubts: tuple[str, ...] = field(default=(), repr=False)

    def __repr__(self) -> str:
        return f"<Predicted {self.folder}: {counted(self.rows, 'customer')}>"

    @property
    def rows(self) -> int:
        """Customers predicted."""
        return self.ledger.accepted

    @property
    def sentences(self) -> tuple[str, ...]:
        """Say what was rejected and where that is, how many customers got which prediction, and how far it can be trusted."""
        said = [self.ledger.sentence(), *self.ledger.why_rejected()]
        if self.ledger.rejected:
            said.append(f"rejected rows: {self.folder / REJECTED}")
        told = ", ".join(f"{k} {v:,}" for k, v in self.counts.items())
        said.append(f"predicted: {told or counted(self.rows, 'row')}")
        said += [self._flagged] if self._flagged else []
        said += [f"warning: {doubt}" for doubt in self.doubts]
        if self.trained_on:
            said.append(
                f"warning: {some_of(self.trained_on, self.rows, 'customers', 'was', 'were')} trained on; for them these are "
                "no predictions about strangers"
            )
        said += [self.outcomes.sentence] if self.outcomes.sentence else []
        said += [self._untold] if self._untold else []
        if self.quality:
            said.append(f"{self._how_well} (95 % intervals in brackets): {figures_told(self.quality)}")
            said += filter(None, [rates_told(self.quality)])
            said += [classes_told(self.classes)] if "weighted_f1" in self.quality else []
        return tuple(said)

    @property
    def _flagged(self) -> str:
        """How many rows have something unusual, and what; "" where none has."""
        flags = ", ".join(f"{word} {count:,}" for word, count in self.ledger.flags.items())
        return f"flagged {counted(self.ledger.flagged, 'row')}: {flags}" if self.ledger.flagged else ""

    @property
    def _untold(self) -> str:
        """What is not summed up, as too few customers are there; "" where all is."""
        what = ["what is predicted"] * (not self.counts) + ["how well"] * (
            self.outcomes.judged > 0 and not self.quality
        )
        return f"{' and '.join(what)} is {_OF_FEW}" if what else ""

    @property
    def _how_well(self) -> str:
        if self.trained_on is None:
            return "how well, if it learned from none of them (nobody can tell)"
        if not self.trained_on:
            return "how well"
        if self.trained_on == self.rows:
            return "how well on the customers it learned from"
        return "how well, those it learned from among them"

    @property
    def summary(self) -> dict[str, Any]:
        """The figures: ledger, predicted (customers by class), trained_on, quality, classes, outcomes (judged by or not, and why) and doubts.

        The flagged rows are counted among the doubts, and what is empty because it would tell of single customers is named there.
        """
        return {
            "ledger": self.ledger.to_json(),
            "predicted": self.counts,
            "trained_on": self.trained_on,
            "quality": self.quality,
            "classes": self.classes,
            "outcomes": self.outcomes.to_json(),
            "doubts": [*filter(None, [self._flagged]), *self.doubts, *filter(None, [self._untold])],
        }

    def frame(self) -> pl.DataFrame:
        """Return every predicted customer: the columns of the table, then what is predicted.

        Rejected records are in the run's ``rejected.csv``, by their number; `OpenModel.predict` gives all in one frame.
        """
        return pl.read_parquet(self.folder / PREDICTIONS)


def predict(
    source: Any,
    bundle: Place = WORD,
    config: Settings = None,
    *,
    runs: Place = RUNS,
    out: Place | None = None,
    progress: Progress = silent,
) -> Predicted:
    """Predict every customer of a table with a bundle.

    Parameters
    ----------
    source : path or frame
    bundle : path
        A run, a bundle's folder, or PROMOTED.
    config : Config or path, optional
        Only how tables are read; the bundle decides everything else.
    runs : path
        The folder that holds all runs.
    out : path, optional
        Where a copy goes: .csv or .xlsx (safe to open in a spreadsheet) or .parquet. Never the table itself, nor the bundle's
        folder.
    progress : Progress
        Told how far the work is.

    Raises
    ------
    InputError
        If the copy cannot go there.
    SegmintError
        For a bundle that fails its checks, or a table that does not meet its contract.
    """
    config, runs, out = settings_of(config), place_of("runs", runs), path_of("out", out)
    if out is not None:
        _check_out(out, source, bundle, runs)
    opened_bundle, config, opened = open_for_bundle(source, bundle, config, runs)
    inputs = inputs_of(opened, bundle=opened_bundle.digest)
    with Run.create(runs, "predict", config.to_toml(), None, inputs) as here:
        learned = Learned.of(opened_bundle, run_folder(bundle, runs), opened)
        work = _Work(opened_bundle, learned)
        rejected = here.folder / REJECTED
        with rejected_rows(rejected) as on_reject:
            batches = validate_batches(
                opened,
                opened_bundle.contract,
                purpose="predict",
                at=opened_bundle.at,
                on_reject=on_reject,
                progress=progress,
            )
            publish_file(
                here.folder / PREDICTIONS,
                lambda path: work.write(batches, path, config.data.max_rejected, kept_in=rejected),
            )
        if out is not None:
            write = _writer(out, opened_bundle.contract, work.ledger.receipt)
            rows = _stream(here.folder / PREDICTIONS, partial(progress, f"writing {out.name}"))
            publish_file(real_path(out), lambda path: write(rows, path))
        result = work.finish(here.folder, out and written_to(out))
        here.keep(LEDGER, result.ledger.to_json())
        kept = {name: said for name, said in result.summary.items() if name != "ledger"}
        here.done({"rows": result.rows, **kept})
    return result


class _Work:
    """Predicts batch after batch and keeps the counts."""

    def __init__(self, bundle: Bundle, learned: Learned | None) -> None:
        self.bundle, self.learned = bundle, learned
        self.ledger, self.counts = Ledger(), dict[str, int]()
        self.trained_on = None if learned is None else 0
        self.predictor: Predictor = predictor_of(bundle)
        self.judging = Judging(bundle)
        self.enough = Enough()
        self.unread = Unread(bundle.contract.features(bundle.at), bundle.reference)

    def write(self, batches: Iterator[ValidTable], path: Path, max_rejected: float, *, kept_in: Path) -> None:
        """Write all predictions as Parquet, then refuse if too much was rejected."""
        write_parquet((self._batch(table) for table in batches), path)
        self.ledger.check()
        refuse_rejected(self.ledger, self.bundle.contract, max_rejected, kept_in=kept_in)
        if not self.ledger.accepted:
            raise DataError("No row could be predicted.", expected="at least one row", fix="check the table")

    def _batch(self, table: ValidTable) -> pl.DataFrame:
        table = segments_flagged(self.bundle, table)
        likely = self.predictor.probabilities(table.frame)
        said = self.predictor.predicted(likely, self.bundle.contract.outcome.positive)
        self.ledger = self.ledger + table.ledger
        self.unread.add(table.frame)
        self.enough.add(table)
        for name, count in zip(*np.unique(said, return_counts=True), strict=True):
            self.counts[str(name)] = self.counts.get(str(name), 0) + int(count)
        if self.trained_on is not None and self.learned is not None:
            self.trained_on += int(self.learned.rows(table).sum())
        self.judging.add(table, said, likely)
        return with_predictions(table, likely, said, self.predictor, segments_in(self.bundle, table.frame))

    def finish(self, folder: Path, out: Path | None) -> Predicted:
        """Say what came of it."""
        judged = self.judging
        return Predicted(
            folder,
            out,
            self.ledger,
            self.counts if self.enough else {},
            self.trained_on,
            judged.quality.quality() if judged.enough else {},
            judged.quality.classes() if judged.enough else [],
            judged.outcomes,
            self.unread.doubts,
        )


def _check_out(out: Path, source: Any, bundle: Path | str, runs: Path) -> None:
    if out.suffix.lower() not in WRITERS:
        raise InputError(
            f"'{out.name}' has no format that can be written.",
            expected="a name ending in .csv, .xlsx or .parquet",
            fix="rename it",
        )
    require_writable(real_path(out), "--out")
    refuse_overwriting(out, source)
    opening = locate(bundle, runs)
    if opening.folder.joinpath(*opening.below).resolve() in out.resolve().parents:
        raise InputError(
            f"'{out}' lies in the folder of the bundle, which is sealed.",
            expected="a file outside of it",
            fix="choose another name",
        )


def _writer(out: Path, contract: Contract, receipt: Mapping[str, JSON]) -> Writer:
    """Choose how the copy is written: CSV of a text as that text is, else its numbers and ours were of two kinds."""
    suffix, delimiter = out.suffix.lower(), str(receipt.get("delimiter", ""))
    if suffix == ".xlsx":
        return partial(WRITERS[suffix], read=partial(sheet_values, contract=contract, receipt=receipt, apart=APPENDED))
    if suffix != ".csv" or len(delimiter.encode("utf-8")) != 1:
        return WRITERS[suffix]
    # spreadsheets take what is not marked for the code page of their country, scripts for UTF-8
    marked = receipt.get("encoding") != ENCODING_NAMES["utf-8"]
    return partial(write_safe_csv, delimiter=delimiter, decimal=str(receipt.get("decimal")), marked=marked)


def _stream(parquet: Path, tell: Callable[[int, int], None]) -> Iterator[pl.DataFrame]:
    import pyarrow.parquet as pq

    file, done = pq.ParquetFile(parquet), 0
    for batch in file.iter_batches(65_536):
        frame = pl.from_arrow(batch)
        assert isinstance(frame, pl.DataFrame)
        yield frame
        done += frame.height
        tell(done, file.metadata.num_rows)
