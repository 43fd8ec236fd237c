"""The list builder and its preview."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from segmint.contract.column import Column
from segmint.dashboard.desk import Desk
from segmint.dashboard.pages.common import Context, makes_lists, model_in_words, or_why_not, tables_for
from segmint.dashboard.policy_form import (
    ROWS,
    WORDS,
    config_of,
    placeholders,
    policy_of_controls,
    starts,
    words_of_the_page,
)
from segmint.errors import SegmintError
from segmint.flows.preview import PreparedList, what_moved
from segmint.flows.steps.bundle import SEGMENT, segment_names
from segmint.flows.steps.list_doubts import doubts_of_list
from segmint.monitoring.reference import usual_of
from segmint.store.bundle import Bundle
from segmint.targeting.choose import nobody_pays
from segmint.targeting.optimise import place_for, price_words
from segmint.targeting.policy import ContactPolicy, whole_up
from segmint.targeting.preview import Preview
from segmint.targeting.suppress import Doubt
from segmint.wording import in_words, terms_in, without_stop


def list_builder(desk: Desk, table: str | None, form: Mapping[str, str]) -> Context:
    """The controls of a list and what it would be; without a table, which tables there are."""
    bundle, _ = or_why_not(desk.bundle)
    tables, unfit = tables_for(desk, bundle)
    context: Context = {
        "title": "List builder",
        "model": model_in_words(desk),
        "lists": bundle is None or makes_lists(bundle),
        "tables": tables,
        "unfit": unfit,
        "table": None,
        "problem": None,
    }
    if not table or not context["lists"]:
        return context
    try:
        bundle, chosen = desk.bundle(), desk.tables.find(table)
        said = {**starts(desk.standing), **form}
        seen = preview(desk, table, said, exact=True, before=None)
        known = {
            c.name: {"label": c.label, "levels": list(usual_of(c, bundle.reference).levels)} for c in _choices(bundle)
        }
        levels = {name: column for name, column in known.items() if column["levels"]}
    except SegmintError as error:
        return context | {"problem": error}
    return context | {
        "table": chosen,
        "digest": bundle.digest,
        "form": said,
        "unset": placeholders(desk.standing),
        "seen": seen,
        "columns": levels,
        "quota_columns": _segment_level(bundle) | levels,
        "rows": ROWS,
        "data": seen,
        "standing": desk.standing.rules(),
        "doubts": seen["doubts"],
    }


def preview(
    desk: Desk, table: str, form: Mapping[str, str], *, exact: bool, before: Mapping[str, str] | None
) -> Context:
    """What a list would be and who comes and goes against the list of the controls `before`, as plain JSON."""
    labels = labels_of(desk.bundle())
    config = config_of(form, desk.standing, labels)
    policy = policy_of_controls(config)  # first: what contradicts is said in the words of the controls
    prepared = desk.prepared(table, config)
    with words_of_the_page():
        found = prepared.ask(policy, exact=exact)
    since = found
    if before is not None:
        earlier = config_of(before, desk.standing, labels)
        earlier_policy = policy_of_controls(earlier)
        since = desk.prepared(table, earlier).ask(earlier_policy, exact=False)
    return (
        _seen(prepared, found, policy, labels)
        | what_moved(prepared, since.rows, found.rows)
        | {"curve": prepared.preview.curve(policy)}
        | ({"doubts": on_the_page([*_in_vain(found), *_doubts(desk, table, prepared, policy)])} if exact else {})
    )


def _in_vain(found: Preview) -> list[Doubt]:
    """Say that the holdout will show nothing, as the finished list would, while it can still be changed."""
    if not found.power.is_in_vain:
        return []
    said = without_stop(found.power.sentence)
    return [Doubt(title="The holdout cannot show what calling brings", sentence=said, folded=True)]


def on_the_page(doubts: Sequence[Doubt]) -> list[Doubt]:
    """Say doubts in the words of the controls; `settings` are those that no control sets."""
    return [
        {
            "title": doubt["title"],
            "sentence": in_words(doubt["sentence"], WORDS),
            "settings": [setting for setting in terms_in(doubt["sentence"]) if setting not in WORDS],
            "folded": doubt.get("folded", False),
        }
        for doubt in doubts
    ]


def _doubts(desk: Desk, table: str, prepared: PreparedList, policy: ContactPolicy) -> list[Doubt]:
    """What may be wrong with the list that these controls would make."""
    rows, bundle = prepared.may_be_called(policy), desk.bundle()
    return doubts_of_list(
        policy,
        bundle,
        prepared.preview.columns,
        prepared.preview.customers.gather(rows),
        "who may be called",
        seen=int(prepared.trained_on[rows].sum()),
        sure=prepared.sure,
        read=prepared.doubts,
        runs=desk.all_runs(),
        table=desk.fingerprint(table),
    )


def _seen(prepared: PreparedList, found: Preview, policy: ContactPolicy, labels: Mapping[str, str]) -> Context:
    last, eligible = found.propensity_of_last, prepared.may_be_called(policy)
    calls = prepared.preview.ranked(policy).stakes.calls
    return {
        "currency": policy.economics.currency,
        "calls": found.calls,
        "most_calls": whole_up(float(calls[eligible].sum())),
        "customers": found.customers,
        "held_out": found.held_out,
        # rounded where they are shown, and nowhere else: twice rounded is another figure
        "expected_profit": found.expected_profit,
        "expected_cost": found.expected_cost,
        "expected_successes": found.expected_successes,
        "propensity_of_last": None if last != last else round(last, 6),
        "prices": _prices(found, policy, labels),
        "nobody": "" if found.customers else _nobody(prepared, policy),
        "exact": found.exact,
        "read": len(prepared.preview.customers) + prepared.rejected,
        "rejected": prepared.rejected,
        "eligible": eligible.size,
        "suppressed": prepared.left_out(policy),
    }


def _prices(found: Preview, policy: ContactPolicy, labels: Mapping[str, str]) -> list[str]:
    """Say what one more unit of each limit is worth; a quota is named as its control is."""
    names = {place_for(q.words): place_for(f"{labels.get(q.column, q.column)} {q.level}") for q in policy.quotas}
    return [price_words(names.get(name, name), price, policy, mean=found.exact) for name, price in found.prices.items()]


def _nobody(prepared: PreparedList, policy: ContactPolicy) -> str:
    """Say why nobody would be called, as the finished list would."""
    best = prepared.preview.ranked(policy)
    return (
        nobody_pays(best.profit, best.order, policy) or "Call nobody: the limits and the holdout leave nobody to call."
    )


def labels_of(bundle: Bundle) -> dict[str, str]:
    """What the columns of a bundle's contract are called for people."""
    return {column.name: column.label for column in bundle.contract.columns}


def _choices(bundle: Bundle) -> list[Column]:
    return [column for column in bundle.contract.columns if column.kind == "category" and column.role != "outcome"]


def _segment_level(bundle: Bundle) -> Context:
    """The bundle's own segments: a quota may name them, an exclusion not, as only who may be called gets a segment."""
    names = segment_names(bundle)
    return {SEGMENT: {"label": "segment", "levels": names}} if names else {}
