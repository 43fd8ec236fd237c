"""Names say the cuts between segments: exactly, shortly, and so that no two are alike."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from segmint.contract.contract import parse_contract
from segmint.contract.validate import validate
from segmint.segments.cuts import Cut, Cuts, Trait, cuts_of
from segmint.segments.inputs import inputs_of
from segmint.segments.profile import Profiles
from segmint.segments.rules import segment_rules
from segmint.segments.segmentation import discover_segments
from segmint.segments.words import say_segments
from segmint.tables.source import open_table
from tests.segments.test_words import plain

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
    assert "Customers with fondssparer ja" in names
    assert not any("(" in name for name in names)
    assert len(set(names)) == len(names) > 3
    rules = {rule.segment: rule.sentence for rule in by_response.rules.rules}
    for place, name in enumerate(names):
        if "kontostand" in name:
            cut = name.split("kontostand ")[1].split(" and ")[0]
            assert f"kontostand is {cut}" in rules[place]
    assert any("without a housing loan" in name for name in names)  # in the words that there are for it


def test_the_names_stand_in_the_sql(by_response):
    sql = by_response.rules.sql(by_response.names)
    assert all(f"THEN '{name}'" in sql for name in by_response.names)


def test_a_band_at_the_end_is_said_by_the_very_cut():
    random = np.random.default_rng(2)
    amount = np.round(random.uniform(1000, 2000, 2_000) + 0.0013, 4)
    kind = (amount >= np.quantile(amount, 7 / 8, method="higher")).astype(int)
    inputs = inputs_of(pl.DataFrame({"amount": amount, "other": random.choice(["a", "b"], 2_000)}))
    told = [rule.sentence for rule in segment_rules(inputs, kind, random_state=1).rules]
    (below,) = {sentence.split("under ")[1] for sentence in told if "under" in sentence}
    assert f"amount is {below} or more" in told


def cut(column, words, level="", **parts):
    return Cut(column, parts.pop("label", column), words, level, **parts)


def named(retired, *made_by):
    profiles = Profiles(tuple(plain(retired, str(place + 1)) for place in range(len(made_by))))
    return [words.name for words in say_segments(profiles, cuts=Cuts(made_by=made_by))]


@pytest.fixture(scope="module")
def retired(campaign, truth):
    from segmint.segments.profile import profile_segments

    return profile_segments(campaign, truth).segments[2]


def test_a_name_says_the_last_two_cuts_and_more_only_where_it_must(retired):
    a, b = cut("a", "under 3"), cut("b", "under 5")
    deep = (a, b, cut("c", "x", "x"), cut("d", "y", "y"))
    twin = (a, b, cut("c", "z", "z"), cut("d", "y", "y"))
    assert named(retired, deep, (cut("a", "3 or more"), b)) == [
        "Customers with a under 3 and b under 5",
        "Customers with a 3 or more and b under 5",
    ]
    assert named(retired, deep, twin) == [
        "Customers with a under 3, b under 5 and c x",
        "Customers with a under 3, b under 5 and c z",
    ]


def test_cuts_are_said_in_the_words_of_the_file(retired):
    loan = cut("h", "no", "no", label="has a housing loan")
    job = cut("j", "student", "student", label="profession")
    days = cut("d", "known", known=True, label="days since the last call")
    assert named(retired, (loan, job), (days, loan)) == [
        "Students without a housing loan",
        "Customers called before and without a housing loan",
    ]


def test_a_name_is_no_longer_than_a_dialler_shows(retired):
    wide = "age of the main account holder in completed years at the end of the last quarter before the export was made"
    names = named(
        retired,
        (cut("a", "under 62", label=wide), cut("b", "1.201 or more", label=wide)),
        (cut("a", "62 or more", label=wide), cut("b", "1.201 or more", label=wide)),
    )
    assert all(len(name) <= 80 for name in names)
    assert len(set(names)) == 2


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
    inputs = inputs_of(pl.DataFrame({"job": job, "other": other}))
    labels = np.isin(job, jobs[:4]).astype(np.int64)
    rules = segment_rules(inputs, labels, random_state=1)
    told = {trait.cut.words: trait for trait in cuts_of(None, rules, {"job": "job", "other": "other"}, 2).told_by}
    assert told["Arbeiter/in, Beamte/r or 2 more"].at_least == (0.0, 1.0)
    assert told["Angestellte/r or 3 more"].at_most == (1.0, 0.0)


def test_twins_are_told_apart_by_their_rules(retired):
    old, young = cut("age", "62 or more", label="age"), cut("age", "under 62", label="age")
    traits = (Trait(young, (0.9, 0.1), (0.95, 0.2)), Trait(old, (0.05, 0.8), (0.1, 0.9)))
    twins = Profiles((plain(retired, "1"), plain(retired, "2")))

    def called(traits):
        return [words.name for words in say_segments(twins, cuts=Cuts(told_by=traits))]

    assert called(traits) == ["Mixed customers, age under 62", "Mixed customers, age 62 or more"]
    few = (Trait(young, (0.4, 0.1), (0.5, 0.2)),)  # of a few of them is no name
    both = (Trait(young, (0.9, 0.8), (0.95, 0.9)),)  # nor what the other is too
    assert called(few) == called(both) == ["Mixed customers (1)", "Mixed customers (2)"]
