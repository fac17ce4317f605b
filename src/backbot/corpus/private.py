"""Taking out of a reader's letter what could tell who wrote it.

Names cannot be told from other words with certainty. What looks like one and could not be judged
is reported, so that a person can look before anybody else does.
"""

import re
from collections.abc import Collection
from typing import NamedTuple

GAP = "[…]"

_EMAIL = re.compile(
    r"[\w.+%-]+\s?@\s?[\w-]+(?:\.[\w-]+)+|\b[\w.+-]+ ?\(at\) ?[\w-]+(?: ?\(dot\) ?|\.)\w+", re.I
)
_ADDRESS = re.compile(
    r"\b(?:https?://|www\.)\S+|\b[\w-]+\.(?:com|net|org|info|co\.uk|io)\b(?:/\S*)?", re.I
)
_HANDLE = re.compile(r"(?<![\w@])@\w{2,}")
_IP = re.compile(r"\b(?:\d{1,3}\.){3}\d{1,3}\b|\b(?:[0-9a-f]{1,4}:){3,7}[0-9a-f]{1,4}\b", re.I)
_PHONE = re.compile(
    r"(?<![\w.])(?:\+\d{1,3}[\s.-]?)?(?:\(\d{2,5}\)[\s.-]?)?\d{2,5}(?:[\s.-]\d{2,5}){1,4}(?!\w)"
)
_NUMBER = re.compile(r"(?<!\d)\d{7,}(?!\d)")
_BIRTH = re.compile(
    r"\b(?:born|dob|d\.o\.b\.?|date of birth)\b[^.?!\n]{0,12}?\d[\d/. -]*\w*(?:[ ,]+\d{4})?", re.I
)
_STREET = re.compile(
    r"\b\d{1,5}\s+(?:[A-Z][\w'’]+\s+){1,3}(?:Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Dr|Court|"
    r"Ct|"
    r"Way|Close|Place|Boulevard|Blvd)\b\.?"
)
_POSTCODE = re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]?\s?\d[A-Z]{2}\b|\b[A-Z]{2}\s\d{5}(?:-\d{4})?\b")

_NAME = r"(?:[A-Z]\.(?=\s)|[^\W\d_a-zà-ÿ][\w'’-]*)"
_NAMES = rf"{_NAME}(?:\s+{_NAME}){{0,2}}"
_TITLED = re.compile(rf"\b(Drs?|Mr|Mrs|Ms|Miss|Prof|Professor|Doctor|Nurse|Sister)\b\.?\s+{_NAMES}")
_RELATION = re.compile(
    r"\b((?:my|our|his|her)\s+(?:\w+\s+)?(?:husband|wife|son|daughter|friend|mom|mum|mother|dad|"
    r"father|"
    r"brother|sister|partner|boyfriend|girlfriend|boss|doctor|therapist|chiropractor|physio|"
    r"surgeon|"
    rf"nephew|niece|cousin|uncle|aunt|neighbou?r|trainer|coach)(?:\s+named|\s+called|"
    rf",)?)\s+(?-i:{_NAMES})",
    re.I,
)
_INTRODUCED = re.compile(
    rf"\b((?i:my name is|my name’s|my name's|this is|i am called|call me|signed))[\s:]+{_NAMES}"
    rf"|\b((?i:i am|i’m|i'm))\s+(?!(?:I|OK|A|AN|NOT|SO)\b){_NAMES}(?=\s*(?:,|\.|!|\band\b|"
    rf"\bfrom\b|\bhere\b))"
)
_HERE = re.compile(rf"(?m)^\s*{_NAMES}\s+here\s*[,.!:–-]+\s*")
_PLACE = re.compile(
    rf"\b((?i:live|living|lives|based|here|work|working|born|moved|am|i’m|i'm|moving|"
    rf"back)\s+(?i:in|from|to|near)|"
    rf"(?i:from|greetings from|hello from))\s+{_NAMES}(?:,\s*{_NAMES})?"
)
# What ends an address at the head of a letter.
_STOP = r"\s*(?:[,!:–—]+|\.(?=\s)|-(?=\s))\s*"
_GREETING = re.compile(
    r"^\W*(?:hi|hello|hey|dear|thanks|thank you|good (?:morning|evening|day|afternoon)|"
    r"greetings|welcome|sorry)\b(?:\s+(?:again|so much|there|all|everyone))*\s*,?\s*"
    rf"(?-i:{_NAMES})?{_STOP}",
    re.I,
)
_CLOSING = re.compile(
    r"^\W*(?:best|kind|warm|many|all|yours|with|warmest|lots of)?\s*(?:thanks|thank you|regards|"
    r"wishes|cheers|love|sincerely|"
    r"truly|blessings|hugs|take care|best|xo+|hope (?:this|that) helps)(?:\s+(?:in advance|so "
    r"much|again|very much|truly|a lot|the best))?\W*"
    rf"(?-i:{_NAMES})?\W*$",
    re.I,
)
_SIGNATURE = re.compile(rf"^\s*[-–—~*]*\s*{_NAMES}\s*(?:[,.]?\s*{_NAMES})?\s*[-–—~*.]*\s*$")
_SIGNED = re.compile(rf"\s+[~–—-]+\s*{_NAMES}\W*$")
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
    for pattern in (_EMAIL, _ADDRESS, _HANDLE, _IP, _BIRTH, _STREET, _POSTCODE):
        kept = pattern.sub(GAP, kept)
    kept = _PHONE.sub(_unless_small, kept)
    kept = _NUMBER.sub(GAP, kept)
    kept = _HERE.sub("", kept)
    for pattern in (_TITLED, _RELATION, _PLACE):
        kept = pattern.sub(rf"\1 {GAP}", kept)
    kept = _INTRODUCED.sub(lambda match: f"{match.group(1) or match.group(2)} {GAP}", kept)
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
