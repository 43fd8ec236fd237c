"""Rules: few, faithful, and the SQL says the same as the tree."""

import numpy as np
import polars as pl

from segmint.segments.coding import encode
from segmint.segments.inputs import segment_inputs
from segmint.segments.rules import MOST_LEAVES, segment_rules
from segmint.segments.tree import find_leaves, leaf_nodes


def rule_segments(rules, frame):
    """Assign customers by the tree behind the rules."""
    votes = np.array([int(np.argmax(leaf["counts"])) for leaf in leaf_nodes(rules.tree)])
    return votes[find_leaves(rules.tree, encode(rules.coding, frame).codes)]


def test_planted_kinds_are_said_in_a_few_faithful_rules(campaign, truth):
    rules = segment_rules(segment_inputs(campaign), truth, random_state=1)
    assert len(rules.rules) <= MOST_LEAVES
    assert rules.faithful
    assert rules.rows_apart == int(0.3 * len(campaign))
    assert (rule_segments(rules, campaign.frame) == truth).mean() >= 0.9


def test_the_sql_case_assigns_as_the_rules_do(campaign, truth):
    rules = segment_rules(segment_inputs(campaign), truth, random_state=1)
    query = f"SELECT {rules.sql(('0', '1', '2'))} FROM campaign"
    told = pl.SQLContext(campaign=campaign.frame).execute(query, eager=True)["segment"]
    expected = rule_segments(rules, campaign.frame).astype(str)
    assert told.to_list() == expected.tolist()


def test_sql_quotes_what_customers_may_have_typed():
    random = np.random.default_rng(0)
    labels = random.integers(0, 2, 400)
    frame = pl.DataFrame({'a "b': np.where(labels == 1, "it's", "x"), "n": random.normal(size=400)})
    from segmint.segments.inputs import inputs_of

    rules = segment_rules(inputs_of(frame), labels, random_state=1)
    sql = rules.sql(("no", "o'clock"))
    assert "'it''s'" in sql or "'x'" in sql
    assert "'o''clock'" in sql
    told = pl.SQLContext(t=frame).execute(f"SELECT {sql} FROM t", eager=True)["segment"].to_list()
    assert told == ["o'clock" if label else "no" for label in labels]


def test_sentences_name_columns_by_their_label(campaign, truth):
    rules = segment_rules(segment_inputs(campaign), truth, random_state=1)
    said = " ".join(rule.sentence for rule in rules.rules)
    assert any(label in said for label in ("age is", "profession is", "has a housing loan is", "balance is"))
    assert rules.frame().height == len(rules.rules)
