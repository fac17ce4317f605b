"""What of a message is said of now: not negated, not long past, not asked in general.

Each part of `cues` (data/safety/scope.toml) is a concept; the scope of a cue is worked out here.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from backbot.safety.patterns import Match
from backbot.safety.tokens import COMMA, SENTENCE_END, Token

# The concepts of scope.toml that this module reads.
CUES = (
    "negates",
    "negates_behind",
    "ends_negation",
    "new_subject",
    "past",
    "resolved",
    "present",
    "asks_in_general",
    "of_oneself",
    "of_oneself_not",
    "generally",
    "deictic",
)
# What may stand before the question word of a sentence that is a question as a whole.
_BEFORE_QUESTION = frozenset(
    """and but or so also ok okay hi hello hey please thanks well um oh then just quick question
    in fact actually btw by the way sorry for a an my essay homework class course , could you can
    would kindly student nurse here general generally school podcast anyway no yes right another one
    curious i wonder wondering do know tell me explain whether if and""".split()
)
_JOINS_CLAUSES = frozenset(
    {"when", "if", "while", "as", "that", "where", "after", "before", "since"}
)


class Scope(NamedTuple):
    """Which tokens stand in which scope, as bits; a negation also knows where its cue stands."""

    negations: tuple[tuple[int, int], ...]  # (bits of the cue, bits of what it denies)
    past: int
    resolved: int
    general: int
    asks: bool  # some sentence asks, and speaks of nobody in particular

    def denied(self, match: Match) -> bool:
        """Tell whether a negation that is no part of the match itself covers any of it."""
        return any(not cue & match.used and covered & match.used for cue, covered in self.negations)


def read_scope(found: Sequence[Token], cues: Mapping[str, Sequence[Match]]) -> Scope:
    """Return the scopes of a message from its tokens and the matches of each cue."""
    past, resolved = 0, 0
    general = 0
    asks = False
    wide_general = bool(cues["generally"])
    for start, end in _sentences(found):
        bits = _bits(start, end)
        here = {name: [m for m in cues[name] if m.used & bits] for name in CUES}
        leads = False
        for left, right in _segments(start, end, here, found):
            segment = _bits(left, right)
            told = [m for m in here["past"] if m.used & segment]
            if told or leads:
                past |= segment
            # "Ten years ago, I fell": the date opens the sentence and holds for what follows.
            leads = any(right - left <= m.end - m.start + 2 for m in told)
        if here["resolved"]:
            resolved |= bits
        own = any(
            not any(m.used & other.used for other in here["of_oneself_not"])
            for m in here["of_oneself"]
        )
        if own:
            continue
        asks = asks or bool(here["asks_in_general"]) or _marked(found, end)
        if here["deictic"]:
            continue
        if wide_general:
            general |= bits
        elif (asked := _asked_from(found, start, end, here["asks_in_general"])) is not None:
            general |= _bits(asked, end)
    return Scope(tuple(_negations(found, cues)), past, resolved, general, asks)


def _negations(
    found: Sequence[Token], cues: Mapping[str, Sequence[Match]]
) -> Iterator[tuple[int, int]]:
    stops = {m.start for m in cues["ends_negation"]}
    subjects = {m.start for m in cues["new_subject"]}
    for cue in cues["negates"]:
        at = cue.end
        while at < len(found):
            word = found[at].text
            if word == SENTENCE_END or at in stops:
                break
            if at in subjects and at - cue.end >= 1 and found[at - 1].text not in _JOINS_CLAUSES:
                break
            at += 1
        yield cue.used, _bits(cue.end, at)
    for cue in cues["negates_behind"]:
        at = cue.start
        while at > 0 and found[at - 1].text != SENTENCE_END and at - 1 not in stops:
            if found[at - 1].text == COMMA and not _lists(found, at - 1):
                break
            at -= 1
        yield cue.used, _bits(at, cue.start)


def _lists(found: Sequence[Token], comma: int) -> bool:
    """Tell whether a comma stands in a list: "bladder, bowels and legs are fine"."""
    return comma + 2 < len(found) and found[comma + 2].text in (COMMA, "and")


def _sentences(found: Sequence[Token]) -> Iterator[tuple[int, int]]:
    start = 0
    for at, token in enumerate(found):
        if token.text == SENTENCE_END:
            if at > start:
                yield start, at
            start = at + 1
    if start < len(found):
        yield start, len(found)


def _asked_from(found: Sequence[Token], start: int, end: int, asks: Sequence[Match]) -> int | None:
    """Return where a sentence turns to a general question, None if it does not.

    A question opens the sentence, or the sentence ends with a question mark.
    """
    marked = _marked(found, end)
    for ask in sorted(asks):
        before = {found[at].text for at in range(start, ask.start)}
        if before <= _BEFORE_QUESTION or (marked and found[ask.start - 1].text == COMMA):
            return ask.start
    return None


def _marked(found: Sequence[Token], end: int) -> bool:
    """Tell whether the sentence that ends at `end` has a question mark."""
    return end < len(found) and "?" in found[end].written


def _segments(
    start: int, end: int, here: Mapping[str, Sequence[Match]], found: Sequence[Token]
) -> Iterator[tuple[int, int]]:
    """Cut a sentence where it turns to the present ("but now") or a new subject (", he says")."""
    cuts = {m.start for m in here["present"] if start < m.start < end}
    cuts |= {
        m.start for m in here["new_subject"] if m.start > start and found[m.start - 1].text == COMMA
    }
    edges = [start, *sorted(cuts), end]
    yield from pairwise(edges)


def _bits(start: int, end: int) -> int:
    return ((1 << end) - 1) ^ ((1 << start) - 1) if end > start else 0
