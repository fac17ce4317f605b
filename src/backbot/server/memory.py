"""Keeping the C library from holding on to memory that nobody uses any more.

glibc gives each thread an area of its own, up to eight for each processor, and what is freed in one
is not used by another. With forty threads and an index that is replaced now and then, that was
8 MB more at each new index, without end; with two areas it is flat.
"""

import ctypes
import gc
from typing import Any

_M_ARENA_MAX = -8
_AREAS = 2


def share_areas() -> None:
    """Let all threads share two areas; before the first thread is started."""
    if mallopt := _libc("mallopt"):
        mallopt(_M_ARENA_MAX, _AREAS)


def give_back() -> None:
    """Give to the system what is free.

    Decoding files and making the encoder ready takes several times what is kept, and the C library
    would hold on to the rest, in every worker.
    """
    gc.collect()
    if trim := _libc("malloc_trim"):
        trim(0)


def _libc(name: str) -> Any:
    """Return a function of the C library, None where it has no such: it is glibc's alone."""
    try:
        return getattr(ctypes.CDLL(None), name, None)
    except (OSError, TypeError):
        return None
