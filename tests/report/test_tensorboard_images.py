"""The pictures for TensorBoard."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from segmint.config import load_config
from segmint.report.tensorboard_images import result_images


def test_pictures_have_words_on_a_machine_without_arial(make_run: Callable[..., Path]) -> None:
    pictures = []
    for label in ("LightGBM", "Another name"):
        folder = make_run(kind="response", rows=300)
        comparison = json.loads((folder / "comparison.json").read_text("utf-8"))
        comparison["models"]["lightgbm"] = label
        (folder / "comparison.json").write_text(json.dumps(comparison), "utf-8")
        pictures.append(result_images(folder)["images"])
    first, second = pictures
    assert first["results/f1"] != second["results/f1"]
    assert first["results/gains"] == second["results/gains"]


def test_no_text_tells_the_key_by_which_arms_are_drawn(tmp_path: Path) -> None:
    config = load_config(None, ["policy.hash_key=SECRET", "policy.campaign=spring"])
    (tmp_path / "config.toml").write_text(config.to_toml(), "utf-8")
    told = result_images(tmp_path)["texts"]["results/settings"]
    assert 'campaign = "spring"' in told
    assert "SECRET" not in told
    assert "hash_key" not in told
