"""Keeping a matrix as bytes: a scale to each short run of a row's weights."""

import numpy as np
from numpy.typing import NDArray

# So many weights share a scale, in attention and in what lies between. Attention suffers more from
# larger runs and gains less time by them (docs/decisions).
ATTENTION_RUN = 32
BETWEEN_RUN = 64
# What an export says of itself, so that one made otherwise is made anew.
ROUNDING = f"int8, {ATTENTION_RUN} and {BETWEEN_RUN} to a scale"
# The largest of a run becomes 127 or -127; 128 is added to each, since the bytes have no sign.
_LARGEST = 127
_ZERO = 128


def round_rows(
    weights: NDArray[np.float32], run: int
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Return the bytes and scales of a matrix, as ONNX Runtime's MatMulNBits takes them.

    Of `weights`, shape (rows, columns), each `run` in a row share a scale: the bytes have the shape
    (rows, runs, run), the scales (rows, runs). A last run that is too short is filled up.
    """
    rows, columns = weights.shape
    runs = -(-columns // run)
    filled = np.pad(weights, ((0, 0), (0, runs * run - columns))).reshape(rows, runs, run)
    scales = np.abs(filled).max(axis=2) / _LARGEST
    # A run of nothing but noughts may have any scale.
    scales[scales == 0] = 1
    return (np.rint(filled / scales[:, :, None]) + _ZERO).astype(np.uint8), scales
