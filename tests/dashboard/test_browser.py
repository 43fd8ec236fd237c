"""A real browser walks every page: quiet, closed to scripts in names, usable, at both widths."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from segmint.dashboard.desk import Desk
from segmint.flows.demo import sample_path

from .conftest import HOSTILE, Here

pytestmark = [pytest.mark.browser, pytest.mark.network]


class Watched:
    """A tab that notes whatever must not happen."""

    def __init__(self, browser: Any, address: str, desk: Desk, *, width: int, scheme: str) -> None:
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, base_url=address, accept_downloads=True
        )
        self.tab, self.wrong = context.new_page(), []
        self.tab.on("dialog", lambda dialog: (self.wrong.append("dialog"), dialog.dismiss()))
        self.tab.on("pageerror", lambda error: self.wrong.append(f"error {error}"))
        self.tab.on("console", lambda line: self.wrong.append(line.text) if line.type == "error" else None)
        self.tab.on(
            "request", lambda asked: None if asked.url.startswith((address, "data:")) else self.wrong.append(asked.url)
        )
        desk.keeper.code = "code"
        self.tab.goto("/sign-in?code=code")

    def judge(self) -> None:
        from axe_playwright_python.sync_playwright import Axe

        found = Axe().run(self.tab).response["violations"]
        serious = [(v["id"], v["nodes"][0]["target"]) for v in found if v["impact"] in ("serious", "critical")]
        wide = self.tab.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        assert (self.wrong, serious, wide) == ([], [], False), self.tab.url


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_every_page_is_quiet_and_readable(browser: Any, address: str, here: Here, width: int, scheme: str) -> None:
    watched = Watched(browser, address, here.desk, width=width, scheme=scheme)
    pages = ["/", "/runs", f"/runs/{here.run}", "/segments", "/segments/1", "/lists", f"/lists?table={here.table}"]
    pages += ["/customer", "/try", "/monitoring", "/compare", "/upload", f"/tables/{here.table}"]
    for page in pages:
        assert watched.tab.goto(page).status == 200, page
        watched.judge()


def test_a_customer_with_a_hostile_name_is_looked_up(browser: Any, address: str, here: Here) -> None:
    watched = Watched(browser, address, here.desk, width=390, scheme="light")
    watched.tab.goto(f"/customer?table={here.table}")
    watched.tab.fill("[name=customer]", f"{HOSTILE}5")
    watched.tab.get_by_role("button", name="Look up").click()
    watched.tab.get_by_text("Propensity").wait_for()
    assert f"Customer {HOSTILE}5" in watched.tab.locator("h2").all_inner_texts()
    watched.judge()
    watched.tab.goto("/try")
    watched.tab.get_by_role("button", name="Predict").click()
    watched.tab.locator("#prediction").wait_for()
    watched.judge()


def test_a_list_is_moved_made_and_downloaded(browser: Any, address: str, here: Here, tmp_path: Path) -> None:
    watched = Watched(browser, address, here.desk, width=1280, scheme="light")
    tab = watched.tab
    tab.goto(f"/lists?table={here.table}")
    full = tab.locator('[data-seen="customers"]').inner_text()
    with tab.expect_response("**/lists/preview"):
        tab.locator("#calls-slider").evaluate(
            "s => { s.value = 30; s.dispatchEvent(new Event('input', {bubbles: true})); }"
        )
    tab.wait_for_function("document.querySelector('[data-seen=customers]').textContent === '30'")
    assert full != "30"
    assert "leave it" in tab.locator("#moves").inner_text()
    tab.get_by_role("button", name="Make the list").click()
    tab.wait_for_url("**/runs/*")
    watched.judge()
    for name in ("call_list.xlsx", "dialler.csv", "call_list.parquet"):
        with tab.expect_download() as coming:
            tab.locator(f'a[href$="/{name}"]').click()
        coming.value.save_as(tmp_path / name)
    statuses = pl.read_parquet(tmp_path / "call_list.parquet")["status"]
    assert (statuses == "listed").sum() == 30
    policy = (here.desk.runs / tab.url.rsplit("/", 1)[-1] / "config.toml").read_text("utf-8")
    assert "budget_calls = 30" in policy


def test_a_table_is_brought_run_and_its_report_read(browser: Any, address: str, here: Here, tmp_path: Path) -> None:
    rows = sample_path().read_text("utf-8").splitlines(keepends=True)
    few = tmp_path / "<svg onload=alert(4)>.csv"
    few.write_text("".join(rows[:601]), "utf-8")
    tiny = (
        "compare.repeats=100",
        "model.epochs=2",
        "model.hidden=[8]",
        'compare.models=["dense_network", "base_rate"]',
    )
    here.desk.jobs.quick = (*here.desk.jobs.quick, *(word for setting in tiny for word in ("--set", setting)))
    watched = Watched(browser, address, here.desk, width=1280, scheme="light")
    tab = watched.tab
    tab.goto("/upload")
    tab.set_input_files("#file", few)
    tab.wait_for_url("**/tables/*")
    watched.judge()
    tab.select_option("[name=contract]", "bank-marketing")
    tab.get_by_role("button", name="Run", exact=True).click()
    tab.wait_for_url("**/work/*")
    tab.wait_for_url("**/runs/*", timeout=240_000)
    assert tab.get_by_role("heading", name="The answer").count() == 1
    watched.judge()
