"""Models are compared on the same rows kept apart, choose nothing there, and repeat for a seed."""

import numpy as np
import polars as pl
import pytest
from sklearn import metrics as reference

from segmint.evaluation.comparison import _conclusion, compare_models
from segmint.evaluation.paired_bootstrap import affordable_repeats
from segmint.metrics.classification import best_f1_threshold
from segmint.metrics.intervals import interval, weight_blocks
from segmint.models.names import OURS
from segmint.splits.folds import make_folds
from segmint.splits.groups import row_groups, row_keys

from .tables import RESPONSE, BaseRate, ByAge, campaign, segments, valid

MODELS = {"dense_network": lambda: ByAge(8.0), "coarse": lambda: ByAge(30.0), "base_rate": BaseRate}


def folds_of(table, count=4):
    return make_folds(table.outcome, row_groups(table), count=count, seed=7, keys=row_keys(table))


@pytest.fixture(scope="module")
def response():
    table = campaign()
    return table, compare_models(MODELS, table, folds_of(table), seed=1, repeats=300)


@pytest.fixture(scope="module")
def assignment():
    table = segments()
    return table, compare_models(MODELS, table, folds_of(table), seed=1, repeats=300)


def value(comparison, model, metric, column="value"):
    return comparison.frame().filter((pl.col("model") == model) & (pl.col("metric") == metric))[column].item()


def test_every_model_predicts_every_row_once_and_rows_keep_their_record(response):
    table, comparison = response
    for model in MODELS:
        mine = comparison.predictions.filter(pl.col("model") == model)
        assert sorted(mine["record"]) == table.records.tolist()
        np.testing.assert_array_equal(mine.sort("record")["outcome"].to_numpy(), table.outcome)


def test_figures_of_a_response_are_those_of_the_pooled_predictions(response):
    _, comparison = response
    mine = comparison.predictions.filter(pl.col("model") == "dense_network")
    y, p = mine["outcome"].to_numpy() == "yes", mine["probability_yes"].to_numpy()
    named = mine["predicted"].to_numpy() == "yes"
    np.testing.assert_array_equal(named, p >= mine["threshold"].to_numpy())
    expected = {
        "f1": reference.f1_score(y, named),
        "accuracy": np.mean(y == named),
        "roc_auc": reference.roc_auc_score(y, p),
        "average_precision": reference.average_precision_score(y, p),
        "log_loss": reference.log_loss(y, p),
        "brier": reference.brier_score_loss(y, p),
    }
    for metric, known in expected.items():
        assert value(comparison, "dense_network", metric) == pytest.approx(known), metric
    assert value(comparison, "base_rate", "lift_10") == pytest.approx(1.0, abs=0.25)


def test_figures_of_an_assignment_are_those_of_the_pooled_predictions(assignment):
    _, comparison = assignment
    mine = comparison.predictions.filter(pl.col("model") == "dense_network")
    y, named = mine["outcome"].to_numpy(), mine["predicted"].to_numpy()
    each = reference.f1_score(y, named, average=None)
    assert value(comparison, "dense_network", "weighted_f1") == pytest.approx(
        reference.f1_score(y, named, average="weighted")
    )
    assert value(comparison, "dense_network", "macro_f1") == pytest.approx(each.mean())
    assert [value(comparison, "dense_network", f"f1_{name}") for name in "ABC"] == pytest.approx(list(each))
    assert mine["threshold"].null_count() == mine.height
    assert comparison.metric == "weighted_f1"


def test_threshold_is_chosen_on_the_other_folds_rows_kept_apart(response):
    table, comparison = response
    ours = comparison.predictions.filter(pl.col("model") == "dense_network")
    for number in range(1, len(folds_of(table)) + 1):
        others = ours.filter(pl.col("fold") != number)
        chosen = best_f1_threshold(others["outcome"].to_numpy() == "yes", others["probability_yes"].to_numpy())
        assert ours.filter(pl.col("fold") == number)["threshold"].unique().to_list() == [chosen]


def test_with_one_fold_the_threshold_is_chosen_on_its_inner_rows():
    table = campaign()
    fold = folds_of(table)[0]
    found = compare_models({"dense_network": lambda: ByAge(8.0)}, table, [fold], seed=1, repeats=200)
    model = ByAge(8.0).fit(table.inputs[fold.fit], table.outcome[fold.fit])
    inner = best_f1_threshold(table.outcome[fold.inner] == "yes", model.predict_proba(table.inputs[fold.inner])[:, 1])
    assert found.predictions["threshold"].unique().to_list() == [inner]


def test_a_model_never_sees_rows_kept_apart():
    table = campaign()
    seen = []

    class Nosy(ByAge):
        def fit(self, X, y, *, inner=None):
            seen.append((X.height, inner[0].height))
            return super().fit(X, y)

    folds = folds_of(table)
    compare_models({"nosy": Nosy}, table, folds, seed=1, repeats=200)
    assert seen == [(fold.fit.size, fold.inner.size) for fold in folds]


def test_a_model_that_reads_groups_is_told_which_rows_are_of_one_customer():
    table, told = campaign(), []

    class Reader(ByAge):
        reads_groups = True

        def fit(self, X, y, *, inner=None, groups=None):
            told.append(groups)
            return super().fit(X, y)

    folds, who = folds_of(table), row_groups(table)
    compare_models({"reader": Reader}, table, folds, seed=1, repeats=200)
    for fold, learned in zip(folds, told, strict=True):
        assert np.array_equal(learned, who[fold.fit])


def test_outcomes_kept_apart_do_not_change_what_is_predicted_for_them():
    table = campaign()
    folds = folds_of(table)[:1]
    flipped = table.outcome.copy()
    flipped[folds[0].test] = np.where(flipped[folds[0].test] == "yes", "no", "yes")
    poisoned = type(table)(
        table.frame.with_columns(y=pl.Series(flipped)), table.raw, table.records, table.flags,
        table.contract, table.at, table.ledger,
    )  # fmt: skip
    one, other = (compare_models(MODELS, each, folds, seed=1, repeats=200) for each in (table, poisoned))
    assert one.predictions.drop("outcome").equals(other.predictions.drop("outcome"))


def test_differences_are_to_the_best_model_of_each_metric_in_its_direction(response):
    _, comparison = response
    for _, rows in comparison.frame().group_by("metric"):
        metric = rows["metric"][0]
        lower = metric in {"log_loss", "brier"}
        best = rows.sort("value", descending=not lower).row(0, named=True)
        assert best["difference_to_best"] == best["difference_low"] == best["difference_high"] == 0.0
        assert (rows["difference_to_best"] * (1 if lower else -1)).min() >= 0
        np.testing.assert_allclose(rows["value"] - best["value"], rows["difference_to_best"])
        assert (rows["low"] <= rows["value"]).all()
        assert (rows["value"] <= rows["high"]).all()


def test_pairing_makes_differences_of_near_twins_narrow():
    table = campaign()
    twins = {"one": lambda: ByAge(8.0), "other": lambda: ByAge(8.0, sharpness=1.02)}
    frame = compare_models(twins, table, folds_of(table), seed=1, repeats=300).frame()
    log_loss = frame.filter(pl.col("metric") == "log_loss")
    gap = (log_loss["difference_high"] - log_loss["difference_low"]).max()
    assert gap < 0.1 * (log_loss["high"] - log_loss["low"]).min()


def test_same_seed_same_figures(response):
    table, comparison = response
    again = compare_models(MODELS, table, folds_of(table), seed=1, repeats=300)
    assert again.frame().drop("seconds").equals(comparison.frame().drop("seconds"))
    assert again.conclusion == comparison.conclusion


def test_work_is_remembered_by_model_and_fold_and_not_done_twice():
    table, kept, fitted = campaign(), {}, []

    class Counted(ByAge):
        def fit(self, X, y, *, inner=None):
            fitted.append(1)
            return super().fit(X, y)

    def remember(key, compute):
        return kept[repr(key)] if repr(key) in kept else kept.setdefault(repr(key), compute())

    models = {"one": Counted, "other": lambda: Counted(width=20.0)}
    runs = [compare_models(models, table, folds_of(table), seed=1, repeats=200, remember=remember) for _ in range(2)]
    assert len(fitted) == len(kept) == 8
    assert runs[0].frame().equals(runs[1].frame())
    compare_models({"one": lambda: Counted(width=9.0)}, table, folds_of(table), seed=1, remember=remember)
    assert len(kept) == 12


def test_progress_is_told_of_every_model_and_fold():
    table, told = campaign(), []
    compare_models(
        MODELS, table, folds_of(table), seed=1, repeats=200,
        progress=lambda task, done, total: told.append((task, done, total)),
    )  # fmt: skip
    assert told == [("comparing models", 100 * done, 1200) for done in range(13)]


def test_what_a_model_tells_while_it_learns_is_a_share_of_the_comparison():
    class Telling(ByAge):
        reads_progress = True

        def fit(self, X, y, *, inner=None, progress=None):
            for epoch in range(2):
                progress("learning", epoch + 1, 2)
            return super().fit(X, y)

    table, told = campaign(), []
    folds = folds_of(table)[:2]
    compare_models({"one": Telling}, table, folds, seed=1, repeats=200, progress=lambda *step: told.append(step))
    assert told == [("comparing models", done, 200) for done in (0, 50, 100, 100, 150, 200, 200)]


def test_a_class_that_a_fold_never_taught_gets_no_probability():
    table = segments()
    fold = folds_of(table)[0]
    without = fold.fit[table.outcome[fold.fit] != "C"]
    part = type(fold)(fold.train, fold.test, without, fold.inner)
    comparison = compare_models({"one": ByAge}, table, [part], seed=1, repeats=200)
    assert (comparison.predictions["probability_C"] == 0).all()


def test_probabilities_that_are_none_are_refused():
    class Broken(ByAge):
        def predict_proba(self, X):
            return np.full((X.height, 2), np.nan)

    table = campaign()
    with pytest.raises(ValueError, match="finite probabilities"):
        compare_models({"broken": Broken}, table, folds_of(table), seed=1)
    with pytest.raises(ValueError, match="at least one model"):
        compare_models({}, table, folds_of(table), seed=1)


def test_result_is_plain_json(response):
    import json

    _, comparison = response
    written = json.loads(json.dumps(comparison.to_json(), allow_nan=False))
    assert written["models"]["base_rate"] == "base rate"
    assert len(written["rows"]) == 3 * 7
    assert written["repeats"] == 300


def test_large_tables_get_fewer_repeats_and_the_comparison_says_so():
    assert [affordable_repeats(rows, 1_000) for rows in (600, 40_000, 80_000, 10**7)] == [1_000, 1_000, 500, 200]
    table = campaign()
    assert compare_models({"one": ByAge}, table, folds_of(table), seed=1, repeats=50).repeats == 50


def test_the_order_is_judged_by_our_model_not_by_the_one_that_names_best():
    areas = np.array([[0.5, 0.68, 0.75], [0.5, 0.66, 0.75], [0.5, 0.7, 0.75]])
    scores = {"f1": np.array([[0.75, 0.74, 0.7]] * 3), "roc_auc": areas}
    names = ["base_rate", OURS, "logistic"]
    said = " ".join(_conclusion(scores, names, {name: name for name in names}, "f1")[0])
    assert "ranks above another customer 68 %" in said


@pytest.mark.parametrize(("area", "behind"), [(0.8, False), (0.6, True)])
def test_a_network_behind_at_its_threshold_is_judged_by_its_order_before_the_list_is_doubted(area, behind):
    scores = {
        "f1": np.array([[0.1, 0.2, 0.4]] * 3),
        "roc_auc": np.array([[0.5, area, 0.7]] * 3),
        "lift_10": np.array([[1.0, 2.0, 2.0]] * 3),
    }
    names = ["base_rate", OURS, "lightgbm"]
    said = " ".join(_conclusion(scores, names, {name: name for name in names}, "f1")[0])
    assert ("for the order of calls weigh lightgbm" in said) == behind
    assert ("for the order of calls ours is the better one" in said) == (not behind)


def test_many_looks_beside_the_main_metric_are_no_more_than_one_chance_in_twenty():
    """A gap below zero in 39 of 40 samples is sure when looked at alone, and not as one of four measures."""
    drawn = np.where(np.arange(1_000) % 100 < 2, 0.71, 0.69)[:, None]
    area = np.vstack([[0.69, 0.7], np.hstack([drawn, np.full((1_000, 1), 0.7)])])
    level = {name: np.full((1_001, 2), 0.5) for name in ("average_precision", "lift_10", "log_loss")}
    scores = {"f1": np.array([[0.39, 0.4], *[[0.41, 0.4], [0.39, 0.4]] * 500]), "roc_auc": area}
    names = [OURS, "lightgbm"]
    labels = {name: name for name in names}
    assert "behind lightgbm in ROC AUC" in _conclusion(scores, names, labels, "f1")[2]
    assert "the figures decide for neither" in _conclusion(scores | level, names, labels, "f1")[2]


def test_a_higher_log_loss_is_behind():
    scores = {"weighted_f1": np.array([[0.4, 0.3]] * 3), "log_loss": np.array([[0.5, 0.4]] * 3)}
    names = [OURS, "lightgbm"]
    said, _, meaning = _conclusion(scores, names, {name: name for name in names}, "weighted_f1")
    assert said[-1] == meaning
    assert meaning.endswith("but behind lightgbm in log loss: for probabilities weigh lightgbm.")


def test_too_few_customers_with_an_outcome_are_said_first_and_counted_once():
    table = campaign(300)
    yes = np.flatnonzero(table.outcome == "yes")
    few = table.frame[np.sort(np.r_[yes[:12], np.flatnonzero(table.outcome == "no")])]
    twice = valid(pl.concat([few, few]), RESPONSE)
    found = compare_models({"age": lambda: ByAge(8.0)}, twice, folds_of(twice, 2), repeats=200, seed=1)
    assert found.conclusion[0].startswith(
        "Only 12 said yes: with fewer than about 50 the intervals of figures about them"
    )
    assert "comes" in found.conclusion[1] or "no other model" in found.conclusion[1]


def test_an_interval_can_be_computed_again_from_the_predictions_and_their_groups():
    table = campaign(300)
    twice = valid(pl.concat([table.frame, table.frame]), RESPONSE)
    found = compare_models(
        {"base_rate": BaseRate, "age": lambda: ByAge(8.0)}, twice, folds_of(twice, 2), repeats=200, seed=1
    )
    mine = found.predictions.filter(pl.col("model") == "age")
    assert mine["group"].n_unique() <= 300
    wrong = ((mine["outcome"] == "yes").cast(float) - mine["probability_yes"]).to_numpy() ** 2
    drawn = [
        np.average(wrong, weights=weights)
        for block in weight_blocks(mine.height, found.repeats, 1, mine["group"].to_numpy())
        for weights in block
    ]
    low, high = interval(drawn)
    assert (value(found, "age", "brier", "low"), value(found, "age", "brier", "high")) == pytest.approx((low, high))
