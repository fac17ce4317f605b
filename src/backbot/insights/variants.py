"""Entries that ask in the same words, taken together before meanings are compared."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from backbot.journal.model import Entry
from backbot.text.clean import fold
from backbot.text.terms import terms

# A text of so many words that comes again word for word comes from the same reader.
LONG = 9
_HOUR = 3600


class Variant(NamedTuple):
    """Questions of the same terms in any order; `key` stands for those terms."""

    key: str
    entries: list[Entry]

    @property
    def text(self) -> str:
        """The question as it was asked first."""
        return self.entries[0].question or ""


def variants(entries: Iterable[Entry]) -> list[Variant]:
    """Return the entries that hold words by their terms, in the order of their first one."""
    found: dict[str, Variant] = {}
    for entry in entries:
        if entry.question:
            key = " ".join(sorted(set(terms(entry.question)))) or fold(entry.question)
            found.setdefault(key, Variant(key, [])).entries.append(entry)
    return list(found.values())


def askers(group: Sequence[Variant]) -> int:
    """Return how many readers seem to have asked: nobody is known, so this is an estimate.

    The same words (in any order) within one hour count once, as does a text of `LONG` words and
    more however often it comes word for word.
    """
    seen: set[tuple[str, int]] = set()
    for variant in group:
        for entry in variant.entries:
            question = entry.question or ""
            long = len(question.split()) >= LONG
            seen.add((fold(question), -1) if long else (variant.key, _hour(entry.at)))
    return len(seen)


def _hour(at: datetime) -> int:
    return int(at.timestamp()) // _HOUR
