"""The do-not-call file grows, loses nobody, and keeps its customers off the next list."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import polars as pl
import pytest

from segmint.contract.contract import load_contract
from segmint.errors import InputError, SegmintError
from segmint.flows.steps.do_not_call import add_objectors
from segmint.targeting.objections import read_objectors

CONTRACT = load_contract("simulated-campaign")


def ids(*names: str) -> pl.Series:
    return pl.Series("customer", names, dtype=pl.String)


def on_file(path: Path) -> list[str]:
    return read_objectors(path, CONTRACT).ids.to_list()


@pytest.mark.parametrize("name", ["do_not_call.csv", "do_not_call.CSV"])
def test_the_file_is_made_grows_and_names_nobody_twice(tmp_path: Path, name: str) -> None:
    path = tmp_path / "lists" / name
    assert add_objectors(path, ids("C1", "C2", "C1")).sentence.endswith("has 2 entries, 2 of them new.")
    grown = add_objectors(path, ids("C2", " C3 "))
    assert (grown.before, grown.added) == (2, 1)
    assert on_file(path) == ["C1", "C2", "C3"]
    before = path.read_bytes()
    assert add_objectors(path, ids("C3")).added == 0
    assert path.read_bytes() == before


def test_what_the_bank_keeps_in_its_file_stays(tmp_path: Path) -> None:
    path = tmp_path / "robinson.csv"
    path.write_text(
        "Client;phone;asked\nC7;+351 912 345;2025-01-01\nC7;+351 999 111;2025-02-01\n;+351 900 000;\n", "utf-8"
    )
    path.chmod(0o644)
    assert add_objectors(path, ids("C8", "C7")).added == 1
    kept = pl.read_csv(path, infer_schema=False)
    assert kept.columns == ["Client", "phone", "asked"]
    assert kept["asked"].to_list()[:2] == ["2025-01-01", "2025-02-01"]
    assert len(read_objectors(path, CONTRACT).phones) == 3
    assert on_file(path) == ["C7", "C7", "C8"]
    assert path.stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("content", ["kunde\nC7\n", "kunde,phone\nC7,+351912345\n"], ids=["alone", "with phones"])
def test_nobody_is_added_where_target_reads_no_ids(tmp_path: Path, content: str) -> None:
    path = tmp_path / "robinson.csv"
    path.write_text(content, "utf-8")
    with pytest.raises(InputError, match="no column of customer ids") as refused:
        add_objectors(path, ids("C8"), "KNR", "kunde")
    assert "KNR, id, customer" in refused.value.expected
    assert "kunde" not in refused.value.expected
    assert "rename the column 'kunde', to KNR if it holds ids" in refused.value.fix
    assert path.read_text("utf-8") == content
    path.write_text(content.replace("kunde", "customer"), "utf-8")
    add_objectors(path, ids("C8"), "KNR", "kunde")
    assert on_file(path) == ["C7", "C8"]


def test_who_asks_is_added_where_the_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "robinson.csv"
    own = CONTRACT.id_column
    path.write_text(f"id,client,{own}\n1,,C7\n", "utf-8")
    add_objectors(path, ids("C8"), own)
    assert on_file(path) == ["C7", "C8"]
    path.write_text("id,client\n1,C7\n", "utf-8")
    add_objectors(path, ids("C8"))
    assert on_file(path) == ["C7", "C8"]


def test_an_id_that_looks_like_a_formula_is_written_safely_and_known_again(tmp_path: Path) -> None:
    path = tmp_path / "d.csv"
    add_objectors(path, ids("+351912345", "=A1"))
    assert add_objectors(path, ids("=A1", "'+351912345")).added == 0
    add_objectors(path, ids("C1"))
    assert pl.read_csv(path, infer_schema=False)["customer"].to_list() == ["'+351912345", "'=A1", "C1"]


def test_an_id_that_lost_digits_is_never_added(tmp_path: Path) -> None:
    path = tmp_path / "d.csv"
    with pytest.raises(InputError, match="1 customer who asked not to be called again has an id with an exponent"):
        add_objectors(path, ids("C1", "5,02E+05"))
    assert not path.exists()


def test_while_nobody_has_asked_there_is_no_file(tmp_path: Path) -> None:
    assert "was not made" in add_objectors(tmp_path / "d.csv", ids()).sentence
    assert not (tmp_path / "d.csv").exists()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("phone\n123456\n", "no column of customer ids"),
        ('id,x\nC1,"a\nC2,b\n', "cannot be read"),
        ("", "cannot be used"),
    ],
    ids=["no ids", "damaged", "empty"],
)
def test_a_file_that_cannot_be_read_whole_is_left_as_it_is(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "d.csv"
    path.write_text(content, "utf-8")
    with pytest.raises(SegmintError, match=said):
        add_objectors(path, ids("C9"))
    assert path.read_text("utf-8") == content
    with pytest.raises(InputError, match=r"is no \.csv file"):
        add_objectors(tmp_path / "d.parquet", ids("C9"))


def test_campaigns_that_end_at_the_same_time_lose_nobody(tmp_path: Path) -> None:
    path = tmp_path / "d.csv"
    with ThreadPoolExecutor(4) as pool:
        grown = list(pool.map(lambda name: add_objectors(path, ids(name)), [f"C{i:02d}" for i in range(12)]))
    assert sorted(on_file(path)) == [f"C{i:02d}" for i in range(12)]
    assert sum(each.added for each in grown) == 12


def test_a_file_in_which_nobody_stands_yet_grows(tmp_path: Path) -> None:
    path = tmp_path / "d.csv"
    path.write_text("customer,asked\n", "utf-8")
    assert add_objectors(path, ids()).added == 0
    assert add_objectors(path, ids("C1")).sentence.endswith("has 1 entry, 1 of them new.")
    assert pl.read_csv(path, infer_schema=False).columns == ["customer", "asked"]
    assert on_file(path) == ["C1"]


def test_ids_that_a_spreadsheet_made_numbers_are_not_added_again(tmp_path: Path) -> None:
    path = tmp_path / "d.csv"
    add_objectors(path, ids("0050012", "0050013"))
    path.write_text("customer\n50012.0\n50013.0\n", "utf-8")
    assert add_objectors(path, ids("50012", "50013", "60000")).sentence.endswith("has 3 entries, 1 of them new.")


def test_whose_id_differs_by_zeros_from_another_objector_is_not_lost(tmp_path: Path) -> None:
    path = tmp_path / "d.csv"
    add_objectors(path, ids("12"))
    grown = add_objectors(path, ids("12", "0012"))
    assert (grown.added, grown.by_zeros) == (1, 1)
    assert add_objectors(path, ids("0017")).by_zeros == 0
    grown = add_objectors(path, ids("17", "19"))
    assert grown.added == 2
    assert grown.sentence.endswith(
        "2 of them new. 1 new one differs from another entry by zeros before the id or by capitals alone: the same customer, or somebody else."
    )
