"""A server under mixed load and in trouble: what drives it, what harms it, and what is noted."""

import http.client
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from backbot.chatbot import Chatbot
from backbot.index.draft import roll_back
from backbot.index.store import open_index
from backbot.model import Reply, Turn

# What must never stand in a log.
SECRET = "zebrafish"
QUESTIONS = (
    "do flat feet cause neck pain?",
    "how do I get rid of a knot in my upper back?",
    "what is the best position to sleep in?",
    "can a heavy bag cause shoulder knots",
    "is walking good for my back",
    "how long should I hold a stretch",
    "thank you",
    "what is the capital of France?",
    "how many ibuprofen can I take?",
    "I have crushing chest pain and my left arm is numb",
    "my legs are numb and I cannot pee",
    "why do I hunch over my desk",
    f"does a {SECRET} help with knots",
)
FOLLOW_UPS = ("why?", "yes", "and what helps?", "another question: does heat help?")

# `time.time` of the server adds what stands in a file: the clock of the machine is not ours to set.
START = """
import sys, time
from pathlib import Path
offset, real = Path({offset!r}), time.time
def jumping():
    try:
        return real() + float(offset.read_text() or 0)
    except (OSError, ValueError):
        return real()
time.time = jumping
import msgspec
from backbot.server.serve import serve
from backbot.settings import Settings
serve(msgspec.convert({settings!r}, Settings))
"""


class Sent(NamedTuple):
    """A question, with the reply that each version of the index gives to it."""

    message: str
    history: tuple[Turn, ...]
    expected: dict[str, dict[str, Any]]


def without_frame(reply: Reply) -> dict[str, Any]:
    """What the same message, history and index always give."""
    fields: dict[str, Any] = msgspec.to_builtins(reply)
    return {name: value for name, value in fields.items() if name not in ("id", "elapsed_ms")}


def replies_of(root: Path, versions: list[str]) -> tuple[list[Sent], dict[str, dict[str, str]]]:
    """Return what to ask with the right replies, and the documents' texts of each version."""
    bots = {version: Chatbot(open_index(root, version)) for version in versions}
    asked: list[tuple[str, tuple[Turn, ...]]] = [(question, ()) for question in QUESTIONS]
    asked += [(f, (Turn(message=q),)) for q in QUESTIONS[:4] for f in FOLLOW_UPS]
    sent = [
        Sent(m, h, {v: without_frame(bot.reply(m, h)) for v, bot in bots.items()}) for m, h in asked
    ]
    texts = {v: {d.id: d.text for d in open_index(root, v).documents} for v in versions}
    return sent, texts


class Soak:
    """One server, its load and its troubles. `problems` is what must stay empty."""

    def __init__(self, root: Path, versions: list[str], folder: Path, settings: dict[str, Any]):
        self.root, self.versions, self.folder = root, versions, folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.settings = {"index": str(root), "port": self.port, **settings}
        self.sent, self.texts = replies_of(root, versions)
        self.counts: Counter[str] = Counter()
        self.problems: list[str] = []
        # Seconds since the start, and resident bytes of the worker that is never harmed.
        self.memory: list[tuple[float, int]] = []
        self.files: list[int] = []
        self.seconds: list[float] = []
        self.log = folder / "server.log"
        self._offset = folder / "offset"
        self._over = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._offset.write_text("0")
        code = START.format(offset=str(self._offset), settings=self.settings)
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-c", code],
                stderr=log,
                stdout=log,
                env=os.environ | {"LC_ALL": "C"},
            )
        for _ in range(600):
            try:
                if self.call("GET", "/readyz")[0] == 200:
                    return
            except OSError:
                time.sleep(0.1)
        raise AssertionError(self.log.read_text())

    def stop(self) -> int:
        assert self._process is not None
        self._process.terminate()
        return self._process.wait(30)

    def run(self, seconds: float, *, pause: float) -> None:
        """Drive and harm the server for so long; `pause` is what each client waits between
        requests."""
        clients: list[tuple[Callable[[], None], float]] = [(self._ask, pause)] * 4
        clients += [(self._browse, 0.2), (self._nonsense, 0.3), (self._half_open, 1.0)]
        clients += [(self._slowly, 0.5), (self._measure, 1.0)]
        clients += [(self._swap, 10.0), (self._kill, 7.0), (self._freeze, 45.0), (self._jump, 5.0)]
        if journal := self.settings.get("journal"):
            clients.append((lambda: Path(journal).unlink(missing_ok=True), 15.0))
        threads = [
            threading.Thread(target=self._again_and_again, args=each, daemon=True)
            for each in clients
        ]
        for thread in threads:
            thread.start()
        self._over.wait(seconds)
        self._over.set()
        for thread in threads:
            thread.join(60)

    def workers(self) -> list[int]:
        """The processes of the workers, oldest first."""
        assert self._process is not None
        path = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        return sorted(map(int, path.read_text().split()))

    def call(
        self, method: str, path: str, body: object = None, *, timeout: float = 20
    ) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
            headers = {"Content-Type": "application/json"} if data is not None else {}
            connection.request(method, path, data, headers)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def _again_and_again(self, act: Callable[[], None], pause: float) -> None:
        while not self._over.wait(pause * random.uniform(0.5, 1.5)):
            try:
                act()
            except (OSError, http.client.HTTPException) as error:
                # What a reader's browser shows as "no connection", and tries again.
                self.counts[f"connection: {type(error).__name__}"] += 1
            except Exception as error:
                self.problems.append(f"{act.__name__}: {error!r}")

    # Load

    def _ask(self) -> None:
        sent = random.choice(self.sent)
        # Most questions are not in any cache.
        new = random.random() < 0.5
        message = f"{sent.message} {random.randrange(10**6)}" if new else sent.message
        history = msgspec.to_builtins(sent.history)
        started = time.monotonic()
        status, body = self.call("POST", "/api/chat", {"message": message, "history": history})
        self.counts[f"chat: {status}"] += 1
        if status != 200:
            code = json.loads(body)["error"]["code"]
            if (status, code) not in ((503, "busy"), (429, "too_many_requests")):
                self.problems.append(f"{status} {code}")
            return
        self.seconds.append(time.monotonic() - started)
        self._check(sent, msgspec.json.decode(body, type=Reply), new=new)

    def _check(self, sent: Sent, reply: Reply, *, new: bool) -> None:
        texts = self.texts.get(reply.index)
        if texts is None:
            self.problems.append(f"a reply of an unknown index {reply.index}")
            return
        expected = sent.expected
        if not new and without_frame(reply) != expected[reply.index]:
            self.problems.append(f"a wrong reply to {sent.message!r}")
        for section in reply.sections:
            for excerpt in section.excerpts:
                document = reply.citations[excerpt.citation - 1].document
                if texts[document][excerpt.start : excerpt.end] != excerpt.text:
                    self.problems.append(f"a mixed reply to {sent.message!r}")
        if reply.notice and reply.notice.category == "standing_caution":
            self.problems.append("looking for signs failed")

    def _browse(self) -> None:
        paths: tuple[str, ...] = (
            "/",
            "/embed",
            "/widget.js",
            "/ask?q=why+do+knots+hurt",
            "/read/nothing",
        )
        paths += ("/api/suggestions", "/readyz", "/healthz", "/metrics", "/static/chat.js")
        path = random.choice(paths)
        status, _ = self.call("GET", path)
        self.counts[f"page: {status}"] += 1
        if status not in ((404,) if "nothing" in path else (200, 503)):
            self.problems.append(f"{path}: {status}")

    def _nonsense(self) -> None:
        bodies: tuple[object, ...] = (b"{", b"\xff\xfe", {"message": ""}, {"message": 1}, [1], b"")
        bodies += ({"message": "x" * 3000}, {"message": "a", "history": [{"cited": 1}]})
        bodies += (b"[" * 100_000, b"x" * 400_000)
        status, _ = self.call("POST", "/api/chat", random.choice(bodies))
        self.counts[f"nonsense: {status}"] += 1
        if status not in (400, 413):
            self.problems.append(f"nonsense: {status}")

    def _half_open(self) -> None:
        """Twenty connections that begin a request and never end it."""
        opened = [socket.create_connection(("127.0.0.1", self.port), 5) for _ in range(20)]
        for number, connection in enumerate(opened):
            if number % 2:
                connection.sendall(b"POST /api/chat HTTP/1.1\r\nHost: a\r\nContent-Length: 50\r\n")
        self._over.wait(3)
        for connection in opened:
            connection.close()

    def _slowly(self) -> None:
        """A whole request, a few bytes at a time."""
        body = json.dumps({"message": QUESTIONS[0]}).encode()
        head = f"POST /api/chat HTTP/1.1\r\nHost: a\r\nContent-Length: {len(body)}\r\n"
        data = head.encode() + b"Content-Type: application/json\r\nConnection: close\r\n\r\n" + body
        with socket.create_connection(("127.0.0.1", self.port), 20) as connection:
            for start in range(0, len(data), 10):
                connection.sendall(data[start : start + 10])
                time.sleep(0.05)
            answer = connection.recv(100)
        self.counts[f"slow: {answer[9:12].decode()}"] += 1
        if answer[9:12] not in (b"200", b"503", b"429", b""):
            self.problems.append(f"slow: {answer!r}")

    # Trouble

    def _swap(self) -> None:
        current = json.loads((self.root / "current.json").read_text())["current"]
        roll_back(self.root, next(each for each in self.versions if each != current))
        self.counts["swaps"] += 1

    def _kill(self) -> None:
        workers = self.workers()
        if len(workers) > 1:
            os.kill(workers[-1], signal.SIGKILL)
            self.counts["kills"] += 1

    def _freeze(self) -> None:
        workers = self.workers()
        if len(workers) > 1:
            os.kill(workers[-1], signal.SIGSTOP)
            self.counts["freezes"] += 1

    def _jump(self) -> None:
        self._offset.write_text(random.choice(("0", "86400", "-86400", "3600", "-7")))
        self.counts["clock jumps"] += 1

    def _measure(self) -> None:
        oldest = self.workers()[0]
        pages = int(Path(f"/proc/{oldest}/statm").read_text().split()[1])
        self.memory.append((time.monotonic(), pages * os.sysconf("SC_PAGE_SIZE")))
        self.files.append(len(list(Path(f"/proc/{oldest}/fd").iterdir())))
