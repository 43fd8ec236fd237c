"""The pages of a list, from a list that was really made; no network needed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from segmint.report.pages import list_fairness
from segmint.report.pages.call_list import _why_not
from segmint.report.pages.list_holdout import _warning
from segmint.report.pages.list_what_if import _beside_the_list, _sensitivity
from segmint.report.summary import summarise
from segmint.targeting.call_list import build_call_list
from segmint.targeting.choose import choose
from segmint.targeting.policy import ContactPolicy
from segmint.targeting.summary import fairness_of, groups_on_list, past_of, summarise_list
from segmint.wording import money
from tests.report.conftest import render_report

HOSTILE = "<script>window.hit=1</script>"
PAGES = ["call-list", "limits", "what-if", "curves", "holdout", "fairness"]
PEOPLE = 2000


def campaign(cost=5.0, **rules):
    rng = np.random.default_rng(4)
    frame = pl.DataFrame(
        {
            "client": [f"client-{i:05d}" for i in range(PEOPLE)],
            "branch": rng.choice(["north", "south", HOSTILE], PEOPLE),
            "age": rng.integers(18, 80, PEOPLE),
        }
    )
    chance = rng.beta(1, 7, PEOPLE)
    policy = ContactPolicy(economics={"cost_per_call": cost, "value_per_success": 80.0}, **rules)
    return frame, choose(frame["client"], chance, policy, columns=frame), policy


def write_target(folder: Path, **rules) -> Path:
    frame, choice, policy = campaign(**rules)
    because = pl.Series("suppressed_because", [""] * PEOPLE, dtype=pl.String)
    call_list = build_call_list(frame["client"], choice, because, policy)
    histogram = {"customers": [900, 600, 300, 150, 50], "happened": [20, 40, 45, 40, 20]}
    found = {
        **summarise_list(call_list, choice, policy, frame),
        "files": ["'stop.csv': 2 entries, 0 customers matched"],
        "doubts": [],
        "at": "planning",
        "groups": groups_on_list(choice, frame, ["branch"]),
        "fairness": fairness_of(
            choice, frame, ["age", "branch"], policy, np.random.default_rng(1).random(PEOPLE) < 0.1
        ),
        "past": past_of(histogram, choice, policy),
        "labels": {"age": "age"},
    }
    (folder / "target.json").write_text(json.dumps(found, allow_nan=False))
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    quotas = [{"column": "branch", "level": "north", "maximum": 80}]
    team = [{"name": "agent hour", "agents": 3, "hours": 8, "handling_minutes": 6.0}]
    return write_target(tmp_path_factory.mktemp("list"), quotas=quotas, capacities=team)


def test_every_page_of_the_list_is_there_and_names_nobody(folder: Path) -> None:
    pages = summarise(folder)["pages"]
    assert [page["name"] for page in pages][: len(PAGES)] == PAGES
    html = render_report(folder)
    assert "client-0" not in html
    assert "<script>window" not in html
    assert "one more agent hour is worth" in html


def test_every_chart_has_its_text_and_its_figures(folder: Path) -> None:
    def charts(blocks):
        for block in blocks:
            if block["kind"] == "chart":
                yield block
            yield from charts(block.get("blocks", []))

    found = [chart for page in summarise(folder)["pages"][: len(PAGES)] for chart in charts(page["blocks"])]
    assert len(found) >= 9
    assert all(len(chart["caption"]) > 30 and chart["data"]["rows"] for chart in found)


def test_the_profit_of_the_list_stands_beside_the_curve_and_todays_settings(folder: Path) -> None:
    listed = json.loads((folder / "target.json").read_text())["expected_profit"]
    pages = {page["name"]: page for page in summarise(folder)["pages"]}
    (curve,) = (block for block in pages["call-list"]["blocks"] if block["kind"] == "chart")
    assert f"With its limits and holdout it brings {money(listed, 'EUR')}." in curve["caption"]
    (sliders,) = (block for block in pages["what-if"]["blocks"] if block["kind"] == "what_if")
    assert sliders["data"]["listed_profit"] == listed


def test_a_list_of_nobody_still_has_a_page(tmp_path: Path) -> None:
    html = render_report(write_target(tmp_path, cost=79.0))
    assert "Call nobody" in html


@pytest.mark.parametrize(("called", "held_out", "remedy"), [(20_000, 40, "Hold out more"), (40, 20_000, "Call more")])
def test_what_to_do_names_the_arm_that_is_short(called: int, held_out: int, remedy: str) -> None:
    shown = _warning({"called": called, "held_out": held_out, "effect": 0.08, "base_rate": 0.1}, "EUR")
    assert shown is not None
    assert remedy in shown["text"]


def test_a_list_of_few_tells_how_many_they_are_and_nothing_of_their_money(tmp_path: Path) -> None:
    write_target(tmp_path, budget_calls=3)
    html = render_report(tmp_path)
    assert "What the list of 3 is expected to bring is not said of fewer than 10 customers" in html
    shown = html[html.index("To be called") :]
    assert "Expected to say yes" not in shown[: shown.index("What to do")]
    assert "after the cost of the calls" not in html


def test_few_successes_are_told_with_a_decimal(tmp_path: Path) -> None:
    write_target(tmp_path, budget_calls=12)
    html = render_report(tmp_path)
    successes = json.loads((tmp_path / "target.json").read_text())["expected_successes"]
    assert successes < 9.95
    assert f"about {successes:.1f} successes" in html
    assert f"{successes:.1f}</" in html[html.index("Expected to say yes") :][:200]


def test_a_holdout_too_small_to_show_anything_says_so(tmp_path: Path) -> None:
    write_target(tmp_path, budget_calls=100, holdout_share=0.02)
    found = json.loads((tmp_path / "target.json").read_text())["holdout"]
    assert found["effect"] is None
    html = render_report(tmp_path)
    assert "This holdout shows nothing" in html
    assert html.count("held out are too few to show what calling brings") == 1
    assert f"policy.holdout_share of {100 * found['enough_share']:.0f}\u00a0% holds out enough" in html
    assert "more of expected profit than the share of this list" in html
    forgone = [plan["forgone"] for plan in found["plans"]]
    assert forgone == sorted(forgone)
    assert forgone[0] > 0
    assert "points or more" not in html


def test_the_row_of_the_share_of_the_list_says_who_was_drawn(tmp_path: Path) -> None:
    write_target(tmp_path, budget_calls=100, holdout_share=0.1)
    found = json.loads((tmp_path / "target.json").read_text())["holdout"]
    pages = {page["name"]: page for page in summarise(tmp_path)["pages"]}
    (figures,) = (
        block.get("data", block) for block in pages["holdout"]["blocks"] if block["kind"] in ("table", "chart")
    )
    (marked,) = figures["marked"]
    assert figures["rows"][marked][:2] == ["10 %", str(found["held_out"])]
    assert "drawn" in figures["note"]


@pytest.mark.usefixtures("undrawn")
def test_the_page_says_where_the_list_is_and_what_to_offer_by_segment(tmp_path: Path) -> None:
    write_target(tmp_path, budget_calls=100)
    found = json.loads((tmp_path / "target.json").read_text())
    usual = {"column": "segment", "selection_rate": 0.1, "ratio": 1.0, "mean_propensity": 0.2, "profit": 100.0}
    found["groups"] = [
        usual | {"group": "Savers", "eligible": 90, "listed": 9},
        usual | {"group": "Gone", "eligible": 90, "listed": 0},
    ]
    found["advice"] = {"Savers": {"offer": "A fixed rate."}, "Gone": {"offer": "Nothing.", "avoid": "Haste."}}
    (tmp_path / "target.json").write_text(json.dumps(found))
    blocks = summarise(tmp_path)["pages"][0]["blocks"]
    (said,) = (block["items"] for block in blocks if block["kind"] == "statements")
    (where,) = (item["text"] for item in said if item["word"] == "Where the list is")
    assert all(name in where for name in ("call_list.xlsx", "dialler.csv", "call_list.parquet"))
    (advice,) = (block for block in blocks if block.get("title") == "What to offer and say")
    assert advice["columns"] == ["Segment", "on the list", "what to offer"]
    assert advice["rows"] == [["Savers", "9", "A fixed rate."]]


def test_a_customer_may_count_twice_only_where_there_are_two_reasons() -> None:
    def note(*reasons: str) -> str:
        shown = _why_not({"suppressed_because": dict.fromkeys(reasons, 5), "files": ["'stop.csv'"]})
        assert shown is not None
        return str(shown["note"])

    assert note("in arrears") == "'stop.csv'"
    assert note("in arrears", "called lately") == "One customer may count under several reasons. 'stop.csv'"


def test_every_doubt_is_a_banner(tmp_path: Path) -> None:
    write_target(tmp_path)
    found = json.loads((tmp_path / "target.json").read_text())
    found["doubts"] = [{"title": "A file keeps nobody off", "sentence": f"not the one entry of '{HOSTILE}'"}]
    (tmp_path / "target.json").write_text(json.dumps(found))
    html = render_report(tmp_path)
    assert "A file keeps nobody off" in html
    assert "Not the one entry of" in html
    assert HOSTILE not in html
    assert "2 entries, 0 customers matched" in html


def test_what_must_stop_a_call_stands_open_under_the_figures_and_the_rest_waits_in_one_box(tmp_path: Path) -> None:
    write_target(tmp_path)
    found = json.loads((tmp_path / "target.json").read_text())
    found["doubts"] = [
        {"title": "Seen", "sentence": "too high", "folded": True},
        {"title": "Uncounted", "sentence": "nobody is kept off", "folded": True},
        {"title": "No do-not-call list", "sentence": "none was named"},
    ]
    (tmp_path / "target.json").write_text(json.dumps(found))
    figures, banner, fold, *_ = summarise(tmp_path)["pages"][0]["blocks"]
    assert (figures["kind"], banner["title"]) == ("figures", "No do-not-call list")
    assert (fold["kind"], fold["title"], fold["printed"]) == ("fold", "2 things to check", True)
    assert [block["title"] for block in fold["blocks"]] == ["Seen", "Uncounted"]


def test_bands_of_age_stand_in_their_order(folder: Path) -> None:
    rows = json.loads((folder / "target.json").read_text())["fairness"][0]["rows"]
    first, *bands = [row["group"] for row in rows]
    assert first == "everyone"
    assert bands[0].startswith("below ")
    assert bands[-1].endswith(" and above")
    starts = [float(band.split(" ")[0]) for band in bands[1:]]
    assert starts == sorted(starts)


def test_one_group_is_no_comparison(folder: Path, tmp_path: Path) -> None:
    found = json.loads((folder / "target.json").read_text())
    found["fairness"] = [{**found["fairness"][0], "rows": found["fairness"][0]["rows"][:2], "floors": [], "each": []}]
    (tmp_path / "target.json").write_text(json.dumps(found))
    html = render_report(tmp_path)
    assert "Age: no two groups have 10 customers or more, so nothing was compared." in html
    assert "no group is clearly called less" not in html
    # beside everyone, one group tells of those who are not in it
    assert found["fairness"][0]["rows"][1]["group"] not in html


def test_where_no_column_is_sensitive_the_page_says_that_nothing_was_compared(folder: Path, tmp_path: Path) -> None:
    found = json.loads((folder / "target.json").read_text())
    (tmp_path / "target.json").write_text(json.dumps(found | {"fairness": []}))
    assert "The contract marks no column of the list as sensitive" in render_report(tmp_path)


def test_no_group_large_enough_is_no_chart(folder: Path, tmp_path: Path) -> None:
    found = json.loads((folder / "target.json").read_text())
    found["fairness"] = [{**found["fairness"][0], "rows": found["fairness"][0]["rows"][:1], "floors": [], "each": []}]
    (tmp_path / "target.json").write_text(json.dumps(found))
    html = render_report(tmp_path)
    assert "so nothing was compared." in html
    assert "Most often called" not in html


def test_a_floor_that_the_money_cannot_pay_is_said(folder: Path, tmp_path: Path) -> None:
    found = json.loads((folder / "target.json").read_text())
    for floor in (found["fairness"][0]["floors"][-1], *found["fairness"][0]["each"]):
        floor |= {"cost_of_floor": None, "changed": None}
    (tmp_path / "target.json").write_text(json.dumps(found))
    assert "cannot be met with this budget" in render_report(tmp_path)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    sync = pytest.importorskip("playwright.sync_api")
    with sync.sync_playwright() as running:
        opened = running.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"])
        yield opened
        opened.close()


@pytest.mark.browser
@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ({"budget_calls": 400}, "Call 20.0\u00a0% of the 2,000 who may be called, best first."),
        ({"cost": 0.01}, "Call everybody who is not held out."),
    ],
)
def test_the_sliders_begin_with_what_the_list_says(
    browser: Any, tmp_path: Path, rules: dict[str, float], words: str
) -> None:
    page = tmp_path / "report.html"
    page.write_text(render_report(write_target(tmp_path, **rules, holdout_share=0.1)), "utf-8")
    tab = browser.new_page()
    tab.goto(page.as_uri())
    shown = tab.locator("#call-list .figure, #call-list .figures").first.inner_text()
    said = tab.locator(".what-if p.verdict").inner_text()
    tab.close()
    assert " of 2,000 who may be called" in shown
    assert said == words
    assert "budget_calls" not in rules or "20.0\u00a0% of 2,000" in shown


@pytest.mark.browser
@pytest.mark.parametrize(("rules", "costs"), [({}, (1.0, 2.0, 0.5)), ({"budget_calls": 300}, (1.0,))])
def test_the_sliders_answer_as_choosing_again_would(
    browser: Any, tmp_path: Path, rules: dict[str, int], costs: tuple[float, ...]
) -> None:
    """What the page says after moving a slider is within 2 % of making the list at that cost."""
    page = tmp_path / "report.html"
    page.write_text(render_report(write_target(tmp_path, **rules)), "utf-8")
    for cost in costs:
        _, again, _ = campaign(cost=5.0 * cost, **rules)
        tab = browser.new_page(viewport={"width": 390, "height": 800})
        troubles: list[str] = []
        tab.on("pageerror", lambda error, troubles=troubles: troubles.append(str(error)))
        tab.on("console", lambda said, troubles=troubles: troubles.append(said.text))
        tab.goto(page.as_uri())
        tab.locator(".by-cost").fill(str(round(100 * cost)))
        said = tab.locator(".what-if dd.profit").inner_text()
        wide = tab.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        tab.close()
        assert troubles == []
        assert not wide
        shown = float(said.replace(",", "").replace("−", "-").split("\u00a0")[0])
        assert shown == pytest.approx(again.profit, rel=0.02), cost


def test_the_sliders_say_why_they_start_below_the_list() -> None:
    parts = {
        "ratio": [5.0, 2.0],
        "customers": [10.0, 10.0],
        "successes": [1.0, 2.0],
        "value": [100.0, 400.0],
        "cost": [20.0, 200.0],
    }
    found = {"economics": {"most_customers": 10, "budget_money": None}, "parts": parts, "quotas_or_capacities": False}
    assert _beside_the_list(found | {"expected_profit": 80.0}, "EUR") == ""
    assert "parts of ten" in _beside_the_list(found | {"expected_profit": 80.6}, "EUR")
    assert "Calls cost unequally" in _beside_the_list(found | {"expected_profit": 200.0}, "EUR")
    one_cost = {"economics": found["economics"] | {"cost": 5.0}, "expected_profit": 200.0}
    assert "parts of ten" in _beside_the_list(found | one_cost, "EUR")
    assert "Quotas and capacities" in _beside_the_list(
        found | {"expected_profit": 200.0, "quotas_or_capacities": True}, "EUR"
    )


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Words without pictures: drawing these takes nearly all of the time of a page."""
    for page in ("list_curves", "list_fairness", "list_holdout", "list_what_if"):
        monkeypatch.setattr(f"segmint.report.pages.{page}.draw", lambda picture, label: "<svg></svg>")


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("dropped", [0, 1])
def test_ids_of_the_earlier_list_without_their_zeros_are_said(tmp_path: Path, dropped: int) -> None:
    write_target(tmp_path)
    path = tmp_path / "target.json"
    met = "2 customers of the earlier list were matched although the ids differ by zeros before them or by capitals."
    gone = {"before": 3, "dropped": dropped, "because": {"not in the table any more": 1} if dropped else {}}
    for sentences in ([], [met]):
        path.write_text(json.dumps(json.loads(path.read_text()) | {"dropped": gone | {"sentences": sentences}}))
        assert (met in render_report(tmp_path)) is bool(sentences)


def test_what_has_one_list_alone_is_a_dot_and_said() -> None:
    made = {"customers": 200, "expected_profit": 900.0, "expected_cost": 100.0, "expected_successes": 20.0}
    rows = [{"what": "cost", "factor": factor, **made} for factor in (1.0, 1.1)] + [
        {"what": "value", "factor": 1.0, **made}
    ]
    shown = _sensitivity(rows, "EUR")
    assert shown is not None
    assert "A dot stands alone for “a success brings”:" in shown["caption"]
    without = _sensitivity(rows[:2], "EUR")
    assert without is not None
    assert "dot" not in without["caption"]


@pytest.mark.parametrize("limited", [True, False])
def test_the_price_of_floors_says_that_quotas_are_left_out_where_there_are_any(folder: Path, limited: bool) -> None:
    found = json.loads((folder / "target.json").read_text())
    part = next(part for part in found["fairness"] if part["floors"])
    shown = json.dumps(list_fairness._floors(part, found | {"quotas_or_capacities": limited}, "EUR"))
    assert "The list keeps its number of calls and its budget" in shown
    assert ("quotas and capacities are left out" in shown) == limited
