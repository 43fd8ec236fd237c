"""What codes mean: drafted from a table of results, read back, and no customer named on the way."""

from __future__ import annotations

import polars as pl
import pytest

from segmint.errors import ConfigError, DataError
from segmint.monitoring.codes import PLAIN, codes_in_words, draft_codes, guess_meaning, meanings_of, parse_dispositions

CODES = ["SALE"] * 12 + ["NO"] * 30 + ["No answer"] * 20 + ["DNC"] * 2 + ["Mrs Smith moved"] * 3 + [""]


def results(codes: list[str] = CODES) -> pl.DataFrame:
    called = ["2026-03-01"] * len(codes)
    return pl.DataFrame({"called": called, "id": [str(n) for n in range(len(codes))], "result": codes})


def test_a_draft_names_columns_codes_and_guesses_and_reads_back() -> None:
    draft = draft_codes(results())
    read = parse_dispositions(draft)
    assert (read.customer, read.code) == ("id", "result")
    assert read.codes == {"NO": "refused", "No answer": "not_reached", "SALE": "success", "DNC": "do_not_call"}
    assert "30 rows" in draft
    assert "Smith" not in draft
    assert "codes in fewer than 10 rows each, not named here: 1" in draft
    assert "rows without a code: 1" in draft


def test_what_tells_nothing_waits_for_a_person() -> None:
    draft = draft_codes(results(["X9", "sold"] * 10))
    assert 'X9 = "" # LOOK: 10 rows' in draft
    with pytest.raises(ConfigError, match="gives the code 'X9' no meaning"):
        parse_dispositions(draft)


def test_columns_can_be_named_and_must_be_there() -> None:
    assert 'code = "called"' in draft_codes(results(), code="called")
    with pytest.raises(DataError, match="no column 'who'"):
        draft_codes(results(), customer="who")
    with pytest.raises(DataError, match="looks like the customer"):
        draft_codes(results().drop("id"))
    with pytest.raises(DataError, match="looks like the code"):
        draft_codes(results().drop("result"))


def test_odd_codes_are_written_so_that_they_read_back() -> None:
    odd = ['a "b"', "a.b", "10", "sold\\n", "tab\there", "= x # y"]
    draft = draft_codes(results(odd * 10))
    assert set(parse_dispositions(draft.replace('= ""', '= "success"')).codes) == set(odd)


@pytest.mark.parametrize(
    ("code", "meaning"),
    [("No Answer", "not_reached"), ("NOT INTERESTED", "refused"), ("Kein Interesse", "refused"), ("Rückruf", "call_back"),
     ("CALLBK", "call_back"), ("do-not-call", "do_not_call"), ("Widerspruch", "do_not_call"), ("Wrong number", "wrong_number"),
     ("venta", "success"), ("no sale", "refused"), ("não", "refused"), ("busy", "not_reached"), ("7", None), ("blue", None)],
)  # fmt: skip
def test_meanings_are_guessed_from_words(code: str, meaning: str | None) -> None:
    assert guess_meaning(code) == meaning


@pytest.mark.parametrize(
    "code",
    ["nicht verkauft", "Not accepted", "did not convert", "didn't convert", "didn’t buy, sale", "not converted", "not_signed", "not won",
     "NOTSOLD", "unsold", "Sale cancelled", "Verkauf storniert", "keine Zusage", "ohne Abschluss", "no venta", "ninguna venta",
     "sem venda", "non venduto", "pas de vente", "invendu", "Sale: no", "Verkauf nein", "sale failed", "sale returned"],
)  # fmt: skip
def test_a_no_is_never_guessed_to_be_a_sale(code: str) -> None:
    assert guess_meaning(code) in (None, "refused")


@pytest.mark.parametrize(
    "code", ["Sale", "SOLD", "accepted", "converted", "Won", "Verkauft", "Zusage", "venta", "vendu", "account sold"]
)
def test_a_yes_is_still_guessed_to_be_one(code: str) -> None:
    assert guess_meaning(code) == "success"


def test_codes_in_words_name_the_most_frequent_and_nobody() -> None:
    many = pl.Series([f"c{n:02}" for n in range(12) for _ in range(10 + n)] + ["Mrs Smith"] * 2 + [None])
    said = codes_in_words(many)
    assert said.startswith(" (c11: 21, c10: 20, ")
    assert said.endswith("c02: 12, 2 more, codes in fewer than 10 rows each: 1, rows without a code: 1)")
    assert codes_in_words(many.clear()) == ""


def test_a_column_of_many_values_is_asked_to_be_the_customer() -> None:
    table = results(["SALE", "NO"] * 30).rename({"id": "client_ref"})
    more = {
        "mobile": [f"91200{n:04}" for n in range(60)],
        "call duration": [str(100 + n) for n in range(60)],
        "at": [f"2026-03-{1 + n % 28:02} 10:{n:02}" for n in range(60)],
        "amount": [f"{n}.5" for n in range(60)],
    }
    draft = draft_codes(table.with_columns(pl.Series(name, values) for name, values in more.items()))
    assert 'customer = "client_ref" # LOOK: nearly every row has another value there' in draft
    assert parse_dispositions(draft).customer == "client_ref"
    two = table.with_columns(ticket=pl.col("client_ref"))
    with pytest.raises(DataError, match="'client_ref' and 'ticket' of the results could all be the customer"):
        draft_codes(two)
    assert 'customer = "ticket"\n' in draft_codes(two, own="ticket")
    assert 'customer = "client_ref"\n' in draft_codes(two, own="ticket", customer="client_ref")


@pytest.mark.parametrize(
    "code", ["STOP", "Stop calls", "OPT OUT", "OPTOUT", "opted_out", "REMOVE", "Unsubscribe", "blacklist"]
)
def test_who_wants_no_more_calls_is_heard_in_any_word(code: str) -> None:
    assert guess_meaning(code) == "do_not_call"


def test_codes_left_open_are_named_all_at_once() -> None:
    draft = draft_codes(results(["X9", "V1", "STOP", "SALE"] * 10))
    with pytest.raises(ConfigError, match=r"the codes '(X9|V1)' and '(X9|V1)' no meaning yet: the draft asks for it"):
        parse_dispositions(draft)
    with pytest.raises(ConfigError, match=r"code 'V1' no meaning yet: .* the code 'X9' no meaning that is known"):
        parse_dispositions(draft.replace('X9 = ""', 'X9 = "sold"'))


def test_dispositions_are_read_from_toml_and_name_a_success():
    read = parse_dispositions('customer = "id"\n[codes]\nSALE = "success"\n10 = "not_reached"')
    assert read.codes["10"] == "not_reached"
    with pytest.raises(ConfigError, match="no code that means success"):
        parse_dispositions('[codes]\nA = "refused"')
    with pytest.raises(ConfigError, match="gives the code 'A' no meaning"):
        parse_dispositions('[codes]\nA = "sold"')


def test_an_empty_cell_is_no_outcome_yet_or_a_code_without_a_meaning() -> None:
    results = pl.DataFrame({"code": [" success", "", None, "open"]})
    assert meanings_of(results, PLAIN, nothing=("", "open")).to_list() == ["success", None, None, None]
    with pytest.raises(DataError, match="1 of 4 results carries a code without a meaning") as caught:
        meanings_of(results, PLAIN, nothing=("",))
    assert caught.value.expected.startswith("a meaning for every code: success")
    with pytest.raises(DataError, match="3 of 4 results carry"):
        meanings_of(results, PLAIN)
