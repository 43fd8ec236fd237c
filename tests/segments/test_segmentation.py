"""The whole story of one table, and what goes into the bundle."""

import json
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from segmint.contract.contract import load_contract, parse_contract
from segmint.contract.validate import validate
from segmint.errors import ConfigError, DataError
from segmint.flows.demo import sample_path
from segmint.segments.assign import assign_segments
from segmint.segments.brought import brought_by
from segmint.segments.rules import rules_as_sql
from segmint.segments.segmentation import describe_known_segments, discover_segments, kept_apart
from segmint.segments.stability import adjusted_rand
from segmint.splits.groups import RowIdentity
from segmint.tables.source import open_table
from segmint.wording import percent

from .conftest import CONTRACT, draw_campaign


def test_three_kinds_are_found_said_and_proven(campaign, truth, found):
    assert found.choice.count == 3
    assert found.choice.natural
    assert adjusted_rand(truth, found.labels) > 0.8
    assert found.choice.settled
    assert found.gates() == (), "both criteria agree on three"
    more = tuple(replace(row, bic=-1e9) if row.count == 4 else row for row in found.choice.evidence)
    open_still = replace(found, choice=replace(found.choice, evidence=more))
    assert open_still.gates() == ("3 segments are found, fewer than 4: 4 or more do not all come back.",)
    assert found.proof.differs
    assert len(found.questions) == 3
    assert found.customers().height == len(campaign)


def test_promises_that_segments_miss_are_said(found):
    alike = replace(found.proof, p=0.3, profit_kept=0.2)
    said = " ".join(replace(found, proof=alike, tree_cuts=True).gates())
    assert "on rows kept apart. For segments cut by response, set segments.method=tree." in said
    assert "keeps 20 % of an individual model's profit" in said
    by_response = replace(found, proof=alike, state={**found.state, "method": "tree"})
    assert "segments.method" not in " ".join(by_response.gates())


def test_the_response_tree_is_no_advice_where_it_finds_nothing_to_cut_by():
    called = draw_campaign(900).with_columns(pl.col("y").shuffle(seed=3))
    by_chance = validate(open_table(called), parse_contract(CONTRACT, origin="test"))
    found = discover_segments(by_chance, method="latent-class", count=3, random_state=1)
    assert not found.proof.differs
    assert found.tree_cuts is False
    said = " ".join(found.gates())
    assert "on rows kept apart, and no describing column tells the answers apart on the other rows." in said
    assert "segments.method" not in said
    with pytest.raises(DataError, match="No describing column"):
        discover_segments(by_chance, method="tree", random_state=1)


def test_segments_json_assigns_and_holds_no_customer(campaign, found):
    text = json.dumps(found.to_json(), allow_nan=False)
    held = json.loads(text)
    assert (assign_segments(held["state"], campaign.frame)[0] == found.labels).all()
    assert len(text) < 100_000
    assert held["kind"] == "discovered"
    assert [segment["name"] for segment in held["segments"]] == list(found.names)
    assert "labels" not in held
    assert held["brought"] == brought_by(held["segments"])
    assert held["brought"]["in_money"]


def test_known_segments_need_an_assignment(campaign):
    with pytest.raises(ConfigError, match="knows no segments"):
        describe_known_segments(campaign, random_state=None)


def real(data_folder, path, contract):
    return validate(open_table(data_folder / path), load_contract(contract))


@pytest.mark.slow
def test_the_sample_campaign_keeps_every_gate(data_folder):
    found = discover_segments(real(data_folder, "uci-bank/bank.csv", "bank-marketing"), random_state=7)
    assert found.choice.natural
    assert found.choice.count >= 4
    assert found.gates() == ()


@pytest.mark.slow
def test_customers_with_known_segments_keep_every_gate(data_folder):
    table = real(data_folder, "segments-abcd/customer_segmentation.csv", "customer-segments")
    found = discover_segments(table, random_state=7)
    assert found.choice.natural
    assert found.choice.count >= 4
    assert found.gates() == ()
    assert found.cramers_v > 0.25
    beside = np.array(found.beside_known["customers"])
    assert beside.shape == (len(found.keys), len(found.beside_known["levels"]))
    assert (beside % 10 == 0).all()
    assert abs(beside.sum() - len(table)) < 10 * beside.size


def test_known_segments_are_described_like_discovered_ones(data_folder):
    table = real(data_folder, "segments-abcd/customer_segmentation.csv", "customer-segments")
    known = describe_known_segments(table, random_state=1)
    assert known.keys == ("A", "B", "C", "D")
    assert known.state is None
    assert sum(segment.customers for segment in known.profiles.segments) == len(table)
    assert np.bincount(known.labels).sum() == len(table)
    assert json.loads(json.dumps(known.to_json()))["kind"] == "known"
    few = replace(known.profiles.segments[0], share=0.01)
    small = replace(known, profiles=replace(known.profiles, segments=(few, *known.profiles.segments[1:])))
    assert (
        small.gates()
        == known.gates()
        == (f"The rules put {percent(known.rules.fidelity)} of customers right, below 90 %.",)
    )


def test_known_segments_go_by_the_banks_own_names_everywhere(data_folder):
    table = real(data_folder, "segments-abcd/customer_segmentation.csv", "customer-segments")
    known = describe_known_segments(table, random_state=1)
    assert known.names == known.keys
    assert known.customers()["segment"].to_list() == table.outcome.tolist()
    described = known.descriptions
    assert not set(described) & set(known.keys)
    sql = rules_as_sql(known.rules, known.keys, known.names, described)
    assert f"-- A: {described[0]}" in sql.splitlines()
    assert "THEN 'A'" in sql
    called = describe_known_segments(table, random_state=1, names={"A": "Golden savers", described[1]: "Juniors"})
    assert called.names == ("Golden savers", "Juniors", "C", "D")
    assert called.descriptions == (*called.names[:2], *described[2:])


def test_why_there_are_no_more_segments_is_taken_from_what_was_tried(found):
    evidence = tuple(replace(row, bic=-1e9) if row.count == 4 else row for row in found.choice.evidence)  # not settled
    few = replace(found.choice, evidence=tuple(row for row in evidence if row.count == 2))
    assert "4 or more were not tried" in " ".join(replace(found, choice=few).gates())
    passing = tuple(replace(row, jaccard=0.9, smallest=0.1) for row in evidence)
    assert "no better proposal" in " ".join(replace(found, choice=replace(found.choice, evidence=passing)).gates())
    failing = tuple(replace(row, jaccard=0.1) for row in evidence)
    assert ": 4 or more do not all come back." in " ".join(
        replace(found, choice=replace(found.choice, evidence=failing)).gates()
    )
    small = tuple(replace(row, jaccard=0.9, smallest=0.01) for row in evidence)
    assert "or is too small" in " ".join(replace(found, choice=replace(found.choice, evidence=small)).gates())


def test_the_rows_of_one_customer_prove_together_or_not_at_all():
    called = draw_campaign(600).with_columns(pl.int_range(600).floordiv(3).cast(pl.String).alias("customer"))
    contract = parse_contract(
        CONTRACT + '[columns.customer]\nkind = "category"\nrole = "id"\nlabel = "customer"\n', origin="test"
    )
    table = validate(open_table(called), contract)
    apart = kept_apart(table.outcome == "yes", RowIdentity.of(table), 5).reshape(-1, 3)
    assert (apart.all(axis=1) == apart.any(axis=1)).all()
    assert 0.2 < apart.mean() < 0.4


def test_a_table_in_another_order_has_the_same_segments_for_the_same_customers() -> None:
    given, other = pl.read_csv(sample_path(), separator=";", infer_schema=False), np.random.default_rng(1)
    order = other.permutation(given.height)
    first, second = (validate(open_table(rows), load_contract("bank-marketing")) for rows in (given, given[order]))
    found = discover_segments(first, random_state=1)
    again = discover_segments(second, random_state=1)
    assert again.choice == found.choice
    assert again.stability == found.stability
    assert np.array_equal(again.labels, found.labels[order])
    assert again.names == found.names
    assert again.rules == found.rules
    assert again.state == found.state
    assert again.proof == found.proof


def test_of_customers_with_several_rows_the_proof_draws_the_same_ones_in_any_order() -> None:
    called = draw_campaign(900).with_columns(customer=pl.int_range(900).cast(pl.String) + "x")
    twice = pl.concat([called, called.sample(600, seed=2).with_columns(pl.col("age") + 1)])
    contract = parse_contract(
        CONTRACT + '[columns.customer]\nkind = "text"\nrole = "id"\nlabel = "id"\n', origin="test"
    )
    first, second = (
        validate(open_table(rows), contract) for rows in (twice, twice.sample(fraction=1, shuffle=True, seed=4))
    )
    found, again = (discover_segments(table, count=3, random_state=1).proof for table in (first, second))
    assert found is not None
    assert again == found
