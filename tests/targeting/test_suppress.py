from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from segmint.contract.column import Column, State
from segmint.errors import ContractError, PolicyError
from segmint.targeting.call_list import build_call_list
from segmint.targeting.choose import STATUSES, choose
from segmint.targeting.suppress import (
    BY_WORDS,
    EMPTY,
    NO_COUNTRY,
    NO_ID_BEFORE,
    NO_PHONE,
    OF_NOBODY,
    SHORTENED,
    SHORTENED_PHONE,
    respects_objections,
    suppress,
)
from segmint.wording import terms_in
from tests.targeting.conftest import TODAY, doubted, make_policy, run, with_columns, write


def test_a_file_that_names_nobody_of_the_table_is_said(tmp_path, contract, customers):
    stop = write(tmp_path / "stop.csv", "client;note\nA-1;a\nA-2;b\n")
    history = write(tmp_path / "calls.csv", "client,date\nA-1,2026-03-10\n")
    found = run(customers, contract, make_policy(suppress=[str(stop)], history=str(history), rest_days=30))
    assert found.eligible.all()
    assert [said.split(" is a customer")[0] for said in doubted(found, OF_NOBODY)] == [
        "none of the 2 entries of 'stop.csv'",
        "not the one entry of 'calls.csv'",
    ]
    stop = write(tmp_path / "stop.csv", "client;note\n00001;a\nA-2;b\n")
    assert not doubted(run(customers, contract, make_policy(suppress=[str(stop)])), OF_NOBODY)


def test_ids_that_are_written_as_none_of_the_table_and_match_nobody_are_said(tmp_path, contract, customers):
    stop = write(tmp_path / "stop.csv", "client;note\n00001;a\n99999;b\nN-123;c\nN-124;d\n")
    history = write(tmp_path / "calls.csv", "client,date\n00002,2026-03-10\n*77777,2026-03-10\n")
    found = run(customers, contract, make_policy(suppress=[str(stop)], history=str(history), rest_days=30))
    said = [
        doubt["sentence"] for doubt in found.doubts if doubt["title"] == "A file writes ids otherwise than the table"
    ]
    assert "3 of 4 ids of 'stop.csv' match no customer of this table, and 2 of them are written as no id" in said[0]
    assert "the first has '-'" in said[0]
    assert "1 of 2 ids of 'calls.csv' matches" in said[1]
    assert "the first begins with '*'" in said[1]


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
    (said,) = doubted(run(everyone, contract, make_policy()), BY_WORDS)
    assert said.startswith("'opt_in' keeps 200 of 200 customers off: it says 'agreed' (200), and the words")
    assert "'yes', 'y', 'true', 't', '1', 'ja'" in said
    assert "14 more" in said
    assert terms_in(said) == ("policy.consent_words",)
    assert not doubted(run(everyone, contract, make_policy(consent_words=["Agreed"])), BY_WORDS)
    flag = pl.Series(["leer"] * 150 + ["storno"] * 50)
    (said,) = doubted(
        run(customers.with_columns(deceased=flag), contract, make_policy(no_exclusion_words=["no"])), BY_WORDS
    )
    assert "it says 'leer' (150) and 'storno' (50), and the words by which a customer may be called are 'no';" in said
    assert "policy.no_exclusion_words" in said
    assert 'the role "exclude_if"' in said
    nearly = pl.Series(["yes"] * 11 + ["-"] * 189)
    assert not doubted(run(customers.with_columns(opt_in=nearly), contract, make_policy()), BY_WORDS)
    (said,) = doubted(run(customers.with_columns(opt_in=pl.lit("")), contract, make_policy()), BY_WORDS)
    assert said == "'opt_in' keeps 200 of 200 customers off: it is empty for all; fill it in"


def test_an_empty_cell_of_an_exclusion_is_a_no_where_the_contract_says_so(contract, customers):
    flag = customers.with_columns(deceased=pl.Series(["X"] * 20 + [None] * 180))
    found = run(flag, contract, make_policy())
    assert not found.eligible.any()
    (said,) = doubted(found, BY_WORDS)
    assert "it says 'x' (20) and is empty for 180, and" in said
    assert 'if an empty cell says that a customer may be called, write missing_means = "no"' in said
    assert terms_in(said) == ("policy.no_exclusion_words",)

    def meaning(words):
        columns = [
            column.model_copy(update={"missing_means": words}) if column.name == "deceased" else column
            for column in contract.columns
        ]
        return with_columns(contract, *columns)

    found = run(flag, meaning("No"), make_policy())
    assert found.because.to_list() == ["deceased"] * 20 + [""] * 180
    assert not found.doubts
    assert not run(flag, meaning("not known"), make_policy()).eligible.any()
    (said,) = doubted(run(flag.with_columns(deceased=pl.lit("")), meaning("no"), make_policy()), EMPTY)
    assert "'deceased' is empty for all, which the contract reads as no, so it keeps nobody off" in said


@pytest.mark.parametrize("words", [[f"remark {i}" for i in range(200)], ["agreed"] * 199 + ["Mr Smith died"]])
def test_words_that_may_say_something_of_one_customer_are_counted_alone(contract, customers, words):
    (said,) = doubted(run(customers.with_columns(opt_in=pl.Series(words)), contract, make_policy()), BY_WORDS)
    assert f"it has {len(set(words))} different words, and" in said
    assert "remark" not in said
    assert "agreed" not in said
    assert "Smith" not in said


def test_a_safety_column_that_is_missing_stops_the_work(contract, customers):
    with pytest.raises(ContractError, match="no column 'deceased'"):
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


@pytest.mark.parametrize("written", ["4,917E+11", "3.5191E+11", " 4E+11 "])
def test_a_phone_that_a_spreadsheet_shortened_is_a_reason_and_a_doubt(contract, customers, written):
    frame = customers.head(4).with_columns(mobile=pl.Series(["+351910000000", written, written, "none"]))
    found = run(frame, contract, make_policy())
    assert found.counts == {SHORTENED_PHONE: 2, NO_PHONE: 1}
    assert found.doubts == (
        {
            "title": "A spreadsheet has shortened phone numbers",
            "sentence": "2 customers have a phone number with an exponent; export the column as text: a spreadsheet has "
            "shortened these numbers",
        },
    )
    assert not doubted(run(customers, contract, make_policy()), SHORTENED)


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
        "suppress": [str(write(tmp_path / "stop.csv", "client;note\n00001;a\n '-90009;b\n"))],
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


def test_numbers_without_their_country_are_said_while_the_policy_names_none(contract, customers):
    local = pl.Series("mobile", ["0695682069", "91 234 56 78", "+351910000002", "12", None, "910000005.0"])
    frame = customers.head(6).with_columns(local)
    (said,) = doubted(run(frame, contract, make_policy()), NO_COUNTRY)
    assert said.startswith("the phone numbers of 3 customers lack a country")
    assert "policy.country_code" in said
    assert doubted(run(frame, contract, make_policy(country_code="351")), NO_COUNTRY) == []
    assert doubted(run(customers, contract, make_policy()), NO_COUNTRY) == []


@pytest.mark.parametrize(
    ("column", "excluded", "respects"),
    [
        (Column(name="do_not_call", kind="category", role="exclude_if", label="x"), None, True),
        (Column(name="deceased", kind="category", role="exclude_if", label="x"), None, False),
        (Column(name="opted", kind="category", role="consent", label="x"), None, True),
        (Column(name="age", kind="number", role="characteristic", label="x"), "age", False),
        (Column(name="Opt-Out", kind="category", role="characteristic", label="x"), "Opt-Out", True),
        (Column(name="no_calls", kind="category", role="exclude_if", label="x"), None, True),
        (Column(name="blacklist", kind="category", role="characteristic", label="x"), "blacklist", True),
    ],
)
def test_objections_are_respected_where_something_asks_about_them(contract, column, excluded, respects):
    rules = [] if excluded is None else [{"name": "x", "column": excluded, "levels": ["yes"]}]
    assert respects_objections(make_policy(exclude=rules), with_columns(contract, column)) == respects


def test_a_name_that_holds_the_sign_between_two_reasons_is_one(tmp_path, contract, customers):
    rule = {"name": "old; poor", "column": "balance", "below": 1000}
    file = write(tmp_path / "do; not.csv", "client\n00001\n")
    found = run(customers, contract, make_policy(exclude=[rule], suppress=[file]))
    assert found.counts == {"old, poor": int((customers["balance"] < 1000).sum()), "on 'do, not.csv'": 1}
