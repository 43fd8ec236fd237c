"""The manifest of a bundle: the SHA-256 and the size of every file, and a seal over the manifest itself.

The seal finds damage, not forgery: who can rewrite every file can rewrite the seal. What is in use is pinned
from outside, by the manifest's hash in ``runs/PROMOTED``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from segmint.complaints import said
from segmint.contract.column import Known
from segmint.store import strict_json
from segmint.store.sealed_folder import in_ascii

FORMAT = 1
NAME = "manifest.json"


class FileEntry(BaseModel):
    """What the manifest says of one file."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    size: Annotated[int, Field(ge=0)]


class LearnedFrom(BaseModel):
    """What a bundle has learned from, so that a copy of it far from its run can still say.

    Attributes
    ----------
    table : str
        Fingerprint of the table that its network was trained on.
    rows : int
        How many of its rows were accepted.
    seed : int
    recipe : str
    settings : str
        SHA-256 of the ``config.toml`` of the run.
    moved_by : list of str
        Fingerprints of what the updates read that have moved its intercept since, oldest first.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    table: str
    rows: Annotated[int, Field(ge=0)]
    seed: int
    recipe: str
    settings: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    moved_by: list[str] = []

    @property
    def sentence(self) -> str:
        """Say it in a few words."""
        moved = f", moved by {len(self.moved_by)} more" if self.moved_by else ""
        return (
            f"{self.rows:,} rows of the table {in_ascii(self.table)}{moved}, recipe {in_ascii(self.recipe)}, "
            f"seed {self.seed}, settings {self.settings}"
        )


class Manifest(BaseModel):
    """What a bundle says of itself.

    Attributes
    ----------
    format : 1
    made : str
        When, in UTC. With the seal over it the only thing that differs between two bundles of the same content.
    at : {"planning", "dialling", "after_call"}
        The moment whose columns the model was trained on; predicting cannot override it.
    versions : dict of str to str
        Of segmint and the libraries that made it.
    quality : dict of str to float
        Headline figures on rows kept apart.
    learned_from : LearnedFrom or None
        None where whoever wrote the bundle did not say.
    files : dict of str to FileEntry
    content : str
        SHA-256 over `files`: equal for equal content.
    seal : str
        SHA-256 over everything else here.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    format: Literal[1]
    made: str
    at: Known
    versions: dict[str, str]
    quality: dict[str, float]
    learned_from: LearnedFrom | None
    files: dict[str, FileEntry]
    content: str
    seal: str


class NewerFormatError(ValueError):
    """A manifest that a later version of segmint wrote."""


def make_manifest(
    files: Mapping[str, bytes],
    *,
    at: str,
    versions: Mapping[str, str],
    quality: Mapping[str, float],
    learned_from: Mapping[str, Any] | None = None,
) -> bytes:
    """Write the manifest of `files` (name to content)."""
    entries = {name: {"sha256": strict_json.sha256(files[name]), "size": len(files[name])} for name in sorted(files)}
    manifest: dict[str, Any] = {
        "format": FORMAT,
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "at": at,
        "versions": dict(versions),
        "quality": {name: float(value) for name, value in quality.items()},
        "learned_from": None if learned_from is None else LearnedFrom(**learned_from).model_dump(),
        "files": entries,
        "content": strict_json.sha256(strict_json.canonical(entries)),
    }
    return strict_json.to_bytes(manifest | {"seal": _seal(manifest)})


def parse_manifest(content: bytes) -> Manifest:
    """Read a manifest, every byte of it accounted for.

    Raises
    ------
    NewerFormatError
        If a later version wrote it.
    ValueError
        If the format is unknown, something is missing or too much, or a byte was changed.
    """
    told = strict_json.from_bytes(content)
    if type(told.get("format")) is int and told["format"] > FORMAT and _is_sealed(told):
        versions = told.get("versions")
        made_by = str(versions.get("segmint", "")) if isinstance(versions, dict) else ""
        raise NewerFormatError(f"segmint {made_by}".strip())
    if type(told.get("format")) is not int or told["format"] != FORMAT:
        raise ValueError(f"its format is unknown to this version, which reads format {FORMAT}")
    try:
        manifest = Manifest.model_validate(told)
    except ValidationError as error:
        raise ValueError(said(error)) from None
    # Equal bytes as well as an equal seal: white space and escapes are bytes too.
    if not _is_sealed(told) or content != strict_json.to_bytes(told):
        raise ValueError("it was changed after it was written")
    if manifest.content != strict_json.sha256(strict_json.canonical(told["files"])):
        raise ValueError("its content hash is wrong")
    return manifest


def _is_sealed(told: Mapping[str, Any]) -> bool:
    try:
        return bool(told.get("seal") == _seal({name: value for name, value in told.items() if name != "seal"}))
    except RecursionError:  # what is nested too deep to write was never written
        return False


def _seal(manifest: dict[str, Any]) -> str:
    return strict_json.sha256(strict_json.canonical(manifest))
