"""How long the list builder's preview takes for 100,000 customers: python benchmarks/list_preview.py RUNS.

RUNS holds a finished run of the embedded sample (`segmint demo --runs RUNS`). The sample is repeated to 100,000 rows; each question
is what one movement of a control asks of the server: figures, who comes and goes, the profit curve. It is asked over HTTP on a socket,
as the page does, beside the function that makes the figures alone. Median of 20.
"""

from __future__ import annotations

import argparse
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import httpx
import polars as pl
import uvicorn

from segmint.dashboard import pages
from segmint.dashboard.app import dashboard
from segmint.dashboard.desk import Desk
from segmint.dashboard.policy_form import config_of
from segmint.dashboard.sign_in import COOKIE
from segmint.flows.demo import sample_path
from segmint.flows.steps.settings import policy_of

ROWS = 100_000
TIMES = 20
BASE = {"cost": "5", "value": "120", "holdout": "10", "calls": "8000"}
QUESTIONS = {
    "calls": lambda n: {"calls": str(5000 + 50 * n)},
    "cost": lambda n: {"cost": str(4 + n / 10)},
    "money": lambda n: {"money": str(20_000 + 100 * n)},
    "a quota and calls": lambda n: {
        "calls": str(5000 + 50 * n), "quota_column_0": "job", "quota_level_0": "student", "quota_least_0": "900",
    },
}  # fmt: skip


def main(runs: Path) -> None:
    """Ask the questions and print how long the answers took."""
    desk = Desk(runs)
    table = many_customers(desk)
    start = time.perf_counter()
    pages.preview(desk, table, BASE, exact=False, before=BASE)
    print(f"read, predict and prepare {ROWS:,} customers once: {time.perf_counter() - start:.2f} s")
    with served(desk) as ask:
        for name, question in QUESTIONS.items():
            for exact in (False, True):
                forms = [BASE | question(n) for n in range(TIMES)]
                before = {f"before_{control}": text for control, text in BASE.items()}
                said = {"table": table, "exact": "yes" if exact else "no"} | before
                page = [seconds(ask, form | said) for form in forms]
                pure = [seconds(figures, desk, table, form, exact) for form in forms]
                told = "exact  " if exact else "preview"
                print(
                    f"{name:<18} {told} page median {1000 * median(page):6.0f} ms, slowest {1000 * max(page):6.0f} ms; "
                    f"function alone {1000 * median(pure):6.0f} ms, ratio {median(page) / median(pure):.1f}"
                )


def many_customers(desk: Desk) -> str:
    """Put a table of the sample's customers, many times over, where brought tables lie; return its id."""
    frame = pl.read_csv(sample_path(), separator=";", infer_schema=False)
    place = desk.tables.folder / "0123456789abcdef"
    place.mkdir(parents=True, exist_ok=True)
    pl.concat([frame] * (ROWS // frame.height + 1)).head(ROWS).write_csv(place / "table.csv")
    (place / "about.json").write_text('{"name": "many.csv"}')
    return place.name


@contextmanager
def served(desk: Desk) -> Iterator[Callable[[dict[str, str]], None]]:
    """Serve the pages on a socket and ask for previews as the page does, on one connection."""
    server = uvicorn.Server(uvicorn.Config(dashboard(desk), port=0, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    address = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    session = desk.keeper.open(str(desk.keeper.code))
    headers = {
        "cookie": f"{COOKIE}={session}",
        "x-token": desk.keeper.token(str(session)),
        "accept": "application/json",
    }
    with httpx.Client(base_url=address, headers=headers, timeout=120) as caller:
        yield lambda form: caller.post("/lists/preview", json=form).raise_for_status()
    server.should_exit = True
    thread.join()


def figures(desk: Desk, table: str, form: dict[str, str], exact: bool) -> None:
    """The figures of a list, and nothing else of what the page shows."""
    config = config_of(form)
    desk.prepared(table, config).ask(policy_of(config), exact=exact)


def seconds(work: Callable[..., object], *given: object) -> float:
    """Measure one call."""
    start = time.perf_counter()
    work(*given)
    return time.perf_counter() - start


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", type=Path, help="the folder of runs")
    main(parser.parse_args().runs)
