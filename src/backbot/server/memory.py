"""Giving memory back to the system after an index was opened."""

import contextlib
import ctypes
import gc


def give_back() -> None:
    """Return to the system what opening an index took and let go of again.

    Decoding files and making the encoder ready takes several times what is kept. The C library
    would hold on to the rest, in every worker. Does nothing where the C library is not glibc.
    """
    gc.collect()
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
