"""Do-not-call files, and SUP-01: ten thousand objections at any moment, no objector on any list. `make test` runs 1,000 of them."""

from __future__ import annotations

import csv

import numpy as np
import openpyxl
import polars as pl
import pytest

from segmint.contract.contract import Contract
from segmint.errors import PolicyError
from segmint.targeting.call_list import build_call_list
from segmint.targeting.choose import choose
from segmint.targeting.hand_off import general_profile, recheck, write_dialler, write_workbook
from segmint.targeting.suppress import NO_ID, suppress
from tests.targeting.conftest import TODAY, make_customers, make_policy, run, with_columns, write

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


def test_whoever_differs_from_an_objector_by_zeros_before_the_id_alone_is_kept_off_and_counted(
    tmp_path, contract, customers
):
    frame = customers.head(4).with_columns(client=pl.Series(["01001", "1001", "001002", "A1001"]))
    stop = write(tmp_path / "stop.csv", "client;note\n1001;a\n")
    found = run(frame, contract, make_policy(suppress=[str(stop)]))
    assert found.eligible.tolist() == [False, False, True, True]
    assert found.receipt == (
        "'stop.csv': 1 entry, 2 customers matched, 1 of them by an id with other zeros before it or other capitals",
    )


def test_capitals_lose_no_objection_and_make_two_customers_doubtful(tmp_path, contract, customers):
    frame = customers.head(4).with_columns(client=pl.Series(["kdnr7@bank.pt", "Ab1", "AB1", "Ab2"]))
    stop = write(tmp_path / "stop.csv", "client;note\nKdnr7@Bank.PT;a\nAB1;b\n")
    found = run(frame, contract, make_policy(suppress=[str(stop)]))
    assert found.eligible.tolist() == [False, False, False, True]
    assert found.receipt[0].endswith(
        "3 customers matched, 2 of them by an id with other zeros before it or other capitals"
    )


@pytest.mark.parametrize("written", ["#00001", "(00001)", "-1", "00001*", "'#1"])
def test_an_id_that_is_a_customers_without_the_signs_around_it_stops_the_work(tmp_path, contract, customers, written):
    pl.DataFrame({"client": ["99999", written]}).write_csv(tmp_path / "stop.csv")
    with pytest.raises(
        PolicyError, match=r"1 of 2 ids of 'stop\.csv' is a customer's only without the signs around"
    ) as caught:
        run(customers, contract, make_policy(suppress=[str(tmp_path / "stop.csv")]))
    assert "00001" not in str(caught.value)


@pytest.mark.parametrize("written", ["'", '=""', "\u200b", "``"])
def test_an_entry_of_marks_alone_names_nobody(tmp_path, contract, customers, written):
    pl.DataFrame({"client": ["99999", written], "note": ["a", "b"]}).write_csv(tmp_path / "stop.csv")
    with pytest.raises(PolicyError, match="1 record that names nobody"):
        run(customers, contract, make_policy(suppress=[str(tmp_path / "stop.csv")]))


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


def test_an_objector_whose_country_has_short_numbers_is_kept_off(tmp_path, contract, customers):
    path = write(tmp_path / "stop.csv", "phone\n+45 12 34 56 78\n")
    frame = customers.head(2).with_columns(mobile=pl.Series(["12345678", "12345679"]))
    found = run(frame, contract, make_policy(suppress=[str(path)], country_code="45"))
    assert found.because.to_list() == ["on 'stop.csv'", ""]


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
