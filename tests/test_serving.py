"""The server as a process: slow and half-open clients, what is no HTTP, hanging, stopping."""

import contextlib
import http.client
import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from backbot.server.app import MAX_BODY_BYTES
from backbot.server.worker import MAX_BODY_BYTES as WORKER_MAX_BODY_BYTES
from backbot.server.worker import Arriving
from serving import HANGS, QUESTION, TAKES_TIME, Server

SECRET = "my-secret-ailment"


@pytest.fixture(scope="module")
def server(_tiny_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    log = tmp_path_factory.mktemp("server") / "log"
    server = Server(_tiny_root, log, log_level="info", log_format="json")
    yield server
    assert server.stop() == 0
    assert SECRET not in log.read_text()
    assert "Traceback" not in log.read_text()


# Slow and half-open


def test_half_open_connections_starve_nobody(server: Server) -> None:
    head = b"POST /api/chat HTTP/1.1\r\nHost: a\r\nContent-Length: 900\r\n"
    opened = [server.connect() for _ in range(300)]
    for number, connection in enumerate(opened):
        if number % 3 == 1:
            connection.sendall(head)
        elif number % 3 == 2:
            connection.sendall(head + b"\r\n{")
    started = time.monotonic()
    for _ in range(20):
        assert server.ask()[0] == 200
    # Not a measure of speed: gunicorn's own worker is held for 5 s by each four of them.
    assert time.monotonic() - started < 20
    for connection in opened:
        connection.close()


def test_clients_that_do_not_close_starve_nobody(server: Server) -> None:
    request = b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    opened = []
    for _ in range(40):
        connection = server.connect()
        connection.sendall(request)
        assert connection.recv(9) == b"HTTP/1.1 "
        opened.append(connection)
    started = time.monotonic()
    assert server.ask()[0] == 200
    assert time.monotonic() - started < 20
    for connection in opened:
        connection.close()


def test_a_request_that_comes_byte_by_byte_is_answered(server: Server) -> None:
    body = json.dumps(QUESTION).encode()
    head = f"POST /api/chat HTTP/1.1\r\nHost: a\r\nContent-Length: {len(body)}\r\n"
    data = head.encode() + b"Content-Type: application/json\r\nConnection: close\r\n\r\n" + body
    with server.connect() as connection:
        for place in range(len(data)):
            connection.sendall(data[place : place + 1])
        assert connection.recv(15) == b"HTTP/1.1 200 OK"


def test_requests_that_follow_each_other_at_once_are_answered_in_order(server: Server) -> None:
    one = b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"
    last = b"GET /readyz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    answers = server.raw(one * 3 + last)
    assert answers.count(b"HTTP/1.1 200 OK") == 4
    assert answers.index(b'"alive"') < answers.index(b'"ready"')


@pytest.mark.parametrize("cut", [1, 20, 60, 100])
def test_requests_may_be_cut_anywhere(server: Server, cut: int) -> None:
    two = b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n" * 2
    two += b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    with server.connect() as connection:
        connection.sendall(two[:cut])
        time.sleep(0.1)
        connection.sendall(two[cut:])
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.count(b"HTTP/1.1 200 OK") == 3


# What is refused


def test_the_worker_and_the_app_agree_on_what_is_too_large() -> None:
    assert WORKER_MAX_BODY_BYTES == MAX_BODY_BYTES


def test_a_large_body_is_refused_without_being_awaited(server: Server) -> None:
    status, said = server.call("POST", "/api/chat", b"x" * 2_000_000)
    assert (status, json.loads(said)["error"]["code"]) == (413, "too_large")
    head = b"POST /api/chat HTTP/1.1\r\nHost: a\r\nContent-Length: 999999999\r\n\r\n"
    started = time.monotonic()
    assert b"413" in server.raw(head)[:20]
    assert time.monotonic() - started < 4


CHUNKED = b"POST /api/chat HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
GARBAGE = (
    (CHUNKED + b"5\r\nhello\r\n0\r\n\r\n", (411,)),
    (CHUNKED.replace(b"chunked", SECRET.encode()), (411,)),
    (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 20 + b"\r\n\r\n", (400,)),
    (SECRET.encode() + b"\r\n\r\n", (400,)),
    (f"GET /{SECRET} HTTP/9.9\r\n\r\n".encode(), (400,)),
    (f"GET / HTTP/1.1\r\n{SECRET} : a\r\n\r\n".encode(), (400,)),
    (f"GET / HTTP/1.1\r\nHost: a\r\n {SECRET}\r\n\r\n".encode(), (400,)),
    (f"GET /{SECRET * 600} HTTP/1.1\r\nHost: a\r\n\r\n".encode(), (414,)),
    (b"GET / HTTP/1.1\r\n" + b"".join(b"A%d: b\r\n" % n for n in range(99)) + b"\r\n", (431,)),
    (b"GET / HTTP/1.1\r\nA: " + b"b" * 9000 + b"\r\n\r\n", (431,)),
    (b"a" * 70_000, (400, 414)),
    (b"POST /api/chat HTTP/1.1\r\nContent-Length: -5\r\n\r\n", (400,)),
    (b"POST /api/chat HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!", (400,)),
    (b"POST /api/chat HTTP/1.1\r\nContent-Length: 5x\r\n\r\nhello", (400,)),
    (
        b"POST /api/chat HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"0\r\n\r\nGET /smuggled HTTP/1.1\r\n\r\n",
        (400, 411),
    ),
)


@pytest.mark.parametrize(("data", "statuses"), GARBAGE)
def test_what_is_no_request_is_refused_in_one_form(
    server: Server, data: bytes, statuses: tuple[int, ...]
) -> None:
    answer = server.raw(data)
    assert answer.count(b"HTTP/1.1 ") == 1
    assert int(answer[9:12]) in statuses
    assert SECRET.encode() not in answer
    assert b"127.0.0.1" not in answer
    head, _, body = answer.partition(b"\r\n\r\n")
    assert json.loads(body)["error"]["code"] in ("bad_request", "too_large")
    assert b"Connection: close" in head


def test_a_header_cannot_be_smuggled_into_a_response(server: Server) -> None:
    for path in ("/read/a%0d%0aSet-Cookie:%20x=1", "/ask?q=a%0d%0aX-Evil:%201", "/%0d%0aX-Evil:1"):
        request = f"GET {path} HTTP/1.1\r\nHost: a\r\nOrigin: a\r\nConnection: close\r\n\r\n"
        head = server.raw(request.encode()).partition(b"\r\n\r\n")[0].lower()
        assert b"\r\nset-cookie" not in head
        assert b"\r\nx-evil" not in head


OUTSIDE = (
    *("/static/../../pyproject.toml", "/static/%2e%2e/%2e%2e/pyproject.toml"),
    *("/read/../../etc/passwd", "/api/documents/..%2f..%2fetc%2fpasswd", "//etc/passwd"),
    *("/static/..%5c..%5cpyproject.toml", "/static/%00", "/static//etc/passwd"),
)


@pytest.mark.parametrize("path", OUTSIDE)
def test_no_path_leads_out_of_the_folders(server: Server, path: str) -> None:
    request = f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    answer = server.raw(request.encode())
    assert int(answer[9:12]) in (308, 404)
    assert b"[project]" not in answer
    assert b"root:" not in answer


def test_only_what_has_arrived_is_complete() -> None:
    arriving = Arriving(None, 0.0)
    for byte in b"POST / HTTP/1.1\r\ncontent-length:  3 \r\n\r\nab":
        arriving.received.append(byte)
        assert not arriving.complete
    arriving.received += b"c"
    assert arriving.complete


# Hanging, growing, stopping


def test_a_worker_whose_thread_hangs_is_replaced(tiny_root: Path, tmp_path: Path) -> None:
    server = Server(tiny_root, tmp_path / "log", request_timeout=2)
    try:
        (before,) = server.workers()
        asked = threading.Thread(target=lambda: _quietly(lambda: server.ask({"message": HANGS})))
        asked.start()
        server.wait_until(lambda: server.workers() not in ([], [before]))
        asked.join()
        server.wait_until(lambda: server.ask()[0] == 200)
        assert 'workers_replaced_total{why="hung"} 1.0' in server.get("/metrics")[1]
    finally:
        server.stop()
    assert "replacing the worker" in server.log.read_text()


def test_a_worker_that_is_frozen_is_replaced(tiny_root: Path, tmp_path: Path) -> None:
    server = Server(tiny_root, tmp_path / "log", request_timeout=2)
    try:
        (before,) = server.workers()
        os.kill(before, signal.SIGSTOP)
        server.wait_until(lambda: server.workers() not in ([], [before]))
        server.wait_until(lambda: server.ask()[0] == 200)
    finally:
        server.stop()


def test_a_worker_that_grows_is_replaced(tiny_root: Path, tmp_path: Path) -> None:
    server = Server(tiny_root, tmp_path / "log", worker_memory=1)
    try:
        (before,) = server.workers()
        server.wait_until(lambda: server.workers() not in ([], [before]))
    finally:
        server.stop()
    assert "MB; replacing it" in server.log.read_text()


def test_stopping_ends_what_was_begun(tiny_root: Path, tmp_path: Path) -> None:
    server = Server(tiny_root, tmp_path / "log")
    idle = server.connect()
    answered: list[int] = []
    asked = threading.Thread(target=lambda: answered.append(server.ask({"message": TAKES_TIME})[0]))
    asked.start()
    time.sleep(0.5)
    assert server.stop() == 0
    asked.join()
    idle.close()
    assert answered == [200]


def test_nothing_is_left_behind(tiny_root: Path, tmp_path: Path) -> None:
    environment = os.environ | {"TMPDIR": str(tmp_path / "scratch")}
    (tmp_path / "scratch").mkdir()
    before = os.environ.copy()
    os.environ.update(environment)
    try:
        server = Server(tiny_root, tmp_path / "log")
    finally:
        os.environ.clear()
        os.environ.update(before)
    assert list((tmp_path / "scratch").iterdir())
    server.stop()
    assert list((tmp_path / "scratch").iterdir()) == []


def _quietly(act: Callable[[], object]) -> None:
    with contextlib.suppress(OSError, http.client.HTTPException):
        act()
