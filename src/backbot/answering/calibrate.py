"""Measuring what the signals look like where this corpus has an answer, and where it has none."""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

import numpy as np

from backbot.answering.abstain import Signals, read_signals
from backbot.answering.candidates import find_candidates
from backbot.answering.compose import compose
from backbot.answering.everyday import learn_everyday
from backbot.index.contents import Index
from backbot.index.progress import Progress
from backbot.index.views import Baseline
from backbot.retrieval.hybrid import PASSAGES_READ, search
from backbot.retrieval.question import prepare
from backbot.text.terms import terms

_Value = TypeVar("_Value")

# Fewer questions than this tell too little about a corpus.
LEAST_ELSEWHERE = 30
LEAST_OWN = 5
# More questions than are needed to know their mean and spread only cost time at each rebuild.
MOST_ELSEWHERE = 250
MOST_OWN = 100
# A heading of fewer terms ("What to do") could stand above anything.
HEADING_TERMS = 3
# Digits kept: enough to judge by, too few to differ between machines.
_DIGITS = 5


def measure_baseline(index: Index, progress: Progress) -> Baseline:
    """Return how the signals are spread over questions that `index` does and does not answer.

    Does not: the bank, each of its questions held out from it while it is asked. Does: the titles,
    questions and headings of the documents, each held out from the questions that are compared
    with. An index with too few of either gives an empty baseline, and the general one is used.
    """
    own = own_questions(index)
    bank = _evenly([*enumerate(index.elsewhere)], MOST_ELSEWHERE)
    progress.stage("Measuring", len(bank) + len(own))
    elsewhere = list(_measure(index, bank, progress, ask_elsewhere))
    named = list(_measure(index, enumerate(own), progress, _ask_own))
    if len(elsewhere) < LEAST_ELSEWHERE or len(named) < LEAST_OWN:
        return Baseline()
    values = np.array(elsewhere, dtype=np.float64)
    return Baseline(
        means=_by_name(values.mean(axis=0)),
        spreads=_by_name(values.std(axis=0)),
        own=_by_name(np.array(named, dtype=np.float64).mean(axis=0)),
        everyday=learn_everyday(index),
    )


def own_questions(index: Index) -> list[str]:
    """Return what the documents say they answer, evenly from all of the corpus."""
    named = [question.text for question in index.questions]
    for number, document in enumerate(index.documents):
        headings = [place for place, each in enumerate(document.blocks) if each.kind == "heading"]
        named += [index.heading(number, place) for place in headings]
    asked = [text for text in dict.fromkeys(named) if len(terms(text)) >= HEADING_TERMS]
    return _evenly(asked, MOST_OWN)


def ask_elsewhere(index: Index, number: int, text: str) -> Signals | None:
    """Return the signals of the bank's question in row `number`, held out from the bank."""
    question = prepare(index, text)
    hits = search(index, question, PASSAGES_READ)
    candidates = find_candidates(index, question, hits)
    runs = compose(question, candidates)
    return read_signals(index, question, hits, candidates, runs, held_out=number)


def _ask_own(index: Index, _: int, text: str) -> Signals | None:
    question = prepare(index, text)
    hits = search(index, question, PASSAGES_READ, unasked=text)
    candidates = find_candidates(index, question, hits)
    runs = compose(question, candidates)
    return read_signals(index, question, hits, candidates, runs)


def _measure(
    index: Index,
    asked: Iterable[tuple[int, str]],
    progress: Progress,
    ask: Callable[[Index, int, str], Signals | None],
) -> Iterable[Signals]:
    for number, text in asked:
        signals = ask(index, number, text)
        progress.advance()
        if signals is not None:
            yield signals


def _evenly(values: list[_Value], most: int) -> list[_Value]:
    """Return at most so many of `values`, from all over the list."""
    return (
        [values[place * len(values) // most] for place in range(most)]
        if len(values) > most
        else values
    )


def _by_name(values: Sequence[float] | np.ndarray) -> dict[str, float]:
    rounded = [round(float(value), _DIGITS) for value in values]
    return dict(zip(Signals._fields, rounded, strict=True))
