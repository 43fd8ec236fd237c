"""What came back from the call centre is read whole or refused."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from segmint.cli import main
from segmint.config import Data
from segmint.contract.contract import load_contract
from segmint.errors import InputError
from segmint.flows.steps.call_results import read_codes, read_frame

RESULTS = pl.DataFrame({"client": ["17", "18"], "code": ["success", "do_not_call"]})


def test_a_record_that_cannot_be_read_might_be_an_objection(tmp_path: Path) -> None:
    path = tmp_path / "results.csv"
    path.write_text("client;code\n17;success\n18;do_not_call;late\n19;refused\n")
    with pytest.raises(InputError, match=r"1 record that cannot be read(.|\n)*the first is record 2"):
        read_frame(path, Data())
    assert read_frame(path, Data(), whole=False).height == 2


def test_a_row_of_parquet_without_any_value_is_no_sale(tmp_path: Path) -> None:
    path = tmp_path / "results.parquet"
    pl.concat([RESULTS, RESULTS.clear(1)]).write_parquet(path)
    assert read_frame(path, Data()).equals(RESULTS)


def test_a_table_is_told_by_its_content_and_not_by_its_name(tmp_path: Path) -> None:
    RESULTS.write_parquet(tmp_path / "results.dat")
    RESULTS.write_csv(tmp_path / "results.parquet", separator=";")
    for source in (tmp_path / "results.dat", tmp_path / "results.parquet", RESULTS, RESULTS.to_pandas()):
        assert read_frame(source, Data()).equals(RESULTS)
    (tmp_path / "damaged.parquet").write_bytes(b"PAR1 and nothing else")
    with pytest.raises(InputError, match=r"damaged\.parquet"):
        read_frame(tmp_path / "damaged.parquet", Data())


def test_the_contract_tells_the_draft_of_codes_who_the_customer_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = load_contract("simulated-campaign").id_column
    wave = pl.DataFrame({"ticket": [f"T{n:03}" for n in range(20)], str(own): ["1", "2"] * 10, "code": ["STOP"] * 20})
    wave.write_csv(tmp_path / "results.csv")
    assert main(["codes", "init", str(tmp_path / "results.csv"), "--contract", "simulated-campaign"]) == 0
    assert f'customer = "{own}"\n' in capsys.readouterr().out


def test_a_draft_of_codes_leaves_a_file_that_is_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    RESULTS.write_csv(tmp_path / "results.csv")
    out = tmp_path / "codes.toml"
    asked = ["codes", "init", str(tmp_path / "results.csv"), "--out", str(out)]
    assert main(asked) == 0
    drafted = out.read_text()
    assert "[codes]" in drafted
    assert main(asked) == 2
    assert "is there already" in capsys.readouterr().err
    assert out.read_text() == drafted


def test_who_named_no_codes_is_told_to_draft_them_from_these_results(tmp_path: Path) -> None:
    assert read_codes(None, tmp_path / "my results.csv").how_to_draft.endswith("my results.csv' --out codes.toml")
    assert "init RESULTS --out" in read_codes(None, RESULTS).how_to_draft
