"""Taking personal data out of a question before it is written down anywhere.

A question in a journal is for statistics and for the owner's eyes, so it is better to take out a
word too many than a name too few. Nothing finds every name: `docs/journal.md` says what this finds.
"""

import re
import unicodedata
from functools import cache
from itertools import takewhile
from pathlib import Path

from phonenumbers import Leniency, PhoneNumberMatcher

from backbot.text.private import (
    ADDRESS,
    EMAIL,
    GAP,
    HANDLE,
    INTRODUCED,
    IP,
    NAMES,
    PLACE,
    POSTCODE,
    RELATION,
    STREET,
    TITLED,
)
from backbot.text.terms import STOP_WORDS

NAMES_FILE = Path(__file__).parents[1] / "data" / "private" / "given_names.txt"
# Countries whose way of writing telephone numbers without a country's code is known here.
REGIONS = ("GB", "US")
_ENOUGH_DIGITS = 7
_MONTHS = (
    "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|"
    "sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?"
)
# Digits with what people put between them: telephone, card, account and health-service numbers.
_DIGITS = re.compile(r"(?<![\w.])[+(]{0,2}\d(?:[\s().\-–/_]{0,3}\d){6,}(?!\w)")
_YEARS = re.compile(r"(?:19|20)\d\d\s?[-–/]\s?(?:19|20)\d\d")
_DATE = re.compile(
    r"\b\d{1,2}([/.-])\d{1,2}\1(?:\d{4}|\d{2})\b"
    rf"|\b\d{{1,2}}(?:st|nd|rd|th)?(?:\s+of)?\s+(?:{_MONTHS})\b\.?,?(?:\s+\d{{4}})?"
    rf"|\b(?:{_MONTHS})\.?\s+\d{{1,2}}(?:st|nd|rd|th)?\b(?:,?\s+\d{{4}})?",
    re.I,
)
_BORN = re.compile(
    r"\b(?:born|birthday|birth\s?date|date of birth|d\.?o\.?b\.?)\b[^.?!\n\d]{0,16}?"
    rf"(?:\d{{1,2}}[/. -]\d{{1,2}}[/. -]\d{{2,4}}|(?:\d{{1,2}}(?:st|nd|rd|th)?\s+(?:of\s+)?)?"
    rf"(?:{_MONTHS})\b(?:\s+\d{{1,2}}(?:st|nd|rd|th)?\b)?(?:,?\s+\d{{4}})?|\d{{4}}\b)",
    re.I,
)
# Numbers of people: British national insurance, American Medicare, and whatever is called one.
_NATIONAL = re.compile(
    r"\b[A-Z]{2}\s?\d{2}\s?\d{2}\s?\d{2}\s?[A-D]\b"
    r"|\b[1-9][A-Z][A-Z0-9]\d-?[A-Z][A-Z0-9]\d-?[A-Z]{2}\d{2}\b"
    # A British postcode in small letters.
    r"|\b[A-Z]{1,2}\d[A-Z\d]?\s\d[A-Z]{2}\b",
    re.I,
)
_CALLED = re.compile(
    r"\b(nhs|ssn|social security|national insurance|ni|patient|hospital|mrn|chart|policy|"
    r"member(?:ship)?|account|insurance|medicare|medicaid|passport|licen[cs]e|reference|ref|case|"
    r"claim|card|customer|order)\b((?:\s+(?:number|no\.?|num|id|ref|is|it's|its)|\s*[#:=])*)\s*"
    r"(?=[a-z0-9-]*\d[a-z0-9-]*\d[a-z0-9-]*\d)[a-z0-9][a-z0-9-]{3,}",
    re.I,
)
_LETTERED = re.compile(r"\b[A-Z]{1,4}[- ]?\d{5,}[A-Z]?\b", re.I)
_SPOKEN_EMAIL = re.compile(
    r"\b[\w.+-]+\s+(?:at|\[at\]|\(at\))\s+[\w-]+(?:\s+(?:dot|\[dot\]|\(dot\))\s+|\.)"
    r"(?:com|net|org|co|uk|info|edu|io|de|fr)(?:(?:\s+dot\s+|\.)\w{2,3})?\b",
    re.I,
)
_SITE = re.compile(
    r"\b[\w-]+(?:\.[\w-]+)*\.[a-z]{2,6}/\S+"
    r"|\b(?:facebook|instagram|twitter|tiktok|linkedin)\b[:/ ]+[\w.@/-]*\d[\w./-]*",
    re.I,
)
_USER = re.compile(
    r"\b((?:user\s?name|handle|insta(?:gram)?|snap(?:chat)?|twitter|tiktok|skype|whatsapp|telegram)"
    r"(?:\s+(?:is|name|id|me|handle|at|on))*\s*[:=@]?)\s+[\w.@-]*[\d_.@][\w.@-]*",
    re.I,
)
_SMALL_STREET = re.compile(
    r"\b\d{1,4}[a-z]?,?\s+(?!(?:mins?|minutes?|hours?|miles?|km|days?|weeks?|months?|years?|"
    r"times?|way|of|on|per|in|or|to|and)\b)(?:[a-z’']+\s+){1,2}(?:street|st|road|rd|avenue|ave|lane|"
    r"crescent|terrace|boulevard|blvd|drive|close)\b\.?",
    re.I,
)
_WORD = r"[^\W\d_][\w'’-]*"
# A name that somebody gives, however it is written.
_MY_NAME = re.compile(
    r"\b((?:(?:full |first |last |middle |maiden |sur)?name\s?(?:is|'s|’s|was|:)|"
    r"i\s?(?:am|'m|’m) called|(?:is|am|are) called|named|(?:they |people )?call me|signed,?)\s+)"
    rf"({_WORD})(\s+{_WORD})?(\s+{_WORD})?",
    re.I,
)
_SIGNED = re.compile(
    r"((?:^|[.!?,;\n]|\s[-–—~])\s*(?:(?:many |kind |best |warm )?(?:thanks|thank you|regards|"
    r"wishes|cheers|love|sincerely|yours|xx?)(?: a lot| so much| in advance| again)?\s*[,.!-]*)?"
    rf"\s*[-–—~]?\s*)({_WORD}(?:\s+{_WORD})?)\s*[.!]*$",
    re.I,
)
_FAREWELL = re.compile(
    r"(?:thanks|thank you|regards|wishes|cheers|love|sincerely|yours|xx?|[-–—~])\W*$", re.I
)
_FIRST = re.compile(rf"(?<![\w…]){_WORD}")
# The second half of a name in small letters: "i'm sarah jones, ...".
_LAST_NAME = re.compile(
    rf"\b((?:i'm|i’m|i am|im|this is|it's|it’s)\s+{re.escape(GAP)})\s+({_WORD})(?=\s*[,.!;]|$)",
    re.I,
)
# A town after a street, whatever stood between.
_TOWN_AFTER = re.compile(rf"{re.escape(GAP)}((?:,?\s+(?:in|near|of|at))\s+){NAMES}")
_INITIALS_AFTER = re.compile(rf"{re.escape(GAP)}((?:\s+(?:[A-Z]\.|[A-Z][\w'’-]+)){{1,2}})")
_GAPS = re.compile(rf"{re.escape(GAP)}(?:[\s,;/]*{re.escape(GAP)})+")


def scrub(text: str) -> str:
    """Return `text` with “[…]” for what tells who wrote it or whom it is about.

    Taken out are e-mail and web addresses, user names, telephone, card, account and health-service
    numbers and the like, dates to the day, postal addresses, and names, as far as they show.
    """
    kept = GAP.join(unicodedata.normalize("NFKC", part) for part in text.split(GAP))
    if not any(character.islower() for character in kept):
        kept = kept.lower()  # in a text of capitals, capitals name nobody
    for pattern in (_SITE, EMAIL, _SPOKEN_EMAIL, ADDRESS, HANDLE, IP):
        kept = pattern.sub(GAP, kept)
    kept = _USER.sub(rf"\1 {GAP}", kept)
    kept = _CALLED.sub(rf"\1\2 {GAP}", kept)
    for pattern in (_BORN, _DATE, _NATIONAL, POSTCODE):
        kept = pattern.sub(GAP, kept)
    kept = _without_numbers(kept)
    for pattern in (_LETTERED, STREET, _SMALL_STREET):
        kept = pattern.sub(GAP, kept)
    kept = _without_names(kept)
    kept = _GAPS.sub(GAP, kept)
    kept = re.sub(rf"{re.escape(GAP)}\s+([,.;:!?])", rf"{GAP}\1", kept)
    return re.sub(r"\s+", " ", kept).strip()


def _without_numbers(text: str) -> str:
    if sum(character.isdigit() for character in text) < _ENOUGH_DIGITS:
        return text
    text = _DIGITS.sub(lambda found: GAP if _is_number(found[0]) else found[0], text)
    for region in REGIONS:
        for match in reversed([*PhoneNumberMatcher(text, region, leniency=Leniency.POSSIBLE)]):
            if _is_number(match.raw_string):
                text = text[: match.start] + GAP + text[match.end :]
    return text


def _is_number(digits: str) -> bool:
    """Tell whether so many digits may be somebody's; "10 000" or "2019-2020" are nobody's."""
    enough = sum(character.isdigit() for character in digits) >= _ENOUGH_DIGITS
    return enough and not _YEARS.fullmatch(digits.strip())


def _without_names(text: str) -> str:
    text = _MY_NAME.sub(_named, text)
    text = _SIGNED.sub(_signature, text)
    for pattern in (TITLED, RELATION, PLACE):
        text = pattern.sub(rf"\1 {GAP}", text)
    text = INTRODUCED.sub(lambda match: f"{match.group(1) or match.group(2)} {GAP}", text)
    text = _TOWN_AFTER.sub(rf"{GAP}\1{GAP}", text)
    known = given_names()
    text = _FIRST.sub(lambda match: GAP if _bare(match.group()) in known else match.group(), text)
    text = _LAST_NAME.sub(
        lambda match: match[0] if _bare(match[2]) in STOP_WORDS else match[1], text
    )
    # A name's second half: "Sarah Jones", "Sarah J.".
    return _INITIALS_AFTER.sub(GAP, text)


def _named(match: re.Match[str]) -> str:
    """Take out the name that is given, and a second and third word that belong to it."""
    said, first, *others = match.groups()
    if _bare(first) in STOP_WORDS:
        return match.group()
    belonging = takewhile(lambda word: word and _bare(word) not in STOP_WORDS, others)
    rest = "".join(word or "" for word in others[len(list(belonging)) :])
    return f"{said}{GAP}{rest}"


def _signature(match: re.Match[str]) -> str:
    """Take out a name at the end, where it stands after a farewell or is known as one."""
    lead, name = match.groups()
    words = name.split()
    if _bare(words[0]) in given_names():
        return f"{lead}{GAP}"
    farewell = bool(_FAREWELL.search(lead)) and bool(lead.strip(" -–—~"))
    if farewell and not any(_bare(word) in STOP_WORDS for word in words):
        return f"{lead}{GAP}"
    return match.group()


@cache
def given_names() -> frozenset[str]:
    """Return the given names that are hardly ever other words, folded."""
    lines = NAMES_FILE.read_text(encoding="utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())


def _bare(word: str) -> str:
    folded = word.casefold().replace("’", "'")
    return folded.strip().removesuffix("'s").strip("'-")
