"""Names say the cuts between segments: exactly, shortly, and so that no two are alike."""

from __future__ import annotations

import re

import numpy as np
import polars as pl
import pytest

from segmint.contract.contract import parse_contract
from segmint.contract.validate import validate
from segmint.segments.coding import encode, learn_coding
from segmint.segments.cuts import Cut, Cuts, Trait, _side, cuts_of
from segmint.segments.inputs import as_inputs
from segmint.segments.profile import Profiles
from segmint.segments.rules import segment_rules
from segmint.segments.segmentation import discover_segments
from segmint.segments.tree import find_leaves
from segmint.tables.source import open_table
from tests.segments.one_segment import plain, say

CONTRACT = """
name = "by-response"
[outcome]
column = "y"
kind = "response"
levels = ["no", "yes"]
positive = "yes"
[columns.money]
kind = "number"
role = "holding"
label = "kontostand"
[columns.saver]
kind = "category"
role = "characteristic"
label = "fondssparer"
[columns.home]
kind = "category"
role = "holding"
label = "has a housing loan"
"""


@pytest.fixture(scope="module")
def by_response():
    random = np.random.default_rng(5)
    rows = 3_000
    money = np.exp(random.normal(7, 1, rows)).round(2)
    saver, home = random.random(rows) < 0.2, random.random(rows) < 0.5
    chance = np.where(saver, 0.7, np.where(money > np.quantile(money, 0.75), 0.35, np.where(home, 0.02, 0.15)))
    frame = pl.DataFrame(
        {
            "money": money,
            "saver": np.where(saver, "ja", "nein"),
            "home": np.where(home, "yes", "no"),
            "y": np.where(random.random(rows) < chance, "yes", "no"),
        }
    )
    table = validate(open_table(frame), parse_contract(CONTRACT, origin="test"))
    return discover_segments(table, method="tree", random_state=7)


def test_segments_cut_by_response_are_named_by_the_cuts(by_response):
    names = by_response.names
    assert "Customers with fondssparer" in names
    assert sum("without" in name and "fondssparer" in name for name in names) == len(names) - 1  # the first split
    assert not any("(" in name for name in names)
    assert len(set(names)) == len(names) > 3
    assert "Customers with high balances and without fondssparer" in names  # in the words that there are for it
    assert any("without a housing loan" in name for name in names)
    assert not re.search(r"[0-9]", " ".join(names))  # where a name is cut are amounts of single customers


def test_the_names_stand_in_the_sql(by_response):
    sql = by_response.rules.sql(by_response.names)
    assert all(f"THEN '{name}'" in sql for name in by_response.names)


def test_a_band_at_the_end_is_said_by_the_very_cut():
    random = np.random.default_rng(2)
    amount = np.round(random.uniform(1000, 2000, 2_000) + 0.0013, 4)
    kind = (amount >= np.quantile(amount, 7 / 8, method="higher")).astype(int)
    inputs = as_inputs(pl.DataFrame({"amount": amount, "other": random.choice(["a", "b"], 2_000)}))
    told = [rule.sentence for rule in segment_rules(inputs, kind, random_state=2).rules]
    (below,) = {sentence.split("under ")[1] for sentence in told if "under" in sentence}
    assert f"amount is {below} or more" in told


def cut(column, words, level="", levels=(), **parts):
    return Cut(column, parts.pop("label", column), words, frozenset(levels), level, **parts)


def named(retired, *made_by):
    profiles = Profiles(tuple(plain(retired, str(place + 1)) for place in range(len(made_by))))
    return [words.name for words in say(profiles, cuts=Cuts(made_by=made_by))]


def test_a_name_says_the_fewest_cuts_that_no_other_segment_meets(retired):
    cold, warm = cut("t", "under 3", levels=[0]), cut("t", "3 or more", levels=[1])
    poor, rich = cut("b", "under 5", levels=[0]), cut("b", "5 or more", levels=[1])
    hot = cut("t", "9 or more", levels=[2])
    assert named(retired, (poor, warm), (rich, warm), (cold,), (hot,)) == [
        "Customers with b under 5 and t 3 or more",
        "Customers with b 5 or more and t 3 or more",
        "Customers with t under 3",
        "Customers with t 9 or more",
    ]
    x, y, unknown = cut("c", "x", levels=[0]), cut("c", "y", levels=[1]), cut("t", "no value", levels=[-1])
    assert named(retired, (poor, x, unknown), (rich, x, unknown), (y, unknown), (warm,)) == [
        "Customers with b under 5, c x and t no value",
        "Customers with b 5 or more, c x and t no value",
        "Customers with c y and t no value",
        "Customers with t 3 or more",
    ]
    assert named(retired, (poor, x, warm), (rich, y, cold))[0] == "Customers with b under 5"  # the last split first


def test_ranges_of_numbers_are_said_without_their_ends_unless_these_tell_two_names_apart(retired):
    young = cut("age", "under 44", levels=[0], side="low")
    old = cut("age", "44 or more", levels=[1, 2], side="high")
    poor = cut("m", "under 8,567.26", levels=[0], label="annual profit", side="low")
    rich = cut("m", "8,567.26 or more", levels=[1, 2], label="annual profit", side="high")
    assert named(retired, (poor, young), (rich, young), (old,)) == [
        "Younger customers with low annual profit",
        "Younger customers with high annual profit",
        "Older customers",
    ]
    lower = cut("m", "under 734.56", levels=[0], label="annual profit", side="low")
    low = cut("m", "from 734.56 to under 8,567.26", levels=[1], label="annual profit", side="low")
    high = cut("m", "8,567.26 or more", levels=[2], label="annual profit", side="high")
    assert named(retired, (lower,), (low,), (high,)) == [
        "Customers with annual profit under 734.56",
        "Customers with annual profit from 734.56 to under 8,567.26",
        "Customers with high annual profit",
    ]


@pytest.mark.parametrize(
    ("bands", "side"), [([0, 1], "low"), ([6, 7], "high"), ([0, 1, 2, 3, 4, 5], "not high"), ([2, 3, 4, 5, 6, 7], "not low"),
                        ([3, 4], "medium"), ([0, 2], ""), ([0, 1, 2, 3, 4, 5, 6, 7], "")],
)  # fmt: skip
def test_a_range_is_high_or_low_by_how_many_have_it(bands, side):
    amounts = pl.DataFrame({"amount": np.arange(800) / 4, "other": ["a", "b"] * 400})
    (state, _), codes = learn_coding(as_inputs(amounts)), np.arange(800) // 100
    assert _side(state, set(bands), codes) == side


def test_cuts_are_said_in_the_words_of_the_file(retired):
    loan = cut("h", "no", "no", label="has a housing loan", levels=[0])
    lent = cut("h", "yes", "yes", label="has a housing loan", levels=[1])
    job = cut("j", "student", "student", label="profession", levels=[0])
    other = cut("j", "not student", label="profession", levels=[1])
    days = cut("d", "known", known=True, label="days since the last call", levels=[1])
    never = cut("d", "no value", label="days since the last call", levels=[0])
    assert named(retired, (job, loan), (lent, job), (other, loan))[0] == "Students without a housing loan"
    assert named(retired, (loan, days), (loan, never), (lent, days))[0] == (
        "Customers without a housing loan and called before"
    )


def test_what_customers_lack_is_not_read_as_what_they_have(retired):
    offline = cut("o", "nein", "nein", label="Onlinebanking", levels=[0])
    online = cut("o", "ja", "ja", label="Onlinebanking", levels=[1])
    poor = cut("m", "under 13,300.5", levels=[0], label="Kontostand", side="not high")
    rich = cut("m", "13,300.5 or more", levels=[1], label="Kontostand", side="high")
    names = named(retired, (poor, offline), (poor, online), (rich, offline), (rich, online))
    assert names[0] == "Customers without high Kontostand and without Onlinebanking"
    assert names[3] == "Customers with high balances and Onlinebanking"


def test_a_name_that_is_too_long_says_every_cut_in_fewer_words(retired):
    age = "age of the main account holder in completed years at the end of the last quarter before the export was made"
    jobs = cut("j", "teacher, midwife or 3 more", label="profession", levels=[0], brief="teacher or 4 more")
    old, young = cut("a", "62 or more", label=age, levels=[1]), cut("a", "under 62", label=age, levels=[0])
    rich = cut("b", "1,201 or more", label="balance of the current account", levels=[1])
    poor = cut("b", "under 1,201", label="balance of the current account", levels=[0])
    others = cut("j", "cook", label="profession", levels=[1])
    names = named(retired, (jobs, rich, old), (others, rich, old), (poor, old), (young,))
    assert (
        names[0]
        == "Customers with profession teacher or 4 more, balance…account 1,201 or more and age of the…made 62 or more"
    )
    assert names[2] == "Customers with balance…account under 1,201 and age of the…made 62 or more"
    assert names[3] == "Customers with age of the main account…was made under 62"
    assert all(
        len(name) <= 80 for name in names[2:]
    )  # one of three cuts may be longer: what tells it apart is not left out


def test_what_is_cut_is_said_in_a_few_levels():
    jobs = [
        "Arbeiter/in",
        "Beamte/r",
        "Rentner/in",
        "Schüler/in",
        "Angestellte/r",
        "Geschäftsführung",
        "Hausfrau",
        "Koch",
    ]
    job = np.repeat(jobs, [400 - 10 * place for place in range(8)])
    other = np.random.default_rng(3).choice(["x", "y"], len(job))
    inputs = as_inputs(pl.DataFrame({"job": job, "other": other}))
    labels = np.isin(job, jobs[:4]).astype(np.int64)
    rules = segment_rules(inputs, labels, random_state=1)
    told = {trait.cut.words: trait for trait in cuts_of(None, rules, inputs, labels, 2).told_by}
    assert told["Arbeiter/in, Beamte/r or 2 more"].at_least == (0.0, 1.0)
    assert told["Angestellte/r or 3 more"].at_most == (1.0, 0.0)


def test_of_many_levels_those_that_most_of_the_segment_have_are_named():
    jobs = ["administrator", "banker", "craftsman", "director", "engineer", "farmer", "gardener", "host", "intern"]
    here, there = [10, 20, 30, 40, 50, 60, 70, 80, 90], [50, 90, 60, 50, 90, 80, 60, 50, 40]
    job = np.concatenate([np.repeat(jobs, here), np.repeat(jobs, there)])
    other = np.repeat(["x", "y"], [sum(here), sum(there)])
    inputs = as_inputs(pl.DataFrame({"job": job, "other": other}))
    coding = learn_coding(inputs)
    left = [coding[0]["labels"].index(level) for level in jobs[:4]]
    nodes = [
        {"column": 1, "left_levels": [coding[1]["labels"].index("x")], "left": 1, "right": 4},
        {"column": 0, "left_levels": left, "left": 2, "right": 3},
        {"leaf": 0},
        {"leaf": 1},
        {"column": 0, "left_levels": left, "left": 5, "right": 6},
        {"leaf": 2},
        {"leaf": 3},
    ]
    state = {"method": "tree", "coding": coding, "tree": {"nodes": nodes}, "segment_of_leaf": [0, 1, 2, 3]}
    segments = find_leaves(state["tree"], encode(coding, inputs.frame).codes)
    rules = segment_rules(inputs, segments, random_state=1)
    made_by = cuts_of(state, rules, inputs, segments, 4).made_by
    assert [cuts[0].words for cuts in made_by] == [
        "director, craftsman or 2 more",
        "not banker, craftsman or 2 more",  # who they are not, most others are
        "banker, craftsman or 2 more",
        "not banker, craftsman or 2 more",
    ]
    assert made_by[0][0].brief == "director or 3 more"


def test_a_level_that_looks_like_another_when_shortened_is_not_the_one_that_is_named():
    jobs = ["self-employed in a large company", "chief accountant", "self-employed in a small company", "cook"]
    job = np.repeat(jobs, [400, 300, 200, 100])
    inputs = as_inputs(pl.DataFrame({"job": job, "other": np.random.default_rng(3).choice(["x", "y"], len(job))}))
    labels = np.isin(job, jobs[:2]).astype(np.int64)
    rules = segment_rules(inputs, labels, random_state=1)
    briefs = {trait.cut.brief for trait in cuts_of(None, rules, inputs, labels, 2).told_by}
    assert briefs == {"chief ac…ant or 1 more", "cook or 1 more"}


def test_twins_are_told_apart_by_their_rules(retired):
    old, young = cut("age", "62 or more", label="age"), cut("age", "under 62", label="age")
    traits = (Trait(young, (0.9, 0.1), (0.95, 0.2)), Trait(old, (0.05, 0.8), (0.1, 0.9)))
    twins = Profiles((plain(retired, "1"), plain(retired, "2")))

    def called(traits):
        return [words.name for words in say(twins, cuts=Cuts(told_by=traits))]

    assert called(traits) == ["Mixed customers, age under 62", "Mixed customers, age 62 or more"]
    few = (Trait(young, (0.4, 0.1), (0.5, 0.2)),)  # of a few of them is no name
    both = (Trait(young, (0.9, 0.8), (0.95, 0.9)),)  # nor what the other is too
    assert called(few) == called(both) == ["Mixed customers (1)", "Mixed customers (2)"]
