"""The axes of token vectors: those that come along, and those found for another model."""

from typing import Any

import numpy as np
import pytest

from backbot.index import export
from backbot.index.axes import (
    LEARNED_WITH,
    TOKEN_DIMENSIONS,
    axes_digest,
    axes_for,
    learned_axes,
    principal_axes,
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
    learned, dimensions = learned_axes(), index.encoder.dimensions
    assert learned.sentence.shape == learned.meeting.shape == (dimensions, TOKEN_DIMENSIONS)
    assert learned.aim.shape == (4 * dimensions, dimensions)
    assert all(np.isfinite(axes).all() for axes in learned)
    assert LEARNED_WITH == export.DEFAULT_WEIGHTS_SHA256 == index.encoder.card.weights_sha256
    assert index.encoder.card.axes == axes_digest(LEARNED_WITH)


def layers_of(text: str) -> Any:
    """Return the tokens of each of the reference's layers, shape (layers, tokens, dimensions)."""
    import torch

    reference: Any = export.load_reference(export.find_checkpoint(None))
    inputs = reference[0].tokenizer(text, return_tensors="pt")
    with torch.inference_mode():
        layers = reference[0].auto_model(**inputs, output_hidden_states=True).hidden_states
    return np.concatenate([layer.numpy() for layer in layers])


def test_the_tokens_of_the_index_are_turned_by_them(index: Index) -> None:
    hidden, learned = layers_of("knots")[-1, 1:-1], learned_axes()
    read = index.encoder.read("knots")
    for axes, tokens in ((learned.sentence, read.tokens), (learned.meeting, read.meeting)):
        turned = hidden @ axes
        turned /= np.linalg.norm(turned, axis=1, keepdims=True)
        found = tokens.astype(np.float32)
        found /= np.linalg.norm(found, axis=1, keepdims=True)
        assert (turned * found).sum(axis=1).min() > 0.99


def test_a_question_aims_by_four_of_the_layers(index: Index) -> None:
    text = "Do flat feet cause neck pain?"
    means = layers_of(text)[[6, 4, 2, 0]].mean(axis=1)
    means /= np.linalg.norm(means, axis=1, keepdims=True)
    expected = means.ravel() @ learned_axes().aim
    expected /= np.linalg.norm(expected)
    read = index.encoder.read(text)
    assert float(read.aim @ expected) > 0.998
    assert np.linalg.norm(read.aim) == pytest.approx(1.0, abs=1e-5)
    # A sentence is what it is.
    assert float(read.sentence @ means[0]) > 0.998
    assert float(read.aim @ read.sentence) < 0.9


def test_another_model_gets_axes_of_its_own() -> None:
    other: Any = Other()
    axes, of_questions, aim = axes_for(other, "0" * 64)
    assert np.array_equal(axes, of_questions)
    assert np.array_equal(aim, np.eye(128))
    assert axes.shape == (128, TOKEN_DIMENSIONS)
    assert np.allclose(axes.T @ axes, np.eye(TOKEN_DIMENSIONS), atol=1e-5)
    assert np.array_equal(axes, principal_axes(other))
    # The directions that vary most come first.
    assert np.abs(axes[:4, 0]).max() > 0.9
    assert axes_digest("0" * 64) != axes_digest(LEARNED_WITH)
    assert len(bank_questions()) > TOKEN_DIMENSIONS
