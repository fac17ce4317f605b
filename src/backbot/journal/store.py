"""The journal's database: writing lines, reading them, taking them out again."""

import os
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import (
    URL,
    Connection,
    Engine,
    Row,
    bindparam,
    create_engine,
    delete,
    event,
    func,
    insert,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from backbot.journal.model import Entry, Reason
from backbot.journal.schema import bring_up_to_date
from backbot.journal.tables import judgements, losses, replies
from backbot.model import Kind, Level
from backbot.text.clean import fold

# How long a write waits for another program that holds the database, in seconds.
PATIENCE = 5.0
# Judgements of replies that no journal has are kept no longer than this, in seconds.
_ORPHANS_LAST = 24 * 3600
_BATCH = 500
_TEXTS = msgspec.json.Decoder(tuple[str, ...])


class Line(NamedTuple):
    """An entry with what is kept beside it: its question's packed vector, and by which encoder."""

    entry: Entry
    vector: bytes | None = None
    encoder: str | None = None


class Judgement(NamedTuple):
    """What a reader said of a reply."""

    reply: str
    at: datetime
    helpful: bool
    reason: Reason | None
    note: str | None


class Loss(NamedTuple):
    """Lines that could not be written, and why."""

    at: datetime
    lines: int
    why: str


class Store:
    """One process's connection to a journal's database, opened when it is first needed.

    Methods raise what SQLAlchemy and the disk raise, and `JournalError`.
    """

    def __init__(self, address: URL) -> None:
        self.address = address
        self._engine: Engine | None = None
        self._file: tuple[int, int] | None = None

    @property
    def path(self) -> Path | None:
        """The file of SQLite, None for a server."""
        return Path(str(self.address.database)) if self.address.drivername == "sqlite" else None

    def open(self) -> Engine:
        """Return the engine, its tables as they should be."""
        if self._engine is not None and self._file != self._identity():
            # The file was taken away or exchanged: what is open is no longer the journal.
            self.close()
        if self._engine is None:
            engine = _sqlite(self.path) if self.path else _postgresql(self.address)
            try:
                bring_up_to_date(engine)
            except BaseException:
                engine.dispose()
                raise
            self._engine = engine
            self._file = self._identity()
        return self._engine

    def close(self) -> None:
        """Let go of the database; the next call opens it again."""
        if self._engine is not None:
            self._engine.dispose()
        self._engine = None

    def write(self, lines: Sequence[Line | Judgement | Loss]) -> None:
        """Write `lines` all at once or not at all. A reply that is there already stays as it is,
        a judgement replaces the one before."""
        made = [_row(line) for line in lines if isinstance(line, Line)]
        # Of several judgements of one reply the last one counts; one statement takes only one.
        judged = {line.reply: _judged(line) for line in lines if isinstance(line, Judgement)}
        lost = [_lost(line) for line in lines if isinstance(line, Loss)]
        dialect: Any = sqlite if self.path else postgresql
        with self._writing() as connection:
            if made:
                connection.execute(dialect.insert(replies).on_conflict_do_nothing(), made)
            if judged:
                statement = dialect.insert(judgements)
                changed = {
                    column.name: statement.excluded[column.name]
                    for column in judgements.columns
                    if column.name != "reply"
                }
                connection.execute(
                    statement.on_conflict_do_update(index_elements=["reply"], set_=changed),
                    list(judged.values()),
                )
            if lost:
                connection.execute(insert(losses), lost)

    def read(self, since: datetime | None = None, until: datetime | None = None) -> Iterator[Line]:
        """Yield the lines from `since` up to `until` (not included), oldest first."""
        query = (
            select(
                replies,
                judgements.c.helpful,
                judgements.c.reason,
                judgements.c.note,
            )
            .select_from(replies.outerjoin(judgements, replies.c.reply == judgements.c.reply))
            .order_by(replies.c.at, replies.c.reply)
        )
        if since is not None:
            query = query.where(replies.c.at >= int(since.timestamp()))
        if until is not None:
            query = query.where(replies.c.at < int(until.timestamp()))
        with self.open().connect() as connection:
            rows = connection.execution_options(yield_per=_BATCH).execute(query)
            for row in rows:
                yield _line(row)

    def forget(self, named: Collection[str] = (), words: str | None = None) -> int:
        """Take out the lines of the replies `named`, and those whose question or note holds
        `words`; return how many replies and judgements without one that were."""
        gone = set(named)
        with self._writing() as connection:
            if words is not None and (wanted := fold(words).strip()):
                for table, column in (
                    (replies, replies.c.question),
                    (judgements, judgements.c.note),
                ):
                    rows = connection.execute(
                        select(table.c.reply, column).where(column.is_not(None))
                    )
                    gone.update(row[0] for row in rows if wanted in fold(row[1]))
            count = 0
            listed = sorted(gone)
            for start in range(0, len(listed), _BATCH):
                part = listed[start : start + _BATCH]
                found = connection.execute(
                    select(replies.c.reply)
                    .where(replies.c.reply.in_(part))
                    .union(select(judgements.c.reply).where(judgements.c.reply.in_(part)))
                )
                count += len(found.all())
                connection.execute(delete(replies).where(replies.c.reply.in_(part)))
                connection.execute(delete(judgements).where(judgements.c.reply.in_(part)))
        self._leave_no_trace()
        return count

    def prune(self, before: datetime) -> int:
        """Take out what is older than `before`, and judgements of replies that are not there;
        return how many replies that were."""
        cut = int(before.timestamp())
        orphans = judgements.c.reply.not_in(select(replies.c.reply))
        old = int(time.time()) - _ORPHANS_LAST
        with self._writing() as connection:
            count = connection.execute(delete(replies).where(replies.c.at < cut)).rowcount
            connection.execute(
                delete(judgements).where(orphans, or_(judgements.c.at < old, judgements.c.at < cut))
            )
            connection.execute(delete(losses).where(losses.c.at < cut))
        if count:
            self._leave_no_trace()
        return count

    def keep_vectors(self, vectors: Mapping[str, bytes], encoder: str) -> None:
        """Keep packed vectors by `encoder`, by the reply that they belong to."""
        rows = [
            {"named": reply, "vector": vector, "encoder": encoder}
            for reply, vector in vectors.items()
        ]
        named = replies.c.reply == bindparam("named")
        with self._writing() as connection:
            connection.execute(update(replies).where(named), rows)

    def lost(self) -> tuple[Loss, ...]:
        """Return what could not be written, newest first."""
        with self.open().connect() as connection:
            rows = connection.execute(select(losses).order_by(losses.c.number.desc()))
            return tuple(Loss(_time(row.at), row.lines, row.why) for row in rows)

    def count(self) -> int:
        """Return how many replies are kept."""
        with self.open().connect() as connection:
            return int(connection.execute(select(func.count()).select_from(replies)).scalar_one())

    def _leave_no_trace(self) -> None:
        """Let nothing of what was taken out stay in SQLite's write-ahead log."""
        if self.path is not None:
            with (
                self.open().connect().execution_options(isolation_level="AUTOCOMMIT") as connection
            ):
                connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))

    def _writing(self) -> AbstractContextManager[Connection]:
        return self.open().execution_options(writes=True).begin()

    def _identity(self) -> tuple[int, int] | None:
        if self.path is None:
            return None
        try:
            status = self.path.stat()
        except OSError:
            return None
        return status.st_dev, status.st_ino


def _sqlite(path: Path) -> Engine:
    path.parent.mkdir(parents=True, exist_ok=True)
    # Nobody else on the machine reads along; SQLite gives its log files the same rights.
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        connect_args={"timeout": PATIENCE},
        pool_size=1,
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        # Python's own way of beginning leaves tables that are made outside of the transaction.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=NORMAL")
        # What is forgotten is overwritten, not only unlinked.
        cursor.execute("PRAGMA secure_delete=ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # Who is going to write says so at once: a reader cannot always become a writer later.
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _postgresql(address: URL) -> Engine:
    return create_engine(
        address,
        pool_size=1,
        pool_pre_ping=True,
        connect_args={"connect_timeout": int(PATIENCE), "application_name": "backbot"},
    )


def _row(line: Line) -> dict[str, Any]:
    entry = line.entry
    return {
        "reply": entry.reply,
        "at": int(entry.at.timestamp()),
        "kind": entry.kind.value,
        "index_version": entry.index,
        "cited": msgspec.json.encode(entry.cited).decode(),
        "confidence": entry.confidence,
        "notice": entry.notice and entry.notice.value,
        "category": entry.category,
        "question": entry.question,
        "suggested": msgspec.json.encode(entry.suggested).decode(),
        "vector": line.vector,
        "encoder": line.encoder,
    }


def _judged(line: Judgement) -> dict[str, Any]:
    return {
        "reply": line.reply,
        "at": int(line.at.timestamp()),
        "helpful": line.helpful,
        "reason": line.reason and line.reason.value,
        "note": line.note,
    }


def _lost(line: Loss) -> dict[str, Any]:
    return {"at": int(line.at.timestamp()), "lines": line.lines, "why": line.why}


def _line(row: Row[Any]) -> Line:
    entry = Entry(
        reply=row.reply,
        at=_time(row.at),
        kind=Kind(row.kind),
        index=row.index_version,
        cited=_TEXTS.decode(row.cited),
        confidence=row.confidence,
        notice=Level(row.notice) if row.notice else None,
        category=row.category,
        question=row.question,
        suggested=_TEXTS.decode(row.suggested),
        helpful=row.helpful,
        reason=Reason(row.reason) if row.reason else None,
        note=row.note,
    )
    return Line(entry, row.vector, row.encoder)


def _time(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
