"""The door: a code works once, a key as often as it is accepted, a form only with its session's token."""

from __future__ import annotations

from segmint.dashboard.sign_in import Doorkeeper


def test_the_one_time_code_works_once() -> None:
    keeper = Doorkeeper()
    code = str(keeper.code)
    session = keeper.open(code)
    assert keeper.knows(session)
    assert keeper.open(code) is None


def test_only_accepted_keys_open() -> None:
    keeper = Doorkeeper(lambda key: key == "right")
    assert keeper.open("wrong") is None
    assert keeper.knows(keeper.open("right"))
    assert not keeper.knows(None)
    assert not keeper.knows("")


def test_a_token_belongs_to_one_session() -> None:
    keeper = Doorkeeper(lambda key: True)
    first, second = str(keeper.open("a")), str(keeper.open("b"))
    assert keeper.is_token(first, keeper.token(first))
    assert not keeper.is_token(first, keeper.token(second))
    keeper.close(first)
    assert not keeper.knows(first)
