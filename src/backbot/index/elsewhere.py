"""Questions about something else: what an index learns "not covered here" from."""

import tomllib
from importlib.resources import files

import msgspec

from backbot.index.wording import Wording
from backbot.text.terms import words


class _Entry(msgspec.Struct, forbid_unknown_fields=True):
    topic: str
    # The words that make it something else: a corpus that uses all of them may well cover it.
    key: list[str]
    question: str


def bank_questions() -> list[str]:
    """Return every question of the bank."""
    return [each.question for each in _bank()]


def everyday_questions() -> frozenset[str]:
    """Return the questions of the bank that are not about health at all."""
    return frozenset(each.question for each in _bank() if each.topic == "everyday")


def read_elsewhere(wording: Wording) -> list[str]:
    """Return the questions of the bank that a corpus of this wording does not cover."""
    return [each.question for each in _bank() if not _covered(each, wording)]


def _bank() -> list[_Entry]:
    bank = tomllib.loads((files("backbot") / "data" / "elsewhere.toml").read_text("utf-8"))
    return msgspec.convert(bank["elsewhere"], list[_Entry])


def _covered(entry: _Entry, wording: Wording) -> bool:
    return all(word in wording.words for key in entry.key for word in words(key))
