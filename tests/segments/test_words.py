"""Words: deterministic, and no sentence without its evidence."""

from dataclasses import replace

import pytest

from segmint.segments.profile import Profiles, Typical
from tests.segments.one_segment import plain, say


def test_the_same_profile_gives_the_same_words(retired):
    profiles = Profiles((retired,))
    assert say(profiles) == say(profiles)


def test_every_sentence_carries_evidence(retired):
    sentences = say(Profiles((retired,)))[0].sentences
    assert {"who", "response", "worth", "need", "offer"} <= {sentence.kind for sentence in sentences}
    assert all(sentence.evidence for sentence in sentences)


def test_a_sentence_goes_when_its_evidence_goes(retired):
    sentences = say(Profiles((retired,)))[0].sentences
    for sentence in sentences:
        columns = {evidence.column for evidence in sentence.evidence}
        poorer = replace(
            retired,
            markers=tuple(marker for marker in retired.markers if marker.column not in columns),
            typical=tuple(row for row in retired.typical if row.column not in columns),
            best=tuple(row for row in retired.best if row.column not in columns),
            worth=tuple(row for row in retired.worth if row.column not in columns),
            response=None if columns & {"response", "profit per call"} else retired.response,
        )
        left = {(line.kind, line.text) for line in say(Profiles((poorer,)))[0].sentences}
        assert (sentence.kind, sentence.text) not in left, sentence.text


@pytest.mark.parametrize(("customers", "few"), [(29, True), (30, False)])
def test_of_a_few_customers_no_offer_and_no_message_is_said(retired, customers, few):
    words = say(Profiles((replace(retired, customers=customers),)))[0]
    assert (words.of("who")[0].text == f"{customers} customers: too few to describe.") == few
    assert {"offer", "message", "need"}.isdisjoint(line.kind for line in words.sentences) == few
    assert any(line.text.startswith("Balance") for line in words.of("worth")) != few
    assert words.of("response")  # with an interval that is as wide as so few customers make it
    assert all(line.evidence for line in words.sentences)


@pytest.mark.parametrize(
    "label",
    [
        "age of account",
        "agency visits",
        "agent",
        "credit balance",
        "fund balance",
        "family doctor visits",
        "renda fixa",
        "fecha de ingreso",
    ],
)
def test_words_are_of_the_column_they_mean(retired, label):
    much = Typical("x", label, "", 9.0, 1.0, 1.5)
    plain = replace(retired, markers=(), typical=(much,), best=(), worth=(), response=None)
    words = say(Profiles((plain,)))[0]
    assert words.name == f"Customers with high {label}"
    assert {sentence.kind for sentence in words.sentences} == {"who", "need"}
    assert words.of("need")[0].text.startswith("What many of them share says nothing of a need")


@pytest.mark.parametrize(
    ("label", "name", "owe"),
    [
        ("outstanding balance", "Customers with high debts", True),
        ("loan account balance", "Customers with high debts", True),
        ("credit card balance", "Customers with high debts", True),
        ("Restschuld", "Customers with high debts", True),
        *[
            (f"saldo {owed}", "Customers with high debts", True)
            for owed in ("devedor", "deudor", "pendiente", "insoluto", "vencido", "a pagar")
        ],
        *[
            (owed, "Customers with high debts", True)
            for owed in ("saldo em aberto", "solde restant dû", "overdue balance", "balance due")
        ],
        ("term deposit balance", "Customers with high savings", False),
        ("savings balance", "Customers with high savings", False),
        ("Sparguthaben", "Customers with high savings", False),
    ],
)
def test_no_money_lies_idle_that_is_owed_or_put_away_already(retired, label, name, owe):
    much, old = Typical("x", label, "", 9.0, 1.0, 1.5), Typical("age", "age", "years", 66.0, 42.0, 1.5)
    (words,) = say(Profiles((plain(retired, "1", typical=(much,)),)))
    assert words.name == name
    assert not any("idle" in line.text or "better rate" in line.text for line in words.sentences)
    (older,) = say(Profiles((plain(retired, "1", typical=(much, old)),)))
    assert bool(older.of("offer")) != owe  # nobody who owes much is offered a deposit
    assert [line.text[:28] for line in older.of("avoid")] == (["Do not offer a deposit to th"] if owe else [])
