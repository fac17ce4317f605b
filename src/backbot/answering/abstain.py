"""Knowing whether there is an answer: the probability that the best evidence answers."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from backbot.answering.candidates import Candidate
from backbot.index.contents import Index
from backbot.retrieval.hybrid import Hit
from backbot.retrieval.question import Question

THRESHOLD = 0.4


class Signals(NamedTuple):
    """What speaks for an answer, each from 0 to 1 and comparable between questions.

    `dense` and `lexical` are the best passage's, `sentence` the best sentence's cosine, `asked`
    the cosine with the nearest question that a document names, `known` the share of the
    question's weight in terms that the corpus has at all, `covered` the share of it that the best
    sentence and its title and heading hold.
    """

    dense: float
    lexical: float
    sentence: float
    asked: float
    known: float
    covered: float


# A logistic regression over the signals, fitted on the development questions.
INTERCEPT = -5.9
WEIGHTS = Signals(dense=4.5, lexical=1.5, sentence=5.6, asked=2.3, known=0.8, covered=0.3)


def read_signals(
    index: Index, question: Question, hits: Sequence[Hit], candidates: Sequence[Candidate]
) -> Signals:
    """Return the signals for a question whose search gave `hits` and `candidates`."""
    quotable = [each for each in candidates if each.sentence.quotable]
    if not hits or not quotable:
        return Signals(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    weights = {term: index.lexical.term_idf(term) for term in question.terms}
    total = sum(weights.values())
    known = sum(w for term, w in weights.items() if term in index.lexical.vocabulary)
    return Signals(
        dense=max(hit.dense for hit in hits),
        lexical=max(hit.lexical for hit in hits),
        sentence=max(0.0, max(each.cosine for each in quotable)),
        asked=max(0.0, max(hit.asked for hit in hits)),
        known=known / total if total else 0.0,
        covered=max(each.overlap for each in quotable),
    )


def confidence(signals: Signals) -> float:
    """Return the probability, from 0 to 1, that there is an answer."""
    score = INTERCEPT + sum(w * s for w, s in zip(WEIGHTS, signals, strict=True))
    return 1.0 / (1.0 + math.exp(-score))
