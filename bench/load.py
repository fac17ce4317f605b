"""Throughput and tail of a served Backbot under load, beside the least and the usual.

    python bench/load.py INDEX SET [--workers 2] [--connections 4] [--seconds 8] [--rounds 3]
        [--json FILE]

Servers take turns under the same load of wrk over the loopback: Backbot with whole replies, each
made anew; the bare pipeline (`rivals/bare.py`: the same arrays, the encoder as it was published,
and nothing else); the plain script (`rivals/plain.py`: sentence-transformers, faiss and rank-bm25);
and Backbot as it is shipped, which by then remembers the replies to nearly all questions of the
set. Medians over the rounds.
"""

import argparse
import json
import statistics
import time
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np

from backbot.evaluation.sets import read_set
from backbot.index.contents import P_DOCUMENT, P_FIRST, P_LAST, Index
from backbot.index.export import find_checkpoint
from backbot.index.store import open_index
from corpora import CACHE
from processes import Load, Server, ask, backbot_server, memory_of, rival_server, workers_of, wrk
from published import published_encoder
from results import keep

WARM_UP = 30
SYSTEMS = ("backbot", "bare", "plain", "backbot_remembering")


def write_plain(index: Index, folder: Path) -> Path:
    """Write what the plain script reads, out of an index: the same passages and vectors."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "texts.json").write_text(json.dumps(passage_texts(index)))
    np.save(folder / "vectors.npy", index.dense.vectors, allow_pickle=False)
    (folder / "model").write_text(str(find_checkpoint(None)))
    return folder


def write_bare(index: Path, folder: Path) -> Path:
    """Write what the bare pipeline reads: which index, and the encoder as published."""
    published_encoder(folder / "encoder")
    (folder / "index").write_text(str(index.resolve()))
    return folder


def passage_texts(index: Index) -> list[str]:
    """Return each passage as its title and its words."""
    texts = []
    for row in index.passages:
        document = index.documents[int(row[P_DOCUMENT])]
        first, last = index.sentence(int(row[P_FIRST])), index.sentence(int(row[P_LAST]) - 1)
        texts.append(f"{document.title}\n{document.text[first.start : last.end]}")
    return texts


def questions(path: Path) -> list[str]:
    """Return the questions of a set that need no history."""
    return [case.messages[-1] for case in read_set(path) if not case.turns]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("index", type=Path)
    parser.add_argument("set", type=Path)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--connections", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    texts = questions(options.set)
    index = open_index(options.index)
    folders = {
        "bare": write_bare(options.index, CACHE / "bare"),
        "plain": write_plain(index, CACHE / "plain"),
    }

    def start(system: str) -> AbstractContextManager[Server]:
        if system.startswith("backbot"):
            remembers = system == "backbot_remembering"
            return backbot_server(options.index, workers=options.workers, remembers=remembers)
        return rival_server(system, folders[system], workers=options.workers)

    loads: dict[str, list[Load]] = {system: [] for system in SYSTEMS}
    held: dict[str, list[float]] = {system: [] for system in SYSTEMS}
    for _ in range(options.rounds):
        for system in SYSTEMS:
            with start(system) as server:
                ask(server.port, texts[:WARM_UP])
                loads[system].append(
                    wrk(
                        server.port,
                        texts,
                        connections=options.connections,
                        seconds=options.seconds,
                    )
                )
                shares = [memory_of(each).share for each in workers_of(server)]
                held[system].append(sum(shares) + memory_of(server.process.pid).share)
            time.sleep(0.2)
    found: dict[str, Any] = {
        "passages": len(index.passages),
        "workers": options.workers,
        "connections": options.connections,
        **{
            system: {
                **{
                    field: round(
                        statistics.median(getattr(each, field) for each in loads[system]), 2
                    )
                    for field in Load.__struct_fields__
                },
                "memory_mb": round(statistics.median(held[system])),
            }
            for system in SYSTEMS
        },
    }
    found["of_bare_throughput"] = round(
        found["backbot"]["per_second"] / found["bare"]["per_second"], 2
    )
    found["of_plain_throughput"] = round(
        found["backbot"]["per_second"] / found["plain"]["per_second"], 2
    )
    found["of_plain_memory"] = round(found["backbot"]["memory_mb"] / found["plain"]["memory_mb"], 2)
    print(keep(found, options.json))


if __name__ == "__main__":
    main()
