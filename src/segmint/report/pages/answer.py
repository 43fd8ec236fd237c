"""The answer in three sentences, with the headline figures and the warning that belongs to them."""

from __future__ import annotations

import polars as pl

from segmint.contract.yes_no import few_yes_told
from segmint.evaluation.conclusion import nothing_told
from segmint.metrics.ranking import cumulative_gain, lift_at, roc_auc
from segmint.models.names import OURS
from segmint.report.blocks import Block, Page, banner, figures, make_page, statements
from segmint.report.lesson import behind_teacher
from segmint.report.levels import Level, strongest_levels
from segmint.report.pages.on_test import on_test_sentence
from segmint.report.pages.search import judged_apart
from segmint.report.run_view import Predictions, RunView
from segmint.report.scores import main_metric, same_or_better, tells_nothing
from segmint.segments.bring_most import say_who_brings_most
from segmint.segments.call_order import say_call_order
from segmint.store import run_files
from segmint.wording import capital, count, listed, percent, times


def page(run: RunView) -> Page | None:
    """Say what was asked, who says yes or belongs where, how well the network finds them, and what to do next."""
    if not run.summary:
        return None
    found = run.predictions(OURS)
    return make_page(
        "answer",
        title="The answer",
        short="Answer",
        lead="" if tells_nothing(run) else _in_short(run, found),
        blocks=[
            warning(run.at),
            judged_apart(run),
            _behind_teacher(run),
            statements(_sentences(run, found)),
            figures(_headlines(run, found)),
        ],
    )


def warning(at: str) -> Block | None:
    """Return the banner for a model that uses more than the bank knows when the list is made."""
    if at == "after_call":
        return banner(
            "danger",
            "For benchmarks, not for choosing whom to call",
            "This model uses columns that are known only after the call, such as the call's duration. Its figures are too good "
            "for planning: nobody knows how long a call will last before it is made.",
        )
    if at == "dialling":
        return banner(
            "caution",
            "Needs the planned day and channel of the call",
            "This model uses columns that are chosen when the call is placed, such as month or channel. Give the planned values "
            "when you predict with it.",
        )
    return None


def _behind_teacher(run: RunView) -> Block | None:
    """Return the banner for a network that did not learn what its teacher knew."""
    lesson = run.json(run_files.LESSON)
    said = "" if lesson is None else behind_teacher(lesson, compared=run.comparison is not None)
    return banner("caution", "The network is behind its teacher", said) if said else None


def _sentences(run: RunView, found: Predictions | None) -> list[tuple[str, str]]:
    if tells_nothing(run):  # beside this verdict, what a list reaches is chance
        return [
            ("The verdict", f"{nothing_told(main_metric(run))} {_few(run)}".strip()),
            ("Who", _who(run)),
            *told_of_segments(run),
            *_on_test(run),
            ("What to do next", _next_without_knowing(run)),
        ]
    return [
        ("Who", _who(run)),
        *told_of_segments(run),
        ("How well the network finds them", _how_well(run)),
        *_on_test(run),
        ("What to do next", _next(run, found)),
    ]


def _on_test(run: RunView) -> list[tuple[str, str]]:
    said = on_test_sentence(run)
    return [("On your test table", said)] if said else []


def told_of_segments(run: RunView) -> list[tuple[str, str]]:
    """Say which segment to call first, where calls by segment are proven to differ, and whose customers bring most."""
    found = run.segments
    if found is None or not run.summary:
        return []
    by_calls = not (tells_nothing(run) or run.at == "after_call")
    said = [
        ("Which segment first", say_call_order(found) if by_calls else ""),
        ("Which segment brings most", say_who_brings_most(found)),
    ]
    return [(title, text) for title, text in said if text]


def _next_without_knowing(run: RunView) -> str:
    if run.is_response:
        return (
            "Do not call by this ranking: it is no better than chance. Call a random part of the customers, add their answers and "
            "columns that say more about them, and run again."
        )
    return (
        "Do not rely on the segments that this network names: gather more customers whose segment is known, or columns that say "
        "more about them, and run again."
    )


def _who(run: RunView) -> str:
    customers = int(run.summary.get("rows") or 0)
    if run.is_response:
        rate = float(run.summary.get("base_rate") or 0.0)
        asked = (
            f"Of {count(customers)} customers {count(_yes(run))} said yes ({run.outcome_label}), "
            f"a response rate of {percent(rate)}."
        )
    else:
        asked = f"{count(customers)} customers belong to {len(_classes(run))} known segments: {_shares(run)}."
    return f"{asked} {_where(run)}".strip()


def _classes(run: RunView) -> list[str]:
    classes = run.summary.get("classes") or []
    return [str(name) for name in classes]


def _shares(run: RunView) -> str:
    found = run.predictions(OURS)
    if found is None:
        return listed(_classes(run))
    return listed([f"{name} ({percent(float(found.said(name).mean()), 0)})" for name in found.classes])


def _where(run: RunView) -> str:
    if run.columns is None or tells_nothing(run):
        return ""
    best = strongest_levels(run, most=3)
    if not best:
        return ""
    found = listed([_level_words(level, int(run.summary.get("rows") or 0)) for level in best])
    return f"Yes is most frequent where {found}." if run.is_response else f"They differ most where {found}."


def _level_words(level: Level, customers: int) -> str:
    who = f" are {level.outcome}" if level.outcome else ""
    of_all = f"; they are {percent(level.customers / customers)} of all" if customers else ""
    return (
        f"{level.label} is {level.level} ({percent(level.rate, 0)} of {count(level.customers)} customers{who}{of_all})"
    )


def _in_short(run: RunView, found: Predictions | None) -> str:
    """Answer in one sentence."""
    if found is not None and run.of_yes(found):
        reached = _reached(run, found)
        return (
            f"Calling the best 20 % of the network's ranking reaches {percent(reached, 0)} of all who say yes, "
            f"{times(reached / 0.2)} as many as a random choice."
        )
    if found is not None:
        right = float((found.outcome == found.predicted).mean())
        return f"The network names the right segment for {percent(right, 0)} of customers it had not seen."
    return ""


def _reached(run: RunView, found: Predictions) -> float:
    """The share of all who say yes that the best 20 % hold."""
    return float(cumulative_gain(found.said(run.positive), found.probability(run.positive), [0.2])[0])


def _how_well(run: RunView) -> str:
    said = same_or_better(run) or "No comparison was made in this run."
    return f"{said} {_few(run)}".strip()


def _few(run: RunView) -> str:
    """Say it where too few said yes for these figures to mean much."""
    if not run.is_response or run.summary.get("base_rate") is None:
        return ""
    few = few_yes_told(_yes(run))
    return f"{capital(few)}." if few else ""


def _yes(run: RunView) -> int:
    return round(float(run.summary.get("base_rate") or 0.0) * int(run.summary.get("rows") or 0))


def _next(run: RunView, found: Predictions | None) -> str:
    if run.at == "after_call":
        return "Run again with --at planning to get a model that may choose whom to call."
    if not run.is_response:
        return (
            f"Predict the segment of new customers with this run's bundle{_offers(run)}; where the two "
            "highest probabilities are close, treat the segment as open."
        )
    if found is None and run.on_test is not None:  # a test table tells the same
        found = run.on_test.predictions(OURS)
    if found is None or run.positive not in found.classes:
        return (
            "Run again with the comparison (compare.enabled) before a campaign relies on this network: nothing here says yet how well it "
            "ranks customers it has not seen."
        )
    y, score = found.said(run.positive), found.probability(run.positive)
    if roc_auc(y, score) < 0.55:
        return "The ranking is hardly better than chance: gather more about these customers before a campaign relies on it."
    return (
        "Predict the customers of the next campaign, call from the top of the list down to your budget, and leave a random part "
        "uncalled, so that the effect of calling can be measured."
    )


def _offers(run: RunView) -> str:
    """Say which known segments have an offer."""
    segments = run.segments["segments"] if run.segments is not None and run.segments.get("kind") == "known" else []
    offered = [s["key"] for s in segments if any(said["kind"] == "offer" for said in s["sentences"])]
    if not offered:
        return ""
    if len(offered) == len(segments):
        return ", and give each segment its own offer"
    one = len(offered) == 1
    return f", and give segment{'' if one else 's'} {listed(offered)} the offer that {'its section names' if one else 'their sections name'}"


def _headlines(run: RunView, found: Predictions | None) -> list[tuple[str, str, str]]:
    items = [("Customers", count(float(run.summary.get("rows") or 0)), f"read from {run.source}")]
    if found is not None and run.of_yes(found):
        items += _response_headlines(run, found)
    elif found is not None:
        sizes = pl.Series(found.outcome).value_counts(sort=True)
        items.append(("Segments", str(len(found.classes)), f"the largest is {sizes.row(0)[0]}"))
        items.append(
            (
                "Named right",
                percent(float((found.outcome == found.predicted).mean())),
                f"of {count(run.kept_apart)} customers kept apart"
                if run.kept_apart
                else "of customers kept apart from training",
            )
        )
    return items


def _response_headlines(run: RunView, found: Predictions) -> list[tuple[str, str, str]]:
    y, score = found.said(run.positive), found.probability(run.positive)
    rate = float(y.mean())
    first = min(lift_at(y, score, 0.1) * rate, 1.0)
    apart = f" of {count(run.kept_apart)} kept apart" if run.kept_apart else ""
    ranked = [
        ("The best 20 % hold", percent(_reached(run, found), 0), "of all who say yes"),
        ("Of the best 10 %", percent(first, 0), "say yes"),
    ]
    return [
        ("Response rate", percent(rate), f"{count(int(y.sum()))}{apart} said yes"),
        *([] if tells_nothing(run) else ranked),
    ]
