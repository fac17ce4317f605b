"""Composing an answer: which runs of sentences are quoted, and what each of them tells."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from backbot.answering.candidates import Candidate, wanted_roles
from backbot.index.contents import Index, SentenceView
from backbot.retrieval.question import Question
from backbot.text.roles import Role

# Words: the first excerpt, each further one, and all of them together as a rule.
FIRST_WORDS = 60
FURTHER_WORDS = 32
TOTAL_WORDS = 110
MAX_RUN = 4
# How much a run's other sentences add to its best one, above what any sentence of the pool has.
COMPANY_WEIGHT = 0.5
# A further excerpt must be worth this share of the first.
WORTH = 0.72
# Two runs that share this much of their terms, or lie this close, say the same thing.
SAME_TERMS = 0.6
SAME_COSINE = 0.86
MAX_DOCUMENTS = 4


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


def compose(
    index: Index, question: Question, candidates: Sequence[Candidate]
) -> tuple[Run, ...]:
    """Return the runs to quote, the one that answers most directly first.

    Empty where nothing can be quoted. The runs do not overlap, come from at most four documents,
    and hold about 110 words together.
    """
    wanted = wanted_roles(question.text)
    runs = _runs(index, candidates)
    if Role.EXPERIENCE not in wanted:
        # A story is never the only support for advice, and never leads unasked.
        runs = [run for run in runs if run.role is not Role.EXPERIENCE]
    leads = [run for run in runs if run.words <= FIRST_WORDS] or runs
    if not leads:
        return ()
    first = max(leads, key=lambda run: (run.score, -run.first))
    chosen = [first]
    budget = TOTAL_WORDS - first.words
    for role in (Role.CAUSE, Role.REMEDY, Role.CAUTION, Role.FACT):
        further = [
            run
            for run in runs
            if run.role is role
            and run.words <= min(FURTHER_WORDS, budget)
            and run.score >= WORTH * first.score
            and _adds(index, run, chosen)
        ]
        if further and (role is not first.role or role in wanted):
            best = max(further, key=lambda run: (run.score, -run.first))
            chosen.append(best)
            budget -= best.words
    return tuple(chosen)


def _runs(index: Index, candidates: Sequence[Candidate]) -> list[Run]:
    """Return every run of the candidates that reads on its own."""
    by_number = {candidate.sentence.number: candidate for candidate in candidates}
    typical = float(np.median([candidate.score for candidate in candidates])) if candidates else 0.0
    runs = []
    for number in by_number:
        for last in range(number, number + MAX_RUN):
            if last not in by_number:
                break
            part = [by_number[each] for each in range(number, last + 1)]
            if not _together(part[0].sentence, part[-1].sentence):
                break
            if not part[-1].sentence.quotable:
                break
            if _reads_alone([each.sentence for each in part]):
                runs.append(_run(index, part, typical))
    return runs


def _together(first: SentenceView, last: SentenceView) -> bool:
    return (first.document, first.section) == (last.document, last.section)


def _reads_alone(sentences: Sequence[SentenceView]) -> bool:
    """Tell whether a run opens without leaning on what stands before it and ends with its end."""
    return sentences[0].stands_alone and not sentences[-1].announces


def _run(index: Index, part: Sequence[Candidate], typical: float) -> Run:
    best = max(part, key=lambda each: each.score)
    company = sum(max(0.0, each.score - typical) for each in part if each is not best)
    first, last = part[0].sentence, part[-1].sentence
    text = index.documents[first.document].text[first.start : last.end]
    return Run(
        first.document,
        first.number,
        last.number,
        first.start,
        last.end,
        len(text.split()),
        best.sentence.role,
        best.score + COMPANY_WEIGHT * company,
    )


def _adds(index: Index, run: Run, chosen: Sequence[Run]) -> bool:
    """Tell whether `run` says something that the `chosen` ones do not say yet."""
    documents = {each.document for each in chosen}
    if run.document not in documents and len(documents) == MAX_DOCUMENTS:
        return False
    own, vector = _gist(index, run)
    for other in chosen:
        if run.document == other.document and run.first <= other.last and other.first <= run.last:
            return False
        terms, theirs = _gist(index, other)
        shared = len(own & terms) / max(1, min(len(own), len(terms)))
        if shared >= SAME_TERMS or float(vector @ theirs) >= SAME_COSINE:
            return False
    return True


def _gist(index: Index, run: Run) -> tuple[frozenset[str], np.ndarray]:
    numbers = range(run.first, run.last + 1)
    terms = frozenset().union(*(index.sentence_terms(number) for number in numbers))
    vector = index.sentence_vectors[list(numbers)].mean(axis=0)
    return terms, vector / (float(np.linalg.norm(vector)) or 1.0)
