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
from backbot.index.graph import depths, encoder_graph, multiplied_whole
from backbot.index.ranges import Range, calibration_texts, input_ranges
from backbot.index.rounding import round_rows, round_whole

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


def test_a_whole_product_is_the_product_but_for_its_rounding() -> None:
    rng = np.random.default_rng(5)
    weights = rng.standard_normal((40, 96)).astype(np.float32)
    values = rng.standard_normal((200, 96)).astype(np.float32)
    values[:, 7] *= 60  # one column goes much further than all others
    met = Range(values.min(axis=0), values.max(axis=0))
    exact = values @ weights.T
    alone = _whole_product(values, round_whole(weights, met, apart=0))
    assert _off(alone, exact) < 0.02
    held = round_whole(weights, met, apart=3)
    assert 7 in held.apart
    assert not held.kept[:, held.apart].any()
    beside = values[:, held.apart] @ weights[:, held.apart].T
    assert _off(_whole_product(values, held) + beside, exact) < _off(alone, exact)


def test_values_that_go_further_than_seen_are_cut_off_there() -> None:
    weights = np.eye(4, dtype=np.float32)
    seen = np.array([1, 2, 3, 4], np.float32)
    whole = round_whole(weights, Range(-seen, seen), apart=0)
    found = _whole_product(np.array([[0, 0, 0, 1000]], np.float32), whole)
    assert 4 <= found[0, 3] < 5
    assert np.abs(found[0, :3]).max() < 0.05


def test_a_product_of_noughts_stays_one() -> None:
    noughts = np.zeros(8, np.float32)
    whole = round_whole(np.zeros((3, 8), np.float32), Range(noughts, noughts), apart=0)
    assert np.isfinite(whole.step)
    assert not _whole_product(np.ones((2, 8), np.float32), whole).any()


def _whole_product(values: Any, whole: Any) -> Any:
    rounded = np.clip(np.rint(values * whole.smoothing / whole.step) + whole.zero, 0, 255)
    sums = (rounded - whole.zero) @ whole.kept.T.astype(np.float32)
    return sums * whole.step * whole.scales


def _off(found: Any, exact: Any) -> float:
    return float(np.linalg.norm(found - exact) / np.linalg.norm(exact))


@pytest.mark.parametrize(
    ("kind", "activation", "told"),
    [("mpnet", "gelu", "no BERT but mpnet"), ("bert", "relu", "relu")],
)
def test_a_model_of_another_kind_is_refused(kind: str, activation: str, told: str) -> None:
    model: Any = SimpleNamespace(config=SimpleNamespace(model_type=kind, hidden_act=activation))
    with pytest.raises(ModelError, match=told):
        encoder_graph(model, AXES, None)


def test_ranges_hold_what_each_text_brings_and_padding_nothing() -> None:
    reference: Any = export.load_reference(export.find_checkpoint(None))
    name = "encoder.layer.0.attention.self.query"
    texts = ["knots", "Do flat feet cause neck pain?", "walk with your thumbs forward " * 20]
    together = input_ranges(reference, [name], texts)[name]
    each = [input_ranges(reference, [name], [text])[name] for text in texts]
    assert np.array_equal(together.least, np.min([one.least for one in each], axis=0))
    assert np.array_equal(together.most, np.max([one.most for one in each], axis=0))
    assert (together.least < together.most).all()
    assert not reference[0].auto_model.encoder.layer[0].attention.self.query._forward_pre_hooks


def test_ranges_are_found_on_short_texts_and_long_ones() -> None:
    lengths = [len(text.split()) for text in calibration_texts()]
    assert min(lengths) < 8
    assert sum(length > 60 for length in lengths) >= 10


def test_the_same_model_gives_the_same_graph() -> None:
    reference: Any = export.load_reference(export.find_checkpoint(None))
    names = multiplied_whole(reference[0].auto_model.config.num_hidden_layers)
    first, second = (
        encoder_graph(
            reference[0].auto_model, AXES, input_ranges(reference, names, calibration_texts()[:9])
        ).SerializeToString()
        for _ in range(2)
    )
    assert first == second


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
