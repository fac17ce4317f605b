"""Servers as their owners start them, what they hold in memory, and load on them.

Nothing here goes further than the loopback. Linux alone: memory is read from /proc.
"""

import contextlib
import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

HERE = Path(__file__).parent
_PATIENCE = 120.0
# One thread each for whatever a server computes with: workers share the cores.
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


class Server(NamedTuple):
    """A running server: its process, its port, and how long it took to be ready, in seconds."""

    process: subprocess.Popen[bytes]
    port: int
    ready: float


class Memory(msgspec.Struct, frozen=True, kw_only=True):
    """What one process holds, in megabytes (10^6 bytes).

    `resident` counts all its pages, `private` those that no other process shares, `share` each page
    divided by how many processes hold it.
    """

    resident: float
    private: float
    share: float


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a load: replies a second, latency in milliseconds, and answers that failed."""

    per_second: float
    p50: float
    p90: float
    p99: float
    failed: int


def free_port() -> int:
    """Return a port of the loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def backbot_server(index: Path, *, workers: int, remembers: bool = False) -> Iterator[Server]:
    """Run `backbot serve` as a user does, but for replies out of memory: questions come again here,
    and only a server that `remembers` has its cache as it is shipped.

    Nor is a visitor held back, or a journal kept that would grow with each run.
    """
    bare = {"BACKBOT_RATE_LIMIT": "off", "BACKBOT_JOURNAL": "off"}
    if not remembers:
        bare["BACKBOT_CACHE_MB"] = "0"
    port = free_port()
    command = [sys.executable, "-m", "backbot", "serve", "--port", str(port)]
    command += ["--workers", str(workers), "--index", str(index)]
    with serving(command, port, path="/readyz", environ={**ONE_THREAD, **bare}) as server:
        yield server


@contextlib.contextmanager
def rival_server(
    app: str, folder: Path, *, workers: int, python: str = sys.executable
) -> Iterator[Server]:
    """Run one of `bench/rivals` under gunicorn, as `backbot serve` runs Backbot."""
    port = free_port()
    command = [python, "-m", "gunicorn", f"{app}:make({str(folder.resolve())!r})", "--chdir"]
    command += [str(HERE / "rivals"), "--bind", f"127.0.0.1:{port}", "--workers", str(workers)]
    command += ["--worker-class", "gthread", "--threads", "4", "--log-level", "warning"]
    command += ["--timeout", "120", "--no-control-socket"]
    with serving(command, port, path="/readyz") as server:
        yield server


@contextlib.contextmanager
def serving(
    command: Sequence[str], port: int, *, path: str, environ: Mapping[str, str] = ONE_THREAD
) -> Iterator[Server]:
    """Start `command`, give it once `path` answers, and end it; raises if it never does."""
    started = time.perf_counter()
    process = subprocess.Popen(
        command, env={**os.environ, **environ}, stdout=subprocess.DEVNULL, start_new_session=True
    )
    try:
        while not answers(port, path):
            if process.poll() is not None or time.perf_counter() - started > _PATIENCE:
                raise RuntimeError(f"{command[0]} ... {command[2]} did not come up")
            time.sleep(0.005)
        yield Server(process, port, time.perf_counter() - started)
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()


def answers(port: int, path: str) -> bool:
    """Tell whether a server says yes at `path`."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def ask(port: int, texts: Sequence[str]) -> list[float]:
    """Ask one question after the other over one connection; return milliseconds each."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    took = []
    for text in texts:
        body = json.dumps({"message": text}).encode()
        started = time.perf_counter()
        connection.request("POST", "/api/chat", body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        response.read()
        took.append((time.perf_counter() - started) * 1000)
        if response.status != 200:
            raise RuntimeError(f"a reply of status {response.status}")
    connection.close()
    return took


def workers_of(server: Server) -> list[int]:
    """Return the processes that answer: the children of the one that was started, oldest first."""
    parent = server.process.pid
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text(encoding="ascii").split()
    return [int(each) for each in children]


def memory_of(process: int) -> Memory:
    """Return what a process holds."""
    lines = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii").splitlines()[1:]
    held = {line.split(":")[0]: int(line.split()[1]) * 1024 / 1e6 for line in lines}
    return Memory(
        resident=round(held["Rss"], 1),
        private=round(held["Private_Clean"] + held["Private_Dirty"], 1),
        share=round(held["Pss"], 1),
    )


def wrk(port: int, texts: Sequence[str], *, connections: int, seconds: float) -> Load:
    """Put a load on a server: `connections` at a time, each asking as soon as it has its answer.

    wrk comes from Debian's package of that name.
    """
    program = shutil.which("wrk")
    if program is None:
        raise RuntimeError("wrk is not installed; on Debian: apt-get install wrk")
    with tempfile.TemporaryDirectory() as folder:
        asked, found = Path(folder) / "questions.txt", Path(folder) / "found.json"
        asked.write_text("\n".join(json.dumps({"message": text}) for text in texts))
        command = [program, "-t1", f"-c{connections}", f"-d{round(seconds)}s", "--timeout", "30s"]
        command += ["-s", str(HERE / "load.lua"), f"http://127.0.0.1:{port}/api/chat"]
        environ = {**os.environ, "LOAD_FOUND": str(found)}
        subprocess.run(
            [*command, "--", str(asked)], check=True, stdout=subprocess.DEVNULL, env=environ
        )
        return msgspec.json.decode(found.read_bytes(), type=Load)
