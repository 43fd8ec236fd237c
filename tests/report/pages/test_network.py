"""What the page says of the training is true of every training."""

from __future__ import annotations

import polars as pl
import pytest

from segmint.report.pages import network


@pytest.mark.parametrize("epochs", [10, 13], ids=["the epochs ran out", "it was stopped"])
def test_which_state_was_kept_is_said_and_not_why_learning_ended(epochs: int) -> None:
    losses = [0.4 - 0.01 * epoch for epoch in range(9)] + [0.33] * (epochs - 9)
    said = network._loss_words(pl.DataFrame({"epoch": range(1, epochs + 1), "validation_loss": losses}))
    assert f"It learned for {epochs} epochs" in said
    assert said.endswith("so the state of epoch 9 was kept.")
    assert "stopped" not in said
