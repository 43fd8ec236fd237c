"""Does a new wave still look like training? Counts held against counts, with few false alarms and clear advice.

Every test compares the wave with the sampling error of both the wave and the training table. Holm's rule (1979,
Scandinavian Journal of Statistics 6(2)) holds the chance of any false alarm in a wave near 5 %, however many columns
there are.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.special import betaln, chdtrc, expit, ndtr

from segmint.arrays import Floats, Mask, distinct
from segmint.contract.counts import count_values
from segmint.features.edges import FEWEST_TOGETHER
from segmint.features.levels import KEPT_OTHER, pool_rare
from segmint.metrics.calibration import fitted_line, log_odds, shifted
from segmint.metrics.intervals import design_effect, wilson
from segmint.metrics.ranking import roc_auc
from segmint.monitoring.expected import expected_auc
from segmint.monitoring.reference import place_in
from segmint.monitoring.results import Answers
from segmint.splits.groups import last_rows
from segmint.wording import percent

Advice = Literal["none", "recalibrate", "retrain", "look"]

ADVICE_WORDS: dict[Advice, str] = {
    "none": "Nothing to do",
    "look": "Look at the data first",
    "recalibrate": "Recalibrate",
    "retrain": "Retrain",
}
LEVEL, RARE_SHARE = 0.05, 0.1
# Smaller shifts than this are real in large waves, and change nothing.
SMALLEST_PSI, LARGE_PSI, AUC_LOSS = 0.01, 0.2, 0.05
EXTREME_PSI = 1.0  # more than customers change; half of a wave beyond a twentieth of training is more still
FEWEST_EXPECTED = 5  # expected customers in a cell of a chi-square test
SURELY_SEEN = 25  # a level expected so often in training is hardly ever pooled there by chance
_SAME_ODDS = 1e-6
_SAME_CHANCE = 1e-7  # chances this close are equal, and differ by rounding
_EDGE = 1e-4  # a propensity nearer to 0 or 1 would outweigh all others

ALARMS: dict[str, tuple[str, Advice]] = {
    "DRIFT-01": ("a column no longer looks like training", "retrain"),
    "DRIFT-02": ("values are missing more, or less, than in training", "look"),
    "DRIFT-03": ("levels that training did not see", "look"),
    "DRIFT-04": ("the propensities no longer look like training", "retrain"),
    "DRIFT-05": ("the ranking is estimated to have become worse", "retrain"),
    "DRIFT-06": ("more, or fewer, say yes than promised", "recalibrate"),
    "DRIFT-07": ("what moves customers has changed", "retrain"),
}
ESTIMATED = ("DRIFT-04", "DRIFT-05")  # held against the propensities of training
REALISED = ("DRIFT-06", "DRIFT-07")  # held against outcomes


@dataclass(frozen=True)
class Alarm:
    """One thing that is not as in training.

    Attributes
    ----------
    code : str
        Key of `ALARMS`; its text stands in the folder ``alarms`` beside this file.
    column : str
        The column it is about, or "".
    sentence : str
    advice : {"look", "recalibrate", "retrain"}
    p_value : float
    """

    code: str
    column: str
    sentence: str
    advice: Advice
    p_value: float


@dataclass(frozen=True)
class Drift:
    """How a wave differs from training.

    Attributes
    ----------
    columns : polars.DataFrame
        One row per column: column, psi, psi_by_chance (see `stability_by_chance`), ks (numbers only: the Kolmogorov-Smirnov
        distance of shares in bands that held about a twentieth of training each, for which nothing is tested), p_value (of
        the test that `p_value_of` names: that the shares of bands or levels are those of training), p_value_of,
        missing_before, missing_now, unseen.
    alarms : tuple of Alarm
    advice : {"none", "look", "recalibrate", "retrain"}
    estimated : dict
        Without outcomes: expected response rate and ROC AUC, in training and now (CBPE), psi of the propensities. Of a bundle
        that names segments `shares`, see `drift_of_shares`.
    realised : dict or None
        With outcomes: expected and observed rate, calibration slope against training, ROC AUC, rows by decile, and
        the design effect of customers with several rows.
    look_first : tuple of str
        Columns that changed as exports do rather than customers: with another share of missing or unseen values, or
        shifted beyond a PSI of 1.
    untold : str
        Which alarms cannot be raised for this bundle, and why; "" where all can.
    """

    columns: pl.DataFrame
    alarms: tuple[Alarm, ...]
    advice: Advice
    estimated: dict[str, Any]
    realised: dict[str, Any] | None
    look_first: tuple[str, ...] = ()
    untold: str = ""

    def frame(self) -> pl.DataFrame:
        """Return one row per column."""
        return self.columns

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON, no customer in it."""
        return {
            "advice": self.advice,
            "look_first": list(self.look_first),
            "untold": self.untold,
            "alarms": [asdict(alarm) for alarm in self.alarms],
            "columns": self.columns.fill_nan(None).to_dicts(),
            "estimated": self.estimated,
            "realised": self.realised,
        }


@dataclass(frozen=True)
class _Test:
    code: str
    column: str
    p_value: float
    sentence: str


def drift_of(
    reference: Mapping[str, Any],
    wave: pl.DataFrame,
    propensity: Floats,
    *,
    positive: str,
    said_yes: tuple[NDArray[np.int64], Mask] | None = None,
    groups: NDArray[np.int64] | None,
    mostly_used: bool = False,
) -> Drift:
    """Hold a wave against the training table that ``reference.json`` sums up.

    Parameters
    ----------
    reference : dict
        From `reference_of`.
    wave : polars.DataFrame
        Typed columns as in a `ValidTable`; columns that it lacks are left out.
    propensity : ndarray of shape (n_customers,)
        What the bundle says of them.
    positive : str
        The outcome that means yes.
    said_yes : (rows, yes), optional
        Positions of customers whose outcome is known, and what it is.
    groups : ndarray of shape (n_customers,), optional
        The customer of each row, who counts once: columns by the last row, outcomes by how far they go together.
    mostly_used : bool
        Whether most outcomes are of customers who taught or moved the bundle: it is not to be moved by them.
    """
    groups = np.arange(wave.height) if groups is None else groups
    frame, tests, rare = _columns(reference, wave[last_rows(groups)])
    histogram = (reference.get("propensities") or {}).get(positive)
    rate = float(reference["outcome_shares"][positive])
    estimated = _estimated(histogram, propensity, rate)
    realised = None
    if said_yes is not None:
        answered, yes = said_yes
        before = int(reference["rows"])
        realised, found = _realised(histogram, rate, before, propensity[answered], yes, groups[answered])
        tests += found
    alarms = _raised(tests, (1 - RARE_SHARE) * LEVEL) + _raised(rare, RARE_SHARE * LEVEL)
    if said_yes is not None and (mostly_used or not Answers.of(groups[said_yes[0]], said_yes[1]).enough):
        # a bundle that so few answers cannot move is not to be moved
        alarms = [replace(alarm, advice="look") if alarm.code in REALISED else alarm for alarm in alarms]
    # The reference holds out-of-fold propensities, a little unlike those of the bundle: alone they prove no drift.
    if any(alarm.code == "DRIFT-01" for alarm in alarms):
        alarms += _estimated_alarms(estimated)
    untold = "" if histogram is not None else _UNTOLD
    return Drift(frame, tuple(alarms), _advice(alarms), estimated, realised, _look_first(alarms, frame), untold)


def drift_of_shares(
    reference: Mapping[str, Any],
    wave: pl.DataFrame,
    likely: Floats,
    classes: Sequence[str],
    *,
    groups: NDArray[np.int64] | None = None,
) -> Drift:
    """Hold a wave against training for a bundle that names segments: its columns, and how many are expected in each segment.

    Parameters
    ----------
    reference, wave, groups
        As for `drift_of`.
    likely : ndarray of shape (n_customers, n_classes)
        What the bundle says of them.
    classes : sequence of str
        In the order of the probabilities.

    Returns
    -------
    Drift
        Its `estimated` holds `shares`: for each class the mean probability now, the share in training, and the PSI of its
        probabilities, where training says how they were spread.
    """
    last = last_rows(np.arange(wave.height) if groups is None else groups)
    frame, tests, rare = _columns(reference, wave[last])
    histograms = reference.get("propensities") or {}
    shares = []
    for place, name in enumerate(classes):
        before = float(reference["outcome_shares"][name])
        told = _estimated(histograms.get(name), likely[last, place], before)
        shares.append({"class": name, "share": told["rate"], "share_in_training": before, "psi": told["psi"]})
    alarms = _raised(tests, (1 - RARE_SHARE) * LEVEL) + _raised(rare, RARE_SHARE * LEVEL)
    if any(alarm.code == "DRIFT-01" for alarm in alarms):
        alarms += [_shifted_share(told) for told in shares if told["psi"] is not None and told["psi"] >= LARGE_PSI]
    untold = _NO_RESPONSE if histograms else f"{_NO_RESPONSE} {_UNTOLD_SHARES}"
    return Drift(frame, tuple(alarms), _advice(alarms), {"shares": shares}, None, _look_first(alarms, frame), untold)


def _columns(reference: Mapping[str, Any], once: pl.DataFrame) -> tuple[pl.DataFrame, list[_Test], list[_Test]]:
    """Hold each column against training: a row of figures, tests, and tests of what training hardly saw."""
    rows, tests, rare = [], [], []
    for column in reference["columns"]:
        if column["name"] in once.columns:
            row, found, seldom = _column(column, once[column["name"]], int(reference["rows"]))
            rows.append(row)
            tests += found
            rare += seldom
    return pl.DataFrame(rows, schema=_COLUMNS), tests, rare


def _shifted_share(told: Mapping[str, Any]) -> Alarm:
    shares = f"{percent(told['share'])} are expected in it, in training {percent(told['share_in_training'])} were"
    return _material(
        "DRIFT-04", f"The probabilities of '{told['class']}' have shifted (PSI {told['psi']:.2f}): {shares}."
    )


_NO_RESPONSE = "DRIFT-05, DRIFT-06 and DRIFT-07 need a response; this bundle names segments."
_UNTOLD_SHARES = "DRIFT-04 cannot be told: it was trained without a comparison (compare.enabled = false)."

_UNTOLD = (
    f"{' and '.join(ESTIMATED)} cannot be told for this bundle: it was trained without a comparison (compare.enabled = false), "
    "so that nothing says how propensities were spread, and how well they ranked, in training."
)


def _look_first(alarms: Sequence[Alarm], columns: pl.DataFrame) -> tuple[str, ...]:
    extreme = set(columns.filter(pl.col("psi") > EXTREME_PSI)["column"])
    named = (alarm.column for alarm in alarms if alarm.column and (alarm.advice == "look" or alarm.column in extreme))
    return tuple(dict.fromkeys(named))


_COLUMNS = {
    "column": pl.String, "psi": pl.Float64, "psi_by_chance": pl.Float64, "ks": pl.Float64, "p_value": pl.Float64, "p_value_of": pl.String,
    "missing_before": pl.Float64, "missing_now": pl.Float64, "unseen": pl.Float64,
}  # fmt: skip


def population_stability(before: Floats, now: Floats) -> float:
    """Population stability index of two vectors of counts; half a customer is added to each cell.

    References
    ----------
    Lewis 1994, "An introduction to credit scoring"; of large tables, below 0.1 is read as stable, above 0.25 as shifted.
    """
    p, q = (before + 0.5) / (before + 0.5).sum(), (now + 0.5) / (now + 0.5).sum()
    return float(((q - p) * np.log(q / p)).sum())


def stability_by_chance(before: Floats, now: Floats) -> float:
    """About which population stability index two vectors of counts have that were drawn alike; NaN if one is empty.

    References
    ----------
    Yurdakul, Naranjo 2020, "Statistical properties of the population stability index", Journal of Risk Model Validation 14(4).
    """
    if not before.sum() or not now.sum():
        return np.nan
    return float((((before + now) > 0).sum() - 1) * (1 / before.sum() + 1 / now.sum()))


def _column(
    column: Mapping[str, Any], series: pl.Series, before: int
) -> tuple[dict[str, Any], list[_Test], list[_Test]]:
    name = column["name"]
    known = series.drop_nulls()
    was_missing, missing = float(column["missing_share"]), series.null_count()
    cells, now, unseen = _cells(column, known)
    psi = population_stability(cells, now)
    seldom = _rare_levels(cells, now)
    dense = _joined_rare(cells, now, seldom) if "levels" in column else _joined_neighbours(cells, now)
    p_value, test = _test_of_shares(*dense)
    tests = [_Test("DRIFT-01", name, p_value if psi >= SMALLEST_PSI else 1.0, f"{name} has shifted (PSI {psi:.2f}).")]
    share = missing / max(len(series), 1)
    said = f"{name} is missing for {percent(share)} of customers; in training it was {percent(was_missing)}."
    rare = []
    if was_missing > 0:
        absent = np.round([was_missing * before, (1 - was_missing) * before])
        tests.append(
            _Test("DRIFT-02", name, _test_of_shares(absent, np.array([missing, len(series) - missing]))[0], said)
        )
    else:
        rare.append(_Test("DRIFT-02", name, _never_before(missing, len(series), before), said))
    if "levels" in column:
        hardly = int(now[seldom].sum()) if unseen else 0
        odd = f"{name} has levels that training did not see, or hardly, for {percent(hardly / max(len(series), 1))} of customers."
        chance = _never_before(hardly, len(series), before, int(cells[seldom].sum()))
        rare.append(_Test("DRIFT-03", name, chance, odd))
    row = {
        "column": name, "psi": psi, "psi_by_chance": stability_by_chance(cells, now),
        "ks": _ks(column, cells, now) if "edges" in column else None, "p_value": p_value, "p_value_of": test,
        "missing_before": was_missing, "missing_now": share, "unseen": unseen / max(len(series), 1),
    }  # fmt: skip
    return row, tests, rare


def _cells(column: Mapping[str, Any], known: pl.Series) -> tuple[Floats, Floats, int]:
    """Count training and wave in the same cells; and who is in none that training named."""
    if "levels" in column:
        levels = [level for level in column["levels"] if level != KEPT_OTHER]
        counted = count_values(known.cast(pl.String))
        inside = [counted.get(level, 0) for level in levels]
        unseen = len(known) - sum(inside)
        before = [column["levels"][level] for level in levels]
        pooled = column["levels"].get(KEPT_OTHER, 0)
        return np.array([*before, pooled], dtype=float), np.array([*inside, unseen], dtype=float), unseen
    values = known.cast(pl.Float64).to_numpy()
    states = [float(state) for state in column["states"]]
    numbers = values[~np.isin(values, states)]
    edges = np.asarray(column["edges"], dtype=np.float64)
    bands = np.bincount(np.searchsorted(edges, numbers, "right"), minlength=len(edges) + 1)
    coded = [int((values == state).sum()) for state in states]
    before = [*column["counts"], *column["states"].values()]
    return np.array(before, dtype=float), np.array([*bands, *coded], dtype=float), 0


def _ks(column: Mapping[str, Any], before: Floats, now: Floats) -> float:
    """Kolmogorov-Smirnov distance at the training table's quantiles, coded states at their place among the numbers."""
    if not before.sum() or not now.sum():
        return 0.0
    edges = np.asarray(column["edges"], dtype=np.float64)
    states = np.searchsorted(edges, [float(state) for state in column["states"]], "right")
    # −1 stands before the numbers of the lowest cell, 999 behind those of the highest
    places = np.concatenate([2 * np.arange(len(edges) + 1) + 1, np.where(states == 0, 0, 2 * states + 2)])
    order = np.argsort(places, kind="stable")
    before, now = before[order], now[order]
    return float(np.abs(np.cumsum(before) / before.sum() - np.cumsum(now) / now.sum()).max())


def _test_of_shares(before: Floats, now: Floats) -> tuple[float, str | None]:
    """Test that shares are alike: chi-square, or exact for two cells of which one is sparse; the chance, and the test's name."""
    total = before + now
    used = total > 0
    if used.sum() < 2 or not before.sum() or not now.sum():
        return 1.0, None
    before, now, total = before[used], now[used], total[used]
    if total.size == 2 and total.min() * _smaller(before, now) / total.sum() < FEWEST_EXPECTED:
        return _exact(before, now), "Fisher's exact test of shares"
    statistic = 0.0
    for counts in (before, now):
        wanted = total * counts.sum() / total.sum()
        statistic += float(((counts - wanted) ** 2 / wanted).sum())
    return float(chdtrc(used.sum() - 1, statistic)), "chi-square of shares"


def _exact(before: Floats, now: Floats) -> float:
    """Fisher's exact test of two cells: the chance of all waves that are no likelier than this one."""
    smallest = int(np.argmin(before + now))
    inside, whole, wave = (before + now)[smallest], before.sum() + now.sum(), now.sum()
    k = np.arange(max(0.0, inside + wave - whole), min(inside, wave) + 1)
    ways = _log_ways(inside, k) + _log_ways(whole - inside, wave - k) - _log_ways(whole, wave)
    likely = np.exp(ways)
    seen = likely[np.searchsorted(k, now[smallest])]
    return float(min(likely[likely <= seen * (1 + _SAME_CHANCE)].sum(), 1.0))


def _log_ways(n: Any, k: Any) -> Any:
    """Logarithm of the number of ways to choose k of n."""
    return -betaln(n - k + 1, k + 1) - np.log(n + 1)


def _smaller(before: Floats, now: Floats) -> float:
    return float(min(before.sum(), now.sum()))


def _joined_neighbours(before: Floats, now: Floats) -> tuple[Floats, Floats]:
    """Join sparse cells of a number with their neighbours.

    The edges are quantiles of training, so that its counts are fixed and only those of the wave are chance: cells chosen
    by both would be those that came out low in the wave.
    """
    return _dense(before, now, before * _smaller(before, now) / max(before.sum(), 1))


def _joined_rare(before: Floats, now: Floats, seldom: Mask) -> tuple[Floats, Floats]:
    """Join the levels of `seldom`, and then the rarest, until no cell is sparse; both tables say which are rare."""
    before, now = (np.append(counts[seldom].sum(), counts[~seldom]) for counts in (before, now))
    order = np.argsort(before + now, kind="stable")
    before, now = before[order], now[order]
    total = before + now
    return _dense(before, now, total * _smaller(before, now) / max(total.sum(), 1))


def _dense(before: Floats, now: Floats, expected: Floats) -> tuple[Floats, Floats]:
    """Join the sparsest cell with the sparser of its neighbours, until all hold `FEWEST_EXPECTED` or two cells are left."""
    while expected.size > 2 and expected.min() < FEWEST_EXPECTED:
        place = int(expected.argmin())
        around = np.pad(expected, 1, constant_values=np.inf)[[place, place + 2]]
        first = place - int(around[0] <= around[1])
        starts = np.delete(np.arange(expected.size), first + 1)
        before, now, expected = (np.add.reduceat(counts, starts) for counts in (before, now, expected))
    return before, now


def _rare_levels(before: Floats, now: Floats) -> Mask:
    """Tell which levels were hardly seen in training; the last cell, what training pooled or did not see, always was.

    Which levels are rare is read from training and wave together. Training alone would choose those that happened to
    be rare in it, and they come back more often in any wave.
    """
    total = before + now
    rare: Mask = total * before.sum() / max(total.sum(), 1) < SURELY_SEEN
    rare[-1] = True
    return rare


def _never_before(count: int, customers: int, before: int, seen: int = 0) -> float:
    """Chance to meet as many of what training had hardly seen: the tail of a beta-binomial distribution.

    A uniform prior of the share and `seen` of `before` in training predict the wave (Laplace's rule of succession); the
    share itself is not taken as known, or a wave larger than training would always surprise.
    """
    if not count:
        return 1.0
    k = np.arange(count, customers + 1, dtype=np.float64)
    a, b = seen + 1, max(before - seen, 0) + 1
    return float(min(np.exp(_log_ways(customers, k) + betaln(k + a, customers - k + b) - betaln(a, b)).sum(), 1.0))


def _raised(tests: Sequence[_Test], level: float) -> list[Alarm]:
    """Let through what Holm's rule lets through."""
    alarms = []
    for place, test in enumerate(sorted(tests, key=lambda test: test.p_value)):
        if test.p_value > level / (len(tests) - place):
            break
        alarms.append(Alarm(test.code, test.column, test.sentence, ALARMS[test.code][1], test.p_value))
    return alarms


def _estimated(histogram: Mapping[str, Any] | None, propensity: Floats, rate: float) -> dict[str, Any]:
    found: dict[str, Any] = {
        "rate": float(propensity.mean()) if propensity.size else None,
        "rate_in_training": rate,
        "promised_in_training": None,
        "auc": expected_auc(propensity),
        "auc_in_training": None,
        "psi": None,
    }
    if histogram is not None:
        customers = np.asarray(histogram["customers"], dtype=np.float64)
        offset = float(histogram.get("offset", 0.0))
        promised = shifted(np.asarray(histogram["means"], dtype=np.float64), offset)
        found["promised_in_training"] = float(np.average(promised, weights=customers))
        found["auc_in_training"] = histogram["expected_auc"]
        # what an update moved has not drifted
        same = shifted(propensity, -offset)
        now = np.bincount(place_in(histogram, same), minlength=customers.size).astype(np.float64)
        found["psi"] = population_stability(*_tenths(customers, now))
    return found


def _tenths(before: Floats, now: Floats) -> tuple[Floats, Floats]:
    """Pool the cells of a fine histogram into about ten of equal size."""
    share = np.cumsum(before) / max(before.sum(), 1)
    group = np.minimum((np.r_[0.0, share[:-1]] * 10).astype(int), 9)
    was, is_now = (np.bincount(group, counts, minlength=10).astype(np.float64) for counts in (before, now))
    return was, is_now


def _estimated_alarms(estimated: Mapping[str, Any]) -> list[Alarm]:
    alarms = []
    if estimated["psi"] is not None and estimated["psi"] >= LARGE_PSI:
        alarms.append(_material("DRIFT-04", f"The propensities have shifted (PSI {estimated['psi']:.2f})."))
    before, now = estimated["auc_in_training"], estimated["auc"]
    if before is not None and now is not None and now < before - AUC_LOSS:
        alarms.append(_material("DRIFT-05", f"The ROC AUC is estimated at {now:.2f}; in training it was {before:.2f}."))
    return alarms


def _material(code: str, sentence: str) -> Alarm:
    return Alarm(code, "", sentence, ALARMS[code][1], 0.0)


def _realised(
    histogram: Mapping[str, Any] | None,
    rate: float,
    before: int,
    propensity: Floats,
    yes: Mask,
    groups: NDArray[np.int64],
) -> tuple[dict[str, Any], list[_Test]]:
    """Hold outcomes against promises, and both against how promises held in training."""
    together = design_effect(yes - propensity, groups)
    slope, slope_error = _slope(propensity, yes.astype(np.float64), np.full(yes.size, 1 / together))
    was, was_error = 1.0, 0.0  # as good as promised, where training does not say
    moved, moved_error = 0.0, math.sqrt(1 / max(before * rate * (1 - rate), 1e-9))
    if histogram is not None:
        customers = np.asarray(histogram["customers"], dtype=np.float64)
        happened = np.asarray(histogram["happened"], dtype=np.float64)
        used = customers > 0
        promises, rates = np.asarray(histogram["means"])[used], happened[used] / customers[used]
        weight = customers[used] / histogram["design_effect"]
        was, was_error = _slope(promises, rates, weight)
        moved, moved_error = _shift(promises, rates, weight)
    z_shift = _shift_z(propensity, yes, moved, moved_error, together)
    # A steeper slope leaves the order right: that is no reason to retrain.
    z_slope = (slope - was) / math.hypot(slope_error, was_error)
    observed, promised = float(yes.mean()), float(propensity.mean())
    direction = "More" if z_shift > 0 else "Fewer"
    tests = [
        _Test("DRIFT-06", "", _two_sided(z_shift), f"{direction} say yes than promised: {percent(observed)} against {percent(promised)}."),
        _Test("DRIFT-07", "", float(ndtr(z_slope)), f"What moves customers has changed: a step in promised log odds brings {slope:.2f} of what it {f'did ({was:.2f} in training)' if histogram is not None else 'promises'}."),
    ]  # fmt: skip
    found = {
        "customers": int(distinct(groups).size),
        "observed": observed,
        "promised": promised,
        "slope": slope,
        "slope_in_training": None if histogram is None else was,
        "auc": _auc(propensity, yes),
        "deciles": by_group(_deciles(propensity), propensity, yes, together),
        "design_effect": together,
    }
    return found, tests


def say_observed(realised: Mapping[str, Any]) -> str:
    """Say what came beside what was promised to the same customers."""
    return f"{percent(realised['observed'])} said yes, {percent(realised['promised'])} were promised."


def _two_sided(z: float) -> float:
    return float(2 * ndtr(-abs(z)))


def _shift_z(propensity: Floats, yes: Mask, moved: float, moved_error: float, together: float) -> float:
    """Score test that the log odds must move as far as in training, known only with its own standard error.

    A test at the fitted shift would lose all power where nobody says yes: its error grows faster than the shift
    (Hauck, Donner 1977, "Wald's test as applied to hypotheses in logit analysis", JASA 72(360)).
    """
    p = expit(log_odds(propensity, edge=_EDGE) + moved)
    spread = float((p * (1 - p)).sum())
    return float((yes - p).sum()) / math.sqrt(max(together * spread + (spread * moved_error) ** 2, 1e-9))


def _shift(propensity: Floats, rate: Floats, weight: Floats) -> tuple[float, float]:
    """How far the log odds must move to promise what happened, with its standard error."""
    odds, shift = log_odds(propensity, edge=_EDGE), 0.0
    for _ in range(30):
        p = expit(odds + shift)
        spread = float((weight * p * (1 - p)).sum())
        wanted = float((weight * (rate - p)).sum())
        step = float(np.clip(wanted / max(spread, 1e-9), -1, 1))
        shift += step
        if abs(step) < 1e-9:
            break
    return shift, 1 / math.sqrt(max(spread, 1e-9))


def _slope(propensity: Floats, rate: Floats, weight: Floats) -> tuple[float, float]:
    """Slope of what happened on promised log odds (Cox 1958), with its standard error if the model holds.

    Nothing can be said of it, and the error is infinite, where all are promised the same or all do the same.
    """
    odds = log_odds(propensity, edge=_EDGE)
    happened = float((weight * rate).sum() / weight.sum()) if odds.size else 0.0
    if not 0 < happened < 1 or np.ptp(odds) < _SAME_ODDS:
        return 1.0, math.inf
    slope, variance, _ = fitted_line(odds, rate, weight)
    return slope, math.sqrt(variance) if variance > 0 else math.inf


def _auc(propensity: Floats, yes: Mask) -> float | None:
    return float(roc_auc(yes, propensity)) if yes.any() and not yes.all() else None


def _deciles(propensity: Floats) -> list[str]:
    order = np.argsort(np.argsort(-propensity, kind="stable"), kind="stable")
    # tenths of fewer than ten would be single customers' answers
    parts = min(10, max(propensity.size // FEWEST_TOGETHER, 1))
    return [str(int(place)) for place in order * parts // max(propensity.size, 1) + 1]


def by_group(groups: Sequence[str], propensity: Floats, yes: Mask, together: float = 1.0) -> list[dict[str, Any]]:
    """Sum up promised and observed by group: customers, promised, observed, low, high (95 %, widened by a design effect).

    Groups of fewer than 10 are told together, see `pool_rare`.
    """
    named = pool_rare(pl.Series(list(groups), dtype=pl.String))
    frame = pl.DataFrame({"group": named, "promised": propensity, "yes": yes})
    rows = (
        frame.group_by("group", maintain_order=True)
        .agg(pl.len().alias("customers"), pl.col("promised").mean(), pl.col("yes").sum())
        .filter(pl.col("customers") >= FEWEST_TOGETHER)
    )
    low, high = wilson(rows["yes"] / together, rows["customers"] / together)
    told = rows.with_columns(
        observed=pl.col("yes") / pl.col("customers"), low=pl.Series(low), high=pl.Series(high)
    ).drop("yes")
    return sorted(told.to_dicts(), key=lambda row: (len(str(row["group"])), str(row["group"])))


def _advice(alarms: Sequence[Alarm]) -> Advice:
    """The strongest advice: retrain, before recalibrate, before look."""
    given = {alarm.advice for alarm in alarms}
    strongest: tuple[Advice, ...] = ("retrain", "recalibrate", "look")
    return next((advice for advice in strongest if advice in given), "none")
