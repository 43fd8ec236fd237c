from __future__ import annotations

import re
import shutil
import subprocess

import numpy as np
import openpyxl
import pytest

from segmint.targeting.choose import choose
from segmint.targeting.hand_off import general_profile, write_dialler, write_workbook
from segmint.targeting.sensitivity import best_of_parts, what_if_parts
from segmint.targeting.what_if_sheet import COST, FIRST_ROW, MONEY, MOST, RESULTS, SHEET, VALUE
from tests.targeting.conftest import make_customers, make_policy
from tests.targeting.test_call_list import make_list
from tests.targeting.test_hand_off import hostile_list

_OURS = re.compile(r"^=[A-J0-9$().,:*/+<>-]*$")


def parts_of(n=3000, **rules):
    frame = make_customers(n)
    policy = make_policy(holdout_share=0.1, **rules)
    return what_if_parts(choose(frame["client"], frame["propensity"], policy))


@pytest.mark.parametrize(("cost", "value"), [(1.0, 1.0), (2.0, 1.0), (0.5, 1.0), (1.0, 1.5), (1.3, 0.8)])
@pytest.mark.parametrize("budget", [None, 400])
def test_the_parts_answer_as_choosing_again_would(cost, value, budget):
    frame = make_customers(3000)
    policy = make_policy(cost=5.0 * cost, value=100.0 * value, holdout_share=0.1, budget_calls=budget)
    again = choose(frame["client"], frame["propensity"], policy)
    most = np.inf if budget is None else budget
    found = best_of_parts(parts_of(), cost=cost, value=value, most=most)
    assert found["profit"] == pytest.approx(again.profit, rel=0.005)
    assert found["customers"] == pytest.approx(again.listed.size, rel=0.02)


@pytest.mark.parametrize("rules", [{}, {"budget_calls": 400}, {"budget_calls": 2}, {"budget_money": 1003.0}])
@pytest.mark.parametrize("cost", [0.5, 5.0, 20.0, 110.0])
def test_with_nothing_changed_the_parts_say_what_the_list_says(rules, cost):
    frame = make_customers(3000)
    policy = make_policy(cost=cost, holdout_share=0.1, **{k: v * max(cost / 5, 1) for k, v in rules.items()})
    choice = choose(frame["client"], frame["propensity"], policy)
    parts = what_if_parts(choice)
    money = np.inf if policy.budget_money is None else policy.budget_money
    found = best_of_parts(parts, most=policy.most_customers, money=money)
    assert found["customers"] == pytest.approx(choice.listed.size)
    if choice.listed.size >= 10:
        assert found["profit"] == pytest.approx(choice.profit, abs=0.01)
    assert parts["customers"].min() >= 10


@pytest.mark.parametrize("cost", [0.0, 5.0])
def test_who_brings_less_than_nothing_is_in_no_part_that_pays(cost):
    frame = make_customers(3000).with_columns(worth=np.random.default_rng(1).normal(50, 100, 3000))
    policy = make_policy(cost=cost, value="worth")
    choice = choose(frame["client"], frame["propensity"], policy, columns=frame)
    parts = what_if_parts(choice)
    assert np.isfinite(parts["ratio"].to_numpy()).all()
    assert best_of_parts(parts)["customers"] == choice.listed.size < 3000
    assert best_of_parts(parts)["profit"] == pytest.approx(choice.profit, abs=0.01)


def test_a_viewer_that_does_not_calculate_shows_todays_list(tmp_path, contract):
    parts = parts_of(budget_calls=900)
    made = make_list(make_customers(), budget_calls=900)
    write_workbook(made, contract, tmp_path / "a.xlsx", parts=parts)
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx", data_only=True)[SHEET]
    expected = best_of_parts(parts, most=900)
    below = {name: sum(sheet.cell(FIRST_ROW + n, 7 + place).value for n in range(parts.height))
             for place, name in enumerate(("customers", "successes", "value", "cost"))}  # fmt: skip
    for name, total in below.items():
        assert total == pytest.approx(expected[name]) == sheet[RESULTS[name]].value


def test_a_call_that_costs_nothing_is_not_offered_to_be_changed(tmp_path, contract):
    """Other costs are multiples of today's, and a multiple of nothing is nothing: a cell to change would change nothing."""
    made = make_list(make_customers(), cost=0.0)
    write_workbook(made, contract, tmp_path / "a.xlsx", parts=parts_of(cost=0.0))
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx")[SHEET]
    cost, value = (sheet[cell] for cell in (COST, VALUE))
    assert (cost.value, value.value) == (0, 100)
    assert cost.fill.fill_type is None
    assert value.fill.fill_type == "solid"
    assert "make the list anew" in sheet.cell(cost.row, 1).value


def test_only_the_what_if_sheet_has_formulas_and_they_hold_no_text(tmp_path, contract):
    """OUT-01: with 5,000 hostile customers the formulas are ours alone: cells, numbers and a few functions."""
    write_workbook(hostile_list(), contract, tmp_path / "a.xlsx", parts=parts_of())
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    assert book.sheetnames == ["How to read", "Call list", SHEET]
    formulas = {s.title: [c.value for row in s.iter_rows() for c in row if c.data_type == "f"] for s in book}
    assert formulas["How to read"] == formulas["Call list"] == []
    assert len(formulas[SHEET]) == 5 + 5 * parts_of().height
    for formula in formulas[SHEET]:
        assert _OURS.match(re.sub(r"\b(SUM|MAX|MIN|IF|AND|INT|ISNUMBER)\b", "", formula)), formula


def soffice(folder, *words):
    profile = f"-env:UserInstallation=file://{folder / 'profile'}"
    subprocess.run(["soffice", profile, "--headless", *words], check=True, capture_output=True, timeout=240)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("soffice") is None, reason="needs LibreOffice")
def test_libreoffice_recalculates_what_python_says(tmp_path, contract):
    parts = parts_of(budget_calls=900)
    write_workbook(make_list(make_customers()), contract, tmp_path / "a.xlsx", parts=parts)
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    sheet = book[SHEET]
    sheet[COST], sheet[VALUE], sheet[MOST] = 7.5, 130.0, 700
    book.save(tmp_path / "changed.xlsx")
    soffice(tmp_path, "--convert-to", "xlsx", "--outdir", str(tmp_path / "out"), str(tmp_path / "changed.xlsx"))
    seen = openpyxl.load_workbook(tmp_path / "out" / "changed.xlsx", data_only=True)[SHEET]
    expected = best_of_parts(parts, cost=1.5, value=1.3, most=700)
    for name, cell in RESULTS.items():
        assert seen[cell].value == pytest.approx(expected[name], rel=1e-6), name
    assert seen[f"F{FIRST_ROW}"].value == 1


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("soffice") is None, reason="needs LibreOffice")
def test_libreoffice_takes_no_limit_and_an_empty_cell_for_no_limit(tmp_path, contract):
    parts = parts_of()
    write_workbook(make_list(make_customers()), contract, tmp_path / "a.xlsx", parts=parts)
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    sheet = book[SHEET]
    assert sheet[MONEY].value == "no limit"
    sheet[MOST], sheet[COST] = None, 7.5
    book.save(tmp_path / "changed.xlsx")
    soffice(tmp_path, "--convert-to", "xlsx", "--outdir", str(tmp_path / "out"), str(tmp_path / "changed.xlsx"))
    seen = openpyxl.load_workbook(tmp_path / "out" / "changed.xlsx", data_only=True)[SHEET]
    expected = best_of_parts(parts, cost=1.5)
    for name, cell in RESULTS.items():
        assert seen[cell].value == pytest.approx(expected[name], rel=1e-6), name


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("soffice") is None, reason="needs LibreOffice")
@pytest.mark.parametrize("delimiter", [",", ";"])
def test_libreoffice_finds_no_formula_in_the_dialler_file(tmp_path, contract, delimiter):
    """OUT-01: 5,000 hostile customers, the file opened again by a spreadsheet with either separator."""
    made = hostile_list()
    profile = general_profile(made, contract).model_copy(update={"delimiter": delimiter})
    write_dialler(made, profile, tmp_path / "d.csv")
    for separator in (44, 59):
        rules = f"CSV:{separator},34,76,1,,0,false,true,false"
        out = tmp_path / str(separator)
        soffice(tmp_path, f"--infilter={rules}", "--convert-to", "xlsx", "--outdir", str(out), str(tmp_path / "d.csv"))
        sheet = openpyxl.load_workbook(out / "d.xlsx").active
        cells = [cell for row in sheet.iter_rows() for cell in row]
        assert len(cells) > 2500
        assert not [cell for cell in cells if cell.data_type == "f" or cell.hyperlink]
