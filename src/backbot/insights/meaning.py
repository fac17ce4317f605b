"""Vectors of the questions in a journal: those kept with them, or made anew where they are not."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from backbot.index.contents import Index
from backbot.insights.linkage import Vectors
from backbot.insights.variants import Variant
from backbot.journal.journal import Journal
from backbot.journal.store import Line
from backbot.journal.vectors import pack, unpack

# From so many questions on, their mean is what questions of the site have in common.
FEW_NAMED = 30
FEW_ASKED = 300


class Meanings(NamedTuple):
    """A unit vector, shape (dimensions,), for each variant that has one: its row by its key.

    `common` is what questions of the site have in common, shape (dimensions,): the mean of those
    that the index names or, without one, of many that were asked. None where it is not known: the
    mean of a few questions about one thing would be that thing.
    """

    rows: dict[str, int]
    vectors: Vectors
    common: Vectors | None


def meanings(
    journal: Journal, lines: Sequence[Line], asked: Sequence[Variant], index: Index | None
) -> Meanings:
    """Return a vector for each of `asked`, all by one encoder.

    Vectors by another encoder than that of `index` (without one: than most) cannot be compared.
    With `index` they are made anew, and `journal` keeps them for the next time.
    """
    kept = Counter(line.encoder for line in lines if line.encoder)
    encoder = index.encoder.card.digest if index else (kept.most_common(1) or [("", 0)])[0][0]
    packed = {
        line.entry.reply: line.vector
        for line in lines
        if line.vector is not None and line.encoder == encoder
    }
    rows: dict[str, int] = {}
    found: list[bytes] = []
    fresh: dict[str, bytes] = {}
    for variant in asked:
        here = (packed.get(entry.reply) for entry in variant.entries)
        vector = next((each for each in here if each is not None), None)
        if vector is None and index is not None:
            vector = fresh[variant.entries[0].reply] = pack(index.encoder.encode(variant.text))
        if vector is not None:
            rows[variant.key] = len(found)
            found.append(vector)
    if fresh:
        journal.keep_vectors(fresh, encoder)
    if not found:
        return Meanings({}, np.zeros((0, 1), dtype=np.float32), None)
    vectors = unpack(found, len(found[0]))
    known = index.question_vectors if index else vectors
    common = known.mean(axis=0) if len(known) >= (FEW_NAMED if index else FEW_ASKED) else None
    return Meanings(rows, vectors, common)
