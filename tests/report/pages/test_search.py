"""After a search every page says on which customers its figures are."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from segmint.report.pages import answer, quality, search
from segmint.report.run_view import RunView

SENTENCE = "The settings were searched on 80 % of the rows (1,200); the comparison, its intervals and the calibration are about the other 20 % (300 rows)."


@pytest.fixture(params=["response", "assignment"])
def plain(request: pytest.FixtureRequest, make_run: Callable[..., Path]) -> Path:
    return make_run(kind=request.param, rows=300)


@pytest.fixture
def searched(plain: Path) -> Path:
    summary = json.loads((plain / "summary.json").read_text("utf-8")) | {"rows": 1_500}
    (plain / "summary.json").write_text(json.dumps(summary), "utf-8")
    told = {"sentence": SENTENCE, "rows_searched": 1_200, "rows_apart": 300, "trials": [], "best": 0}
    (plain / "search.json").write_text(json.dumps(told), "utf-8")
    return plain


def banners(page: dict[str, Any] | None) -> list[str]:
    assert page is not None
    return [block["text"] for block in page["blocks"] if block["kind"] == "banner"]


def test_the_answer_and_how_well_name_the_rows_that_the_search_never_saw(searched: Path) -> None:
    run = RunView(searched)
    assert SENTENCE in banners(answer.page(run))
    judged = quality.page(run)
    assert SENTENCE in banners(judged)
    assert str(judged).count("Each of 300 customers kept apart was ")
    assert "Every customer was" not in str(judged)
    assert "of 300 " in str(answer.page(run))


def test_without_a_search_every_customer_was_judged(plain: Path) -> None:
    run = RunView(plain)
    assert not banners(answer.page(run))
    assert "Every customer was" in str(quality.page(run))
    assert "of 300 " not in str(answer.page(run)).replace("Of 300 customers", "")


def test_a_search_of_one_trial_says_that_nothing_else_was_tried(plain: Path) -> None:
    trial = {"number": 0, "settings": {"epochs": 8}, "losses": [0.3], "loss": 0.3, "given_up": False, "seconds": 200.0}
    told = {"sentence": SENTENCE, "only_the_start": "No other settings were tried: too short.", "rows_searched": 1_200}
    told |= {"rows_apart": 300, "trials": [trial], "best": 0}
    (plain / "search.json").write_text(json.dumps(told), "utf-8")
    page = str(search.page(RunView(plain)))
    assert "1 trial was made. No other settings were tried: too short." in page
    assert "None was better" not in page
