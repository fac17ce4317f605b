"""Composing an answer: which runs of sentences are quoted together."""

import itertools
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from backbot.answering.candidates import Candidates
from backbot.answering.runs import MOST_WORDS_LEANING, Run, Runs, find_runs, is_one_of
from backbot.answering.wants import asks_for_story
from backbot.index.encoder import Vectors
from backbot.model import MAX_EXCERPT_WORDS
from backbot.retrieval.question import Question
from backbot.text.roles import Role
from backbot.text.terms import terms

# Words of each further excerpt, and of all of them together as a rule.
FURTHER_WORDS = 50
# Excerpts that follow on each other become one, up to so many words.
MERGED_WORDS = 100
TOTAL_WORDS = 105
# Where several runs answer about as well, the reader is shown more of them.
CLOSE_TOTAL_WORDS = 180
CLOSE = 0.88
MAX_EXCERPTS = 7
MAX_DOCUMENTS = 4
# What a further excerpt gains that tells why, what to do or when to see someone, where the answer
# does not tell that yet.
NEW_ROLE_BONUS = 0.12
# What a further excerpt gains that goes straight on from what is quoted: "These often helped, but
# not for long."
GOES_ON_BONUS = 0.05
# A further excerpt must be worth this share of the first.
WORTH = 0.7
# A story that was asked for need not be quite as near as the best of the rest.
STORY_SHARE = 0.9
# Two runs that share this much of their terms, or lie this close, say the same thing.
SAME_TERMS = 0.7
SAME_COSINE = 0.9

_METHOD = frozenset({Role.CAUSE, Role.REMEDY, Role.CAUTION})
_STORY = is_one_of([Role.EXPERIENCE])
_Numbers = NDArray[np.float64] | NDArray[np.int64] | float


class PassedOver(NamedTuple):
    """A run that was not quoted, and why, in words for the owner."""

    run: Run
    why: str


def compose(question: Question, candidates: Candidates) -> tuple[Run, ...]:
    """Return the runs to quote, the one that answers most directly first.

    Empty where nothing can be quoted. The runs do not overlap, come from at most four documents,
    and hold about 110 words together. A story leads only where a story was asked for, and then
    stands alone: it is never the support for advice.
    """
    found = find_runs(question, candidates)
    if found is None:
        return ()
    pool = _Pool(question, found)
    lead = pool.lead()
    if lead is None:
        return ()
    answer = _Answer(candidates, lead)
    while len(answer.runs) < MAX_EXCERPTS and (added := pool.next_of(answer)):
        answer.add(added)
    return tuple(answer.runs)


def passed_over(
    question: Question,
    candidates: Candidates,
    chosen: Sequence[Run],
    count: int = 8,
) -> list[PassedOver]:
    """Return the best runs that read on their own and overlap none `chosen`, and why not they."""
    found = find_runs(question, candidates)
    pool = [] if found is None else list(_Pool(question, found))
    if not chosen:
        return [PassedOver(run, "a story is no support for advice") for run in pool[:count]]
    answer = _Answer(candidates, *chosen)
    rest = (run for run in pool if run.alone and not any(_overlap(run, each) for each in chosen))
    return [
        PassedOver(run, answer.why_not(run) or "others came first")
        for run in itertools.islice(rest, count)
    ]


class _Pool:
    """The runs that may be quoted, best first: only stories where one was asked for."""

    def __init__(self, question: Question, runs: Runs) -> None:
        self._runs = runs
        self._places = (runs.words <= MAX_EXCERPT_WORDS).nonzero()[0]
        story = _STORY[runs.roles[self._places]]
        self._may_lead = ~story
        if story.any() and asks_for_story(question.text):
            stories = self._places[story]
            told = stories[runs.alone[stories]]
            best = runs.scores[self._places[0]]
            if len(told) and runs.scores[told[0]] >= STORY_SHARE * best:
                self._places = stories
            if len(self._places) == len(stories):
                self._may_lead = np.ones(len(stories), dtype=bool)

    def __iter__(self) -> Iterator[Run]:
        return map(self._runs.run, self._places.tolist())

    def lead(self) -> Run | None:
        """Return the best run to open an answer, None for none."""
        leads = self._places[self._may_lead & self._runs.alone[self._places]]
        return self._runs.run(int(leads[0])) if len(leads) else None

    def next_of(self, answer: "_Answer") -> Run | None:
        """Return the best run that can go beside `answer`, None for none."""
        runs = self._runs
        # An answer only grows: what has no room beside it now, as nearly all, need not be weighed
        # again.
        places = self._places = self._places[answer.has_room(runs, self._places)]
        new = is_one_of(_METHOD - {run.role for run in answer.runs})[runs.roles[places]]
        gains = runs.scores[places] + NEW_ROLE_BONUS * new + GOES_ON_BONUS * ~runs.alone[places]
        candidates = map(runs.run, places[np.argsort(-gains, kind="stable")].tolist())
        return next((run for run in candidates if answer.clash(run) is None), None)


def _overlap(run: Run, other: Run) -> bool:
    return run.first <= other.last and other.first <= run.last


class _Answer:
    """An answer in the making."""

    def __init__(self, candidates: Candidates, lead: Run, *further: Run) -> None:
        self.runs = [lead, *further]
        self.words = sum(run.words for run in self.runs)
        self._documents = {run.document for run in self.runs}
        self.best = lead.score
        self._same = _Sameness(candidates)

    def why_not(self, run: Run) -> str | None:
        """Return why `run`, which overlaps nothing, cannot be added, None if it can."""
        if self._too_far(run.score):
            return "too little to do with the question"
        if self._too_long(run.score, run.words):
            return "too long for what is left of the room"
        return self.clash(run)

    def has_room(self, runs: Runs, places: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Tell of the runs at `places` whether each is worth its room, is left it, and overlaps
        nothing that is quoted."""
        scores, first, last = runs.scores[places], runs.first[places], runs.last[places]
        bad: NDArray[np.bool_] = self._too_far(scores) | self._too_long(scores, runs.words[places])
        for run in self.runs:
            begins, after = self._same.span(run)
            bad |= (first < after) & (begins <= last)
        return ~bad

    def _too_far(self, score: _Numbers) -> Any:
        """Tell of one run or of several, by their scores, whether it answers too little."""
        return score < WORTH * self.best

    def _too_long(self, score: _Numbers, words: _Numbers) -> Any:
        """Tell of one run or of several, by their scores and words, whether no room is left."""
        room = np.where(score >= CLOSE * self.best, CLOSE_TOTAL_WORDS, TOTAL_WORDS)
        # A story that is nearer than what leads may be as long as that.
        most = np.where(score > self.best, MOST_WORDS_LEANING, FURTHER_WORDS)
        return words > np.minimum(most, room - self.words)

    def clash(self, run: Run) -> str | None:
        """Return what keeps a run that has room from standing beside those quoted, None for
        nothing."""
        if run.document not in self._documents and len(self._documents) == MAX_DOCUMENTS:
            return "four documents are cited already"
        if not run.alone and self._host(run) is None:
            return "does not read on its own"
        if any(self._same.tell_the_same(run, each) for each in self.runs):
            return "says the same as another excerpt"
        return None

    def add(self, run: Run) -> None:
        """Quote `run` too, as one excerpt with the one that it goes straight on."""
        self.words += run.words
        self._documents.add(run.document)
        host = self._host(run)
        if host is None:
            self.runs.append(run)
        else:
            # What both tell and are worth is what the first of them is.
            joined = self.runs[host]._replace(last=run.last, end=run.end)
            self.runs[host] = joined._replace(words=joined.words + run.words)

    def _host(self, run: Run) -> int | None:
        """Return the place of the run that `run` goes straight on, None for none."""
        for place, each in enumerate(self.runs):
            follows = each.section == run.section and each.last + 1 == run.first
            if each.document == run.document and follows:
                return place if each.words + run.words <= MERGED_WORDS else None
        return None


class _Sameness:
    """Whether two runs would tell a reader the same thing."""

    def __init__(self, candidates: Candidates) -> None:
        self._sentences = candidates.sentences
        self._vectors = candidates.vectors
        self._place = {each.number: place for place, each in enumerate(candidates.sentences)}

    def tell_the_same(self, run: Run, other: Run) -> bool:
        # Two articles that say the opposite in the same words disagree: both are shown.
        if run.document != other.document and run.denies != other.denies:
            return False
        if self._cosine(run, other) >= SAME_COSINE:
            return True
        own, theirs = self._terms(run), self._terms(other)
        return len(own & theirs) >= SAME_TERMS * max(1, min(len(own), len(theirs)))

    def _cosine(self, run: Run, other: Run) -> float:
        a, b = self._sum(run), self._sum(other)
        lengths = float(a @ a) * float(b @ b)
        return float(a @ b) / lengths**0.5 if lengths > 0 else 0.0

    def span(self, run: Run) -> tuple[int, int]:
        """Return the places of the sentences of `run` among the candidates: first, after last."""
        return self._place[run.first], self._place[run.last] + 1

    def _sum(self, run: Run) -> Vectors:
        """Return the sum of the vectors of the run's sentences, which points where the run does."""
        first, after = self.span(run)
        total: Vectors = self._vectors[first:after].sum(axis=0)
        return total

    def _terms(self, run: Run) -> frozenset[str]:
        first, after = self.span(run)
        return frozenset().union(*(_terms(each.text) for each in self._sentences[first:after]))


@lru_cache(maxsize=16384)
def _terms(text: str) -> frozenset[str]:
    """Return the distinct terms of a sentence; the same ones come up again and again."""
    return frozenset(terms(text))
