"""OUT-02: no name, level or text that somebody brought runs or loads anything in the pages."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from segmint.contract.contract import parse_contract
from segmint.dashboard.app import dashboard
from segmint.dashboard.desk import Desk
from segmint.store.bundle import write_bundle
from segmint.store.run import Run
from tests.payloads import FOREIGN, payloads
from tests.service.conftest import served
from tests.service.small import CONTRACT, small_parts

from .test_browser import Watched

pytestmark = pytest.mark.browser
ALL = payloads(1_000)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A dashboard whose contract has a thousand levels, each a payload; no table yet."""
    levels = json.dumps(["admin.", "student", *dict.fromkeys(ALL)], ensure_ascii=True)
    contract = parse_contract(CONTRACT.replace('["admin.", "student"]', levels), origin="test")
    with Run.create(tmp_path, "run", "", 1, {}) as here:
        write_bundle(here.folder / "bundle", **small_parts() | {"contract": contract})
        here.done({})
    return Desk(tmp_path)


def bring(desk: Desk, name: str, number: int = 0) -> str:
    """Bring a small table under a name, and say its key."""
    place = desk.tables.folder / f"{number:016x}"
    place.mkdir(parents=True, exist_ok=True)
    (place / "table.csv").write_text("age,job,phone\n41,student,1\n")
    (place / "about.json").write_text(json.dumps({"name": name, "file": "table.csv"}))
    return place.name


@pytest.fixture
def tab(browser: Any, desk: Desk) -> Iterator[Watched]:
    with served(dashboard(desk)) as port:
        yield Watched(browser, f"http://127.0.0.1:{port}", desk, width=1280, scheme="light")


def must_be_text(watched: Watched) -> None:
    assert watched.tab.evaluate("window.hit") is None
    assert watched.tab.locator(FOREIGN).evaluate_all("all => all.map(one => one.outerHTML)") == []
    assert watched.wrong == []


def words(text: str) -> str:
    """One blank between words, whichever kind of blank a page makes of it."""
    return " ".join(text.split())


def must_be_text_in_titles_and_answers(watched: Watched, desk: Desk, some: list[str]) -> None:
    """One table takes every name in turn: a page that listed a thousand of them would be a thousand times slower."""
    tab = watched.tab
    for payload in some:
        table = bring(desk, payload)
        tab.goto(f"/tables/{table}")
        assert words(payload) in words(tab.locator("main").inner_text())
        must_be_text(watched)
        tab.goto(f"/customer?table={table}")
        tab.fill("[name=customer]", payload)
        tab.get_by_role("button", name="Look up").click()
        tab.get_by_text("There is no customer").wait_for()
        must_be_text(watched)


def test_out_02_a_thousand_names_and_levels_stay_text(tab: Watched, desk: Desk) -> None:
    tables = [bring(desk, payload, number) for number, payload in enumerate(ALL)]
    odd = {f"{payload} {n}": [payload] * 20 for n, payload in enumerate(ALL[::50])}
    odd["y"] = ["no", "yes"] * 10
    frame = pl.DataFrame({"age": range(20), "job": ALL[:20], "phone": [str(n) for n in range(20)], **odd})
    frame.write_csv(desk.tables.folder / tables[0] / "table.csv")
    page = tab.tab
    for path in ("/upload", "/lists", "/customer", "/try", f"/lists?table={tables[0]}"):
        assert page.goto(path).status == 200, path
        must_be_text(tab)
    page.locator("[name=exclude_column_0]").evaluate(
        "s => { s.value = 'job'; s.dispatchEvent(new Event('change', {bubbles: true})); }"
    )
    assert (
        page.locator("[name=exclude_level_0] option").count() == len({*ALL}) + 3
    )  # two of the contract, and none chosen yet
    page.get_by_text("names no level").first.wait_for()
    tab.wrong = [line for line in tab.wrong if "422" not in line]
    must_be_text(tab)
    page.goto(f"/tables/{tables[0]}")
    page.get_by_role("button", name="Draft a contract").click()
    page.get_by_role("heading", name="Review the contract").wait_for()
    must_be_text(tab)
    page.fill("[name=contract]", "\n".join(ALL))
    page.check("[name=reviewed]")
    page.get_by_role("button", name="Keep this contract").click()
    page.locator("main .title").wait_for()
    tab.wrong = [line for line in tab.wrong if "422" not in line]  # the browser notes the refusal itself
    must_be_text(tab)


def test_out_02_names_in_titles_and_answers_stay_text(tab: Watched, desk: Desk) -> None:
    must_be_text_in_titles_and_answers(tab, desk, ALL[::100])


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_out_02_a_thousand_names_in_titles_and_answers_stay_text(tab: Watched, desk: Desk) -> None:
    must_be_text_in_titles_and_answers(tab, desk, ALL)
