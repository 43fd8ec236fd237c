"""Segments measured: planted truth over many seeds, real tables beside rivals, and seconds.

    python benchmarks/segments.py planted [seeds]     right counts and adjusted Rand; no groups where there are none
    python benchmarks/segments.py real                the gates on the real tables, and rivals at the same count
    python benchmarks/segments.py large               seconds for 45,000 and 1,000,000 customers

Rivals: k-means on one-hot columns (scikit-learn), StepMix alone, k-prototypes where `kmodes` is installed.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import polars as pl
from scipy.stats import chi2, false_discovery_control

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "segments"))

from planted import planted, unplanted  # noqa: E402

from segmint.contract.contract import load_contract  # noqa: E402
from segmint.contract.valid_table import ValidTable  # noqa: E402
from segmint.contract.validate import validate  # noqa: E402
from segmint.metrics.association import cramers_v  # noqa: E402
from segmint.segments.assign import assign_segments  # noqa: E402
from segmint.segments.choice import likelihood_ratio, response_spread  # noqa: E402
from segmint.segments.coding import encode, learn_coding  # noqa: E402
from segmint.segments.finder import SegmentFinder  # noqa: E402
from segmint.segments.inputs import SegmentInputs, segment_inputs  # noqa: E402
from segmint.segments.mixture import statistics  # noqa: E402
from segmint.segments.profile import response_of  # noqa: E402
from segmint.segments.rules import segment_rules  # noqa: E402
from segmint.segments.segmentation import Segmentation, discover_segments, kept_apart  # noqa: E402
from segmint.segments.stability import adjusted_rand, contingency, segment_stability  # noqa: E402
from segmint.splits.groups import RowIdentity  # noqa: E402
from segmint.tables.source import open_table  # noqa: E402

TABLES = (
    ("uci-bank/bank.csv", "bank-marketing"),
    ("uci-bank/bank-additional-first-80.csv", "bank-additional"),
    ("segments-abcd/customer_segmentation.csv", "customer-segments"),
)


def measure_planted(seeds: int) -> None:
    """Count how often the planted segments are found, and none where there are none."""
    right = quiet = 0
    for seed in range(seeds):
        frame, truth = planted(seed, 2 + seed % 7)
        began = time.perf_counter()
        finder = SegmentFinder(random_state=seed).fit(frame)
        seconds = time.perf_counter() - began
        agreement = adjusted_rand(truth, finder.labels_)
        count = finder.choice_.count
        right += count == 2 + seed % 7 and agreement >= 0.90
        silent = SegmentFinder(random_state=seed).fit(unplanted(seed))
        quiet += not silent.choice_.natural
        print(
            f"seed {seed}: planted {2 + seed % 7}, found {count}, adjusted Rand {agreement:.3f}, {seconds:.1f} s; "
            f"without groups: {'natural' if silent.choice_.natural else 'none'}",
            flush=True,
        )
    print(f"right count and adjusted Rand >= 0.90: {right} of {seeds}; no groups recognised: {quiet} of {seeds}")


def measure_real(seeds: tuple[int, ...] = (7, 8, 9)) -> None:
    """Print the gates on the real tables for several seeds, figures for 3, 5 and 7 segments, rivals at the same count."""
    folder = (ROOT / os.environ.get("SEGMINT_DATA", "../shared/data")).resolve()
    for path, contract in TABLES:
        table = validate(open_table(folder / path), load_contract(contract))
        print(f"\n{contract}: {len(table):,} customers")
        for seed in seeds:
            began = time.perf_counter()
            found = discover_segments(table, propensity=individual_model(table, seed), random_state=seed)
            print_gates(f"seed {seed}", table, found, seed, time.perf_counter() - began)
            if seed == seeds[0]:
                compare_rivals(segment_inputs(table), table.outcome, found.choice.count)
                if found.gates():
                    for count in (3, 5, 7):
                        given = discover_segments(
                            table, count=count, propensity=individual_model(table, seed), random_state=seed
                        )
                        print_gates(f"  {count} segments", table, given, seed, 0.0)


def print_gates(title: str, table: ValidTable, found: Segmentation, seed: int, seconds: float) -> None:
    """Print what the bar asks for, in one line."""
    proof, agreement = found.proof, found.cramers_v
    tested = (
        ""
        if proof is None
        else f"adjusted p {smallest_adjusted_p(table, found, seed):.2g}, permutation p "
        f"{proof.permutation_p:.3f}, AUC {proof.auc:.3f}, profit kept {proof.profit_kept or float('nan'):.2f}; "
    )
    print(
        f"{title}: {found.choice.count} segments ({found.state['method']}), "
        f"weakest Jaccard {found.stability.of(found.choice.count).weakest:.2f}, "
        f"smallest {min(segment.share for segment in found.profiles.segments):.3f}, "
        f"fidelity {found.rules.fidelity:.3f}, {tested}"
        + (f"V with the known {agreement:.3f}; " if agreement is not None else "")
        + f"{seconds:.1f} s; {found.choice.verdict}",
        flush=True,
    )
    for missed in found.gates():
        print(f"    missed: {missed}", flush=True)


def smallest_adjusted_p(table: ValidTable, found: Segmentation, seed: int) -> float:
    """Test each segment against the others on the rows kept apart; the smallest p after Benjamini & Hochberg (1995)."""
    yes = table.outcome == table.contract.outcome.positive
    apart = kept_apart(yes, RowIdentity.of(table), seed)
    counts = contingency(found.labels[apart], yes[apart].astype(np.int64), columns=2)
    pairs = [np.stack([here, counts.sum(axis=0) - here]) for here in counts if here.sum()]
    return float(false_discovery_control([chi2.sf(likelihood_ratio(pair)[0], 1) for pair in pairs]).min())


def individual_model(table: ValidTable, seed: int) -> np.ndarray | None:
    """Propensities of boosted trees that never saw the rows kept apart; None without a response."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    yes = response_of(table)
    if yes is None:
        return None
    seen = ~kept_apart(yes, RowIdentity.of(table), seed)
    inputs = segment_inputs(table).frame.with_columns(pl.col(pl.String).cast(pl.Categorical).to_physical())
    codes = inputs.to_numpy().astype(float)
    model = HistGradientBoostingClassifier(learning_rate=0.05, max_iter=80, max_leaf_nodes=15, random_state=seed)
    return model.fit(codes[seen], yes[seen]).predict_proba(codes)[:, 1]


def compare_rivals(inputs: SegmentInputs, outcome: np.ndarray, count: int) -> None:
    """Print stability, fidelity, spread of the outcome, Cramér's V and seconds of rivals on 3,000 customers."""
    rows = np.random.default_rng(7).permutation(inputs.frame.height)[:3_000]
    inputs = inputs.rows(rows.tolist())
    answers = np.unique(outcome[rows], return_inverse=True)[1]
    coding = learn_coding(inputs)
    design = encode(coding, inputs.frame)
    for name, fit in rivals(inputs, design, count).items():
        began = time.perf_counter()
        try:
            labels = fit(np.arange(len(rows)), 7)
        except ImportError as missing:
            print(f"  {name}: {missing.name} is not installed")
            continue
        except ValueError as failure:  # k-prototypes cannot always begin
            print(f"  {name}: {failure}")
            continue
        seconds = time.perf_counter() - began

        def refit(counts: np.ndarray, random: np.random.Generator, fit=fit) -> dict[int, np.ndarray]:
            return {count: fit(np.repeat(np.arange(len(counts)), counts), int(random.integers(1 << 30)))}

        stable = segment_stability({count: labels}, refit, resamples=10, random=np.random.default_rng(7))
        print(
            f"  {name}: weakest Jaccard {stable.of(count).weakest:.2f}, "
            f"fidelity {segment_rules(inputs, labels, random_state=7).fidelity:.2f}, "
            f"spread {response_spread(labels, answers):.0f}, V {cramers_v(contingency(labels, answers), corrected=False):.3f}, {seconds:.1f} s",
            flush=True,
        )


def rivals(inputs: SegmentInputs, design: object, count: int) -> dict:
    """Functions that fit some customers and label all."""
    hot = statistics(design)

    def ours(rows: np.ndarray, seed: int) -> np.ndarray:
        finder = SegmentFinder(count, "latent-class", seed)
        finder.fit(inputs.rows(rows.tolist()))
        return assign_segments(finder.state_, inputs.frame)[0]

    def k_means_one_hot(rows: np.ndarray, seed: int) -> np.ndarray:
        from sklearn.cluster import KMeans

        return KMeans(count, n_init=10, random_state=seed).fit(hot[rows]).predict(hot).astype(np.int64)

    def stepmix(rows: np.ndarray, seed: int) -> np.ndarray:
        from stepmix.stepmix import StepMix

        codes = np.where(design.codes < 0, np.nan, design.codes).astype(float)
        model = StepMix(count, measurement="categorical_nan", n_init=1, random_state=seed, verbose=0, progress_bar=0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return model.fit(codes[rows]).predict(codes).astype(np.int64)

    def k_prototypes(rows: np.ndarray, seed: int) -> np.ndarray:
        from kmodes.kprototypes import KPrototypes

        kinds = [column.kind for column in inputs.columns]
        cells = inputs.frame.with_columns(
            pl.col(pl.String).fill_null("none"), pl.col(pl.Float64).fill_null(strategy="mean")
        ).to_numpy()
        places = [place for place, kind in enumerate(kinds) if kind == "category"]
        model = KPrototypes(count, init="Cao", n_init=1, random_state=seed)
        model.fit(cells[rows], categorical=places)
        return model.predict(cells, categorical=places).astype(np.int64)

    return {"segmint": ours, "k-means, one-hot": k_means_one_hot, "StepMix": stepmix, "k-prototypes": k_prototypes}


def measure_large() -> None:
    """Print seconds for many customers."""
    frame, _ = planted(1, 5)
    for rows in (45_000, 1_000_000):
        many = frame.sample(rows, with_replacement=True, seed=1)
        began = time.perf_counter()
        finder = SegmentFinder(random_state=1).fit(many)
        print(f"{rows:,} customers: {finder.choice_.count} segments, {time.perf_counter() - began:.1f} s", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", nargs="?", choices=("real", "planted", "large"), default="real")
    parser.add_argument("tables", type=int, nargs="?", default=40, help="how many planted tables")
    asked = parser.parse_args()
    if asked.part == "planted":
        measure_planted(asked.tables)
    elif asked.part == "large":
        measure_large()
    else:
        measure_real()
