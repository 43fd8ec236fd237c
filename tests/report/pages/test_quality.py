"""The page of quality: its curves begin where enough customers are named, and its figures are those of the metrics."""

from __future__ import annotations

import numpy as np

from segmint.report.pages.quality import _recall_precision


def test_precision_is_drawn_from_ten_customers_on_also_where_none_of_them_said_yes():
    score = np.linspace(1.0, 0.0, 40)
    y = np.zeros(40, dtype=bool)
    y[[12, 20, 39]] = True
    recall, precision = _recall_precision(y, score)
    assert len(recall) == 31, "10 to 40 customers named"
    assert (recall[0], precision[0]) == (0.0, 0.0)
    assert (recall[-1], precision[-1]) == (1.0, 3 / 40)


def test_of_a_few_customers_only_all_of_them_are_enough():
    recall, precision = _recall_precision(np.array([True, False, True]), np.array([0.9, 0.5, 0.1]))
    assert (recall.tolist(), precision.tolist()) == ([1.0], [2 / 3])
