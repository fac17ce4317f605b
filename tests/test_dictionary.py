"""The dictionary of English words, kept as bytes."""

import pytest

from backbot.text.dictionary import beginning_with, is_english


@pytest.mark.parametrize("word", ["aardvark", "shoulder", "zoom", "can't", "the"])
def test_english_words_are_known(word: str) -> None:
    assert is_english(word)


@pytest.mark.parametrize("word", ["", "sholder", "zzzz", "shoulde", "wasnt", "é", "\U0010ffff"])
def test_other_words_are_not(word: str) -> None:
    assert not is_english(word)


def test_apostrophes_may_be_left_out_where_that_is_said() -> None:
    assert is_english("wasnt", bare=True)
    assert not is_english("sholder", bare=True)


def test_words_are_found_by_their_beginning() -> None:
    found = list(beginning_with("shoulder"))
    assert found[0] == "shoulder"
    assert "shoulders" in found
    assert all(word.startswith("shoulder") for word in found)
    assert list(beginning_with("qqq")) == []
