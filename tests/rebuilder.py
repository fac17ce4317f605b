"""Begins rebuilds in processes of their own and kills them, as a test tells it to.

Started as `rebuilder.py CHECKPOINT INDEX`. A line of stdin, `CORPUS SECONDS`, has the corpus
rebuilt in a child that is killed after so long; the answer is `killed` or `done`. What takes long
to import is imported once, and the child is forked before any of it has run.
"""

import contextlib
import os
import signal
import sys
import time
from pathlib import Path

from backbot.rebuild import rebuild_index
from support import small_bank


def begin(corpus: Path, root: Path, checkpoint: str) -> int:
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        with small_bank(), contextlib.suppress(KeyboardInterrupt):
            rebuild_index(corpus, root, model=checkpoint)
            status = 0
    finally:
        os._exit(status)


def main() -> None:
    checkpoint, root = sys.argv[1], Path(sys.argv[2])
    for line in sys.stdin:
        corpus, _, seconds = line.strip().rpartition(" ")
        child = begin(Path(corpus), root, checkpoint)
        deadline = time.monotonic() + float(seconds)
        ended = 0
        while not ended and time.monotonic() < deadline:
            time.sleep(0.001)
            ended, status = os.waitpid(child, os.WNOHANG)
        if not ended:
            os.kill(child, signal.SIGKILL)
            _, status = os.waitpid(child, 0)
        print("killed" if os.WIFSIGNALED(status) else f"done {status}", flush=True)


if __name__ == "__main__":
    main()
