"""Taking out of a reader's letter what could tell who wrote it.

Names cannot be told from other words with certainty. What looks like one and could not be judged
is reported, so that a person can look before anybody else does.
"""

import re
from collections.abc import Collection
from typing import NamedTuple

from backbot.text.private import (
    ADDRESS,
    BIRTH,
    EMAIL,
    GAP,
    HANDLE,
    INTRODUCED,
    IP,
    NAMES,
    NUMBER,
    PHONE,
    PLACE,
    POSTCODE,
    RELATION,
    STREET,
    TITLED,
)

_HERE = re.compile(rf"(?m)^\s*{NAMES}\s+here\s*[,.!:–-]+\s*")
# What ends an address at the head of a letter.
_STOP = r"\s*(?:[,!:–—]+|\.(?=\s)|-(?=\s))\s*"
_GREETING = re.compile(
    r"^\W*(?:hi|hello|hey|dear|thanks|thank you|good (?:morning|evening|day|afternoon)|"
    r"greetings|welcome|sorry)\b(?:\s+(?:again|so much|there|all|everyone))*\s*,?\s*"
    rf"(?-i:{NAMES})?{_STOP}",
    re.I,
)
_CLOSING = re.compile(
    r"^\W*(?:best|kind|warm|many|all|yours|with|warmest|lots of)?\s*(?:thanks|thank you|regards|"
    r"wishes|cheers|love|sincerely|"
    r"truly|blessings|hugs|take care|best|xo+|hope (?:this|that) helps)(?:\s+(?:in advance|so "
    r"much|again|very much|truly|a lot|the best))?\W*"
    rf"(?-i:{NAMES})?\W*$",
    re.I,
)
_SIGNATURE = re.compile(rf"^\s*[-–—~*]*\s*{NAMES}\s*(?:[,.]?\s*{NAMES})?\s*[-–—~*.]*\s*$")
_SIGNED = re.compile(rf"\s+[~–—-]+\s*{NAMES}\W*$")
_SENTENCE = re.compile(r"(?<=[.!?…])[\"”’)]*\s+|\n+")
_WORD = re.compile(r"[^\W\d_][\w'’-]*")
# Words with a capital that name nobody.
_COMMON = frozenset(
    "i i'm i've i'd i'll monday tuesday wednesday thursday friday saturday sunday january "
    "february march "
    "april may june july august september october november december english american british god "
    "christmas easter internet google youtube facebook pilates yoga tylenol advil aleve ibuprofen "
    "dr mr mrs ms miss prof doctor achilles swiss epsom ok tv pt mri ct xray x-ray nsaid nsaids "
    "gp er thai covid velcro mckenzie".split()
)
# What is left of "my name is X and I live in Y" without X and Y.
_INTRODUCING = frozenset(
    "i am i'm i’m im my name is and from here live in this the a an me call hi hello there at on "
    "or "
    "e-mail email phone number you can reach contact please address".split()
)


class Redacted(NamedTuple):
    """A text without what tells who wrote it; `doubts` are words that may still be names."""

    text: str
    doubts: tuple[str, ...]


def redact(text: str, names: Collection[str] = (), known: Collection[str] = ()) -> Redacted:
    """Return `text` without the writer's identifying words, each replaced by “[…]” or gone.

    `names` are names to take out wherever they stand with a capital; `known` are words, folded,
    that name nobody, such as those of the article. Greetings and signatures go as a whole.
    """
    lines = text.split("\n")
    lines = _without_signature(lines)
    kept = "\n".join(lines)
    named = sorted({word for each in names for word in _WORD.findall(each)})
    kept = _SIGNED.sub("", _GREETING.sub("", kept, count=1))
    if named:
        kept = re.sub(rf"^\W*(?:{'|'.join(map(re.escape, named))}){_STOP}", "", kept, flags=re.I)
    for pattern in (EMAIL, ADDRESS, HANDLE, IP, BIRTH, STREET, POSTCODE):
        kept = pattern.sub(GAP, kept)
    kept = PHONE.sub(_unless_small, kept)
    kept = NUMBER.sub(GAP, kept)
    kept = _HERE.sub("", kept)
    for pattern in (TITLED, RELATION, PLACE):
        kept = pattern.sub(rf"\1 {GAP}", kept)
    kept = INTRODUCED.sub(lambda match: f"{match.group(1) or match.group(2)} {GAP}", kept)
    for name in named:
        if len(name) > 1 and name.casefold() not in _COMMON and name.casefold() not in known:
            kept = re.sub(rf"(?<!\w){re.escape(name[0].upper() + name[1:])}(?!\w)", GAP, kept)
    kept = _tidy(_without_introductions(kept))
    return Redacted(kept, _doubts(kept, known))


def _without_signature(lines: list[str]) -> list[str]:
    """Return `lines` without the closing and the names at their end."""
    kept = [line.rstrip() for line in lines]
    while kept:
        last = kept[-1].strip()
        if last and not _CLOSING.match(last) and not (len(kept) > 1 and _SIGNATURE.match(last)):
            break
        kept.pop()
    return kept or [line for line in lines if line.strip()][:1]


def _without_introductions(text: str) -> str:
    """Return `text` without the sentences that only say who writes and from where."""
    lines = []
    for line in text.split("\n"):
        pieces = re.split(r"(?<=[.!])(\s+)", line)
        kept = [
            piece
            for piece in pieces
            if not (GAP in piece and set(_WORD.findall(piece.casefold())) <= _INTRODUCING)
        ]
        lines.append("".join(kept))
    return "\n".join(lines)


def _unless_small(match: re.Match[str]) -> str:
    """A run of figures is a phone number from seven on; "3 to 5", "10 000" or a year are none."""
    digits = sum(character.isdigit() for character in match.group())
    return GAP if digits >= 7 else match.group()


def _tidy(text: str) -> str:
    text = re.sub(r"(?:\[…\][\s,]*){2,}", GAP + " ", text)
    text = re.sub(r"\[…\]\s+([,.;:!?])", GAP + r"\1", text)
    text = re.sub(r"[ \t]+", " ", text)
    text = "\n".join(line.strip() for line in text.split("\n")).strip()
    return text[:1].upper() + text[1:]


def _doubts(text: str, known: Collection[str]) -> tuple[str, ...]:
    """Return the words inside sentences that have a capital for no reason that is known."""
    doubts = []
    for sentence in _SENTENCE.split(text):
        words = list(_WORD.finditer(sentence))
        for word in words[1:]:
            spelled = word.group().removesuffix("'s").removesuffix("’s")
            folded = spelled.casefold().replace("’", "'")
            if (
                spelled[0].isupper()
                and not spelled.isupper()
                and folded not in _COMMON
                and folded not in known
            ):
                doubts.append(spelled)
    return tuple(dict.fromkeys(doubts))
