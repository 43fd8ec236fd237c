"""A replay of waves: nothing from the future, money counted right, work taken up where it stopped."""

import numpy as np
import polars as pl
import pytest

from segmint.errors import DataError
from segmint.evaluation.backtest import backtest
from segmint.evaluation.backtest_scores import Replayed, block_of, draws_of, totals, wave_figures
from segmint.evaluation.backtest_words import conclude_backtest, say_proxies, will_it_hold
from segmint.evaluation.strategies import AtRandom, BestSoFar, Everyone, Learner, Rule
from segmint.splits.waves import make_waves

from .tables import RESPONSE, ByAge, segments, valid

COST, VALUE = 1.0, 5.0


def history(n=4_000, seed=3, growth=4.0):
    """Calls in time: age decides, and the response rate grows along the way."""
    random = np.random.default_rng(seed)
    age = random.integers(18, 80, n).astype(float)
    logit = -4 + (age - 49) / 15 + growth * np.arange(n) / n
    yes = random.random(n) < 1 / (1 + np.exp(-logit))
    frame = pl.DataFrame({"age": age, "job": ["clerk"] * n, "pdays": np.full(n, -1.0), "y": np.where(yes, "yes", "no")})
    return valid(frame, RESPONSE)


def decide(rows, propensity):
    return propensity * VALUE > COST


def settle(rows, called, said_yes):
    return called * (VALUE * said_yes - COST)


def learner(name="dense_network", **settings):
    settings = {"window": 1_000, "recalibrate": 400} | settings
    return Learner(name=name, label=name.replace("_", " "), make=lambda: ByAge(8.0), **settings)


def strategies():
    return [
        learner(),
        learner("static", every=None, recalibrate=0),
        learner("short", window=300, hidden=True),
        BestSoFar("chosen", "best so far", ("dense_network", "short"), last=500),
        Everyone(),
        Rule(lambda frame: frame["age"] >= 60, "age >= 60"),
        AtRandom("dense_network"),
    ]


WAVES = make_waves(np.arange(4_000), start=1_500, step=500, delay=100)


def play(table, waves=WAVES, chosen=None, **more):
    settings = {"decide": decide, "settle": settle, "seed": 1, "repeats": 200} | more
    return backtest(table, waves, chosen or strategies(), **settings)


@pytest.fixture(scope="module")
def played():
    table = history()
    return table, play(table)


def figure(found, strategy, metric, column="value"):
    return found.frame().filter((pl.col("strategy") == strategy) & (pl.col("metric") == metric))[column].item()


def test_a_poisoned_future_changes_no_decision_before_it(played):
    table, clean = played
    for place in (0, 2, 4):
        wave = WAVES[place]
        changed = table.outcome.copy()
        unknown = np.setdiff1d(np.arange(4_000), wave.known)
        changed[unknown] = np.where(changed[unknown] == "yes", "no", "yes")
        later = np.arange(4_000) > wave.rows[-1]
        frame = table.frame.with_columns(
            y=pl.Series(changed), age=pl.when(pl.Series(later)).then(99.0).otherwise(pl.col("age"))
        )
        poisoned = play(valid(frame, RESPONSE))
        told = [
            found.calls.filter(pl.col("wave") <= wave.number).select(
                "strategy", "record", "propensity", "raw", "called"
            )
            for found in (clean, poisoned)
        ]
        assert told[0].equals(told[1])
        if place < 4:
            assert not clean.calls["called"].equals(poisoned.calls["called"])


def test_money_is_what_the_called_brought(played):
    table, found = played
    yes = dict(zip(table.records.tolist(), table.outcome == "yes", strict=True))
    for name in found.strategies:
        calls = found.calls.filter(pl.col("strategy") == name)
        money = sum(
            called * (VALUE * yes[record] - COST) for record, called in calls.select("record", "called").iter_rows()
        )
        assert figure(found, name, "profit") == pytest.approx(money)
        assert figure(found, name, "profit_per_1000") == pytest.approx(money / 2.5)
        assert figure(found, name, "called") == pytest.approx(calls["called"].sum())
        waves = found.waves.filter(pl.col("strategy") == name)
        assert waves["profit"].sum() == pytest.approx(money)
        assert waves["profit_so_far"][-1] == pytest.approx(money)
    assert figure(found, "everyone", "called") == 2_500


def test_recalibration_follows_a_growing_response_rate(played):
    _, found = played
    assert abs(figure(found, "dense_network", "calibration_gap")) < 0.04
    assert figure(found, "static", "calibration_gap") < -0.08
    gap = found.frame().filter((pl.col("strategy") == "static") & (pl.col("metric") == "profit"))
    assert gap["difference_high"].item() < 0


def test_recalibration_keeps_the_order_of_customers_within_a_wave(played):
    _, found = played
    mine = found.calls.filter(pl.col("strategy") == "dense_network")
    for _, wave in mine.group_by("wave"):
        ordered = wave.sort("raw")
        assert ordered["propensity"].diff().drop_nulls().min() >= -1e-12


def test_random_calls_as_many_but_brings_less(played):
    _, found = played
    ours, random = (found.waves.filter(pl.col("strategy") == name)["called"] for name in ("dense_network", "random"))
    assert random.to_list() == pytest.approx(ours.to_list())
    assert figure(found, "random", "profit") < figure(found, "dense_network", "profit")


def test_calling_at_random_brings_what_a_draw_brings_on_average(played):
    """Everyone has the same chance in a wave: so many per cent of what calling everyone brings, and no luck of one draw."""
    _, found = played
    random, everyone, ours = (
        found.waves.filter(pl.col("strategy") == name) for name in ("random", "everyone", "dense_network")
    )
    share = ours["called"] / everyone["called"]
    for name in ("profit", "successes"):
        assert random[name].to_list() == pytest.approx((everyone[name] * share).to_list())
    assert found.calls.filter(pl.col("strategy") == "random").group_by("wave").agg(pl.col("called").n_unique())[
        "called"
    ].to_list() == [1] * len(WAVES)


def test_calling_at_random_stands_once_where_it_is_calling_everyone():
    table = history(2_500)
    waves = make_waves(np.arange(2_500), start=1_500, step=500)
    all_of_them = Rule(lambda frame: frame["age"] > 0, "all", name="dense_network")
    assert list(play(table, waves, [all_of_them, AtRandom("dense_network"), Everyone()]).strategies) == [
        "dense_network",
        "everyone",
    ]


def test_strategies_without_an_order_have_no_best_cut_and_none_is_missed_by_the_noise_of_adding_up(played):
    _, found = played
    named = found.waves.filter(pl.col("strategy").is_in(["everyone", "rule", "random"]))
    assert named["best_cut"].null_count() == named["regret"].null_count() == named.height
    learned = found.waves.filter(pl.col("strategy").is_in(["dense_network", "static", "chosen"]))["regret"]
    assert learned.filter((learned != 0) & (learned.abs() < 1e-9)).is_empty()
    yes, odds = np.arange(600) % 7 == 0, np.linspace(0.9, 0.1, 600)
    money = np.where(yes, 0.7, -0.1)
    mine = Replayed(odds, odds, np.ones(600), money)
    keys = np.arange(600).astype(np.uint64)[::-1]
    told = wave_figures({"all": mine}, np.ones(600, dtype=int), yes, money, records=np.arange(600), keys=keys)
    assert told["regret"].item() == 0 or told["regret"].item() > 1e-6


def test_nobody_earns_more_than_the_best_cut_of_the_same_order(played):
    _, found = played
    learned = found.waves.filter(pl.col("strategy").is_in(["dense_network", "static", "chosen"]))
    assert learned["regret"].min() >= -1e-9
    assert figure(found, "dense_network", "regret") == pytest.approx(
        learned.filter(pl.col("strategy") == "dense_network")["regret"].sum()
    )


def test_hidden_candidates_are_not_reported_but_may_be_chosen(played):
    _, found = played
    assert "short" not in found.strategies
    assert set(found.calls["strategy"]) == set(found.strategies)


def test_strategies_without_propensities_have_no_ranking_figures(played):
    _, found = played
    metrics = set(found.frame().filter(pl.col("strategy") == "rule")["metric"])
    assert metrics == {"profit", "profit_per_1000", "called", "successes_per_call"}


def test_differences_are_paired_and_ours_differs_from_itself_by_nothing(played):
    _, found = played
    mine = found.frame().filter((pl.col("strategy") == "dense_network") & (pl.col("metric") != "regret"))
    assert (mine["difference"] == 0).all()
    assert (mine["difference_low"] == 0).all()
    rows = found.frame().filter(pl.col("metric") != "regret")
    assert (rows["low"] <= rows["value"]).mean() > 0.95


def test_a_replay_taken_up_again_says_the_same_and_learns_only_what_is_missing():
    table, kept, fitted = history(), {}, []

    class Counted(ByAge):
        def fit(self, X, y, *, inner=None):
            fitted.append(1)
            return super().fit(X, y)

    class StopError(Exception):
        pass

    def remember(key, compute, stop_after=None):
        if repr(key) not in kept:
            if stop_after is not None and len(kept) >= stop_after:
                raise StopError
            kept[repr(key)] = compute()
        return kept[repr(key)]

    chosen = [
        Learner("dense_network", "ours", Counted, window=1_000, every=2, recalibrate=400),
        Learner("static", "static", Counted, window=1_000, every=None, recalibrate=0),
    ]
    straight = play(table, chosen=chosen)
    assert len(fitted) == 3 + 1
    fitted.clear()
    with pytest.raises(StopError):
        play(table, chosen=chosen, remember=lambda key, compute: remember(key, compute, stop_after=7))
    again = play(table, chosen=chosen, remember=remember)
    assert again.calls.equals(straight.calls)
    assert len(kept) == 10
    fitted.clear()
    assert play(table, chosen=chosen, remember=remember).calls.equals(straight.calls)
    assert not fitted


def test_a_model_is_learned_anew_as_often_as_asked():
    fitted = []

    class Counted(ByAge):
        def fit(self, X, y, *, inner=None):
            fitted.append(len(X))
            return super().fit(X, y)

    for every, fits in ((1, 5), (2, 3), (None, 1)):
        fitted.clear()
        play(history(), chosen=[Learner("dense_network", "ours", Counted, window=1_000, every=every)])
        assert len(fitted) == fits


def test_a_model_that_reads_the_upcoming_customers_is_shown_the_wave_and_no_outcome_of_it():
    shown = []

    class Reader(ByAge):
        reads_upcoming = True

        def fit(self, X, y, *, inner=None, upcoming=None):
            shown.append(upcoming)
            return super().fit(X, y)

    table = history()
    play(table, chosen=[Learner("dense_network", "ours", Reader, window=1_000)])
    assert [wave.height for wave in shown] == [500] * 5
    assert all(table.contract.outcome.column not in wave.columns for wave in shown)


def test_a_model_that_reads_groups_is_told_which_calls_are_of_one_customer():
    told = []

    class Reader(ByAge):
        reads_groups = True

        def fit(self, X, y, *, inner=None, groups=None):
            told.append((len(X), len(groups)))
            return super().fit(X, y)

    play(history(), chosen=[Learner("dense_network", "ours", Reader, window=1_000)])
    assert len(told) == 5
    assert all(rows == of_rows for rows, of_rows in told)


def test_too_few_responders_to_learn_from_gives_everyone_the_rate():
    table = history()
    frame = table.frame.with_columns(
        y=pl.when(pl.int_range(pl.len()) < 1_500).then(pl.lit("no")).otherwise(pl.col("y"))
    )
    found = play(valid(frame, RESPONSE), waves=WAVES[:1], chosen=[learner()])
    assert found.calls["raw"].n_unique() == 1


def test_progress_is_told_of_every_wave_and_strategy():
    told = []
    play(history(), chosen=[learner(), Everyone()], progress=lambda task, done, total: told.append((done, total)))
    assert told == [(done, 10) for done in range(11)]


def test_words_name_what_chance_can_explain(played):
    _, found = played
    said = " ".join(found.conclusion)
    assert found.conclusion[0].startswith("dense network would have brought")
    assert "of 2,500 customers called; “Call everyone” " in found.conclusion[0]
    assert "more than “static”" in said
    assert "The response rate moved between" in said
    twin = play(history(), chosen=[learner(), learner("twin")], currency="€")
    assert "“twin” would have brought exactly the same." in twin.conclusion


def told(**differences):
    """Rows of profit: ours 10 to 30, and the others minus ours."""
    rows = [("dense_network", 20.0, 10.0, 30.0, 0.0, 0.0, 0.0)]
    rows += [(name, 1.0, 0.0, 2.0, middle, low, high) for name, (middle, low, high) in differences.items()]
    names = ("strategy", "value", "low", "high", "difference", "difference_low", "difference_high")
    return pl.DataFrame(rows, schema=list(names), orient="row").with_columns(metric=pl.lit("profit"))


@pytest.mark.parametrize(
    ("differences", "said", "do"),
    [
        ({"random": (-9, -12, -5), "everyone": (-7, -9, -2), "rival": (1, -2, 3)}, "In these waves it did: ", "Use it: hold"),
        ({"random": (-9, -12, -5), "everyone": (-1, -9, 2)}, "do not show it: chance alone can explain how the network differs from “Everyone”", "no gain over “Everyone” is shown"),
        ({"random": (-9, -12, -5), "rival": (4, 1, 9)}, "A next wave may differ. “Rival” would have brought more than the network", "Better here: “Rival”."),
        ({"random": (-9, -12, -5), "everyone": (4, 1, 9)}, "it did not: “Everyone” would have brought more", "Do not rely on it here: “Everyone” would have earned more."),
        ({"random": (-9, -12, -5), "everyone": (0, 0, 0)}, "do not show it: the network brought what “Everyone” would have brought.", "Do not rely on it here: nothing is gained"),
        ({"rival": (1, -2, 3)}, "do not show it: no way of calling without a model", "Do not rely on it here: "),
        ({"random": (-9, np.nan, np.nan)}, "do not show it", "Do not rely on it yet: "),
    ],
)  # fmt: skip
def test_whether_it_holds_is_answered_as_far_as_the_intervals_go(differences, said, do):
    rows = told(**differences)
    labels = {name: name.capitalize() for name in rows["strategy"]}
    if np.isnan(differences.get("random", (0, 0))[1]):
        rows, said = rows.with_columns(low=pl.lit(np.nan)), "cannot be told from so few calls"
    answer, decision = will_it_hold(rows, labels, ours="dense_network", waves=6)
    assert said in answer
    assert do in decision


@pytest.mark.parametrize("plain", [(-9, -12, -5), (4, 1, 9)])
def test_one_wave_does_not_answer_whether_it_holds(plain):
    rows = told(random=plain)
    labels = {name: name.capitalize() for name in rows["strategy"]}
    answer, decision = will_it_hold(rows, labels, ours="dense_network", waves=1)
    assert answer.startswith("One wave cannot tell whether it holds from wave to wave")
    assert "these waves" not in answer.lower()
    assert decision.startswith("Do not rely on it")


@pytest.mark.parametrize(
    ("low", "high", "said"), [(0.46, 0.54, "no better than chance"), (0.4, 0.49, "worse than chance"), (0.51, 0.6, "")]
)
def test_a_ranking_that_chance_explains_and_waves_without_a_call_are_said(low, high, said):
    rows = pl.concat(
        [told(everyone=(9, -1, 20)), told().with_columns(value=0.496, low=low, high=high, metric=pl.lit("auc_within"))]
    )
    wave = {
        "customers": [6_000, 100] * 2,
        "called": [0.0, 9.0, 6_000.0, 100.0],
        "response_rate": [0.07, 0.1] * 2,
        "profit": [0.0, 5.0, 13_600.0, 1.0],
    }
    waves = pl.DataFrame({"strategy": ["dense_network"] * 2 + ["everyone"] * 2, "wave": [3, 4] * 2} | wave)
    labels = {"dense_network": "Network", "everyone": "Call everyone"}
    found = conclude_backtest(rows, waves, labels, ours="dense_network", currency="EUR")
    assert (
        found[0]
        == "Network would have brought 20.00 EUR (95 % interval 10.00 to 30.00 EUR) with 9 of 6,100 customers called; “Call everyone” 1.00 EUR."
    )
    assert [f"Within a wave it ranked {said}" in found[1]] == [bool(said)]
    assert (
        "In wave 3 it called nobody: 420 of 6,000 customers said yes there, and “Call everyone” would have brought 13,600 EUR."
        in found
    )


def test_columns_that_tell_the_time_are_no_order_to_the_reader():
    assert say_proxies(["rate", "month"]).startswith("Rate and month tell the time rather than the customer")
    assert say_proxies(["rate"]).startswith("Rate tells the time")


def test_a_sure_loss_holds_nothing_however_it_compares():
    rows = told(random=(-9, -12, -5), everyone=(-7, -9, -2)).with_columns(low=pl.lit(-30.0), high=pl.lit(-20.0))
    labels = {name: name.capitalize() for name in rows["strategy"]}
    answer, _ = will_it_hold(rows, labels, ours="dense_network", waves=6)
    assert "it did not: the network's calls cost more than they brought" in answer


@pytest.mark.parametrize(
    ("gap", "low", "high", "said"),
    [
        (-0.043, -0.07, -0.02, "were worse than giving everyone of a wave the response rate known before it: log loss 0.470 against 0.427."),
        (-0.043, -0.07, 0.01, "were no better than giving everyone of a wave the response rate known before it, as far as these waves tell: log loss"),
        (-0.043, np.nan, np.nan, "were no better than"),
        (0.01, -0.02, 0.04, ""),
    ],
)  # fmt: skip
def test_propensities_no_better_than_a_constant_are_said(gap, low, high, said):
    loss = told(known_rate=(gap, low, high)).with_columns(
        metric=pl.lit("log_loss"), value=pl.Series([0.47, 0.47 + gap])
    )
    rows = pl.concat([told(everyone=(-5, -9, -1)), loss])
    wave = pl.DataFrame({"strategy": ["dense_network"], "customers": [100], "called": [10.0], "response_rate": [0.1]})
    labels = {"dense_network": "Network", "everyone": "Call everyone"}
    found = " ".join(conclude_backtest(rows, wave, labels, ours="dense_network", currency="EUR"))
    assert ("Its propensities" in found) == bool(said)
    assert said in found


def test_the_rate_known_before_a_wave_stands_beside_the_propensities(played):
    table, found = played
    yes = table.outcome == "yes"
    rate = np.concatenate([np.full(wave.rows.size, yes[wave.known].mean()) for wave in WAVES])
    happened = np.concatenate([yes[wave.rows] for wave in WAVES])
    assert figure(found, "known_rate", "log_loss") == pytest.approx(-np.log(np.where(happened, rate, 1 - rate)).mean())
    assert "known_rate" not in found.strategies
    mine = found.waves.filter(pl.col("strategy") == "static")
    off = (mine["mean_propensity"] - mine["response_rate"]).abs().mean()
    assert figure(found, "static", "absolute_calibration_gap") == pytest.approx(off)


def test_what_chance_explains_is_one_sentence_and_the_same_network_is_called_so():
    rows = told(rival=(1, -2, 3), random=(-1, -2, 3), static=(0, 0, 0), everyone=(-5, -9, -1))
    labels = {name: name.capitalize() for name in rows["strategy"]}
    wave = pl.DataFrame({"strategy": ["dense_network"], "customers": [100], "called": [10.0], "response_rate": [0.1]})
    said = conclude_backtest(rows, wave, labels, ours="dense_network", currency="")
    assert said[1:] == (
        "Dense_network would have brought 5.00 successes' worth more than “Everyone” (1.00 to 9.00).",
        "Chance alone can explain the differences to “Rival” (−1.00 successes' worth; −3.00 to 2.00) and “Random” (1.00 successes' worth; −3.00 to 2.00).",
        "“Static” would have brought exactly the same: in a single wave nothing has been updated yet.",
    )


def noise(n, seed, drawn=1):
    """Money of two strategies that differ by chance alone."""
    random = np.random.default_rng(seed)
    yes = random.random(n) < 0.1
    called = random.random((2, n)) < 0.5
    replayed = {
        name: Replayed(raw=None, propensity=None, called=mine, money=mine * (VALUE * yes - 0.5))
        for name, mine in zip(("a", "b"), called, strict=True)
    }
    waves = pl.DataFrame({"strategy": ["a", "b"], "regret": [0.0, 0.0]})
    return totals(
        replayed,
        np.ones(n, dtype=int),
        yes,
        waves,
        known_rate=np.full(n, 0.1),
        ours="a",
        block=block_of(n, 500),
        repeats=200,
        seed=drawn,
    )


def gap(rows):
    return rows.filter((pl.col("strategy") == "b") & (pl.col("metric") == "profit"))


def test_a_short_replay_takes_chance_for_nothing_else():
    found = [gap(noise(500, seed)) for seed in range(60)]
    claims = sum(bool((row["difference_low"] > 0).item() or (row["difference_high"] < 0).item()) for row in found)
    assert claims <= 8


def test_intervals_of_few_blocks_are_widened_to_hold_as_often_as_they_say():
    draw, held, repeats = np.random.default_rng(4), 0, 200
    for seed in range(repeats):
        yes = draw.random(250) < 0.2
        money = Replayed(raw=None, propensity=None, called=np.ones(250), money=VALUE * yes - 0.5)
        waves = pl.DataFrame({"strategy": ["a"], "regret": [0.0]})
        rows = totals(
            {"a": money},
            np.ones(250, dtype=int),
            yes,
            waves,
            known_rate=np.full(250, 0.2),
            ours="a",
            block=25,
            repeats=200,
            seed=seed,
        )
        profit = rows.row(by_predicate=pl.col("metric") == "profit", named=True)
        held += profit["low"] <= 250 * (0.2 * VALUE - 0.5) <= profit["high"]
    assert held >= 0.92 * repeats, held / repeats


def test_the_ends_of_money_are_the_same_whatever_the_seed():
    """The end that decides whether chance explains a difference must not be chance itself."""
    found = [gap(noise(3_500, 1, seed)) for seed in range(6)]
    for end in ("low", "high", "difference_low", "difference_high"):
        ends = [row[end].item() for row in found]
        assert np.ptp(ends) < 0.02 * (found[0]["high"] - found[0]["low"]).item()


def test_hundreds_of_samples_lie_beyond_each_end_whatever_the_number_of_blocks():
    assert [draws_of(blocks) for blocks in (10, 200, 1_000, 50_000)] == [100_000, 100_000, 20_000, 10_000]


def test_blocks_are_shortened_and_none_is_made_of_too_few_calls():
    assert [block_of(n, 500) for n in (20_000, 10_000, 9_000, 600, 100)] == [500, 500, 450, 30, 25]
    assert block_of(100, 10) == 10
    assert gap(noise(200, 1))["difference_low"].is_nan().item()


def test_too_few_calls_to_tell_chance_apart_are_said():
    table = history(1_700)
    waves = make_waves(np.arange(1_700), start=1_500, step=100, delay=100)
    found = play(table, waves, chosen=[learner(), Everyone()])
    assert found.block == 25
    assert "There are too few calls to tell chance apart: replay a longer history." in found.conclusion
    assert not any("interval" in sentence or "more than" in sentence for sentence in found.conclusion)


def test_the_rate_of_a_short_last_wave_is_no_move():
    """Four customers, two of whom said yes, after five waves of one customer in ten."""
    waves = pl.DataFrame(
        {"strategy": ["a"] * 6, "customers": [500] * 5 + [4], "called": [9] * 6, "response_rate": [0.1] * 5 + [0.5]}
    )
    rows = pl.DataFrame({"strategy": ["a"], "metric": ["profit"], "value": [1.0], "low": [0.0], "high": [2.0]})
    assert not any(
        "moved between" in said for said in conclude_backtest(rows, waves, {"a": "ours"}, ours="a", currency="")
    )


@pytest.mark.parametrize(("later", "moved"), [(0.1, False), (0.3, True)])
def test_a_rate_that_only_chance_moves_is_no_move(later, moved):
    """Twenty waves of 100: one of them has twice the rate of another by chance alone."""
    random = np.random.default_rng(3)
    rates = random.binomial(100, np.repeat([0.1, later], 10)) / 100
    assert rates.max() > 2 * rates.min()
    waves = pl.DataFrame({"strategy": "a", "customers": 100, "called": 9, "response_rate": rates})
    rows = pl.DataFrame({"strategy": ["a"], "metric": ["profit"], "value": [1.0], "low": [0.0], "high": [2.0]})
    said = conclude_backtest(rows, waves, {"a": "ours"}, ours="a", currency="")
    assert any("moved between" in sentence for sentence in said) is moved


def test_result_is_plain_json_without_a_customer(played):
    import json

    _, found = played
    text = json.dumps(found.to_json(), allow_nan=False)
    assert "record" not in json.loads(text)["rows"][0]
    assert "calls" not in json.loads(text)


def test_senseless_replays_are_refused():
    table = history()
    with pytest.raises(ValueError, match="names of their own"):
        play(table, chosen=[Everyone()])
    with pytest.raises(ValueError, match="names of their own"):
        play(table, chosen=[learner(), learner()])
    with pytest.raises(DataError, match="not a response"):
        play(segments(4_000))
    with pytest.raises(ValueError, match="one answer for each"):
        play(table, chosen=[learner()], decide=lambda rows, propensity: np.array([True]))
