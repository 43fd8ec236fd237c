"""Rules: few, faithful, and the SQL says the same as the tree."""

from datetime import date

import numpy as np
import polars as pl
import pytest

from segmint.contract.column import Column, State
from segmint.contract.contract import parse_contract
from segmint.contract.validate import validate
from segmint.segments.coding import encode, learn_coding
from segmint.segments.inputs import SegmentInputs, as_inputs, segment_inputs
from segmint.segments.rules import MOST_LEAVES, SegmentRule, SegmentRules, in_few_words, rules_as_sql, segment_rules
from segmint.segments.tree import find_leaves, leaf_nodes
from segmint.tables.source import open_table


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
    rules = segment_rules(frame, labels, random_state=1)
    sql = rules.sql(("no", "o'clock"))
    assert "'it''s'" in sql
    assert "'o''clock'" in sql
    told = pl.SQLContext(t=frame).execute(f"SELECT {sql} FROM t", eager=True)["segment"].to_list()
    assert told == ["o'clock" if label else "no" for label in labels]


def test_sentences_name_columns_by_their_label(campaign, truth):
    rules = segment_rules(segment_inputs(campaign), truth, random_state=1)
    said = " ".join(rule.sentence for rule in rules.rules)
    assert any(label in said for label in ("age is", "profession is", "has a housing loan is", "balance is"))
    assert rules.frame().height == len(rules.rules)


ONE_CODE_FOR_TWO = """
name = "one-code-for-two"
[outcome]
column = "y"
kind = "response"
levels = ["no", "yes"]
positive = "yes"
[columns.pdays]
kind = "number"
role = "history"
label = "days since the last call"
bounds = [0, 998]
states = [
  { value = 999, name = "never contacted" },
  { value = -999, name = "days unknown", written = 999, when = { column = "previous", above = 0 } },
]
[columns.previous]
kind = "number"
role = "history"
label = "earlier calls"
"""


def test_the_sql_assigns_the_banks_own_table_where_one_code_stands_for_two():
    random = np.random.default_rng(4)
    previous = np.where(random.random(600) < 0.5, 1, 0)
    raw = pl.DataFrame(
        {"pdays": np.full(600, 999), "previous": previous, "y": random.choice(["no", "yes"], 600)}
    ).with_columns(pdays=pl.when(pl.int_range(600) % 6 == 0).then(pl.int_range(600) % 30).otherwise("pdays"))
    table = validate(open_table(raw), parse_contract(ONE_CODE_FOR_TWO, origin="test"))
    labels = (table.frame["pdays"] == -999).cast(pl.Int64).to_numpy()
    rules = segment_rules(segment_inputs(table), labels, random_state=1)
    told = pl.SQLContext(raw=raw).execute(f"SELECT {rules.sql(('0', '1'))} FROM raw", eager=True)["segment"]
    assert told.to_list() == labels.astype(str).tolist()
    assert "-999" in rules.sql(("0", "1"))


def lacking_ages():
    """Who has no age is of segment 1, who is 12,345,678 or more of segment 2; a code is of segment 3."""
    random = np.random.default_rng(2)
    kind = np.arange(600) % 4
    amount = np.where(kind == 2, 12_345_678 + random.integers(0, 9, 600), random.integers(0, 90, 600)).astype(float)
    frame = pl.DataFrame({"amount": np.where(kind == 3, 9_999_999.0, amount), "other": random.choice(["a", "b"], 600)})
    frame = frame.with_columns(amount=pl.when(pl.Series(kind != 1)).then("amount"))
    column = Column(
        name="amount", kind="number", role="holding", label="amount", states=(State(value=9_999_999, name="secret"),)
    )
    return SegmentInputs(frame, (column, as_inputs(frame).columns[1])), kind


def test_no_value_and_large_numbers_are_said_and_written_in_full():
    inputs, kind = lacking_ages()
    rules = segment_rules(inputs, kind, random_state=1)
    said = {rule.segment: rule.sentence for rule in rules.rules}
    assert said[1] == "amount is no value"
    assert said[2].startswith("amount is 12,345,67")
    assert "e+" not in " ".join(said.values())
    sql = rules.sql(("0", "1", "2", "3"))
    assert "9999999" in sql
    assert "e+" not in sql
    told = pl.SQLContext(t=inputs.frame).execute(f"SELECT {sql} FROM t", eager=True)["segment"]
    assert told.to_list() == kind.astype(str).tolist()


def test_bands_next_to_each_other_are_said_as_one_range():
    labels = [
        "none",
        "under 300",
        "300 to under 700",
        "700 to under 1,400",
        "1,400 to under 2,200",
        "2,200 or more",
        "no value",
    ]
    state = {"type": "bands", "states": [0], "cuts": [300, 700, 1_400, 2_200], "labels": labels}
    assert in_few_words(state, {1, 4, 5}) == ["under 300", "1,400 or more"]
    assert in_few_words(state, {0, 2, 3, 5, 6}) == ["none", "from 300 to under 1,400", "2,200 or more", "no value"]
    assert in_few_words({"type": "levels", "labels": labels}, {1, 2}) == labels[1:3]


def test_rules_say_no_value_in_the_words_of_the_contract():
    inputs, kind = lacking_ages()
    amount = inputs.columns[0].model_copy(update={"missing_means": "never paid"})
    inputs = SegmentInputs(inputs.frame, (amount, inputs.columns[1]))
    rules = segment_rules(inputs, kind, random_state=1)
    assert "amount is never paid" in [rule.sentence for rule in rules.rules]
    sql = rules.sql(("0", "1", "2", "3"))
    told = pl.SQLContext(t=inputs.frame).execute(f"SELECT {sql} FROM t", eager=True)["segment"]
    assert told.to_list() == kind.astype(str).tolist()
    rules = segment_rules(inputs, np.where(np.isin(kind, [0, 1]), 0, 1), random_state=2)
    assert any(rule.sentence.endswith("or never paid") for rule in rules.rules if rule.segment == 0)


def test_a_rule_that_takes_those_without_a_value_along_says_so():
    inputs, kind = lacking_ages()
    rules = segment_rules(inputs, np.where(np.isin(kind, [0, 1]), 0, 1), random_state=2)
    assert any(rule.sentence.endswith("or no value") for rule in rules.rules if rule.segment == 0)
    assert all("no value" not in rule.sentence for rule in rules.rules if rule.segment == 1)


def test_a_code_that_hardly_anybody_had_is_no_number_to_the_sql_either():
    inputs, kind = lacking_ages()
    (amount, other) = inputs.columns
    amount = amount.model_copy(update={"states": (*amount.states, State(value=-1, name="closed"))})
    coding = learn_coding(SegmentInputs(inputs.frame, (amount, other)))
    new = pl.DataFrame({"amount": [-1.0, 0.0, None], "other": ["a", "a", "a"]})
    assert encode(coding, new).codes[:, 0].tolist()[::2] == [-1, -1]
    rules = segment_rules(SegmentInputs(inputs.frame, (amount, other)), kind, random_state=1)
    sql = rules.sql(("0", "1", "2", "3"))
    told = pl.SQLContext(t=new).execute(f"SELECT {sql} FROM t", eager=True)["segment"].to_list()
    assert told == rule_segments(rules, new).astype(str).tolist()
    assert told[0] == told[2] == "1"


NO_ANSWERS = """
name = "no-answers"
missing = ["", "NA", "999"]
[outcome]
column = "y"
kind = "response"
levels = ["no", "yes"]
positive = "yes"
[columns.job]
kind = "category"
role = "characteristic"
label = "job"
[columns.days]
kind = "number"
role = "history"
label = "days"
"""


def raw_and_rules(raw, labels, contract=NO_ANSWERS):
    table = validate(open_table(raw), parse_contract(contract, origin="test"))
    rules = segment_rules(segment_inputs(table), labels, random_state=1)
    bank = raw.with_columns(pl.col("days").cast(pl.Float64, strict=False))
    told = pl.SQLContext(bank=bank).execute(f"SELECT {rules.sql(('0', '1'))} FROM bank", eager=True)["segment"]
    return rules, told.to_list(), rule_segments(rules, table.frame).astype(str).tolist()


def test_the_sql_knows_the_contracts_words_for_no_value():
    random = np.random.default_rng(3)
    rare = [f"rare {number}" for number in range(60)]
    jobs = random.choice(["clerk", "nurse", "NA", "", None, "rare"], 2000)
    raw = pl.DataFrame(
        {
            "job": [str(random.choice(rare)) if job == "rare" else job for job in jobs],
            "days": random.integers(1, 30, 2000).astype(str),
            "y": random.choice(["no", "yes"], 2000),
        }
    )
    pooled = raw["job"].fill_null("").str.starts_with("rare").cast(pl.Int64).to_numpy()
    for labels in (pooled, 1 - pooled, np.where(raw["days"].cast(pl.Int64) > 15, pooled, 0)):
        rules, told, expected = raw_and_rules(raw, labels)
        assert "NOT IN" in rules.sql(("0", "1"))
        assert told == expected


def test_an_empty_text_never_stands_in_not_in_where_it_may_be_null():
    raw = pl.DataFrame(
        {
            "job": [*(["clerk", "nurse", "", "NA"] * 100), *(f"rare {number}" for number in range(100))],
            "days": [str(number % 29) for number in range(500)],
            "y": ["no", "yes"] * 250,
        }
    )
    labels = np.repeat([0, 1], [400, 100])
    rules, told, expected = raw_and_rules(raw, labels)
    sql = rules.sql(("0", "1"))
    assert "NOT IN ('clerk', 'nurse', '999', 'NA', 'unknown')" in sql
    assert told == expected


def test_a_number_that_means_no_value_is_no_number_to_the_sql():
    random = np.random.default_rng(5)
    days = np.where(random.random(600) < 0.3, 999, random.integers(1, 30, 600))
    raw = pl.DataFrame(
        {
            "job": random.choice(["clerk", "nurse"], 600),
            "days": days.astype(str),
            "y": random.choice(["no", "yes"], 600),
        }
    )
    labels = ((days > 15) & (days < 999)).astype(np.int64)
    rules, told, expected = raw_and_rules(raw, labels)
    assert told == expected
    assert "999" in rules.sql(("0", "1"))


BRANCHES = {
    "whole numbers": (pl.Series([1, 2, 3, 7, None] * 120), '"job" AS VARCHAR'),
    "doubles": (pl.Series([1.0, 2.5, 3.0, float("nan"), None] * 120), "'1.0'"),
    "truth values": (pl.Series([True, False, True, False, None] * 120), "'true'"),
    "dates": (pl.Series([date(2026, 1, day) for day in range(1, 6)] * 120), "'2026-01-01'"),
    "texts": (pl.Series(["1", "2", "3", "x", None] * 120), "\"job\" IN ('1', '2'"),
}


@pytest.mark.parametrize("kind", BRANCHES)
def test_the_sql_takes_levels_that_are_no_texts_in_the_banks_table(kind):
    """A database compares no whole number, double or truth value with a text such as 'unknown'."""
    jobs, written = BRANCHES[kind]
    days = np.random.default_rng(6).integers(1, 30, 600)
    raw = pl.DataFrame({"job": jobs, "days": days, "y": ["no", "yes"] * 300})
    sqls = []
    for own in (np.arange(600) % 5 <= 1, np.arange(600) % 5 >= 3):
        rules, told, expected = raw_and_rules(raw, (own & (days < 25)).astype(np.int64))
        assert told == expected
        sqls.append(rules.sql(("0", "1")))
    assert any(written in sql for sql in sqls)


def test_rare_levels_that_are_no_texts_are_other_levels_to_the_sql_too():
    rare = np.where(np.arange(600) % 6 == 0, 100 + np.arange(600) // 6, np.arange(600) % 3)
    raw = pl.DataFrame({"job": rare.astype(float), "days": np.arange(600) % 29, "y": ["no", "yes"] * 300})
    rules, told, expected = raw_and_rules(raw, (rare >= 100).astype(np.int64))
    assert "NOT IN" in rules.sql(("0", "1"))
    assert told == expected


def test_what_is_not_a_number_is_no_value_to_the_sql_either():
    """Databases hold NaN for greater than every number, and not for NULL."""
    random = np.random.default_rng(8)
    days = np.where(np.arange(600) % 4 == 0, np.nan, random.uniform(0, 30, 600))
    raw = pl.DataFrame({"job": random.choice(["clerk", "nurse"], 600), "days": days, "y": ["no", "yes"] * 300})
    for own in (days > 15, days < 15, ~(days > 15), ~(days < 15)):
        _, told, expected = raw_and_rules(raw, own.astype(np.int64))
        assert told == expected
    few = raw.with_columns(days=pl.when(pl.int_range(600) < 20).then("days").otherwise(float("nan")))
    _, told, expected = raw_and_rules(few, few["days"].is_nan().cast(pl.Int64).to_numpy())
    assert told == expected


def test_a_truth_value_is_the_same_to_the_sql_however_the_table_writes_it():
    jobs = pl.Series(["TRUE", "false", "true", "FALSE", None] * 120)
    raw = pl.DataFrame({"job": jobs, "days": np.arange(600) % 29, "y": ["no", "yes"] * 300})
    contract = NO_ANSWERS.replace('label = "job"', 'label = "job"\nallowed = ["True", "False"]')
    labels = (jobs.str.to_lowercase() == "true").fill_null(False).cast(pl.Int64).to_numpy()
    _, told, expected = raw_and_rules(raw, labels, contract)
    assert told == expected == labels.astype(str).tolist()


def test_rules_as_sql_say_how_well_they_agree_and_what_the_segments_are_called() -> None:
    rule = SegmentRule(segment=0, sentence="all", condition="TRUE", customers=9, purity=1.0)
    rules = SegmentRules((rule,), 0.5, 9, (), {})
    assert rules_as_sql(rules, ["1"], ["Golden\nsavers"]).splitlines()[:3] == [
        "-- On customers kept apart these rules agree with the segments in 50 % of cases.",
        "-- Too few to stand for the segments: assign new customers with segmint.",
        "-- 1: Golden savers",
    ]
