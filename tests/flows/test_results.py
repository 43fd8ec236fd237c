"""What came back from the call centre is read whole or refused, and finds its customers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from segmint.cli import main
from segmint.config import Data
from segmint.contract.contract import Contract, load_contract
from segmint.errors import DataError, InputError
from segmint.flows.results import PLAIN, outcomes_of, read_frame
from tests.flows.test_candidates import CONTRACT

RESULTS = pl.DataFrame({"client": ["17", "18"], "code": ["success", "do_not_call"]})


def test_a_record_that_cannot_be_read_might_be_an_objection(tmp_path: Path) -> None:
    path = tmp_path / "results.csv"
    path.write_text("client;code\n17;success\n18;do_not_call;late\n19;refused\n")
    with pytest.raises(InputError, match="1 record that cannot be read; the first is record 2"):
        read_frame(path, Data())
    assert read_frame(path, Data(), whole=False).height == 2


def test_a_table_is_told_by_its_content_and_not_by_its_name(tmp_path: Path) -> None:
    RESULTS.write_parquet(tmp_path / "results.dat")
    RESULTS.write_csv(tmp_path / "results.parquet", separator=";")
    for source in (tmp_path / "results.dat", tmp_path / "results.parquet", RESULTS, RESULTS.to_pandas()):
        assert read_frame(source, Data()).equals(RESULTS)
    (tmp_path / "damaged.parquet").write_bytes(b"PAR1 and nothing else")
    with pytest.raises(InputError, match=r"damaged\.parquet"):
        read_frame(tmp_path / "damaged.parquet", Data())


def test_ids_meet_however_a_file_writes_them() -> None:
    scored = pl.DataFrame({"client": ["17 ", "-18", "19"]})
    results = pl.DataFrame({"client": [" 17", "'-18", "stranger"], "code": ["success", "refused", "refused"]})
    rows, yes, sentence, *_ = outcomes_of(scored, results, CONTRACT, PLAIN)
    assert rows.tolist() == [0, 1]
    assert np.array_equal(yes, [True, False])
    assert "3 results read, 1 of customers who are not in the scored table" in sentence


@pytest.mark.parametrize("column", ["code", "y"])
def test_who_has_no_outcome_yet_is_no_stranger(column: str) -> None:
    """A CSV says nothing by a blank, the contract by a word of its own, a frame by null."""
    contract = CONTRACT.model_copy(update={"missing": ("", "unknown")})
    scored = pl.DataFrame({"client": ["1", "2", "3", "4", "5"]})
    answers = {"code": ("success", "refused"), "y": ("yes", "no")}[column]
    results = pl.DataFrame({"client": list("123456"), column: [*answers, " ", "unknown", None, answers[0]]})
    rows, yes, sentence, *_ = outcomes_of(scored, results, contract, PLAIN)
    assert (rows.tolist(), yes.tolist()) == ([0, 1], [True, False])
    assert "6 results read, 1 of customers who are not in the scored table" in sentence
    assert "0 not reached, 0 to be called back, 3 with no outcome yet" in sentence


def test_a_word_for_no_value_that_is_a_code_keeps_its_meaning() -> None:
    contract = CONTRACT.model_copy(update={"missing": ("", "NA")})
    codes = PLAIN.model_copy(update={"codes": {"NA": "not_reached", "SALE": "success"}})
    results = pl.DataFrame({"client": ["1", "2"], "code": ["SALE", "NA"]})
    _, _, sentence, *_ = outcomes_of(pl.DataFrame({"client": ["1", "2"]}), results, contract, codes)
    assert "1 not reached, 0 to be called back, 0 with no outcome yet" in sentence
    with pytest.raises(DataError, match="1 of 2 results carries a code without a meaning"):
        outcomes_of(
            pl.DataFrame({"client": ["1", "2"]}),
            results.with_columns(code=pl.Series(["SALE", "SOLD"])),
            contract,
            codes,
        )


def test_ids_named_record_are_not_the_numbers_of_a_call_list() -> None:
    """A list keeps the ids as `customer`, and its own `record` is the number of the row in the table."""
    client, age = CONTRACT.columns
    contract = Contract(
        name="record", outcome=CONTRACT.outcome, columns=(client.model_copy(update={"name": "record"}), age)
    )
    listed = pl.DataFrame({"record": [1, 2], "customer": ["2", "1"], "status": ["listed"] * 2, "arm": ["call"] * 2})
    listed = listed.with_columns(suppressed_because=pl.lit(""))
    results = pl.DataFrame({"record": ["2"], "code": ["success"]})
    rows, yes, *_ = outcomes_of(listed, results, contract, PLAIN)
    assert (rows.tolist(), yes.tolist()) == ([0], [True])


def test_ids_meet_without_the_zeros_that_a_spreadsheet_dropped() -> None:
    scored = pl.DataFrame({"client": ["0017", "0018", "019", "19"]})
    results = pl.DataFrame({"client": ["17", "0018", "99"], "code": ["success", "refused", "refused"]})
    rows, yes, sentence, *_ = outcomes_of(scored, results, CONTRACT, PLAIN)
    assert (rows.tolist(), yes.tolist()) == ([0, 1], [True, False])
    assert "3 results read, 1 of customers who are not in the scored table" in sentence
    assert "1 result was matched although the ids differ by zeros before them." in sentence


def test_an_id_that_lost_its_zeros_and_could_be_of_several_is_said() -> None:
    scored = pl.DataFrame({"client": ["007", "07"]})
    results = pl.DataFrame({"client": ["7", "07"], "code": ["success", "refused"]})
    rows, yes, sentence, *_ = outcomes_of(scored, results, CONTRACT, PLAIN)
    assert (rows.tolist(), yes.tolist()) == ([1], [False])
    assert "1 id without the zeros before could be of several customers: taken for none." in sentence


def test_the_contract_tells_the_draft_of_codes_who_the_customer_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = load_contract("simulated-campaign").id_column
    wave = pl.DataFrame({"ticket": [f"T{n:03}" for n in range(20)], str(own): ["1", "2"] * 10, "code": ["STOP"] * 20})
    wave.write_csv(tmp_path / "results.csv")
    assert main(["codes", "init", str(tmp_path / "results.csv"), "--contract", "simulated-campaign"]) == 0
    assert f'customer = "{own}"\n' in capsys.readouterr().out
