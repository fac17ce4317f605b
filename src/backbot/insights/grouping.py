"""Which questions ask for the same thing."""

import numpy as np
from numpy.typing import NDArray

from backbot.insights.linkage import Numbers, Vectors, average_linkage

# Questions whose mean cosine is at least this, once what all have in common is taken out, ask for
# the same thing. What no article answers is little beside all that is asked, and wider groups of it
# are still pure. The last is for vectors of which it is not known what they have in common.
NEARNESS = 0.42
NEARNESS_OF_GAPS = 0.34
NEARNESS_AS_IT_IS = 0.6
# So many are grouped with each other at a time; the rest joins or waits for the next round.
AT_A_TIME = 2000
ROUNDS = 4
_BLOCK = 2048


def group(vectors: Vectors, weights: NDArray[np.float32], nearness: float = NEARNESS) -> Numbers:
    """Return a group number for each of the unit `vectors`, shape (n, dimensions).

    `weights`, shape (n,), says how often each was asked: the often asked ones found the groups.
    Two groups are one while they are at least as near as `nearness`, a mean cosine.
    """
    found = np.full(len(vectors), -1, dtype=np.int64)
    waiting = np.argsort(-weights, kind="stable")
    groups = 0
    for _ in range(ROUNDS):
        if not len(waiting):
            break
        seeds, waiting = waiting[:AT_A_TIME], waiting[AT_A_TIME:]
        found[seeds] = groups + average_linkage(vectors[seeds], weights[seeds], nearness)
        fresh = int(found[seeds].max()) + 1 - groups
        if len(waiting):
            means = _means(vectors[seeds], weights[seeds], found[seeds] - groups, fresh)
            nearest, values = _nearest(vectors[waiting], means)
            joins = values >= nearness
            found[waiting[joins]] = groups + nearest[joins]
            waiting = waiting[~joins]
        groups += fresh
    # Hardly anything is left now, and nothing of it is near anything.
    found[waiting] = groups + np.arange(len(waiting))
    return found


def centre(vectors: Vectors, common: Vectors) -> Vectors:
    """Return `vectors` without what all have in `common`, of unit length again.

    Every question on such a site is about backs; what tells them apart is the rest (Mu and
    Viswanath, "All-but-the-Top", 2018, of which this takes the mean alone).
    """
    rest = vectors - common
    lengths = np.sqrt(np.einsum("ij,ij->i", rest, rest))
    rest /= np.maximum(lengths, 1e-6)[:, None]
    return rest


def _means(vectors: Vectors, weights: NDArray[np.float32], numbers: Numbers, count: int) -> Vectors:
    """Return the mean vector of each group, so that a dot product is a mean cosine."""
    sums = np.zeros((count, vectors.shape[1]), dtype=np.float32)
    np.add.at(sums, numbers, vectors * weights[:, None])
    totals = np.bincount(numbers, weights=weights, minlength=count)
    return (sums / totals[:, None]).astype(np.float32)


def _nearest(vectors: Vectors, means: Vectors) -> tuple[Numbers, Vectors]:
    """Return which of `means` each vector is nearest to, and how near."""
    numbers, values = [], []
    for start in range(0, len(vectors), _BLOCK):
        cosines = vectors[start : start + _BLOCK] @ means.T
        best = cosines.argmax(axis=1)
        numbers.append(best)
        values.append(cosines[np.arange(len(best)), best])
    return np.concatenate(numbers), np.concatenate(values)
