"""One line of the journal: what was asked and what came of it, never by whom."""

from datetime import datetime
from enum import StrEnum

import msgspec

from backbot.model import Kind, Level


class Mode(StrEnum):
    """How much a journal keeps: nothing, everything but words, or words without personal data."""

    OFF = "off"
    COUNTS = "counts"
    TEXT = "text"


class Reason(StrEnum):
    """Why a reply did not help."""

    DID_NOT_ANSWER = "did_not_answer"
    WRONG = "wrong"
    UNSAFE = "unsafe"
    UNCLEAR = "unclear"
    OTHER = "other"


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One reply, and what its reader said of it.

    `reply` is the reply's opaque ID, `at` when it was made (UTC, to the second), `index` the
    version it was made from. `question` is what the message was understood as, without personal
    data; None where no words are kept. `suggested` are the questions offered beside the reply.
    `helpful`, `reason` and `note` (without personal data too) are None until a reader judges it.
    """

    reply: str
    at: datetime
    kind: Kind
    index: str
    cited: tuple[str, ...] = ()
    confidence: float | None = None
    notice: Level | None = None
    category: str | None = None
    question: str | None = None
    suggested: tuple[str, ...] = ()
    helpful: bool | None = None
    reason: Reason | None = None
    note: str | None = None

    def __post_init__(self) -> None:
        if self.at.tzinfo is None:
            raise ValueError("a time without its zone could be any")


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """How a journal fares: `mode`, `place` (without a password), how many lines this process wrote
    and lost since it began, and why it lost the last one, None if it lost none."""

    mode: Mode
    place: str
    written: int = 0
    lost: int = 0
    why: str | None = None
