"""Knowing whether there is an answer: the probability that the best evidence answers."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from backbot.answering.candidates import Candidate
from backbot.answering.compose import Run
from backbot.retrieval.hybrid import Hit
from backbot.retrieval.question import Question

THRESHOLD = 0.5
# Three good sentences say more than one that is near by chance.
BEST_SENTENCES = 3
# A question of so many terms is a long one.
LONG_QUESTION = 20


class Signals(NamedTuple):
    """What speaks for an answer; none is scaled by the question's own best.

    `run` is the score of the run of sentences that would open the answer, `dense` and `lexical`
    are the best passage's, `sentences` is the mean cosine of the three best sentences, `asked` the
    cosine with the nearest question that a document names, `length` the number of the question's
    terms over 20: a short question lies near to something more easily than a long one.
    """

    run: float
    dense: float
    lexical: float
    sentences: float
    asked: float
    length: float


# A logistic regression over the signals, fitted on the development questions for two corpora.
INTERCEPT = -9.2
WEIGHTS = Signals(run=2.7, dense=5.0, lexical=2.6, sentences=7.0, asked=2.4, length=5.8)


def read_signals(
    question: Question, hits: Sequence[Hit], candidates: Sequence[Candidate], runs: Sequence[Run]
) -> Signals:
    """Return the signals for a question and what was found for it; all 0 for nothing to quote."""
    if not runs:
        return Signals(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    cosines = sorted((each.cosine for each in candidates if each.sentence.quotable), reverse=True)
    best = cosines[:BEST_SENTENCES]
    return Signals(
        run=runs[0].score,
        dense=max(hit.dense for hit in hits),
        lexical=max(hit.lexical for hit in hits),
        sentences=sum(best) / len(best),
        asked=max(hit.asked for hit in hits),
        length=min(1.0, len(question.terms) / LONG_QUESTION),
    )


def confidence(signals: Signals) -> float:
    """Return the probability, from 0 to 1, that there is an answer."""
    score = INTERCEPT + sum(w * s for w, s in zip(WEIGHTS, signals, strict=True))
    return 1.0 / (1.0 + math.exp(-score))
