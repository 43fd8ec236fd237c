"""The holdout: customers deliberately not called, drawn by a keyed hash, and what it can show."""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.special import bdtr, gammaln, nbdtr, ndtr, ndtri, stdtrit, xlog1py, xlogy

from segmint.arrays import Floats
from segmint.contract.ids import without_marks_and_zeros
from segmint.metrics.effect_level import EFFECT_LEVEL
from segmint.metrics.intervals import FEWEST_OF_EACH
from segmint.wording import Said, Term, percent

_CHUNK = 65_536
_SELDOM = 0.05
_EFFECTS = 100  # tried from none to the whole response


def keyed_words(customers: pl.Series, *, campaign: str, key: str) -> NDArray[np.uint64]:
    """Hash each customer with the campaign and a key; equal everywhere, whatever the order of the rows.

    Parameters
    ----------
    customers : polars.Series of String, shape (n_customers,)
        ``0017`` and ``17.0`` have the arm of 17: a table that was saved by a spreadsheet in between draws the same arms.
        ``AB1`` and ``ab1`` have two: lists that were made keep their arms, and one that calls who was held out is told.
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
    # the campaign as it is written, though other spellings are the same one elsewhere (`campaign_key`): lists that were made keep their
    # arms, and a new one that spells it otherwise is told
    # the length keeps ("ab", "c") and ("a", "bc") apart
    name = campaign.encode()
    seeded.update(len(name).to_bytes(8, "little") + name)
    written, customers = customers, without_marks_and_zeros(customers)
    words = np.empty((len(customers), 2), dtype=np.uint64)
    for start in range(0, len(customers), _CHUNK):
        digests = []
        for customer in customers[start : start + _CHUNK].to_list():
            hashed = seeded.copy()
            hashed.update(customer.encode())
            digests.append(hashed.digest())
        words[start : start + len(digests)] = np.frombuffer(b"".join(digests), "<u8").reshape(-1, 2)
    # 017 and 17 in one table share an arm and are still two: a tie between them is broken whatever the order of the rows
    words[:, 1] += (written.str.len_bytes() - customers.str.len_bytes()).to_numpy().astype(np.uint64)
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
        Smallest difference found with the wanted power, as a difference of response rates; NaN if none is.
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
    def is_in_vain(self) -> bool:
        """Whether customers are held out and nothing can be told from them."""
        return bool(self.held_out and self.called) and math.isnan(self.smallest_effect)

    @property
    def sentence(self) -> str:
        """What the holdout can show, in words."""
        if not self.held_out or not self.called:
            return f"Nobody is {'held out' if self.called else 'called'}, so the effect of calling cannot be measured afterwards."
        if self.is_in_vain:
            return Said(self._nothing, " ", self.remedy)
        return (
            f"With {self.called:,} called and {self.held_out:,} held out, a difference of "
            f"{100 * self.smallest_effect:.1f} points in the response rate is found in "
            f"{percent(self.power, 0)} of cases. "
            f"To find a tenth of the expected response, {10 * self.base_rate:.1f} points, takes {self.needed:,} "
            "customers called."
        )

    @cached_property
    def enough(self) -> int:
        """Customers held out from which on something is found, with as many called; 0 if no number would do."""
        return fewest_held_out(self.base_rate, self.called, level=self.level, power=self.power)

    @property
    def enough_share(self) -> float:
        """What to set `policy.holdout_share` to, for `enough` to be drawn in 95 % of cases; 0 if no number would do."""
        shares = np.arange(1, 100) / 100
        # who is held out until as many are called: a negative binomial count
        short = nbdtr(self.enough - 1, self.called, 1 - shares) if self.enough else np.ones(0)
        return float(shares[np.argmax(short <= _SELDOM)]) if (short <= _SELDOM).any() else 0.0

    @property
    def _nothing(self) -> str:
        return (
            f"With {self.called:,} called, the {self.held_out:,} held out are too few to show what calling brings: so few of them will buy "
            f"that not even a large effect is found in {percent(self.power, 0)} of cases."
        )

    @property
    def remedy(self) -> str:
        """How many more to hold out, where the holdout is in vain."""
        if self.enough:
            return Said(
                Term("policy.holdout_share"),
                f" of {percent(self.enough_share, 0)} holds out enough, at least {self.enough:,} with as many called.",
            )
        return "Holding out more of this list does not help: call more customers, or measure several lists of the campaign together."


def power_of(
    rate_called: float,
    rate_held_out: float,
    called: int,
    held_out: int,
    *,
    level: float = EFFECT_LEVEL,
) -> float:
    """Chance that `segmint measure` finds the difference: that it gives an interval, and that 0 lies outside.

    Every count of purchases that the holdout may have is weighed by its chance, so that those with too few for an
    interval find nothing. The called arm is taken as normal.

    Parameters
    ----------
    rate_called, rate_held_out : float
        Response rates in [0, 1].
    called, held_out : int
        Customers in each arm.
    level : float
        Confidence level of the interval.
    """
    measurable = _chance_of_enough(rate_called, called)
    bought = _likely_counts(rate_held_out, held_out)
    if not measurable or not bought.size:
        return 0.0
    (expected, one), (seen, other) = _with_two_more(rate_called * called, called), _with_two_more(bought, held_out)
    reach = stdtrit(min(called, held_out) - 1, 0.5 + level / 2) * np.sqrt(one + other)
    error = math.sqrt(rate_called * (1 - rate_called) / called)
    found = ndtr((expected - seen - reach) / error) + ndtr((seen - expected - reach) / error)
    return float(measurable * (_chances(bought, rate_held_out, held_out) * found).sum())


def _chance_of_enough(rate: float, customers: int) -> float:
    """Chance that enough of an arm buy, and enough do not, for an interval."""
    if customers < 2 * FEWEST_OF_EACH:
        return 0.0
    return float(bdtr(customers - FEWEST_OF_EACH, customers, rate) - bdtr(FEWEST_OF_EACH - 1, customers, rate))


def _likely_counts(rate: float, customers: int) -> Floats:
    """Counts of purchases that give an interval and are not out of the question."""
    spread = 8 * math.sqrt(customers * rate * (1 - rate)) + 8
    low = max(FEWEST_OF_EACH, math.floor(customers * rate - spread))
    high = min(customers - FEWEST_OF_EACH, math.ceil(customers * rate + spread))
    return np.arange(low, high + 1, dtype=np.float64)


def _chances(bought: Floats, rate: float, customers: int) -> Floats:
    """Binomial chance of each count of purchases."""
    ways = gammaln(customers + 1) - gammaln(bought + 1) - gammaln(customers - bought + 1)
    chances: Floats = np.exp(ways + xlogy(bought, rate) + xlog1py(customers - bought, -rate))
    return chances


def _with_two_more(bought: float | Floats, customers: int) -> tuple[Floats, Floats]:
    """Rate of an arm with a purchase and a refusal more, and its variance, as `segmint measure` takes them."""
    rate, more = np.divide(bought, customers), np.divide(bought + 1, customers + 2)
    return more, np.maximum(rate * (1 - rate) / (customers - 1), more * (1 - more) / (customers + 2))


def customers_needed(
    rate_called: float,
    rate_held_out: float,
    *,
    held_out_per_called: float = 1.0,
    level: float = EFFECT_LEVEL,
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
    rate_called: float, called: int, held_out: int, *, level: float = EFFECT_LEVEL, power: float = 0.8
) -> float:
    """Smallest difference of response rates found with `power`, in steps of a hundredth of the response; NaN if none is.

    A larger one may not be found: where calling brings nearly the whole response, too few of those held out buy.

    Parameters
    ----------
    rate_called : float
        Expected response rate of the customers called.
    called, held_out : int
    level : float
        Confidence level of the interval.
    power : float
        The wanted chance to find the difference.
    """
    for step in range(1, _EFFECTS + 1):
        without = rate_called * (1 - step / _EFFECTS)
        if power_of(rate_called, without, called, held_out, level=level) >= power:
            return rate_called - without
    return math.nan


def fewest_held_out(rate_called: float, called: int, *, level: float = EFFECT_LEVEL, power: float = 0.8) -> int:
    """Customers held out from which on any effect is found with `power`; 0 if not even with as many as are called.

    Parameters
    ----------
    rate_called : float
        Expected response rate of the customers called.
    called : int
    level : float
        Confidence level of the interval.
    power : float
        The wanted chance to find the difference.
    """

    def shows(held_out: int) -> bool:
        return not math.isnan(smallest_effect(rate_called, called, held_out, level=level, power=power))

    fewest = bisect_left(range(called + 1), True, key=shows)
    return fewest if fewest <= called else 0


def plan_holdout(
    base_rate: float, called: int, held_out: int, *, level: float = EFFECT_LEVEL, power: float = 0.8
) -> PowerCalculation:
    """Calculate what effect a list with its holdout can show, and after how many calls.

    Parameters
    ----------
    base_rate : float
        Expected response rate of the customers called, in [0, 1].
    called, held_out : int
        Customers listed and held out.
    level : float
        Confidence level of the interval.
    power : float
        The wanted chance to find the difference.
    """
    if not called or not held_out or not 0 < base_rate < 1:
        return PowerCalculation(called, held_out, base_rate, math.nan, 0, level, power)
    needed = customers_needed(
        base_rate, 0.9 * base_rate, held_out_per_called=held_out / called, level=level, power=power
    )
    effect = smallest_effect(base_rate, called, held_out, level=level, power=power)
    return PowerCalculation(called, held_out, base_rate, effect, needed, level, power)
