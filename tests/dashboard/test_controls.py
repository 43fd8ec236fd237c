"""The controls of the list builder, bringing a table and watching a run, in a browser: what they show is what is so."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from segmint.config import load_config
from segmint.contract.contract import parse_contract
from segmint.dashboard.app import dashboard
from segmint.dashboard.desk import Desk
from segmint.flows.standing import StandingPolicy
from segmint.store.bundle import write_bundle
from segmint.store.champion import promote
from segmint.store.run import Run
from tests.service.conftest import served
from tests.service.small import CONTRACT, small_parts
from tests.service.test_champion import GATE, run_with_bundle

from .test_browser import Watched
from .test_desk import bring
from .test_jobs import few_rows, program

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("undrawn_lists")]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    run_with_bundle(tmp_path / "runs", 1)
    policy = tmp_path / "policy.toml"
    economics = "cost_per_call = 1\nvalue_per_success = 100\ncurrency = 'CHF'\ncalls_per_customer = 2\n"
    policy.write_text(f"[economics]\n{economics}[policy]\nholdout_share = 0\n")
    return Desk(tmp_path / "runs", standing=StandingPolicy.load(policy))


@pytest.fixture
def watched(browser: Any, desk: Desk) -> Iterator[Watched]:
    with served(dashboard(desk)) as port:
        yield Watched(browser, f"http://127.0.0.1:{port}", desk, width=1280, scheme="light")


def test_what_the_controls_say_is_what_is_so(watched: Watched, desk: Desk) -> None:
    tab = watched.tab
    tab.goto(f"/lists?table={bring(desk, 'a')}")
    slider, calls = tab.locator("#calls-slider"), tab.get_by_label("Calls at most")
    expect(slider).to_be_visible()
    assert (slider.get_attribute("max"), slider.input_value()) == ("120", "120")  # 60 customers, two calls each
    calls.fill("1,000")
    expect(tab.locator("#calls-shown")).to_have_text("1,000")
    expect(tab.locator("#curve-words")).to_have_text("")  # the list is what brings the most
    calls.fill("40")
    expect(tab.locator('[data-seen="customers"]')).to_have_text("20")
    expect(tab.locator("#curve-words")).to_contain_text("the most comes from calling 60 customers: ")
    expect(tab.locator("#curve-words")).to_contain_text("This list has 20.")
    expect(tab.locator('[data-seen="of"]')).to_have_text("of 60 who may be called, in 40 calls")
    expect(slider).to_have_value("40")
    tab.get_by_label("Currency").fill("")
    expect(tab.locator('[data-seen="cost"]')).to_contain_text("CHF")
    assert "CHF" in tab.locator("#curve-words").inner_text()
    tab.locator("summary", has_text="Exclusions").press("Enter")  # what stands above still moves, a click could miss
    for row, job in enumerate(("admin.", "student")):
        tab.select_option(f"[name=exclude_column_{row}]", "job")
        tab.select_option(f"[name=exclude_level_{row}]", job)
    expect(tab.locator("#curve-words")).to_have_text("Nobody may be called.")
    assert tab.locator("#curve .line").is_hidden()
    assert tab.locator("#curve .points circle").count() == 0
    assert [line for line in watched.wrong if "422" not in line] == []  # the same level twice, for a moment


def test_the_rows_that_could_not_be_read_are_among_those_left_out(watched: Watched, desk: Desk) -> None:
    table = bring(desk, "a", rows=90)
    file = desk.tables.find(table).path
    file.write_text("".join(f"{file.read_text()}old,student,+49301,may\n"))
    desk.standing = StandingPolicy(load_config(None, ["data.max_rejected=0.05"]))
    watched.tab.goto(f"/lists?table={table}")
    expect(watched.tab.locator("#left-out")).to_contain_text("1 of 91 rows read may not be called")
    expect(watched.tab.locator("#left-out-because li")).to_have_text("1: rejected, not readable as the contract asks")


def test_a_rule_that_waits_for_nobody_is_said_when_it_is_typed_in(watched: Watched, desk: Desk) -> None:
    parts = small_parts() | {"contract": parse_contract(CONTRACT.replace("allowed = [", "# ["), origin="test")}
    with Run.create(desk.runs, "run", "", 1, {}) as here:
        write_bundle(here.folder / "bundle", **parts)
        here.done({})
    desk.bundle_name = here.id
    tab, table = watched.tab, bring(desk, "a")
    file = desk.tables.find(table).path
    file.write_text(file.read_text().replace("student", "admin."))
    tab.goto(f"/lists?table={table}")
    bands, waits = tab.locator("#doubts .banner"), tab.get_by_text("A rule waits for nobody")
    expect(bands).to_have_count(1)  # no objection is heard
    expect(tab.locator("#to-check")).to_be_hidden()
    tab.get_by_label("Held out, %").fill("10")
    tab.get_by_label("Held out, %").press("Tab")
    expect(tab.locator("#to-check summary")).to_have_text("1 thing to check")
    expect(tab.locator("#to-check")).to_contain_text("The holdout cannot show what calling brings")
    expect(tab.locator("#curve .words")).to_contain_text("customers, without those held out")
    before = bands.first.inner_html()
    tab.locator("summary", has_text="Quotas").press("Enter")
    tab.select_option("[name=quota_column_0]", "job")
    tab.select_option("[name=quota_level_0]", "student")
    tab.locator("[name=quota_most_0]").fill("7")
    tab.locator("[name=quota_most_0]").press("Tab")
    expect(waits).to_be_visible()
    expect(bands.last).to_contain_text("Nobody has 'student' in 'job', for which the quota")
    assert bands.first.inner_html() == before  # as the page itself said it
    tab.select_option("[name=quota_column_0]", "")
    tab.locator("[name=quota_most_0]").fill("")
    tab.locator("[name=quota_most_0]").press("Tab")
    expect(waits).to_have_count(0)


def test_what_was_set_is_still_set_after_going_back(watched: Watched, desk: Desk) -> None:
    tab = watched.tab
    tab.goto(f"/lists?table={bring(desk, 'a')}")
    tab.locator("summary", has_text="Exclusions").click()
    tab.select_option("[name=exclude_column_0]", "job")
    tab.select_option("[name=exclude_level_0]", "student")
    tab.get_by_label("Calls at most").fill("10")
    made = []
    for _ in range(2):
        expect(tab.locator('[data-seen="of"]')).to_contain_text("of 40 who")
        expect(tab.locator("#state")).to_contain_text("Exactly")
        tab.get_by_role("button", name="Make the list").click()
        tab.wait_for_url("**/runs/*")
        made.append(load_config(desk.runs / tab.url.rsplit("/", 1)[-1] / "config.toml").policy)
        tab.go_back()
        tab.wait_for_url("**/lists?*")
    assert [(policy.budget_calls, policy.exclude[0].levels) for policy in made] == [(10, ("student",))] * 2
    assert tab.locator("[name=exclude_level_0]").input_value() == "student"
    assert tab.get_by_role("button", name="Make the list").is_enabled()


def test_what_is_wrong_stands_beside_its_control_and_makes_no_list(watched: Watched, desk: Desk) -> None:
    tab = watched.tab
    tab.goto(f"/lists?table={bring(desk, 'a')}")
    money, cost, seen = tab.get_by_label("Money at most"), tab.get_by_label("Cost of a call"), tab.locator(".seen")
    for field, text in ((money, "abc"), (money, "3,000"), (tab.get_by_label("Held out"), "100")):
        usual = field.input_value()
        field.fill(text)
        expect(field).to_have_attribute("aria-invalid", "true")
        expect(field).to_have_accessible_description(re.compile("Expected: (a|an|0) "))
        expect(seen).to_have_class(re.compile("stale"))
        tab.get_by_role("button", name="Make the list").hover()
        tab.mouse.down()
        expect(field).to_be_focused()  # so nothing is asked anew that would move the button while it is pressed
        tab.mouse.up()
        expect(field).to_be_focused()
        field.fill(usual)
        expect(seen).not_to_have_class(re.compile("stale"))
        assert tab.locator("[aria-invalid]").count() == 0
    cost.fill("4,50")
    expect(tab.locator('[data-seen="cost"]')).to_have_text("CHF, at a cost of 540")
    cost.fill("5")
    expect(tab.locator('[data-seen="cost"]')).to_have_text("CHF, at a cost of 600")
    cost.fill("4.50415")  # 540.498, which is 541 only where it is rounded twice
    expect(tab.locator('[data-seen="cost"]')).to_have_text("CHF, at a cost of 540")
    tab.locator("summary", has_text="Quotas").click()
    tab.select_option("[name=quota_column_0]", "job")
    expect(tab.locator("#state")).to_contain_text("Quota 1 names no level")
    assert tab.locator("[name=quota_level_0] option:checked").inner_text() == "choose"
    tab.select_option("[name=quota_level_0]", "student")
    expect(tab.locator("#state")).to_contain_text("Quota 1 has no number")
    expect(tab.locator("[name=quota_most_0]")).to_have_attribute("aria-invalid", "true")
    assert tab.url.endswith("a" * 16)


def test_no_list_of_nobody_is_made(watched: Watched, desk: Desk) -> None:
    tab = watched.tab
    tab.goto(f"/lists?table={bring(desk, 'a')}")
    make = tab.get_by_role("button", name="Make the list")
    expect(make).to_be_enabled()
    tab.get_by_label("Cost of a call").fill("200")
    expect(tab.locator("#state")).to_contain_text("Call nobody: even the ten best calls are expected to lose")
    expect(make).to_be_disabled()
    tab.get_by_label("Cost of a call").press("Enter")
    tab.get_by_label("Cost of a call").fill("5")
    expect(make).to_be_enabled()
    assert "/lists" in tab.url


def test_enter_waits_until_it_is_known_whether_the_controls_make_a_list(watched: Watched, desk: Desk) -> None:
    tab = watched.tab
    tab.goto(f"/lists?table={bring(desk, 'a')}")
    unanswered: list[Any] = []
    tab.route("**/lists/preview", lambda route: unanswered.append(route))
    money, here = tab.get_by_label("Money at most"), tab.url
    money.fill("1,234")
    money.press("Enter")
    tab.get_by_label("Campaign").focus()
    for route in unanswered:
        route.continue_()
    tab.unroute("**/lists/preview")
    tab.route("**/lists/preview", lambda route: (time.sleep(0.5), route.continue_()))
    expect(money).to_be_focused()
    expect(money).to_have_attribute("aria-invalid", "true")
    assert tab.url == here
    money.fill("50")
    money.press("Enter")
    tab.wait_for_url("**/runs/*")
    assert load_config(desk.runs / tab.url.rsplit("/", 1)[-1] / "config.toml").policy.budget_money == 50


def test_a_list_that_was_not_made_leads_back_to_its_controls(watched: Watched, desk: Desk) -> None:
    tab = watched.tab
    tab.goto(f"/lists?table={bring(desk, 'a')}")
    tab.get_by_label("Calls at most").fill("10")
    tab.get_by_label("Calls at most").press("Tab")
    expect(tab.locator("#state")).to_contain_text("Exactly")
    promote(desk.runs, run_with_bundle(desk.runs, 2), GATE)
    tab.get_by_role("button", name="Make the list").click()
    expect(tab.get_by_text("The model in use has changed")).to_be_visible()
    tab.get_by_role("link", name="Back to the list builder").click()
    expect(tab.locator("#state")).to_contain_text("Exactly")
    expect(tab.get_by_label("Calls at most")).to_have_value("10")
    tab.get_by_role("button", name="Make the list").click()
    tab.wait_for_url("**/runs/*")


def test_one_short_sentence_is_read_out_after_a_movement(watched: Watched, desk: Desk) -> None:
    tab = watched.tab
    tab.goto(f"/lists?table={bring(desk, 'a')}")
    slider, state = tab.locator("#calls-slider"), tab.locator("#state")
    assert tab.locator("[aria-live], [role=status]").evaluate_all("all => all.map(one => one.id)") == ["state", ""]
    slider.evaluate("s => { s.value = 30; s.dispatchEvent(new Event('input', {bubbles: true})); }")
    expect(state).to_have_attribute("aria-busy", "true")
    assert slider.get_attribute("aria-valuetext") == "30 calls"
    unanswered: list[Any] = []
    tab.route("**/lists/preview", lambda route: unanswered.append(route))
    slider.evaluate("s => s.dispatchEvent(new Event('change', {bubbles: true}))")
    expect(state).to_have_text("Working it out …")  # and not that the last one is what will be made
    expect(tab.locator(".seen")).to_have_class(re.compile("stale"))
    for route in unanswered:
        route.continue_()
    tab.unroute("**/lists/preview")
    expect(state).to_have_text(
        re.compile(r"15 customers, [\d,]+ CHF expected profit. Exactly the list that will be made.")
    )
    expect(state).to_have_attribute("aria-busy", "false")


@pytest.mark.parametrize("width", [390, 1280])
def test_the_figures_stay_in_sight_and_letters_keep_their_size(browser: Any, desk: Desk, width: int) -> None:
    table = bring(desk, "a")
    with served(dashboard(desk)) as port:
        tab = Watched(browser, f"http://127.0.0.1:{port}", desk, width=width, scheme="light").tab
        tab.goto(f"/lists?table={table}")
        tab.set_viewport_size({"width": width, "height": 720})
        expect(tab.locator("#how-many")).to_be_visible()
        on_top = "s => { const r = s.getBoundingClientRect(); return document.elementFromPoint(r.x + r.width / 2, r.y + r.height / 2)?.id }"
        assert tab.locator("#calls-slider").evaluate(on_top) == "calls-slider"  # not under what sticks at the foot
        for part in ("#calls-slider", "#state", ".deed button"):
            expect(tab.locator(part)).to_be_in_viewport(ratio=1)
        tall = tab.locator("#curve text").evaluate_all("all => all.map(one => one.getBoundingClientRect().height)")
        assert min(tall) >= 12
        words = tab.locator("#curve text").all_text_contents()
        assert tab.locator('[data-seen="profit"]').inner_text() in words  # the list that calls everybody is the most


def test_a_list_that_cannot_be_is_not_what_the_next_ones_are_compared_with(watched: Watched, desk: Desk) -> None:
    tab = watched.tab
    tab.goto(f"/lists?table={bring(desk, 'a')}")
    calls, pin = tab.get_by_label("Calls at most"), tab.get_by_role("button", name="Compare with this list")
    calls.fill("x")
    expect(tab.locator("#state")).to_contain_text("holds no whole number")
    with tab.expect_response("**/lists/preview"):
        pin.click()
    calls.fill("40")
    expect(tab.locator("#moves")).to_have_text("0 come onto the list, 40 leave it.")
    pin.click()
    expect(tab.locator("#moves")).to_contain_text("The same customers")
    calls.fill("30")
    expect(tab.locator("#moves")).to_have_text("0 come onto the list, 5 leave it.")


def test_whoever_is_signed_out_is_told_so_and_nothing_more_is_asked(
    watched: Watched, desk: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    tab, asked = watched.tab, list[str]()
    tab.goto(f"/lists?table={bring(desk, 'a')}")
    for session in list(desk.keeper._sessions):
        desk.keeper.close(session)
    tab.get_by_label("Calls at most").fill("3")
    expect(tab.locator("#state")).to_contain_text("sign in again")
    tab.get_by_role("button", name="Make the list").click()
    tab.wait_for_url("**/sign-in")

    desk.keeper.code = "code"
    tab.goto("/sign-in?code=code")
    program(monkeypatch, "import time; time.sleep(60)")
    job = desk.jobs.start("a.csv", few_rows(tmp_path / "t"), "bank-marketing")
    tab.goto(f"/work/{job.id}")
    for session in list(desk.keeper._sessions):
        desk.keeper.close(session)
    expect(tab.locator("#share")).to_contain_text("sign in again")
    tab.on("request", lambda request: asked.append(request.url))
    tab.wait_for_timeout(1_500)
    assert asked == []
    desk.jobs.stop()


def test_a_table_that_was_refused_can_be_chosen_again(watched: Watched, tmp_path: Path) -> None:
    tab, table = watched.tab, tmp_path / "a.csv"
    table.write_text("")
    tab.goto("/upload")
    tab.set_input_files("#file", table)
    expect(tab.locator("#said")).to_contain_text("The file is empty")
    assert tab.locator("#file").evaluate("file => file.files.length") == 0
    table.write_text("age,job,phone\n41,student,1\n")
    tab.set_input_files("#file", table)
    tab.wait_for_url("**/tables/*")


def test_what_was_changed_in_a_draft_is_still_there_when_the_page_is_loaded_again(watched: Watched, desk: Desk) -> None:
    tab, page, draft = watched.tab, f"/tables/{bring(desk, 'a')}", watched.tab.get_by_label("Contract (TOML)")

    def make() -> None:
        tab.goto(page)
        tab.get_by_label("Nobody has answered yet").check()
        tab.get_by_role("button", name="Draft a contract").click()

    make()
    drafted = draft.input_value()
    draft.fill(f"# mine\n{drafted}")
    tab.reload()
    expect(draft).to_have_value(f"# mine\n{drafted}")
    draft.press("Control+Home")
    draft.press_sequentially("# and ")
    tab.reload()  # without leaving the field
    expect(draft).to_have_value(f"# and # mine\n{drafted}")
    tab.get_by_role("button", name="Keep this contract").click()
    tab.get_by_text("Nobody has said that the contract was reviewed").wait_for()
    expect(draft).to_have_value(f"# and # mine\n{drafted}")
    make()
    expect(draft).to_have_value(drafted)


def test_a_run_that_failed_says_what_to_do_and_shows_no_progress(
    watched: Watched, desk: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    error = {"came": "A column is missing.", "expected": "every column", "fix": "rename the columns"}
    program(monkeypatch, f"import json, sys; print(json.dumps({{'error': {error}}})); sys.exit(2)")
    job = desk.jobs.start("a.csv", few_rows(tmp_path / "t"), "bank-marketing")
    tab = watched.tab
    tab.goto(f"/work/{job.id}")
    for words in ("A column is missing.", "Expected: every column", "Next: rename the columns", "Back to the tables"):
        expect(tab.get_by_text(words)).to_be_visible()
    assert tab.locator("progress").is_hidden()
    assert tab.get_by_text("When it is finished").is_hidden()
    watched.judge()


def test_a_phone_shows_a_list_of_runs_whole(browser: Any, desk: Desk) -> None:
    for table in ("customers_of_the_spring_campaign_2026.parquet", "table.parquet"):
        with Run.create(desk.runs, "measure", "", None, {table: "0"}) as here:
            here.done({"rows": 1_234_567})
    with served(dashboard(desk)) as port:
        tab = Watched(browser, f"http://127.0.0.1:{port}", desk, width=390, scheme="light").tab
        for path in ("/", "/runs"):
            tab.goto(path)
            assert tab.locator(".table.runs").evaluate("box => box.scrollWidth <= box.clientWidth")
            assert tab.get_by_text("1,234,567 rows").count() == 2
