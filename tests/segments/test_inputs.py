"""Segments are made from what describes a customer before the call."""

import polars as pl
import pytest

from segmint.errors import DataError
from segmint.segments.inputs import as_inputs, left_out_in_vain, segment_inputs


def test_outcome_economy_and_the_call_itself_never_make_segments(campaign):
    assert segment_inputs(campaign).frame.columns == ["age", "job", "housing", "balance", "pdays"]


def test_sensitive_columns_can_be_left_out_with_one_switch(campaign):
    assert "age" not in segment_inputs(campaign, leave_out_sensitive=True).frame.columns


def test_where_none_is_marked_sensitive_leaving_them_out_is_in_vain(campaign):
    unmarked = [column.model_copy(update={"sensitive": False}) for column in campaign.contract.columns]
    contract = campaign.contract.model_copy(update={"columns": tuple(unmarked)})
    assert "the contract marks none" in left_out_in_vain(contract, leave_out_sensitive=True)
    assert not left_out_in_vain(contract, leave_out_sensitive=False)
    assert not left_out_in_vain(campaign.contract, leave_out_sensitive=True)


def test_one_describing_column_is_refused_with_the_next_step(campaign):
    kept = campaign.contract.columns[:1]
    contract = campaign.contract.model_copy(update={"columns": kept})
    contract.__dict__.pop("by_name", None)
    from dataclasses import replace

    with pytest.raises(DataError, match="at least two describing columns; 1 came"):
        segment_inputs(replace(campaign, contract=contract))


def test_a_plain_frame_gives_numbers_and_categories():
    inputs = as_inputs(pl.DataFrame({"a": [1, 2], "b_c": ["x", None], "d": [True, False]}))
    assert [column.kind for column in inputs.columns] == ["number", "category", "category"]
    assert inputs.columns[1].label == "b c"
