"""The file of words: editable, and refused where it makes no sense."""

import re

import pytest

from segmint.contract.contract import load_contract
from segmint.errors import ConfigError
from segmint.segments.profile import Profiles
from segmint.segments.word_file import load_words, shipped_words
from tests.segments.one_segment import say


def test_users_can_bring_their_own_words(tmp_path, retired):
    own = tmp_path / "words.toml"
    own.write_text('[[noun]]\nlabel = "profession"\nlevel = "retired"\ntext = "pensioners"\n')
    assert "pensioners" in say(Profiles((retired,)), load_words(own))[0].name.lower()


NOUN = "[[noun]]\nlabel = 'x'\n"
LEVEL = NOUN + "level = 'z'\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nonsense", "cannot be used"),
        ("[labels]\nwork = '('", r"labels, work makes no sense: '\('(.|\n)*a regular expression"),
        ("updated = 2026-01-01", "updated is unknown"),
        ("[[nouns]]\nlabel = 'x'", r"one of labels, levels, noun, adjective"),
        ("[noun]\nlabel = 'x'", r"begin with \[\[noun\]\]"),
        (NOUN + "text = 'y'", "either a level, or one of above"),
        (NOUN + "text = 'y'\nlevels = 'z'", "noun 1, levels is unknown"),
        (NOUN + "text = 'y'\nlevel = 'a('", r"noun 1, level makes no sense: 'a\('(.|\n)*a regular expression"),
        (NOUN + "text = 'y'\nabove = '0.5'", "above makes no sense: '0.5'(.|\n)*a number"),
        (NOUN + "text = 'y'\nlevel = 'z'\nabove = 0.5", "either a level, or"),
        (LEVEL + "text = ''", "a name of one line"),
        (LEVEL + "text = '=1+1'", "a name of one line"),
        ("[[noun]]\nlabel = 5\nlevel = 'z'\ntext = 'y'", "label makes no sense: 5(.|\n)*a text"),
        ("[[noun]]\nlabel = '('\nlevel = 'z'\ntext = 'y'", "a regular expression"),
        ("[[advice]]\nlabel = 'x'\nlevel = 'z'\ntext = 'y'\nkind = 'gift'", "'need', 'offer'"),
        ("[[by_response]]\nabove = 120\nkind = 'offer'", "by_response 1 has no text"),
        ("[[by_response]]\nabove = 120\ntext = 'y'", "by_response 1 has no kind"),
        ("[[by_response]]\nkind = 'offer'\ntext = 'y'", "above or below"),
        ("[[by_response]]\nabove = 120\nkind = 'offer'\ntext = '=1+1'", "begin with ="),
        ("[questions]\nlist = ['a', 5]", "questions, list, 2 makes no sense: 5"),
    ],
)
def test_words_that_make_no_sense_are_refused(tmp_path, text, said):
    own = tmp_path / "words.toml"
    own.write_text(text)
    with pytest.raises(ConfigError, match=said):
        load_words(own)


def test_the_printed_words_say_the_same_as_those_at_work(tmp_path, retired):
    own = tmp_path / "words.toml"
    own.write_text(shipped_words(), "utf-8")
    assert say(Profiles((retired,)), load_words(own)) == say(Profiles((retired,)))


def test_no_two_professions_share_a_noun():
    nouns = [entry for entry in load_words().noun if "profession" in entry.label]
    assert len({entry.text for entry in nouns}) == len(nouns)
    columns = load_contract("bank-marketing").by_name["job"], load_contract("customer-segments").by_name["Profession"]
    for level in {level for column in columns for level in column.allowed}:
        assert sum(re.fullmatch(entry.level or "", level, re.IGNORECASE) is not None for entry in nouns) <= 1


def test_a_label_and_a_level_may_be_names_of_expressions(tmp_path, retired):
    own = tmp_path / "words.toml"
    own.write_text(
        '[labels]\nwork = "profession|job"\n[levels]\nold = "retired|rentner"\n'
        '[[noun]]\nlabel = "work"\nlevel = "old"\ntext = "pensioners"\n'
    )
    assert "pensioners" in say(Profiles((retired,)), load_words(own))[0].name.lower()
