from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from segmint.report.html import printable_dict, render
from segmint.report.summary import summarise
from tests.labels import controls_without_a_name
from tests.payloads import payloads
from tests.report.conftest import render_report

PAYLOADS = (
    "<script>window.hit=1</script>",
    '"><img src=x onerror=window.hit=1>',
    "'-window.hit=1-'",
    "</title><script>window.hit=1</script>",
    "</style><svg onload=window.hit=1>",
    "javascript:window.hit=1",
    "{{constructor.constructor('window.hit=1')()}}",
    "]]><script>window.hit=1</script>",
    "&lt;script&gt;window.hit=1&lt;/script&gt;",
    "<iframe srcdoc='<script>parent.hit=1</script>'>",
    "<a href=http://example.invalid/x>x</a><link rel=stylesheet href=http://example.invalid/x>",
    "\u2028window.hit=1\u2028",
)
WIDTHS = (1280, 390)


@pytest.fixture(params=["response", "assignment"])
def page(request: pytest.FixtureRequest, response_page: str, segments_page: str) -> str:
    return response_page if request.param == "response" else segments_page


def test_a_report_is_one_small_file_without_outside_addresses(page: str) -> None:
    assert len(page.encode()) < 3_000_000
    assert not re.search(r"""(?:src|href)\s*=\s*["']?(?!#)(?:https?:)?//""", page)
    assert "default-src 'none'" in html.unescape(page)


def test_the_summary_is_plain_json(response_run: Path) -> None:
    summary = summarise(response_run)
    assert json.loads(json.dumps(summary)) == summary


def test_a_summary_renders_to_the_same_page(response_run: Path, response_page: str) -> None:
    assert render(json.loads(json.dumps(summarise(response_run)))) == response_page


def test_a_report_that_was_stored_before_headings_had_levels_is_still_shown(response_run: Path) -> None:
    stored = json.loads(
        json.dumps(summarise(response_run)), object_hook=lambda block: {k: v for k, v in block.items() if k != "level"}
    )
    assert "<h3>" in render(stored)


def test_after_call_gets_a_banner_and_planning_none(make_run: Callable[..., Path], response_page: str) -> None:
    words = "known only after the call"
    page = render_report(make_run(kind="response", at="after_call"))
    assert page.count(words) > response_page.count(words)


def test_the_page_says_how_often_customers_were_redrawn(make_run: Callable[..., Path]) -> None:
    folder = make_run(kind="response")
    told = json.loads((folder / "comparison.json").read_text())
    (folder / "comparison.json").write_text(json.dumps(told | {"repeats": 320}))
    assert "redrawing the customers 320 times" in render_report(folder)


def test_a_run_without_a_comparison_still_has_a_page(make_run: Callable[..., Path]) -> None:
    folder = make_run(kind="response")
    for name in ("comparison.json", "predictions.parquet"):
        (folder / name).unlink()
    page = render_report(folder)
    assert "The network and how it learned" in page
    assert "The network beside other methods" not in page


def test_every_slider_of_a_report_has_a_name(response_page: str) -> None:
    """The label of "How many to call?" named the number that it shows, and not the slider."""
    assert controls_without_a_name(response_page, least=1) == []


def test_words_from_right_to_left_turn_nothing_beside_them() -> None:
    told = {"text": "profession is متقاعد جديد (32 %)", "kind": "text"}
    seen = printable_dict(told)
    assert seen["text"] == "profession is \u2068متقاعد جديد\u2069 (32\u00a0%)"
    assert printable_dict(seen) == seen
    assert printable_dict(told | {"kind": "code"})["text"] == told["text"]
    assert printable_dict(seen, unparted=False)["text"] == "profession is متقاعد جديد (32\u00a0%)"
    assert "\u2068" not in printable_dict("\u2068abc\u2069")


def test_a_number_is_not_parted_from_its_unit() -> None:
    said = {"text": "4,521 EUR, 12 %, 3 min 20 s, 5 calls, 7 sorts and 3.50 €"}
    assert printable_dict(said)["text"] == (
        "4,521\u00a0EUR, 12\u00a0%, 3\u00a0min 20\u00a0s, 5 calls, 7 sorts and 3.50\u00a0€"
    )


def test_the_text_under_the_gains_plot_says_what_the_best_fifth_brings(response_page: str) -> None:
    assert re.search(
        r"Calling the best 20 % reaches \d+ % of all who say yes, \d\.\d times random",
        response_page.replace("\u00a0", " "),
    )


@pytest.mark.browser
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_the_screen_and_keeps_quiet(page: str, width: int, scheme: str, browser: Any, tmp_path: Path) -> None:
    said, asked = [], []
    (tmp_path / "report.html").write_text(page, "utf-8")
    tab = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    tab.on("console", lambda message: said.append(message.text))
    tab.on("pageerror", lambda error: said.append(str(error)))
    tab.on("request", lambda request: asked.append(request.url))
    tab.goto((tmp_path / "report.html").as_uri())
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert said == []
    tab.close()


def stay_text(
    texts: Sequence[str], each: int, kind: str, make_run: Callable[..., Path], browser: Any, at: Path
) -> None:
    """Write `each` texts into every name of a report, page after page, and open it."""
    dialogs, asked = [], []
    context = browser.new_context()
    tab = context.new_page()
    tab.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    tab.on("request", lambda request: asked.append(request.url))
    for place in range(0, len(texts), each):
        payload = " ".join(texts[place : place + each])
        target = at / f"{place}.html"
        target.write_text(render_report(make_run(kind=kind, rows=300, hostile=payload)), "utf-8")
        tab.goto(target.as_uri())
        assert tab.evaluate("window.hit") is None, payload
    assert dialogs == []
    assert [url for url in asked if not url.startswith("file:")] == []
    context.close()


@pytest.mark.browser
@pytest.mark.parametrize("kind", ["response", "assignment"])
def test_out_02_no_name_from_the_data_runs_or_loads_anything(
    kind: str, make_run: Callable[..., Path], browser: Any, tmp_path: Path
) -> None:
    stay_text(PAYLOADS, 6, kind, make_run, browser, tmp_path)
    stay_text(payloads(50), 25, kind, make_run, browser, tmp_path)


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.timeout(3000)
@pytest.mark.parametrize("kind", ["response", "assignment"])
def test_out_02_no_name_of_a_thousand_runs_or_loads_anything(
    kind: str, make_run: Callable[..., Path], browser: Any, tmp_path: Path
) -> None:
    stay_text(payloads(1_000), 25, kind, make_run, browser, tmp_path)


@pytest.mark.browser
def test_the_slider_moves_the_figures(response_page: str, browser: Any, tmp_path: Path) -> None:
    (tmp_path / "report.html").write_text(response_page, "utf-8")
    tab = browser.new_page()
    tab.goto((tmp_path / "report.html").as_uri())
    slider = tab.locator("input[type=range]").first
    before = tab.locator("body").inner_text()
    slider.focus()
    for _ in range(10):
        slider.press("ArrowRight")
    after = tab.locator("body").inner_text()
    assert before != after
    assert "30 % of customers" in after
    tab.close()
