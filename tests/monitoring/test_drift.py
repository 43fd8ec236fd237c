"""Few false alarms on still waves, each kind of drift found in one wave of 2,000, and the right advice."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest
from scipy.stats import ks_2samp

from segmint.contract.column import Column, State
from segmint.contract.contract import Contract, Outcome
from segmint.contract.ledger import Ledger
from segmint.contract.valid_table import ValidTable
from segmint.monitoring.drift import (
    _column,
    _deciles,
    _joined_neighbours,
    _joined_rare,
    _ks,
    _test_of_shares,
    by_group,
    drift_of,
    drift_of_shares,
    population_stability,
    stability_by_chance,
)
from segmint.monitoring.expected import expected_auc
from segmint.monitoring.reference import reference_of

NUMBERS = [f"n{i}" for i in range(6)]
LEVELS = [f"c{i}" for i in range(6)]
EFFECTS = np.array([0.9, -0.8, 0.4, -0.3, 0.2, 0.1])
JOBS = ("clerk", "nurse", "pilot", "smith", "baker")
COLUMNS = tuple(
    [
        Column(name=n, kind="number", role="characteristic", label=n, states=(State(value=-99.0, name="never"),))
        for n in NUMBERS
    ]
    + [Column(name=c, kind="category", role="characteristic", label=c) for c in LEVELS]
)
CONTRACT = Contract(
    name="still", columns=COLUMNS, outcome=Outcome(column="y", kind="response", levels=("no", "yes"), positive="yes")
)


def customers(random, n, shift=0.0, effects=EFFECTS, factor=1.0, step=0.0, base=-2.2):
    """Typed customers, what a good model says of them, and what they did."""
    x = random.normal(size=(n, 6))
    x[:, 2:4] += shift
    truth = 1 / (1 + np.exp(-(base + step + x @ effects)))
    said = 1 / (1 + np.exp(-(base + 0.05 + 0.95 * x @ EFFECTS)))
    yes = random.random(n) < np.clip(factor * truth, 0, 1)
    frame = {name: x[:, place] for place, name in enumerate(NUMBERS)}
    frame["n5"] = np.where(random.random(n) < 0.3, -99.0, x[:, 5])
    for place, name in enumerate(LEVELS):
        weights = np.arange(1, 6) ** (0.5 + 0.2 * place)
        frame[name] = random.choice(JOBS, n, p=weights / weights.sum())
    table = pl.DataFrame(frame)
    table = table.with_columns(c5=pl.when(pl.Series(random.random(n) < 0.1)).then(None).otherwise(pl.col("c5")))
    return table, said, yes


def training(random, n=12_000, base=-2.2):
    frame, said, yes = customers(random, n, base=base)
    outcome = np.where(yes, "yes", "no")
    table = ValidTable(
        frame.with_columns(y=pl.Series(outcome)), frame, np.arange(n), pl.Series([""] * n), CONTRACT, "planning",
        Ledger(read=n, accepted=n),
    )  # fmt: skip
    return reference_of(table, ("no", "yes"), (outcome, np.column_stack([1 - said, said])))


def alarms(seed, reference=None, n=2_000, outcomes=True, **changes):
    random = np.random.default_rng(seed)
    reference = training(random) if reference is None else reference
    frame, said, yes = customers(random, n, **changes)
    known = (np.arange(n), yes) if outcomes else None
    return drift_of(reference, frame, said, positive="yes", said_yes=known, groups=None)


def false_alarms(seeds):
    """Share of still waves with any alarm; every ten waves a new training table."""
    raised, reference = 0, None
    for seed in seeds:
        if seed % 10 == 0:
            reference = training(np.random.default_rng([seed, 1]))
        raised += bool(alarms(seed, reference).alarms)
    return raised / len(seeds)


SHIFT = 0.5  # of two normal columns: PSI of 0.25


FLIPPED = EFFECTS * np.array([-1, -1, 1, 1, 1, 1])
KINDS = {
    "base rate": ({"factor": 1.5}, {"DRIFT-06"}, "recalibrate"),
    "base rate, all odds alike": ({"step": 0.57}, {"DRIFT-06"}, "recalibrate"),  # the rate times 1.5
    "inputs": ({"shift": SHIFT}, {"DRIFT-01"}, "retrain"),
    "effects": ({"effects": FLIPPED}, {"DRIFT-07"}, "retrain"),
}


def found(kind, seeds):
    """Shares of seeds in which the drift is found in one wave, and with the right advice."""
    changes, codes, advice = KINDS[kind]
    hits, right = 0, 0
    for seed in seeds:
        drift = alarms(seed, **changes)
        hits += bool({alarm.code for alarm in drift.alarms} & codes)
        right += drift.advice == advice
    return hits / len(seeds), right / len(seeds)


def test_still_waves_are_quiet():
    assert false_alarms(range(60)) <= 0.15


@pytest.mark.parametrize("kind", KINDS)
def test_each_drift_is_found_in_one_wave_with_the_right_advice(kind):
    hits, right = found(kind, range(10))
    assert hits == 1
    assert right >= 0.8


@pytest.mark.parametrize(("everyone", "word"), [(False, "Fewer"), (True, "More")])
@pytest.mark.parametrize("share_known", [0.1, 1.0])
def test_a_wave_where_nobody_or_everybody_says_yes_is_an_alarm(everyone, word, share_known):
    random = np.random.default_rng(11)
    reference = training(random)
    frame, said, _ = customers(random, 2_000)
    known = np.arange(int(2_000 * share_known))
    drift = drift_of(
        reference, frame, said, positive="yes", said_yes=(known, np.full(known.size, everyone)), groups=None
    )
    assert [(alarm.code, alarm.advice) for alarm in drift.alarms] == [("DRIFT-06", "look")]
    assert drift.advice == "look"  # no update takes answers of one kind
    assert drift.alarms[0].sentence.startswith(word)


def test_what_changed_as_exports_do_is_named_to_be_looked_at_first():
    reference = training(np.random.default_rng(3))
    frame, said, _ = customers(np.random.default_rng(4), 2_000, shift=SHIFT)
    assert drift_of(reference, frame, said, positive="yes", groups=None).look_first == ()
    cents = frame.with_columns(
        n0=pl.col("n0") * 100, c1=pl.when(pl.int_range(pl.len()) < 600).then(None).otherwise("c1")
    )
    drift = drift_of(reference, cents, said, positive="yes", groups=None)
    assert drift.advice == "retrain"
    assert set(drift.look_first) == {"n0", "c1"}
    assert drift.to_json()["look_first"] == list(drift.look_first)


def test_a_bundle_that_names_segments_watches_columns_and_how_many_are_expected_in_each():
    reference, classes = training(np.random.default_rng(3)), ("no", "yes")
    frame, said, _ = customers(np.random.default_rng(4), 2_000)
    still = drift_of_shares(reference, frame, np.column_stack([1 - said, said]), classes)
    assert (still.alarms, still.advice, still.realised) == ((), "none", None)
    assert [told["share"] for told in still.estimated["shares"]] == pytest.approx([1 - said.mean(), said.mean()])
    assert "DRIFT-07 need a response" in still.untold
    moved, said, _ = customers(np.random.default_rng(4), 2_000, shift=3.0)
    likely = np.column_stack([1 - said**0.3, said**0.3])
    drift = drift_of_shares(reference, moved, likely, classes)
    assert {alarm.code for alarm in drift.alarms} == {"DRIFT-01", "DRIFT-04"}
    assert any("The probabilities of 'yes' have shifted" in alarm.sentence for alarm in drift.alarms)
    json.dumps(drift.to_json(), allow_nan=False)
    twice = np.repeat(np.arange(2_000), 2)
    again = drift_of_shares(reference, moved[twice], likely[twice], classes, groups=twice)
    assert again.estimated == drift.estimated
    unknown = drift_of_shares(reference | {"propensities": None}, moved, likely, classes)
    assert "DRIFT-04 cannot be told" in unknown.untold
    assert {alarm.code for alarm in unknown.alarms} == {"DRIFT-01"}


def test_what_a_bundle_without_a_comparison_cannot_tell_is_said_and_nothing_assumed():
    reference = training(np.random.default_rng(3)) | {"propensities": None}
    frame, said, yes = customers(np.random.default_rng(4), 2_000)
    drift = drift_of(reference, frame, said, positive="yes", said_yes=(np.arange(2_000), yes), groups=None)
    assert drift.untold.startswith("DRIFT-04 and DRIFT-05 cannot be told for this bundle")
    assert drift.realised["slope_in_training"] is None
    assert drift_of(training(np.random.default_rng(3)), frame, said, positive="yes", groups=None).untold == ""


def test_customers_who_are_all_promised_the_same_have_no_slope():
    reference = training(np.random.default_rng(11))
    frame, _, _ = customers(np.random.default_rng(12), 100_000)
    yes = np.random.default_rng(13).random(100_000) < 0.15
    same = np.full(100_000, 0.15)
    drift = drift_of(reference, frame, same, positive="yes", said_yes=(np.arange(100_000), yes), groups=None)
    assert drift.realised["slope"] == 1.0
    assert not {"DRIFT-07"} & {alarm.code for alarm in drift.alarms}


def test_rates_below_one_percent_are_held_against_what_was_promised():
    """All of training lies in the first bins of the histogram, whose middles are nobody's propensity."""
    random = np.random.default_rng(21)
    reference = training(random, n=60_000, base=-7.0)
    frame, said, yes = customers(random, 60_000, base=-7.0)
    assert yes.mean() < 0.005
    drift = drift_of(reference, frame, said, positive="yes", said_yes=(np.arange(yes.size), yes), groups=None)
    assert drift.alarms == ()
    assert drift.realised["slope_in_training"] == pytest.approx(1.0, abs=0.15)
    assert drift.estimated["auc_in_training"] == pytest.approx(drift.estimated["auc"], abs=0.05)


def test_propensities_that_an_update_moved_have_not_drifted():
    reference = training(np.random.default_rng(31))
    frame, said, _ = customers(np.random.default_rng(32), 5_000)
    moved = 1 / (1 + np.exp(-(np.log(said / (1 - said)) + 1.2)))
    assert drift_of(reference, frame, moved, positive="yes", groups=None).estimated["psi"] > 0.2
    reference["propensities"]["yes"]["offset"] = 1.2
    assert drift_of(reference, frame, moved, positive="yes", groups=None).estimated["psi"] < 0.05


@pytest.mark.parametrize("base", [-2.2, -8.0])
def test_propensities_that_doubled_have_shifted_however_rare_the_response(base):
    random = np.random.default_rng(41)
    reference = training(random, n=20_000, base=base)
    frame, said, _ = customers(random, 20_000, base=base)
    double = 1 / (1 + np.exp(-(base + 0.95 * frame.select(NUMBERS[:5]).to_numpy() @ EFFECTS[:5] + 0.8)))
    assert said.mean() < double.mean()
    assert drift_of(reference, frame, double, positive="yes", groups=None).estimated["psi"] > 0.2


def test_a_code_of_seven_digits_is_as_in_training():
    states = (State(value=9999999.0, name="unknown"),)
    column = Column(name="n0", kind="number", role="characteristic", label="n0", states=states)
    contract = CONTRACT.model_copy(update={"columns": (column,)})
    amounts = np.where(np.arange(2_000) % 3 == 0, 9999999.0, np.arange(2_000))
    frame = pl.DataFrame({"n0": amounts})
    outcome = np.where(np.arange(2_000) % 8 == 0, "yes", "no")
    table = ValidTable(
        frame.with_columns(y=pl.Series(outcome)), frame, np.arange(2_000), pl.Series([""] * 2_000), contract, "planning",
        Ledger(read=2_000, accepted=2_000),
    )  # fmt: skip
    reference = reference_of(table, ("no", "yes"), None)
    assert not drift_of(reference, frame, np.full(2_000, 0.1), positive="yes", groups=None).alarms


WITH_ID = CONTRACT.model_copy(
    update={"columns": (Column(name="id", kind="text", role="id", label="customer"), *COLUMNS)}
)


def several_rows(seed, each, *, of_outcome=False, apart=1_000):
    """A still wave of `apart` customers with `each` rows, which say the same; `of_outcome`: the answer is the same too."""
    random = np.random.default_rng(seed)

    def drawn():
        frame, said, yes = customers(random, apart)
        again = np.repeat(np.arange(apart), each)
        answers = yes[again] if of_outcome else random.random(again.size) < said[again]
        return frame[again], said[again], answers, again

    frame, said, yes, who = drawn()
    outcome = np.where(yes, "yes", "no")
    table = ValidTable(
        frame.with_columns(id=pl.Series(who).cast(pl.String), y=pl.Series(outcome)), frame, np.arange(who.size),
        pl.Series([""] * who.size), WITH_ID, "planning", Ledger(read=who.size, accepted=who.size),
    )  # fmt: skip
    reference = reference_of(table, ("no", "yes"), (outcome, np.column_stack([1 - said, said])), who)
    frame, said, yes, who = drawn()
    known = (np.arange(who.size), yes)
    return reference, drift_of(reference, frame, said, positive="yes", said_yes=known, groups=who)


@pytest.mark.parametrize("of_outcome", [False, True])
def test_still_waves_with_several_rows_per_customer_are_quiet(of_outcome):
    raised = [bool(several_rows(seed, 3, of_outcome=of_outcome)[1].alarms) for seed in range(40)]
    assert np.mean(raised) <= 0.15


def test_customers_and_not_rows_are_counted():
    reference, drift = several_rows(1, 3, of_outcome=True)
    assert reference["rows"] == 1_000
    assert sum(reference["columns"][6]["levels"].values()) == 1_000
    assert reference["propensities"]["yes"]["design_effect"] == pytest.approx(3)
    assert drift.realised["design_effect"] == pytest.approx(3)
    assert drift.realised["customers"] == 1_000
    alone, _ = several_rows(1, 1)
    assert alone["propensities"]["yes"]["design_effect"] == 1.0


def test_a_shift_is_found_among_customers_with_several_rows():
    reference, _ = several_rows(1, 3)
    frame, said, _ = customers(np.random.default_rng(2), 2_000, shift=SHIFT)
    again = np.repeat(np.arange(2_000), 2)
    drift = drift_of(reference, frame[again], said[again], positive="yes", groups=again)
    assert [alarm.column for alarm in drift.alarms if alarm.code == "DRIFT-01"] == ["n2", "n3"]


def chances(code, draw, before, now, seeds):
    """P-values of one column of still waves; `draw` makes its values."""
    column = Column(name="x", kind="number", role="characteristic", label="x")
    contract = CONTRACT.model_copy(update={"columns": (column,)})
    found = []
    for seed in range(seeds):
        random = np.random.default_rng([seed, before, now])
        frame, wave = (pl.DataFrame({"x": draw(random, n)}).fill_nan(None) for n in (before, now))
        table = ValidTable(
            frame.with_columns(y=pl.lit("no")), frame, np.arange(before), pl.Series([""] * before), contract, "planning",
            Ledger(read=before, accepted=before),
        )  # fmt: skip
        _, tests, rare = _column(reference_of(table, ("no", "yes"), None)["columns"][0], wave["x"], before)
        found += [test.p_value for test in tests + rare if test.code == code]
    return np.array(found)


def seldom_missing(random, n):
    return np.where(random.random(n) < 1 / 3_000, np.nan, random.normal(size=n))


@pytest.mark.parametrize("now", [100, 102])
def test_cells_of_the_smallest_wave_are_not_joined_because_they_came_out_low(now):
    """Twenty quantiles of training, of which a wave of 100 holds five customers each."""
    found = chances("DRIFT-01", lambda random, n: random.normal(size=n), 3_000, now, 400)
    assert (found < 0.05).mean() <= 0.09
    assert (found < 0.005).mean() <= 0.015


def test_a_column_that_was_seldom_missing_may_be_missing_once_in_a_small_wave():
    found = chances("DRIFT-02", seldom_missing, 3_000, 100, 300)
    assert (found < 0.005).mean() <= 0.01
    assert _test_of_shares(np.array([1.0, 2_999.0]), np.array([5.0, 95.0]))[0] < 1e-5
    assert _test_of_shares(np.array([1.0, 2_999.0]), np.array([5.0, 95.0]))[1] == "Fisher's exact test of shares"
    assert _test_of_shares(np.array([3_000.0]), np.array([100.0])) == (1.0, None)


def test_two_sparse_cells_are_held_together_by_the_exact_test():
    from scipy.stats import fisher_exact

    for was, now in (([1, 2_999], [1, 99]), ([3, 997], [0, 5_000]), ([40, 60], [1, 3]), ([2, 0], [0, 3])):
        wanted = fisher_exact([was, now]).pvalue
        assert _test_of_shares(np.array(was, float), np.array(now, float))[0] == pytest.approx(wanted)


def test_sparse_cells_join_until_none_is_sparse_and_two_are_left():
    before, now = np.array([50.0, 2, 1, 47, 0]), np.array([50.0, 3, 0, 47, 4])
    joined = _joined_neighbours(before, now)
    assert [counts.tolist() for counts in joined] == [[50, 50], [50, 54]]
    before, now = np.array([500.0, 400, 20, 0]), np.array([50.0, 46, 0, 4])
    joined = _joined_rare(before, now, np.array([False, False, False, True]))
    assert [counts.tolist() for counts in joined] == [[420, 500], [50, 50]]
    assert [counts.tolist() for counts in _joined_neighbours(np.array([96.0, 4]), np.array([9.0, 1]))] == [
        [96, 4],
        [9, 1],
    ]


TAILS = [f"t{i}" for i in range(4)]


def long_tails(random, n, more=0.0):
    """Columns of 60 levels, most of them rare; `more` of the customers have a level of their own."""
    share = np.arange(1, 61) ** -1.5
    frame = {name: random.choice(60, n, p=share / share.sum()).astype(str) for name in TAILS}
    frame["t0"] = np.where(random.random(n) < more, "another", frame["t0"])
    return pl.DataFrame(frame)


def tails_reference(random, n):
    columns = tuple(Column(name=name, kind="category", role="characteristic", label=name) for name in TAILS)
    contract = CONTRACT.model_copy(update={"columns": columns})
    outcome = np.where(np.arange(n) % 8 == 0, "yes", "no")
    frame = long_tails(random, n)
    table = ValidTable(
        frame.with_columns(y=pl.Series(outcome)), frame, np.arange(n), pl.Series([""] * n), contract, "planning",
        Ledger(read=n, accepted=n),
    )  # fmt: skip
    return reference_of(table, ("no", "yes"), None)


def false_alarms_of_long_tails(seeds, before, now):
    raised = 0
    for seed in seeds:
        random = np.random.default_rng([seed, before, now])
        reference = tails_reference(random, before)
        raised += bool(
            drift_of(reference, long_tails(random, now), np.full(now, 0.1), positive="yes", groups=None).alarms
        )
    return raised / len(seeds)


def test_a_still_wave_larger_than_training_is_quiet_with_long_tails_too():
    assert false_alarms_of_long_tails(range(25), 2_000, 10_000) <= 0.2


@pytest.mark.parametrize(("before", "now"), [(12_000, 2_000), (4_000, 20_000)])
def test_a_new_level_is_found_beside_long_tails(before, now):
    random = np.random.default_rng(1)
    drift = drift_of(
        tails_reference(random, before), long_tails(random, now, 0.03), np.full(now, 0.1), positive="yes", groups=None
    )
    assert ("DRIFT-03", "t0") in {(alarm.code, alarm.column) for alarm in drift.alarms}


@pytest.mark.slow
@pytest.mark.parametrize(("before", "now"), [(4_000, 20_000), (4_000, 4_000), (20_000, 2_000)])
def test_false_alarms_stay_near_five_percent_of_400_still_waves_with_long_tails(before, now):
    assert 0.02 <= false_alarms_of_long_tails(range(400), before, now) <= 0.08


@pytest.mark.slow
def test_false_alarms_stay_at_five_percent_of_500_still_waves():
    assert 0.03 <= false_alarms(range(500)) <= 0.07


@pytest.mark.slow
@pytest.mark.parametrize("of_outcome", [False, True])
def test_false_alarms_stay_near_five_percent_where_customers_have_three_rows(of_outcome):
    raised = [bool(several_rows(seed, 3, of_outcome=of_outcome)[1].alarms) for seed in range(200)]
    assert 0.01 <= np.mean(raised) <= 0.09


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_each_drift_is_found_in_95_percent_of_200_seeds(kind):
    hits, right = found(kind, range(200))
    assert hits >= 0.95
    assert right >= 0.9


def test_the_distance_of_distributions_has_coded_states_at_their_place():
    """Of all values, −1 and 999 as the numbers they are: what scipy finds at the same cuts."""
    draw = np.random.default_rng(2)
    first, second = ({n: draw.integers(0, 40, 4_000).astype(float)} for n in ("days", "days"))
    for frame, low, high in ((first, 0.5, 0.05), (second, 0.4, 0.15)):
        coded = draw.random(4_000)
        frame["days"][coded < low] = -1.0
        frame["days"][coded > 1 - high] = 999.0
    edges = np.arange(2.0, 40.0, 2.0)

    def counted(values):
        numbers = values[~np.isin(values, (-1.0, 999.0))]
        cells = np.bincount(np.searchsorted(edges, numbers, "right"), minlength=len(edges) + 1)
        return np.array([*cells, (values == -1).sum(), (values == 999).sum()], dtype=float)

    column = {"edges": edges.tolist(), "states": {"-1.0": 0, "999.0": 0}}
    found = _ks(column, counted(first["days"]), counted(second["days"]))
    assert found == pytest.approx(ks_2samp(first["days"], second["days"]).statistic, abs=0.01)
    assert found > 0.08


def test_shifted_columns_are_named_and_no_others():
    drift = alarms(5, shift=SHIFT)
    named = [alarm.column for alarm in drift.alarms if alarm.code == "DRIFT-01"]
    assert sorted(named) == ["n2", "n3"]
    psi = dict(drift.frame().select("column", "psi").iter_rows())
    assert 0.15 < psi["n2"] < 0.35
    assert psi["n0"] < 0.05
    ks = dict(drift.frame().select("column", "ks").iter_rows())
    assert ks["n2"] == pytest.approx(0.197, abs=0.04)  # of two normal distributions half a deviation apart
    assert ks["c0"] is None
    assert {row["p_value_of"] for row in drift.to_json()["columns"]} == {"chi-square of shares"}


def test_missing_values_and_unseen_levels_are_alarms_of_their_own():
    random = np.random.default_rng(3)
    reference = training(random)
    frame, said, _ = customers(random, 2_000)
    frame = frame.with_columns(
        n0=pl.when(pl.int_range(pl.len()) < 60).then(None).otherwise(pl.col("n0")),
        c1=pl.when(pl.int_range(pl.len()) < 60).then(pl.lit("astronaut")).otherwise(pl.col("c1")),
    )
    drift = drift_of(reference, frame, said, positive="yes", groups=None)
    codes = {(alarm.code, alarm.column) for alarm in drift.alarms}
    assert ("DRIFT-02", "n0") in codes
    assert ("DRIFT-03", "c1") in codes
    assert "astronaut" not in json.dumps(drift.to_json())


def test_performance_is_estimated_without_outcomes():
    drift = alarms(4, outcomes=False)
    random = np.random.default_rng(4)
    training(random)
    _, said, yes = customers(random, 2_000)
    from segmint.metrics.ranking import roc_auc

    assert drift.realised is None
    assert drift.estimated["auc"] == pytest.approx(roc_auc(yes, said), abs=0.03)
    assert drift.estimated["rate"] == pytest.approx(yes.mean(), abs=0.02)


def test_a_ranking_that_tells_nobody_apart_is_said_where_columns_have_shifted():
    reference = training(np.random.default_rng(1))
    frame, said, _ = customers(np.random.default_rng(2), 2_000, shift=SHIFT)
    drift = drift_of(reference, frame, np.full(2_000, said.mean()), positive="yes", groups=None)
    assert {"DRIFT-01", "DRIFT-04", "DRIFT-05"} <= {alarm.code for alarm in drift.alarms}
    still, _, _ = customers(np.random.default_rng(2), 2_000)
    assert not drift_of(reference, still, np.full(2_000, said.mean()), positive="yes", groups=None).alarms
    assert drift.estimated["auc"] == pytest.approx(0.5)


def test_expected_auc_is_that_of_outcomes_drawn_from_the_propensities():
    p = np.array([0.1, 0.4, 0.4, 0.9])
    pairs = [(i, j, p[i] * (1 - p[j])) for i in range(4) for j in range(4)]
    won = sum(w * (1.0 if p[i] > p[j] else 0.5 if p[i] == p[j] else 0.0) for i, j, w in pairs)
    assert expected_auc(p) == pytest.approx(won / sum(w for *_, w in pairs))
    assert expected_auc(np.zeros(3)) is None


def test_psi_of_equal_shares_is_nothing():
    assert population_stability(np.array([100.0, 300.0]), np.array([100.0, 300.0])) == 0
    assert population_stability(np.array([500.0, 500.0]), np.array([900.0, 100.0])) > 0.5


def test_what_chance_alone_brings_is_about_the_mean_index_of_waves_like_training():
    draw = np.random.default_rng(3)
    for customers in (100, 300, 1_000):
        pairs = [
            (draw.multinomial(4_000, [0.05] * 20).astype(float), draw.multinomial(customers, [0.05] * 20).astype(float))
            for _ in range(200)
        ]
        mean = np.mean([population_stability(*pair) for pair in pairs])
        assert mean == pytest.approx(stability_by_chance(*pairs[0]), rel=0.1)
    assert np.isnan(stability_by_chance(np.array([1.0, 2.0]), np.zeros(2)))


def test_no_tenth_and_no_segment_is_of_fewer_than_ten():
    chance = np.random.default_rng(1).random(44)
    rows = by_group(_deciles(chance), chance, chance > 0.5)
    assert [row["customers"] for row in rows] == [11, 11, 11, 11]
    rows = by_group(["A"] * 3 + ["B"] * 20 + ["C"] * 21, chance, chance > 0.5)
    assert {row["group"]: row["customers"] for row in rows} == {"C": 21, "other levels": 23}
    assert by_group(["A"] * 9, chance[:9], chance[:9] > 0.5) == []


def test_deciles_add_up_and_promise_less_down_the_ranking():
    rows = alarms(8).realised["deciles"]
    assert [row["group"] for row in rows] == [str(i) for i in range(1, 11)]
    assert sum(row["customers"] for row in rows) == 2_000
    promised = [row["promised"] for row in rows]
    assert promised == sorted(promised, reverse=True)
