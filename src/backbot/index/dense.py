"""Nearest neighbours among unit vectors, by faiss: all of them looked at, or the nearest cells."""

from typing import NamedTuple

import faiss
import numpy as np
from numpy.typing import NDArray

from backbot.index.cells import Cells
from backbot.index.encoder import Vectors

# Rounded vectors are read first; so many more than were asked for are then weighed exactly, of
# half floats and of bytes.
SPARE = 14
SPARE_OF_BYTES = 46
# Up to so many, multiplying all of them costs less than a search of faiss.
FEW = 512
# How far a sum over 32-bit floats can be off, far above what the dimensions bring.
_ROUNDING = 1e-5
# Vectors rounded at once: copies of all would stay in the process as free memory.
_AT_ONCE = 1024


class Neighbours(NamedTuple):
    """Rows by falling cosine. Shapes: rows (k,), cosines (k,)."""

    rows: NDArray[np.int64]
    cosines: Vectors


class Dense:
    """Search among unit vectors where they lie: only rounded ones are copied.

    Reading the vectors is what a search costs, so it reads a byte a dimension and then weighs the
    best exactly; the result is that of an exact search. Where there are `cells`, only the vectors
    of the nearest cells are looked at, as half floats. A few vectors are all weighed exactly.

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
        self._rough: faiss.Index | None = None
        if cells is not None:
            self._spare = SPARE
            self._rough, self._error = _by_cells(self.vectors, cells), 0.0
        elif len(vectors) > FEW:
            self._spare = SPARE_OF_BYTES
            self._rough, self._error = _flat(self.vectors)

    def __len__(self) -> int:
        return len(self.vectors)

    def nearest(self, query: Vectors, k: int) -> Neighbours:
        """Return the k rows (or all, if fewer) nearest to `query`, shape (dimensions,).

        With cells, fewer too where the cells that are looked at hold fewer.
        """
        if self._rough is None:
            return _first(np.arange(len(self)), self.vectors @ query, k)
        wide = min(k + self._spare, len(self))
        while True:
            rough, rows = self._rough.search(query.reshape(1, -1), wide)
            # Rows of -1 stand for none, where the cells hold fewer.
            some = rows[0][rows[0] >= 0]
            found = _first(some, self.cosines(query, some), k)
            # What was not read again cannot be nearer than this.
            most = float(rough[0, -1]) + self._error
            if self.cells or wide == len(self) or found.cosines[-1] > most:
                return found
            wide = min(4 * wide, len(self))

    def cosines(self, query: Vectors, rows: NDArray[np.int64]) -> Vectors:
        """Return the cosine of `query` with each of `rows`, shape (len(rows),)."""
        few = self._rough is None
        result: Vectors = (self.vectors @ query)[rows] if few else self.vectors[rows] @ query
        return result


def _first(rows: NDArray[np.int64], cosines: Vectors, k: int) -> Neighbours:
    """Return the k of `rows` with the highest cosines, ties in their order."""
    order = np.lexsort((rows, -cosines))[:k]
    return Neighbours(rows[order], cosines[order])


def _flat(vectors: Vectors) -> tuple[faiss.Index, float]:
    """Return the vectors as bytes, and how far a unit vector's cosine with any of them can be off:
    no further than what rounding took away is long."""
    rounded = faiss.IndexScalarQuantizer(
        vectors.shape[1], faiss.ScalarQuantizer.QT_8bit_uniform, faiss.METRIC_INNER_PRODUCT
    )
    longest = 0.0
    rounded.train(vectors)
    for first in range(0, len(vectors), _AT_ONCE):
        some = vectors[first : first + _AT_ONCE]
        rounded.add(some)
        lost = some - rounded.reconstruct_n(first, len(some))
        longest = max(longest, float(np.linalg.norm(lost, axis=1).max()))
    return rounded, longest + _ROUNDING


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
