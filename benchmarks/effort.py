"""What a fit takes: measured minutes of the recipes beside those that `segmint run --recipe best` announces.

Run it on a machine that does nothing else; `models/effort.py` holds the constants that these figures are fitted with.
"""

from __future__ import annotations

import argparse
import os
import resource
import time
from pathlib import Path
from typing import Any

from segmint.contract.contract import load_contract
from segmint.contract.validate import validate
from segmint.models.customer_model import make_model
from segmint.models.effort import expected_minutes
from segmint.splits.folds import inner_split
from segmint.splits.groups import row_groups, row_keys
from segmint.tables.source import open_table

TABLES: tuple[tuple[str, str, Any, int], ...] = (
    ("term-deposit", "term-deposit/train.csv", "after_call", 8_000),
    ("term-deposit", "term-deposit/train.csv", "after_call", 31_647),
    ("customer-segments", "segments-abcd/customer_segmentation.csv", "planning", 8_068),
)


def main() -> None:
    """Print one line for each table and recipe."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recipes", default="plain,fast,best")
    recipes = parser.parse_args().recipes.split(",")
    folder = Path(os.environ.get("SEGMINT_DATA", "../shared/data"))
    for contract, path, at, rows in TABLES:
        table = validate(open_table(folder / path), load_contract(contract), at=at)
        fit, inner = inner_split(table.outcome, row_groups(table), seed=7, keys=row_keys(table))
        fit = fit[: round(0.85 * rows)]
        for recipe in recipes:
            model = make_model("dense_network", columns=table.features, random_state=7, recipe=recipe)
            wall, cpu = time.perf_counter(), _processor()
            model.fit(table.inputs[fit], table.outcome[fit], inner=(table.inputs[inner], table.outcome[inner]))
            expected = expected_minutes(recipe, len(fit), len(table.features), 1)
            print(
                f"{contract}, {len(fit):,} customers, {len(table.features)} columns, {recipe}: {(time.perf_counter() - wall) / 60:.1f} minutes, "
                f"{_processor() - cpu:.0f} s of processor; announced {expected:.1f} (load {os.getloadavg()[0]:.1f})",
                flush=True,
            )


def _processor() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
