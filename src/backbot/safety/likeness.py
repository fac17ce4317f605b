"""The second means: what a message as a whole is like, for tellings that no pattern foresaw.

Two questions are asked of it: whether it tells of any sign, and whether it tells of a crisis. For
each, two looks are weighed together: at its words and pairs of words (a logistic regression over
tf-idf, the marks between words among them), and at its sentence vector against a bank of written
messages (a support vector machine with a Gaussian kernel, after a projection to fewer dimensions).
Two linear models then say which listed sign it is most like. All of it was trained by
bench/quality/train_likeness.py on messages written for this project. The bank and what goes with
it is an ONNX graph of bytes (bench/quality/likeness_graph.py), the rest whole numbers in base64,
each table with the step that one of them stands for.
"""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Literal, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from backbot.index.encoder import Encoder, Vectors, open_session
from backbot.safety.model import CRISES
from backbot.safety.patterns import FILLERS
from backbot.safety.tokens import COMMA, SENTENCE_END, Token

# Above RAISES a message is raised although no rule is met. A rule that is met is held to be a
# coincidence of words below WITHHOLDS, by the number of different signs that meet any rule; with
# more signs than stand here it always holds. How these were chosen: docs/decisions/0010.
RAISES = 0.75
# A long message tells of other things too, which thins its likeness and makes chance hits rare.
RAISES_LONG = 0.60
LONG = 25  # words
RAISES_GUARDED = 0.90  # where the words speak of the past, of a moment, or in figures
WITHHOLDS = {1: 0.15, 2: 0.06}
# Chairs and mats speak for an ordinary message here, and stand beside real signs all the same:
# where they are half of what is said, only near certainty holds a rule back.
BRIEF = 12  # words
WITHHOLDS_BRIEF = {1: 0.03, 2: 0.01}
# And none is held back where a sentence that meets a rule is as likely as this by itself; for a
# crisis it takes more, since half of a joke or of an old story sounds like one.
TOLD_APART = 0.80
TOLD_APART_CRISIS = 0.99
# A crisis is raised where one question is surely answered with yes and the other not with no: from
# RAISES_CRISIS, if the likeness to any sign is SEEMS at least; the words need not name a sign then,
# since readers tell of a crisis in so many ways. Or, where a sign is raised, from LEANS_CRISIS.
RAISES_CRISIS = 0.88
SEEMS = 0.30
LEANS_CRISIS = 0.25
# The same for a rule that tells of a crisis, which also needs this much likeness to one.
WITHHOLDS_CRISIS = {1: 0.05, 2: 0.02}
SEEMS_CRISIS = 0.07
# Below this an emergency that no rule names is raised as urgent only.
SURE_EMERGENCY = 0.90
# The words alone: surer to raise where there is no vector; sure enough that a rule which is met
# needs no vector; and telling enough for an earlier turn to be looked at as a whole.
RAISES_BY_WORDS = 0.90
SURE_BY_WORDS = 0.70
WORTH_A_LOOK = 0.50
# The least share of a message's words that must be known before the whole counts against a rule.
KNOWN_SHARE = 0.6
# From this share of the likeness on, a sign counts as grave where the levels compete.
GRAVE_SHARE = 0.5
_GRAVE = ("crisis_immediate", "crisis", "emergency")
# Words that tell nothing by themselves.
_EMPTY = FILLERS | {
    COMMA,
    SENTENCE_END,
    *"to be of and or i in on at for with from by no not".split(),
}

# The input and the outputs of the graph of the bank.
VECTOR, PLACE, PULL = "vector", "place", "pull"

Floats = NDArray[np.float64]


class Table(msgspec.Struct, frozen=True):
    """Numbers as multiples of `step`: whole numbers of one or two bytes, row by row, in base64."""

    step: float
    columns: int
    width: Literal["<i1", "<i2"]
    packed: bytes

    def read(self) -> Floats:
        numbers = np.frombuffer(self.packed, dtype=np.dtype(self.width))
        return numbers.reshape(-1, self.columns) * self.step


class Blend(msgspec.Struct, frozen=True):
    """A logistic regression over the two looks, or over the words alone (`by_bank` is 0)."""

    by_words: float
    by_bank: float
    bias: float

    def __call__(self, words: float, bank: float = 0.0) -> float:
        score = self.by_words * words + self.by_bank * bank + self.bias
        return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, score))))


class Question(msgspec.Struct, frozen=True):
    """What makes the sums over words and over the bank the chance that the answer is yes."""

    terms_bias: float
    pulls_bias: float
    blend: Blend
    blend_words: Blend


class Shipped(msgspec.Struct, frozen=True):
    """The file likeness.json; `kept` is how many dimensions of a sentence vector are looked at."""

    weights_sha256: str
    # By term: inverse document frequency, and the weights towards any sign and towards a crisis.
    terms: dict[str, tuple[float, float, float]]
    sign: Question
    crisis: Question
    kinds: list[str]  # "category:level"
    kinds_by_bank: Table  # (kinds, kept + 1), the bias last
    kinds_by_words: Table  # (words, kinds)
    kinds_bias: list[float]
    kinds_words: dict[str, float]  # inverse document frequency, in the order of the rows


class Look(NamedTuple):
    """One look at a message: the chances of a sign and of a crisis, and the means to say more."""

    chance: float
    crisis: float
    words: Sequence[Token]
    place: Vectors | None  # among the bank, shape (kept,)


class Nearest(NamedTuple):
    """The sign that a message is most like, and its telling words, the most telling first."""

    level: str
    category: str
    telling: tuple[tuple[int, int], ...]  # from token to token


class Model:
    """The shipped numbers, ready to look at messages. Threads may share it."""

    def __init__(self, shipped: Shipped, *, vectors: bool) -> None:
        """Unpack the numbers; without `vectors` only words are looked at."""
        self._terms = shipped.terms
        self._bank = open_session(_read("likeness.onnx")) if vectors else None
        self._questions = (shipped.sign, shipped.crisis)
        self._kinds = [tuple(each.split(":")) for each in shipped.kinds]
        self._grave = np.array([level in _GRAVE for _, level in self._kinds])
        self._crises = np.array([level in CRISES for _, level in self._kinds])
        self._kinds_by_bank = shipped.kinds_by_bank.read()
        self._kinds_by_words = shipped.kinds_by_words.read()
        self._kinds_bias = np.array(shipped.kinds_bias)
        self._kinds_words = {
            word: (row, frequency)
            for row, (word, frequency) in enumerate(shipped.kinds_words.items())
        }

    def knows(self, words: Sequence[Token]) -> bool:
        """Tell whether most of the words stand in the messages that the numbers come from."""
        plain = [each.text for each in words if each.text not in (COMMA, SENTENCE_END)]
        return sum(each in self._terms for each in plain) >= KNOWN_SHARE * len(plain) > 0

    def by_words(self, words: Sequence[Token]) -> Look:
        """Look at the words alone."""
        chances = [
            asked.blend_words(total + asked.terms_bias)
            for asked, total in zip(self._questions, self._sums(words), strict=True)
        ]
        return Look(chances[0], chances[1], words, None)

    def by_both(self, words: Sequence[Token], vector: Vectors) -> Look:
        """Look at the words and at the unit vector of the message, shape (dimensions,)."""
        if self._bank is None:
            return self.by_words(words)
        place, pulls = self._bank.run([PLACE, PULL], {VECTOR: vector[None]})
        chances = [
            asked.blend(total + asked.terms_bias, pull + asked.pulls_bias)
            for asked, total, pull in zip(
                self._questions, self._sums(words), pulls[0].tolist(), strict=True
            )
        ]
        return Look(chances[0], chances[1], words, place[0])

    def nearest(self, look: Look, *, crisis: bool) -> Nearest:
        """Return the crisis, or else the bodily sign, that a message is most like."""
        known = Counter(token.text for token in look.words if token.text in self._kinds_words)
        parts = np.zeros(len(self._kinds_words))
        for word, count in known.items():
            row, frequency = self._kinds_words[word]
            parts[row] = (1.0 + math.log(count)) * frequency
        norm = float(np.sqrt(parts @ parts)) or 1.0
        scores = parts / norm @ self._kinds_by_words + self._kinds_bias
        if look.place is not None:
            scores = scores + self._kinds_by_bank @ np.append(look.place, 1.0)
        shares = np.where(self._crises == crisis, np.exp(scores - scores.max()), 0.0)
        shares /= shares.sum()
        grave = float(shares[self._grave].sum()) >= GRAVE_SHARE
        best = int(np.argmax(np.where(self._grave == grave, shares, 0.0)))
        category, level = self._kinds[best]
        pulls = {
            term: part * (towards_crisis if crisis else towards_sign)
            for term, part, towards_sign, towards_crisis in self._parts(look.words)
        }
        return Nearest(level, category, tuple(_places(look.words, pulls)))

    def _parts(self, words: Sequence[Token]) -> Iterator[tuple[str, float, float, float]]:
        """Yield each known term in the words, its tf-idf, and its weights towards any sign and
        towards a crisis."""
        for term, count in Counter(terms(words)).items():
            known = self._terms.get(term)
            if known is not None:
                frequency, sign, crisis = known
                yield term, (1.0 + math.log(count)) * frequency, sign, crisis

    def _sums(self, words: Sequence[Token]) -> tuple[float, float]:
        """Return what the words add up to, towards any sign and towards a crisis, their tf-idf
        scaled to a length of 1."""
        square = towards_sign = towards_crisis = 0.0
        for _, part, sign, crisis in self._parts(words):
            square += part * part
            towards_sign += part * sign
            towards_crisis += part * crisis
        norm = math.sqrt(square) or 1.0
        return towards_sign / norm, towards_crisis / norm


def terms(words: Iterable[Token]) -> list[str]:
    """Return the words and pairs of neighbouring words that messages are compared by."""
    texts = [token.text for token in words]
    return texts + [f"{a} {b}" for a, b in pairwise(texts)]


def _places(words: Sequence[Token], pulls: Mapping[str, float]) -> Iterator[tuple[int, int]]:
    """Yield where the terms that pull most towards a sign stand, the strongest first."""
    found = []
    for at in range(len(words)):
        for length in (1, 2):
            texts = [token.text for token in words[at : at + length]]
            pull = pulls.get(" ".join(texts), 0.0)
            if pull > 0.0 and len(texts) == length and not _EMPTY & set(texts[:1] + texts[-1:]):
                found.append((-pull, at, at + length))
    taken: set[int] = set()
    for _, start, end in sorted(found):
        if taken.isdisjoint(range(start, end)):
            taken.update(range(start, end))
            yield start, end


def open_model(encoder: Encoder | None) -> Model:
    """Return the model; it looks at vectors if it was trained with this encoder's weights."""
    return _model(encoder.card.weights_sha256 if encoder is not None else "")


@cache
def _model(weights: str) -> Model:
    shipped = msgspec.json.decode(_read("likeness.json"), type=Shipped)
    return Model(shipped, vectors=weights == shipped.weights_sha256)


def _read(name: str) -> bytes:
    return (files("backbot") / "data" / "safety" / name).read_bytes()
