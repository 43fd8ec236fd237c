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

from segmint.arrays import Floats, Floats32, Integers
from segmint.metrics.calibration import log_loss
from segmint.metrics.ranking import roc_auc
from segmint.models.rivals import grown_on_one_thread
from segmint.models.side_by_side import side_by_side

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
    """

    targets: Floats
    sources: Integers
    copy_targets: Floats
    inputs: Floats32


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
    """
    draw = np.random.default_rng(seed)
    known, customers, classes = len(labels), len(natural), int(labels.max()) + 1
    fold_of = _stratified_folds(labels, folds, draw)
    if groups is not None:
        fold_of = _groups_together(fold_of, groups, labels)
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
    fold_of_copy = np.concatenate([fold_of, np.full(customers - known, -1)])[base]
    nobodys = fold_of_copy < 0
    real = np.zeros((len(teachers), known, classes))
    copied = np.zeros((len(teachers), len(base), classes))
    told_of_nobodys = np.zeros((folds, len(teachers), int(nobodys.sum()), classes))

    def ask(fold: int, place: int, rows: NDArray[Any], copies: NDArray[Any]) -> None:
        seen, unseen, mine = fold_of != fold, fold_of == fold, fold_of_copy == fold
        # Its own unseen rows tell a teacher when to stop: one that knows too much by heart teaches noise.
        inner = (rows[unseen], labels[unseen])
        teacher = teachers[place](seed + fold).fit(rows[seen], labels[seen], inner=inner)
        real[place, unseen] = teacher.predict_proba(inner[0])
        if mine.any():
            copied[place, mine] = teacher.predict_proba(copies[mine])
        if nobodys.any():
            told_of_nobodys[fold, place] = teacher.predict_proba(copies[nobodys])

    trees: list[Callable[[], None]] = []
    others: list[Callable[[], None]] = []
    networks = [getattr(make(seed), "reads_encoded", False) for make in teachers]
    for fold, (place, network) in product(range(folds), enumerate(networks)):
        rows = for_networks if network else for_trees
        apart = not network and grown_on_one_thread(rows.real)
        (trees if apart else others).append(partial(ask, fold, place, rows.real, rows.copies))
    side_by_side(trees, here=others)
    for told in told_of_nobodys:
        copied[:, nobodys] += told / folds
    stack = _stack(real, labels, fold_of)
    return Lesson(stack(real, fold_of), sources, stack(copied, fold_of_copy), for_networks.copies)


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


def scores_of(likely: Floats, labels: Integers) -> dict[str, float]:
    """Return cross-entropy (nats) and ROC AUC (one class against the rest, averaged) of probabilities, with its standard error."""
    classes = np.arange(likely.shape[1])[1 if likely.shape[1] == 2 else 0 :]
    areas = [roc_auc(labels == place, likely[:, place]) for place in classes]
    auc = float(np.mean(areas))
    return {"loss": log_loss(labels, likely), "auc": auc, "auc_error": auc_error(auc, labels)}


def auc_error(auc: float, labels: NDArray[Any]) -> float:
    """Return the standard error of a ROC AUC; of several classes, that of one against the rest, averaged.

    Parameters
    ----------
    auc : float
    labels : ndarray of shape (n_customers,)
        What happened.

    Returns
    -------
    float
        NaN where only one class happened.

    References
    ----------
    Hanley, McNeil 1982, "The meaning and use of the area under a receiver operating characteristic (ROC) curve",
    Radiology 143(1).
    """
    sizes = np.unique(labels, return_counts=True)[1]
    if len(sizes) < 2:
        return float("nan")
    yes = sizes[1 if len(sizes) == 2 else 0 :].astype(np.float64)
    no = len(labels) - yes
    beat, lose = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    variance = (auc * (1 - auc) + (yes - 1) * (beat - auc**2) + (no - 1) * (lose - auc**2)) / (yes * no)
    return float(np.sqrt(variance).mean())


def _stratified_folds(labels: Integers, folds: int, draw: np.random.Generator) -> Integers:
    fold_of = np.empty(len(labels), dtype=np.int64)
    for label in np.unique(labels):
        here = draw.permutation(np.flatnonzero(labels == label))
        fold_of[here] = (np.arange(len(here)) + draw.integers(folds)) % folds
    return fold_of


def _groups_together(fold_of: Integers, groups: Integers, labels: Integers) -> Integers:
    """Move each row to the fold of its group; not at all where no fold or not every class could then be taught."""
    _, first, member = np.unique(groups, return_index=True, return_inverse=True)
    of_group, folds = fold_of[first], int(fold_of.max()) + 1
    if len(np.unique(of_group)) < folds:  # few groups: deal them out in turn, so that no fold goes empty
        of_group[np.argsort(of_group, kind="stable")] = np.arange(len(of_group)) % folds
    moved = of_group[member]
    apart = all(len(np.unique(moved[labels == label])) > 1 for label in np.unique(labels))
    return moved if apart and len(np.unique(moved)) == folds else fold_of


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
        for fold in np.unique(of_fold):
            rows = of_fold == fold
            told[rows] = without(int(fold)).predict_proba(asked[rows])
        return told

    return stacked
