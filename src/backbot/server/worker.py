"""A gunicorn worker that gives a thread only to requests which have arrived as a whole.

gunicorn's own threaded worker reads a request in the thread that answers it, so that a handful of
clients who send a byte now and then keep all threads busy. Here the loop that watches the sockets
collects each request first, however slowly it comes, within limits of time and size. gunicorn's
parser then reads what was collected and has the last word on what it means.
"""

import contextlib
import re
import selectors
import socket
import struct
import time
from functools import partial
from typing import Any

from gunicorn.http.errors import ParseException
from gunicorn.workers.gthread import STOP_KEEPALIVE_LINGER, TConn, ThreadWorker

from backbot.server.watchdog import Watchdog

# How long, in seconds, a request may take to arrive.
ARRIVAL_SECONDS = 10.0
# How long, in seconds, a client may stop reading its response.
SEND_SECONDS = 10
# How long, in seconds, and for how many bytes a connection is read on after its last response.
LINGER_SECONDS = 2.0
MAX_DRAIN_BYTES = 4 * 1024 * 1024
MAX_HEAD_BYTES = 32 * 1024
# As app.MAX_BODY_BYTES; what is larger is handed on when its head is there, and refused by the app.
MAX_BODY_BYTES = 256 * 1024
_PIECE = 64 * 1024
_SEND_BUFFER = 1024 * 1024
_END_OF_HEAD = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]{1,12})[ \t]*\r\n", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding:", re.IGNORECASE)
_REFUSALS = {
    "LimitRequestLine": (414, "URI Too Long"),
    "LimitRequestHeaders": (431, "Request Header Fields Too Large"),
    "UnsupportedTransferCoding": (501, "Not Implemented"),
    "ExpectationFailed": (417, "Expectation Failed"),
}
_TIMEOUT = struct.pack("ll", SEND_SECONDS, 0)


class Arriving:
    """A connection whose next request has not arrived as a whole."""

    def __init__(self, conn: Any, until: float) -> None:
        self.conn = conn
        self.until = until
        self.received = bytearray()
        self.chunked = False
        self.too_large = False
        self._searched = 0
        self._wanted: int | None = None

    @property
    def complete(self) -> bool:
        """Whether the request is there, or so much of it that it can be refused."""
        if self._wanted is None:
            end = self.received.find(_END_OF_HEAD, max(0, self._searched - 3))
            self._searched = len(self.received)
            if end < 0:
                return len(self.received) > MAX_HEAD_BYTES
            self._wanted = self._read_head(bytes(self.received[: end + len(_END_OF_HEAD)]))
        return len(self.received) >= self._wanted

    def _read_head(self, head: bytes) -> int:
        """Return how many bytes to wait for: no body where the request will be refused."""
        length = _LENGTH.search(head)
        self.chunked = _CHUNKED.search(head) is not None
        body = int(length.group(1)) if length else 0
        self.too_large = body > MAX_BODY_BYTES
        return len(head) + (0 if self.chunked or self.too_large else body)


class Lingering:
    """A connection that has got its last response, and is kept until the client has read it.

    Closing at once could take from the client what it has not read (RFC 9112, 9.6).
    """

    def __init__(self, conn: Any, until: float) -> None:
        self.conn = conn
        self.until = until
        self.drained = 0


class PatientWorker(ThreadWorker):  # type: ignore[misc]
    """gunicorn's threaded worker with a waiting room before the threads, and a watchdog."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Each in the order in which they time out.
        self.arriving: dict[int, Arriving] = {}
        self.lingering: dict[int, Lingering] = {}

    def load_wsgi(self) -> None:
        self.wsgi: Any = None
        super().load_wsgi()
        watchdog: Watchdog = self.app.make_watchdog()
        app: Any = self.wsgi

        def watched(environ: Any, start_response: Any) -> Any:
            with watchdog.request():
                return app(environ, start_response)

        self.wsgi = watched
        watchdog.start()

    def accept(self, listener: Any) -> None:
        try:
            client, address = listener.accept()
        except OSError:
            return  # it went away again, or another worker took it
        # A blocking read or write in a thread ends by itself, whatever the client does, and most
        # responses never block: they fit into the buffer.
        for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            client.setsockopt(socket.SOL_SOCKET, option, _TIMEOUT)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
        self.nr_conns += 1
        self._await_request(TConn(self.cfg, client, address, listener.getsockname()))
        if self.nr_conns > self.worker_connections * 3 // 4:
            self._make_room()

    def on_client_socket_readable(self, conn: Any, client: Any) -> None:
        self.poller.unregister(client)
        self.keepalived_conns.remove(conn)
        self._await_request(conn)

    def finish_request(self, conn: Any, fs: Any) -> None:
        """Keep the connection for the next request, or let it go; in the loop, never waiting."""
        kept = False
        if not fs.cancelled() and fs.exception() is None:
            kept = bool(fs.result())
        if not kept:
            self._linger(conn)
        elif conn.parser.unreader.buf.getvalue():
            # Whoever sends requests without awaiting responses has them collected like the first.
            self._await_request(conn, conn.parser.unreader.take_buffered())
        else:
            conn.sock.setblocking(False)
            conn.set_timeout()
            if not self.alive:
                conn.timeout = min(conn.timeout, time.monotonic() + STOP_KEEPALIVE_LINGER)
            self.keepalived_conns.append(conn)
            readable = partial(self.on_client_socket_readable, conn)
            self.poller.register(conn.sock, selectors.EVENT_READ, readable)

    def murder_pending(self) -> None:
        """Let go of what has taken too long, and while stopping, of what has not begun."""
        now = time.monotonic()
        for waiting in list(self.arriving.values()):
            if waiting.until < now or not (self.alive or waiting.received):
                self._drop(self.arriving, waiting)
        for lingering in list(self.lingering.values()):
            if lingering.until < now:
                self._drop(self.lingering, lingering)

    def _keepalive_after(self, conn: Any, keepalive: bool) -> bool:
        # A body that is too large is not read to its end only to go on afterwards.
        return not getattr(conn, "too_large", False) and super()._keepalive_after(conn, keepalive)

    def handle_error(self, req: Any, client: Any, addr: Any, exc: Exception) -> None:
        """Refuse what is no HTTP. gunicorn's own way repeats it in the response and in the log."""
        name = type(exc).__name__
        status, reason = _REFUSALS.get(name, (400, "Bad Request"))
        if name.startswith("InvalidResponse") or not isinstance(exc, ParseException):
            status, reason = 500, "Internal Server Error"
            self.log.error("Unexpected %s while serving a request", name)
        _refuse(client, status, reason)

    def _await_request(self, conn: Any, received: bytes = b"") -> None:
        conn.sock.setblocking(False)
        arriving = Arriving(conn, time.monotonic() + ARRIVAL_SECONDS)
        self.arriving[id(conn)] = arriving
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._receive, arriving))
        arriving.received += received
        if not received or not self._hand_on(arriving):
            self._receive(arriving, conn.sock)

    def _receive(self, arriving: Arriving, _: Any) -> None:
        try:
            piece = arriving.conn.sock.recv(_PIECE)
        except BlockingIOError:
            return
        except OSError:
            piece = b""
        if not piece:
            self._drop(self.arriving, arriving)
            return
        arriving.received += piece
        self._hand_on(arriving)

    def _hand_on(self, arriving: Arriving) -> bool:
        """Give a request that is there to a thread, and tell whether it was."""
        if not arriving.complete:
            return False
        conn = arriving.conn
        del self.arriving[id(conn)]
        self.poller.unregister(conn.sock)
        if arriving.chunked:
            _refuse(conn.sock, 411, "Length Required")
            self._linger(conn)
            return True
        conn.too_large = arriving.too_large
        conn.data_ready = True
        conn.init()
        conn.parser.unreader.unread(bytes(arriving.received))
        self.enqueue_req(conn)
        return True

    def _linger(self, conn: Any) -> None:
        try:
            conn.sock.setblocking(False)
            conn.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self.nr_conns -= 1
            conn.close()
            return
        lingering = Lingering(conn, time.monotonic() + LINGER_SECONDS)
        self.lingering[id(conn)] = lingering
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._drain, lingering))

    def _drain(self, lingering: Lingering, _: Any) -> None:
        try:
            piece = lingering.conn.sock.recv(_PIECE)
        except BlockingIOError:
            return
        except OSError:
            piece = b""
        lingering.drained += len(piece)
        if not piece or lingering.drained > MAX_DRAIN_BYTES:
            self._drop(self.lingering, lingering)

    def _drop(self, kept: dict[int, Any], waiting: Any) -> None:
        del kept[id(waiting.conn)]
        self.poller.unregister(waiting.conn.sock)
        self.nr_conns -= 1
        waiting.conn.close()

    def _make_room(self) -> None:
        """Let go of the connection that has waited longest for nothing."""
        if self.lingering:
            self._drop(self.lingering, next(iter(self.lingering.values())))
        elif self.keepalived_conns:
            self.keepalived_conns[0].timeout = 0.0
            self.murder_keepalived()
        elif self.arriving:
            self._drop(self.arriving, next(iter(self.arriving.values())))


def _refuse(client: Any, status: int, reason: str) -> None:
    body = b'{"error":{"code":"bad_request","message":"The request could not be read."}}'
    head = (
        f"HTTP/1.1 {status} {reason}\r\nConnection: close\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        "X-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\n\r\n"
    )
    with contextlib.suppress(OSError):
        client.sendall(head.encode() + body)
