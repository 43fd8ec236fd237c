"""What the files of a run are called: flows write them; the report, the dashboard and the doors read them.

``run.json``, ``config.toml`` and ``contract.toml`` are those of `segmint.store.run`, which begins a run with them.
"""

from __future__ import annotations

LEDGER, REJECTED = "ledger.json", "rejected.csv"

SUMMARY, COMPARISON, SEARCH = "summary.json", "comparison.json", "search.json"
LESSON, CALIBRATION = "lesson.json", "calibration.json"
QUALITY_BY_GROUP = "quality_by_group.json"
LEVELS, HISTORY = "tables/columns.parquet", "tables/history.parquet"
PREDICTIONS = "predictions.parquet"
TEST, TEST_PREDICTIONS, TEST_REJECTED = "test.json", "test_predictions.parquet", "test_rejected.csv"

REASONS = "reasons.json"
IMPORTANCE, EFFECTS = "tables/importance.parquet", "tables/effects.parquet"

SEGMENTS, SQL, CUSTOMERS, MIGRATION = "segments.json", "segments.sql", "segments.parquet", "migration.json"

TARGET = "target.json"
LIST, SHEET, DIALLER = "call_list.parquet", "call_list.xlsx", "dialler.csv"

BACKTEST, MONITOR = "backtest.json", "monitor.json"
BACKTEST_CALLS, BACKTEST_WAVES = "tables/backtest_calls.parquet", "tables/backtest_waves.parquet"
MEASURE, OBJECTORS, STRANGE = "measure.json", "do_not_call.csv", "strange_results.csv"

PAGE, STORED_PAGE = "report.html", "report.json"

IDS, MOVED, KEY = "training_ids.bin", "moved_ids.bin", "training_ids.key"
FINGERPRINTS = (KEY, IDS, MOVED)

OF_CUSTOMERS = (
    CUSTOMERS,
    PREDICTIONS,
    REJECTED,
    TEST_PREDICTIONS,
    TEST_REJECTED,
    BACKTEST_CALLS,
    OBJECTORS,
    STRANGE,
    *FINGERPRINTS,
)
"""What a finished run may lose when a customer wants to be forgotten; of its fingerprints all or none."""

OF_A_TRAINING = (
    LEDGER,
    SUMMARY,
    COMPARISON,
    SEARCH,
    LESSON,
    CALIBRATION,
    QUALITY_BY_GROUP,
    TEST,
    *FINGERPRINTS,
    PAGE,
    STORED_PAGE,
)
"""What a run writes beside its bundle under names that nobody else gives: beside a bundle they say that it was one."""
