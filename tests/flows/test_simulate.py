"""A simulated table is asked for by settings that exist."""

from __future__ import annotations

import inspect
from dataclasses import fields
from pathlib import Path

import pytest

from segmint.cli import contracts, main
from segmint.flows.simulate import simulate
from segmint.simulation import Campaign, CampaignSettings


def test_an_unknown_setting_is_refused_in_words_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match=r"no setting 'customers'\. Choose among: rows, seed"):
        simulate(tmp_path / "a.csv", customers=300)
    assert not list(tmp_path.iterdir())


def test_every_setting_is_explained() -> None:
    for field in fields(Campaign):
        assert f"`{field.name}`" in (simulate.__doc__ or ""), field.name


def test_the_typed_settings_are_those_of_a_campaign() -> None:
    assert list(CampaignSettings.__annotations__) == [field.name for field in fields(Campaign)]
    given = {field.name: str(field.type) for field in fields(Campaign)}
    assert {name: kind.__forward_arg__ for name, kind in CampaignSettings.__annotations__.items()} == given


def test_what_is_not_said_is_left_to_the_campaign(tmp_path: Path) -> None:
    """The command repeats no default."""
    command = next(each.callback for each in contracts.app.registered_commands if each.callback.__name__ == "simulate")
    names = {field.name for field in fields(Campaign)} & inspect.signature(command).parameters.keys()
    assert {inspect.signature(command).parameters[name].default for name in names} == {None}
    out = tmp_path / "a.csv"
    assert main(["simulate", "--out", str(out), "--rows", "60"]) == 0
    simulate(tmp_path / "b.csv", rows=60)
    assert out.read_bytes() == (tmp_path / "b.csv").read_bytes()
