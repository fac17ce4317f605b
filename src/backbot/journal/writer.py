"""The one thread of a process that writes its journal, so that no reader ever waits for a disk.

Lines wait in a bounded queue. What cannot be written is tried again for a while, then counted as
lost; the count is written into the journal itself as soon as that can be written again.
"""

import atexit
import contextlib
import logging
import os
import queue
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from backbot.journal.store import Judgement, Line, Loss, Store
from backbot.journal.troubles import name_of

# So many lines may wait; a thousand replies are half a minute of a very busy server.
QUEUE_LENGTH = 1000
BATCH = 200
# How often a batch is tried, and how long to wait before the second time, in seconds; each wait is
# twice the one before.
TRIES = 4
FIRST_WAIT = 0.5
# How often what is too old is taken out, in seconds.
PRUNE_EVERY = 3600.0
# How long a process that ends waits for what is still to be written, in seconds.
LAST_WAIT = 3.0

# Makes what is written from what was handed over: heavy work, done off the reader's way.
Job = Callable[[], Line | Judgement]
log = logging.getLogger("backbot.journal")


class _Stop:
    """Ends the thread when it has written what came before."""


_STOP: Final = _Stop()


class Writer:
    """Writes what `put` hands over into `store`, in the order in which it came."""

    def __init__(self, store: Store, keep: timedelta) -> None:
        self.written = 0
        self.lost = 0
        self.why: str | None = None
        self._store = store
        self._keep = keep
        self._untold = 0
        self._thread: threading.Thread | None = None
        self._renew()

    def put(self, job: Job) -> None:
        """Hand over one line; never waits and never raises."""
        try:
            if self._pid != os.getpid():
                self._renew()
            if self._thread is None:
                self._start()
            self._queue.put_nowait(job)
        except queue.Full:
            self._lose(1, "too_slow")
        except Exception as error:
            self._lose(1, name_of(error))

    def flush(self, timeout: float = LAST_WAIT) -> bool:
        """Wait until all that was handed over is written or lost; tell whether it is."""
        deadline = time.monotonic() + timeout
        while self._queue.unfinished_tasks and time.monotonic() < deadline:
            time.sleep(0.005)
        return not self._queue.unfinished_tasks

    def close(self, timeout: float = LAST_WAIT) -> None:
        """Write what waits, and end the thread."""
        thread = self._thread
        if thread is None or self._pid != os.getpid():
            return
        self._closing.set()
        with contextlib.suppress(queue.Full):
            self._queue.put_nowait(_STOP)
        thread.join(timeout)
        if thread.is_alive() and (left := self._queue.qsize()):
            log.warning("The journal loses %d lines: this process ends.", left)
        self._thread = None

    def _renew(self) -> None:
        """Begin afresh: in a process that was forked, threads and locks of the old one are void."""
        self._pid = os.getpid()
        self._lock = threading.Lock()
        self._queue: queue.Queue[Job | _Stop] = queue.Queue(QUEUE_LENGTH)
        self._thread = None
        self._closing = threading.Event()

    def _start(self) -> None:
        with self._lock:
            if self._thread is None:
                thread = threading.Thread(target=self._run, name="journal", daemon=True)
                thread.start()
                self._thread = thread
                atexit.register(self.close)

    def _run(self) -> None:
        next_prune = time.monotonic()
        while True:
            if time.monotonic() >= next_prune and self._queue.empty():
                self._prune()
                next_prune = time.monotonic() + PRUNE_EVERY
            jobs, stop = self._take(max(0.05, next_prune - time.monotonic()))
            lines = [line for job in jobs if (line := self._made(job)) is not None]
            if lines:
                self._write(lines)
            for _ in range(len(jobs) + stop):
                self._queue.task_done()
            if stop:
                self._store.close()
                return

    def _take(self, timeout: float) -> tuple[list[Job], bool]:
        """Return what waits, up to a batch, and whether it is the last."""
        jobs: list[Job] = []
        with contextlib.suppress(queue.Empty):
            job = self._queue.get(timeout=timeout)
            while not isinstance(job, _Stop):
                jobs.append(job)
                if len(jobs) == BATCH:
                    return jobs, False
                job = self._queue.get_nowait()
            return jobs, True
        return jobs, False

    def _made(self, job: Job) -> Line | Judgement | None:
        try:
            return job()
        except Exception as error:
            self._lose(1, name_of(error))
            return None

    def _write(self, lines: list[Line | Judgement]) -> None:
        told = self._untold
        loss = [Loss(datetime.now(UTC), told, self.why or "unknown")] if told else []
        wait = FIRST_WAIT
        for attempt in range(TRIES):
            try:
                self._store.write([*lines, *loss])
            except Exception as error:
                trouble = name_of(error)
                self._store.close()
                if attempt + 1 == TRIES or self._closing.is_set():
                    self._lose(len(lines), trouble)
                    return
                self._closing.wait(wait)
                wait *= 2
            else:
                self.written += len(lines)
                with self._lock:
                    self._untold -= told
                return

    def _prune(self) -> None:
        try:
            self._store.prune(datetime.now(UTC) - self._keep)
        except Exception as error:
            # Nothing is lost by it; the next write will say what is wrong, if anything still is.
            log.warning("The journal could not be pruned: %s", name_of(error))
            self._store.close()

    def _lose(self, lines: int, why: str) -> None:
        with self._lock:
            first = self.why != why
            self.lost += lines
            self._untold += lines
            self.why = why
        if first:
            log.error("The journal loses lines: %s; replies go on.", why)
