"""Composing an answer: which runs of sentences are quoted, and what each of them tells."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from backbot.answering.candidates import CONTEXT_SHARE, Candidate, wanted_roles
from backbot.index.contents import Index, SentenceView
from backbot.model import MAX_EXCERPT_WORDS
from backbot.retrieval.question import Question
from backbot.text.roles import Role

# Words: the first excerpt, each further one, and all of them together as a rule.
FIRST_WORDS = 60
FURTHER_WORDS = 40
TOTAL_WORDS = 115
MAX_RUN = 5
MAX_EXCERPTS = 4
MAX_DOCUMENTS = 4

# What makes a run of sentences a good answer.
BEST_SENTENCE_WEIGHT = 0.35
WHOLE_WEIGHT = 0.2
OVERLAP_WEIGHT = 0.25
PASSAGE_WEIGHT = 1.2
LENGTH_WEIGHT = 0.1
WANTED_BONUS = 0.04
# What a further excerpt gains that tells a kind of thing the answer does not have yet.
NEW_ROLE_BONUS = 0.04
# A further excerpt must be worth this share of the first.
WORTH = 0.7
# Two runs that share this much of their terms, or lie this close, say the same thing.
SAME_TERMS = 0.7
SAME_COSINE = 0.9


class Run(NamedTuple):
    """Neighbouring sentences of one section, quoted as one excerpt.

    `first` to `last` are rows of the sentence table, `last` included; `role` is what its best
    sentence tells.
    """

    document: int
    first: int
    last: int
    start: int
    end: int
    words: int
    role: Role
    score: float


def compose(index: Index, question: Question, candidates: Sequence[Candidate]) -> tuple[Run, ...]:
    """Return the runs to quote, the one that answers most directly first.

    Empty where nothing can be quoted. The runs do not overlap, come from at most four documents,
    and hold about 110 words together.
    """
    pool = _Pool(index, question, candidates)
    # A story is never the only support for advice, and never leads.
    leads = [run for run in pool.runs if run.role is not Role.EXPERIENCE]
    if not leads:
        return ()
    chosen = [max(leads, key=_by_score)]
    budget = TOTAL_WORDS - chosen[0].words
    while len(chosen) < MAX_EXCERPTS:
        present = {run.role for run in chosen}
        further = [
            run._replace(score=run.score + NEW_ROLE_BONUS * (run.role not in present))
            for run in pool.runs
            if run.words <= min(FURTHER_WORDS, budget)
            and run.score >= WORTH * chosen[0].score
            and pool.adds(run, chosen)
        ]
        if not further:
            break
        chosen.append(max(further, key=_by_score))
        budget -= chosen[-1].words
    return tuple(chosen)


def _by_score(run: Run) -> tuple[float, int, int]:
    return (run.score, -run.first, -run.last)


class _Pool:
    """Every run of the candidates that reads on its own and is short enough to quote."""

    def __init__(self, index: Index, question: Question, candidates: Sequence[Candidate]) -> None:
        self._index = index
        self._candidates = candidates
        self._place = {each.sentence.number: place for place, each in enumerate(candidates)}
        self._idf = {term: index.lexical.term_idf(term) for term in question.terms}
        self._total = sum(self._idf.values()) or 1.0
        self._wanted = wanted_roles(question.text)
        vectors = np.asarray(index.sentence_vectors[list(self._place)], dtype=np.float64)
        # Sums over the Gram matrix give the cosine of any two runs' mean vectors at once.
        self._gram = np.zeros((len(candidates) + 1, len(candidates) + 1))
        if candidates:
            self._gram[1:, 1:] = (vectors @ vectors.T).cumsum(axis=0).cumsum(axis=1)
        self.runs = list(self._find())

    def adds(self, run: Run, chosen: Sequence[Run]) -> bool:
        """Tell whether `run` says something that the `chosen` ones do not say yet."""
        documents = {each.document for each in chosen}
        if run.document not in documents and len(documents) == MAX_DOCUMENTS:
            return False
        return not any(self._same(run, other) for other in chosen)

    def _same(self, run: Run, other: Run) -> bool:
        if run.document == other.document and run.first <= other.last and other.first <= run.last:
            return True
        if self._cosine(run, other) >= SAME_COSINE:
            return True
        own, theirs = self._terms(run.first, run.last), self._terms(other.first, other.last)
        return len(own & theirs) >= SAME_TERMS * max(1, min(len(own), len(theirs)))

    def _cosine(self, run: Run, other: Run) -> float:
        a, b = self._span(run.first, run.last), self._span(other.first, other.last)
        lengths = (self._block(a, a) * self._block(b, b)) ** 0.5
        return self._block(a, b) / lengths if lengths > 0 else 0.0

    def _find(self) -> Iterator[Run]:
        for place, opening in enumerate(self._candidates):
            if not opening.sentence.stands_alone:
                continue
            part: list[Candidate] = []
            for here in self._candidates[place : place + MAX_RUN]:
                if not here.sentence.quotable:
                    break  # nothing that cannot be quoted stands inside an excerpt either
                if not _goes_on(opening.sentence, here.sentence, len(part)):
                    break
                part.append(here)
                run = self._weigh(part)
                if run.words > (FIRST_WORDS if len(part) > 1 else MAX_EXCERPT_WORDS):
                    break
                if not here.sentence.announces:
                    yield run

    def _weigh(self, part: Sequence[Candidate]) -> Run:
        best = max(part, key=lambda each: each.score)
        first, last = part[0].sentence, part[-1].sentence
        span = self._span(first.number, last.number)
        length = self._block(span, span) ** 0.5
        words = len(self._index.documents[first.document].text[first.start : last.end].split())
        terms = self._terms(first.number, last.number)
        around = self._index.context_terms(first.document, first.section)
        overlap = sum(
            idf * (1.0 if term in terms else CONTEXT_SHARE if term in around else 0.0)
            for term, idf in self._idf.items()
        )
        score = (
            BEST_SENTENCE_WEIGHT * max(each.cosine for each in part)
            + WHOLE_WEIGHT * (sum(each.cosine for each in part) / length if length > 0 else 0.0)
            + OVERLAP_WEIGHT * overlap / self._total
            + PASSAGE_WEIGHT * max(each.passage for each in part)
            + LENGTH_WEIGHT * min(1.0, words / FIRST_WORDS)
            + WANTED_BONUS * (best.sentence.role in self._wanted)
        )
        role = best.sentence.role
        return Run(
            first.document, first.number, last.number, first.start, last.end, words, role, score
        )

    def _terms(self, first: int, last: int) -> frozenset[str]:
        parts = (self._index.sentence_terms(number) for number in range(first, last + 1))
        return frozenset().union(*parts)

    def _span(self, first: int, last: int) -> tuple[int, int]:
        return self._place[first], self._place[last] + 1

    def _block(self, rows: tuple[int, int], columns: tuple[int, int]) -> float:
        """Return the sum of the Gram matrix over two spans of candidates."""
        (top, bottom), (left, right) = rows, columns
        sums = self._gram
        total = sums[bottom, right] - sums[top, right] - sums[bottom, left] + sums[top, left]
        return max(0.0, float(total)) if rows == columns else float(total)


def _goes_on(first: SentenceView, here: SentenceView, steps: int) -> bool:
    """Tell whether `here` stands `steps` sentences after `first` in the same section."""
    together = (here.document, here.section) == (first.document, first.section)
    return together and here.number == first.number + steps
