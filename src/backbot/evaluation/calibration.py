"""How far the confidence of replies can be taken at its word."""

from collections.abc import Sequence

import msgspec
import numpy as np

from backbot.evaluation.score import Outcome

BINS = 10


class Bin(msgspec.Struct, frozen=True, kw_only=True):
    """Replies whose confidence lies between `low` and `high`; the last bin holds its `high` too.

    `forecast` is their mean confidence, `observed` the share of them that was right.
    """

    low: float
    high: float
    cases: int
    forecast: float
    observed: float


class Calibration(msgspec.Struct, frozen=True, kw_only=True):
    """What the confidences of `cases` replies were worth; both figures are best at 0.

    `brier` is the mean squared difference between confidence and outcome (Brier, 1950,
    "Verification of forecasts expressed in terms of probability"), `expected_error` the mean
    distance between confidence and share right, bin by bin, weighed by their replies (Naeini,
    Cooper and Hauskrecht, 2015, "Obtaining well calibrated probabilities using Bayesian binning").
    """

    cases: int
    brier: float
    expected_error: float
    bins: tuple[Bin, ...]


def calibration(outcomes: Sequence[Outcome]) -> Calibration | None:
    """Return what the confidences were worth, None where no reply had to weigh its evidence.

    A reply counts as right where the set expects an answer and the evidence stands in what was
    quoted or, for a reply that kept silent, in what would have been.
    """
    weighed = [each for each in outcomes if each.right is not None]
    return calibrate(
        [each.reply.confidence for each in weighed], [bool(each.right) for each in weighed]
    )


def calibrate(confidences: Sequence[float], right: Sequence[bool]) -> Calibration | None:
    """Return what `confidences`, each from 0 to 1, were worth beside what was `right`.

    Bins are equally wide; those without a reply are left out. None for no replies at all.
    """
    if not confidences:
        return None
    forecast = np.asarray(confidences, dtype=np.float64)
    observed = np.asarray(right, dtype=np.float64)
    places = np.minimum((forecast * BINS).astype(np.int64), BINS - 1)
    bins = tuple(
        Bin(
            low=place / BINS,
            high=(place + 1) / BINS,
            cases=int(inside.sum()),
            forecast=float(forecast[inside].mean()),
            observed=float(observed[inside].mean()),
        )
        for place in range(BINS)
        if (inside := places == place).any()
    )
    return Calibration(
        cases=len(forecast),
        brier=float(np.mean((forecast - observed) ** 2)),
        expected_error=sum(each.cases * abs(each.forecast - each.observed) for each in bins)
        / len(forecast),
        bins=bins,
    )
