"""What the pages say: of the model in use, of what was typed, of many runs, of two that are compared."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter

from segmint.contract.contract import parse_contract
from segmint.dashboard import pages
from segmint.dashboard.desk import Desk
from segmint.dashboard.pages import common
from segmint.service.champion import Champion
from segmint.store import champion as champion_file
from segmint.store.bundle import write_bundle
from segmint.store.champion import promote
from segmint.store.run import Run
from tests.report.pages.test_segments import found as found_segments
from tests.service.small import CONTRACT, small_parts
from tests.service.test_champion import GATE, run_with_bundle

from .test_app import client
from .test_desk import bring


def role(desk: Desk) -> tuple[str, str, str]:
    """The first figure of the overview."""
    figures = next(block for block in pages.overview(desk)["blocks"] if block["kind"] == "figures")
    first = figures["items"][0]
    return first["label"], first["value"], first["note"]


def made_on(runs: Path, run: str, day: str) -> None:
    record = runs / run / "run.json"
    record.write_text(json.dumps(json.loads(record.read_text()) | {"made": f"{day}T10:00:00Z"}))
    Run.open(runs / run).done()


def test_the_overview_says_which_model_is_in_use_and_since_when(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = sorted(run_with_bundle(tmp_path, seed) for seed in (1, 2))
    made_on(tmp_path, old, "2024-03-05")
    made_on(tmp_path, new, "2025-04-06")
    assert role(Desk(tmp_path)) == ("Model in use", "06 Apr 2025", "the newest training")
    named = Desk(tmp_path, old)
    assert role(named) == ("Model in use", "05 Mar 2024", "named with --bundle")
    assert "the newest run" not in client(named, signed_in=True).get("/").text
    served = Desk(tmp_path, served=Champion(old, tmp_path))
    assert role(served) == ("Model in use", "05 Mar 2024", "the service was started with it")
    monkeypatch.setattr(champion_file, "_now", lambda: "2026-01-02T03:04:05+00:00")
    promote(tmp_path, old, GATE)
    assert role(Desk(tmp_path)) == ("Champion", "02 Jan 2026", "promoted")
    overview = client(Desk(tmp_path), signed_in=True).get("/").text
    assert f'href="/runs/{old}">Read the model' in overview
    assert overview.count('class="badge good">champion') == 1


RATE = '[columns.rate]\nkind = "number"\nrole = "holding"\nlabel = "rate"\nstates = [{value = -1, name = "no-rate"}]\n'


@pytest.fixture
def asked(tmp_path: Path) -> Desk:
    """A dashboard whose contract has two numbers."""
    parts = small_parts() | {"contract": parse_contract(f"{CONTRACT}{RATE}", origin="test")}
    parts["golden"]["rows"] = [row | {"rate": "5"} for row in parts["golden"]["rows"]]
    edges, counts = [-162.4, 81.75, 370.25], [10, 10]
    reference = {"name": "rate", "kind": "number", "missing_share": 0.0, "edges": edges, "counts": counts, "states": {}}
    parts["reference"]["columns"].append(reference)
    with Run.create(tmp_path, "run", "", 1, {}) as here:
        write_bundle(here.folder / "bundle", **parts)
        here.done({})
    return Desk(tmp_path)


def test_what_was_typed_wrong_is_said_beside_each_field_in_words(asked: Desk) -> None:
    typed = {"age": "old", "job": "student", "rate": "1,500"}
    found = pages.try_it(asked, typed)
    wrong = {field["name"]: field["wrong"] for field in found["fields"] if field["wrong"]}
    assert set(wrong) == {"age", "rate"}
    assert re.fullmatch(r"Age is not a number\. Expected: such as [\d.]+", wrong["age"])
    assert "two ways" in wrong["rate"]
    assert "row" not in str(found["problem"])
    assert "--rejected" not in str(found["problem"])
    browser = client(asked, signed_in=True)
    token = {"token": asked.keeper.token(browser.cookies["segmint_session"])}
    page = html.unescape(browser.post("/try", data=typed | token).text)
    assert len(re.findall(r'<input name="(?:age|rate)"[^>]*aria-invalid="true" aria-describedby="wrong-', page)) == 2
    assert 'name="age" value="old"' in page


@pytest.mark.parametrize("text", ["1,5", "1.5", "\u22121,5", " 1.5 ", ""])
def test_a_number_may_be_typed_as_people_write_it(asked: Desk, text: str) -> None:
    found = pages.try_it(asked, {"age": "41", "job": "student", "rate": text})
    assert found["problem"] is None
    same = pages.try_it(asked, {"age": "41", "job": "student", "rate": text.replace(",", ".").replace("\u2212", "-")})
    assert found["found"]["propensity"] == same["found"]["propensity"]


def test_a_customer_who_is_not_there_is_looked_for_in_no_run(tmp_path: Path) -> None:
    run_with_bundle(tmp_path, 1)
    desk = Desk(tmp_path)
    problem = pages.customer(desk, bring(desk, "a"), "nobody")["problem"]
    assert "There is no customer" in problem.came
    assert "rejected.csv" not in problem.fix


def test_a_table_that_cannot_be_read_is_offered_where_it_is_forgotten_alone(tmp_path: Path) -> None:
    run_with_bundle(tmp_path, 1)
    desk = Desk(tmp_path)
    good, bad = bring(desk, "a"), bring(desk, "b")
    desk.tables.find(bad).path.write_bytes(b"\0" * 100)
    offered = [pages.list_builder(desk, None, {}), pages.customer(desk, None, "")]
    assert [[table["id"] for table in page["tables"]] for page in offered] == [[good], [good]]
    assert {table["id"] for table in pages.upload(desk)["tables"]} == {good, bad}


def test_hints_are_written_for_people(asked: Desk) -> None:
    hint = next(field["hint"] for field in pages.try_it(asked, {})["fields"] if field["name"] == "rate")
    assert hint == "usually \u2212162 to 370; \u22121 is no-rate"


EARLIER = """[columns.earlier]
kind = "number"
role = "history"
label = "days since the earlier call"
missing_means = "never contacted"
[columns.plan]
kind = "category"
role = "holding"
label = "plan"
allowed = ["old", "new"]
missing_means = "no plan"
"""


@pytest.mark.parametrize(
    ("missing", "value", "hint", "plan"),
    [
        (0.8, "", "if there is one, usually 90 to 370; most have no value: never contacted", ""),
        (0.1, "90", "usually 90 to 370; empty: never contacted", "old"),
    ],
)
def test_the_form_starts_with_a_customer_there_is(
    tmp_path: Path, missing: float, value: str, hint: str, plan: str
) -> None:
    parts = small_parts() | {"contract": parse_contract(f"{CONTRACT}{EARLIER}", origin="test")}
    parts["golden"]["rows"] = [row | {"earlier": "", "plan": ""} for row in parts["golden"]["rows"]]
    parts["reference"]["columns"] += [
        {"name": "earlier", "kind": "number", "missing_share": missing, "edges": [90.0, 370.0], "counts": [10, 10, 9], "states": {}},
        {"name": "plan", "kind": "category", "missing_share": missing, "levels": {"old": 20, "new": 9}},
    ]  # fmt: skip
    with Run.create(tmp_path, "run", "", 1, {}) as here:
        write_bundle(here.folder / "bundle", **parts)
        here.done({})
    desk = Desk(tmp_path)
    fields = {field["name"]: field for field in pages.try_it(desk, {})["fields"]}
    assert (fields["earlier"]["value"], fields["earlier"]["hint"]) == (value, hint)
    assert (fields["plan"]["value"], fields["plan"]["empty"]) == (plan, "no plan")
    wrong = pages.try_it(desk, {"age": "41", "earlier": "never"})["fields"][2]["wrong"]
    assert "Expected: such as 90" in wrong
    assert '<option value="">no plan</option>' in client(desk, signed_in=True).get("/try").text


@pytest.mark.parametrize(("file", "text"), [("summary.json", "{"), ("contract.toml", "[[["), ("ledger.json", "no")])
def test_a_run_that_cannot_be_read_takes_no_page_away_and_is_named(tmp_path: Path, file: str, text: str) -> None:
    runs = sorted(run_with_bundle(tmp_path, seed) for seed in (1, 2, 3))
    for day, run in enumerate(runs, 1):
        made_on(tmp_path, run, f"2025-01-0{day}")
    spoiled = runs[-1]
    (tmp_path / spoiled / "summary.json").write_text('{"base_rate": 0.1}')
    (tmp_path / spoiled / file).write_text(text)
    desk = Desk(tmp_path)
    for asked, pair in ((("", ""), runs[:2]), ((spoiled, ""), [None, None]), ((runs[0], spoiled), [runs[0], None])):
        found = pages.compare(desk, *asked)
        assert found["pair"] == pair
        assert len(found["blocks"]) == (1 if None in pair else 2), "nothing is compared that was not asked for"
        assert [choice["id"] for choice in found["choices"]] == runs[::-1]
        assert found["blocks"][0]["title"] == f"Run {spoiled} is left out"
    whole, browser = Desk(tmp_path, runs[0]), client(desk, signed_in=True)
    assert spoiled in browser.get("/compare").text
    overview = browser.get("/")
    assert overview.status_code == 200
    assert f"What run {spoiled} says of the model in use cannot be read" in overview.text
    assert "cannot be read" not in client(whole, signed_in=True).get("/").text
    (tmp_path / runs[0] / file).write_text(text)
    alone = client(desk, signed_in=True).get("/compare").text
    assert f"Run {runs[0]} is left out" in alone
    assert "/runs/None" not in alone


def test_two_runs_are_compared_older_first_and_nothing_has_no_sign(tmp_path: Path) -> None:
    runs = []
    for seed, f1 in ((1, 0.5), (2, 0.4999)):
        with Run.create(tmp_path, "run", "", seed, {}) as here:
            (here.folder / "summary.json").write_text(json.dumps({"quality": {"f1": f1}}))
            here.done({})
        runs.append(here.folder.name)
    found = pages.compare(Desk(tmp_path), "", "")
    runs.sort()  # by time, and within a second by chance
    assert found["pair"] == runs
    assert found["blocks"][0]["rows"][0][1:] == ["0.500", "0.500", "0.000"]
    assert pages.compare(Desk(tmp_path), runs[1], runs[0])["pair"] == runs[::-1]


def test_two_runs_that_were_compared_on_different_parts_say_so(tmp_path: Path) -> None:
    for seed, folds in ((1, 5), (2, 2), (3, 2)):
        with Run.create(tmp_path, "run", "", seed, {}) as here:
            (here.folder / "summary.json").write_text(json.dumps({"quality": {"f1": 0.5}}))
            (here.folder / "comparison.json").write_text(json.dumps({"folds": folds}))
            here.done({})
    desk = Desk(tmp_path)
    full, one, other = sorted(desk.all_runs(), key=lambda run: run.record["seed"])
    judged, facts = pages.compare(desk, full.id, one.id)["blocks"]
    assert "The first was compared on 5 parts, each kept apart once, the second on 2 parts" in judged["note"]
    assert ["Compared on", "5 parts, each kept apart once", "2 parts, each kept apart once"] in facts["rows"]
    assert "was compared on" not in pages.compare(desk, one.id, other.id)["blocks"][0]["note"]


def test_a_run_that_is_gone_is_named_and_no_other_is_compared_in_its_place(tmp_path: Path) -> None:
    here, other, broken = sorted(run_with_bundle(tmp_path, seed) for seed in (1, 2, 3))
    with Run.create(tmp_path, "target", "", 1, {}) as listed:
        listed.done({})
    (tmp_path / broken / "run.json").write_text("{}")
    desk, gone = Desk(tmp_path), "2020-01-02T03-04-05Z-abcd"
    for asked, title in (
        (gone, f"There is no run {gone} any more"),
        ("../x", "There is no run ../x any more"),
        (listed.id, f"Run {listed.id} is left out"),
        (broken, f"Run {broken} is left out"),
    ):
        for first, second in ((asked, here), (here, asked), (asked, ""), (asked, asked)):
            found = pages.compare(desk, first, second)
            assert [block["title"] for block in found["blocks"]] == [title]
            assert found["pair"] == [name if name == here else None for name in (first, second)]
    page = client(desk, signed_in=True).get(f"/compare?first={gone}&second={here}").text
    assert f"There is no run {gone} any more" in page
    assert page.count('<option value="">choose a run') == 1
    assert "Report of the first" not in page
    assert "choose a run" not in client(desk, signed_in=True).get(f"/compare?first={other}&second={here}").text


def test_what_is_not_known_of_a_run_is_a_dash_and_no_zero(tmp_path: Path) -> None:
    for summary in (
        None,
        {"quality": {"f1": 0.5}, "rows": "many", "columns": 3},
        {"quality": {"f1": 0.5}},
        {"quality": 1},
    ):
        with Run.create(tmp_path, "run", "", 1, {}) as here:
            if summary is not None:
                (here.folder / "summary.json").write_text(json.dumps(summary))
            here.done({})
    desk = Desk(tmp_path)
    first, second, third, last = (run.id for run in desk.all_runs())
    for pair in ((first, second), (third, last), (first, third)):
        facts = {row[0]: row[1:] for row in pages.compare(desk, *pair)["blocks"][-1]["rows"]}
        unknown = {name: facts[name] for name in ("Customers", "Contract", "Outcome", "Recipe", "Columns used", "Seed")}
        assert set(map(tuple, unknown.values())) == {("–", "–")}
    notes = [
        block["note"]
        for one in (first, second, third, last)
        for other in (first, second, third, last)
        if one != other
        for block in pages.compare(desk, one, other)["blocks"][:-1]
    ]
    assert len(notes) == 2
    assert all("is not known" in note for note in notes)


def test_no_difference_is_made_of_two_outcomes(tmp_path: Path) -> None:
    other = CONTRACT.replace('column = "y"', 'column = "segment"')
    runs = []
    for day, contract in (("01", CONTRACT), ("02", CONTRACT), ("03", other)):
        with Run.create(tmp_path, "run", "", 1, {}) as here:
            (here.folder / "summary.json").write_text(json.dumps({"quality": {"accuracy": 0.5}}))
            (here.folder / "contract.toml").write_text(contract)
            here.done({})
        name = f"2025-01-{day}{here.folder.name[10:]}"
        here.folder.rename(tmp_path / name)
        record = json.loads((tmp_path / name / "run.json").read_text())
        (tmp_path / name / "run.json").write_text(json.dumps(record | {"id": name}))
        runs.append(name)
    desk = Desk(tmp_path)
    alike, apart = (pages.compare(desk, runs[0], second)["blocks"] for second in runs[1:])
    assert alike[0]["columns"][-1] == "difference"
    assert [block["kind"] for block in apart] == ["banner", "table"]
    assert "(column y of small)" in apart[0]["text"]
    assert "(column segment of small): how well they do cannot be compared." in apart[0]["text"]
    (tmp_path / runs[2] / "summary.json").write_text("{}")
    assert [block["kind"] for block in pages.compare(desk, runs[0], runs[2])["blocks"]] == ["table"]


def test_runs_that_are_left_out_of_a_page_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(common, "MOST_RUNS", 2)
    for _ in range(3):
        with Run.create(tmp_path, "monitor", "", None, {}) as here:
            here.done({})
    browser = client(Desk(tmp_path), signed_in=True)
    for path in ("/runs", "/monitoring"):
        assert "The newest 2 of 3" in browser.get(path).text
    monkeypatch.setattr(common, "MOST_RUNS", 3)
    assert "The newest" not in browser.get("/runs").text


def test_two_tables_of_one_name_are_told_apart(tmp_path: Path) -> None:
    run_with_bundle(tmp_path, 1)
    desk = Desk(tmp_path)
    table = bring(desk, "a")
    browser = client(desk, signed_in=True)
    when = f"{desk.tables.find(table).brought:%d %b %Y, %H:%M} UTC"
    for path in ("/customer", "/lists", "/upload", f"/tables/{table}"):
        assert when in browser.get(path).text, path


def test_no_level_of_headings_is_left_out_on_the_page_of_a_segment(tmp_path: Path) -> None:
    marker = {"label": "age", "level": "under 26", "share": 0.6, "base": 0.2, "index": 300.0, "difference": 1.0, "known": 1.0,
              "base_known": 1.0}  # fmt: skip
    students = {"key": "1", "name": "Students", "customers": 40, "rows": 40, "share": 0.1, "jaccard": None, "response": None,
                "markers": [marker], "sentences": [{"kind": "who", "text": "They are young."}]}  # fmt: skip
    with Run.create(tmp_path, "segment", "", 7, {}) as run:
        run.keep("segments.json", {"kind": "discovered", "segments": [students]})
        run.done({"segments": 1})
    page = client(Desk(tmp_path), signed_in=True).get("/segments/1").text
    levels = [int(level) for level in re.findall("<h([1-6])", page)]
    assert levels[:3] == [1, 2, 3]


def test_the_segments_say_what_the_report_decides_by_and_which_run_found_newer_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = found_segments() | {
        "gates_missed": ["Segment 3 comes back with Jaccard 0.62, below 0.75."],
        "money": {
            "currency": "EUR",
            "source": "Profits are reckoned with 5.00 EUR as the cost of a call.",
            "all_reached": True,
        },
    }
    made = []
    for _ in range(2):
        with Run.create(tmp_path, "segment", "", 7, {}) as run:
            run.keep("segments.json", content)
            run.done({"segments": 3})
        made.append(Desk(tmp_path).run(run.folder.name))
    desk = Desk(tmp_path)
    monkeypatch.setattr(desk, "bundle_run", lambda: made[0].id)
    monkeypatch.setattr(desk, "all_runs", lambda: made[::-1])
    told = pages.segment_list(desk)
    assert told["run"] == made[0].id
    assert told["newer"] == made[1].id
    assert [block["kind"] for block in told["blocks"]] == ["statements", "table", "fold"]
    assert told["blocks"][2]["blocks"][1]["items"] == ["Segment 3 comes back with Jaccard 0.62, below 0.75."]
    shown = [segment["key"] for segment in told["segments"]]
    assert [row[0].split()[0] for row in told["blocks"][1]["rows"]] == shown
    assert shown != sorted(shown)
    assert pages.one_segment(desk, shown[0])["after"] == shown[1]  # type: ignore[index]
    assert pages.one_segment(desk, "1")["money"].startswith("Profits are reckoned")  # type: ignore[index]
    monkeypatch.undo()
    page = client(desk, signed_in=True).get("/segments").text
    assert "what to do" in page
    assert [re.search(f'(?:href="#|id=")card-{place}"', page) is not None for place in (1, 2, 3)] == [True] * 3
    assert re.search(f'<li class="card" id="card-1"><h2><a href="/segments/{shown[0]}">', page)


@pytest.mark.parametrize("damage", ["[1]", "{", None])
def test_what_a_run_kept_and_nobody_can_read_takes_no_page_with_it(tmp_path: Path, damage: str | None) -> None:
    with Run.create(tmp_path, "monitor", "", None, {}) as watched:
        watched.done({})
    if damage is not None:
        (watched.folder / "monitor.json").write_text(damage)
        (watched.folder / "segments.json").write_text(damage)
    desk = Desk(tmp_path)
    assert pages.overview(desk)["alarms"] == []
    assert pages.segment_list(desk)["segments"] == []


@pytest.mark.parametrize(
    "record", ['{"status": "done"}', '{"status": "done", "command": "run", "summary": "x", "inputs": []}']
)
def test_a_run_whose_record_is_not_whole_takes_no_page_away_and_its_own_says_why(tmp_path: Path, record: str) -> None:
    good, spoiled = (run_with_bundle(tmp_path, seed) for seed in (1, 2))
    (tmp_path / spoiled / "run.json").write_text(record)
    browser = client(Desk(tmp_path), signed_in=True)
    for path in ("/", "/runs", "/monitoring", "/compare", "/segments"):
        shown = browser.get(path)
        assert shown.status_code == 200, path
        assert (spoiled in shown.text) is (path == "/runs"), path  # the list says that it cannot be read
    assert good in browser.get("/runs").text
    named = browser.get(f"/runs/{spoiled}")
    assert named.status_code == 404
    assert "cannot be read: it" in html.unescape(named.text)


def test_a_table_that_the_model_cannot_read_is_offered_for_no_list_and_says_why(tmp_path: Path) -> None:
    run_with_bundle(tmp_path, 1)
    desk = Desk(tmp_path)
    fits, other = bring(desk, "a"), bring(desk, "b")
    file = desk.tables.find(other).path
    file.write_text(file.read_text().replace("job", "work", 1))
    browser = client(desk, signed_in=True)
    assert "Build a call list from it" in browser.get(f"/tables/{fits}").text
    page = browser.get(f"/tables/{other}").text
    assert "Build a call list from it" not in page
    assert "missing: job" in page.replace("\u00a0", " ")
    for shown in (pages.list_builder(desk, None, {}), pages.customer(desk, None, "")):
        assert [table["id"] for table in shown["tables"]] == [fits]


def test_a_workbook_of_several_sheets_says_what_to_do_in_the_browser(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    table = bring(desk, "a")
    place = desk.tables.find(table).path.parent
    book = xlsxwriter.Workbook(place / "table.xlsx")
    for name in ("Data", "Notes"):
        book.add_worksheet(name).write_column(0, 0, ["age", 41])
    book.close()
    (place / "about.json").write_text('{"name": "a.xlsx", "file": "table.xlsx"}')
    page = client(desk, signed_in=True).get(f"/tables/{table}").text.replace("\u00a0", " ")
    assert "several sheets: Data, Notes" in page
    assert "save the sheet with the customers alone" in page
    assert "--set" not in page


def test_segments_of_another_run_than_the_one_in_use_are_said_to_be_so(tmp_path: Path) -> None:
    other, used = sorted(run_with_bundle(tmp_path, seed) for seed in (1, 2))
    with Run.create(tmp_path, "segment", "", 7, {"autumn.csv": "sha256:1"}) as run:
        run.keep("segments.json", found_segments())
        run.done({"segments": 3})
    words = "These are not segments of the model in use"
    for path in ("/segments", "/segments/1"):
        page = client(Desk(tmp_path, used), signed_in=True).get(path).text
        assert words in page
        assert f'href="/runs/{run.id}"' in page
        assert page.count("the customers of autumn.csv") == 2
    (tmp_path / other / "segments.json").write_text(json.dumps(found_segments()))
    for path in ("/segments", "/segments/1"):
        assert words not in client(Desk(tmp_path, other), signed_in=True).get(path).text


def test_a_list_leads_on_to_measuring_and_a_model_to_the_champion_and_back(tmp_path: Path) -> None:
    first, second = sorted(run_with_bundle(tmp_path, seed) for seed in (1, 2))
    with Run.create(tmp_path, "target", "", 1, {}) as listed:
        (listed.folder / "call_list.parquet").write_bytes(b"")
        listed.done({})
    desk = Desk(tmp_path)
    browser = client(desk, signed_in=True)
    measure = f"segmint measure {tmp_path / listed.id / 'call_list.parquet'} results.csv --codes codes.toml"
    with Run.create(tmp_path, "target", "", 1, {}) as empty:
        (empty.folder / "call_list.parquet").write_bytes(b"")
        empty.done({"counts": {"listed": 0, "unprofitable": 9}})
    assert "segmint measure" not in browser.get(f"/runs/{empty.id}").text
    for path in (f"/runs/{listed.id}", "/monitoring"):
        page = browser.get(path).text
        assert measure in page
        assert "segmint codes init results.csv" in page
    assert "segmint measure" not in browser.get(f"/runs/{first}").text
    assert f"segmint promote {first}" in browser.get(f"/runs/{first}").text
    promote(tmp_path, first, GATE)
    assert "segmint rollback" not in browser.get(f"/runs/{first}").text
    promote(tmp_path, second, GATE)
    for path in ("/", f"/runs/{second}"):
        page = browser.get(path).text.replace("\u00a0", " ")
        assert "segmint rollback" in page, path
        assert f"the run before it ({first})" in page


def test_without_javascript_a_page_that_needs_it_says_so(tmp_path: Path) -> None:
    run_with_bundle(tmp_path, 1)
    desk = Desk(tmp_path)
    browser = client(desk, signed_in=True)
    lists = f"/lists?table={bring(desk, 'a')}"
    for path in ("/upload", lists):
        assert "without JavaScript" in browser.get(path).text.partition("<noscript>")[2].partition("</noscript>")[0]
    page = browser.get(lists).text
    assert "“Calls at most” says how long it may be: empty means no limit" in page
    assert page.index('<div id="how-many" hidden>') < page.index('id="calls-slider"')


def run_of_segments(runs: Path) -> str:
    """A finished run whose model says to which segment a customer belongs."""
    contract = CONTRACT.replace('"response"', '"assignment"').replace('positive = "yes"', "")
    with Run.create(runs, "run", "", 1, {}) as here:
        write_bundle(here.folder / "bundle", **small_parts() | {"contract": parse_contract(contract, origin="test")})
        here.done({})
    return here.folder.name


def test_with_a_model_of_segments_no_page_offers_a_call_list(tmp_path: Path) -> None:
    run_of_segments(tmp_path)
    desk = Desk(tmp_path)
    table, browser = bring(desk, "a"), client(desk, signed_in=True)
    for path in ("/", f"/tables/{table}"):
        page = browser.get(path).text
        assert "all list" not in page.replace("No call list", "")
        assert "ook a customer up" in page
    for path in ("/lists", f"/lists?table={table}"):
        page = browser.get(path).text
        assert "No call list can be built with the model in use" in page
        assert 'href="/lists?' not in page


def test_where_the_model_in_use_reads_no_table_that_is_here_the_pages_say_so_and_name_it(tmp_path: Path) -> None:
    run_with_bundle(tmp_path, 1)
    desk = Desk(tmp_path)
    table, browser = bring(desk, "a"), client(desk, signed_in=True)
    for path in ("/customer", "/lists", "/try"):
        assert "The model was trained on " in browser.get(path).text
    desk.tables.find(table).path.write_text("balance,y\n1,no\n")
    desk = Desk(tmp_path)
    browser = client(desk, signed_in=True)
    for path in ("/customer", "/lists"):
        page = browser.get(path).text
        assert "a.csv is here, but the model in use reads other columns" in page
        assert '<a class="button" href="/runs">Use another model</a>' in page
    other = bring(desk, "b")
    desk.tables.find(other).path.with_name("about.json").write_text('{"name": "b.csv", "file": "table.csv"}')
    for path in ("/customer", "/lists"):
        page = browser.get(path).text
        assert "a.csv is here too, but the model in use reads other columns." in page
        assert f"{table}" not in page
    desk.forget(other)
    desk.forget(table)
    assert "No table of customers here" in browser.get("/customer").text


def test_a_run_is_told_from_others_by_the_title_of_its_page_and_by_the_name_of_its_link(tmp_path: Path) -> None:
    run = run_with_bundle(tmp_path, 1)
    made_on(tmp_path, run, "2024-03-05")
    browser = client(Desk(tmp_path), signed_in=True)
    assert re.search("<title>Training · .*05 Mar 2024, 10:00 UTC · segmint</title>", browser.get(f"/runs/{run}").text)
    assert "Training · 05 Mar 2024, 10:00 UTC · " in browser.get(f"/runs/{run}").text
    assert re.search('aria-label="Training, .*05 Mar 2024, 10:00 UTC">Training</a>', browser.get("/runs").text)


def test_the_answer_to_a_form_has_the_focus_and_an_error_is_in_the_title(asked: Desk) -> None:
    table, browser = bring(asked, "a"), client(asked, signed_in=True)
    place = asked.tables.find(table).path
    place.write_text(pl.read_csv(place).with_columns(rate=pl.lit(5)).write_csv())
    token = {"token": asked.keeper.token(browser.cookies["segmint_session"])}
    wrong = browser.post("/customer", data={"table": table, "customer": "nobody", **token}).text
    assert "<title>Error: Customer" in wrong
    assert re.search('<input name="customer"[^>]* aria-invalid="true" aria-describedby="problem"', wrong)
    assert re.search('role="alert" id="problem" tabindex="-1" autofocus>', wrong)
    found = browser.post("/customer", data={"table": table, "customer": "record 7", **token}).text
    assert '<h2 tabindex="-1" autofocus>Customer record' in found
    assert "Error" not in found
    tried = browser.post("/try", data={"age": "41", "job": "student", "rate": "5", **token}).text
    assert tried.index('action="/try"') < tried.index("autofocus>Prediction</h2>")
    assert "times as likely as customers in general" in tried
    assert "<title>Error: Try it" in browser.post("/try", data={"age": "old", **token}).text
    assert "autofocus" not in browser.get("/try").text
