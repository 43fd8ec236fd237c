from __future__ import annotations

import os

import polars as pl
import pytest

from segmint.errors import PolicyError
from tests.targeting.conftest import make_policy, run, write


@pytest.mark.parametrize("written", ["1001", "1001.0", "1001,0", "01001"])
def test_an_id_is_found_however_a_spreadsheet_wrote_it(tmp_path, contract, customers, written):
    frame = customers.head(3).with_columns(client=pl.Series(["0001001", "1002", "1003"]))
    stop = write(tmp_path / "stop.csv", f"client;note\n{written};a\n1002.0;b\n")
    found = run(frame, contract, make_policy(suppress=[str(stop)]))
    assert found.eligible.tolist() == [False, False, True]
    history = write(tmp_path / "calls.csv", f"client;date\n{written};2026-03-10\n1002.0;2026-03-10\n")
    found = run(frame, contract, make_policy(history=str(history), rest_days=30, attempts=1))
    assert found.eligible.tolist() == [False, False, True]
    assert found.spent.to_list() == [1, 1, 0]


@pytest.mark.parametrize(
    "written",
    [
        "'00001",
        '="00001"',
        "\u200b00001",
        "\ufeff00001",
        "`00001",
        "’00001",
        '"00001"',
        "“00001”",
        "00001;",
        "00001,",
        "'1",
        '="1"',
    ],
)
def test_an_id_is_found_whatever_marks_are_around_it(tmp_path, contract, customers, written):
    pl.DataFrame({"client": [written], "date": ["2026-03-10"]}).write_csv(tmp_path / "file.csv")
    frame, file = customers.head(2), str(tmp_path / "file.csv")
    off = frame["client"].to_list().index("00001")
    for policy in (make_policy(suppress=[file]), make_policy(history=file, rest_days=30)):
        assert (~run(frame, contract, policy).eligible).nonzero()[0].tolist() == [off]


@pytest.mark.parametrize("written", ["1.001E+03", "1E+05", "1,001E+03", "’1.001E+03"])
def test_an_id_that_lost_its_digits_stops_the_work(tmp_path, contract, customers, written):
    stop = write(tmp_path / "stop.csv", f"client;note\n00001;a\n{written};b\n")
    with pytest.raises(PolicyError, match="1 id with an exponent; the first is in record 2") as caught:
        run(customers, contract, make_policy(suppress=[str(stop)]))
    assert written not in str(caught.value)
    history = write(tmp_path / "calls.csv", f"client;date\n{written};2026-03-10\n")
    with pytest.raises(PolicyError, match=r"ids? with an exponent"):
        run(customers, contract, make_policy(history=str(history), rest_days=30))


def test_a_pipe_is_refused_before_it_is_waited_for(tmp_path, contract, customers):
    os.mkfifo(tmp_path / "pipe")
    for policy in (make_policy(suppress=[str(tmp_path / "pipe")]), make_policy(history=str(tmp_path / "pipe"))):
        with pytest.raises(PolicyError, match="is a pipe or a device"):
            run(customers, contract, policy)


def test_a_row_of_parquet_without_any_value_is_nobody_who_objects(tmp_path, contract, customers):
    frame = customers.head(2).with_columns(client=pl.Series(["1001", "1002"]))
    pl.DataFrame({"client": ["1001", None]}).write_parquet(tmp_path / "stop.parquet")
    found = run(frame, contract, make_policy(suppress=[str(tmp_path / "stop.parquet")]))
    assert found.eligible.tolist() == [False, True]
