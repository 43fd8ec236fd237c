"""What a service asks of a bundle: the same answer whichever way a customer comes."""

from __future__ import annotations

from pathlib import Path

import pytest

from segmint.flows.answer import FEW, answer_rows
from segmint.flows.bundle import predictor_of
from segmint.models.single import SinglePredictor
from segmint.store.bundle import Bundle, open_bundle, write_bundle
from tests.service.small import small_parts


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    """A small bundle in whose tables 99 means no value."""
    parts = small_parts()
    contract = parts["contract"].model_copy(update={"missing": ("", "99")})
    write_bundle(tmp_path / "bundle", **parts | {"contract": contract})
    return open_bundle(tmp_path / "bundle")


@pytest.mark.parametrize("age", [99, 99.0, "99", "99.0", None, 98, 98.0, "98", True])
def test_few_customers_and_many_get_the_same_answer(bundle: Bundle, age: object) -> None:
    predictor = predictor_of(bundle)
    single = SinglePredictor(predictor, bundle.contract, bundle.at)
    row = {"age": age, "job": "student"}
    few, many = (answer_rows(bundle, predictor, single, [row] * count)["answers"][0] for count in (FEW, FEW + 1))
    assert few.keys() == many.keys()
    assert few.get("propensity") == pytest.approx(many.get("propensity"), abs=1e-6)
    assert few.get("flags") == many.get("flags")
