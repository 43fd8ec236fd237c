"""A draft is kept once a person says to have looked at it, however the line is written."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from segmint.config import load_config
from segmint.contract.contract import load_contract, parse_contract
from segmint.errors import ContractError, InputError
from segmint.flows.check import check
from segmint.flows.demo import sample_path
from segmint.flows.draft import draft_contract, infer_contract, next_command, review_contract
from segmint.flows.steps.read import reading_as_typed


@pytest.mark.parametrize("line", ["reviewed = false", "reviewed=false", "  reviewed  =\tfalse"])
def test_what_a_person_has_looked_at_is_signed(line: str, tmp_path: Path) -> None:
    text = draft_contract(sample_path(), name="mine").replace("reviewed = false", line, 1)
    columns = list(parse_contract(text, origin="draft").by_name)
    review_contract(text, tmp_path / "mine.toml", reviewed=True, columns=columns, table="mine.csv")
    assert load_contract(tmp_path / "mine.toml").reviewed


def test_a_contract_whose_column_the_table_does_not_have_is_not_kept(tmp_path: Path) -> None:
    text = draft_contract(sample_path(), name="Größe & Müller", outcome="y")
    assert 'name = "groesse-mueller"' in text
    columns = [*parse_contract(text, origin="draft").by_name, "y"]
    kept = tmp_path / "mine.toml"
    for old, new in (("[columns.age]", "[columns.aged]"), ('column = "y"', 'column = "yy"')):
        with pytest.raises(
            ContractError,
            match=f"'mine.csv' does not meet the contract(.|\n)*did you mean '{old[-4:-1] if new[-1] == ']' else 'y'}'",
        ):
            review_contract(text.replace(old, new), kept, reviewed=True, columns=columns, table="mine.csv")
    assert not kept.exists()
    review_contract(text, kept, reviewed=True, columns=columns[:-1], table="mine.csv")  # nobody has answered yet
    assert kept.exists()


def test_a_draft_is_given_on_when_somebody_says_to_have_looked_at_it() -> None:
    draft = infer_contract(sample_path(), outcome="y")
    assert not draft.contract.reviewed
    assert check(sample_path(), draft.reviewed()).ledger.rejected == 0
    with pytest.raises(TypeError, match=r"of type Draft\. Expected: a Contract(.|\n)*draft\.reviewed\(\)"):
        check(sample_path(), draft)
    with pytest.raises(TypeError, match=r"of type int\. Expected: a Contract(.|\n)*load_contract"):
        check(sample_path(), 5)
    with pytest.raises(ContractError, match=r"There is no contract '.{1,80}'\.\n(.|\n)*into a \.toml file") as error:
        check(sample_path(), draft.text)
    assert len(str(error.value)) < 400


def test_a_draft_is_written_to_a_new_file_and_to_no_other(tmp_path: Path) -> None:
    out = tmp_path / "my-bank.toml"
    draft = infer_contract(sample_path(), outcome="y", out=out)
    assert out.read_text("utf-8") == draft.text
    assert next_command(Path("t.csv"), load_config().data, out) == f"segmint check t.csv --contract {out}"
    out.write_text("reviewed", "utf-8")
    with pytest.raises(InputError, match="is there already"):
        infer_contract(sample_path(), outcome="y", out=out)
    assert out.read_text("utf-8") == "reviewed"


@pytest.mark.parametrize("name", ["customers.csv", "customers.toml", "customers"])
@pytest.mark.parametrize("way", ["itself", "soft", "hard", "beside"])
def test_a_draft_never_overwrites_the_table_and_says_so(tmp_path: Path, name: str, way: str) -> None:
    table, out = tmp_path / name, tmp_path / "out.toml"
    table.write_bytes(sample_path().read_bytes())
    if way == "soft":
        out.symlink_to(table)
    elif way == "hard":
        out.hardlink_to(table)
    else:
        out = table if way == "itself" else tmp_path / "." / ".." / tmp_path.name / name
    with pytest.raises(InputError, match="is read by this command, and writing there would destroy it"):
        infer_contract(table, outcome="y", out=out)
    assert table.read_bytes() == sample_path().read_bytes()


def test_a_draft_and_the_next_command_name_how_the_table_is_read() -> None:
    said = ["data.header_row=1", 'data.delimiter=";"']
    config = load_config(None, said)
    draft, typed = infer_contract(sample_path(), config=config), "--set 'data.delimiter=\";\"' --set data.header_row=1"
    assert draft.text.startswith(f"# Its table is read with {typed}: say so at each command.\n")
    assert parse_contract(draft.text, origin="draft") == draft.contract
    assert (
        next_command(Path("my table.csv"), config.data) == f"segmint check 'my table.csv' --contract DRAFT.toml {typed}"
    )
    assert next_command(Path("t.csv"), load_config().data) == "segmint check t.csv --contract DRAFT.toml"
    assert infer_contract(sample_path()).text.startswith("# A draft.")


@pytest.mark.parametrize("sheet", ["Kunden 2026", "true", "2026", "O'Neill", 'a "b"', "Zusätze, neu", "nan"])
def test_a_sheet_is_named_so_that_it_is_read_back(sheet: str) -> None:
    told = shlex.split(reading_as_typed(load_config(flags={"data.sheet": sheet}).data))
    assert load_config(None, told[1::2]).data.sheet == sheet


def test_a_draft_tells_how_far_it_is() -> None:
    told: list[tuple[str, int, int]] = []
    infer_contract(sample_path(), progress=lambda *said: told.append(said))
    assert {task: done == total for task, done, total in told} == dict.fromkeys(
        [f"reading {sample_path().name}", "looking at columns", "drafting columns"], True
    )
