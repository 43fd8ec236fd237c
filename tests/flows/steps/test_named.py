"""Everyone has a name."""

from __future__ import annotations

import numpy as np

from segmint.flows.steps.named import customers_of
from segmint.targeting.choose import choose
from tests.flows.tables import read
from tests.targeting.conftest import make_policy


def test_whoever_has_no_id_is_named_by_the_record_and_is_nobody_else() -> None:
    customers = customers_of(read(["17", None, "17 ", "", " "], ["40"] * 5))
    assert customers.to_list() == ["17", "record 2", "17", "record 4", "record 5"]
    chosen = choose(customers, np.full(5, 0.5), make_policy())
    assert len(chosen.listed) == 4
