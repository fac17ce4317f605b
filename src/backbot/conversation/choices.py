"""Picking one of the questions that the last reply offered: "the second one", "yes"."""

import re

from backbot.text.clean import fold

_NUMBERS = {
    "first": 0,
    "1st": 0,
    "one": 0,
    "second": 1,
    "2nd": 1,
    "two": 1,
    "third": 2,
    "3rd": 2,
    "three": 2,
    "fourth": 3,
    "4th": 3,
    "four": 3,
}
_PICKS = re.compile(
    r"^(?:(?:yes|ok|okay|please|i (?:mean|meant|want|would like|take)|let's take|show me|"
    r"tell me about)[, ]+)?(?:the |number |no |option |question |suggestion )*"
    r"(?P<which>first|second|third|fourth|last|[1-4](?:st|nd|rd|th)?|one|two|three|four)"
    r"(?: one| question| suggestion| option)?(?:[, ]+please)?$"
)
_ACCEPTS = re.compile(
    r"^(?:yes|yeah|yep|yup|sure|ok|okay|right|exactly|correct|that one|that's it|go on|"
    r"please do)(?:[, ]+(?:please|that one|exactly|thanks|do|go on))*$"
)


def picked(text: str, offered: int) -> int | None:
    """Return the place among so many `offered` questions that `text` names, None for none."""
    match = _PICKS.match(_bare(text))
    if match is None:
        return None
    which = match["which"]
    if which == "last":
        return offered - 1 if offered else None
    place = _NUMBERS[which] if which in _NUMBERS else int(which[0]) - 1
    return place if place < offered else None


def accepts(text: str) -> bool:
    """Tell whether the whole of `text` says yes."""
    return bool(_ACCEPTS.match(_bare(text)))


def _bare(text: str) -> str:
    return " ".join(fold(text).strip(" .!?").split())
