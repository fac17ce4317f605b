"""Counters of visitors that all workers of a server share, as a storage of the package `limits`.

That package's own memory is each process's own: with four workers a visitor would have four times
the limit, or a quarter of it, as the connections fall. Here the counters are a table in memory that
the workers inherit from the process which forks them.

A row is found by a keyed digest of the visitor, and the key is drawn anew at each start, so that
not even the memory tells who called. When a row's place is taken by others, the one that ends
first makes room: a flood of addresses can at worst free single visitors of their count.
"""

import fcntl
import hashlib
import mmap
import secrets
import struct
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from limits.storage import Storage

# digest of visitor and limit, when its window ends (monotonic seconds), hits
_ROW = struct.Struct("16sdQ")
_ROWS = 1 << 15
# How many neighbouring rows a visitor may stand in.
_NEIGHBOURS = 8


class SharedCounters(Storage):
    """Fixed windows, each beginning with a visitor's first call. Safe for threads and forks.

    Time is the machine's monotonic clock, so that a clock which jumps locks nobody out.
    """

    STORAGE_SCHEME = None  # it is never named by an address
    base_exceptions = (OSError, ValueError)

    def __init__(self) -> None:
        super().__init__()
        self._table = mmap.mmap(-1, _ROW.size * (_ROWS + _NEIGHBOURS))
        self._key = secrets.token_bytes(32)
        # A file's lock goes with the process that held it, however that one ends.
        descriptor, name = tempfile.mkstemp(prefix="backbot-")
        Path(name).unlink()
        self._file = descriptor
        self._threads = threading.Lock()

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        with self._row(key) as (place, digest, ends, hits):
            until = ends if hits else time.monotonic() + expiry
            _ROW.pack_into(self._table, place, digest, until, hits + amount)
            return hits + amount

    def get(self, key: str) -> int:
        with self._row(key) as (_, _, _, hits):
            return hits

    def get_expiry(self, key: str) -> float:
        with self._row(key) as (_, _, ends, hits):
            return time.time() + (max(0.0, ends - time.monotonic()) if hits else 0.0)

    def clear(self, key: str) -> None:
        with self._row(key) as (place, digest, _, _):
            _ROW.pack_into(self._table, place, digest, 0.0, 0)

    def check(self) -> bool:
        return True

    def reset(self) -> int:
        with self._held():
            self._table[:] = bytes(len(self._table))
        return _ROWS

    @contextmanager
    def _row(self, key: str) -> Iterator[tuple[int, bytes, float, int]]:
        """Give place, digest, end and hits of a key's row; a window that is over has no hits."""
        digest = hashlib.blake2b(key.encode(), key=self._key, digest_size=16).digest()
        first = int.from_bytes(digest[:4], "big") % _ROWS
        with self._held():
            now = time.monotonic()
            free, soonest = first * _ROW.size, float("inf")
            for row in range(first, first + _NEIGHBOURS):
                place = row * _ROW.size
                owner, ends, hits = _ROW.unpack_from(self._table, place)
                if owner == digest:
                    yield place, digest, ends, hits if ends > now else 0
                    return
                if ends < soonest:
                    free, soonest = place, ends
            yield free, digest, 0.0, 0

    @contextmanager
    def _held(self) -> Iterator[None]:
        with self._threads:
            fcntl.lockf(self._file, fcntl.LOCK_EX)
            try:
                yield
            finally:
                fcntl.lockf(self._file, fcntl.LOCK_UN)
