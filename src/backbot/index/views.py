"""One row of an index as replies read it, and what an index knows of itself as a whole."""

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from backbot.text.roles import Role

# Bits of a sentence's flags.
QUOTABLE, STANDS_ALONE, ANNOUNCES, ASKS, JOINED, DENIES = 1, 2, 4, 8, 16, 32


class Counts(NamedTuple):
    """How much an index holds."""

    documents: int
    passages: int
    sentences: int
    questions: int


class Baseline(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """What the signals of an answer are like, by a signal's name; empty before it is measured.

    `means` and `spreads` (standard deviations) over questions that the corpus does not answer,
    `own` the means over the questions that its documents name. `everyday` weighs each dimension of
    a sentence vector, and has a constant after them: see `answering.everyday`.
    """

    means: dict[str, float] = {}
    spreads: dict[str, float] = {}
    own: dict[str, float] = {}
    everyday: tuple[float, ...] = ()

    @cached_property
    def everyday_weights(self) -> NDArray[np.float64]:
        """The weights of `everyday` without the constant, shape (dimensions,)."""
        return np.array(self.everyday[:-1])


class SentenceView(NamedTuple):
    """One sentence as the composer reads it; `number` is its row in the sentence table."""

    number: int
    document: int
    start: int
    end: int
    block: int
    section: int
    role: Role
    quotable: bool
    stands_alone: bool
    announces: bool
    asks: bool
    joined: bool
    denies: bool
    words: int
    text: str


def view_sentence(number: int, row: Sequence[int], text: str) -> SentenceView:
    """Return the sentence of a `row` of the sentence table (7 numbers), which reads `text`."""
    document, start, end, block, section, role, flags = row
    return SentenceView(
        number,
        document,
        start,
        end,
        block,
        section,
        Role(role),
        bool(flags & QUOTABLE),
        bool(flags & STANDS_ALONE),
        bool(flags & ANNOUNCES),
        bool(flags & ASKS),
        bool(flags & JOINED),
        bool(flags & DENIES),
        len(text.split()),
        text,
    )
