"""Who may see the pages: a key or the one-time address opens a session; forms carry its token."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from segmint.service.keys import SCOPES, Key, KeyRing
from segmint.service.limits import Buckets

COOKIE = "segmint_session"
HOURS = 12
_MOST_SESSIONS = 200


def cookie_name(host: str) -> str:
    """Name the cookie of a session: browsers tell cookies of one machine apart by name only, whatever the port."""
    port = host.rpartition(":")[2] if ":" in host else ""
    return f"{COOKIE}_{port}" if re.fullmatch(r"[0-9]{1,5}", port) else COOKIE


@dataclass(frozen=True)
class Visitor:
    """Who is signed in: a name for the log, and what the pages may show and do for them."""

    name: str
    scopes: frozenset[str]


_HERE = Visitor("this machine", frozenset(SCOPES))


@dataclass(frozen=True)
class _Session:
    """Until when it lasts at most, on the monotonic clock, and by which key it was opened; None: by the one-time code."""

    until: float
    key: Key | None


class Doorkeeper:
    """Keeps sessions in memory: restarting signs everybody out, and so does the end of the key that opened one.

    Parameters
    ----------
    keys : KeyRing, optional
        Keys that open the door, besides the one-time code.

    Attributes
    ----------
    code : str or None
        The one-time code; None once it was used, or where there is none.
    wrong_keys : Buckets
        Wrong keys by the address they came from.
    announce : callable or None
        Told a new code when the session of the last one is signed out, or a used one is brought; None where nobody would
        hear it.
    """

    def __init__(self, keys: KeyRing | None = None) -> None:
        self._keys = keys or KeyRing()
        self._secret = secrets.token_bytes(32)
        self.code: str | None = secrets.token_urlsafe(24)
        self.wrong_keys = Buckets(rate=0.2, burst=10)
        self.announce: Callable[[str], Any] | None = None
        self._sessions: dict[str, _Session] = {}

    def open_once(self, code: str) -> str | None:
        """Start a session for whoever brings the one-time code, and for nobody else: an address is no place for a key.

        Where it was used already, a new one is announced: whoever lost the session has nothing else to come back with.
        """
        if (session := self._open_by_code(code)) is None:
            self._renew()
        return session

    def open(self, text: str) -> str | None:
        """Start a session for whoever brings the one-time code or a key; None for anybody else."""
        if (session := self._open_by_code(text)) is not None:
            return session
        key = self._keys.find(text)
        return None if key is None else self._start(key)

    def _open_by_code(self, code: str) -> str | None:
        if self.code is None or not hmac.compare_digest(_digest(code), _digest(self.code)):
            return None
        self.code = None
        return self._start(None)

    def _renew(self) -> None:
        """Announce a new code, if the last one was used and somebody hears it; one that was not used is good still."""
        if self.code is None and self.announce is not None:
            self.code = secrets.token_urlsafe(24)
            with suppress(OSError, ValueError):  # the terminal may have gone
                self.announce(self.code)

    def _start(self, key: Key | None) -> str:
        if len(self._sessions) >= _MOST_SESSIONS:
            self._sessions.pop(next(iter(self._sessions)))
        session = secrets.token_urlsafe(32)
        self._sessions[session] = _Session(time.monotonic() + 3600 * HOURS, key)
        return session

    def who(self, session: str | None) -> Visitor | None:
        """Whose session it is; None if it is not open, or the key that opened it opens nothing any more."""
        found = None if session is None else self._sessions.get(session)
        if found is None or found.until <= time.monotonic():
            return None
        if found.key is None:
            return _HERE
        return Visitor(found.key.caller, found.key.scopes) if self._keys.still(found.key) else None

    def knows(self, session: str | None) -> bool:
        """Whether a session is open."""
        return self.who(session) is not None

    def close(self, session: str) -> None:
        """End a session; whoever has no key to come back with is announced a new code."""
        ended = self._sessions.pop(session, None)
        if ended is not None and ended.key is None:
            self._renew()

    def token(self, session: str) -> str:
        """The token that every form of a session carries, so that no other site can send one."""
        return hmac.new(self._secret, session.encode(), hashlib.sha256).hexdigest()

    def is_token(self, session: str, token: str) -> bool:
        """Whether a form came from our own page."""
        return hmac.compare_digest(_digest(self.token(session)), _digest(token))


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "replace")).digest()
