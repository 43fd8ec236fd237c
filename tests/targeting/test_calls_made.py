from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import polars as pl
import pytest

from segmint.errors import PolicyError
from segmint.targeting.calls_made import _days
from segmint.targeting.suppress import NOT_YET, OF_NOBODY
from tests.targeting.conftest import doubted, make_policy, run, write


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


def test_a_call_whose_campaign_is_left_blank_counts_for_every_campaign(tmp_path, contract, customers):
    calls = "client,date,campaign\n" + "00003,2026-01-10,\n" * 2 + "00003,2026-01-11, \n00004,2026-01-10,other\n"
    history = write(tmp_path / "calls.csv", calls)
    found = run(customers, contract, make_policy(attempts=3, history=str(history)))
    assert found.because[3] == "called 3 times in this campaign"
    assert found.spent.to_list()[:5] == [0, 0, 0, 3, 0]


@pytest.mark.parametrize(("campaign", "there"), [("2026", "2026.0"), ("spring 26", "Spring  26"), ("Große", "GROSSE")])
def test_attempts_are_counted_however_the_history_spells_the_campaign(tmp_path, contract, customers, campaign, there):
    calls = "client,date,campaign\n" + f"00003,2026-01-10,{there}\n" * 3 + "00004,2026-01-10,other\n"
    history = str(write(tmp_path / "calls.csv", calls))
    found = run(customers, contract, make_policy(attempts=3, history=history, campaign=campaign))
    assert found.because[3] == "called 3 times in this campaign"
    assert not doubted(found, OF_NOBODY)


def test_a_history_of_other_campaigns_alone_is_told(tmp_path, contract, customers):
    history = str(write(tmp_path / "calls.csv", "client,date,campaign\n00003,2026-01-10,other\n00004,2026-01-10,\n"))
    (said,) = doubted(run(customers, contract, make_policy(attempts=3, history=history, campaign="2026")), OF_NOBODY)
    assert "not the one call in 'calls.csv' that names a campaign is of '2026'" in said
    assert not doubted(run(customers, contract, make_policy(rest_days=30, history=history, campaign="2026")), OF_NOBODY)


@pytest.mark.parametrize("header", ["id,client", "id,customer", "call_no,customer", "id,client_id", "client,id"])
def test_the_number_of_a_call_is_nobodys_id(tmp_path, contract, customers, header):
    # the row's number is an id of the table too
    frame = customers.with_columns(client=pl.int_range(pl.len()).cast(pl.String))
    row = "7,1" if header == "client,id" else "1,7"
    history = write(tmp_path / "calls.csv", f"{header},date\n{row},2026-03-10\n")
    found = run(frame, contract, make_policy(rest_days=30, attempts=2, history=str(history)))
    assert np.flatnonzero(~found.eligible).tolist() == [7]
    assert found.spent.sum() == 1


def test_a_call_that_two_columns_name_is_counted_once(tmp_path, contract, customers):
    history = write(tmp_path / "calls.csv", "customer_id,account_id,date\n00001,00001,2026-03-10\n,00002,2026-03-10\n")
    found = run(customers, contract, make_policy(attempts=2, history=str(history)))
    assert found.spent.to_list()[:4] == [0, 1, 1, 0]


def test_a_history_with_an_unreadable_date_stops_the_work(tmp_path, contract, customers):
    history = write(tmp_path / "calls.csv", "client,date\n00001,10/03/2026\n")
    with pytest.raises(PolicyError, match=r"can be read as dd/mm/yyyy or as mm/dd/yyyy(.|\n)*write the year first"):
        run(customers, contract, make_policy(rest_days=30, history=str(history)))
    write(history, "client,date\n00001,10.03.2026\n00002,10.03.26 x\n")
    with pytest.raises(
        PolicyError, match=r"1 record without an id or a date under 'date'; .* written like '99\.99\.99 x'"
    ):
        run(customers, contract, make_policy(rest_days=30, history=str(history)))
    write(history, "client,Gespräch\n00001,10.03.2026\n")
    with pytest.raises(PolicyError, match="among client, Gespräch"):
        run(customers, contract, make_policy(rest_days=30, history=str(history)))


@pytest.mark.parametrize("header", ["Datum", "Anrufdatum", "fecha", "called_at", "date"])
@pytest.mark.parametrize(
    "day", ["14.03.2026", "2026-03-14", "2026-03-14 (morning)", "14.3.2026 10:22", "14/03/2026", "20260314"]
)
def test_a_history_is_read_as_purchases_are(tmp_path, contract, customers, header, day):
    history = write(tmp_path / "calls.csv", f"client;{header}\n00001;{day}\n00002;{day.replace('14', '13')}\n")
    found = run(customers, contract, make_policy(rest_days=1, history=str(history)))
    assert found.counts == {"called within the last 1 days": 1}


def test_a_call_with_a_time_zone_is_of_its_local_day() -> None:
    moments = pl.Series([datetime(2026, 5, 31, 23, 30, tzinfo=UTC)]).dt.convert_time_zone("Europe/Lisbon")
    assert _days(moments).to_list() == [date(2026, 6, 1)]


def test_a_call_that_lies_ahead_is_said_and_is_none_of_the_last_days(tmp_path, contract, customers):
    history = write(
        tmp_path / "calls.csv", "client,date\n00001,2026-03-14\n00002,2026-03-15\n00003,2062-03-01\n00003,2062-03-02\n"
    )
    found = run(customers, contract, make_policy(rest_days=30, history=str(history)))
    assert found.because[1] == "called within the last 30 days"
    assert found.because[2] == found.because[3] == "called after 2026-03-14, as the history says"
    assert doubted(found, NOT_YET)[0].startswith(
        "2 customers have a call after 2026-03-14 in 'calls.csv': are the years right"
    )
    write(history, "client,date\n00001,2026-03-14\n")
    assert not doubted(run(customers, contract, make_policy(rest_days=30, history=str(history))), NOT_YET)
