"""`segmint target`: suppress → predict → choose → say why → hand over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from segmint.config import Config
from segmint.contract.contract import Contract
from segmint.contract.valid_table import ValidTable
from segmint.errors import PolicyError
from segmint.explain.words import reasons_for
from segmint.flows.bundle import predictor_of
from segmint.flows.read import keep_reading, open_source, read
from segmint.flows.report import write_report
from segmint.progress import Progress, silent
from segmint.segments.assign import assign_segments
from segmint.store.bundle import Bundle, open_bundle
from segmint.store.run import Run
from segmint.store.staging import publish_file, staging, write_file
from segmint.targeting.call_list import CallList, build_call_list
from segmint.targeting.choose import choose
from segmint.targeting.curves import expected_curve
from segmint.targeting.hand_off import general_profile, parse_profile, recheck, write_dialler, write_workbook
from segmint.targeting.policy import ContactPolicy
from segmint.targeting.suppress import Suppression, suppress

LIST, SHEET, DIALLER = "call_list.parquet", "call_list.xlsx", "dialler.csv"
CARRIED = frozenset({"name", "phone", "quota"})


@dataclass(frozen=True)
class Targeted:
    """What came of targeting, for any door.

    Attributes
    ----------
    folder : Path
        The run.
    out : Path or None
        Where copies of the hand-off lie.
    call_list : CallList
    sentences : tuple of str
        Where everyone went, what to do, what the holdout can show.
    summary : dict
        Counts and money, plain JSON, no customer in it.
    """

    folder: Path
    out: Path | None
    call_list: CallList
    sentences: tuple[str, ...]
    summary: dict[str, Any]


def target(
    source: Any,
    bundle: Path | str,
    config: Config,
    *,
    runs: Path,
    out: Path | None = None,
    dialler: Path | None = None,
    argv: Sequence[str] = (),
    progress: Progress = silent,
) -> Targeted:
    """Choose whom to call under the bank's policy and hand the list over.

    Parameters
    ----------
    source : path or frame
    bundle : Path or str
        A run, a bundle's folder, or PROMOTED. Its network must not use what is known only after the call.
    config : Config
        With `economics` and `policy`.
    runs : Path
    out : Path, optional
        A folder, not there yet, that receives copies: ``call_list.parquet``, ``call_list.xlsx``, ``dialler.csv``.
    dialler : Path, optional
        A TOML profile of what the dialler accepts.

    Raises
    ------
    PolicyError
        If the policy contradicts itself, or names files or columns that cannot be used.
    """
    policy = policy_of(config)
    opened_bundle = open_bundle(bundle, runs)
    _require_usable(opened_bundle)
    opened = open_source(source, config.data)
    profile_text = None if dialler is None else _text(dialler)
    data = config.data.model_copy(update={"at": opened_bundle.at})
    inputs = {opened.name: opened.fingerprint, "bundle": f"sha256:{opened_bundle.digest}"}
    with Run.create(runs, "target", argv, config.to_toml(), None, inputs) as here:
        contract = opened_bundle.contract
        table = read(opened, contract, data, here, purpose="predict", progress=progress)
        keep_reading(here, table)
        columns = _columns(table, policy)
        customers = _customers(table)
        held_back = suppress(customers, columns, contract, policy, today=datetime.now(UTC).date())
        propensity = _propensities(table, opened_bundle, held_back)
        choice = choose(customers, propensity, policy, columns=columns, eligible=held_back.eligible)
        call_list = build_call_list(
            customers,
            choice,
            held_back.because,
            policy,
            records=pl.Series(table.records),
            carried=columns.select(_carried(contract, columns)),
            rejected=[reject.record for reject in table.ledger.rejects],
            run=here.id,
        )
        call_list = _with_segments(call_list, table, customers, opened_bundle)
        call_list = recheck(_with_reasons(call_list, table, customers, opened_bundle), contract)
        profile = general_profile(call_list, contract)
        if profile_text is not None:
            profile = parse_profile(profile_text, origin=str(dialler))
        publish_file(here.folder / LIST, call_list.write)
        publish_file(here.folder / SHEET, lambda path: write_workbook(call_list, contract, path))
        publish_file(here.folder / DIALLER, lambda path: write_dialler(call_list, profile, path))
        summary = _summary(call_list, held_back, policy)
        here.keep("target.json", summary)
        if out is not None:
            _copy(here.folder, out)
        write_report(here.folder)
        here.done({key: summary[key] for key in ("counts", "expected_profit")})
    return Targeted(here.folder, out, call_list, call_list.sentences(), summary)


def policy_of(config: Config) -> ContactPolicy:
    """Join the sections `economics` and `policy`, free of contradictions.

    Raises
    ------
    PolicyError
        If nothing says what a call costs and a success brings, or the rules contradict each other.
    """
    if config.economics is None:
        raise PolicyError(
            "Nothing says what a call costs and what a success brings.",
            expected="economics.cost_per_call and economics.value_per_success",
            fix="start from: segmint policy init > policy.toml, then use --policy policy.toml",
        )
    return ContactPolicy.of(config.economics, config.policy)


def _require_usable(bundle: Bundle) -> None:
    if bundle.contract.outcome.positive is None:
        raise PolicyError(
            "This bundle names segments; it does not say who will say yes.",
            expected="a bundle trained on a response",
            fix="train one on past campaign results: segmint run",
        )
    if bundle.at == "after_call":
        raise PolicyError(
            "This bundle uses what is known only after the call, so it cannot choose whom to call.",
            expected="a bundle trained --at planning, or --at dialling with the planned values in the table",
            fix="train again: segmint run ... --at planning",
        )


def _columns(table: ValidTable, policy: ContactPolicy) -> pl.DataFrame:
    """Join the validated columns with the file's other columns that the policy names."""
    policy.require_columns(tuple(dict.fromkeys((*table.frame.columns, *table.raw.columns))))
    extra = [name for name in policy.columns if name not in table.frame.columns]
    return table.frame.with_columns(table.raw[name] for name in extra)


def _customers(table: ValidTable) -> pl.Series:
    ids = table.ids
    return pl.Series("customer", table.records).cast(pl.String) if ids is None else ids


def _propensities(table: ValidTable, bundle: Bundle, held_back: Suppression) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Predict those who may be called, and nobody else: an objection forbids profiling too."""
    propensity = np.full(len(table), np.nan)
    eligible = held_back.eligible
    if eligible.any():
        likely = predictor_of(bundle).probabilities(table.frame.filter(pl.Series(eligible)))
        propensity[eligible] = likely[:, bundle.classes.index(str(bundle.contract.outcome.positive))]
    return propensity


def _with_segments(call_list: CallList, table: ValidTable, customers: pl.Series, bundle: Bundle) -> CallList:
    """Name the segment of everyone, where the bundle knows segments."""
    known = bundle.segments
    if known is None or known.get("state") is None:
        return call_list
    labels, _ = assign_segments(known["state"], table.frame)
    names = np.array([part["name"] for part in known["segments"]])
    named = pl.DataFrame({"customer": customers, "segment": names[labels]}).unique("customer", keep="first")
    return call_list.joined(named)


def _with_reasons(call_list: CallList, table: ValidTable, customers: pl.Series, bundle: Bundle) -> CallList:
    """Say why for everyone on the list, and for nobody else."""
    listed = pl.Series(table.records).is_in(call_list.listed["record"].to_list()).to_numpy()
    if not listed.any():
        return call_list
    reasons = reasons_for(table.rows(listed), predictor_of(bundle), bundle.reference)
    return call_list.joined(reasons.insert_column(0, customers.filter(pl.Series(listed)).alias("customer")))


def _carried(contract: Contract, columns: pl.DataFrame) -> list[str]:
    return [c.name for c in contract.columns if c.role in CARRIED and c.name in columns.columns]


def _summary(call_list: CallList, held_back: Suppression, policy: ContactPolicy) -> dict[str, Any]:
    weighed = call_list.frame().filter(pl.col("expected_profit").is_not_null())
    curve = expected_curve(weighed["propensity"], weighed["value"], weighed["cost"])
    listed = call_list.listed
    return {
        "counts": call_list.counts,
        "suppressed_because": call_list.reasons,
        "files": list(held_back.receipt),
        "sentences": list(call_list.sentences()),
        "currency": policy.economics.currency,
        "expected_profit": call_list.expected_profit,
        "expected_cost": float(listed["cost"].sum()),
        "expected_successes": float(listed["propensity"].sum()),
        "curve": curve.to_dict(as_series=False),
    }


def _copy(folder: Path, out: Path) -> None:
    with staging(out) as staged:
        for name in (LIST, SHEET, DIALLER):
            write_file(staged / name, (folder / name).read_bytes())


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PolicyError(
            f"The dialler profile '{path}' cannot be read ({type(error).__name__}).",
            expected="a TOML file in UTF-8",
            fix="check the path",
        ) from error
