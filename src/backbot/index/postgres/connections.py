"""Connections to read by: pooled, limited in time, and never trusted to be there."""

import logging
import os
import threading
from collections.abc import Sequence
from typing import Any, NamedTuple

import psycopg
from psycopg import errors
from psycopg_pool import ConnectionPool, PoolTimeout

from backbot.errors import IndexUnavailableError, VersionGoneError
from backbot.index.postgres.address import reading, shown

# Of one process; a reply needs one for some milliseconds at a time.
MOST = 8
# Seconds to wait for a connection, and milliseconds for a statement.
PATIENCE = 3.0
STATEMENT_TIMEOUT = 5000
# A connection may have died since it was last used, or lead to a host that lags behind.
_TRIES = 3
_CANNOT_RETRY = (errors.QueryCanceled, PoolTimeout)

Rows = list[tuple[Any, ...]]


class Statement(NamedTuple):
    """SQL with its values."""

    sql: str
    values: Sequence[Any] = ()


class Connections:
    """Reads from the hosts that a URL names; threads may share it, forked processes do not."""

    def __init__(self, url: str) -> None:
        self.place = shown(url)
        self._conninfo = reading(url)
        self._lock = threading.Lock()
        self._pool: ConnectionPool | None = None
        self._made_in: int | None = None

    def read(self, *statements: Statement) -> list[Rows]:
        """Return the rows of each of `statements`, which are sent together and see settings of one
        another.

        Raises `VersionGoneError` where a table is not there, `IndexUnavailableError` where no host
        answers in time.
        """
        failure: Exception | None = None
        for _ in range(_TRIES):
            try:
                return self._read(statements)
            except (errors.UndefinedTable, errors.InvalidSchemaName) as error:
                failure = error
            except (psycopg.OperationalError, psycopg.InterfaceError) as error:
                failure = error
                if isinstance(error, _CANNOT_RETRY):
                    break
                # Others that idle in the pool may have died with this one.
                self._connected().check()
            except psycopg.Error as error:
                failure = error
                break
        if isinstance(failure, errors.UndefinedTable | errors.InvalidSchemaName):
            raise VersionGoneError(
                f"That version of the index is no longer in {self.place}; it is opened anew."
            ) from None
        # The class alone: a server's message may repeat the values of a statement.
        raise IndexUnavailableError(
            f"The index in {self.place} cannot be read ({type(failure).__name__}); see that the "
            "database runs and that this host may read it."
        ) from None

    def close(self) -> None:
        """Let go of all connections; the next question opens others."""
        with self._lock:
            if self._pool is not None and self._made_in == os.getpid():
                self._pool.close()
            self._pool = None

    def _read(self, statements: Sequence[Statement]) -> list[Rows]:
        with self._connected().connection() as connection:
            try:
                with connection.pipeline():
                    # The names of tables are ours: a version's name is proved before it gets here.
                    sent = [
                        connection.execute(each.sql, each.values, binary=True)
                        for each in statements
                    ]
                    return [cursor.fetchall() for cursor in sent]
            except (errors.UndefinedTable, errors.InvalidSchemaName):
                # Perhaps this host only lags behind; the next connection may lead to another.
                connection.close()
                raise

    def _connected(self) -> ConnectionPool:
        with self._lock:
            # Sockets that a fork has copied belong to the process before.
            if self._pool is None or self._made_in != os.getpid():
                # What goes wrong is told by our own errors, once each.
                logging.getLogger("psycopg").setLevel(logging.ERROR)
                self._pool = ConnectionPool(
                    self._conninfo,
                    kwargs={"autocommit": True},
                    min_size=0,
                    max_size=MOST,
                    timeout=PATIENCE,
                    reconnect_timeout=PATIENCE,
                    configure=_configure,
                    open=True,
                    name="backbot-index",
                )
                self._made_in = os.getpid()
            return self._pool


def _configure(connection: psycopg.Connection) -> None:
    connection.execute("set default_transaction_read_only = on")
    connection.execute(f"set statement_timeout = {STATEMENT_TIMEOUT}")
    # Compiling would take longer than any of these statements.
    connection.execute("set jit = off")
