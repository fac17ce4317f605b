"""The axes of token vectors: those that come along, and those found for another model."""

from typing import Any

import numpy as np

from backbot.index import export
from backbot.index.axes import (
    LEARNED_WITH,
    TOKEN_DIMENSIONS,
    axes_digest,
    learned_axes,
    principal_axes,
    token_axes,
)
from backbot.index.contents import Index
from backbot.index.elsewhere import bank_questions


class Other:
    """A model that is not the default one: its token vectors lie about a plane."""

    def encode(self, texts: list[str], **_: object) -> list[Any]:
        rng = np.random.default_rng(len(texts))
        spread = np.geomspace(1.0, 1e-3, 128)
        return [rng.standard_normal((6, 128)) * spread for _ in texts]


def test_the_axes_that_come_along_are_for_the_default_model(index: Index) -> None:
    for axes in learned_axes():
        assert axes.shape == (index.encoder.dimensions, TOKEN_DIMENSIONS)
        assert np.isfinite(axes).all()
    assert LEARNED_WITH == export.DEFAULT_WEIGHTS_SHA256 == index.encoder.card.weights_sha256
    assert index.encoder.card.axes == axes_digest(LEARNED_WITH)


def test_the_tokens_of_the_index_are_turned_by_them(index: Index) -> None:
    import torch

    reference: Any = export.load_reference(export.find_checkpoint(None))
    inputs = reference[0].tokenizer("knots", return_tensors="pt")
    with torch.inference_mode():
        hidden = reference[0].auto_model(**inputs).last_hidden_state[0, 1:-1].numpy()
    read = index.encoder.read("knots")
    for axes, tokens in zip(
        learned_axes(), (read.tokens, read.ordering, read.meeting), strict=True
    ):
        turned = hidden @ axes
        turned /= np.linalg.norm(turned, axis=1, keepdims=True)
        found = tokens.astype(np.float32)
        found /= np.linalg.norm(found, axis=1, keepdims=True)
        assert (turned * found).sum(axis=1).min() > 0.99


def test_another_model_gets_axes_of_its_own() -> None:
    other: Any = Other()
    axes, *of_questions = token_axes(other, "0" * 64)
    assert all(np.array_equal(axes, each) for each in of_questions)
    assert axes.shape == (128, TOKEN_DIMENSIONS)
    assert np.allclose(axes.T @ axes, np.eye(TOKEN_DIMENSIONS), atol=1e-5)
    assert np.array_equal(axes, principal_axes(other))
    # The directions that vary most come first.
    assert np.abs(axes[:4, 0]).max() > 0.9
    assert axes_digest("0" * 64) != axes_digest(LEARNED_WITH)
    assert len(bank_questions()) > TOKEN_DIMENSIONS
