from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from segmint.models import distil
from segmint.models.distil import COPIES_OF_UPCOMING, Lesson, auc_error, scores_of, teach


class Parrot:
    """A teacher that knows the labels of the customers it saw by heart, and answers one half to strangers."""

    def fit(self, natural: Any, labels: Any, *, inner: Any) -> Parrot:
        self.seen = {row[0]: label for row, label in zip(natural, labels, strict=True)}
        return self

    def predict_proba(self, natural: Any) -> Any:
        yes = np.array([float(self.seen.get(row[0], 0.5)) for row in natural])
        return np.column_stack([1.0 - yes, yes])


def lesson(swap: float) -> Lesson:
    natural = np.column_stack([np.arange(200.0), np.arange(200.0) % 7])
    labels = np.arange(200) % 2
    return teach(natural, labels, [lambda seed: Parrot()], folds=5, copies=600, swap=swap, seed=3, groups=None)


def test_several_teachers_teach_without_copies() -> None:
    natural, labels = np.column_stack([np.arange(200.0), np.arange(200.0) % 7]), np.arange(200) % 2
    alone = teach(natural, labels, [lambda seed: Parrot()] * 2, folds=5, copies=0, swap=0.0, seed=3, groups=None)
    assert alone.copy_targets.shape == (0, 2)
    assert np.allclose(alone.targets, 0.5)


def test_teachers_who_know_nothing_are_not_made_wise_by_stacking_them() -> None:
    class Guess:
        """Guesses, and always the same of the same customer."""

        def __init__(self, salt: int) -> None:
            self.salt = salt

        def fit(self, natural: Any, labels: Any, *, inner: Any) -> Guess:
            return self

        def predict_proba(self, natural: Any) -> Any:
            return np.array([np.random.default_rng([self.salt, int(row[0])]).dirichlet(np.ones(12)) for row in natural])

    labels = np.random.default_rng(0).permutation(np.arange(600) % 12)
    natural = np.column_stack([np.arange(600.0), np.arange(600.0)])
    teachers = [lambda seed, salt=salt: Guess(salt) for salt in (1, 2)]
    targets = teach(natural, labels, teachers, folds=5, copies=0, swap=0.0, seed=3, groups=None).targets
    found = scores_of(targets, labels)
    assert abs(found["auc"] - 0.5) < found["auc_error"]
    assert np.allclose(targets.sum(axis=1), 1.0)


def test_no_customer_is_labelled_by_a_teacher_that_saw_it() -> None:
    assert np.all(lesson(0.0).targets == 0.5)


def test_no_copy_is_labelled_by_a_teacher_that_saw_its_source() -> None:
    assert np.all(lesson(0.0).copy_targets == 0.5)


def test_copies_are_spread_evenly_over_customers() -> None:
    sources = lesson(0.0).sources
    assert np.all(np.bincount(sources[:, 0]) == 3)
    assert np.all(sources[:, 0] == sources[:, 1])


def test_about_the_asked_share_of_cells_is_swapped() -> None:
    kept = lesson(0.0).sources == lesson(0.15).sources
    assert 0.80 < kept.mean() < 0.90


def test_customers_yet_to_be_called_are_copied_half_unchanged_and_labelled_by_all_teachers() -> None:
    class Counter(Parrot):
        """Says of everyone how many customers it learned from, in hundreds."""

        def predict_proba(self, natural: Any) -> Any:
            return np.tile([1 - len(self.seen) / 1_000, len(self.seen) / 1_000], (len(natural), 1))

    natural = np.column_stack([np.arange(203.0), np.arange(203.0)])
    labels = np.arange(200) % 2
    found = teach(natural, labels, [lambda seed: Counter()], folds=5, copies=600, swap=0.5, seed=3, groups=None)
    assert found.targets.shape == (200, 2)
    upcoming = found.sources[600:]
    assert len(upcoming) == 3 * COPIES_OF_UPCOMING
    unchanged = (upcoming[::2] >= 200).all(axis=1)
    assert unchanged.all()
    swapped = upcoming[1::2]
    assert 0.3 < (swapped < 200).mean() < 0.7
    assert np.allclose(found.copy_targets[600:, 1], 0.16)
    assert found.sources[:600].max() < 200


@pytest.mark.parametrize(
    ("upcoming", "each", "copied"), [(15, 20, 15), (16, 18, 16), (100, 3, 100), (150, 2, 150), (4_000, 2, 150)]
)
def test_of_very_many_customers_yet_to_be_called_there_are_fewer_copies(
    upcoming: int, each: int, copied: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(distil, "MOST_COPIES_OF_UPCOMING", 300)
    natural = np.column_stack([np.arange(200.0 + upcoming)] * 2)
    found = teach(
        natural, np.arange(200) % 2, [lambda seed: Parrot()], folds=5, copies=600, swap=0.0, seed=3, groups=None
    )
    whose, times = np.unique(found.sources[600:, 0], return_counts=True)
    assert (len(whose), set(times)) == (copied, {each})
    assert whose.min() >= 200


class Neighbour(Parrot):
    """Knows by heart the labels of the customers it saw, whichever of their rows it saw."""

    def fit(self, natural: Any, labels: Any, *, inner: Any) -> Neighbour:
        self.seen = {row[0] // 2: label for row, label in zip(natural, labels, strict=True)}
        return self

    def predict_proba(self, natural: Any) -> Any:
        yes = np.array([float(self.seen.get(row[0] // 2, 0.5)) for row in natural])
        return np.column_stack([1.0 - yes, yes])


def test_no_customer_is_labelled_by_a_teacher_that_saw_another_of_its_rows() -> None:
    natural, labels = np.column_stack([np.arange(200.0), np.arange(200.0)]), np.arange(200) // 2 % 2
    asked = {"folds": 5, "copies": 200, "swap": 0.0, "seed": 3}
    apart = teach(natural, labels, [lambda seed: Neighbour()], **asked, groups=np.arange(200) // 2)
    assert np.all(apart.targets == 0.5)
    assert np.all(apart.copy_targets == 0.5)
    assert not np.all(teach(natural, labels, [lambda seed: Neighbour()], **asked, groups=None).targets == 0.5)


def test_the_error_of_an_area_is_the_spread_of_areas_among_other_customers() -> None:
    draw = np.random.default_rng(0)
    found = []
    for _ in range(300):
        labels = (np.arange(400) < 60).astype(np.int64)
        yes = 1 / (1 + np.exp(-draw.normal(loc=labels)))
        found.append(scores_of(np.column_stack([1 - yes, yes]), labels))
    spread = np.std([each["auc"] for each in found])
    assert np.mean([each["auc_error"] for each in found]) == pytest.approx(spread, rel=0.15)
    assert np.isnan(auc_error(0.7, np.array(["no"] * 9)))
    assert auc_error(0.7, np.repeat(["a", "b", "c"], 50)) == pytest.approx(auc_error(0.7, np.arange(150) < 50))


class Shares:
    """Says of everyone how often each class that it saw occurs."""

    def fit(self, natural: Any, labels: Any, *, inner: Any) -> Shares:
        assert np.isin(inner[1], labels).all()
        self.shares = np.unique(labels, return_counts=True)[1] / len(labels)
        return self

    def predict_proba(self, natural: Any) -> Any:
        return np.tile(self.shares, (len(natural), 1))


def test_strangers_are_dealt_out_whatever_their_numbers() -> None:
    natural, labels = np.column_stack([np.arange(200.0), np.arange(200.0)]), (np.arange(200) < 20).astype(int)
    asked = {"folds": 5, "copies": 200, "swap": 0.0, "seed": 3}
    plain, numbered = (
        teach(natural, labels, [lambda seed: Shares()] * 2, **asked, groups=groups)
        for groups in (None, np.random.default_rng(0).permutation(200))
    )
    assert np.array_equal(numbered.targets, plain.targets)
    assert plain.judges.all()


@pytest.mark.parametrize("teachers", [1, 2])
def test_a_class_that_is_one_customer_tears_no_other_customer_apart(teachers: int) -> None:
    whose = np.arange(240) // 4
    labels = np.where(whose == 7, 1, 2 * (whose % 2))
    natural = np.column_stack([whose.astype(float), np.arange(240.0)])
    asked = {"folds": 5, "copies": 240, "swap": 0.0, "seed": 3, "groups": whose}
    found = teach(natural, labels, [lambda seed: Shares()] * teachers, **asked)
    assert (found.targets[whose == 7, 1] == 0).all()  # no teacher can know, as nobody else is of it
    assert np.array_equal(found.judges, whose != 7)
    assert np.allclose(found.targets.sum(axis=1), 1)
    apart = teach(natural, labels, [lambda seed: Whose()], **asked)
    assert not apart.targets[:, 1].any()


class Whose(Shares):
    """Says the last class of whom it saw another row of, and else the first."""

    def fit(self, natural: Any, labels: Any, *, inner: Any) -> Whose:
        self.seen, self.classes = np.unique(natural[:, 0]), len(np.unique(labels))
        return self

    def predict_proba(self, natural: Any) -> Any:
        likely = np.zeros((len(natural), self.classes))
        known = np.isin(natural[:, 0], self.seen)
        likely[np.arange(len(natural)), known * (self.classes - 1)] = 1.0
        assert not known.any()
        return likely


def test_who_is_called_again_is_labelled_by_teachers_that_did_not_see_the_last_answer() -> None:
    natural, labels = np.column_stack([np.r_[np.arange(200.0), np.arange(8.0)]] * 2), np.arange(200) % 2
    asked = {"folds": 5, "copies": 0, "swap": 0.0, "seed": 3, "groups": np.arange(200) + 5}
    teachers = [lambda seed: Parrot()]
    again = teach(natural, labels, teachers, **asked, upcoming_groups=np.r_[np.arange(7) + 5, -1])
    assert np.all(again.copy_targets[: 7 * COPIES_OF_UPCOMING] == 0.5)
    assert not np.any(again.copy_targets[7 * COPIES_OF_UPCOMING :] == 0.5)
    assert not np.any(teach(natural, labels, teachers, **asked).copy_targets == 0.5)


def test_rows_of_one_customer_make_no_area_surer() -> None:
    draw = np.random.default_rng(0)
    labels = (draw.random(300) < 0.3).astype(np.int64)
    yes = 1 / (1 + np.exp(-draw.normal(loc=labels)))
    likely, same = np.column_stack([1 - yes, yes]), np.repeat(np.arange(300), 5)
    once, often = scores_of(likely, labels), scores_of(likely[same], labels[same], same)
    assert often == pytest.approx(once, rel=0.02)
    assert scores_of(likely, labels, np.arange(300)) == once
    assert scores_of(likely[same], labels[same])["auc_error"] < 0.5 * once["auc_error"]


def test_few_customers_with_many_rows_leave_no_fold_empty() -> None:
    natural, labels = np.column_stack([np.arange(400.0), np.arange(400.0)]), np.arange(400) % 2

    class Counted(Parrot):
        def predict_proba(self, natural: Any) -> Any:
            assert len(natural)
            return super().predict_proba(natural)

    for customers in (3, 8, 10, 15):
        for seed in range(10):
            groups = np.arange(400) % (customers * 7) // 7
            teach(natural, labels, [lambda _: Counted()], folds=8, copies=400, swap=0.0, seed=seed, groups=groups)
