"""A place for each question that is being answered, and a bounded queue before them.

Answering is work for the processor: more questions at once make each slower and none faster. What
does not find room in the queue, or waits too long in it, is told at once to come back, which is
kinder than a page that never loads.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from backbot.errors import BusyError
from backbot.server.metrics import metrics

# How long, in seconds, a question waits for its turn.
PATIENCE = 2.0


class Admission:
    """Lets `at_once` questions in at a time, and `waiting` more wait for at most `patience`
    seconds."""

    def __init__(self, at_once: int, waiting: int, patience: float = PATIENCE) -> None:
        self._turns = threading.BoundedSemaphore(at_once)
        self._room = threading.BoundedSemaphore(at_once + waiting)
        self._patience = patience

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for a turn and keep it; raises `BusyError` where there is none to be had."""
        if not self._room.acquire(blocking=False):
            raise _busy()
        try:
            with metrics().stage("wait"):
                mine = self._turns.acquire(timeout=self._patience)
            if not mine:
                raise _busy()
            try:
                yield
            finally:
                self._turns.release()
        finally:
            self._room.release()


def _busy() -> BusyError:
    return BusyError(
        "Many readers are asking right now; please try again in a moment. "
        "In an emergency, ring your local emergency number."
    )
