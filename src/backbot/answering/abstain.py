"""Knowing whether there is an answer: the probability that the best evidence answers."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from backbot.answering.candidates import Candidate
from backbot.answering.compose import Run
from backbot.index.contents import Baseline, Index
from backbot.retrieval.hybrid import Hit
from backbot.retrieval.question import Question

THRESHOLD = 0.5
# Three good sentences say more than one that is near by chance.
BEST_SENTENCES = 3
# A question of so many terms is a long one.
LONG_QUESTION = 20


class Signals(NamedTuple):
    """What speaks for an answer or against it; none is scaled by the question's own best.

    `run` is the score of the run of sentences that would open the answer, `dense` and `lexical`
    are the best passage's, `sentences` is the mean cosine of the three best sentences, `asked` the
    cosine with the nearest question that a document names, `length` the number of the question's
    terms over 20: a short question lies near to something more easily than a long one. `away`,
    `away_3` and `away_10` are the mean cosines with the 1, 3 and 10 nearest questions about
    something else.
    """

    run: float
    dense: float
    lexical: float
    sentences: float
    asked: float
    length: float
    away: float
    away_3: float
    away_10: float


# A logistic regression over the signals, each measured in standard deviations from its mean over
# questions that the corpus does not answer. Fitted by `bench/quality/fit.py`.
INTERCEPT = -4.58
WEIGHTS = Signals(
    run=0.49,
    dense=0.32,
    lexical=0.60,
    sentences=1.28,
    asked=0.63,
    length=0.91,
    away=-0.34,
    away_3=-0.98,
    away_10=-0.87,
)
# A signal that hardly varies must not decide alone.
LEAST_SPREAD = 0.01
# Where a corpus is too small to measure: what was measured on the starter corpus.
GENERAL_MEANS = Signals(0.53, 0.26, 0.10, 0.30, 0.31, 0.16, 0.44, 0.39, 0.32)
GENERAL_SPREADS = Signals(0.19, 0.12, 0.08, 0.11, 0.13, 0.05, 0.12, 0.10, 0.08)


def read_signals(
    index: Index,
    question: Question,
    hits: Sequence[Hit],
    candidates: Sequence[Candidate],
    runs: Sequence[Run],
    *,
    held_out: int | None = None,
) -> Signals | None:
    """Return the signals for a question and what was found for it, None for nothing to quote.

    `held_out` is the row of a question about something else that is not to be compared with.
    """
    cosines = sorted((each.cosine for each in candidates if each.sentence.quotable), reverse=True)
    best = cosines[:BEST_SENTENCES]
    if not runs or not best:
        return None
    elsewhere = index.elsewhere_vectors @ question.vector
    if held_out is not None:
        elsewhere = np.delete(elsewhere, held_out)
    away = np.sort(elsewhere)[::-1]
    return Signals(
        run=runs[0].score,
        dense=max(hit.dense for hit in hits),
        lexical=max(hit.lexical for hit in hits),
        sentences=sum(best) / len(best),
        asked=max(hit.asked for hit in hits),
        length=min(1.0, len(question.terms) / LONG_QUESTION),
        away=float(away[:1].mean()) if len(away) else 0.0,
        away_3=float(away[:3].mean()) if len(away) else 0.0,
        away_10=float(away[:10].mean()) if len(away) else 0.0,
    )


def confidence(signals: Signals | None, baseline: Baseline) -> float:
    """Return the probability, from 0 to 1, that there is an answer."""
    if signals is None:
        return 0.0
    score = INTERCEPT
    for name, weight, value in zip(Signals._fields, WEIGHTS, signals, strict=True):
        mean = baseline.means.get(name, getattr(GENERAL_MEANS, name))
        spread = baseline.spreads.get(name, getattr(GENERAL_SPREADS, name))
        score += weight * (value - mean) / max(spread, LEAST_SPREAD)
    return 1.0 / (1.0 + math.exp(-max(-50.0, min(50.0, score))))
