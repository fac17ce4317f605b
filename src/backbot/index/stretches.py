"""Rows of a table on the disk, read when they are asked for.

A page that is mapped counts as the process's own until another one reads it, and the system maps
sixteen around each that is touched: a few hundred sentences would hold most of a large table. A
small one is copied instead, which spares a call of the system for each stretch.
"""

import os
import weakref
from collections.abc import Iterable
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from backbot.errors import IndexDamagedError

# Bytes of a table that is small: twice what the starter corpus has of sentences' vectors.
SMALL = 2_400_000
_Number = TypeVar("_Number", bound=np.generic)


class Stretches(Generic[_Number]):
    """Reads neighbouring rows of a table, shape (rows, columns); threads may share it."""

    def __init__(self, table: NDArray[_Number]) -> None:
        """Read from the file that `table` is mapped from, or from a copy of it if it is small, or
        from `table` itself if it is not mapped."""
        self._table = table
        mapped: Any = table.base
        self._file: int | None = None
        if not isinstance(mapped, np.memmap) or mapped.filename is None:
            return
        if table.nbytes <= SMALL:
            self._table = table.copy()
        else:
            # Kept open as long as this lives: a version that is served may go from the disk.
            self._file = os.open(mapped.filename, os.O_RDONLY)
            self._offset = mapped.offset
            weakref.finalize(self, os.close, self._file)

    def read(self, spans: Iterable[tuple[int, int]], count: int) -> NDArray[_Number]:
        """Return the rows of `spans`, `count` in all, one after the other; the last of a span is
        not included.

        Raises `IndexDamagedError` if the file does not give them any more.
        """
        if self._file is None:
            nothing = self._table[:0]
            return np.concatenate([nothing, *(self._table[first:last] for first, last in spans)])
        found = np.empty((count, self._table.shape[1]), dtype=self._table.dtype)
        width = found.itemsize * found.shape[1]
        target = found.reshape(-1).view(np.uint8).data
        at = 0
        for first, last in spans:
            size = (last - first) * width
            place = self._offset + first * width
            if os.preadv(self._file, [target[at : at + size]], place) != size:
                raise IndexDamagedError(
                    "A file of the index was cut short while it was read; "
                    "run `backbot rebuild-index --full` to write it anew."
                )
            at += size
        return found
