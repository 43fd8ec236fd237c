"""Whole tables over HTTP: the body goes to a private folder, is read as any file, and leaves with the reply."""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from email.message import Message
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any, NamedTuple

import polars as pl
from pydantic import BaseModel
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from segmint.config import Config, Data, load_config
from segmint.contract.ledger import Ledger
from segmint.errors import ConfigError, InputError, SegmintError
from segmint.flows.serve import as_frame, predict_file, refused_rows, unreadable_rows
from segmint.flows.standing import StandingPolicy
from segmint.flows.steps.settings import policy_of
from segmint.service.body import MOST_TABLE, limited, parse_json, read_body, rows_of
from segmint.service.champion import Handle
from segmint.service.children import Children, Errand, in_turn, make_list
from segmint.service.idempotency import Once, key_of, made_before, once_of
from segmint.service.limits import Workers
from segmint.service.problems import Problem
from segmint.store.bundle import Bundle
from segmint.store.run import CONFIG, Run
from segmint.store.run_files import LEDGER, LIST, REJECTED, TARGET
from segmint.store.staging import passing_folder, sweep_dead
from segmint.tables.byte_stream import PARQUET, archive_of, is_one_byte_ascii
from segmint.targeting.policy import ContactRules, Economics
from segmint.wording import in_words

MEDIA = {"csv": "text/csv; charset=utf-8", "parquet": "application/vnd.apache.parquet"}
SECTIONS: dict[str, type[BaseModel]] = {"policy": ContactRules, "economics": Economics}
SHOWN = (
    "customer", "rank", "propensity", "expected_profit", "segment", "segment_doubt", "reason_1", "reason_2", "reason_3",
)  # fmt: skip
READING = frozenset({"data.delimiter", "data.encoding", "data.decimal", "data.header_row"})
MOST_COLUMNS = 1_000
MAGIC_BYTES = 8
_ENCODINGS = "Send a name like utf-8, cp1252, latin-1 or utf-16, or none."
_NO_MONEY = (
    "Nothing says what a call costs and what a success brings. "
    "Send economics.cost_per_call and economics.value_per_success in the query."
)


def sweep() -> None:
    """Remove the tables that services left which were killed; those of living ones are locked.

    Raises
    ------
    ConfigError
        If tables can lie nowhere.
    """
    place = _place()
    sweep_dead(place.parent, re.compile(re.escape(place.name)))


def _place() -> Path:
    """Where tables lie while they are answered; of each user his own, as everybody writes there."""
    try:
        return Path(tempfile.gettempdir()) / f"segmint-tables-{os.getuid()}"
    except FileNotFoundError as error:
        raise ConfigError(
            "No folder for temporary files can be written to, and a table that is sent lies in one.",
            expected="a folder that this process may write to",
            fix="name one: TMPDIR=/path/of/a/folder segmint serve ...",
        ) from error


async def predict_table(request: Request, handle: Handle, kind: str, workers: Workers) -> tuple[Response, Ledger]:
    """Predict a CSV or Parquet body; the reply is the same kind, a row for each record, and its head counts them."""
    written = reading_of(settings_of(request, kind))
    with ExitStack() as lent:
        folder = lent.enter_context(passing_folder(_place()))
        table, out = folder / f"table.{kind}", folder / f"predicted.{kind}"
        await _receive(request, table, kind)
        work = partial(predict_file, handle.bundle, handle.predictor, table, out, written)
        ledger = await in_turn(workers, work, request.receive)
        returned = lent.pop_all()  # the folder stays until the reply has left
    counts = {"read": ledger.read, "accepted": ledger.accepted, "rejected": ledger.rejected}
    headers = {f"segmint-{name}": str(count) for name, count in counts.items()}
    return FileResponse(out, media_type=MEDIA[kind], headers=headers, background=BackgroundTask(returned.close)), ledger


class Listed(NamedTuple):
    """What is told of a list, how many rows were accepted and rejected, and whether it was made for an earlier request."""

    told: dict[str, Any]
    accepted: int
    rejected: int
    replayed: bool = False


async def target_table(
    request: Request,
    handle: Handle,
    kind: str,
    config: Config,
    runs: Path,
    workers: Workers,
    lists: Workers,
    children: Children,
) -> Listed:
    """Build a call list of a body, or tell again of the one that the same request made before.

    A child process does it, as the command line would, so that a large table or a long optimisation never weighs on
    the answers of others. `workers` read what came as JSON, `lists` wait for the child.
    """
    key = key_of(request)
    with passing_folder(_place()) as folder:
        body, once = b"", None
        table = folder / ("rows" if kind == "json" else f"table.{kind}")  # as errors call it: rows are no file
        if kind == "json":
            body = await read_body(request)
        else:
            await _receive(request, table, kind)
        if key is not None:
            asked = (kind, sorted(settings_of(request, kind)))
            once = await workers.do(partial(once_of, key, asked, body if kind == "json" else table))
            if earlier := await workers.do(partial(_replayed, runs, once, kind)):
                return earlier
        if kind == "json":
            await workers.do(partial(_write_rows, body, handle.bundle, table, config))
            # its numbers are texts there, and only one sign could have written them
            config = config.model_copy(update={"data": config.data.model_copy(update={"decimal": "point"})})
        policy = folder / CONFIG
        policy.write_text(config.to_toml(only_set=True), "utf-8")
        by = request.state.by + (once.words if once else "")
        errand = Errand(table, policy, handle.origin, handle.digest, runs, by)
        try:
            return await in_turn(lists, partial(_listed, children, errand, kind, once), request.receive)
        except ConfigError as error:
            raise _settings_problem(error, "list") from error


def _write_rows(body: bytes, bundle: Bundle, table: Path, config: Config) -> None:
    """Write the rows of a JSON body as a table, which has a cell for every row and every column that any row names.

    A column that no row names is the contract's affair; one that only some lack is refused, as a misspelled key would
    move a customer on the list without a word. Rows of which too many cannot be read are refused before a run keeps them.
    """
    rows = rows_of(parse_json(body))
    columns = dict.fromkeys(column for row in rows for column in row)
    if len(columns) > MOST_COLUMNS:
        came = f"The rows name {len(columns):,} different columns; at most {MOST_COLUMNS:,} are taken."
        raise Problem(422, "column_count", came, field="rows")
    needed = {column.name for column in bundle.contract.features(bundle.at)}
    refused = {}
    if needed <= columns.keys():
        refused = refused_rows(bundle, rows, policy_of(config).read_as_numbers)
        refused = refused or unreadable_rows(bundle, rows, config.data.max_rejected)
    if refused:
        place = min(refused)
        came = f"{len(refused):,} of {len(rows):,} rows cannot be listed; the first is rows[{place}]. {refused[place]}"
        raise Problem(422, "rows", came, field=f"rows[{place}]")
    as_frame(rows, list(columns), bundle.contract).write_parquet(table)


async def _receive(request: Request, path: Path, kind: str) -> None:
    with path.open("wb") as file:
        async for piece in limited(request, MOST_TABLE):
            file.write(piece)
    with path.open("rb") as file:
        _refuse_other_kind(file.read(MAGIC_BYTES), kind)


def _refuse_other_kind(start: bytes, kind: str) -> None:
    """Refuse what is not of the kind that its head says: files are told apart by content, and archives unpacked."""
    if kind == "parquet" and start and not start.startswith(PARQUET):
        told = "The body came as Parquet and does not begin as Parquet does (PAR1). Send Parquet, or text as text/csv."
        raise Problem(415, "media_type", told, field="body")
    if kind == "csv" and start.startswith(PARQUET):
        told = f"The body came as text/csv and is Parquet. Send it as {MEDIA['parquet']}."
        raise Problem(415, "media_type", told, field="body")
    archive = archive_of(start)
    if kind == "csv" and archive is not None:
        told = f"The body came as text/csv and is a {archive} file. Send the text itself: no archive and no workbook."
        raise Problem(415, "content_encoding", told, field="body")


def settings_without_files() -> frozenset[str]:
    """Name what a caller may set; a setting that names files would let a stranger point at any file of the machine."""
    return frozenset(_settings(of_files=False))


def _settings(*, of_files: bool) -> Iterator[str]:
    for section, model in SECTIONS.items():
        for name, field in model.model_fields.items():
            if ("Path" in str(field.annotation)) == of_files:
                yield f"{section}.{name}"


def settings_of(request: Request, kind: str) -> list[tuple[str, str]]:
    """Tell the settings that a request sends: its query, and the charset of a CSV body where the query names none.

    Raises
    ------
    Problem
        For an encoding that nobody knows: 422 where the query names it, 415 where the head does.
    """
    query = request.query_params.multi_items()
    if kind != "csv":
        return query
    if named := [encoding for key, encoding in query if key == "data.encoding"]:
        if not all(map(_is_known, named)):
            raise Problem(422, "policy", f"data.encoding names no encoding. {_ENCODINGS}", field="query")
        return query
    charset = charset_of(request)
    if charset is None:
        return query
    if not _is_known(charset):
        raise Problem(415, "media_type", f"The charset of Content-Type names no encoding. {_ENCODINGS}")
    return [("data.encoding", charset), *query]


def _is_known(encoding: str) -> bool:
    try:
        is_one_byte_ascii(encoding)
    except InputError:
        return False
    return True


def charset_of(request: Request) -> str | None:
    """Tell the charset that the head of a request names."""
    head = Message()
    head["content-type"] = request.headers.get("content-type", "")
    charset = head.get_param("charset")
    return None if charset is None else str(charset)


def refuse_query(request: Request) -> None:
    """Refuse settings where none is read: whoever sends one believes that it holds.

    The words are those of the address: `/v1/predict` reads how a table is written, others read no query at all.

    Raises
    ------
    Problem
        422 for any query.
    """
    if request.url.query:
        told = "This address reads no query. Leave it out."
        if request.url.path == "/v1/predict":
            told = "With JSON no query is read: it says how a table is written; JSON numbers need none. Leave it out."
        raise Problem(422, "setting", told, field="query")


def reading_of(settings: Sequence[tuple[str, str]]) -> Data:
    """Read how a table is written: ``?data.decimal=comma&data.delimiter=;``.

    Raises
    ------
    Problem
        422 for another setting, or one that makes no sense.
    """
    _refuse_others(settings, READING, f"Only {', '.join(sorted(READING))}.")
    try:
        return load_config(None, _sets(settings)).data
    except SegmintError as error:
        raise _settings_problem(error, "table") from error


def config_of(settings: Sequence[tuple[str, str]], standing: StandingPolicy, kind: str) -> Config:
    """Read the policy of a query, ``?policy.budget_calls=300&economics.cost_per_call=5``, with the standing one under it.

    How a table is written may be said of a table only.

    Raises
    ------
    Problem
        422 for a setting that may not be sent, or makes no sense.
    """
    told = "Only settings of policy and economics that name no file, and of a table how it is written (data)."
    reading = frozenset() if kind == "json" else READING
    _refuse_others(settings, settings_without_files() | reading, told)
    try:
        config = standing.under(_sets(settings))
        if config.economics is None:
            raise Problem(422, "policy", _NO_MONEY, field="query")
        policy_of(config)
    except SegmintError as error:
        raise _settings_problem(error, "policy") from error
    return config


def _refuse_others(settings: Sequence[tuple[str, str]], known: frozenset[str], told: str) -> None:
    """Refuse settings that are not known here, and one that came twice: either value may be the one that was meant."""
    if any(_setting_of(key) not in known for key, _ in settings):
        raise Problem(422, "setting", told, field="query")
    twice = [key for key, count in Counter(key for key, _ in settings).items() if count > 1]
    if twice:
        told = f"The setting {_setting_of(twice[0])} is sent more than once. Send each setting once."
        raise Problem(422, "setting", told, field="query")


def _setting_of(key: str) -> str:
    return ".".join(key.split(".")[:2])


def _sets(settings: Sequence[tuple[str, str]]) -> list[str]:
    return [f"{key}={value}" for key, value in settings]


def _settings_problem(error: SegmintError, what: str) -> Problem:
    """Say why settings make none; what came is left out, as it quotes the values that were sent."""
    words = {setting: f"{setting} of the operator's --policy" for setting in _settings(of_files=True)}
    expected, fix = (in_words(text, words) for text in (error.expected, error.fix or "correct them"))
    detail = f"These settings make no {what}. Expected: {expected}. Next: {fix}."
    return Problem(422, "policy", " ".join(detail.split())[-600:], field="query")


def _listed(children: Children, errand: Errand, kind: str, once: Once | None, given_up: Event) -> Listed:
    """Make a list and tell of it; the same request may have made it while this one waited, as lists are made one at a time."""
    if once and (earlier := _replayed(errand.runs, once, kind)):
        return earlier
    return _told_of(Run.open(Path(make_list(children, errand, given_up)["run"])), kind)


def _replayed(runs: Path, once: Once, kind: str) -> Listed | None:
    run = made_before(runs, once)
    return None if run is None else _told_of(run, kind)._replace(replayed=True)


def _told_of(run: Run, kind: str) -> Listed:
    """Tell of a list whom to call, best first, who was rejected and why, and how many were not.

    Rows of JSON have their place, from 0, records of a table their number, from 1, as predictions have.
    """
    place = pl.col("record")
    place = (place - 1).alias("row") if kind == "json" else place
    listed = pl.read_parquet(run.folder / LIST).filter(pl.col("status") == "listed").sort("rank")
    kept = listed.select(place, *(name for name in SHOWN if name in listed.columns))
    said = {name: run.record["summary"][name] for name in ("counts", "sentences")}
    # the run does not tell what fewer than ten customers bring; whoever may read this list sees each
    said["expected_profit"] = float(listed["expected_profit"].sum())
    doubts = json.loads((run.folder / TARGET).read_text("utf-8"))["doubts"]
    named = {setting for doubt in doubts for setting in doubt["settings"]}
    if files := [setting for setting in _settings(of_files=True) if setting in named]:
        said["sentences"] = [
            *said["sentences"],
            f"Only the operator of the service can name files, in --policy: {', '.join(files)}.",
        ]
    ledger = json.loads((run.folder / LEDGER).read_text("utf-8"))
    rejected: list[dict[str, Any]] = []
    if ledger["rejected"]:
        error = pl.struct(pl.col("reason").alias("code"), "detail").alias("error")
        kept_aside = pl.read_csv(run.folder / REJECTED, schema_overrides={"record": pl.Int64}, infer_schema=False)
        rejected = kept_aside.select(place, error).to_dicts()
    bundle = run.record["inputs"]["bundle"].removeprefix("sha256:")
    told = {"bundle": bundle, "run": run.id, **said, "list": kept.to_dicts(), "rejected": rejected}
    return Listed(told, ledger["accepted"], ledger["rejected"])
