"""Real PostgreSQL servers for tests; where there are none to start, tests skip and say why."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from postgres_server import Server, UnavailableError


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The URL of an empty database on a server that runs while the tests do."""
    with running() as server:
        yield server.url


@pytest.fixture(scope="module")
def primary() -> Iterator[Server]:
    """A server that a module's tests may do to what they like, so long as it runs at their end."""
    with running() as server:
        yield server


@pytest.fixture
def replica(primary: Server) -> Iterator[Server]:
    """A streaming replica of the primary."""
    server = Server()
    try:
        server.follow(primary)
        yield server
    finally:
        server.remove()


@contextmanager
def running() -> Iterator[Server]:
    try:
        server = Server()
        server.create()
    except UnavailableError as error:
        pytest.skip(str(error))
    try:
        yield server
    finally:
        server.remove()
