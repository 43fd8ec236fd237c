"""Columns that say nothing to a network are told: levels that training did not know, values that are gone."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from segmint.contract.column import Column
from segmint.contract.contract import Contract, Outcome
from segmint.contract.ledger import Ledger
from segmint.contract.valid_table import ValidTable
from segmint.monitoring.reference import reference_of
from segmint.monitoring.unread import Unread

COLUMNS = (
    Column(name="saves", kind="category", role="holding", label="savings", allowed=("ja", "nein")),
    Column(name="town", kind="category", role="characteristic", label="town"),
    Column(name="age", kind="number", role="characteristic", label="age"),
)
CONTRACT = Contract(
    name="waves", columns=COLUMNS, outcome=Outcome(column="y", kind="response", levels=("no", "yes"), positive="yes")
)
ROWS = 400


def table(n: int = ROWS, **changed: object) -> ValidTable:
    frame = pl.DataFrame(
        {"saves": ["ja", "nein"] * (n // 2), "town": ["Bonn", "Kiel"] * (n // 2), "age": np.arange(n) % 50 + 20.0}
    ).with_columns(pl.Series(name, values) for name, values in changed.items())  # type: ignore[arg-type]
    whole = frame.with_columns(y=pl.Series(["no", "yes"] * (n // 2)))
    return ValidTable(whole, whole, np.arange(n), pl.Series([""] * n), CONTRACT, "planning", Ledger(read=n, accepted=n))


def learned(**changed: object) -> dict[str, object]:
    return reference_of(table(**changed), ("no", "yes"), None)


def unread_in(wave: ValidTable, reference: dict[str, object]) -> tuple[str, ...]:
    unread = Unread(wave.features, reference)
    unread.add(wave.frame)
    return unread.doubts


def some(strange: int, level: object, known: object, n: int = ROWS) -> list[object]:
    return [level] * strange + [known] * (n - strange)


def test_a_wave_like_training_says_nothing() -> None:
    assert unread_in(table(), learned()) == ()


def test_a_column_written_in_other_levels_is_told_with_those_and_the_known_ones() -> None:
    wave = table(saves=["true", "false"] * (ROWS // 2))
    assert unread_in(wave, learned()) == (
        "400 of 400 rows have a level of 'saves' that training did not know, such as 'false' and 'true' (it knew 'ja' "
        "and 'nein'): for these the column says nothing; check how the table writes it",
    )


@pytest.mark.parametrize(("strange", "said"), [(19, False), (20, True)])
def test_one_row_in_twenty_is_worth_a_warning(strange: int, said: bool) -> None:
    assert bool(unread_in(table(saves=some(strange, "Ja", "ja")), learned())) is said


def test_nobody_is_warned_of_a_few_rows() -> None:
    wave = table(n=8, saves=["Ja"] * 8)
    assert unread_in(wave, learned()) == ()


def test_a_level_that_fewer_than_ten_rows_have_is_not_shown() -> None:
    names = [f"Meier {i % 45}" for i in range(ROWS)]
    (said,) = unread_in(table(town=names), learned())
    assert "Meier" not in said
    assert "400 of 400 rows" in said


def test_what_training_pooled_may_come_again_where_the_contract_names_no_levels() -> None:
    rare = [f"village {i}" for i in range(120)] + ["Bonn"] * (ROWS - 120)
    others = [f"hamlet {i}" for i in range(120)] + ["Bonn"] * (ROWS - 120)
    assert unread_in(table(town=others), learned(town=rare)) == ()
    assert unread_in(table(town=others), learned()) != ()


def test_a_column_that_is_nearly_empty_and_was_not_is_told() -> None:
    wave = table(age=some(390, None, 40.0))
    assert unread_in(wave, learned()) == ("390 of 400 rows have no 'age'; in training 0.0 % had none: check the table",)
    assert unread_in(wave, learned(age=some(380, None, 40.0))) == ()


def test_batches_are_counted_together() -> None:
    whole = table(saves=some(24, "Ja", "ja"))
    unread = Unread(COLUMNS, learned())
    for batch in whole.frame.iter_slices(7):
        unread.add(batch)
    assert unread.doubts == unread_in(whole, learned()) != ()


def test_many_known_levels_are_counted() -> None:
    towns = [f"town {i % 20:02d}" for i in range(ROWS)]
    (said,) = unread_in(table(), learned(town=towns))
    assert "'town 07' and 12 more" in said


@pytest.mark.parametrize("frequent_first", [True, False])
def test_a_frequent_level_is_shown_however_many_rare_ones_come_before_it(frequent_first: bool) -> None:
    rare, frequent = [f"a {i:04d}" for i in range(1_200)], ["zz"] * 300
    batches = [frequent, rare] if frequent_first else [rare, frequent]
    for parts in (batches, [[*batches[0], *batches[1]]]):
        unread = Unread(COLUMNS, learned())
        for part in parts:
            unread.add(pl.DataFrame({"town": part}))
        (said,) = unread.doubts
        assert "such as 'zz' (it knew" in said
