"""The encoder's graph and how its weights are rounded."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from backbot.errors import ModelError
from backbot.index import export
from backbot.index.axes import unlearned
from backbot.index.encoder import Encoder
from backbot.index.graph import depths, encoder_graph
from backbot.index.rounding import round_rows

AXES = unlearned(np.eye(384, 96, dtype=np.float32))


@pytest.mark.parametrize("columns", [64, 65, 31])
def test_a_rounded_weight_is_off_by_half_a_step_of_its_run_at_most(columns: int) -> None:
    weights = np.random.default_rng(3).standard_normal((5, columns)).astype(np.float32)
    weights[1, :32] *= 100  # spoils nobody's digits but its own run's
    kept, scales = round_rows(weights, 32)
    assert kept.shape == (5, scales.shape[1], 32)
    again = ((kept.astype(np.float32) - 128) * scales[:, :, None]).reshape(5, -1)
    assert not again[:, columns:].any()
    steps = np.repeat(scales, 32, axis=1)[:, :columns]
    assert (np.abs(again[:, :columns] - weights) <= 0.501 * steps).all()
    assert scales[1, 0] > 20 * scales[0, 0]


def test_a_run_of_noughts_stays_one() -> None:
    kept, scales = round_rows(np.zeros((2, 32), np.float32), 32)
    assert (kept == 128).all()
    assert np.isfinite(scales).all()


def test_a_model_that_is_no_bert_is_refused() -> None:
    model: Any = SimpleNamespace(config=SimpleNamespace(model_type="mpnet", hidden_act="gelu"))
    with pytest.raises(ModelError, match="no BERT but mpnet"):
        encoder_graph(model, AXES, rounded=True)


def test_a_bert_of_another_activation_is_refused() -> None:
    model: Any = SimpleNamespace(config=SimpleNamespace(model_type="bert", hidden_act="relu"))
    with pytest.raises(ModelError, match="relu"):
        encoder_graph(model, AXES, rounded=True)


def test_the_same_model_gives_the_same_graph() -> None:
    model: Any = export.load_reference(export.find_checkpoint(None))[0].auto_model
    first, second = (encoder_graph(model, AXES, rounded=True) for _ in range(2))
    assert first.SerializeToString() == second.SerializeToString()


def test_unrounded_the_graph_gives_the_vectors_of_sentence_transformers(tmp_path: Path) -> None:
    checkpoint = export.find_checkpoint(None)
    export.export(checkpoint, tmp_path, name="unrounded", rounded=False)
    texts = ["knots", "Do flat feet cause neck pain?", "walk with your thumbs forward " * 60]
    expected = export.load_reference(checkpoint).encode(texts, normalize_embeddings=True)
    encoder = Encoder(tmp_path)
    assert encoder.card.rounding == ""
    assert np.abs(encoder.encode_all(texts) - expected).max() < 1e-5
    for text, found in zip(texts, encoder.read_together(texts), strict=True):
        assert np.abs(found.sentence - encoder.encode(text)).max() < 1e-5
        assert np.abs(found.aim - encoder.read(text).aim).max() < 1e-5


@pytest.mark.parametrize(
    ("layers", "count", "expected"),
    [(6, 4, [6, 4, 2, 0]), (12, 4, [12, 8, 4, 0]), (6, 1, [6]), (6, 2, [6, 0])],
)
def test_depths_go_evenly_from_the_last_layer_to_the_words(
    layers: int, count: int, expected: list[int]
) -> None:
    assert depths(layers, count) == expected
