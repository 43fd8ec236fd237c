"""What the recipe did: teachers, what they made for the student, and how good both are, as a picture and in words."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from segmint.metrics.intervals import NORMAL_95
from segmint.report.blocks import Block, chart, table
from segmint.report.charts import ACCENT, CLASSES, INK, MUTED, WIDTH
from segmint.report.svg import Boxes
from segmint.wording import count, decimal, listed, percent

_HALF = (WIDTH - 4 - 12) / 2
_TESTED = (
    "a test on customers that small trees had not seen found that this says what the columns by themselves do not."
)


def lesson_block(lesson: Mapping[str, Any]) -> Block:
    """Show what the recipe of a run did, from ``lesson.json``."""
    taught, recipe = lesson.get("taught"), str(lesson.get("recipe"))
    title = "How it was taught"
    if not taught:
        return chart(
            title, _draw_plain(lesson), caption=_plain_words(recipe) + _again_words(lesson), data=_scores(lesson)
        )
    return chart(title, _draw(taught, lesson), caption=_words(taught, lesson), data=_scores(lesson))


def _words(taught: Mapping[str, Any], lesson: Mapping[str, Any]) -> str:
    student = lesson["student"]
    missed = lesson.get("missed") if lesson.get("recipe") == "best" else None
    without = f" Not installed, and done without: {listed(missed)} (pip install 'segmint[best]')." if missed else ""
    return (
        f"{teaching_words(str(lesson.get('recipe')), taught)} Each judged by customers whose answers told it only when to stop, the area under the curve is {decimal(taught['auc'])} for the teacher and "
        f"{decimal(student['auc'])} for the student{_verdict(taught, student)}.{_finer_words(taught.get('finer', []))}{_pair_words(taught.get('pairs', []))}{_change_words(taught.get('changes', []))}{_again_words(lesson)}{without}"
    )


def teaching_words(recipe: str, taught: Mapping[str, Any] | None) -> str:
    """Say what taught the network, by the recipe and the part `taught` of ``lesson.json``, without how well."""
    if not taught:
        return _plain_words(recipe)
    teachers, several = listed(taught["teachers"]), len(taught["teachers"]) > 1
    said = (
        f"{teachers} {'were' if several else 'was'} trained {taught['folds']} times, each time without a part of the customers, and said of "
        f"that part how likely each outcome is. The network learned to match these probabilities ({percent(taught['share'], 0)}; the rest is "
        f"the outcome itself), and those of {count(taught['copies'])} shuffled copies, in which {percent(taught['swap'], 0)} of the cells come "
        f"from another customer. Then the {'teachers are' if several else 'teacher is'} thrown away."
    )
    upcoming = (
        f" The copies are also of {count(taught['upcoming'])} customers who are yet to be called and have no outcome."
        if taught.get("upcoming")
        else ""
    )
    members = (
        f" {count(taught['members'])} small networks learned so, each from a start of its own, and became one that says what they say "
        f"on average."
        if taught.get("members", 1) > 1
        else ""
    )
    return f"{said}{upcoming}{members}"


def behind_teacher(lesson: Mapping[str, Any], *, compared: bool) -> str:
    """Say that the network surely knows less than its teacher, and what to do about it; empty where it does not.

    Parameters
    ----------
    lesson : dict
        As in ``lesson.json``.
    compared : bool
        Whether the run holds the network beside other models.
    """
    taught, student = lesson.get("taught"), lesson["student"]
    found = _gap(taught, student) if taught else None
    if not taught or found is None or found[0] >= -found[1]:
        return ""
    trees = (
        "The comparison shows whether trees do better"
        if compared
        else "Compare the models to see whether trees do better (compare.enabled)"
    )
    best = "" if lesson.get("recipe") == "best" else 'try the recipe "best", '
    return (
        f"The network has not caught up with its teacher: the area under the curve is {decimal(taught['auc'])} for the teacher and "
        f"{decimal(student['auc'])} for the network, each judged by other customers, whose answers told it only when to stop; that is more than chance. "
        f"{trees}; {best}or search for other settings, such as wider layers (model.hidden) and more epochs (model.epochs)."
    )


def _verdict(taught: Mapping[str, Any], student: Mapping[str, Any]) -> str:
    """Say who knows more, where that is more than chance."""
    if (found := _gap(taught, student)) is None:
        return ""
    gap, chance = found
    if abs(gap) <= chance:
        return f": level, as these are different customers and up to {decimal(chance)} may be chance"
    return f": the student has {'overtaken' if gap > 0 else 'not caught up with'} its teacher"


def _gap(taught: Mapping[str, Any], student: Mapping[str, Any]) -> tuple[float, float] | None:
    """Return how far the student is ahead, and how much of that may be chance, as the two are judged on different customers.

    None where all customers had one outcome, and no chance is known.
    """
    errors = [float(one["auc_error"]) for one in (taught, student) if one.get("auc_error") is not None]
    if len(errors) < 2:
        return None
    return float(student["auc"]) - float(taught["auc"]), NORMAL_95 * math.hypot(*errors)


def _again_words(lesson: Mapping[str, Any]) -> str:
    """Say that the bundle's network learned from the validation customers too, once they had judged."""
    if not (again := lesson.get("again")):
        return ""
    epochs = int(again["epochs"])
    return (
        f" Last, everything learned once more from all {count(again['customers'])} customers, the validation customers too, for "
        f"{count(epochs)} {'epoch' if epochs == 1 else 'epochs'}: that network is in the bundle. Curves and figures here are of the one before, "
        f"which these customers could judge."
    )


def _finer_words(finer: list[str]) -> str:
    """Name the numbers that are read in finer steps."""
    if not finer:
        return ""
    return (
        f" The student reads {listed(finer)} in finer steps where a test on the training customers found that the answers change within "
        f"the usual ones."
    )


def _pair_words(pairs: list[list[str]]) -> str:
    """Name the pairs that are read together, for who wonders where a column's reason comes from."""
    if not pairs:
        return ""
    named = listed([f"{first} with {second}" for first, second in pairs])
    return f" Teacher and student also read how many training customers share the same {named}: {_TESTED}"


def _change_words(changes: list[list[str]]) -> str:
    """Name the changes that are read, for who wonders where a column's reason comes from."""
    if not changes:
        return ""
    named = listed([f"{before} to {after}" for before, after in changes])
    return f" Teacher and student also read the change from {named}: {_TESTED}"


def _plain_words(recipe: str) -> str:
    if recipe == "plain":
        return "It learned from the outcomes alone: the recipe 'plain' has no teacher."
    return (
        "It learned from the outcomes alone: for a teacher that is trained without a part of the customers each time there were too few "
        "customers, or too few of an outcome."
    )


def _scores(lesson: Mapping[str, Any]) -> Block:
    """Teacher and student side by side."""
    rows = []
    if taught := lesson.get("taught"):
        rows.append(
            [
                "teacher, on customers kept from it in turn",
                count(taught["customers"]),
                decimal(taught["loss"], 4),
                decimal(taught["auc"], 4),
            ]
        )
    student = lesson["student"]
    rows.append(
        [
            "student, on the validation customers",
            count(student["customers"]),
            decimal(student["loss"], 4),
            decimal(student["auc"], 4),
        ]
    )
    note = "Cross-entropy: lower is better. Area under the ROC curve: higher is better."
    if len(rows) > 1:
        note += " The two rows are different customers of one table, so small differences are chance."
    return table(["Who", "customers", "cross-entropy", "area under the curve"], rows, note=note)


def _draw(taught: Mapping[str, Any], lesson: Mapping[str, Any]) -> str:
    student = lesson["student"]
    names = [str(name) for name in taught["teachers"]]
    shown = " and ".join(names) if len(names) <= 2 else f"{len(names)} teachers, stacked"
    boxes = _picture(5, f"{shown} teach the network")
    _box(
        boxes, 0, f"{count(taught['customers'])} customers with their outcome", "the training rows", MUTED, hollow=True
    )
    boxes.arrow(1)
    detail = f"trained {taught['folds']} times · area {decimal(taught['auc'])}"
    _box(boxes, 1, f"Teacher: {shown}", detail, CLASSES[1], tip=listed(names))
    boxes.arrow(2, -WIDTH / 4)
    boxes.arrow(2, WIDTH / 4)
    _box(boxes, 2, "Targets", f"for {count(taught['customers'])} customers", CLASSES[2], left=2.0, width=_HALF)
    _box(
        boxes,
        2,
        "Copies",
        f"{count(taught['copies'])} shuffled, labelled",
        CLASSES[2],
        left=2 + _HALF + 12,
        width=_HALF,
    )
    boxes.arrow(3, -WIDTH / 4)
    boxes.arrow(3, WIDTH / 4)
    _box(boxes, 3, "Student: the Dense network", f"area {decimal(student['auc'])}", ACCENT)
    boxes.arrow(4)
    alone = _learned_again(lesson) or "the student alone; the teacher is thrown away"
    _box(boxes, 4, "the bundle", alone, MUTED, hollow=True)
    return boxes.drawn()


def _draw_plain(lesson: Mapping[str, Any]) -> str:
    boxes = _picture(3, "The network learns from the outcomes alone")
    _box(boxes, 0, "customers with their outcome", "the training rows", MUTED, hollow=True)
    boxes.arrow(1)
    _box(boxes, 1, "the Dense network", f"area {decimal(lesson['student']['auc'])}", ACCENT)
    boxes.arrow(2)
    _box(boxes, 2, "the bundle", _learned_again(lesson) or "no teacher", MUTED, hollow=True)
    return boxes.drawn()


def _learned_again(lesson: Mapping[str, Any]) -> str:
    again = lesson.get("again")
    return f"learned once more, from all {count(again['customers'])} customers" if again else ""


def _picture(rows: int, label: str) -> Boxes:
    return Boxes.of(rows, label, height=50, gap=20)


def _box(
    boxes: Boxes,
    row: int,
    title: str,
    detail: str,
    color: str,
    *,
    hollow: bool = False,
    left: float = 2.0,
    width: float = WIDTH - 4.0,
    tip: str = "",
) -> None:
    boxes.box(row, left, width, color, hollow=hollow, tip=tip)
    for line, (text, ink, weight) in enumerate(((title, INK, "600"), (detail, MUTED, "400"))):
        boxes.words(text, left + width / 2, f"{boxes.top(row) + 20 + 18 * line}", "middle", ink, weight)
