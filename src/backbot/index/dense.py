"""Exact nearest neighbours among passage vectors, by faiss."""

from typing import NamedTuple

import faiss
import numpy as np
from numpy.typing import NDArray

from backbot.index.encoder import Vectors


class Neighbours(NamedTuple):
    """Rows by falling cosine. Shapes: rows (k,), cosines (k,)."""

    rows: NDArray[np.int64]
    cosines: Vectors


class Dense:
    """A flat inner-product index over unit vectors.

    Vectors are kept on disk as plain arrays, not as faiss files: reading a faiss file runs a
    deserialiser over bytes that may come from a stranger, and a flat index is made in no time.
    """

    def __init__(self, vectors: Vectors) -> None:
        """Index `vectors`, shape (rows, dimensions), each of unit length."""
        # One thread a request: the workers share two cores, and forked OpenMP pools hang.
        faiss.omp_set_num_threads(1)
        self.vectors = vectors
        self._index = faiss.IndexFlatIP(vectors.shape[1])
        self._index.add(np.ascontiguousarray(vectors, dtype=np.float32))

    def __len__(self) -> int:
        return len(self.vectors)

    def nearest(self, query: Vectors, k: int) -> Neighbours:
        """Return the k rows (or all, if fewer) nearest to `query`, shape (dimensions,)."""
        k = min(k, len(self))
        if k == 0:
            return Neighbours(np.zeros(0, np.int64), np.zeros(0, np.float32))
        cosines, rows = self._index.search(query.reshape(1, -1), k)
        return Neighbours(rows[0], cosines[0])

    def cosines(self, query: Vectors, rows: NDArray[np.int64]) -> Vectors:
        """Return the cosine of `query` with each of `rows`, shape (len(rows),)."""
        result: Vectors = np.asarray(self.vectors[rows] @ query, dtype=np.float32)
        return result
