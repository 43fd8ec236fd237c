from __future__ import annotations

import os
from datetime import UTC, date, datetime

import numpy as np
import polars as pl
import pytest

from segmint.contract.column import Column, State
from segmint.contract.contract import Contract
from segmint.errors import PolicyError
from segmint.targeting.call_list import build_call_list
from segmint.targeting.choose import STATUSES, choose
from segmint.targeting.hand_off import recheck
from segmint.targeting.suppress import NO_ID, NO_ID_BEFORE, _days, respects_objections, suppress
from tests.targeting.conftest import make_customers, make_policy

TODAY = date(2026, 3, 14)


def run(frame, contract, policy):
    return suppress(frame["client"], frame, contract, policy, today=TODAY)


def with_columns(contract, *columns):
    return Contract(name="other", outcome=contract.outcome, columns=columns)


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
        ("client;note\n00003;a\n;nobody\n", "1 record that names nobody"),
        ("phone;note\n12;too short\n", "record that names nobody"),
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


def test_every_column_of_ids_and_phones_is_read(tmp_path, contract, customers):
    path = write(
        tmp_path / "stop.csv",
        "id,customer_id,phone,Mobile,telefon2\n1,00003,,,\n2,,+351910000007,+351 910 000 008,\n3,,,,910000009\n",
    )
    found = run(customers, contract, make_policy(suppress=[str(path)]))
    assert {3, 7, 8, 9} <= set(np.flatnonzero(~found.eligible).tolist())
    assert found.receipt[0].startswith("'stop.csv': 3 entries")


def test_the_number_of_a_row_is_nobodys_id(tmp_path, contract, customers):
    serial = write(tmp_path / "stop.csv", "id,customer_id,phone\n1,00003,\n2,,\n")
    with pytest.raises(PolicyError, match="1 record that names nobody"):
        run(customers, contract, make_policy(suppress=[str(serial)]))
    numbered = customers.with_columns(pl.int_range(len(customers)).cast(pl.String).alias(contract.id_column))
    beside = write(tmp_path / "stop2.csv", f"id,{contract.id_column}\n1,7\n2,8\n")
    assert np.flatnonzero(~run(numbered, contract, make_policy(suppress=[str(beside)])).eligible).tolist() == [7, 8]
    client = write(tmp_path / "stop3.csv", "id,client\n1,7\n2,8\n")
    assert np.flatnonzero(~run(numbered, contract, make_policy(suppress=[str(client)])).eligible).tolist() == [7, 8]


def test_an_objector_whom_the_table_cannot_show_stops_the_work(tmp_path, contract, customers):
    path = write(tmp_path / "stop.csv", "client;phone\n00003;\n;+351910000007\n;+351910000008\n")
    without_phones = with_columns(contract, *(c for c in contract.columns if c.role != "phone"))
    with pytest.raises(PolicyError, match="2 records with a phone number alone") as caught:
        run(customers, without_phones, make_policy(suppress=[str(path)]))
    assert "910000007" not in str(caught.value)
    without_ids = with_columns(contract, *contract.columns[1:])
    with pytest.raises(PolicyError, match="1 record with an id alone"):
        run(customers, without_ids, make_policy(suppress=[str(path)]))


@pytest.mark.parametrize("text", ["client;phone\n", "customer\n", "phone"])
def test_a_header_without_records_is_a_list_of_objections_that_nobody_made(tmp_path, contract, customers, text):
    path = write(tmp_path / "stop.csv", text)
    pl.DataFrame(schema={"client": pl.String}).write_parquet(tmp_path / "stop.parquet")
    found = run(customers, contract, make_policy(suppress=[str(path), str(tmp_path / "stop.parquet")]))
    assert found.eligible.all()
    assert found.receipt[0] == "'stop.csv': 0 entries, 0 customers matched"
    with pytest.raises(PolicyError, match="no column of customer ids or phone numbers"):
        run(customers, contract, make_policy(suppress=[str(write(tmp_path / "other.csv", "note;day\n"))]))


@pytest.mark.parametrize("written", ["1001", "1001.0", "1001,0", "01001"])
def test_an_id_is_found_however_a_spreadsheet_wrote_it(tmp_path, contract, customers, written):
    frame = customers.head(3).with_columns(client=pl.Series(["0001001", "1002", "1003"]))
    stop = write(tmp_path / "stop.csv", f"client;note\n{written};a\n1002.0;b\n")
    found = run(frame, contract, make_policy(suppress=[str(stop)]))
    assert found.eligible.tolist() == [False, False, True]
    history = write(tmp_path / "calls.csv", f"client;date\n{written};2026-03-10\n1002.0;2026-03-10\n")
    found = run(frame, contract, make_policy(history=str(history), rest_days=30, attempts=1))
    assert found.eligible.tolist() == [False, False, True]
    assert found.spent.to_list() == [1, 1, 0]


def test_zeros_before_an_id_count_where_the_table_has_both(tmp_path, contract, customers):
    frame = customers.head(3).with_columns(client=pl.Series(["01001", "1001", "001002"]))
    stop = write(tmp_path / "stop.csv", "client;note\n1001;a\n")
    assert run(frame, contract, make_policy(suppress=[str(stop)])).eligible.tolist() == [True, False, True]


@pytest.mark.parametrize("written", ["1.001E+03", "1E+05", "1,001E+03"])
def test_an_id_that_lost_its_digits_stops_the_work(tmp_path, contract, customers, written):
    stop = write(tmp_path / "stop.csv", f"client;note\n00001;a\n{written};b\n")
    with pytest.raises(PolicyError, match="1 id with an exponent; the first is in record 2") as caught:
        run(customers, contract, make_policy(suppress=[str(stop)]))
    assert written not in str(caught.value)
    history = write(tmp_path / "calls.csv", f"client;date\n{written};2026-03-10\n")
    with pytest.raises(PolicyError, match=r"ids? with an exponent"):
        run(customers, contract, make_policy(history=str(history), rest_days=30))


@pytest.mark.parametrize(
    "written",
    [
        "912345678.0", "912345678,0", "912345678 / 213456789", "213456789; 912345678", "912345678 or 213456789",
        "912345678 ext 12", "912345678 x12", "tel:+351912345678;ext=12", "912345678 (asked 2026)", "mobile 912345678",
    ],
)  # fmt: skip
def test_an_objector_is_found_however_people_wrote_the_number(tmp_path, contract, customers, written):
    for in_file, in_table in ((written, "912345678"), ("912345678", written)):
        frame = customers.head(2).with_columns(mobile=pl.Series([in_table, "+351912345679"]))
        stop = tmp_path / "stop.csv"
        pl.DataFrame({"phone": [in_file], "note": ["a"]}).write_csv(stop)
        found = run(frame, contract, make_policy(suppress=[str(stop)], country_code="351"))
        assert "on 'stop.csv'" in found.because[0]
        assert found.because[1] == ""


@pytest.mark.parametrize("written", ["9.12346E+08", "912345678 213456789", "912345678 asked 2026", "1-800-FLOWERS"])
def test_a_phone_number_that_cannot_be_read_stops_the_work(tmp_path, contract, customers, written):
    stop = write(tmp_path / "stop.csv", f"client;phone\n;+351910000007\n00003;{written}\n")
    with pytest.raises(PolicyError, match="1 phone number that cannot be read; the first is in record 2") as caught:
        run(customers, contract, make_policy(suppress=[str(stop)]))
    assert written not in str(caught.value)


def test_a_file_that_names_nobody_of_the_table_is_said(tmp_path, contract, customers):
    stop = write(tmp_path / "stop.csv", "client;note\nA-1;a\nA-2;b\n")
    history = write(tmp_path / "calls.csv", "client,date\nA-1,2026-03-10\n")
    found = run(customers, contract, make_policy(suppress=[str(stop)], history=str(history), rest_days=30))
    assert found.eligible.all()
    assert [said.split(" is a customer")[0] for said in found.of_nobody] == [
        "none of the 2 entries of 'stop.csv'",
        "not the one entry of 'calls.csv'",
    ]
    stop = write(tmp_path / "stop.csv", "client;note\n00001;a\nA-2;b\n")
    assert not run(customers, contract, make_policy(suppress=[str(stop)])).of_nobody


def test_no_consent_is_whatever_is_not_a_word_of_consent(contract, customers):
    words = ["yes", " YES ", "no", "", None, "maybe", "true", "1"]
    frame = customers.head(8).with_columns(opt_in=pl.Series(words, dtype=pl.String))
    found = run(frame, contract, make_policy())
    assert found.eligible.tolist() == [True, True, False, False, False, False, True, True]
    assert found.because[2] == "no consent (consent to calls)"


@pytest.mark.parametrize("column", [pl.Series([1.0, 0.0, None]), pl.Series(["1.0", "0.0", ""])])
def test_consent_that_a_half_empty_column_writes_as_a_decimal_is_consent(contract, customers, column):
    frame = customers.head(3).with_columns(opt_in=column)
    assert run(frame, contract, make_policy()).eligible.tolist() == [True, False, False]
    assert run(frame, contract, make_policy(consent_words=["1.0"])).eligible.tolist() == [True, False, False]


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


@pytest.mark.parametrize(("yes", "no"), [("ja", "nein"), ("Oui", "Non"), ("TAK", "nie"), ("sí", "no"), ("Sim", "NÃO")])
def test_consent_and_objections_are_read_in_the_banks_language(contract, customers, yes, no):
    frame = customers.head(3).with_columns(opt_in=pl.Series([yes, yes, no]), deceased=pl.Series([no, yes, no]))
    found = run(frame, contract, make_policy())
    assert found.because.to_list() == ["", "deceased", "no consent (consent to calls)"]


@pytest.mark.parametrize(
    "column", [pl.Series(["none", "None ", "no"]), pl.Series(["9", "9.0", "0"]), pl.Series([9.0, 0.0, 1.0])]
)
def test_what_spares_from_an_exclusion_is_a_setting(contract, customers, column):
    frame = customers.head(3).with_columns(deceased=column)
    found = run(frame, contract, make_policy(no_exclusion_words=["none", 9]))
    assert found.because.to_list() == ["", "", "deceased"]


def test_a_column_whose_words_keep_nearly_everybody_off_is_said(contract, customers):
    everyone = customers.with_columns(opt_in=pl.lit("agreed"))
    (said,) = run(everyone, contract, make_policy()).by_words
    assert said.startswith("'opt_in' keeps 200 of 200 customers off: it says 'agreed' (200), and the words")
    assert "'yes', 'y', 'true', 't', '1', 'ja'" in said
    assert "14 more" in said
    assert "policy.consent_words" in said
    assert not run(everyone, contract, make_policy(consent_words=["Agreed"])).by_words
    flag = pl.Series(["leer"] * 150 + ["storno"] * 50)
    (said,) = run(customers.with_columns(deceased=flag), contract, make_policy(no_exclusion_words=["no"])).by_words
    assert "it says 'leer' (150) and 'storno' (50), and the words by which a customer may be called are 'no';" in said
    assert "policy.no_exclusion_words" in said
    assert 'the role "exclude_if"' in said
    nearly = pl.Series(["yes"] * 11 + ["-"] * 189)
    assert not run(customers.with_columns(opt_in=nearly), contract, make_policy()).by_words
    assert not run(customers.with_columns(opt_in=pl.lit("")), contract, make_policy()).by_words


@pytest.mark.parametrize("words", [[f"remark {i}" for i in range(200)], ["agreed"] * 199 + ["Mr Smith died"]])
def test_words_that_may_say_something_of_one_customer_are_counted_alone(contract, customers, words):
    (said,) = run(customers.with_columns(opt_in=pl.Series(words)), contract, make_policy()).by_words
    assert f"it has {len(set(words))} different words, and" in said
    assert "remark" not in said
    assert "agreed" not in said
    assert "Smith" not in said


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


def test_levels_of_a_number_column_and_with_blanks_around_them_exclude(contract, customers):
    branches = pl.Series("branch", [101.0, 102.0] * 100)
    rules = [{"name": "closed branch", "column": "branch", "levels": ["101"]}]
    for column in (branches, branches.cast(pl.Int64), (" " + branches.cast(pl.Int64).cast(pl.String) + " ")):
        found = run(customers.with_columns(column.alias("branch")), contract, make_policy(exclude=rules))
        assert found.counts == {"closed branch": 100}


def test_a_code_of_the_contract_is_neither_above_nor_below_nor_missing(contract, customers):
    since = Column(name="since", kind="number", role="history", label="days", states=[State(value=999, name="never")])
    codes = with_columns(contract, *contract.columns, since)
    frame = customers.with_columns(since=pl.Series([999.0, 600.0, None, 5.0] * 50))
    rules = [{"name": "long ago", "column": "since", "above": 500, "missing": True}]
    assert run(frame, codes, make_policy(exclude=rules)).eligible.tolist() == [True, False, False, True] * 50
    assert not run(frame, contract, make_policy(exclude=rules)).eligible[0]


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


def test_a_call_whose_campaign_is_left_blank_counts_for_every_campaign(tmp_path, contract, customers):
    calls = "client,date,campaign\n" + "00003,2026-01-10,\n" * 2 + "00003,2026-01-11, \n00004,2026-01-10,other\n"
    history = write(tmp_path / "calls.csv", calls)
    found = run(customers, contract, make_policy(attempts=3, history=str(history)))
    assert found.because[3] == "called 3 times in this campaign"
    assert found.spent.to_list()[:5] == [0, 0, 0, 3, 0]


@pytest.mark.parametrize(("campaign", "there"), [("2026", "2026.0"), ("spring 26", "Spring 26")])
def test_attempts_are_counted_however_the_history_spells_the_campaign(tmp_path, contract, customers, campaign, there):
    calls = "client,date,campaign\n" + f"00003,2026-01-10,{there}\n" * 3 + "00004,2026-01-10,other\n"
    history = str(write(tmp_path / "calls.csv", calls))
    found = run(customers, contract, make_policy(attempts=3, history=history, campaign=campaign))
    assert found.because[3] == "called 3 times in this campaign"
    assert not found.of_nobody


def test_a_history_of_other_campaigns_alone_is_told(tmp_path, contract, customers):
    history = str(write(tmp_path / "calls.csv", "client,date,campaign\n00003,2026-01-10,other\n00004,2026-01-10,\n"))
    (said,) = run(customers, contract, make_policy(attempts=3, history=history, campaign="2026")).of_nobody
    assert "not the one call in 'calls.csv' that names a campaign is of '2026'" in said
    assert not run(customers, contract, make_policy(rest_days=30, history=history, campaign="2026")).of_nobody


def test_nobody_without_an_id_escapes_rest_attempts_or_another_campaign(tmp_path, contract, customers):
    anonymous = customers.with_columns(client=pl.when(pl.int_range(pl.len()) > 2).then("client"))
    names = customers["client"].zip_with(
        anonymous["client"].is_not_null(), "record " + pl.int_range(1, 201, eager=True).cast(pl.String)
    )
    history = str(write(tmp_path / "calls.csv", "client,date\n00001,2026-03-10\n"))
    other = pl.DataFrame({"customer": ["record 5", "00009"], "status": ["listed"] * 2, "campaign": ["cards"] * 2})
    other.write_parquet(tmp_path / "other.parquet")
    for rules in (
        {"history": history, "rest_days": 30},
        {"history": history, "attempts": 3},
        {"other_lists": [str(tmp_path / "other.parquet")]},
    ):
        found = suppress(names, anonymous, contract, make_policy(**rules), today=TODAY)
        assert found.because.head(3).to_list() == [NO_ID_BEFORE] * 3
        assert found.eligible[3]
    assert found.because[9] == "on the list of cards"
    assert found.counts == {NO_ID_BEFORE: 3, "on the list of cards": 1}


def test_a_record_of_another_table_is_not_found_in_this_one(tmp_path, contract, customers):
    other = pl.DataFrame({"customer": ["record 5", "5"], "status": ["listed"] * 2, "campaign": ["cards"] * 2})
    other.write_parquet(tmp_path / "other.parquet")
    policy = make_policy(other_lists=[str(tmp_path / "other.parquet")])
    named = pl.Series([f"record {number}" for number in range(1, 201)])
    assert "on the list of cards" not in suppress(named, customers, contract, policy, today=TODAY).counts
    nameless = with_columns(contract, *contract.columns[1:])
    with pytest.raises(PolicyError, match="no id column to find their customers by"):
        suppress(named, customers, nameless, policy, today=TODAY)


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
    with pytest.raises(PolicyError, match="not say a date: it has the columns client, Gespräch"):
        run(customers, contract, make_policy(rest_days=30, history=str(history)))


@pytest.mark.parametrize("header", ["Datum", "Anrufdatum", "fecha", "called_at", "date"])
@pytest.mark.parametrize(
    "day", ["14.03.2026", "2026-03-14", "2026-03-14 (morning)", "14.3.2026 10:22", "14/03/2026", "20260314"]
)
def test_a_history_is_read_as_purchases_are(tmp_path, contract, customers, header, day):
    history = write(tmp_path / "calls.csv", f"client;{header}\n00001;{day}\n00002;{day.replace('14', '13')}\n")
    found = run(customers, contract, make_policy(rest_days=1, history=str(history)))
    assert found.counts == {"called within the last 1 days": 1}


def test_customers_on_the_list_of_another_campaign_are_left_to_it(tmp_path, contract, customers):
    policy = make_policy(campaign="cards", budget_calls=5)
    choice = choose(customers["client"], customers["propensity"], policy)
    other = build_call_list(customers["client"], choice, pl.Series([""] * 200), policy)
    other.write(tmp_path / "call_list.parquet")
    found = run(customers, contract, make_policy(other_lists=[str(tmp_path / "call_list.parquet")]))
    assert found.counts == {"on the list of cards": 5}


def test_the_control_group_of_another_campaign_is_not_called(tmp_path, contract, customers):
    policy = make_policy(campaign="cards", holdout_share=0.3)
    choice = choose(customers["client"], customers["propensity"], policy)
    build_call_list(customers["client"], choice, pl.Series([""] * 200), policy).write(tmp_path / "cards.parquet")
    found = run(customers, contract, make_policy(other_lists=[str(tmp_path / "cards.parquet")]))
    theirs = np.array(STATUSES)[choice.status]
    assert (found.because.to_numpy()[theirs == "held_out"] == "held out by cards").all()
    assert found.counts == {
        "on the list of cards": (theirs == "listed").sum(),
        "held out by cards": (theirs == "held_out").sum(),
    }


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


def test_numbers_without_their_country_are_said_while_the_policy_names_none(contract, customers):
    local = pl.Series("mobile", ["0695682069", "91 234 56 78", "+351910000002", "12", None, "910000005.0"])
    frame = customers.head(6).with_columns(local)
    said = run(frame, contract, make_policy()).no_country
    assert said.startswith("the phone numbers of 3 customers lack a country")
    assert "policy.country_code" in said
    assert run(frame, contract, make_policy(country_code="351")).no_country == ""
    assert run(customers, contract, make_policy()).no_country == ""


def test_an_objector_whose_country_has_short_numbers_is_kept_off(tmp_path, contract, customers):
    path = write(tmp_path / "stop.csv", "phone\n+45 12 34 56 78\n")
    frame = customers.head(2).with_columns(mobile=pl.Series(["12345678", "12345679"]))
    found = run(frame, contract, make_policy(suppress=[str(path)], country_code="45"))
    assert found.because.to_list() == ["on 'stop.csv'", ""]


@pytest.mark.parametrize(
    ("column", "excluded", "respects"),
    [
        (Column(name="do_not_call", kind="category", role="exclude_if", label="x"), None, True),
        (Column(name="deceased", kind="category", role="exclude_if", label="x"), None, False),
        (Column(name="opted", kind="category", role="consent", label="x"), None, True),
        (Column(name="age", kind="number", role="characteristic", label="x"), "age", False),
        (Column(name="Opt-Out", kind="category", role="characteristic", label="x"), "Opt-Out", True),
    ],
)
def test_objections_are_respected_where_something_asks_about_them(contract, column, excluded, respects):
    rules = [] if excluded is None else [{"name": "x", "column": excluded, "levels": ["yes"]}]
    assert respects_objections(make_policy(exclude=rules), with_columns(contract, column)) == respects


def test_a_call_with_a_time_zone_is_of_its_local_day() -> None:
    moments = pl.Series([datetime(2026, 5, 31, 23, 30, tzinfo=UTC)]).dt.convert_time_zone("Europe/Lisbon")
    assert _days(moments).to_list() == [date(2026, 6, 1)]


def test_a_pipe_is_refused_before_it_is_waited_for(tmp_path, contract, customers):
    os.mkfifo(tmp_path / "pipe")
    for policy in (make_policy(suppress=[str(tmp_path / "pipe")]), make_policy(history=str(tmp_path / "pipe"))):
        with pytest.raises(PolicyError, match="is a pipe or a device"):
            run(customers, contract, policy)


def test_a_call_that_lies_ahead_is_said_and_is_none_of_the_last_days(tmp_path, contract, customers):
    history = write(
        tmp_path / "calls.csv", "client,date\n00001,2026-03-14\n00002,2026-03-15\n00003,2062-03-01\n00003,2062-03-02\n"
    )
    found = run(customers, contract, make_policy(rest_days=30, history=str(history)))
    assert found.because[1] == "called within the last 30 days"
    assert found.because[2] == found.because[3] == "called after 2026-03-14, as the history says"
    assert found.not_yet.startswith("2 customers have a call after 2026-03-14 in 'calls.csv': are the years right")
    write(history, "client,date\n00001,2026-03-14\n")
    assert not run(customers, contract, make_policy(rest_days=30, history=str(history))).not_yet
