"""Keeping a matrix as bytes: a scale to each row, or to each short run of a row's weights."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from backbot.index.ranges import Range, calibration_digest

# So many weights share a scale where a question's aim is turned.
RUN = 32
# Of a column's range in what is multiplied, this share (as a power) is moved into the weights.
SMOOTHING = 0.65
# What is multiplied may go so much further than it was ever seen to.
HEADROOM = 1.05
# So many columns go so much further than all others where a layer's inner values are multiplied,
# that these are multiplied as they are.
APART = 16
_LEAST_RANGE = 1e-3
# The largest of a row or run becomes 127 or -127; the bytes of runs have no sign, so 128 is added.
_LARGEST = 127
_ZERO = 128
_STEPS = 255


def rounding_name() -> str:
    """Return what an export says of its rounding, so that one made otherwise is made anew."""
    how = f"int8 by rows, {SMOOTHING} of ranges, {HEADROOM} times them, {APART} columns apart"
    return f"{how}, found on {calibration_digest()}"


class Whole(NamedTuple):
    """A product in whole numbers.

    What is multiplied, shape (any, columns), is first multiplied by `smoothing` (columns,), then
    rounded to steps of `step` with `zero` for 0; the weights are `kept` (rows, columns) with a
    scale of `scales` (rows,) each. Columns `apart` have noughts there and are multiplied as they
    are.
    """

    smoothing: NDArray[np.float32]
    step: NDArray[np.float32]
    zero: NDArray[np.uint8]
    kept: NDArray[np.int8]
    scales: NDArray[np.float32]
    apart: NDArray[np.int64]


def round_whole(weights: NDArray[np.float32], met: Range, apart: int) -> Whole:
    """Round `weights`, shape (rows, columns), by rows, and what they meet as far as it goes.

    So many columns, those that would bring most, are left `apart`.
    """
    reach = np.maximum(np.maximum(-met.least, met.most), _LEAST_RANGE)
    strength = np.maximum(np.abs(weights).max(axis=0), _LEAST_RANGE)
    brings = reach * np.linalg.norm(weights, axis=0)
    aside = np.sort(np.argsort(-brings, kind="stable")[:apart])
    held = np.isin(np.arange(weights.shape[1]), aside, invert=True)
    moved = reach**SMOOTHING / strength ** (1 - SMOOTHING)
    least = HEADROOM * min(float((met.least / moved)[held].min()), 0.0)
    most = HEADROOM * max(float((met.most / moved)[held].max()), 0.0)
    step = np.float32(max(most - least, _LEAST_RANGE) / _STEPS)
    turned = weights * moved * held
    scales = np.maximum(np.abs(turned).max(axis=1) / _LARGEST, np.finfo(np.float32).tiny)
    return Whole(
        smoothing=(1 / moved).astype(np.float32),
        step=np.array(step, np.float32),
        zero=np.array(np.rint(-least / step), np.uint8),
        kept=np.rint(turned / scales[:, None]).astype(np.int8),
        scales=scales.astype(np.float32),
        apart=aside,
    )


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
