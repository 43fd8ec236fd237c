"""Drafted contracts: every column once, suspects named, and nothing trains before a person looked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from segmint.contract.contract import load_contract, parse_contract
from segmint.contract.infer import Draft, infer_contract
from segmint.contract.validate import validate
from segmint.errors import ContractError
from segmint.simulation import Campaign, simulate
from segmint.tables.source import ReadOptions, open_table
from tests.contract.drafts import churn, german_export, native, validate_reviewed, with_longer_rows


def test_kinds_roles_and_moments_are_guessed(draft: Draft) -> None:
    columns = draft.contract.by_name
    assert draft.contract.outcome.column == "Churn"
    assert draft.contract.outcome.positive == "yes"
    assert draft.contract.id_column == "customerID"
    assert columns["gender"].sensitive
    assert columns["PostCode"].kind == "category"
    assert columns["MonthlyCharges"].missing == ("", "NA")
    assert columns["MonthlyCharges"].role == "holding"
    assert [state.value for state in columns["last_visit_days"].states] == [999.0]
    assert columns["since"].kind == "date"
    assert columns["call_duration"].known == "after_call"
    assert columns["month"].known == "dialling"
    assert columns["remark"].role == "ignore"
    assert columns["country"].role == "ignore"


def test_how_many_columns_are_read_and_why_the_others_are_not_is_said(draft: Draft) -> None:
    assert draft.sentence == (
        "outcome: 'Churn' (guessed from its name); 5 columns are read as characteristics, 7 are set aside: 2 known only later than the "
        "list, 1 id, 1 with one value or none, 1 of free text or codes, 1 date and 1 that tells the outcome almost by itself "
        "(look and decide)."
    )


def test_copies_of_the_outcome_are_suspects_and_not_trusted(draft: Draft) -> None:
    assert "AUC 1.00" in draft.suspects["final_bill"]
    assert draft.contract.by_name["final_bill"].known == "after_call"
    assert "one value only" in draft.suspects["country"]
    assert "gender" not in draft.suspects


def test_the_text_is_the_contract_with_suspects_beside_their_columns(draft: Draft) -> None:
    assert parse_contract(draft.text, origin="draft") == draft.contract
    assert draft.text.count("[columns.") == 12
    before, _ = draft.text.split("[columns.final_bill]")
    assert before.rstrip().endswith("alone tells the outcome (AUC 1.00)")
    assert draft.text.index("known when the list is made") < draft.text.index("known only after the call")
    assert "reviewed = false" in draft.text


def test_a_draft_trains_only_after_a_person_reviewed_it(draft: Draft) -> None:
    with pytest.raises(ContractError, match="Nobody has reviewed"):
        validate(open_table(churn()), draft.contract)
    reviewed = parse_contract(draft.text.replace("reviewed = false", "reviewed = true"), origin="mine")
    table = validate(open_table(churn()), reviewed)
    assert table.ledger.rejected == 0
    assert {"tenure", "gender", "MonthlyCharges"} <= set(table.inputs.columns)
    assert "final_bill" not in table.inputs.columns


@pytest.mark.parametrize(
    ("file", "contract"),
    [
        ("uci-bank/bank.csv", "bank-marketing"),
        ("uci-bank/bank-additional-first-80.csv", "bank-additional"),
        ("term-deposit/train.csv", "term-deposit"),
        ("segments-abcd/customer_segmentation.csv", "customer-segments"),
    ],
)
def test_drafts_of_the_real_tables_agree_with_the_shipped_contracts(
    data_folder: Path, file: str, contract: str
) -> None:
    source, shipped = open_table(data_folder / file), load_contract(contract)
    draft = infer_contract(source, name="draft")
    assert draft.contract.outcome.column == shipped.outcome.column
    assert set(draft.contract.by_name) == set(shipped.by_name)
    wrong = []
    for name, column in shipped.by_name.items():
        guess = draft.contract.by_name[name]
        assert (guess.kind, guess.known, guess.sensitive) == (column.kind, column.known, column.sensitive), name
        wrong += [name] if guess.role != column.role else []
    assert len(wrong) <= 1, wrong
    reviewed = draft.contract.model_copy(update={"reviewed": True})
    assert validate(source, reviewed, at="after_call").ledger.rejected == 0


def test_simulated_campaigns_are_understood() -> None:
    draft = infer_contract(open_table(simulate(Campaign(rows=5_000, control_share=0.2)).frame), name="simulated")
    shipped = load_contract("simulated-campaign")
    for role in ("id", "phone", "consent", "treatment", "satisfaction", "interest"):
        expected = [column.name for column in shipped.columns if column.role == role]
        assert [column.name for column in draft.contract.columns if column.role == role] == expected


def test_a_draft_says_what_its_roles_mean(draft: Draft) -> None:
    head = draft.text.partition("name = ")[0]
    assert "#   id: names the customer" in head
    assert "exclude_if" not in head


def test_levels_of_few_customers_are_not_written_down() -> None:
    """OUT-04."""
    frame = churn().with_columns(city=pl.Series(["Lisboa"] * 395 + ["Ulm"] * 5))
    draft = infer_contract(open_table(frame), name="x")
    assert draft.contract.by_name["city"].allowed == ()
    assert "Ulm" not in draft.text


def test_who_somebody_is_has_no_values_in_the_draft(german: Draft) -> None:
    """OUT-04."""
    roles = {name: german.contract.by_name[name].role for name in ("Vorname", "surname", "E-Mail", "Telefon")}
    assert roles == {"Vorname": "name", "surname": "name", "E-Mail": "name", "Telefon": "phone"}
    for name in (*roles, "konto", "Straße"):
        assert german.contract.by_name[name].kind == "text"
        assert not german.contract.by_name[name].allowed
        assert "personal data" in german.notes[name]
    frame = german_export()
    values = {value for name in (*roles, "konto", "Straße", "Kundennr") for value in frame[name]}
    assert not [value for value in values if value in german.text]
    assert german.contract.id_column == "Kundennr"
    assert german.contract.by_name["has_phone"].allowed == ("ja", "nein")


def test_every_ignored_column_has_a_reason(german: Draft, draft: Draft) -> None:
    for drafted in (german, draft):
        ignored = [column.name for column in drafted.contract.columns if column.role == "ignore"]
        assert ignored
        assert set(ignored) <= set(drafted.notes)
        assert all(f"# NOTE: {drafted.notes[name]}\n[columns." in drafted.text for name in ignored)
    assert "currencies or units that differ" in german.notes["paid"]
    assert "seconds?" in german.notes["quote_ts"]


def test_the_german_draft_reads_its_table(german: Draft) -> None:
    assert parse_contract(german.text, origin="draft") == german.contract
    assert validate_reviewed(german, german_export()).ledger.rejected == 0


def test_rows_that_cannot_be_read_are_counted_and_not_passed_over(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match=r"None of the 200 rows of .* can be read: 200 with more fields"):
        infer_contract(open_table(with_longer_rows(tmp_path / "t.csv", 200)), name="x")
    draft = infer_contract(open_table(with_longer_rows(tmp_path / "t.csv", 150)), name="x")
    assert "# LOOK: 150 of 200 rows cannot be read and say nothing here: 150 with more fields" in draft.text
    assert parse_contract(draft.text, origin="draft") == draft.contract
    assert "cannot be read" not in infer_contract(open_table(with_longer_rows(tmp_path / "t.csv", 0)), name="x").text


@pytest.mark.parametrize("first", ["K00000;71;a;no", "Anna;Ulm;a;no", "anna@example.org;x;a;z"])
def test_a_first_customer_in_place_of_a_header_stands_in_no_error(tmp_path: Path, first: str) -> None:
    """OUT-04."""
    path = tmp_path / "nohead.csv"
    path.write_text("\n".join([first, *(f"K{i};{i};a;{'no' if i % 3 else 'yes'}" for i in range(90))]), "utf-8")
    with pytest.raises(ContractError, match="first line a header") as caught:
        infer_contract(open_table(path), name="x", outcome="y")
    assert not [value for value in first.split(";") if f", {value}" in str(caught.value)]


def test_no_draft_names_a_first_customer_by_his_address(tmp_path: Path) -> None:
    path = tmp_path / "nohead.csv"
    path.write_text("K1;maria@bank.pt;Maria;41\nK2;rui@bank.pt;Rui;52", "utf-8")
    with pytest.raises(ContractError, match="is a customer: it has an e-mail address above e-mail addresses") as caught:
        infer_contract(open_table(path), name="x", without_outcome=True)
    assert "maria" not in str(caught.value).lower()


@pytest.mark.parametrize(
    "columns",
    [
        {"K00001": ["K00002", "K00003"], "912345678": ["912345679", "912345670"], "x": ["a", "b"]},
        {"Maria": ["Rui", "Ana"], "clerk": ["clerk", "maid"], "41": ["52", "41"]},
        {str(month): [month, 3, 0] for month in range(1, 13)},
        {"Newsletter": ["Newsletter", None], "App": [None, "App"]},
        {"a@b": [0, 1], "age": [41, 52]},
    ],
)
def test_names_of_columns_that_may_be_values_are_asked_about_in_a_file_and_names_in_a_frame(
    columns: dict[str, list[Any]], tmp_path: Path
) -> None:
    frame = pl.DataFrame(columns)
    frame.write_csv(tmp_path / "t.csv")
    asked = infer_contract(open_table(tmp_path / "t.csv"), name="x", without_outcome=True)
    assert "is the first line a header?" in asked.text
    assert "header" not in infer_contract(open_table(frame), name="x", without_outcome=True).text


def test_names_that_differ_by_a_number_alone_are_names(tmp_path: Path) -> None:
    frame = pl.DataFrame({f"feature_{place:03}": [place, 2 * place, 7] for place in range(9)})
    for table, asked in ((frame, False), (frame[:, :2], True)):
        table.write_csv(tmp_path / "t.csv")
        text = infer_contract(open_table(tmp_path / "t.csv"), name="x", without_outcome=True).text
        assert ("header" in text) is asked


def test_what_makes_no_contract_is_refused_as_a_contract_that_makes_no_sense() -> None:
    frame = pl.DataFrame({"y": ["yes", "no"] * 50, "Y": list(range(100)), "age": list(range(100))})
    assert infer_contract(open_table(frame), name="Q1/2025\u00a0Nord", outcome="y").contract.name == "Q1/2025\u00a0Nord"
    with pytest.raises(ContractError, match="a text of one line"):
        infer_contract(open_table(frame), name="k\udcff", outcome="y")


def test_a_header_that_is_repeated_is_no_customer(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("age;job\n41;clerk\nage;job\n52;maid\n", "utf-8")
    assert "header" not in infer_contract(open_table(tmp_path / "t.csv"), name="x", without_outcome=True).text


def test_german_nouns_keep_their_capitals_and_other_names_do_not(german: Draft, draft: Draft) -> None:
    labels = {name: column.label for name, column in german.contract.by_name.items()}
    assert (labels["Geburtsdatum"], labels["Kunde_seit"], labels["call_length"]) == (
        "Geburtsdatum", "Kunde seit", "call length",
    )  # fmt: skip
    assert labels["Kundennr"] == "customer"
    assert all(column.label.islower() for column in draft.contract.columns)
    frame = churn().rename({"Churn": "Abschluss"})
    assert infer_contract(open_table(frame), name="x").contract.outcome.label == "Abschluss"


@pytest.mark.parametrize(
    ("kind", "drafted", "rejected"),
    [
        ("time", "text", 0), ("duration", "text", 0), ("datetime", "date", 0), ("categorical", "category", 0),
        ("enum", "category", 0), ("infinite", "number", 0), ("huge", "number", 1), ("decimal", "number", 0),
        ("truth", "category", 0), ("nothing", "category", 0),
    ],
)  # fmt: skip
@pytest.mark.parametrize("parquet", [False, True])
def test_every_native_type_is_drafted_and_read(
    tmp_path: Path, kind: str, drafted: str, rejected: int, parquet: bool
) -> None:
    frame = churn().with_columns(native(kind))
    path = tmp_path / "t.parquet"
    if parquet:
        frame.write_parquet(path)
    source = open_table(path if parquet else frame)
    draft = infer_contract(source, name="x")
    assert draft.contract.by_name["given"].kind == drafted
    reviewed = draft.contract.model_copy(update={"reviewed": True})
    assert validate(source, reviewed, at="after_call").ledger.rejected == rejected


def test_a_number_too_large_for_a_look_is_read_as_validate_reads_it() -> None:
    frame = churn().with_columns(Churn=pl.Series([float("inf") if i == 0 else float(i % 2) for i in range(400)]))
    draft = infer_contract(open_table(churn()), name="x")
    reviewed = draft.contract.model_copy(update={"reviewed": True})
    assert dict(validate(open_table(frame), reviewed).ledger.reasons) == {"unknown_outcome: Churn": 1}


def test_copies_of_a_column_are_asked_about_and_set_aside() -> None:
    amounts = [round(i * 7.31 % 900 - 100, 2) for i in range(400)]
    talk = churn()["call_duration"]
    frame = churn().with_columns(
        pl.Series("saldo", amounts),
        pl.Series("saldo_kopie", amounts),
        pl.Series("saldo_cent", [round(100 * amount) for amount in amounts]),
        talk.alias("x1"),
    )
    draft = infer_contract(open_table(frame.select("x1", pl.exclude("x1"))), name="x")
    columns = draft.contract.by_name
    assert [columns[name].role for name in ("saldo", "saldo_kopie", "saldo_cent")] == ["holding", "ignore", "holding"]
    assert "the same values as 'saldo'" in draft.suspects["saldo_kopie"]
    assert "always 100 times 'saldo'" in draft.suspects["saldo_cent"]
    assert columns["x1"].role == "ignore"
    assert columns["call_duration"].role == "context"


def test_a_guessed_encoding_is_asked_about_by_the_signs_that_it_makes(tmp_path: Path) -> None:
    jobs = ("d\u011bln\u00edk", "jin\u00fd")
    rows = "".join(f"C{i},{20 + i % 50},{jobs[i % 2]},{('no', 'yes')[i % 3 == 0]}\n" for i in range(200))
    (tmp_path / "czech.csv").write_bytes(f"id,age,job,y\n{rows}".encode("cp1250"))
    text = infer_contract(open_table(tmp_path / "czech.csv"), name="x").text
    asked = next(line for line in text.splitlines() if "a guess" in line)
    assert asked.startswith("# LOOK: read as Windows-1252, which is a guess: are signs such as ")
    assert "are signs such as \u00ec right? Windows-1250 reads \u00fd, \u00ed alike." in asked.replace(
        "\u00ed, \u00fd", "\u00fd, \u00ed"
    )
    assert "Otherwise: --set data.encoding=cp1250" in asked
    declared = open_table(tmp_path / "czech.csv", ReadOptions(encoding="cp1250"))
    assert "a guess" not in infer_contract(declared, name="x").text
    (tmp_path / "named.csv").write_bytes(f"id,v\u011bk,\u00e9t\u00e9,y\n{rows}".encode("cp1250"))
    assert "are names such as v\u00eck right?" in infer_contract(open_table(tmp_path / "named.csv"), name="x").text


def test_a_sign_of_few_customers_stands_in_no_question_about_the_encoding(tmp_path: Path) -> None:
    rows = [f"C{i},{20 + i % 50},{chr(0xE9) if i % 2 else 'a'},{('no', 'yes')[i % 3 == 0]}\n" for i in range(200)]
    rows[7] = f"C7,27,{12 * chr(0x11B)},no\n"
    (tmp_path / "few.csv").write_bytes(f"id,age,sign,y\n{''.join(rows)}".encode("cp1250"))
    text = infer_contract(open_table(tmp_path / "few.csv"), name="x").text
    asked = next(line for line in text.splitlines() if "a guess" in line)
    assert "are its signs beyond ASCII right? Windows-1250 reads \u00e9 alike. Otherwise" in asked
    assert "\u00ec" not in text


def test_columns_that_write_decimals_in_two_ways_are_said(tmp_path: Path) -> None:
    rows = "".join(f"C{i};{i} 857,73;{i}'022.95;{('no', 'yes')[i % 3 == 0]}\n" for i in range(200))
    (tmp_path / "t.csv").write_text(f"id;balance;income;y\n{rows}")
    text = infer_contract(open_table(tmp_path / "t.csv"), name="x").text
    assert (
        "# LOOK: 'balance' has decimal commas, as in 0,5, and 'income' decimal points, as in 0.5: write all numbers"
        in text
    )


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_infinities_among_numbers_are_no_value(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"t.{suffix}"
    frame = pl.DataFrame(
        {
            "id": [f"C{i}" for i in range(300)],
            "ratio": [(float("inf"), float("-inf"))[i % 2] if i % 10 < 2 else i * 1.37 for i in range(300)],
            "y": [("no", "yes")[i % 3 == 0] for i in range(300)],
        }
    )
    (frame.write_csv if suffix == "csv" else frame.write_parquet)(path)
    draft = infer_contract(open_table(path), name="x")
    column = draft.contract.by_name["ratio"]
    assert (column.kind, column.missing) == ("number", ("", "-inf", "inf"))
    assert "read as no value: -inf, inf" in draft.suspects["ratio"]
    table = validate(open_table(path), draft.reviewed(), at="planning")
    assert table.ledger.rejected == 0
    assert table.frame["ratio"].null_count() == 60
