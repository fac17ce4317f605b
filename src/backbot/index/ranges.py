"""How far the values go that an encoder multiplies by its weights: what they are rounded by.

A value is rounded to one of 256 steps between the least and the most that its product was ever fed.
A few columns go fifty times further than the rest, which would leave the rest a handful of steps;
so part of each column's range is moved into the weights that it meets, and undone there.
Source: Xiao et al., SmoothQuant, ICML 2023.
"""

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from backbot.index.elsewhere import bank_questions

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from torch import Tensor
    from torch.nn import Module
    from transformers import PreTrainedModel

Floats = NDArray[np.float32]

# So many questions of the bank are read one by one, evenly out of it, and so many texts that are
# each this many of them in a row: readers' questions are short, passages are not.
_QUESTIONS = 150
_LONG_TEXTS = 15
_IN_A_ROW = 12


class Range(NamedTuple):
    """The least and the most that each column of a product's input came to, shape (columns,)."""

    least: Floats
    most: Floats


def calibration_texts() -> list[str]:
    """Return what the ranges are found on; no corpus has a say in them."""
    bank = bank_questions()
    single = bank[:: max(1, len(bank) // _QUESTIONS)]
    starts = range(0, len(bank), max(1, len(bank) // _LONG_TEXTS))
    return [*single, *(" ".join(bank[start : start + _IN_A_ROW]) for start in starts)]


def calibration_digest() -> str:
    """Return what names the texts that the ranges are found on."""
    return hashlib.sha256("\n".join(calibration_texts()).encode()).hexdigest()[:16]


def input_ranges(
    reference: "SentenceTransformer", names: Sequence[str], texts: Sequence[str]
) -> dict[str, Range]:
    """Return how far the inputs of the linear layers `names` go while `reference` reads `texts`."""
    model: PreTrainedModel = reference[0].auto_model  # type: ignore[assignment]
    parts = dict(model.named_modules())
    met: dict[str, list[Floats]] = {name: [] for name in names}

    def watch(name: str) -> Any:
        def look(_: "Module", given: "tuple[Tensor, ...]") -> None:
            values = given[0].detach().numpy()
            values = values.reshape(-1, values.shape[-1])
            met[name] += [values.min(axis=0), values.max(axis=0)]

        return parts[name].register_forward_pre_hook(look)

    hooks = [watch(name) for name in names]
    try:
        # One by one: padding would be looked at as well.
        reference.encode(list(texts), batch_size=1)
    finally:
        for each in hooks:
            each.remove()
    return {name: Range(np.min(each, axis=0), np.max(each, axis=0)) for name, each in met.items()}
