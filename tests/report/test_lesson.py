from __future__ import annotations

from xml.etree import ElementTree

import pytest

from segmint.report.lesson import behind_teacher, lesson_block

TAUGHT = {
    "teachers": ["LightGBM"], "folds": 5, "customers": 3_400, "copies": 20_400, "swap": 0.25, "share": 0.9, "loss": 0.2101, "auc": 0.79,
    "auc_error": 0.012,
}  # fmt: skip


def lesson(auc: float, **more: object) -> dict[str, object]:
    student = {"loss": 0.209, "auc": auc, "auc_error": 0.03, "customers": 678}
    return {"recipe": "fast", "taught": TAUGHT | more, "student": student, "missed": []}


@pytest.mark.parametrize(
    ("auc", "words"),
    [
        (0.86, "overtaken"),
        (0.80, ": level, as these are different customers and up to 0.063 may be chance"),
        (0.75, ": level"),
        (0.71, "not caught up"),
    ],
)
def test_student_and_teacher_are_set_side_by_side(auc: float, words: str) -> None:
    block = lesson_block(lesson(auc))
    assert words in block["caption"]
    assert "20,400 shuffled copies" in block["caption"]
    assert [row[3] for row in block["data"]["rows"]] == ["0.7900", f"{auc:.4f}"]


def test_changes_that_are_read_are_named() -> None:
    assert (
        "the change from May to June and June to July"
        in lesson_block(lesson(0.8, changes=[["May", "June"], ["June", "July"]]))["caption"]
    )
    assert "change" not in lesson_block(lesson(0.8))["caption"]


@pytest.mark.parametrize("auc", [0.71, 0.75, 0.86])
def test_a_warning_says_that_the_student_is_behind_where_the_network_page_does(auc: float) -> None:
    said = behind_teacher(lesson(auc), compared=True).replace("\u00a0", " ")
    assert bool(said) == ("not caught up with" in lesson_block(lesson(auc))["caption"])
    if said:
        assert "0.790 for the teacher and 0.710 for the network" in said
        assert 'try the recipe "best"' in said
        assert "compare.enabled" not in said
        best = behind_teacher(lesson(auc) | {"recipe": "best"}, compared=False)
        assert "compare.enabled" in best
        assert "recipe" not in best


def test_nobody_is_behind_without_a_teacher_or_without_knowing_chance() -> None:
    assert behind_teacher(lesson(0.5) | {"taught": None}, compared=True) == ""
    assert behind_teacher(lesson(0.5, auc_error=None), compared=True) == ""


def test_without_knowing_chance_nobody_is_ahead() -> None:
    told = lesson(0.9)
    told["student"]["auc_error"] = None  # type: ignore[index]
    assert "0.790 for the teacher and 0.900 for the student." in lesson_block(told)["caption"]


def test_the_best_recipe_says_what_it_missed() -> None:
    told = lesson(0.79, teachers=["LightGBM", "extra trees"]) | {"recipe": "best", "missed": ["catboost"]}
    block = lesson_block(told)
    assert "LightGBM and extra trees were trained 5 times" in block["caption"]
    assert "done without: catboost (pip install 'segmint[best]')" in block["caption"]
    assert "teachers are thrown away" in block["caption"]


@pytest.mark.parametrize(("recipe", "words"), [("plain", "has no teacher"), ("fast", "too few customers")])
def test_without_a_teacher_the_reason_is_said(recipe: str, words: str) -> None:
    told = {"recipe": recipe, "taught": None, "student": {"loss": 0.3, "auc": 0.7, "customers": 50}, "missed": []}
    block = lesson_block(told)
    assert words in block["caption"]
    assert len(block["data"]["rows"]) == 1


def test_the_picture_is_well_formed_and_escapes_what_it_shows() -> None:
    block = lesson_block(lesson(0.79, teachers=["<script>"]))
    texts = [node.text for node in ElementTree.fromstring(block["svg"]).iter("text")]
    assert "Teacher: <script>" in texts
    assert "<script>" not in block["svg"]


def test_a_network_that_learned_once_more_from_everybody_says_so() -> None:
    block = lesson_block(lesson(0.79) | {"again": {"customers": 4_078, "epochs": 7}})
    assert "once more from all 4,078 customers" in block["caption"]
    assert "too, for 7 epochs: that network is in the bundle" in block["caption"]
    assert "learned once more, from all 4,078 customers" in block["svg"]
    assert "once more" not in lesson_block(lesson(0.79))["caption"]
