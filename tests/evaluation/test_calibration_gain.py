from __future__ import annotations

import numpy as np

from segmint.evaluation.calibration_gain import halves


def test_customers_are_halved_in_turn_and_their_rows_stay_together() -> None:
    assert halves(np.array([9, 4, 7, 1])).tolist() == [0, 1, 0, 1]
    assert halves(np.array([9, 9, 4, 9, 7, 4])).tolist() == [0, 0, 1, 0, 0, 1]
