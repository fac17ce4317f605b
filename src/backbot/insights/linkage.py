"""Average linkage: groups whose members are near each other on average.

Average linkage is Sokal and Michener's UPGMA (1958); the chain of nearest neighbours that finds its
merges in O(n²) is described by Müllner, "Modern hierarchical, agglomerative clustering algorithms"
(2011). Nothing is drawn by chance: the same vectors give the same groups.
"""

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
Numbers = NDArray[np.int64]


def average_linkage(vectors: Vectors, weights: NDArray[np.float32], nearness: float) -> Numbers:
    """Return a group number for each of the unit `vectors`, shape (n, dimensions).

    Two groups become one while the cosine between their members, averaged by `weights`, shape (n,),
    is at least `nearness`. Needs n² floats.
    """
    count = len(vectors)
    cosines = vectors @ vectors.T
    np.fill_diagonal(cosines, -np.inf)
    sizes = weights.astype(np.float64)
    parents = np.arange(count)
    alive = np.ones(count, dtype=bool)
    chain: list[int] = []
    left = count
    while left > 1:
        if not chain:
            chain.append(int(np.argmax(alive)))
        last = chain[-1]
        near = int(np.argmax(cosines[last]))
        value = cosines[last, near]
        # Where two are equally near, the one that the chain came from wins, so that it ends.
        if len(chain) > 1 and cosines[last, chain[-2]] >= value:
            near, value = chain[-2], cosines[last, chain[-2]]
        if len(chain) > 1 and near == chain[-2]:
            chain = chain[:-2]
            if value < nearness:
                # Average linkage never comes nearer again: both are done.
                _retire(cosines, alive, last, near)
                left -= 2
                continue
            _merge(cosines, sizes, near, last)
            parents[last] = near
            alive[last] = False
            left -= 1
        elif value < nearness:
            chain.pop()
            _retire(cosines, alive, last)
            left -= 1
        else:
            chain.append(near)
    return _roots(parents)


def _merge(cosines: Vectors, sizes: NDArray[np.float64], kept: int, gone: int) -> None:
    total = sizes[kept] + sizes[gone]
    row = (sizes[kept] * cosines[kept] + sizes[gone] * cosines[gone]) / total
    row[kept] = row[gone] = -np.inf
    cosines[kept], cosines[:, kept] = row, row
    cosines[gone], cosines[:, gone] = -np.inf, -np.inf
    sizes[kept] = total


def _retire(cosines: Vectors, alive: NDArray[np.bool_], *done: int) -> None:
    for each in done:
        cosines[each], cosines[:, each] = -np.inf, -np.inf
        alive[each] = False


def _roots(parents: Numbers) -> Numbers:
    """Return the group of each, numbered from 0 in the order of their first members."""
    roots = parents.copy()
    while not np.array_equal(roots, parents[roots]):
        roots = parents[roots]
    _, first, numbers = np.unique(roots, return_index=True, return_inverse=True)
    order = np.argsort(np.argsort(first))
    return order[numbers].astype(np.int64)
