"""What a checked table says beside how many of its rows are accepted."""

from __future__ import annotations

from segmint.contract.copies import copies_told
from segmint.contract.valid_table import ValidTable
from segmint.wording import percent


def remarks(table: ValidTable) -> list[str]:
    """Say of a table how many of its rows have the yes, and whether many are copies, as sentences.

    Parameters
    ----------
    table : ValidTable
    """
    return [*_share_of_yes(table), *filter(None, [copies_told(table.raw)])]


def _share_of_yes(table: ValidTable) -> list[str]:
    outcome = table.contract.outcome
    if outcome.positive is None or not table.has_outcome or not len(table):
        return []
    said = int((table.outcome == outcome.positive).sum())
    return [f"{said:,} of {len(table):,} rows ({percent(said / len(table))}) have the outcome '{outcome.positive}'"]
