"""OUT-03 and OUT-04: who somebody is stands in lists and in what was rejected, and nowhere else."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest

from segmint.contract.column import Column
from segmint.contract.contract import load_contract
from segmint.contract.export import contract_to_toml
from segmint.flows.demo import sample_path
from tests.flows.conftest import QUICK_DEMO as QUICK

pytestmark = [pytest.mark.network, pytest.mark.timeout(900)]  # a score of commands, one after the other
pytest.importorskip("tensorflow")

CANARY = re.compile(rb"zqx|\+4900777", re.IGNORECASE)
ROWS, RARE = 1_500, 9
# What these files are for is to name customers; every other file must not.
NAMING = re.compile(
    r"^mine/|(^|/)(rejected\.csv|(predictions|call_list|segments|reasons)\.parquet|.*\.xlsx|dialler\.csv)$"
)
MONEY = "cost_per_call = 5\nvalue_per_success = 60\n"
STRICT = ["--set", "data.max_rejected=0.01"]
LOOSE = ["--set", "data.max_rejected=0.1"]
QUICK_HERE = [*QUICK[:-1], "segments.count=2", 'compare.models=["dense_network", "logistic"]']
PRIVATE = (
    Column(name="customer", kind="text", role="id", label="customer"),
    Column(name="surname", kind="text", role="name", label="surname"),
    Column(name="phone", kind="text", role="phone", label="phone"),
    Column(name="iban", kind="text", role="ignore", label="account"),
    Column(name="employer", kind="category", role="characteristic", label="employer"),
)


def planted(count: int, rows: int = ROWS) -> pl.DataFrame:
    """Calls of customers whose every private cell can be recognised; some rows are bad where it hurts."""
    sample = pl.read_csv(sample_path(), separator=";", infer_schema=False).head(rows)
    who = range(rows)
    # an employer of `RARE` customers is one too few to be named
    employers = [f"zqx-works-{i // RARE}" if i < count else ("the bank", "none", "the town")[i % 3] for i in who]
    frame = sample.with_columns(
        customer=pl.Series([f"zqx-id-{i}" for i in who]),
        surname=pl.Series([f"Zqx{i}" for i in who]),
        phone=pl.Series([f"+4900777{i:06d}" for i in who]),
        iban=pl.Series([f"DE00ZQX{i:015d}" for i in who]),
        employer=pl.Series(employers),
        remark=pl.Series([f"asked zqx-{i} to call" for i in who]),
    )
    bad = pl.int_range(rows)
    return frame.with_columns(
        age=pl.when(bad % 60 == 7).then("zqx-age-" + bad.cast(pl.String)).otherwise(pl.col("age")),
        y=pl.when(bad % 60 == 13).then("zqx-yes-" + bad.cast(pl.String)).otherwise(pl.col("y")),
    )


@dataclass
class Everything:
    """A folder in which every command ran, and into errors; what they said; what must not be found."""

    folder: Path
    said: bytes
    codes: list[int]


@pytest.fixture(scope="module", params=[50, pytest.param(1_000, marks=pytest.mark.slow)])
def everything(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Everything:
    here = tmp_path_factory.mktemp("private")
    for name in ("mine", "tmp"):
        (here / name).mkdir()
    table = planted(request.param)
    table.write_csv(here / "mine" / "calls.csv")
    table.head(300).drop("y").write_csv(here / "mine" / "new.csv")
    table.drop("job").write_csv(here / "mine" / "short.csv")
    results = (
        table.head(300).filter(pl.col("y").is_in(["yes", "no"])).select("customer", "y", date=pl.lit("2026-01-05"))
    )
    results.write_csv(here / "mine" / "results.csv")
    bank = load_contract("bank-marketing")
    contract = bank.model_copy(update={"columns": (*bank.columns, *PRIVATE)})
    (here / "contract.toml").write_text(contract_to_toml(contract), "utf-8")
    (here / "policy.toml").write_text("[policy]\nbudget_calls = 40\n[economics]\n" + MONEY, "utf-8")
    first = speak(here, [["run", "mine/calls.csv", "--contract", "contract.toml", *LOOSE, *words(QUICK_HERE)]])
    (run,) = [path.name for path in (here / "runs").iterdir()]
    rest = speak(here, commands(f"runs/{run}"))
    return Everything(here, first[0] + rest[0], first[1] + rest[1])


def commands(run: str) -> list[list[str]]:
    """Every command that reads customers, and tables, contracts and policies that cannot be worked with."""
    calls, new, bundle, contract = "mine/calls.csv", "mine/new.csv", ["--bundle", run], ["--contract", "contract.toml"]
    target = ["target", new, *bundle, *LOOSE]
    return [
        ["check", calls, *contract, *LOOSE, "--rejected", "mine/rejected.csv"],
        ["contract", "infer", new, "--outcome", "housing"],
        ["segment", calls, *contract, *LOOSE, "--count", "2"],
        ["explain", new, *bundle, *LOOSE],
        ["predict", new, *bundle, *LOOSE, "--out", "mine/predicted.csv"],
        [*target, "--policy", "policy.toml", "--history", "mine/results.csv", "--out", "mine/lists"],
        ["monitor", new, *bundle, *LOOSE],
        ["update", "mine/results.csv", "--scored", "mine/predicted.csv", *bundle, *LOOSE],
        ["report", run],
        ["verify", run],
        ["check", calls, *contract, *STRICT],
        ["run", calls, *contract, *STRICT],
        ["predict", "mine/short.csv", *bundle],
        ["predict", new, *bundle, *STRICT],
        ["run", "mine/short.csv", *contract],
        ["run", calls, "--contract", "bank-additional"],
        ["contract", "infer", calls, "--outcome", "customer"],
        ["explain", new, *bundle, *LOOSE, "--customer", "nobody"],
        ["update", calls, "--scored", "mine/predicted.csv", *bundle, *LOOSE],
        [*target, "--policy", "policy.toml", "--suppress", "mine/results.csv", "--history", new],
    ]


def words(sets: list[str]) -> list[str]:
    return [word for text in sets for word in ("--set", text)]


def speak(here: Path, lines: list[list[str]]) -> tuple[bytes, list[int]]:
    """Run command lines in one process of their own; return all it wrote to the terminal, and the exit codes."""
    code = "import json, sys; from segmint.cli import main; lines = json.loads(sys.argv[1])\n"
    code += "codes = [main(line) for line in lines]; open('codes.json', 'w').write(json.dumps(codes))"
    shown = subprocess.run(
        [sys.executable, "-c", code, json.dumps(lines)],
        cwd=here, env={**os.environ, "TMPDIR": str(here / "tmp")}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=True,
    )  # fmt: skip
    return shown.stdout, json.loads((here / "codes.json").read_text())


def content(path: Path) -> bytes:
    """All that can be read in a file, whatever its packing."""
    if path.suffix == ".parquet":
        return pl.read_parquet(path).write_ndjson().encode()
    return path.read_bytes()


def test_out_03_the_commands_ran_and_those_that_had_to_failed(everything: Everything) -> None:
    assert everything.codes == [0] * 11 + [2] * 10, everything.said.decode()


def test_out_03_nothing_about_a_customer_is_said_on_the_terminal(everything: Everything) -> None:
    assert [line for line in everything.said.splitlines() if CANARY.search(line)] == []


def test_out_03_and_04_only_lists_and_rejected_rows_name_customers(everything: Everything) -> None:
    """Report, run record, bundle, TensorBoard, tables, temporary files; an employer of nine is a private matter too."""
    files = {path.relative_to(everything.folder).as_posix(): path for path in everything.folder.rglob("*")}
    telling = {name for name, path in files.items() if path.is_file() and CANARY.search(content(path))}
    assert {name for name in telling if not NAMING.search(name)} == set()
    assert {Path(name).name for name in telling} >= {"rejected.csv", "predicted.csv", "call_list.parquet"}
    trained = [path.parent for path in files.values() if path.name == "comparison.json"]
    assert [CANARY.search(content(run / "predictions.parquet")) for run in trained] == [None]
    assert b"the town" in (trained[0] / "bundle" / "features.json").read_bytes()
    assert [name for name in files if CANARY.search(name.encode())] == []
    assert [name for name in files if "tfevents" in name]
    assert list((everything.folder / "tmp").iterdir()) == []


def test_bnd_07_nobody_else_may_read_what_a_run_leaves(everything: Everything) -> None:
    left = [path for path in (everything.folder / "runs").rglob("*") if path.is_file() or path.name == "tensorboard"]
    open_to_others = [path for path in left if path.stat().st_mode & 0o077]
    assert open_to_others == []
