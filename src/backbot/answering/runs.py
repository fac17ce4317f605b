"""Runs: neighbouring sentences that read on their own, each with how well it would answer."""

import itertools
import re
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from backbot.answering.candidates import Candidates
from backbot.answering.demand import demand_of, tells
from backbot.answering.wants import wanted_roles
from backbot.index.views import DENIES, JOINED, QUOTABLE, SentenceView
from backbot.retrieval.question import Question
from backbot.text.clean import fold
from backbot.text.roles import Role

# Words of a run, sentences in it, and how far it may go over to bring what it leans on.
MOST_WORDS = 70
MOST_SENTENCES = 6
MOST_WORDS_LEANING = 90
# Sentences of a run that only goes on another one.
MOST_ATTACHED = 3
# A sentence so short that leans on the one before it ("It's muscles!") is never parted from it.
SHORT_TAIL = 6

# What makes a sentence a good answer: a question's aim was learned with these.
COSINE_WEIGHT = 1.0
PASSAGE_WEIGHT = 1.0
# What a run gains beside its best sentence; fitted by `bench/quality/rank.py`.
LENGTH_WEIGHT = 0.05
WANTED_BONUS = 0.02
CONTRADICTS_BONUS = 0.05
DEMAND_BONUS = 0.1
JOINED_COST = 0.08
# A denial contradicts what the reader believes where it stands by sentences that come this near to
# the question as the nearest does.
NEAR_PREMISE = 0.85

# "Is it the disk?", "it's the disk, right?": the reader believes something.
_PREMISE = re.compile(
    r"^(?:\W*)(?:is|are|was|isn't|aren't|do|does|don't|doesn't|can|could|should|would|must|so)\b"
    r"|\b(?:right|correct|true|isn't it|aren't they|doesn't it|really)\s*\?*$"
    r"|\b(?:is|are) (?:it|they|this|these|those|that) (?:just|only|really|always|because|due)\b"
    r"|\b(?:is it|it's|its|it is|must be|told me|says?|said|thinks?|thought|believe)\b"
)
# Neither is one that takes back what the sentence before it said.
_TAKES_BACK = re.compile(r"^\W*(?:but|however|yet)\b")
_ROLES = tuple(Role)
_Scalar = TypeVar("_Scalar", bound=np.generic)


class Run(NamedTuple):
    """Neighbouring sentences of one section, quoted as one excerpt.

    `first` to `last` are rows of the sentence table, `last` included; `role` is what its best
    sentence tells. A run that does not read `alone` only goes on another one. Of that sentence are
    the parts of `score`, each from 0 to 1: its `cosine` with the question's aim, and its
    `passage`'s score. `tokens` is the share of the question's tokens that the run meets. One that
    `denies` holds a negation.
    """

    document: int
    section: int
    first: int
    last: int
    start: int
    end: int
    words: int
    role: Role
    alone: bool
    score: float
    cosine: float
    tokens: float
    passage: float
    denies: bool


def find_runs(question: Question, candidates: Candidates) -> "Runs | None":
    """Return every run of the candidates that can be quoted, None if none can."""
    sentences = candidates.sentences
    # Whether each is the next sentence of the same section.
    follows = [False]
    follows += [
        here.number == before.number + 1
        and here.section == before.section
        and here.document == before.document
        for before, here in itertools.pairwise(sentences)
    ]
    tails = [*(follows[n] and _is_tail(here) for n, here in enumerate(sentences)), False]
    alone = list(_spans(sentences, follows, tails[1:]))
    if not alone:
        return None
    spans = [*alone, *_attached(sentences, follows, tails[1:])]
    return Runs(question, candidates, spans, len(alone), follows)


def _spans(
    sentences: Sequence[SentenceView], follows: Sequence[bool], tailed: Sequence[bool]
) -> Iterator[tuple[int, int]]:
    """Yield the first and last place of each run that reads on its own and tells something.

    `follows` tells of each sentence whether it goes straight on the one before it, `tailed`
    whether a short one follows that is nothing without it.
    """
    for first, opening in enumerate(sentences):
        if not (opening.quotable or opening.asks) or not opening.stands_alone:
            continue
        asks = opening.asks
        words = told = 0
        for last, here in enumerate(sentences[first : first + MOST_SENTENCES], start=first):
            quotable = here.quotable
            if not (quotable or here.asks) or (last > first and not follows[last]):
                break
            # A question opens an excerpt only for a sentence that leans on it.
            if asks and told == 0 and quotable and _reads_alone(here):
                break
            words += here.words
            told += quotable
            leans = told == 1 or (last == first + 1 and not here.stands_alone)
            most = MOST_WORDS_LEANING if quotable and leans else MOST_WORDS
            if words > most and last > first:
                break
            if quotable and not here.announces and not tailed[last]:
                yield first, last


def _attached(
    sentences: Sequence[SentenceView], follows: Sequence[bool], tailed: Sequence[bool]
) -> Iterator[tuple[int, int]]:
    """Yield the first and last place of each run that only goes on the sentence before it."""
    for first, opening in enumerate(sentences):
        if not follows[first] or _reads_alone(opening):
            continue
        words = 0
        for last in range(first, min(first + MOST_ATTACHED, len(sentences))):
            here = sentences[last]
            words += here.words
            if not here.quotable or not follows[last] or words > MOST_WORDS:
                break
            if not here.announces and not tailed[last]:
                yield first, last


def _reads_alone(sentence: SentenceView) -> bool:
    return sentence.stands_alone and not sentence.joined


def _is_tail(sentence: SentenceView) -> bool:
    """Tell whether a sentence is nothing without the one before it, nor that one without it."""
    leans = sentence.quotable and not sentence.stands_alone
    return leans and (sentence.words <= SHORT_TAIL or bool(_TAKES_BACK.match(fold(sentence.text))))


class Runs:
    """Runs, best first, ties in corpus order; one is made when it is looked at, as few are.

    Columns in that order, each of the shape (runs,): `scores`, `words`, `roles` and `alone` as in
    `Run`, and the places of the `first` and `last` sentence among the candidates.
    """

    def __init__(
        self,
        question: Question,
        candidates: Candidates,
        spans: Sequence[tuple[int, int]],
        alone: int,
        follows: Sequence[bool],
    ) -> None:
        """Weigh `spans` of candidates, at least one; the first `alone` of them read on their own.

        `follows` tells of each candidate whether it goes straight on the one before it.
        """
        self._question = question
        self._met = candidates.met
        self._sentences = candidates.sentences
        edges = np.fromiter(itertools.chain.from_iterable(spans), np.int64, 2 * len(spans))
        self._first, self._last = edges.reshape(-1, 2).T
        # The places of each span's sentences, a column each, the last one repeated. NumPy takes the
        # greatest of each column four times as quickly as that of each row.
        steps = self._first + np.arange(MOST_SENTENCES)[:, None]
        self._places = np.minimum(steps, self._last)
        quotable = candidates.are(QUOTABLE)
        denies = candidates.are(DENIES) & quotable
        self._cosines = np.maximum(candidates.cosines, 0.0)
        self._passages = candidates.passages
        told = COSINE_WEIGHT * self._cosines + PASSAGE_WEIGHT * self._passages
        told = np.where(quotable, told, -1.0)
        # A run is as good as its best sentence: many middling ones do not make an answer.
        self._best = self._first + told[self._places].argmax(axis=0)
        words = self._sums(np.array([each.words for each in self._sentences]))
        roles = np.array([int(each.role) for each in self._sentences])[self._best]
        self._denies = self._most(denies)
        score = (
            told[self._best]
            + LENGTH_WEIGHT * np.minimum(1.0, words / MOST_WORDS)
            + WANTED_BONUS * is_one_of(wanted_roles(question.text))[roles]
        )
        if _PREMISE.search(fold(question.text)):
            near = _near_the_premise(question, candidates, follows)
            score += CONTRADICTS_BONUS * self._most(denies & near)
        if demand := demand_of(question.text):
            holding = [each.quotable and tells(each.text, demand) for each in self._sentences]
            score += DEMAND_BONUS * self._most(np.array(holding))
        score -= JOINED_COST * candidates.are(JOINED)[self._first]
        self._order = np.lexsort((self._last, self._first, -score))
        self.first = self._first[self._order]
        self.last = self._last[self._order]
        self.scores = score[self._order]
        self.words = words[self._order]
        self.roles = roles[self._order]
        self.alone = self._order < alone

    def __iter__(self) -> Iterator[Run]:
        return map(self.run, range(len(self._order)))

    def run(self, place: int) -> Run:
        """Return the run at `place` of this order."""
        span = self._order[place]
        best = self._best[span]
        first, last = self._sentences[self.first[place]], self._sentences[self.last[place]]
        held = slice(self.first[place], self.last[place] + 1)
        met = self._met[held].max(axis=0, keepdims=True)
        return Run(
            document=first.document,
            section=first.section,
            first=first.number,
            last=last.number,
            start=first.start,
            end=last.end,
            words=int(self.words[place]),
            role=Role(self.roles[place]),
            alone=bool(self.alone[place]),
            score=float(self.scores[place]),
            cosine=float(self._cosines[best]),
            tokens=float(self._question.share_met(met)[0]),
            passage=float(self._passages[best]),
            denies=bool(self._denies[span]),
        )

    def _most(self, values: NDArray[_Scalar]) -> NDArray[_Scalar]:
        """Return the greatest of a table's rows over each span, column by column."""
        most: NDArray[_Scalar] = values[self._places].max(axis=0)
        return most

    def _sums(self, values: NDArray[_Scalar]) -> NDArray[_Scalar]:
        """Return the sum of some values over each span."""
        sums = np.zeros(len(values) + 1, dtype=values.dtype)
        values.cumsum(out=sums[1:])
        return sums[self._last + 1] - sums[self._first]


def _near_the_premise(
    question: Question, candidates: Candidates, follows: Sequence[bool]
) -> NDArray[np.bool_]:
    """Tell of each sentence whether it, or the one before it, is about what was asked."""
    met = question.share_met(candidates.met)
    near: NDArray[np.bool_] = met >= NEAR_PREMISE * met.max()
    near[1:] |= near[:-1] & follows[1:]
    return near


def is_one_of(roles: Collection[Role]) -> NDArray[np.bool_]:
    """Return a table that tells of each role, by its number, whether it is one of `roles`."""
    return np.array([role in roles for role in _ROLES])
