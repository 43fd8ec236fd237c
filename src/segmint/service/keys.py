"""Who may ask: keys with scopes and an end, stored as hashes in ``keys.toml``."""

from __future__ import annotations

import hashlib
import hmac
import logging
import os
import re
import secrets
import stat
import time
import tomllib
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import tomlkit

from segmint.errors import ConfigError, why
from segmint.store.alone import alone
from segmint.store.staging import make_folder, publish_file, real_path, write_file
from segmint.toml_files import read_toml_text

SCOPES = ("read", "predict", "target")
PREFIX = "sgm_"
_CLOSED = "mode 0600, or 0440 where root owns it and this process is in its group"
SOON = timedelta(days=14)  # so long before its end an operator is reminded of a key
_ID = 8  # letters of the hash that tell keys apart
log = logging.getLogger("segmint.service")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Key:
    """One key.

    Attributes
    ----------
    name : str
        Whose it is; a name may have several keys while one replaces the other.
    sha256 : str
        Of the key; the key itself is kept nowhere.
    scopes : frozenset of str
    expires : datetime
        In UTC; from then on it opens nothing.
    """

    name: str
    sha256: str
    scopes: frozenset[str]
    expires: datetime

    @property
    def id(self) -> str:
        """Tells keys of one name apart; says nothing about the key itself."""
        return self.sha256[:_ID]

    @property
    def has_ended(self) -> bool:
        """Whether it opens nothing any more."""
        return self.expires <= datetime.now(UTC)

    @property
    def caller(self) -> str:
        """What the log calls whoever holds the key: "dialler/3f9c12ab"."""
        return f"{self.name}/{self.id}"


class KeyRing:
    """The keys that are valid now.

    Parameters
    ----------
    keys : iterable of Key
    """

    def __init__(self, keys: Iterable[Key] = ()) -> None:
        self._keys = tuple(keys)

    def find(self, text: str) -> Key | None:
        """Return the key that this text is; every stored hash is compared, in constant time."""
        digest = digest_of(text)
        found = None
        for key in self._keys:
            if hmac.compare_digest(key.sha256, digest):
                found = key
        if found is not None and found.has_ended:
            log.warning("the key %s ended on %s", found.caller, found.expires.date())
            return None
        return found

    def opens(self) -> bool:
        """Whether any key is valid now."""
        return any(not key.has_ended for key in self._keys)

    def ending(self) -> list[Key]:
        """The keys that ended, or end within `SOON`."""
        return [key for key in self._keys if key.expires <= datetime.now(UTC) + SOON]

    def still(self, key: Key) -> bool:
        """Whether a key that was found before is still on the ring, unchanged, and has not ended."""
        return key in self._keys and not key.has_ended

    def is_refused(self) -> bool:
        """Whether nobody is let in because where the keys are kept cannot be trusted."""
        return False


class FileRing(KeyRing):
    """The keys of a file, read again when the file changes; looked at once a second at most.

    Raises
    ------
    ConfigError
        If the file cannot be trusted at the start, or holds no key. Later on, an untrustworthy file opens nothing, and
        the log says why, once for each change of the file.
    """

    def __init__(self, path: Path, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._path, self._clock = path, clock
        super().__init__(read_keys(path))
        if not self._keys:
            raise ConfigError(
                f"There is no key in '{path.name}'.", expected="one at least", fix="segmint keys add NAME"
            )
        self._mark, self._looked, self._refused = self._now(), clock(), False

    def find(self, text: str) -> Key | None:
        """Return the key that this text is, after a look at the file."""
        self._look()
        return super().find(text)

    def still(self, key: Key) -> bool:
        """Whether a key is still in the file and has not ended, after a look at it."""
        self._look()
        return super().still(key)

    def opens(self) -> bool:
        """Whether any key of the file is valid now, after a look at it."""
        self._look()
        return super().opens()

    def is_refused(self) -> bool:
        """Whether the file cannot be trusted now, after a look at it."""
        self._look()
        return self._refused

    def _look(self) -> None:
        if self._clock() - self._looked >= 1.0:
            self._looked = self._clock()
            if (mark := self._now()) != self._mark:
                self._mark = mark
                self._read()

    def _read(self) -> None:
        try:
            self._keys = tuple(read_keys(self._path))
        except ConfigError as error:
            self._keys, self._refused = (), True
            log.error("no key opens anything until this is mended: %s Next: %s", error.came, error.fix)
            return
        if self._refused:
            self._refused = False
            log.info("the file of keys can be used again: '%s'", self._path.name)

    def _now(self) -> tuple[int, ...]:
        try:
            seen = self._path.stat()
        except OSError:
            return ()
        return seen.st_ino, seen.st_mtime_ns, seen.st_size, seen.st_mode, seen.st_uid, seen.st_gid


def digest_of(text: str) -> str:
    """Return what is stored of a key."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def id_of(text: str) -> str:
    """Return the id of a key, as `Key.id`."""
    return digest_of(text)[:_ID]


def session_key() -> tuple[str, Key]:
    """Make a key with every scope that lives as long as the process: for a service on this machine without keys."""
    text = PREFIX + secrets.token_urlsafe(32)
    forever = datetime.now(UTC) + timedelta(days=3650)
    return text, Key("this machine", digest_of(text), frozenset(SCOPES), forever)


def read_keys(path: Path) -> list[Key]:
    """Read a file of keys.

    Raises
    ------
    ConfigError
        If it cannot be read, says nonsense, or others on this machine may read it.
    """
    try:
        told = tomllib.loads(_text_of(path))
        return [_key(entry) for entry in told.get("keys", [])]
    except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as error:
        raise ConfigError(
            f"The keys in '{path.name}' cannot be read ({type(error).__name__}).",
            expected="a file as `segmint keys add` writes it",
            fix="move it away and add the keys again",
        ) from error


def _text_of(path: Path) -> str:
    """The text of a file of keys that can be trusted."""
    try:
        seen, text = path.stat(), read_toml_text(path)
    except FileNotFoundError as error:
        raise ConfigError(
            f"There is no file of keys '{path.name}' here.",
            expected="a file as `segmint keys add` writes it",
            fix="make the first key: segmint keys add NAME, or name the file with --keys",
        ) from error
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"The file of keys '{path.name}' cannot be read: {why(error) if isinstance(error, OSError) else error}.",
            expected=f"a file that this process may read: {_CLOSED}",
            fix="correct that; where access is lacking, let the user of this process own it (mode 0600), "
            "or root, with a group of this process (mode 0440)",
        ) from error
    if _is_open_to_others(seen):
        raise ConfigError(f"Others on this machine may read '{path.name}'.", expected=_CLOSED, fix=f"chmod 600 {path}")
    return text


def _is_open_to_others(seen: os.stat_result) -> bool:
    """Whether somebody else may read or change the file; root may let a group of ours read what it hands to us."""
    handed = seen.st_uid == 0 != os.geteuid() and seen.st_gid in (os.getegid(), *os.getgroups())
    closed = stat.S_IRWXG | stat.S_IRWXO
    return bool(seen.st_mode & (closed & ~stat.S_IRGRP if handed else closed))


def _key(entry: dict[str, object]) -> Key:
    expires = entry["expires"]
    scopes = frozenset(str(scope) for scope in entry["scopes"])  # type: ignore[attr-defined]
    if not isinstance(expires, datetime) or expires.tzinfo is None or not scopes <= set(SCOPES):
        raise ValueError("a key needs known scopes and an end with a time zone")
    if not _HASH.fullmatch(str(entry["sha256"])) or not _NAME.fullmatch(str(entry["name"])):
        raise ValueError("a key needs a name and a hash")
    return Key(str(entry["name"]), str(entry["sha256"]), scopes, expires)


def add_key(path: Path, name: str, scopes: Sequence[str], *, days: int = 365) -> str:
    """Add a key and return it; it is shown once and stored hashed.

    Parameters
    ----------
    path : Path
        Made if it is not there, readable by its owner only.
    name : str
    scopes : sequence of str
        Of read, predict, target.
    days : int
        Calendar days until it ends.

    Raises
    ------
    ConfigError
        For an unknown scope, an unusable name, or a file that cannot be trusted.
    """
    if not scopes or not set(scopes) <= set(SCOPES):
        raise ConfigError("These scopes are not known.", expected=", ".join(SCOPES), fix="--scope read,predict")
    if not _NAME.fullmatch(name):
        raise ConfigError(
            "This name cannot be used.", expected="letters, digits, '.', '_' and '-'", fix="choose another"
        )
    if not 1 <= days <= 3650:
        raise ConfigError(f"A key cannot live {days} days.", expected="1 to 3650 days", fix="--days 365")
    text = PREFIX + secrets.token_urlsafe(32)
    expires = (datetime.now(UTC) + timedelta(days=days)).replace(microsecond=0)
    path = real_path(path)
    with _alone(path):
        keys = read_keys(path) if path.exists() else []
        _write(path, [*keys, Key(name, digest_of(text), frozenset(scopes), expires)])
    return text


def revoke_keys(path: Path, name: str, key: str | None = None) -> int:
    """Take one key of a name away, or every one; return how many there were.

    Parameters
    ----------
    path : Path
    name : str
    key : str, optional
        The id of the one that goes, as `Key.id`.

    Raises
    ------
    ConfigError
        If there is none.
    """
    path = real_path(path)
    with _alone(path):
        keys = read_keys(path)
        kept = [one for one in keys if one.name != name or (key is not None and one.id != key)]
        if len(kept) == len(keys):
            raise ConfigError(
                f"There is no key of '{name}'" + ("." if key is None else f" with the id '{key}'."),
                expected="a name and an id of `segmint keys list`",
                fix="check the name and the id",
            )
        _write(path, kept)
    return len(keys) - len(kept)


def _alone(path: Path) -> AbstractContextManager[None]:
    """Let one process at a time change a file of keys, or a key that was shown once would be lost to another's."""
    make_folder(path.parent)
    return alone(path.parent, "change of the keys")


def _write(path: Path, keys: Sequence[Key]) -> None:
    told = [
        {"name": k.name, "sha256": k.sha256, "scopes": [s for s in SCOPES if s in k.scopes], "expires": k.expires}
        for k in keys
    ]
    text = tomlkit.dumps({"keys": told})
    # whoever the service runs as can read it still, also after another user changed it
    publish_file(path, lambda staged: write_file(staged, text.encode("utf-8")), keep_access=True)
