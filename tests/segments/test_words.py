"""Words: deterministic, editable, and no sentence without its evidence."""

from dataclasses import replace

import pytest

from segmint.errors import ConfigError
from segmint.segments.profile import Profiles, profile_segments
from segmint.segments.words import load_words, questions, say_segments


@pytest.fixture(scope="module")
def retired(campaign, truth):
    return profile_segments(campaign, truth).segments[2]


def test_the_name_says_who_they_are(campaign, truth):
    names = [words.name for words in say_segments(profile_segments(campaign, truth))]
    assert names[0].lower().startswith("blue-collar workers")
    assert "students" in names[1].lower()
    assert "older retired customers" in names[2].lower()
    assert len(set(names)) == 3


def test_the_same_profile_gives_the_same_words(retired):
    profiles = Profiles((retired,))
    assert say_segments(profiles) == say_segments(profiles)


def test_every_sentence_carries_evidence(retired):
    sentences = say_segments(Profiles((retired,)))[0].sentences
    assert {"who", "response", "need", "offer"} <= {sentence.kind for sentence in sentences}
    assert all(sentence.evidence for sentence in sentences)


def test_a_sentence_goes_when_its_evidence_goes(retired):
    sentences = say_segments(Profiles((retired,)))[0].sentences
    for sentence in sentences:
        columns = {evidence.column for evidence in sentence.evidence}
        poorer = replace(
            retired,
            markers=tuple(marker for marker in retired.markers if marker.column not in columns),
            typical=tuple(row for row in retired.typical if row.column not in columns),
            best=tuple(row for row in retired.best if row.column not in columns),
            response=None if "response" in columns else retired.response,
        )
        left = {(line.kind, line.text) for line in say_segments(Profiles((poorer,)))[0].sentences}
        assert (sentence.kind, sentence.text) not in left, sentence.text


def test_users_can_bring_their_own_words(tmp_path, retired):
    own = tmp_path / "words.toml"
    own.write_text('[[noun]]\nlabel = "profession"\nlevel = "retired"\ntext = "pensioners"\n')
    assert "pensioners" in say_segments(Profiles((retired,)), load_words(own))[0].name.lower()


@pytest.mark.parametrize(
    "text", ["[[noun]]\nlabel = 'x'\ntext = 'y'", "nonsense", "[[noun]]\nlabel = '('\ntext='y'\nlevel='z'"]
)
def test_words_that_make_no_sense_are_refused(tmp_path, text):
    own = tmp_path / "words.toml"
    own.write_text(text)
    with pytest.raises(ConfigError, match="cannot be used"):
        load_words(own)


def test_three_questions_are_asked_only_where_interests_are_unknown():
    assert len(questions(["characteristic", "holding"])) == 3
    assert questions(["characteristic", "interest"]) == ()


def test_two_segments_never_share_a_name(retired):
    twins = Profiles((retired, replace(retired, key="2", number=2)))
    assert len({words.name for words in say_segments(twins)}) == 2
