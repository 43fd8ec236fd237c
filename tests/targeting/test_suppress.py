from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest

from segmint.contract.contract import Contract
from segmint.errors import PolicyError
from segmint.targeting.call_list import build_call_list
from segmint.targeting.choose import choose
from segmint.targeting.hand_off import recheck
from segmint.targeting.phones import comparable, to_e164
from segmint.targeting.suppress import NO_ID, suppress
from tests.targeting.conftest import make_customers, make_policy

TODAY = date(2026, 3, 14)


def run(frame, contract, policy):
    return suppress(frame["client"], frame, contract, policy, today=TODAY)


def write(path, text):
    path.write_text(text, encoding="utf-8")
    return path


def test_objections_by_id_or_by_phone_in_any_spelling_suppress(tmp_path, contract, customers):
    by_id = write(tmp_path / "objections.csv", "client;note\n00003;a\n00004;b\n")
    by_phone = write(tmp_path / "do_not_call.csv", "phone\n00351 91 000 0007\n91-000-0008\n+351910000009\n")
    found = run(customers, contract, make_policy(suppress=[str(by_id), str(by_phone)]))
    assert np.flatnonzero(~found.eligible).tolist() == [3, 4, 7, 8, 9]
    assert found.because[3] == "on 'objections.csv'"
    assert found.counts == {"on 'do_not_call.csv'": 3, "on 'objections.csv'": 2}
    assert found.receipt[1] == "'do_not_call.csv': 3 entries, 3 customers matched"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "cannot be used"),
        ("", "cannot be used"),
        ("name;note\nsomebody;a\n", "no column of customer ids or phone numbers"),
        ("client;note\n00003;a\n;nobody\n", "1 records that name nobody"),
        ("phone;note\n12;too short\n", "records that name nobody"),
        ("client;note\n00003;a\n00004;b;c;d\n", "cannot be read"),
    ],
)
def test_a_suppression_file_that_cannot_be_trusted_stops_the_work(tmp_path, contract, customers, text, said):
    path = tmp_path / "stop.csv"
    if text is not None:
        write(path, text)
    with pytest.raises(PolicyError, match=said):
        run(customers, contract, make_policy(suppress=[str(path)]))


def test_a_file_that_shares_nothing_with_the_table_stops_the_work(tmp_path, contract, customers):
    path = write(tmp_path / "ids.csv", "client;note\n00003;a\n")
    plain = tuple(c for c in contract.columns if c.role not in ("id", "phone"))
    anonymous = Contract(name="plain", outcome=contract.outcome, columns=plain)
    with pytest.raises(PolicyError, match="share neither ids nor phone"):
        run(customers, anonymous, make_policy(suppress=[str(path)]))


def test_no_consent_is_whatever_is_not_a_word_of_consent(contract, customers):
    words = ["yes", " YES ", "no", "", None, "maybe", "true", "1"]
    frame = customers.head(8).with_columns(opt_in=pl.Series(words, dtype=pl.String))
    found = run(frame, contract, make_policy())
    assert found.eligible.tolist() == [True, True, False, False, False, False, True, True]
    assert found.because[2] == "no consent (consent to calls)"


def test_deceased_or_in_arrears_or_not_known_is_no_licence_to_call(contract, customers):
    frame = customers.head(6).with_columns(
        deceased=pl.Series(["no", "yes", None, "No", "n", "probably"], dtype=pl.String),
        arrears=pl.Series([0.0, 0.0, 0.0, 3.0, None, 0.0]),
    )
    found = run(frame, contract, make_policy())
    assert found.because.to_list() == [
        "",
        "deceased",
        "deceased: not known",
        "in arrears",
        "in arrears: not known",
        "deceased",
    ]


def test_a_safety_column_that_is_missing_stops_the_work(contract, customers):
    with pytest.raises(PolicyError, match="no column 'deceased'"):
        run(customers.drop("deceased"), contract, make_policy())


def test_named_exclusions_work_on_levels_numbers_and_missing_values(contract, customers):
    rules = [
        {"name": "students", "column": "job", "levels": ["student"]},
        {"name": "very rich", "column": "balance", "above": 2000},
    ]
    found = run(customers, contract, make_policy(exclude=rules))
    wanted = (customers["job"] == "student") | (customers["balance"] > 2000)
    assert (found.eligible == (~wanted).to_numpy()).all()
    missing = [{"name": "no balance", "column": "balance", "missing": True}]
    gaps = customers.with_columns(balance=pl.when(pl.col("client") != "00001").then("balance"))
    assert run(gaps, contract, make_policy(exclude=missing)).counts == {"no balance": 1}


def test_an_exclusion_waiting_for_a_level_that_never_comes_is_refused(contract, customers):
    rules = [{"name": "students", "column": "job", "levels": ["Student"]}]
    with pytest.raises(PolicyError, match="'job' never says"):
        run(customers, contract, make_policy(exclude=rules))


def test_a_customer_without_a_phone_that_can_be_dialled_is_suppressed(contract, customers):
    frame = customers.head(3).with_columns(mobile=pl.Series(["+351910000000", "none", None], dtype=pl.String))
    assert run(frame, contract, make_policy()).counts == {"no phone number that can be dialled": 2}


def test_rest_days_and_attempts_are_counted_from_the_history(tmp_path, contract, customers):
    history = write(
        tmp_path / "calls.csv",
        "client,date,campaign\n00001,2026-03-10,a\n00002,2026-01-10,a\n"
        + "00003,2026-01-10,campaign\n" * 3
        + "00004,2026-02-01,other\n" * 3,
    )
    found = run(customers, contract, make_policy(rest_days=30, attempts=3, history=str(history)))
    assert found.because[1] == "called within the last 30 days"
    assert found.because[3] == "called 3 times in this campaign"
    assert np.flatnonzero(~found.eligible).tolist() == [1, 3]


def test_a_history_with_an_unreadable_date_stops_the_work(tmp_path, contract, customers):
    history = write(tmp_path / "calls.csv", "client,date\n00001,10/03/2026\n")
    with pytest.raises(PolicyError, match="without an id or a date"):
        run(customers, contract, make_policy(rest_days=30, history=str(history)))


def test_customers_on_the_list_of_another_campaign_are_left_to_it(tmp_path, contract, customers):
    policy = make_policy(campaign="cards", budget_calls=5)
    choice = choose(customers["client"], customers["propensity"], policy)
    other = build_call_list(customers["client"], choice, pl.Series([""] * 200), policy)
    other.write(tmp_path / "call_list.parquet")
    found = run(customers, contract, make_policy(other_lists=[str(tmp_path / "call_list.parquet")]))
    assert found.counts == {"on the list of cards": 5}


def test_an_id_with_blanks_around_it_is_the_same_customer(tmp_path, contract, customers):
    padded = customers.with_columns(client=pl.col("client") + "  ")
    files = {
        "suppress": [str(write(tmp_path / "stop.csv", "client;note\n00001;a\n '-00009;b\n"))],
        "history": str(write(tmp_path / "calls.csv", "client,date\n00002,2026-03-10\n")),
        "rest_days": 30,
    }
    policy = make_policy(budget_calls=5)
    best = choose(customers["client"], customers["propensity"], policy)
    build_call_list(customers["client"], best, pl.Series([""] * 200), policy).write(tmp_path / "other.parquet")
    found = run(padded, contract, make_policy(**files, other_lists=[str(tmp_path / "other.parquet")]))
    assert {1, 2, *best.listed.tolist()} == set(np.flatnonzero(~found.eligible).tolist())
    twice = pl.concat([customers.head(1), padded.head(1).with_columns(opt_in=pl.lit("no"))])
    assert not run(twice, contract, make_policy()).eligible.any()


def test_nobody_without_an_id_is_called_where_objections_name_ids(tmp_path, contract, customers):
    anonymous = customers.with_columns(client=pl.when(pl.int_range(pl.len()) > 2).then("client"))
    path = write(tmp_path / "stop.csv", "client;note\n00001;a\n")
    found = suppress(customers["client"], anonymous, contract, make_policy(suppress=[str(path)]), today=TODAY)
    assert found.because.head(4).to_list() == [NO_ID, f"on 'stop.csv'; {NO_ID}", NO_ID, ""]
    assert run(customers, contract, make_policy()).eligible.all()


def test_a_record_number_is_nobodys_id_at_any_check(tmp_path, contract, customers):
    nameless = Contract(name="nameless", outcome=contract.outcome, columns=contract.columns[1:])
    path = write(tmp_path / "stop.csv", "client;phone\n3;+351910000007\n")
    policy = make_policy(suppress=[str(path)])
    records = pl.Series([str(number) for number in range(1, 201)])
    held_back = suppress(records, customers, nameless, policy, today=TODAY)
    choice = choose(records, customers["propensity"], policy, eligible=held_back.eligible)
    made = build_call_list(records, choice, held_back.because, policy, carried=customers.select("mobile"))
    assert made.counts["suppressed"] == recheck(made, nameless).counts["suppressed"] == 1


def test_what_speaks_against_one_row_speaks_against_the_customer(contract, customers):
    frame = pl.concat([customers.head(2), customers.head(1).with_columns(opt_in=pl.lit("no"))])
    found = run(frame, contract, make_policy())
    assert found.because.to_list() == [
        "no consent (consent to calls)",
        "",
        "no consent (consent to calls)",
    ]


def test_suppressed_customers_stay_visible_with_a_reason(tmp_path, contract, customers):
    path = write(tmp_path / "stop.csv", "client;x\n" + "".join(f"{i:05d};\n" for i in range(50)))
    policy = make_policy(suppress=[str(path)], holdout_share=0.1)
    found = run(customers, contract, policy)
    choice = choose(customers["client"], customers["propensity"], policy, eligible=found.eligible)
    whole = build_call_list(customers["client"], choice, found.because, policy)
    assert len(whole) == customers.height
    hidden = whole.rows.filter(pl.col("status") == "suppressed")
    assert sorted(hidden["customer"]) == [f"{i:05d}" for i in range(50)]
    assert (hidden["suppressed_because"] == "on 'stop.csv'").all()
    assert hidden["propensity"].null_count() == 50


def test_ten_thousand_objections_at_any_moment_leave_no_objector_on_a_list(tmp_path, contract):
    frame = make_customers(20_000, seed=1)
    rng = np.random.default_rng(2)
    objectors = rng.choice(20_000, 10_000, replace=False)
    moments = rng.integers(0, 3, 10_000)  # before the list, between choice and export, at a second export
    by_phone = rng.random(10_000) < 0.5
    path = tmp_path / "objections.csv"
    path.write_text("client,phone\n99999,\n")

    def object_until(moment):
        lines = ["client,phone", "99999,"]
        for i, phone in zip(objectors[moments <= moment], by_phone[moments <= moment], strict=True):
            lines.append(f",00351 91{i:07d}" if phone else f"{i:05d},")
        path.write_text("\n".join(lines) + "\n")
        return {f"{i:05d}" for i in objectors[moments <= moment]}

    policy = make_policy(cost=1.0, suppress=[str(path)])
    gone = object_until(0)
    found = run(frame, contract, policy)
    choice = choose(frame["client"], frame["propensity"], policy, eligible=found.eligible)
    listed = build_call_list(
        frame["client"], choice, found.because, policy, carried=frame.select("full_name", "mobile")
    )
    for moment in (0, 1, 2):
        gone = object_until(moment)
        listed = recheck(listed, contract)
        assert not gone & set(listed.listed["customer"])
        assert sum(listed.counts.values()) == 20_000
        assert listed.counts["suppressed"] == len(gone)


def test_phones_are_written_for_diallers_or_not_at_all():
    phones = pl.Series(["+351 912 345 678", "00351912345678", "0912 345 678", "912345678", "12", "=1+1", None])
    assert to_e164(phones, "351").to_list() == ["+351912345678"] * 4 + [None] * 3
    assert to_e164(phones).to_list() == ["+351912345678"] * 2 + [None] * 5
    assert comparable(phones).to_list() == ["912345678"] * 4 + [None] * 3
