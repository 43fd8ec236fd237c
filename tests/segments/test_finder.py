"""SegmentFinder: planted segments come back, none are invented, wrong questions are answered in words."""

import json

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import clone, is_clusterer
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from segmint.errors import ConfigError, DataError
from segmint.segments.assign import assign_segments
from segmint.segments.finder import SegmentFinder, _responses
from segmint.segments.inputs import segment_inputs
from segmint.segments.profile import profile_segments
from segmint.segments.rules import segment_rules
from segmint.segments.stability import adjusted_rand

from .conftest import draw_campaign
from .planted import planted, unplanted


def test_planted_segments_are_found_with_the_right_count():
    frame, truth = planted(11, 4, rows=1_500)
    finder = SegmentFinder(random_state=1).fit(frame)
    assert finder.choice_.count == 4
    assert finder.choice_.natural
    assert adjusted_rand(truth, finder.labels_) >= 0.88  # 1,500 customers teach less than the 5,000 of the proof
    assert min(finder.stability_.of(4).jaccard) >= 0.75


def test_a_finder_that_found_nothing_yet_says_so():
    frame, _ = planted(11, 2, rows=10)
    for ask in (SegmentFinder().predict, SegmentFinder().predict_proba):
        with pytest.raises(NotFittedError, match="Call 'fit'"):
            ask(frame)


def test_pandas_and_arrow_tables_are_taken_and_a_missing_column_is_named():
    frame, _ = planted(11, 2, rows=400)
    finder = SegmentFinder(2, random_state=1).fit(frame)
    other = SegmentFinder(2, random_state=1).fit(frame.to_pandas())
    assert np.array_equal(finder.labels_, other.labels_)
    assert np.array_equal(finder.predict(frame.to_arrow()), finder.labels_)
    assert segment_rules(frame.to_pandas(), finder.labels_, random_state=1).rules
    column = finder.state_["coding"][0]["column"]
    with pytest.raises(DataError, match=f"have no column '{column}'"):
        finder.predict(frame.drop(column))
    with pytest.raises(TypeError, match=r"ValidTable is needed(.|\n)*segmint\.check"):
        profile_segments(frame, finder.labels_)


def test_groups_that_hold_nobody_are_left_out_and_told_of():
    kinds = [("clerk", "town"), ("clerk", "country"), ("nurse", "town"), ("farmer", "country")]
    frame = pl.DataFrame(kinds * 100, schema=["job", "place"], orient="row")
    finder = SegmentFinder(7, random_state=1).fit(frame)
    found = finder.choice_.count
    assert found < 7
    assert f"The table holds {found} groups, not 7." in finder.choice_.reasons
    assert np.bincount(finder.labels_).tolist() == sorted(np.bincount(finder.labels_), reverse=True)
    assert len(np.unique(finder.labels_)) == found == finder.state_["count"] == len(finder.stability_.of(found).jaccard)
    labels, probabilities = assign_segments(json.loads(json.dumps(finder.state_)), frame)
    assert (labels == finder.labels_).all()
    assert probabilities.shape == (400, found)


def test_an_index_with_a_name_makes_no_segments():
    frame = pl.DataFrame(
        {"id": [f"c{i}" for i in range(400)], "age": [20.0, 60.0] * 200, "job": ["clerk", "pensioner"] * 200}
    )
    indexed = frame.to_pandas().set_index("id")
    finder = SegmentFinder(2, random_state=1).fit(indexed)
    assert {state["column"] for state in finder.state_["coding"]} <= {"age", "job"}
    assert (finder.predict(indexed) == finder.predict(frame.drop("id"))).all()


@pytest.mark.parametrize("method", ["latent-class", "mixture"])
def test_texts_among_numbers_are_counted_and_never_shown(method):
    frame = pl.DataFrame({"age": [20.0, 60.0] * 200, "calls": [1, 2, 3, 4] * 100, "job": ["clerk", "pensioner"] * 200})
    finder = SegmentFinder(2, method, random_state=1).fit(frame)
    texts = frame.head(3).with_columns(age=pl.Series(["20", "Erika Mustermann", "x"]))
    for ask in (finder.predict, finder.predict_proba):
        with pytest.raises(DataError, match="'age' is a column of numbers, and 2 values are none"):
            ask(texts)
    assert (finder.predict(frame.head(3).cast({"age": pl.String})) == finder.predict(frame.head(3))).all()


def test_whose_response_is_missing_has_none(campaign):
    inputs = segment_inputs(campaign)
    hidden = np.arange(len(campaign)) % 3 == 0
    blank = np.where(hidden, "", campaign.outcome)
    for none in (None, float("nan"), pd.NA):
        y = [none if hide else str(said) for hide, said in zip(hidden, campaign.outcome, strict=True)]
        for given in (y, pd.Series(y), pd.DataFrame({"y": y})):
            assert np.array_equal(_responses(given, len(campaign)), blank)
    answers = pl.Series(campaign.outcome).set(pl.Series(hidden), None)
    same = SegmentFinder(4, "tree", random_state=1).fit(inputs, blank)
    assert SegmentFinder(4, "tree", random_state=1).fit(inputs, answers).state_ == same.state_


def test_more_or_fewer_responses_or_segments_than_customers_are_refused():
    frame, _ = planted(11, 2, rows=400)
    for ask in (SegmentFinder(2).fit, SegmentFinder(2).cuts_by_response):
        with pytest.raises(ValueError, match=r"each of the 400 customers. Got an array of shape \(300,\)"):
            ask(frame, ["yes"] * 300)
    with pytest.raises(ValueError, match=r"each of the 400 customers. Got an array of shape \(300,\)"):
        segment_rules(frame, np.zeros(300, dtype=int))
    with pytest.raises(ValueError, match="1 of 400 are less"):
        segment_rules(frame, np.append(np.zeros(399, dtype=int), -1))
    with pytest.raises(ValueError, match="whole numbers from 0"):
        segment_rules(frame, ["a"] * 400)


def test_no_groups_are_recognised_where_none_are():
    finder = SegmentFinder(random_state=1).fit(unplanted(2, 1_000))
    assert not finder.choice_.natural
    assert finder.choice_.verdict.startswith("No natural groups")


def test_the_same_seed_gives_the_same_segments_and_the_largest_is_the_first(campaign):
    inputs = segment_inputs(campaign)
    first, second = (SegmentFinder(3, "k-means", random_state=5).fit(inputs) for _ in range(2))
    assert first.state_ == second.state_
    assert (np.diff(np.bincount(first.labels_)) <= 0).all()


@pytest.mark.parametrize("method", ["latent-class", "mixture", "k-means", "tree"])
def test_every_method_has_a_state_that_is_json_and_assigns_alike(campaign, truth, method):
    inputs = segment_inputs(campaign)
    finder = SegmentFinder(3, method, random_state=1).fit(inputs, campaign.outcome)
    state = json.loads(json.dumps(finder.state_))
    labels, probabilities = assign_segments(state, inputs.frame)
    assert (labels == finder.labels_).all()
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    assert adjusted_rand(truth, labels) > 0.5


def test_the_tree_counts_only_customers_whose_response_may_be_looked_at(campaign):
    hidden = np.arange(len(campaign)) % 3 == 0
    finder = SegmentFinder(4, "tree", random_state=1)
    finder.fit(segment_inputs(campaign), np.where(hidden, "", campaign.outcome))
    assert finder.choice_.reasons[0].startswith(
        "Among the customers whose answers made the cuts, the response differs surely"
    )
    counted = sum(sum(node["counts"]) for node in finder.state_["tree"]["nodes"] if "leaf" in node)
    assert counted == int((~hidden).sum())
    assert len(finder.labels_) == len(campaign)
    assert "No natural groups" not in finder.choice_.verdict
    assert "was not looked at" in finder.choice_.verdict


@pytest.mark.parametrize(
    ("finder", "rows", "error", "said"),
    [
        (SegmentFinder(50), 300, ConfigError, "50 segments of 300 customers"),
        (SegmentFinder(1), 300, ConfigError, "a count from 2 to 10"),
        (SegmentFinder(), 199, DataError, "199 customers have any describing value"),
        (SegmentFinder(method="magic"), 300, ConfigError, "no segment method 'magic'"),
        (SegmentFinder(method="tree"), 300, ConfigError, "split"),
    ],
)
def test_questions_that_make_no_sense_are_answered_in_words(finder, rows, error, said):
    frame = pl.DataFrame({"a": ["x", "y", "z"] * 100, "b": np.arange(300.0)})[:rows]
    with pytest.raises(error, match=said) as refused:
        finder.fit(frame)
    assert refused.value.expected
    assert refused.value.fix


def test_where_nothing_splits_the_response_either_latent_classes_must_do():
    frame = unplanted(2, 600)
    finder = SegmentFinder(random_state=1).fit(frame, np.random.default_rng(3).choice(["no", "yes"], frame.height))
    assert finder.state_["method"] == "latent-class"
    assert not finder.choice_.natural


def test_parameters_can_be_read_and_set():
    finder = SegmentFinder().set_params(count=4)
    assert finder.get_params() == {"count": 4, "method": "auto", "random_state": None, "thorough": False}
    with pytest.raises(ValueError, match="no parameter 'counts'"):
        finder.set_params(counts=4)


@pytest.mark.slow
@pytest.mark.timeout(3_000)
def test_over_forty_seeds_planted_segments_are_found_and_none_invented():
    right = quiet = 0
    for seed in range(40):
        frame, truth = planted(seed, 2 + seed % 7)
        finder = SegmentFinder(random_state=seed).fit(frame)
        right += finder.choice_.count == 2 + seed % 7 and adjusted_rand(truth, finder.labels_) >= 0.90
        quiet += not SegmentFinder(random_state=seed).fit(unplanted(seed)).choice_.natural
    assert right >= 34
    assert quiet >= 34


def test_truth_values_that_come_as_numbers_are_in_the_segment_they_were_in() -> None:
    draw = np.random.default_rng(0)
    group = draw.integers(0, 2, 400)
    table = pl.DataFrame(
        {name: draw.random(400) < np.where(group, 0.9, 0.1) for name in ("loan", "card", "saves", "trades")}
    )
    finder = SegmentFinder(2, "k-means", random_state=0).fit(table)
    for form in (table.cast(pl.Int64), table.cast(pl.Float64), table.cast(pl.String)):
        assert np.array_equal(finder.predict(form), finder.labels_)


def test_it_is_a_clusterer_to_scikit_learn() -> None:
    frame, _ = planted(11, 3, rows=400)
    table = frame.to_pandas() if isinstance(frame, pl.DataFrame) else frame.frame.to_pandas()
    finder = SegmentFinder(np.int64(3), "k-means", 0)
    assert is_clusterer(finder)
    with pytest.raises(NotFittedError):
        check_is_fitted(finder)
    labels = finder.fit_predict(table)
    check_is_fitted(finder)
    assert np.array_equal(labels, SegmentFinder(3, "k-means", 0).fit(table).labels_)
    pipeline = Pipeline([("segments", clone(finder))])
    assert np.array_equal(pipeline.fit_predict(table), labels)
    assert np.array_equal(pipeline.predict(table), labels)
    assert json.loads(json.dumps(finder.state_))["count"] == 3


@pytest.mark.parametrize("method", ["latent-class", "mixture", "k-means", "tree"])
def test_the_order_of_the_rows_makes_no_difference(method) -> None:
    campaign = draw_campaign(9_000)  # more than are judged, so that some are drawn
    frame, response = campaign.drop("y", "kind"), campaign["y"].to_numpy()
    order = np.random.default_rng(8).permutation(len(frame))
    found = SegmentFinder(3, method, random_state=1).fit(frame, response)
    again = SegmentFinder(3, method, random_state=1).fit(frame[order], response[order])
    assert again.choice_ == found.choice_
    assert again.stability_ == found.stability_
    assert again.state_ == found.state_
    assert np.array_equal(again.labels_, found.labels_[order])
