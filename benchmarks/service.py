"""How fast the service answers: python benchmarks/service.py RUNS [--seconds 30] [--repeats 5] [--mlflow PYTHON].

RUNS holds finished runs of the embedded sample: one, or for the hot swaps two whose networks differ (`segmint demo --runs RUNS`,
and again with `--seed 8`). Open loop: requests leave on a fixed schedule, latency counts
from the intended time, so that a slow answer is never hidden by asking later. The server is pinned to one core, the
callers to another. Beside it a FastAPI route that parses the same body and sends it back, under the same uvicorn.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import httpx
import numpy as np
import polars as pl
import psutil

from segmint.evaluation.gate import Gate
from segmint.flows.demo import sample_path
from segmint.flows.steps.bundle import single_predictor_of
from segmint.store.bundle import open_bundle
from segmint.store.champion import promote
from segmint.store.runs import runs_in

RATE = 200
CONNECTIONS = 16
SWAPS = 100
ECHO = """
import sys, uvicorn
from typing import Any
from fastapi import FastAPI
app = FastAPI()
@app.post("/v1/predict")
def echo(body: dict[str, Any]) -> dict[str, Any]:
    return body
@app.get("/health/ready")
def ready() -> dict[str, bool]:
    return {"ready": True}
uvicorn.run(app, port=int(sys.argv[1]), log_level="error", access_log=False)
"""
KEY = re.compile(r"sgm_\S+")


@contextmanager
def served(
    command: list[str], port: int, ready: str = "/health/ready"
) -> Iterator[tuple[psutil.Process, list[str], float]]:
    """Run a server on the first core; yields the process, what it said, and the seconds until it was ready."""
    said: list[str] = []
    start = time.perf_counter()
    process = subprocess.Popen(
        ["taskset", "-c", "0", *command], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    threading.Thread(target=lambda: said.extend(iter(process.stdout.readline, "")), daemon=True).start()
    while process.poll() is None:
        try:
            if httpx.get(f"http://127.0.0.1:{port}{ready}", trust_env=False).status_code == 200:
                break
        except httpx.TransportError:
            time.sleep(0.01)
    if process.poll() is not None:
        raise SystemExit(f"the server ended with code {process.returncode}: {' '.join(command)}")
    try:
        yield psutil.Process(process.pid), said, time.perf_counter() - start
    finally:
        process.terminate()
        process.wait(20)


def free_port() -> int:
    """Find a port nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def message(port: int, body: bytes, key: str, path: str = "/v1/predict") -> bytes:
    """One request as bytes, so that the callers cost little."""
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {key}\r\n"
    return head.encode() + f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


async def answer_of(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """Read one answer."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
    return int(head[9:12]), await reader.readexactly(int(length.group(1)))


async def open_loop(port: int, requests: list[bytes], seconds: float) -> tuple[list[float], list[tuple[int, bytes]]]:
    """Send RATE requests a second on a schedule; milliseconds from the intended time, and the answers."""
    free: asyncio.Queue[Any] = asyncio.Queue()
    for _ in range(CONNECTIONS):
        free.put_nowait(await asyncio.open_connection("127.0.0.1", port))
    taken: list[float] = []
    answers: list[tuple[int, bytes]] = []

    async def one(due: float, request: bytes) -> None:
        reader, writer = await free.get()
        writer.write(request)
        answers.append(await answer_of(reader))
        taken.append(1000 * (time.perf_counter() - due))
        free.put_nowait((reader, writer))

    start, tasks = time.perf_counter() + 0.1, []
    for number in range(int(RATE * seconds)):
        due = start + number / RATE
        await asyncio.sleep(max(due - time.perf_counter(), 0))
        tasks.append(asyncio.create_task(one(due, requests[number % len(requests)])))
    await asyncio.gather(*tasks)
    while not free.empty():
        free.get_nowait()[1].close()
    return taken, answers


def single_rows(
    port: int, key: str, bodies: list[bytes], seconds: float, repeats: int, path: str = "/v1/predict"
) -> tuple[float, float]:
    """Median over repeats of p50 and p99."""
    requests = [message(port, body, key, path) for body in bodies]
    asyncio.run(open_loop(port, requests, 1))
    seen = []
    for _ in range(repeats):
        taken, answers = asyncio.run(open_loop(port, requests, seconds))
        assert {status for status, _ in answers} == {200}
        seen.append(np.percentile(taken, (50, 99)))
    return tuple(median(column) for column in zip(*seen, strict=True))


def many_rows(port: int, key: str, frame: pl.DataFrame, rows: list[dict[str, Any]]) -> dict[str, float]:
    """Milliseconds of one request with 10,000 rows, median of 9."""
    with tempfile.TemporaryDirectory() as folder:
        frame.write_parquet(Path(folder, "t.parquet"))
        parquet = Path(folder, "t.parquet").read_bytes()
    bodies = {
        "application/json": json.dumps({"rows": rows}).encode(),
        "text/csv": frame.write_csv().encode(),
        "application/vnd.apache.parquet": parquet,
    }
    found = {}
    with httpx.Client(trust_env=False, timeout=60) as caller:
        for media, body in bodies.items():
            taken = []
            for _ in range(9):
                start = time.perf_counter()
                headers = {"authorization": f"Bearer {key}", "content-type": media}
                answer = caller.post(f"http://127.0.0.1:{port}/v1/predict", content=body, headers=headers)
                taken.append(1000 * (time.perf_counter() - start))
                assert answer.status_code == 200, answer.text[:300]
            found[media] = median(taken)
    return found


def beside_mlflow(python: str, frame: pl.DataFrame, seconds: float, repeats: int) -> None:
    """Print what MLflow's scoring server takes for the same rows."""
    port, path = free_port(), "/invocations"
    columns = [name for name in frame.columns if name != "y"]

    def body(rows: pl.DataFrame) -> bytes:
        data = [list(row) for row in rows.select(columns).iter_rows()]
        return json.dumps({"dataframe_split": {"columns": columns, "data": data}}).encode()

    script = Path(__file__).with_name("mlflow_server.py")
    with served([python, str(script), str(sample_path()), str(port)], port, "/ping") as (process, _lines, ready):
        p50, p99 = single_rows(port, "none", [body(frame[n]) for n in range(500)], seconds, repeats, path)
        family = [process, *process.children(recursive=True)]
        resident = sum(each.memory_info().rss for each in family) >> 20
        print(f"MLflow, trained and ready after {ready:.1f} s, {resident} MiB in {len(family)} processes")
        print(f"MLflow, one row at {RATE}/s: p50 {p50:.2f} ms, p99 {p99:.2f} ms")
        taken = []
        for _ in range(5):
            start = time.perf_counter()
            answer = httpx.post(
                f"http://127.0.0.1:{port}{path}",
                content=body(frame),
                headers={"content-type": "application/json"},
                trust_env=False,
                timeout=60,
            )
            taken.append(1000 * (time.perf_counter() - start))
            assert answer.status_code == 200, answer.text[:300]
        print(f"MLflow, 10,000 rows as JSON: {median(taken):.0f} ms")


def hot_swaps(runs: Path, first: str, second: str, rows: list[dict[str, Any]]) -> dict[str, int]:
    """Promote in turn under load; every answer must be what the bundle it names says."""
    opened = [open_bundle(runs / name, runs) for name in (first, second)]
    said = {b.digest: [single_predictor_of(b).customer(row).propensity for row in rows] for b in opened}
    one, other = said.values()
    assert one != other, "the two bundles say the same: a swap could not be told from none"
    port = free_port()
    promote(runs, first, Gate(True, "better", "benchmark"))
    command = [sys.executable, "-m", "segmint", "serve", "--runs", str(runs), "--port", str(port)]
    with served(command, port) as (_, lines, _ready):
        key = KEY.search("".join(lines)).group()
        requests = [message(port, json.dumps({"rows": [row]}).encode(), key) for row in rows]
        stop = threading.Event()

        def swap() -> None:
            for number in range(SWAPS):
                promote(runs, (second, first)[number % 2], Gate(True, "better", "benchmark"))
                if stop.wait(1.25):  # the service looks once a second
                    return

        thread = threading.Thread(target=swap)
        thread.start()
        _, answers = asyncio.run(open_loop(port, requests, 1.25 * SWAPS + 2))
        stop.set()
        thread.join()
        told = httpx.get(
            f"http://127.0.0.1:{port}/metrics", headers={"authorization": f"Bearer {key}"}, trust_env=False
        )
    errors = sum(status != 200 for status, _ in answers)
    wrong, named = 0, set()
    for _, body in answers:
        answer = json.loads(body)
        named.add(answer["bundle"])
        likely = answer["answers"][0]["propensity"]
        wrong += min(abs(likely - p) for p in said[answer["bundle"]]) > 1e-12
    swaps = int(float(re.search(r"(?m)^segmint_swaps(?:_total)? (\S+)", told.text).group(1)))
    return {"answers": len(answers), "errors": errors, "wrong": wrong, "swaps": swaps, "bundles": len(named)}


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser()
    asked.add_argument("runs", type=Path)
    asked.add_argument("--seconds", type=float, default=30)
    asked.add_argument("--repeats", type=int, default=5)
    asked.add_argument("--no-swaps", action="store_true")
    asked.add_argument("--mlflow", metavar="PYTHON")
    given = asked.parse_args()
    os.sched_setaffinity(0, {1})
    names = [run.id for run in runs_in(given.runs) if run.status == "done" and (run.folder / "bundle").is_dir()]
    print(f"load {os.getloadavg()[0]:.1f}, {given.repeats} runs of {given.seconds:g} s")
    frame = pl.read_csv(sample_path(), separator=";")
    frame = pl.concat([frame] * (10_000 // frame.height + 1)).head(10_000)
    rows = frame.to_dicts()
    bodies = [json.dumps({"rows": [row]}).encode() for row in rows[:500]]
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "segmint",
        "serve",
        "--runs",
        str(given.runs),
        "--bundle",
        names[0],
        "--port",
        str(port),
    ]
    with served(command, port) as (process, lines, ready):
        key = KEY.search("".join(lines)).group()
        print(f"ready after {ready:.2f} s, {process.memory_info().rss >> 20} MiB resident")
        p50, p99 = single_rows(port, key, bodies, given.seconds, given.repeats)
        print(
            f"one row at {RATE}/s: p50 {p50:.2f} ms, p99 {p99:.2f} ms; {process.memory_info().rss >> 20} MiB resident"
        )
        for media, taken in many_rows(port, key, frame, rows).items():
            print(f"10,000 rows as {media}: {taken:.0f} ms")
        print(f"{process.memory_info().rss >> 20} MiB resident after that")
    echo = free_port()
    with served([sys.executable, "-c", ECHO, str(echo)], echo) as (_, _lines, _ready):
        e50, e99 = single_rows(echo, "none", bodies, given.seconds, given.repeats)
        print(f"the echo route: p50 {e50:.2f} ms, p99 {e99:.2f} ms; ratios {p50 / e50:.2f} and {p99 / e99:.2f}")
    if given.mlflow:
        beside_mlflow(given.mlflow, frame, given.seconds, given.repeats)
    if len(names) < 2:
        print("no hot swaps: RUNS holds one run only")
    elif not given.no_swaps:
        with tempfile.TemporaryDirectory() as folder:
            for name in names[:2]:
                shutil.copytree(given.runs / name, Path(folder, name))
            print("100 hot swaps:", hot_swaps(Path(folder), names[0], names[1], rows[:50]))


if __name__ == "__main__":
    main()
