"""The page of settings: everything but the secret by which arms are drawn."""

from __future__ import annotations

import json
from pathlib import Path

from segmint.config import load_config
from segmint.report.pages.settings import page
from segmint.report.run_view import RunView


def test_no_report_tells_the_key_by_which_arms_are_drawn(tmp_path: Path) -> None:
    config = load_config(None, ["policy.hash_key=SECRET", "policy.campaign=spring"])
    (tmp_path / "config.toml").write_text(config.to_toml())
    (tmp_path / "run.json").write_text(json.dumps({"id": "a", "command": "target"}))
    told = str(page(RunView(tmp_path)))
    assert 'campaign = "spring"' in told
    assert "SECRET" not in told
    assert "hash_key" not in told
