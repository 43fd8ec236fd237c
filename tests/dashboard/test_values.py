"""What the pages' forms send back is what the table holds, letter by letter; only running text is set for reading."""

from __future__ import annotations

import html
import re
from pathlib import Path

import polars as pl
import pytest

from segmint.contract.contract import parse_contract
from segmint.dashboard import pages
from segmint.dashboard.desk import Desk
from segmint.store.bundle import write_bundle
from segmint.store.run import Run
from tests.service.small import CONTRACT, small_parts

from .test_app import Asker, client

NO_BREAK = "\u00a0"
RATE = (
    '[columns.rate]\nkind = "category"\nrole = "holding"\nlabel = "rate at 5 %"\nallowed = ["5 %", "10 %", "\u202ax"]\n'
)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    parts = small_parts() | {"contract": parse_contract(f"{CONTRACT}{RATE}", origin="test")}
    parts["golden"]["rows"] = [row | {"rate": "5 %"} for row in parts["golden"]["rows"]]
    with Run.create(tmp_path, "run", "", 1, {}) as here:
        write_bundle(here.folder / "bundle", **parts)
        here.done({})
    place = tmp_path / "tables" / ("a" * 16)
    place.mkdir(parents=True)
    frame = {"age": range(20, 80), "job": ["student"] * 60, "phone": [f"+4930{n:07}" for n in range(60)]}
    rates, yes = ["5 %" if n % 3 else "10 %" for n in range(60)], ["yes" if n % 2 else "no" for n in range(60)]
    pl.DataFrame(frame | {"rate": rates, "y at 5 %": yes}).write_csv(place / "table.csv")
    (place / "about.json").write_text('{"name": "a.csv", "file": "table.csv"}')
    return Desk(tmp_path)


def sent(browser: Asker, desk: Desk, path: str, form: dict[str, str]) -> str:
    token = desk.keeper.token(browser.cookies["segmint_session"])
    answer = browser.post(path, data=form | {"token": token})
    assert answer.status_code == 200
    return html.unescape(answer.text)


def test_levels_are_offered_as_the_table_writes_them(desk: Desk) -> None:
    browser = client(desk, signed_in=True)
    page = html.unescape(browser.get(f"/lists?table={'a' * 16}").text)
    assert '"levels": ["5 %", "10 %", "\\u202ax"]' in page
    form = {"cost": "1", "value": "100", "holdout": "0", "exclude_column_0": "rate", "exclude_level_0": "5 %"}
    assert pages.preview(desk, "a" * 16, form, exact=True, before=None)["eligible"] == 20


def test_try_it_sends_the_levels_that_the_model_knows(desk: Desk) -> None:
    page = sent(client(desk, signed_in=True), desk, "/try", {"age": "41", "job": "student", "rate": "5 %"})
    assert re.search(r'<option value="5 %" selected>\s*5 %</option>', page)
    assert '<option value="\u202ax">\ufffdx</option>' in page
    assert "Unusual values" not in page
    assert "not named because" in page or "Everything not named here moves it by" in page


def test_levels_that_were_pooled_are_offered_to_nobody(desk: Desk, tmp_path: Path) -> None:
    plan = '[columns.plan]\nkind = "category"\nrole = "holding"\nlabel = "plan"\n'
    parts = small_parts() | {"contract": parse_contract(f"{CONTRACT}{plan}", origin="test")}
    parts["golden"]["rows"] = [row | {"plan": "old"} for row in parts["golden"]["rows"]]
    levels = {"old": 20, "new": 30, "(other)": 90}
    parts["reference"]["columns"].append({"name": "plan", "kind": "category", "missing_share": 0.0, "levels": levels})
    with Run.create(tmp_path / "more", "run", "", 1, {}) as here:
        write_bundle(here.folder / "bundle", **parts)
        here.done({})
    asked = pages.try_it(Desk(tmp_path / "more"), {})["fields"]
    found = next(field for field in asked if field["name"] == "plan")
    assert found["levels"] == ["old", "new"]
    assert found["value"] == "new"


def test_only_numbers_ask_for_the_keyboard_of_numbers(desk: Desk, tmp_path: Path) -> None:
    job = CONTRACT.replace('allowed = ["admin.", "student"]', "")
    parts = small_parts() | {"contract": parse_contract(job, origin="test")}
    parts["reference"]["columns"] = []
    with Run.create(tmp_path / "more", "run", "", 1, {}) as here:
        write_bundle(here.folder / "bundle", **parts)
        here.done({})
    page = client(Desk(tmp_path / "more"), signed_in=True).get("/try").text
    assert re.search(r'name="age"[^>]*inputmode="decimal"', page)
    assert re.search(r'<input name="job"[^>]*>', page)
    assert not re.search(r'name="job"[^>]*inputmode', page)


def test_a_drafted_contract_is_shown_as_it_will_be_kept(desk: Desk) -> None:
    page = sent(client(desk, signed_in=True), desk, f"/tables/{'a' * 16}/contract", {"outcome": "y at 5 %"})
    draft = page.partition("<textarea")[2].partition("</textarea>")[0]
    assert "5 %" in draft
    assert NO_BREAK not in draft


def test_a_table_in_which_nobody_has_answered_gets_a_draft(desk: Desk) -> None:
    given = {"outcome": "to come", "unanswered": "yes"}
    page = sent(client(desk, signed_in=True), desk, f"/tables/{'a' * 16}/contract", given)
    draft = page.partition("<textarea")[2].partition("</textarea>")[0]
    assert "answer is here yet" in draft
    assert "to come" in draft


def test_a_lone_surrogate_that_was_typed_breaks_no_page(desk: Desk) -> None:
    browser = client(desk, signed_in=True)
    token = {"x-token": desk.keeper.token(browser.cookies["segmint_session"])}
    for path in ("/try", "/customer"):
        body = b'{"rate": "\\ud800", "table": "' + b"a" * 16 + b'", "customer": "\\ud800"}'
        shown = browser.post(path, content=body, headers={"content-type": "application/json", **token})
        assert shown.status_code == 200
