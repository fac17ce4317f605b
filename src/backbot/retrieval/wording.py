"""Putting a reader's words into the corpus's: typing errors mended, synonyms exchanged."""

import re
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from rapidfuzz import process
from rapidfuzz.distance import OSA

from backbot.index.contents import Index
from backbot.text.clean import fold
from backbot.text.terms import STOP_WORDS, stem, words

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
# Shorter words have too many neighbours; a longer one may hold two slips.
MIN_LENGTH = 4
TWO_SLIPS_LENGTH = 8


class Reworded(NamedTuple):
    """The question in the corpus's words, and other terms that its phrases are known by."""

    text: str
    others: tuple[str, ...]


def mend_spelling(index: Index, text: str) -> str:
    """Return `text` with words that are no words replaced by the corpus's nearest.

    A word is left alone if the corpus knows it or its stem, or if it stands in a dictionary of
    English or whole in the encoder's vocabulary: a right word is never turned into another.
    """
    return _WORD.sub(lambda match: _mended(index, match.group()), text)


def _mended(index: Index, written: str) -> str:
    word = fold(written)
    known = index.wording.words
    if (
        len(word) < MIN_LENGTH
        or word in known
        or word in STOP_WORDS
        or stem(word) in index.lexical.vocabulary
        or index.encoder.knows(word)
        or f"\n{word} ".encode() in _dictionary()
    ):
        return written
    slips = 2 if len(word) >= TWO_SLIPS_LENGTH else 1
    near = process.extract(
        word, index.spellings.get(word[0], ()), scorer=OSA.distance, score_cutoff=slips, limit=None
    )
    if not near:
        return written
    best = min(near, key=lambda found: (found[1], -known[found[0]], found[0]))
    return str(best[0])


@cache
def _dictionary() -> bytes:
    """Return symspellpy's list of 82,765 English words with their frequencies, as its file is.

    Looked through for the rare word that nothing else knows (a fraction of a millisecond); as a
    set of strings it would cost each worker eight megabytes.
    """
    file = files("symspellpy") / "frequency_dictionary_en_82_765.txt"
    return b"\n" + file.read_bytes().replace(b"\r", b"")


def adopt_synonyms(index: Index, text: str) -> Reworded:
    """Return `text` with phrases that the corpus never uses replaced by those it uses instead.

    Where the corpus uses several phrases of a group, the others' words come back as `others`.
    """
    others: list[str] = []
    for group in index.wording.groups:
        used = [phrase for phrase, count in group if count]
        if not used:
            continue
        for phrase, count in group:
            pattern = rf"(?<!\w){re.escape(phrase)}(?!\w)"
            if count == 0:
                text = re.sub(pattern, used[0], text, flags=re.IGNORECASE)
            elif re.search(pattern, text, flags=re.IGNORECASE):
                others.extend(word for other in used if other != phrase for word in words(other))
    return Reworded(text, tuple(others))
