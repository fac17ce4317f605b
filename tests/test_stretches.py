"""Rows read out of a table's file are those that are mapped from it."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from backbot.errors import IndexDamagedError
from backbot.index import stretches as module
from backbot.index.stretches import Stretches

TABLE = np.arange(60, dtype=np.float32).reshape(20, 3)
SPANS = [(4, 7), (0, 1), (19, 20), (5, 6), (8, 8)]


def wanted(table: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.concatenate([table[first:last] for first, last in SPANS])


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read every mapped table from its file, however small it is."""
    monkeypatch.setattr(module, "SMALL", 0)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "table.npy"
    np.save(path, TABLE)
    return path


@pytest.mark.parametrize("small", [0, TABLE.nbytes])
def test_rows_come_in_the_order_in_which_they_were_asked_for(
    path: Path, small: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SMALL", small)
    mapped = np.asarray(np.load(path, mmap_mode="r"))
    for table in (TABLE, mapped):
        assert np.array_equal(Stretches(table).read(SPANS, 6), wanted(TABLE))
        assert Stretches(table).read([], 0).shape == (0, 3)


@pytest.mark.usefixtures("large")
def test_a_mapped_table_is_read_from_its_file_even_when_that_is_gone(path: Path) -> None:
    stretches = Stretches(np.asarray(np.load(path, mmap_mode="r")))
    path.unlink()
    assert np.array_equal(stretches.read(SPANS, 6), wanted(TABLE))


@pytest.mark.usefixtures("large")
def test_a_file_that_was_cut_short_is_said_to_be_damaged(path: Path) -> None:
    stretches = Stretches(np.asarray(np.load(path, mmap_mode="r")))
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size - 4)
    with pytest.raises(IndexDamagedError, match="run `backbot rebuild-index --full`"):
        stretches.read(SPANS, 6)


def test_a_small_table_is_read_no_more_from_its_file(path: Path) -> None:
    stretches = Stretches(np.asarray(np.load(path, mmap_mode="r")))
    with path.open("r+b") as file:
        file.truncate(0)
    assert np.array_equal(stretches.read(SPANS, 6), wanted(TABLE))
