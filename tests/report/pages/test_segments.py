"""The page of segments: what it says of them is true, and in words before figures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from segmint.report.blocks import Page
from segmint.report.html import render
from segmint.report.pages import segments
from segmint.report.run_view import RunView
from segmint.report.summary import summarise
from segmint.segments.brought import brought_by
from segmint.wording import percent

CRITERIA = "The criteria of information (BIC and ICL) leave open whether there are 2 or 3 segments."


def segment(key: str, name: str, rate: float, share: float) -> dict[str, Any]:
    marker = {
        "label": "age",
        "level": "under 26",
        "share": 0.6,
        "base": 0.2,
        "index": 300.0,
        "difference": 1.0,
        "known": 1.0,
        "base_known": 1.0,
    }
    return {
        "key": key, "name": name, "customers": round(3_000 * share), "rows": round(3_000 * share), "share": share, "jaccard": 0.76, "trust": "stable",
        "markers": [marker], "sentences": [{"kind": "who", "text": "They are young."}],
        "response": {"rate": rate, "low": rate - 0.02, "high": rate + 0.02, "yes": 3_000 * share * rate, "index": 900 * rate,
                     "profit_per_call": None, "profit_low": None, "profit_high": None},
    }  # fmt: skip


def said_of(column: str, kind: str, text: str) -> dict[str, Any]:
    return {
        "kind": kind,
        "text": text,
        "evidence": [{"column": column, "level": "all" if column == "customers" else "yes"}],
    }


def weighed(count: int, verdict: str, jaccard: float = 0.76) -> dict[str, Any]:
    return {"count": count, "jaccard": jaccard, "adjusted_rand": 0.8, "smallest": 0.07, "fidelity": 0.95, "spread": 90.0,
            "verdict": verdict}  # fmt: skip


def found(*, by_response: bool = True, kept: float = 0.7) -> dict[str, Any]:
    segments = [
        segment("1", "Married customers", 0.055, 0.826), segment("2", "Students", 0.143, 0.17),
        segment("3", "Customers without a housing loan", 0.447, 0.004),
    ]  # fmt: skip
    return {
        "kind": "discovered", "gates_missed": [], "questions": [], "money": None, "cramers_v": None,
        "choice": {"natural": True, "verdict": "", "reasons": [CRITERIA], "by_response": by_response,
                   "evidence": [weighed(2, "passed over", 0.9), weighed(3, "chosen")]},
        "stability": {"resamples": 20},
        "proof": {"rows": 900, "differs": True, "p": 0.0004, "permutation_p": 0.001, "auc": 0.68, "profit_kept": kept},
        "rules": {"rules": [], "fidelity": 0.95},
        "segments": segments, "brought": brought_by(segments), "sizes": {"unit": "customers", "sentence": ""},
    }  # fmt: skip


def page_of(folder: Path, content: dict[str, Any]) -> Page:
    (folder / "segments.json").write_text(json.dumps(content), "utf-8")
    page = segments.page(RunView(folder))
    assert page is not None
    return page


def charts_of(page: Page) -> dict[str, dict[str, Any]]:
    return {block["title"]: block for block in page["blocks"] if block["kind"] == "chart"}


def proof_of(page: Page) -> list[str]:
    """What stands under "How well they come back"."""
    (fold,) = [block for block in page["blocks"] if block.get("title", "").startswith("How well they come back")]
    return [str(said) for said in fold["blocks"][0]["items"]]


def in_money(*profits: float) -> dict[str, Any]:
    content = found()
    for part, profit in zip(content["segments"], profits, strict=True):
        part["response"] |= {"profit_per_call": profit, "profit_low": profit - 1, "profit_high": profit + 1,
                             "profit_per_customer": profit}  # fmt: skip
    return content | {
        "brought": brought_by(content["segments"]),
        "money": {"currency": "EUR", "source": "Profits are reckoned with 5.00 EUR as the cost of a call."},
    }


def test_the_page_begins_with_whom_to_call_and_one_table_of_all_segments(tmp_path: Path) -> None:
    content = in_money(-2.0, 5.0, 0.5)
    for need in ("They seem to be building up first savings.", "A monthly instalment binds their income."):
        content["segments"][1]["sentences"].append(said_of("age", "need", need))
    older = "Nothing that many of them share suggests a need or an offer: ask what they are saving for, and when they will need it."
    content["segments"][0]["sentences"].append(said_of("customers", "need", older))
    page = page_of(tmp_path, content)
    said, overview = page["blocks"][:2]
    assert page["lead"] == ""
    assert said["items"][0]["text"].startswith("Call segment 2 first (Students): 17 % of the customers, 99.8 %")
    assert overview["columns"] == [
        "Segment", "customers", "share", "said yes (95 % interval)", "profit per call, EUR", "in all, EUR",
        "what it needs", "what to do",
    ]  # fmt: skip
    assert [(row[0], row[-1]) for row in overview["rows"]] == [
        ("2  Students", "call first"),
        ("3  Customers without a housing loan", "too few to say"),
        ("1  Married customers", "write"),
    ]
    assert [row[-2] for row in overview["rows"]] == [
        "They seem to be building up first savings. A monthly instalment binds their income.", "–", "–",
    ]  # fmt: skip
    assert overview["marked"] == [0]
    assert "5.00 EUR as the cost of a call" in overview["note"]
    assert "Call first: all of it is above zero, and no other segment is surely ahead. Write: " in overview["note"]
    assert '<td class="word" data-name="what to do">call first</td>' in render(
        {"title": "t", "subtitle": "", "run": "r", "pages": [page]}
    )


def test_the_table_says_what_its_steps_mean(tmp_path: Path) -> None:
    content = in_money(-2.0, 5.0, 0.5)
    note = page_of(tmp_path, content)["blocks"][1]["note"]
    assert note.startswith("The interval of the profit per call decides. Call first: all of it is above zero, ")
    assert "Call: " not in note
    assert "By the list: " not in note
    assert "Too few to say (fewer than 30 customers): decide nothing by them." in note
    assert "come back" not in note
    content["segments"][0]["jaccard"] = 0.6
    assert (
        "Does not come back (not found again among customers drawn anew) and too few to say (fewer than 30 customers): "
        "decide nothing by them."
    ) in page_of(tmp_path, content)["blocks"][1]["note"]


def test_without_money_nobody_is_written_to(tmp_path: Path) -> None:
    content = found()
    content["segments"][0]["response"] |= {"rate": 0.045, "low": 0.04, "high": 0.05}
    overview = page_of(tmp_path, content | {"brought": brought_by(content["segments"])})["blocks"][1]
    assert {row[0]: row[-1] for row in overview["rows"]}["1  Married customers"] == "later"
    assert (
        "Later: all of it is below that of all customers together; their calls may pay all the same. Too few to say"
        in overview["note"]
    )
    assert "rite" not in overview["note"]


def test_where_nobody_was_called_the_table_says_what_to_offer(tmp_path: Path) -> None:
    content = found() | {"kind": "known", "brought": None, "choice": None, "proof": None}
    content["segments"][1]["sentences"].append(said_of("age", "offer", "A short deposit."))
    for part in content["segments"]:  # that nothing is known of any segment's needs is no column
        part["sentences"].append(said_of("customers", "need", "For what many of them share no need is known."))
    overview = page_of(tmp_path, content)["blocks"][0]
    assert overview["columns"] == ["Segment", "customers", "share", "what to offer"]
    assert [row[-1] for row in overview["rows"]] == ["–", "A short deposit.", "–"]


def test_a_segment_is_not_said_to_be_all_customers_of_its_name(tmp_path: Path) -> None:
    shown = charts_of(page_of(tmp_path, found()))
    told = shown["How the segments answered"]["caption"]
    assert told.startswith("Segment 3 (Customers without a housing loan) says yes most often: 44.7")
    told = shown["How large they are, and how willing"]["caption"]
    assert told.startswith(
        "Segment 2 (Students) says yes most often, and is 17"
    )  # 12 customers of segment 3 tell nothing
    assert "Segment 1 (Married customers) brings most in all, 6" in told


@pytest.mark.parametrize(
    ("by_response", "said"), [(True, "how many groups there are was chosen by"), (False, "found without")]
)
def test_the_page_says_where_the_answers_chose_how_many(tmp_path: Path, by_response: bool, said: str) -> None:
    (told,) = [
        block["text"]
        for block in page_of(tmp_path, found(by_response=by_response))["blocks"]
        if block["kind"] == "text"
    ]
    assert said in told


@pytest.mark.parametrize(
    ("kept", "said"),
    [
        (-0.2, "loses against calling everyone"),
        (0.7, "keeps 70 % of that gain"),
        (1.79, "gains even more, 179 % of what"),
    ],
)
def test_more_than_all_is_not_kept(tmp_path: Path, kept: float, said: str) -> None:
    points = proof_of(page_of(tmp_path, found(kept=kept)))
    assert any(said in point.replace("\u00a0", " ") for point in points)


def test_a_jaccard_is_said_as_the_share_of_customers_it_means(tmp_path: Path) -> None:
    first = proof_of(page_of(tmp_path, found()))[0].replace("\u00a0", " ")
    assert "came back worst shared about 86 % of its customers with its counterpart" in first


def test_what_the_segments_brought_is_as_the_run_kept_it(tmp_path: Path) -> None:
    content, name = found(), "How large they are, and how willing"
    weighed = content["brought"]
    third = weighed["segments"][2]
    told = weighed | {"segments": [*weighed["segments"][:2], third | {"part": 0.99}]}
    caption = charts_of(page_of(tmp_path, content | {"brought": told}))[name]["caption"]
    assert "Segment 3 (Customers without a housing loan) brings most in all, 99" in caption


def test_criteria_stand_in_the_fold_and_not_first(tmp_path: Path) -> None:
    page = page_of(tmp_path, found())
    (fold,) = [block for block in page["blocks"] if block.get("title", "").startswith("How well they come back")]
    assert CRITERIA in json.dumps(fold)
    assert CRITERIA not in json.dumps([block for block in page["blocks"] if block is not fold])


def test_how_many_a_segment_has_is_a_sentence_where_it_is_all_there_is_to_tell() -> None:
    one = segment("1", "Younger customers", 0.2, 0.25) | {"jaccard": None}
    kinds = [
        [block["kind"] for block in segments.segment_blocks(told, discovered=False)]
        for told in (one, one | {"response": None})
    ]
    assert ["figures" in each for each in kinds] == [True, False]
    assert any(
        "25 % of all" in block.get("text", "")
        for block in segments.segment_blocks(one | {"response": None}, discovered=False)
    )


def test_twelve_customers_are_not_none(tmp_path: Path) -> None:
    page = page_of(tmp_path, found())
    assert "0.4 % of all" in json.dumps(page, ensure_ascii=False)
    shown = charts_of(page)
    assert "What is typical of 2" in shown
    assert "What is typical of 1" in shown
    assert json.dumps(page).count("Dots are this segment") == 1
    assert "What is typical of 3" not in shown  # too few to describe, in words or in a picture


def test_words_of_the_page_are_explained_others_are_not_and_no_heading_is_empty(response_run: Path) -> None:
    report = summarise(response_run)
    words = " ".join(
        item["word"]
        for page in report["pages"]
        for block in page["blocks"]
        if block["kind"] == "definitions"
        for item in block["items"]
    )
    for word in ("Propensity", "Lift", "F1", "ROC AUC", "Average precision", "Kept apart"):
        assert word in words
    for word in ("Jaccard", "PSI", "EMPA", "CUPED", "Regret"):
        assert word not in words
    assert '<th scope="col" class="word"></th>' not in render(report)


def test_what_a_yes_brings_stands_beside_each_segment_and_why_no_profit_is_reckoned(tmp_path: Path) -> None:
    content = found() | {"no_money": "Nothing says what a call costs."}
    content["segments"][0]["worth"] = [
        {"label": "annual profit", "mean": -3.9, "low": -5.0, "high": -2.0, "role": "value"}
    ]
    (overview,) = [block for block in page_of(tmp_path, content)["blocks"] if block["kind"] == "table"]
    place = overview["columns"].index("annual profit a customer, account currency (95 % interval)")
    assert [row[place] for row in overview["rows"]] == ["–", "–", "−3.90 (−5.00 to −2.00)"]
    assert overview["note"].endswith("Nothing says what a call costs.")


def test_differences_that_may_be_chance_are_shown_as_such(tmp_path: Path) -> None:
    content = found()
    content["proof"]["differs"] = False
    captions = [chart["caption"] for chart in charts_of(page_of(tmp_path, content)).values()]
    assert captions[:2] == [segments.MAY_BE_CHANCE] * 2


def test_a_bar_that_is_missed_is_not_a_segment_that_is_not_kept(tmp_path: Path) -> None:
    missed = ["Segment 1 comes back with Jaccard 0.62, below 0.75.", "No segment is called '9'.",
              "Segment 2 was given two names; 'a' holds, and 'b' is lost."]  # fmt: skip
    page = page_of(tmp_path, found() | {"gates_missed": missed[:1], "names_in_vain": missed[1:]})
    (said,) = [block["items"] for block in page["blocks"] if block["kind"] == "points"]
    assert said == missed[1:]
    (how_well,) = [block for block in page["blocks"] if block.get("title") == segments.HOW_WELL]
    assert [missed[0]] in [block.get("items") for block in how_well["blocks"]]
    assert "fall short of what is asked" in json.dumps(how_well)


def test_groups_are_shown_beside_the_segments_that_the_table_names(tmp_path: Path) -> None:
    content = found()
    beside = {"levels": ["A", "B"], "customers": [[segment["customers"], 0] for segment in content["segments"]]}
    more = {"beside_known": beside, "keys": [segment["key"] for segment in content["segments"]], "cramers_v": 0.3}
    (shown,) = [block for block in page_of(tmp_path, content | more)["blocks"] if "beside" in block.get("title", "")]
    assert shown["columns"] == ["Group", "A", "B"]
    assert {tuple(row[1:]) for row in shown["rows"]} == {(percent(1.0, 0), "–")}


def test_of_the_banks_own_segments_the_rules_alone_fall_short(tmp_path: Path) -> None:
    missed = ["The rules put 52 % of customers right, below 90 %."]
    page = page_of(tmp_path, found() | {"kind": "known", "choice": None, "proof": None, "gates_missed": missed})
    shown = {block["title"]: block for block in page["blocks"] if block["kind"] == "fold"}
    assert segments.HOW_WELL not in shown
    assert missed in [block.get("items") for block in shown[segments.RULES]["blocks"]]
    assert "fall short" not in json.dumps(page)


def test_a_run_of_before_that_kept_sizes_of_the_banks_own_segments_shows_none_of_them() -> None:
    missed = [
        "Segment D holds 0.8 % of the customers, below 2.0 %.",
        "The rules put 52 % of customers right, below 90 %.",
    ]
    assert segments.shortfalls({"kind": "known", "gates_missed": missed})[1]["items"] == missed[1:]
    assert segments.shortfalls({"kind": "known", "gates_missed": missed[:1]}) == []
    assert segments.shortfalls({"kind": "discovered", "gates_missed": missed})[1]["items"] == missed


@pytest.mark.parametrize(
    ("second", "said"),
    [
        (-1.0, "In these calls only segment 1 (Married customers) shows a profit; it is 83 % of the customers."),
        (0.5, "Segment 1 (Married customers) brings most per call and most in all: 91"),
    ],
)
def test_the_picture_says_where_one_segment_alone_pays(tmp_path: Path, second: float, said: str) -> None:
    content = found()
    for part, profit in zip(content["segments"], (1.0, second, -2.0), strict=True):
        part["response"] |= {"profit_per_call": profit, "profit_low": profit - 1, "profit_high": profit + 1,
                             "profit_per_customer": profit}  # fmt: skip
    content["brought"] = brought_by(content["segments"])
    assert said in charts_of(page_of(tmp_path, content))["How large they are, and what calls to them bring"]["caption"]


def test_rules_say_from_whom_they_were_learned(tmp_path: Path) -> None:
    rules = {
        "rules": [{"segment": 0, "sentence": "age is under 26", "customers": 2_098, "purity": 0.9}],
        "fidelity": 0.95,
        "rows_apart": 899,
    }
    shown = json.dumps(page_of(tmp_path, found() | {"rules": rules}), ensure_ascii=False).replace("\u00a0", " ")
    assert "customers learned from" in shown
    assert "learned from 2,098 customers, which are counted here; on 899 customers kept apart they agree" in shown


def test_rates_that_chose_the_segments_are_said_to_flatter_them(tmp_path: Path) -> None:
    def told(method: str) -> str:
        return str(proof_of(page_of(tmp_path, found() | {"state": {"method": method}})))

    assert "cut by the answers of seven in ten customers" in told("tree")
    assert "seven in ten" not in told("latent-class")


@pytest.mark.parametrize("width", [390, 760, 1280])
def test_the_overview_fits_the_screen(tmp_path: Path, browser: Any, width: int) -> None:
    content = in_money(-2_000.0, 5_000.0, 0.5)
    content["segments"][0]["name"] = (
        "Customers with secondary schooling, without a housing loan and never called before"
    )
    content["segments"][0]["sentences"].append(said_of("housing", "need", "A monthly instalment binds their income."))
    page = page_of(tmp_path, content)
    html = tmp_path / "report.html"
    html.write_text(render({"title": "t", "subtitle": "", "run": "r", "pages": [page]}), "utf-8")
    tab = browser.new_page(viewport={"width": width, "height": 900})
    tab.goto(html.as_uri())
    overview = tab.locator(".table.stacked")
    assert overview.evaluate("table => table.scrollWidth <= table.clientWidth")
    tab.close()


def test_what_the_answer_says_is_not_said_again_and_sections_stand_as_the_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = in_money(-2.0, 5.0, 0.5)
    page = page_of(tmp_path, content)
    first = page["blocks"][0]["items"][0]["text"]
    overview = page["blocks"][1]
    heads = [block["title"] for block in page["blocks"] if block["kind"] == "heading"]
    assert heads == [row[0] for row in overview["rows"]]
    answered = charts_of(page)["How the segments answered"]["data"]["rows"]
    assert [row[0].split()[0] for row in answered] == ["2", "3", "1"]
    monkeypatch.setattr(segments, "told_of_segments", lambda run: [("Which segment first", first)])
    assert first not in json.dumps(page_of(tmp_path, content), ensure_ascii=False)


def test_bubbles_have_the_colours_of_what_is_sure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sides: list[str] = []
    bubbles = segments.charts.bubbles

    def seen(rows: Any, **more: Any) -> Any:
        sides[:] = [row["sure"] for row in rows]
        return bubbles(rows, **more)

    monkeypatch.setattr(segments.charts, "bubbles", seen)
    content = in_money(-2.0, 5.0, 0.5)
    page_of(tmp_path, content)
    assert sides == ["below", "above", ""]
    content["proof"]["differs"] = False
    page_of(tmp_path, content)
    assert sides == [""] * 3


def test_that_no_need_is_known_is_said_once_of_several_segments(tmp_path: Path) -> None:
    content = found()
    for part in content["segments"][:2]:
        part["sentences"].append(said_of("customers", "need", "What many of them share says nothing of a need: ask."))
    shown = json.dumps(page_of(tmp_path, content), ensure_ascii=False)
    assert shown.count("says nothing of a need") == 1
    assert "What many of the customers of segments 1 and 2 share says nothing of a need: ask what they" in shown
    content["segments"][0]["sentences"].pop()
    assert "What many of them share" in json.dumps(page_of(tmp_path, content))


def test_groups_beside_known_segments_are_said_to_be_others(tmp_path: Path) -> None:
    shown = json.dumps(page_of(tmp_path, found() | {"cramers_v": 0.32}), ensure_ascii=False)
    assert "They are other groups than those: the two divisions agree only in part." in shown
    assert "without looking at their answers" not in shown
