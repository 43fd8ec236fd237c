"""A model is told what it asks for, and nothing else."""

from types import SimpleNamespace

from segmint.models.reads import read_by


def test_a_model_is_told_what_it_asks_for_and_nothing_else() -> None:
    known = {"groups": (1, 2), "upcoming": "the wave"}
    assert read_by(SimpleNamespace(reads_groups=True, reads_upcoming=True), **known) == known
    assert read_by(SimpleNamespace(reads_groups=True, reads_upcoming=False), **known) == {"groups": (1, 2)}
    assert read_by(object(), **known) == {}


def test_inner_rows_are_for_who_names_them() -> None:
    assert read_by(SimpleNamespace(fit=lambda X, y, *, inner=None: None), inner="rows") == {"inner": "rows"}
    assert read_by(SimpleNamespace(fit=lambda X, y, **more: None), inner="rows") == {}
