"""Pins: questions that the owner has given an answer by hand, in `corpus/pins.toml`.

[[pin]]
question = "do flat feet cause neck pain?"
document = "do-flat-feet-cause-upper-back-pain"
words = "Flat feet can add to neck pain."   # optional: the very words of the document to quote
"""

from pathlib import Path

import msgspec

from backbot.corpus.owned import read_owned
from backbot.model import MAX_MESSAGE_LENGTH

FILE = "pins.toml"


class Pin(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A question, the document that answers it and, if given, the words of it to quote."""

    question: str
    document: str
    words: str | None = None

    def __post_init__(self) -> None:
        if not 0 < len(self.question.strip()) <= MAX_MESSAGE_LENGTH:
            raise ValueError("a question has 1 to 2,000 characters")
        if self.words is not None and not self.words.strip():
            raise ValueError("`words` is empty; leave the line out to quote what fits best")


class Pinned(msgspec.Struct, frozen=True, array_like=True):
    """A pin bound to the documents of an index: `document` is a row, `start` to `end` are code
    points of its text, both 0 where the pin names no words."""

    question: str
    document: int
    start: int = 0
    end: int = 0


class _File(msgspec.Struct, forbid_unknown_fields=True):
    pin: tuple[Pin, ...] = ()


def read_pins(corpus: Path) -> tuple[Pin, ...]:
    """Return the pins of the corpus, none if it has no such file; raises `CorpusError`."""
    advice = 'Write [[pin]], a line question = "..." and a line document = "a-document".'
    return read_owned(corpus / FILE, _File, advice).pin
