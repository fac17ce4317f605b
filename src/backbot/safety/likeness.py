"""The second means: what a message as a whole is like, for tellings that no pattern foresaw.

Two looks at the same message are weighed together: its words and pairs of words (a logistic
regression over tf-idf, the marks between words among them), and its sentence vector against a bank
of written messages (a support vector machine with a Gaussian kernel, after a projection to fewer
dimensions). Two linear models then say which listed sign it is most like. All of it was trained by
bench/quality/train_likeness.py on messages written for this project and is shipped as whole
numbers in base64, each table with the step that one of them stands for.
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

from backbot.index.encoder import Encoder, Vectors
from backbot.safety.patterns import FILLERS
from backbot.safety.tokens import COMMA, SENTENCE_END, Token

# Above RAISES a message is raised although no rule is met. A rule that is met is held to be a
# coincidence of words below WITHHOLDS, by the number of different signs that meet any rule; with
# more signs than stand here it always holds. Chosen by cross-validation: see train_likeness.py.
RAISES = 0.70
# A long message tells of other things too, which thins its likeness and makes chance hits rare.
RAISES_LONG = 0.60
LONG = 25  # words
RAISES_GUARDED = 0.90  # where the words speak of the past, of a moment, or in figures
WITHHOLDS = {1: 0.08, 2: 0.01}
# Readers tell of a crisis in so many ways that its rules need less of the whole.
WITHHOLDS_CRISIS = {1: 0.01, 2: 0.01}
# Below this an emergency that no rule names is raised as urgent only, and a crisis not at all.
SURE_EMERGENCY = 0.88
SURE_CRISIS = 0.80
# The words alone, where there is no vector: surer to raise; and sure enough to need no vector.
RAISES_BY_WORDS = 0.90
SURE_BY_WORDS = 0.50
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


class Shipped(msgspec.Struct, frozen=True):
    """The file likeness.json; the shapes are (dimensions, kept), (messages, kept) and so on."""

    weights_sha256: str
    terms: dict[str, tuple[float, float]]  # inverse document frequency, weight
    terms_bias: float
    mean: Table  # (1, dimensions)
    axes: Table  # (kept, dimensions)
    bank: Table  # (messages, kept)
    pulls: Table  # (1, messages): towards a sign above 0, away from it below
    pulls_bias: float
    gamma: float
    blend: Blend
    blend_words: Blend
    kinds: list[str]  # "category:level"
    kinds_by_bank: Table  # (kinds, kept + 1), the bias last
    kinds_by_words: Table  # (words, kinds)
    kinds_bias: list[float]
    kinds_words: dict[str, float]  # inverse document frequency, in the order of the rows


class Look(NamedTuple):
    """One look at a message: the chance that it tells of a sign, and what is needed to say more."""

    chance: float
    words: Sequence[Token]
    pulls: Mapping[str, float]  # by term: towards a sign above 0
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
        self._terms_bias = shipped.terms_bias
        self._vectors = vectors
        self._mean = shipped.mean.read()[0]
        # Half as wide as the rest: reading them is most of what a look costs.
        self._axes = shipped.axes.read().astype(np.float32)
        self._bank = shipped.bank.read().astype(np.float32)
        self._bank_norms = (self._bank**2).sum(axis=1)
        self._pulls = shipped.pulls.read()[0]
        self._pulls_bias = shipped.pulls_bias
        self._gamma = shipped.gamma
        self._blend = shipped.blend
        self._blend_words = shipped.blend_words
        self._kinds = [tuple(each.split(":")) for each in shipped.kinds]
        self._grave = np.array([level in _GRAVE for _, level in self._kinds])
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
        score, pulls = self._words(words)
        return Look(self._blend_words(score), words, pulls, None)

    def by_both(self, words: Sequence[Token], vector: Vectors) -> Look:
        """Look at the words and at the unit vector of the message, shape (dimensions,)."""
        if not self._vectors:
            return self.by_words(words)
        score, pulls = self._words(words)
        place = self._axes @ (vector - self._mean).astype(np.float32)
        apart = self._bank_norms - 2.0 * (self._bank @ place) + place @ place
        bank = float(self._pulls @ np.exp(-self._gamma * apart)) + self._pulls_bias
        return Look(self._blend(score, bank), words, pulls, place)

    def nearest(self, look: Look) -> Nearest:
        """Return the sign that a message is most like."""
        known = Counter(token.text for token in look.words if token.text in self._kinds_words)
        parts = np.zeros(len(self._kinds_words))
        for word, count in known.items():
            row, frequency = self._kinds_words[word]
            parts[row] = (1.0 + math.log(count)) * frequency
        norm = float(np.sqrt(parts @ parts)) or 1.0
        scores = parts / norm @ self._kinds_by_words + self._kinds_bias
        if look.place is not None:
            scores = scores + self._kinds_by_bank @ np.append(look.place, 1.0)
        shares = np.exp(scores - scores.max())
        shares /= shares.sum()
        grave = float(shares[self._grave].sum()) >= GRAVE_SHARE
        best = int(np.argmax(np.where(self._grave == grave, shares, 0.0)))
        category, level = self._kinds[best]
        return Nearest(level, category, tuple(_places(look.words, look.pulls)))

    def _words(self, words: Sequence[Token]) -> tuple[float, dict[str, float]]:
        parts = {
            term: (1.0 + math.log(count)) * self._terms[term][0]
            for term, count in Counter(terms(words)).items()
            if term in self._terms
        }
        norm = math.sqrt(sum(part * part for part in parts.values())) or 1.0
        pulls = {term: part / norm * self._terms[term][1] for term, part in parts.items()}
        return sum(pulls.values()) + self._terms_bias, pulls


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
    data = (files("backbot") / "data" / "safety" / "likeness.json").read_bytes()
    shipped = msgspec.json.decode(data, type=Shipped)
    return Model(shipped, vectors=weights == shipped.weights_sha256)
