"""Names of segments: true of most of their customers, told apart, and given by people."""

from dataclasses import replace

import pytest

from segmint.segments.names import names_of_nobody, say_named_twice
from segmint.segments.profile import Profiles, Typical, profile_segments
from tests.segments.one_segment import plain, say, trait


def test_the_name_says_who_they_are(campaign, truth):
    names = [words.name for words in say(profile_segments(campaign, truth))]
    assert names[0].lower().startswith("blue-collar workers")
    assert "students" in names[1].lower()
    assert "older retired customers" in names[2].lower()
    assert len(set(names)) == 3


def test_people_name_segments_by_their_key_or_by_the_name_they_have(campaign, truth):
    profiles = profile_segments(campaign, truth)
    by_itself = [words.name for words in say(profiles)]
    keys = [segment.key for segment in profiles.segments]
    given = {keys[0]: "Builders", by_itself[2]: "Golden savers"}
    called = [words.name for words in say(profiles, names=given)]
    assert called == ["Builders", by_itself[1], "Golden savers"]
    assert names_of_nobody(given | {"9": "Lost", "Golden savers": "Lost"}, keys, by_itself) == ("9", "Golden savers")
    assert [words.own_name for words in say(profiles, names=given)] == by_itself


def test_of_two_names_for_one_segment_the_one_that_is_lost_is_told_of():
    names = {"2": "Golden savers", "Graduates": "Young professionals", "1": "Movers", "Workers": "Movers"}
    assert say_named_twice(names, ["1", "2"], ["Workers", "Graduates"]) == (
        "Segment 2 was given two names; 'Golden savers' holds, and 'Young professionals' is lost.",
    )


def test_segments_of_one_given_name_are_told_apart(campaign, truth):
    profiles = profile_segments(campaign, truth)
    keys = [segment.key for segment in profiles.segments]
    called = [words.name for words in say(profiles, names=dict.fromkeys(keys[:2], "Savers"))]
    assert called[:2] == [f"Savers ({key})" for key in keys[:2]]
    awkward = dict(zip(keys, ["Savers", "Savers", f"Savers ({keys[0]})"], strict=True))
    assert len({words.name for words in say(profiles, names=awkward)}) == 3


def test_a_few_large_balances_name_nobody_rich(retired):
    balances = Typical("balance", "average yearly balance", "account currency", 0.0, 0.0, 0.8)
    rich = Typical("balance", "average yearly balance", "account currency", 900.0, 0.0, 0.8)
    named = [say(Profiles((replace(retired, markers=(), typical=(row,)),)))[0] for row in (balances, rich)]
    assert "balance" not in named[0].name.lower()
    assert "balance" in named[1].name.lower()
    assert not any("At least half" in line.text for line in named[0].of("who"))


def test_two_segments_never_share_a_name(retired):
    twins = Profiles((retired, replace(retired, key="2", number=2)))
    assert len({words.name for words in say(twins)}) == 2


@pytest.mark.parametrize(("share", "name"), [(0.3, "Mixed customers"), (0.6, "Customers whose x of theirs is under 2")])
def test_a_name_says_only_what_most_of_the_segment_is(retired, share, name):
    odd = plain(retired, "A", markers=(trait(retired, share),))
    assert say(Profiles((odd,)))[0].name == name


@pytest.mark.parametrize(
    ("share", "names"),
    [(0.3, ["Mixed customers (1)", "Mixed customers (2)"]), (0.6, ["Older customers, whose x of theirs is under 2", "Older customers"])],
)  # fmt: skip
def test_twins_are_told_apart_only_by_what_most_of_them_are(retired, share, names):
    old = () if share < 0.5 else (Typical("age", "age", "years", 66.0, 42.0, 1.5),)
    twins = (
        plain(retired, "1", typical=old, markers=(trait(retired, share),)),
        plain(retired, "2", typical=old, markers=(trait(retired, 0.4, difference=1.9),)),
    )
    assert [words.name for words in say(Profiles(twins))] == names


@pytest.mark.parametrize(
    ("label", "level", "name"),
    [
        ("profession", "Lawyer", "Lawyers"),
        ("profession", "Executive", "Executives"),
        ("profession", "Doctor", "Doctors"),
        ("job", "housemaid", "Domestic workers"),
        ("job", "self-employed", "Self-employed customers"),
        ("occupation", "Self employed", "Self-employed customers"),
        ("profession", "manager", "Managers"),
        ("employment", "Pensioner", "Retired customers"),
        ("Beruf", "Rentner/in", "Retired customers"),
        ("profession", "blue collar", "Blue-collar workers"),
        ("profession", "worker", "Workers"),
        ("mortgage", "yes", "Customers with a housing loan"),
        ("mortgage", "no", "Customers without a housing loan"),
        ("mortgage insurance", "yes", "Customers with mortgage insurance"),
        ("home insurance policy", "Ja", "Customers with a home insurance policy"),
        ("online banking", "no", "Customers without online banking"),
        ("is insured", "no", "Customers who are not insured"),
        ("household", "family", "Customers whose household is family"),
        ("children", "1", "Customers whose children is 1"),
        ("education", "high.school", "Customers with secondary schooling"),
        ("education", "higher education", "Customers whose education is higher education"),
        ("ever married", "Yes", "Ever married customers"),  # or widowed, or divorced
    ],
)
def test_a_noun_is_true_of_the_level_that_most_of_them_have(retired, label, level, name):
    most = replace(trait(retired, 0.65, "x", level, 1.9), label=label)
    few = replace(trait(retired, 0.13, "x", "Executive" if level != "Executive" else "Lawyer", 1.0), label=label)
    assert say(Profiles((plain(retired, "4", markers=(most, few)),)))[0].name == name


LEVELS = {
    "de": [
        ("Beruf", "Student/in", "Students"), ("Beruf", "Hausfrau", "Homemakers"), ("Beruf", "Führungskraft", "Managers"),
        ("Familienstand", "ledig", "Single customers"), ("Hypothek", "ja", "Customers with a housing loan"),
        ("Beruf", "selbstständig", "Self-employed customers"), ("Tage seit dem letzten Kontakt", "nie kontaktiert", "Customers never called before"),
    ],
    "fr": [
        ("profession", "retraité(e)", "Retired customers"), ("profession", "étudiant", "Students"), ("profession", "ouvrier", "Workers"),
        ("état civil", "marié", "Married customers"), ("prêt immobilier", "oui", "Customers with a housing loan"),
        ("situation professionnelle", "indépendant", "Self-employed customers"),
    ],
    "es": [
        ("profesión", "jubilado", "Retired customers"), ("ocupación", "estudiante", "Students"), ("profesión", "técnico", "Technicians"),
        ("estado civil", "soltera", "Single customers"), ("préstamo hipotecario", "sí", "Customers with a housing loan"),
        ("préstamo personal", "si", "Customers with a personal loan"),
    ],
    "pt": [
        ("profissão", "reformado", "Retired customers"), ("profissao", "estudante", "Students"), ("profissão", "operário", "Workers"),
        ("estado civil", "casado(a)", "Married customers"), ("crédito habitação", "sim", "Customers with a housing loan"),
        ("crédito habitação", "não", "Customers without a housing loan"),
        ("seguro crédito habitação", "sim", "Customers with seguro crédito habitação"),
    ],
    "it": [
        ("professione", "pensionato", "Retired customers"), ("professione", "studente", "Students"), ("professione", "operaio", "Workers"),
        ("stato civile", "divorziato", "Divorced customers"), ("mutuo", "sì", "Customers with a housing loan"),
        ("prestito personale", "sì", "Customers with a personal loan"),
    ],
}  # fmt: skip


@pytest.mark.parametrize(("label", "level", "name"), [case for cases in LEVELS.values() for case in cases])
def test_levels_are_known_in_other_languages(retired, label, level, name):
    most = replace(trait(retired, 0.65, "x", level, 1.9), label=label)
    assert say(Profiles((plain(retired, "4", markers=(most,)),)))[0].name == name


NUMBERS = {
    "Older customers": ["Alter", "Alter des Kunden", "âge", "edad", "edad (años)", "idade", "idade do cliente", "età"],
    "Customers with high balances": [
        "Kontostand",
        "solde du compte",
        "saldo de la cuenta",
        "saldo médio",
        "saldo conto",
    ],
    "Customers with high savings": [
        "Sparguthaben",
        "montant épargne",
        "saldo depósito a prazo",
        "poupança",
        "risparmi",
    ],
    "Customers with high debts": ["Restschuld", "dettes", "saldo del préstamo", "valor do empréstimo", "debiti"],
    "Customers with high incomes": ["Einkommen", "revenu mensuel", "ingresos", "rendimento mensal", "reddito annuo"],
    "Customers with high edad de la cuenta": ["edad de la cuenta"],
    "Customers with high limite crédito": ["limite crédito"],
}


@pytest.mark.parametrize(("label", "name"), [(label, name) for name, labels in NUMBERS.items() for label in labels])
def test_numbers_are_known_in_other_languages(retired, label, name):
    number = Typical("x", label, "", 9.0, 5.0, 0.9)
    assert say(Profiles((plain(retired, "2", typical=(number,)),)))[0].name == name


@pytest.mark.parametrize("label", ["mortgage", "Hypothek", "prêt immobilier", "hipoteca", "crédito habitação", "mutuo"])
def test_a_mortgage_is_a_need_under_any_name(retired, label):
    loan = replace(trait(retired, 0.8, "x", "yes", 0.5), label=label)
    (words,) = say(Profiles((plain(retired, "1", markers=(loan,)),)))
    assert words.of("need")[0].text.startswith("A monthly instalment seems to bind their income")


def test_twins_are_not_told_apart_by_what_their_name_says_already(retired):
    learned = trait(retired, 0.9, "education", "tertiary", 2.0)
    twins = (
        plain(retired, "1", markers=(learned, trait(retired, 0.7, "city", "York"))),
        plain(retired, "2", markers=(learned,)),
    )
    assert [words.name for words in say(Profiles(twins))] == [
        "Graduates, whose city of theirs is York",
        "Graduates",
    ]


def test_twins_of_one_word_are_told_apart_by_the_level_behind_it(retired):
    def called_before(key, level):
        marker = replace(trait(retired, 1.0, "poutcome", level, 3.0), label="outcome of the earlier campaign", base=0.1)
        return plain(retired, key, markers=(marker,))

    shared = trait(retired, 0.6, "x", "under 2", 0.9)
    twins = [called_before("5", "failure"), called_before("6", "other")]
    twins = [replace(twin, markers=(*twin.markers, shared)) for twin in twins]
    assert [words.name for words in say(Profiles(tuple(twins)))] == [
        "Customers called before, whose outcome of the earlier campaign is failure",
        "Customers called before, whose outcome of the earlier campaign is other",
    ]


@pytest.mark.parametrize(
    ("label", "difference", "name"),
    [
        ("income", 0.8, "Customers with high incomes"),
        ("monthly salary", -0.8, "Customers with low incomes"),
        ("products", 1.1, "Customers with many products"),
        ("tenure months", 0.9, "Long-standing customers"),
        ("annual profit", -0.6, "Customers with low annual profit"),
        ("calls before", 0.6, "Customers with many calls before"),
        ("annual profit", 0.4, "Mixed customers"),
    ],
)
def test_numbers_that_are_high_or_low_are_said_in_names(retired, label, difference, name):
    number = Typical("x", label, "", 5.0 + difference, 5.0, difference)
    bands = () if abs(difference) < 0.5 else (replace(trait(retired, 0.6, "x", "8,567.26 or more", 0.4), label=label),)
    assert say(Profiles((plain(retired, "2", typical=(number,), markers=bands),)))[0].name == name


@pytest.mark.parametrize(
    ("level", "name"),
    [
        ("0", "Customers without visits"),
        ("3", "Customers with visits of 3"),
        ("12.5 to under 13.25", "Customers with medium visits"),
        ("under 8,567.26", "Customers with few visits"),
        ("never seen", "Customers whose visits is never seen"),
    ],
)
def test_no_name_says_the_amount_of_a_customer(retired, level, name):
    number = Typical("x", "visits", "", 5.0, 5.0, 0.1)
    band = replace(trait(retired, 0.6, "x", level, 0.9), label="visits")
    assert say(Profiles((plain(retired, "2", typical=(number,), markers=(band,)),)))[0].name == name


@pytest.mark.parametrize(
    ("known", "base", "name"),
    [(1.0, 0.19, "Customers called before"), (1.0, 0.98, "Mixed customers"), (0.4, 0.1, "Mixed customers")],
)
def test_who_has_a_day_of_the_last_call_was_called_before(retired, known, base, name):
    days = Typical("pdays", "days since the call of an earlier campaign", "days", 133, 197, 0.0, known, base)
    assert say(Profiles((plain(retired, "6", typical=(days,)),)))[0].name == name


def test_who_has_no_call_before_this_campaign_was_never_called(retired):
    none = replace(trait(retired, 0.8, "previous", "0", 0.5), label="calls before this campaign")
    assert say(Profiles((plain(retired, "6", markers=(none,)),)))[0].name == "Customers never called before"
    days = replace(trait(retired, 0.8, "pdays", "never contacted", 0.5), label="days since the last call")
    both = plain(retired, "6", markers=(none, days))
    assert say(Profiles((both,)))[0].name == "Customers never called before"


def test_two_holdings_are_said_and_earlier_calls_only_once(retired):
    days = Typical("pdays", "days since the call of an earlier campaign", "days", 133, 197, 0.0, 1.0, 0.19)
    loan = replace(trait(retired, 0.7, "housing", "no", 0.5), label="has a housing loan")
    yes = replace(trait(retired, 0.6, "poutcome", "success", 3.0), label="outcome of the earlier campaign")
    both = plain(retired, "6", typical=(days,), markers=(loan,))
    assert say(Profiles((both,)))[0].name == "Customers called before and without a housing loan"
    told = say(Profiles((replace(both, markers=(loan, yes)),)))[0].name
    assert told == "Customers who said yes before and without a housing loan"


def test_nobody_is_called_older_whose_age_is_hardly_known(retired):
    def called(known):
        age = Typical("age", "age", "years", 66.0, 42.0, 1.5, known)
        return say(Profiles((replace(retired, typical=(age,)),)))[0].name

    assert "older" in called(0.9).lower()
    assert "older" not in called(0.3).lower()
