from __future__ import annotations

import csv
import re
import warnings
from dataclasses import replace

import numpy as np
import openpyxl
import polars as pl
import pytest

from segmint.errors import PolicyError
from segmint.targeting.call_list import build_call_list
from segmint.targeting.choose import choose
from segmint.targeting.hand_off import (
    DiallerColumn,
    DiallerProfile,
    general_profile,
    parse_profile,
    require_sources,
    safe_field,
    safe_phone,
    safe_text,
    write_dialler,
    write_workbook,
)
from tests.targeting.conftest import make_customers, make_policy
from tests.targeting.test_call_list import make_list

STARTS = [
    "=",
    "+",
    "-",
    "@",
    "\t=",
    "\r=",
    "\n=",
    "\x00=",
    "＝",
    "＋",
    "－",
    "＠",
    " =",
    "'=",
    '"=',
    ";=",
    "\u200b=",
    "%",
    "|",
]
BODIES = [
    "1+1",
    'HYPERLINK("http://example.org","click")',
    "cmd|' /C calc'!A0",
    'WEBSERVICE("http://example.org")',
    'DDE("a";"b";"c")',
    "SUM(A1:A9)",
    "<script>alert(1)</script>",
    "2+5;=3+4",
    "a,=1+1",
]


def hostile_strings(count=5000):
    rng = np.random.default_rng(1)
    return [f"{STARTS[i % len(STARTS)]}{rng.choice(BODIES)}{i}" for i in range(count)]


def dangerous(cell: str) -> bool:
    """Whether a spreadsheet could start a formula at the beginning of the cell."""
    return bool(re.match(r"[\s;,\"\u200b]*[=+\-@＝＋－＠|%]", cell))


def hostile_list():
    texts = hostile_strings()
    frame = make_customers(len(texts)).with_columns(
        full_name=pl.Series(texts),
        client=pl.Series([f"{t} {i}" for i, t in enumerate(texts)]),
        mobile=pl.Series([t if i % 2 else f"+35191{i:07d}" for i, t in enumerate(texts)]),
        propensity=pl.lit(0.5),
    )
    made = make_list(frame)
    late = made.rows.select("customer", segment=pl.Series(texts), reason_1=pl.Series(texts), reason_2=pl.Series(texts))
    return made.joined(late)


def test_five_thousand_hostile_strings_become_no_formula_in_the_workbook(tmp_path, contract):
    """OUT-01: the workbook, opened again, holds no formula and no link."""
    made = hostile_list()
    receipt = write_workbook(made, contract, tmp_path / "call_list.xlsx")
    assert receipt.rows == 5000
    assert receipt.neutralised > 5000
    book = openpyxl.load_workbook(tmp_path / "call_list.xlsx")
    assert book.sheetnames == ["How to read", "Call list"]
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f" or cell.hyperlink]
    phones = re.compile(r"^\+[1-9][0-9]{6,14}$")
    texts = [cell.value for cell in cells if isinstance(cell.value, str)]
    assert not [text for text in texts if dangerous(text) and not phones.match(text)]
    numbers = [row[0] for row in book["Call list"].iter_rows(min_row=2, max_col=1, values_only=True)]
    assert numbers == list(range(1, 5001))


@pytest.mark.parametrize("delimiter", [",", ";"])
def test_five_thousand_hostile_strings_become_no_formula_for_the_dialler(tmp_path, contract, delimiter):
    """OUT-01: read with either delimiter, no cell begins like a formula unless it is a phone."""
    made = hostile_list()
    profile = general_profile(made, contract)
    hostile_header = DiallerColumn(header="=cmd()", source="reason_2")
    profile = profile.model_copy(update={"columns": (*profile.columns, hostile_header), "delimiter": delimiter})
    receipt = write_dialler(made, profile, tmp_path / "dialler.csv")
    with (tmp_path / "dialler.csv").open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file, delimiter=delimiter)
    assert header[-1] == "'=cmd()"
    assert len(rows) == receipt.rows == 2500
    assert receipt.without_phone == 2500
    for row in rows:
        assert re.fullmatch(r"\+[1-9][0-9]{6,14}", row[0])
        assert not [cell for cell in row[1:] if dangerous(cell)]
        assert not [cell for cell in row if re.search(r"[\x00-\x1f]", cell)]


def test_only_real_phone_numbers_keep_their_plus():
    assert safe_phone("+351912345678") == "+351912345678"
    for text in ("+1+1", "+0123456789", "+35191234567890123", "+３５１９１２３４５６７８", "+351912345678\n", "=1"):
        assert safe_phone(text).startswith("'")
    assert safe_text("+351912345678") == "'+351912345678"
    assert safe_text("an honest name") == "an honest name"


def test_real_negative_numbers_stay_numbers(tmp_path, contract):
    made = make_list(make_customers(20))
    rows = made.rows.with_columns(expected_profit=pl.lit(-1.5))

    write_workbook(replace(made, rows=rows), contract, tmp_path / "a.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx")["Call list"]
    heads = [cell.value for cell in sheet[1]]
    cell = sheet.cell(2, heads.index("Expected profit (EUR)") + 1)
    assert cell.value == -1.5
    assert cell.data_type == "n"


def test_what_is_carried_is_a_number_where_the_contract_reads_one(tmp_path, contract):
    frame = make_customers(2).with_columns(
        balance=pl.Series(["1.005,64", "=1+1"]), job=pl.lit("007"), propensity=pl.lit(0.5)
    )
    policy = make_policy()
    choice, because = choose(frame["client"], frame["propensity"], policy), pl.Series(["", ""])
    carried = frame.select("balance", "job", "mobile")
    made = build_call_list(frame["client"], choice, because, policy, carried=carried)
    write_workbook(made, contract, tmp_path / "a.xlsx", receipt={"decimal": "comma"})
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx")["Call list"]
    rows = sorted(row[1:5] for row in sheet.iter_rows(min_row=2, values_only=True))
    assert rows == [("00000", 1005.64, "007", "+351910000000"), ("00001", "'=1+1", "007", "+351910000001")]


def test_ids_keep_every_digit(tmp_path, contract):
    ids = ["0007", "9007199254740993", "12345678901234567890", "1e5"]
    frame = make_customers(4).with_columns(client=pl.Series(ids), propensity=pl.lit(0.5))
    made = make_list(frame)
    write_workbook(made, contract, tmp_path / "a.xlsx")
    write_dialler(made, general_profile(made, contract), tmp_path / "a.csv")
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx")["Call list"]
    assert {row[1].value for row in sheet.iter_rows(min_row=2)} == set(ids)
    with (tmp_path / "a.csv").open(encoding="utf-8", newline="") as file:
        assert {row["customer"] for row in csv.DictReader(file)} == set(ids)


def test_the_workbook_says_what_to_offer_in_each_segment_on_the_list(tmp_path, contract):
    made = make_list(make_customers(), budget_calls=20)
    made = replace(made, rows=made.rows.with_columns(segment=pl.lit("Savers")))
    advice = {"Savers": {"offer": "A fixed rate.", "message": "It stays as it is."}, "Gone": {"offer": "Nothing."}}
    write_workbook(made, contract, tmp_path / "a.xlsx", advice=advice)
    told = dict(
        row[:2] for row in openpyxl.load_workbook(tmp_path / "a.xlsx")["How to read"].iter_rows(values_only=True)
    )
    assert told["Savers"] == "A fixed rate. It stays as it is."
    assert "Gone" not in told


def test_the_sheet_says_how_to_read_it_and_that_the_held_out_are_not_called(tmp_path, contract):
    write_workbook(make_list(make_customers(), budget_calls=20), contract, tmp_path / "a.xlsx")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sheet = openpyxl.load_workbook(tmp_path / "a.xlsx")["How to read"]
    text = " ".join(str(cell.value) for row in sheet.iter_rows() for cell in row if cell.value)
    for said in ("Propensity", "Expected profit", "must not be called", "credit decisions", "200 rows read"):
        assert said in text


def test_the_dialler_file_keeps_the_limits_of_its_profile(tmp_path, contract):
    made = make_list(make_customers(), attempts=4, call_windows=["Mon-Fri 09:00-19:00"])
    profile = general_profile(made, contract)
    assert len(profile.columns) <= 50
    write_dialler(made, profile, tmp_path / "a.csv")
    with (tmp_path / "a.csv").open(encoding="utf-8", newline="") as file:
        first = next(csv.DictReader(file))
    assert first["attempts"] == "4"
    assert first["call_windows"] == "Mon-Fri 09:00-19:00"
    for update, said in (
        ({"max_columns": 3}, "9 columns|columns"),
        ({"max_rows": 2}, "customers"),
        ({"max_header": 3}, "characters in a header"),
        ({"max_phones": 1, "columns": profile.columns + profile.columns[:1]}, "phone columns"),
        ({"columns": (DiallerColumn(header="a", source="nothing"),)}, "does not have"),
        ({"columns": ()}, "no columns"),
        ({"max_cell": 3}, "customer id has"),
    ):
        with pytest.raises(PolicyError, match=said):
            write_dialler(made, profile.model_copy(update=update), tmp_path / "b.csv")
        assert not (tmp_path / "b.csv").exists()


def test_a_profile_with_a_phone_that_the_list_lacks_is_told_of_the_role():
    profile = DiallerProfile(name="ours", columns=(DiallerColumn(header="a", source="mobile", phone=True),))
    with pytest.raises(PolicyError) as refused:
        require_sources(profile, ["customer"])
    assert "role phone" in refused.value.fix


def test_the_dialler_is_told_how_many_calls_are_left(tmp_path, contract):
    frame = make_customers(30).with_columns(propensity=pl.lit(0.5))
    policy = make_policy(attempts=6)
    choice = choose(frame["client"], frame["propensity"], policy)
    because, spent = pl.Series([""] * 30, dtype=pl.String), pl.Series([5, *[0] * 29])
    made = build_call_list(frame["client"], choice, because, policy, carried=frame.select("mobile"), spent=spent)
    write_dialler(made, general_profile(made, contract), tmp_path / "a.csv")
    told = pl.read_csv(tmp_path / "a.csv", infer_schema=False)
    assert dict(told.select("customer", "attempts").rows()) == {f"{i:05d}": "6" if i else "1" for i in range(30)}
    free = build_call_list(frame["client"], choice, because, make_policy(), carried=frame.select("mobile"), spent=spent)
    assert free.rows["attempts"].null_count() == 30


def test_the_dialler_is_told_what_the_policy_carries(tmp_path, contract):
    frame = make_customers(30).with_columns(rank=pl.lit("gold"), branch=pl.lit("Lisbon"))
    policy = make_policy(carry=["branch", "rank", "mobile"])
    because = pl.Series([""] * 30, dtype=pl.String)
    carried = frame.select("mobile", "branch", "rank")
    made = build_call_list(
        frame["client"], choose(frame["client"], frame["propensity"], policy), because, policy, carried=carried
    )
    write_dialler(made, general_profile(made, contract), tmp_path / "a.csv")
    told = pl.read_csv(tmp_path / "a.csv", infer_schema=False)
    assert told.columns[:6] == ["mobile", "customer", "branch", "rank_input", "campaign", "rank"]
    assert set(told["rank_input"]) == {"gold"}


def test_a_profile_is_read_from_toml():
    text = 'name = "general"\n[[columns]]\nheader = "Phone"\nsource = "mobile"\nphone = true\n'
    assert parse_profile(text).columns[0].phone
    assert isinstance(parse_profile(text), DiallerProfile)
    with pytest.raises(PolicyError, match="max_cell: Input should be greater than or equal to 1"):
        parse_profile("max_cell = 0")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("max_colums = 3", "unknown key 'max_colums', did you mean 'max_columns'"),
        ('[[columns]]\nheader = "Phone"\nsorce = "mobile"', "unknown key 'columns.0.sorce', did you mean 'source'"),
    ],
)
def test_a_misspelt_key_of_a_profile_is_told_with_the_one_that_was_meant(text: str, said: str):
    with pytest.raises(PolicyError, match=said):
        parse_profile(text)


def test_a_file_opened_with_the_wrong_separator_has_no_formula_either():
    """OUT-01: the tail behind a separator would be a cell of its own."""
    for text in ("2+5;=3+4", "a,=1+1", "a|  @sum", "a\t=1", 'a;"=1', "a;＝1", "a;;=1"):
        for part in re.split(r"[;,|\t]", safe_field(text)):
            assert not re.match(r"[\s\"]*[=+\-@＝|%]", part), (text, part)
    assert safe_field("Rua Nova, 12; 3rd floor") == "Rua Nova, 12; 3rd floor"
