"""What each alarm means and what to do: the pages beside this file, for the report, the command line and the documentation."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.resources import files

from segmint.errors import InputError
from segmint.monitoring.drift import ALARMS


@dataclass(frozen=True)
class AlarmText:
    """One alarm in words.

    Attributes
    ----------
    code : str
    title : str
        What has happened, in a few words.
    means, to_do : str
        Plain text.
    """

    code: str
    title: str
    means: str
    to_do: str

    def lines(self) -> tuple[str, ...]:
        """Return the text for a terminal."""
        return (f"{self.code}: {self.title}", self.means, self.to_do)


def alarm_page(code: str) -> str:
    """Return the page of an alarm, as Markdown.

    Raises
    ------
    InputError
        If there is no such alarm.
    """
    if code not in ALARMS:
        raise InputError(
            f"There is no alarm '{code}'.", expected=f"one of {', '.join(ALARMS)}", fix="take the code from `monitor`"
        )
    return files("segmint.monitoring").joinpath("alarms", f"{code}.md").read_text("utf-8")


def alarm_text(code: str) -> AlarmText:
    """Read what an alarm means and what to do.

    Parameters
    ----------
    code : str
        In capitals or not.

    Raises
    ------
    InputError
        If there is no such alarm.
    """
    code = code.upper()
    title, *parts = re.split(r"^#+ (.+)$", alarm_page(code), flags=re.M)[1:]
    sections = dict(zip(parts[1::2], parts[2::2], strict=True))
    return AlarmText(
        code,
        title.removeprefix(f"{code}: "),
        _plain(sections["What it means"]),
        _plain(sections["What to do"]),
    )


def _plain(markdown: str) -> str:
    first = markdown.strip().split("\n\n")[0]
    return " ".join(first.replace("**", "").replace("`", "").split())
