"""A real browser walks every page: quiet, closed to scripts in names, usable, at both widths."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from playwright.sync_api import expect

from segmint.dashboard.desk import Desk
from segmint.flows.demo import sample_path

from .conftest import HOSTILE, PLAN, Here, hostile_table

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
    expect(tab.locator("[data-seen=customers]")).to_have_text("30")
    assert full != "30"
    assert "leave it" in tab.locator("#moves").inner_text()
    tab.get_by_label("Calls at most").fill("40")  # a number that is typed moves the slider along
    expect(tab.locator("#calls-slider")).to_have_value("40")
    tab.get_by_label("Calls at most").fill("30")
    expect(tab.locator("#calls-slider")).to_have_value("30")
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


def test_the_curve_is_read_by_pointing_and_by_arrow_keys(browser: Any, address: str, here: Here) -> None:
    watched = Watched(browser, address, here.desk, width=1280, scheme="light")
    tab = watched.tab
    tab.goto(f"/lists?table={here.table}")
    curve, tip = tab.locator("#curve"), tab.locator(".tip")
    assert tip.is_hidden()
    curve.scroll_into_view_if_needed()
    curve.focus()
    tab.wait_for_timeout(300)  # whatever scrolls takes the tip away
    tab.keyboard.press("ArrowRight")
    assert tip.is_visible()
    assert re.fullmatch(r"[\d,]+ customers called: −?[\d,]+ EUR expected", first := tip.inner_text())
    tab.keyboard.press("ArrowRight")
    assert tip.inner_text() != first
    for _ in range(2):
        tab.keyboard.press("ArrowLeft")  # the list itself stands behind the last point
    assert tip.inner_text().startswith("This list: ")
    with tab.expect_response("**/lists/preview"):
        tab.locator("#calls-slider").evaluate(
            "s => { s.value = 30; s.dispatchEvent(new Event('change', {bubbles: true})); }"
        )
    tab.keyboard.press("Escape")
    assert tip.is_hidden()
    tab.locator("#curve .points circle").nth(5).hover(force=True)
    assert tip.is_visible()
    watched.judge()


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


SIZES = [(1280, "light"), (390, "dark")]


@pytest.fixture(scope="session")
def second_run(here: Here) -> str:
    """Another training of the same table, older, with figures of its own."""
    name = "2020-01-02T03-04-05Z-abcd"
    shutil.copytree(here.desk.runs / here.run, here.desk.runs / name)
    for file, changed in (("run.json", {"id": name, "made": "2020-01-02T03:04:05+00:00"}), ("summary.json", {})):
        told = json.loads((here.desk.runs / name / file).read_text("utf-8")) | changed
        for figure, value in (told.get("quality") or {}).items():
            told["quality"][figure] = 0.9 * value if isinstance(value, float) else value
        (here.desk.runs / name / file).write_text(json.dumps(told), "utf-8")
    return name


@pytest.mark.parametrize(("width", "scheme"), SIZES)
def test_two_runs_are_compared(
    browser: Any, address: str, here: Here, second_run: str, width: int, scheme: str
) -> None:
    watched = Watched(browser, address, here.desk, width=width, scheme=scheme)
    tab = watched.tab
    tab.goto("/compare")
    tab.select_option("[name=first]", second_run)
    tab.select_option("[name=second]", here.run)
    tab.get_by_role("button", name="Compare", exact=True).click()
    tab.wait_for_url(f"**/compare?first={second_run}*")
    assert tab.get_by_text("Both were judged on the same table").count() == 1
    differences = tab.locator("table").first.locator("tbody tr td:last-child").all_inner_texts()
    assert differences
    assert any(text.startswith("+") for text in differences)
    watched.judge()
    tab.get_by_role("link", name="Report of the first").click()
    tab.wait_for_url(f"**/runs/{second_run}")
    watched.judge()


@pytest.mark.parametrize(("width", "scheme"), SIZES)
def test_quotas_and_exclusions_are_followed(browser: Any, address: str, here: Here, width: int, scheme: str) -> None:
    watched = Watched(browser, address, here.desk, width=width, scheme=scheme)
    tab = watched.tab
    tab.goto(f"/lists?table={here.table}")
    tab.fill("[name=holdout]", "0")
    for summary in ("Quotas", "Exclusions"):
        tab.locator("summary", has_text=summary).click()
    tab.select_option("[name=quota_column_0]", "job")
    tab.select_option("[name=quota_level_0]", "clerk")
    tab.fill("[name=quota_most_0]", "7")
    tab.select_option("[name=exclude_column_0]", PLAN)
    tab.select_option("[name=exclude_level_0]", "old")
    people = hostile_table().select("customer", "job", PLAN)
    tab.get_by_text(f"of {(people[PLAN] != 'old').sum()} who may be called").wait_for()
    expect(tab.locator("#prices")).to_contain_text("clerk")
    watched.wrong = [line for line in watched.wrong if "422" not in line]  # a quota without a number, for a moment
    watched.judge()
    tab.get_by_role("button", name="Make the list").click()
    tab.wait_for_url("**/runs/*")
    watched.judge()
    everyone = pl.read_parquet(here.desk.runs / tab.url.rsplit("/", 1)[-1] / "call_list.parquet")
    listed = everyone.filter(pl.col("status") == "listed").select("customer").join(people, on="customer")
    assert (listed["job"] == "clerk").sum() == 7
    assert (listed[PLAN] == "old").sum() == 0


@pytest.mark.parametrize(("width", "scheme"), SIZES)
def test_a_drafted_contract_is_reviewed_and_kept(
    browser: Any, address: str, here: Here, tmp_path: Path, width: int, scheme: str
) -> None:
    own = tmp_path / "own bank.csv"
    hostile_table().rename({"y": "bought"}).write_csv(own)
    watched = Watched(browser, address, here.desk, width=width, scheme=scheme)
    tab = watched.tab
    tab.goto("/upload")
    tab.set_input_files("#file", own)
    tab.wait_for_url("**/tables/*")
    tab.fill("[name=outcome]", "bought")
    tab.get_by_role("button", name="Draft a contract").click()
    tab.get_by_role("heading", name="Review the contract").wait_for()
    assert '[columns."bought"]' in (text := tab.input_value("[name=contract]")) or 'column = "bought"' in text
    watched.judge()
    tab.get_by_role("button", name="Keep this contract").click()
    tab.locator("main .title").wait_for()  # nobody said that it was reviewed
    watched.wrong = [line for line in watched.wrong if "422" not in line]  # the browser notes the refusal itself
    watched.judge()
    tab.check("[name=reviewed]")
    tab.get_by_role("button", name="Keep this contract").click()
    tab.get_by_role("heading", name="Learn from it").wait_for()
    assert tab.locator("[name=contract] option").first.inner_text() == "the one reviewed for this table"
    watched.judge()
