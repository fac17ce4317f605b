"""What the replies of a system are worth, by ir_measures, scikit-learn and scipy."""

import math
from collections.abc import Callable, Sequence

import ir_measures
import msgspec
import numpy as np
from ir_measures import RR
from numpy.typing import NDArray
from scipy.stats import bootstrap
from sklearn.metrics import roc_auc_score
from systems import DEPTH, Asked

from backbot.evaluation.score import Figure, figure, holds
from backbot.evaluation.sets import Case

# The share of in-scope questions that must be answered where systems are compared.
ANSWERED = 0.95


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of one system on one set; a figure is None where the set has no cases for it.

    `first` and `third` count in-scope questions whose evidence stands in the best text, in the
    best three. `off_topic` counts answers to off-topic questions at the highest threshold that
    answers 95 % of the in-scope ones. `own_*` follow the system's own decision, where it has one.
    """

    system: str
    first: Figure | None
    third: Figure | None
    mrr: float | None
    auroc: float | None
    off_topic: Figure | None
    own_answered: Figure | None
    own_evidence: Figure | None
    own_off_topic: Figure | None
    own_dialogues: Figure | None
    dialogues_first: Figure | None
    dialogues_third: Figure | None


def judge(system: str, cases: Sequence[Case], found: Sequence[Asked]) -> Row:
    """Return the figures of `system`, which found `found` for `cases`, in the same order."""
    pairs = list(zip(cases, found, strict=True))
    single = [pair for pair in pairs if pair[0].expect == "answer" and not pair[0].turns]
    off_topic = [pair for pair in pairs if pair[0].expect == "no_answer"]
    dialogues = [pair for pair in pairs if pair[0].expect == "answer" and pair[0].turns]
    wanted = [asked.score for _, asked in single]
    unwanted = [asked.score for _, asked in off_topic]
    shown = [pair for pair in single if pair[1].shown]
    decides = any(asked.shown is not None for asked in found)
    return Row(
        system=system,
        first=_count(single, _within(1)),
        third=_count(single, _within(3)),
        mrr=reciprocal_rank(single) if single else None,
        auroc=auroc(wanted, unwanted),
        off_topic=_above(unwanted, threshold(wanted)) if wanted and unwanted else None,
        own_answered=_count(single, lambda _, asked: bool(asked.shown)) if decides else None,
        own_evidence=_count(shown, _evidence_shown),
        own_off_topic=_count(off_topic, lambda _, asked: bool(asked.shown)) if decides else None,
        own_dialogues=_count(dialogues, _evidence_shown) if decides else None,
        dialogues_first=_count(dialogues, _within(1)),
        dialogues_third=_count(dialogues, _within(3)),
    )


def threshold(scores: Sequence[float]) -> float:
    """Return the highest threshold that 95 % of `scores` reach."""
    ordered = sorted(scores, reverse=True)
    return ordered[math.ceil(ANSWERED * len(ordered)) - 1]


def auroc(wanted: Sequence[float], unwanted: Sequence[float]) -> float | None:
    """Return how often one of `wanted` scores above one of `unwanted`; None without either."""
    if not wanted or not unwanted:
        return None
    labels = [True] * len(wanted) + [False] * len(unwanted)
    return float(roc_auc_score(labels, [*wanted, *unwanted]))


def reciprocal_rank(pairs: Sequence[tuple[Case, Asked]]) -> float:
    """Return the mean reciprocal rank of the first text that holds the evidence, of ten."""
    run = {
        case.id: {str(n): -float(n) for n in range(len(asked.texts[:DEPTH]))}
        for case, asked in pairs
    }
    judged = {
        case.id: {
            str(n): int(holds([text], case.evidence)) for n, text in enumerate(asked.texts[:DEPTH])
        }
        for case, asked in pairs
    }
    # ir_measures leaves out questions without a result; they count as 0 all the same.
    each = ir_measures.iter_calc([RR @ DEPTH], judged, run)
    return sum(measured.value for measured in each) / len(pairs)


def interval(values: Sequence[float] | NDArray[np.float64]) -> tuple[float, float]:
    """Return the 95 % interval of the mean of `values`: percentile bootstrap, always the same."""
    sample = np.asarray(values, dtype=np.float64)
    if len(sample) < 2 or np.ptp(sample) == 0:
        return float(sample.mean()), float(sample.mean())
    found = bootstrap(
        (sample,), np.mean, n_resamples=2000, method="percentile", rng=np.random.default_rng(0)
    )
    return float(found.confidence_interval.low), float(found.confidence_interval.high)


def _within(best: int) -> Callable[[Case, Asked], bool]:
    """Return the test whether the `best` best texts hold the evidence."""
    return lambda case, asked: holds(asked.texts[:best], case.evidence)


def _evidence_shown(case: Case, asked: Asked) -> bool:
    return holds(asked.shown or (), case.evidence)


def _count(
    pairs: Sequence[tuple[Case, Asked]], right: Callable[[Case, Asked], bool]
) -> Figure | None:
    return figure("", [right(*pair) for pair in pairs]) if pairs else None


def _above(scores: Sequence[float], least: float) -> Figure:
    return figure("", [score >= least for score in scores])
