"""SegmentFinder: from describing columns to segments with a stored state."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from segmint.arguments import require_switches
from segmint.arrays import Floats32
from segmint.errors import ConfigError, DataError
from segmint.features.frame import levels_as_learned
from segmint.one_thread import plain_products
from segmint.progress import Progress, silent
from segmint.segments.assign import assign_segments
from segmint.segments.choice import ASKED, GIVEN, NO_GROUPS, SMALLEST_SHARE, Candidate, CountChoice, choose_count, weigh
from segmint.segments.coding import Design, encode, learn_coding
from segmint.segments.inputs import SegmentInputs, as_inputs
from segmint.segments.kmeans import k_means
from segmint.segments.mixture import Mixture, Solution, statistics
from segmint.segments.rules import segment_rules
from segmint.segments.stability import Labels, Stability, segment_stability
from segmint.segments.tree import find_leaves, grow_tree, leaf_nodes
from segmint.tables.frame_source import frame_of, is_none
from segmint.wording import quoted

Method = Literal["auto", "latent-class", "mixture", "k-means", "tree"]
METHODS: tuple[Method, ...] = ("auto", "latent-class", "mixture", "k-means", "tree")
FEWEST_CUSTOMERS = 200
FEWEST_PER_SEGMENT = 30
MOST_SEGMENTS = 12
JUDGED_ROWS = 8_000
FINAL_ROWS = 20_000
STARTS = 6
FITTED_ROWS = 24_000  # rows × starts of one resample: few rows have many valleys, many rows have few
MOST_TRIED = 10
SURE_SPLIT = 15.1  # chi-square with one degree of freedom at p = 0.0001: many splits are looked at


class SegmentFinder:
    """Find segments of similar customers, as a clusterer of scikit-learn: in a Pipeline it is the last step.

    Parameters
    ----------
    count : "auto" or int
        How many segments, 2 to 12.
    method : {"auto", "latent-class", "mixture", "k-means", "tree"}
        How they are found. "auto" uses latent classes where the table holds groups; where it holds none and a response
        is given, the response tree.
    random_state : int or None
        Seed of every draw. The order of the rows makes no difference.
    thorough : bool
        Judge stability on 100 resamples rather than 20.

    Attributes
    ----------
    state_ : dict
        All that assigning customers needs, as JSON; see `assign_segments`.
    choice_ : CountChoice
        Why so many segments, and whether they may be called a discovery.
    stability_ : Stability
        Of every count that was tried.
    labels_ : ndarray of shape (n_customers,)
        Segments of the customers given to `fit`; 0 is the largest.
    probabilities_ : ndarray of shape (n_customers, count)
    """

    state_: dict[str, Any]
    choice_: CountChoice
    stability_: Stability
    labels_: Labels
    probabilities_: NDArray[np.float64]

    def __init__(
        self,
        count: int | Literal["auto"] = "auto",
        method: Method = "auto",
        random_state: int | None = None,
        thorough: bool = False,
    ) -> None:
        self.count, self.method = count, method
        self.random_state, self.thorough = random_state, thorough

    def __repr__(self) -> str:
        given = ", ".join(f"{name}={value!r}" for name, value in self.get_params().items())
        return f"SegmentFinder({given})"

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters by name."""
        return {name: getattr(self, name) for name in inspect.signature(type(self)).parameters}

    def set_params(self, **params: Any) -> SegmentFinder:
        """Set parameters by name."""
        for name, value in params.items():
            if name not in self.get_params():
                raise ValueError(f"SegmentFinder has no parameter '{name}'.")
            setattr(self, name, value)
        return self

    def fit(
        self,
        X: SegmentInputs | Any,
        y: Sequence[str] | NDArray[Any] | None = None,
        *,
        progress: Progress = silent,
    ) -> SegmentFinder:
        """Find the segments of these customers.

        Parameters
        ----------
        X : SegmentInputs, or a Polars, pandas or Arrow table of shape (n_customers, n_columns)
            See `segment_inputs`; of a plain frame every column is taken.
        y : sequence of length n_customers, optional
            The response: it decides between equally good counts, and the method "tree" splits by it. The customers
            whose response is "", None or NaN help to find groups, but nothing looks at how they responded.
        progress : Progress

        Raises
        ------
        ConfigError
            If the count or the method makes no sense for this table.
        DataError
            If there are too few customers or columns to tell groups apart.
        ValueError
            If there are more or fewer responses than customers.
        """
        inputs = as_inputs(X)
        self._check(inputs, y)
        work = self._work(inputs, y, progress)
        with plain_products():
            count = self.count if self.count == "auto" else int(self.count)
            self.state_, self.choice_, self.stability_ = work.find(count, self.method)
        labels, _ = assign_segments(self.state_, inputs.frame)
        self.state_ = _largest_first(self.state_, labels)
        self.stability_ = _reorder(self.stability_, self.state_)
        sizes = np.unique(labels, return_counts=True)[1]
        if 1 < len(sizes) < self.choice_.count:  # the last ones hold nobody
            self.stability_ = _first(self.stability_, self.choice_.count, len(sizes))
            self.choice_ = _fewer(self.choice_, sizes, self.stability_)
            self.state_ = _without_the_last(self.state_, len(sizes))
        self.labels_, self.probabilities_ = assign_segments(self.state_, inputs.frame)
        return self

    def fit_predict(
        self, X: SegmentInputs | Any, y: Sequence[str] | NDArray[Any] | None = None, *, progress: Progress = silent
    ) -> Labels:
        """Find the segments of these customers and return the segment of each, see `fit`."""
        return self.fit(X, y, progress=progress).labels_

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "state_")

    def __sklearn_tags__(self) -> Any:
        # scikit-learn takes a second to load, which nobody shall wait for who only asks for segments: no base class
        from sklearn.utils import InputTags, Tags, TargetTags

        return Tags(
            estimator_type="clusterer",
            target_tags=TargetTags(required=False),
            input_tags=InputTags(categorical=True, string=True, allow_nan=True),
        )

    def cuts_by_response(self, X: SegmentInputs | Any, y: Sequence[str] | NDArray[Any]) -> bool:
        """Tell whether the method "tree" would find segments of these customers, see `fit`; nothing is kept."""
        inputs = as_inputs(X)
        return self._work(inputs, y, silent).cuts_by_response()

    def predict(self, X: SegmentInputs | Any) -> Labels:
        """Assign customers to the segments found."""
        return self._assign(X)[0]

    def predict_proba(self, X: SegmentInputs | Any) -> NDArray[np.float64]:
        """Return how sure the assignment is; shape (n_customers, count)."""
        return self._assign(X)[1]

    def _assign(self, X: SegmentInputs | Any) -> tuple[Labels, NDArray[np.float64]]:
        if not hasattr(self, "state_"):
            from sklearn.exceptions import NotFittedError

            raise NotFittedError("This SegmentFinder knows no segments yet. Call 'fit' with customers first.")
        frame = X.frame if isinstance(X, SegmentInputs) else frame_of(X, named_index=False)
        needed = dict.fromkeys(str(state["column"]) for state in self.state_["coding"])
        if lacking := [name for name in needed if name not in frame.columns]:
            raise DataError(
                f"The customers have no column {quoted(lacking)}.",
                expected=f"the columns that the segments were found by: {quoted(list(needed))}",
                fix="give these columns, empty where nothing is known",
            )
        if not isinstance(X, SegmentInputs):
            levels = {state["column"]: state["levels"] for state in self.state_["coding"] if state["type"] == "levels"}
            frame = levels_as_learned(frame, levels)
        return assign_segments(self.state_, frame)

    def _work(self, inputs: SegmentInputs, y: Any, progress: Progress) -> _Work:
        random = np.random.default_rng(self.random_state)
        outcome = None if y is None else _outcome_codes(_responses(y, inputs.frame.height))
        order = inputs.in_order(outcome)
        final = order[_draw(random, len(order), FINAL_ROWS, None if outcome is None else outcome[order])]
        return _Work(
            inputs.rows(final.tolist()),
            None if outcome is None else outcome[final],
            random,
            100 if self.thorough else 20,
            progress,
        )

    def _check(self, inputs: SegmentInputs, y: Any) -> None:
        require_switches(thorough=self.thorough)
        if self.method not in METHODS:
            raise ConfigError(
                f"There is no segment method '{self.method}'.",
                expected=f"one of {', '.join(METHODS)}",
                fix="choose one of these, or leave it at auto",
            )
        if self.method == "tree" and y is None:
            raise ConfigError(
                "The method 'tree' splits customers by their response, and none came.",
                expected="a table with an outcome",
                fix="give an outcome, or choose another method",
            )
        require_room(inputs, self.count)


def require_room(inputs: SegmentInputs, count: int | Literal["auto"]) -> None:
    """Refuse a table of too few customers for segments, or for so many.

    Raises
    ------
    DataError
        If there are too few customers to tell groups apart.
    ConfigError
        If the count makes no sense for this table.
    """
    usable = inputs.described()
    if usable < FEWEST_CUSTOMERS:
        raise DataError(
            f"{usable} customers have any describing value: too few to tell groups from chance.",
            expected=f"at least {FEWEST_CUSTOMERS} customers",
            fix="collect more customers, or segment them by hand with one or two columns",
        )
    if count == "auto":
        return
    most = min(MOST_SEGMENTS, usable // FEWEST_PER_SEGMENT)
    if not (isinstance(count, int | np.integer) and 2 <= count <= most):
        raise ConfigError(
            f"{count} segments of {usable:,} customers were asked for.",
            expected=f"a count from 2 to {most} ({FEWEST_PER_SEGMENT} customers or more in each), or auto",
            fix="choose a smaller count, or leave it at auto",
        )


class _Work:
    """One search for segments on at most 20,000 customers, judged on at most 8,000 of them."""

    def __init__(
        self,
        inputs: SegmentInputs,
        outcome: Labels | None,
        random: np.random.Generator,
        resamples: int,
        progress: Progress,
    ) -> None:
        self.inputs, self.outcome, self.random = inputs, outcome, random
        self.resamples, self.progress = resamples, progress
        self.judged = _draw(random, inputs.frame.height, JUDGED_ROWS, outcome)
        self.judged_outcome = None if outcome is None else outcome[self.judged]

    def find(self, count: int | Literal["auto"], method: Method) -> tuple[dict[str, Any], CountChoice, Stability]:
        if method == "tree":
            return self._tree(None if count == "auto" else count, ASKED)
        family = _Family(self.inputs, self.judged, "latent-class" if method == "auto" else method)
        most = min(MOST_TRIED if count == "auto" else count, len(self.judged) // FEWEST_PER_SEGMENT)
        self.progress("segments: groups", 0, 1)
        own = family.solutions(None, most, self.random)
        structure = self._structure(family, own, most)
        self.progress("segments: groups", 1, 1)
        if method == "auto" and count == "auto" and not structure and self.outcome is not None:
            with suppress(DataError):  # where the response differs nowhere either, latent classes must do
                state, choice, stability = self._tree(None, NO_GROUPS)
                if state["count"] >= 3:
                    return state, choice, stability
        tried = self._tried(own, count, structure)
        labels = {number: family.assign(own[number]) for number in tried}
        stability = segment_stability(
            labels,
            lambda counts, random: {
                number: family.assign(solution)
                for number, solution in family.solutions(counts, max(tried), random).items()
            },
            resamples=self.resamples,
            random=self.random,
            progress=self.progress,
        )
        one = own[1].icl if 1 in own else max(own[number].icl for number in tried)
        evidence = weigh(
            {
                number: Candidate(own[number].bic, own[number].icl, labels[number], *self._fidelity(labels[number]))
                for number in tried
            },
            one,
            stability,
            self.judged_outcome,
        )
        choice = choose_count(evidence, structure=structure)
        if count != "auto":
            choice = replace(choice, reasons=(GIVEN, _how_it_comes_back(choice)))
        return family.state(own[choice.count]), choice, stability

    def _structure(self, family: _Family, own: dict[int, Solution], most: int) -> bool:
        """Whether latent classes find more than one group; k-means has no say on that."""
        if family.method == "k-means":
            family = _Family(self.inputs, self.judged, "latent-class")
            own = family.solutions(None, min(most, 6), self.random)
        return min(own, key=lambda number: own[number].bic) > 1

    def _tried(self, own: dict[int, Solution], count: int | Literal["auto"], structure: bool) -> list[int]:
        if count != "auto":
            return [count]
        counts = [number for number in sorted(own) if number > 1]
        if not structure:
            return [number for number in counts if number <= 6]
        best = max(min(counts, key=lambda number: own[number].bic), min(counts, key=lambda number: own[number].icl))
        return [number for number in counts if number <= best + 1]

    def _fidelity(self, labels: Labels) -> tuple[float, float]:
        """Say how many customers rules put into their segment, and the standard error of that share."""
        rules = segment_rules(self.inputs.rows(self.judged.tolist()), labels, random_state=0)
        return rules.fidelity, float(np.sqrt(rules.fidelity * (1.0 - rules.fidelity) / max(rules.rows_apart, 1)))

    def _tree(self, count: int | None, verdict: str) -> tuple[dict[str, Any], CountChoice, Stability]:
        """Segments by response: a tree whose every split is sure, none smaller than five per cent."""
        coding, design, outcome, grow = self._cutting(count)
        tree = grow(np.arange(len(outcome)))
        leaves = len(leaf_nodes(tree))
        if leaves < 2:
            raise DataError(
                "No describing column tells customers with different responses apart.",
                expected="at least one column by which the response differs",
                fix="use the method latent-class, or describe customers by more columns",
            )
        labels = find_leaves(tree, design.codes)
        stability = segment_stability(
            {leaves: labels},
            lambda counts, _: {leaves: find_leaves(grow(np.repeat(np.arange(len(counts)), counts)), design.codes)},
            resamples=self.resamples,
            random=self.random,
            progress=self.progress,
        )
        evidence = weigh({leaves: Candidate(0.0, 0.0, labels, 1.0)}, 0.0, stability, outcome)
        choice = choose_count(evidence, structure=False)
        reasons = (
            f"Among the customers whose answers made the cuts, the response differs surely between {leaves} groups of the "
            "response tree; among others it need not.",
        )
        state = {
            "format": 1, "method": "tree", "count": leaves, "coding": coding, "tree": tree,
            "segment_of_leaf": list(range(leaves)),
        }  # fmt: skip
        return state, replace(choice, verdict=verdict, reasons=reasons), stability

    def cuts_by_response(self) -> bool:
        """Whether the response tree has any split."""
        _, _, outcome, grow = self._cutting(2)
        return len(leaf_nodes(grow(np.arange(len(outcome))))) > 1

    def _cutting(
        self, count: int | None
    ) -> tuple[list[dict[str, Any]], Design, Labels, Callable[[Labels], dict[str, Any]]]:
        """Return the columns and responses that may be looked at, and what grows a tree on some of these rows."""
        assert self.outcome is not None
        seen = np.flatnonzero(self.outcome >= 0)
        outcome = self.outcome[seen]
        coding = learn_coding(self.inputs)
        design = encode(coding, self.inputs.frame).rows(seen)
        ladders = [bool(state["ordered"]) for state in coding]

        def grow(rows: Labels) -> dict[str, Any]:
            return grow_tree(
                design.codes[rows], design.sizes, ladders, outcome[rows],
                leaves=count or 6, smallest=max(FEWEST_PER_SEGMENT, len(rows) // 20), surest=SURE_SPLIT,
            )  # fmt: skip

        return coding, design, outcome, grow


class _Family:
    """One method on one table: solutions for many counts, labels, and the state of one of them."""

    def __init__(self, inputs: SegmentInputs, judged: Labels, method: str) -> None:
        self.method = method
        self.coding = learn_coding(inputs, bands=method == "latent-class")
        self.design: Design = encode(self.coding, inputs.frame)
        self.rows: Floats32 = statistics(self.design.rows(judged))

    def solutions(
        self, counts: NDArray[np.int64] | None, most: int, random: np.random.Generator
    ) -> dict[int, Solution]:
        mixture = Mixture(self.rows, self.design.sizes, counts)
        if self.method == "k-means":
            return {number: k_means(mixture, number, random) for number in range(2, most + 1)}
        starts = STARTS if counts is None else min(STARTS, max(2, FITTED_ROWS // len(self.rows)))
        return mixture.path(most, random, smallest=SMALLEST_SHARE, starts=starts)

    def assign(self, solution: Solution) -> Labels:
        return np.asarray((self.rows @ solution.weights + solution.log_shares).argmax(axis=1))

    def state(self, solution: Solution) -> dict[str, Any]:
        """Refine the solution on all rows of the search; k-means stays as judged."""
        if self.method != "k-means":
            solution = Mixture(statistics(self.design), self.design.sizes).refine(solution)
        return {
            "format": 1, "method": self.method, "count": solution.count, "coding": self.coding,
            "weights": np.round(solution.weights.astype(float), 6).tolist(),
            "log_shares": np.round(solution.log_shares.astype(float), 6).tolist(),
            "order": list(range(solution.count)),
        }  # fmt: skip


def _how_it_comes_back(choice: CountChoice) -> str:
    chosen = next(row for row in choice.evidence if row.count == choice.count)
    return f"With {choice.count} segments the one that comes back worst has a Jaccard of {chosen.jaccard:.2f}."


def _responses(y: Any, customers: int) -> NDArray[np.str_]:
    """Write the responses as text, "" where there is none."""
    given = np.asarray(y, dtype=object)
    if given.shape == (customers, 1):  # a table of one column
        given = given[:, 0]
    if given.shape != (customers,):
        raise ValueError(
            f"'y' must be the response of each of the {customers:,} customers. Got an array of shape {given.shape} instead."
        )
    return np.array(["" if is_none(response) else str(response) for response in given], dtype=str)


def _outcome_codes(outcome: NDArray[np.str_]) -> Labels:
    """Number the responses from 0; -1 where nobody may look."""
    codes = np.full(len(outcome), -1)
    seen = outcome != ""
    codes[seen] = np.unique(outcome[seen], return_inverse=True)[1]
    return codes


def _draw(random: np.random.Generator, rows: int, most: int, outcome: Labels | None) -> Labels:
    """Draw at most so many customers, each outcome in proportion, in their order."""
    if rows <= most:
        return np.arange(rows)
    shuffled = random.permutation(rows)
    if outcome is None:
        return np.sort(shuffled[:most])
    # Sorted by outcome, every n-th customer is a proportional sample.
    by_outcome = shuffled[np.argsort(outcome[shuffled], kind="stable")]
    return np.sort(by_outcome[np.linspace(0, rows - 1, most).astype(int)])


def _largest_first(state: dict[str, Any], labels: Labels) -> dict[str, Any]:
    """Number the segments by size, so that the same segments have the same numbers."""
    sizes = np.bincount(labels, minlength=int(state["count"]))
    order = np.argsort(-sizes, kind="stable")
    if state["method"] == "tree":
        rank = np.argsort(order)
        return {**state, "segment_of_leaf": [int(rank[leaf]) for leaf in state["segment_of_leaf"]]}
    return {
        **state,
        "weights": np.asarray(state["weights"])[:, order].tolist(),
        "log_shares": np.asarray(state["log_shares"])[order].tolist(),
        "order": order.tolist(),
    }


def _without_the_last(state: dict[str, Any], held: int) -> dict[str, Any]:
    """Leave out all but the first segments of a mixture, so that no later customer is given to one that holds nobody."""
    weights = [row[:held] for row in state["weights"]]
    log_shares = state["log_shares"][:held]
    return {**state, "count": held, "weights": weights, "log_shares": log_shares, "order": list(range(held))}


def _first(stability: Stability, count: int, held: int) -> Stability:
    """Keep how the first segments of a count come back."""
    return replace(
        stability,
        counts=tuple(
            replace(row, count=held, jaccard=row.jaccard[:held]) for row in stability.counts if row.count == count
        ),
    )


def _fewer(choice: CountChoice, sizes: Labels, stability: Stability) -> CountChoice:
    """Judge the segments that hold anybody, and say that there are no more."""
    row = next(row for row in choice.evidence if row.count == choice.count)
    jaccard, smallest = stability.of(len(sizes)).weakest, float(sizes.min() / sizes.sum())
    row = replace(row, count=len(sizes), jaccard=jaccard, smallest=smallest)
    fewer = choose_count((row,), structure=choice.verdict != NO_GROUPS)
    told = f"The table holds {len(sizes)} groups, not {choice.count}."
    return replace(fewer, reasons=(*choice.reasons[:-1], told, _how_it_comes_back(fewer)))


def _reorder(stability: Stability, state: dict[str, Any]) -> Stability:
    """Put the chosen count's overlaps in the order of the segments."""
    order = np.argsort(state["segment_of_leaf"]) if state["method"] == "tree" else np.asarray(state["order"])
    return Stability(
        tuple(
            replace(row, jaccard=tuple(row.jaccard[place] for place in order)) if row.count == state["count"] else row
            for row in stability.counts
        ),
        stability.resamples,
    )
