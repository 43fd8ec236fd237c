"""Drafts that several files of tests look at."""

from __future__ import annotations

import pytest

from segmint.contract.infer import Draft, infer_contract
from segmint.tables.source import open_table
from tests.contract.drafts import churn, german_export


@pytest.fixture(scope="module")
def draft() -> Draft:
    return infer_contract(open_table(churn()), name="churn")


@pytest.fixture(scope="module")
def german() -> Draft:
    return infer_contract(open_table(german_export()), name="german")
