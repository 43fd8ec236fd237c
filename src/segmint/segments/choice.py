"""How many segments: information proposes, stability vetoes, the spread of response decides between equals.

Two criteria propose. BIC counts the classes that describe the table; ICL asks besides that they be told apart. Where
they agree, the count is settled. Where they do not, the counts from one to the other, and all within five per cent
of the best by ICL, are candidates.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segmint.segments.rules import FAITHFUL
from segmint.segments.stability import STABLE, Labels, Stability, contingency
from segmint.wording import listed, percent

EQUAL_INFORMATION = 0.95  # of the best gain in ICL over one group
SMALLEST_SHARE = 0.05
NATURAL = "These segments are groups that the table itself holds: they come back on resampled customers."
DOUBTFUL = (
    "The table holds structure, but not every group comes back on resampled customers: "
    "these segments are a useful cut, not a discovery."
)
UNFIT = (
    "The table holds structure, but no number of groups that tells most of it leaves every group large enough: "
    "these segments are a useful cut, not a discovery."
)
ASKED = "Cut by response, as asked; whether the table holds groups was not looked at."
NO_GROUPS = "No natural groups: these segments are a useful cut, not a discovery."
GIVEN = "The number of segments was given."


@dataclass(frozen=True)
class CountEvidence:
    """What speaks for and against one number of segments.

    Attributes
    ----------
    count : int
    bic, icl : float
        Bayesian information criterion and integrated completed likelihood on the customers judged; smaller is better.
    information : float
        Share of the best gain in ICL over one group; 1 is the best count, 0 no better than one group.
    smallest : float
        Share of the smallest segment.
    jaccard : float
        The bootstrap Jaccard of the segment that comes back worst.
    adjusted_rand : float
        Agreement of two resamples' solutions.
    fidelity : float
        Share of the judged customers whom at most twelve rules put into their segment.
    spread : float or None
        Likelihood-ratio chi-square of the response by segment less its degrees of freedom; None without a response.
    verdict : str
        "chosen", "not proposed", "unstable", "too small" or "passed over".
    fidelity_error : float
        Standard error of the fidelity.
    """

    count: int
    bic: float
    icl: float
    information: float
    smallest: float
    jaccard: float
    adjusted_rand: float
    fidelity: float
    spread: float | None
    verdict: str = "passed over"
    fidelity_error: float = 0.0

    @property
    def faithful(self) -> bool:
        """Whether rules surely say the segments: a standard error above the bar, which all customers may else not keep (Breiman et al. 1984)."""
        return self.fidelity - self.fidelity_error >= FAITHFUL

    @property
    def passes(self) -> bool:
        """Whether every segment comes back and none is too small."""
        return self.jaccard >= STABLE and self.smallest >= SMALLEST_SHARE


@dataclass(frozen=True)
class CountChoice:
    """The number of segments chosen and why.

    Attributes
    ----------
    count : int
    natural : bool
        Whether the segments may be called a discovery.
    verdict : str
        One sentence for people.
    reasons : tuple of str
        Sentences, in the order of the decision.
    evidence : tuple of CountEvidence
        One for each count that was tried.
    by_response : bool
        Whether the response decided between counts that were equals otherwise.
    """

    count: int
    natural: bool
    verdict: str
    reasons: tuple[str, ...]
    evidence: tuple[CountEvidence, ...]
    by_response: bool = False

    @property
    def settled(self) -> bool:
        """Whether both criteria of information are best with the count that was chosen."""
        if not self.evidence:
            return False
        best = min(self.evidence, key=lambda row: row.bic), max(self.evidence, key=lambda row: row.information)
        return all(row.count == self.count for row in best)

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        return asdict(self)


def response_spread(labels: Labels, outcome: Labels) -> float:
    """Measure how far the outcome differs by segment: likelihood-ratio chi-square less its degrees of freedom."""
    seen = outcome >= 0
    if not seen.any():
        return 0.0
    statistic, freedom = likelihood_ratio(contingency(labels[seen], outcome[seen]))
    return statistic - freedom


def likelihood_ratio(table: NDArray[np.float64]) -> tuple[float, int]:
    """Return the likelihood-ratio chi-square of a table of counts and its degrees of freedom (Wilks, 1938)."""
    table = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0) / table.sum()
    terms = np.where(table > 0, table * np.log(np.maximum(table, 1e-300) / expected), 0.0)
    return 2 * float(terms.sum()), (table.shape[0] - 1) * (table.shape[1] - 1)


@dataclass(frozen=True)
class Candidate:
    """One number of segments before it is weighed: its criteria, its labels, how well rules say it."""

    bic: float
    icl: float
    labels: Labels
    fidelity: float
    fidelity_error: float = 0.0


def weigh(
    candidates: Mapping[int, Candidate], one_group: float, stability: Stability, outcome: Labels | None
) -> tuple[CountEvidence, ...]:
    """Gather what speaks for each count.

    Parameters
    ----------
    candidates : mapping of int to Candidate
        By count, from 2.
    one_group : float
        The ICL of one group, which is its BIC.
    stability : Stability
    outcome : ndarray of int or None
        The response of the judged customers; -1 where nobody may look.
    """
    gain = max(one_group - min(row.icl for row in candidates.values()), 1e-9)
    return tuple(
        CountEvidence(
            count=count,
            bic=float(row.bic),
            icl=float(row.icl),
            information=float((one_group - row.icl) / gain),
            smallest=float(np.bincount(row.labels, minlength=count).min() / len(row.labels)),
            jaccard=stability.of(count).weakest,
            adjusted_rand=stability.of(count).adjusted_rand,
            fidelity=row.fidelity,
            fidelity_error=row.fidelity_error,
            spread=None if outcome is None else response_spread(row.labels, outcome),
        )
        for count, row in sorted(candidates.items())
    )


def choose_count(evidence: tuple[CountEvidence, ...], *, structure: bool) -> CountChoice:
    """Choose a count from the evidence.

    Of the counts that information proposes, those whose every segment comes back and is large enough stay, and of those
    the ones that rules can say, if any. The spread of the response decides between them, or the information without a
    response. When none of them stays, the next best by information that would is taken; when none does at all, of 4 to 7
    segments the count whose worst segment comes back best, and the verdict says so.

    Parameters
    ----------
    evidence : tuple of CountEvidence
    structure : bool
        Whether the table holds more than one group at all.
    """
    best = max(evidence, key=lambda row: row.information)
    proposed = _proposed(evidence, best)
    reasons = [_information_reason(best, proposed, structure)]
    equals = [row for row in proposed if row.passes] if structure else []
    if not equals and structure:
        equals = _next_best(evidence)
        reasons.append(
            f"Not so many are taken: {_failures(proposed)}."
            + (f" {equals[0].count} is the next best count by information that fails in neither." if equals else "")
        )
    if equals:
        equals = [row for row in equals if row.faithful] or equals
        chosen = max(equals, key=lambda row: row.spread if row.spread is not None else row.information)
        reasons.append(_decision_reason(chosen, equals))
        by_response = len(equals) > 1 and chosen.spread is not None
        return replace(_choice(chosen, True, NATURAL, reasons, evidence, proposed), by_response=by_response)
    roomy = [row for row in evidence if row.smallest >= SMALLEST_SHARE] or list(evidence)
    wanted = [row for row in roomy if 4 <= row.count <= 7] or roomy
    chosen = max(wanted, key=lambda row: row.jaccard)
    reasons.append(_least_bad_reason(chosen, wanted))
    doubt = DOUBTFUL if chosen.jaccard < STABLE else UNFIT
    return _choice(chosen, False, doubt if structure else NO_GROUPS, reasons, evidence, proposed)


def _proposed(evidence: tuple[CountEvidence, ...], best: CountEvidence) -> list[CountEvidence]:
    """Return the counts that the two criteria propose: one where they agree, a range where they do not."""
    other = min(evidence, key=lambda row: row.bic)
    if other is best:
        return [best]
    low, high = sorted((best.count, other.count))
    return [row for row in evidence if low <= row.count <= high or row.information >= EQUAL_INFORMATION]


def _next_best(evidence: tuple[CountEvidence, ...]) -> list[CountEvidence]:
    """Return the best count by information that passes, unless it throws most of the information away."""
    passing = [row for row in evidence if row.passes and row.information >= 0.5]
    return sorted(passing, key=lambda row: -row.information)[:1]


def _information_reason(best: CountEvidence, proposed: list[CountEvidence], structure: bool) -> str:
    if not structure:
        return "One group describes the table as well as any number of groups (BIC)."
    if len(proposed) == 1:
        return f"Both criteria of information (BIC and ICL) are best with {best.count} segments."
    counts = _listed([row.count for row in proposed])
    return f"The criteria of information (BIC and ICL) leave open whether there are {counts} segments."


def _failures(rows: list[CountEvidence]) -> str:
    """Say why counts do not pass."""
    unstable = [row.count for row in rows if row.jaccard < STABLE]
    small = [row.count for row in rows if row.jaccard >= STABLE and row.smallest < SMALLEST_SHARE]
    said = []
    if unstable:
        said.append(f"with {_listed(unstable)} segments not every one comes back with a Jaccard of {STABLE} or more")
    if small:
        least = percent(SMALLEST_SHARE, 0)
        said.append(f"with {_listed(small)} segments the smallest holds less than {least} of the customers")
    return ", and ".join(said)


def _listed(counts: list[int], *, last: str = "or") -> str:
    return listed([str(count) for count in sorted(counts)], last=last)


def _least_bad_reason(chosen: CountEvidence, compared: list[CountEvidence]) -> str:
    if len(compared) == 1:
        return f"With {chosen.count} segments the one that comes back worst has a Jaccard of {chosen.jaccard:.2f}."
    counts = _listed([row.count for row in compared])
    return (
        f"Of {counts} segments, {chosen.count} is taken, where the worst segment comes back best: "
        f"Jaccard {chosen.jaccard:.2f}."
    )


def _decision_reason(chosen: CountEvidence, equals: list[CountEvidence]) -> str:
    stable = f"every one of the {chosen.count} segments comes back, the worst with Jaccard {chosen.jaccard:.2f}"
    if len(equals) == 1:
        return f"{chosen.count} segments are kept: {stable}."
    counts = _listed([row.count for row in equals], last="and")
    why = "the response differs most between them" if chosen.spread is not None else "it explains most"
    return f"Of {counts} segments, all stable, {chosen.count} is chosen: {why}; {stable}."


def _choice(
    chosen: CountEvidence,
    natural: bool,
    verdict: str,
    reasons: list[str],
    evidence: tuple[CountEvidence, ...],
    proposed: list[CountEvidence],
) -> CountChoice:
    def judge(row: CountEvidence) -> str:
        if row is chosen:
            return "chosen"
        if row.smallest < SMALLEST_SHARE:
            return "too small"
        if row.jaccard < STABLE:
            return "unstable"
        return "passed over" if row in proposed else "not proposed"

    judged = tuple(CountEvidence(**{**asdict(row), "verdict": judge(row)}) for row in evidence)
    return CountChoice(chosen.count, natural, verdict, tuple(reasons), judged)
