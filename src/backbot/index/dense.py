"""Nearest neighbours among unit vectors, by faiss: all of them looked at, or the nearest cells."""

from typing import NamedTuple

import faiss
import numpy as np
from numpy.typing import NDArray

from backbot.index.cells import Cells
from backbot.index.encoder import Vectors

# Half floats are read first; so many more than were asked for are then weighed exactly.
SPARE = 14
# How far a cosine of unit vectors can be off when one of them is rounded to half floats: the
# relative error of such a float is at most 2 ** -11.
HALF_ERROR = 2.0**-11


class Neighbours(NamedTuple):
    """Rows by falling cosine. Shapes: rows (k,), cosines (k,)."""

    rows: NDArray[np.int64]
    cosines: Vectors


class Dense:
    """Search among unit vectors where they lie: only half floats of them are copied.

    Reading the vectors is what a search costs, so it reads half as many bytes and then weighs the
    best exactly; the result is that of an exact search. Where there are `cells`, only the vectors
    of the nearest cells are looked at, exactly.

    A mapped file's pages are shared by every process that serves. Vectors are kept as plain
    arrays, not as faiss files: reading a faiss file runs a deserialiser over bytes that may come
    from a stranger.
    """

    def __init__(self, vectors: Vectors, cells: Cells | None = None) -> None:
        """Search `vectors`, shape (rows, dimensions), each of unit length."""
        # One thread a request: the workers share two cores, and forked OpenMP pools hang.
        faiss.omp_set_num_threads(1)
        self.vectors = np.ascontiguousarray(vectors, dtype=np.float32)
        self.cells = cells
        kind = faiss.ScalarQuantizer.QT_fp16
        inner = faiss.METRIC_INNER_PRODUCT
        self._halves = faiss.IndexScalarQuantizer(vectors.shape[1], kind, inner)
        if cells is None and len(self):
            self._halves.add(self.vectors)

    def __len__(self) -> int:
        return len(self.vectors)

    def nearest(self, query: Vectors, k: int) -> Neighbours:
        """Return the k rows (or all, if fewer) nearest to `query`, shape (dimensions,).

        With cells, fewer too where the cells that are looked at hold fewer.
        """
        if self.cells is not None:
            rows = self.cells.near(query)
            return self._best(query, rows, k)
        wide = min(k + SPARE, len(self))
        while wide:
            rough, rows = self._halves.search(query.reshape(1, -1), wide)
            found = self._best(query, rows[0], k)
            # What was not read again cannot be nearer than this.
            if wide == len(self) or found.cosines[-1] > rough[0, -1] + HALF_ERROR:
                return found
            wide = min(4 * wide, len(self))
        return Neighbours(np.zeros(0, np.int64), np.zeros(0, np.float32))

    def _best(self, query: Vectors, rows: NDArray[np.int64], k: int) -> Neighbours:
        cosines = self.cosines(query, rows)
        if len(rows) > 4 * k:
            kept = np.argpartition(-cosines, k - 1)[:k]
            rows, cosines = rows[kept], cosines[kept]
        order = np.lexsort((rows, -cosines))[:k]
        return Neighbours(rows[order], cosines[order])

    def cosines(self, query: Vectors, rows: NDArray[np.int64]) -> Vectors:
        """Return the cosine of `query` with each of `rows`, shape (len(rows),)."""
        result: Vectors = np.asarray(self.vectors[rows] @ query, dtype=np.float32)
        return result
