"""Putting a reader's words into the corpus's: typing errors mended, synonyms exchanged."""

import re
from functools import lru_cache
from typing import NamedTuple

from rapidfuzz import process
from rapidfuzz.distance import OSA

from backbot.index.reader import IndexReader
from backbot.index.wording import LONGEST_SHORT
from backbot.text.clean import fold
from backbot.text.dictionary import is_english, with_apostrophe
from backbot.text.terms import STOP_WORDS, stem, whole_words, words

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
# Shorter words have too many neighbours; a longer one may hold two slips.
MIN_LENGTH = 4
TWO_SLIPS_LENGTH = 8


class Reworded(NamedTuple):
    """The question in the corpus's words, and other terms that its phrases are known by."""

    text: str
    others: tuple[str, ...]


def mend_spelling(index: IndexReader, text: str) -> str:
    """Return `text` with words that are no words replaced by the corpus's nearest.

    A word is left alone if the corpus knows it or its stem, or if it stands in a dictionary of
    English or whole in the encoder's vocabulary: a right word is never turned into another.
    """
    return _WORD.sub(lambda match: _mended(index, match.group()), text)


def _mended(index: IndexReader, written: str) -> str:
    word = fold(written)
    known = index.wording.words
    if (
        len(word) < MIN_LENGTH
        or word in known
        or word in STOP_WORDS
        or stem(word) in index.lexical.vocabulary
        or index.encoder.knows(word)
        # "Mins", "reps".
        or index.encoder.knows(word.removesuffix("s"))
        or is_english(word)
    ):
        return written
    if whole := with_apostrophe(word):
        return whole
    slips = 2 if len(word) >= TWO_SLIPS_LENGTH else 1
    near = process.extract(
        word, index.spellings.get(word[0], ()), scorer=OSA.distance, score_cutoff=slips, limit=None
    )
    if not near:
        return written
    best = min(near, key=lambda found: (found[1], -known[found[0]], found[0]))
    return str(best[0])


def adopt_synonyms(index: IndexReader, text: str) -> Reworded:
    """Return `text` with phrases that the corpus never uses replaced by those it uses instead.

    A phrase is met in its plural too, and keeps it.
    Where the corpus uses several phrases of a group, the others' words come back as `others`.
    """
    others: list[str] = []
    said, plain = whole_words(text), text.casefold()
    for openings, group in index.synonyms:
        # Most groups have nothing to do with a question: one look at its words tells.
        if openings.isdisjoint(said):
            continue
        used = [phrase for phrase, count in group if count]
        for phrase, count in group:
            if phrase not in plain:
                continue
            if count == 0:
                text = _exchange(text, phrase, used[0])
                said, plain = whole_words(text), text.casefold()
            elif _pattern(phrase).search(text):
                others.extend(word for other in used if other != phrase for word in words(other))
    return Reworded(text, tuple(others))


def _exchange(text: str, phrase: str, by: str) -> str:
    return _pattern(phrase).sub(lambda met: _plural(by) if met[1] else by, text)


def _plural(phrase: str) -> str:
    """Return the plural of `phrase`, which may be one already ("disks")."""
    if phrase.endswith("s"):
        return phrase
    return f"{phrase}es" if phrase.endswith(("x", "ch", "sh")) else f"{phrase}s"


@lru_cache(maxsize=4096)
def _pattern(phrase: str) -> re.Pattern[str]:
    plural = "(s?)" if len(phrase) > LONGEST_SHORT else "()"
    return re.compile(rf"(?<!\w){re.escape(phrase)}{plural}(?!\w)", re.IGNORECASE)
