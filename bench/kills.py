"""Rebuilds killed at random moments while readers ask: does anybody notice?

    python bench/kills.py [--kills 50] [--rate 20] [--corpus corpus] [--index index] [--seed 1]

A copy of the corpus, and of the index that was built of it, is served by `backbot serve` and asked
`--rate` times a second. Meanwhile one article goes back and forth between two texts, and each time
`backbot rebuild-index` is begun and killed (SIGKILL) at a moment drawn evenly from the time that a
whole rebuild takes, and a little beyond. After each kill the current version is opened from the
disk. Every reply must be, word for word, what the one or the other version answered in peace. At
the end a rebuild that nobody kills must publish what the corpus holds and clear away what the
killed ones left.
"""

import argparse
import json
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from backbot.errors import IndexUnavailableError
from backbot.index.layout import current_version
from backbot.index.store import open_index

QUESTIONS = (
    "do flat feet cause neck pain?",
    "what are knots?",
    "how should I walk?",
    "why does my upper back hurt at the desk?",
    "how do I bake bread?",
    "hello",
)
ADDED = "\n\nFlat feet ask for patience above all, because a foot changes slowly.\n"
COMMAND = [sys.executable, "-m", "backbot"]


class Site:
    """A corpus with two states and the index that is served of it."""

    def __init__(self, folder: Path, corpus: Path, index: Path) -> None:
        self.corpus, self.index = folder / "corpus", folder / "index"
        shutil.copytree(corpus, self.corpus)
        shutil.copytree(index, self.index)
        self._file = min((self.corpus / "articles").glob("*flat-feet*.md"))
        self._text = self._file.read_text(encoding="utf-8")
        self._longer = False

    def turn(self) -> None:
        """Change the article to its other text."""
        self._longer = not self._longer
        self._file.write_text(self._text + ADDED * self._longer, encoding="utf-8")

    def begin(self) -> "subprocess.Popen[bytes]":
        """Begin a rebuild."""
        arguments = ["rebuild-index", "--corpus", str(self.corpus), "--index", str(self.index)]
        return subprocess.Popen(
            [*COMMAND, *arguments],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def rebuild(self) -> float:
        """Rebuild in peace and return how many seconds that took."""
        started = time.perf_counter()
        if self.begin().wait():
            raise SystemExit("A rebuild that nobody killed failed.")
        return time.perf_counter() - started


class Readers:
    """Ask at a steady rate and compare each reply with what was answered in peace."""

    def __init__(self, address: str, rate: float) -> None:
        self._address, self._rate = address, rate
        self.known: dict[str, dict[str, Any]] = {}
        self.seen: Counter[str] = Counter()
        self.failed: list[str] = []
        self.slowest = 0.0
        self._stop = threading.Event()

    def ask(self, question: str) -> Any:
        request = urllib.request.Request(
            f"{self._address}/api/chat",
            json.dumps({"message": question}).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as response:
            reply = json.load(response)
        del reply["id"], reply["elapsed_ms"]
        return reply

    def learn(self, version: str) -> None:
        """Note what is answered in peace, when `version` is served by every worker."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            replies = {question: self.ask(question) for question in QUESTIONS}
            if all(reply["index"] == version for reply in replies.values()):
                self.known[version] = replies
                return
            time.sleep(0.5)
        raise SystemExit("The server did not take up a new version.")

    def run(self) -> None:
        """Ask until told to stop; no reply is waited for before the next question is asked."""
        with ThreadPoolExecutor(max_workers=64) as pool:
            due, number = time.monotonic(), 0
            while not self._stop.is_set():
                pool.submit(self._check, QUESTIONS[number % len(QUESTIONS)])
                number += 1
                due += 1 / self._rate
                time.sleep(max(0.0, due - time.monotonic()))

    def stop(self) -> None:
        self._stop.set()

    def _check(self, question: str) -> None:
        started = time.perf_counter()
        try:
            reply = self.ask(question)
        except Exception as error:  # whatever it is, a reader got no answer
            self.failed.append(f"{type(error).__name__}: {error}")
            return
        self.slowest = max(self.slowest, time.perf_counter() - started)
        self.seen[reply["index"]] += 1
        if self.known.get(reply["index"], {}).get(question) != reply:
            self.failed.append(f"another answer to {question!r} by {reply['index']}")


def serve(site: Site) -> tuple["subprocess.Popen[bytes]", str]:
    """Serve the site's index on a free port of loopback."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        [*COMMAND, "serve", "--port", str(port), "--index", str(site.index)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "BACKBOT_RATE_LIMIT": "off", "BACKBOT_JOURNAL": "off"},
    )
    address = f"http://127.0.0.1:{port}"
    for _ in range(240):
        try:
            urllib.request.urlopen(f"{address}/healthz", timeout=5).close()
        except OSError:
            time.sleep(0.5)
        else:
            return server, address
    raise SystemExit("The server did not start.")


def measure(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    chance = random.Random(options.seed)
    site = Site(folder, options.corpus, options.index)
    site.rebuild()
    first = current_version(site.index)
    server, address = serve(site)
    readers = Readers(address, options.rate)
    try:
        readers.learn(first)
        site.turn()
        whole = site.rebuild()
        second = current_version(site.index)
        readers.learn(second)
        load = threading.Thread(target=readers.run)
        load.start()
        killed, finished, damaged, left, foreign = 0, 0, 0, 0, 0
        while killed < options.kills:
            site.turn()
            rebuild = site.begin()
            try:
                rebuild.wait(chance.uniform(0.0, whole * 1.15))
            except subprocess.TimeoutExpired:
                rebuild.kill()
                killed += 1
            else:
                finished += 1
            rebuild.wait()
            left += any((site.index / "versions").glob(".draft-*"))
            try:
                foreign += open_index(site.index).version not in (first, second)
            except IndexUnavailableError:
                damaged += 1
        site.turn()
        site.rebuild()
        time.sleep(5)  # long enough for the server to take the last version up
        readers.stop()
        load.join()
    finally:
        server.terminate()
        server.wait()
    drafts = len(list((site.index / "versions").glob(".draft-*")))
    return {
        "kills": killed,
        "rebuilds_that_were_done_before_their_kill": finished,
        "kills_that_left_a_draft": left,
        "whole_rebuild_s": round(whole, 1),
        "requests": sum(readers.seen.values()) + len(readers.failed),
        "failed_or_wrong": len(readers.failed),
        "first_failures": readers.failed[:5],
        "answered_by_version": dict(readers.seen),
        "slowest_reply_s": round(readers.slowest, 2),
        "damaged_after_a_kill": damaged,
        "neither_old_nor_new": foreign,
        "drafts_left_at_the_end": drafts,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--rate", type=float, default=20.0, help="questions a second")
    parser.add_argument("--corpus", type=Path, default=Path("corpus"))
    parser.add_argument("--index", type=Path, default=Path("index"))
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="backbot-kills-") as scratch:
        found = measure(Path(scratch), options)
    print(json.dumps(found, indent=2))
    harm = ("failed_or_wrong", "damaged_after_a_kill", "neither_old_nor_new")
    sys.exit(any(found[name] for name in (*harm, "drafts_left_at_the_end")))


if __name__ == "__main__":
    main()
