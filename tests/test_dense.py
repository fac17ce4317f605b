"""Nearest neighbours: rounded vectors first and exact at the end, or the nearest cells."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from backbot.errors import IndexDamagedError
from backbot.index import build as building
from backbot.index.cells import LEAST_RECALL, Cells, build_cells
from backbot.index.dense import FEW, Dense
from backbot.index.store import open_index
from support import Toy

DIMENSIONS = 32


def unit(rows: NDArray[np.float64]) -> NDArray[np.float32]:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


def some(count: int, seed: int = 1) -> NDArray[np.float32]:
    return unit(np.random.default_rng(seed).normal(size=(count, DIMENSIONS)))


def clustered(count: int, seed: int) -> NDArray[np.float32]:
    """Vectors around a hundred subjects, as those of texts are."""
    rng = np.random.default_rng(seed)
    subjects = some(100)
    return unit(subjects[rng.integers(0, 100, count)] + rng.normal(0, 0.12, (count, DIMENSIONS)))


def exact(vectors: NDArray[np.float32], query: NDArray[np.float32], k: int) -> list[int]:
    cosines = vectors @ query
    return np.lexsort((np.arange(len(vectors)), -cosines))[:k].tolist()  # type: ignore[no-any-return]


@pytest.mark.parametrize("count", [FEW, 2000])
@pytest.mark.parametrize("k", [1, 10, 50, 5000])
def test_a_search_finds_what_looking_at_every_vector_finds(k: int, count: int) -> None:
    vectors = some(count)
    dense = Dense(vectors)
    for query in some(20, seed=2):
        found = dense.nearest(query, k)
        assert found.rows.tolist() == exact(vectors, query, k)
        assert found.cosines == pytest.approx(dense.cosines(query, found.rows), abs=1e-6)


def test_vectors_closer_to_each_other_than_bytes_tell_are_told_apart() -> None:
    rng = np.random.default_rng(3)
    vectors = unit(some(1) + rng.normal(0, 1e-5, (FEW + 1, DIMENSIONS)))
    query = some(1)[0]
    found = Dense(vectors).nearest(query, 10)
    assert found.cosines.tolist() == sorted((vectors @ query).tolist(), reverse=True)[:10]


def test_without_vectors_nothing_is_near() -> None:
    assert len(Dense(some(3)[:0]).nearest(some(1)[0], 5).rows) == 0


def test_cells_hold_every_row_once_and_are_read_until_enough_is_found() -> None:
    vectors, queries = clustered(3000, seed=3), clustered(200, seed=4)
    cells = build_cells(vectors, queries)
    assert sorted(cells.order.tolist()) == list(range(3000))
    assert cells.recall >= LEAST_RECALL
    assert 1 < cells.probes < len(cells.centres)
    dense = Dense(vectors, cells)
    others = clustered(200, seed=5)
    hits = [
        len({*dense.nearest(query, 10).rows.tolist()} & {*exact(vectors, query, 10)})
        for query in others
    ]
    assert np.mean(hits) / 10 > LEAST_RECALL - 0.02


def test_the_same_vectors_have_the_same_cells() -> None:
    first, second = (build_cells(some(1000), some(50, seed=4)) for _ in range(2))
    assert np.array_equal(first.centres, second.centres)
    assert np.array_equal(first.order, second.order)
    assert first.probes == second.probes


def with_cells(toy: Toy, root: Path, corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Build an index whose vectors are said to be too many for an exact search."""
    monkeypatch.setattr(building, "MOST_FLAT", 1)
    toy.build(corpus, root)


def test_an_index_with_cells_is_written_opened_and_searched(
    corpus_root: Path, toy: Toy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_cells(toy, tmp_path, corpus_root, monkeypatch)
    index = open_index(tmp_path)
    for dense in (index.dense, index.asked):
        assert isinstance(dense.cells, Cells)
        assert dense.cells.recall >= LEAST_RECALL
        hits = [
            len({*dense.nearest(query, 5).rows.tolist()} & {*exact(dense.vectors, query, 5)})
            for query in index.elsewhere_vectors[:50]
        ]
        assert np.mean(hits) / 5 > LEAST_RECALL - 0.05


def test_cells_that_leave_a_row_out_are_refused(
    corpus_root: Path, toy: Toy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def misled(vectors: NDArray[np.float32], queries: NDArray[np.float32]) -> Cells:
        cells = build_cells(vectors, queries)
        order = cells.order.copy()
        order[0] = order[1]
        return cells._replace(order=order)

    monkeypatch.setattr(building, "build_cells", misled)
    with pytest.raises(IndexDamagedError):
        with_cells(toy, tmp_path, corpus_root, monkeypatch)
