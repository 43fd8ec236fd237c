from __future__ import annotations

import numpy as np
import pytest

from segmint.evaluation.strategies import FEWEST_RESPONDERS, teaches


@pytest.mark.parametrize(("yes", "no", "enough"), [(10, 10, True), (9, 500, False), (500, 9, False), (0, 0, False)])
def test_a_lesson_needs_customers_of_both_outcomes(yes: int, no: int, enough: bool) -> None:
    assert FEWEST_RESPONDERS == 10
    assert teaches(np.repeat([True, False], [yes, no])) is enough
