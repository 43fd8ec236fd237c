"""Speed: one customer, tables from Parquet to Parquet, and training, each beside its rivals in one run.

Parts: ``single`` (microseconds), ``table`` (rows per second beside reading and writing alone, scikit-learn preparation with
``keras.predict``, and ONNX Runtime on the same network), ``compact`` (what the small network costs in AUC) and ``training``
(seconds to the validation loss of plain ``model.fit``). Ratios of one run mean something on any machine; seconds do not.
``make bench`` installs what the rivals need.

    python benchmarks/speed.py --only single,table --rows 10000,100000,1000000
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from segmint.config import COMPACT, load_config
from segmint.contract.contract import load_contract
from segmint.contract.valid_table import ValidTable
from segmint.contract.validate import validate, validate_batches
from segmint.features.apply import apply_features
from segmint.features.customer_features import CustomerFeatures
from segmint.flows.demo import sample_path
from segmint.flows.steps.appended import with_predictions
from segmint.metrics.ranking import roc_auc
from segmint.models.calibration import Calibration
from segmint.models.customer_model import make_model
from segmint.models.interval import fit_interval
from segmint.models.network import DenseNetworkClassifier
from segmint.models.predict import Predictor
from segmint.models.single import SinglePredictor
from segmint.splits.folds import Fold, make_folds
from segmint.splits.groups import row_groups, row_keys
from segmint.tables.source import open_table
from segmint.tables.write import write_parquet

FULL = (256, 256, 128)
AT = "after_call"  # the embedded sample has 16 columns then


def main() -> None:
    """Print every part that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="single,table,compact,training")
    parser.add_argument("--rows", default="10000,100000,1000000", help="10000000 takes minutes and 2 GB of disk")
    parser.add_argument("--recipe", default="fast", help="of the compact part")
    arguments = parser.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    wanted = arguments.only.split(",")
    if {"single", "table"} & set(wanted):
        networks = {"full": _network(FULL), "compact": _network(COMPACT)}
        if "single" in wanted:
            _single(networks)
        if "table" in wanted:
            _tables(networks, [int(rows) for rows in arguments.rows.split(",")])
    if "compact" in wanted:
        _compact(arguments.recipe)
    if "training" in wanted:
        _training()


def _sample() -> ValidTable:
    return validate(open_table(sample_path()), load_contract("bank-marketing"), at=AT)


def _network(hidden: tuple[int, ...]) -> Predictor:
    """A network of these widths that has seen the sample once: speed does not depend on what it learned."""
    table = _sample()
    model = make_model("dense_network", columns=table.features, random_state=7, recipe="plain", hidden=hidden, epochs=1)
    model.fit(table.inputs, table.outcome)
    network = {"layers": model[-1].layers_, "classes": [str(name) for name in model[-1].classes_]}
    likely = model.predict_proba(table.inputs)[:, 1]
    interval = fit_interval(likely, table.outcome == "yes")
    assert interval is not None
    told = model[-1].calibration_.to_json() | {"threshold": 0.3, "interval": interval.to_json()}
    return Predictor(model[0].state_, network, model[-1].weights_, told)


def _best(work: Callable[[], Any], repeats: int = 5) -> float:
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


# --- one customer -----------------------------------------------------------------------------------------------------


def _single(networks: dict[str, Predictor]) -> None:
    table = _sample()
    rows = table.raw.drop("y").head(500).to_dicts()
    print("\none customer, microseconds (bars: 50 from features, 500 from a dict, checked and flagged)")
    for name, predictor in networks.items():
        single = SinglePredictor(predictor, table.contract, AT)
        vectors = [np.ascontiguousarray(row) for row in apply_features(predictor.features, table.inputs.head(500))]
        features = _best(lambda s=single, v=vectors: [s.vector(x) for x in v]) / 500 * 1e6
        whole = _best(lambda s=single: [s.customer(row) for row in rows]) / 500 * 1e6
        one = open_table(table.raw.drop("y").head(1))

        def batch(p: Predictor = predictor, one: Any = one) -> None:
            (found,) = validate_batches(one, table.contract, purpose="predict", at=AT)
            p.probabilities(found.frame)

        print(
            f"  {name:<8} features {features:7.1f}   dict {whole:7.1f}   the same through a frame {_best(batch) * 1e6:9.1f}"
        )


# --- tables -----------------------------------------------------------------------------------------------------------


def _tables(networks: dict[str, Predictor], sizes: list[int]) -> None:
    print("\nParquet to Parquet, 16 columns in, 16 + 5 out; seconds, and times reading and writing alone")
    ways: dict[str, Callable[[Path, Path], None]] = {"reading and writing": _copy}
    for name, predictor in networks.items():
        ways[f"segmint, {name}"] = lambda source, out, p=predictor: _segmint(p, source, out)
    ways |= _rivals(networks)
    with tempfile.TemporaryDirectory() as folder:
        for rows in sizes:
            source, out = Path(folder) / f"{rows}.parquet", Path(folder) / "out.parquet"
            _write_source(source, rows)
            _race(ways, source, out, rows, repeats=5 if rows <= 100_000 else 2)
            if rows == max(sizes):
                for name, predictor in networks.items():
                    _where(predictor, source, out, name, rows)


def _race(ways: dict[str, Callable[[Path, Path], None]], source: Path, out: Path, rows: int, *, repeats: int) -> None:
    """Let all ways take turns, so that whoever else uses the machine disturbs them alike; medians of the rounds."""
    wall: dict[str, list[float]] = {name: [] for name in ways}
    cpu: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(repeats):
        for name, way in ways.items():
            start, used = time.perf_counter(), time.process_time()
            way(source, out)
            wall[name].append(time.perf_counter() - start)
            cpu[name].append(time.process_time() - used)
    alone = next(iter(ways))
    for name in ways:
        taken = statistics.median(wall[name])
        times = statistics.median(mine / base for mine, base in zip(wall[name], wall[alone], strict=True))
        processor = statistics.median(mine / base for mine, base in zip(cpu[name], cpu[alone], strict=True))
        print(
            f"  {rows:>10,}  {name:<38} {taken:8.2f} s {rows / taken:12,.0f} rows/s {times:6.1f}x, of processor {processor:5.1f}x",
            flush=True,
        )


def _write_source(path: Path, rows: int) -> None:
    """Draw customers of the sample, numbers as numbers; in blocks, so that ten million fit."""
    sample = pl.read_csv(sample_path(), separator=";").drop("y")
    block = 500_000
    write_parquet(
        (sample.sample(min(block, rows - start), with_replacement=True, seed=start) for start in range(0, rows, block)),
        path,
    )


def _copy(source: Path, out: Path) -> None:
    """Read every column and write it with five more: what no way of predicting can save."""
    more = {"propensity": 0.5, "propensity_low": 0.4, "propensity_high": 0.6, "predicted": "no", "flags": ""}
    write_parquet(
        (
            batch.frame.with_columns(**{name: pl.lit(value) for name, value in more.items()})
            for batch in open_table(source).batches()
        ),
        out,
    )


def _validated(source: Path) -> Iterator[ValidTable]:
    return validate_batches(open_table(source), load_contract("bank-marketing"), purpose="predict", at=AT)


def _segmint(predictor: Predictor, source: Path, out: Path) -> None:
    def predicted(table: ValidTable) -> pl.DataFrame:
        likely = predictor.probabilities(table.frame)
        return with_predictions(table, likely, predictor.predicted(likely, "yes"), predictor)

    write_parquet(map(predicted, _validated(source)), out)


def _rivals(networks: dict[str, Predictor]) -> dict[str, Callable[[Path, Path], None]]:
    ways: dict[str, Callable[[Path, Path], None]] = {}
    preparation, keras_network = _keras_rival()
    ways["scikit-learn and keras.predict"] = lambda source, out: _scikit(preparation, keras_network, source, out)
    for name, predictor in networks.items():
        session = _onnx(predictor)
        ways[f"our features and ONNX Runtime, {name}"] = lambda s, o, p=predictor, session=session: _onnx_way(
            p, session, s, o
        )
    return ways


def _keras_rival() -> tuple[Any, Any]:
    """What most people would write: one-hot categories, scaled numbers, a network as wide as the full one."""
    import keras
    from sklearn.compose import make_column_transformer
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    sample = pl.read_csv(sample_path(), separator=";").drop("y").to_pandas()
    numbers = list(sample.select_dtypes("number").columns)
    texts = [name for name in sample.columns if name not in numbers]
    preparation = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore", sparse_output=False), texts), (StandardScaler(), numbers)
    ).fit(sample)
    layers: list[Any] = [keras.Input((preparation.transform(sample[:1]).shape[1],))]
    for units in FULL:
        layers += [
            keras.layers.Dense(units, activation="relu"),
            keras.layers.BatchNormalization(),
            keras.layers.Dropout(0.1),
        ]
    return preparation, keras.Sequential([*layers, keras.layers.Dense(1, activation="sigmoid")])


def _scikit(preparation: Any, network: Any, source: Path, out: Path) -> None:
    def predicted(frame: pl.DataFrame) -> pl.DataFrame:
        inputs = preparation.transform(frame.to_pandas()).astype(np.float32)
        propensity = network.predict(inputs, batch_size=8_192, verbose=0)[:, 0]
        return frame.with_columns(propensity=pl.Series(propensity))

    write_parquet((predicted(batch.frame) for batch in open_table(source).batches()), out)


def _onnx(predictor: Predictor) -> Any:
    """The same folded layers as an ONNX graph."""
    import onnx
    import onnxruntime
    from onnx import TensorProto, helper, numpy_helper

    nodes, weights, name = [], [], "x"
    for place, (kernel, bias, activation) in enumerate(predictor.folded):
        weights += [numpy_helper.from_array(kernel, f"k{place}"), numpy_helper.from_array(bias, f"b{place}")]
        nodes.append(helper.make_node("Gemm", [name, f"k{place}", f"b{place}"], [f"g{place}"]))
        name = f"g{place}"
        if activation == "relu":
            nodes.append(helper.make_node("Relu", [name], [f"r{place}"]))
            name = f"r{place}"
    nodes.append(helper.make_node("Sigmoid", [name], ["y"]))
    inputs = len(predictor.folded[0][0])
    graph = helper.make_graph(
        nodes,
        "network",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, inputs])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [None, 1])],
        weights,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    return onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])


def _onnx_way(predictor: Predictor, session: Any, source: Path, out: Path) -> None:
    def predicted(frame: pl.DataFrame) -> pl.DataFrame:
        # categories as text, numbers as floats: what the features ask for, with no check of anything
        inputs = apply_features(predictor.features, frame)
        return frame.with_columns(propensity=pl.Series(session.run(None, {"x": inputs})[0][:, 0]))

    write_parquet((predicted(batch.frame) for batch in open_table(source).batches()), out)


def _where(predictor: Predictor, source: Path, out: Path, name: str, rows: int) -> None:
    """Say where the time goes: each stage on the same batches."""
    told: dict[str, list[float]] = {stage: [] for stage in ("read", "check", "encode", "network", "columns", "write")}
    source_table, contract = open_table(source), load_contract("bank-marketing")
    start = time.perf_counter()
    batches = [batch.frame for batch, _ in zip(source_table.batches(), range(8), strict=False)]
    told["read"].append(time.perf_counter() - start)
    counted = sum(frame.height for frame in batches)
    for frame in batches:
        (table,), taken = _timed(
            lambda f=frame: list(validate_batches(open_table(f), contract, purpose="predict", at=AT))
        )
        told["check"].append(taken)
        _, encode = _timed(lambda t=table: predictor._lookup.pick(t.frame))
        likely, both = _timed(lambda t=table: predictor.probabilities(t.frame))
        told["encode"].append(encode)
        told["network"].append(max(both - encode, 0.0))
        said = predictor.predicted(likely, "yes")
        made, taken = _timed(lambda t=table, p=likely, s=said: with_predictions(t, p, s, predictor))
        told["columns"].append(taken)
        told["write"].append(_timed(lambda m=made: write_parquet([m], out))[1])
    whole = sum(map(sum, told.values()))
    shares = ", ".join(f"{stage} {100 * sum(seconds) / whole:.0f} %" for stage, seconds in told.items())
    print(f"  where the time goes, {name}: {shares} of {whole / counted * 1e6:.2f} microseconds a row ({rows:,} rows)")


def _timed(work: Callable[[], Any]) -> tuple[Any, float]:
    start = time.perf_counter()
    found = work()
    return found, time.perf_counter() - start


# --- the compact network ----------------------------------------------------------------------------------------------


def _term_deposit(at: str = AT) -> tuple[ValidTable, list[Fold]]:
    path = Path(os.environ.get("SEGMINT_DATA", "../shared/data")) / "term-deposit" / "train.csv"
    table = validate(open_table(path), load_contract("term-deposit"), at=at)  # type: ignore[arg-type]
    return table, make_folds(table.outcome, row_groups(table), count=5, seed=7, keys=row_keys(table))


def _compact(recipe: str) -> None:
    print(
        f"\nthe compact network beside the full one, recipe {recipe}, term-deposit, rows kept apart (bar: 0.001 of AUC)"
    )
    table, folds = _term_deposit()
    gaps = []
    for number, fold in enumerate(folds, start=1):
        areas = {}
        for size in ("full", "compact"):
            settings = load_config(None, [f"model.size={size}", f"model.recipe={recipe}"]).model.settings
            model = make_model("dense_network", columns=table.features, random_state=7, **settings)
            inner = (table.inputs[fold.inner], table.outcome[fold.inner])
            model.fit(table.inputs[fold.fit], table.outcome[fold.fit], inner=inner)
            areas[size] = roc_auc(table.outcome[fold.test] == "yes", model.predict_proba(table.inputs[fold.test])[:, 1])
        gaps.append(areas["full"] - areas["compact"])
        print(
            f"  fold {number}: full {areas['full']:.4f}, compact {areas['compact']:.4f}, loss {gaps[-1]:+.4f}",
            flush=True,
        )
    print(f"  mean loss {statistics.mean(gaps):+.4f}")


# --- training ---------------------------------------------------------------------------------------------------------


def _training() -> None:
    """Race to the best validation loss of plain `model.fit` at batch 32, on the same encoded rows and the layers of `fast`."""
    import keras

    table, folds = _term_deposit()
    fold = folds[0]
    features = CustomerFeatures(table.features).fit(table.inputs[fold.fit])
    X, inner = features.transform(table.inputs[fold.fit]), features.transform(table.inputs[fold.inner])
    y, inner_y = table.outcome[fold.fit] == "yes", table.outcome[fold.inner] == "yes"
    keras.utils.set_random_seed(7)
    widths = DenseNetworkClassifier("short").widths(len(X))
    layers: list[Any] = [keras.Input((X.shape[1],))]
    for units in widths:
        layers += [
            keras.layers.Dense(units, activation="relu"),
            keras.layers.BatchNormalization(),
            keras.layers.Dropout(0.1),
        ]
    network = keras.Sequential([*layers, keras.layers.Dense(1, activation="sigmoid")])
    network.compile("adam", "binary_crossentropy")
    clock = _Clock()
    start = time.perf_counter()
    network.fit(
        X, y.astype(np.float32), batch_size=32, epochs=8, verbose=0,
        validation_data=(inner, inner_y.astype(np.float32)), callbacks=[clock.callback(start)],
    )  # fmt: skip
    place = int(np.argmin(clock.losses))
    target, theirs = clock.losses[place], clock.seconds[place]
    print(f"\ntraining, term-deposit, {len(X):,} rows, {X.shape[1]} features, layers {widths} (bar: 5x, goal: 10x)")
    print(f"  model.fit, batch 32: best validation loss {target:.4f} at epoch {place + 1}, {theirs:.1f} s")
    watch = _Watch()
    start = watch.start = time.perf_counter()
    classifier = DenseNetworkClassifier(widths, log=watch, random_state=7)  # type: ignore[arg-type]
    classifier.fit(X, np.where(y, "yes", "no"), inner=(inner, np.where(inner_y, "yes", "no")))
    reached = [seconds for seconds, loss in zip(watch.seconds, watch.losses, strict=True) if loss <= target]
    best = min(watch.losses)
    if reached:
        print(f"  segmint: {reached[0]:.1f} s to that loss, {theirs / reached[0]:.1f}x as fast; best {best:.4f}")
    else:
        print(f"  segmint never got there: best {best:.4f} after {watch.seconds[-1]:.1f} s")
    assert isinstance(classifier.calibration_, Calibration)


class _Clock:
    """Seconds and validation loss after each epoch of `model.fit`."""

    def __init__(self) -> None:
        self.losses: list[float] = []
        self.seconds: list[float] = []

    def callback(self, start: float) -> Any:
        import keras

        def note(epoch: int, logs: dict[str, float] | None) -> None:
            self.losses.append((logs or {})["val_loss"])
            self.seconds.append(time.perf_counter() - start)

        return keras.callbacks.LambdaCallback(on_epoch_end=note)


class _Watch:
    """The same of our own training, through the place where TensorBoard listens."""

    def __init__(self) -> None:
        self.losses: list[float] = []
        self.seconds: list[float] = []
        self.start = 0.0

    def watch(self, network: Any, settings: Any) -> Any:
        from contextlib import nullcontext

        def write(epoch: Any, _seen: Any) -> None:
            self.losses.append(epoch.validation_loss)
            self.seconds.append(time.perf_counter() - self.start)

        return nullcontext(write)


if __name__ == "__main__":
    main()
