"""The page of settings: everything but the secret by which arms are drawn."""

from __future__ import annotations

import json
from pathlib import Path

from segmint.config import load_config
from segmint.report.blocks import code, make_page, text
from segmint.report.pages.settings import page, words_used
from segmint.report.run_view import RunView


def test_no_report_tells_the_key_by_which_arms_are_drawn(tmp_path: Path) -> None:
    config = load_config(None, ["policy.hash_key=SECRET", "policy.campaign=spring"])
    (tmp_path / "config.toml").write_text(config.to_toml())
    (tmp_path / "run.json").write_text(json.dumps({"id": "a", "command": "target"}))
    told = str(page(RunView(tmp_path)))
    assert 'campaign = "spring"' in told
    assert "SECRET" not in told
    assert "hash_key" not in told


def test_only_words_that_the_pages_show_are_explained() -> None:
    pages = [
        make_page(
            "quality",
            title="How well",
            short="Well",
            blocks=[text("The ROC AUC is 0.7; average log loss."), code("psi = 1, index")],
        ),
        make_page(
            "curves",
            title="Curves",
            short="Curves",
            blocks=[{"kind": "chart", "svg": '<svg id="lift">95 % interval</svg>'}],
        ),
    ]
    _, explained = words_used(pages)
    assert [item["word"] for item in explained["items"]] == ["ROC AUC", "Log loss, Brier score", "95 % interval"]
    assert words_used([]) == []
