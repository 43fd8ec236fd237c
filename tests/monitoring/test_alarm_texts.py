"""Every alarm says what it means and what to do, in the package and in the documentation."""

from __future__ import annotations

import runpy

import pytest

from segmint.errors import InputError
from segmint.monitoring.alarm_texts import alarm_page, alarm_text
from segmint.monitoring.drift import ALARMS


@pytest.mark.parametrize("code", ALARMS)
def test_every_alarm_says_what_it_means_and_what_to_do(code):
    told = alarm_text(code)
    assert told.title
    assert "Alarms are raised" not in told.to_do
    assert ALARMS[code][1] in told.to_do.lower()
    assert not any(mark in told.means + told.to_do for mark in ("**", "`", "RUN", ".csv", "\n"))
    assert told.lines() == (f"{code}: {told.title}", told.means, told.to_do)


def test_an_alarm_that_does_not_exist_is_refused():
    with pytest.raises(InputError, match="no alarm 'DRIFT-99'"):
        alarm_text("DRIFT-99")


@pytest.mark.parametrize("code", ALARMS)
def test_the_documentation_shows_the_same_page(code, request):
    docs = request.config.rootpath / "docs"
    made = runpy.run_path(str(docs / "generated.py"))
    shown = made["on_page_markdown"]((docs / "alarms" / f"{code}.md").read_text("utf-8"))
    assert shown.startswith(alarm_page(code).strip())
    assert f"segmint monitor --explain {code}" in shown  # for who reads the file and not the site
