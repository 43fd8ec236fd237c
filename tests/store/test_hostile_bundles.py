"""A bundle from a stranger is refused before anything in it can act (BND-01).

Each attack changes a good bundle. Where it concerns the content of a file, the manifest is made anew, so that it gets past
the hashes to the reader that it is aimed at.
"""

from __future__ import annotations

import io
import json
import os
import pickle
import shutil
import socket
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from segmint.store import strict_json
from segmint.store.manifest import make_manifest
from segmint.store.tensors import to_safetensors
from tests.segments.small_state import AGE, BY_TREE, BY_WEIGHTS, JOB, NODES, kept
from tests.service.small import FEATURES, NETWORK, small_weights

CHILD = Path(__file__).with_name("open_child.py")
Attack = Callable[[Path], None]


class Boom:
    """Leaves a file behind if it is ever unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, ("touch /tmp/segmint-was-executed",)


def reseal(folder: Path, **files: Any) -> None:
    """Make the manifest anew, so that it fits the files as they are now."""
    kept = {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "manifest.json"}
    sealed = make_manifest({**kept, **files}, at="planning", versions={}, quality={})
    (folder / "manifest.json").write_bytes(sealed)


def content(name: str, value: bytes | Any) -> Attack:
    """Put other content into a file, with hashes that fit."""

    def attack(folder: Path) -> None:
        (folder / name).write_bytes(value if isinstance(value, bytes) else json.dumps(value).encode())
        reseal(folder)

    return attack


def network(**changes: Any) -> Attack:
    return content("network.json", NETWORK | changes)


def layer(**changes: Any) -> Attack:
    return network(layers=[NETWORK["layers"][0] | changes, *NETWORK["layers"][1:]])


def weights(**changes: Any) -> Attack:
    kept = {**small_weights(), **{name.replace("_", ".", 1): value for name, value in changes.items()}}
    return content("network.safetensors", to_safetensors({k: v for k, v in kept.items() if v is not None}))


def number(**changes: Any) -> Attack:
    """Change the first column of numbers among the features."""
    place = next(place for place, column in enumerate(FEATURES["columns"]) if column["kind"] == "number")
    columns = list(FEATURES["columns"])
    columns[place] = columns[place] | changes
    return content("features.json", FEATURES | {"columns": columns})


def header(change: Callable[[dict[str, Any]], Any]) -> Attack:
    """Change the header of the weights, and keep the numbers."""
    good = to_safetensors(small_weights())
    length = int.from_bytes(good[:8], "little")
    told = json.loads(good[8 : 8 + length])
    new = change(told)
    text = new if isinstance(new, bytes) else json.dumps(new).encode()
    return content("network.safetensors", len(text).to_bytes(8, "little") + text + good[8 + length :])


def set_entry(told: dict[str, Any], key: str, value: Any) -> dict[str, Any]:
    return {**told, "0.kernel": {**told["0.kernel"], key: value}}


def manifest(change: Callable[[dict[str, Any]], Any]) -> Attack:
    """Change the manifest itself, without a fitting seal."""

    def attack(folder: Path) -> None:
        told = change(json.loads((folder / "manifest.json").read_bytes()))
        (folder / "manifest.json").write_bytes(told if isinstance(told, bytes) else json.dumps(told, indent=1).encode())

    return attack


def listed(name: str) -> Attack:
    """Have the manifest list a file of this name, sealed."""
    return lambda folder: reseal(folder, **{name: b"x"})


def extra(name: str, value: bytes = b"x") -> Attack:
    return lambda folder: (folder / name).write_bytes(value) and None  # type: ignore[func-returns-value]


def instead(name: str, put: Callable[[Path], object]) -> Attack:
    """Put something that is no file in a file's place."""

    def attack(folder: Path) -> None:
        (folder / name).rename(folder.parent / f"{folder.name}-{name}")
        put(folder / name)

    return attack


def elsewhere(path: Path) -> Path:
    return path.parent.parent / f"{path.parent.name}-{path.name}"


def unix_socket(path: Path) -> None:
    here = Path.cwd()
    os.chdir(path.parent)  # the name of a socket may only be short
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(path.name)
    os.chdir(here)


def folder_link(folder: Path) -> None:
    real = folder.with_name(folder.name + "-real")
    folder.rename(real)
    folder.symlink_to(real)


def inner_link(folder: Path) -> None:
    real = folder.with_name(folder.name + "-real")
    folder.rename(real)
    folder.mkdir()
    (folder / "bundle").symlink_to(real)


def sparse(name: str, size: int) -> Attack:
    def attack(folder: Path) -> None:
        with (folder / name).open("wb") as file:
            file.truncate(size)

    return attack


def remove(name: str) -> Attack:
    return lambda folder: (folder / name).unlink()


def object_array() -> bytes:
    stream = io.BytesIO()
    np.save(stream, np.array([Boom()], dtype=object), allow_pickle=True)
    return stream.getvalue()


def archive(name: str, value: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as file:
        file.writestr(name, value)
    return stream.getvalue()


CALM = {"temperature": 1.0, "offset": 0.0}
PICKLE = pickle.dumps(Boom())
KERAS_LAMBDA = {"module": "keras.layers", "class_name": "Lambda", "config": {"function": {"class_name": "__lambda__"}}}
DEEP = b"[" * 100_000
BOMB = b"a: &a [x,x,x,x,x,x,x,x]\n" + b"".join(
    b"%c: &%c [*%c,*%c,*%c]\n" % (c, c, c - 1, c - 1, c - 1) for c in range(98, 107)
)

ATTACKS: dict[str, Attack] = {
    # content that some loader executes
    "pickle as weights": content("network.safetensors", PICKLE),
    "pickle as features": content("features.json", PICKLE),
    "pickle as contract": content("contract.toml", PICKLE),
    "compressed pickle as weights": content("network.safetensors", zlib.compress(PICKLE)),
    "array of objects as weights": content("network.safetensors", object_array()),
    "zip with object arrays as weights": content("network.safetensors", archive("0.kernel.npy", object_array())),
    "zip with a path upwards": content("network.safetensors", archive("../../escaped", b"x")),
    "hdf5 as weights": content("network.safetensors", b"\x89HDF\r\n\x1a\n" + bytes(2000)),
    "keras archive beside": extra("model.keras", archive("config.json", json.dumps(KERAS_LAMBDA).encode())),
    "hdf5 beside": extra("model.h5", b"\x89HDF\r\n\x1a\n"),
    "python beside": extra("__init__.py", b"raise SystemExit"),
    "path file beside": extra("evil.pth", b"import os"),
    "keras configuration": content("network.json", KERAS_LAMBDA),
    "lambda layer": layer(type="Lambda"),
    "module and function": layer(module="os", function="system"),
    "unsafe deserialisation asked for": network(enable_unsafe_deserialization=True),
    "lookup layer with a path": layer(type="StringLookup", vocabulary="/etc/passwd"),
    "saved-model layer": layer(type="TFSMLayer", filepath="/tmp/model"),
    "registered custom layer": layer(registered_name="builtins>exec"),
    "layer type with a namespace": layer(type="custom>Dense"),
    "layer name upwards": layer(name="../../x"),
    "activation from a module": layer(activation="os.system"),
    "toml with code": content("contract.toml", b'name = "x"\n[outcome]\ncolumn = "__import__(\'os\').system(\'id\')"\n'),
    "yaml aliases": content("features.json", BOMB),
    # sizes
    "a thousand million units": layer(units=10**9),
    "a number of 5,000 digits": content("network.json", json.dumps(NETWORK).replace("0.1", "1" * 5000).encode()),
    "a million layers": network(layers=[NETWORK["layers"][2]] * 1_000_000),
    "65 layers": network(layers=[NETWORK["layers"][2]] * 62 + NETWORK["layers"]),
    "more than fifty million weights": network(layers=[NETWORK["layers"][0] | {"units": 4096}] * 5 + NETWORK["layers"]),
    "no dropout": network(layers=[NETWORK["layers"][0], NETWORK["layers"][1], NETWORK["layers"][3]]),
    "dropout of nothing": network(layers=[*NETWORK["layers"][:2], {"type": "Dropout", "rate": 0.0}, NETWORK["layers"][3]]),
    "huge sparse manifest": sparse("manifest.json", 10**10),
    "huge sparse weights": sparse("network.safetensors", 10**11),
    "huge sparse card": sparse("model_card.md", 10**11),
    # tensors
    "header that promises more than there is": header(lambda told: set_entry(told, "shape", [2**40, 2**20])),
    "header of 2^63 bytes": content("network.safetensors", (2**63).to_bytes(8, "little") + bytes(100)),
    "header of no json": header(lambda told: b"\xff" * 64),
    "header nested deep": header(lambda told: DEEP),
    "header of a list": header(lambda told: [told]),
    "overlapping tensors": header(lambda told: set_entry(told, "data_offsets", told["1.beta"]["data_offsets"])),
    "offsets before the start": header(lambda told: set_entry(told, "data_offsets", [-48, 0])),
    "tensor twice": header(lambda told: json.dumps(told).replace('{"', '{"0.bias": {}, "', 1).encode()),
    "negative shape": header(lambda told: set_entry(told, "shape", [-3, -4])),
    "empty weights": content("network.safetensors", b""),
    "wrong type": weights(**{"0_kernel": np.zeros((3, 4), np.float64)}),
    "integers": weights(**{"0_kernel": np.zeros((3, 4), np.int32)}),
    "wrong shape": weights(**{"0_kernel": np.zeros((4, 3), np.float32)}),
    "not a number": weights(**{"0_kernel": np.full((3, 4), np.nan, np.float32)}),
    "infinite": weights(**{"3_bias": np.full(1, np.inf, np.float32)}),
    "negative variance": weights(**{"1_moving_variance": np.full(4, -1.0, np.float32)}),
    "one tensor too many": weights(extra=np.zeros(1, np.float32)),
    "one tensor too few": weights(**{"3_bias": None}),
    # files that are no files
    "link to outside": instead("features.json", lambda path: path.symlink_to("/etc/passwd")),
    "link to the same content": instead("features.json", lambda path: path.symlink_to(elsewhere(path))),
    "link to an endless device": instead("model_card.md", lambda path: path.symlink_to("/dev/zero")),
    "hard link": instead("features.json", lambda path: path.hardlink_to(elsewhere(path))),
    "pipe": instead("golden.json", os.mkfifo),
    "pipe as manifest": instead("manifest.json", os.mkfifo),
    "folder": instead("golden.json", Path.mkdir),
    "socket": instead("golden.json", unix_socket),
    "the bundle is a link": folder_link,
    "the bundle inside is a link": inner_link,
    # names
    "file too many": extra("notes.txt"),
    "hidden file": extra(".hidden"),
    "same name in capitals": extra("Manifest.json"),
    "name that looks like a path": extra("..\\manifest.json"),
    "name with an escape": extra("%252e%252e%252fmanifest.json"),
    "file missing": remove("golden.json"),
    "manifest missing": remove("manifest.json"),
    "manifest lists a path upwards": listed("../../etc/passwd"),
    "manifest lists an absolute path": listed("/etc/passwd"),
    "manifest lists a backslash": listed("..\\x"),
    "manifest lists an escape": listed("%252e%252e/x"),
    "manifest lists a NUL": listed("features.json\0.txt"),
    "manifest lists itself": listed("manifest.json"),
    # the manifest and other JSON
    "format 2": manifest(lambda told: told | {"format": 2}),
    "format true": manifest(lambda told: told | {"format": True}),
    "format 1.0": manifest(lambda told: told | {"format": 1.0}),
    "no format": manifest(lambda told: {k: v for k, v in told.items() if k != "format"}),
    "an unknown key": manifest(lambda told: told | {"loader": "pickle"}),
    "another moment": manifest(lambda told: told | {"at": "after_call"}),
    "manifest nested deep": manifest(lambda told: DEEP),
    "manifest of a list": manifest(lambda told: [told]),
    "manifest with a key twice": manifest(lambda told: b'{"format": 1, "format": 1}'),
    "manifest in UTF-16": manifest(lambda told: json.dumps(told).encode("utf-16")),
    "manifest with white space": manifest(lambda told: json.dumps(told).encode()),
    "features nested deep": content("features.json", DEEP),
    "features with NaN": content("features.json", b'{"columns": NaN}'),
    "features beyond a float": content("features.json", b'{"columns": 1e999}'),
    "features not text": content("features.json", b"\xff\xfe{}"),
    "features of another shape": content("features.json", {"columns": 5}),
    "features with a pair of nothing": content("features.json", {"columns": [], "pairs": [{}]}),
    "features with a change of nothing": content("features.json", {"columns": [], "pairs": [{"kind": "change"}]}),
    "features for another network": content("features.json", {"columns": []}),
    "calibration missing": content("calibration.json", {}),
    "calibration of nothing": content("calibration.json", {"temperature": 0, "offset": 0}),
    "features with a center in words": number(center="x"),
    "features with a scale of nothing": number(scale=0),
    "features with edges that fall": number(edges=[60.0, 40.0, 20.0]),
    "features with a state in words": number(states=["999"]),
    "a threshold in words": content("calibration.json", CALM | {"threshold": "x"}),
    "a threshold above 1": content("calibration.json", CALM | {"threshold": 7.0}),
    "a threshold that is true": content("calibration.json", CALM | {"threshold": True}),
    "a temperature of almost nothing": content("calibration.json", CALM | {"temperature": 1e-320}),
    "an offset beyond all odds": content("calibration.json", CALM | {"offset": 1e308}),
    "surer than anybody": content("calibration.json", CALM | {"surest": 1e9}),
    "sure of nothing": content("calibration.json", CALM | {"surest": 0}),
    "sure in words": content("calibration.json", CALM | {"surest": "8"}),
    "calibration in words": content("calibration.json", {"temperature": "1", "offset": True}),
    "segments without anything": content("segments.json", {}),
    "segments nested deep": content("segments.json", DEEP),
    "segments whose state is a list": content("segments.json", kept(state=[])),
    "segments whose state lacks its weights": content("segments.json", kept(BY_WEIGHTS | {"weights": []})),
    "segments whose tree goes round": content("segments.json", kept(BY_TREE | {"tree": {"nodes": [{**NODES[0], "left": 0}]}})),
    "segments of a column of another bank": content("segments.json", kept(BY_WEIGHTS | {"coding": [JOB, AGE | {"column": "income"}]})),
    "segments of a number as levels": content("segments.json", kept(BY_WEIGHTS | {"coding": [AGE, JOB | {"column": "age"}]})),
    "golden rows as a list": content("golden.json", []),
    "contract nested deep": content("contract.toml", b"a = " + b"[" * 50_000),
    "contract of another outcome": network(classes=["yes", "no, never"]),
    "card not text": content("model_card.md", b"\xff"),
}  # fmt: skip


def attack_all(make_bundle: Callable[..., Path], tmp_path: Path) -> dict[str, Path]:
    good = make_bundle("good")
    folders = {}
    for number, (name, attack) in enumerate(ATTACKS.items()):
        folders[name] = tmp_path / f"{number:03d}"
        shutil.copytree(good, folders[name])
        attack(folders[name])
    return folders


def test_no_hostile_bundle_opens_or_acts(make_bundle: Callable[..., Path], tmp_path: Path) -> None:
    """BND-01: refused in a second, in little memory, with no execution, import, socket or foreign opening."""
    folders = attack_all(make_bundle, tmp_path)
    command = [sys.executable, str(CHILD), str(tmp_path / "good"), *map(str, folders.values())]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    told = [json.loads(line) for line in ended.stdout.splitlines()]
    assert len(told) == 1 + len(ATTACKS), ended.stderr
    assert (told[0]["said"], told[0]["heard"]) == ("", []), "the good bundle must open"
    problems = []
    for name, one in zip(ATTACKS, told[1:], strict=True):
        assert one["name"] == folders[name].name
        if not one["said"].startswith("In this bundle '"):
            problems.append(f"{name}: {one['said'] or 'opened'}")
        if one["heard"]:
            problems.append(f"{name}: {one['heard']}")
        if one["seconds"] > 1.0 or one["megabytes"] > 100:
            problems.append(f"{name}: {one['seconds']:.1f} s, {one['megabytes']:.0f} MB")
    assert not problems, "\n".join(problems)
    assert not Path("/tmp/segmint-was-executed").exists()
    assert len(ATTACKS) >= 60


def test_the_listener_hears_what_it_should(make_bundle: Callable[..., Path], tmp_path: Path) -> None:
    """The same hook, with a reader that follows links, imports and executes, must cry out."""
    good = make_bundle("good")
    code = CHILD.read_text().replace(
        "        open_bundle(folder)\n",
        "        open('/etc/hostname').close(); exec('import colorsys'); import socket; socket.socket().close()\n",
    )
    ended = subprocess.run([sys.executable, "-c", code, str(good)], capture_output=True, text=True, check=True)
    heard = " ".join(json.loads(ended.stdout)["heard"])
    for event in ("open ('/etc/hostname'", "exec ", "compile ", "import ('colorsys'", "socket.__new__"):
        assert event in heard, event


def test_a_newer_bundle_is_called_newer_and_not_damaged(make_bundle: Callable[..., Path]) -> None:
    from segmint.errors import BundleError
    from segmint.store.bundle import open_bundle

    def newer(told: dict[str, Any]) -> dict[str, Any]:
        told = told | {"format": 2, "versions": {"segmint": "9.1"}, "more": {}}
        del told["seal"]
        return told | {"seal": strict_json.sha256(strict_json.canonical(told))}

    folder = make_bundle()
    manifest(newer)(folder)
    with pytest.raises(BundleError, match=r"made by segmint 9\.1 with a newer format; update segmint") as caught:
        open_bundle(folder)
    assert "pip install --upgrade segmint" in caught.value.fix
    told = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(told | {"format": 3}))  # the seal does not hold: damaged it is
    with pytest.raises(BundleError, match="its format is unknown"):
        open_bundle(folder)


@pytest.mark.parametrize("name", ["pickle as weights", "file too many", "format 2"])
def test_a_refusal_names_the_file_and_what_to_do(name: str, make_bundle: Callable[..., Path]) -> None:
    from segmint.errors import BundleError
    from segmint.store.bundle import open_bundle

    folder = make_bundle()
    ATTACKS[name](folder)
    file = {"pickle as weights": "network.safetensors", "file too many": "notes.txt", "format 2": "manifest.json"}
    with pytest.raises(BundleError, match=file[name].replace(".", r"\.")) as caught:
        open_bundle(folder)
    assert "copy it again" in caught.value.fix
