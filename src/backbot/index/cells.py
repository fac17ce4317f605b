"""Cells: vectors grouped around centres, so that a search need not look at all of them.

Source: Jégou, Douze and Schmid (2011), "Product quantization for nearest neighbor search", IEEE
TPAMI 33(1), the inverted file of section IV, here without quantising: the vectors of the nearest
cells are compared exactly.
"""

from typing import NamedTuple

import faiss
import numpy as np
from numpy.typing import NDArray

from backbot.index.encoder import Vectors

# Up to so many vectors an exact search is quick enough.
MOST_FLAT = 100_000
# What a search by cells must find of the ten that an exact one finds, on held-out queries.
LEAST_RECALL = 0.97
_ASIDE = 0.01  # above that, since other queries will do a little worse
_DEPTH = 10
_QUERIES = 500
_PER_CENTRE = 40  # vectors that the centres are learnt from
_ROUNDS = 8
_SEED = 20


class Cells(NamedTuple):
    """Which rows lie in which cell: `order[starts[c]:starts[c + 1]]` are those of cell c.

    Shapes: centres (cells, dimensions), starts (cells + 1,), order (rows,). A search looks at
    `probes` cells; `recall` is the share of the ten nearest that it found when it was measured.
    """

    centres: Vectors
    starts: NDArray[np.int64]
    order: NDArray[np.int32]
    probes: int
    recall: float

    def near(self, query: Vectors) -> NDArray[np.int64]:
        """Return the rows in the cells nearest to `query`, shape (dimensions,)."""
        towards = self.centres @ query
        probes = min(self.probes, len(towards))
        cells = np.argpartition(-towards, probes - 1)[:probes]
        spans = [self.order[self.starts[cell] : self.starts[cell + 1]] for cell in cells]
        # In the order in which they lie, which is how memory likes to be read.
        return np.sort(np.concatenate(spans)).astype(np.int64)


def build_cells(vectors: Vectors, queries: Vectors) -> Cells:
    """Group `vectors`, and look at as many cells as it takes on `queries` to find enough."""
    count = 1 << round(np.log2(2 * np.sqrt(len(vectors))))
    rng = np.random.default_rng(_SEED)
    sample = rng.choice(len(vectors), min(len(vectors), _PER_CENTRE * count), replace=False)
    learner = faiss.Kmeans(
        vectors.shape[1], count, niter=_ROUNDS, spherical=True, seed=_SEED,
        max_points_per_centroid=_PER_CENTRE, min_points_per_centroid=1,
    )  # fmt: skip
    learner.train(np.ascontiguousarray(vectors[np.sort(sample)]))
    centres = np.ascontiguousarray(learner.centroids, dtype=np.float32)
    places = np.concatenate(
        [
            faiss.knn(vectors[at : at + 65536], centres, 1, metric=faiss.METRIC_INNER_PRODUCT)[1]
            for at in range(0, len(vectors), 65536)
        ]
    )[:, 0]
    starts = np.concatenate([[0], np.cumsum(np.bincount(places, minlength=count))])
    order = np.argsort(places, kind="stable").astype(np.int32)
    queries = queries[:: max(1, len(queries) // _QUERIES)][:_QUERIES]
    _, right = faiss.knn(queries, vectors, _DEPTH, metric=faiss.METRIC_INNER_PRODUCT)
    probes, recall = 1, 0.0
    while recall < LEAST_RECALL + _ASIDE and probes < count:
        probes = min(max(probes + 1, probes * 5 // 4), count)
        cells = Cells(centres, starts.astype(np.int64), order, probes, 0.0)
        recall = _recall(cells, queries, right)
    return cells._replace(recall=round(recall, 4))


def _recall(cells: Cells, queries: Vectors, right: NDArray[np.int64]) -> float:
    found = 0
    for query, rows in zip(queries, right, strict=True):
        found += int(np.isin(rows, cells.near(query)).sum())
    return found / right.size
