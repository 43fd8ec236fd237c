"""What the pages stand on: which bundle is in use, and that tables are read and prepared once."""

from __future__ import annotations

import errno
import os
import re
import shutil
import sys
import threading
import time
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from segmint.config import load_config
from segmint.contract.contract import parse_contract
from segmint.dashboard import desk as desk_file
from segmint.dashboard import jobs as jobs_file
from segmint.dashboard import pages
from segmint.dashboard.desk import KEPT, Desk, Kept
from segmint.dashboard.jobs import Jobs
from segmint.dashboard.pages.common import why_in_use
from segmint.dashboard.policy_form import config_of
from segmint.errors import BundleError, RunError, SegmintError
from segmint.flows.standing import StandingPolicy
from segmint.service.champion import Champion
from segmint.service.problems import Problem
from segmint.store.bundle import open_bundle, write_bundle
from segmint.store.champion import promote
from segmint.store.run import Run
from tests.service.small import CONTRACT, small_parts
from tests.service.test_champion import GATE, run_with_bundle

from .conftest import Here, hostile_table
from .test_app import client

FORM = {"holdout": "0", "cost": "1", "value": "100"}


def bring(desk: Desk, key: str, rows: int = 60, country: str = "+49") -> str:
    place = desk.tables.folder / (key * 16)
    place.mkdir(parents=True)
    jobs = ["admin." if n % 3 else "student" for n in range(rows)]
    months = ["may", "june"] * (rows // 2)
    phones = [f"{country}30{n:07}" for n in range(rows)]
    frame = pl.DataFrame({"age": range(20, 20 + rows), "job": jobs, "phone": phones, "month": months})
    frame.write_csv(place / "table.csv")
    (place / "about.json").write_text('{"name": "a.csv", "file": "table.csv"}')
    return key * 16


def test_without_a_bundle_it_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no model yet"):
        Desk(tmp_path).bundle()


def test_a_table_whose_file_is_gone_takes_no_page_away_and_is_forgotten(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    gone, here = bring(desk, "a"), bring(desk, "b")
    (tmp_path / "tables" / gone / "table.csv").unlink()
    for page in (pages.upload(desk), pages.list_builder(desk, None, {}), pages.customer(desk, None, "")):
        assert [table["id"] for table in page["tables"]] == [here]
    desk.forget(gone)
    assert [place.name for place in (tmp_path / "tables").iterdir()] == [here]


def test_the_champion_is_used_or_else_the_newest_finished_training(tmp_path: Path) -> None:
    first = run_with_bundle(tmp_path, 1)
    desk = Desk(tmp_path)
    assert desk.bundle_run() == first
    digest = desk.bundle().digest
    with Run.create(tmp_path, "run", "", 1, {}) as empty:
        empty.done({})
    assert desk.bundle_run() == first  # the newest has no bundle
    second = run_with_bundle(tmp_path, 2)
    assert Desk(tmp_path, first).bundle_run() == first
    promote(tmp_path, second, GATE)
    assert (desk.champion(), desk.bundle_run()) == (second, second)
    assert desk.bundle().digest != digest  # it follows while it is open
    assert Desk(tmp_path, "PROMOTED").bundle_run() == second


def test_a_challenger_is_not_used_because_it_is_the_newest_and_can_be_promoted(tmp_path: Path) -> None:
    challenger = run_with_bundle(tmp_path, 1, command="update")
    desk = Desk(tmp_path)
    assert (desk.trained(), desk.bundle_run()) == ([], None)
    trained = run_with_bundle(tmp_path, 2)
    assert desk.bundle_run() == trained
    page = client(desk, signed_in=True).get(f"/runs/{challenger}").text
    assert f"segmint promote {challenger}" in page.replace("\N{NO-BREAK SPACE}", " ")
    assert Desk(tmp_path, challenger).bundle_run() == challenger
    promote(tmp_path, challenger, GATE)
    assert desk.bundle_run() == challenger


def quick_look(runs: Path, seed: int) -> str:
    """A run with a bundle and the settings that the pages give a quick look."""
    options = Jobs(runs).quick
    settings = load_config(None, [word for word in options if word != "--set"]).to_toml()
    with Run.create(runs, "run", settings, seed, {}) as here:
        write_bundle(here.folder / "bundle", **small_parts(seed))
        here.done({})
    return here.id


def test_a_quick_look_is_used_only_where_there_is_no_other_training(tmp_path: Path) -> None:
    first = quick_look(tmp_path, 1)
    desk = Desk(tmp_path)
    assert desk.bundle_run() == first
    assert why_in_use(desk, first, None) == "a quick look, as there is no other training"
    trained = run_with_bundle(tmp_path, 2)
    later = Run.open(tmp_path / quick_look(tmp_path, 3))
    assert desk.bundle_run() == trained
    newest_first = desk.trained()
    said = "the newest training" if newest_first[0].id == trained else "the newest training that is no quick look"
    assert why_in_use(desk, trained, None) == said
    assert Desk(tmp_path, later.id).bundle_run() == later.id
    browser = client(desk, signed_in=True)
    assert f"This model is in use ({said}). It is made the champion by" in browser.get(f"/runs/{trained}").text
    assert "A quick look makes no lists while there is another" in browser.get(f"/runs/{later.id}").text


def test_promoted_and_nobody_promoted_is_no_other_run(tmp_path: Path) -> None:
    run_with_bundle(tmp_path, 1)
    assert Desk(tmp_path, "PROMOTED").bundle_run() is None


def test_the_most_that_calling_brings_is_no_less_than_any_list(tmp_path: Path) -> None:
    run_with_bundle(tmp_path, 1)
    desk = Desk(tmp_path)
    table = bring(desk, "a", rows=300)
    likely = desk.prepared(table, config_of(FORM, desk.standing)).preview.propensity
    form = FORM | {"cost": f"{100 * np.quantile(likely, 0.417):.2f}"}
    seen = pages.preview(desk, table, form, exact=True, before=None)
    assert 0 < seen["customers"] < 300
    assert seen["customers"] in seen["curve"]["customers"]
    assert seen["curve"]["peak"] == pytest.approx({name: seen[name] for name in ("customers", "expected_profit")})
    limited = pages.preview(desk, table, form | {"calls": "20"}, exact=True, before=None)
    assert limited["curve"]["peak"] == seen["curve"]["peak"]
    nobody = pages.preview(desk, table, form | {"cost": "1000"}, exact=True, before=None)
    assert nobody["curve"]["peak"] == {"customers": 0, "expected_profit": 0.0}


def test_a_list_of_nobody_says_why_before_it_is_made(tmp_path: Path) -> None:
    run_with_bundle(tmp_path, 1)
    desk = Desk(tmp_path)
    table = bring(desk, "a")
    assert pages.preview(desk, table, FORM, exact=True, before=None)["nobody"] == ""
    dear = pages.preview(desk, table, FORM | {"cost": "500"}, exact=True, before=None)
    assert re.match(
        r"Call nobody: even the ten best calls are expected to lose [\d.]+ EUR each, on average\.", dear["nobody"]
    )
    none = {f"quota_{part}_{row}": text for row, job in enumerate(("admin.", "student")) for part, text in
            (("column", "job"), ("level", job), ("most", "0"))}  # fmt: skip
    ended = pages.preview(desk, table, FORM | none, exact=True, before=None)
    assert ended["nobody"] == "Call nobody: the limits and the holdout leave nobody to call."


def test_a_rule_is_called_as_its_control_is_and_a_minimum_costs(tmp_path: Path) -> None:
    work = CONTRACT.replace('label = "job"', 'label = "profession"')
    with Run.create(tmp_path, "run", "", 1, {}) as here:
        write_bundle(here.folder / "bundle", **small_parts() | {"contract": parse_contract(work, origin="test")})
        here.done({})
    desk = Desk(tmp_path)
    table = bring(desk, "a", rows=300)
    excluded = {"exclude_column_0": "job", "exclude_level_0": "student"}
    assert "profession is student" in pages.preview(desk, table, FORM | excluded, exact=True, before=None)["suppressed"]
    quota = {"quota_column_0": "job", "quota_level_0": "student", "cost": "120", "calls": "100"}
    least = pages.preview(desk, table, FORM | quota | {"quota_least_0": "90"}, exact=True, before=None)["prices"]
    assert [re.sub(r"[\d.]+", "1", price) for price in least] == [
        "each further customer demanded for 'profession student' costs about 1 EUR, as a mean of 1 customers or more"
    ]
    quota |= {"cost": "1", "calls": ""}
    most = pages.preview(desk, table, FORM | quota | {"quota_most_0": "20"}, exact=False, before=None)["prices"]
    assert [re.sub(r"[\d.]+", "1", price) for price in most] == ["one more place for profession student is worth 1 EUR"]


def spoil(bundle: Path) -> None:
    """Publish the bundle again with a golden row that nobody ever predicted so."""
    parts = small_parts(1)
    parts["golden"]["probabilities"][0] = [0.9, 0.1]
    write_bundle(bundle, **parts, replace=True)


def test_a_promoted_file_that_cannot_be_trusted_lets_no_other_run_in_its_place(tmp_path: Path) -> None:
    first = run_with_bundle(tmp_path, 1)
    promote(tmp_path, first, GATE)
    run_with_bundle(tmp_path, 2)
    (tmp_path / "PROMOTED").write_text("{")
    desk = Desk(tmp_path)
    table = bring(desk, "a")
    for asked in (desk.champion, desk.bundle_run, desk.bundle, desk.origin):
        with pytest.raises(BundleError, match="does not name a run"):
            asked()
    browser = client(desk, signed_in=True)
    for path in ("/", "/runs", "/try", f"/lists?table={table}", f"/tables/{table}"):
        answer = browser.get(path)
        assert answer.status_code == 200, path
        assert "The file PROMOTED does not name a run" in answer.text, path
        assert "promote a run again" in answer.text, path
    assert browser.get("/segments").status_code == 422
    assert "No model yet" not in browser.get("/").text
    assert Desk(tmp_path, first).origin() == tmp_path / first  # whoever names a run gets it


def test_a_bundle_that_does_not_predict_its_golden_rows_is_used_by_no_page(tmp_path: Path) -> None:
    run = run_with_bundle(tmp_path, 1)
    spoil(tmp_path / run / "bundle")
    desk = Desk(tmp_path)
    with pytest.raises(BundleError, match="golden rows"):
        desk.bundle()
    browser = client(desk, signed_in=True)
    assert "does not predict its golden rows" in browser.get("/").text
    assert "does not predict its golden rows" in browser.get("/try").text


def test_a_bundle_that_was_changed_or_taken_away_while_the_pages_are_open_is_used_by_none(tmp_path: Path) -> None:
    run = run_with_bundle(tmp_path, 1)
    run_with_bundle(tmp_path, 2)
    promote(tmp_path, run, GATE)
    desk = Desk(tmp_path)
    table, browser, bundle = bring(desk, "a"), client(desk, signed_in=True), tmp_path / run / "bundle"
    assert desk.bundle() is desk.bundle()
    assert browser.get("/").status_code == 200
    weights = bundle / "network.safetensors"
    whole = weights.read_bytes()
    weights.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    for path in ("/", "/try", f"/lists?table={table}", f"/tables/{table}"):
        assert "is not what the manifest says: it was changed" in browser.get(path).text, path
    weights.write_bytes(whole)
    assert desk.bundle().digest
    shutil.rmtree(tmp_path / run)
    for path in ("/", "/try", f"/lists?table={table}"):
        assert "is missing, or is a link" in browser.get(path).text, path
    assert "Champion" not in browser.get("/").text


def test_a_service_goes_on_with_its_bundle_and_the_overview_says_that_its_run_is_gone(tmp_path: Path) -> None:
    run = run_with_bundle(tmp_path, 1)
    desk = Desk(tmp_path, served=Champion(run, tmp_path))
    shutil.rmtree(tmp_path / run)
    assert "its run is not here" in client(desk, signed_in=True).get("/").text


def test_beside_the_service_the_pages_use_its_bundle(tmp_path: Path) -> None:
    first, runs = run_with_bundle(tmp_path / "runs", 1), tmp_path / "runs"
    run_with_bundle(runs, 2)
    write_bundle(tmp_path / "elsewhere", **small_parts(3))
    for name, run in (
        (first, first), (runs / first, first), (runs / first / "bundle", first), (tmp_path / "elsewhere", None),
    ):  # fmt: skip
        served = Champion(name, runs)
        desk = Desk(runs, served=served)
        assert (desk.bundle_run(), desk.bundle().digest) == (run, served.handle.digest)
        assert open_bundle(desk.origin(), runs).digest == served.handle.digest
        overview = client(desk, signed_in=True).get("/").text
        assert ("The model that the service was started with" in overview) == (run is None)
        assert "/customer" in overview


def test_the_pages_follow_a_promotion_with_the_service(tmp_path: Path) -> None:
    first, second = (run_with_bundle(tmp_path, seed) for seed in (1, 2))
    promote(tmp_path, first, GATE)
    now = [0.0]
    champion = Champion("PROMOTED", tmp_path, clock=lambda: now[0])
    desk = Desk(tmp_path, served=champion)
    assert desk.bundle_run() == first
    promote(tmp_path, second, GATE)
    champion.look()
    assert desk.bundle_run() == first  # it looks once a second
    now[0] = 2.0
    champion.look()
    assert desk.bundle_run() == second


def test_a_bundle_is_named_as_at_the_command_line_or_refused_at_once(tmp_path: Path) -> None:
    runs, other = tmp_path / "runs", tmp_path / "other"
    run, stranger = run_with_bundle(runs, 1), run_with_bundle(other, 2)
    for name in (run, run[:20], str(runs / run), str(runs / run / "bundle")):
        assert Desk(runs, name).bundle_run() == run
    with pytest.raises(RunError, match="There is no run 'typo' here"):
        Desk(runs, "typo")
    with pytest.raises(RunError, match="is not in the folder of runs"):
        Desk(runs, str(other / stranger))


@pytest.mark.parametrize("name", ["..", "../runs", "/etc", "PROMOTED", "tables", "a\0b", ""])
def test_a_strangers_name_is_no_run(name: str, tmp_path: Path) -> None:
    run_with_bundle(tmp_path, 1)
    with pytest.raises(RunError):
        Desk(tmp_path).run(name)


def test_a_table_is_read_once_and_a_few_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_with_bundle(tmp_path, 1)
    desk, read, reading = Desk(tmp_path), [], desk_file.read_customers
    monkeypatch.setattr(desk_file, "read_customers", lambda path, *more: (read.append(path), reading(path, *more))[1])
    tables = [bring(desk, key) for key in "abcdef"[: KEPT + 1]]
    for _ in range(2):
        for table in tables[:KEPT]:
            assert len(desk.customers(table)) == 60
    assert len(read) == KEPT
    desk.customers(tables[KEPT])  # the one asked for longest ago goes
    desk.customers(tables[KEPT - 1])
    assert len(read) == KEPT + 1
    desk.customers(tables[0])
    assert len(read) == KEPT + 2


def test_what_is_made_for_one_is_made_once_and_holds_up_nobody_who_wants_another() -> None:
    kept: Kept[str, str] = Kept()
    slow, made = threading.Event(), []

    def make(key: str) -> str:
        made.append(key)
        if key == "big":
            slow.wait(60)
        return key.upper()

    found: list[str] = []
    asking = [threading.Thread(target=lambda: found.append(kept.get("big", lambda: make("big")))) for _ in range(3)]
    for thread in asking:
        thread.start()
    while not made:
        time.sleep(0.01)
    assert [kept.get(key, partial(make, key)) for key in "abcda"] == [*"ABCDA"]
    slow.set()
    for thread in asking:
        thread.join(20)
    assert found == ["BIG"] * 3
    assert sorted(made) == sorted([*"aabcd", "big"])  # three are kept, the big one among them, however long it took


def test_what_cannot_be_made_is_tried_again_and_nobody_waits_for_another_for_ever() -> None:
    kept: Kept[str, str] = Kept(seconds=0.1)
    with pytest.raises(ZeroDivisionError):
        kept.get("a", lambda: str(1 // 0))
    assert kept.get("a", lambda: "A") == "A"
    slow, begun = threading.Event(), threading.Event()
    asking = threading.Thread(target=lambda: kept.get("big", lambda: str(begun.set() or slow.wait(60))))
    asking.start()
    assert begun.wait(20)
    with pytest.raises(Problem, match="deadline"):
        kept.get("big", lambda: "")
    slow.set()
    asking.join(20)
    assert kept.get("big", lambda: "") == "True"


def test_a_table_whose_folder_was_deleted_is_forgotten(tmp_path: Path) -> None:
    run_with_bundle(tmp_path, 1)
    desk = Desk(tmp_path)
    table = bring(desk, "a")
    desk.prepared(table, config_of(FORM))
    shutil.rmtree(desk.tables.folder / table)
    for asked in (lambda: desk.customers(table), lambda: desk.prepared(table, config_of(FORM))):
        with pytest.raises(RunError, match="no such table"):
            asked()


def test_a_table_is_forgotten_from_its_page_and_not_while_a_run_works_on_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_with_bundle(tmp_path, 1)
    desk = Desk(tmp_path)
    table, other = bring(desk, "a"), bring(desk, "b")
    for one in (table, other):
        desk.prepared(one, config_of(FORM))
    browser = client(desk, signed_in=True)
    form = {"token": desk.keeper.token(browser.cookies["segmint_session"])}
    monkeypatch.setattr(jobs_file, "SEGMINT", (sys.executable, "-c", "import time; time.sleep(60)"))
    desk.jobs.start("a.csv", desk.tables.find(table).path, "bank-marketing")
    busy = browser.post(f"/tables/{table}/forget", data=form)
    assert busy.status_code == 409
    assert "A run is at work on this table" in busy.text
    desk.jobs.stop()
    assert browser.post(f"/tables/{table}/forget", data={"token": "x"}).status_code == 422
    gone = browser.post(f"/tables/{table}/forget", data=form)
    assert (gone.status_code, gone.headers["location"]) == (303, "/upload")
    assert [found.id for found in desk.tables.all()] == [other]
    assert {key[1] for key in (*desk._read._made, *desk._prepared._made)} == {other}


def test_a_folder_that_is_closed_is_said_in_words_and_without_its_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk(tmp_path)
    table = bring(desk, "a")
    browser = client(desk, signed_in=True)
    form = {"token": desk.keeper.token(browser.cookies["segmint_session"])}
    (desk.tables.folder / table / "told.json").mkdir()
    run = browser.post(f"/tables/{table}/run", data=form | {"contract": "bank-marketing", "how": "quick"})

    def closed(self: Path, *_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(self))

    for name in ("unlink", "mkdir"):
        monkeypatch.setattr(Path, name, closed)
    forget = browser.post(f"/tables/{table}/forget", data=form)
    asked = {"x-token": form["token"], "accept": "application/json"}
    brought = browser.request("PUT", "/tables?name=a.csv", content=b"a,b", headers=asked)
    for answer, said in (
        (run, "Nothing may be written into the folder of this table: Is a directory."),
        (forget, "Nothing may be deleted from the folder of this table: Permission denied."),
        (brought, "could not be written: Permission denied."),
    ):
        assert answer.status_code == 404
        assert said in answer.text
        assert str(tmp_path) not in answer.text
    assert [found.id for found in desk.tables.all()] == [table]


def test_a_list_is_prepared_anew_only_for_other_rules_or_another_bundle(tmp_path: Path) -> None:
    run_with_bundle(tmp_path, 1)
    desk = Desk(tmp_path)
    table = bring(desk, "a")
    first = desk.prepared(table, config_of(FORM))
    assert desk.prepared(table, config_of(FORM | {"calls": "7", "cost": "2"})) is first
    excluded = FORM | {"exclude_column_0": "job", "exclude_level_0": "student"}
    other = desk.prepared(table, config_of(excluded))
    assert int(other.eligible.sum()) == 40
    promote(tmp_path, run_with_bundle(tmp_path, 2), GATE)
    assert desk.prepared(table, config_of(FORM)) is not first


def test_every_column_that_quotas_are_offered_for_can_have_one(tmp_path: Path) -> None:
    month = '[columns.month]\nkind = "category"\nrole = "context"\nlabel = "month"\nknown = "dialling"\n'
    parts = small_parts() | {"contract": parse_contract(f'{CONTRACT}{month}allowed = ["may", "june"]', origin="test")}
    with Run.create(tmp_path, "run", "", 1, {}) as here:
        write_bundle(here.folder / "bundle", **parts)
        here.done({})
    desk = Desk(tmp_path)
    table = bring(desk, "a")
    pages.preview(desk, table, FORM, exact=False, before=None)  # prepared before anybody thought of a quota
    offered = pages.list_builder(desk, table, FORM)["columns"]
    assert set(offered) == {"job", "month"}
    assert pages.list_builder(desk, table, FORM)["quota_columns"] == offered  # this bundle has no segments
    for column, known in offered.items():
        quota = {"quota_column_0": column, "quota_level_0": known["levels"][0], "quota_most_0": "1"}
        assert pages.preview(desk, table, FORM | quota, exact=False, before=None)["customers"] >= 1


def test_quotas_are_offered_by_segment_and_exclusions_are_not(tmp_path: Path) -> None:
    from segmint.segments.finder import SegmentFinder

    ages, jobs = [20.0 + n % 60 for n in range(300)], ["admin." if n % 3 else "student" for n in range(300)]
    people = pl.DataFrame({"age": ages, "job": jobs})
    finder = SegmentFinder(2, "k-means", random_state=1).fit(people)
    described = [{"customers": 150, "share": 0.5, "sentences": []} | named for named in (
        {"key": "1", "name": "the young"}, {"key": "2", "name": "the old"},
    )]  # fmt: skip
    found = {"kind": "discovered", "state": finder.state_, "segments": described}
    with Run.create(tmp_path, "run", "", 1, {}) as here:
        write_bundle(here.folder / "bundle", **small_parts(), segments=found)
        here.done({})
    desk = Desk(tmp_path)
    table = bring(desk, "a")
    offered = pages.list_builder(desk, table, FORM)
    assert offered["quota_columns"]["segment"] == {"label": "segment", "levels": ["the young", "the old"]}
    assert "segment" not in offered["columns"]
    for level in ("the young", "the old"):
        quota = FORM | {"quota_column_0": "segment", "quota_level_0": level, "quota_most_0": "3"}
        free = pages.preview(desk, table, FORM, exact=True, before=None)["customers"]
        seen = pages.preview(desk, table, quota, exact=True, before=None)
        assert 3 <= seen["customers"] < free
    page = client(desk, signed_in=True).get(f"/lists?table={table}").text
    assert page.count('<option value="segment">') == 3  # one for each row of quotas


def test_the_list_builder_says_whether_anybodys_objection_is_heard(tmp_path: Path) -> None:
    run_with_bundle(tmp_path, 1)
    stop, policy = tmp_path / "stop.csv", tmp_path / "policy.toml"
    stop.write_text("phone\n+49300000007\n+49300000008\n")
    strangers = tmp_path / "strangers.csv"
    strangers.write_text("phone\n+49399999999\n")
    policy.write_text(f"[policy]\nsuppress = ['{stop}', '{strangers}']\n")
    deaf, hearing = Desk(tmp_path), Desk(tmp_path, standing=StandingPolicy.load(policy))
    table = bring(deaf, "a")
    seen = pages.list_builder(hearing, table, FORM)
    assert seen["seen"]["suppressed"] == {"on 'stop.csv'": 2}
    assert (seen["seen"]["read"], seen["seen"]["eligible"]) == (60, 58)
    for desk, said in ((deaf, True), (hearing, False)):
        page = client(desk, signed_in=True).get(f"/lists?table={table}").text
        assert ("respects no do-not-call list" in page) == said
        assert ("do-not-call files: stop.csv" in page) != said
        assert page.index('id="to-check"') < page.index("The holdout cannot show") < page.index('id="builder"')
        assert (
            "No do-not-call list" in page[: page.index('id="to-check"')]
        ) == said  # what must stop a call stands open
        assert ("Not the one entry of &#39;strangers.csv&#39; is a customer of this table" in page) != said


def test_the_list_builder_says_that_phone_numbers_lack_a_country(tmp_path: Path) -> None:
    run_with_bundle(tmp_path, 1)
    policy = tmp_path / "policy.toml"
    policy.write_text('[policy]\ncountry_code = "49"\n')
    plain, knowing = Desk(tmp_path), Desk(tmp_path, standing=StandingPolicy.load(policy))
    table = bring(plain, "a", country="0")
    for desk, said in ((plain, True), (knowing, False)):
        page = client(desk, signed_in=True).get(f"/lists?table={table}").text
        assert ("The phone numbers of 60 customers lack a country" in page) == said


@pytest.mark.network
def test_the_list_builder_says_whom_the_network_has_learned_from(here: Here) -> None:
    strangers = here.desk.tables.folder / ("d" * 16)
    strangers.mkdir(parents=True)
    hostile_table(50).with_columns(customer="new " + pl.col("customer")).write_csv(strangers / "table.csv")
    (strangers / "about.json").write_text('{"name": "d.csv", "file": "table.csv"}')
    known, unknown = (pages.list_builder(here.desk, table, FORM)["doubts"] for table in (here.table, "d" * 16))
    assert "trained on 400 of the 400 who may be called" in known[0]["sentence"]
    assert not [doubt for doubt in unknown if "trained on" in doubt["sentence"]]


def test_a_table_that_meets_no_contract_is_said_in_words(tmp_path: Path) -> None:
    run_with_bundle(tmp_path, 1)
    desk = Desk(tmp_path)
    place = desk.tables.folder / ("e" * 16)
    place.mkdir(parents=True)
    (place / "table.csv").write_text("a;b\nSECRET;2\n")
    (place / "about.json").write_text('{"name": "a.csv", "file": "table.csv"}')
    with pytest.raises(SegmintError) as told:
        desk.customers("e" * 16)
    assert "SECRET" not in str(told.value)
    assert pages.list_builder(desk, "e" * 16, {})["problem"] is not None
