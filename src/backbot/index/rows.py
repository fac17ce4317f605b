"""Rows of a table that lie in stretches, one stretch an owner."""

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]


def rows_of(starts: Numbers, owners: Numbers) -> tuple[Numbers, Numbers]:
    """Return all rows of `owners` one after the other, and where each owner's begin among them.

    Owner n has the rows `starts[n]` to `starts[n + 1]`; each of `owners` must have one at least.
    """
    firsts = starts[owners]
    sizes = starts[owners + 1] - firsts
    edges = np.cumsum(sizes) - sizes
    return np.repeat(firsts - edges, sizes) + np.arange(sizes.sum()), edges
