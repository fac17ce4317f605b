"""The second means: what a message as a whole is like, for tellings that no pattern foresaw.

Two linear models over the sentence vector, trained by bench/quality/train_likeness.py and shipped
as plain numbers: how likely the message tells of any listed sign, and which it is most like. The
vector does not see negations, dates or questions, so it is only asked where the words show none of
them and name at least one symptom themselves.
"""

from functools import cache
from importlib.resources import files
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from backbot.index.encoder import Encoder, Vectors

# With one named symptom the message must be very like the examples, with two a little less.
ONE_SYMPTOM = 0.85
TWO_SYMPTOMS = 0.70


class _Shipped(msgspec.Struct, frozen=True):
    weights_sha256: str
    alarm: list[float]
    alarm_bias: float
    classes: list[str]
    weights: list[list[float]]
    biases: list[float]


class Likeness(NamedTuple):
    """What a message is like: the chance that it tells of a sign, and the nearest of them."""

    probability: float
    level: str
    category: str


class Model:
    """The shipped numbers; fit for one encoder only."""

    def __init__(self, shipped: _Shipped) -> None:
        self._alarm: NDArray[np.float64] = np.array(shipped.alarm)
        self._alarm_bias = shipped.alarm_bias
        self._weights: NDArray[np.float64] = np.array(shipped.weights)
        self._biases: NDArray[np.float64] = np.array(shipped.biases)
        self._classes = shipped.classes

    def of(self, vector: Vectors) -> Likeness:
        """Return what a unit vector of shape (dimensions,) is like."""
        probability = float(1.0 / (1.0 + np.exp(-(self._alarm @ vector + self._alarm_bias))))
        nearest = self._classes[int(np.argmax(self._weights @ vector + self._biases))]
        category, _, level = nearest.partition(":")
        return Likeness(probability, level, category)


@cache
def _shipped() -> _Shipped:
    data = (files("backbot") / "data" / "safety" / "likeness.json").read_bytes()
    return msgspec.json.decode(data, type=_Shipped)


def open_model(encoder: Encoder) -> Model | None:
    """Return the model if it was trained with this encoder's weights, else None."""
    shipped = _shipped()
    return Model(shipped) if encoder.card.weights_sha256 == shipped.weights_sha256 else None
