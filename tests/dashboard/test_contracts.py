"""A new wave is learned from under the contract of the last one; whatever a form sends, no path comes of it."""

from __future__ import annotations

import gzip
import html
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pytest

from segmint.contract.contract import load_contract
from segmint.contract.export import contract_to_toml
from segmint.contract.names import SHIPPED
from segmint.dashboard.contracts import choices, chosen
from segmint.dashboard.desk import Desk
from segmint.errors import SegmintError
from segmint.store.run import Run
from tests.service.small import CONTRACT
from tests.service.test_champion import run_with_bundle

from .test_app import client

TABLE = "a" * 16
FITS, OTHERS = "Its columns are in the table", "Asks for other columns"


def a_run(runs: Path, contract: str, *, done: bool = True) -> str:
    with Run.create(runs, "run", "", 1, {}, contract_toml=contract) as here:
        if done:
            here.done({})
    return here.id


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    place = tmp_path / "tables" / TABLE
    place.mkdir(parents=True)
    pl.DataFrame({"age": [41, 42], "job": ["student", "admin."], "y": ["yes", "no"]}).write_csv(place / "table.csv")
    (place / "about.json").write_text('{"name": "wave-2.csv", "file": "table.csv"}')
    return Desk(tmp_path)


def test_the_newest_reviewed_contract_whose_columns_are_in_the_table_comes_first(desk: Desk) -> None:
    older = a_run(desk.runs, CONTRACT)
    (desk.runs / older).rename(desk.runs / f"2026-01-01{older[10:]}")
    newest = a_run(desk.runs, CONTRACT + '[columns.branch]\nkind = "text"\nrole = "ignore"\nlabel = "branch"\n')
    a_run(desk.runs, CONTRACT.replace('"small"', '"unread"\nreviewed = false'))
    a_run(desk.runs, "no contract")
    a_run(desk.runs, contract_to_toml(load_contract(SHIPPED[0])))
    asks = CONTRACT.replace('"small"', '"asks"') + '[columns.rate]\nkind = "number"\nrole = "holding"\nlabel = "rate"\n'
    other = a_run(desk.runs, asks)
    fits, others = choices(desk, TABLE)
    assert fits == (FITS, [(f"run:{newest}", f"small, version 1, of the run {newest}")])
    assert others[0] == OTHERS
    assert [value for value, _ in others[1]] == [f"run:{other}", *SHIPPED]


def test_a_contract_that_the_table_cannot_meet_says_what_is_missing_and_cannot_be_chosen(desk: Desk) -> None:
    a_run(desk.runs, CONTRACT)
    browser = client(desk, signed_in=True)
    page = browser.get(f"/tables/{TABLE}").text
    assert f'<optgroup label="{OTHERS}" disabled>' in page
    assert '<button class="button">Run</button>' in page
    run_with_bundle(desk.runs, 1)
    place = desk.tables.folder / ("b" * 16)
    place.mkdir()
    pl.DataFrame({"age": [41], "job": ["student"], "phone": [""]}).write_csv(place / "table.csv")
    (place / "about.json").write_text('{"name": "customers.csv", "file": "table.csv"}')
    [(title, offered)] = choices(desk, place.name)
    assert title == OTHERS
    assert offered[0][1].endswith(": the table lacks y")
    assert offered[1][1].endswith(" more")
    page = browser.get(f"/tables/{place.name}").text
    assert '<button class="button" disabled>Run</button>' in page
    assert "No contract here fits this table" in page
    assert page.index("Build a call list from it") < page.index("Learn from it")


def test_the_one_reviewed_for_the_table_is_offered_before_all(desk: Desk) -> None:
    (desk.tables.folder / TABLE / "contract.toml").write_text(CONTRACT)
    a_run(desk.runs, CONTRACT)
    assert [title for title, _ in choices(desk, TABLE)] == ["Reviewed here", FITS, OTHERS]
    assert chosen(desk, TABLE, "reviewed") == str(desk.tables.folder / TABLE / "contract.toml")


def test_a_table_that_cannot_be_read_is_offered_them_all(desk: Desk) -> None:
    (desk.tables.folder / TABLE / "table.csv").write_bytes(b"%PDF-1.7")
    run = a_run(desk.runs, CONTRACT)
    [(title, offered)] = choices(desk, TABLE)
    assert (title, offered[0][0]) == (OTHERS, f"run:{run}")


@pytest.mark.parametrize("body", [b"\x00\x01\x02\xff\xfe\x00\x9d\x81\x07", b"%PDF-1.7", b"age,job,y\n", b"a,a\n1,2\n"])
def test_a_table_that_cannot_be_read_says_why_in_the_place_of_its_forms(desk: Desk, body: bytes) -> None:
    browser = client(desk, signed_in=True)
    token = {"x-token": desk.keeper.token(browser.cookies["segmint_session"])}
    place = browser.request("PUT", "/tables?name=bad.csv", content=body, headers=token).json()["location"]
    error = desk.unreadable(place.rsplit("/", 1)[-1])
    assert error is not None
    page = html.unescape(browser.get(place).text)
    for said in (error.came, f"Expected: {error.expected}" if error.expected else "", f"Next: {error.fix}"):
        assert said in page
    assert [way for way in ("run", "contract", "forget") if f'action="{place}/{way}"' in page] == ["forget"]
    assert "Build a call list" not in page
    assert desk.unreadable(TABLE) is None
    assert f'action="/tables/{TABLE}/run"' in browser.get(f"/tables/{TABLE}").text


def test_a_packed_table_is_taken_as_the_command_line_takes_it(desk: Desk) -> None:
    browser = client(desk, signed_in=True)
    token = desk.keeper.token(browser.cookies["segmint_session"])
    text = b"age,job,y\n" + b"41,student,yes\n42,admin.,no\n" * 20
    packed = {"wave.csv.gz": gzip.compress(text), "Wave.TSV.ZST": pa.Codec("zstd").compress(text).to_pybytes()}
    for name, body in packed.items():
        brought = browser.request("PUT", f"/tables?name={name}", content=body, headers={"x-token": token})
        place = brought.json()["location"]
        assert desk.header(place.rsplit("/", 1)[-1]) == ("age", "job", "y")
        assert Desk(desk.runs).tables.find(place.rsplit("/", 1)[-1]).path.name.lower() == name.lower()
        draft = browser.post(f"{place}/contract", data={"token": token, "outcome": "y"}).text
        assert 'name = "wave"' in html.unescape(draft)


@pytest.mark.parametrize(
    "value",
    ["", "reviewed", "run:", "run:..", "run:/etc/passwd", "run:../tables/aaaaaaaaaaaaaaaa", "/etc/passwd", "x.toml"],
)
def test_what_is_not_offered_starts_nothing(desk: Desk, value: str) -> None:
    (desk.runs / "contract.toml").write_text(CONTRACT)
    with pytest.raises(SegmintError):
        chosen(desk, TABLE, value)


def test_a_contract_that_nobody_reviewed_starts_nothing(desk: Desk) -> None:
    run = a_run(desk.runs, CONTRACT.replace('"small"', '"unread"\nreviewed = false'))
    with pytest.raises(SegmintError, match="No contract was chosen"):
        chosen(desk, TABLE, f"run:{run}")


def test_the_page_starts_a_run_under_the_contract_of_another(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    run = a_run(desk.runs, CONTRACT)
    started: list[Any] = []

    def start(*told: Any, by: str) -> Any:
        started.append((*told, by))
        return type("Job", (), {"id": "1"})

    monkeypatch.setattr(desk.jobs, "start", start)
    browser = client(desk, signed_in=True)
    assert f'<option value="run:{run}">small, version 1' in html.unescape(browser.get(f"/tables/{TABLE}").text)
    token = desk.keeper.token(browser.cookies["segmint_session"])
    sent = browser.post(f"/tables/{TABLE}/run", data={"contract": f"run:{run}", "how": "full", "token": token})
    assert sent.status_code == 303
    assert started[0][2] == str(desk.runs / run / "contract.toml")
    assert started[0][-1]  # who asked, for the run's record


def test_a_draft_that_cannot_be_made_speaks_of_the_form_and_leads_back(desk: Desk) -> None:
    browser = client(desk, signed_in=True)
    form = {"token": desk.keeper.token(browser.cookies["segmint_session"])}
    column, box = "in the field “Name the outcome's column”", "leave the box “Nobody has answered yet” out"
    for more, words in (({"outcome": "x"}, [column]), ({"outcome": "y", "unanswered": "yes"}, [column, box])):
        page = html.unescape(browser.post(f"/tables/{TABLE}/contract", data=form | more).text).replace("\u00a0", " ")
        assert all(word in page for word in words)
        assert f'href="/tables/{TABLE}">Back to the table' in page
        for option in ("--outcome", "--no-outcome", "in Python"):
            assert option not in page


def test_a_reviewed_contract_is_opened_again_and_replaced_only_by_one_of_the_tables_columns(desk: Desk) -> None:
    browser = client(desk, signed_in=True)
    place, reading = f"/tables/{TABLE}/contract", "Read or change the reviewed contract"
    form = {"token": desk.keeper.token(browser.cookies["segmint_session"]), "reviewed": "yes"}
    assert browser.get(place).headers["location"] == f"/tables/{TABLE}"
    assert reading not in browser.get(f"/tables/{TABLE}").text
    text = browser.post(place, data=form | {"outcome": "y"}).text
    assert "Keeping it replaces" not in text
    reviewed = CONTRACT.partition("[columns.phone]")[0]
    assert browser.post(place, data=form | {"contract": reviewed}).status_code == 303
    assert reading in browser.get(f"/tables/{TABLE}").text
    again = html.unescape(browser.get(place).text)
    assert reviewed.strip() in again
    assert "Keeping it replaces the contract that was reviewed" in again
    renamed = browser.post(place, data=form | {"contract": reviewed.replace("columns.job", "columns.jobb")})
    said = html.unescape(renamed.text)
    assert (renamed.status_code, "did you mean 'job'?" in said, "[columns.jobb]" in said) == (422, True, True)
    assert "[columns.job]" in html.unescape(browser.get(place).text)
