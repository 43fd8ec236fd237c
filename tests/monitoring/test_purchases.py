"""Which rows of a product system's table are purchases since the list: nothing else may count as one."""

from __future__ import annotations

import math
from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from segmint.errors import DataError
from segmint.monitoring.purchases import Purchases, purchases_of

LIST = date(2026, 11, 27)


def read(outcome: str | None = None, since: date | None = LIST, **columns: list[object]) -> Purchases:
    table = pl.DataFrame({"Kundennummer": ["1", "0", "1", "0"], **columns})
    return purchases_of(table, table["Kundennummer"], since=since, outcome=outcome, today=None, known=None)


def test_every_row_is_a_purchase_where_no_column_says_otherwise() -> None:
    found = read()
    assert found.buyers.to_list() == ["1", "0", "1", "0"]
    assert (found.told_by, found.none, found.too_early, found.early.undated) == (None, 0, 0, 0)
    assert read(online=["yes"] * 4, gekauft=["ja"] * 4, Betrag=["1", "2", "1", "0"]).told_by is None


@pytest.mark.parametrize(
    "name",
    [
        "gekauft",
        "Kauf",
        "bought",
        "Abschluss",
        "is_sold",
        "Purchase flag",
        "Kauf (ja/nein)",
        "comprado",
        "acheté",
        "sold",
        "Vendido",
    ],
)
@pytest.mark.parametrize("no", ["nein", "", None])
def test_a_column_of_yes_and_no_that_is_called_so_tells_the_purchases(name: str, no: str | None) -> None:
    found = read(**{name: ["Ja", no, no, " ja"], "online": ["ja", "nein", "ja", "nein"]})
    assert (found.buyers.to_list(), found.told_by, found.none) == (["1", "0"], name, 2)
    assert found.sentences[0] == f"'{name}' tells the purchases: 2 rows without a yes are none."


def test_the_lists_outcome_tells_the_purchases_whatever_it_is_called() -> None:
    assert read("Festgeld", Festgeld=["1", "0", "0", "0"]).buyers.to_list() == ["1"]
    assert read("Festgeld", Festgeld=[False] * 4).buyers.to_list() == []


@pytest.mark.parametrize(
    "columns", [["ja_nein"], ["storniert"], ["not sold"], ["previously purchased"], ["gekauft", "Kauf"]]
)
def test_a_yes_or_no_that_leaves_open_what_a_purchase_is_is_refused(columns: list[str]) -> None:
    with pytest.raises(DataError, match="have a yes or a no under") as caught:
        read(**{name: ["ja", "nein", "ja", "nein"] for name in columns})
    assert all(f"'{name}'" in caught.value.came for name in columns)
    assert "is called 'bought'" in str(caught.value.expected)


@pytest.mark.parametrize(
    "name",
    [
        "marketing_accepted",
        "terms_accepted",
        "cross_sold",
        "wholesale",
        "vendor_flag",
        "first_sale",
        "Abschluss Festgeld",
    ],
)
def test_a_yes_or_no_of_something_else_tells_no_purchase(name: str) -> None:
    few = [pl.Series([str(i) for i in range(100)]), pl.Series(["0", "1"])]
    columns: dict[str, list[object]] = {name: ["yes", "no", "yes", "no"]}
    table = pl.DataFrame({"customer": ["1", "0", "1", "0"], **columns})
    found = purchases_of(table, table["customer"], arms=few, since=None, today=None, outcome=None, known=None)
    assert (len(found.buyers), found.told_by, found.open_ones) == (4, None, (name,))
    assert f"whatever it says under '{name}'" in found.sentences[0]
    with pytest.raises(DataError, match="have a yes or a no under"):
        purchases_of(table, table["customer"], arms=few[1:] * 2, since=None, today=None, outcome=None, known=None)


@pytest.mark.parametrize(
    "said",
    [
        ["2", 0, "1,0", "0.0"],
        ["x", "", "X ", None],
        [3.0, 0.0, 1.0, None],
        [1e-9, -1.0, 1e20, math.nan],
        ["S", "n", "s", None],
    ],
)
def test_counts_and_crosses_tell_the_purchases(said: list[object]) -> None:
    texts = [None if each is None else each if isinstance(each, float | Decimal) else str(each) for each in said]
    for found in (read(gekauft=texts), read("Festgeld", Festgeld=texts)):
        assert (found.buyers.to_list(), found.none) == (["1", "1"], 2)


@pytest.mark.parametrize("word", ["unknown", "pending", "Q", "x", "12.03.2026"])
def test_a_column_that_tells_who_bought_in_other_words_is_refused(word: str) -> None:
    for outcome, name in ((None, "bought"), ("Festgeld", "Festgeld")):
        with pytest.raises(DataError, match=rf"'{name}' of the purchases .* 1 of 4 rows says neither yes nor no"):
            read(outcome, **{name: ["yes", "no", word, None]})


def test_the_outcome_comes_before_what_is_called_bought_and_that_before_all_else() -> None:
    one, other = ["ja", "nein", "nein", "nein"], ["nein", "nein", "nein", "ja"]
    assert read("Festgeld", Festgeld=one, bought=other, online=other).told_by == "Festgeld"
    assert read(bought=one, sold_by_phone=other, online=other).told_by == "bought"
    assert read(bought=["ja"] * 4, online=other).told_by is None


@pytest.mark.parametrize(
    "name",
    ["date", "Datum", "Kaufdatum", "Buchungsdatum", "Buchungstag", "Abschlussdatum", "gekauft am", "fecha", "Fecha de compra", "data",
     "data da compra", "Date d'achat", "data di acquisto", "bought_at", "PurchaseDate", "order date", "Data operação"],
)  # fmt: skip
def test_purchases_before_the_list_are_left_out_whatever_their_date_is_called(name: str) -> None:
    found = read(**{name: ["12.03.2026", "27.11.2026", "26.11.2026", "?"]})
    assert (found.buyers.to_list(), found.early.dated_by, found.too_early, found.early.undated) == (
        ["0", "0"],
        name,
        2,
        1,
    )
    assert found.sentences == (
        f"2 purchases were made before the list of 2026-11-27, as '{name}' says, and left out.",
        f"1 purchase without a date that can be read under '{name}' counts as made since the list.",
    )


@pytest.mark.parametrize("name", ["Geburtsdatum", "date of birth", "Laufzeitende", "update", "Kandidatum", "metadata"])
def test_other_dates_are_no_dates_of_purchases(name: str) -> None:
    found = read(**{name: ["12.03.2026"] * 4})
    assert (found.early.dated_by, len(found.buyers)) == (None, 4)
    assert found.sentences[0].startswith("No column of the purchases is named as their date (date, bought_on")


def test_the_date_of_the_purchase_is_taken_before_any_other_and_one_that_can_be_read() -> None:
    late, early = ["28.11.2026"] * 4, ["01.01.2026"] * 4
    assert read(date=early, Kaufdatum=late).early.dated_by == "Kaufdatum"
    assert read(data=["x"] * 4, Datum=late).early.dated_by == "Datum"
    assert read(Datum=["x"] * 4).early.undated == 4


def test_without_the_day_of_the_list_nothing_is_too_early_and_that_is_said() -> None:
    found = read(since=None, Datum=["01.01.2020"] * 4)
    assert len(found.buyers) == 4
    assert "day of the list is not known" in found.sentences[0]


def test_only_purchases_are_too_early() -> None:
    found = read(gekauft=["ja", "nein", "ja", "nein"], Datum=["01.01.2026", "", "01.02.2026", "28.11.2026"])
    assert found.all_too_early
    assert (found.none, found.too_early) == (2, 2)
    assert not read(Datum=["28.11.2026"] * 4).all_too_early
    assert not read(gekauft=["nein"] * 4, Datum=["28.11.2026"] * 4).all_too_early


@pytest.mark.parametrize("known", [None, [True, False, False, False], [False, False, False, True]])
def test_dates_of_purchases_that_can_be_read_in_two_ways_are_refused_where_a_customer_of_the_list_depends_on_it(
    known: list[bool] | None,
) -> None:
    table = pl.DataFrame(
        {"Kundennummer": ["1", "0", "1", "0"], "Datum": ["12/01/2026", "12/11/2025", "05/12/2026", "01/02/2026"]}
    )
    mask = None if known is None else pl.Series(known)
    early = purchases_of(table, table["Kundennummer"], since=LIST, known=mask, today=None, outcome=None).early
    if known is None or known[0]:
        with pytest.raises(
            DataError, match=r"of the purchases can be read as dd/mm/yyyy or as mm/dd/yyyy, and whether"
        ):
            early.require_one_reading()
    else:
        early.require_one_reading()
        assert "the first was taken" in early.sentences(0)[0]


def test_purchases_that_lie_ahead_are_a_caution() -> None:
    table = pl.DataFrame({"Kundennummer": ["1", "0", "1"], "Datum": ["28.11.2026", "29.11.2026", "01.12.2062"]})
    found = purchases_of(table, table["Kundennummer"], since=LIST, today=date(2026, 11, 28), outcome=None, known=None)
    assert found.buyers.to_list() == ["1", "0", "1"]
    assert found.early.ahead.startswith("2 purchases have a day after 2026-11-28 under 'Datum': are the years right")
    assert not read(Datum=["01.12.2062"] * 4).early.ahead
