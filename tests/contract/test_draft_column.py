"""The columns of a draft: kinds, roles, moments, bounds, and what a person is asked."""

from __future__ import annotations

import random
import re
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from segmint.contract.contract import parse_contract
from segmint.contract.draft_column import _as_large_as_all
from segmint.contract.hints import (
    feature_role,
    is_a_person,
    is_day_of_death,
    is_identity_number,
    is_objection,
    is_sensitive,
    known_by_name,
    label_for,
    perhaps_after_call,
    perhaps_code,
    perhaps_consent,
    personal_role,
    plain_name,
    without_accents,
)
from segmint.contract.infer import Draft, infer_contract
from segmint.contract.validate import validate
from segmint.tables.source import ReadOptions, open_table
from tests.contract.drafts import ERRORS, churn, drafted_with, several_classes, validate_reviewed


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
    assert "100 % of its days are not before 'Anrufdatum'" in german.suspects["fertig"]
    assert "is it known only after the call?" in german.suspects["Stand"]
    assert "Kunde_seit" not in german.suspects


def test_a_date_filled_only_for_those_who_said_yes_tells_the_outcome() -> None:
    stamps = [f"{i % 9 + 13}.04.2024" if answer == "Yes" else "" for i, answer in enumerate(churn()["Churn"])]
    frame = churn().with_columns(stamp=pl.Series(stamps))
    draft = infer_contract(open_table(frame), name="x")
    assert draft.contract.by_name["stamp"].known == "after_call"
    assert "alone tells the outcome (AUC 1.00)" in draft.suspects["stamp"]


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


def test_a_good_column_tells_known_segments_apart_and_only_a_copy_of_them_is_set_aside() -> None:
    frame = several_classes(900, 40)
    jobs = [f"job {level}" if i % 8 else "job X" for i, level in enumerate(frame["segment"])]
    draft = infer_contract(open_table(frame.with_columns(job=pl.Series(jobs), copy=pl.col("segment"))), name="x")
    assert draft.contract.by_name["job"].known == "planning"
    assert "were the segments made from it?" in draft.suspects["job"]
    assert draft.contract.by_name["copy"].known == "after_call"


@pytest.mark.parametrize("name", ["mortgage", "funds", "savings", "Wertpapiere", "Hypothek", "life_insurance"])
def test_what_a_customer_has_is_a_holding(name: str) -> None:
    assert feature_role(plain_name(name)) == "holding"


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


@pytest.mark.parametrize("name", ["Eröffnungsdatum", "Geburtsdatum", "birthdate", "startdate", "Startdatum"])
def test_days_as_a_spreadsheet_counts_them_are_no_feature_under_a_name_joined_to_date(name: str) -> None:
    days = pl.Series([str(38_000 + 17 * row) for row in range(400)])
    draft = infer_contract(open_table(churn().with_columns(days.alias(name))), name="x")
    assert draft.contract.by_name[name].role == "ignore"
    assert "named like a date but written as a number" in draft.notes[name]


@pytest.mark.parametrize(
    "name",
    ["Cliente desde", "Data ultimo contatto", "Data da chamada", "Klient od", "dernier appel", "data_otwarcia", "Zákazník od",
     "Kundeseit", "Vertragsbeginn", "account_opened", "Konto_eroeffnet", "Konto eröffnet", "customer_since", "Kunde seit", "salary_account_opened",
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
     "montant dernier achat", "valor última compra", "data_usage", "data_plan", "couverture", "od_limit", "poslední příjem",
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


def test_periods_and_numbers_with_units_are_no_levels() -> None:
    some = {
        "stand": ["2024-03", "2024-04"], "month_end": ["03/2024", "04/2024"], "quarter": ["2024Q1", "2024Q2"],
        "yyyymm": ["202403", "202404", "202405"], "rate": ["1,5 %", "2 %", "3 %"], "fee": ["EUR 10", "USD 12", "EUR 9"],
        "size": ["10", "12", "9"], "plan": ["5G", "4G"], "branch": ["FIL001", "FIL002", "FIL003"],
    }  # fmt: skip
    frame = churn().with_columns(
        pl.Series(name, [cells[i % len(cells)] for i in range(400)]) for name, cells in some.items()
    )
    draft = infer_contract(open_table(frame), name="x")
    features = {name for name in some if draft.contract.by_name[name].is_feature}
    assert features == {"size", "plan", "rate", "fee", "branch"}
    for name in ("stand", "month_end", "quarter", "yyyymm"):
        assert "training never saw" in draft.notes[name]
    assert "bare numbers" in draft.suspects["fee"]
    assert (draft.contract.by_name["rate"].kind, draft.contract.by_name["rate"].unit) == ("number", "%")
    assert not {"size", "plan", "branch"} & set(draft.suspects)


@pytest.mark.parametrize(
    ("column", "role"),
    [
        ("Nombre", "name"), ("apellidos", "name"), ("prénom", "name"), ("customer_email", "name"), ("Móvil", "phone"),
        ("homePhone2", "phone"), ("phone_number", "phone"), ("Morada", "ignore"), ("shipping address", "ignore"),
        ("adviser_name", "ignore"), ("mothers_maiden_name", "ignore"), ("spouse name", "ignore"), ("contact_name", "ignore"),
        ("nombre_del_gestor", "ignore"), ("Beratername", "ignore"), ("account_holder_name", "name"), ("branch_name", None),
        ("national_insurance_no", "ignore"), ("Steuernummer", "ignore"), ("codice fiscale", "ignore"), ("id_card", "ignore"),
        ("numéro_carte", "ignore"), ("number_of_cards", None), ("card_type", None), ("passport_country", None), ("person_id", None),
        ("Cellulare", "phone"), ("Portable", "phone"), ("Tél. portable", "phone"), ("Mobil", "phone"), ("Mobilnummer", "phone"),
        ("Rufnummer", "phone"), ("numer telefonu", "phone"), ("telefon komórkowy", "phone"), ("Tel.", "phone"), ("PESEL", "ignore"), ("rodné číslo", "ignore"),
        ("Automobil", None), ("mobil_app", None), ("portable_loan", None), ("hotel", None), ("Immobilien", None),
        ("imię", "name"), ("Nazwisko", "name"), ("jméno a příjmení", "name"), ("příjmení", "name"), ("Familienname", "name"),
        ("primer_apellido", "name"), ("nom du client", "name"), ("nome", "name"), ("nazwisko panieńskie", "ignore"), ("imię doradcy", "ignore"),
        ("nom_du_produit", None), ("nom de l'agence", None), ("nombre_sucursal", None), ("nome_prodotto", None), ("nombre_d_enfants", None),
        ("telefon privat", "phone"), ("tel. kom.", None), ("tel_kom", "phone"), ("teléfono fijo", "phone"), ("phone_1", "phone"), ("typ_telefonu", None),
        ("WhatsApp", "ignore"), ("Fax-Nr", "ignore"), ("nr_dowodu", "ignore"), ("číslo OP", "ignore"), ("nif_cliente", "ignore"), ("documento de identidad", "ignore"),
        ("PhoneService", None), ("email_opens", None), ("nominal", None), ("product_name", None), ("mobile_calls", None),
    ],
)  # fmt: skip
def test_who_somebody_is_is_known_by_its_name(column: str, role: str | None) -> None:
    assert personal_role(plain_name(column)) == role


def test_numbers_of_phones_are_known_by_their_values_under_any_name() -> None:
    cells = pl.Series("joindre", [f"06 79 {10 + i // 90} {10 + i % 90} 14" for i in range(400)])
    draft = infer_contract(open_table(churn().with_columns(cells)), name="x")
    assert draft.contract.by_name["joindre"].role == "ignore"
    assert "personal data" in draft.notes["joindre"]


@pytest.mark.parametrize(
    "name",
    ["nombre_d_enfants", "liczba_dni", "numero_carte", "years_at_address", "address_changes", "logins_mobile", "duration_at_address"],
)  # fmt: skip
def test_small_numbers_count_and_neither_reach_nor_name_anybody(name: str) -> None:
    assert drafted_with(name, [str(i) for i in range(40)]).contract.by_name[name].is_feature


@pytest.mark.parametrize("name", ["liczba_dni", "numero_carte", "address_changes", "logins_mobile"])
def test_long_numbers_under_such_a_name_stay_personal_data(name: str) -> None:
    assert name in drafted_with(name, [str(48_000_000 + 977 * i) for i in range(40)]).notes


@pytest.mark.parametrize("name", ["address_type", "Strassentyp", "housing_address_region"])
def test_kinds_of_an_address_are_levels(name: str) -> None:
    assert drafted_with(name, ["town", "village", "city"]).contract.by_name[name].is_feature
    assert not drafted_with(name, [f"Long Street {i}" for i in range(40)]).contract.by_name[name].is_feature


@pytest.mark.parametrize("name", ["nr_konta", "číslo účtu", "numero_cuenta", "numéro_compte"])
def test_a_number_of_an_account_is_no_amount(name: str) -> None:
    frame = pl.Series(name, [str(48_000_000 + 977 * (i // 3)) for i in range(400)])
    assert infer_contract(open_table(churn().with_columns(frame)), name="x").contract.by_name[name].role == "ignore"


def test_phrases_about_the_use_of_a_telephone_are_no_numbers_to_call() -> None:
    use = ["often on weekdays", "often at weekends", "never"]
    some = {
        "use of telephone": use,
        "use of e-mail": [*use, "never"],
        "telephone": ["+351 910", "+351 911", "+351 912"],
    }
    frame = churn().with_columns(
        pl.Series(name, [cells[i % len(cells)] for i in range(400)]) for name, cells in some.items()
    )
    draft = infer_contract(open_table(frame), name="x").contract
    assert [draft.by_name[name].role for name in some] == ["characteristic", "characteristic", "phone"]


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


@pytest.mark.parametrize(
    ("role", "names"),
    [
        (
            "exclude_if",
            "customer_is_dead account_holder_dead cardholder_blacklisted cardholder_suppressed sms_withdrawn marketing_objects "
            "contact_objects consent_expired consent_lapsed bez_souhlasu zgoda_nie_udzielona",
        ),
        (
            "consent",
            "consent_not_expired consent_unexpired non_expired_consent zgoda_bez_ograniczen consent_nie_wymagana",
        ),
        ("holding", "dead_account blacklisted_card card_blocklist"),
        ("characteristic", "dead_stock deadline cash_withdrawn carte_opposition"),
    ],
)
def test_what_keeps_a_customer_off_the_list_is_told_from_what_resembles_it(role: str, names: str) -> None:
    cells = {name: ["no" if i % (place + 3) else "yes" for i in range(400)] for place, name in enumerate(names.split())}
    draft = infer_contract(open_table(churn().with_columns(pl.Series(*each) for each in cells.items())), name="x")
    assert {name: draft.contract.by_name[name].role for name in cells} == dict.fromkeys(cells, role)


@pytest.mark.parametrize("name", ["loan_contact_duration", "contact_duration_months", "callduration_account"])
def test_the_length_of_a_call_about_a_loan_is_that_of_a_call(name: str) -> None:
    frame = churn().with_columns(pl.Series(name, [str(17 * i % 900) for i in range(400)]))
    assert infer_contract(open_table(frame), name="x").contract.by_name[name].known == "after_call"


@pytest.mark.parametrize("name", ["do_not_call", "deceased", "consent"])
def test_who_may_be_called_is_read_in_the_next_table_though_this_one_says_nothing(name: str) -> None:
    frame = churn().with_columns(pl.lit("", pl.String).alias(name))
    draft = infer_contract(open_table(frame), name="x")
    assert draft.contract.by_name[name].role == ("consent" if name == "consent" else "exclude_if")
    assert "nobody may be called" in draft.suspects[name]


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


@pytest.mark.parametrize(
    "name",
    [
        "Werbeeinwilligung", "Einwilligung", "Zustimmung", "Werbeerlaubnis", "Einverständnis Werbung", "DSGVO",
        "newsletter <b>opt-in</b> & more", "OptIn", "opted_in", "NewsletterOptIn", "marketing_permission",
        "Zgoda marketingowa", "Souhlas s kontaktem", "souhlasí s oslovením", "consentement", "consenso", "Einwilligung Telefon", "consentimento_sim_nao", "consentement_oui_non", "zgoda_tak_nie",
        "zgoda_odebrana", "consentement_retraite", "time_elapsed_consent", "consent_non_essential_cookies", "telefon_einwilligung_status", "contact_permission_reason",
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
     "brak zgody", "Nesouhlas", "Kontakt nicht erwünscht", "odmowa_zgody", "wycofana zgoda", "bez souhlasu", "souhlas odebrán", "pas_de_consentement", "non_consentement", "odmítnutý souhlas",
     "nie wyraża zgody", "zákaz kontaktu", "consent_rejected", "consent_expired", "retrait_consentement", "falta_consentimiento",
     "não_consentiu", "mancato_consenso", "Einwilligung erloschen", "gdpr_refused", "opt_in_declined", "withdrawn"],
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


OBJECTIONS = (
    "dont_call", "don't_call", "never call", "not_to_be_called", "must_not_be_contacted", "DoNotMarket", "ne_pas_appeler", "no_llamar",
    "nao_ligar", "non_chiamare", "nicht_anrufen", "no_calls", "wants_no_calls", "no_more_calls", "no_contact", "no_phone", "no_marketing",
    "refuses_calls", "blacklist", "stop_list", "suppress", "suppressed", "Sperrliste", "liste_rouge", "lista_negra",
    "no_quiere_llamadas", "sans_appel", "Non contattare", "Opposizione", "Opposition", "Opposition démarchage", "Bloctel", "Não contactar",
    "Oposición", "Registro Opposizioni", "Nevolat", "nie dzwonić", "sprzeciw",
)  # fmt: skip
PERHAPS = (
    "ok_to_call", "ok_to_contact", "phone_ok", "call_ok", "callable", "contact_ok", "call_flag", "reachable_by_phone", "can_call",
    "call_allowed", "excluded", "do_not_mail", "contactable", "anrufbar", "joignable", "puede_llamar", "pode_ligar", "puo_chiamare",
)  # fmt: skip
NEITHER = (
    "no_of_calls", "number_of_contacts", "contact_type", "never_contacted", "never_phoned", "never_dialled",
    "not_called", "no_contact_last_year", "no_loans", "no_card",
    "opposition_carte", "nie_kontaktowany", "position", "proposition", "composition",
    "exclusive_card", "black_card", "blacklisted_card", "card_suppressed", "carte_opposition", "cash_withdrawn", "product_withdrawn",
    "Kreditwiderruf", "Widerrufsrecht", "opt_outlet", "dead_account", "recall", "can_cancel", "market_value", "reachability",
)  # fmt: skip


@pytest.mark.parametrize(("yes", "no", "other"), [("yes", "no", "no"), ("1", "0", "NA")])
def test_a_flag_that_says_who_must_not_be_called_excludes_or_is_asked_about(yes: str, no: str, other: str) -> None:
    flags = {
        name: [(yes, no, other)[(i // (1 + k)) % 3] for i in range(400)]
        for k, name in enumerate((*OBJECTIONS, *PERHAPS))
    }
    draft = infer_contract(
        open_table(churn().with_columns(pl.Series(name, cells) for name, cells in flags.items())), name="x"
    )
    columns = draft.contract.by_name
    drafted = {name: (columns[name].role, columns[name].known) for name in OBJECTIONS}
    assert drafted == dict.fromkeys(OBJECTIONS, ("exclude_if", "planning"))
    assert [name for name in PERHAPS if "does it say who may be called?" not in draft.suspects.get(name, "")] == []


@pytest.mark.parametrize("name", NEITHER)
def test_what_only_sounds_like_an_objection_is_none(name: str) -> None:
    plain = plain_name(name)
    assert not is_objection(plain, flag=True)
    assert not perhaps_consent(plain)


@pytest.mark.parametrize(
    "name", ["deceased", "died", "Verstorben", "Décédé", "decedee", "Deceduto", "Falecido", "fallecida", "Zmarły", "zemřel"]
)  # fmt: skip
def test_the_dead_are_not_called_and_have_not_objected(name: str) -> None:
    assert feature_role(plain_name(name)) == "exclude_if"
    assert not is_objection(plain_name(name), flag=True)


@pytest.mark.parametrize("name", ["objects", "withdrawn", "cash_withdrawn", "dead_time"])
def test_numbers_of_things_and_of_money_are_no_objections(name: str) -> None:
    assert drafted_with(name, [str(i) for i in range(40)]).contract.by_name[name].role == "characteristic"


@pytest.mark.parametrize("name", ["dead_account", "deadline", "decade", "assurance_décès", "death_cover"])
def test_what_only_sounds_like_a_death_is_none(name: str) -> None:
    assert feature_role(plain_name(name)) != "exclude_if"
    assert not is_day_of_death(plain_name(name))


@pytest.mark.parametrize("name", ["date_of_death", "Date de décès", "Sterbedatum", "data_obito", "datum úmrtí"])
def test_the_days_of_a_death_are_asked_about(name: str) -> None:
    draft = drafted_with(name, [f"{day}.04.2024" for day in range(10, 30)] + [""] * 80)
    assert draft.contract.by_name[name].role == "time"
    assert "put yes or no" in draft.suspects[name]


def test_counts_of_calls_are_no_objections() -> None:
    draft = drafted_with("no_calls", ["0", "1", "2", "3"])
    assert (draft.contract.by_name["no_calls"].role, draft.contract.by_name["no_calls"].known) == (
        "history",
        "dialling",
    )
    assert "called" not in draft.suspects.get("no_calls", "")


PEOPLE = [
    f"{first} {last}"
    for first in ("Anna", "Jan", "Eva", "Petr", "Dr. Olga")
    for last in ["Novak", "Bily", "Maly", "Stary", "Tichy"]
]


@pytest.mark.parametrize(
    ("name", "cells", "asked"),
    [
        ("adviser", [f"Adviser {last}" for last in ("Svobodny", "Novak", "Bily")], True),
        ("guarantor", ["novak", "bily", "maly"], True),
        ("handled_by", PEOPLE, True),
        ("handled_by", ["Novak, Anna", "Bily, Jan", "Maly, Eva", "Stary, Petr", "Tichy, Olga"], True),
        ("guarantor", ["yes", "no", "unknown"], False),
        ("job", PEOPLE, False),
        ("group", ["Civil Servant", "Student", "Nurse", "Teacher", "Cook", "Bank Clerk"], False),
        ("tier", ["Gold Card", "Silver Card", "Black Card", "Green Card", "Blue Card"], False),
    ],
)  # fmt: skip
def test_names_of_persons_are_asked_about_and_not_listed(name: str, cells: list[str], asked: bool) -> None:
    draft = drafted_with(name, cells)
    assert ("does it name persons?" in draft.suspects.get(name, "")) is asked
    assert draft.contract.by_name[name].allowed == (() if asked else tuple(sorted(set(cells))))


@pytest.mark.parametrize(
    ("name", "person"),
    [("spouse", True), ("co_borrower", True), ("account_holder", True), ("RelationshipManager", True), ("Kundenbetreuer", True),
     ("cónyuge", True), ("doradca", True), ("gerente_de_conta", True), ("Kontaktperson", True), ("manželka", True), ("beneficiaries", False), ("spouse_income", False), ("partner_nr", False), ("children", False),
     ("mother_tongue", False)],
)  # fmt: skip
def test_a_column_of_persons_is_known_by_its_name(name: str, person: bool) -> None:
    assert is_a_person(plain_name(name)) is person


@pytest.mark.parametrize("name", ["national_id", "tax_number", "NINO", "card_number", "personal_code"])
def test_numbers_of_persons_are_personal_data_unless_they_are_the_only_number_of_the_customer(name: str) -> None:
    numbers = [f"Q{i:06}" for i in range(400)]
    draft = drafted_with(name, numbers)
    assert (draft.contract.id_column, draft.contract.by_name[name].role) == ("customerID", "ignore")
    assert draft.notes[name].startswith("personal data, ignored")
    assert "stand in no draft, bundle or report" in draft.notes[name]
    alone = infer_contract(open_table(churn().drop("customerID").with_columns(pl.Series(name, numbers))), name="x")
    assert alone.contract.id_column == name
    assert "is it the number of the customer here?" in alone.suspects[name]


def test_a_few_kinds_of_a_card_are_levels_and_no_numbers_of_persons() -> None:
    assert is_identity_number("id_card")
    assert drafted_with("id_card", ["passport", "national", "none"]).contract.by_name["id_card"].is_feature


def test_a_number_that_each_customer_has_is_not_advised_as_a_category() -> None:
    note = drafted_with("account_number", [f"{i:08}" for i in range(400)]).notes["account_number"]
    assert note == "ignored: numbers or codes that name a customer, an account or a case"


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


def _codes(rare: int, rows: int = 2_000) -> list[str]:
    """Codes of 80 branches with as many customers each, and `rare` ones of a customer each."""
    return [f"B{i}x" if i < rare else f"B{i % 80}" for i in range(rows)]


def test_codes_of_many_values_are_read_where_most_rows_have_a_common_one() -> None:
    frame = churn(2_000).with_columns(
        pl.Series("branch", _codes(rare=300)), pl.Series("PLZ", [*range(1_067, 1_167)] * 20)
    )
    draft = infer_contract(open_table(frame), name="x")
    for name in ("branch", "PLZ"):
        column = draft.contract.by_name[name]
        assert (column.kind, column.role, column.allowed, name in draft.notes) == (
            "category", "characteristic", (), False
        )  # fmt: skip
    assert draft.suspects["branch"] == (
        "380 different values: levels of fewer than ten customers are read together, as are new ones; if they name persons, or places "
        'that must not decide who is called, write role = "ignore"'
    )
    strange = frame.with_columns(pl.lit("B-new").alias("branch"))
    assert validate_reviewed(draft, strange).ledger.rejected == 0


def test_a_code_that_tells_the_outcome_and_a_word_for_no_value_are_asked_about() -> None:
    told = [f"{'L' if gone == 'Yes' else 'S'}{i % 40}" for i, gone in enumerate(churn(2_000)["Churn"])]
    words = ["n/a" if i % 9 == 0 else code for i, code in enumerate(_codes(rare=0))]
    frame = churn(2_000).with_columns(pl.Series("reason", told), pl.Series("branch", words))
    draft = infer_contract(open_table(frame), name="x")
    assert draft.contract.by_name["reason"].known == "after_call"
    assert "is 'n/a' a level, or no value?" in draft.suspects["branch"]


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("branch", _codes(rare=500)),  # a quarter of the rows tells of one customer each
        ("case_no", _codes(rare=0)),
        ("comment", [f"said {code} twice" for code in ("abcdefgh"[i % 8] + "ijklmnop"[i // 8 % 8] * 2 for i in range(2_000))]),
        ("branch", [f"B{i // 2}" for i in range(2_000)]),
    ],
)  # fmt: skip
def test_rare_codes_numbers_of_cases_and_free_text_are_set_aside(name: str, values: list[str]) -> None:
    draft = infer_contract(open_table(churn(2_000).with_columns(pl.Series(name, values))), name="x")
    assert draft.contract.by_name[name].role == "ignore"
    assert 'if they are codes, write kind = "category" and role = "characteristic"' in draft.notes[name]


def test_a_code_that_few_customers_have_in_many_rows_is_rare() -> None:
    ids = pl.Series("customer_id", [f"{100_000 + i // 20}-X" for i in range(2_000)])
    frame = (
        churn(2_000).drop("customerID").with_columns(ids, pl.Series("branch", [f"B{i // 20}" for i in range(2_000)]))
    )
    assert infer_contract(open_table(frame), name="x").contract.by_name["branch"].role == "ignore"


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


SENSITIVE = {
    "en": ("Age (years)", "gender", "marital status", "nationality", "date of birth", "religion", "ethnicity", "disability"),
    "de": ("Altersgruppe", "Geschlecht", "Zivilstand", "Staatsangehörigkeit", "Staatsbuergerschaft", "Geburtsdatum", "Konfession"),
    "fr": ("âge", "tranche d'âge", "Âge du client", "sexe", "genre", "civilité", "état civil", "nationalité", "date de naissance"),
    "es": ("edad", "Edad (años)", "sexo", "género", "EstadoCivil", "nacionalidad", "fecha-nacimiento", "religión", "discapacidad"),
    "pt": ("idade", "faixa etária", "sexo", "género", "estado civil", "Nacionalidade", "data_nasc", "raça", "saúde"),
    "it": ("età", "fascia di età", "sesso", "genere", "stato civile", "nazionalità", "cittadinanza", "data di nascita", "salute"),
    "pl": ("Wiek", "wiek klienta", "grupa wiekowa", "Płeć", "Stan cywilny", "data urodzenia", "wyznanie", "zdrowie"),
    "cs": ("Věk", "Věk klienta", "věková skupina", "Pohlaví", "Rodinný stav", "Datum narození", "náboženství", "zdraví"),
}  # fmt: skip


@pytest.mark.parametrize("name", [name for names in SENSITIVE.values() for name in names])
def test_what_is_sensitive_is_known_in_other_languages(name: str) -> None:
    assert is_sensitive(plain_name(name))
    assert is_sensitive(without_accents(plain_name(name)))


@pytest.mark.parametrize(
    "name",
    [
        "sexta_feira", "delivery_eta", "moneta", "movie_genre", "genre favori", "género musical", "edad_cuenta", "antigüedad", "idade do contrato",
        "quantidade", "cidade", "identidade", "razón", "internacional", "profissão", "saludo", "invalid_email", "Altersvorsorge", "wiek konta", "stan konta", "člověk",
    ],
)  # fmt: skip
def test_what_only_looks_like_a_sensitive_word_is_none(name: str) -> None:
    assert not is_sensitive(plain_name(name))


BALANCES = [
    "balance",
    "avg_balance",
    "Balance (EUR)",
    "Kontostand",
    "Kontosaldo",
    "saldo médio",
    "Saldo medio",
    "solde du compte",
    "account_balance",
    "avg_account_balance",
    "avg_balance_last_3_months",
    "balance_30_days",
    "operations_balance",
    "saldo de cuenta independiente",
    "Zůstatek",
    "Stan konta",
]
NO_BALANCES = [
    "credit_card_balance",
    "loan_balance",
    "credit_limit",
    "balance_transfers_count",
    "points_balance",
    "saldo do empréstimo",
    "days_with_balance",
    "saldo_devedor",
    "saldo_deudor",
    "saldo_pendiente",
    "saldo_insoluto",
    "saldo_vencido",
    "saldo_a_pagar",
    "saldo_em_aberto",
    "saldo_inadimplente",
    "solde_restant_dû",
    "outstanding_balance",
    "overdue_balance",
    "balance_due",
    "Restschuldsaldo",
    "saldo kredytu",
    "zůstatek úvěru",
]


@pytest.mark.parametrize("name", [*BALANCES, *NO_BALANCES])
def test_a_balance_is_drafted_as_money_and_asked_about(name: str) -> None:
    draft = drafted_with(name, [f"{amount}.50" for amount in range(100, 107)])
    column, money = draft.contract.by_name[name], name in BALANCES
    assert (column.unit == "account currency") == money
    assert ("is it money, all in one currency?" in str(draft.suspects.get(name))) == money
    assert column.role == "holding" or not money


def test_a_balance_with_a_currency_keeps_it() -> None:
    draft = drafted_with("balance", [f"{amount} EUR" for amount in range(100, 107)])
    assert draft.contract.by_name["balance"].unit == "EUR"


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
        "výsledek hovoru", "wynik rozmowy", "Czas rozmowy (s)", "Délka hovoru (s)", "duration", "last_contact_duration", "loan_call_duration", "czas trwania połączenia",
    ],
)  # fmt: skip
def test_what_a_call_leaves_behind_is_known_after_it(name: str) -> None:
    assert known_by_name(plain_name(name)) == "after_call"


@pytest.mark.parametrize(
    "name",
    [
        "poutcome", "previous_call_status", "last_contact_result", "resultado_llamada_anterior", "days_since_call",
        "duracion_prestamo", "Vertragsdauer", "duration_of_loan", "employment_duration", "duration_months", "Dauer des Kredits",
        "prev_call_duration", "duration_since_last_contact", "contact_type", "previous_answered",
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
        ("1 {},50-", ""), ("1'{}.60", "")
    ],
)  # fmt: skip
@pytest.mark.parametrize("nothing", ["-", "n/a", ""])
def test_amounts_are_read_with_their_unit_beside_many_words_for_nothing(cell: str, unit: str, nothing: str) -> None:
    cells = [nothing if i % 10 == 0 else cell.format(100 + i) for i in range(400)]
    draft = drafted_with("Kontostand", cells)
    column = draft.contract.by_name["Kontostand"]
    assert (column.kind, column.role, column.unit) == ("number", "holding", unit or "account currency")
    assert (f"read as numbers in {unit}" in draft.suspects.get("Kontostand", "")) == bool(unit)


@pytest.mark.parametrize(("nothing", "one", "other"), [("-", "EUR", "USD"), ("n/a", "EUR", "USD"), ("", "JPY", "HUF")])
def test_amounts_in_two_currencies_are_known_beside_many_words_for_nothing_and_asked_about(
    nothing: str, one: str, other: str
) -> None:
    cells = [nothing if i % 10 == 0 else f"1’{100 + i}.50 {one if i % 2 else other}" for i in range(400)]
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


@pytest.mark.parametrize(
    "name", ["nr_klienta", "id zákazníka", "kdnr", "Partnernr", "GP-Nummer", "id_cliente", "numero_cliente"]
)
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


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("sector_code", True), ("code_secteur", True), ("mcc", True), ("MCC code", True), ("NACE", True), ("naics_2", True), ("código CNAE", True),
        ("zip_home", True), ("PSČ", True), ("Branchenschlüssel", True), ("Berufscode", True), ("bonus_code", True),
        ("barcode", False), ("encoded", False), ("decoder", False), ("codes_count", False), ("num_codes", False), ("zipper", False),
        ("music", False), ("codebtors", False),
    ],
)  # fmt: skip
def test_whole_numbers_under_the_name_of_a_code_are_asked_about(name: str, asked: bool) -> None:
    assert perhaps_code(plain_name(name)) == asked


def test_codes_drafted_as_numbers_are_levels_by_the_advice() -> None:
    frame = churn().with_columns(mcc=pl.Series([(5311, 10, 20, 4900)[i % 4] for i in range(400)]))
    draft = infer_contract(open_table(frame), name="x")
    assert draft.contract.by_name["mcc"].kind == "number"
    assert (
        'are these numbers codes, of which none is more than another? Then write kind = "category"'
        in draft.suspects["mcc"]
    )
    amounts = frame.with_columns(pl.col("mcc") + 0.5)
    assert "codes" not in infer_contract(open_table(amounts), name="x").suspects.get("mcc", "")


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
        ("1e30", "1 value is outside 0 to 180: its row would be rejected"),
    ],
)
def test_a_number_far_from_all_others_is_counted_and_moves_no_bound(sign: str, number: str, said: str) -> None:
    frame = churn().with_columns(amount=pl.Series([f"{sign}{number}" if i == 0 else f"{i % 90}" for i in range(400)]))
    draft = infer_contract(open_table(frame), name="x")
    assert draft.contract.by_name["amount"].bounds == (0, 180)
    assert said in draft.suspects["amount"]
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
    assert "4 values are outside 0 to 160: their rows would be rejected" in draft.suspects[name]
    assert validate_reviewed(draft, frame).ledger.rejected == 4


def test_implausible_numbers_are_named_if_ten_rows_have_them() -> None:
    amounts = ["1e20"] * 10 + ["1e21"] * 5 + [f"{place % 90}" for place in range(385)]
    draft = infer_contract(open_table(churn().with_columns(amount=pl.Series(amounts))), name="x")
    assert draft.suspects["amount"].startswith("15 values are outside 0 to 180 (1e+20): their rows would be rejected")


@pytest.mark.parametrize("name", ["age_in_months", "account_age"])
def test_an_age_in_months_or_of_an_account_has_bounds_of_its_own(name: str) -> None:
    frame = churn().with_columns(pl.Series(name, [str(200 + i) for i in range(400)]))
    assert infer_contract(open_table(frame), name="x").contract.by_name[name].bounds == (0, 1_000)


def test_a_postcode_is_never_the_customer() -> None:
    rows = 400
    table = pl.DataFrame(
        {"plz": [f"{10_000 + i}" for i in range(rows)], "vorgang": [f"V-{i:05d}" for i in range(rows)]}
    )
    table = table.with_columns(alter=pl.Series(np.arange(rows) % 60 + 18), y=pl.Series(["ja", "nein"] * (rows // 2)))
    drafted = infer_contract(open_table(table), name="bank").contract
    assert drafted.id_column == "vorgang"


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
    assert asked == "read as no value: #REF!; are '-', 'N/A' and 'null' levels, or no value?"
    one = infer_contract(open_table(frame.with_columns(plan=pl.Series(["J", "N", "K", "-"] * 100))), name="x")
    assert one.suspects["plan"] == "is '-' a level, or no value?"


@pytest.mark.parametrize(
    "word",
    [
        "k.A.",
        "#NV",
        "#N/D",
        "n.d.",
        "n.v.",
        "brak",
        "b.d.",
        "neuvedeno",
        "keine Angabe",
        "UNBEKANNT",
        "(null)",
        "#BEZUG!",
    ],
)
def test_words_for_no_value_in_any_language_leave_a_column_of_numbers(word: str) -> None:
    for numbers in ([f"{i}.5" for i in range(19)], ["1", "2", "3"] * 6):
        column = drafted_with("amount", [word, *numbers]).contract.by_name["amount"]
        assert (column.kind, column.missing) == ("number", ("", word))
    assert drafted_with("job", ["clerk", "baker", word]).contract.by_name["job"].kind == "category"


def test_a_common_word_that_nobody_knows_between_numbers_or_dates_is_no_value_and_asked_about() -> None:
    numbers = [f"{i}.5" for i in range(380)]
    amount = pl.Series([*["geheim"] * 20, *numbers])
    until = pl.Series([*["endlos"] * 40, *(f"{1 + i % 9:02}.0{1 + i % 3}.2024" for i in range(360))])
    codes = pl.Series([*["A"] * 20, *numbers])
    rare = pl.Series([*["Anna"] * 9, *[f"{i}A" for i in range(11)], *numbers])
    frame = churn().with_columns(amount=amount, until=until, codes=codes, rare=rare)
    draft = infer_contract(open_table(frame), name="x")
    columns = draft.contract.by_name
    kinds = {name: (columns[name].kind, columns[name].missing) for name in ("amount", "until", "codes", "rare")}
    assert kinds["amount"] == ("number", ("", "geheim"))
    assert kinds["until"] == ("date", ("", "endlos"))
    assert kinds["codes"] == kinds["rare"] == ("text", None)
    assert "'geheim' between numbers, read as no value: right? Of codes, write kind" in draft.suspects["amount"]
    assert "'endlos' between dates, read as no value: right?" in draft.suspects["until"]
    levels = drafted_with("step", ["1", "2", "3", "4", "AA"]).contract.by_name["step"]
    assert (levels.kind, levels.allowed) == ("category", ("1", "2", "3", "4", "AA"))


@pytest.mark.parametrize("word", ["X", "Sim", "1", "✓"])
def test_a_mark_or_nothing_is_a_feature_of_two_states(word: str) -> None:
    draft = drafted_with("Kredit", [word, "", ""])
    column = draft.contract.by_name["Kredit"]
    assert (column.kind, column.allowed, column.missing_means) == ("category", (word,), "no Kredit")
    assert column.is_feature
    assert "a flag? An empty cell is read as 'no Kredit'" in draft.suspects["Kredit"]


def test_another_word_or_nothing_is_set_aside_and_what_to_write_is_said() -> None:
    draft = drafted_with("Karte", ["VISA", ""])
    assert draft.contract.by_name["Karte"].role == "ignore"
    assert "missing_means" in draft.suspects["Karte"]
    assert draft.notes["Karte"] == "ignored: a column with one value, or none"


def test_what_a_mark_or_nothing_says_of_who_may_be_called_is_asked_and_never_decided() -> None:
    draft = drafted_with("do_not_call", ["X", "", ""])
    assert (draft.contract.by_name["do_not_call"].role, draft.contract.by_name["do_not_call"].missing_means) == (
        "exclude_if",
        "",
    )
    assert 'write missing_means = "no"' in draft.suspects["do_not_call"]
    draft = drafted_with("consent", ["X", "X", ""])
    assert 'write consent_words = ["X"] in the policy' in draft.suspects["consent"]


def test_words_that_cannot_be_read_are_named_but_not_who_somebody_is() -> None:
    words = ["about 40", "anna@bank.example"] * 2 + ["Anna"]
    cells = [*words, *(str(20 + i % 60) for i in range(400 - len(words)))]
    draft = infer_contract(open_table(churn().with_columns(visits=pl.Series(cells))), name="x")
    said = "5 values cannot be read as a number (about 40): their rows would be rejected"
    assert said in draft.suspects["visits"]
    assert "anna" not in draft.text.casefold()


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (["98618", "3 Mio"], "text"), (["6412", "800 DR"], "text"), (["0.01", "7 %"], "text"), (["PEN10234"], "text"),
        (["SEG1", "SEG2", "SEG3", "SEG4"], "category"),
    ],
)  # fmt: skip
def test_a_multiplier_a_side_of_an_account_and_a_code_are_no_unit(cells: list[str], kind: str) -> None:
    some = [cells[i % len(cells)] for i in range(400)]
    if kind == "text":  # many different ones
        some = [
            re.sub(r"[0-9]+", lambda found, i=i: str(int(found[0]) + i), cell, count=1) for i, cell in enumerate(some)
        ]
    column = drafted_with("stand_x", some).contract.by_name["stand_x"]
    assert (column.kind, column.unit) == (kind, "")


def test_a_number_as_large_as_all_others_together_sets_no_bound() -> None:
    draw = random.Random(6)
    amounts = [round(draw.lognormvariate(6, 1.5), 2) for _ in range(398)]
    total = round(sum(amounts), 2)
    frame = churn().with_columns(amount=pl.Series([*amounts[:200], total, total, *amounts[200:]]))
    draft = infer_contract(open_table(frame), name="x")
    assert draft.contract.by_name["amount"].bounds[1] < total  # type: ignore[index]
    assert draft.suspects["amount"].startswith("2 values are outside")


def test_a_long_tail_is_no_reason_to_ask() -> None:
    for seed in range(20):
        draw = random.Random(seed)
        amounts = pl.Series("amount", [draw.lognormvariate(6, 2) for _ in range(3_000)])
        assert _as_large_as_all(amounts) == float("inf")
    assert _as_large_as_all(pl.Series([0.0] * 3_000 + [1.0])) == float("inf")


def test_rows_without_an_outcome_set_no_bounds() -> None:
    amounts = [f"{i % 90}" if i else "900" for i in range(400)]
    frame = churn().with_columns(amount=pl.Series(amounts))
    without = frame.with_columns(Churn=pl.when(pl.int_range(400) == 0).then(None).otherwise(pl.col("Churn")))
    assert infer_contract(open_table(frame), name="x").contract.by_name["amount"].bounds == (0, 1800)
    assert infer_contract(open_table(without), name="x").contract.by_name["amount"].bounds == (0, 180)


@pytest.mark.parametrize("dash", ["-", "–", "—", "--"])
def test_a_dash_of_any_length_is_a_missing_value(dash: str) -> None:
    table = pl.DataFrame({"balance": [*map(str, range(290)), *[dash] * 10], "answer": ["yes", "no", "no"] * 100})
    column = infer_contract(open_table(table), name="x", outcome="answer").contract.by_name["balance"]
    assert (column.kind, column.missing) == ("number", ("", dash))


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        *[(name, True) for name in ("profit_last_year", "customer_value", "Revenue", "Deckungsbeitrag", "Kundenwert", "marge_client")],
        *[(name, True) for name in ("annual_profit", "Jahresumsatz", "Kartenumsatz", "Nettoertrag", "Zinsertrag_2025", "kunden_ertrag")],
        *[(name, False) for name in ("nonprofit", "property_value", "marginal_rate", "balance")],
        *[(name, False) for name in ("profit_center", "margin_account", "gewinn_spiel", "Gewinnspiel", "Sparvertrag", "Übertrag")],
    ],
)  # fmt: skip
def test_what_a_customer_may_bring_is_asked_about_and_stays_what_it_is(name: str, asked: bool) -> None:
    amounts = [f"{amount}.50" for amount in range(400)]
    draft = infer_contract(open_table(churn().with_columns(pl.Series(name, amounts))), name="x")
    assert ('role = "value"' in draft.suspects.get(name, "")) is asked
    assert draft.contract.by_name[name].role != "value"


def test_what_is_asked_of_money_is_what_the_role_means_for_the_outcome() -> None:
    amounts = pl.Series("annual_profit", [f"{amount}.50" for amount in range(400)])
    segments = pl.Series("segment", [*"ABCD"] * 100)
    for frame, outcome, asked in (
        (churn().with_columns(amounts), "Churn", "what a yes of this customer brings?"),
        (churn().with_columns(amounts, segments), "segment", "what a customer brings?"),
    ):
        draft = infer_contract(open_table(frame), name="x", outcome=outcome)
        assert draft.suspects["annual_profit"] == f'is this {asked} Then write role = "value"'


def test_what_one_customer_has_in_many_rows_is_named_in_no_draft() -> None:
    rows = 400
    frame = pl.DataFrame(
        {
            "customer_id": [f"K{max(row, 11):05d}" for row in range(rows)],
            "town": ["Hiddensee" if row < 12 else ("Kiel", "Rostock")[row % 2] for row in range(rows)],
            "balance": ["8765432198765" if row < 12 else str(row) for row in range(rows)],
            "visits": ["see Hiddensee" if row in (0, 1) else str(row % 90) for row in range(rows)],
            "response": [("yes", "no")[row % 3 > 0] for row in range(rows)],
        }
    )
    told = infer_contract(open_table(frame), name="x").text
    assert not any(own in told for own in ("Hiddensee", "8765432198765", "8.76543e+12"))
    by_rows = infer_contract(open_table(frame.drop("customer_id")), name="x").text
    assert all(own in by_rows for own in ('"Hiddensee"', "8.76543e+12", "(see Hiddensee)"))


@pytest.mark.parametrize("share", [0.1, 0.5])
def test_rows_without_an_outcome_do_not_hide_a_copy_of_it(share: float) -> None:
    frame = churn().with_columns(Churn=pl.when(pl.int_range(400) >= 400 * share).then("Churn"))
    draft = infer_contract(open_table(frame), name="x")
    assert draft.contract.by_name["final_bill"].known == "after_call"
    assert "alone tells the outcome (AUC 1.00)" in draft.suspects["final_bill"]


@pytest.mark.parametrize("name", ["disclosed_income", "undisclosed", "Enclosed.Porch", "closing_balance"])
def test_a_part_of_a_word_and_a_closing_balance_are_no_outcome(name: str) -> None:
    assert known_by_name(plain_name(name)) == "planning"


@pytest.mark.parametrize(
    "name", ["resultado da chamada", "résultat de l'appel", "esito_chiamata", "respuesta_campaña", "souscrit en ligne"]
)
def test_what_a_call_brings_is_known_after_it_in_other_languages(name: str) -> None:
    assert known_by_name(plain_name(name)) == "after_call"


@pytest.mark.parametrize(
    "name", ["contrato", "produits souscrits", "compra mensual", "resposta prévia", "última respuesta"]
)
def test_contracts_and_earlier_answers_are_no_outcome(name: str) -> None:
    assert known_by_name(plain_name(name)) == "planning"


@pytest.mark.parametrize("name", ["converted_points", "accounts_closed"])
def test_a_number_named_like_an_outcome_that_tells_little_of_it_is_asked_about(name: str) -> None:
    draft = drafted_with(name, [str(number) for number in range(7)])
    assert draft.contract.by_name[name].known == "planning"
    assert draft.suspects[name].startswith("named like an outcome; is it known only after the call?")


@pytest.mark.parametrize("name", ["closed_deal", "deal closed", "is_converted", "cancel_reason"])
def test_a_level_named_like_an_outcome_stays_known_after_the_call(name: str) -> None:
    assert drafted_with(name, ["red", "blue", "green"]).contract.by_name[name].known == "after_call"
