"""Rebuilds that end without a word: killed at any moment, on a disk with no room.

`bench/kills.py` does the same to the real encoder under a real server, fifty times.
"""

import random
import shutil
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from backbot.errors import WriteError
from backbot.index.layout import current_version
from backbot.index.store import open_index
from backbot.server import holder
from backbot.server.app import create_app
from backbot.settings import Settings
from support import TINY, Toy, document, write_corpus

QUESTIONS = ("What are knots?", "Do flat feet hurt?", "How far should I walk?", "hello")
KILLS = 8
PER_SECOND = 20


class Rebuilder:
    """Rebuilds in a child process that can be killed; see `rebuilder.py`."""

    def __init__(self, toy: Toy, root: Path) -> None:
        script = Path(__file__).with_name("rebuilder.py")
        self.process = subprocess.Popen(
            [sys.executable, str(script), str(toy.checkpoint), str(root)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def rebuild(self, corpus: Path, seconds: float) -> str:
        """Rebuild, killed after so many seconds; return `killed`, or `done` with its status."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{corpus} {seconds}\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()


@pytest.fixture
def rebuilder(toy: Toy, tiny_root: Path) -> Iterator[Rebuilder]:
    made = Rebuilder(toy, tiny_root)
    yield made
    made.process.communicate()


class Readers:
    """Ask the app that serves `root`, and keep what it replied."""

    def __init__(self, root: Path) -> None:
        self._app = create_app(Settings(index=str(root)))
        self.replies: list[tuple[str, dict[str, Any]]] = []
        self._stop = threading.Event()

    def ask(self, question: str) -> dict[str, Any]:
        response = self._app.test_client().post("/api/chat", json={"message": question})
        reply: dict[str, Any] = response.get_json()
        reply["status"] = response.status_code
        reply.pop("id", None)
        reply.pop("elapsed_ms", None)
        return reply

    def answers(self) -> dict[str, dict[str, Any]]:
        return {question: self.ask(question) for question in QUESTIONS}

    def run(self) -> None:
        with ThreadPoolExecutor(max_workers=8) as pool:
            asked: list[tuple[str, Future[dict[str, Any]]]] = []
            while not self._stop.is_set():
                question = QUESTIONS[len(asked) % len(QUESTIONS)]
                asked.append((question, pool.submit(self.ask, question)))
                time.sleep(1 / PER_SECOND)
        self.replies = [(question, future.result()) for question, future in asked]

    def stop(self) -> None:
        self._stop.set()


def test_rebuilds_killed_at_any_moment_while_readers_ask(
    rebuilder: Rebuilder, tiny_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(holder, "CHECK_EVERY", 0.05)
    chance = random.Random(3)
    more = {"articles/sleep.md": document("What Helps Sleep?", "Sleep on your side.")}
    first = write_corpus(tmp_path / "first", TINY)
    second = write_corpus(tmp_path / "second", {**TINY, **more})
    readers = Readers(tiny_root)
    known = {current_version(tiny_root): readers.answers()}
    assert rebuilder.rebuild(first, 60) == "done 0"  # when this is done, its imports are too
    started = time.monotonic()
    assert rebuilder.rebuild(second, 60) == "done 0"
    whole = time.monotonic() - started
    time.sleep(0.1)
    known[current_version(tiny_root)] = readers.answers()
    assert len(known) == 2
    load = threading.Thread(target=readers.run)
    load.start()
    ends: Counter[str] = Counter()
    try:
        for number in range(10 * KILLS):
            corpus = (first, second)[number % 2]
            ends[rebuilder.rebuild(corpus, chance.uniform(0.0, whole))] += 1
            assert open_index(tiny_root).version in known
            if ends["killed"] == KILLS:
                break
        assert rebuilder.rebuild(first, 60) == "done 0"
    finally:
        readers.stop()
        load.join()
    assert ends["killed"] == KILLS
    assert set(ends) <= {"killed", "done 0"}
    assert len(readers.replies) >= KILLS
    for question, reply in readers.replies:
        assert reply["status"] == 200
        assert reply == known[reply["index"]][question]
    assert len(open_index(tiny_root).documents) == len(TINY)
    assert not list(tiny_root.glob("**/.draft-*"))


# A disk with no room


class Disk(NamedTuple):
    """A file system of its own, of so many bytes."""

    folder: Path
    size: int


@pytest.fixture
def small_disk(tiny_root: Path, tmp_path: Path) -> Iterator[Disk]:
    """A disk that holds the tiny index and not as much again."""
    taken = sum(path.stat().st_size + 4096 for path in tiny_root.rglob("*"))
    folder = tmp_path / "disk"
    folder.mkdir()
    size = taken + 100_000
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)],
        check=False,
        capture_output=True,
    )
    if mounted.returncode:
        pytest.skip("this user may not mount a file system")
    try:
        yield Disk(folder, size)
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_a_disk_that_is_really_full(
    small_disk: Disk, tiny_root: Path, toy: Toy, tmp_path: Path
) -> None:
    root = Path(shutil.copytree(tiny_root, small_disk.folder / "index"))
    before = current_version(root)
    text = "Rest and walk. " * 2000
    corpus = write_corpus(tmp_path / "big", {**TINY, "articles/a.md": document("A", text)})
    with pytest.raises(WriteError, match="the disk is full; make room and try again"):
        toy.build(corpus, root)
    assert open_index(root).version == before
    assert not list(root.glob("**/.draft-*"))
    # With room again, the same rebuild goes through.
    subprocess.run(
        ["mount", "-o", f"remount,size={small_disk.size + 50_000_000}", str(small_disk.folder)],
        check=True,
    )
    toy.build(corpus, root)
    assert len(open_index(root).documents) == len(TINY) + 1
