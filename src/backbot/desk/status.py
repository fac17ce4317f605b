"""How a rebuild that runs in a process of its own is getting on: a small file beside the index."""

import datetime
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import msgspec

from backbot.corpus.ledger import replace
from backbot.desk.stages import STAGES
from backbot.guard.examine import Report

if TYPE_CHECKING:
    from backbot.rebuild import Rebuilt

FILE = "rebuild-status.json"
# How often, in seconds, steps within a stage are written down.
_EVERY = 0.2


class Status(msgspec.Struct, kw_only=True):
    """Where a rebuild is. `done` of `total` steps of `stage` are over; `problem` says in a sentence
    why it `failed`. At its end there is the `version` made, whether it is `published`, the version
    `before` it, and the `report` on it."""

    state: Literal["running", "done", "failed"] = "running"
    process: int = 0
    began: datetime.datetime
    ended: datetime.datetime | None = None
    stage: str = ""
    stages_done: int = 0
    done: int = 0
    total: int = 0
    problem: str | None = None
    version: str | None = None
    before: str | None = None
    published: bool = False
    documents: int = 0
    report: Report = Report()

    @property
    def share(self) -> float:
        """How much of the rebuild is over, from 0 to 1; stages count alike."""
        within = self.done / self.total if self.total else 0.0
        return min(1.0, (max(0, self.stages_done - 1) + within) / len(STAGES))


def read_status(root: Path) -> Status | None:
    """Return how the last rebuild that was begun from the desk stands, None for none."""
    try:
        status = msgspec.json.decode((root / FILE).read_bytes(), type=Status)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return None
    if status.state == "running" and not _runs(status.process):
        status.state = "failed"
        status.problem = "The rebuild was ended before it was done; the index is as it was before."
    return status


def begin(root: Path) -> None:
    """Write down that a rebuild is about to begin, by the process that starts it."""
    _put(root, Status(process=os.getpid(), began=_now()))


def fail_unless_begun(root: Path) -> None:
    """Write down that the rebuild which this process started ended before it could say anything."""
    status = read_status(root)
    if status is not None and status.state == "running" and status.process == os.getpid():
        status.state, status.ended = "failed", _now()
        status.problem = "The rebuild could not begin; the server's log says why."
        _put(root, status)


class StatusFile:
    """A rebuild's progress that writes itself into the folder `root`."""

    def __init__(self, root: Path, before: str | None) -> None:
        self._root = root
        self._status = Status(process=os.getpid(), began=_now(), before=before)
        self._written = 0.0
        self._write()

    def stage(self, name: str, total: int) -> None:
        """Begin a stage of `total` steps."""
        self._status.stage = STAGES.get(name, name)
        self._status.stages_done += 1
        self._status.done, self._status.total = 0, total
        self._write()

    def advance(self) -> None:
        """Count one step."""
        self._status.done += 1
        if time.monotonic() - self._written > _EVERY:
            self._write()

    def finish(self, rebuilt: "Rebuilt") -> None:
        """Write down what came of it."""
        self._status.state = "done"
        self._status.version = rebuilt.version
        self._status.published = rebuilt.published
        self._status.documents = rebuilt.documents
        self._status.report = rebuilt.report
        self._end()

    def fail(self, problem: str) -> None:
        """Write down, in a sentence, why nothing came of it."""
        self._status.state = "failed"
        self._status.problem = problem
        self._end()

    def _end(self) -> None:
        self._status.ended = _now()
        self._write()

    def _write(self) -> None:
        _put(self._root, self._status)
        self._written = time.monotonic()


def _put(root: Path, status: Status) -> None:
    root.mkdir(parents=True, exist_ok=True)
    replace(root / FILE, msgspec.json.encode(status))


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _now() -> datetime.datetime:
    return datetime.datetime.now(tz=datetime.UTC)
