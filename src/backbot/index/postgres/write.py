"""Delivering a version to PostgreSQL: all of it in one transaction, or nothing."""

import struct
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import faiss
import msgspec
import numpy as np
import psycopg
from numpy.typing import NDArray
from psycopg import errors

from backbot.errors import UsageError, WriteError
from backbot.index.cells import LEAST_RECALL
from backbot.index.contents import Index
from backbot.index.dense import SPARE, Dense
from backbot.index.encoder import Vectors
from backbot.index.layout import FORMAT
from backbot.index.lexical import Lexical
from backbot.index.postgres.address import shown, writing
from backbot.index.postgres.read import MOST_REACH, written
from backbot.index.postgres.tables import CURRENT, WEIGHTS, Frame, graph, keys, schema_of, tables
from backbot.index.progress import Progress, Silent

# Up to so many vectors all of them are looked at.
MOST_FLAT = 5000
# What a search by HNSW must find of the ten nearest, on questions that were held out.
_ASIDE = 0.01
_DEPTH = 10
_QUERIES = 100
_REACHES = (64, 100, 150, 225, 340, 500, 750, MOST_REACH)
# Bytes of a vector's place in the graph, beside two for each of its numbers.
_GRAPH_OVERHEAD = 400
_MOST_MEMORY = 2_000_000_000
# Names the lock under which an index is written.
_LOCK = 0x6261636B
_ROWS = 5000


def deliver(
    url: str, index: Index, progress: Progress | None = None, *, most_flat: int = MOST_FLAT
) -> None:
    """Let the database serve `index` from now on, which is copied there unless it is there already.

    The version before stays, for those who read it; older ones go. Raises `WriteError` where the
    database cannot be written, `UsageError` while another rebuild writes to it; it then serves
    what it did before.
    """
    progress = progress or Silent()
    try:
        with psycopg.connect(writing(url), autocommit=True) as connection:
            with connection.transaction():
                _take_turn(connection, url)
                _prepare(connection)
                if not _exists(connection, schema_of(index.version)):
                    progress.stage("Copying", 7)
                    _copy(connection, index, progress, most_flat)
                _point_to(connection, index.version)
            _clear(connection)
    except psycopg.Error as error:
        raise WriteError(
            f"Could not write the index to {shown(url)}: {_reason(error)}. "
            "It serves what it did before."
        ) from error


def _take_turn(connection: psycopg.Connection, url: str) -> None:
    (free,) = _one(connection, f"select pg_try_advisory_xact_lock({_LOCK})")
    if not free:
        raise UsageError(
            f"Another rebuild writes to {shown(url)}; wait until it is done and try again."
        )


def _prepare(connection: psycopg.Connection) -> None:
    (held,) = _one(connection, "select count(*) from pg_extension where extname = 'vector'")
    if not held:
        connection.execute("create extension if not exists vector")
    connection.execute("create schema if not exists backbot")
    connection.execute(CURRENT)


def _exists(connection: psycopg.Connection, schema: str) -> bool:
    (count,) = _one(connection, f"select count(*) from pg_namespace where nspname = '{schema}'")
    return bool(count)


def _copy(connection: psycopg.Connection, index: Index, progress: Progress, most_flat: int) -> None:
    schema, dimensions = schema_of(index.version), index.encoder.dimensions
    for statement in tables(schema, dimensions):
        connection.execute(statement)
    _fill(connection, f"{schema}.documents", _documents(index))
    progress.advance()
    _fill(connection, f"{schema}.passages", _passages(index))
    progress.advance()
    _fill(connection, f"{schema}.sentences", _sentences(index))
    progress.advance()
    _fill(connection, f"{schema}.questions", _questions(index))
    progress.advance()
    lexicals = {"lexical": index.lexical, "document": index.document_lexical}
    for name, lexical in lexicals.items():
        _fill(connection, f"{schema}.{WEIGHTS[name]}", _weights(lexical))
    progress.advance()
    frame = Frame(
        format=FORMAT,
        model=index.encoder.folder.name,
        model_digest=index.encoder.card.digest,
        documents=len(index.documents),
        passages=len(index.passages),
        sentences=len(index.sentences),
        questions=len(index.questions),
        elsewhere=len(index.elsewhere),
        vocabulary=tuple(index.lexical.vocabulary),
        document_vocabulary=tuple(index.document_lexical.vocabulary),
        wording=index.wording,
        baseline=index.baseline,
        pins=index.pins,
    )
    reaches: dict[str, Any] = {}
    # What documents name lies near their passages, what is about something else far from all.
    own, others = index.question_vectors, index.elsewhere_vectors
    kinds = [_some(each) for each in (own, others) if len(each)]
    for kind, dense in (("passage", index.dense), ("question", index.asked)):
        if len(dense) > most_flat:
            _build_graph(connection, schema, f"{kind}s", dense)
            reach, recall = _reach(connection, f"{schema}.{kind}s", dense, kinds)
            reaches |= {f"{kind}_reach": reach, f"{kind}_recall": recall}
    progress.advance()
    frame = msgspec.structs.replace(frame, **reaches)
    arrays: dict[str, NDArray[Any]] = {
        "elsewhere_vectors": index.elsewhere_vectors,
        "subject": index.subject,
    }
    for name, lexical in lexicals.items():
        arrays |= {f"{name}_idf": lexical.idf, f"{name}_lengths": np.diff(lexical.starts)}
    parts = {name: _little(array) for name, array in arrays.items()}
    parts["frame"] = msgspec.json.encode(frame)
    _fill(
        connection, f"{schema}.parts", (_row(name.encode(), each) for name, each in parts.items())
    )
    for statement in keys(schema):
        connection.execute(statement)
    for table in ("documents", "passages", "sentences", "questions", *WEIGHTS.values()):
        connection.execute(f"analyze {schema}.{table}")
    progress.advance()


def _point_to(connection: psycopg.Connection, version: str) -> None:
    """Let `version` be served; the serial number rises if that is another one than before."""
    connection.execute(
        "insert into backbot.current (serial, version) values (1, %s) on conflict (one) do update "
        "set serial = current.serial + 1, version = excluded.version, before = current.version "
        "where current.version <> excluded.version",
        [version],
    )


def _clear(connection: psycopg.Connection) -> None:
    """Take away versions that nobody is pointed to; one that is still read goes the next time."""
    rows = connection.execute(
        "select nspname from pg_namespace, backbot.current "
        "where nspname ~ '^backbot_[0-9a-f]{16}$' "
        "and nspname not in ('backbot_' || version, 'backbot_' || coalesce(before, ''))"
    ).fetchall()
    for (schema,) in rows:
        try:
            with connection.transaction():
                connection.execute("set local lock_timeout = '2s'")
                connection.execute(f"drop schema {schema} cascade")
        except errors.LockNotAvailable:
            continue


# Rows, as PostgreSQL's binary COPY takes them.


def _fill(connection: psycopg.Connection, table: str, rows: Iterable[bytes]) -> None:
    # Frozen rows are known to be visible: what is read by its key alone needs no second look.
    sql = f"copy {table} from stdin with (format binary, freeze)"
    with connection.cursor().copy(sql) as copy:
        copy.write(b"PGCOPY\n\xff\r\n\0" + struct.pack(">ii", 0, 0))
        source = iter(rows)
        while batch := b"".join(islice(source, _ROWS)):
            copy.write(batch)
        copy.write(struct.pack(">h", -1))


def _row(*fields: bytes) -> bytes:
    parts = [struct.pack(">h", len(fields))]
    for field in fields:
        parts += [struct.pack(">i", len(field)), field]
    return b"".join(parts)


def _ints(*numbers: int) -> list[bytes]:
    return [struct.pack(">i", number) for number in numbers]


def _vector(vector: Vectors) -> bytes:
    return struct.pack(">hh", len(vector), 0) + vector.astype(">f4").tobytes()


def _little(array: NDArray[Any]) -> bytes:
    return np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<")).tobytes()


def _documents(index: Index) -> Iterator[bytes]:
    for number, document in enumerate(index.documents):
        body = msgspec.json.encode(document)
        yield _row(*_ints(number), document.id.encode(), body)


def _passages(index: Index) -> Iterator[bytes]:
    for number, (document, first, last, _) in enumerate(index.passages.tolist()):
        yield _row(*_ints(number, document, first, last), _vector(index.dense.vectors[number]))


def _sentences(index: Index) -> Iterator[bytes]:
    for start in range(0, len(index.sentences), _ROWS):
        numbers = range(start, min(start + _ROWS, len(index.sentences)))
        part = index.read_sentences(numbers)
        for place, view in enumerate(part.views):
            tokens = part.tokens[part.starts[place] : part.starts[place + 1]].tobytes()
            row = index.sentences[view.number].tolist()
            vector = _vector(part.vectors[place])
            yield _row(*_ints(view.number, *row), view.text.encode(), vector, tokens)


def _questions(index: Index) -> Iterator[bytes]:
    for number, question in enumerate(index.questions):
        vector = _vector(index.question_vectors[number])
        yield _row(*_ints(number, question.document), question.text.encode(), vector)


def _weights(lexical: Lexical) -> Iterator[bytes]:
    """Yield the rows of all columns, many at a time: there are a hundred times as many as texts."""
    form = np.dtype(
        [(name, kind) for name, kind in zip(
            ("fields", "a", "term", "b", "text", "c", "weight"),
            (">i2", ">i4", ">i4", ">i4", ">i4", ">i4", ">f8"), strict=True)]
    )  # fmt: skip
    terms = np.repeat(np.arange(len(lexical.idf)), np.diff(lexical.starts))
    for start in range(0, len(terms), _ROWS):
        part = slice(start, start + _ROWS)
        rows = np.zeros(len(terms[part]), dtype=form)
        rows["fields"], rows["a"], rows["b"], rows["c"] = 3, 4, 4, 8
        rows["term"], rows["text"] = terms[part], lexical.rows[part]
        rows["weight"] = lexical.weights[part]
        yield rows.tobytes()


# The graph, and how far a search in it must look.


def _build_graph(connection: psycopg.Connection, schema: str, table: str, dense: Dense) -> None:
    dimensions = dense.vectors.shape[1]
    wanted = min(_MOST_MEMORY, len(dense) * (2 * dimensions + _GRAPH_OVERHEAD))
    # A graph that does not fit in memory takes ten times as long to build.
    connection.execute(
        "select set_config('maintenance_work_mem', greatest(pg_size_bytes(current_setting("
        f"'maintenance_work_mem')), {wanted}) / 1024 || 'kB', true)",
    )
    connection.execute(graph(schema, table, dimensions))


def _reach(
    connection: psycopg.Connection, table: str, dense: Dense, kinds: list[Vectors]
) -> tuple[int, float]:
    """Return how many vectors a search must keep in sight, and what it then finds of the kind of
    questions that it finds least for."""
    right = [
        faiss.knn(queries, dense.vectors, _DEPTH, metric=faiss.METRIC_INNER_PRODUCT)[1]
        for queries in kinds
    ]
    form = f"halfvec({dense.vectors.shape[1]})"
    sql = (
        f"select number from (select number, vector from {table} "
        f"order by vector::{form} <#> %s::{form} limit {_DEPTH + SPARE}) rough "
        f"order by vector <#> %s::vector, number limit {_DEPTH}"
    )
    reach, recall = 0, 0.0
    connection.execute("set local enable_seqscan = off")
    for reach in _REACHES:
        connection.execute(f"set local hnsw.ef_search = {reach}")
        recall = min(
            _found(connection, sql, queries, rows)
            for queries, rows in zip(kinds, right, strict=True)
        )
        if recall >= LEAST_RECALL + _ASIDE:
            break
    connection.execute("set local enable_seqscan = on")
    return reach, round(recall, 4)


def _found(
    connection: psycopg.Connection, sql: str, queries: Vectors, right: NDArray[np.int64]
) -> float:
    """Return the share of the rows `right`, shape (queries, k), that the statement finds."""
    found = 0
    for query, rows in zip(queries, right, strict=True):
        text = written(query)
        near = connection.execute(sql, [text, text]).fetchall()
        found += len({row[0] for row in near} & set(rows.tolist()))
    return found / right.size


def _some(queries: Vectors) -> Vectors:
    """Return at most so many queries as are asked, from all over them."""
    return queries[:: max(1, len(queries) // _QUERIES)][:_QUERIES]


def _one(connection: psycopg.Connection, sql: str) -> tuple[Any, ...]:
    row = connection.execute(sql).fetchone()
    assert row is not None
    return row


def _reason(error: psycopg.Error) -> str:
    """Return what went wrong, in words for the owner."""
    if isinstance(error, errors.DiskFull):
        return "its disk is full; make room and try again"
    if isinstance(error, errors.InsufficientPrivilege):
        return "this user may not; let it create schemas there, and the extension `vector`"
    if isinstance(error, errors.UndefinedFile | errors.FeatureNotSupported):
        return "it has no extension `vector`; install pgvector there"
    if isinstance(error, psycopg.OperationalError):
        return "no host that can be written answers; see that the primary runs"
    return f"it answers with {type(error).__name__}"
