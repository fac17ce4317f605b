"""What kind of sentence a question asks for, by its wording."""

import re

from backbot.text.clean import fold
from backbot.text.roles import Role

_WANTS = (
    (
        Role.CAUTION,
        re.compile(
            r"\b(?:when should i (?:see|worry|go)|see (?:a|the|my) (?:doctor|gp|physio)|"
            r"worr(?:y|ied)|"
            r"serious|dangerous|emergency|harmful|doctor|is it safe|should i be careful|"
            r"avoid|never)\b"
        ),
    ),
    (
        Role.REMEDY,
        re.compile(
            r"\b(?:how (?:do|can|should|to)|what (?:can|should|helps?|exercises?|do i do)|"
            r"which (?:stretch|exercise|muscles)\w*|"
            r"get rid|fix|relie\w+|ease|treat\w*|stretch\w*|exercises?|strengthen\w*|"
            r"should i|help(?:s|ful)?|best way|tips?|cure)\b"
        ),
    ),
    (
        Role.CAUSE,
        re.compile(
            r"\b(?:why|caus\w+|reasons?|because|blame|culprit|due to|come from|coming from"
            r"|responsible|"
            r"behind|make my|makes my|making my|give me|gives me|lead to|what is it from)\b"
        ),
    ),
)
_ASKS_FOR_STORY = re.compile(
    r"\b(?:stor(?:y|ies)|testimonials?|anyone|anybody|someone else|experiences?|success|others|"
    r"(?:other|real) (?:people|person|readers?|sufferers?|patients?|folks?|women|men|clients?))\b"
)
# What happened to somebody else: "How soon did she feel better?"
_PAST = re.compile(
    r"\b(?:did|had|was|were|said|told|wrote|sent|went|felt|got|tried|helped|came|gave|took|found|"
    r"worked|started|cured)\b"
)
_PRESENT_PARTIES = re.compile(
    r"\b(?:i|i'm|im|i've|ive|me|my|mine|myself|we|our|us|you|your|yours|"
    r"my (?:son|daughter|wife|husband|mother|father|mum|mom|dad|friend|child|kid))\b"
)
# Words to the one who answers, not about the one who asks.
_ADDRESSED = re.compile(
    r"\b(?:tell|show|give|remind) (?:me|us)\b|\b(?:wrote|write|written|sent|told) (?:to )?you\b"
)
_ASKS = re.compile(r"\b(?:what|how|where|when|why|who|which)\b|^\W*(?:did|was|were|had|has)\b")


def wanted_roles(text: str) -> set[Role]:
    """Return the kinds of sentence that the question `text` asks for, by its wording."""
    plain = fold(text)
    wanted = {role for role, pattern in _WANTS if pattern.search(plain)}
    if asks_for_story(text):
        wanted.add(Role.EXPERIENCE)
    return wanted


def asks_for_story(text: str) -> bool:
    """Tell whether `text` asks what others went through, and not for advice."""
    plain = _ADDRESSED.sub(" ", fold(text)).strip()
    somebody = _PAST.search(plain) and _ASKS.search(plain) and not _PRESENT_PARTIES.search(plain)
    return bool(_ASKS_FOR_STORY.search(plain) or somebody)
