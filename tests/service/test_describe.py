"""What the service says of itself is what it does: every reply has the shape that its description gives."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator

from segmint.contract.contract import load_contract, parse_contract
from segmint.service.app import WAYS, Service
from segmint.service.body import MOST_EXPLAINED, MOST_ROWS, MOST_TEXT
from segmint.service.champion import Champion
from segmint.service.describe import NUMBER_OF_NOBODY, openapi, row_schema
from segmint.service.tables import READING, settings_without_files
from segmint.store.bundle import open_bundle, write_bundle

from .small import CONTRACT, GOOD, SEGMENTS, small_parts

pytestmark = pytest.mark.usefixtures("undrawn_lists")
Ask = Callable[..., httpx.Response]
BAD = {"age": "x", "job": "student"}


@pytest.fixture
def told(ask: Ask) -> dict[str, Any]:
    return dict(ask("GET", "/openapi.json").json())


def hold(told: dict[str, Any], path: str, method: str, answer: httpx.Response) -> None:
    """Hold a reply against the schema of its status and kind."""
    responses = told["paths"][path][method]["responses"]
    status = str(answer.status_code)
    said = responses[status if status in responses else f"{status[0]}XX"]["content"]
    schema = said[answer.headers["content-type"].partition(";")[0]]["schema"]
    Draft202012Validator(schema | {"components": told["components"]}).validate(answer.json())


def test_every_route_is_described_and_no_other(told: dict[str, Any]) -> None:
    described = {(path, method.upper()) for path, ways in told["paths"].items() for method in ways}
    assert described == {(way.path, way.method) for way in WAYS}


def test_only_who_is_to_come_again_is_told_when(told: dict[str, Any]) -> None:
    for path, ways in told["paths"].items():
        for way in ways.values():
            said = {status for status, answer in way["responses"].items() if "retry-after" in answer["headers"]}
            later = {"429", "503"} | ({"409"} if path == "/v1/target" else set())
            assert said == (set() if path.startswith("/health/") else later), path
            counted = {name for name in way["responses"]["200"]["headers"] if name.startswith("segmint-")}
            assert ("segmint-read" in counted) == (path == "/v1/predict")


def test_replies_have_the_shape_that_is_described(ask: Ask, told: dict[str, Any]) -> None:
    for path in ("/v1/predict", "/v1/explain"):
        for body in ({"rows": [GOOD, BAD, {}]}, {"rows": [BAD] * 2_000}, {"rows": 1}):
            hold(told, path, "post", ask("POST", path, body))
    for path in ("/v1/bundle", "/v1/contract", "/health/live", "/health/ready", "/openapi.json"):
        hold(told, path, "get", ask("GET", path))
    hold(told, "/v1/bundle", "get", ask("GET", "/v1/bundle", headers={"authorization": ""}))
    hold(told, "/v1/target", "post", ask("POST", "/v1/target?seed=1", {"rows": [GOOD]}))
    money = "economics.cost_per_call=1&economics.value_per_success=100"
    rows = [GOOD | {"phone": f"+4822123{n:04}"} for n in range(20)]
    made = ask("POST", f"/v1/target?{money}", {"rows": [*rows, BAD | {"phone": "+48221230099"}]})
    assert made.json()["rejected"]
    hold(told, "/v1/target", "post", made)


@pytest.mark.parametrize("word", ["nan", "inf", "-1e999", "99"])
def test_a_word_for_no_value_is_null_in_the_example(word: str, tmp_path: Path) -> None:
    parts = small_parts()
    contract = parse_contract(f'missing = ["", "{word}"]\n{CONTRACT}', origin="test")
    rows = [{"age": f" {word} ", "job": "student"}, *parts["golden"]["rows"][1:]]
    write_bundle(tmp_path / "coded", **parts | {"contract": contract, "golden": parts["golden"] | {"rows": rows}})
    bundle = open_bundle(tmp_path / "coded")
    customer = openapi(bundle)["components"]["schemas"]["customer"]
    assert customer == row_schema(bundle.contract, bundle.at, rows[0])
    assert customer["examples"] == [{"age": None, "job": "student", "phone": NUMBER_OF_NOBODY}]
    json.dumps(openapi(bundle), allow_nan=False)


def test_segments_are_described_where_the_bundle_knows_some(told: dict[str, Any], tmp_path: Path) -> None:
    write_bundle(tmp_path / "knows", **small_parts() | {"segments": SEGMENTS})
    knows = openapi(open_bundle(tmp_path / "knows"))
    for name in ("predictions", "explanations"):
        plain, named = (
            one["components"]["schemas"][name]["properties"]["answers"]["items"]["properties"] for one in (told, knows)
        )
        assert {"propensity", "propensity_low", "propensity_high"} <= plain.keys()
        assert "segment" not in plain
        assert named["segment"]["enum"] == ["Students", "Others"]


def test_an_answer_is_a_prediction_or_an_error(told: dict[str, Any]) -> None:
    answer = told["components"]["schemas"]["predictions"]["properties"]["answers"]["items"]
    check = Draft202012Validator(answer | {"components": told["components"]}).is_valid
    assert check({"row": 0, "predicted": "yes", "propensity": 0.5})
    assert check({"row": 0, "error": {"code": "empty_row", "detail": "b"}})
    for wrong in ({"row": 0}, {"row": 0, "predicted": "perhaps"}, {"row": 0, "predicted": "yes", "propensity": 2}):
        assert not check(wrong)


def test_a_list_has_the_shape_that_is_described(ask: Ask, told: dict[str, Any]) -> None:
    rows = [GOOD | {"phone": f"+4930{n:07}"} for n in range(20)]
    setting = "economics.cost_per_call=1&economics.value_per_success=100&policy.holdout_share=0"
    answer = ask("POST", f"/v1/target?{setting}", {"rows": rows})
    assert answer.status_code == 200, answer.text
    assert answer.json()["list"]
    hold(told, "/v1/target", "post", answer)


SAFETY = """
[columns.opt_in]
kind = "category"
role = "consent"
label = "opt-in"
allowed = ["Nie", "Tak"]
[columns.died]
kind = "text"
role = "exclude_if"
label = "died"
[columns.arrears]
kind = "number"
role = "exclude_if"
label = "payments in arrears"
"""


def test_the_example_can_be_listed_and_what_a_list_needs_is_described(
    service: Service, ask: Ask, tmp_path: Path
) -> None:
    write_bundle(tmp_path / "safe", **small_parts() | {"contract": parse_contract(CONTRACT + SAFETY, origin="test")})
    service.champion = Champion(tmp_path / "safe", tmp_path)
    told, customer = ask("GET", "/openapi.json").json(), ask("GET", "/v1/contract").json()
    example = customer["examples"][0]
    assert example | {"age": 20, "job": "admin."} == example
    assert [example[name] for name in ("opt_in", "died", "arrears")] == ["Tak", "no", 0]
    setting = "economics.cost_per_call=1&economics.value_per_success=100&policy.holdout_share=0"
    answer = ask("POST", f"/v1/target?{setting}", {"rows": [example, example | {"opt_in": "Nie"}]})
    assert answer.status_code == 200, answer.text
    assert answer.json()["counts"]["listed"] == 1
    schema = told["paths"]["/v1/target"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    check = Draft202012Validator(schema | {"components": told["components"]}).is_valid
    assert check({"rows": [example]})
    for name in ("phone", "opt_in", "died", "arrears"):
        fewer = {key: value for key, value in example.items() if key != name}
        assert not check({"rows": [fewer]})
        assert Draft202012Validator(customer).is_valid(fewer)  # predictions do not need it
        assert ask("POST", f"/v1/target?{setting}", {"rows": [fewer]}).json()["code"] == "contract"


def test_limits_and_settings_are_told(told: dict[str, Any], service: Service) -> None:
    schemas = told["components"]["schemas"]
    assert schemas["rows"]["properties"]["rows"]["maxItems"] == MOST_ROWS
    assert schemas["few_rows"]["properties"]["rows"]["maxItems"] == MOST_EXPLAINED
    parameters = told["paths"]["/v1/target"]["post"]["parameters"]
    assert [one["name"] for one in parameters if one["in"] == "header"] == ["Idempotency-Key"]
    settings = {one["name"]: one["schema"] for one in parameters if one["in"] == "query"}
    assert set(settings) == settings_without_files() | READING
    assert {one["name"] for one in told["paths"]["/v1/predict"]["post"]["parameters"]} == READING
    words = {one["name"]: one["description"] for one in told["paths"]["/v1/target"]["post"]["parameters"]}
    for name in READING:
        assert words[name].startswith("Of text/csv")
        assert ("text/csv only" in words[name], "refused with JSON" in words[name]) == (name != "data.decimal", True)
    assert words["policy.contact_rate"].startswith("As in a policy file.")
    shown = {name: column["description"] for name, column in schemas["customer"]["properties"].items()}
    assert {name: "1.234 can be read in two ways" in text for name, text in shown.items()} == {
        "age": True,
        "job": False,
        "phone": False,
    }
    assert settings["policy.contact_rate"] == {"minimum": 1e-6, "maximum": 1, "type": "number"}
    assert settings["policy.exclude"] == {"type": "string"}
    assert told == openapi(service.champion.handle.bundle)


@pytest.mark.parametrize("value", ["9" * 5_000, "[" * 20_000, "{a = [1,", "nan", "%00", "%ff"])
def test_a_setting_that_makes_no_sense_is_refused(ask: Ask, value: str) -> None:
    answer = ask("POST", f"/v1/target?policy.contact_rate={value}", {"rows": [GOOD]})
    assert (answer.status_code, answer.json()["code"]) == (422, "policy")
    assert len(answer.content) < 16_384


@pytest.mark.parametrize("value", ["NaN", "nan", "Infinity", "-inf"])
def test_money_that_is_no_number_is_refused_before_a_column_is_looked_for(ask: Ask, value: str) -> None:
    query = f"economics.cost_per_call={value}&economics.value_per_success=9"
    answer = ask("POST", f"/v1/target?{query}", {"rows": [GOOD | {"phone": "+48221234567"}]})
    assert (answer.status_code, answer.json()["field"]) == (422, "query")
    assert "economics.cost_per_call" in answer.json()["detail"]
    assert "the name of a column" in answer.json()["detail"]


@pytest.mark.parametrize(
    "setting",
    [
        "policy.capacities=secret17",
        "policy.quotas=[{column='secret17'}]",
        "policy.budget_calls.secret17=1",
        "policy.call_windows=['secret17']&economics.cost_per_call=1&economics.value_per_success=9",
    ],
)
def test_a_setting_that_makes_no_sense_is_not_echoed(ask: Ask, setting: str) -> None:
    answer = ask("POST", f"/v1/target?{setting}", {"rows": [GOOD]})
    assert (answer.status_code, answer.json()["code"]) == (422, "policy")
    assert "Expected: " in answer.json()["detail"]
    assert "secret17" not in answer.text


def test_the_example_of_a_row_can_be_sent_as_it_is() -> None:
    """Its numbers were texts; of 123.456 as a text nobody could say what it means."""
    contract = parse_contract(CONTRACT, origin="test")
    for text, number in (("123.456", 123.456), ("41", 41), ("", None)):
        assert row_schema(contract, "planning", {"age": text, "job": "7.125"})["examples"] == [
            {"age": number, "job": "7.125", "phone": NUMBER_OF_NOBODY}
        ]


def test_a_schema_names_the_longest_text_and_needs_an_id_for_a_list_only(tmp_path: Path) -> None:
    identity = '[columns.client]\nkind = "text"\nrole = "id"\nlabel = "customer"\n'
    contract = parse_contract(CONTRACT + identity, origin="test")
    schema = row_schema(contract, "planning")
    row = GOOD | {"stranger": "x" * MOST_TEXT}
    Draft202012Validator(schema).validate(row)
    for name in (*schema["properties"], "stranger"):
        assert not Draft202012Validator(schema).is_valid(row | {name: "x" * (MOST_TEXT + 1)}), name
    write_bundle(tmp_path / "named", **small_parts() | {"contract": contract})
    listed = openapi(open_bundle(tmp_path / "named"))["components"]["schemas"]["listed_customer"]
    assert listed["allOf"][1]["required"] == ["phone", "client"]


def test_the_row_in_the_document_is_a_whole_one() -> None:
    text = (Path(__file__).parents[2] / "docs" / "service.md").read_text("utf-8")
    row = json.loads(text.partition("/v1/predict -d '")[2].partition("'")[0])["rows"][0]
    contract = load_contract("bank-marketing")
    assert set(row) == set(row_schema(contract, "planning")["required"])
    for name, value in row.items():
        column = contract.by_name[name]
        assert not column.allowed or value in column.allowed, name
