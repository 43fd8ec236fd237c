"""The door: what gets in, what stays out, and that everything is counted."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from segmint.contract.cells import missing_codes
from segmint.contract.contract import Contract, load_contract, parse_contract
from segmint.contract.export import contract_to_toml
from segmint.contract.synthetic import synthetic_rows
from segmint.contract.valid_table import ValidTable
from segmint.contract.validate import validate, validate_batches
from segmint.errors import ContractError, DataError, InputError
from segmint.tables.rejects import Reject
from segmint.tables.source import ReadOptions, TableSource, open_table

BANK = load_contract("bank-marketing")
CONTRACT = parse_contract(
    """
name = "shop"
missing = ["", "n/a"]
[outcome]
column = "y"
kind = "response"
levels = ["no", "yes"]
positive = "yes"
[columns.id]
kind = "text"
role = "id"
label = "customer"
[columns.age]
kind = "number"
role = "characteristic"
label = "age"
bounds = [18, 99]
states = [{ value = -1, name = "not told" }]
[columns.land]
kind = "category"
role = "characteristic"
label = "country"
allowed = ["DE", "NA", "PT"]
[columns.joined]
kind = "date"
role = "time"
label = "customer since"
[columns.seconds]
kind = "number"
role = "context"
label = "duration"
known = "after_call"
""",
    origin="shop",
)
GOOD = {"id": "007", "age": "40", "land": "NA", "joined": "2020-02-29", "seconds": "12", "y": "no"}


def shop(rows: list[dict[str, str]], *, fill: int = 60) -> pl.DataFrame:
    """Some rows of interest, then good ones of both outcomes."""
    good = [GOOD | {"id": f"c{i}", "y": "yes" if i % 2 else "no"} for i in range(fill)]
    return pl.DataFrame([GOOD | row for row in rows] + good)


def check(rows: list[dict[str, str]], purpose: str = "train", **settings: object) -> ValidTable:
    source = open_table(shop(rows))
    return validate(source, CONTRACT, purpose=purpose, max_rejected=1.0, **settings)  # type: ignore[arg-type]


def test_good_rows_get_types_and_ids_stay_text() -> None:
    table = check([{"age": "-1", "joined": ""}])
    assert table.frame.columns == ["id", "age", "land", "joined", "y"]
    assert table.frame.schema["age"] == pl.Float64
    assert table.frame.row(0)[:3] == ("007", -1.0, "NA")
    assert table.ids is not None
    assert table.ids[0] == "007"
    assert table.outcome[:3].tolist() == ["no", "no", "yes"]
    assert table.inputs.columns == ["age", "land"]
    assert table.raw.columns == list(GOOD)
    assert table.records[:3].tolist() == [1, 2, 3]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"age": "forty"}, "not_a_number: age"),
        ({"age": "nan"}, "not_a_number: age"),
        ({"age": "inf"}, "not_a_number: age"),
        ({"age": "1e400"}, "not_finite: age"),
        ({"age": "-1e308"}, "too_large: age"),
        ({"age": "1_0"}, "not_a_number: age"),
        ({"age": "٤٠"}, "not_a_number: age"),
        ({"age": "17"}, "out_of_bounds: age"),
        ({"age": "100"}, "out_of_bounds: age"),
        ({"age": "-2"}, "out_of_bounds: age"),
        ({"land": "FR"}, "unknown_level: land"),
        ({"land": "na"}, "other_capitals: land"),
        ({"joined": "29.02.2020"}, "not_a_date: joined"),
        ({"joined": "2021-02-29"}, "not_a_date: joined"),
        ({"y": ""}, "missing_outcome: y"),
        ({"y": "perhaps"}, "unknown_outcome: y"),
    ],
)
def test_to_train_a_bad_value_rejects_its_row_with_a_reason(change: dict[str, str], reason: str) -> None:
    """ING-07, ING-12."""
    seen: list[Reject] = []
    table = check([{}, change], on_reject=seen.append)
    assert dict(table.ledger.reasons) == {reason: 1}
    assert [reject.record for reject in seen] == [2]
    assert seen[0].column == reason.split(": ")[1]
    value = next(iter(change.values()))
    assert value in seen[0].raw
    assert not value or value not in seen[0].detail
    assert len(table) == 61


@pytest.mark.parametrize(
    ("change", "flag"),
    [
        ({"land": "FR"}, "land: unseen level"),
        ({"land": "de"}, "land: unseen level (known but for capitals)"),
        ({"age": "17"}, "age: out of range"),
    ],
)
def test_to_predict_an_unusual_value_is_flagged_and_kept(change: dict[str, str], flag: str) -> None:
    """ING-12."""
    table = check([{}, change, {"age": "200", "land": "XX"}], purpose="predict")
    assert table.flags[:3].to_list() == ["", flag, "age: out of range; land: unseen level"]
    assert table.ledger.rejected == 0
    assert table.ledger.flagged == 2
    assert table.ledger.flags[flag] == sum(flag in told.split("; ") for told in table.flags)


def test_to_judge_values_that_are_not_allowed_are_flagged_and_rows_without_an_outcome_rejected() -> None:
    table = check([{"age": "200"}, {"land": "XX"}, {"y": ""}, {"age": "forty"}], purpose="judge")
    assert dict(table.ledger.flags) == {"age: out of range": 1, "land: unseen level": 1}
    assert dict(table.ledger.reasons) == {"missing_outcome: y": 1, "not_a_number: age": 1}
    with pytest.raises(DataError, match="same outcome"):
        validate(open_table(shop([]).with_columns(y=pl.lit("no"))), CONTRACT, purpose="judge")


def test_to_predict_an_unreadable_value_still_rejects_its_row() -> None:
    table = check([{"age": "forty"}], purpose="predict")
    assert dict(table.ledger.reasons) == {"not_a_number: age": 1}


@pytest.mark.parametrize("spelling", ["", "garbage"])
def test_to_predict_an_unreadable_outcome_rejects_nobody(spelling: str) -> None:
    table = check([{"y": spelling}], purpose="predict")
    assert len(table) == 61
    assert not table.has_outcome
    assert check([], purpose="predict").has_outcome


def test_garbage_in_a_column_known_too_late_rejects_nobody() -> None:
    table = check([{"seconds": "garbage"}])
    assert table.ledger.rejected == 0
    assert "seconds" not in table.frame.columns
    assert "seconds" in table.raw.columns
    assert "not used: seconds, known only after the call" in table.ledger.sentence()
    assert check([{"seconds": "garbage"}], at="after_call").ledger.rejected == 1


def test_missing_values_are_null_and_na_is_a_country() -> None:
    """ING-07."""
    table = check([{"age": "n/a", "land": ""}, {"age": " 41 ", "land": " PT "}])
    assert table.frame.row(0)[1:3] == (None, None)
    assert table.frame.row(1)[1:3] == (41.0, "PT")
    assert table.frame.row(2)[2] == "NA"


def test_a_category_of_decimals_keeps_its_digits_and_ids_and_texts_do_not() -> None:
    """Bundles know the levels as they were learned."""
    contract = parse_contract(
        """
name = "decimals"
[outcome]
column = "y"
kind = "response"
levels = ["no", "yes"]
positive = "yes"
[columns.client]
kind = "text"
role = "id"
label = "client"
[columns.phone]
kind = "text"
role = "phone"
label = "phone"
[columns.rate]
kind = "category"
role = "characteristic"
label = "rate"
""",
        origin="",
    )
    frame = pl.DataFrame(
        {name: pl.Series(["4930123456.00"]).cast(pl.Decimal(20, 2)) for name in ("client", "phone", "rate")}
    )
    table = validate(open_table(frame), contract, purpose="predict")
    assert table.frame.row(0) == ("4930123456", "4930123456", "4930123456.00")


def test_no_non_finite_number_gets_past_the_door() -> None:
    """ING-07."""
    odd = [float("nan"), float("inf"), -float("inf"), -0.0, 5e-324, 1e308, None]
    frame = shop([{}] * len(odd)).with_columns(age=pl.Series([*odd, *[40.0] * 60]))
    table = validate(open_table(frame), CONTRACT, purpose="predict", max_rejected=1.0)
    ages = table.frame["age"]
    assert ages.drop_nulls().is_finite().all()
    assert dict(table.ledger.reasons) == {"not_finite: age": 2, "too_large: age": 1}
    assert ages.null_count() == 2  # nan from a frame and null mean no value
    assert not np.signbit(ages[1])


AMOUNTS = parse_contract(
    """
name = "amounts"
[outcome]
column = "y"
kind = "response"
levels = ["no", "yes"]
positive = "yes"
[columns.amount]
kind = "number"
role = "holding"
label = "amount"
""",
    origin="",
)


@pytest.mark.parametrize("dtype", [pl.String, pl.Int64, pl.Float32, pl.Float64, pl.Decimal(9, 2)])
def test_a_number_that_means_no_value_does_so_whatever_type_it_came_in(dtype: pl.DataType) -> None:
    contract = CONTRACT.model_copy(update={"missing": ("", "n/a", "99", "00", "1e999")})
    frame = shop([{"age": "99"}, {"age": "98"}], fill=1).with_columns(pl.col("age").cast(dtype))
    table = validate(open_table(frame), contract, purpose="predict")
    assert table.frame["age"].to_list() == [None, 98.0, 40.0]
    assert table.ledger.flagged == 0


def test_words_that_mean_no_value_are_read_with_the_decimal_sign_of_the_table() -> None:
    frame = pl.DataFrame({"amount": ["9,99", "9,990", "1.000", "1000", "1", "0"], "y": ["no"] * 6})
    contract = AMOUNTS.model_copy(update={"missing": ("9,99", "1.000", "00")})
    table = validate(open_table(frame, ReadOptions(decimal="comma")), contract, purpose="predict")
    assert table.frame["amount"].to_list() == [None, None, None, None, 1.0, 0.0]
    assert missing_codes(("1.000", "7", "n.a."), "ambiguous") == [7.0]


def test_decimal_commas_and_grouped_numbers_are_read_by_the_declared_sign(tmp_path: Path) -> None:
    """ING-05."""
    texts = ["1,5", "-2", "1.234", "1.234.567,25", "1.5", "1,2,3", "+,5"]
    path = tmp_path / "t.csv"
    path.write_text("amount;y\n" + "".join(f"{text};no\n" for text in texts))
    source = open_table(path, ReadOptions(decimal="comma"))
    table = validate(source, AMOUNTS, purpose="predict", max_rejected=1.0)
    assert table.frame["amount"].to_list() == [1.5, -2.0, 1234.0, 1234567.25, 0.5]
    assert [reject.raw for reject in table.ledger.rejects] == ["1.5;no", "1,2,3;no"]


@pytest.mark.parametrize(("decimal", "text"), [("point", "0,125"), ("point", "-0,125"), ("comma", "0.125")])
def test_a_group_of_thousands_does_not_begin_with_nought(decimal: str, text: str) -> None:
    """ING-05: an eighth is not read as a hundred and twenty-five."""
    frame = pl.DataFrame({"amount": [text, "12"], "y": ["no", "no"]})
    table = validate(open_table(frame, ReadOptions(decimal=decimal)), AMOUNTS, purpose="predict", max_rejected=1.0)
    assert dict(table.ledger.reasons) == {"not_a_number: amount": 1}
    assert table.frame["amount"].to_list() == [12.0]


@pytest.mark.parametrize("kind", ["frame", "parquet", "workbook"])
def test_texts_of_typed_tables_are_read_by_the_declared_sign(tmp_path: Path, kind: str) -> None:
    """ING-05."""
    frame = pl.DataFrame({"amount": ["0,125", "1.234", "1,5"], "other": [1.5, 1.234, 2.0], "y": ["no"] * 3})
    path = tmp_path / "t"
    if kind != "frame":
        frame.write_parquet(path) if kind == "parquet" else frame.write_excel(path.with_suffix(".xlsx"))
    source = frame if kind == "frame" else path if kind == "parquet" else path.with_suffix(".xlsx")
    both = AMOUNTS.model_copy(
        update={"columns": (*AMOUNTS.columns, AMOUNTS.columns[0].model_copy(update={"name": "other"}))}
    )
    table = validate(open_table(source, ReadOptions(decimal="comma")), both, purpose="predict", max_rejected=1.0)
    assert table.frame["amount"].to_list() == [0.125, 1234.0, 1.5]
    assert table.frame["other"].to_list() == [1.5, 1.234, 2.0]
    assert table.ledger.receipt["decimal"] == "comma"


@pytest.mark.parametrize("kind", ["frame", "parquet", "xlsx"])
def test_numbers_of_typed_tables_have_no_decimal_sign(tmp_path: Path, kind: str) -> None:
    """ING-05: only texts can be read in two ways, and their sign moves no number."""
    rate = AMOUNTS.columns[0].model_copy(update={"name": "rate"})
    both = AMOUNTS.model_copy(update={"columns": (rate, *AMOUNTS.columns)})

    def opened(texts: list[str]) -> TableSource:
        frame = pl.DataFrame({"rate": [1.234, None, 2.0], "amount": texts, "y": ["no"] * 3})
        path = tmp_path / f"t.{kind}"
        if kind == "frame":
            return open_table(frame)
        frame.write_parquet(path) if kind == "parquet" else frame.write_excel(path)
        return open_table(path)

    table = validate(opened(["1,5", "0,25", "7"]), both, purpose="predict")
    assert table.frame["rate"].to_list() == [1.234, None, 2.0]
    assert table.frame["amount"].to_list() == [1.5, 0.25, 7.0]
    with pytest.raises(InputError, match="'amount' can be read in two ways"):
        validate(opened(["1.234", "5.678", "7"]), both, purpose="predict")


@pytest.mark.parametrize("kind", ["number", "date"])
@pytest.mark.parametrize("dtype", [pl.Time, pl.Duration, pl.Date])
def test_what_is_no_number_or_day_is_rejected_and_not_turned_into_one(kind: str, dtype: type[pl.DataType]) -> None:
    column = AMOUNTS.columns[0].model_copy(update={"kind": kind, "role": "time" if kind == "date" else "holding"})
    contract = AMOUNTS.model_copy(update={"columns": (column,)})
    frame = pl.DataFrame({"amount": pl.Series([1, None], dtype=pl.Int32).cast(pl.Int64).cast(dtype), "y": ["no", "no"]})
    table = validate(open_table(frame), contract, purpose="predict", max_rejected=1.0)
    fits = kind == "date" and dtype == pl.Date
    assert dict(table.ledger.reasons) == ({} if fits else {f"not_a_{kind}: amount": 1})
    assert table.frame["amount"].null_count() == 1


@pytest.mark.parametrize("dtype", [pl.Categorical, pl.Enum(["40", "x"])])
def test_numbers_that_came_as_categories_are_read(dtype: pl.DataType) -> None:
    frame = shop([{"age": "x"}]).with_columns(pl.col("age").cast(dtype))
    table = validate(open_table(frame.to_pandas()), CONTRACT)
    assert dict(table.ledger.reasons) == {"not_a_number: age": 1}
    assert table.frame["age"].unique().to_list() == [40.0]


def test_numbers_that_read_two_ways_are_refused_until_declared(tmp_path: Path) -> None:
    """ING-05."""
    path = tmp_path / "t.csv"
    rows = "".join(f"c{i};1.234;DE;2020-01-01;1;{'yes' if i % 2 else 'no'}\n" for i in range(60))
    path.write_text("id;age;land;joined;seconds;y\n" + rows)
    with pytest.raises(InputError, match="'age' can be read in two ways"):
        validate(open_table(path), CONTRACT)


def test_whole_numbers_of_a_frame_become_the_same_text() -> None:
    frame = shop([]).with_columns(id=pl.Series(range(60)), y=pl.Series([float(i % 2) for i in range(60)]))
    table = validate(open_table(frame), CONTRACT)
    assert table.ids is not None
    assert table.ids[:2].to_list() == ["0", "1"]
    assert table.outcome[:2].tolist() == ["no", "yes"]


def test_ids_that_lost_digits_as_floating_point_are_refused() -> None:
    """ING-03."""
    frame = shop([]).with_columns(id=pl.Series([1234567890123456789.0] * 60))
    with pytest.raises(ContractError, match="'id' came as floating point numbers"):
        validate(open_table(frame), CONTRACT)


def id_texts(count: int) -> list[str]:
    draw = random.Random(3)
    fixed = [
        "007",
        "0",
        str(2**53 + 1),
        str(2**63),
        str(2**64),
        str(2**70),
        "1e5",
        " 7",
        "7 ",
        "٤٢",
        "NA",
        "-0",
    ]
    return fixed + [f"{draw.randrange(10**18, 10**19)}" for _ in range(count - len(fixed))]


@pytest.mark.parametrize("kind", ["csv", "parquet", "polars", "pandas", "arrow"])
def test_every_id_comes_out_as_it_went_in(tmp_path: Path, kind: str) -> None:
    """ING-03."""
    ids = id_texts(10_000)
    frame = pl.DataFrame({**dict.fromkeys(GOOD, ""), "id": ids}).with_columns(
        **{name: pl.lit(value) for name, value in GOOD.items() if name != "id"}
    )
    if kind in ("csv", "parquet"):
        path = tmp_path / f"t.{kind}"
        frame.write_csv(path) if kind == "csv" else frame.write_parquet(path)
        source = open_table(path)
    else:
        source = open_table({"polars": frame, "pandas": frame.to_pandas(), "arrow": frame.to_arrow()}[kind])
    table = validate(source, CONTRACT, purpose="predict")
    assert table.ids is not None
    assert table.ids.to_list() == ids
    assert table.ids.n_unique() == len(set(ids))


def test_another_tables_columns_are_answered_with_the_difference(data_folder: Path) -> None:
    """ING-11."""
    source = open_table(data_folder / "segments-abcd/customer_segmentation.csv")
    with pytest.raises(ContractError) as refusal:
        validate(source, BANK)
    text = str(refusal.value)
    assert "does not meet the contract 'bank-marketing'" in text
    assert "missing: age (did you mean 'Age'?)" in text
    assert "unexpected: ID, Gender" in text
    assert "the table meets the contract 'customer-segments'" in text


def test_a_file_without_a_header_is_not_answered_with_its_first_customer() -> None:
    """OUT-03."""
    with pytest.raises(ContractError) as refusal:
        validate(open_table(pl.DataFrame({"41": ["42"], "Jane Doe": ["John Doe"]})), BANK)
    assert "is the first line a header?" in str(refusal.value)
    assert "Jane Doe" not in str(refusal.value)


def test_an_unreviewed_contract_trains_nothing() -> None:
    draft = CONTRACT.model_copy(update={"reviewed": False})
    with pytest.raises(ContractError, match="Nobody has reviewed"):
        validate(open_table(shop([])), draft)
    assert len(validate(open_table(shop([])), draft, purpose="predict")) == 60


@pytest.mark.parametrize(
    ("outcomes", "sentence"),
    [
        (["no"] * 100, "has the same outcome"),
        (["no"] * 99 + ["yes"], r"Too few rows have these outcomes: yes \(1\)"),
        (["no", "yes"] * 10, "Only 20 rows are usable"),
        (["no", "yes", "", "", ""] * 20, "60 of 100 rows are rejected"),
        (["no", "yes", "maybe"] * 40, "40 of 120 rows are rejected"),
    ],
)
def test_rows_that_cannot_teach_are_refused(outcomes: list[str], sentence: str) -> None:
    """ING-09."""
    frame = pl.DataFrame([GOOD | {"y": outcome} for outcome in outcomes])
    with pytest.raises(DataError, match=sentence):
        validate(open_table(frame), CONTRACT)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"known": "after_call"}, r"set aside: age \(known only after the call\), land .*(\n.*)+--at"),
        ({"role": "ignore"}, r"the contract 'shop' has no feature.(\n.*)+a role"),
    ],
)
def test_a_table_without_a_feature_teaches_nothing(change: dict[str, str], sentence: str) -> None:
    columns = [
        column.model_copy(update=change) if column.name in ("age", "land") else column
        for column in CONTRACT.columns
        if column.name != "seconds"
    ]
    bare = CONTRACT.model_copy(update={"columns": tuple(columns)})
    with pytest.raises(DataError, match=sentence):
        validate(open_table(shop([])), bare)
    assert len(validate(open_table(shop([])), bare, purpose="predict")) == 60


def test_mixed_spellings_of_the_outcome_train_together() -> None:
    """ING-09."""
    spellings = ["yes", "No", "YES", "1.0", "0", "true", "FALSE", "y", "n", "1", "0.0", "no"]
    frame = pl.DataFrame([GOOD | {"y": text} for text in spellings * 5])
    table = validate(open_table(frame), CONTRACT)
    assert sorted(set(table.outcome.tolist())) == ["no", "yes"]
    assert table.ledger.rejected == 0


def test_too_many_rejects_stop_with_a_summary() -> None:
    with pytest.raises(DataError) as refusal:
        validate(open_table(shop([{"age": "x"}] * 9 + [{"land": "FR"}] * 4)), CONTRACT)
    text = str(refusal.value)
    assert "13 of 73 rows are rejected" in text
    assert "9: not_a_number: age (first at row 1)" in text
    assert "4: unknown_level: land (first at row 10)" in text


def test_an_assignment_may_lack_a_segment_but_not_all() -> None:
    contract = load_contract("customer-segments")
    frame = synthetic_rows(contract, "planning", 90, 1).with_columns(Segmentation=pl.Series(["A", "B", "D"] * 30))
    assert set(validate(open_table(frame), contract).outcome.tolist()) == {"A", "B", "D"}
    with pytest.raises(DataError, match="several segments"):
        validate(open_table(frame.with_columns(Segmentation=pl.lit("A"))), contract)


@pytest.mark.parametrize("size", [1, 7, 1_000, 65_536])
def test_batches_add_up_to_the_whole(tmp_path: Path, size: int) -> None:
    """ING-13."""
    draw = random.Random(5)
    path = tmp_path / "t.csv"
    lines = ["id,age,land,joined,seconds,y"]
    for i in range(400):
        line = f"{i},{draw.choice(['40', 'x', '-1', '17'])},{draw.choice(['DE', 'FR', ''])},,1,no"
        lines.append(draw.choice([line] * 8 + [line + ",extra", '"' + line]))
    path.write_text("\n".join(lines))
    whole = validate(open_table(path), CONTRACT, purpose="predict", max_rejected=1.0)
    rejects: list[Reject] = []
    tables = list(validate_batches(open_table(path), CONTRACT, purpose="predict", size=size, on_reject=rejects.append))
    assert pl.concat([table.frame for table in tables]).equals(whole.frame)
    assert pl.concat([table.flags for table in tables]).equals(whole.flags)
    assert tuple(rejects) == whole.ledger.rejects
    assert whole.rejected.tolist() == [reject.record for reject in rejects]
    total = sum((table.ledger for table in tables[1:]), tables[0].ledger)
    assert replace(total, receipt={}) == replace(whole.ledger, receipt={})
    total.check()
    assert total.read == 400


@pytest.mark.parametrize(("kind", "read", "rejected"), [("csv", 3, [4]), ("parquet", 5, [2, 3, 4])])
def test_a_line_without_any_value_is_no_record_and_a_row_of_parquet_a_rejected_one(
    tmp_path: Path, kind: str, read: int, rejected: list[int]
) -> None:
    nothing = dict.fromkeys(GOOD)
    frame = pl.DataFrame([GOOD, nothing, nothing, GOOD | {"age": "x"}, GOOD])
    path = tmp_path / f"t.{kind}"
    frame.write_csv(path) if kind == "csv" else frame.write_parquet(path)
    table = validate(open_table(path), CONTRACT, purpose="predict", max_rejected=1.0)
    assert (table.ledger.read, table.records.tolist(), table.rejected.tolist()) == (read, [1, 5], rejected)


MUTATIONS = {
    "missing": lambda f: f.drop("age"),
    "renamed": lambda f: f.rename({"age": "Age"}),
    "retyped": lambda f: f.with_columns(age=pl.lit("young")),
    "unit": lambda f: f.with_columns(age=pl.lit("40000")),
    "sign": lambda f: f.with_columns(age=pl.lit("-40")),
    "exploded": lambda f: f.with_columns(land=pl.Series([f"X{i}" for i in range(f.height)])),
    "recoded": lambda f: f.with_columns(land=pl.lit("276")),
    "lower case": lambda f: f.with_columns(land=pl.lit("de")),
    "date order": lambda f: f.with_columns(joined=pl.lit("29/02/2020")),
    "missing outcome": lambda f: f.drop("y"),
    "other outcomes": lambda f: f.with_columns(y=pl.lit("gold")),
    "one outcome": lambda f: f.with_columns(y=pl.lit("yes")),
    "no id": lambda f: f.drop("id"),
}


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_a_changed_table_is_refused_with_the_column_named(mutation: str) -> None:
    """ING-11."""
    column = {"missing": "age", "renamed": "age", "retyped": "age", "unit": "age", "sign": "age"}
    column |= {"exploded": "land", "recoded": "land", "lower case": "land", "date order": "joined"}
    column |= {"missing outcome": "y", "other outcomes": "y", "one outcome": "y", "no id": "id"}
    with pytest.raises((ContractError, DataError)) as refusal:
        validate(open_table(MUTATIONS[mutation](shop([]))), CONTRACT)
    assert column[mutation] in str(refusal.value)


def test_column_order_and_extra_columns_change_nothing_but_the_receipt() -> None:
    """ING-11."""
    frame = shop([])
    plain = validate(open_table(frame), CONTRACT)
    extra = frame.select(reversed(frame.columns)).with_columns(hobby=pl.lit("chess"))
    other = validate(open_table(extra), CONTRACT)
    assert other.frame.equals(plain.frame)
    assert "hobby, not in the contract" in other.ledger.sentence()


def test_one_code_for_two_states_is_told_apart() -> None:
    contract = load_contract("bank-additional")
    frame = synthetic_rows(contract, "planning", 60, 1).with_columns(
        pdays=pl.lit("999"), previous=pl.Series(["0", "1", ""] * 20), y=pl.Series(["no", "yes"] * 30)
    )
    table = validate(open_table(frame), contract)
    assert table.frame["pdays"][:3].to_list() == [999.0, -999.0, 999.0]


def test_the_real_tables_meet_their_contracts(data_folder: Path) -> None:
    for name, contract, rows in [
        ("uci-bank/bank.csv", "bank-marketing", 4_521),
        ("uci-bank/bank-additional-first-80.csv", "bank-additional", 32_950),
        ("term-deposit/train.csv", "term-deposit", 31_647),
        ("segments-abcd/customer_segmentation.csv", "customer-segments", 8_068),
    ]:
        table = validate(open_table(data_folder / name), load_contract(contract), at="after_call")
        assert (table.ledger.accepted, table.ledger.rejected) == (rows, 0)
        assert table.has_outcome


def test_customers_without_a_segment_can_be_predicted(data_folder: Path) -> None:
    source = open_table(data_folder / "segments-abcd/new_customers.csv")
    table = validate(source, load_contract("customer-segments"), purpose="predict")
    assert len(table) == 2_627
    assert not table.has_outcome
    assert set(table.flags) == {""}


def test_the_sentence_reads_as_promised(data_folder: Path) -> None:
    table = validate(open_table(data_folder / "uci-bank/bank.csv"), BANK, at="dialling")
    assert table.ledger.sentence() == (
        "4,521 rows, ';'-separated, UTF-8, decimal point; not used: duration, known only after the call"
    )


def golden(contract: Contract) -> ValidTable:
    frame = synthetic_rows(contract, "planning", 200, 7, levels={"land": ("DE",)})
    return validate(open_table(frame), contract, purpose="predict")


@pytest.mark.parametrize("name", ["bank-marketing", "bank-additional", "customer-segments", "term-deposit"])
def test_synthetic_rows_meet_their_contract(name: str) -> None:
    table = golden(load_contract(name))
    assert table.ledger.rejected == 0
    assert set(table.flags) == {""}
    assert golden(load_contract(name)).frame.equals(table.frame)


def test_repeated_ids_are_kept_and_counted(tmp_path: Path) -> None:
    """ING-10: exact copies, conflicts, and copies in other batches."""
    table = check([{"id": "c0"}, {"id": "c0", "age": "50"}, {"id": ""}])
    assert table.ledger.receipt["ids"] == {
        "customers": 60,
        "repeated_rows": 2,
        "without_id": 1,
        "policy": "every row is kept; rows of one customer stay on one side of every split",
    }
    assert len(table) == 63


@pytest.mark.parametrize("seed", range(3))
def test_clean_resamples_raise_no_alarm(data_folder: Path, seed: int) -> None:
    """ING-11."""
    frame = pl.read_csv(data_folder / "uci-bank/bank.csv", separator=";", infer_schema=False)
    resample = frame.sample(2_000, with_replacement=True, seed=seed)
    table = validate(open_table(resample), BANK, purpose="predict", at="after_call")
    assert (table.ledger.rejected, table.ledger.flagged) == (0, 0)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda f: f.head(1), "Only 1 row is usable"),
        (lambda f: f.with_columns(pl.lit(None, dtype=pl.String).alias("y")), "60 of 60 rows are rejected"),
        (lambda f: f.with_columns(age=pl.lit("")), None),
        (lambda f: f.with_columns(pl.lit("").alias(name) for name in ("age", "land", "joined")), None),
        (lambda f: f.with_columns(land=pl.lit("PT")), None),
    ],
)
def test_degenerate_tables_end_in_a_sentence_or_in_plain_rows(change, sentence: str | None) -> None:  # type: ignore[no-untyped-def]
    """ING-08."""
    source = open_table(change(shop([])))
    if sentence is None:
        assert len(validate(source, CONTRACT)) == 60
    else:
        with pytest.raises(DataError, match=sentence):
            validate(source, CONTRACT)


def with_treatment(rows: list[dict[str, object]], known: str = "planning") -> tuple[pl.DataFrame, Contract]:
    called = f'[columns.called]\nkind = "category"\nrole = "treatment"\nlabel = "called"\nknown = "{known}"\n'
    return pl.DataFrame(rows), parse_contract(contract_to_toml(CONTRACT) + called, origin="shop")


@pytest.mark.parametrize("known", ["planning", "after_call"])
def test_who_was_left_alone_teaches_nothing_and_does_not_count_as_a_fault(known: str) -> None:
    """A third was left alone, of whom all said yes by themselves; two rows do not say, and one of the called is broken."""
    words = ["yes", "Called", "1.0", "3", *["no", "Control"]] * 50
    rows = [GOOD | {"id": str(i), "called": word, "y": "yes" if i % 10 == 0 else "no"} for i, word in enumerate(words)]
    for row in rows:
        row["y"] = "yes" if row["called"] in ("no", "Control") else row["y"]
    rows += [GOOD | {"id": "a", "called": ""}, GOOD | {"id": "b", "called": "perhaps"}]
    rows += [GOOD | {"id": "c", "called": "no", "age": "many"}, GOOD | {"id": "d", "called": "yes", "age": "many"}]
    frame, contract = with_treatment(rows, known)
    table = validate(open_table(frame), contract)
    assert table.ledger.reasons == {
        "left_alone: called": 101, "unknown_treatment: called": 2, "not_a_number: age": 1,
    }  # fmt: skip
    assert (len(table), table.ledger.left_alone) == (200, 101)
    assert 0 < np.mean(table.outcome == "yes") < 0.2
    assert "104 rejected, 101 of them because nobody called the customer" in table.ledger.sentence()
    assert len(validate(open_table(frame), contract, purpose="predict")) == 302


def test_words_that_do_not_say_who_was_called_are_refused() -> None:
    frame, contract = with_treatment([GOOD | {"id": str(i), "called": "AB"[i % 2]} for i in range(100)])
    with pytest.raises(DataError, match="100: unknown_treatment: called"):
        validate(open_table(frame), contract)


def test_rows_without_an_outcome_may_be_left_out_with_a_share_that_is_named() -> None:
    source = open_table(shop([{"y": ""}] * 15 + [{"age": "x"}], fill=59))
    with pytest.raises(DataError, match=r"16 of 75 rows are rejected") as refused:
        validate(source, CONTRACT)
    assert "--set data.max_rejected=0.25 (59 rows with an outcome are left to learn from)" in str(refused.value)
    assert 'where a blank means a no, say so under [outcome] of the contract: blank = "no"' in str(refused.value)
    assert validate(source, CONTRACT, max_rejected=0.25).ledger.rejected == 16


BLANK_IS_NO = CONTRACT.model_copy(update={"outcome": CONTRACT.outcome.model_copy(update={"blank": "no"})})


def test_a_blank_outcome_is_what_the_contract_says_and_is_counted() -> None:
    source = open_table(shop([{"y": ""}] * 15 + [{"y": "NA"}], fill=59))
    words = BLANK_IS_NO.model_copy(update={"missing": ("", "NA")})
    table = validate(source, words)
    assert (table.ledger.blanks, table.ledger.to_json()["blanks"]) == (15, 15)
    assert dict(table.ledger.reasons) == {"missing_outcome: y": 1}  # a word for no value says that there is no answer
    assert table.ledger.sentence().endswith("15 blank outcomes read as no, as the contract says")
    assert (table.outcome[:15] == "no").all()
    problems = table.outcome_problems
    assert problems is not None
    assert problems.null_count() == len(table)
    assert validate(source, words, purpose="predict").ledger.blanks == 15


def test_where_nobody_has_answered_a_blank_is_no_no() -> None:
    table = validate(open_table(shop([{"y": ""}] * 60, fill=0)), BLANK_IS_NO, purpose="predict")
    problems = table.outcome_problems
    assert problems is not None
    assert (problems == "missing_outcome").all()
    assert (table.ledger.blanks, table.has_outcome) == (0, False)


def test_other_rejected_rows_are_to_be_corrected() -> None:
    with pytest.raises(DataError, match="correct the table or the contract") as refused:
        validate(open_table(shop([{"y": ""}] * 15 + [{"age": "x"}] * 5, fill=59)), CONTRACT)
    assert "max_rejected=" not in str(refused.value)
    with pytest.raises(DataError, match="correct the table or the contract"):
        validate(open_table(shop([{"y": ""}] * 15, fill=0)), CONTRACT)


def german(folder: Path, header: str, cells: str) -> Path:
    path = folder / "t.csv"
    rows = "".join(f"c{i};4{i % 10},5;DE;2020-01-01;1;{'yes' if i % 2 else 'no'};{cells}\n" for i in range(60))
    path.write_text(f"id;age;land;joined;seconds;y;{header}\n{rows}")
    return path


@pytest.mark.parametrize("stranger", ["propensity", "rate"])
def test_a_column_that_the_contract_does_not_know_decides_no_decimal_sign(stranger: str, tmp_path: Path) -> None:
    table = validate(open_table(german(tmp_path, stranger, "0.5")), CONTRACT)
    assert table.frame["age"][:2].to_list() == [40.5, 41.5]
    assert table.ledger.receipt["decimal"] == "comma"
    assert table.numbers(stranger).values[0] == 0.5


def test_two_columns_of_the_contract_that_disagree_are_named(tmp_path: Path) -> None:
    path = german(tmp_path, "note", "x")
    path.write_text(path.read_text().replace(";1;", ";1.5;"))
    with pytest.raises(InputError, match="'age' has decimal commas, as in 0,5, and 'seconds' decimal points") as told:
        validate(open_table(path), CONTRACT, at="after_call")
    assert "data.decimal" in str(told.value)
    assert validate(open_table(path), CONTRACT).ledger.receipt["decimal"] == "comma", (
        "what is set aside decides nothing"
    )


def test_numbers_that_are_some_with_the_other_sign_say_so(tmp_path: Path) -> None:
    path = german(tmp_path, "note", "x")
    with pytest.raises(DataError, match="not_a_number: age") as told:
        validate(open_table(path, ReadOptions(decimal="point")), CONTRACT)
    assert "--set data.decimal=comma" in str(told.value)
    for cells in (["forty", "4,5"], ["4,5"]):  # the second: nearly all others are read as it is
        point = ReadOptions(decimal="point")
        with pytest.raises(DataError, match="not_a_number: age") as told:
            validate(open_table(shop([{"age": cell} for cell in cells]), point), CONTRACT, max_rejected=0.0)
        assert "data.decimal" not in str(told.value)


def test_the_other_sign_is_not_advised_where_it_rejects_another_column(tmp_path: Path) -> None:
    path = german(tmp_path, "note", "x")
    path.write_text(path.read_text().replace(";1;", ";1.5;"))
    for sign, said in (
        ("comma", "'age' has decimal commas and 'seconds' decimal points"),
        ("point", "'seconds' has decimal points and 'age' decimal commas"),
    ):
        with pytest.raises(DataError, match="not_a_number") as told:
            validate(open_table(path, ReadOptions(decimal=sign)), CONTRACT, at="after_call")
        assert f"{said}, so that either sign rejects these rows: write all numbers" in told.value.fix
        assert "data.decimal" not in told.value.fix
    with pytest.raises(DataError, match="not_a_number: age") as told:
        validate(open_table(path, ReadOptions(decimal="point")), CONTRACT)
    assert "--set data.decimal=comma" in told.value.fix, "what is set aside is not read"


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("29.02.2020", """seems to be written dd.mm.yyyy: set format = "%d.%m.%Y" under [columns.joined]"""),
        ("01/03/2025", """seems to be written dd/mm/yyyy or mm/dd/yyyy: set format = "%d/%m/%Y" or "%m/%d/%Y" under"""),
        ("in spring", "'joined' is read as yyyy-mm-dd; correct the table or the contract"),
    ],
)
def test_dates_in_another_form_say_which_was_expected_and_which_they_seem_to_have(cell: str, said: str) -> None:
    with pytest.raises(DataError, match="not_a_date: joined") as told:
        validate(open_table(shop([{"joined": cell}] * 20)), CONTRACT)
    assert "'joined' is read as yyyy-mm-dd" in str(told.value)
    assert said in str(told.value)
    assert cell not in str(told.value)


def test_rows_of_parquet_without_any_value_are_no_reason_to_refuse_a_table(tmp_path: Path) -> None:
    frame = shop([])
    empty = pl.DataFrame({name: [None] * 20 for name in frame.columns}, schema=frame.schema)
    pl.concat([frame, empty]).write_parquet(tmp_path / "t.parquet")
    ledger = validate(open_table(tmp_path / "t.parquet"), CONTRACT).ledger
    assert (ledger.accepted, ledger.reasons) == (frame.height, {"empty_row": 20})
