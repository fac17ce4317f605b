"""An index in PostgreSQL beside the one in files: the same replies, and what they cost.

    python bench/postgres.py LARGE [--starter index] [--size 100000] [--questions 300]
        [--server URL] [--json FILE]

First every question of the quality sets is asked of STARTER both ways. Then LARGE, an index of real
text, is grown to SIZE passages as `bench/growth.py` does it, brought to a PostgreSQL server on this
machine, and asked both ways; files of that size are searched by cells, so the replies are compared
with those of an exact search too. The server runs for the time being; one of your own at URL keeps
what is brought there, which is then not brought again. Recall is that of the search by HNSW among
the half floats of passages, of the ten nearest by an exact search, on the sets' questions,
none of which had a part in building. BM25 is timed as rows of weights, which is how it is kept,
and as one `sparsevec` a passage.
"""

import argparse
import contextlib
import dataclasses
import hashlib
import os
import statistics
import struct
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

# First of all: as when it serves, it lets NumPy's BLAS have one thread.
from backbot.chatbot import Chatbot  # isort: split

import faiss
import msgspec
import numpy as np
import psycopg

from backbot.evaluation.sets import read_set
from backbot.index.contents import Index
from backbot.index.dense import Dense
from backbot.index.lexical import MOST_READ, Lexical
from backbot.index.postgres.connections import Statement
from backbot.index.postgres.read import PostgresIndex, written
from backbot.index.postgres.strongest import strongest
from backbot.index.postgres.tables import schema_of
from backbot.index.postgres.write import _fill, _ints, _row, deliver
from backbot.index.source import Database
from backbot.index.store import open_index
from backbot.model import Reply
from backbot.retrieval.hybrid import DEPTH
from backbot.retrieval.question import prepare
from growth import grown

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from postgres_server import Server
from results import keep

SETS = Path(__file__).parent / "quality" / "sets"
WARM_UP = 20
SETTINGS = {"shared_buffers": "512MB", "wal_level": "minimal", "max_wal_senders": "0"}


def questions() -> list[str]:
    """Return every last message of the quality sets."""
    files = sorted(each for each in SETS.glob("*.jsonl") if "safety" not in each.name)
    return list(dict.fromkeys(case.messages[-1] for file in files for case in read_set(file)))


def said(reply: Reply) -> dict[str, Any]:
    fields: dict[str, Any] = msgspec.to_builtins(reply)
    return {name: value for name, value in fields.items() if name not in ("id", "elapsed_ms")}


def first_three(reply: Reply) -> list[str]:
    return [citation.document for citation in reply.citations][:3]


def times(took: Sequence[float]) -> dict[str, float]:
    """Return the median and the 95th percentile of seconds, in milliseconds."""
    return {
        "p50_ms": round(1000 * statistics.median(took), 2),
        "p95_ms": round(1000 * sorted(took)[int(0.95 * len(took))], 2),
    }


def timed(work: Callable[[Any], Any], values: Sequence[Any]) -> tuple[list[Any], list[float]]:
    found, took = [], []
    for value in values:
        started = time.perf_counter()
        found.append(work(value))
        took.append(time.perf_counter() - started)
    return found, took


def opened(url: str, index: Index) -> PostgresIndex:
    source = Database(url, Path("nowhere"))
    stored = source.open(source.current(), index.encoder)
    assert isinstance(stored, PostgresIndex)
    return stored


def compare(index: Index, stored: PostgresIndex, texts: list[str]) -> dict[str, Any]:
    """Return how many replies are the same, and what they cost both ways."""
    here, there = Chatbot(index), Chatbot(stored)
    for text in texts[:WARM_UP]:
        here.reply(text), there.reply(text)
    before = time.process_time()
    wanted, embedded = timed(here.reply, texts)
    after = time.process_time()
    served = served_for(stored)
    found, database = timed(there.reply, texts)
    asked = time.process_time()
    _, encoder = timed(index.encoder.read, texts)
    return {
        "questions": len(texts),
        **alike(wanted, found),
        "encoder": times(encoder),
        "files": times(embedded),
        "postgresql": times(database),
        "processor_ms_a_reply": {
            "files": round(1000 * (after - before) / len(texts), 2),
            "postgresql, client": round(1000 * (asked - after) / len(texts), 2),
            "postgresql, server": round(1000 * (served_for(stored) - served) / len(texts), 2),
        },
    }


def alike(wanted: Sequence[Reply], found: Sequence[Reply]) -> dict[str, float]:
    pairs = list(zip(wanted, found, strict=True))
    return {
        "same_reply": sum(said(a) == said(b) for a, b in pairs) / len(pairs),
        "same_first_three": sum(first_three(a) == first_three(b) for a, b in pairs) / len(pairs),
    }


def beside_exact(index: Index, stored: PostgresIndex, texts: list[str]) -> dict[str, float]:
    """Return how many replies are those of files in which every vector is looked at."""
    exact = dataclasses.replace(
        index, dense=Dense(index.dense.vectors), asked=Dense(index.question_vectors), _views={}
    )
    here, there = Chatbot(exact), Chatbot(stored)
    return alike(list(map(here.reply, texts)), list(map(there.reply, texts)))


def served_for(stored: PostgresIndex) -> float:
    """Return the processor seconds that the server has spent on the one connection there is."""
    ((row,),) = stored._read(Statement("select pg_backend_pid()"))
    fields = Path(f"/proc/{row[0]}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def unique(index: Index) -> Index:
    """Return a grown index with an ID of its own for each document, and a version of its own."""
    documents = tuple(
        msgspec.structs.replace(each, id=f"{number}-{each.id}"[:200].rstrip("-"))
        for number, each in enumerate(index.documents)
    )
    grown_from = f"{index.version} {len(index.passages)}"
    version = hashlib.sha256(grown_from.encode()).hexdigest()[:16]
    return dataclasses.replace(index, version=version, documents=documents, _views={})


def recall(stored: PostgresIndex, index: Index, texts: list[str]) -> dict[str, Any]:
    queries = np.stack([index.encoder.encode(text) for text in texts])
    _, right = faiss.knn(queries, index.dense.vectors, 10, metric=faiss.METRIC_INNER_PRODUCT)
    near, took = timed(
        lambda query: stored._read(*stored._nearest("passages", written(query), 10))[-1],
        list(queries),
    )
    hits = sum(
        len({row[0] for row in rows} & set(wanted.tolist()))
        for rows, wanted in zip(near, right, strict=True)
    )
    return {
        "recall_at_10": round(hits / right.size, 4),
        "kept_in_sight": stored._reach["passages"],
        **times(took),
    }


def lexical_rows(stored: PostgresIndex, lexical: Lexical, asked: list[list[int]]) -> dict[str, Any]:
    table = f"{schema_of(stored.version)}.passage_weights"
    again = 0

    def work(columns: list[int]) -> None:
        nonlocal again
        counted = dict.fromkeys(columns, 1.0)
        looked = strongest(table, stored.lexical, counted, DEPTH, MOST_READ)
        (found,) = stored._read(looked.statement)
        while (better := looked.unless_proved(found)) is not None:
            again += 1
            looked = better
            (found,) = stored._read(looked.statement)

    _, took = timed(work, asked)
    read = [int(stored.lexical.lengths[columns].sum()) for columns in asked]
    return times(took) | {
        "weights_of_a_question_p50": int(statistics.median(read)),
        "weights_of_a_question_most": max(read),
        "asked_twice": again,
    }


def lexical_sparse(url: str, lexical: Lexical, asked: list[list[int]]) -> dict[str, Any]:
    """Time the same by one `sparsevec` a passage, all of them looked at."""
    terms = np.repeat(np.arange(len(lexical.idf)), np.diff(lexical.starts))
    order = np.lexsort((terms, lexical.rows))
    rows, terms, weights = lexical.rows[order], terms[order], lexical.weights[order]
    starts = np.searchsorted(rows, np.arange(lexical.texts + 1))
    wide = len(lexical.idf)

    def packed(text: int) -> bytes:
        part = slice(starts[text], starts[text + 1])
        held = terms[part].astype(">i4").tobytes(), weights[part].astype(">f4").tobytes()
        return struct.pack(">iii", wide, starts[text + 1] - starts[text], 0) + b"".join(held)

    with psycopg.connect(url, autocommit=True) as connection:
        with connection.transaction():
            connection.execute(f"create table sparse (text int, weights sparsevec({wide}))")
            filled = (_row(*_ints(text), packed(text)) for text in range(lexical.texts))
            _fill(connection, "sparse", filled)
        size = connection.execute("select pg_total_relation_size('sparse')").fetchone()
        connection.execute("set jit = off")
        connection.execute("set max_parallel_workers_per_gather = 0")

        def work(columns: list[int]) -> Any:
            places = ",".join(f"{column + 1}:1" for column in sorted(set(columns)))
            return connection.execute(
                f"select text from sparse order by weights <#> %s::sparsevec limit {DEPTH}",
                [f"{{{places}}}/{wide}"],
            ).fetchall()

        _, took = timed(work, asked)
        connection.execute("drop table sparse")
    return times(took) | {"megabytes": round((size or (0,))[0] / 1e6, 1)}


def sizes(url: str, version: str) -> dict[str, float]:
    """Return the megabytes of each table with its keys, and of the graphs among them."""
    sql = (
        "select relname, {} from pg_class join pg_namespace n on n.oid = relnamespace "
        "where nspname = %s and relkind = '{}' and relname ~ '{}' order by 1"
    )
    kinds = (
        ("pg_total_relation_size(pg_class.oid)", "r", ""),
        ("pg_relation_size(pg_class.oid)", "i", "graph"),
    )
    with psycopg.connect(url) as connection:
        return {
            name: round(size / 1e6, 1)
            for kind in kinds
            for name, size in connection.execute(sql.format(*kind), [schema_of(version)]).fetchall()
        }


@contextlib.contextmanager
def running(url: str | None) -> Iterator[str]:
    """Yield the URL of a server with pgvector: `url`, or that of one which goes afterwards."""
    if url is not None:
        yield url
        return
    server = Server(SETTINGS)
    server.create()
    try:
        yield server.url
    finally:
        server.remove()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("large", type=Path)
    parser.add_argument("--starter", type=Path, default=Path("index"))
    parser.add_argument("--size", type=int, default=100_000)
    parser.add_argument("--questions", type=int, default=300)
    parser.add_argument("--server", help="the URL of a PostgreSQL server with pgvector")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with running(options.server) as url:
        found = measure(url, options)
    keep(found, options.json)


def measure(url: str, options: argparse.Namespace) -> dict[str, Any]:
    """Return what the starter corpus and the large one cost both ways."""
    texts = questions()
    index = open_index(options.starter)
    deliver(url, index)
    stored = opened(url, index)
    found: dict[str, Any] = {"starter": compare(index, stored, texts)}
    stored.close()
    print(found, flush=True)

    real = open_index(options.large)
    index = unique(grown(real, max(1, round(options.size / len(real.passages)))))
    brought = {}
    if not sizes(url, index.version):
        started = time.perf_counter()
        deliver(url, index)
        brought["delivered_s"] = round(time.perf_counter() - started, 1)
    else:
        deliver(url, index)
    started = time.perf_counter()
    stored = opened(url, index)
    ready = round(time.perf_counter() - started, 2)
    texts = texts[:: max(1, len(texts) // options.questions)][: options.questions]
    asked = [stored.lexical.known(prepare(index, text).terms) for text in texts]
    asked = [columns for columns in asked if columns]
    found["large"] = {
        **stored.counts._asdict(),
        **brought,
        "opened_s": ready,
        "megabytes": sizes(url, index.version),
        **compare(index, stored, texts),
        "beside_every_vector": beside_exact(index, stored, texts),
        "hnsw": recall(stored, index, texts),
        "bm25_rows": lexical_rows(stored, index.lexical, asked),
        "bm25_sparsevec": lexical_sparse(url, index.lexical, asked),
    }
    stored.close()
    print(found["large"], flush=True)
    return found


if __name__ == "__main__":
    main()
