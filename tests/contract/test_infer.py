"""Drafted contracts: every column once, suspects named, and nothing trains before a person looked."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from segmint.contract.contract import load_contract, parse_contract
from segmint.contract.hints import (
    feature_role,
    is_sensitive,
    known_by_name,
    label_for,
    perhaps_after_call,
    personal_role,
    plain_name,
)
from segmint.contract.infer import Draft, infer_contract
from segmint.contract.valid_table import ValidTable
from segmint.contract.validate import validate
from segmint.errors import ContractError
from segmint.tables.simulate import Campaign, simulate
from segmint.tables.source import ReadOptions, open_table


def churn(rows: int = 400) -> pl.DataFrame:
    """A telecom table as a new user might bring it."""
    draw = random.Random(2)
    left = [draw.random() < 0.3 for _ in range(rows)]
    return pl.DataFrame(
        {
            "customerID": [f"00{7_000 + i}-XYZ" for i in range(rows)],
            "gender": [draw.choice(["Female", "Male"]) for _ in range(rows)],
            "tenure": [str(draw.randrange(0, 72)) for _ in range(rows)],
            "MonthlyCharges": [f"{draw.uniform(20, 120):.2f}" if draw.random() > 0.05 else "NA" for _ in range(rows)],
            "last_visit_days": [draw.choice(["999", str(draw.randrange(1, 60))]) for _ in range(rows)],
            "PostCode": [f"0{draw.randrange(1000, 1010)}" for _ in range(rows)],
            "country": ["PT"] * rows,
            "final_bill": ["1" if gone else "0" for gone in left],
            "remark": [f"called about {draw.randrange(10**6)}" for _ in range(rows)],
            "since": [f"202{draw.randrange(5)}-01-0{draw.randrange(1, 9)}" for _ in range(rows)],
            "call_duration": [str(draw.randrange(0, 600)) for _ in range(rows)],
            "month": [draw.choice(["jan", "feb", "mar"]) for _ in range(rows)],
            "Churn": ["Yes" if gone else "No" for gone in left],
        }
    )


@pytest.fixture(scope="module")
def draft() -> Draft:
    return infer_contract(open_table(churn()), name="churn")


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


@pytest.mark.parametrize(
    "name",
    ["default", "CreditDefault", "loan_arrears", "days overdue", "kredit_rückstand", "Mahnstufe_Konto", "saldo_mora",
     "crédito_vencido", "prêt_impayé", "conta_em_atraso", "carta_scaduta", "account_in_collections", "overdraft_credit"],
)  # fmt: skip
def test_nobody_is_talked_into_missed_payments(name: str) -> None:
    frame = churn().with_columns(pl.Series(name, ["yes", "no"] * 200))
    assert infer_contract(open_table(frame), name="x").contract.by_name[name].changeable is False


def test_what_a_bank_sells_and_who_somebody_is_keep_what_is_usual() -> None:
    names = ["housing_loan", "credit_card", "deposit_account", "morada_tipo", "Alter", "sex", "debit_card"]
    frame = churn().with_columns(pl.Series(name, ["yes", "no"] * 200) for name in names)
    columns = infer_contract(open_table(frame), name="x").contract.by_name
    assert [columns[name].changeable for name in names] == [None] * len(names)
    assert [columns[name].sensitive for name in ("Alter", "sex")] == [True, True]


def test_a_draft_says_what_its_roles_mean(draft: Draft) -> None:
    head = draft.text.partition("name = ")[0]
    assert "#   id: names the customer" in head
    assert "exclude_if" not in head


def test_a_table_without_answers_is_drafted_for_those_to_come() -> None:
    frame = churn().drop("Churn")
    with pytest.raises(ContractError, match="--no-outcome"):
        infer_contract(open_table(frame.drop("final_bill")), name="x")
    draft = infer_contract(open_table(frame), name="x", without_outcome=True)
    assert draft.contract.outcome.column == "response"
    assert set(draft.contract.by_name) == set(frame.columns)
    assert parse_contract(draft.text, origin="draft") == draft.contract
    assert "# LOOK: nobody's answer is here yet; name the column that your campaign will fill\n[outcome]" in draft.text
    empty = frame.with_columns(bought=pl.lit(None, dtype=pl.String))
    named = infer_contract(open_table(empty), name="x", outcome="bought", without_outcome=True).contract
    assert named.outcome.column == "bought"
    assert "bought" not in named.by_name


def test_answers_in_a_table_that_is_said_to_have_none_are_asked_about() -> None:
    draft = infer_contract(open_table(churn()), name="x", without_outcome=True)
    assert "does it hold the answers?" in draft.suspects["Churn"]
    with pytest.raises(ContractError, match="has answers in 'Churn'"):
        infer_contract(open_table(churn()), name="x", outcome="Churn", without_outcome=True)


def test_an_outcome_that_cannot_be_found_is_asked_for() -> None:
    frame = churn().rename({"Churn": "answer"})
    with pytest.raises(ContractError, match="looks like an outcome"):
        infer_contract(open_table(frame), name="x")
    assert infer_contract(open_table(frame), name="x", outcome="answer").contract.outcome.kind == "response"
    with pytest.raises(ContractError, match=r"no column 'Answer'(.|\n)*one of customerID, gender"):
        infer_contract(open_table(frame), name="x", outcome="Answer")
    with pytest.raises(ContractError, match="has 1 levels"):
        infer_contract(open_table(frame), name="x", outcome="country")


def test_a_mistyped_outcome_is_suggested_although_the_list_of_columns_ends_before_it() -> None:
    columns = {f"column {letter}": ["a", "b"] * 30 for letter in "abcdefghijklmnopqrst"}
    frame = pl.DataFrame({**columns, "Abschluss Ja/Nein": ["Ja", "Nein"] * 30})
    for typed in ("abschluss ja/nein", "Abschlus Ja/Nein"):
        with pytest.raises(ContractError) as caught:
            infer_contract(open_table(frame), name="x", outcome=typed)
        assert caught.value.fix == "did you mean 'Abschluss Ja/Nein'?"
        assert caught.value.expected.endswith("column t … and 1 more")
    unheaded = frame.rename({"Abschluss Ja/Nein": "Meier 4711"})
    with pytest.raises(ContractError) as caught:
        infer_contract(open_table(unheaded), name="x", outcome="Meier 471")
    assert "Meier 4711" not in str(caught.value)


def test_levels_of_few_customers_are_not_written_down() -> None:
    """OUT-04."""
    frame = churn().with_columns(city=pl.Series(["Lisboa"] * 395 + ["Ulm"] * 5))
    draft = infer_contract(open_table(frame), name="x")
    assert draft.contract.by_name["city"].allowed == ()
    assert "Ulm" not in draft.text


def german_export(rows: int = 400) -> pl.DataFrame:
    """A bank's own export: dates with points, names, numbers to reach people, and what the call brought."""
    draw = random.Random(3)

    def day(first: date, days: int, form: str = "%d.%m.%Y") -> str:
        return (first + timedelta(days=draw.randrange(days))).strftime(form)

    called = [date(2024, 3, 1) + timedelta(days=draw.randrange(30)) for _ in range(rows)]
    return pl.DataFrame(
        {
            "Kundennr": [f"{100_000 + i:08d}" for i in range(rows)],
            "Vorname": [draw.choice(["Anna", "Mehmet", "Zoë"]) for _ in range(rows)],
            "surname": [f"Müller-{draw.randrange(90)}" for _ in range(rows)],
            "E-Mail": [f"x{i}@example.de" for i in range(rows)],
            "Telefon": [f"0151{draw.randrange(10**8):08d}" for _ in range(rows)],
            "konto": [f"DE{draw.randrange(10**20):020d}" for _ in range(rows)],
            "Straße": [f"Allee {draw.randrange(40)}" for _ in range(rows)],
            "Geburtsdatum": [day(date(1940, 1, 1), 20_000) for _ in range(rows)],
            "Kunde_seit": [day(date(2001, 1, 1), 8_000, "%d/%m/%Y") for _ in range(rows)],
            "review": [day(date(2001, 1, 1), 28, "%m/%d/%Y") if draw.random() > 0.1 else "NULL" for _ in range(rows)],
            "Stand": [day(date(2024, 1, 1), 20, "%Y%m%d") for _ in range(rows)],
            "Anrufdatum": [f"{day:%d.%m.%Y}" for day in called],
            "closed_on": [f"{day:%d.%m.%Y}" if draw.random() < 0.9 else "31.12.9999" for day in called],
            "fertig": [f"{day:%d.%m.%Y} 1{draw.randrange(10)}:05" for day in called],
            "paid": [f"{draw.randrange(1, 900)} {draw.choice(('EUR', 'USD'))}" for _ in range(rows)],
            "quote_ts": [str(1_700_000_000 + draw.randrange(10**6)) for _ in range(rows)],
            "cancel_reason": [draw.choice(["price", "moved"]) for _ in range(rows)],
            "talk_minutes": [f"{draw.uniform(0, 9):.1f}" for _ in range(rows)],
            "call_length": [str(draw.randrange(900)) for _ in range(rows)],
            "duration_sec": [str(draw.randrange(900)) for _ in range(rows)],
            "has_phone": [draw.choice(["ja", "nein"]) for _ in range(rows)],
            "Antwort_offen": [draw.choice(["a", "b", "c"]) for _ in range(rows)],
            "response": [draw.choice(["mail", "post", "none"]) for _ in range(rows)],
            "accepted_offer": ["ja" if draw.random() < 0.6 else "nein" for _ in range(rows)],
        }
    )


@pytest.fixture(scope="module")
def german() -> Draft:
    return infer_contract(open_table(german_export()), name="german")


def test_dates_are_recognised_as_they_are_written_and_are_never_features(german: Draft) -> None:
    written = {column.name: column.format for column in german.contract.columns if column.kind == "date"}
    assert written == {
        "Geburtsdatum": "%d.%m.%Y",
        "Kunde_seit": "%d/%m/%Y",
        "review": "%m/%d/%Y",
        "Stand": "%Y%m%d",
        "Anrufdatum": "%d.%m.%Y",
        "closed_on": "%d.%m.%Y",
        "fertig": "%d.%m.%Y",
    }
    for name in written:
        assert not german.contract.by_name[name].is_feature
        assert "To use them, put a number into the table" in german.notes[name]
    assert "dd.mm.yyyy" in german.notes["closed_on"]


def test_dates_known_only_after_the_call_are_suspects(german: Draft) -> None:
    known = {name: column.known for name, column in german.contract.by_name.items()}
    assert known["closed_on"] == known["fertig"] == "after_call"
    assert known["Anrufdatum"] == "dialling"
    assert known["Geburtsdatum"] == known["Kunde_seit"] == "planning"
    assert "100% of its days are not before 'Anrufdatum'" in german.suspects["fertig"]
    assert "is it known only after the call?" in german.suspects["Stand"]
    assert "Kunde_seit" not in german.suspects


def test_a_date_filled_only_for_those_who_said_yes_tells_the_outcome() -> None:
    stamps = [f"{i % 9 + 13}.04.2024" if answer == "Yes" else "" for i, answer in enumerate(churn()["Churn"])]
    frame = churn().with_columns(stamp=pl.Series(stamps))
    draft = infer_contract(open_table(frame), name="x")
    assert draft.contract.by_name["stamp"].known == "after_call"
    assert "alone tells the outcome (AUC 1.00)" in draft.suspects["stamp"]


def several_classes(rows: int, small: int) -> pl.DataFrame:
    """A table of four classes, the last of few rows and of high age, and a stamp that only one class has."""
    draw = random.Random(5)
    classes = ["D" if i < small else "ABC"[i % 3] for i in range(rows)]
    return pl.DataFrame(
        {
            "id": [f"C{i:05}" for i in range(rows)],
            "age": [draw.randrange(75, 90) if each == "D" else draw.randrange(18, 80) for each in classes],
            "note_no": ["7" if each == "B" else "" for each in classes],
            "segment": classes,
        }
    )


def test_a_small_class_at_the_end_of_an_age_is_no_leak() -> None:
    """A class of several that 12 customers have tells nothing of what is known when."""
    draft = infer_contract(open_table(several_classes(3_000, 12)), name="x")
    assert draft.contract.by_name["age"].known == "planning"
    assert "age" not in draft.suspects
    assert draft.contract.by_name["note_no"].known == "after_call"
    assert "alone tells who is 'B' (AUC 1.00)" in draft.suspects["note_no"]


def test_a_class_of_one_in_a_hundred_that_a_column_tells_is_told() -> None:
    rare = several_classes(4_000, 36).with_columns(
        pl.when(pl.col("segment") == "D").then(pl.lit("12.50")).otherwise(pl.lit("0")).alias("fee_paid")
    )
    draft = infer_contract(open_table(rare), name="x")
    assert draft.contract.by_name["fee_paid"].known == "after_call"
    assert "alone tells who is 'D' (AUC 1.00)" in draft.suspects["fee_paid"]


def test_in_a_table_of_small_classes_alone_all_of_them_count() -> None:
    small = several_classes(84, 12).with_columns(code=pl.col("segment"))
    assert infer_contract(open_table(small), name="x").contract.by_name["code"].known == "after_call"


def test_one_of_several_classes_is_named_that_a_column_tells() -> None:
    draft = infer_contract(open_table(several_classes(900, 40)), name="x")
    assert "alone tells who is 'D' (AUC 0.9" in draft.suspects["age"]


def test_a_rare_yes_is_told_all_the_same() -> None:
    yes = pl.Series("Churn", ["Yes" if i < 8 else "No" for i in range(400)])
    frame = churn().drop("final_bill").with_columns(yes, bill=pl.Series([str(i // 4) for i in range(400)]))
    assert "alone tells the outcome" in infer_contract(open_table(frame), name="x").suspects["bill"]


def test_what_could_be_read_in_two_ways_is_asked() -> None:
    days = ["03/04/2024", "05/06/2024", "01/02/2023"]
    frame = churn().with_columns(opened=pl.Series([days[i % 3] for i in range(400)]))
    draft = infer_contract(open_table(frame), name="x")
    assert draft.contract.by_name["opened"].format == "%d/%m/%Y"
    assert draft.suspects["opened"] == "read as dd/mm/yyyy; all would also be days as mm/dd/yyyy"


def test_whole_numbers_that_are_days_are_dates() -> None:
    frame = churn().with_columns(paid_until=pl.Series([20240100 + i % 28 + 1 for i in range(400)]))
    draft = infer_contract(open_table(frame), name="x")
    assert draft.contract.by_name["paid_until"].format == "%Y%m%d"
    assert validate_reviewed(draft, frame).ledger.rejected == 0


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


def test_the_outcome_is_the_binary_column_that_sounds_like_one(german: Draft) -> None:
    assert german.contract.outcome.column == "accepted_offer"
    assert german.contract.outcome.positive == "ja"
    assert german.suspects["response"].endswith("named like an outcome")
    for name in ("talk_minutes", "call_length", "duration_sec", "cancel_reason", "response"):
        assert german.contract.by_name[name].known == "after_call", name


@pytest.mark.parametrize("name", ["bought_in_campaign", "accepted_offer", "subscribed", "response", "Converted?"])
def test_names_of_outcomes(name: str) -> None:
    frame = churn().drop("Churn", "final_bill").with_columns(pl.Series(name, ["won", "lost"] * 200))
    frame = frame.with_columns(previous_response=pl.Series(["1", "0"] * 200), prev_bought=pl.Series(["1", "0"] * 200))
    draft = infer_contract(open_table(frame), name="x")
    assert draft.contract.outcome.column == name
    assert draft.contract.outcome.positive == "won"


def test_an_outcome_is_asked_about_where_words_do_not_tell() -> None:
    answers = ["ok"] * 300 + ["ko"] * 90 + [""] * 10
    draft = infer_contract(open_table(churn().with_columns(Churn=pl.Series(answers))), name="x")
    assert (
        draft.suspects["Churn"]
        == "is 'ko' the yes?; 10 rows have no outcome and would be rejected: not called, or a no?"
    )
    assert "# LOOK: is 'ko' the yes?" in draft.text.split("[outcome]")[0]


@pytest.mark.parametrize(
    ("counts", "positive", "asked"),
    [
        ({"1": 356, "2": 44}, "2", True),
        ({"2": 356, "1": 44}, "1", True),
        ({"1": 356, "0": 44}, "yes", False),
        ({"1": 356, "-1": 44}, "1", False),
        ({"1": 356, "nein": 44}, "1", False),
        ({"1": 356, "ja": 44}, "ja", True),
    ],
)
def test_1_is_the_yes_only_beside_a_no(counts: dict[str, int], positive: str, asked: bool) -> None:
    answers = [level for level, count in counts.items() for _ in range(count)]
    draft = infer_contract(open_table(churn().with_columns(Churn=pl.Series(answers))), name="x")
    assert draft.contract.outcome.positive == positive
    assert (f"is '{positive}' the yes?" in draft.suspects.get("Churn", "")) == asked
    assert validate_reviewed(draft, churn().with_columns(Churn=pl.Series(answers))).ledger.rejected == 0


@pytest.mark.parametrize("name", ["Eröffnungsdatum", "Geburtsdatum", "birthdate", "startdate", "Startdatum"])
def test_days_as_a_spreadsheet_counts_them_are_no_feature_under_a_name_joined_to_date(name: str) -> None:
    days = pl.Series([str(38_000 + 17 * row) for row in range(400)])
    draft = infer_contract(open_table(churn().with_columns(days.alias(name))), name="x")
    assert draft.contract.by_name[name].role == "ignore"
    assert "named like a date but written as a number" in draft.notes[name]


@pytest.mark.parametrize(
    "name",
    ["Kundeseit", "Vertragsbeginn", "account_opened", "Konto_eroeffnet", "Konto eröffnet", "customer_since", "Kunde seit", "salary_account_opened",
     "last_contact", "LastVisit", "letzter Anruf", "letzte_Änderung", "letzte_Aenderung", "previous_purchase", "first_seen", "last_login"],
)  # fmt: skip
def test_days_as_a_spreadsheet_counts_them_are_asked_about_under_the_name_of_a_beginning(name: str) -> None:
    days = pl.Series([38_000 + 17 * row for row in range(400)])
    asked = "are they days as a spreadsheet keeps them, counted from 1900?"
    draft = infer_contract(open_table(churn().with_columns(days.alias(name))), name="x")
    assert asked in draft.suspects[name]
    months = infer_contract(open_table(churn().with_columns((days // 500).alias(name))), name="x")
    assert asked not in months.suspects.get(name, "")


@pytest.mark.parametrize(
    "name",
    ["last_salary", "salary_last_year", "previous_income", "last_payment", "letztes Gehalt", "first_salary_eur",
     "last_purchase_amount", "last_order_value", "OpeningBalance", "starting_salary", "joint_income_gross", "plastic"],
)  # fmt: skip
def test_amounts_are_not_asked_about_as_days_of_a_spreadsheet(name: str) -> None:
    amounts = pl.Series(name, [20_000 + 97 * row for row in range(400)])
    draft = infer_contract(open_table(churn().with_columns(amounts)), name="x")
    assert draft.contract.by_name[name].kind == "number"
    assert "days as a spreadsheet" not in draft.suspects.get(name, "")


@pytest.mark.parametrize(
    "name", ["update", "mandate", "candidate", "updates", "validate", "last_update", "consolidated"]
)
def test_words_that_end_in_date_by_chance_are_no_dates(name: str) -> None:
    draft = infer_contract(open_table(churn().with_columns(pl.Series(name, range(400)) % 50)), name="x")
    assert draft.contract.by_name[name].role != "ignore"


def test_the_german_draft_reads_its_table(german: Draft) -> None:
    assert parse_contract(german.text, origin="draft") == german.contract
    assert validate_reviewed(german, german_export()).ledger.rejected == 0


def test_periods_and_numbers_with_units_are_no_levels() -> None:
    some = {
        "stand": ["2024-03", "2024-04"], "month_end": ["03/2024", "04/2024"], "quarter": ["2024Q1", "2024Q2"],
        "yyyymm": ["202403", "202404", "202405"], "rate": ["1,5 %", "2 %", "3 %"], "fee": ["EUR 10", "USD 12", "EUR 9"],
        "size": ["10", "12", "9"], "plan": ["5G", "4G"],
    }  # fmt: skip
    frame = churn().with_columns(
        pl.Series(name, [cells[i % len(cells)] for i in range(400)]) for name, cells in some.items()
    )
    draft = infer_contract(open_table(frame), name="x")
    features = {name for name in some if draft.contract.by_name[name].is_feature}
    assert features == {"size", "plan", "rate", "fee"}
    for name in ("stand", "month_end", "quarter", "yyyymm"):
        assert "training never saw" in draft.notes[name]
    assert "bare numbers" in draft.suspects["fee"]
    assert (draft.contract.by_name["rate"].kind, draft.contract.by_name["rate"].unit) == ("number", "%")
    assert not {"size", "plan"} & set(draft.suspects)


@pytest.mark.parametrize(
    ("column", "role"),
    [
        ("Nombre", "name"), ("apellidos", "name"), ("prénom", "name"), ("customer_email", "name"), ("Móvil", "phone"),
        ("homePhone2", "phone"), ("phone_number", "phone"), ("Morada", "ignore"), ("shipping address", "ignore"),
        ("PhoneService", None), ("email_opens", None), ("nominal", None), ("product_name", None), ("mobile_calls", None),
    ],
)  # fmt: skip
def test_who_somebody_is_is_known_by_its_name(column: str, role: str | None) -> None:
    assert personal_role(plain_name(column)) == role


@pytest.mark.parametrize(
    "name",
    ["do_not_call", "DoNotContact", "no_consent", "consent_withdrawn", "gdpr_objection", "opt_out", "Werbesperre"],
)
@pytest.mark.parametrize("cells", [["yes", "no"], ["0", "1"], ["no"]])
def test_an_objection_is_never_drafted_as_consent(name: str, cells: list[str]) -> None:
    frame = churn().with_columns(pl.Series(name, [cells[i % len(cells)] for i in range(400)]))
    draft = infer_contract(open_table(frame), name="x")
    assert draft.contract.by_name[name].role == "exclude_if"
    assert "must not be called?" in draft.suspects[name]


@pytest.mark.parametrize("name", ["do_not_call", "deceased", "consent"])
def test_who_may_be_called_is_read_in_the_next_table_though_this_one_says_nothing(name: str) -> None:
    frame = churn().with_columns(pl.lit("", pl.String).alias(name))
    draft = infer_contract(open_table(frame), name="x")
    assert draft.contract.by_name[name].role == ("consent" if name == "consent" else "exclude_if")
    assert "nobody may be called" in draft.suspects[name]


def test_words_for_no_outcome_are_no_third_level() -> None:
    churned = churn()["Churn"]
    frame = churn().with_columns(
        Churn=pl.when(pl.int_range(400) % 20 == 0).then(pl.lit("NA")).otherwise(churned),
        region=pl.Series(["NA", "EU"] * 200),
    )
    draft = infer_contract(open_table(frame), name="x")
    assert (draft.contract.outcome.column, draft.contract.outcome.kind) == ("Churn", "response")
    assert draft.contract.missing == ("", "NA")
    assert "20 rows have no outcome (empty, or NA)" in draft.suspects["Churn"]
    assert draft.contract.missing_tokens(draft.contract.by_name["region"]) == ("",)
    reviewed = draft.contract.model_copy(update={"reviewed": True})
    table = validate(open_table(frame), reviewed, max_rejected=0.1)
    assert table.ledger.reasons == {"missing_outcome: Churn": 20}
    assert table.frame["region"].null_count() == 0


@pytest.mark.parametrize(
    ("cells", "levels", "missing"),
    [
        (["nein", "nein", "ja", "Ja", "nein"], ("nein", "ja"), ()),
        (["nein", "NEIN", "ja", "JA", "nein", "ja"], ("nein", "ja"), ()),
        (["no", "yes", "unknown"], ("no", "yes"), ("unknown",)),
        (["no", "yes", "no answer", "Unknown"], ("no", "yes"), ("Unknown", "no answer")),
        (["nein", "ja", "k.A."], ("nein", "ja"), ("k.A.",)),
        (["no", "yes", "later"], ("no", "yes"), ("later",)),
        (["wahr", "falsch"], ("falsch", "wahr"), ()),
        (["s", "n"], ("n", "s"), ()),
        (["nein", "nein", "ja", "j", "no", "ja"], ("nein", "ja"), ()),
        (["0", "1", "2"], ("0", "1", "2"), ()),
        (["Gold", "gold", "Silver", "Plain"], ("Gold", "Plain", "Silver", "gold"), ()),
    ],
)
def test_spellings_of_one_answer_are_one_level(
    cells: list[str], levels: tuple[str, ...], missing: tuple[str, ...]
) -> None:
    frame = churn().with_columns(Churn=pl.Series([cells[i % len(cells)] for i in range(400)]))
    draft = infer_contract(open_table(frame), name="x", outcome="Churn")
    outcome = draft.contract.outcome
    assert outcome.levels == levels
    assert outcome.positive == (levels[1] if len(levels) == 2 else None)
    assert draft.contract.missing == ("", *missing)
    assert parse_contract(draft.text, origin="draft") == draft.contract
    lost = sum(cells[i % len(cells)] in missing for i in range(400))
    table = validate(open_table(frame), draft.contract.model_copy(update={"reviewed": True}), max_rejected=0.9)
    assert table.ledger.rejected == lost
    if missing:
        assert f"{lost} rows have no outcome (empty, or {', '.join(missing)})" in draft.suspects["Churn"]
    if "Gold" in levels:
        assert "only in capital letters" in draft.suspects["Churn"]


def test_a_word_of_few_is_no_answer_and_no_word_for_nothing_in_other_columns() -> None:
    """OUT-04."""
    answers = pl.Series("Churn", ["ja", "nein", "nein", "?"] * 100).scatter(17, "vielleicht")
    frame = churn().with_columns(answers)
    draft = infer_contract(open_table(frame), name="x")
    assert draft.contract.missing == ("", "?")
    assert draft.contract.outcome.levels == ("nein", "ja")
    assert "1 row says neither 'nein' nor 'ja'" in draft.suspects["Churn"]
    assert "100 rows have no outcome (empty, or ?)" in draft.suspects["Churn"]
    assert "vielleicht" not in draft.text
    reviewed = draft.contract.model_copy(update={"reviewed": True})
    ledger = validate(open_table(frame), reviewed, max_rejected=0.5).ledger
    assert ledger.reasons == {"missing_outcome: Churn": 100, "unknown_outcome: Churn": 1}
    details = {reject.reason: reject.detail for reject in ledger.rejects}
    assert "not a spelling of an outcome level" in details["unknown_outcome"]
    assert "empty or a word for no value" in details["missing_outcome"]


def test_a_bad_cell_beside_words_for_nothing_costs_one_row() -> None:
    cells = ["-" if i % 8 == 0 else "NA" if i % 50 == 3 else str(20 + i % 60) for i in range(400)]
    frame = churn().with_columns(Alter=pl.Series([*cells[:-1], "abc"]))
    draft = infer_contract(open_table(frame), name="x")
    assert draft.contract.by_name["Alter"].kind == "number"
    assert draft.contract.by_name["Alter"].missing == ("", "-", "NA")
    said = "1 value cannot be read as a number: its row would be rejected; read as no value: -, NA"
    assert draft.suspects["Alter"] == said
    assert validate_reviewed(draft, frame).ledger.reasons == {"not_a_number: Alter": 1}


def test_levels_beside_a_word_for_nothing_stay_levels() -> None:
    draft = drafted_with("plan", ["1", "2", "gold", "?"])
    assert draft.contract.by_name["plan"].kind == "category"
    assert draft.contract.by_name["plan"].allowed == ("1", "2", "?", "gold")
    assert "is '?' a level" in draft.suspects["plan"]


def test_one_row_without_an_outcome_is_one_row() -> None:
    frame = churn().with_columns(pl.Series("Churn", ["yes", "no"] * 200).scatter(3, "-"))
    assert (
        infer_contract(open_table(frame), name="x").suspects["Churn"].startswith("1 row has no outcome (empty, or -)")
    )


def test_a_word_for_nothing_may_be_one_of_several_answers() -> None:
    frame = churn().with_columns(segment=pl.Series(["none", "gold", "silver", "?"] * 100)).drop("Churn")
    outcome = infer_contract(open_table(frame), name="x", outcome="segment").contract.outcome
    assert outcome.levels == ("gold", "none", "silver")


def test_who_may_be_called_is_asked_and_what_only_sounds_like_it_is_not() -> None:
    cells = {
        "consent": ["yes", "no"],
        "opt_in_sms": ["Y", "N"],
        "withdrawals": ["0", "3"],
        "object_type": ["car", "house"],
    }
    frame = churn().with_columns(pl.Series(name, [each[i % 2] for i in range(400)]) for name, each in cells.items())
    draft = infer_contract(open_table(frame), name="x")
    roles = {name: draft.contract.by_name[name].role for name in cells}
    assert (roles["consent"], roles["opt_in_sms"]) == ("consent", "consent")
    assert not {"consent", "exclude_if"} & {roles["withdrawals"], roles["object_type"]}
    assert "may be called?" in draft.suspects["consent"]
    assert "# LOOK: does yes mean that the customer may be called?" in draft.text.split("[columns.consent]")[0]


def drafted_with(name: str, cells: list[str]) -> Draft:
    """The draft of a table with one more column, in which these cells come again and again."""
    column = pl.Series(name, [cells[i % len(cells)] for i in range(400)])
    return infer_contract(open_table(churn().with_columns(column)), name="x")


@pytest.mark.parametrize(
    "name",
    [
        "Werbeeinwilligung", "Einwilligung", "Zustimmung", "Werbeerlaubnis", "Einverständnis Werbung", "DSGVO",
        "newsletter <b>opt-in</b> & more", "OptIn", "opted_in", "NewsletterOptIn", "marketing_permission",
        "consentement", "consenso", "Einwilligung Telefon", "telefon_einwilligung_status", "contact_permission_reason",
    ],
)  # fmt: skip
def test_a_consent_is_one_in_other_words_and_languages(name: str) -> None:
    draft = drafted_with(name, ["ja", "nein", ""])
    assert (draft.contract.by_name[name].role, draft.contract.by_name[name].known) == ("consent", "planning")
    assert "may be called?" in draft.suspects[name]


@pytest.mark.parametrize(
    "name",
    ["keine Werbung", "Keine Einwilligung", "Einwilligung fehlt", "Einwilligung_widerrufen", "ohne Zustimmung", "no_opt_in",
     "sans_consentement", "Zustimmung verweigert", "permission_denied", "nicht_anrufen", "consenso_negato",
     "Kontakt nicht erwünscht"],
)  # fmt: skip
def test_a_consent_denied_is_an_objection(name: str) -> None:
    assert drafted_with(name, ["ja", "nein"]).contract.by_name[name].role == "exclude_if"


@pytest.mark.parametrize(
    "name", ["opting", "optimum", "options", "opt_info", "adoption", "Gewerbe", "nicht_erreichte_anrufe"]
)
def test_what_only_looks_like_a_consent_is_none_and_not_asked_about(name: str) -> None:
    draft = drafted_with(name, ["ja", "nein"])
    assert draft.contract.by_name[name].is_feature
    assert "who may be called" not in draft.suspects.get(name, "")


@pytest.mark.parametrize("name", ["Werbung per Post", "Newsletter", "marketing", "publicidad", "may_be_called"])
@pytest.mark.parametrize("cells", [["ja", "nein"], ["1", "0", "NA"], ["yes", ""]])
def test_a_yes_or_no_that_may_be_a_consent_is_asked_about(name: str, cells: list[str]) -> None:
    assert "does it say who may be called?" in drafted_with(name, cells).suspects[name]


@pytest.mark.parametrize("name", ["Werbekosten", "newsletters_read", "Zustimmungsquote"])
def test_amounts_are_no_consent(name: str) -> None:
    draft = drafted_with(name, [str(i) for i in range(40)])
    assert draft.contract.by_name[name].role == "characteristic"
    assert name not in draft.suspects


def test_the_days_of_a_consent_are_asked_about() -> None:
    draft = drafted_with("Einwilligung", [f"{day}.04.2024" for day in range(10, 30)] + [""] * 5)
    assert draft.contract.by_name["Einwilligung"].role == "time"
    assert "put yes or no" in draft.suspects["Einwilligung"]


@pytest.mark.parametrize("name", ["consent_phone", "do_not_call_mobile"])
def test_answers_about_a_phone_are_no_numbers_to_call(name: str) -> None:
    assert drafted_with(name, ["yes", "no", "unknown"]).contract.by_name[name].role in ("consent", "exclude_if")


@pytest.mark.parametrize("as_numbers", [False, True])
@pytest.mark.parametrize("with_call_id", [False, True])
def test_a_customer_in_several_rows_is_still_the_customer(as_numbers: bool, with_call_id: bool) -> None:
    ids = pl.Series([100_000 + i // 3 for i in range(400)])
    frame = churn().drop("customerID").with_columns(customer_id=ids if as_numbers else ids.cast(pl.String) + "-X")
    if with_call_id:
        frame = frame.insert_column(0, pl.Series("call_id", [f"C{i}" for i in range(400)]))
    draft = infer_contract(open_table(frame), name="x")
    assert draft.contract.id_column == "customer_id"
    assert "400 rows with 134 different values" in draft.suspects["customer_id"]
    assert "# LOOK: 400 rows with 134" in draft.text
    ids_read = validate_reviewed(draft, frame).ledger.receipt["ids"]
    assert isinstance(ids_read, dict)
    assert ids_read["repeated_rows"] == 266


def test_a_number_of_a_branch_or_case_in_many_rows_is_no_customer() -> None:
    numbers = pl.Series("branch_id", [i // 4 for i in range(400)])
    frame = churn().drop("customerID").with_columns(numbers, agent_no="a" + numbers.cast(pl.String))
    assert infer_contract(open_table(frame), name="x").contract.id_column not in ("branch_id", "agent_no")


@pytest.mark.parametrize("name", ["CLIENTNUM", "cust_num", "custno", "cif", "acct", "ClientNumber", "Unnamed: 0"])
def test_whole_numbers_that_are_all_different_are_ids_or_asked_about(name: str) -> None:
    numbers = pl.Series(name, [7_000_000 + 3 * i for i in range(400)])
    draft = infer_contract(open_table(churn().drop("customerID", "remark").with_columns(numbers)), name="x")
    if name == "Unnamed: 0":
        assert "all different" in draft.suspects[name]
    else:
        assert draft.contract.id_column == name
    amounts = numbers.cast(pl.Float64) + 0.5
    asked = infer_contract(open_table(churn().with_columns(amounts.alias("amount"))), name="x").suspects
    assert "amount" not in asked


@pytest.mark.parametrize(
    ("name", "cell", "known"),
    [
        ("call_time", "09:3{}", "dialling"),
        ("last_call_time", "9:3{} pm", "planning"),
        ("duration", "00:0{}:17", "after_call"),
        ("when", "17:0{}", "planning"),
    ],
)
def test_times_of_day_are_no_levels_and_asked_about(name: str, cell: str, known: str) -> None:
    frame = churn().with_columns(pl.Series(name, ["NA" if i == 9 else cell.format(i % 7) for i in range(400)]))
    draft = infer_contract(open_table(frame), name="x")
    assert (draft.contract.by_name[name].role, draft.contract.by_name[name].known) == ("ignore", known)
    assert "known only after the call?" in draft.suspects[name]
    assert "the hour" in draft.notes[name]


@pytest.mark.parametrize(
    ("name", "sensitive"),
    [
        ("Age", True), ("customerAge", True), ("age_group", True), ("race", True), ("mortgage", False), ("usage", False),
        ("package", False), ("coverage", False), ("age of the account in months", False), ("age_of_car", False),
        ("age of the main account holder in completed years at the end of the last quarter", True),
        ("AgeInYears", True), ("age at opening", True), ("Alter in Jahren", True), ("Alter des Kontos", False), ("percentage", False), ("terrace", False), ("average_balance", False),
    ],
)  # fmt: skip
def test_what_is_sensitive_is_a_word_of_its_own(name: str, sensitive: bool) -> None:
    assert is_sensitive(plain_name(name)) == sensitive


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("age of the main account holder in completed years at the end of the last quarter", "characteristic"),
        ("income last year", "characteristic"), ("balance_last_month", "holding"), ("card_spend_past_year", "history"),
        ("months_last_paid", "history"), ("months_since_last_loan", "history"), ("months_employed", "characteristic"),
        ("last_contact", "history"), ("months_since_last_call", "history"), ("pastry", "characteristic"),
    ],
)  # fmt: skip
def test_only_what_came_of_earlier_calls_is_history(name: str, role: str) -> None:
    assert feature_role(plain_name(name)) == role


@pytest.mark.parametrize(
    "name",
    [
        "duracion", "duração", "durata", "duree_appel", "time_on_call", "contact_length", "Telefondauer", "minutes_on_call",
        "call_status", "call_rating", "contact_result", "contact_outcome", "Kontaktergebnis", "satisfaction_with_call",
        "estado_llamada", "resultado_contato", "esito_chiamata", "statut_appel", "Gesprächsergebnis",
    ],
)  # fmt: skip
def test_what_a_call_leaves_behind_is_known_after_it(name: str) -> None:
    assert known_by_name(plain_name(name)) == "after_call"


@pytest.mark.parametrize(
    "name",
    [
        "poutcome", "previous_call_status", "last_contact_result", "resultado_llamada_anterior", "days_since_call",
        "duracion_prestamo", "Vertragsdauer", "contact_type", "previous_answered",
    ],
)  # fmt: skip
def test_what_was_known_before_the_call_is_not_asked_about(name: str) -> None:
    assert known_by_name(plain_name(name)) == "planning"
    assert not perhaps_after_call(plain_name(name))


@pytest.mark.parametrize(
    "name",
    ["secs", "refusal_reason", "answered", "follow_up", "sale_amount", "order_amount", "Gesprächszeit", "call_time"],
)
def test_what_only_a_call_may_bring_is_asked_about(name: str) -> None:
    frame = churn().with_columns(pl.Series(name, [str(i % 3) for i in range(400)]))
    draft = infer_contract(open_table(frame), name="x")
    assert "is it known only after the call?" in draft.suspects[name]


def with_longer_rows(path: Path, broken: int) -> Path:
    """200 customers, of which the first end in a delimiter and the header does not."""
    rows = [f"K{i:05};{20 + i % 60};{'yes' if i % 5 == 0 else 'no'}{';' if i < broken else ''}" for i in range(200)]
    path.write_text("\n".join(["kdnr;alter;y", *rows]), "utf-8")
    return path


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


@pytest.mark.parametrize(
    "cell",
    [
        "€ {}.50", "1'{}.60", "1\u2009{},60", "{},60-", "12.{} %", "1.{}.567", "wants to hear about {} more",
        "2{}: Kunde ruft zurück", "{}:00:17",
    ],
)  # fmt: skip
def test_amounts_lengths_and_notes_are_no_id(cell: str) -> None:
    cells = [cell.format(100 + i) for i in range(400)]
    frame = churn().drop("customerID", "remark").with_columns(saldo=pl.Series(cells))
    draft = infer_contract(open_table(frame), name="x")
    assert draft.contract.id_column is None
    assert draft.notes.get("saldo") or draft.contract.by_name["saldo"].kind == "number"


@pytest.mark.parametrize(
    ("cell", "unit"),
    [
        ("1.{}.567,50 EUR", "EUR"), ("€ {}.50", "€"), ("{},50 EUR", "EUR"), ("$1,{}.00", "$"), ("{},5 %", "%"),
        ("1 {},50-", ""), ("1'{}.60", ""), ("{} kg", "kg"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("nothing", ["-", "n/a", ""])
def test_amounts_are_read_with_their_unit_beside_many_words_for_nothing(cell: str, unit: str, nothing: str) -> None:
    cells = [nothing if i % 10 == 0 else cell.format(100 + i) for i in range(400)]
    draft = drafted_with("Kontostand", cells)
    column = draft.contract.by_name["Kontostand"]
    assert (column.kind, column.role, column.unit) == ("number", "holding", unit)
    assert (f"read as numbers in {unit}" in draft.suspects.get("Kontostand", "")) == bool(unit)


@pytest.mark.parametrize("nothing", ["-", "n/a", ""])
def test_amounts_in_two_currencies_are_known_beside_many_words_for_nothing_and_asked_about(nothing: str) -> None:
    cells = [nothing if i % 10 == 0 else f"{100 + i},50 {'EUR' if i % 2 else 'USD'}" for i in range(400)]
    draft = drafted_with("Kontostand", cells)
    assert draft.contract.by_name["Kontostand"].role == "ignore"
    assert "currencies or units that differ" in draft.notes["Kontostand"]
    assert "write 1234.50" in draft.suspects["Kontostand"]
    assert "# LOOK: amounts that nothing is learned from" in draft.text


def test_months_are_known_beside_many_words_for_nothing() -> None:
    draft = drafted_with("stand", ["2024-03", "2024-04", "-"])
    assert "training never saw" in draft.notes["stand"]


@pytest.mark.parametrize("cell", ["CUS{:05}", "{:08}", "7f-{:04}", "DE {:06}"])
def test_an_id_under_another_name_is_asked_about(cell: str) -> None:
    frame = churn().drop("customerID", "remark").with_columns(ref=pl.Series([cell.format(i) for i in range(400)]))
    draft = infer_contract(open_table(frame), name="x")
    assert draft.contract.id_column == "ref"
    assert "is it the number of the customer?" in draft.suspects["ref"]


@pytest.mark.parametrize("name", ["kdnr", "Partnernr", "GP-Nummer", "id_cliente", "numero_cliente"])
def test_numbers_of_customers_in_several_rows_are_ids_abroad(name: str) -> None:
    numbers = pl.Series(name, [100_000 + i // 3 for i in range(400)])
    draft = infer_contract(open_table(churn().drop("customerID").with_columns(numbers)), name="x")
    assert draft.contract.id_column == name
    assert "is it the customer?" in draft.suspects[name]


@pytest.mark.parametrize(
    ("name", "label", "german"),
    [
        ("Age", "age", "Age"), ("Job_Type", "job type", "Job Type"), ("MonthlyCharges", "monthly charges", "Monthly Charges"),
        ("BALANCE", "balance", "balance"), ("emp.var.rate", "emp var rate", "emp var rate"), ("last-call", "last call", "last call"),
        ("Nettoeinkommen (mtl.)", "nettoeinkommen (mtl.)", "Nettoeinkommen (mtl.)"), (" Kunde  seit ", "kunde seit", "Kunde seit"),
        ("Gesprächsdauer (Sek.)", "gesprächsdauer (sek.)", "Gesprächsdauer (Sek.)"), ("E-Mail_Adr.", "e-mail adr.", "E-Mail Adr."),
        ("Online-Logins (30 Tage)", "online-logins (30 tage)", "Online-Logins (30 Tage)"), ("...", "column", "column"),
    ],
)  # fmt: skip
def test_labels_read_as_words_and_keep_dots_and_brackets(name: str, label: str, german: str) -> None:
    assert (label_for(name), label_for(name, capitals=True)) == (label, german)


def test_german_nouns_keep_their_capitals_and_other_names_do_not(german: Draft, draft: Draft) -> None:
    labels = {name: column.label for name, column in german.contract.by_name.items()}
    assert (labels["Geburtsdatum"], labels["Kunde_seit"], labels["call_length"]) == (
        "Geburtsdatum", "Kunde seit", "call length",
    )  # fmt: skip
    assert labels["Kundennr"] == "customer"
    assert all(column.label.islower() for column in draft.contract.columns)
    frame = churn().rename({"Churn": "Abschluss"})
    assert infer_contract(open_table(frame), name="x").contract.outcome.label == "Abschluss"


@pytest.mark.parametrize("name", ["plz", "ZIP", "blz", "filialnr", "PostalCode"])
@pytest.mark.parametrize("many", [False, True])
def test_codes_of_places_are_no_amounts(name: str, many: bool) -> None:
    numbers = pl.Series(name, [20_000 + i % (200 if many else 20) for i in range(400)])
    draft = infer_contract(open_table(churn().with_columns(numbers)), name="x")
    assert draft.contract.by_name[name].kind == ("text" if many else "category")
    assert draft.contract.by_name[name].is_feature != many
    assert validate_reviewed(draft, churn().with_columns(numbers)).ledger.rejected == 0


def test_numbers_that_may_be_thousands_are_asked_about_and_bounded_either_way(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    rows = [f"K{i:05};{10 + i % 80}.{100 + i};{'yes' if i % 5 == 0 else 'no'}" for i in range(200)]
    path.write_text("\n".join(["kdnr;saldo;y", *rows]), "utf-8")
    draft = infer_contract(open_table(path), name="x")
    assert "data.decimal" in draft.suspects["saldo"]
    reviewed = draft.contract.model_copy(update={"reviewed": True})
    for decimal in ("point", "comma"):
        ledger = validate(open_table(path, ReadOptions(decimal=decimal)), reviewed).ledger
        assert (ledger.rejected, dict(ledger.flags)) == (0, {})
        told = infer_contract(open_table(path, ReadOptions(decimal=decimal)), name="x")
        assert "data.decimal" not in told.text


@pytest.mark.parametrize(("most", "bound"), [(4.83, 9.7), (0.6, 1.6), (3.29, 6.6), (17.04, 35.0), (150_000, 300_000)])
@pytest.mark.parametrize("sign", [1, -1])
def test_bounds_have_two_digits(most: float, bound: float, sign: int) -> None:
    numbers = pl.Series([sign * (most if i == 7 else most * i / 400) for i in range(400)])
    draft = infer_contract(open_table(churn().with_columns(amount=numbers)), name="x")
    low, high = draft.contract.by_name["amount"].bounds
    assert (high, low) == (bound, 0) if sign == 1 else (low, high) == (-bound, 0)


@pytest.mark.parametrize("sign", ["", "-"])
@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("1.7976931348623157E308", "1 value cannot be read as a number"),
        ("1e30", "is outside {bounds} ({sign}1e+30)"),
    ],
)
def test_a_number_far_from_all_others_is_named_and_moves_no_bound(sign: str, number: str, said: str) -> None:
    frame = churn().with_columns(amount=pl.Series([f"{sign}{number}" if i == 0 else f"{i % 90}" for i in range(400)]))
    draft = infer_contract(open_table(frame), name="x")
    assert draft.contract.by_name["amount"].bounds == (0, 180)
    assert said.format(sign=sign, bounds="0 to 180") in draft.suspects["amount"]
    assert parse_contract(draft.text, origin="draft") == draft.contract
    assert validate_reviewed(draft, frame).ledger.rejected == 1


def test_amounts_that_few_customers_have_are_not_far_away() -> None:
    amounts = pl.Series(["0"] * 395 + ["12", "70", "900", "20000", "1000000"])
    draft = infer_contract(open_table(churn().with_columns(amount=amounts)), name="x")
    assert draft.contract.by_name["amount"].bounds == (0, 2_000_000)
    assert "amount" not in draft.suspects


def test_large_bounds_are_written_so_that_a_person_can_read_them() -> None:
    amounts = pl.Series([f"{i + 1}e20" for i in range(400)])
    draft = infer_contract(open_table(churn().with_columns(amount=amounts)), name="x")
    assert "bounds = [0, 8e+22]" in draft.text
    assert parse_contract(draft.text, origin="draft") == draft.contract


@pytest.mark.parametrize("name", ["alter", "age", "customer_age", "Alter in Jahren", "edad"])
def test_an_age_that_nobody_has_is_asked_about_and_no_bound(name: str) -> None:
    ages = [str(18 + i % 70) for i in range(400)]
    clean = infer_contract(open_table(churn().with_columns(pl.Series(name, ages))), name="x")
    assert clean.contract.by_name[name].bounds == (0, 160)
    frame = churn().with_columns(pl.Series(name, ["-5", "-1", "999", "203", *ages[4:]]))
    draft = infer_contract(open_table(frame), name="x")
    assert draft.contract.by_name[name].bounds == (0, 160)
    said = "4 values are outside 0 to 160 (-5, -1, 203, …): their rows would be rejected"
    assert said in draft.suspects[name]
    assert validate_reviewed(draft, frame).ledger.rejected == 4


@pytest.mark.parametrize("name", ["age_in_months", "account_age"])
def test_an_age_in_months_or_of_an_account_has_bounds_of_its_own(name: str) -> None:
    frame = churn().with_columns(pl.Series(name, [str(200 + i) for i in range(400)]))
    assert infer_contract(open_table(frame), name="x").contract.by_name[name].bounds == (0, 1_000)


def native(kind: str) -> pl.Series:
    """One of the types that Parquet and frames bring."""
    texts = pl.Series([["gold", "silver", "plain"][i % 3] for i in range(400)])
    stamps = pl.Series([datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=427 * i) for i in range(400)])
    return {
        "time": stamps.dt.time(),
        "duration": pl.Series([timedelta(seconds=17 * i) for i in range(400)]),
        "datetime": stamps,
        "categorical": texts.cast(pl.Categorical),
        "enum": texts.cast(pl.Enum(["gold", "silver", "plain"])),
        "infinite": pl.Series([float("inf"), *(i / 7 for i in range(399))]),
        "huge": pl.Series([1e18, *(i / 7 for i in range(399))]),
        "decimal": pl.Series([f"{i}.25" for i in range(400)]).cast(pl.Decimal(9, 2)),
        "truth": pl.Series([i % 3 == 0 for i in range(400)]),
        "nothing": pl.Series([None] * 400),
    }[kind].alias("given")


@pytest.mark.parametrize(
    ("kind", "drafted", "rejected"),
    [
        ("time", "text", 0), ("duration", "text", 0), ("datetime", "date", 0), ("categorical", "category", 0),
        ("enum", "category", 0), ("infinite", "number", 1), ("huge", "number", 1), ("decimal", "number", 0),
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


def validate_reviewed(draft: Draft, frame: pl.DataFrame) -> ValidTable:
    return validate(open_table(frame), draft.contract.model_copy(update={"reviewed": True}), at="after_call")


def test_a_postcode_is_never_the_customer() -> None:
    rows = 400
    table = pl.DataFrame(
        {"plz": [f"{10_000 + i}" for i in range(rows)], "vorgang": [f"V-{i:05d}" for i in range(rows)]}
    )
    table = table.with_columns(alter=pl.Series(np.arange(rows) % 60 + 18), y=pl.Series(["ja", "nein"] * (rows // 2)))
    drafted = infer_contract(open_table(table), name="bank").contract
    assert drafted.id_column == "vorgang"


@pytest.mark.parametrize("levels", [("F", "M", "T"), ("J", "K", "N")])
def test_three_letters_are_three_segments(levels: tuple[str, ...]) -> None:
    table = pl.DataFrame({"age": np.arange(300) % 60 + 18, "segment": list(levels) * 100})
    assert infer_contract(open_table(table), name="bank").contract.outcome.levels == levels


@pytest.mark.parametrize(
    "name", ["contactless_status", "telefonbanking_status", "call_account_status", "service_call_reason"]
)
def test_a_product_or_a_line_of_service_is_no_call_of_the_campaign(name: str) -> None:
    assert known_by_name(name) == "planning"


@pytest.mark.parametrize(("words", "understood"), [(["yes", "no"], True), (["A", "B"], False)])
def test_a_draft_asks_whether_a_column_says_who_was_called_and_for_words_that_say_it(
    words: list[str], understood: bool
) -> None:
    frame = churn().with_columns(arm=pl.Series(words * 200))
    asked = infer_contract(open_table(frame), name="x").text.split("[columns.arm]")[0].rsplit("[", 1)[1]
    assert "# LOOK: does it say whom the bank called" in asked
    assert ("write yes, called or 1" in asked) is not understood


@pytest.mark.parametrize(("yes", "asked"), [(49, True), (50, False)])
def test_a_draft_says_where_too_few_said_yes(yes: int, asked: bool) -> None:
    frame = churn(1_000).with_columns(Churn=pl.Series(["1"] * yes + ["0"] * (1_000 - yes)))
    doubt = infer_contract(open_table(frame), name="x").suspects.get("Churn", "")
    assert (f"only {yes} said yes" in doubt) is asked


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


ERRORS = ["#REF!", "#DIV/0!", "#NAME?", "#N/A", "#VALUE!", "#NUM!", "#NULL!"]


def test_errors_of_a_spreadsheet_are_no_value_and_no_level() -> None:
    numbers = pl.Series([*ERRORS, *(f"{i}.5" for i in range(393))])
    levels = pl.Series([*ERRORS, *(["J", "N", "K"] * 131)])
    frame = churn().with_columns(amount=numbers, plan=levels)
    draft = infer_contract(open_table(frame), name="x")
    columns = draft.contract.by_name
    assert columns["amount"].kind == "number"
    assert columns["amount"].missing == columns["plan"].missing == ("", *sorted(ERRORS))
    assert columns["plan"].allowed == ("J", "K", "N")
    assert "cannot be read" not in draft.text
    table = validate_reviewed(draft, frame)
    assert (table.ledger.rejected, table.frame["amount"].null_count(), table.frame["plan"].null_count()) == (0, 7, 7)


def test_every_word_that_may_mean_no_value_is_asked_about() -> None:
    words = ["N/A", "-", "null", "#REF!"]
    frame = churn().with_columns(plan=pl.Series([*words * 4, *(["J", "N", "K"] * 128)]))
    asked = infer_contract(open_table(frame), name="x").suspects["plan"]
    assert asked == "read as no value: #REF!; are 'N/A', 'null' and '-' levels, or no value?"
    one = infer_contract(open_table(frame.with_columns(plan=pl.Series(["J", "N", "K", "-"] * 100))), name="x")
    assert one.suspects["plan"] == "is '-' a level, or no value?"


def test_words_that_cannot_be_read_are_named_but_not_who_somebody_is() -> None:
    words = ["about 40", "anna@bank.example"] * 2 + ["Anna"]
    cells = [*words, *(str(20 + i % 60) for i in range(400 - len(words)))]
    draft = infer_contract(open_table(churn().with_columns(visits=pl.Series(cells))), name="x")
    said = "5 values cannot be read as a number (about 40): their rows would be rejected"
    assert said in draft.suspects["visits"]
    assert "anna" not in draft.text.casefold()
