"""Systems that a question can be put to: Backbot, and what it is made of by itself."""

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

import numpy as np
from nltk.stem.porter import PorterStemmer
from numpy.typing import NDArray
from passages import Passage
from rank_bm25 import BM25Okapi
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

from backbot.chatbot import Chatbot
from backbot.evaluation.score import play
from backbot.evaluation.sets import Case
from backbot.index.contents import P_FIRST, P_LAST, Index
from backbot.index.encoder import Encoder
from backbot.model import Kind
from backbot.retrieval.hybrid import search
from backbot.retrieval.question import prepare
from backbot.text.terms import words

DEPTH = 10


class Asked(NamedTuple):
    """What a system finds: texts, best first, and how sure it is of them.

    `shown` are the texts that it would show a reader of its own decision, empty where it keeps
    silent, None for a system that never decides.
    """

    texts: tuple[str, ...]
    score: float
    shown: tuple[str, ...] | None = None


class System(Protocol):
    """Something that looks for the evidence of the last of a reader's messages."""

    name: str

    def ask(self, case: Case) -> Asked: ...


def joined(case: Case) -> str:
    """Return the question of a system that follows no conversation: the last two turns."""
    return " ".join(case.messages[-2:])


class Backbot:
    """The whole product: its excerpts, its confidence, its way of following a conversation."""

    name = "Backbot"

    def __init__(self, index: Index) -> None:
        self._chatbot = Chatbot(index)

    def ask(self, case: Case) -> Asked:
        reply = play(self._chatbot, case).reply
        texts = tuple(each.text for section in reply.sections for each in section.excerpts)
        sure = reply.confidence if reply.kind in (Kind.ANSWER, Kind.NO_ANSWER) else 0.0
        return Asked(texts, sure, texts)


class Retrieval:
    """The product's search alone: its passages by its fused score."""

    name = "its retrieval"

    def __init__(self, index: Index) -> None:
        self._index = index

    def ask(self, case: Case) -> Asked:
        hits = search(self._index, prepare(self._index, joined(case)), DEPTH)
        texts = tuple(self._text(hit.passage) for hit in hits)
        return Asked(texts, hits[0].score if hits else 0.0)

    def _text(self, passage: int) -> str:
        row = self._index.passages[passage]
        first = self._index.sentence(int(row[P_FIRST]))
        last = self._index.sentence(int(row[P_LAST]) - 1)
        return self._index.documents[first.document].text[first.start : last.end]


class RankBm25:
    """rank-bm25 as its own documentation sets it up, over terms that `split` makes of a text."""

    def __init__(
        self, name: str, passages: Sequence[Passage], split: Callable[[str], list[str]]
    ) -> None:
        self.name = name
        self._passages = passages
        self._split = split
        self._okapi = BM25Okapi([split(each.indexed) for each in passages])

    def ask(self, case: Case) -> Asked:
        return best(self._passages, np.asarray(self._okapi.get_scores(self._split(joined(case)))))


class MiniLm:
    """The packaged all-MiniLM-L6-v2 alone, by cosine."""

    name = "MiniLM"

    def __init__(self, passages: Sequence[Passage], encoder: Encoder) -> None:
        self._passages = passages
        self._encoder = encoder
        self._vectors = encoder.encode_all([each.indexed for each in passages], threads=1)

    def ask(self, case: Case) -> Asked:
        return best(self._passages, self._vectors @ self._encoder.encode(joined(case)))


def best(passages: Sequence[Passage], scores: NDArray[np.floating]) -> Asked:
    """Return the passages with the highest of `scores`, shape (passages,); ties by position."""
    order = np.argsort(-scores, kind="stable")[:DEPTH]
    return Asked(tuple(passages[row].text for row in order), float(scores[order[0]]))


_stem = PorterStemmer().stem


def stems(text: str) -> list[str]:
    """Return Porter stems with scikit-learn's English stop words out: nothing of Backbot's."""
    return [_stem(word) for word in words(text) if word not in ENGLISH_STOP_WORDS]
