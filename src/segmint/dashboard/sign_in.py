"""Who may see the pages: a key or the one-time address opens a session; forms carry its token."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable

COOKIE = "segmint_session"
HOURS = 12
_MOST_SESSIONS = 200


class Doorkeeper:
    """Keeps sessions in memory: restarting signs everybody out.

    Parameters
    ----------
    accepts : callable (str) -> bool, optional
        Whether a key opens the door, besides the one-time code.
    """

    def __init__(self, accepts: Callable[[str], bool] | None = None) -> None:
        self._accepts = accepts
        self._secret = secrets.token_bytes(32)
        self.code: str | None = secrets.token_urlsafe(24)
        self._sessions: dict[str, float] = {}

    def open(self, key: str) -> str | None:
        """Start a session for whoever brings the one-time code or a key; None for anybody else."""
        once = self.code is not None and hmac.compare_digest(_digest(key), _digest(self.code))
        if once:
            self.code = None
        elif self._accepts is None or not self._accepts(key):
            return None
        if len(self._sessions) >= _MOST_SESSIONS:
            self._sessions.pop(next(iter(self._sessions)))
        session = secrets.token_urlsafe(32)
        self._sessions[session] = time.monotonic() + 3600 * HOURS
        return session

    def knows(self, session: str | None) -> bool:
        """Whether a session is open."""
        return session is not None and self._sessions.get(session, 0.0) > time.monotonic()

    def close(self, session: str) -> None:
        """End a session."""
        self._sessions.pop(session, None)

    def token(self, session: str) -> str:
        """The token that every form of a session carries, so that no other site can send one."""
        return hmac.new(self._secret, session.encode(), hashlib.sha256).hexdigest()

    def is_token(self, session: str, token: str) -> bool:
        """Whether a form came from our own page."""
        return hmac.compare_digest(_digest(self.token(session)), _digest(token))


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "replace")).digest()
