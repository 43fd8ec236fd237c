"""Distillation: what a cross-fitted teacher knows, made into rows that a Dense network can learn from.

Gradient boosting sees structure in small tables that a network misses, and the other way round; a network that is
asked to match the teachers' probabilities, on real customers and on shuffled copies of them, takes that knowledge over (Bucila,
Caruana and Niculescu-Mizil 2006; Hinton et al. 2015, arXiv 1503.02531; Fakoor et al. 2020, arXiv
2006.14284). The teacher is scaffolding: it is thrown away after training.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, partial
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segmint.arrays import Floats, Floats32, Integers, distinct
from segmint.metrics.calibration import log_loss
from segmint.metrics.intervals import design_effect
from segmint.metrics.ranking import roc_auc
from segmint.models.rivals import grown_on_one_thread
from segmint.models.side_by_side import side_by_side
from segmint.progress import Progress, silent

TeacherFactory = Callable[[int], Any]
Joined = Callable[[Integers], Floats]
Encoded = Callable[[Integers], Floats32]

COPIES_OF_UPCOMING = 20
MOST_COPIES_OF_UPCOMING = 100_000


@dataclass(frozen=True)
class Lesson:
    """What the network is taught besides the labels.

    Attributes
    ----------
    targets : ndarray of shape (n_customers, n_classes)
        The teacher's out-of-fold probabilities for the real customers.
    sources : ndarray of shape (n_copies, n_columns), int
        For each shuffled copy and column, the real customer the cell comes from.
    copy_targets : ndarray of shape (n_copies, n_classes)
        The teacher's probabilities for the copies.
    inputs : ndarray of shape (n_copies, n_features), float32
        The copies as the network reads them; without rows where nothing said how it reads.
    judges : ndarray of shape (n_customers,), bool
        Whose outcome the teachers that label them have seen of somebody else. Whoever is the only one with an outcome is
        said not to have it, which no teacher could know better.
    """

    targets: Floats
    sources: Integers
    copy_targets: Floats
    inputs: Floats32
    judges: NDArray[np.bool_]


def teach(
    natural: Floats,
    labels: Integers,
    teachers: Sequence[TeacherFactory],
    *,
    folds: int,
    copies: int,
    swap: float,
    seed: int,
    joined: Joined | None = None,
    encoded: Encoded | None = None,
    groups: Integers | None,
    upcoming_groups: Integers | None = None,
    progress: Progress = silent,
) -> Lesson:
    """Cross-fit the teachers and let them label real customers and shuffled copies.

    A real customer is labelled by the teachers that did not see it, and a copy by the teachers that did not
    see the customer it was copied from: what the network learns is never a memory of a label. Customers without a
    label, who are yet to be called, are copied too and labelled by all teachers on average: the network then matches
    the teachers where it will be used, and not only where calls were made before.

    Parameters
    ----------
    natural : ndarray of shape (n_customers, n_columns)
        One number per column, as `NaturalFeatures` makes them; customers without a label come last.
    labels : ndarray of shape (n_labelled,)
        Places of the classes, 0 to n_classes - 1.
    teachers : sequence of callable (seed) -> classifier
        Several are stacked by a logistic regression on their out-of-fold log odds, cross-fitted in the same folds.
    folds, copies : int
        Copies of labelled customers; there are `COPIES_OF_UPCOMING` of each without a label, half of them unchanged.
        Where that would be more than `MOST_COPIES_OF_UPCOMING` there are fewer of each, down to two, and beyond that
        customers are drawn.
    swap : float
        Chance that a cell of a copy comes from another customer.
    seed : int
    joined : callable, optional
        Given the customer that each cell comes from, shape (n, n_columns), returns further columns for the teachers
        that depend on several cells, shape (n, n_more).
    encoded : callable, optional
        Given the same, returns what the network reads, shape (n, n_features), for the copies and for a teacher that
        `reads_encoded`, which is a network itself.
    groups : ndarray of shape (n_labelled,), optional
        Rows of one customer share a number, and no teacher labels a customer of whom it has seen another row.
    upcoming_groups : ndarray of shape (n_customers - n_labelled,), optional
        The group of each customer without a label: who is in `groups` too is labelled by the teachers that have not seen the
        outcome of then. Left out, nobody is.
    progress : Progress
        Told after each teacher of each fold.
    """
    draw = np.random.default_rng(seed)
    known, customers, classes = len(labels), len(natural), int(labels.max()) + 1
    groups = np.arange(known) if groups is None else groups
    folds = min(folds, len(distinct(groups)))
    fold_of = _folds(labels, groups, folds, draw)
    fold_of_upcoming = np.full(customers - known, -1)
    if upcoming_groups is not None:
        fold_of_upcoming = _folds_of_known(upcoming_groups, groups, fold_of)
    base = draw.permutation(np.resize(np.arange(known), copies))
    sources = _swap_cells(base, natural.shape[1], known, swap, draw)
    if customers > known:
        upcoming = _copies_of_upcoming(np.arange(known, customers), draw)
        swaps: Floats = (swap * (np.arange(len(upcoming)) % 2)[:, None]).astype(np.float64)
        base = np.concatenate([base, upcoming])
        sources = np.concatenate([sources, _swap_cells(upcoming, natural.shape[1], known, swaps, draw)])
    own = np.broadcast_to(np.arange(known)[:, None], (known, natural.shape[1]))

    def cells(came: Integers) -> Floats:
        plain = natural[came, np.arange(natural.shape[1])]
        return plain if joined is None else np.column_stack([plain, joined(came)])

    for_trees, for_networks = _Rows(cells, own, sources), _Rows(encoded or _nothing_encoded, own, sources)
    fold_of_copy = np.concatenate([fold_of, fold_of_upcoming])[base]
    nobodys = fold_of_copy < 0
    real = np.zeros((len(teachers), known, classes))
    copied = np.zeros((len(teachers), len(base), classes))
    told_of_nobodys = np.zeros((folds, len(teachers), int(nobodys.sum()), classes))
    judges = np.zeros(known, dtype=bool)
    for fold in range(folds):
        judges[fold_of == fold] = np.isin(labels[fold_of == fold], labels[fold_of != fold])

    def ask(fold: int, place: int, rows: NDArray[Any], copies: NDArray[Any]) -> None:
        seen, unseen, mine = fold_of != fold, fold_of == fold, fold_of_copy == fold
        # Its own unseen rows tell a teacher when to stop: one that knows too much by heart teaches noise.
        inner = (rows[unseen & judges], labels[unseen & judges])
        teacher = teachers[place](seed + fold).fit(rows[seen], labels[seen], inner=inner)
        named = distinct(labels[seen])  # of another class it says 0
        real[place, unseen] = _spread(teacher.predict_proba(rows[unseen]), named, classes)
        if mine.any():
            copied[place, mine] = _spread(teacher.predict_proba(copies[mine]), named, classes)
        if nobodys.any():
            told_of_nobodys[fold, place] = _spread(teacher.predict_proba(copies[nobodys]), named, classes)

    trees: list[Callable[[], None]] = []
    others: list[Callable[[], None]] = []
    networks = [getattr(make(seed), "reads_encoded", False) for make in teachers]
    for fold, (place, network) in product(range(folds), enumerate(networks)):
        rows = for_networks if network else for_trees
        apart = not network and grown_on_one_thread(rows.real)
        (trees if apart else others).append(partial(ask, fold, place, rows.real, rows.copies))
    asked = len(trees) + len(others)
    side_by_side(trees, here=others, finished=lambda count: progress("teaching", count, asked))
    for told in told_of_nobodys:
        copied[:, nobodys] += told / folds
    stack = _stack(real, labels, fold_of)
    return Lesson(stack(real, fold_of), sources, stack(copied, fold_of_copy), for_networks.copies, judges)


class _Rows:
    """Real customers and copies as a kind of teacher reads them, each made when it is first asked for.

    Parameters
    ----------
    read : callable
        Given the customer that each cell comes from, shape (n, n_columns), returns the rows.
    own, sources : ndarray of shape (n, n_columns)
        Whose the cells of the real customers and of the copies are.
    """

    def __init__(self, read: Callable[[Integers], NDArray[Any]], own: Integers, sources: Integers) -> None:
        self._read, self._own, self._sources = read, own, sources

    @cached_property
    def real(self) -> NDArray[Any]:
        return self._read(self._own)

    @cached_property
    def copies(self) -> NDArray[Any]:
        return self._read(self._sources)


def _nothing_encoded(sources: Integers) -> Floats32:
    return np.empty((0, 0), dtype=np.float32)


def keep_fitted(teachers: Sequence[TeacherFactory], kept: dict[Any, Any]) -> list[TeacherFactory]:
    """Let later lessons on the same customers, labels and folds use the teachers that the first one trained."""

    def keeping(place: int, make: TeacherFactory) -> TeacherFactory:
        return lambda seed: _Kept(kept, (place, seed), make)

    return [keeping(place, make) for place, make in enumerate(teachers)]


class _Kept:
    """A teacher that is trained once for a part."""

    def __init__(self, kept: dict[Any, Any], name: tuple[int, int], make: TeacherFactory) -> None:
        self._kept, self._name = kept, name
        self._teacher = kept[name] if name in kept else make(name[1])
        self.reads_encoded = getattr(self._teacher, "reads_encoded", False)

    def fit(self, rows: NDArray[Any], labels: Integers, *, inner: Any) -> Any:
        if self._name not in self._kept:
            self._kept[self._name] = self._teacher.fit(rows, labels, inner=inner)
        return self._kept[self._name]


def scores_of(likely: Floats, labels: Integers, groups: Integers | None = None) -> dict[str, float]:
    """Return cross-entropy (nats) and ROC AUC of probabilities, with its standard error, see `auc_error`.

    The area is that of one class against the rest, averaged over the classes that happened.
    """
    happened = distinct(labels)
    areas = [roc_auc(labels == place, likely[:, place]) for place in happened[1 if likely.shape[1] == 2 else 0 :]]
    auc = float(np.mean(areas)) if areas else float("nan")
    return {"loss": log_loss(labels, likely), "auc": auc, "auc_error": auc_error(auc, labels, likely, groups)}


def auc_error(auc: float, labels: NDArray[Any], likely: Floats | None = None, groups: Integers | None = None) -> float:
    """Return the standard error of a ROC AUC; of several classes, that of one against the rest, averaged.

    Parameters
    ----------
    auc : float
    labels : ndarray of shape (n_customers,)
        What happened.
    likely : ndarray of shape (n_customers, n_classes), optional
        How likely each class was said to be; `labels` are then their places.
    groups : ndarray of shape (n_customers,), optional
        Rows of one customer share a number, and count for as many customers as they tell, by `design_effect` of what
        happened less what was `likely`. Left out, every row is a customer.

    Returns
    -------
    float
        NaN where only one class happened.

    References
    ----------
    Hanley, McNeil 1982, "The meaning and use of the area under a receiver operating characteristic (ROC) curve",
    Radiology 143(1).
    """
    happened, sizes = np.unique(labels, return_counts=True)
    if len(sizes) < 2:
        return float("nan")
    judged = slice(1 if len(sizes) == 2 else 0, None)
    effects = np.ones(len(sizes[judged]))
    if likely is not None and groups is not None:
        effects = np.array([design_effect((labels == place) - likely[:, place], groups) for place in happened[judged]])
    yes, no = sizes[judged] / effects, (len(labels) - sizes[judged]) / effects
    beat, lose = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    more_yes, more_no = np.maximum(yes - 1, 0), np.maximum(no - 1, 0)
    variance = (auc * (1 - auc) + more_yes * (beat - auc**2) + more_no * (lose - auc**2)) / (yes * no)
    return float(np.sqrt(variance).mean())


def _folds(labels: Integers, groups: Integers, folds: int, draw: np.random.Generator) -> Integers:
    """Deal groups out to folds, those with the same rarest class evenly."""
    rarest_first = np.argsort(np.bincount(labels)[labels], kind="stable")
    _, first, member = np.unique(groups[rarest_first], return_index=True, return_inverse=True)
    of_row = np.empty(len(labels), dtype=np.int64)
    of_row[rarest_first] = member
    speaks = rarest_first[first]  # a row of each group
    order = np.argsort(speaks)
    of_group = np.empty(len(speaks), dtype=np.int64)
    of_group[order] = _stratified_folds(labels[speaks[order]], folds, draw)
    if len(distinct(of_group)) < folds:  # few groups: deal them out in turn, so that no fold goes empty
        of_group[np.argsort(of_group, kind="stable")] = np.arange(len(of_group)) % folds
    return of_group[of_row]


def _stratified_folds(labels: Integers, folds: int, draw: np.random.Generator) -> Integers:
    fold_of = np.empty(len(labels), dtype=np.int64)
    for label in distinct(labels):
        here = draw.permutation(np.flatnonzero(labels == label))
        fold_of[here] = (np.arange(len(here)) + draw.integers(folds)) % folds
    return fold_of


def _folds_of_known(upcoming: Integers, groups: Integers, fold_of: Integers) -> Integers:
    """Return the fold of each upcoming customer's group, -1 for who is in none."""
    known, first = np.unique(groups, return_index=True)
    place = np.minimum(np.searchsorted(known, upcoming), len(known) - 1)
    return np.where(known[place] == upcoming, fold_of[first[place]], -1)


def _spread(likely: Floats, named: Integers, classes: int) -> Floats:
    """Put what is said of the classes named in their places among all; 0 elsewhere."""
    spread = np.zeros((len(likely), classes))
    spread[:, named] = likely
    return spread


def _copies_of_upcoming(upcoming: Integers, draw: np.random.Generator) -> Integers:
    """Say for each copy of a customer without a label whose it is."""
    each = min(max(MOST_COPIES_OF_UPCOMING // len(upcoming), 2), COPIES_OF_UPCOMING)
    if each * len(upcoming) > MOST_COPIES_OF_UPCOMING:
        upcoming = np.sort(draw.choice(upcoming, MOST_COPIES_OF_UPCOMING // each, replace=False))
    return np.repeat(upcoming, each)


def _swap_cells(
    base: Integers, columns: int, customers: int, swap: float | Floats, draw: np.random.Generator
) -> Integers:
    strangers = draw.integers(customers, size=(len(base), columns))
    return np.where(draw.random((len(base), columns)) < swap, strangers, base[:, None])


def _stack(real: Floats, labels: Integers, fold_of: Integers) -> Callable[[Floats, Integers], Floats]:
    """Stack teachers by logistic regressions on their log odds; one teacher is taken as it is.

    What is said of a fold comes from a regression that is not fitted to its labels: of many classes and few customers it has
    weights enough to remember them. A trace is left, as the teachers that spoke of the other folds learned from this one;
    without it every teacher would be trained folds times more. What belongs to no fold (-1) is said by one regression on all.
    """
    if len(real) == 1:
        return lambda given, _: given[0]
    from sklearn.linear_model import LogisticRegression

    def log_odds(given: Floats) -> Floats:
        logs = np.log(np.clip(given, 1e-4, 1.0))
        centred = logs - logs.mean(axis=2, keepdims=True)
        return np.asarray(np.concatenate(list(centred[:, :, 1:] if given.shape[2] == 2 else centred), axis=1))

    odds = log_odds(real)

    @cache
    def without(fold: int) -> LogisticRegression:
        seen = fold_of != fold
        return LogisticRegression(C=1.0, max_iter=500).fit(odds[seen], labels[seen])

    def stacked(given: Floats, of_fold: Integers) -> Floats:
        told, asked = np.zeros(given.shape[1:]), log_odds(given)
        for fold in distinct(of_fold):
            rows = of_fold == fold
            known = without(int(fold))
            told[rows] = _spread(known.predict_proba(asked[rows]), known.classes_, given.shape[2])
        return told

    return stacked
