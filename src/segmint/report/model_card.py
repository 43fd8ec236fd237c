"""The model card: what the bundle is, for people, in Markdown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from segmint.contract.column import Known
from segmint.contract.contract import Contract

_MOMENT = {
    "planning": "when the call list is made",
    "dialling": "when the call is placed: month, day, channel and number of contacts must be planned",
    "after_call": "after the call: for benchmarks only, never for choosing whom to call",
}


def model_card(
    contract: Contract,
    at: Known,
    rows: int,
    network: Mapping[str, Any],
    quality: Mapping[str, float],
    note: str = "",
) -> str:
    """Write the card of a bundle; `note` says what must be known of its figures.

    It does not say when or by which run it was made: the same table and settings give the same card, to the byte.
    """
    columns = ", ".join(column.name for column in contract.features(at))
    sensitive = ", ".join(column.name for column in contract.features(at) if column.sensitive) or "none"
    layers = ", ".join(_layer(layer) for layer in network["layers"])
    figures = "\n".join(f"- {name}: {value:.4f}" for name, value in quality.items())
    return f"""# Model card: {contract.outcome.label}

Made from {rows:,} rows under the contract `{contract.name}`, version {contract.version}.

- **Predicts**: one of {", ".join(contract.outcome.levels)}.
- **Uses what is known** {_MOMENT[at]}.
- **Columns**: {columns}.
- **Sensitive columns among them**: {sensitive}.
- **Network**: {network["inputs"]} inputs; {layers}. Only Dense, BatchNormalization and Dropout.

## Quality on rows kept apart

{f"{note}{chr(10)}{chr(10)}" if note else ""}{figures or "Not measured: the run compared nothing."}

## Use

For choosing whom to contact in a marketing campaign, by people who know the contact policy. A propensity says how
likely a contacted customer is to say yes; it does not say what the call changes. Not for credit decisions, pricing or
any decision with legal effect.
"""


def _layer(layer: Mapping[str, Any]) -> str:
    if layer["type"] == "Dense":
        return f"Dense {layer['units']} ({layer['activation']})"
    return f"Dropout {layer['rate']}" if layer["type"] == "Dropout" else "BatchNormalization"
