"""The workbook's sheet "What if": live formulas over the sheet's own numbers, and nothing a customer wrote."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from segmint.targeting.policy import WHOLE, ContactPolicy
from segmint.targeting.sensitivity import FIRST_PART, best_of_parts, shares_of_parts

SHEET = "What if"
COST, VALUE, MOST, MONEY = "B4", "B5", "B6", "B7"
RESULTS = {"customers": "B10", "successes": "B11", "value": "B12", "cost": "B13", "profit": "B14"}
FIRST_ROW = 21
_NO_LIMIT = "no limit"


def write_what_if(book: Any, parts: pl.DataFrame, policy: ContactPolicy, most: float) -> None:
    """Write the sheet: four cells to change, five results, and the parts of the ranking below.

    Parameters
    ----------
    book : xlsxwriter.Workbook
    parts : polars.DataFrame
        From `what_if_parts`.
    policy : ContactPolicy
        Today's cost, value and money.
    most : float
        Customers that today's other budgets allow.
    """
    economics, currency = policy.economics, policy.economics.currency
    sheet = book.add_worksheet(SHEET)
    styles = _styles(book)
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 9, 14)
    sheet.write_string(0, 0, "What if", styles["head"])
    sheet.write_string(1, 0, "Change the coloured cells. Quotas and capacities are left out.", styles["plain"])
    sheet.write_string(2, 0, "Change these", styles["head"])
    _economics(sheet, 3, "A call costs", economics.cost_per_call, currency, styles)
    _economics(sheet, 4, "A success brings", economics.value_per_success, currency, styles)
    _most(sheet, 5, "Customers to call, at most", most, styles["plain"], styles["count input"])
    _most(
        sheet, 6, f"Money for calls, at most ({currency})", policy.budget_money, styles["plain"], styles["money input"]
    )
    today = [100.0 if isinstance(s, str) else float(s) for s in (economics.cost_per_call, economics.value_per_success)]
    cost, value = (_factor(cell, each) for cell, each in zip((COST, VALUE), today, strict=True))
    limits = {"most": most, "money": np.inf if policy.budget_money is None else policy.budget_money}
    _results(sheet, parts, limits, currency, styles)
    sheet.write_string(FIRST_ROW - 4, 0, "How it is calculated", styles["head"])
    sheet.write_string(
        FIRST_ROW - 3, 0, "Everyone who may be called, best return first, in parts; each part is taken while it pays and fits.",
        styles["plain"],
    )  # fmt: skip
    heads: tuple[str, ...] = (
        "Return of the worst",
        "Customers",
        "Say yes",
        f"Bring ({currency})",
        f"Cost ({currency})",
    )
    heads += ("Share taken", "Called", "Say yes", f"Bring ({currency})", f"Cost ({currency})")
    for place, head in enumerate(heads):
        sheet.write_string(FIRST_ROW - 2, place, head, styles["head"])
    shares = shares_of_parts(parts, **limits)
    for line, (part, share) in enumerate(zip(parts.iter_rows(named=True), shares, strict=True)):
        _part(sheet, FIRST_ROW - 1 + line, part, float(share), cost, value, styles)


def _styles(book: Any) -> dict[str, Any]:
    coloured = {"bg_color": "#FFF2CC", "border": 1}
    return {
        "head": book.add_format({"bold": True}),
        "plain": book.add_format({}),
        "count": book.add_format({"num_format": "#,##0"}),
        "money": book.add_format({"num_format": "#,##0.00"}),
        "share": book.add_format({"num_format": "0%"}),
        "count input": book.add_format({"num_format": "#,##0", **coloured}),
        "money input": book.add_format({"num_format": "#,##0.00", **coloured}),
    }


def _economics(sheet: Any, line: int, label: str, today: float | str, currency: str, styles: dict[str, Any]) -> None:
    """Write what a call costs or a success brings: in money, as a share of today's column, or fixed where it is nothing."""
    if isinstance(today, str):
        sheet.write_string(line, 0, f"{label}, % of today's", styles["plain"])
        sheet.write_number(line, 1, 100, styles["money input"])
    elif today:
        sheet.write_string(line, 0, f"{label} ({currency})", styles["plain"])
        sheet.write_number(line, 1, today, styles["money input"])
    else:  # other amounts are multiples of today's
        sheet.write_string(line, 0, f"{label} (make the list anew to try)", styles["plain"])
        sheet.write_number(line, 1, 0, styles["money"])


def _most(sheet: Any, line: int, label: str, limit: float | None, plain: Any, coloured: Any) -> None:
    sheet.write_string(line, 0, label, plain)
    if limit is None or np.isinf(limit):
        sheet.write_string(line, 1, _NO_LIMIT, coloured)
    else:
        sheet.write_number(line, 1, limit, coloured)


def _factor(cell: str, today: float) -> str:
    """Say in the spreadsheet's language by how much a coloured cell differs from today's number."""
    return f"({_fixed(cell)}/{today!r})" if today else "1"


def _fixed(cell: str) -> str:
    return f"${cell[0]}${cell[1:]}"


def _results(sheet: Any, parts: pl.DataFrame, limits: dict[str, float], currency: str, styles: dict[str, Any]) -> None:
    last = FIRST_ROW + parts.height - 1
    now = best_of_parts(parts, **limits)
    sheet.write_string(8, 0, "Then", styles["head"])
    rows = [
        ("To be called", "customers", f"=SUM(G{FIRST_ROW}:G{last})", "count"),
        ("Expected to say yes", "successes", f"=SUM(H{FIRST_ROW}:H{last})", "count"),
        (f"They bring ({currency})", "value", f"=SUM(I{FIRST_ROW}:I{last})", "money"),
        (f"The calls cost ({currency})", "cost", f"=SUM(J{FIRST_ROW}:J{last})", "money"),
        (f"Expected profit ({currency})", "profit", f"={RESULTS['value']}-{RESULTS['cost']}", "money"),
    ]
    for line, (label, name, formula, style) in enumerate(rows, start=9):
        sheet.write_string(line, 0, label, styles["plain"])
        sheet.write_formula(line, 1, formula, styles[style], now[name])


def _part(
    sheet: Any, line: int, part: dict[str, float], share: float, cost: str, value: str, styles: dict[str, Any]
) -> None:
    """Write a part's sums and, beside them, what of it is taken; viewers that do not calculate show today's."""
    row = line + 1
    for place, name in enumerate(("ratio", "customers", "successes", "value", "cost")):
        sheet.write_number(line, place, part[name], styles["count" if name == "customers" else "money"])
    first = row == FIRST_ROW
    above = f"SUM(G${FIRST_ROW - 1}:G{row - 1})", f"SUM(J${FIRST_ROW - 1}:J{row - 1})"
    best = f"(A{row}*{FIRST_PART})" if first else f"A{row - 1}"
    edge = f"({cost}/MAX({value},0.000000001))"  # a success may be tried at nothing
    # all of the part pays, none of it, or in proportion
    pays = f"IF(A{row}>{edge},1,IF(AND({best}>{edge},{best}>A{row}),({best}-{edge})/({best}-A{row}),0))"
    room = f"IF(ISNUMBER({_fixed(MOST)}),({_fixed(MOST)}-{above[0]})/B{row},1)"  # words or nothing: no limit
    money = f"IF(ISNUMBER({_fixed(MONEY)}),IF(E{row}*{cost}>0,({_fixed(MONEY)}-{above[1]})/(E{row}*{cost}),1),1)"
    formulas = (
        (f"=INT(B{row}*MAX(0,MIN({pays},{room},{money}))+{WHOLE:f})/B{row}", "share", 1.0),
        (f"=F{row}*B{row}", "count", part["customers"]),
        (f"=F{row}*C{row}", "money", part["successes"]),
        (f"=F{row}*D{row}*{value}", "money", part["value"]),
        (f"=F{row}*E{row}*{cost}", "money", part["cost"]),
    )
    for place, (formula, style, today) in enumerate(formulas, start=5):
        sheet.write_formula(line, place, formula, styles[style], share * today)
