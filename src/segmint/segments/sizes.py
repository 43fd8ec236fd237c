"""How many customers are in each segment, where a customer may have several rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segmint.arrays import distinct
from segmint.segments.stability import Labels


@dataclass(frozen=True)
class Sizes:
    """How many rows and customers the segments hold, where a customer may have several rows.

    Attributes
    ----------
    rows, customers : tuple of int
        Of each segment.
    all_rows, all_customers : int
    in_several : int
        Customers with rows in more than one segment; they count in each.
    """

    rows: tuple[int, ...]
    customers: tuple[int, ...]
    all_rows: int
    all_customers: int
    in_several: int

    @classmethod
    def of(cls, labels: Labels, customers: NDArray[np.int64], count: int) -> Sizes:
        """Count; `labels` and `customers` say for each row in which segment it is and whose it is, from 0."""
        whose, where = np.divmod(distinct(customers * count + labels), count)
        segments_of_each = np.unique(whose, return_counts=True)[1]
        return cls(
            tuple(np.bincount(labels, minlength=count).tolist()),
            tuple(np.bincount(where, minlength=count).tolist()),
            len(labels),
            len(segments_of_each),
            int((segments_of_each > 1).sum()),
        )

    @property
    def unit(self) -> str:
        """Say what figures of segments count."""
        return "customers" if self.all_rows == self.all_customers else "rows"

    @property
    def sentence(self) -> str:
        """Say what is counted, where a row is not a customer; "" where it is."""
        if self.unit == "customers":
            return ""
        return (
            f"The table has {self.all_rows:,} rows of {self.all_customers:,} customers: rows are put into segments, and "
            f"shares and rates are of rows. {self._who_is_in_several} in more than one segment."
        )

    @property
    def _who_is_in_several(self) -> str:
        if self.in_several == 0:
            return "No customer has rows"
        return "One customer has rows" if self.in_several == 1 else f"{self.in_several:,} of the customers have rows"

    def say(self, place: int) -> str:
        """Say the size of one segment."""
        customers = f"{self.customers[place]:,} customers"
        return customers if self.unit == "customers" else f"{self.rows[place]:,} rows of {customers}"

    def to_json(self) -> dict[str, Any]:
        """Return what is said of the whole table as JSON."""
        return {
            "rows": self.all_rows, "customers": self.all_customers, "in_several": self.in_several,
            "unit": self.unit, "sentence": self.sentence,
        }  # fmt: skip
