"""Tables to draft contracts of, and their drafts."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl

from segmint.contract.infer import Draft, infer_contract
from segmint.contract.valid_table import ValidTable
from segmint.contract.validate import validate
from segmint.tables.source import open_table


def churn(rows: int = 400) -> pl.DataFrame:
    """A telecom table as a new user might bring it."""
    draw = random.Random(2)
    left = [draw.random() < 0.3 for _ in range(rows)]
    return pl.DataFrame(
        {
            "customerID": [f"00{7_000 + i}-XYZ" for i in range(rows)],
            "gender": [draw.choice(["Female", "Male"]) for _ in range(rows)],
            "tenure": [str(draw.randrange(0, 72)) for _ in range(rows)],
            "MonthlyCharges": [f"{draw.uniform(20, 120):.2f}" if draw.random() > 0.05 else "NA" for _ in range(rows)],
            "last_visit_days": [draw.choice(["999", str(draw.randrange(1, 60))]) for _ in range(rows)],
            "PostCode": [f"0{draw.randrange(1000, 1010)}" for _ in range(rows)],
            "country": ["PT"] * rows,
            "final_bill": ["1" if gone else "0" for gone in left],
            "remark": [f"called about {draw.randrange(10**6)}" for _ in range(rows)],
            "since": [f"202{draw.randrange(5)}-01-0{draw.randrange(1, 9)}" for _ in range(rows)],
            "call_duration": [str(draw.randrange(0, 600)) for _ in range(rows)],
            "month": [draw.choice(["jan", "feb", "mar"]) for _ in range(rows)],
            "Churn": ["Yes" if gone else "No" for gone in left],
        }
    )


def german_export(rows: int = 400) -> pl.DataFrame:
    """A bank's own export: dates with points, names, numbers to reach people, and what the call brought."""
    draw = random.Random(3)

    def day(first: date, days: int, form: str = "%d.%m.%Y") -> str:
        return (first + timedelta(days=draw.randrange(days))).strftime(form)

    called = [date(2024, 3, 1) + timedelta(days=draw.randrange(30)) for _ in range(rows)]
    return pl.DataFrame(
        {
            "Kundennr": [f"{100_000 + i:08d}" for i in range(rows)],
            "Vorname": [draw.choice(["Anna", "Mehmet", "Zoë"]) for _ in range(rows)],
            "surname": [f"Müller-{draw.randrange(90)}" for _ in range(rows)],
            "E-Mail": [f"x{i}@example.de" for i in range(rows)],
            "Telefon": [f"0151{draw.randrange(10**8):08d}" for _ in range(rows)],
            "konto": [f"DE{draw.randrange(10**20):020d}" for _ in range(rows)],
            "Straße": [f"Allee {draw.randrange(40)}" for _ in range(rows)],
            "Geburtsdatum": [day(date(1940, 1, 1), 20_000) for _ in range(rows)],
            "Kunde_seit": [day(date(2001, 1, 1), 8_000, "%d/%m/%Y") for _ in range(rows)],
            "review": [day(date(2001, 1, 1), 28, "%m/%d/%Y") if draw.random() > 0.1 else "NULL" for _ in range(rows)],
            "Stand": [day(date(2024, 1, 1), 20, "%Y%m%d") for _ in range(rows)],
            "Anrufdatum": [f"{day:%d.%m.%Y}" for day in called],
            "closed_on": [f"{day:%d.%m.%Y}" if draw.random() < 0.9 else "31.12.9999" for day in called],
            "fertig": [f"{day:%d.%m.%Y} 1{draw.randrange(10)}:05" for day in called],
            "paid": [f"{draw.randrange(1, 900)} {draw.choice(('EUR', 'USD'))}" for _ in range(rows)],
            "quote_ts": [str(1_700_000_000 + draw.randrange(10**6)) for _ in range(rows)],
            "cancel_reason": [draw.choice(["price", "moved"]) for _ in range(rows)],
            "talk_minutes": [f"{draw.uniform(0, 9):.1f}" for _ in range(rows)],
            "call_length": [str(draw.randrange(900)) for _ in range(rows)],
            "duration_sec": [str(draw.randrange(900)) for _ in range(rows)],
            "has_phone": [draw.choice(["ja", "nein"]) for _ in range(rows)],
            "Antwort_offen": [draw.choice(["a", "b", "c"]) for _ in range(rows)],
            "response": [draw.choice(["mail", "post", "none"]) for _ in range(rows)],
            "accepted_offer": ["ja" if draw.random() < 0.6 else "nein" for _ in range(rows)],
        }
    )


def several_classes(rows: int, small: int) -> pl.DataFrame:
    """A table of four classes, the last of few rows and of high age, and a stamp that only one class has."""
    draw = random.Random(5)
    classes = ["D" if i < small else "ABC"[i % 3] for i in range(rows)]
    return pl.DataFrame(
        {
            "id": [f"C{i:05}" for i in range(rows)],
            "age": [draw.randrange(75, 90) if each == "D" else draw.randrange(18, 80) for each in classes],
            "note_no": ["7" if each == "B" else "" for each in classes],
            "segment": classes,
        }
    )


def drafted_with(name: str, cells: list[str]) -> Draft:
    """The draft of a table with one more column, in which these cells come again and again."""
    column = pl.Series(name, [cells[i % len(cells)] for i in range(400)])
    return infer_contract(open_table(churn().with_columns(column)), name="x")


def with_longer_rows(path: Path, broken: int) -> Path:
    """200 customers, of which the first end in a delimiter and the header does not."""
    rows = [f"K{i:05};{20 + i % 60};{'yes' if i % 5 == 0 else 'no'}{';' if i < broken else ''}" for i in range(200)]
    path.write_text("\n".join(["kdnr;alter;y", *rows]), "utf-8")
    return path


def native(kind: str) -> pl.Series:
    """One of the types that Parquet and frames bring."""
    texts = pl.Series([["gold", "silver", "plain"][i % 3] for i in range(400)])
    stamps = pl.Series([datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=427 * i) for i in range(400)])
    return {
        "time": stamps.dt.time(),
        "duration": pl.Series([timedelta(seconds=17 * i) for i in range(400)]),
        "datetime": stamps,
        "categorical": texts.cast(pl.Categorical),
        "enum": texts.cast(pl.Enum(["gold", "silver", "plain"])),
        "infinite": pl.Series([float("inf"), *(i / 7 for i in range(399))]),
        "huge": pl.Series([1e18, *(i / 7 for i in range(399))]),
        "decimal": pl.Series([f"{i}.25" for i in range(400)]).cast(pl.Decimal(9, 2)),
        "truth": pl.Series([i % 3 == 0 for i in range(400)]),
        "nothing": pl.Series([None] * 400),
    }[kind].alias("given")


def validate_reviewed(draft: Draft, frame: pl.DataFrame) -> ValidTable:
    return validate(open_table(frame), draft.contract.model_copy(update={"reviewed": True}), at="after_call")


ERRORS = ["#REF!", "#DIV/0!", "#NAME?", "#N/A", "#VALUE!", "#NUM!", "#NULL!"]
