"""What `backbot doctor` tells of the journal."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from backbot.errors import JournalError
from backbot.journal.address import OFF
from backbot.journal.journal import Journal
from backbot.journal.model import Mode
from backbot.journal.troubles import sentence

# Lines that were lost longer ago than this need no mending any more.
_RECENT = timedelta(days=7)


class JournalState(msgspec.Struct, frozen=True, kw_only=True):
    """How a journal fares: `entries` it holds (None: it cannot be read, or is not there yet), and
    `lost` lines of the last week. `problem` and `mend` are sentences, None where all is well."""

    place: str
    mode: Mode
    days: int
    entries: int | None = None
    lost: int = 0
    why: str | None = None
    problem: str | None = None
    mend: str | None = None


def examine(journal: Journal) -> JournalState:
    """Return how `journal` fares; raises nothing on account of it."""
    state = JournalState(place=journal.place, mode=journal.mode, days=journal.keep.days)
    if journal.place == OFF:
        return state
    path = journal.path
    if path is not None and (blocked := _blocked(path)):
        return msgspec.structs.replace(
            state,
            problem=f"The journal at {path} cannot be written: {blocked}.",
            mend="Let the server write there, or name another place by BACKBOT_JOURNAL; until "
            "then readers are answered, and what they ask is lost.",
        )
    if path is not None and not path.exists():
        return state
    try:
        count = journal.count()
        recent = [loss for loss in journal.losses() if loss.at >= datetime.now(UTC) - _RECENT]
    except JournalError as error:
        problem, _, mend = str(error).rpartition("; ")
        return msgspec.structs.replace(
            state, problem=f"{problem}.", mend=mend[:1].upper() + mend[1:]
        )
    finally:
        journal.close()
    lost = sum(loss.lines for loss in recent)
    state = msgspec.structs.replace(state, entries=count, lost=lost)
    if not lost:
        return state
    why = recent[0].why
    return msgspec.structs.replace(
        state,
        why=why,
        problem=f"The journal lacks {lost:,} lines of the last week: {sentence(why)}.",
        mend="Mend that if it lasts; readers were answered all the same.",
    )


def _blocked(path: Path) -> str | None:
    """Return why `path` cannot be written, None if it can be as far as one sees."""
    if path.exists():
        return None if path.is_file() and os.access(path, os.W_OK) else sentence("read_only")
    folder = path.parent
    while not folder.exists():
        folder = folder.parent
    if folder.is_dir() and os.access(folder, os.W_OK | os.X_OK):
        return None
    return sentence("read_only")
