"""Cold start and memory of a served Backbot.

    python bench/start.py INDEX SET [--rounds 5] [--json FILE]

From the command to the first yes of `/readyz`, in seconds of the clock; and what each worker holds
when it has answered every question of the set: one worker by itself, then two side by side.
"""

import argparse
import statistics
from pathlib import Path

from backbot.index.store import open_index
from load import questions
from processes import Memory, ask, backbot_server, memory_of, workers_of, wrk
from results import keep

SECONDS = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("index", type=Path)
    parser.add_argument("set", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    texts = questions(options.set)
    ready = []
    for _ in range(options.rounds):
        with backbot_server(options.index, workers=1) as server:
            ready.append(server.ready)
    with backbot_server(options.index, workers=1) as server:
        ask(server.port, texts)
        first = memory_of(workers_of(server)[0])
        parent = memory_of(server.process.pid)
    two: list[Memory] = []
    with backbot_server(options.index, workers=2) as server:
        wrk(server.port, texts, connections=4, seconds=SECONDS)
        two = [memory_of(each) for each in workers_of(server)]
        altogether = sum(each.share for each in two) + memory_of(server.process.pid).share
    found = {
        "passages": len(open_index(options.index).passages),
        "ready_s": round(statistics.median(ready), 2),
        "ready_slowest_s": round(max(ready), 2),
        "first_worker_mb": first.resident,
        "parent_mb": parent.resident,
        "further_worker_private_mb": max(each.private for each in two),
        "two_workers_altogether_mb": round(altogether),
    }
    print(keep(found, options.json))


if __name__ == "__main__":
    main()
