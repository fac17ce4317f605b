"""Knowing whether there is an answer: the probability that the reply answers the question."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from backbot.answering.body import EASILY_MISTAKEN, regions
from backbot.answering.candidates import Candidates
from backbot.answering.demand import demand_of, tells
from backbot.answering.runs import Run
from backbot.index.encoder import Vectors
from backbot.index.reader import IndexReader
from backbot.index.views import QUOTABLE, Baseline
from backbot.retrieval.hybrid import Hit
from backbot.retrieval.question import Question
from backbot.text.terms import terms

# Silence is the lesser fault: an answer must be more likely right than not.
THRESHOLD = 0.5
# Of so few terms, a part of the body is what is asked about.
FEW_TERMS = 2
# Three good sentences say more than one that is near by chance.
BEST_SENTENCES = 3
# So many of the questions about something else are compared with.
_NEAREST_AWAY = 10


class Signals(NamedTuple):
    """What speaks for an answer or against it; none is scaled by the question's own best.

    `run` is the score of the run of sentences that would open the answer and `tokens` the share of
    the question's tokens that it meets; `known` is that share over all sentences read, `dense` and
    `lexical` are the best passage's, `sentences` is the mean cosine of the three best sentences,
    `asked` the cosine with the nearest question that a document names, `vocabulary` the share of
    the question's terms, by weight, that the corpus uses. `away`, `away_3` and `away_10` are the
    mean cosines with the 1, 3 and 10 nearest questions about something else. `health` is the
    log-odds that the question is about health, or what the corpus is about, rather than an everyday
    matter, as the index has learned them.
    """

    run: float
    tokens: float
    known: float
    dense: float
    lexical: float
    sentences: float
    asked: float
    vocabulary: float
    away: float
    away_3: float
    away_10: float
    health: float


class Measured(NamedTuple):
    """The signals of a question in the units of a corpus, each a term of the sum that decides.

    Those that grow with an answer are measured from 0, the mean over questions that the corpus does
    not answer, to 1, the mean over the questions that its documents name; `away` and its like in
    standard deviations from the first of these means. `little_dense` and `little_sentences` are the
    same signals as far as they fall short of `FAMILIAR`.
    """

    run: float
    tokens: float
    known: float
    dense: float
    lexical: float
    sentences: float
    asked: float
    vocabulary: float
    away: float
    away_3: float
    away_10: float
    health: float
    little_dense: float
    little_sentences: float


# A logistic regression adds them up. Fitted by `bench/quality/fit.py`.
INTERCEPT = -6.58
WEIGHTS = Measured(
    run=2.15,
    tokens=1.26,
    known=2.39,
    dense=3.11,
    lexical=0.58,
    sentences=3.15,
    asked=0.82,
    vocabulary=0.54,
    away=-0.9,
    away_3=-1.02,
    away_10=-0.44,
    health=0.37,
    little_dense=0.66,
    little_sentences=0.2,
)
# What is far from all that is known to be about something else need not be about this: from here on
# more of it says nothing. Nor does being surely about health.
FAR_AWAY = -0.4
SURELY_HEALTH = 0.5
# Less nearness than this speaks against an answer more than as much more would speak for it: words
# that stand in the articles in another sense are met without it ("where is my phone").
FAMILIAR = 0.3
# Of the questions that are in scope, so many find their answer among the excerpts (measured on the
# development questions): no reply is surer than that.
SUREST = 0.95
# Log-odds at which an answer is clear, and by how many more of them the doubt that is left shrinks
# to a third: near to certain, questions would else be told apart only far behind the point.
CLEAR = 4.0
SLOW = 8.0
# A signal that hardly varies must not decide alone.
LEAST_SPREAD = 0.01
# Where a corpus is too small to measure: what was measured on the starter corpus.
GENERAL = Baseline(
    means={
        "run": 0.47,
        "tokens": 0.39,
        "known": 0.49,
        "dense": 0.22,
        "lexical": 0.13,
        "sentences": 0.25,
        "asked": 0.32,
        "vocabulary": 0.33,
        "away": 0.56,
        "away_3": 0.5,
        "away_10": 0.42,
    },
    spreads={
        "run": 0.17,
        "tokens": 0.11,
        "known": 0.09,
        "dense": 0.1,
        "lexical": 0.09,
        "sentences": 0.09,
        "asked": 0.15,
        "vocabulary": 0.22,
        "away": 0.13,
        "away_3": 0.1,
        "away_10": 0.08,
    },
    own={
        "run": 1.26,
        "tokens": 0.66,
        "known": 0.7,
        "dense": 0.57,
        "lexical": 0.66,
        "sentences": 0.49,
        "asked": 0.77,
        "vocabulary": 0.95,
        "away": 0.6,
        "away_3": 0.57,
        "away_10": 0.52,
    },
)


def read_signals(
    index: IndexReader,
    question: Question,
    hits: Sequence[Hit],
    candidates: Candidates,
    runs: Sequence[Run],
    *,
    held_out: int | None = None,
) -> Signals | None:
    """Return the signals for a question and what was found for it, None for nothing to quote.

    `held_out` is the row of a question about something else that is not to be compared with.
    """
    told = candidates.are(QUOTABLE)
    if not runs or not told.any():
        return None
    best = _greatest(candidates.cosines[told], BEST_SENTENCES)
    rows, away = index.away.nearest(question.vector, _NEAREST_AWAY + 1)
    away = away[rows != (-1 if held_out is None else held_out)][:_NEAREST_AWAY]
    met = candidates.met[told].max(axis=0, keepdims=True)
    return Signals(
        run=runs[0].score,
        tokens=runs[0].tokens,
        known=float(question.share_met(met)[0]),
        dense=max(hit.dense for hit in hits),
        lexical=max(hit.lexical for hit in hits),
        sentences=_mean(best),
        asked=max(hit.asked for hit in hits),
        vocabulary=_vocabulary_share(index, question),
        away=float(away[0]) if len(away) else 0.0,
        away_3=_mean(away[:3]),
        away_10=_mean(away),
        health=_health(index, question),
    )


def _greatest(values: Vectors, count: int) -> Vectors:
    """Return the `count` greatest of `values`, or all if there are fewer, the greatest first."""
    if len(values) > count:
        values = np.partition(values, -count)[-count:]
    return np.sort(values)[::-1]


def _mean(values: Vectors) -> float:
    """Return the mean of a few `values`, 0 of none; NumPy's own takes twice as long."""
    return float(values.sum() / len(values)) if len(values) else 0.0


def confidence(signals: Signals | None, baseline: Baseline) -> float:
    """Return the probability, from 0 to 1, that the reply answers the question."""
    if signals is None:
        return 0.0
    score = INTERCEPT + sum(
        weight * value for weight, value in zip(WEIGHTS, measured(signals, baseline), strict=True)
    )
    likely = SUREST / (1.0 + math.exp(-max(-50.0, min(CLEAR, score))))
    # Beyond what is clear, more of the same adds little; yet what speaks louder stays ahead.
    return likely + (SUREST - likely) * -math.expm1(-max(0.0, score - CLEAR) / SLOW)


def missing(index: IndexReader, text: str, runs: Sequence[Run]) -> str | None:
    """Return what the question `text` turns on and none of `runs` names, None for nothing.

    What is near in meaning may be about the same thing and still not say how many or how much, or
    be about another part of the body: neither BM25 nor an embedding knows the difference. In more
    than a few words the signals tell parts of the body apart, and some are named only in passing
    ("propped on one elbow").
    """
    demand, asked = demand_of(text), regions(text)
    if EASILY_MISTAKEN not in asked and len(terms(text)) > FEW_TERMS:
        asked = set()
    if not asked and not (demand and demand.needed):
        return None
    documents = index.read_documents(list({run.document for run in runs}))
    quoted = [documents[run.document].text[run.start : run.end] for run in runs]
    if demand and demand.needed and not any(tells(each, demand) for each in quoted):
        return demand.name
    if asked and not any(asked & regions(each) for each in quoted):
        return " and ".join(sorted(asked))
    return None


def measured(signals: Signals, baseline: Baseline) -> Measured:
    """Return `signals` in the units of a corpus's baseline."""
    base = baseline if baseline.means else GENERAL
    dense, sentences = (_between(signals, base, name) for name in ("dense", "sentences"))
    return Measured(
        run=_between(signals, base, "run"),
        tokens=_between(signals, base, "tokens"),
        known=_between(signals, base, "known"),
        dense=dense,
        lexical=_between(signals, base, "lexical"),
        sentences=sentences,
        asked=_between(signals, base, "asked"),
        vocabulary=_between(signals, base, "vocabulary"),
        away=_spreads_from(signals, base, "away"),
        away_3=_spreads_from(signals, base, "away_3"),
        away_10=_spreads_from(signals, base, "away_10"),
        health=min(signals.health, SURELY_HEALTH),
        little_dense=min(dense, FAMILIAR),
        little_sentences=min(sentences, FAMILIAR),
    )


def _between(signals: Signals, base: Baseline, name: str) -> float:
    unit = max(base.own[name] - base.means[name], LEAST_SPREAD)
    value: float = getattr(signals, name)
    return (value - base.means[name]) / unit


def _spreads_from(signals: Signals, base: Baseline, name: str) -> float:
    value: float = getattr(signals, name)
    return max(FAR_AWAY, (value - base.means[name]) / max(base.spreads[name], LEAST_SPREAD))


def _health(index: IndexReader, question: Question) -> float:
    """Return the log-odds that `question` is about health; surely so where nothing was learned."""
    learned = index.baseline
    if not learned.everyday:
        return SURELY_HEALTH
    return float(learned.everyday_weights @ question.vector) + learned.everyday[-1]


def _vocabulary_share(index: IndexReader, question: Question) -> float:
    weights = [index.lexical.term_idf(term) for term in question.terms]
    used = [
        weight
        for weight, term in zip(weights, question.terms, strict=True)
        if term in index.lexical.vocabulary
    ]
    return sum(used) / sum(weights) if weights and sum(weights) else 0.0
