"""Replaces a worker that hangs or grows.

gunicorn sees whether a worker's loop runs; a thread that hangs in a request it does not see. This
thread does, and ends the worker, whereupon gunicorn starts another. A worker that holds more memory
than it may is ended politely: it finishes what it has begun.
"""

import itertools
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from backbot.server.metrics import metrics

# How often, in seconds, to look.
LOOK_EVERY = 1.0
# What a worker that hung ends with; gunicorn replaces it whatever it is.
EXIT_HUNG = 70
_STATM = Path("/proc/self/statm")
log = logging.getLogger("backbot.server")


def resident_bytes() -> int:
    """Return how much memory this process holds, what it shares included; 0 if unknown."""
    try:
        return int(_STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return 0


class Watchdog:
    """Watches the requests and the memory of the process that it is started in."""

    def __init__(
        self,
        longest: float,
        most_bytes: int = 0,
        *,
        end_now: Callable[[], None] = lambda: os._exit(EXIT_HUNG),
        end_politely: Callable[[], None] = lambda: os.kill(os.getpid(), signal.SIGTERM),
    ) -> None:
        """Let a request take `longest` seconds, and the process hold `most_bytes` (0: any)."""
        self._longest = longest
        self._most_bytes = most_bytes
        self._end_now = end_now
        self._end_politely = end_politely
        self._begun: dict[int, float] = {}
        self._numbers = itertools.count()
        self._leaving = False

    def start(self) -> None:
        # Made before the first look: by then a server that ends may have cleared their folder away.
        metrics()
        threading.Thread(target=self._watch, name="backbot-watchdog", daemon=True).start()

    @contextmanager
    def request(self) -> Iterator[None]:
        """Watch what is done inside."""
        number = next(self._numbers)
        self._begun[number] = time.monotonic()
        try:
            yield
        finally:
            self._begun.pop(number, None)

    def look(self) -> None:
        """Look once."""
        oldest = min(list(self._begun.values()), default=None)
        if oldest is not None and time.monotonic() - oldest > self._longest:
            log.error("A request took more than %s seconds; replacing the worker", self._longest)
            metrics().replaced.labels("hung").inc()
            sys.stderr.flush()
            self._end_now()
        held = resident_bytes()
        metrics().memory.set(held)
        if self._most_bytes and held > self._most_bytes and not self._leaving:
            self._leaving = True
            log.warning("The worker holds %s MB; replacing it", held // 1_000_000)
            metrics().replaced.labels("memory").inc()
            self._end_politely()

    def _watch(self) -> None:
        while True:
            time.sleep(LOOK_EVERY)
            self.look()
