"""Assigning needs the state only: no scikit-learn, no StepMix."""

import subprocess
import sys

import polars as pl

from segmint.contract.contract import parse_contract
from segmint.contract.validate import validate
from segmint.segments.assign import CHUNK, assign_segments, flag_chosen_without
from segmint.segments.rules import rules_as_sql
from segmint.segments.segmentation import discover_segments
from segmint.tables.source import open_table

TOWNS = """
name = "towns"
[outcome]
column = "y"
kind = "response"
levels = ["no", "yes"]
positive = "yes"
[columns.age]
kind = "number"
role = "characteristic"
label = "age"
bounds = [18, 110]
[columns.town]
kind = "category"
role = "characteristic"
label = "home town"
"""


def test_assigning_loads_no_training_library():
    code = (
        "import sys; import segmint.segments.assign; "
        "print([name for name in ('sklearn', 'stepmix', 'pandas', 'tensorflow') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_customer_is_assigned_alike_alone_and_among_many(campaign, found):
    frame = campaign.frame
    many = pl.concat([frame] * (CHUNK // frame.height + 2))
    labels, _ = assign_segments(found.state, many)
    assert (labels[-frame.height :] == found.labels).all()
    alone, _ = assign_segments(found.state, frame[5:6])
    assert alone[0] == found.labels[5]


def test_a_customer_of_whom_nothing_is_known_goes_by_size(campaign, found):
    empty = campaign.frame[:1].select(
        pl.lit(None, dtype=dtype).alias(name) for name, dtype in campaign.frame.schema.items()
    )
    labels, probabilities = assign_segments(found.state, empty)
    assert labels[0] == 0
    assert probabilities[0].max() < 0.9


def test_a_segment_says_whom_it_takes_in_unknown_and_they_are_flagged():
    rows = pl.DataFrame({"town": ["Brno", "Praha", "Ostrava"] * 400, "age": [30.0, 60.0, 40.0, 50.0] * 300})
    answers = pl.Series([["yes", "no", "no", "yes", "yes"], ["no"] * 5, ["no"] * 5] * 400).list
    table = rows.with_columns(y=answers.get(pl.Series(range(1_200)) // 3 % 5))
    contract = parse_contract(TOWNS, origin="test")
    found = discover_segments(validate(open_table(table), contract), method="tree", random_state=1)
    told = {segment["name"]: segment["also"] for segment in found.to_json()["segments"]}
    assert sorted(told.values()) == ["", "Here too, if all else fits: customers with home town not known, new or rare."]
    takes_in = next(name for name, also in told.items() if also)
    key = found.keys[found.names.index(takes_in)]
    said = rules_as_sql(found.rules, found.keys, found.names).splitlines()
    assert f"-- {key} takes in customers with home town not known, new or rare" in said
    new = pl.DataFrame({"town": ["Brno", "Plzen", None, "unknown"], "age": [30.0, 30.0, 5.0, None]})
    flagged = flag_chosen_without(found.state, validate(open_table(new), contract, purpose="predict"))
    without = "town: segment chosen without it"
    assert flagged.flags.to_list() == ["", without, f"age: out of range; {without}", without]
    assert (flagged.ledger.flagged, flagged.ledger.flags) == (3, {"age: out of range": 1, without: 3})
    labels, _ = assign_segments(found.state, flagged.frame)
    assert {found.names[label] for label in labels[1:]} == {takes_in}
