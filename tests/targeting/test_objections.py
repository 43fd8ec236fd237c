"""SUP-01: ten thousand objections at any moment: no objector is on any list. `make test` runs 1,000 of them."""

from __future__ import annotations

import csv

import openpyxl
import polars as pl
import pytest

from segmint.targeting.call_list import build_call_list
from segmint.targeting.choose import choose
from segmint.targeting.hand_off import general_profile, recheck, write_dialler, write_workbook
from segmint.targeting.suppress import suppress
from tests.targeting.conftest import make_customers, make_policy
from tests.targeting.test_suppress import TODAY

SPELLINGS = ("+351 91 {}", "0035191{}", "091-{}", "(91) {}", " 91.{} ")


def object_by(people: pl.DataFrame) -> pl.DataFrame:
    """Every other objector is named by id, the others by phone, in many spellings."""
    rows = [
        {"client": f" {row['client']} ", "phone": ""}
        if place % 2
        else {"client": "", "phone": SPELLINGS[place // 2 % len(SPELLINGS)].format(row["mobile"][-7:])}
        for place, row in enumerate(people.iter_rows(named=True))
    ]
    return pl.DataFrame(rows)


@pytest.mark.parametrize("objections", [1_000, pytest.param(10_000, marks=pytest.mark.slow)])
@pytest.mark.parametrize("early", [0.0, 0.5, 1.0], ids=["all while it is made", "half", "all before"])
@pytest.mark.parametrize("quotas", [(), ({"column": "job", "level": "clerk", "minimum": 20},)], ids=["ranked", "quota"])
def test_whoever_objects_before_the_hand_off_is_on_no_list(tmp_path, contract, objections, early, quotas):
    frame = make_customers(2 * objections)
    gone = object_by(frame.sample(objections, seed=1))
    file = tmp_path / "do_not_call.csv"
    known = gone.head(max(int(early * objections), 2))
    known.write_csv(file)
    policy = make_policy(suppress=[str(file)], holdout_share=0.1, quotas=list(quotas))

    held_back = suppress(frame["client"], frame, contract, policy, today=TODAY)
    choice = choose(frame["client"], frame["propensity"], policy, columns=frame, eligible=held_back.eligible)
    carried = frame.select("full_name", "mobile")
    made = build_call_list(frame["client"], choice, held_back.because, policy, carried=carried)
    gone.write_csv(file)  # the others object while the list is made
    made = recheck(made, contract)

    objectors = set(frame.sample(objections, seed=1)["client"])
    on_it = made.rows.filter(pl.col("status").is_in(["listed", "held_out"]))
    assert on_it.height > objections / 10
    assert not objectors & set(on_it["customer"])
    write_dialler(made, general_profile(made, contract), tmp_path / "d.csv")
    with (tmp_path / "d.csv").open(encoding="utf-8", newline="") as opened:
        assert not objectors & {row["customer"] for row in csv.DictReader(opened)}
    write_workbook(made, contract, tmp_path / "w.xlsx")
    book = openpyxl.load_workbook(tmp_path / "w.xlsx", read_only=True)
    assert not objectors & {row[1] for row in book["Call list"].iter_rows(min_row=2, values_only=True)}
    book.close()
