"""Nothing in the product can load or build code from data (BND-04). There is no list of exceptions."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[1] / "src"

MODULES = {
    "pickle", "cPickle", "_pickle", "cloudpickle", "dill", "joblib", "shelve", "marshal", "jsonpickle", "pandas.io.pickle",
    "torch", "tarfile", "yaml", "ruamel", "telnetlib", "code", "codeop",
}  # fmt: skip
BARE_CALLS = {"eval", "exec", "compile", "__import__", "execfile", "mktemp", "load_model", "load_weights", "model_from_json",
              "deserialize_keras_object", "enable_unsafe_deserialization", "popen", "Popen"}  # fmt: skip
METHODS = {
    "eval": "evaluates text", "query": "evaluates text", "mktemp": "predictable name", "load_model": "deserialises code",
    "load_weights": "deserialises", "model_from_json": "deserialises code", "from_config": "deserialises code",
    "deserialize_keras_object": "deserialises code", "enable_unsafe_deserialization": "allows code",
    "read_pickle": "unpickles", "to_pickle": "pickles", "extract": "unpacks archives", "extractall": "unpacks archives",
    "unpack_archive": "unpacks archives", "popen": "runs a shell", "from_string": "template from data",
}  # fmt: skip
OWNERS = {
    ("os", "system"): "runs a shell",
    ("numpy", "load"): "np.load without allow_pickle=False",
    ("np", "load"): "np.load without allow_pickle=False",
    ("yaml", "load"): "yaml.load",
    ("joblib", "load"): "joblib.load",
    ("torch", "load"): "torch.load",
    ("pl", "deserialize"): "deserialises",
}
SQL = ("select ", "insert ", "update ", "delete ", "drop ", "create ", "copy ", "attach ", "with ", "pragma ")
SQL_CALLS = {"execute", "executemany", "executescript", "sql", "read_database", "read_sql", "text"}


def problems(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Find what is forbidden, as (line, what)."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, f"import {name.name}") for name in node.names if forbidden_module(name.name))
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{name.name}" for name in node.names]
            yield from ((node.lineno, f"import {name}") for name in names if forbidden_module(name))
            yield from ((node.lineno, f"import {n.name}") for n in node.names if n.name in BARE_CALLS - {"compile"})
        elif isinstance(node, ast.Call):
            yield from ((node.lineno, what) for what in call_problems(node))


def forbidden_module(name: str) -> bool:
    return any(name == module or name.startswith(module + ".") for module in MODULES)


def call_problems(call: ast.Call) -> Iterator[str]:
    function = call.func
    keywords = {keyword.arg: keyword.value for keyword in call.keywords}
    if isinstance(function, ast.Name):
        if function.id in BARE_CALLS:
            yield function.id
        yield from template_problems(function.id, keywords)
    elif isinstance(function, ast.Attribute):
        yield from method_problems(function, keywords)
        yield from template_problems(function.attr, keywords)
        if function.attr in SQL_CALLS and call.args and built_sql(call.args[0]):
            yield "SQL built from pieces"
    if (shell := keywords.get("shell")) is not None and not is_false(shell):
        yield "shell=True"
    if (allowed := keywords.get("allow_pickle")) is not None and not is_false(allowed):
        yield "allow_pickle"
    if (safe := keywords.get("safe_mode")) is not None and is_false(safe):
        yield "safe_mode=False"


def method_problems(function: ast.Attribute, keywords: dict[str | None, ast.expr]) -> Iterator[str]:
    owner = function.value.id if isinstance(function.value, ast.Name) else ""
    if what := METHODS.get(function.attr):
        # Polars' `str.extract` takes a pattern, not an archive.
        is_text = isinstance(function.value, ast.Attribute) and function.value.attr == "str"
        if not (function.attr == "extract" and is_text):
            yield f".{function.attr}: {what}"
    if (what := OWNERS.get((owner, function.attr))) and not (
        "np.load" in what and is_false(keywords.get("allow_pickle"))
    ):
        yield what


def template_problems(name: str, keywords: dict[str | None, ast.expr]) -> Iterator[str]:
    if name == "Environment":
        value = keywords.get("autoescape")
        if not (isinstance(value, ast.Constant) and value.value is True):
            yield "jinja2 Environment without autoescape=True"
    if name == "Template":
        yield "a template outside the one environment"


def built_sql(value: ast.expr) -> bool:
    if isinstance(value, ast.JoinedStr):
        texts = [part.value for part in value.values if isinstance(part, ast.Constant)]
        holes = any(isinstance(part, ast.FormattedValue) for part in value.values)
        return holes and looks_like_sql(" ".join(str(text) for text in texts))
    if isinstance(value, ast.BinOp):
        return any(isinstance(part, ast.Constant) and looks_like_sql(str(part.value)) for part in ast.walk(value))
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and value.func.attr == "format":
        inner = value.func.value
        return isinstance(inner, ast.Constant) and looks_like_sql(str(inner.value))
    return False


def looks_like_sql(text: str) -> bool:
    return text.lstrip().lower().startswith(SQL)


def is_false(value: ast.expr | None) -> bool:
    return isinstance(value, ast.Constant) and value.value is False


@pytest.mark.parametrize("path", sorted(SOURCE.rglob("*.py")), ids=lambda path: str(path.relative_to(SOURCE)))
def test_no_file_can_turn_data_into_code(path: Path) -> None:
    found = list(problems(ast.parse(path.read_text("utf-8"))))
    assert found == []


@pytest.mark.parametrize(
    "code",
    [
        "import pickle", "from pickle import loads", "import cloudpickle as c", "import dill", "import joblib", "from joblib import load",
        "joblib.load(f)", "import yaml", "yaml.load(f)", "import torch", "torch.load(f)", "eval('1')", "exec(code)", "compile(a, b, c)",
        "__import__('os')", "frame.eval('a')", "frame.query('a > 1')", "np.load(f)", "np.load(f, allow_pickle=True)",
        "numpy.load(f, allow_pickle=flag)", "keras.models.load_model(f)", "model.load_weights(f)", "from keras.models import load_model",
        "keras.Model.from_config(c)", "subprocess.run(a, shell=True)", "subprocess.run(a, shell=flag)", "os.system(a)", "os.popen(a)",
        "tempfile.mktemp()", "from tempfile import mktemp", "import tarfile", "archive.extractall(p)", "archive.extract(name)",
        "shutil.unpack_archive(p)", "jinja2.Environment()", "Environment(autoescape=False)", "Environment(autoescape=flag)",
        "jinja2.Template(text)", "environment.from_string(text)", "db.execute(f'select * from {name}')", "db.sql('select ' + name)",
        "db.execute('select * from {}'.format(name))", "db.execute('select * from %s' % name)", "pd.read_pickle(f)",
        "keras.config.enable_unsafe_deserialization()", "import marshal", "import shelve", "load_model(f, safe_mode=False)",
    ],
)  # fmt: skip
def test_the_gate_sees_every_forbidden_thing(code: str) -> None:
    assert list(problems(ast.parse(code))) != []


@pytest.mark.parametrize(
    "code",
    [
        "np.load(f, allow_pickle=False)", "re.compile('a')", "jinja2.Environment(autoescape=True)", "json.loads(text)",
        "db.execute('select * from t where a = ?', [1])", "frame.select(f'{name}')", "pl.col('a').str.extract('(a)')",
        "subprocess.run(a, shell=False)", "zipfile.ZipFile(p).namelist()", "safetensors.numpy.load(b)", "environment.get_template('a')",
    ],
)  # fmt: skip
def test_the_gate_lets_pass_what_is_safe(code: str) -> None:
    assert list(problems(ast.parse(code))) == []
