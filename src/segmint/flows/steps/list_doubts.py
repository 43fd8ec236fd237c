"""What may be wrong with a list that is made, or would be."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from segmint.flows.steps.bundle import SEGMENT
from segmint.flows.steps.policy_columns import levels_by_column
from segmint.flows.steps.same_campaign import shared_customers, spelt_otherwise
from segmint.monitoring.unread import Unread
from segmint.store.bundle import Bundle
from segmint.store.run import Run
from segmint.targeting.levels import levels_of_nobody
from segmint.targeting.policy import ContactPolicy
from segmint.targeting.suppress import Doubt, respects_objections
from segmint.wording import Said, Term

NO_OBJECTIONS = Doubt(
    title="No do-not-call list was used",
    sentence=Said(
        "this list respects no do-not-call list; name the files of objections as ",
        Term("policy.suppress"),
        ", or a column of consent in the contract",
    ),
)
NO_HISTORY = Doubt(
    title="No earlier calls are counted",
    sentence=Said(
        "no file of earlier calls is named as ",
        Term("policy.history"),
        ", so ",
        Term("policy.attempts"),
        " keeps nobody off; none is needed for a campaign's first list",
    ),
    folded=True,
)


def doubts_of_list(
    policy: ContactPolicy,
    bundle: Bundle,
    columns: pl.DataFrame,
    called: pl.Series,
    who: str,
    *,
    seen: int,
    sure: bool,
    read: Sequence[Doubt],
    runs: Sequence[Run],
    table: str,
) -> list[Doubt]:
    """Say what may be wrong with a list that is made, or would be.

    Parameters
    ----------
    policy, bundle
    columns : polars.DataFrame
        What the policy may take from.
    called : polars.Series of String
        The customers `who`, as `customers_of` names them.
    who : str
        What they are to the list: "to be called".
    seen : int
        How many of them the network was trained on, or may have been.
    sure : bool
        Whether anybody can tell.
    read : sequence of Doubt
        The doubts of `Candidates`.
    runs : sequence of Run
        Newest first; lists of the same campaign among them may call the same customers.
    table : str
        The fingerprint of the customers' table.
    """
    by_id = bundle.contract.id_column is not None
    return [
        *_trained_on(seen, len(called), who, sure=sure, by_id=by_id),
        *shared_customers(runs, policy, called, who, by_id=by_id, table=table),
        *spelt_otherwise(runs, policy),
        *_doubts_of(policy, bundle, columns, read),
    ]


def _trained_on(seen: int, of: int, who: str, *, sure: bool, by_id: bool) -> list[Doubt]:
    """Say that the network has learned from `seen` of the `of` customers `who`, or may have, where it has from any."""
    if not seen:
        return []
    if sure:
        said = (
            f"the network was trained on {seen:,} of the {of:,} {who}: for them this is no prediction about strangers, and what "
            "they are expected to bring may be too high"
        )
        return [Doubt(title="The network has seen customers of this list", sentence=said, folded=True)]
    why = (
        "the run that trained it is not here"
        if by_id
        else "the contract has no id, and this is not the very table it learned"
    )
    said = (
        f"{seen:,} of the {of:,} {who} have an outcome already, and nobody can tell whether the network was trained on them "
        f"({why}): if it was, what they are expected to bring may be too high"
    )
    return [
        Doubt(title="Nobody can tell whether the network has seen customers of this list", sentence=said, folded=True)
    ]


def unread(bundle: Bundle, columns: pl.DataFrame) -> list[Doubt]:
    """Say which columns the network cannot make sense of, as they are written otherwise than in training."""
    found = Unread(bundle.contract.features(bundle.at), bundle.reference)
    found.add(columns)
    said = ". ".join([*found.doubts, "What is expected of the list may be far off"])
    return [Doubt(title="The table is not written as the network learned it", sentence=said)] if found.doubts else []


def _doubts_of(policy: ContactPolicy, bundle: Bundle, columns: pl.DataFrame, read: Sequence[Doubt]) -> list[Doubt]:
    """Say that a list respects no objection or earlier call, what was `read`, and which rules wait in vain."""
    known = levels_by_column(bundle, segments=SEGMENT not in bundle.contract.by_name)
    waiting = levels_of_nobody(policy, columns, known)
    uncounted = policy.attempts is not None and policy.history is None
    return [
        *([] if respects_objections(policy, bundle.contract) else [NO_OBJECTIONS]),
        *([NO_HISTORY] if uncounted else []),
        *read,
        *(Doubt(title="A rule waits for nobody", sentence=said) for said in waiting),
    ]
