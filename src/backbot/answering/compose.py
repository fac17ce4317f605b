"""Composing an answer: which runs of sentences are quoted together."""

import itertools
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from backbot.answering.candidates import Candidates
from backbot.answering.runs import Run, find_runs
from backbot.answering.wants import asks_for_story
from backbot.model import MAX_EXCERPT_WORDS
from backbot.retrieval.late import Similarities
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
# What a further excerpt gains that tells a kind of thing the answer does not have yet.
NEW_ROLE_BONUS = 0.12
# What it gains that goes straight on from what is quoted: "These often helped, but not for long."
GOES_ON_BONUS = 0.05
# What it gains for each share of the question that it meets and what is quoted does not: after the
# first, excerpts are chosen mostly by what they add. Source: Carbonell and Goldstein (1998), "The
# use of MMR, diversity-based reranking", SIGIR, with the question's tokens as what is covered.
COVER_BONUS = 4.0
# A further excerpt must be worth this share of the first.
WORTH = 0.6
# A story that was asked for need not be quite as near as the best of the rest.
STORY_SHARE = 0.9
# Two runs that share this much of their terms, or lie this close, say the same thing.
SAME_TERMS = 0.7
SAME_COSINE = 0.9


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
    pool = _Pool(question, candidates)
    told = all(run.role is Role.EXPERIENCE for run in pool.runs) and asks_for_story(question.text)
    lead = next(
        (run for run in pool.runs if run.alone and (told or run.role is not Role.EXPERIENCE)), None
    )
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
    pool = _Pool(question, candidates).runs
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

    def __init__(self, question: Question, candidates: Candidates) -> None:
        runs, met = find_runs(question, candidates)
        places = [place for place, run in enumerate(runs) if run.words <= MAX_EXCERPT_WORDS]
        if asks_for_story(question.text):
            stories = [place for place in places if runs[place].role is Role.EXPERIENCE]
            told = next((runs[place] for place in stories if runs[place].alone), None)
            best = runs[places[0]].score if places else 0.0
            if told is not None and told.score >= STORY_SHARE * best:
                places = stories
        self.runs = [runs[place] for place in places]
        self._met = met[places]
        # Of a follow-up, what was just asked: what it leans on need not be met once more.
        asked = question.emphasis
        self._asked = np.where(asked >= asked.max(), asked, 0.0) if len(asked) else asked
        self._scores = np.array([run.score for run in self.runs])
        self._goes_on = np.array([not run.alone for run in self.runs])
        self._roles = [run.role for run in self.runs]

    def next_of(self, answer: "_Answer") -> Run | None:
        """Return the run that adds most to `answer`, None where none adds anything."""
        worth = self._scores >= WORTH * answer.best
        covers = (np.maximum(self._met - answer.met, 0.0) * self._asked).sum(axis=1)
        present = {run.role for run in answer.runs}
        new = np.array([role not in present for role in self._roles])
        gains = self._scores + COVER_BONUS * covers
        gains += NEW_ROLE_BONUS * new + GOES_ON_BONUS * self._goes_on
        order = np.argsort(-gains, kind="stable")
        candidates = (self.runs[place] for place in order[worth[order]].tolist())
        return next((run for run in candidates if answer.why_not(run) is None), None)


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
        self._candidates = candidates
        # How near what is quoted comes to each of the question's tokens.
        self.met = self._met(lead)

    def why_not(self, run: Run) -> str | None:
        """Return why `run` cannot be added, None if it can."""
        if run.score < WORTH * self.best:
            return "too little to do with the question"
        room = CLOSE_TOTAL_WORDS if run.score >= CLOSE * self.best else TOTAL_WORDS
        if run.words > FURTHER_WORDS or self.words + run.words > room:
            return "too long for what is left of the room"
        if run.document not in self._documents and len(self._documents) == MAX_DOCUMENTS:
            return "four documents are cited already"
        if not run.alone and self._host(run) is None:
            return "does not read on its own"
        if any(_overlap(run, each) for each in self.runs):
            return "stands there already"
        if any(self._same.tell_the_same(run, each) for each in self.runs):
            return "says the same as another excerpt"
        return None

    def add(self, run: Run) -> None:
        """Quote `run` too, as one excerpt with the one that it goes straight on."""
        self.words += run.words
        self.met = np.maximum(self.met, self._met(run))
        self._documents.add(run.document)
        host = self._host(run)
        if host is None:
            self.runs.append(run)
        else:
            # What both tell and are worth is what the first of them is.
            joined = self.runs[host]._replace(last=run.last, end=run.end)
            self.runs[host] = joined._replace(words=joined.words + run.words)

    def _met(self, run: Run) -> Similarities:
        first, after = self._same.span(run)
        met: Similarities = self._candidates.tokens[first:after].max(axis=0)
        return met

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
        self._gram = candidates.gram
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
        a, b = self.span(run), self.span(other)
        lengths = (max(0.0, self._block(a, a)) * max(0.0, self._block(b, b))) ** 0.5
        return self._block(a, b) / lengths if lengths > 0 else 0.0

    def span(self, run: Run) -> tuple[int, int]:
        """Return the places of the sentences of `run` among the candidates: first, after last."""
        return self._place[run.first], self._place[run.last] + 1

    def _block(self, rows: tuple[int, int], columns: tuple[int, int]) -> float:
        """Return the sum of the cosines over two spans of candidates."""
        (top, bottom), (left, right) = rows, columns
        sums = self._gram
        return float(sums[bottom, right] - sums[top, right] - sums[bottom, left] + sums[top, left])

    def _terms(self, run: Run) -> frozenset[str]:
        first, after = self.span(run)
        return frozenset().union(*(_terms(each.text) for each in self._sentences[first:after]))


@lru_cache(maxsize=16384)
def _terms(text: str) -> frozenset[str]:
    """Return the distinct terms of a sentence; the same ones come up again and again."""
    return frozenset(terms(text))
