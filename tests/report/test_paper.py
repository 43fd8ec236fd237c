"""The page on paper, without script, and the warnings on it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.report.conftest import render_report


def test_dialling_gets_an_amber_banner(make_run: Callable[..., Path]) -> None:
    page = render_report(make_run(kind="response", at="dialling", rows=300))
    assert 'class="banner caution"' in page
    assert 'class="banner danger"' not in page


@pytest.mark.browser
def test_paper_is_white_without_contents_and_without_the_slider(
    response_page: str, browser: Any, tmp_path: Path
) -> None:
    (tmp_path / "report.html").write_text(response_page, "utf-8")
    tab = browser.new_page(color_scheme="dark")
    tab.goto((tmp_path / "report.html").as_uri())
    tab.emulate_media(media="print", color_scheme="dark")
    assert tab.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--ink').trim()") == "#1b2733"
    for hidden in (".contents", ".budget", ".tip"):
        assert not tab.locator(hidden).first.is_visible(), hidden
    tab.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert tab.locator("details[data-printed]:not([open])").count() == 0
    tab.close()


@pytest.mark.browser
def test_a_table_of_many_metrics_fits_on_paper(make_run: Callable[..., Path], browser: Any, tmp_path: Path) -> None:
    """One table that is wider than A4 makes Chromium shrink every page."""
    folder = make_run(kind="assignment", rows=300, hostile="")
    told = json.loads((folder / "comparison.json").read_text())
    metrics = ("macro_f1", "log_loss", "brier", "f1_A", "f1_B", "f1_C", "f1_D")
    told["rows"] += [row | {"metric": name} for row in told["rows"] if row["metric"] == "accuracy" for name in metrics]
    (folder / "comparison.json").write_text(json.dumps(told))
    (tmp_path / "report.html").write_text(render_report(folder), "utf-8")
    tab = browser.new_page(viewport={"width": 688, "height": 900})  # A4 without its margins
    tab.goto((tmp_path / "report.html").as_uri())
    tab.emulate_media(media="print")
    assert tab.locator("#comparison thead th").count() > 9
    assert tab.evaluate("document.documentElement.scrollWidth") == 688
    tab.close()


@pytest.mark.browser
def test_the_page_is_complete_without_script(response_page: str, browser: Any, tmp_path: Path) -> None:
    (tmp_path / "report.html").write_text(response_page, "utf-8")
    context = browser.new_context(java_script_enabled=False)
    tab = context.new_page()
    tab.goto((tmp_path / "report.html").as_uri())
    text = tab.locator("main").inner_text()
    for title in ("What was read", "The network beside other methods", "Gains: how many you reach", "Propensity"):
        assert title in text
    assert not tab.locator(".budget").is_visible()
    context.close()


@pytest.mark.browser
def test_values_are_shown_on_hover_and_by_arrow_keys(response_page: str, browser: Any, tmp_path: Path) -> None:
    (tmp_path / "report.html").write_text(response_page, "utf-8")
    tab = browser.new_page()
    tab.goto((tmp_path / "report.html").as_uri())
    tip, picture = tab.locator(".tip"), tab.locator("#columns svg").first
    assert not tip.is_visible()
    picture.focus()
    picture.press("ArrowRight")
    assert "customers, index" in tip.inner_text()
    picture.press("Escape")
    assert not tip.is_visible()
    tab.locator("#columns svg [data-tip]").nth(1).hover(force=True)
    assert "customers, index" in tip.inner_text()
    tab.close()
