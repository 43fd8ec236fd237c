"""A table in segments: found or known, described, said, ruled and proven. What `segments.json` holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from segmint.contract.valid_table import ValidTable
from segmint.errors import ConfigError
from segmint.metrics.association import cramers_v
from segmint.progress import Progress, silent
from segmint.segments.advice import questions
from segmint.segments.brought import brought_by
from segmint.segments.choice import SMALLEST_SHARE, CountChoice
from segmint.segments.cuts import Cuts, cuts_of
from segmint.segments.finder import Method, SegmentFinder
from segmint.segments.gaps import Gaps, gaps_of
from segmint.segments.inputs import SegmentInputs, segment_inputs
from segmint.segments.kept import OF_RULES, KeptSegments
from segmint.segments.migration import migration_table
from segmint.segments.names import names_of_nobody, say_named_twice, say_nobody
from segmint.segments.profile import CallMoney, Profiles, profile_segments, response_of
from segmint.segments.proof import SegmentProof, prove_segments
from segmint.segments.rules import SegmentRules, segment_rules, uncoded_on
from segmint.segments.sizes import Sizes
from segmint.segments.stability import STABLE, Labels, Stability, contingency
from segmint.segments.tree import leaf_paths
from segmint.segments.word_file import Words
from segmint.segments.words import SegmentWords, say_segments
from segmint.splits.folds import inner_split
from segmint.splits.groups import RowIdentity, row_customers
from segmint.wording import percent

FORMAT = 1
APART = 0.3
STEADY = 0.5  # mean rank correlation of response rates between blocks of time
ENOUGH = 4


@dataclass(frozen=True)
class Segmentation:
    """Segments of a table and all that is known of them.

    Attributes
    ----------
    labels : ndarray of int of shape (n_customers,)
        The segment of each customer, from 0.
    probabilities : ndarray of shape (n_customers, n_segments)
        How sure that is; a known segment is certain.
    sizes : Sizes
    profiles, words, rules : Profiles, tuple of SegmentWords, SegmentRules
    state : dict or None
        For `assign_segments`; None for known segments.
    choice, stability : CountChoice, Stability or None
        Why so many; None for known segments.
    proof : SegmentProof or None
        With a response only.
    questions : tuple of str
        To ask in the next calls, where the table says nothing of satisfaction and interests.
    cramers_v : float or None
        How closely discovered segments go with the known ones of the table.
    beside_known : dict or None
        How many customers of each discovered segment are in each known one, as `Migration.told` says them.
    money : CallMoney or None
        What profits were reckoned with.
    names_of_nobody : tuple of str
        Under what a name was given and no segment goes.
    named_twice : tuple of str
        Which segments were given two names, in sentences.
    tree_cuts : bool or None
        Whether the method "tree" finds segments where these do not differ in their response; None where it is not asked.
    no_money : str
        Why no profit is reckoned though the table has money, in a sentence.
    gaps : dict
        How much of each describing column is empty; see `gaps_of`. Nothing for known segments.
    also : tuple of str
        Of each segment that a tree made, who is put there without knowing what its splits ask for, in a sentence, or "".
    """

    labels: Labels
    probabilities: NDArray[np.float64]
    sizes: Sizes
    profiles: Profiles
    words: tuple[SegmentWords, ...]
    rules: SegmentRules
    state: dict[str, Any] | None = None
    choice: CountChoice | None = None
    stability: Stability | None = None
    proof: SegmentProof | None = None
    questions: tuple[str, ...] = ()
    cramers_v: float | None = None
    beside_known: dict[str, Any] | None = None
    money: CallMoney | None = None
    names_of_nobody: tuple[str, ...] = ()
    named_twice: tuple[str, ...] = ()
    tree_cuts: bool | None = None
    no_money: str = ""
    gaps: Gaps = field(default_factory=dict)
    also: tuple[str, ...] = ()

    @property
    def keys(self) -> tuple[str, ...]:
        """Return the short names of the segments: "1", "2", … or "A", "B", …."""
        return tuple(segment.key for segment in self.profiles.segments)

    @property
    def names(self) -> tuple[str, ...]:
        """Return what the segments are called: known ones, unless people name them, by their keys."""
        return tuple(words.name for words in self.words)

    @property
    def descriptions(self) -> tuple[str, ...]:
        """Return what says of each segment who is in it: its name, unless that is the bank's own."""
        return tuple(words.own_name if words.name == words.key else words.name for words in self.words)

    def customers(self) -> pl.DataFrame:
        """Return one row per customer: segment (its name), segment_key, segment_probability."""
        return memberships(self.names, self.keys, self.labels, self.probabilities)

    def gates(self) -> tuple[str, ...]:
        """Say which promises these segments miss, or the rules of known ones; empty when they keep all."""
        missed = [
            f"Segment {segment.key} comes back with Jaccard {segment.jaccard:.2f}, below {STABLE}."
            for segment in self.profiles.segments
            if segment.jaccard is not None and segment.jaccard < STABLE
        ]
        missed += [
            f"Segment {segment.key} holds {percent(segment.share)} of the customers, below {percent(SMALLEST_SHARE, 0)}."
            for segment in self.profiles.segments
            if self.state is not None and segment.share < SMALLEST_SHARE
        ]
        if not self.rules.faithful:
            missed.append(f"{OF_RULES} put {percent(self.rules.fidelity)} of customers right, below 90 %.")
        if self.choice is not None and self.choice.natural and not self.choice.settled and len(self.keys) < ENOUGH:
            missed.append(f"{len(self.keys)} segments are found, fewer than {ENOUGH}: {_why_no_more(self.choice)}.")
        if self.proof is not None and not self.proof.differs:
            missed.append(f"The response does not surely differ by segment on rows kept apart{self._instead()}.")
        if self.proof is not None and self.proof.profit_kept is not None and self.proof.profit_kept < 0.5:
            missed.append(
                f"Choosing whole segments keeps {percent(max(self.proof.profit_kept, 0), 0)} of an individual model's profit."
            )
        if self.proof is not None and (tau := self.proof.rank_stability) is not None and tau < STEADY:
            missed.append(
                f"The segments change places from one block of time to the next (rank correlation {tau:.2f})."
            )
        return tuple(missed)

    def names_in_vain(self) -> tuple[str, ...]:
        """Say which names were given in vain: to no segment, or two to one."""
        return (*map(say_nobody, self.names_of_nobody), *self.named_twice)

    def _instead(self) -> str:
        if (self.state or {}).get("method") == "tree" or self.tree_cuts is None:
            return ""
        if self.tree_cuts:
            return ". For segments cut by response, set segments.method=tree"
        return ", and no describing column tells the answers apart on the other rows"

    def to_json(self) -> KeptSegments:
        """Return what `segments.json` holds: aggregates and the state, never a customer."""
        segments = [
            {
                **profile,
                "name": words.name,
                "own_name": words.own_name,
                "also": also,
                "sentences": [asdict(line) for line in words.sentences],
            }
            for profile, words, also in zip(
                self.profiles.to_json(), self.words, self.also or [""] * len(self.words), strict=True
            )
        ]
        return {
            "format": FORMAT,
            "kind": "known" if self.state is None else "discovered",
            "keys": list(self.keys),
            "state": self.state,
            "gaps": self.gaps,
            "choice": None if self.choice is None else self.choice.to_json(),
            "stability": None if self.stability is None else self.stability.to_json(),
            "segments": segments,
            "brought": brought_by(segments),
            "sizes": self.sizes.to_json(),
            "rules": {**self.rules.to_json(), "sql": self.rules.sql(self.names)},
            "proof": None if self.proof is None else self.proof.to_json(),
            "questions": list(self.questions),
            "cramers_v": self.cramers_v,
            "beside_known": self.beside_known,
            "money": None
            if self.money is None
            else {"currency": self.money.currency, "source": self.money.source, "all_reached": self.money.all_reached},
            "no_money": self.no_money,
            "gates_missed": list(self.gates()),
            "names_in_vain": list(self.names_in_vain()),
        }


def _why_no_more(choice: CountChoice) -> str:
    more = [row for row in choice.evidence if row.count >= ENOUGH]
    if not more:
        return f"{ENOUGH} or more were not tried"
    if any(row.passes for row in more):
        return "other counts are no better proposal"
    if all(row.jaccard < STABLE for row in more):
        return f"{ENOUGH} or more do not all come back"
    return "with more, one does not come back or is too small"


def memberships(
    names: Sequence[str], keys: Sequence[str], labels: Labels, probabilities: NDArray[np.float64]
) -> pl.DataFrame:
    """Return one row per customer: segment (its name), segment_key, segment_probability.

    Parameters
    ----------
    names, keys : sequence of str of length n_segments
    labels : ndarray of int of shape (n_customers,)
        The segment of each, from 0.
    probabilities : ndarray of shape (n_customers, n_segments)
    """
    return pl.DataFrame(
        {
            "segment": pl.Series(names, dtype=pl.String).gather(labels),
            "segment_key": pl.Series(keys, dtype=pl.String).gather(labels),
            "segment_probability": probabilities[np.arange(len(labels)), labels],
        }
    )


def discover_segments(
    table: ValidTable,
    *,
    count: int | Literal["auto"] = "auto",
    method: Method = "auto",
    thorough: bool = False,
    leave_out_sensitive: bool = False,
    money: CallMoney | None = None,
    no_money: str = "",
    propensity: NDArray[np.float64] | None = None,
    in_time_order: bool = False,
    random_state: int | None,
    words: Words | None = None,
    names: Mapping[str, str] | None = None,
    progress: Progress = silent,
    identity: RowIdentity | None = None,
) -> Segmentation:
    """Find the segments of a table, describe them, and prove them on rows kept apart.

    Groups are found in what describes customers, of everyone. Their response is looked at for seven in ten only; the
    proof uses the other three in ten.

    Parameters
    ----------
    table : ValidTable
    count : "auto" or int
    method : {"auto", "latent-class", "mixture", "k-means", "tree"}
    thorough : bool
        See `SegmentFinder`.
    leave_out_sensitive : bool
        Make segments without sensitive columns.
    money : CallMoney, optional
    no_money : str
        Why there is none though the table has money, in a sentence.
    propensity : ndarray of shape (n_customers,), optional
        An individual model's, out of sample: for the share of its profit that segments keep.
    in_time_order : bool
        Whether the rows stand in order of time.
    random_state : int or None
        Seed of every draw.
    words : Words, optional
        From `load_words`.
    names : mapping, optional
        Names that people gave; see `say_segments`.
    progress : Progress
    identity : RowIdentity, optional
        Who is who in the table, where it is known already.
    """
    inputs = segment_inputs(table, leave_out_sensitive=leave_out_sensitive)
    yes = response_of(table)
    who = None if yes is None else identity or RowIdentity.of(table)
    apart = np.zeros(len(table), dtype=bool) if yes is None or who is None else kept_apart(yes, who, random_state)
    looked_at = None if yes is None else np.where(apart, "", yes.astype(str))
    finder = SegmentFinder(count, method, random_state, thorough).fit(inputs, looked_at, progress=progress)
    progress("segments: description", 0, 1)
    labels, customers = finder.labels_, row_customers(table)
    profiles = profile_segments(
        table,
        labels,
        keys=tuple(str(number + 1) for number in range(int(finder.state_["count"]))),
        probabilities=finder.probabilities_,
        jaccard=finder.stability_.of(finder.choice_.count).jaccard,
        money=money,
    )
    proof = None
    if yes is not None and 0 < yes[apart].sum() < apart.sum():
        proof = prove_segments(
            labels,
            yes,
            apart,
            propensity=propensity,
            customers=customers,
            in_time_order=in_time_order,
            random_state=random_state,
            keys=None if who is None else who.keys,
        )
    tree_cuts = None
    if looked_at is not None and proof is not None and not proof.differs and finder.state_["method"] != "tree":
        tree_cuts = finder.cuts_by_response(inputs, looked_at)
    rules = segment_rules(inputs, labels, random_state=random_state)
    cuts = cuts_of(finder.state_, rules, inputs, labels, len(profiles.segments))
    said = _say(profiles, words, money, names, cuts, differs=proof is None or proof.differs)
    known = _known(table) if _is_assignment(table) else None
    found = Segmentation(
        labels=labels,
        probabilities=finder.probabilities_,
        sizes=Sizes.of(labels, customers, int(finder.state_["count"])),
        profiles=profiles,
        words=said,
        rules=rules,
        state=finder.state_,
        choice=finder.choice_,
        stability=finder.stability_,
        proof=proof,
        questions=_questions(inputs, table, words),
        cramers_v=None if known is None else cramers_v(contingency(labels, known[0]), corrected=False),
        beside_known=None if known is None else _beside_known(*known, labels, customers, profiles),
        money=money,
        names_of_nobody=names_of_nobody(names or {}, *_called(said)),
        named_twice=say_named_twice(names or {}, *_called(said)),
        tree_cuts=tree_cuts,
        no_money=no_money,
        gaps=gaps_of(finder.state_["coding"], inputs.frame),
        also=_also(finder.state_, inputs),
    )
    progress("segments: description", 1, 1)
    return found


def kept_apart(yes: NDArray[np.bool_], who: RowIdentity, random_state: int | None) -> NDArray[np.bool_]:
    """Say which three in ten prove the segments; the rows of one customer are all there or none of them."""
    seed = int(np.random.default_rng().integers(2**31)) if random_state is None else random_state
    apart = np.zeros(len(yes), dtype=bool)
    apart[inner_split(yes.astype(str), who.groups, share=APART, seed=seed, keys=who.keys)[1]] = True
    return apart


def describe_known_segments(
    table: ValidTable,
    *,
    leave_out_sensitive: bool = False,
    random_state: int | None,
    words: Words | None = None,
    names: Mapping[str, str] | None = None,
    no_money: str = "",
) -> Segmentation:
    """Describe the known segments of a table with the same profile, words and rules.

    Parameters
    ----------
    table : ValidTable
    leave_out_sensitive : bool
        Say the segments in rules without sensitive columns.
    random_state : int or None
    words, names, no_money : Words, mapping and str, optional
        See `discover_segments`.

    Raises
    ------
    ConfigError
        If the outcome of the table is no assignment.
    """
    if not _is_assignment(table):
        raise ConfigError(
            f"The contract '{table.contract.name}' knows no segments.",
            expected="an outcome of the kind assignment, filled in on every row",
            fix="discover segments instead",
        )
    labels, keys = _known(table)
    inputs = segment_inputs(table, leave_out_sensitive=leave_out_sensitive)
    certain = np.eye(len(keys))[labels]
    profiles = profile_segments(table, labels, keys=keys)
    rules = segment_rules(inputs, labels, random_state=random_state)
    cuts = cuts_of(None, rules, inputs, labels, len(keys))
    said = _say(profiles, words, None, names, cuts, known=True)
    return Segmentation(
        labels=labels,
        probabilities=certain,
        sizes=Sizes.of(labels, row_customers(table), len(keys)),
        profiles=profiles,
        words=said,
        rules=rules,
        questions=_questions(inputs, table, words),
        names_of_nobody=names_of_nobody(names or {}, *_called(said)),
        named_twice=say_named_twice(names or {}, *_called(said)),
        no_money=no_money,
    )


def _also(state: dict[str, Any], inputs: SegmentInputs) -> tuple[str, ...]:
    """Say of each segment of a tree who is put there though nothing is known that its splits ask for."""
    if state["method"] != "tree":
        return ()
    coding, names = state["coding"], {column.name: column.label for column in inputs.columns}
    said = [""] * int(state["count"])
    for leaf, path in leaf_paths(state["tree"], [len(column["labels"]) for column in coding]):
        if also := uncoded_on(path, coding, names):
            said[state["segment_of_leaf"][leaf["leaf"]]] = (
                f"Here too, if all else fits: customers with {'; '.join(also)}."
            )
    return tuple(said)


def _called(said: Sequence[SegmentWords]) -> tuple[list[str], list[str]]:
    """The keys of segments, and the names that they have by themselves."""
    return [words.key for words in said], [words.own_name for words in said]


def _is_assignment(table: ValidTable) -> bool:
    return table.contract.outcome.kind == "assignment" and table.has_outcome


def _known(table: ValidTable) -> tuple[Labels, tuple[str, ...]]:
    levels = table.contract.outcome.levels
    place = {level: number for number, level in enumerate(levels)}
    return np.array([place[str(level)] for level in table.outcome], np.int64), levels


def _beside_known(
    known: Labels, levels: tuple[str, ...], labels: Labels, customers: NDArray[np.int64], profiles: Profiles
) -> dict[str, Any]:
    each = pl.DataFrame({"customer": customers, "found": labels, "known": known}).unique()
    keys = [segment.key for segment in profiles.segments]
    moved = migration_table(each["found"].to_numpy(), each["known"].to_numpy(), keys, levels)
    return {"levels": list(levels), "customers": moved.told.tolist()}


def _say(
    profiles: Profiles,
    words: Words | None,
    money: CallMoney | None,
    names: Mapping[str, str] | None,
    cuts: Cuts,
    *,
    differs: bool = True,
    known: bool = False,
) -> tuple[SegmentWords, ...]:
    return say_segments(
        profiles,
        words,
        currency="" if money is None else money.currency,
        names=names,
        cuts=cuts,
        all_reached=money is None or money.all_reached,
        differs=differs,
        known=known,
    )


def _questions(inputs: SegmentInputs, table: ValidTable, words: Words | None) -> tuple[str, ...]:
    roles = [column.role for column in (*inputs.columns, *table.features)]
    return questions(roles, words)
