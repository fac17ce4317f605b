"""Backbot beside what a site owner could take instead: time and memory of one question at a time.

    python bench/peers.py INDEX SET --peers PYTHON [--questions 40] [--in-a-row 20]
        [--only NAME ...] [--json FILE]

`PYTHON` is the interpreter of an environment that holds `bench/quality/peers.txt`,
sentence-transformers, faiss-cpu and rank-bm25. Each system has a process of its own and one thread;
each gets so many questions in a row before it is the next one's turn, so that all of them meet the
same machine, with its caches as they are on a host that serves one of them; with one in a row each
finds what the others left there. Backbot gives whole replies, the others bare retrieval
(cairn-assistant its answer). Medians; the first questions are not counted.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from backbot.index.store import open_index
from corpora import CACHE
from load import questions, write_plain
from processes import HERE, ONE_THREAD
from results import keep

SYSTEMS = ("backbot", "plain", "txtai", "haystack", "cairn")
WARM_UP = 5


class Asked:
    """A system in its own process."""

    def __init__(self, name: str, python: str, folder: Path) -> None:
        command = [python, str(HERE / "rivals" / "one.py"), name, str(folder)]
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **ONE_THREAD},
            text=True,
        )
        self.name = name
        self.ready = bool(self._line())

    def ask(self, text: str) -> dict[str, float]:
        """Return milliseconds by the clock and of the processor, and megabytes resident."""
        assert self._process.stdin is not None
        print(json.dumps(text), file=self._process.stdin, flush=True)
        found: dict[str, float] = json.loads(self._line())
        return found

    def end(self) -> None:
        self._process.kill()
        self._process.wait()

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()


def started(names: list[str], peers: str, index: Path, plain: Path) -> Iterator[Asked]:
    for name in names:
        own = name == "backbot"
        system = Asked(name, sys.executable if own else peers, index if own else plain)
        if system.ready:
            yield system
        else:
            print(f"{name} did not start; left out", file=sys.stderr)
            system.end()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("index", type=Path)
    parser.add_argument("set", type=Path)
    parser.add_argument("--peers", required=True, metavar="PYTHON")
    parser.add_argument("--questions", type=int, default=40)
    parser.add_argument("--in-a-row", type=int, default=20)
    parser.add_argument("--only", nargs="+", default=list(SYSTEMS))
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    index = open_index(options.index)
    plain = write_plain(index, CACHE / "plain")
    systems = list(started(options.only, options.peers, options.index, plain))
    texts = questions(options.set)[: options.questions + WARM_UP]
    took: dict[str, list[dict[str, float]]] = {each.name: [] for each in systems}
    for first in range(0, len(texts), options.in_a_row):
        for system in systems:
            took[system.name] += map(system.ask, texts[first : first + options.in_a_row])
    for system in systems:
        system.end()
    found: dict[str, Any] = {
        "passages": len(index.passages),
        "questions": options.questions,
        "in_a_row": options.in_a_row,
    }
    own = took["backbot"][WARM_UP:]
    for name, each in took.items():
        rows = each[WARM_UP:]
        found[name] = {
            "p50_ms": round(statistics.median(row["ms"] for row in rows), 1),
            "processor_ms": round(statistics.median(row["processor_ms"] for row in rows), 1),
            "memory_mb": round(rows[-1]["mb"]),
            # The median of the ratios: each is of two times taken shortly after each other.
            "times_backbot": round(
                statistics.median(a["ms"] / b["ms"] for a, b in zip(rows, own, strict=True)), 1
            ),
            "processor_times_backbot": round(
                statistics.median(
                    a["processor_ms"] / b["processor_ms"] for a, b in zip(rows, own, strict=True)
                ),
                1,
            ),
        }
    print(keep(found, options.json))


if __name__ == "__main__":
    main()
