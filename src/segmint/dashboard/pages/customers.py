"""One customer: looked up in a table, or typed into a form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from segmint.contract.cells import in_one_way
from segmint.contract.column import Column
from segmint.dashboard.desk import Desk
from segmint.dashboard.pages.common import Context, model_in_words, or_why_not, tables_for
from segmint.errors import SegmintError
from segmint.flows.customer import TypedError, look_up, try_out
from segmint.monitoring.reference import Usual, usual_of
from segmint.report.blocks import banner, figures, heading, points, statements, table
from segmint.store.bundle import Bundle
from segmint.wording import capital, listed, percent


def customer(desk: Desk, table: str | None, name: str) -> Context:
    """One customer by id: propensity, reasons, what would change it."""
    tables, unfit = tables_for(desk, or_why_not(desk.bundle)[0])
    context: Context = {
        "title": "Customer",
        "model": model_in_words(desk),
        "unfit": unfit,
        "tables": tables,
        "table": table,
        "name": name,
        "found": None,
        "wrong": False,
    }
    if not table or not name:
        return context | {"problem": None}
    try:
        bundle, customers = desk.bundle(), desk.customers(table)
    except SegmintError as error:
        return context | {"problem": error}
    try:
        told = look_up(customers, name, bundle)
    except SegmintError as error:
        return context | {"problem": error, "wrong": True}
    return context | {"problem": None, "found": _told(told, bundle)}


def try_it(desk: Desk, form: Mapping[str, str]) -> Context:
    """A form made from the contract, and what is predicted of whoever is typed into it."""
    context: Context = {"title": "Try it", "model": model_in_words(desk), "fields": [], "found": None, "problem": None}
    try:
        bundle = desk.bundle()
        context["fields"] = [_field(column, bundle, form) for column in bundle.contract.features(bundle.at)]
        if form:
            context["found"] = _told(try_out(form, bundle), bundle)
    except TypedError as error:
        context["problem"] = error
        for field in context["fields"]:
            if words := error.wrong.get(field["name"]):
                like = f" Expected: such as {field['usual']}" if field["usual"] else ""
                field["wrong"] = f"{field['label']} {words}.{like}"
    except SegmintError as error:
        context["problem"] = error
    return context


def _field(column: Column, bundle: Bundle, form: Mapping[str, str]) -> dict[str, Any]:
    usual = usual_of(column, bundle.reference)
    value = in_one_way(usual.value) if column.kind == "number" else usual.value
    return {
        "name": column.name,
        "label": capital(column.label),
        "unit": column.unit,
        "levels": list(usual.levels),
        "numeric": column.kind == "number",
        "value": form.get(column.name, "" if usual.mostly_empty else value),
        "usual": value,
        "empty": column.missing_means or "not known",
        "hint": "; ".join(_hints(column, usual)),
        "wrong": "",
    }


def _hints(column: Column, usual: Usual) -> list[str]:
    """Say what is usually typed into a field, and what it means to leave it empty."""
    means = f": {column.missing_means}" if column.missing_means else ""
    hints = [f"most have no value{means}"] if usual.mostly_empty else [f"empty{means}"] if means else []
    if usual.between is not None:
        low, high = map(_about, usual.between)
        hints.insert(0, f"{'if there is one, ' if usual.mostly_empty else ''}usually {low} to {high}")
    return [
        *hints,
        *(f"{_minus(f'{state.value:g}')} is {'a code' if state.is_unnamed else state.name}" for state in column.states),
    ]


def _about(number: float) -> str:
    """Write a number for somebody who types one like it: no more digits than anybody would."""
    return _minus(f"{number:.0f}" if abs(number) >= 10 else f"{number:.3g}")


def _minus(text: str) -> str:
    return text.replace("-", "\u2212")


def _told(told: dict[str, Any], bundle: Bundle) -> Context:
    response = bundle.contract.outcome.positive is not None
    average, likely = float(told["average"]), float(told["prediction"])
    name = "Propensity" if response else f"Probability of {told['class']}"
    against = f"{likely / average:.1f} times as likely as customers in general" if average > 0 else ""
    shown = [
        (name, percent(likely), against),
        ("Customers in general", percent(average), "what the network gave those it learned from, on average"),
    ]
    blocks = [figures(shown)]
    if told["segment"]:
        without = f" (chosen without {listed(told['segment_without'])})" if told["segment_without"] else ""
        blocks.append(statements([("Segment", f"{told['segment']}{without}")]))
    if told["flags"]:
        blocks.append(banner("caution", "Unusual values", f"{told['flags']}. The prediction stands on thin ground."))
    why = told["reasons"] or ["Nothing that may be named stands out."]
    blocks += [heading("Why"), points(why), {"kind": "text", "text": told["unnamed"]}]
    if told["changes"]:
        blocks += [
            heading("What would change it", "Not advice on cause: what the model would predict instead."),
            points(told["changes"]),
        ]
    blocks.append({"kind": "text", "text": told["stability"]})
    labels = bundle.contract.by_name
    rows = [[labels[n].label if n in labels else n, "" if v is None else str(v)] for n, v in told["values"].items()]
    return {
        "blocks": blocks,
        "propensity": likely,
        "values": table(["Column", "value"], rows, words=(0, 1)),
    }
