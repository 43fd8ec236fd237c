"""segmint backtest from the table to the page: money by the policy, nothing from the future, work taken up again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from segmint.cli import main, results
from segmint.cli.screen import Screen
from segmint.config import load_config
from segmint.contract.contract import load_contract
from segmint.contract.validate import validate
from segmint.errors import ConfigError, DataError, PolicyError
from segmint.evaluation.backtest import Backtest
from segmint.evaluation.rule import rule_of
from segmint.evaluation.strategies import AtRandom, Everyone, Forgetful, Moment, Proposal, Rule
from segmint.flows import backtest as flow
from segmint.flows.demo import sample_path
from segmint.splits.waves import Wave
from segmint.store.run import Run
from segmint.store.run_files import BACKTEST_CALLS, BACKTEST_WAVES
from segmint.tables.source import open_table
from segmint.targeting.policy import ContactPolicy, ContactRules, Quota
from tests.json_keys import require_documented

pytestmark = pytest.mark.network
pytest.importorskip("tensorflow")

SETTINGS = [
    "model.recipe=plain", "model.hidden=[8]", "model.epochs=1", "backtest.window=1500", "backtest.step=600", "backtest.repeats=100",
    "data.at=dialling",
]  # fmt: skip


def config(*more: str) -> Any:
    return load_config(None, [*SETTINGS, *more])


def replayed(table: Any, waves: Any, policy: ContactPolicy, settings: Any, **more: Any) -> Any:
    return flow.replay_waves(table, waves, flow.policy_in_waves(table, waves, policy), settings, **more)


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("history") / "history.csv"
    path.write_text("".join(sample_path().read_text("utf-8").splitlines(keepends=True)[:3301]), "utf-8")
    return path


@pytest.fixture(scope="module")
def done(history: Path, tmp_path_factory: pytest.TempPathFactory) -> flow.Backtested:
    return flow.backtest(
        history, "bank-marketing", config("backtest.rule=age >= 60"), runs=tmp_path_factory.mktemp("runs")
    )


def test_every_strategy_is_settled_in_every_wave(done: flow.Backtested) -> None:
    names = ["dense_network", "lightgbm", "logistic", "static", "rule", "random", "everyone"]
    assert list(done.summary["strategies"]) == names
    waves = pl.read_parquet(done.folder / BACKTEST_WAVES)
    assert waves.group_by("strategy").agg(pl.len())["len"].to_list() == [3] * 7
    everyone = waves.filter(pl.col("strategy") == "everyone")
    assert everyone["called"].sum() == 1800


def test_the_answer_as_json_has_the_keys_of_the_reference(
    done: flow.Backtested, capsys: pytest.CaptureFixture[str]
) -> None:
    results.backtested(Screen(json=True), done)
    require_documented("backtest", json.loads(capsys.readouterr().out))


def test_without_a_policy_a_call_costs_the_rate_before_the_first_wave(done: flow.Backtested, history: Path) -> None:
    yes = pl.read_csv(history, separator=";")["y"] == "yes"
    assert done.summary["economics"]["cost_per_call"] == pytest.approx(yes[:1500].mean())
    assert "No policy says what a call costs" in done.sentences[2]
    calls = pl.read_parquet(done.folder / BACKTEST_CALLS).filter(pl.col("strategy") == "everyone")
    assert calls["profit"].sum() == pytest.approx(yes[1500:3300].sum() - 1800 * yes[:1500].mean())


def test_the_rule_calls_whom_it_names(done: flow.Backtested, history: Path) -> None:
    called = pl.read_parquet(done.folder / BACKTEST_CALLS).filter(pl.col("strategy") == "rule")["called"]
    assert called.to_list() == (pl.read_csv(history, separator=";")["age"] >= 60)[1500:3300].to_list()


def test_the_page_and_the_figures_hold_no_customer(done: flow.Backtested) -> None:
    page = done.report.read_text("utf-8")
    assert "Had you used it since the first wave" in page
    assert "Today&#39;s rule" in page
    found = json.loads((done.folder / "backtest.json").read_text("utf-8"))
    assert "calls" not in found
    assert found["label_sets"]["calls"] == 1800


def test_a_budget_of_calls_holds_in_every_wave_and_the_holdout_of_today_does_not(history: Path, tmp_path: Path) -> None:
    money = ["economics.cost_per_call=1", "economics.value_per_success=100", "policy.budget_calls=50"]
    settings = config(*money, "backtest.rivals=[]", "backtest.rule=age >= 40")
    found = flow.backtest(history, "bank-marketing", settings, runs=tmp_path)
    mine = found.result.waves.filter(pl.col("strategy") == "dense_network")
    assert mine["called"].to_list() == [50, 50, 50]
    assert "random" not in found.summary["strategies"]  # as many as the limits allow: the same as everyone
    for name in ("rule", "everyone"):
        assert found.result.waves.filter(pl.col("strategy") == name)["called"].to_list() == pytest.approx([50, 50, 50])
    named = found.result.calls.filter(pl.col("strategy") == "rule")
    ages = pl.read_csv(history, separator=";")["age"][1500:3300]
    assert ages.filter(named["called"] > 0).min() >= 40
    assert found.summary["strategies"]["everyone"] == "As many calls as the limits allow, at random"
    assert any("held to the budget" in note for note in found.summary["notes"])
    page = found.report.read_text("utf-8")
    assert "More than calling at random" in page
    assert "than calling everyone" not in page
    assert mine["regret"].is_null().all()  # the best cut would have called more than the budget allows
    assert {row["regret"] for row in found.summary["waves"] if row["strategy"] == "dense_network"} == {None}


def test_conversations_wanted_and_the_contact_rate_hold_in_the_replay(history: Path) -> None:
    settings = config(
        "economics.cost_per_call=1",
        "economics.value_per_success=100",
        "policy.conversations=20",
        "policy.contact_rate=0.4",
    )
    table = validate(open_table(history), load_contract("bank-marketing"), at="dialling")
    policy = flow.money_of(table, flow.waves_of(table, settings)[0], settings)
    assert policy.most_customers == 50
    assert (policy.conversations, policy.contact_rate) == (20, 0.4)


def test_the_replay_settles_by_the_chance_that_somebody_answers(history: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = config("economics.cost_per_call=1", "economics.value_per_success=100", "policy.contact_rate=0.4")
    table = validate(open_table(history), load_contract("bank-marketing"), at="dialling")
    waves = flow.waves_of(table, settings)
    monkeypatch.setattr(flow, "replay", lambda *_, settle, **__: settle)
    settle: Any = replayed(table, waves, flow.money_of(table, waves[0], settings), settings)
    assert settle(np.arange(3), np.array([True, True, False]), np.array([True, False, True])).tolist() == [
        39.0,
        -1.0,
        0.0,
    ]


def test_a_poisoned_future_changes_no_decision(history: Path) -> None:
    contract, settings = load_contract("bank-marketing"), config("backtest.rivals=[]", "backtest.delay=100")
    clean = validate(open_table(history), contract, at="dialling")
    waves = flow.waves_of(clean, settings)
    turned = clean.outcome.copy()
    later = np.setdiff1d(np.arange(len(clean)), waves[1].known)
    turned[later] = np.where(turned[later] == "yes", "no", "yes")
    frame = pl.read_csv(history, separator=";", infer_schema=False).with_columns(y=pl.Series(turned))
    poisoned = validate(open_table(frame), contract, at="dialling")
    told = []
    for table in (clean, poisoned):
        policy = flow.money_of(table, flow.waves_of(table, settings)[0], settings)
        found = replayed(table, waves[:2], policy, settings)
        told.append(found.calls.select("strategy", "record", "propensity", "raw", "called"))
    assert told[0].equals(told[1])


def test_label_sets_rest_on_outcomes_known_when_the_call_was_made(history: Path) -> None:
    """Days are the time, and an outcome is known four days after its call."""
    frame = pl.read_csv(history, separator=";", infer_schema=False)
    frame = frame.with_columns(age=(pl.int_range(pl.len()) // 40 + 18).cast(pl.String))
    settings = config("backtest.time_order=age", "backtest.delay=4", "backtest.step=300")
    contract = load_contract("bank-marketing")
    said = np.random.default_rng(0).beta(1, 8, frame.height)
    told = []
    for turn_from in (frame.height, 2_400):  # a day begins with this row
        late = pl.int_range(pl.len()) >= turn_from
        turned = pl.when(late).then(pl.when(pl.col("y") == "yes").then(pl.lit("no")).otherwise(pl.lit("yes")))
        table = validate(open_table(frame.with_columns(y=turned.otherwise("y"))), contract, at="dialling")
        waves = flow.waves_of(table, settings)
        rows = np.concatenate([wave.rows for wave in waves])
        calls = pl.DataFrame({"strategy": "dense_network", "propensity": said[rows]})
        found = Backtest({}, calls, calls, calls, (), 1, 1)
        told.append((rows, flow.label_sets(table, waves, found, settings)))
    (rows, clean), (_, poisoned) = told
    known_later = np.flatnonzero(rows >= 2_400 + 5 * 40)[0]
    assert clean.words()[:known_later] == poisoned.words()[:known_later]
    assert clean.words()[known_later:] != poisoned.words()[known_later:]


def test_each_call_of_the_network_has_its_label_set(done: flow.Backtested) -> None:
    calls = pl.read_parquet(done.folder / BACKTEST_CALLS)
    ours = calls.filter(pl.col("strategy") == "dense_network")
    assert ours["label_set"].is_in(["yes", "no", "both", "none"]).all()
    assert calls.filter(pl.col("strategy") != "dense_network")["label_set"].null_count() == calls.height - ours.height
    size = ours["label_set"].replace_strict({"none": 0, "yes": 1, "no": 1, "both": 2}).mean()
    assert size == pytest.approx(done.summary["label_sets"]["mean_size"])


def test_a_replay_taken_up_again_learns_nothing_twice(
    history: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    contract, settings = load_contract("bank-marketing"), config("backtest.rivals=[]")
    table = validate(open_table(history), contract, at="dialling")
    waves = flow.waves_of(table, settings)
    policy = flow.money_of(table, waves[0], settings)
    run = Run.create(tmp_path, "backtest", "", 7)
    first = replayed(table, waves, policy, settings, remember=run.remember)

    def never(self: Any, *more: Any, **settings: Any) -> None:
        raise AssertionError("learned again")

    monkeypatch.setattr("segmint.models.network_model.NetworkModel.fit", never)
    again = replayed(table, waves, policy, settings, remember=run.remember)
    assert again.calls.equals(first.calls)


def test_lagged_rates_are_read_only_where_the_table_tells_the_time(history: Path) -> None:
    table = validate(open_table(history), load_contract("bank-marketing"), at="dialling")
    assert flow.lagged(table, config()) is table
    assert flow.lagged(table, config("backtest.time_order=age", "backtest.lagged_rates=[]")) is table
    more = flow.lagged(table, config("backtest.time_order=age", "backtest.lagged_rates=[300]")).features
    assert [column.label for column in more[len(table.features) :]] == ["response rate of the last 300 known calls"]


def test_the_column_of_time_is_named_first_and_a_number_that_models_read_is_doubted(
    done: flow.Backtested, history: Path, tmp_path: Path
) -> None:
    assert done.sentences[0].endswith("customers replayed in the order of the rows.")
    assert done.summary["time"]["caution"] is None
    settings = config("backtest.time_order=age", "backtest.rivals=[]", "backtest.window=2500")
    found = flow.backtest(history, "bank-marketing", settings, runs=tmp_path)
    assert found.sentences[0].endswith("customers replayed in the order of 'age'.")
    assert "'age' is a plain number that models read as well" in found.sentences[1]
    page = found.report.read_text("utf-8")
    assert "replayed in the order of &#39;age&#39;" in page or "replayed in the order of 'age'" in page
    assert "Does this column tell the time?" in page
    assert "Does this column tell the time?" not in done.report.read_text("utf-8")


def test_waves_in_time_say_when_they_were_and_that_they_are_of_unequal_size(history: Path, tmp_path: Path) -> None:
    frame = pl.read_csv(history, separator=";", infer_schema=False)
    month = pl.int_range(pl.len()).replace_strict(
        dict(enumerate(np.repeat(range(8), [800, 800, 300, 800, 100, 200, 200, 100])))
    )
    shuffled = frame.with_columns(age=(month + 20).cast(pl.String)).sample(fraction=1.0, shuffle=True, seed=1)
    settings = config(
        "backtest.time_order=age", "backtest.rivals=[]", "backtest.step=400", "policy.budget_calls=50",
        "economics.cost_per_call=1", "economics.value_per_success=20",
    )  # fmt: skip
    found = flow.backtest(shuffled, "bank-marketing", settings, runs=tmp_path)
    assert found.summary["time"]["spans"] == [["22", "22"], ["23", "23"], ["24", "26"], ["27", "27"]]
    said = " ".join(found.sentences)
    assert "Waves hold 300 to 800 calls, as calls of one moment are never divided between two." in said
    assert "The budget and the other limits are per wave, whatever its size." in said
    page = found.report.read_text("utf-8")
    table = page[page.index("Every wave") :]
    assert "24 to 26" in table
    assert "records" not in table[: table.index("</thead>")]


@pytest.mark.parametrize(
    ("sizes", "said"), [([400, 400, 100], None), ([400, 400, 900], "Waves hold 400 to 900 calls"), ([400], None)]
)
def test_a_last_wave_may_be_short_and_not_large(sizes: list[int], said: str | None) -> None:
    waves = [Wave(place, np.arange(size), np.arange(0)) for place, size in enumerate(sizes, start=1)]
    assert [sentence[:27] for sentence in flow._unequal(waves, binds=False)] == ([] if said is None else [said])


def test_other_windows_may_serve_better_and_are_chosen_without_hindsight(history: Path, tmp_path: Path) -> None:
    found = flow.backtest(
        history, "bank-marketing", config("backtest.rivals=[]", "backtest.windows=[600]"), runs=tmp_path
    )
    assert "dense_network 600" not in found.summary["strategies"]
    assert "dense_network" in found.summary["strategies"]


@pytest.mark.parametrize("rule", ["duration > 100", "job"])
def test_a_rule_that_cannot_be_known_is_refused(rule: str, history: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="mean neither yes nor no" if rule == "job" else "cannot be used"):
        flow.backtest(history, "bank-marketing", config(f'backtest.rule="{rule}"'), runs=tmp_path)


def test_a_policy_with_a_strange_column_is_refused(history: Path, tmp_path: Path) -> None:
    money = ["economics.cost_per_call=1", "economics.value_per_success=worth"]
    with pytest.raises(PolicyError, match="'worth'"):
        flow.backtest(history, "bank-marketing", config(*money), runs=tmp_path)


@pytest.mark.parametrize("column", ["duration", "y"])
def test_money_that_was_known_only_after_the_call_is_refused(column: str, history: Path) -> None:
    settings = config("economics.cost_per_call=1", f"economics.value_per_success={column}")
    table = validate(open_table(history), load_contract("bank-marketing"), at="dialling")
    waves = flow.waves_of(table, settings)
    policy = flow.money_of(table, waves[0], settings)
    with pytest.raises(PolicyError, match=f"'{column}' cannot be used in a replay"):
        replayed(table, waves, policy, settings)


def test_limits_by_what_was_known_only_after_the_call_are_refused_without_economics_too(history: Path) -> None:
    quotas = ContactRules(quotas=(Quota(column="duration", level="0", maximum=1),))
    settings = config().model_copy(update={"policy": quotas})
    table = validate(open_table(history), load_contract("bank-marketing"), at="dialling")
    waves = flow.waves_of(table, settings)
    policy = flow.money_of(table, waves[0], settings)
    with pytest.raises(PolicyError, match="'duration' cannot be used in a replay"):
        flow.policy_in_waves(table, waves, policy)


class _Equal(Forgetful):
    """Says of everyone that the call pays, without learning."""

    name, label, hidden, settings = "dense_network", "Everyone alike", False, ""

    def look(self, moment: Moment) -> Proposal:
        said = np.full(moment.customers.height, 0.5)
        return Proposal(propensity=said, raw=said)


def test_a_shorter_last_wave_does_not_end_the_replay_of_a_quota(
    history: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """3,300 calls in waves of 700 after 1,500: the last wave has 400, with fewer divorced customers than the others."""
    monkeypatch.setattr(flow, "strategies_of", lambda table, config: [_Equal(), Everyone()])
    quotas = ContactRules(budget_calls=60, quotas=(Quota(column="marital", level="divorced", minimum=50),))
    settings = config("economics.cost_per_call=1", "economics.value_per_success=100", "backtest.step=700")
    found = flow.backtest(history, "bank-marketing", settings.model_copy(update={"policy": quotas}), runs=tmp_path)
    divorced = (pl.read_csv(history, separator=";")["marital"] == "divorced")[2900:3300].sum()
    assert divorced < 50
    last = found.result.waves.filter((pl.col("strategy") == "dense_network") & (pl.col("wave") == 3))
    assert last["called"].to_list() == [60]
    assert any("In 1 of 3 waves fewer than 50 customers of marital divorced" in note for note in found.summary["notes"])


CHEAP = ["backtest.rivals=[]", "economics.cost_per_call=1", "economics.value_per_success=100"]


def cheap_strategies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a strategy that calls one in three in the place of the networks: nothing is trained."""
    ours = Rule(lambda frame: np.arange(frame.height) % 3 == 0, "a third", name="dense_network")
    rest = [AtRandom("dense_network"), Everyone()]
    rules = lambda table, settings: (  # noqa: E731
        [] if settings.backtest.rule is None else [Rule(rule_of(settings.backtest.rule, table), "rule")]
    )
    monkeypatch.setattr(flow, "strategies_of", lambda table, settings: [ours, *rules(table, settings), *rest])


def test_nobody_draws_lots_for_customers_whom_nobody_can_pay_for(
    history: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cheap_strategies(monkeypatch)
    frame = pl.read_csv(history, separator=";", infer_schema=False)
    unknown = np.arange(frame.height) % 5 == 0
    frame = frame.with_columns(fee=pl.Series(np.where(unknown, "", "1")))
    settings = config(*CHEAP[:1], "economics.cost_per_call=fee", "economics.value_per_success=100")
    table = validate(open_table(frame), load_contract("bank-marketing"), at="dialling")
    waves = flow.waves_of(table, settings)
    policy = flow.money_of(table, waves[0], settings)
    found = replayed(table, waves, policy, settings)
    rows = np.concatenate([wave.rows for wave in waves])
    called = {name: found.calls.filter(pl.col("strategy") == name)["called"].to_numpy() for name in found.strategies}
    assert not any(each[unknown[rows]].any() for each in called.values())
    assert called["random"].sum() == pytest.approx(called["dense_network"].sum())
    assert called["everyone"].sum() == (~unknown[rows]).sum()


@pytest.mark.parametrize(("calls", "binds"), [(5_000, False), (300, True)])
def test_calling_everyone_is_said_to_be_limited_only_where_a_limit_keeps_somebody_from_it(
    calls: int, binds: bool, history: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cheap_strategies(monkeypatch)
    settings = config(*CHEAP, f"policy.budget_calls={calls}")
    table = validate(open_table(history), load_contract("bank-marketing"), at="dialling")
    waves = flow.waves_of(table, settings)
    policy = flow.money_of(table, waves[0], settings)
    assert flow.policy_in_waves(table, waves, policy).binds is binds
    label = replayed(table, waves, policy, settings).strategies["everyone"]
    assert label == ("As many calls as the limits allow, at random" if binds else "Call everyone")


def test_a_rule_that_calls_nobody_is_said(history: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cheap_strategies(monkeypatch)
    table = validate(open_table(history), load_contract("bank-marketing"), at="dialling")
    waves = flow.waves_of(table, config(*CHEAP))
    balance, first = table.frame["balance"], int(waves[0].rows[0])
    gone = min(set(balance[:first]) - set(balance[first:]))
    settings = config(*CHEAP, f"backtest.rule=balance = {gone:.0f}")
    policy = flow.money_of(table, waves[0], settings)
    found = replayed(table, waves, policy, settings)
    assert "Today's rule called nobody" in flow._rule_of_nobody(found)[0]


def test_without_a_yes_before_the_first_wave_nothing_says_what_a_call_may_cost(history: Path) -> None:
    frame = pl.read_csv(history, separator=";", infer_schema=False)
    late = frame.with_columns(y=pl.when(pl.int_range(frame.height) < 1_500).then(pl.lit("no")).otherwise("y"))
    table = validate(open_table(late), load_contract("bank-marketing"), at="dialling")
    waves = flow.waves_of(table, config())
    with pytest.raises(DataError, match="1,500 outcomes are known, none of them a yes"):
        flow.money_of(table, waves[0], config())
    assert flow._thin_lessons(table, waves, config())[0].startswith("Before 1 of 3 waves fewer than 10 customers")
    delayed = config("backtest.delay=3000")
    with pytest.raises(DataError, match="0 outcomes are known"):
        flow.money_of(table, flow.waves_of(table, delayed)[0], delayed)


def test_a_money_column_that_the_contract_does_not_know_is_named(history: Path, tmp_path: Path) -> None:
    frame = pl.read_csv(history, separator=";", infer_schema=False).with_columns(worth=pl.lit("100"))
    money = ["economics.cost_per_call=1", "economics.value_per_success=worth"]
    found = flow.backtest(frame, "bank-marketing", config(*money, "backtest.rivals=[]"), runs=tmp_path)
    assert any("does not say when worth is known" in note for note in found.summary["notes"])


@pytest.mark.parametrize(
    ("flags", "word"),
    [
        (("--window", "9000"), "are to be known before the first wave"),
        (("--time-order", "when"), "no date or number column 'when'"),
        (("--step", "3"), "backtest.step"),
        (("--policy", "nowhere.toml"), "cannot be read"),
    ],
)
def test_wrong_flags_are_named_with_code_2(
    flags: tuple[str, ...], word: str, history: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    argv = ["backtest", str(history), "--contract", "bank-marketing", "--runs", str(tmp_path), "--quiet", *flags]
    assert main(argv) == 2
    said = capsys.readouterr().err
    assert word in said
    assert "Traceback" not in said
