"""Bundles open as they were written, and only then (BND-02, BND-06)."""

from __future__ import annotations

import json
import os
import random
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from segmint.contract.contract import load_contract
from segmint.errors import BundleError, DataError, RunError
from segmint.store.bundle import Bundle, open_bundle, run_of, write_bundle
from segmint.store.promoted import Entry, to_bytes
from segmint.store.run import Run
from segmint.store.verify import verify_bundle
from tests.segments.small_state import kept
from tests.service.small import NETWORK, small_weights

from .conftest import predict

Make = Callable[..., Path]


def test_what_was_written_is_what_is_opened(make_bundle: Make, parts: dict[str, Any]) -> None:
    bundle = open_bundle(make_bundle(segments=kept()))
    for name in ("contract", "at", "features", "network", "calibration", "reference", "golden", "card"):
        assert getattr(bundle, name) == parts[name]
    assert bundle.segments == kept()
    assert bundle.classes == ("no", "yes")
    assert bundle.manifest["quality"] == {"f1": 0.5}
    assert {n: (a.dtype, a.tobytes()) for n, a in bundle.weights.items()} == {
        n: (a.dtype, a.tobytes()) for n, a in parts["weights"].items()
    }


@pytest.mark.parametrize("name", ["bank-marketing", "bank-additional", "customer-segments", "term-deposit"])
def test_every_shipped_contract_survives_the_bundle(name: str, make_bundle: Make) -> None:
    contract = load_contract(name)
    levels = list(contract.outcome.levels)
    network = NETWORK | {"classes": levels}
    weights = small_weights()
    if len(levels) > 2:
        network = network | {"outputs": len(levels), "head": "softmax"}
        network["layers"] = [*NETWORK["layers"][:3], NETWORK["layers"][3] | {"units": len(levels)}]
        weights |= {
            "3.kernel": np.ones((4, len(levels)), np.float32),
            "3.bias": np.ones(len(levels), np.float32),
        }
    bundle = open_bundle(make_bundle(contract=contract, network=network, weights=weights))
    assert bundle.contract == contract


def test_a_run_folder_and_a_bundle_folder_mean_the_same_bundle(make_bundle: Make, tmp_path: Path) -> None:
    folder = make_bundle()
    assert open_bundle(tmp_path).digest == open_bundle(str(folder)).digest


def test_equal_content_has_an_equal_content_hash_whenever_it_was_made(make_bundle: Make) -> None:
    first, second = open_bundle(make_bundle("one")), open_bundle(make_bundle("two"))
    assert first.manifest["content"] == second.manifest["content"]
    third = open_bundle(make_bundle("three", weights=small_weights(8)))
    assert third.manifest["content"] != first.manifest["content"]


def test_a_bundle_is_replaced_only_when_asked(make_bundle: Make) -> None:
    folder = make_bundle()
    with pytest.raises(RunError, match="exists already"):
        make_bundle(card="second")
    assert open_bundle(folder).card != "second"
    make_bundle(card="second", replace=True)
    assert open_bundle(folder).card == "second"


def test_what_would_be_refused_when_opened_is_not_published(make_bundle: Make, tmp_path: Path) -> None:
    weights = small_weights() | {"3.bias": np.array([np.nan], np.float32)}
    with pytest.raises(BundleError, match=r"network\.safetensors"):
        make_bundle(weights=weights)
    assert list(tmp_path.iterdir()) == []


def test_every_flipped_byte_of_the_manifest_is_found(make_bundle: Make) -> None:
    path = make_bundle() / "manifest.json"
    good = path.read_bytes()
    draw = random.Random(3)
    for place in range(len(good)):
        bad = bytearray(good)
        bad[place] ^= 1 << draw.randrange(8)
        _rewrite(path, bytes(bad))
        with pytest.raises(BundleError):
            open_bundle(path.parent)
    _rewrite(path, good)
    open_bundle(path.parent)


def _flip_bits(folder: Path, count: int, seed: int) -> None:
    draw = random.Random(seed)
    contents = {path: path.read_bytes() for path in sorted(folder.iterdir())}
    for _ in range(count):
        path = draw.choice(list(contents))
        bad = bytearray(contents[path])
        place = draw.randrange(len(bad))
        bad[place] ^= 1 << draw.randrange(8)
        _rewrite(path, bytes(bad))
        with pytest.raises(BundleError) as caught:
            open_bundle(folder)
        # A changed manifest may point at another file; a changed file is named itself.
        if path.name != "manifest.json":
            assert f"'{path.name}'" in str(caught.value), f"bit at {place} of {path.name}"
        _rewrite(path, contents[path])
    open_bundle(folder)


def test_flipped_bits_are_found_and_their_file_is_named(make_bundle: Make) -> None:
    _flip_bits(make_bundle(), 400, seed=11)


@pytest.mark.slow
def test_ten_thousand_flipped_bits_are_found(make_bundle: Make) -> None:
    _flip_bits(make_bundle(), 10_000, seed=12)


def test_every_cut_of_every_file_is_found(make_bundle: Make) -> None:
    folder = make_bundle()
    for path in sorted(folder.iterdir()):
        good = path.read_bytes()
        for part in range(16):
            _rewrite(path, good[: len(good) * part // 16])
            with pytest.raises(BundleError, match=path.name.replace(".", r"\.")):
                open_bundle(folder)
        _rewrite(path, good)


def _random_network(draw: np.random.Generator) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    layers: list[dict[str, Any]] = []
    weights: dict[str, np.ndarray] = {}
    width = 3
    kinds = ["Dense", "BatchNormalization", "Dropout", *draw.choice(["Dense", "Dropout"], draw.integers(4))]
    for place, kind in enumerate(draw.permutation(kinds)):
        if kind == "Dense":
            units = int(draw.integers(1, 9))
            activation = str(draw.choice(["linear", "relu", "silu", "tanh"]))
            layers.append({"type": "Dense", "units": units, "activation": activation})
            weights |= {f"{place}.kernel": draw.normal(size=(width, units)), f"{place}.bias": draw.normal(size=units)}
            width = units
        elif kind == "Dropout":
            layers.append({"type": "Dropout", "rate": float(draw.uniform(0.01, 0.9))})
        else:
            layers.append({"type": "BatchNormalization", "epsilon": float(draw.uniform(1e-5, 1e-2))})
            weights |= {f"{place}.{n}": draw.normal(size=width) for n in ("gamma", "beta", "moving_mean")}
            weights[f"{place}.moving_variance"] = draw.uniform(0.1, 2.0, size=width)
    classes = 2 if draw.random() < 0.5 else 3
    head = 1 if classes == 2 else 3
    last = len(layers)
    layers.append({"type": "Dense", "units": head, "activation": "linear"})
    weights |= {f"{last}.kernel": draw.normal(size=(width, head)), f"{last}.bias": draw.normal(size=head)}
    network = NETWORK | {"layers": layers, "outputs": head, "classes": ["no", "yes", "maybe"][:classes]}
    network["head"] = "logit" if classes == 2 else "softmax"
    return network, {name: array.astype(np.float32) for name, array in weights.items()}


def _in_memory(parts: dict[str, Any], network: dict[str, Any], weights: dict[str, np.ndarray]) -> Bundle:
    kept = {name: parts[name] for name in ("contract", "at", "features", "calibration", "reference", "golden", "card")}
    classes = tuple(network["classes"])
    return Bundle(**kept, classes=classes, network=network, weights=weights, manifest={}, segments=None, digest="")


@pytest.mark.parametrize("count", [25, pytest.param(500, marks=pytest.mark.slow)])
def test_predictions_are_equal_to_the_bit_after_saving(count: int, parts: dict[str, Any], tmp_path: Path) -> None:
    draw = np.random.default_rng(5)
    for number in range(count):
        network, weights = _random_network(draw)
        contract = parts["contract"]
        if len(network["classes"]) == 3:
            outcome = contract.outcome.model_copy(
                update={"kind": "assignment", "levels": ("no", "yes", "maybe"), "positive": None}
            )
            contract = contract.model_copy(update={"outcome": outcome})
        features = json.loads(json.dumps(parts["features"]))
        features["columns"][0]["center"] = float(draw.normal(40, 7))
        changed = {**parts, "features": features, "contract": contract}
        before = predict(_in_memory(changed, network, weights), parts["golden"]["rows"])
        folder = tmp_path / str(number)
        write_bundle(folder, **{**changed, "network": network, "weights": weights})
        after = predict(open_bundle(folder), parts["golden"]["rows"])
        assert after.tobytes() == before.tobytes()
        shutil.rmtree(folder)


LEARNED = {"table": "sha256:" + "5e" * 32, "rows": 4521, "seed": 7, "recipe": "plain", "settings": "a" * 64}


def test_a_bundle_says_what_it_learned_from_without_becoming_another(make_bundle: Make) -> None:
    bare, told = open_bundle(make_bundle("bare")), open_bundle(make_bundle("told", learned_from=LEARNED))
    assert bare.manifest["learned_from"] is None
    assert told.manifest["learned_from"] == {**LEARNED, "moved_by": []}
    assert told.manifest["content"] == bare.manifest["content"]
    checks = verify_bundle(make_bundle("moved", learned_from={**LEARNED, "moved_by": ["sha256:11"]}), predict)
    said = f"learned from 4,521 rows of the table {LEARNED['table']}, moved by 1 more, recipe plain, seed 7"
    assert said in checks[0].detail


@pytest.mark.parametrize("wrong", [{"rows": -1}, {"settings": "none"}, {"who": "x"}, {"seed": "7"}])
def test_what_a_bundle_learned_from_is_told_in_full_or_not_at_all(wrong: dict[str, Any], make_bundle: Make) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        make_bundle(learned_from=LEARNED | wrong)


def test_a_promoted_bundle_opens_by_the_word_and_only_as_promoted(make_bundle: Make, tmp_path: Path) -> None:
    run = "2026-03-14T10-15-02Z-3f9c"
    folder = make_bundle(f"{run}/bundle")
    digest = open_bundle(folder).digest
    entry = Entry(run, digest, "2026-03-14T11:00:00+00:00", "promote", None, {}, "ann", "desk", "1.0", "")
    (tmp_path / "PROMOTED").write_bytes(to_bytes([entry]))
    assert open_bundle("PROMOTED", tmp_path).digest == digest
    make_bundle(f"{run}/bundle", card="another", replace=True)
    with pytest.raises(BundleError, match="not the one that was promoted"):
        open_bundle("PROMOTED", tmp_path)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b'{"run": "../../etc", "manifest": "' + b"0" * 64 + b'"}',
        b'{"run": "2026-03-14T10-15-02Z-3f9c\\n", "manifest": "' + b"0" * 64 + b'"}',
        b'{"run": "2026-03-14T10-15-02Z-3f9c", "manifest": 1}',
        b'{"run": "2026-03-14T10-15-02Z-3f9c"}' + b" " * 5000,
    ],
)
def test_a_promotion_that_makes_no_sense_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "PROMOTED").write_bytes(content)
    with pytest.raises(BundleError):
        open_bundle("PROMOTED", tmp_path)


def test_no_promotion_is_said_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="No run is promoted here"):
        open_bundle("PROMOTED", tmp_path)


def _rewrite(path: Path, content: bytes) -> None:
    # In place: the modes and the number of links stay as they were.
    descriptor = os.open(path, os.O_WRONLY | os.O_TRUNC)
    os.write(descriptor, content)
    os.close(descriptor)


def test_a_runs_id_is_enough_and_a_wrong_one_is_told(tmp_path: Path) -> None:
    from tests.service.small import small_parts

    name = "2026-03-14T10-15-02Z-3f9c"
    write_bundle(tmp_path / name / "bundle", **small_parts())
    assert open_bundle(name, tmp_path).digest == open_bundle(tmp_path / name).digest
    for wrong in ("2026-03-14T10-15-02Z-0000", "nowhere"):
        with pytest.raises(BundleError, match=f"no run or bundle '{wrong}'"):
            open_bundle(wrong, tmp_path)


def test_the_beginning_of_an_id_is_enough_unless_several_begin_so(parts: dict[str, Any], tmp_path: Path) -> None:
    ids = ["2026-03-14T10-15-02Z-3f9c", "2026-03-14T11-00-00Z-3f9c"]
    for name in ids:
        with Run.create(tmp_path, "run", "", None) as here:
            here.done()
        here.folder.rename(tmp_path / name)
        write_bundle(tmp_path / name / "bundle", **parts)
    assert open_bundle("2026-03-14T10", tmp_path).digest == open_bundle(ids[0], tmp_path).digest
    with pytest.raises(RunError, match="several runs '2026-03-14'"):
        open_bundle("2026-03-14", tmp_path)
    with pytest.raises(BundleError, match="no run or bundle '2026'"):
        open_bundle("2026", tmp_path)


@pytest.mark.parametrize(("command", "said"), [("target", "made a call list"), ("run", "failed")])
def test_a_run_without_a_bundle_says_what_it_did_and_which_to_take(
    command: str, said: str, parts: dict[str, Any], tmp_path: Path
) -> None:
    with Run.create(tmp_path, "run", "", None) as trained:
        write_bundle(trained.folder / "bundle", **parts)
        trained.done()
    for _ in range(3):  # some newer, some older: runs of one second stand in no order
        with Run.create(tmp_path, "update", "", None) as challenger:
            write_bundle(challenger.folder / "bundle", **parts)
            challenger.done()
    with suppress(DataError), Run.create(tmp_path, command, "", None) as other:
        if command == "run":
            raise DataError("No rows.")
    for name in (other.id, other.folder):
        with pytest.raises(BundleError, match=f"{other.id} {said}; it holds no bundle") as told:
            open_bundle(name, tmp_path)
        assert trained.id in str(told.value.fix)


def test_a_bundle_is_of_the_run_in_which_it_lies_and_of_no_other_folder(tmp_path: Path) -> None:
    runs, elsewhere = tmp_path / "runs", tmp_path / "elsewhere"
    with Run.create(runs, "run", "", 1, {}) as run:
        run.done({})
    (run.folder / "bundle").mkdir()
    for told in (run.id, run.id[:19], run.folder, str(run.folder / "bundle"), runs / ".." / "runs" / run.id):
        assert run_of(told, runs) == run.folder, told
    brought = elsewhere / run.id / "bundle"
    brought.mkdir(parents=True)
    for told in (brought, brought.parent, tmp_path, "9999-01-01"):
        assert run_of(told, runs) is None, told
    with pytest.raises(BundleError):
        run_of("PROMOTED", runs)


def test_the_weights_of_an_open_bundle_cannot_be_written_to(make_bundle: Make) -> None:
    for weights in open_bundle(make_bundle()).weights.values():
        with pytest.raises(ValueError, match="read-only"):
            weights[:] = 0
