"""What the documentation tells people to type exists, and its Python runs."""

from __future__ import annotations

import ast
import importlib
import re
import runpy
import shlex
import tomllib
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import typer.main

from segmint.cli.app import app, main
from segmint.config import Config, load_config
from segmint.contract.column import Column
from segmint.flows.demo import sample_path
from segmint.flows.explain import REASONS_OF_EACH
from segmint.flows.target import DROPPED
from segmint.models.customer_model import make_model
from segmint.store import run_files

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
# A policy needs both; a page may change one of them.
MONEY = ["economics.cost_per_call=1", "economics.value_per_success=1"]
QUICK = ["model.recipe=plain", "model.hidden=[8]", "model.epochs=2", "split.folds=2", "compare.repeats=100"]
QUICK += ["segments.count=2", 'compare.models=["dense_network", "logistic"]']
QUICKER = {"run": [word for setting in QUICK for word in ("--set", setting)], "segment": ["--count", "2"]}
BLOCK = re.compile(r"^(<!-- runs -->\n)?```python\n(.*?)^```", re.M | re.S)
SOURCES = ROOT / "src" / "segmint"
LARGE_ROOMS = {
    room.parent.relative_to(SOURCES).as_posix(): files
    for room in sorted(SOURCES.glob("*/**/__init__.py"))
    if len(files := {path.stem for path in room.parent.glob("*.py")} - {"__init__"}) > 9
}
OURS = {page.relative_to(ROOT).as_posix(): page for page in PAGES}


def lines_of(page: Path) -> list[str]:
    """The command lines of a page: fenced or indented lines that begin with segmint."""
    text = page.read_text("utf-8")
    fenced = "\n".join(re.findall(r"^```\w*\n(.*?)^```", text, re.M | re.S))
    return re.findall(r"^(?:\$ )?(segmint [^\n]+)$", fenced, re.M) + re.findall(r"^ {4}(segmint [^\n]+)$", text, re.M)


def commands_of(page: Path) -> list[list[str]]:
    """The same as words, without the file that the output goes to."""
    lines = [re.sub(r"<(\w+)>", r"\1", line) for line in lines_of(page)]
    return [shlex.split(re.sub(r" > \S+", "", line), comments=True) for line in lines]


def complaint(words: list[str]) -> str | None:
    """What the command line itself says is wrong with some words, if anything."""
    command, rest = typer.main.get_command(app), words[1:]
    while hasattr(command, "commands"):
        if not rest:
            return None
        if rest[0] not in command.commands:
            return f"there is no command {' '.join(words[: len(words) - len(rest) + 1])}"
        command, rest = command.commands[rest[0]], rest[1:]
    try:
        command.make_context(" ".join(words), rest)
    except typer.Exit:  # --help
        return None
    except Exception as error:
        return f"{' '.join(words)}: {error}"
    return None


@pytest.mark.parametrize("name", OURS)
def test_every_documented_command_and_flag_exists(name: str) -> None:
    assert [said for words in commands_of(OURS[name]) if (said := complaint(words))] == []


@pytest.mark.parametrize("command", ["run", "predict", "target", "contract infer"])
def test_the_help_of_a_command_ends_with_an_example_that_it_takes(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    main([*command.split(), "--help"])
    *_, last = capsys.readouterr().out.strip().splitlines()
    assert last.strip().startswith(f"Example: segmint {command} ")
    assert complaint(shlex.split(last.partition(": ")[2].partition(" > ")[0])) is None


def test_a_command_or_flag_that_does_not_exist_is_noticed() -> None:
    assert "no command" in (complaint(["segmint", "cluster", "x.csv"]) or "")
    wrong = ("--contract c --fold 3", "--contract", "--contract c --seed many", "--contract c y.csv", "")
    assert all(complaint(shlex.split(f"segmint run x.csv {flags}")) for flags in wrong)
    assert complaint(["segmint", "contract", "infer", "x.csv"]) is None


def test_the_commands_of_the_tutorial_and_the_readme_are_found() -> None:
    assert {words[1] for words in commands_of(OURS["docs/tutorial.md"])} >= {"check", "run", "segment", "target"}
    assert {words[1] for words in commands_of(OURS["README.md"])} >= {"run", "predict", "target"}


def call_and_wait(made: Path) -> None:
    """What the call centre and the product system bring, some weeks after a list."""
    arms = pl.read_parquet(made).filter(pl.col("status").is_in(["listed", "held_out"])).select("customer", "status")
    buys = pl.int_range(pl.len()) % 4 == 0
    called = arms.filter(status="listed").select(
        "customer", code=pl.when(buys).then(pl.lit("yes")).otherwise(pl.lit("no"))
    )
    called.write_csv("results.csv")
    arms.filter(buys).select("customer", date=pl.lit("2099-01-01")).write_csv("purchases.csv")


@pytest.mark.network
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", ["docs/tutorial.md", "docs/own-table.md"])
def test_the_commands_of_a_page_run_one_after_the_other(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As written, but of fewer customers and epochs, with a person who does what the page says between them."""
    pytest.importorskip("tensorflow")
    monkeypatch.chdir(tmp_path)
    Path("customers.csv").write_text("\n".join(sample_path().read_text("utf-8").splitlines()[:1_501]), "utf-8")
    for line in lines_of(OURS[name]):
        trained = [path.parent.name for path in Path("runs").glob("*/bundle")]
        words = shlex.split(line.replace("runs/<id>", f"runs/{trained[0]}" if trained else "runs/none"))
        words, files = (words[: words.index(">")], words[words.index(">") + 1 :]) if ">" in words else (words, [])
        if words[1] == "codes":
            call_and_wait(Path("lists/call_list.parquet"))
        capsys.readouterr()
        assert main([*words[1:], *QUICKER.get(words[1], [])]) == 0, line
        for file in files:
            Path(file).write_text(capsys.readouterr().out, "utf-8")
        if words[1:3] == ["contract", "infer"]:
            drafted = Path(words[-1])
            drafted.write_text(drafted.read_text("utf-8").replace("reviewed = false", "reviewed = true"), "utf-8")
    assert list(Path("runs").glob("*/report.html"))


@pytest.mark.network
@pytest.mark.timeout(900)
def test_a_campaign_without_data_of_ones_own_is_played_as_the_page_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("tensorflow")
    monkeypatch.chdir(tmp_path)
    section = OURS["docs/time.md"].read_text("utf-8").partition("\n## Try it without data of your own\n")[2]
    for kind, block in re.findall(r"^```(\w+)\n(.*?)^```", section.partition("\n## ")[0], re.M | re.S):
        if kind == "python":
            Path("block.py").write_text(block, "utf-8")
            runpy.run_path("block.py")
            truth = float(capsys.readouterr().out.partition("the truth:")[2] or "nan")
            continue
        for line in re.findall(r"^\$ segmint (.+)$", block, re.M):
            bundle = next(iter(Path("runs").glob("*/bundle")), Path("runs/none/bundle"))
            command, _, file = line.replace("runs/<id>", str(bundle.parent)).partition(" > ")
            words = shlex.split(command)
            capsys.readouterr()
            assert main([*words, *QUICKER.get(words[0], [])]) == 0, line
            if file:
                Path(file).write_text(capsys.readouterr().out, "utf-8")
    found = pl.read_parquet(next(Path("runs").glob("*/measure.parquet")))
    low, high = found.filter(quantity="response", method="plain").select("low", "high").row(0)
    assert low - 0.05 < truth < high + 0.05


@pytest.mark.parametrize("name", OURS)
def test_every_documented_setting_exists(name: str) -> None:
    for text in re.findall(r"--set ([\w.]+=[^\s`]+)", OURS[name].read_text("utf-8")):
        assert isinstance(load_config(sets=[*MONEY, text]), Config)


@pytest.mark.parametrize("name", OURS)
def test_every_python_block_that_is_marked_runs_and_the_others_are_python(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for place, (mark, block) in enumerate(BLOCK.findall(OURS[name].read_text("utf-8"))):
        if not mark:
            compile(block, name, "exec")
            continue
        script = tmp_path / f"block_{place}.py"
        script.write_text(block, "utf-8")
        runpy.run_path(str(script))


def test_the_page_of_settings_names_every_setting() -> None:
    made = runpy.run_path(str(ROOT / "docs" / "generated.py"))
    page = made["on_page_markdown"]("<!-- settings -->")
    for key in ("seed", "data.at", "split.folds", "model.recipe", "segments.count", "policy.holdout_share"):
        assert f"`{key}`" in page
    assert "economics.cost_per_call" in page


@pytest.mark.parametrize("loaded", ["<script src=https://x.invalid/a>", '<link rel=a href="//x.invalid">'])
def test_a_page_of_the_site_that_loads_from_elsewhere_is_refused(loaded: str) -> None:
    judge = runpy.run_path(str(ROOT / "docs" / "generated.py"))["on_post_page"]
    fine = "<script src=assets/a.js></script><a href=https://x.invalid>read</a>"
    assert judge(fine) == fine
    with pytest.raises(Exception, match="load from elsewhere"):
        judge(fine + loaded)


def test_the_page_of_decisions_links_every_decision() -> None:
    made = runpy.run_path(str(ROOT / "docs" / "generated.py"))
    page = made["on_page_markdown"]("<!-- decisions -->")
    for decision in (ROOT / "docs" / "decisions").glob("*.md"):
        assert f"(decisions/{decision.name})" in page


def test_the_reference_names_every_public_name() -> None:
    import segmint

    made = runpy.run_path(str(ROOT / "docs" / "generated.py"))
    page = made["on_page_markdown"](OURS["docs/reference/python.md"].read_text("utf-8"))
    assert set(re.findall(r"^::: segmint[\w.]*\.(\w+)$", page, re.M)) == set(segmint.__all__)


def test_the_page_of_licences_names_every_locked_package() -> None:
    made = runpy.run_path(str(ROOT / "docs" / "generated.py"))
    page = made["on_page_markdown"](OURS["docs/licences.md"].read_text("utf-8"))
    rows = dict(re.findall(r"^\| ([\w.-]+) \| [^|]+ \| ([^|]+) \| [^|]+ \|$", page, re.M))
    locked = re.findall(r"^([\w.-]+)==", (ROOT / "requirements" / "lock.txt").read_text("utf-8"), re.M)
    assert set(rows) - {"package", "---"} == set(locked)
    assert (rows["scipy"], rows["starlette"]) == ("BSD License", "BSD-3-Clause")
    assert rows["namex"] == "Apache-2.0 (from its repository)"  # its metadata say none
    assert set(made["FROM_REPOSITORIES"]) <= set(rows)
    assert all(
        "its own files" not in rows[name] for name in ("tensorflow", "xgboost", "nvidia-nccl-cu12")
    )  # of other machines
    assert re.search(r"^\| polars \| .* \| segmint \|$", page, re.M)
    assert re.search(r"^\| starlette \| .* \| segmint\[serve\]", page, re.M)
    assert re.search(r"^\| ruff \| .* \| development \|$", page, re.M)


@pytest.mark.parametrize("name", ["base", "serve-train", "bench"])
def test_every_lock_pins_what_the_lock_of_development_pins(name: str) -> None:
    of_development, here = (_pins(lock) for lock in ("lock", name))
    fewer, more = sorted((of_development, here), key=len)
    assert fewer <= more
    assert all("--hash=sha256:" in pin for pin in here)


def _pins(lock: str) -> set[str]:
    """Of each package the version and hashes; for which systems it is depends on what else is locked."""
    text = (ROOT / "requirements" / f"{lock}.txt").read_text("utf-8").strip()
    return {re.sub(r" ; .* \\$", r" \\", pin, flags=re.M) for pin in re.split(r"\n(?=\S)", text)}


def test_the_locks_of_the_product_hold_what_it_needs_and_no_tools() -> None:
    needs = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    more = [*needs["optional-dependencies"]["serve"], *needs["optional-dependencies"]["train"]]
    for name, texts in {"base": needs["dependencies"], "serve-train": [*needs["dependencies"], *more]}.items():
        locked = set(re.findall(r"^([\w.-]+)==", (ROOT / "requirements" / f"{name}.txt").read_text("utf-8"), re.M))
        assert {re.match(r"[\w-]+", text)[0] for text in texts} <= locked
        assert not locked & {"pytest", "mypy", "ruff", "playwright"}
        assert name != "base" or not locked & {"tensorflow", "scikit-learn"}


def test_the_page_of_personal_data_names_every_file_that_names_customers() -> None:
    page = (ROOT / "docs" / "personal-data.md").read_text("utf-8")
    named = [run_files.REJECTED, run_files.PREDICTIONS, run_files.CUSTOMERS, run_files.OBJECTORS]
    named += [run_files.TEST_PREDICTIONS, run_files.TEST_REJECTED]
    named += [
        run_files.LIST,
        run_files.SHEET,
        run_files.DIALLER,
        DROPPED,
        run_files.STRANGE,
        REASONS_OF_EACH,
        *run_files.FINGERPRINTS,
    ]
    assert [name for name in named if f"`{name}`" not in page] == []


@pytest.mark.parametrize("script", sorted((ROOT / "benchmarks").glob("*.py")), ids=lambda script: script.stem)
def test_a_benchmark_takes_from_the_product_only_what_is_there(script: Path) -> None:
    """They need libraries that the suite has not, so they are read and not run."""
    taken = [node for node in ast.walk(ast.parse(script.read_text("utf-8"))) if isinstance(node, ast.ImportFrom)]
    ours = [
        (node.module, name.name) for node in taken if (node.module or "").startswith("segmint") for name in node.names
    ]
    gone = [f"{module}.{name}" for module, name in ours if not _is_there(str(module), name)]
    assert not gone


def _is_there(module: str, name: str) -> bool:
    return hasattr(importlib.import_module(module), name) or find_spec(f"{module}.{name}") is not None


@pytest.mark.parametrize("name", ["knn", "gradient_boosting", "random_forest", "lightgbm", "logistic"])
def test_the_benchmark_of_quality_knows_the_size_of_each_model(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    column = Column(name="age", kind="number", role="characteristic", label="age")
    frame = pl.DataFrame({"age": np.arange(200.0)})
    made = make_model(name, columns=[column], random_state=0).fit(frame, np.where(frame["age"] < 90, "no", "yes"))
    assert importlib.import_module("quality").size_of(made[-1]) > 0


@pytest.mark.parametrize("room", LARGE_ROOMS)
def test_a_large_room_has_a_map_that_names_each_of_its_files(room: str) -> None:
    written = ast.get_docstring(ast.parse((SOURCES / room / "__init__.py").read_text("utf-8"))) or ""
    assert LARGE_ROOMS[room] - set(re.findall(r"`(\w+)`", written)) == set()
