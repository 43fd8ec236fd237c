"""A large table with bad rows of twelve kinds: exact counts, each explained, in bounded memory and time."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path

import pytest

from segmint.contract.contract import load_contract
from segmint.contract.ledger import Ledger
from segmint.contract.validate import validate_batches
from segmint.tables.rejects import Reject
from segmint.tables.source import ReadOptions, open_table

HEADER = "age;job;marital;education;default;balance;housing;loan;contact;day;month;duration;campaign;pdays;previous;poutcome;y"
GOOD = "{i};services;married;primary;no;{n};yes;no;cellular;5;may;60;1;-1;0;unknown;{y}"
BAD = {
    "too_few_fields": "30;services;married",
    "too_many_fields": GOOD + ";extra",
    "unclosed_quote": GOOD.replace("services", '"services'),
    "bad_quote": GOOD.replace("services", '"serv"ices'),
    "undecodable": GOOD.replace("services", "serv\udcffices"),
    "nul_character": GOOD.replace("services", "serv\0ices"),
    "not_a_number: balance": GOOD.replace("{n}", "much"),
    "not_finite: balance": GOOD.replace("{n}", "1e999"),
    "out_of_bounds: age": GOOD.replace("{i}", "7"),
    "unknown_level: job": GOOD.replace("services", "astronaut"),
    "missing_outcome: y": GOOD.replace("{y}", ""),
    "unknown_outcome: y": GOOD.replace("{y}", "perhaps"),
}


def write(path: Path, rows: int) -> dict[str, int]:
    """Write a table of which 1 % of rows are bad; return how many of each kind."""
    draw, kinds, planted = random.Random(11), list(BAD), dict.fromkeys(BAD, 0)
    bad = set(draw.sample(range(rows), rows // 100))
    with path.open("w", encoding="utf-8", errors="surrogateescape", newline="\n") as file:
        file.write(HEADER + "\n")
        for i in range(rows):
            kind = draw.choice(kinds) if i in bad else None
            if kind:
                planted[kind] += 1
            template = BAD[kind] if kind else GOOD
            file.write(template.format(i=18 + i % 60, n=draw.randrange(9_999), y="no" if i % 8 else "yes") + "\n")
    return planted


def check(path: Path, rows: int, planted: dict[str, int]) -> None:
    rejects: list[Reject] = []
    total = Ledger()
    for table in validate_batches(
        open_table(path, ReadOptions(encoding="utf-8")),
        load_contract("bank-marketing"),
        purpose="train",
        on_reject=rejects.append,
    ):
        total = total + table.ledger
    total.check()
    assert total.read == rows
    assert dict(total.reasons) == planted
    assert len(rejects) == rows // 100
    assert [reject.record for reject in rejects] == sorted({reject.record for reject in rejects})
    lines = path.read_text("utf-8", errors="backslashreplace").split("\n")
    assert all(reject.raw == lines[reject.record] for reject in rejects)


def test_every_planted_bad_row_is_found_and_explained(tmp_path: Path) -> None:
    """ING-01 at a tenth of its size."""
    path = tmp_path / "t.csv"
    check(path, 100_000, write(path, 100_000))


@pytest.mark.slow
def test_a_million_rows_within_a_gibibyte_and_ninety_seconds(tmp_path: Path) -> None:
    """ING-01 at full size, in a process of its own so that memory can be measured."""
    path = tmp_path / "t.csv"
    planted = write(path, 1_000_000)
    script = (
        "import json, resource, sys; sys.path.insert(0, sys.argv[1]); from pathlib import Path\n"
        "from test_ledger_of_a_million_rows import check\n"
        "check(Path(sys.argv[2]), 1_000_000, json.loads(sys.argv[3]))\n"
        "used = resource.getrusage(resource.RUSAGE_SELF)\n"
        # of this program alone: `ru_maxrss` begins with the peak of the process that started it
        "(peak,) = [line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')]\n"
        "print(json.dumps([int(peak) / 2**20, used.ru_utime + used.ru_stime]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(Path(__file__).parent), str(path), json.dumps(planted)],
        capture_output=True,
        text=True,
        check=True,
    )
    gibibytes, seconds = json.loads(done.stdout.splitlines()[-1])
    assert gibibytes <= 1.0
    assert seconds <= 90
