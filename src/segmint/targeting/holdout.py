"""The holdout: customers deliberately not called, drawn by a keyed hash, and what it can show."""

from __future__ import annotations

import math
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

Floats = NDArray[np.float64]
_CHUNK = 65_536


def keyed_words(customers: pl.Series, *, campaign: str, key: str) -> NDArray[np.uint64]:
    """Hash each customer with the campaign and a key; equal everywhere, whatever the order of the rows.

    Parameters
    ----------
    customers : polars.Series of String, shape (n_customers,)
    campaign : str
    key : str
        The bank's own secret, at most 64 bytes.

    Returns
    -------
    ndarray of shape (n_customers, 2), uint64
        Two independent words: one draws the arm, the other breaks ties. One word for both would put
        held-out customers first (or last) among equals.
    """
    seeded = blake2b(key=key.encode()[:64], digest_size=16)
    # the length keeps ("ab", "c") and ("a", "bc") apart
    name = campaign.encode()
    seeded.update(len(name).to_bytes(8, "little") + name)
    words = np.empty((len(customers), 2), dtype=np.uint64)
    for start in range(0, len(customers), _CHUNK):
        digests = []
        for customer in customers[start : start + _CHUNK].to_list():
            hashed = seeded.copy()
            hashed.update(customer.encode())
            digests.append(hashed.digest())
        words[start : start + len(digests)] = np.frombuffer(b"".join(digests), "<u8").reshape(-1, 2)
    return words


def in_holdout(words: NDArray[np.uint64], share: float) -> NDArray[np.bool_]:
    """Tell who is held out; a larger `share` keeps everyone of a smaller one.

    Parameters
    ----------
    words : ndarray of shape (n_customers,), uint64
        The first word of `keyed_words`.
    share : float
        Expected share held out, in [0, 1).
    """
    return words < np.uint64(int(share * 2.0**64))


@dataclass(frozen=True)
class PowerCalculation:
    """What difference in response a campaign with a holdout can show.

    Attributes
    ----------
    called, held_out : int
        Customers in each arm.
    base_rate : float
        Response rate of the customers called, as expected.
    smallest_effect : float
        Smallest difference found with the wanted power, as a difference of response rates.
    needed : int
        Customers called, at the same share held out, until a tenth of the base rate is found.
    level, power : float
        Confidence of the test and the wanted chance to find the difference.
    """

    called: int
    held_out: int
    base_rate: float
    smallest_effect: float
    needed: int
    level: float
    power: float

    @property
    def sentence(self) -> str:
        """What the holdout can show, in words."""
        if not self.held_out or not self.called:
            return "Nobody is held out, so the effect of calling cannot be measured afterwards."
        if self.smallest_effect >= self.base_rate:
            return (
                f"With {self.called:,} called and {self.held_out:,} held out, not even an effect as large as "
                f"the whole response of {100 * self.base_rate:.1f} % is found in {100 * self.power:.0f} % of cases: "
                "hold out more."
            )
        return (
            f"With {self.called:,} called and {self.held_out:,} held out, a difference of "
            f"{100 * self.smallest_effect:.1f} points in the response rate is found in "
            f"{100 * self.power:.0f} % of cases. "
            f"To find a tenth of the expected response, {10 * self.base_rate:.1f} points, takes {self.needed:,} "
            "customers called."
        )


def power_of(
    rate_called: float,
    rate_held_out: float,
    called: int,
    held_out: int,
    *,
    level: float = 0.95,
) -> float:
    """Chance that a two-sided test of two proportions finds the difference (normal, unpooled variance).

    Parameters
    ----------
    rate_called, rate_held_out : float
        Response rates in [0, 1].
    called, held_out : int
        Customers in each arm.
    level : float
        Confidence level of the test.
    """
    difference = abs(rate_called - rate_held_out)
    error = math.sqrt(rate_called * (1 - rate_called) / called + rate_held_out * (1 - rate_held_out) / held_out)
    if error == 0:
        return 1.0 if difference > 0 else 0.0
    critical = ndtri(0.5 + level / 2)
    return float(ndtr(difference / error - critical) + ndtr(-difference / error - critical))


def customers_needed(
    rate_called: float,
    rate_held_out: float,
    *,
    held_out_per_called: float = 1.0,
    level: float = 0.95,
    power: float = 0.8,
) -> int:
    """Count the customers to call until the difference is found with `power`.

    The holdout grows in proportion.

    The usual n = (z_level + z_power)² (p₁q₁ + p₂q₂ / ratio) / (p₁ − p₂)², per Fleiss, Statistical Methods
    for Rates and Proportions, without continuity correction.

    Raises
    ------
    ValueError
        If the two rates are equal or nobody is held out: no number of calls would do.
    """
    if rate_called == rate_held_out or held_out_per_called <= 0:
        raise ValueError("Two different rates and a holdout are needed.")
    z = float(ndtri(0.5 + level / 2) + ndtri(power))
    spread = rate_called * (1 - rate_called) + rate_held_out * (1 - rate_held_out) / held_out_per_called
    return math.ceil(z**2 * spread / (rate_called - rate_held_out) ** 2)


def smallest_effect(
    rate_called: float, called: int, held_out: int, *, level: float = 0.95, power: float = 0.8
) -> float:
    """Smallest difference of response rates found with `power`, by bisection; `rate_called` if none is.

    Parameters
    ----------
    rate_called : float
        Expected response rate of the customers called.
    called, held_out : int
    """
    low, high = 0.0, rate_called
    if power_of(rate_called, 0.0, called, held_out, level=level) < power:
        return rate_called
    for _ in range(60):
        middle = (low + high) / 2
        if power_of(rate_called, rate_called - middle, called, held_out, level=level) < power:
            low = middle
        else:
            high = middle
    return high


def plan_holdout(
    base_rate: float, called: int, held_out: int, *, level: float = 0.95, power: float = 0.8
) -> PowerCalculation:
    """Calculate what effect a list with its holdout can show, and after how many calls.

    Parameters
    ----------
    base_rate : float
        Expected response rate of the customers called, in [0, 1].
    called, held_out : int
        Customers listed and held out.
    """
    if not called or not held_out or not 0 < base_rate < 1:
        return PowerCalculation(called, held_out, base_rate, base_rate, 0, level, power)
    needed = customers_needed(
        base_rate, 0.9 * base_rate, held_out_per_called=held_out / called, level=level, power=power
    )
    effect = smallest_effect(base_rate, called, held_out, level=level, power=power)
    return PowerCalculation(called, held_out, base_rate, effect, needed, level, power)
