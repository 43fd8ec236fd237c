"""NetworkModel: from customers to propensities with one Dense network, taught by a recipe."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline
from sklearn.utils import _safe_indexing, check_consistent_length

from segmint.arrays import Integers, distinct, holders
from segmint.contract.column import Column
from segmint.features.apply import feature_blocks, pair_blocks
from segmint.features.customer_features import CustomerFeatures, usual_steps
from segmint.features.frame import levels_as_text, polars_of
from segmint.features.natural import NaturalFeatures
from segmint.features.pairs import as_arrays, pair_codes, step_rows, steps_at
from segmint.models.change_choice import choose_changes
from segmint.models.distil import keep_fitted, scores_of, teach
from segmint.models.keep_apart import keep_apart
from segmint.models.network import TRAINING, DenseNetworkClassifier, Teaching
from segmint.models.pair_choice import choose_pairs
from segmint.models.step_choice import choose_finer
from segmint.models.teachers import Teachers, one_teacher, quick_teachers, several_teachers
from segmint.models.unexplained import Unexplained
from segmint.progress import Progress, share_of, silent

Inner = tuple[pl.DataFrame, NDArray[Any]]


@dataclass(frozen=True)
class Recipe:
    """How the network is taught.

    Attributes
    ----------
    teachers : callable or None
        Makes the teachers, given the places of the category columns and the number of customers; None learns from the labels alone.
    teacher_folds : int
        Parts of the cross-fitting.
    copies : float
        Shuffled copies per customer.
    most_copies : int
        However many customers there are.
    swap : float
        Chance that a cell of a copy comes from another customer.
    share : float
        How much of a customer's target is the teacher's.
    finer : bool
        Whether chosen numbers are read in finer steps, see `choose_finer`.
    pairs : bool
        Whether the counts of chosen pairs of columns are read too, see `choose_pairs`.
    changes : bool
        Whether chosen changes from one number to another are read too, see `choose_changes`.
    within : bool
        Whether numbers beyond those seen are taken for the nearest seen, see `CustomerFeatures`.
    upcoming : bool
        Whether the teacher also labels customers who are yet to be called.
    refit : bool
        Whether the network of a bundle learns once more from all customers of a small table, see `NetworkModel.refit`.
    learning : mapping
        Parameters of `DenseNetworkClassifier` where none are asked for: copies make an epoch long, so few will do.
    """

    teachers: Callable[[Sequence[int], int], Teachers] | None = one_teacher
    teacher_folds: int = 5
    copies: float = 6.0
    most_copies: int = 100_000
    swap: float = 0.25
    share: float = 0.9
    finer: bool = True
    pairs: bool = True
    changes: bool = True
    within: bool = False
    upcoming: bool = False
    refit: bool = True
    learning: Mapping[str, Any] = field(default_factory=dict)


RECIPES: dict[str, Recipe] = {
    "plain": Recipe(teachers=None, finer=False, pairs=False, changes=False),
    "fast": Recipe(teachers=quick_teachers, learning={"epochs": "auto", "hidden": "short"}),
    "best": Recipe(teachers=several_teachers, teacher_folds=8, copies=20.0, most_copies=250_000),
    # What kind of day a date was says little of the same date in another year, and what a rate of interest named little of the next.
    "rolling": Recipe(
        finer=False,
        pairs=False,
        changes=False,
        within=True,
        upcoming=True,
        refit=False,
        learning={"hidden": (64, 32), "epochs": 5, "members": 3},
    ),
}

# Copies of wide tables are kept to so many numbers, some 0.8 GB; training holds a few times that.
MOST_CELLS = 200_000_000
# Percent of the time of a training that choosing features and the teachers take, on tens of thousands of customers.
_FEATURES, _TEACHERS = 10, 50
# Fewer customers than this cannot be split for a teacher and still teach.
FEWEST_FOR_A_TEACHER = 300
# Each part of the cross-fitting takes one of a class, and two are left to learn it from. A teacher knows two classes at least;
# whoever is of a rarer one is said not to be.
FEWEST_OF_A_CLASS = 3


def enough_for_a_teacher(labels: Integers, groups: Integers | None) -> bool:
    """Tell whether training rows can be split for a teacher, by the place of their class and the customers they are of."""
    customers = len(labels) if groups is None else len(distinct(groups))
    return customers >= FEWEST_FOR_A_TEACHER and len(_taught_sizes(labels, groups)) > 1


def _taught_sizes(labels: Integers, groups: Integers | None) -> Integers:
    """Count the customers of each class that a teacher can learn."""
    sizes = holders(labels, groups)
    return sizes[sizes >= FEWEST_OF_A_CLASS]


def most_copies(recipe: Recipe, customers: int, features: int = 1) -> int:
    """Return how many shuffled copies a recipe makes: so many for each customer, as long as memory holds them."""
    return min(round(recipe.copies * customers), recipe.most_copies, MOST_CELLS // max(features, 1))


def _recipe_called(name: str) -> Recipe:
    if name not in RECIPES:
        raise ValueError(f"Unknown recipe {name!r}. Choose one of: {', '.join(RECIPES)}.")
    return RECIPES[name]


class NetworkModel(Pipeline):
    """A Pipeline of `CustomerFeatures` and `DenseNetworkClassifier` that is taught by a recipe.

    Parameters
    ----------
    steps : list
        ("features", CustomerFeatures), ("classifier", DenseNetworkClassifier).
    recipe : {"fast", "best", "plain", "rolling"}
        "fast" lets a cross-fitted LightGBM, and on a small table a small network too, label customers and shuffled copies
        for the network to match;
        "best" stacks several teachers and makes more copies; "plain" learns from the labels alone; "rolling" is cheap
        enough to be learned anew before each wave: three small networks become one, and the teacher also labels the
        customers of the wave, so that the network matches it where it will be used.
    copies, swap, share : float, optional
        As in `Recipe`; None leaves them to the recipe.
    finer, pairs, changes : bool, optional
        As in `Recipe`.

    Attributes
    ----------
    lesson_ : dict or None
        What the teachers of `fit` were and how good, plain JSON: teachers, folds, customers, copies, swap, share, members
        (of the network), upcoming (customers without an outcome), finer, pairs and changes (labels of the columns), and the cross-entropy
        (loss) and ROC AUC of their out-of-fold probabilities. None if there was no teacher.
    """

    lesson_: dict[str, Any] | None = None
    # A search hands one dict to all its trials, so that the teachers are trained once.
    kept_teachers: dict[Any, Any] | None = None

    def __init__(
        self,
        steps: list[tuple[str, Any]],
        *,
        recipe: str = "fast",
        copies: float | None = None,
        swap: float | None = None,
        share: float | None = None,
        finer: bool | None = None,
        pairs: bool | None = None,
        changes: bool | None = None,
        transform_input: list[str] | None = None,
        memory: Any = None,
        verbose: bool = False,
    ) -> None:
        self.recipe = recipe
        self.copies, self.swap, self.share = copies, swap, share
        self.finer, self.pairs, self.changes = finer, pairs, changes
        super().__init__(steps, transform_input=transform_input, memory=memory, verbose=verbose)

    @classmethod
    def of(
        cls,
        columns: Sequence[Column],
        *,
        recipe: str = "fast",
        copies: float | None = None,
        swap: float | None = None,
        share: float | None = None,
        finer: bool | None = None,
        pairs: bool | None = None,
        changes: bool | None = None,
        random_state: int | None = None,
        **settings: Any,
    ) -> NetworkModel:
        """Make the model for these columns; `settings` are the parameters of `DenseNetworkClassifier`."""
        known = _recipe_called(recipe)
        network = DenseNetworkClassifier(random_state=random_state, **{**known.learning, **settings})
        features = CustomerFeatures(columns, within=known.within)
        return cls(
            [("features", features), ("classifier", network)],
            recipe=recipe,
            copies=copies,
            swap=swap,
            share=share,
            finer=finer,
            pairs=pairs,
            changes=changes,
        )

    def set_params(self, **params: Any) -> NetworkModel:
        """Set parameters as scikit-learn does; another recipe brings its own way of learning, where the old one had its own."""
        if "recipe" in params:
            old, new = _recipe_called(self.recipe), _recipe_called(params["recipe"])
            network, usual = self.named_steps["classifier"], DenseNetworkClassifier().get_params()
            theirs = {name: old.learning.get(name, usual[name]) for name in {*old.learning, *new.learning}}
            untouched = [name for name, value in theirs.items() if np.array_equal(getattr(network, name), value)]
            brought = {f"classifier__{name}": new.learning.get(name, usual[name]) for name in untouched}
            params = {**brought, "features__within": new.within, **params}
        super().set_params(**params)
        return self

    reads_groups = reads_progress = True  # see `read_by`

    @property
    def reads_upcoming(self) -> bool:
        """Whether `fit` makes use of customers who are yet to be called."""
        return _recipe_called(self.recipe).upcoming

    reads_upcoming_groups = reads_upcoming

    def fit(
        self,
        X: pl.DataFrame,
        y: Any,
        *,
        inner: Inner | None = None,
        upcoming: pl.DataFrame | None = None,
        groups: Integers | None = None,
        upcoming_groups: Integers | None = None,
        customers: Integers | None = None,
        progress: Progress = silent,
    ) -> NetworkModel:
        """Learn features, let the teacher label, train the network.

        Parameters
        ----------
        X : polars.DataFrame, pandas.DataFrame or pyarrow.Table of shape (n_customers, n_columns)
        y : array of shape (n_customers,)
        inner : (X, y), optional
            Rows for early stopping and calibration, which teach nobody: nothing that was learned from them may judge by
            them. Left out, as many of `X` as a bundle keeps, see `inner_split`.
        upcoming : polars.DataFrame of shape (n_upcoming, n_columns), optional
            Customers who are yet to be called, whose outcome nobody knows; only a recipe that `reads_upcoming` looks.
        groups : ndarray of shape (n_customers,), optional
            Rows of one customer share a number, and a teacher labels none of whom it has seen another. Left out, every
            row is a customer.
        upcoming_groups : ndarray of shape (n_upcoming,), optional
            The group of each upcoming customer, among `groups`: teachers that have seen the outcome of somebody in it do not
            label him. Left out, they are taken for strangers to all of `X`.
        customers : ndarray of shape (n_customers,), optional
            The customer of each row, see `CustomerFeatures.fit`. Left out, every
            row is another: who only looks alike is in one group, and is not one customer.
        progress : Progress
            Told after each teacher and each epoch of the network, of one `TRAINING`.

        Raises
        ------
        ValueError
            If there are more or fewer outcomes than customers.
        """
        X, upcoming = self._table(X), self._table(upcoming)
        check_consistent_length(X, y, groups, customers)
        check_consistent_length(upcoming, upcoming_groups)
        if inner is None:
            rows, held = keep_apart(y := np.asarray(y), groups)
            inner = _safe_indexing(X, held), y[held]
            X, y = _safe_indexing(X, rows), y[rows]
            groups, customers = (None if each is None else each[rows] for each in (groups, customers))
        features, network = self.named_steps["features"], self.named_steps["classifier"]
        labels = np.unique(y, return_inverse=True)[1]
        recipe = self._taught_by = self._recipe(labels, groups)
        encoded = self._encode(X, labels, recipe, groups, customers)
        encoded_inner = features.transform(inner[0])
        upcoming = upcoming if self.reads_upcoming else None
        taught, self.lesson_ = self._teaching(recipe, X, labels, encoded, upcoming, groups, upcoming_groups, progress)
        tell = _behind_the_teachers(progress, taught)
        network.fit(encoded, y, inner=(encoded_inner, inner[1]), teaching=taught, groups=groups, progress=tell)
        return self

    def refit(
        self,
        X: pl.DataFrame,
        y: Any,
        *,
        upcoming: pl.DataFrame | None = None,
        groups: Integers | None = None,
        upcoming_groups: Integers | None = None,
        customers: Integers | None = None,
        progress: Progress = silent,
    ) -> NetworkModel:
        """Learn all anew, features and teachers too, from all customers: those of the fit and its inner ones.

        On a small table the inner customers are many of all there are; when they have said when to stop and how bold
        probabilities are, nothing keeps them from teaching. Recipe, layers, epochs, curves and calibration stay those of
        the fit, and so does `lesson_`, which its validation customers could judge, but for finer steps, pairs and changes, which are chosen anew.

        Parameters
        ----------
        X, y, upcoming, groups, upcoming_groups, customers, progress
            As in `fit`.
        """
        X, upcoming = self._table(X), self._table(upcoming)
        check_consistent_length(X, y, groups, customers)
        check_consistent_length(upcoming, upcoming_groups)
        labels = np.unique(y, return_inverse=True)[1]
        self.kept_teachers = None  # they learned from fewer
        encoded = self._encode(X, labels, self._taught_by, groups, customers)
        upcoming = upcoming if self.reads_upcoming else None
        recipe = self._taught_by
        taught, lesson = self._teaching(recipe, X, labels, encoded, upcoming, groups, upcoming_groups, progress)
        if self.lesson_ is not None and lesson is not None:
            self.lesson_ = self.lesson_ | {name: lesson[name] for name in ("finer", "pairs", "changes")}
        tell = _behind_the_teachers(progress, taught)
        self.named_steps["classifier"].refit(encoded, y, teaching=taught, progress=tell)
        return self

    def _table(self, X: Any) -> Any:
        """Return a table as a Polars frame, whose columns have names and whose levels are text; an array stays what it is, and None too."""
        frame = polars_of(X)
        return X if frame is None else levels_as_text(frame, self.named_steps["features"].columns or ())

    def _encode(
        self,
        X: pl.DataFrame,
        labels: Integers,
        recipe: Recipe | None,
        groups: Integers | None,
        customers: Integers | None,
    ) -> NDArray[np.float32]:
        """Learn the features, and where there is a teacher which numbers are read in finer steps and which columns in pairs."""
        features, network = self.named_steps["features"], self.named_steps["classifier"]
        features.finer, features.pairs, features.changes = None, (), ()
        if recipe is not None and recipe.finer and features.bins == "auto" and features.numbers == "piecewise":
            whose = customers if groups is None else groups
            features.finer = choose_finer(X, labels, features.columns, steps=usual_steps(len(labels)), groups=whose)
        if recipe is not None and (recipe.pairs or recipe.changes):
            left = Unexplained(X, labels, features.columns, seed=_seed(network.random_state), groups=groups)
            features.pairs = choose_pairs(left, rare=features.rare) if recipe.pairs else ()
            features.changes = choose_changes(left) if recipe.changes else ()
        encoded: NDArray[np.float32] = features.fit(X, customers=customers).transform(X)
        return encoded

    def _recipe(self, labels: Integers, groups: Integers | None) -> Recipe | None:
        """Return how to teach; None where the labels must do."""
        given: dict[str, Any] = {
            name: getattr(self, name) for name in ("copies", "swap", "share", "finer", "pairs", "changes")
        }
        recipe = replace(
            _recipe_called(self.recipe), **{name: value for name, value in given.items() if value is not None}
        )
        if recipe.teachers is None or not enough_for_a_teacher(labels, groups):
            return None
        return replace(recipe, teacher_folds=min(recipe.teacher_folds, int(_taught_sizes(labels, groups).min())))

    def _teaching(
        self,
        recipe: Recipe | None,
        X: pl.DataFrame,
        labels: Integers,
        encoded: NDArray[np.float32],
        upcoming: pl.DataFrame | None = None,
        groups: Integers | None = None,
        upcoming_groups: Integers | None = None,
        progress: Progress = silent,
    ) -> tuple[Teaching | None, dict[str, Any] | None]:
        """Let the teachers label customers and copies, of customers yet to be called too; say what they taught."""
        if recipe is None or recipe.teachers is None:
            return None, None
        tell = share_of(progress, TRAINING, _FEATURES, _TEACHERS, 100)
        tell("features", 0, 1)
        features, network = self.named_steps["features"], self.named_steps["classifier"]
        natural = NaturalFeatures(features.columns)
        codes = natural.fit_transform(X)
        if upcoming is not None:
            X, codes = pl.concat([X, upcoming.select(X.columns)]), np.concatenate([codes, natural.transform(upcoming)])
            encoded = np.concatenate([encoded, features.transform(upcoming)])
        named = recipe.teachers(natural.categories_, len(labels))
        teachers = list(named.values())
        if self.kept_teachers is not None:
            teachers = keep_fitted(teachers, self.kept_teachers)
        rows = _Rows(features.state_, X, encoded)
        lesson = teach(
            codes,
            labels,
            teachers,
            folds=recipe.teacher_folds,
            copies=most_copies(recipe, len(labels), encoded.shape[1]),
            swap=recipe.swap,
            seed=_seed(network.random_state),
            joined=rows.sizes if rows.pairs else None,
            encoded=rows.encoded,
            groups=groups,
            upcoming_groups=upcoming_groups,
            progress=tell,
        )
        judges = lesson.judges
        labels_of = {column.name: column.label for column in features.columns}
        told = {
            "teachers": list(named),
            "folds": recipe.teacher_folds,
            "customers": len(labels),
            "copies": len(lesson.sources),
            "swap": recipe.swap,
            "share": recipe.share,
            "members": network.members,
            "upcoming": 0 if upcoming is None else upcoming.height,
            "finer": [labels_of[name] for name in features.finer or ()],
            "pairs": [[labels_of[name] for name in pair] for pair in features.pairs],
            "changes": [[labels_of[before], labels_of[after]] for before, after, _ in features.changes],
            **scores_of(lesson.targets[judges], labels[judges], None if groups is None else groups[judges]),
        }
        return Teaching(lesson.targets, lesson.inputs, lesson.copy_targets, recipe.share), told


def _behind_the_teachers(progress: Progress, taught: Teaching | None) -> Progress:
    """Tell of the network's epochs as what is left of the training when the teachers have taught."""
    before = 0 if taught is None else _FEATURES + _TEACHERS
    return share_of(progress, TRAINING, before, 100 - before, 100)


def _seed(random_state: Any) -> int:
    """Return a seed for pairs and teachers: the number given, one drawn from a `RandomState`, or 0 for None."""
    if isinstance(random_state, np.random.RandomState):
        return int(random_state.randint(2**16))
    return int(random_state or 0)


class _Rows:
    """Rows whose cells come from different customers: what the network reads of them, and the pairs of columns."""

    def __init__(self, state: Mapping[str, Any], X: pl.DataFrame, encoded: NDArray[np.float32]) -> None:
        self._state, self._encoded = state, encoded
        self.pairs = [as_arrays(pair) for pair in state.get("pairs", ())]
        place = {column["name"]: place for place, column in enumerate(state["columns"])}
        self._places = [[place[name] for name in pair["names"]] for pair in self.pairs]
        self._codes = [
            [pair_codes(pair, side, X[name]) for side, name in enumerate(pair["names"])] for pair in self.pairs
        ]

    def encoded(self, sources: Integers) -> NDArray[np.float32]:
        """Return what the network reads; swapping cells swaps their encodings, so nothing is encoded again."""
        rows = np.empty((len(sources), self._encoded.shape[1]), dtype=np.float32)
        for place, block in enumerate(feature_blocks(self._state)):
            rows[:, block] = self._encoded[sources[:, place], block]
        for pair, block, steps in zip(self.pairs, pair_blocks(self._state), self.steps(sources), strict=True):
            rows[:, block] = step_rows(pair)[steps]
        return rows

    def steps(self, sources: Integers) -> list[Integers]:
        """Say on which step each row is, pair by pair; `sources` has shape (n_rows, n_columns)."""
        return [
            steps_at(pair, first[sources[:, here]], second[sources[:, there]])
            for pair, (here, there), (first, second) in zip(self.pairs, self._places, self._codes, strict=True)
        ]

    def sizes(self, sources: Integers) -> NDArray[np.float64]:
        """Return the size of each row's step, as the teachers read it; shape (n_rows, n_pairs)."""
        return np.column_stack(
            [np.asarray(pair["sizes"])[steps] for pair, steps in zip(self.pairs, self.steps(sources), strict=True)]
        )
