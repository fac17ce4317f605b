"""`backbot serve` in a process of its own, with messages that hang or take time."""

import http.client
import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

QUESTION = {"message": "What are knots?"}
# A message with this word takes for ever; one with that word takes a second.
HANGS, TAKES_TIME = "hangs", "takes-time"
START = f"""
import sys, time, msgspec
from backbot.chatbot import Chatbot
from backbot.server.serve import serve
from backbot.settings import Settings
quickly = Chatbot.explain
def reply(self, message, history=(), **more):
    while {HANGS!r} in message:
        time.sleep(0.1)
    if {TAKES_TIME!r} in message:
        time.sleep(1)
    return quickly(self, message, history, **more)
Chatbot.explain = reply
serve(msgspec.json.decode(sys.argv[1], type=Settings))
"""


class Server:
    """A server of the tiny index, with a few settings of its own."""

    def __init__(self, root: Path, log: Path, **settings: object) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.log = log
        told = json.dumps({"index": str(root), "port": self.port, **settings})
        with log.open("wb") as file:
            self.process = subprocess.Popen(
                [sys.executable, "-c", START, told], stdout=file, stderr=file
            )
        self.wait_until(lambda: self.get("/readyz")[0] == 200)

    def wait_until(self, holds: Callable[[], bool], seconds: float = 60) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            try:
                if holds():
                    return
            except (OSError, http.client.HTTPException):
                pass
            time.sleep(0.05)
        pytest.fail(f"It has not happened in time: {self.log.read_text()}")

    def get(self, path: str) -> tuple[int, str]:
        return self.call("GET", path)

    def ask(self, message: object = QUESTION) -> tuple[int, str]:
        return self.call("POST", "/api/chat", json.dumps(message).encode())

    def call(self, method: str, path: str, body: bytes | None = None) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            headers = {"Content-Type": "application/json"} if body is not None else {}
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), 60)

    def raw(self, data: bytes) -> bytes:
        """Send bytes and return all that comes back until the server closes."""
        with self.connect() as connection:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: connection.recv(65536), b""))

    def workers(self) -> list[int]:
        path = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return sorted(map(int, path.read_text().split()))

    def stop(self) -> int:
        self.process.terminate()
        return self.process.wait(60)
