"""The analyst's class: names or objects in, one comparison out."""

import numpy as np
import polars as pl
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from segmint.errors import DataError
from segmint.evaluation.comparison import classes_apart, compare_on_test
from segmint.evaluation.model_comparison import ModelComparison
from segmint.features.natural import NaturalFeatures
from segmint.models.customer_model import make_model
from segmint.models.reads import reads_inner
from segmint.splits.folds import in_order
from segmint.splits.groups import row_keys

from .tables import RESPONSE, ByAge, campaign, segments, valid


def test_names_and_objects_are_compared_on_the_same_folds():
    table = campaign(400)
    own = make_model("logistic", columns=table.features)
    comparison = ModelComparison(["logistic", "base_rate", own], folds=3, repeats=200).run(table)
    frame = comparison.frame().filter(pl.col("metric") == "roc_auc")
    by_model = dict(frame.select("model", "value").iter_rows())
    assert by_model["logistic"] == by_model["model_3"] > 0.7
    assert comparison.models["base_rate"] == "Base rate (knows nothing)"
    assert comparison.folds == 3
    assert not hasattr(own[-1], "classes_")


def test_a_table_without_signal_is_said_to_say_nothing():
    comparison = ModelComparison(["logistic", "base_rate"], folds=3, repeats=300).run(campaign(500, strength=0.0))
    assert "does not say who will answer" in comparison.conclusion[0]
    assert comparison.to_json()["verdict"] == "nothing"


def test_a_frame_that_no_contract_was_held_against_is_refused_in_words():
    with pytest.raises(TypeError, match=r"ValidTable is needed.* Got DataFrame(.|\n)*segmint\.check"):
        ModelComparison(["logistic", "base_rate"]).run(pl.DataFrame({"age": [1]}))


def test_no_model_and_what_is_no_model_are_refused_before_any_work():
    for none in ([], {}):
        with pytest.raises(ValueError, match="one or more"):
            ModelComparison(none)
    for strange in (object(), RandomForestClassifier, None):
        with pytest.raises(TypeError, match="'model_1' must be a name, or a classifier"):
            ModelComparison([strange])


def test_unknown_names_are_refused_before_any_work():
    with pytest.raises(ValueError, match="Unknown model 'oracle'"):
        ModelComparison(["oracle"])


@pytest.mark.parametrize(
    ("parameter", "value"),
    [("repeats", 0), ("folds", 2.5), ("folds", 1), ("inner", 1), ("random_state", "x"), ("random_state", False)],
)
def test_parameters_out_of_range_are_refused_before_any_work(parameter, value):
    with pytest.raises(ValueError, match=f"The '{parameter}' parameter of ModelComparison must be"):
        ModelComparison(["base_rate"], **{parameter: value})
    ModelComparison(["base_rate"], random_state=np.int64(0))


def test_models_and_classes_that_were_not_compared_are_named():
    compared = ModelComparison(["base_rate"], folds=2, repeats=50).run(campaign(200))
    with pytest.raises(ValueError, match=r"'zz' was not compared. Choose one of: base_rate"):
        compared.of("zz")
    with pytest.raises(ValueError, match=r"Unknown class 'zz'. Choose one of: no, yes"):
        compared.of("base_rate").probability("zz")


def test_a_pipeline_of_scikit_learn_is_compared_under_its_own_name():
    table = campaign(300)
    forest = Pipeline([("features", NaturalFeatures(table.features)), ("classifier", RandomForestClassifier(20))])
    compared = ModelComparison({"base_rate": "base_rate", "our forest": forest}, folds=3, repeats=100).run(table)
    scores = dict(compared.frame().filter(pl.col("metric") == "roc_auc").select("model", "value").iter_rows())
    assert scores["our forest"] > 0.6
    assert "our forest" in " ".join(compared.conclusion)


def test_a_model_that_cannot_read_the_columns_is_named_with_what_to_do():
    models = ModelComparison({"lr": LogisticRegression()}, folds=2, repeats=50)
    with pytest.raises(ValueError, match=r"The model 'lr' cannot be trained .*segmint\.CustomerFeatures\(\)") as told:
        models.run(campaign(200))
    assert isinstance(told.value.__cause__, ValueError | TypeError)


@pytest.mark.parametrize(
    ("models", "words"),
    [
        ("knn_5", "Got one text"),
        (["knn_5", "knn_5"], "'knn_5' is there twice"),
        ({"knn_5": "logistic"}, "'knn_5' is the name of a model that is shipped"),
        ({1: "logistic"}, "Got 1 instead"),
    ],
)
def test_models_that_would_be_lost_are_refused(models, words):
    with pytest.raises(ValueError, match=words):
        ModelComparison(models)


def test_names_may_come_one_by_one():
    assert list(ModelComparison(name for name in ("logistic", "base_rate")).models) == ["logistic", "base_rate"]


def test_too_few_responders_for_the_folds_is_said_plainly():
    frame = campaign(100).frame.with_columns(
        y=pl.when(pl.int_range(pl.len()) < 3).then(pl.lit("yes")).otherwise(pl.lit("no"))
    )
    with pytest.raises(DataError, match="only 3 customers who can be told apart"):
        ModelComparison(["base_rate"], folds=5).run(valid(frame, RESPONSE))


@pytest.mark.parametrize("missing", ["all", "one", "the column"])
def test_a_table_without_outcomes_is_refused_in_words(missing):
    table = campaign(200)
    frame = table.frame
    if missing == "the column":
        frame = frame.drop("y")
    else:
        gone = pl.int_range(frame.height) < (1 if missing == "one" else frame.height)
        frame = frame.with_columns(y=pl.when(~gone).then("y"))
    said = r"1 of 200 rows has no outcome" if missing == "one" else r"(All )?200 (of 200 )?rows have no outcome"
    with pytest.raises(DataError, match=said) as refused:
        ModelComparison(["logistic", "base_rate"], folds=2, repeats=50).run(valid(frame, RESPONSE))
    assert "an outcome in each row: no, yes" in refused.value.expected


def test_a_test_table_is_judged_once_by_models_of_the_whole_table_at_the_thresholds_of_the_folds():
    table, test = campaign(400), campaign(300, seed=8)
    compared = ModelComparison(["logistic", "knn_5", "base_rate"], folds=3, repeats=100).run(table, test=test)
    alone = ModelComparison(["logistic", "knn_5", "base_rate"], folds=3, repeats=100).run(table)
    assert compared.frame().drop("seconds").equals(alone.frame().drop("seconds"))
    said, rows = compared.tested.predictions, in_order(row_keys(table))
    assert said.group_by("model").len()["len"].to_list() == [300] * 3
    for name in ("logistic", "knn_5", "base_rate"):
        likely = make_model(name, columns=table.features, random_state=7).fit(table.inputs[rows], table.outcome[rows])
        mine = said.filter(model=name)
        np.testing.assert_allclose(mine["probability_yes"], likely.predict_proba(test.inputs)[:, 1])
        assert mine["threshold"].unique().to_list() == [compared.threshold(name, "yes")]
    f1 = dict(compared.tested.frame().filter(metric="f1").select("model", "value").iter_rows())
    y = said.filter(model="base_rate")["outcome"] == "yes"
    assert f1["base_rate"] == pytest.approx(2 * y.mean() / (1 + y.mean())), "it calls everyone"
    assert f1["logistic"] > f1["base_rate"]
    assert "178 of 300 test rows have the same values before the call" in compared.tested.conclusion[0]
    assert "comes first with" in compared.tested.conclusion[1]


def test_only_a_model_that_stops_early_keeps_inner_rows_of_the_whole_table():
    seen = []

    class Counting(ByAge):
        def fit(self, X, y, *, inner=None):
            seen.append((len(X), len(inner[0])))
            return super().fit(X, y)

    table, test = campaign(400), campaign(100, seed=8)
    compare_on_test({"counting": lambda: Counting(8.0)}, table, test, {"counting": 0.5}, seed=7, repeats=50)
    ((learned, inner),) = seen
    assert inner
    assert learned + inner == 400
    assert reads_inner(make_model("lightgbm", columns=table.features))
    for whole in ("knn_5", "gradient_boosting", "logistic", "base_rate"):
        assert not reads_inner(make_model(whole, columns=table.features)), whole


def test_in_the_judgement_on_a_test_table_the_order_of_the_rows_means_nothing():
    table, test = campaign(400), campaign(100, seed=8)
    shuffled = valid(table.frame.sample(fraction=1.0, shuffle=True, seed=1), RESPONSE)
    grown = {"grown": lambda: make_model("gradient_boosting", columns=table.features, random_state=1)}
    found = [compare_on_test(grown, each, test, {"grown": 0.5}, seed=7, repeats=50) for each in (table, shuffled)]
    assert found[0].headline("grown") == pytest.approx(found[1].headline("grown"), rel=1e-9)


def test_a_segment_that_only_the_test_table_knows_is_named_by_nobody():
    table, test = segments(400), segments(300, seed=8)
    table = table.rows(table.outcome != "C")
    tested = ModelComparison(["logistic", "base_rate"], folds=2, repeats=50).run(table, test=test).tested
    assert tested.headline("logistic")["f1_C"] == 0
    assert tested.of("logistic").classes == ("A", "B", "C")


def test_a_test_table_of_another_contract_or_of_too_few_rows_is_refused():
    models = ModelComparison(["base_rate"], folds=2, repeats=50)
    with pytest.raises(ValueError, match="the same contract"):
        models.run(campaign(200), test=segments(200))
    with pytest.raises(DataError, match="20 test rows of 2 outcomes cannot judge"):
        models.run(campaign(200), test=campaign(20, seed=8))
    with pytest.raises(TypeError, match="ValidTable is needed"):
        models.run(campaign(200), test=campaign(200).frame)


def test_outcomes_that_only_one_table_has_are_said():
    segments_table = segments(300)
    outcome = segments_table.outcome
    no_a, no_b = (segments_table.rows(outcome != name) for name in "AB")
    assert classes_apart(segments_table, segments_table) == []
    strange, lacking = classes_apart(no_b, no_a)
    assert strange.startswith(
        f"{int((outcome == 'B').sum()):,} of {len(no_a):,} test rows are 'B', which no training row is"
    )
    assert lacking == "No test row is 'A': how well it is named is not judged here."
