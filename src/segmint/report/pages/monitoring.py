"""Does the wave still look like training, and did it go as promised? Shares only, no customer."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from segmint.monitoring.alarm_texts import alarm_text
from segmint.monitoring.drift import ADVICE_WORDS, ALARMS, Advice, say_observed
from segmint.report import charts
from segmint.report.blocks import (
    Block,
    Page,
    Tone,
    banner,
    chart,
    figures,
    fold,
    key,
    make_page,
    others_banner,
    points,
    table,
    text,
)
from segmint.report.run_view import RunView
from segmint.report.svg import draw
from segmint.store import run_files
from segmint.wording import count, decimal, percent, percent_between

Row = dict[str, Any]
_TONES: dict[Advice, Tone] = {"none": "good", "look": "caution", "recalibrate": "caution", "retrain": "danger"}


def page(run: RunView) -> Page | None:
    """Show alarms with what to do, each column's drift, and realised against expected."""
    found = run.json(run_files.MONITOR)
    if found is None:
        return None
    tone, usual = _TONES[found["advice"]], ADVICE_WORDS[found["advice"]]
    word = found.get("advice_head") or usual
    if tone == "good" and word != usual:
        tone = "caution"
    return make_page(
        "monitoring",
        title="The wave beside training",
        short="The wave",
        lead=f"{count(found['customers'])} customers. {found['receipt']}",
        blocks=[
            others_banner(found.get("caution")),
            banner("caution", "Look at this first", found["two_answers"]) if found.get("two_answers") else None,
            banner("caution", "The network has seen customers of this wave", found["seen"])
            if found.get("seen")
            else None,
            banner("caution", "These customers have moved the bundle", found["moved"]) if found.get("moved") else None,
            banner(tone, word, found["advice_sentence"].removeprefix(f"{word}: ")),
            figures(_headline(found)),
            _alarms(found["alarms"]),
            _shares(found["estimated"].get("shares")),
            text(found["untold"]) if found.get("untold") else None,
            *_explained(found["alarms"]),
            *_realised(found["realised"]),
            _waves(found.get("waves", [])),
            _columns(found["columns"], run),
            points(
                [
                    "A wave that is as in training raises any alarm in about 5 % of cases, however many columns there are.",
                    "PSI: less than 0.1 above what chance alone brings in a wave of this size is little, more than 0.25 above it plain. Estimated figures trust the propensities; outcomes are the judge.",
                ]
            ),
        ],
    )


def _headline(found: Row) -> list[tuple[str, str, str]]:
    estimated, realised = found["estimated"], found["realised"]
    alarms = ("Alarms", str(len(found["alarms"])), "things that are not as in training")
    if "shares" in estimated:
        return [alarms]
    promised, of_whom = estimated["rate"], _promised_in_training(estimated)
    if realised is not None:
        # beside what came stands what the same customers were promised
        promised = realised["promised"]
        of_whom = f"to the {count(realised['customers'])} who answered; {percent(estimated['rate'])} to all, {of_whom}"
    shown = [
        alarms,
        ("Promised response rate", percent(promised), of_whom),
        ("Estimated ROC AUC", decimal(estimated["auc"], 2), _estimated_for_training(estimated["auc_in_training"])),
    ]
    if realised is not None:
        shown.append(
            (
                "Observed response rate",
                percent(realised["observed"]),
                f"of the {count(realised['customers'])} who answered",
            )
        )
    return shown


def _promised_in_training(estimated: Row) -> str:
    """Like with like where the bundle knows what it promised in training; else those who said yes, by that name."""
    promised, said_yes = estimated.get("promised_in_training"), f"{percent(estimated['rate_in_training'])} said yes"
    return (
        f"in training {said_yes}"
        if promised is None
        else f"in training {percent(promised)} were promised and {said_yes}"
    )


def _estimated_for_training(value: float | None) -> str:
    return "not known for training" if value is None else f"estimated for training, {decimal(value, 2)}"


def _in_training(value: float | None) -> str:
    """Say what it was in training; of a bundle that does not know, nothing is assumed."""
    return "in training not known" if value is None else f"in training {decimal(value, 2)}"


def _alarms(alarms: list[Row]) -> Block | None:
    if not alarms:
        return None
    rows = [[alarm["code"], alarm["sentence"], alarm["advice"]] for alarm in alarms]
    return table(["Alarm", "what was found", "advice"], rows, title="Alarms", words=(0, 1, 2))


def _shares(shares: list[Row] | None) -> Block | None:
    """Say of a bundle that names segments how many it expects in each."""
    if shares is None:
        return None
    rows = [
        [told["class"], percent(told["share"]), percent(told["share_in_training"]), decimal(told["psi"], 3)]
        for told in shares
    ]
    return table(["Segment", "expected now", "in training", "PSI"], rows, title="How many are expected in each segment")


def _explained(alarms: list[Row]) -> list[Block]:
    """Say what each alarm means and what to do, folded away."""
    told = [alarm_text(code) for code in sorted({alarm["code"] for alarm in alarms} & ALARMS.keys())]
    return [fold(f"{each.code}: {each.title}", [text(each.means), text(each.to_do)], printed=True) for each in told]


def _waves(waves: list[Row]) -> Block | None:
    """Line up the waves that were held against the same bundle, the latest last."""
    if len(waves) < 2:
        return None
    rows = [
        [
            _breakable(wave["wave"]), wave["made"][:10], count(wave["customers"]), percent(wave["promised"]), *_came(wave),
            ", ".join(wave["alarms"]) or "none",
        ]
        for wave in waves
    ]  # fmt: skip
    note = "Promised to those with an outcome, or to everyone while there are none. A table that was watched twice stands once, with its outcomes."
    return table(
        ["Wave", "watched", "customers", "promised", "with an outcome", "observed", "alarms"],
        rows,
        title="Wave by wave, the same bundle",
        words=(0, 6),
        marked=(len(rows) - 1,),
        note=note,
    )


def _breakable(name: str) -> str:
    """Let a long file name break behind its marks, so that it leaves the figures room on a narrow screen."""
    return re.sub(r"([_.-])", "\\1\u200b", name)


def _came(wave: Row) -> tuple[str, str]:
    if wave["observed"] is None:
        return "none yet", ""
    return count(wave["answered"]), percent(wave["observed"])


def _realised(realised: Row | None) -> list[Block | None]:
    if realised is None or not realised["deciles"]:
        return []
    tenths = realised["deciles"]
    part = "tenth" if len(tenths) == 10 else "part"  # of few customers there are fewer than ten
    places = np.arange(1, len(tenths) + 1, dtype=np.float64)
    picture = charts.curves(
        [
            ("observed", places, np.array([row["observed"] for row in tenths])),
            ("promised", places, np.array([row["promised"] for row in tenths])),
        ],
        [charts.RIVAL, charts.ACCENT],
        x_title=f"{part} of the customers, likeliest first",
        y_title="share who say yes",
        unit=(False, False),
        whole=True,
    )
    caption = (
        f"{say_observed(realised)} Calibration slope "
        f"{decimal(realised['slope'], 2)}, {_in_training(realised['slope_in_training'])}; ROC AUC {decimal(realised['auc'], 2)} on these very customers."
    )
    parts = chart(
        "Realised against expected",
        draw(picture, f"Promised and observed response rate by {part} of the customers"),
        caption=caption,
        data=_groups(part.capitalize(), tenths),
        keys=[key("accent", "promised"), key("rival", "observed")],
        wide=True,
    )
    segments = realised.get("segments") or []
    return [parts, _groups("Segment", segments, title="By segment") if segments else None]


def _groups(head: str, rows: list[Row], title: str = "") -> Block:
    cells = [
        [
            str(row["group"]), count(row["customers"]), percent(row["promised"]), percent(row["observed"]),
            percent_between(row["low"], row["high"]),
        ]
        for row in rows
    ]  # fmt: skip
    return table([head, "customers", "promised", "observed", "95 %"], cells, title=title, stacked=bool(title))


def _columns(rows: list[Row], run: RunView) -> Block:
    ordered = sorted(rows, key=lambda row: -row["psi"])
    cells = [
        [
            run.column_label(row["column"]), decimal(row["psi"], 3), decimal(row.get("psi_by_chance"), 3), decimal(row["ks"], 3),
            percent(row["missing_before"]), percent(row["missing_now"]), percent(row["unseen"]),
        ]
        for row in ordered
    ]  # fmt: skip
    heads = ["Column", "PSI", "by chance alone", "KS", "missing in training", "missing now", "unseen levels"]
    return table(heads, cells, title="Every column, most moved first")
