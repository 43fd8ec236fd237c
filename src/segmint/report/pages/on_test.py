"""The network and its rivals on a test table of the user's own."""

from __future__ import annotations

from segmint.models.names import OURS
from segmint.report.blocks import Block, Page, banner, make_page, text
from segmint.report.pages.comparison import compared
from segmint.report.pages.quality import named
from segmint.report.run_view import RunView
from segmint.report.scores import main_metric, metric_label, metric_row, ranked, same_or_better
from segmint.wording import between, count, decimal, percent


def page(run: RunView) -> Page | None:
    """Show how every method did on the test table, and whom the network named rightly there."""
    tested = run.on_test
    if tested is None:
        return None
    return make_page(
        "test",
        title="On your test table",
        short="Your test",
        lead=f"{_who(tested)} {_how(tested)}",
        blocks=[_in_training(tested), _classes_apart(tested), *compared(tested), named(tested), text(_read(tested))],
    )


def on_test_sentence(run: RunView) -> str:
    """Say in a sentence how the network did on the test table; "" without one."""
    tested = run.on_test
    ours = None if tested is None else metric_row(tested, OURS, main_metric(tested))
    if tested is None or ours is None:
        return ""
    figure = f"{metric_label(ours.metric)} {decimal(ours.value)} (95 % interval {between(ours.low, ours.high)})"
    said = f"On {count(tested.summary['rows'])} rows of {tested.summary['source']} the network has {figure}."
    return f"{said} {same_or_better(tested)}".strip()


def _who(tested: RunView) -> str:
    classes, rows = tested.summary["classes"], tested.summary["rows"]
    if tested.is_response:
        yes = classes.get(tested.positive, 0)
        return (
            f"{count(rows)} rows of {tested.summary['source']}, {count(yes)} of which ({percent(yes / rows)}) say yes."
        )
    shares = ", ".join(f"{name} {percent(number / rows, 0)}" for name, number in classes.items())
    return f"{count(rows)} rows of {tested.summary['source']}: {shares}."


def _how(tested: RunView) -> str:
    rivals = (
        "; every other method learned from the training table, those that stop early without the inner rows that told them when"
        if len(ranked(tested, main_metric(tested))) > 1
        else ""
    )
    thresholds = " Thresholds come from the training table." if tested.is_response else ""
    return f"Nothing was learned or chosen on them: the network is the one of the bundle{rivals}.{thresholds}"


def _in_training(tested: RunView) -> Block | None:
    told = tested.summary.get("told")
    return banner("caution", "Also in the training table", str(told)) if told else None


def _classes_apart(tested: RunView) -> Block | None:
    told = tested.summary.get("classes_apart")
    return banner("caution", "Outcomes that one of the tables lacks", " ".join(told)) if told else None


def _read(tested: RunView) -> str:
    ledger = tested.summary["ledger"]
    told = {"Rejected": ledger["reasons"], "Flagged, and judged all the same": ledger["flags"]}
    said = [
        f"{title}: {'; '.join(f'{reason} {count(number)}' for reason, number in counts.items())}."
        for title, counts in told.items()
        if counts
    ]
    return " ".join([f"{ledger['sentence']}.", *said])
