"""The HTTP service: what it answers, to whom, and what it refuses without ever falling over."""

from __future__ import annotations

import bz2
import errno
import gzip
import io
import json
import os
import random
import re
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import polars as pl
import pyarrow as pa
import pytest

from segmint.contract.ledger import Ledger
from segmint.errors import BundleError, DataError, RunError
from segmint.flows.serve import FEW_VALUES, answer_rows
from segmint.flows.steps.bundle import predictor_of
from segmint.service import app, tables
from segmint.service.app import WAYS, Service
from segmint.service.champion import Handle
from segmint.service.keys import FileRing
from segmint.service.limits import Workers
from segmint.store.bundle import open_bundle
from segmint.store.runs import runs_in
from segmint.targeting.policy import ContactRules

from .small import GOOD
from .test_champion import run_with_bundle

pytestmark = [
    pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning"),
    pytest.mark.usefixtures("undrawn_lists"),
]
Ask = Callable[..., httpx.Response]
CSV = {"content-type": "text/csv"}
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
TABLE = b"age,job\n41,student\n"
ECONOMICS = "economics.cost_per_call=1&economics.value_per_success=100&policy.holdout_share=0"

HOSTILE = [
    b"", b"{", b"[]", b"null", b"true", b"1", b'"rows"', b"\xff\xfe", b"\xef\xbb\xbf{}", b"[" * 100_000,
    b'{"a":' * 50_000, b'{"rows":[]}', b'{"rows":{}}', b'{"rows":[1]}', b'{"rows":[[]]}', b'{"rows":[null]}',
    b'{"rows":[{"age":NaN,"job":"student"}]}', b'{"rows":[{"age":Infinity,"job":"student"}]}',
    b'{"rows":[{"age":1e999,"job":"student"}]}', b'{"rows":[{"age":-1e999,"job":"student"}]}',
    b'{"rows":[{"age":1,"age":2,"job":"student"}]}', b'{"rows":[{"age":' + b"9" * 5_000 + b',"job":"student"}]}',
    b'{"rows":[{"age":{"a":1},"job":"student"}]}', b'{"rows":[{"age":[1],"job":"student"}]}',
    b'{"rows":[{"age":1,"job":"\\ud800"}]}', b'{"rows":[{"\\udfff":1}]}', b'{"rows":[{"age":1,"job":"a\x00b"}]}',
    b'{"rows":[{"age":1,"job":"student"}],"more":1}', b'{"rows":[{}]}', b'{"rows":[{"age":1}]}',
]  # fmt: skip


def problem(answer: httpx.Response) -> dict[str, Any]:
    assert answer.headers["content-type"] == "application/problem+json"
    told: dict[str, Any] = answer.json()
    assert len(answer.content) < 16_384
    return told


def test_a_customer_gets_the_propensity_of_the_batch(ask: Ask, bundle: Path) -> None:
    told = ask("POST", "/v1/predict", {"rows": [GOOD]}).json()
    opened = open_bundle(bundle)
    expected = predictor_of(opened).probabilities(pl.DataFrame({"age": [41.0], "job": ["student"]}))[0, 1]
    assert told["answers"][0]["propensity"] == pytest.approx(expected, abs=1e-6)
    assert told["bundle"] == opened.digest


def test_sco_07_json_csv_and_parquet_say_the_same_of_5000_customers(ask: Ask, tmp_path: Path) -> None:
    draw = random.Random(7)
    rows = [{"age": draw.randint(17, 110), "job": draw.choice(["admin.", "student"])} for _ in range(5_000)]
    frame = pl.DataFrame(rows)
    by_json = [answer["propensity"] for answer in ask("POST", "/v1/predict", {"rows": rows}).json()["answers"]]
    text = ask("POST", "/v1/predict", frame.write_csv().encode(), headers={"content-type": "text/csv"})
    assert (text.headers["segmint-read"], text.headers["segmint-rejected"]) == ("5000", "0")
    by_csv = pl.read_csv(text.content)["propensity"].to_list()
    frame.write_parquet(tmp_path / "t.parquet")
    body = (tmp_path / "t.parquet").read_bytes()
    binary = ask("POST", "/v1/predict", body, headers={"content-type": "application/vnd.apache.parquet"})
    (tmp_path / "back.parquet").write_bytes(binary.content)
    by_parquet = pl.read_parquet(tmp_path / "back.parquet")["propensity"].to_list()
    assert by_json == pytest.approx(by_csv, abs=1e-6)
    assert by_csv == pytest.approx(by_parquet, abs=1e-6)


def test_bad_rows_among_good_ones_add_up_and_name_the_column_only(ask: Ask) -> None:
    rows = [GOOD, {"age": "SECRET", "job": "student"}, {"job": "student"}, {"age": 400, "job": "astronaut"}]
    told = ask("POST", "/v1/predict", {"rows": rows}).json()
    assert (told["read"], told["accepted"], told["rejected"]) == (4, 2, 2)
    assert [answer["row"] for answer in told["answers"]] == [0, 1, 2, 3]
    assert "age" in told["answers"][1]["error"]["detail"]
    assert told["answers"][2]["error"] == {"code": "column_missing", "detail": "Not sent: age."}
    assert "age" in told["answers"][3]["flags"]
    assert "job" in told["answers"][3]["flags"]
    assert "SECRET" not in json.dumps(told)


def by_table(ask: Ask, frame: pl.DataFrame | bytes, kind: str) -> tuple[pl.DataFrame, httpx.Headers]:
    """Send a table and read the one that comes back."""
    body = io.BytesIO()
    if isinstance(frame, bytes):
        body.write(frame)
    elif kind == "csv":
        frame.write_csv(body)
    else:
        frame.write_parquet(body)
    media = {"csv": "text/csv", "parquet": "application/vnd.apache.parquet"}[kind]
    answer = ask("POST", "/v1/predict", body.getvalue(), headers={"content-type": media})
    assert answer.status_code == 200, answer.text
    read = pl.read_csv if kind == "csv" else pl.read_parquet
    return read(io.BytesIO(answer.content)), answer.headers


def test_a_caller_may_say_how_a_table_is_written(ask: Ask) -> None:
    """The charset of the content type, and settings of the query: "1,250" alone is ambiguous, and 0xB3 is any letter."""
    table = "client|age|job|phone|note\nc1|41,250|student|+48221234567|Wałęsa\n"
    plain = pl.read_csv(ask("POST", "/v1/predict", b"client,age,job\nc1,41.25,student\n", headers=CSV).content)
    query, media = "data.decimal=comma&data.delimiter=%7C", "text/csv; charset=iso-8859-2"
    came = ask("POST", f"/v1/predict?{query}", table.encode("iso-8859-2"), headers={"content-type": media})
    assert came.status_code == 200, came.text
    found = pl.read_csv(came.content)
    assert found["note"].item() == "Wałęsa"
    assert found["propensity"].item() == pytest.approx(plain["propensity"].item(), abs=1e-9)
    listed = ask(
        "POST",
        f"/v1/target?{query}&economics.cost_per_call=1&economics.value_per_success=900",
        table.encode("iso-8859-2"),
        headers={"content-type": media},
    )
    assert listed.status_code == 200, listed.text
    assert listed.json()["list"][0]["propensity"] == pytest.approx(plain["propensity"].item(), abs=1e-6)
    # a list of one: the run does not tell its money, whoever may read the list sees it
    assert listed.json()["expected_profit"] == listed.json()["list"][0]["expected_profit"]
    assert "is not said of fewer than 10 customers" in " ".join(listed.json()["sentences"])


@pytest.mark.parametrize("bundle", ["dialling"], indirect=True)
def test_a_list_is_made_with_a_bundle_of_another_moment_than_the_default(ask: Ask) -> None:
    """The child was handed every default as if set, data.at too, and every list was refused."""
    made = ask("POST", f"/v1/target?{ECONOMICS}", {"rows": [GOOD | {"phone": "+48221234567"}]})
    assert made.status_code == 200, made.text
    assert 'segmint_rows_total{became="accepted"} 1.0' in ask("GET", "/metrics").text
    assert not any("policy.attempts" in said for said in made.json()["sentences"])


def test_what_needs_a_history_of_calls_says_who_names_it(ask: Ask) -> None:
    rows = {"rows": [GOOD | {"phone": "+48221234567"}]}
    rest = ask("POST", f"/v1/target?{ECONOMICS}&policy.rest_days=30", rows)
    assert (rest.status_code, rest.json()["code"]) == (422, "policy")
    assert (
        "name the file in policy.history of the operator's --policy, or set policy.rest_days to 0"
        in rest.json()["detail"]
    )
    made = ask("POST", f"/v1/target?{ECONOMICS}&policy.attempts=1", rows)
    assert made.status_code == 200, made.text
    *_, files = made.json()["sentences"]
    assert any("no file of earlier calls is named as policy.history" in said for said in made.json()["sentences"])
    assert files == "Only the operator of the service can name files, in --policy: policy.suppress, policy.history."


@pytest.mark.parametrize("query", ["data.decimal=maybe", "data.sheet=a", "policy.budget_calls=3", "data.delimiter=ab"])
def test_a_way_of_writing_that_makes_no_sense_is_refused(ask: Ask, query: str) -> None:
    came = ask("POST", f"/v1/predict?{query}", b"age,job\n41,student\n", headers=CSV)
    assert came.status_code == 422
    assert came.json()["field"] == "query"


@pytest.mark.parametrize("path", ["/v1/predict?", f"/v1/target?{ECONOMICS}&"])
def test_an_encoding_that_nobody_knows_is_told_by_where_it_was_sent_and_not_repeated(ask: Ask, path: str) -> None:
    by_head = ask("POST", path[:-1], TABLE, headers={"content-type": "text/csv; charset=klingon"})
    by_query = ask("POST", f"{path}data.encoding=klingon", TABLE, headers=CSV)
    assert [(a.status_code, problem(a)["code"], a.json().get("field")) for a in (by_head, by_query)] == [
        (415, "media_type", None),
        (422, "policy", "query"),
    ]
    assert "klingon" not in by_head.text + by_query.text
    assert "Content-Type" in by_head.text
    assert "data.encoding" in by_query.text


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/predict?data.decimal=comma"),
        ("POST", "/v1/explain?data.decimal=comma"),
        ("POST", f"/v1/target?{ECONOMICS}&data.decimal=comma"),
        ("POST", "/v1/predict?policy.budget_calls="),
        ("GET", "/v1/bundle?bundle=other"),
        ("GET", "/v1/contract?at=dialling"),
        ("GET", "/openapi.json?x"),
    ],
)
def test_a_setting_that_nobody_reads_is_refused(ask: Ask, method: str, path: str) -> None:
    """A query at JSON was ignored: "1,234" stayed 1234 where the caller had said that a comma is decimal."""
    answer = ask(method, path, {"rows": [GOOD | {"phone": "+48221234567"}]} if method == "POST" else None)
    told = problem(answer)
    assert (answer.status_code, told["code"], told["field"]) == (422, "setting", "query")
    reads_some = path.startswith(("/v1/predict", "/v1/target"))
    assert ("table" in told["detail"]) == reads_some
    assert (told["detail"] == "This address reads no query. Leave it out.") != reads_some


@pytest.mark.parametrize(
    ("path", "named"),
    [
        (f"/v1/target?{ECONOMICS}&policy.budget_calls=30&policy.budget_calls=40", "policy.budget_calls"),
        ("/v1/predict?data.decimal=comma&data.delimiter=;&data.decimal=point", "data.decimal"),
    ],
)
def test_a_setting_that_comes_twice_is_refused(ask: Ask, path: str, named: str) -> None:
    """The last was taken without a word."""
    answer = ask("POST", path, TABLE, headers=CSV)
    told = problem(answer)
    assert (answer.status_code, told["code"], told["field"]) == (422, "setting", "query")
    assert told["detail"] == f"The setting {named} is sent more than once. Send each setting once."


def test_an_encoding_of_the_query_goes_before_the_charset_of_the_head(ask: Ask) -> None:
    body, head = "age,job,note\n41,student,Wałęsa\n".encode("iso-8859-2"), {"content-type": "text/csv; charset=utf-8"}
    came = ask("POST", "/v1/predict?data.encoding=iso-8859-2", body, headers=head)
    assert came.status_code == 200, came.text
    assert pl.read_csv(came.content)["note"].item() == "Wałęsa"


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_table_comes_back_with_a_row_for_every_record_and_says_which_were_rejected(ask: Ask, kind: str) -> None:
    ages, jobs = ["41", "SECRET", "30", "old", "22"], ["student", "student", "nobody", "admin.", "student"]
    sent = pl.DataFrame(
        {"client": [f"c{n}" for n in range(5)], "age": ages, "job": jobs, "error": ["a", "b", "c", "d", "e"]}
    )
    came, head = by_table(ask, sent, kind)
    assert [head[f"segmint-{name}"] for name in ("read", "accepted", "rejected")] == ["5", "3", "2"]
    assert came["record"].to_list() == [1, 2, 3, 4, 5]
    assert came["client"].to_list() == sent["client"].to_list()
    assert came["error_input"].to_list() == sent["error"].to_list()
    assert came["age"].to_list() == ages
    assert came["error"].to_list() == [
        None, "not_a_number: 'age' is not a number.", None, "not_a_number: 'age' is not a number.", None,
    ]  # fmt: skip
    assert came["propensity"].is_null().to_list() == [False, True, False, True, False]
    assert came["flags"].to_list()[2] == "job: unseen level"
    rows = sent.to_dicts()
    by_json = ask(
        "POST", "/v1/predict", {"rows": [{name: row[name] for name in ("age", "job")} for row in rows]}
    ).json()
    assert [("error" in answer) for answer in by_json["answers"]] == came["error"].is_not_null().to_list()
    told = ask("GET", "/metrics").text
    assert 'segmint_rows_total{became="rejected"} 4.0' in told


def test_a_row_of_parquet_without_any_value_comes_back_too(ask: Ask) -> None:
    sent = pl.DataFrame({"age": [41, 30, None, 22], "job": ["student", "admin.", None, "student"]})
    came, head = by_table(ask, sent, "parquet")
    assert [head[f"segmint-{name}"] for name in ("read", "accepted", "rejected")] == ["4", "3", "1"]
    assert came["record"].to_list() == [1, 2, 3, 4]
    assert came["error"].to_list() == [None, None, "empty_row: The row holds no value.", None]
    by_csv, _ = by_table(ask, sent, "csv")
    assert by_csv["record"].to_list() == [1, 2, 4]


def test_what_came_back_can_be_sent_again(ask: Ask) -> None:
    came, _ = by_table(ask, pl.DataFrame({"age": [41, 30], "job": ["student", "admin."]}), "parquet")
    again, _ = by_table(ask, came, "parquet")
    third, _ = by_table(ask, again, "parquet")
    for name in ("propensity", "record", "flags"):
        assert third[name].to_list() == came[name].to_list()
    assert {"error_input", "error_input_input", "propensity_input_input"} <= set(third.columns)


def test_a_record_that_is_no_row_of_the_table_comes_back_with_its_number(ask: Ask) -> None:
    came, head = by_table(ask, b'age,job\n41,student\n41\n1,2,3\n"4\n1",student\n30,admin.\n', "csv")
    assert head["segmint-read"] == str(len(came)) == "5"
    assert came["record"].to_list() == [1, 2, 3, 4, 5]
    assert came["error"].is_null().to_list() == [True, False, False, False, True]
    assert [str(text).split(":")[0] for text in came["error"].to_list()[1:3]] == ["too_few_fields", "too_many_fields"]
    assert came["age"].to_list()[1:3] == [None, None]


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_table_of_bad_rows_only_is_answered_row_by_row_and_one_without_rows_is_refused(ask: Ask, kind: str) -> None:
    came, head = by_table(ask, pl.DataFrame({"age": ["x", "y"], "job": ["student", "student"]}), kind)
    assert (head["segmint-accepted"], len(came), came["error"].null_count()) == ("0", 2, 0)
    empty = ask("POST", "/v1/predict", b"age,job\n", headers={"content-type": "text/csv"})
    assert empty.status_code == 422


def test_api_01_and_02_hostile_bodies_are_refused_and_never_break_anything(ask: Ask) -> None:
    for body in HOSTILE:
        for path in ("/v1/predict", "/v1/explain"):
            answer = ask("POST", path, body)
            assert answer.status_code < 500, (path, body[:60])
            if answer.status_code >= 400:
                problem(answer)
            else:  # a row of its own is refused, with a reason
                assert answer.json()["rejected"] + answer.json()["accepted"] == 1


def test_api_01_a_thousand_mutilated_bodies_give_no_5xx(ask: Ask) -> None:
    draw = random.Random(1)
    good = json.dumps({"rows": [GOOD, GOOD]}).encode()
    for _ in range(1_000):
        body = bytearray(good)
        for _ in range(draw.randint(1, 6)):
            place = draw.randrange(len(body))
            body[place : place + draw.randint(0, 3)] = bytes(draw.choices(range(256), k=draw.randint(0, 3)))
        assert ask("POST", "/v1/predict", bytes(body)).status_code < 500


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"rows":[{"age":NaN}]}', "not_finite"),
        (b'{"rows":[{"age":1,"age":1}]}', "duplicate_key"),
        (b'{"rows":[{"job":"\\ud800"}]}', "lone_surrogate"),
        (b'{"rows":[{"age":[1]}]}', "nested"),
        (b"[" * 100_000, "too_deep"),
        (b"\xef\xbb\xbf{}", "byte_order_mark"),
    ],
)
def test_api_02_what_is_wrong_has_a_code(ask: Ask, body: bytes, code: str) -> None:
    assert problem(ask("POST", "/v1/predict", body))["code"] == code


def test_api_03_bodies_have_limits_and_kinds(ask: Ask) -> None:
    too_large = b'{"rows":[{"job":"' + b"x" * (9 << 20) + b'"}]}'
    assert problem(ask("POST", "/v1/predict", too_large))["code"] == "too_large"
    assert ask("POST", "/v1/predict", {"rows": [GOOD] * 10_001}).status_code == 422
    for media in ("multipart/form-data; boundary=x", "text/plain", "application/x-www-form-urlencoded"):
        assert ask("POST", "/v1/predict", b"a", headers={"content-type": media}).status_code == 415
    assert ask("POST", "/v1/predict", b"{}", headers={"content-encoding": "gzip"}).status_code == 415
    assert ask("POST", "/v1/predict", {"rows": [GOOD]}, headers={"content-encoding": "Identity"}).status_code == 200
    for pack in (gzip.compress, bz2.compress):
        packed = problem(ask("POST", "/v1/predict", pack(json.dumps({"rows": [GOOD]}).encode())))
        assert (packed["status"], packed["code"], packed["field"]) == (415, "content_encoding", "body")


@pytest.mark.parametrize("path", ["/v1/predict", "/v1/explain", f"/v1/target?{ECONOMICS}"])
def test_api_03_json_that_is_said_to_be_in_another_charset_is_refused(ask: Ask, path: str) -> None:
    """It was read as UTF-8 whatever its head said."""
    body = {"rows": [GOOD | {"phone": f"+4930{n:07}"} for n in range(20)]}
    for charset in ("iso-8859-1", '"UTF-16"', "klingon", "utf-8-sig", "a\0b"):
        answer = ask("POST", path, body, headers={"content-type": f"application/json; charset={charset}"})
        assert (answer.status_code, problem(answer)["code"]) == (415, "media_type")
        assert "UTF-8" in answer.json()["detail"]
    fine = ("utf-8", '"UTF-8"', "utf8", "utf_8", "us-ascii", "ASCII")
    # Each list takes a child, and whoever reads the head is the same.
    for charset in fine[1::3] if "target" in path else fine:
        said = {"content-type": f"application/json;charset={charset}"}
        assert ask("POST", path, body, headers=said).status_code == 200


def packed_as_workbook() -> bytes:
    book = io.BytesIO()
    with zipfile.ZipFile(book, "w") as archive:
        archive.writestr("table.csv", TABLE)
    return book.getvalue()


def as_parquet() -> bytes:
    body = io.BytesIO()
    pl.read_csv(TABLE).write_parquet(body)
    return body.getvalue()


@pytest.mark.parametrize("path", ["/v1/predict", f"/v1/target?{ECONOMICS}"])
@pytest.mark.parametrize(
    ("media", "body", "code", "named"),
    [
        ("text/csv", gzip.compress(TABLE, mtime=0), "content_encoding", "gzip"),
        ("text/csv", pa.Codec("zstd").compress(TABLE).to_pybytes(), "content_encoding", "zstd"),
        ("text/csv", bz2.compress(TABLE), "content_encoding", "bzip2"),
        ("text/csv", packed_as_workbook(), "content_encoding", "zip"),
        ("text/csv", as_parquet(), "media_type", "application/vnd.apache.parquet"),
        ("application/vnd.apache.parquet", TABLE, "media_type", "PAR1"),
        ("application/vnd.apache.parquet", gzip.compress(as_parquet(), mtime=0), "media_type", "PAR1"),
    ],
    ids=["gzip", "zstd", "bzip2", "zip", "parquet as text", "text as parquet", "gzip as parquet"],
)
def test_api_03_a_table_is_what_its_head_says_and_is_never_unpacked(
    ask: Ask, path: str, media: str, body: bytes, code: str, named: str
) -> None:
    answer = ask("POST", path, body, headers={"content-type": media})
    told = problem(answer)
    assert (answer.status_code, told["code"], told["field"]) == (415, code, "body")
    assert named in told["detail"]


def test_api_03_a_table_that_is_none_is_refused(ask: Ask) -> None:
    for media in ("text/csv", "application/vnd.apache.parquet"):
        for body in (b"", b"\x00\x01\x02", b"PAR1", b"age;job\n"):
            answer = ask("POST", "/v1/predict", body, headers={"content-type": media})
            assert 400 <= answer.status_code < 500, (media, body)
            assert "/tmp" not in answer.text


def test_api_06_every_route_asks_for_its_scope(ask: Ask, keys: dict[str, str]) -> None:
    for way in WAYS:
        body = {"rows": [GOOD]} if way.method == "POST" else None
        nobody = ask(way.method, way.path, body, headers={"authorization": ""})
        wrong = ask(way.method, way.path, body, headers={"authorization": "Bearer sgm_wrong"})
        assert (nobody.status_code == 200) == (wrong.status_code == 200) == (way.scope is None)
        for scope in ("read", "predict", "target"):
            if way.scope is not None and scope != way.scope:
                other = ask(way.method, way.path, body, headers={"authorization": f"Bearer {keys[scope]}"})
                assert other.status_code == 403, (way.path, scope)
        assert ask(way.method, f"{way.path}?key={keys['all']}", body, headers={"authorization": ""}).status_code in (
            200 if way.scope is None else 401,
        )
        for method in ("HEAD", "OPTIONS", "DELETE", "PUT"):
            if (method, way.method) != ("HEAD", "GET"):
                assert ask(method, way.path).status_code == 405
                assert ask(method, way.path, headers={"authorization": ""}).status_code == 401


def test_only_health_is_open() -> None:
    assert {way.path for way in WAYS if way.scope is None} == {"/health/live", "/health/ready"}


def test_api_08_hosts_origins_and_headers(ask: Ask) -> None:
    for host in ("evil.example", "10.0.0.7:8000", ""):
        assert ask("GET", "/v1/bundle", headers={"host": host}).status_code == 421
        for probe in ("/health/live", "/health/ready"):
            assert ask("GET", probe, headers={"host": host}).status_code == 200
    assert ask("GET", "/health/live", headers={"origin": "http://evil.example"}).status_code == 403
    foreign = ask("GET", "/v1/bundle", headers={"origin": "http://evil.example"})
    assert (foreign.status_code, problem(foreign)["title"]) == (403, "Sent from another site")
    for host in ("LOCALHOST", "LocalHost:8123"):
        assert ask("GET", "/health/live", headers={"host": host}).status_code == 200
        assert ask("GET", "/v1/bundle", headers={"host": host, "origin": f"http://{host.lower()}"}).status_code == 200
    for path in ("/health/live", "/v1/bundle", "/nowhere"):
        headers = ask("GET", path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in headers["content-security-policy"]


def test_api_02_a_truth_value_is_no_number_and_huge_ones_are_flagged(ask: Ask) -> None:
    for count in (1, FEW_VALUES):  # one by one, and as a table
        told = ask("POST", "/v1/predict", {"rows": [{"age": True, "job": "student"}] * count}).json()
        assert (told["rejected"], told["answers"][0]["error"]["code"]) == (count, "not_a_number")
        told = ask("POST", "/v1/predict", {"rows": [{"age": 10**30, "job": "student"}] * count}).json()
        assert told["answers"][0]["flags"] == "age: out of range"


def test_few_and_many_rows_are_answered_alike(ask: Ask) -> None:
    odd = [GOOD, {"age": "x", "job": "student"}, {"age": None, "job": None}, {"age": " 41 ", "job": " student "}]
    odd += [{"job": "student"}, {"age": 400.5, "job": "astronaut"}, {"age": 41, "job": "student", "stranger": "SECRET"}]
    few = [ask("POST", "/v1/predict", {"rows": [row]}).json()["answers"][0] for row in odd]
    many = ask("POST", "/v1/predict", {"rows": odd * (FEW_VALUES // 8)}).json()["answers"]
    for place, one in enumerate(few):
        other = many[place]
        assert one.keys() == other.keys()
        assert one.get("flags") == other.get("flags")
        assert one.get("propensity") == pytest.approx(other.get("propensity"), abs=1e-6)
    assert ask("POST", "/v1/explain", {"rows": odd}).json()["rejected"] == 3
    assert few[2]["error"] == {"code": "empty_row", "detail": "The row holds no value."}


def test_a_list_is_not_made_of_rows_that_a_prediction_would_refuse(ask: Ask) -> None:
    """A misspelled key would have moved a customer on the list, and a row without any value was lost."""
    whole = {"age": 41, "job": "student", "phone": "+48221234567"}
    for odd, said in (
        ({"age": 33}, "Not sent: job."),
        ({"age": None, "job": None, "phone": ""}, "The row holds no value."),
        ({}, "Not sent"),
    ):
        answer = ask("POST", f"/v1/target?{ECONOMICS}", {"rows": [whole, odd, whole, odd]})
        assert answer.status_code == 422
        assert problem(answer)["field"] == "rows[1]"
        assert problem(answer)["detail"].startswith(f"2 of 4 rows cannot be listed; the first is rows[1]. {said}")


def test_a_list_says_which_rows_it_drops_and_where_its_customers_stood(ask: Ask) -> None:
    rows = [{"age": 41, "job": "student", "phone": f"+482212345{n}"} for n in range(10, 40)]
    rows[4] |= {"age": "SECRET"}
    told = ask("POST", f"/v1/target?{ECONOMICS}", {"rows": rows}).json()
    assert told["rejected"] == [{"row": 4, "error": {"code": "not_a_number", "detail": "'age' is not a number."}}]
    assert {entry["row"] for entry in told["list"]} == set(range(30)) - {4}
    assert all(entry["customer"] == str(entry["row"] + 1) for entry in told["list"])
    table = pl.DataFrame([{name: str(value) for name, value in row.items()} for row in rows]).write_csv().encode()
    came = ask("POST", f"/v1/target?{ECONOMICS}", table, headers=CSV).json()
    assert [(entry["record"], entry["error"]["code"]) for entry in came["rejected"]] == [(5, "not_a_number")]
    assert {entry["record"] for entry in came["list"]} == set(range(1, 31)) - {5}
    assert "SECRET" not in json.dumps([told, came])


def test_rows_that_cannot_be_read_are_refused_by_their_place_before_there_is_a_run(ask: Ask, tmp_path: Path) -> None:
    """It left a failed run with the customer's row in it, and named a row of a file that nobody sent."""
    row = {"age": 41, "job": "student", "phone": "+48221234567"}
    for age, said in (("SECRET", "is not a number."), (True, "is a truth value and should be a number.")):
        answer = ask("POST", f"/v1/target?{ECONOMICS}", {"rows": [row, row, row | {"age": age}]})
        told = problem(answer)
        assert (answer.status_code, told["code"], told["field"]) == (422, "rows", "rows[2]")
        assert told["detail"] == f"1 of 3 rows cannot be listed; the first is rows[2]. 'age' {said}"
    assert runs_in(tmp_path) == []


def test_json_numbers_of_a_list_have_one_reading_and_ids_that_are_not_used_are_said(ask: Ask) -> None:
    rows = [
        {"age": 41.125, "job": "student", "phone": f"+482212345{n}", "customer": str(99 - n)} for n in range(10, 20)
    ]
    told = ask("POST", f"/v1/target?{ECONOMICS}", {"rows": rows}).json()
    assert told["counts"]["listed"] == 10
    assert any("'customer' looks like the ids of customers" in sentence for sentence in told["sentences"])


def test_an_amount_of_the_policy_that_can_be_read_in_two_ways_refuses_its_row(ask: Ask) -> None:
    row, query = {"age": 41, "job": "student", "phone": "+48221234567"}, "economics.cost_per_call=1"
    rows = [row | {"worth": worth} for worth in (1234, "1234", "1.234")]
    answer = ask("POST", f"/v1/target?{query}&economics.value_per_success=worth", {"rows": rows})
    assert (answer.status_code, problem(answer)["field"]) == (422, "rows[2]")
    assert "'worth' is a text that can be read in two ways" in problem(answer)["detail"]
    assert ask("POST", "/v1/predict", {"rows": rows}).json()["rejected"] == 0


def test_the_same_json_value_is_the_same_customer_by_every_way(ask: Ask) -> None:
    values: list[Any] = [True, False, 3.0, 3, 3.5, 1e-7, 4e-5, 10**30, 2.0**60, "student", None]
    rows = [{"age": 41, "job": value, "phone": value} for value in values]
    few = [ask("POST", "/v1/predict", {"rows": [row]}).json()["answers"][0] for row in rows]
    many = ask("POST", "/v1/predict", {"rows": rows * 3}).json()["answers"]
    assert [one.get("flags") for one in few] == [one.get("flags") for one in many[: len(rows)]]
    assert ["error" in one for one in few] == ["error" in one for one in many[: len(rows)]]
    assert few[8]["error"]["detail"] == "'job' is a number too large to keep every digit."
    assert sum("error" in one for one in few) == 1


def test_api_11_and_12_live_and_answers_never_wait_for_a_swap(
    ask: Ask, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    opening, swap = threading.Event(), threading.Event()

    def slowly(path: Path | str, runs: Path) -> Handle:
        opening.set()
        swap.wait(30)
        raise BundleError("what is promoted cannot be opened")

    monkeypatch.setattr(Handle, "open", slowly)
    swapping = threading.Thread(target=service.champion.swap)
    swapping.start()
    assert opening.wait(20)
    for path in ("/health/live", "/v1/bundle"):
        assert ask("GET", path).status_code == 200
    assert ask("POST", "/v1/predict", {"rows": [GOOD]}).json()["accepted"] == 1
    swap.set()
    swapping.join(20)
    assert service.champion.refused == 1


def test_nowhere_is_a_problem_too(ask: Ask) -> None:
    assert problem(ask("GET", "/nowhere", headers={"authorization": ""}))["status"] == 401
    assert problem(ask("GET", "/v2/predict"))["status"] == 404
    assert problem(ask("GET", "/v1/predict"))["status"] == 405
    told = ask("GET", "/metrics").text
    for status, code in ((401, "key"), (404, "no_route"), (405, "no_route")):
        assert f'segmint_requests_total{{code="{code}",route="none",status="{status}"}} 1.0' in told


def test_the_contract_is_told_as_json_schema_with_an_example(ask: Ask) -> None:
    schema = ask("GET", "/v1/contract").json()
    assert set(schema["required"]) == {"age", "job"}
    assert "student" in schema["properties"]["job"]["description"]
    assert set(schema["examples"][0]) == {"age", "job", "phone"}
    assert ask("GET", "/openapi.json").json()["components"]["schemas"]["customer"] == schema


def test_reasons_are_words_and_bad_rows_get_theirs(ask: Ask) -> None:
    told = ask("POST", "/v1/explain", {"rows": [GOOD, {"age": "SECRET", "job": "student"}]}).json()
    assert (told["read"], told["accepted"], told["rejected"]) == (2, 1, 1)
    assert any("age" in reason for reason in told["answers"][0]["reasons"])
    assert set(told["answers"][0]["probabilities"]) == {"no", "yes"}
    assert told["answers"][1]["error"]["detail"] == "'age' is not a number."
    assert "SECRET" not in json.dumps(told)


def test_metrics_count_without_values(ask: Ask) -> None:
    ask("POST", "/v1/predict", {"rows": [GOOD, {"age": "SECRET", "job": "x"}]})
    told = ask("GET", "/metrics").text
    assert 'segmint_rows_total{became="rejected"} 1.0' in told
    assert "SECRET" not in told


def test_metrics_name_the_bundle_in_use_the_queues_and_seconds_of_quick_and_long_answers(
    ask: Ask, service: Service
) -> None:
    ask("POST", "/v1/predict", {"rows": [GOOD]})
    service.lists.busy = 3
    told = ask("GET", "/metrics").text
    assert f'segmint_bundle_info{{bundle="{service.champion.handle.digest}",run="bundle"}} 1.0' in told
    assert 'segmint_queued{queue="lists",state="working"} 1.0' in told
    assert 'segmint_queued{queue="lists",state="waiting"} 2.0' in told
    assert {'le="0.0005"', 'le="300.0"'} <= set(re.findall(r'le="[^"]*"', told))


def test_the_log_names_the_method_that_came(ask: Ask, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "segmint.service")
    for method in ("HEAD", "GET"):
        assert ask(method, "/v1/bundle").status_code == 200
    assert re.findall(r"(\S+) /v1/bundle 200", caplog.text) == ["HEAD", "GET"]


def test_api_11_ready_says_no_while_stopping_and_live_says_yes(ask: Ask, service: Service) -> None:
    assert ask("GET", "/health/ready").json()["ready"]
    service.draining = True
    assert ask("GET", "/health/ready").status_code == 503
    assert ask("GET", "/health/live").status_code == 200


def test_api_11_ready_says_no_while_the_file_of_keys_cannot_be_used(ask: Ask, service: Service, tmp_path: Path) -> None:
    ring, now = service.keys, [time.monotonic() + 10]
    assert isinstance(ring, FileRing)
    ring._clock = lambda: now[0]
    (tmp_path / "keys.toml").chmod(0o644)
    told = ask("GET", "/health/ready")
    assert (told.status_code, told.json()["code"]) == (503, "keys")
    assert ask("GET", "/health/live").status_code == 200
    (tmp_path / "keys.toml").chmod(0o600)
    now[0] += 2
    assert ask("GET", "/health/ready").json()["ready"]


def test_api_11_ready_says_no_when_every_key_has_ended(
    ask: Ask, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service.keys, "_keys", tuple(replace(k, expires=LONG_AGO) for k in service.keys._keys))
    told = ask("GET", "/health/ready")
    assert (told.status_code, told.json()["code"]) == (503, "keys")
    assert ask("GET", "/health/live").status_code == 200


def test_a_full_disk_is_said_with_when_to_come_again(
    ask: Ask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "SECRET")

    monkeypatch.setattr(app.tables, "predict_file", full)
    answer = ask("POST", "/v1/predict", b"age,job\n41,student\n", headers=CSV)
    assert (answer.status_code, problem(answer)["code"], answer.headers["retry-after"]) == (503, "storage", "60")
    assert f"/v1/predict failed: OSError ({os.strerror(errno.ENOSPC)}) at " in caplog.text
    assert "SECRET" not in caplog.text


def test_a_full_disk_of_which_polars_says_only_words_is_one_too(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    def onto_a_full_disk(frame: pl.DataFrame, path: Path) -> None:
        written(frame, Path("/dev/full"))

    written = pl.DataFrame.write_parquet
    monkeypatch.setattr(pl.DataFrame, "write_parquet", onto_a_full_disk)
    row = GOOD | {"phone": "+48221234567"}
    answer = ask("POST", f"/v1/target?{ECONOMICS}&policy.budget_calls=1", {"rows": [row] * 5_000})
    assert (answer.status_code, problem(answer)["code"], answer.headers["retry-after"]) == (503, "storage", "60")


def test_what_the_operator_has_to_mend_stands_in_the_log_with_its_code_and_callers_are_told_whom_to_tell(
    ask: Ask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def closed(*_: object) -> None:
        raise RunError("Nothing may be written into the folder '/srv/runs'.", fix="name another place: --runs")

    caplog.set_level("INFO", "segmint.service")
    monkeypatch.setattr(app.tables, "predict_file", closed)
    answer = ask("POST", "/v1/predict", TABLE, headers=CSV)
    detail = "Nothing may be written into the folder 'runs'. Next: tell whoever runs the service."
    assert (answer.status_code, problem(answer)["code"], problem(answer)["detail"]) == (503, "run", detail)
    assert "run: Nothing may be written into the folder '/srv/runs'. Next: name another place: --runs" in caplog.text
    assert "POST /v1/predict 503 run " in caplog.text
    told = ask("GET", "/metrics").text
    assert 'segmint_requests_total{code="run",route="/v1/predict",status="503"} 1.0' in told


def test_api_13_many_threads_get_the_same_answers(service: Service) -> None:
    single, seen = service.champion.handle.single, []

    def work() -> None:
        seen.append([single.customer(GOOD).propensity for _ in range(200)])

    threads = [threading.Thread(target=work) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {value for values in seen for value in values} == {single.customer(GOOD).propensity}


def test_api_14_a_full_queue_says_not_now_and_a_stuck_answer_too_long(
    ask: Ask, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = threading.Event()
    service.workers = Workers(threads=1, queue=0, seconds=0.2)
    rows = {"rows": [GOOD] * 500}
    monkeypatch.setattr(app, "answer_rows", lambda *_: free.wait(20))
    assert problem(ask("POST", "/v1/predict", rows))["code"] == "deadline"
    busy = ask("POST", "/v1/predict", rows)
    assert (busy.status_code, busy.headers["retry-after"]) == (503, "1")
    free.set()


def test_nobody_waits_for_a_table_of_somebody_else(ask: Ask, service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, free, told = threading.Event(), threading.Event(), []

    def slow(*given: Any) -> Ledger:
        begun.set()
        free.wait(20)
        raise DataError("The table holds no record.")

    monkeypatch.setattr(tables, "predict_file", slow)
    service.workers = Workers(threads=1, queue=0)
    table = threading.Thread(target=lambda: told.append(ask("POST", "/v1/predict", b"age,job\n", headers=CSV)))
    table.start()
    assert begun.wait(20)
    assert ask("POST", "/v1/predict", {"rows": [GOOD] * 500}).json()["accepted"] == 500
    assert ask("POST", "/v1/explain", {"rows": [GOOD]}).json()["accepted"] == 1
    assert not told
    free.set()
    table.join(20)
    assert told[0].status_code == 422


def test_a_table_whose_caller_was_told_that_it_takes_too_long_is_not_predicted_to_its_end(
    ask: Ask, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended: list[bool] = []
    monkeypatch.setattr(tables, "predict_file", lambda *given: ended.append(given[-1].wait(20)))
    service.tables = Workers(threads=1, queue=0, seconds=0.2)
    assert problem(ask("POST", "/v1/predict", b"age,job\n", headers=CSV))["code"] == "deadline"
    service.close()
    assert service.tables.is_idle(20)
    assert ended == [True]


def test_a_key_that_asks_too_often_is_told_when_to_come_back(ask: Ask, service: Service) -> None:
    from segmint.service.limits import Buckets

    service.buckets = Buckets(rate=0.5, burst=3)
    answers = [ask("GET", "/v1/bundle") for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    assert int(answers[-1].headers["retry-after"]) >= 1


def test_settings_that_name_files_cannot_come_over_http(ask: Ask) -> None:
    files = [f"policy.{name}" for name, field in ContactRules.model_fields.items() if "Path" in str(field.annotation)]
    assert {"policy.suppress", "policy.history", "policy.other_lists", "policy.compare_with"} <= set(files)
    for setting in [
        *(f"{name}=['/etc/passwd']" for name in files),
        "data.upcoming=/etc/passwd",
        "data.at=planning",
        "seed=1",
        "policy=x",
    ]:
        answer = ask("POST", f"/v1/target?{setting}", {"rows": [GOOD]})
        assert problem(answer)["code"] == "setting"


def test_a_policy_that_says_too_little_is_answered_in_words(ask: Ask) -> None:
    answer = ask("POST", "/v1/target?policy.budget_calls=1", {"rows": [GOOD]})
    assert problem(answer)["code"] == "policy"
    detail = answer.json()["detail"]
    assert detail.endswith("Send economics.cost_per_call and economics.value_per_success in the query.")
    assert "segmint" not in detail  # a command, which nobody has who asks over HTTP


def test_rows_of_a_list_that_name_too_many_columns_are_refused(ask: Ask) -> None:
    rows = [{"age": 1, "job": "student", f"column {n}": n} for n in range(1_001)]
    answer = ask("POST", f"/v1/target?{ECONOMICS}", {"rows": rows})
    assert (answer.status_code, problem(answer)["code"]) == (422, "column_count")
    assert "1,003" in answer.json()["detail"]


def test_nobody_waits_while_the_rows_of_a_list_are_read_or_written(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, str] = {}

    def noting(place: Any, name: str) -> None:
        real = getattr(place, name)

        def noted(*given: Any, **more: Any) -> Any:
            seen[name] = threading.current_thread().name
            return real(*given, **more)

        monkeypatch.setattr(place, name, noted)

    told = {"bundle": "of the list", "list": [GOOD] * 100}
    monkeypatch.setattr(tables, "_listed", lambda *_: tables.Listed(told, accepted=1, rejected=0))
    for place, name in ((tables, "parse_json"), (tables, "as_frame"), (app, "parse_json"), (app, "_json")):
        noting(place, name)
    assert len(ask("POST", f"/v1/target?{ECONOMICS}", {"rows": [GOOD]}).json()["list"]) == 100
    assert ask("POST", "/v1/explain", {"rows": [GOOD]}).json()["accepted"] == 1
    assert set(seen) == {"parse_json", "as_frame", "_json"}
    assert all(thread.startswith("segmint") for thread in seen.values()), seen


def test_more_than_a_few_rows_are_predicted_on_a_thread(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    """On the loop a hundred callers with sixty rows each held everybody up, probes too, and no queue counted them."""
    threads: list[str] = []

    def noting(*given: Any) -> dict[str, Any]:
        threads.append(threading.current_thread().name)
        return answer_rows(*given)

    monkeypatch.setattr(app, "answer_rows", noting)
    for count in (1, 60):
        assert ask("POST", "/v1/predict", {"rows": [GOOD] * count}).json()["accepted"] == count
    assert [thread.startswith("segmint") for thread in threads] == [False, True]


def test_predictions_do_not_wait_for_reasons(ask: Ask, service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, free = threading.Event(), threading.Event()

    def slow(*_: Any) -> dict[str, Any]:
        begun.set()
        free.wait(20)
        return {"accepted": 1, "rejected": 0}

    monkeypatch.setattr(app, "explain_rows", slow)
    service.explainers = Workers(threads=1, queue=0)
    waits = threading.Thread(target=lambda: ask("POST", "/v1/explain", {"rows": [GOOD]}))
    waits.start()
    assert begun.wait(20)
    while not service.explainers.busy:
        time.sleep(0.01)
    assert problem(ask("POST", "/v1/explain", {"rows": [GOOD]}))["code"] == "busy"
    assert ask("POST", "/v1/predict", {"rows": [GOOD] * 2_000}).json()["accepted"] == 2_000
    free.set()
    waits.join(20)


ASK_EVERYTHING = """
import asyncio, json, sys
from pathlib import Path
import httpx
from segmint.cli.serve import _with_pages
from segmint.service.app import make_app
from segmint.service.start import prepare

runs, run, said = Path(sys.argv[1]), sys.argv[2], []
service = prepare(run, runs, host="127.0.0.1", keys=None, say=said.append)
app, path = _with_pages(make_app(service), service, runs, one_time=True)
key = {"authorization": f"Bearer {said[0].rsplit(' ', 1)[-1]}"}
rows = {"rows": [{"age": 20 + n, "job": "student", "phone": f"+4930{n:07}"} for n in range(30)]}
query = "economics.cost_per_call=1&economics.value_per_success=100&policy.holdout_share=0"

async def go():
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1", timeout=300) as client:
        async def ask(method, path, status=200, **more):
            answer = await client.request(method, path, **more)
            assert answer.status_code == status, (path, answer.status_code, answer.text)
            return answer
        for path_ in ("/v1/bundle", "/v1/contract", "/openapi.json", "/metrics"):
            await ask("GET", path_, headers=key)
        for path_ in ("/v1/predict", "/v1/explain", f"/v1/target?{query}"):
            await ask("POST", path_, headers=key, json=rows)
        await ask("POST", "/v1/predict", headers={**key, "content-type": "text/csv"}, content=b"age,job\\n41,student\\n")
        await ask("GET", path.partition("  ")[0], 303)
        page = (await ask("GET", "/")).text
        token = page.partition('name="token" content="')[2].partition('"')[0]
        table = "age,job,phone\\n" + "".join(f"{20 + n},student,+4930{n:07}\\n" for n in range(30))
        place = (await ask("PUT", "/tables?name=a.csv", 201, content=table.encode(), headers={"x-token": token})).json()
        name = place["location"].rsplit("/", 1)[-1]
        for path_ in ("/runs", f"/runs/{run}", "/segments", "/try", "/monitoring", "/compare", "/upload", "/customer"):
            await ask("GET", path_)
        for path_ in (f"/lists?table={name}", f"/tables/{name}"):
            await ask("GET", path_)
        await ask("POST", "/customer", data={"token": token, "table": name, "customer": "1"})
        await ask("POST", "/try", data={"token": token, "age": "41", "job": "student"})
        await ask("POST", "/lists/preview", json={"table": name, "exact": "yes"}, headers={"x-token": token})

asyncio.run(go())
heavy = ("tensorflow", "keras", "sklearn", "lightgbm", "altair", "vl_convert")
print([name for name in heavy if name in sys.modules])
"""


def test_serving_loads_no_training_or_drawing_library_whatever_is_asked(tmp_path: Path) -> None:
    run = run_with_bundle(tmp_path, 1)
    done = subprocess.run(
        [sys.executable, "-c", ASK_EVERYTHING, str(tmp_path), run], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2_000:]
    assert done.stdout.splitlines()[-1] == "[]"
