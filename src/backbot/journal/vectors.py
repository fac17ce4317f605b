"""Vectors of questions as a journal keeps them: a byte a dimension.

They spare the owner's report from encoding a year of questions anew. A vector is scaled by its own
largest part; unit length is restored when it is read.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
_LARGEST = 127


def pack(vector: Vectors) -> bytes:
    """Return the unit vector, shape (dimensions,), as that many bytes."""
    scale = _LARGEST / max(float(np.abs(vector).max()), 1e-12)
    rounded: NDArray[np.int8] = np.rint(vector * scale).astype(np.int8)
    return rounded.tobytes()


def unpack(packed: Sequence[bytes], dimensions: int) -> Vectors:
    """Return what `pack` made as unit vectors, shape (len(packed), dimensions)."""
    rows = np.frombuffer(b"".join(packed), dtype=np.int8).reshape(len(packed), dimensions)
    vectors = rows.astype(np.float32)
    lengths = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))
    vectors /= np.maximum(lengths, 1e-12)[:, None]
    return vectors
