"""Taking the conversation into account: what a message means after the turns before it."""

import re
from collections.abc import Sequence

from backbot.model import Turn
from backbot.text.clean import clean, fold
from backbot.text.terms import terms

# Openings that carry on from what was said.
_CARRIES_ON = re.compile(
    r"^(?:and|or|but|also|so|then|what about|how about|what if|and what|why\??$|why not|why is that|why so|"
    r"how (?:long|often|many|much|hard|soon|come)\b|which (?:one|of)|the (?:first|second|third|last|other)|"
    r"no,? i mean|i mean|not )"
)
_POINTS_BACK = re.compile(
    r"\b(?:it|its|that|this|these|those|they|them|their|he|she|one|ones|same|else|instead|there|former|latter|both)\b"
)
# "It hurts", "is it true that": an "it" that names nothing said before.
_EMPTY_IT = re.compile(
    r"\b(?:is it (?:true|ok|okay|safe|good|bad|normal|possible|better|worth|best|necessary|my|the|a)|it (?:is|feels|hurts) (?:like|when|if)|"
    r"it (?:hurts|aches)|that (?:i|my|the|a|you)\b|this (?:morning|week|month|year|evening)|these days|one (?:side|shoulder|foot|leg|arm|hand))"
)
SHORT_TERMS = 3


def needs_context(text: str) -> bool:
    """Tell whether `text` leans on what was said before it."""
    plain = fold(text).strip()
    count = len(terms(text))
    if count == 0:
        return True
    if _CARRIES_ON.search(plain) and count <= SHORT_TERMS:
        return True
    return count <= 2 * SHORT_TERMS and bool(_POINTS_BACK.search(_EMPTY_IT.sub(" ", plain)))


def resolve(text: str, history: Sequence[Turn]) -> str:
    """Return what `text` asks once `history` (oldest turn first) is taken into account.

    A message that stands on its own comes back as it is. One that leans on an earlier turn brings
    the nearest turn that stands on its own in front of it.
    """
    if not history or not needs_context(text):
        return text
    for turn in reversed(history):
        earlier = clean(turn.message)
        if terms(earlier) and not needs_context(earlier):
            return f"{earlier} {text}"
    return text
