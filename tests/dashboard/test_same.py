"""SCO-07: the same customers get the same propensities in the same order through every door."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import polars as pl
import pytest

from segmint.cli import main
from segmint.contract.contract import parse_contract
from segmint.dashboard import pages
from segmint.dashboard.app import dashboard
from segmint.dashboard.desk import Desk
from segmint.dashboard.policy_form import config_of
from segmint.flows.standing import StandingPolicy
from segmint.flows.steps.settings import policy_of
from segmint.service.app import Service, make_app
from segmint.service.champion import Champion
from segmint.service.keys import KeyRing, session_key
from segmint.store.bundle import write_bundle
from segmint.store.run import Run
from tests.service.small import CONTRACT, small_parts

pytestmark = pytest.mark.usefixtures("undrawn_lists")
ID = '[columns.customer]\nkind = "text"\nrole = "id"\nlabel = "customer"\n'
PHONE = '[columns.phone]\nkind = "text"\nrole = "phone"\nlabel = "phone"\n'
FORM = {"cost": "1", "value": "100", "holdout": "0"}
POLICY = {"economics.cost_per_call": 1, "economics.value_per_success": 100, "policy.holdout_share": 0}


def customers(count: int) -> pl.DataFrame:
    """Customers of whom every tenth is like another: only the order of ties tells these apart."""
    draw = np.random.default_rng(7)
    age, job = draw.uniform(17, 110, count).round(3), draw.choice(["admin.", "student"], count)
    twins = draw.choice(count, count // 10)
    age[twins], job[twins] = 41.0, "student"
    return pl.DataFrame({"customer": [f"c{n:05}" for n in range(count)], "age": age, "job": job})


class Doors:
    """The service and the dashboard over one folder of runs."""

    def __init__(self, runs: Path, standing: StandingPolicy | None = None) -> None:
        text, key = session_key()
        self.desk = Desk(runs, standing=standing)
        session = self.desk.keeper.open(str(self.desk.keeper.code))
        assert session is not None
        self.cookie = {"cookie": f"segmint_session={session}", "x-token": self.desk.keeper.token(session)}
        self.key = {"authorization": f"Bearer {text}"}
        self.service = Service(Champion(str(self.desk.bundle_run()), runs), KeyRing([key]), runs)
        self.service.standing = self.desk.standing
        self.api, self.pages = make_app(self.service), dashboard(self.desk)

    def ask(self, app: Any, method: str, path: str, **more: Any) -> httpx.Response:
        async def go() -> httpx.Response:
            transport = httpx.ASGITransport(app=app)
            headers = (self.key if app is self.api else self.cookie) | more.pop("headers", {})
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", timeout=600) as client:
                return await client.request(method, path, headers=headers, **more)

        answer = asyncio.run(go())
        assert answer.status_code < 400, answer.text
        return answer


@pytest.fixture
def doors(tmp_path: Path) -> Doors:
    return Doors(trained(tmp_path))


def trained(tmp_path: Path) -> Path:
    """A folder of runs with one bundle."""
    parts = small_parts() | {"contract": parse_contract(CONTRACT.replace(PHONE, "") + ID, origin="test")}
    parts["golden"]["rows"] = [row | {"customer": str(n)} for n, row in enumerate(parts["golden"]["rows"])]
    with Run.create(tmp_path / "runs", "run", "", 1, {}) as here:
        write_bundle(here.folder / "bundle", **parts)
        here.done({})
    return tmp_path / "runs"


def prove(doors: Doors, count: int, folder: Path) -> None:
    frame, runs = customers(count), doors.desk.runs
    table, out = folder / "table.csv", folder / "predicted.parquet"
    frame.write_csv(table)
    bundle = str(runs / str(doors.desk.bundle_run()))
    assert main(["predict", str(table), "--bundle", bundle, "--runs", str(runs), "--out", str(out)]) == 0
    batch = pl.read_parquet(out)["propensity"].to_numpy()

    rows = json.dumps({"rows": frame.to_dicts()}).encode()
    kind = {"content-type": "application/json"}
    answers = doors.ask(doors.api, "POST", "/v1/predict", content=rows, headers=kind).json()["answers"]
    http = np.array([answer["propensity"] for answer in answers])
    few = [doors.ask(doors.api, "POST", "/v1/predict", json={"rows": [row]}).json() for row in frame.to_dicts()[:50]]
    single = np.array([answer["answers"][0]["propensity"] for answer in few])

    place = doors.ask(doors.pages, "PUT", "/tables?name=a.csv", content=table.read_bytes()).json()["location"]
    key = place.rsplit("/", 1)[-1]
    prepared = doors.desk.prepared(key, config_of(FORM))
    scores = [np.round(found, 6) for found in (batch, http, prepared.preview.propensity)]
    assert (scores[0] == scores[1]).all()
    assert (scores[0] == scores[2]).all()
    assert np.abs(single - http[:50]).max() <= 1e-6

    made = doors.ask(doors.pages, "POST", "/lists", data=FORM | {"table": key}).headers["location"].rsplit("/", 1)[-1]
    listed = pl.read_parquet(runs / made / "call_list.parquet").filter(pl.col("status") == "listed").sort("rank")
    told = doors.ask(doors.api, "POST", "/v1/target", params=POLICY, content=rows, headers=kind).json()["list"]
    by_http = pl.DataFrame(told)
    assert listed["customer"].to_list() == by_http["customer"].to_list()
    assert listed["rank"].to_list() == by_http["rank"].to_list()
    assert listed["propensity"].to_list() == by_http["propensity"].to_list()
    assert len(listed) > count // 2
    order = frame["customer"].to_numpy()[prepared.preview.ranked(policy_of(config_of(FORM))).order][: len(listed)]
    assert listed["customer"].to_list() == order.tolist()  # what the preview says is what the list becomes
    at = {name: row for row, name in enumerate(frame["customer"])}
    in_order = scores[0][[at[name] for name in listed["customer"]]]
    assert (np.diff(in_order) <= 0).all()
    doors.service.close()


def test_the_banks_policy_holds_for_every_list_whatever_a_form_or_a_request_sets(tmp_path: Path) -> None:
    stop, policy = tmp_path / "stop.csv", tmp_path / "policy.toml"
    stop.write_text("customer\nc00003\nc00005\n")
    rule = '[[policy.exclude]]\nname = "the old"\ncolumn = "age"\nabove = 80\n'
    policy.write_text(f'[policy]\nbudget_calls = 150\nsuppress = ["{stop}"]\n{rule}')
    doors = Doors(trained(tmp_path), StandingPolicy.load(policy))
    frame = customers(400)
    key = doors.ask(doors.pages, "PUT", "/tables?name=a.csv", content=frame.write_csv().encode()).json()["location"][
        -16:
    ]
    form = FORM | {"table": key, "exclude_column_0": "job", "exclude_level_0": "student"}

    def check(gone: set[str]) -> None:
        """Preview, the list made of it and the list by HTTP are one, and nobody who is `gone` is on it."""
        seen = doors.ask(doors.pages, "POST", "/lists/preview", json=form | {"exact": "yes"}).json()
        fast = doors.ask(doors.pages, "POST", "/lists/preview", json=form).json()
        where = doors.ask(doors.pages, "POST", "/lists", data=form).headers["location"]
        made = pl.read_parquet(doors.desk.runs / where.rsplit("/", 1)[-1] / "call_list.parquet")
        listed = made.filter(pl.col("status") == "listed").sort("rank")["customer"].to_list()
        params = POLICY | {"policy.exclude": '[{name = "job is student", column = "job", levels = ["student"]}]'}
        csv = {"content-type": "text/csv"}
        told = doors.ask(
            doors.api, "POST", "/v1/target", params=params, content=frame.write_csv().encode(), headers=csv
        ).json()
        assert listed == [row["customer"] for row in told["list"]]
        assert (seen["customers"], fast["customers"]) == (len(listed), len(listed))
        assert seen["eligible"] == 400 - (made["status"] == "suppressed").sum()
        assert seen["suppressed"]["on 'stop.csv'"] == len(gone)
        assert {"the old", "job is student"} <= set(seen["suppressed"])
        may = frame.filter((pl.col("age") <= 80) & (pl.col("job") != "student"))["customer"].to_list()
        assert 0 < len(listed) <= 150
        assert set(listed) <= set(may) - gone

    check({"c00003", "c00005"})
    config = config_of(form, doors.desk.standing)
    best = doors.desk.prepared(key, config)
    objector = str(best.preview.customers[int(best.preview.ranked(policy_of(config)).order[0])])
    with stop.open("a") as file:  # somebody objects while the page is open
        file.write(f"{objector}\n")
    check({"c00003", "c00005", objector})
    assert doors.service.close()


def test_the_most_calls_of_the_builder_are_those_that_may_still_be_dialled(tmp_path: Path) -> None:
    (tmp_path / "calls.csv").write_text("customer,date\n" + "c00003,2020-01-01\n" * 2 + "c00005,2020-01-01\n")
    economics = "[economics]\ncost_per_call = 1\nvalue_per_success = 100\ncalls_per_customer = 3\n"
    rules = f'[policy]\nattempts = 3\nhistory = "{tmp_path / "calls.csv"}"\n'
    (tmp_path / "policy.toml").write_text(economics + rules)
    doors = Doors(trained(tmp_path), StandingPolicy.load(tmp_path / "policy.toml"))
    csv = customers(40).write_csv().encode()
    key = doors.ask(doors.pages, "PUT", "/tables?name=a.csv", content=csv).json()["location"][-16:]
    seen = doors.ask(doors.pages, "POST", "/lists/preview", json=FORM | {"table": key}).json()
    assert (seen["eligible"], seen["most_calls"]) == (40, 3 * 40 - 2 - 1)
    assert doors.service.close()


def test_every_row_read_is_counted_by_the_builder_as_by_the_list(doors: Doors) -> None:
    frame = customers(300).with_columns(pl.col("age").cast(pl.String))
    unreadable = frame.head(2).with_columns(pl.Series("customer", ["x1", "x2"]), pl.lit("old").alias("age"))
    csv = pl.concat([frame, frame.tail(20), unreadable]).write_csv().encode()
    key = doors.ask(doors.pages, "PUT", "/tables?name=a.csv", content=csv).json()["location"][-16:]
    form = FORM | {"table": key, "exclude_column_0": "job", "exclude_level_0": "student"}
    where = doors.ask(doors.pages, "POST", "/lists", data=form).headers["location"]
    made = pl.read_parquet(doors.desk.runs / where.rsplit("/", 1)[-1] / "call_list.parquet")
    counts = dict(made["status"].value_counts().iter_rows())
    twice = (made["suppressed_because"] == "another row of the same customer is used").sum()
    for exact in ("yes", "no"):
        seen = doors.ask(doors.pages, "POST", "/lists/preview", json=form | {"exact": exact}).json()
        assert (seen["read"], seen["rejected"]) == (322, counts["rejected"]) == (len(made), 2)
        assert seen["eligible"] == seen["most_calls"] == len(made) - counts["suppressed"] - counts["rejected"]
        assert seen["suppressed"]["another row of the same customer is used"] == twice > 0
        assert sum(seen["suppressed"].values()) == counts["suppressed"]
    assert pages.list_builder(doors.desk, key, form)["seen"]["read"] == 322


def test_sco_07_a_thousand_customers_through_every_door(doors: Doors, tmp_path: Path) -> None:
    prove(doors, 1_000, tmp_path)


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_sco_07_ten_thousand_customers_through_every_door(doors: Doors, tmp_path: Path) -> None:
    prove(doors, 10_000, tmp_path)
