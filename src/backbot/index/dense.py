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
    of the nearest cells are looked at.

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
        self._halves = _flat(self.vectors) if cells is None else _by_cells(self.vectors, cells)

    def __len__(self) -> int:
        return len(self.vectors)

    def nearest(self, query: Vectors, k: int) -> Neighbours:
        """Return the k rows (or all, if fewer) nearest to `query`, shape (dimensions,).

        With cells, fewer too where the cells that are looked at hold fewer.
        """
        wide = min(k + SPARE, len(self))
        while wide:
            rough, rows = self._halves.search(query.reshape(1, -1), wide)
            # Rows of -1 stand for none, where the cells hold fewer.
            found = self._best(query, rows[0][rows[0] >= 0], k)
            # What was not read again cannot be nearer than this.
            if self.cells or wide == len(self) or found.cosines[-1] > rough[0, -1] + HALF_ERROR:
                return found
            wide = min(4 * wide, len(self))
        return Neighbours(np.zeros(0, np.int64), np.zeros(0, np.float32))

    def _best(self, query: Vectors, rows: NDArray[np.int64], k: int) -> Neighbours:
        cosines = self.cosines(query, rows)
        order = np.lexsort((rows, -cosines))[:k]
        return Neighbours(rows[order], cosines[order])

    def cosines(self, query: Vectors, rows: NDArray[np.int64]) -> Vectors:
        """Return the cosine of `query` with each of `rows`, shape (len(rows),)."""
        result: Vectors = np.asarray(self.vectors[rows] @ query, dtype=np.float32)
        return result


def _flat(vectors: Vectors) -> faiss.Index:
    halves = faiss.IndexScalarQuantizer(
        vectors.shape[1], faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT
    )
    if len(vectors):
        halves.add(vectors)
    return halves


def _by_cells(vectors: Vectors, cells: Cells) -> faiss.Index:
    """Return a faiss index with each vector in the cell that it was put into at build time."""
    count, dimensions = cells.centres.shape
    centres = faiss.IndexFlatIP(dimensions)
    centres.add(np.ascontiguousarray(cells.centres))
    halves = faiss.IndexIVFScalarQuantizer(
        centres,
        dimensions,
        count,
        faiss.ScalarQuantizer.QT_fp16,
        faiss.METRIC_INNER_PRODUCT,
        False,
    )
    halves.train(np.ascontiguousarray(cells.centres))
    places = np.zeros(len(vectors), dtype=np.int64)
    places[cells.order] = np.repeat(np.arange(count), np.diff(cells.starts))
    rows = np.arange(len(vectors), dtype=np.int64)
    pointers = (faiss.swig_ptr(each) for each in (vectors, rows, places))
    halves.add_core(len(vectors), *pointers)
    halves.nprobe = cells.probes
    return halves
