"""How the time of a reply grows with the number of passages.

    python bench/growth.py INDEX SET [--sizes 100000 1000000] [--questions 40] [--json FILE]

Above the real passages of INDEX there are synthetic ones: copies whose vectors are random mixtures
of two real ones, whose terms come half from one passage and half from another, and whose texts are
the real ones. They are made in memory, as an index holds them once it is open. Each reply and each
encoder's call is timed in turn, by the clock and in processor time.
"""

import argparse
import dataclasses
import statistics
import time
from pathlib import Path
from typing import Any

# First of all: as when it serves, it lets NumPy's BLAS have one thread.
from backbot.chatbot import Chatbot  # isort: split

import numpy as np
from numpy.typing import NDArray

from backbot.index.cells import MOST_FLAT, build_cells
from backbot.index.contents import P_DOCUMENT, P_FIRST, P_LAST, S_DOCUMENT, Index
from backbot.index.dense import Dense
from backbot.index.encoder import Vectors
from backbot.index.lexical import Lexical
from backbot.index.store import open_index
from load import questions
from results import keep

WARM_UP = 10
# How much of a synthetic vector is another real one.
MIXED = 0.35


class Repeated:
    """Rows of an array over and over: the synthetic sentences are those of the real documents."""

    # Of no file: rows are not read from one.
    base = None

    def __init__(self, rows: NDArray[Any]) -> None:
        self._rows = rows
        self.shape, self.dtype = rows.shape, rows.dtype

    def __getitem__(self, rows: Any) -> NDArray[Any]:
        if isinstance(rows, slice):
            # Sentences of the last copies lie far behind the end of the rows.
            rows = np.arange(rows.start or 0, rows.stop)
        return self._rows[np.asarray(rows) % len(self._rows)]  # type: ignore[no-any-return]


def grown(index: Index, times: int, seed: int = 7) -> Index:
    """Return `index` with `times` as many passages, documents and questions."""
    rng = np.random.default_rng(seed)
    documents, sentences = len(index.documents), len(index.sentences)
    passages = [index.passages]
    lines = [index.sentences]
    for copy in range(1, times):
        shifted = index.passages.copy()
        shifted[:, P_DOCUMENT] += copy * documents
        shifted[:, [P_FIRST, P_LAST]] += copy * sentences
        passages.append(shifted)
        line = index.sentences.copy()
        line[:, S_DOCUMENT] += copy * documents
        lines.append(line)
    asked = [
        each._replace(document=each.document + copy * documents)
        for copy in range(times)
        for each in index.questions
    ]
    tokens = int(index.token_starts[-1])
    starts = [index.token_starts[:-1] + copy * tokens for copy in range(times)]
    return dataclasses.replace(
        index,
        documents=index.documents * times,
        passages=np.concatenate(passages),
        sentences=np.concatenate(lines),
        questions=tuple(asked),
        lexical=_grown_lexical(index.lexical, times, rng),
        document_lexical=_grown_lexical(index.document_lexical, times, rng),
        dense=_dense(_mixed(index.dense.vectors, times, rng), index),
        asked=_dense(_mixed(index.question_vectors, times, rng), index),
        sentence_vectors=Repeated(index.sentence_vectors),  # type: ignore[arg-type]
        token_starts=np.append(np.concatenate(starts), times * tokens),
        token_vectors=Repeated(index.token_vectors),  # type: ignore[arg-type]
        _views={},
    )


def _mixed(vectors: Vectors, times: int, rng: np.random.Generator) -> Vectors:
    parts = [np.asarray(vectors)]
    for _ in range(1, times):
        other = vectors[rng.permutation(len(vectors))]
        noise = rng.normal(0, 0.25 / np.sqrt(vectors.shape[1]), vectors.shape)
        part = (1 - MIXED) * vectors + MIXED * other + noise
        parts.append((part / np.linalg.norm(part, axis=1, keepdims=True)).astype(np.float32))
    return np.concatenate(parts)


def _dense(vectors: Vectors, index: Index) -> Dense:
    if len(vectors) <= MOST_FLAT:
        return Dense(vectors)
    queries = np.concatenate([index.elsewhere_vectors, index.question_vectors])
    return Dense(vectors, build_cells(vectors, queries))


def _grown_lexical(lexical: Lexical, times: int, rng: np.random.Generator) -> Lexical:
    """Return columns in which each further text has its terms half from one real text each."""
    columns = np.repeat(np.arange(len(lexical.idf)), np.diff(lexical.starts))
    rows, weights = [lexical.rows], [lexical.weights]
    for copy in range(1, times):
        moved = rng.permutation(lexical.texts)[lexical.rows]
        kept = rng.random(len(columns)) < 0.5
        rows.append(np.where(kept, lexical.rows, moved).astype(np.int32) + copy * lexical.texts)
        weights.append(lexical.weights)
    row, weight = np.concatenate(rows), np.concatenate(weights)
    column = np.tile(columns, times)
    order = np.lexsort((row, column))
    row, weight, column = row[order], weight[order], column[order]
    single = np.ones(len(row), dtype=bool)
    single[1:] = (row[1:] != row[:-1]) | (column[1:] != column[:-1])
    starts = np.searchsorted(column[single], np.arange(len(lexical.idf) + 1))
    return Lexical(
        lexical.vocabulary, starts, row[single], weight[single], lexical.idf,
        lexical.texts * times,
    )  # fmt: skip


def measure(index: Index, texts: list[str]) -> dict[str, Any]:
    """Return medians of the reply and the encoder's call, in milliseconds."""
    chatbot = Chatbot(index)
    for text in texts[:WARM_UP]:
        chatbot.reply(text)
    took: dict[str, list[float]] = {}
    for text in texts:
        for name, work in (("encoder", index.encoder.read), ("reply", chatbot.reply)):
            clock, processor = time.perf_counter(), time.process_time()
            work(text)
            took.setdefault(f"{name}_processor_ms", []).append(
                (time.process_time() - processor) * 1000
            )
            took.setdefault(f"{name}_ms", []).append((time.perf_counter() - clock) * 1000)
    found: dict[str, Any] = {"passages": len(index.passages)}
    found.update((name, round(statistics.median(each), 2)) for name, each in took.items())
    for kind, dense in (("passages", index.dense), ("questions", index.asked)):
        found[f"{kind}_recall"] = dense.cells.recall if dense.cells else 1.0
        if dense.cells:
            found[f"{kind}_cells"] = f"{dense.cells.probes} of {len(dense.cells.centres)}"
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("index", type=Path)
    parser.add_argument("set", type=Path)
    parser.add_argument("--sizes", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--questions", type=int, default=40)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    texts = questions(options.set)[: options.questions]
    index = open_index(options.index)
    found = []
    for times in [1, *(max(1, round(size / len(index.passages))) for size in options.sizes)]:
        started = time.perf_counter()
        larger = grown(index, times) if times > 1 else index
        made = time.perf_counter() - started
        found.append(measure(larger, texts) | {"made_s": round(made)})
        print(found[-1], flush=True)
        del larger
    keep(found, options.json)


if __name__ == "__main__":
    main()
