"""What was read: every column that describes nobody stands there with its reason."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from segmint.report.pages.reading import page
from segmint.report.run_view import RunView


def test_columns_that_are_no_features_are_listed_with_the_reason(make_run: Callable[..., Path]) -> None:
    folder = make_run(kind="response", at="after_call")
    contract = (folder / "contract.toml").read_text("utf-8")
    for name, kind, role in (
        ("id", "text", "id"),
        ("remark", "text", "ignore"),
        ("since", "date", "time"),
        ("memo", "text", "interest"),
    ):
        contract += f'[columns.{name}]\nkind = "{kind}"\nrole = "{role}"\nlabel = "{name}"\n'
    contract += '[columns.tariff]\nkind = "text"\nrole = "ignore"\nlabel = "tariff"\nnote = "old system, until May"\n'
    (folder / "contract.toml").write_text(contract, "utf-8")
    found: Any = page(RunView(folder))
    rows = next(
        block["rows"] for block in found["blocks"] if block.get("columns", [""])[0] == "Column that is no feature"
    )
    assert rows[4][-1] == "ignored: old system, until May"
    assert [tuple(row[1:]) for row in rows][:4] == [
        ("id", "names the customer, whose rows stay together; never a feature"),
        ("remark", "the contract says ignore"),
        ("since", "a date; never a feature"),
        ("memo", "a text; never a feature"),
    ]


def test_known_segments_have_no_word_about_calls(make_run: Callable[..., Path]) -> None:
    assert "whom to call" not in str(page(RunView(make_run(kind="assignment"))))
