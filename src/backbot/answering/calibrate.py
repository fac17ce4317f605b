"""Measuring what the signals look like where this corpus has no answer."""

from collections.abc import Sequence

import numpy as np

from backbot.answering.abstain import Signals, read_signals
from backbot.answering.candidates import find_candidates
from backbot.answering.compose import compose
from backbot.index.build import Progress
from backbot.index.contents import Baseline, Index
from backbot.retrieval.hybrid import PASSAGES_READ, search
from backbot.retrieval.question import Question
from backbot.text.terms import terms

# Fewer questions than this tell too little about a corpus.
LEAST_QUESTIONS = 30
# Digits kept: enough to judge by, too few to differ between machines.
_DIGITS = 5


def measure_baseline(index: Index, progress: Progress) -> Baseline:
    """Return how the signals are spread over the questions that `index` knows it does not answer.

    Each question is held out from the bank while it is asked. An index with too few gives an empty
    baseline, and the general one is used.
    """
    progress.stage("Measuring", len(index.elsewhere))
    rows: list[Signals] = []
    for number, text in enumerate(index.elsewhere):
        asked = tuple(dict.fromkeys(terms(text)))
        question = Question(text, asked, (), index.elsewhere_vectors[number])
        hits = search(index, question, PASSAGES_READ)
        candidates = find_candidates(index, question, hits)
        runs = compose(index, question, candidates)
        signals = read_signals(index, question, hits, candidates, runs, held_out=number)
        if signals is not None:
            rows.append(signals)
        progress.advance()
    return _summary(rows) if len(rows) >= LEAST_QUESTIONS else Baseline()


def _summary(rows: Sequence[Signals]) -> Baseline:
    values = np.array(rows, dtype=np.float64)
    means = values.mean(axis=0).round(_DIGITS).tolist()
    spreads = values.std(axis=0).round(_DIGITS).tolist()
    return Baseline(
        means=dict(zip(Signals._fields, means, strict=True)),
        spreads=dict(zip(Signals._fields, spreads, strict=True)),
    )
