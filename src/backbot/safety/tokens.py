"""What a reader typed as tokens that can be compared: look-alikes undone, typing errors mended."""

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import product
from typing import NamedTuple

from rapidfuzz import process
from rapidfuzz.distance import OSA

from backbot.text.clean import clean, fold
from backbot.text.dictionary import beginning_with, is_english

SENTENCE_END = "."
COMMA = ","

_PIECE = re.compile(
    r"(?P<number>\d+(?:[.,/]\d+)+|\d+(?=\D|$)(?![^\W\d_]{2,}\d))"
    r"|(?P<word>[^\W_]+(?:['’‘ʼ´`@$*][^\W_]+)*)"
    r"|(?P<end>[.!?;\n]+)|(?P<comma>[,:()—–|…&+/\"“”]|\s-+\s)"
)
_RUN = re.compile(r"(.)\1{2,}")
_PAIR = re.compile(r"(.)\1+")
# Letters of other alphabets that look like Latin ones, and Latin ones that fold to no other.
_LOOKALIKES = str.maketrans(
    "авеёгкмнорстухцԁіјѕԛԝһӏьαβεηικνορτυχωγıłø",
    "abeerkmhopctyxuдijsqwhlbabenikvoptuxwyilo".replace("д", "d"),
)
_DIGITS_AS_LETTERS = str.maketrans("013457@$", "oieastas")
# Two words that are one thing: the blade is no shoulder, and neither pressure nor thinners of blood
# are blood.
_COMPOUNDS = {
    ("shoulder", "blade"): "shoulderblade",
    ("shoulder", "blades"): "shoulderblades",
    ("blood", "pressure"): "bp",
    ("blood", "thinner"): "anticoagulant",
    ("blood", "thinners"): "anticoagulants",
}
# Shorter words have too many neighbours; a longer one may hold two slips.
MIN_MENDED = 5
TWO_SLIPS = 8


class Token(NamedTuple):
    """One word, number or mark of a message: how it is compared, and how it was written."""

    text: str
    written: str
    start: int
    end: int


class Vocabulary:
    """The words of the lexicon: the only ones that a typing error is ever mended to."""

    def __init__(self, whole: Collection[str], beginnings: Collection[str]) -> None:
        self.whole = frozenset(whole)
        self.beginnings = frozenset(beginnings)
        forms = set(self.whole)
        for beginning in self.beginnings:
            forms.update(word.replace("'", "") for word in beginning_with(beginning))
        self._by_first: dict[str, list[str]] = {}
        for form in sorted(forms):
            if len(form) >= MIN_MENDED - 1:
                self._by_first.setdefault(form[0], []).append(form)

    def has(self, word: str) -> bool:
        """Tell whether a word stands in the lexicon, whole or by its beginning."""
        return word in self.whole or any(
            word[:length] in self.beginnings for length in range(2, len(word) + 1)
        )

    def mend(self, word: str) -> str:
        """Return the lexicon's nearest word for one that is no English word, else the same."""
        if (
            len(word) < MIN_MENDED - 1
            or not word.isalpha()
            or self.has(word)
            or is_english(word, bare=True)
        ):
            return word
        if (
            len(word) < MIN_MENDED
        ):  # so short a word is only mended where two letters changed places
            swapped = (
                word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in range(len(word) - 1)
            )
            return next((each for each in swapped if each in self.whole), word)
        slips = 2 if len(word) >= TWO_SLIPS else 1
        near = process.extract(
            word,
            self._by_first.get(word[0], ()),
            scorer=OSA.distance,
            score_cutoff=slips,
            limit=None,
        )
        return str(min(near, key=lambda found: (found[1], found[0]))[0]) if near else word


def tokens(text: str, vocabulary: Vocabulary, shorthand: Mapping[str, str]) -> list[Token]:
    """Return the tokens of `text`, marks of sentence ends and commas among them.

    Offsets count code points of `clean(text)`. Words come folded, without apostrophes and
    accents; each word that `shorthand` names comes as the words it stands for.
    """
    found: list[Token] = []
    for token in _joined(list(_pieces(clean(text.replace("\n", " . "))))):
        if token.text in (SENTENCE_END, COMMA) or token.text[0].isdigit():
            found.append(token)
            continue
        word = _plain(token.text, vocabulary)
        for part in shorthand.get(word, word).split():
            found.append(Token(part, token.written, token.start, token.end))
    return _compounded(found)


def _compounded(found: Sequence[Token]) -> list[Token]:
    kept = list(found[:1])
    for token in found[1:]:
        before = kept[-1]
        if joined := _COMPOUNDS.get((before.text, token.text)):
            written = f"{before.written} {token.written}"
            kept[-1] = Token(joined, written, before.start, token.end)
        else:
            kept.append(token)
    return kept


def _pieces(text: str) -> Iterator[Token]:
    for match in _PIECE.finditer(text):
        kind = match.lastgroup
        written = match.group()
        if kind == "end":
            word = COMMA if set(written) == {"."} and len(written) > 1 else SENTENCE_END
        elif kind == "comma":
            word = COMMA
        else:
            word = written
        yield Token(word, written, *match.span())


def _joined(pieces: list[Token]) -> Iterator[Token]:
    """Write letters that were typed apart as one word: "c h e s t"."""
    at = 0
    while at < len(pieces):
        end = at
        while end < len(pieces) and len(pieces[end].text) == 1 and pieces[end].text.isalpha():
            end += 1
        if end - at >= 3:
            word = "".join(piece.text for piece in pieces[at:end])
            yield Token(word, word, pieces[at].start, pieces[end - 1].end)
            at = end
        else:
            yield pieces[at]
            at += 1


@lru_cache(maxsize=4096)
def _plain(written: str, vocabulary: Vocabulary) -> str:
    word = _bare(written)
    if word.isascii() and word.isalpha() and vocabulary.has(word):
        return word
    if not word.isascii():
        latin = word.translate(_LOOKALIKES)
        word = latin if latin.isascii() else word
    if not word.isalpha():
        letters = word.translate(_DIGITS_AS_LETTERS)
        if letters.isalpha() and vocabulary.has(letters):
            return letters
        word = re.sub(r"[@$*]", "", word)
    if word.endswith("s") and len(word) > 4 and vocabulary.has(word[:-1]):
        return word[:-1]
    if _RUN.search(word):
        word = _squeezed(word, vocabulary)
    return vocabulary.mend(word)


def _bare(written: str) -> str:
    folded = fold(written).replace("'", "").replace("´", "").replace("`", "")
    if folded.isascii():
        return folded
    apart = unicodedata.normalize("NFD", folded.replace("ß", "ss"))
    return "".join(each for each in apart if not unicodedata.combining(each))


def _squeezed(word: str, vocabulary: Vocabulary) -> str:
    """Return a word with letters held down as the word it is: "heeelp", "killl"."""
    runs = len(_RUN.findall(word))
    for lengths in product((1, 2), repeat=min(runs, 4)):
        left = iter(lengths)
        tried = _RUN.sub(lambda run, left=left: run.group(1) * next(left, 1), word)  # type: ignore[misc]
        if vocabulary.has(tried) or is_english(tried, bare=True):
            return tried
    return _PAIR.sub(r"\1", word)
