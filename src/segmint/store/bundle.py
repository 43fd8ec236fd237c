"""The bundle: a trained model as data only, opened only after everything in it was checked.

::

    manifest.json        SHA-256 and size of each file, format, versions, the moment `at`, headline quality, what it learned from
    contract.toml        what a table must look like
    features.json        how columns become numbers, as learned
    network.json         the layers
    network.safetensors  their weights
    calibration.json     how logits become honest probabilities
    reference.json       what the customers looked like in training, as counts
    golden.json          20 synthetic customers, their probabilities and the keys of their segments
    model_card.md        for people
    segments.json        only when segments were found

Nothing in it can execute: JSON, TOML, text and safetensors are parsed, never evaluated, and the network is
rebuilt by our own code from a list of layers.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segmint.arguments import place_of
from segmint.contract.column import Known
from segmint.contract.contract import Contract, parse_contract
from segmint.contract.export import contract_to_toml
from segmint.errors import BundleError, ContractError, RunError
from segmint.models.interval import PropensityInterval
from segmint.segments.kept import read_segments
from segmint.store import manifest as manifests
from segmint.store import promoted, strict_json
from segmint.store.network_spec import NetworkSpec, parse_network
from segmint.store.promoted import RUN_ID
from segmint.store.run import RECORD, Run
from segmint.store.runs import run_beginning, runs_in
from segmint.store.sealed_folder import in_ascii, opened_folder, read_file, refused
from segmint.store.staging import real_path, staging, write_file
from segmint.store.tensors import expected_size, to_safetensors, weights_from_safetensors

JSON = dict[str, Any]
Weights = dict[str, NDArray[np.float32]]

_JSON_FILES = ("features.json", "network.json", "calibration.json", "reference.json", "golden.json")
REQUIRED = ("contract.toml", *_JSON_FILES, "network.safetensors", "model_card.md")
OPTIONAL = ("segments.json",)
FOLDER = "bundle"
_ENDED = {"failed": "failed", "interrupted": "was stopped", "running": "is still at work"}
_DID = {
    "target": "made a call list",
    "predict": "made predictions",
    "segment": "found segments",
    "explain": "gave reasons",
    "monitor": "watched a wave",
    "measure": "measured what calling brought",
    "backtest": "replayed past waves",
}

# Bytes that a file may have; the weights' limit follows from the layers.
_LIMITS = {
    manifests.NAME: 1 << 16,
    "contract.toml": 1 << 20,
    "network.json": 1 << 18,
    "calibration.json": 1 << 16,
}
_LIMIT = 1 << 24


@dataclass(frozen=True, repr=False)
class Bundle:
    """A trained model with everything needed to use it.

    Attributes
    ----------
    contract : Contract
    at : {"planning", "dialling", "after_call"}
    classes : tuple of str
        In the order of the probabilities.
    features, network, calibration, reference, golden : dict
        The JSON files' content; `network` met `NetworkSpec`.
    weights : dict of str to ndarray, float32
        "0.kernel", "0.bias", ... by place of the layer; finite, with the shapes that `network` asks for.
    manifest : dict
    card : str
    segments : dict or None
        Met `read_segments`.
    digest : str
        SHA-256 of the manifest's bytes: names this very bundle.
    """

    contract: Contract
    at: Known
    classes: tuple[str, ...]
    features: JSON
    network: JSON
    weights: Weights
    calibration: JSON
    reference: JSON
    golden: JSON
    manifest: JSON
    card: str
    segments: JSON | None
    digest: str

    def __repr__(self) -> str:
        return f"<Bundle {self.digest[:12]}: {self.contract.name}, {self.at}, {' or '.join(self.classes)}>"


def write_bundle(
    folder: Path,
    *,
    contract: Contract,
    at: Known,
    features: JSON,
    network: JSON,
    weights: Mapping[str, NDArray[np.float32]],
    calibration: JSON,
    reference: JSON,
    golden: JSON,
    card: str,
    segments: JSON | None = None,
    versions: Mapping[str, str] | None = None,
    quality: Mapping[str, float] | None = None,
    learned_from: Mapping[str, Any] | None = None,
    replace: bool = False,
) -> Bundle:
    """Publish a bundle as `folder`, whole or not at all, after opening it once as a stranger would.

    `learned_from` are the fields of `segmint.store.manifest.LearnedFrom`.

    Raises
    ------
    BundleError
        If it would be refused when opened.
    RunError
        If `folder` exists and `replace` is false, or the disk fails.
    """
    files = {
        "contract.toml": contract_to_toml(contract).encode("utf-8"),
        "features.json": strict_json.to_bytes(features),
        "network.json": strict_json.to_bytes(network),
        "network.safetensors": to_safetensors(weights),
        "calibration.json": strict_json.to_bytes(calibration),
        "reference.json": strict_json.to_bytes(reference),
        "golden.json": strict_json.to_bytes(golden),
        "model_card.md": card.encode("utf-8"),
    }
    if segments is not None:
        files["segments.json"] = strict_json.to_bytes(segments)
    sealed = manifests.make_manifest(
        files, at=at, versions=versions or {}, quality=quality or {}, learned_from=learned_from
    )
    with staging(folder, replace=replace) as staged:
        for name, content in {**files, manifests.NAME: sealed}.items():
            write_file(staged / name, content)
        return Opening(staged).finish()


def open_bundle(path: Path | str = promoted.WORD, runs: Path | str | None = "runs") -> Bundle:
    """Open a bundle, checking everything before anything is used.

    Parameters
    ----------
    path : Path or str
        A run's folder or id, a bundle's folder, or the word PROMOTED.
    runs : Path or str, optional
        The folder of runs, needed for an id and for PROMOTED.

    Raises
    ------
    BundleError
        If anything is missing, too much, changed, too large, or of an unknown format; the file is named.
    """
    return locate(place_of("path", path), None if runs is None else place_of("runs", runs)).finish()


def locate(path: Path | str, runs: Path | None) -> Opening:
    """Find the folder that `path` means and prepare to open it, step by step."""
    if str(path) == promoted.WORD:
        champion = promoted.read_promoted(runs)
        return Opening(real_path(champion.runs), (champion.run, FOLDER), pinned=champion.manifest)
    folder = folder_of(path, runs)
    if os.path.lexists(folder / RECORD) and not os.path.lexists(folder / FOLDER):
        raise _without_bundle(folder)
    if not os.path.lexists(folder):
        raise BundleError(
            f"There is no run or bundle '{in_ascii(str(path))}' here.",
            expected="a run's id, its beginning or its folder, a bundle's folder, or PROMOTED",
            fix="list the runs: segmint runs",
        )
    return Opening(folder, (FOLDER,) if os.path.lexists(folder / FOLDER) else ())


def folder_of(path: Path | str, runs: Path | None) -> Path:
    """Say which folder a path, a run's id or the beginning of one means; PROMOTED is no such name.

    Raises
    ------
    RunError
        If several runs begin so.
    """
    folder = Path(path)
    if runs is None or os.path.lexists(folder):
        return folder
    if RUN_ID.fullmatch(str(path)):
        return runs / folder
    run = run_beginning(str(path), runs)
    return folder if run is None else run.folder


def run_of(bundle: Path | str, runs: Path) -> Path | None:
    """Say which run of the folder of runs a bundle is of; None where it lies elsewhere.

    Parameters
    ----------
    bundle : path
        PROMOTED, a run's id, the beginning of one, the folder of a run or of its bundle.
    runs : Path

    Raises
    ------
    BundleError
        If nothing is promoted, or what is cannot be trusted.
    RunError
        If several runs begin so.
    """
    if str(bundle) == promoted.WORD:
        return runs / promoted.read_promoted(runs).run
    whole = folder_of(bundle, runs).resolve()
    found = (place for place in (whole, whole.parent) if RUN_ID.fullmatch(place.name))
    return next((runs / place.name for place in found if place.parent == runs.resolve()), None)


def _without_bundle(folder: Path) -> BundleError:
    """Say what a run did instead of training, and which run to name."""
    did = "is another command's"
    with suppress(RunError):
        run = Run.open(folder)
        did = _ENDED.get(run.status) or _DID.get(run.record["command"], did)
    newest = next((run.id for run in trainings(runs_in(folder.absolute().parent))), None)
    return BundleError(
        f"The run {in_ascii(folder.name)} {did}; it holds no bundle.",
        expected="a run of `segmint run` or `segmint update`",
        fix=f"the newest training: {newest}" if newest else "train one: segmint run TABLE --contract NAME",
    )


def trainings(runs: Iterable[Run]) -> Iterator[Run]:
    """Pick the finished trainings, in their order: the only runs that may come into use by being the newest.

    What `segmint update` made is a challenger: it holds a bundle too, and waits until somebody promotes it.
    """
    return (run for run in runs if run.record["command"] == "run" and is_trained(run))


def is_trained(run: Run) -> bool:
    """Whether a run is finished and holds a bundle, which can be promoted or named."""
    return run.status == "done" and os.path.lexists(run.folder / FOLDER / manifests.NAME)


@dataclass
class Opening:
    """A bundle on its way from bytes to trust, one named step after the other."""

    folder: Path
    below: tuple[str, ...] = ()
    pinned: str | None = None
    content: dict[str, bytes] = field(default_factory=dict)
    parsed: dict[str, Any] = field(default_factory=dict)
    steps: list[tuple[str, Callable[[], str]]] = field(init=False)

    def __post_init__(self) -> None:
        self.steps = [
            ("the manifest is whole", self._manifest),
            ("exactly the expected files, sizes and SHA-256", self._files),
            ("only Dense, BatchNormalization and Dropout", self._network),
            ("weights fit the layers", self._weights),
            ("features fit the network", self._features),
            ("contract and moment", self._contract),
            ("segments fit the contract", self._segments),
            ("the other files can be read", self._rest),
        ]

    @property
    def content_hash(self) -> str:
        """SHA-256 over the files that the manifest lists, when it was read."""
        return str(self.parsed["manifest"].content)

    def take_step(self) -> str:
        """Do the next check; return what was found.

        Raises
        ------
        BundleError
            If the check fails.
        """
        return self.steps.pop(0)[1]()

    def finish(self) -> Bundle:
        """Take every step that is left, and return the bundle."""
        while self.steps:
            self.take_step()
        return self.bundle()

    def bundle(self) -> Bundle:
        """Return the bundle, when every step was taken."""
        spec: NetworkSpec = self.parsed["network"]
        told = self.parsed["manifest"]
        return Bundle(
            contract=self.parsed["contract"],
            at=told.at,
            classes=spec.classes,
            features=self.parsed["features.json"],
            network=self.parsed["network.json"],
            weights=self.parsed["weights"],
            calibration=self.parsed["calibration.json"],
            reference=self.parsed["reference.json"],
            golden=self.parsed["golden.json"],
            manifest=told.model_dump(),
            card=self.parsed["card"],
            segments=self.parsed["segments.json"],
            digest=strict_json.sha256(self.content[manifests.NAME]),
        )

    def _manifest(self) -> str:
        with opened_folder(self.folder, below=self.below) as folder:
            content = read_file(folder, manifests.NAME, limit=_LIMITS[manifests.NAME])
        self.content[manifests.NAME] = content
        if self.pinned is not None and strict_json.sha256(content) != self.pinned:
            raise refused(manifests.NAME, "is not the one that was promoted")
        self.parsed["manifest"] = _read(manifests.NAME, lambda: _parse_manifest(content))
        learned: manifests.LearnedFrom | None = self.parsed["manifest"].learned_from
        told = f"format {manifests.FORMAT}; content {self.content_hash}"
        return told + ("" if learned is None else f"; learned from {learned.sentence}")

    def _files(self) -> str:
        listed = set(self.parsed["manifest"].files)
        if odd := sorted(listed.symmetric_difference(REQUIRED) - set(OPTIONAL)):
            raise refused(odd[0], "is missing from the manifest, or should not be in it")
        with opened_folder(self.folder, below=self.below) as folder:
            _same_names(folder, listed)
            # The layers first: they say how large the weights may be.
            for name in sorted(listed, key=lambda name: name != "network.json"):
                self.content[name] = self._checked(folder, name)
        return f"{len(listed)} files"

    def _checked(self, folder: int, name: str) -> bytes:
        entry = self.parsed["manifest"].files[name]
        limit = self._weights_limit() if name == "network.safetensors" else _LIMITS.get(name, _LIMIT)
        if entry.size > limit:
            raise refused(name, f"has {entry.size:,} bytes in the manifest; at most {limit:,} are read")
        content = read_file(folder, name, limit=limit)
        if len(content) != entry.size or strict_json.sha256(content) != entry.sha256:
            raise refused(name, "is not what the manifest says: it was changed or damaged")
        return content

    def _weights_limit(self) -> int:
        return expected_size(self._spec().shapes)

    def _spec(self) -> NetworkSpec:
        if "network" not in self.parsed:
            told = _read("network.json", lambda: strict_json.from_bytes(self.content["network.json"]))
            self.parsed["network.json"] = told
            self.parsed["network"] = _read("network.json", lambda: parse_network(told))
        spec: NetworkSpec = self.parsed["network"]
        return spec

    def _network(self) -> str:
        spec = self._spec()
        return f"{len(spec.layers)} layers, {spec.parameters:,} parameters"

    def _weights(self) -> str:
        shapes = self._spec().shapes
        content = self.content.pop("network.safetensors")
        self.parsed["weights"] = _read("network.safetensors", lambda: weights_from_safetensors(content, shapes))
        return f"{len(shapes)} arrays"

    def _features(self) -> str:
        told = self._json("features.json")
        count = _read("features.json", lambda: _count_features_made(told))
        if count != self._spec().inputs:
            raise refused("features.json", "does not make as many features as the network reads")
        return f"{count} features"

    def _contract(self) -> str:
        text = self._text("contract.toml")
        try:
            contract = parse_contract(text, origin="contract.toml")
        except (ContractError, RecursionError, ValueError) as error:
            raise refused("contract.toml", "is no contract") from error
        # A table may lack one of the known segments: the network then knows fewer classes, never others.
        if set(self._spec().classes) - set(contract.outcome.levels):
            raise refused("network.json", "names classes that are not the contract's levels")
        self.parsed["contract"] = contract
        return f"{contract.name}, {self.parsed['manifest'].at}"

    def _segments(self) -> str:
        self.parsed["segments.json"] = None
        if "segments.json" not in self.content:
            return "none"
        told, columns = self._json("segments.json"), self.parsed["contract"].features(self.parsed["manifest"].at)
        kept = _read("segments.json", lambda: read_segments(told, columns))
        how = "known" if kept["state"] is None else f"by {kept['state']['method']}"
        return f"{len(kept['segments'])} segments, {how}"

    def _rest(self) -> str:
        for name in ("calibration.json", "reference.json", "golden.json"):
            self._json(name)
        _read("calibration.json", lambda: _check_calibration(self.parsed["calibration.json"]))
        self.parsed["card"] = self._text("model_card.md")
        return "calibration, reference, golden rows, model card"

    def _json(self, name: str) -> JSON:
        told: JSON = _read(name, lambda: strict_json.from_bytes(self.content[name]))
        self.parsed[name] = told
        return told

    def _text(self, name: str) -> str:
        return str(_read(name, lambda: self.content[name].decode("utf-8")))


def _count_features_made(state: JSON) -> int:
    """Count the features that a learned state makes, however wrong the state may be.

    Raises
    ------
    ValueError
        If it is no such state.
    """
    from segmint.features.apply import check_column, count_features
    from segmint.features.changes import check_change, is_change
    from segmint.features.pairs import check_pair

    try:
        names = {column["name"]: column["kind"] for column in state["columns"]}
        numbers = [name for name, kind in names.items() if kind == "number"]
        for pair in state.get("pairs", ()):
            check_change(pair, numbers) if is_change(pair) else check_pair(pair, [*names])
        for column in state["columns"]:
            check_column(column)
        return count_features(state)
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        raise ValueError("it is no state of features") from error


# Beyond these every propensity would be the same, or 0 and 1: no calibration learns such numbers.
_MILDEST, _FARTHEST = 1e-3, 50.0


def _check_calibration(told: JSON) -> None:
    for name in ("temperature", "offset"):
        # By exact type: in Python a truth value is an integer too.
        if type(told.get(name)) not in (int, float):
            raise ValueError(f"it needs a number for {name}")
    if not _MILDEST <= told["temperature"] <= 1 / _MILDEST:
        raise ValueError(f"its temperature must lie between {_MILDEST:g} and {1 / _MILDEST:g}")
    if not abs(told["offset"]) <= _FARTHEST:
        raise ValueError(f"its offset must lie between {-_FARTHEST:g} and {_FARTHEST:g}")
    surest = told.get("surest")
    if surest is not None and (type(surest) not in (int, float) or not 0 < surest <= _FARTHEST):
        raise ValueError(f"its surest must lie above 0 and be at most {_FARTHEST:g}")
    threshold = told.get("threshold")
    if threshold is not None and (type(threshold) not in (int, float) or not 0 <= threshold <= 1):
        raise ValueError("its threshold must lie between 0 and 1")
    if told.get("interval") is not None:
        PropensityInterval.from_json(told["interval"])


def _parse_manifest(content: bytes) -> manifests.Manifest:
    try:
        return manifests.parse_manifest(content)
    except manifests.NewerFormatError as error:
        raise BundleError(
            f"This bundle was made by {in_ascii(str(error))} with a newer format; update segmint.",
            expected=f"format {manifests.FORMAT}, which this version reads",
            fix="pip install --upgrade segmint, or train again with this version",
        ) from None


def _same_names(folder: int, listed: set[str]) -> None:
    expected = listed | {manifests.NAME}
    found: set[str] = set()
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name not in expected:
                raise refused(entry.name, "should not be there")
            found.add(entry.name)
    if lacking := sorted(expected - found):
        raise refused(lacking[0], "is missing")


def _read(name: str, parse: Callable[[], Any]) -> Any:
    try:
        return parse()
    except ValueError as error:
        raise refused(name, f"cannot be used: {error}") from error
