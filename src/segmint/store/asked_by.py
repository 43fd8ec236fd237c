"""Who asks: the account that works, and before it who is said to use it."""

from __future__ import annotations

import os
import pwd

BY = "SEGMINT_BY"
"""The environment variable that says who asks, where many share an account."""


def asked_by() -> str:
    """Name the account, and before it who is said to use it."""
    try:
        account = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # in a container an account may have a number only
        account = str(os.getuid())
    said = os.environ.get(BY, "").strip()
    return legible(f"{said} (account {account})" if said else account)


def said_to_be(by: str) -> dict[str, str]:
    """Return the environment of a child that works for somebody; who is said to use this account is named behind."""
    return {**os.environ, BY: "; ".join(filter(None, (by, os.environ.get(BY, "").strip())))}


def legible(text: str) -> str:
    """Put a mark in the place of bytes that are no UTF-8: a terminal of another encoding sends some."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
