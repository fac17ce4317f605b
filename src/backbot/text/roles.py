"""What a sentence does in a health article: tells a cause, a remedy, a caution, or a story.

The site's method is "cause first", so the order of an answer hangs on these labels. They come
from cues in the sentence, then from the heading above it. The same reading decides which
sentences can be quoted at all.
"""

import re
from enum import IntEnum
from typing import NamedTuple

from backbot.text.blocks import BlockKind
from backbot.text.clean import fold
from backbot.text.medicine import advises_medicine
from backbot.text.terms import words


class Role(IntEnum):
    """What a sentence tells. The numbers stand in index files; they never change."""

    FACT = 0
    CAUSE = 1
    REMEDY = 2
    CAUTION = 3
    EXPERIENCE = 4


class Reading(NamedTuple):
    """An editor's reading of one sentence."""

    role: Role
    # Can be quoted as evidence: no question, teaser, greeting, sales line, heading, and nothing
    # that advises on medicines.
    quotable: bool
    # Asks, without telling anything: may open an excerpt whose next sentence answers it.
    asks: bool
    # Reads on its own; otherwise it leans on the sentence before it ("It ...", "That's why ...").
    stands_alone: bool
    # Goes on from the sentence before it by its first word alone ("However, ..."): it reads on its
    # own, though an editor would sooner begin elsewhere.
    joined: bool
    # Announces what follows ("Here is how:") and is only worth quoting together with it.
    announces: bool
    # Says that something is not so, or not to be done.
    denies: bool


_CAUTION = re.compile(
    r"\b(?:see|ask|call|visit|contact|talk to|speak to|tell|consult|phone|ring|book|get|"
    r"seek)\b[^.;]{0,40}"
    r"\b(?:doctor|physician|physical therapist|physiotherapist|physio|professional|specialist|"
    r"podiatrist|emergency|ambulance|medical|help at once)\b"
    r"|\b(?:doctor|physical therapist|podiatrist|professional|clinician)\b[^.;]{0,40}"
    r"\b(?:should|can|needs?|deserves?|look|check|examine|visit|appointment)"
    r"|\b(?:emergency|urgent|urgently|promptly|at once|right away|same day|warning signs?)\b"
    r"|\bdeserves? (?:an appointment|a visit|a check|medical)"
    r"|\b(?:should|needs? to|must) be (?:checked|seen|examined|looked at)\b"
    r"|^(?:never|avoid|stop|leave out|skip|do not|don't)\b"
    r"|\bstop (?:if|when|at once)\b"
)
_CAUSE = re.compile(
    r"\bbecause\b|\bcaus(?:e|es|ed|ing)\b|\bdue to\b|\b(?:comes?|came|coming|arises?|"
    r"stems?|starts?) from\b"
    r"|\breasons?\b|\bresults? (?:of|from|in)\b|\bleads? to\b|\bculprits?\b|\btrigger(?:s|"
    r"ed)?\b(?! points?)"
    r"|\bcontribut\w+|\bto blame\b|\bmakes? (?:you|your|the|them|it)\b|\bprovok\w+|"
    r"\bbehind (?:it|this|the pain)\b"
    r"|\bthat means\b|\b(?:adds?|add) to\b|\b(?:is|are|be) (?:over-?stretched|overworked|"
    r"overloaded)\b"
    r"|\bpulls? you\b|\b(?:have|has) (?:shortened|become weak)\b|\bform when\b"
)
_REMEDY = re.compile(
    r"\b(?:helps?|helpful|eases?|relieves?|solution|remed(?:y|ies)|exercises?|works? well|"
    r"try|practice)\b"
    r"|\byou (?:can|could|should|need to|will have to|have to|might)\b"
    r"|\bneeds? to be\b|\bto (?:stretch|strengthen|release|relax|loosen|ease)\b|\bget rid of\b"
)
_IMPERATIVES = frozenset(
    """
    add aim apply ask balance begin bend breathe bring build carry change check choose cut do draw
    drink drop eat exercise find fold follow give hold increase keep lean learn leave lengthen let
    lie lift limit listen look loosen lower make massage move notice open pick place plan point
    practice press progress pull push put raise reach relax release remember repeat rest return
    rise roll rotate set shift sit sleep slide slow spend spread squeeze stand start stay step
    stretch strengthen support swap swing switch take think tilt tuck try turn use vary wait walk
    warm wear work write
    """.split()
)
_LEAD_IN = re.compile(
    r"^(?:(?:first|second|third|next|then|finally|now|also|so|and|instead|at first|"
    r"one more thing)[,:]? +|"
    r"(?:when|if|while|before|after|for|to|in|on|at|with|once|as|from|during|until|"
    r"every)\b[^,]{2,80}, +)"
)
_CAUSE_HEADING = re.compile(r"\b(?:why|causes?|reasons?|what is behind|culprit)\b")
_REMEDY_HEADING = re.compile(
    r"\b(?:what to do|how to|what helps|exercises?|stretch\w*|strengthen\w*|steps?|try|"
    r"relief|ease|help|build|choose)\b"
)
_CAUTION_HEADING = re.compile(
    r"\b(?:when to (?:see|get|seek|worry)|see someone|warning|emergency|careful)\b"
)

_TEASER = re.compile(
    r"\bcontinue reading\b|\bread more\b|\bclick (?:here|the link|below|on)\b|\bsign up\b|"
    r"\bsubscribe\b"
    r"|\bdiscover how\b|\bstay tuned\b|\blet's (?:talk|look|begin|get started)\b|\bread on\b"
    r"|\bmore information\b|\blearn more\b"
)
_SALES = re.compile(
    r"\b(?:self[- ]?help|relief|easy[- ]to[- ]use|diy|"
    r"do-it-yourself)\b[^.]{0,60}\bprogram\b|\bprogram\b[^.]{0,60}\b(?:i created|i have|"
    r"i actually|click|here)\b"
    r"|\bi (?:created|made|wrote|recommend|sell|offer)\b|\bi have just the thing\b|"
    r"\b(?:buy|order|purchase|discount|coupon|my (?:book|program|course|store|shop))\b"
    r"|\bback gone\b"
)
_GREETING = re.compile(
    r"^(?:hi|hello|hey|dear|thanks?|thank you|welcome|good luck|best wishes|sincerely|"
    r"cheers|great question|here's a question|here is a question)\b"
)
_STORY = re.compile(
    r"\b(?:i|i'm|i've|i'd|i'll|my|me|myself)\b"
    r"|^(?:and |but |then |so )?(?:that's how )?(?:she|he)\b"
)
# A smiley behind a colon: "She sent me this email: 🙂".
_ENDS = re.compile(r"[^\w:.!?)]+$")
_SIGNATURE = re.compile(r"^[~—–-]\s*\w")
_LEANS = re.compile(
    r"^(?:(?:and|but|so|or|also|then|yet|because|since|plus|again|besides|still|either way"
    r"|in addition|as a result|for example|for instance|you see|you got it|therefore|however|"
    r"otherwise|instead)[,:]?\s+)?"
    r"(?:it|its|they|them|their|he|she|his|her|this|that|that's|these|those|such|"
    r"there's one|here it is|here's|"
    r"both|neither|either|another|others|the (?:others?|same|former|latter|second|third|"
    r"next|reason is)|"
    r"afterwards?|meanwhile|likewise|similarly|at least temporarily|in return|not likely|"
    r"not any|on the other (?:side|hand)|just (?:as|like)|part of (?:it|the reason (?:it|they)))\b"
    r"|^(?:so )?(?:how |why |what )?(?:is|are|was|were|could|can|does|do|did|would|will) "
    r"(?:it|they|this|that|these|those|he|she)\b"
)
_CONNECTED = re.compile(
    r"^(?:and|but|so|or|also|then|yet|therefore|however|otherwise|instead|plus|besides|"
    r"still|because of this|at the same time|in addition|on top of that|one more thing)\b"
)
# "Did you know (that) ...?" tells what follows. "Did you know why ...?" does not.
_TELLS = re.compile(
    r"^(?:(?:and|but|so|now),? )?(?:(?:did|do|didn't|don't) you (?:know|reali[sz]e)|"
    r"(?:would|wouldn't) you (?:be surprised|believe)(?: it)?(?: if i (?:told|said to) you)?|"
    r"have you (?:heard|noticed))(?: that)? (?!(?:what|why|how|when|where|who|which|whether|"
    r"if|to)\b)(?=\w+(?: \w+){2})"
)
# "It is best to ...", "It may help if ...": the "it" points forward, not back.
_EXPLETIVE = re.compile(
    r"^it(?:'s| is| can| may| might| will| also)?\s+(?:be |also |often |usually |really )*"
    r"(?:best|better|good|fine|safe|common|normal|possible|important|worth|enough|easy|"
    r"easier|hard|wise|okay|ok|"
    r"helps?|helpful|takes?|pays?)\b[^.]*\b(?:to|that|if|when|for)\b"
)
_ORDINAL_START = re.compile(r"^(?:second|third|fourth|finally|next|lastly)\b[,:]?")
_DENIES = re.compile(
    r"\b(?:not|isn't|aren't|doesn't|don't|cannot|can't|never|no|nor|neither|rarely|seldom|"
    r"hardly|unlikely|myth|wrong|instead of|rather than|out of sequence|contrary)\b"
)
# So many words carry a sentence that opens with a connective.
MIN_JOINED_WORDS = 8
# Fewer words than this ("Thumbs up!") only make sense beside what stands around them.
MIN_ALONE_WORDS = 4


def read_sentence(text: str, kind: BlockKind, heading: str) -> Reading:
    """Return the reading of one sentence in a block of `kind` below `heading` ("" for none)."""
    plain = fold(text).strip(" \"'“”‘’«»()[]*•>→-–—\u00a0")
    tells = _TELLS.match(plain)
    plain = plain[tells.end() :] if tells else plain
    count = len(words(plain))
    question = not tells and plain.rstrip(")\"'”’ 🙂").endswith("?")
    personal = bool(_STORY.search(plain))
    promotion = bool(_TEASER.search(plain) or _SALES.search(plain) or _GREETING.search(plain))
    # A list may go on a statement above it in questions ("The reason could be posture: - Do you
    # slouch?"); anywhere else a question is rhetorical and tells nothing.
    listed = question and kind == "item"
    never = (
        kind in ("heading", "code")
        or promotion
        or count == 0
        or advises_medicine(text) is not None
        or bool(_SIGNATURE.match(fold(text).strip()))
    )
    rhetorical = question and not listed
    leans = bool(_LEANS.match(plain) or _ORDINAL_START.match(plain))
    connected = bool(_CONNECTED.match(plain)) and not leans
    leans = leans or listed or (count < MIN_ALONE_WORDS and kind != "item")
    # An aside in brackets is said of what stands before it.
    leans = leans or (connected and count < MIN_JOINED_WORDS) or text.lstrip().startswith("(")
    stands_alone = not leans or bool(_EXPLETIVE.match(plain))
    role = Role.EXPERIENCE if kind == "quote" or personal else _role(plain, fold(heading))
    return Reading(
        role=role,
        quotable=not never and not rhetorical,
        asks=not never and rhetorical,
        stands_alone=stands_alone,
        joined=connected and stands_alone,
        announces=_ENDS.sub("", plain).endswith(":"),
        denies=bool(_DENIES.search(plain)),
    )


def _role(plain: str, heading: str) -> Role:
    if _CAUTION.search(plain) or _CAUTION_HEADING.search(heading):
        return Role.CAUTION
    body = _LEAD_IN.sub("", plain)
    first = (words(body) or [""])[0]
    if first in _IMPERATIVES:
        return Role.REMEDY
    cause = _CAUSE.search(plain)
    remedy = _REMEDY.search(plain)
    # "Shoes can help because ..." tells a remedy; "Knots form because ..., which ... help" a cause.
    if cause and (not remedy or cause.start() < remedy.start()):
        return Role.CAUSE
    if remedy:
        return Role.REMEDY
    if _REMEDY_HEADING.search(heading) and not _CAUSE_HEADING.search(heading):
        return Role.REMEDY
    return Role.CAUSE if _CAUSE_HEADING.search(heading) else Role.FACT
