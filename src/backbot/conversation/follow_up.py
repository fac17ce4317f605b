"""Taking the conversation into account: what a message means after the turns before it."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from backbot.conversation.smalltalk import recognise
from backbot.model import Turn
from backbot.text.clean import clean, fold, squeeze
from backbot.text.terms import stem, terms, words


class Resolved(NamedTuple):
    """A message in its conversation: `focus` is the message, `context` the turn it leans on.

    `context` is "" for a message that stands on its own. `told` is the end of `context` where the
    message asks about what the reader told just before ("It feels odd." "Will that pass?").
    """

    focus: str
    context: str = ""
    told: str = ""

    @property
    def text(self) -> str:
        """The whole question: the turn that is leant on, then the message."""
        return f"{self.context} {self.focus}" if self.context else self.focus


# Openings that carry on from what was said.
_CARRIES_ON = re.compile(
    r"^(?:and|or|but|also|so|then|what about|how about|what if|and what|"
    r"why(?: (?:though|tho|exactly|then|ever|on earth))?$|why not|why is that|why so|"
    r"(?:right|correct|true)$|"
    r"how (?:long|often|many|much|hard|soon|come|far|exactly)\b|which (?:one|of|is|are)\b|"
    r"the (?:first|second|third|last|other)\b|when$|where$|where exactly|how$|how so|"
    r"what (?:else|other|more|next|then)\b|any (?:other|more|else)|(?:is|"
    r"are) there (?:other|more|another)|"
    r"tell me more|more (?:about|on)\b|go on|explain|for how long|how$)"
)
_CORRECTS = re.compile(
    r"^(?:no|nope|not|sorry|actually|wait|oops|rather)\b.*\b(?:mean|meant|meaning)\b|^(?:i"
    r"|we) (?:mean|meant)\b|^(?:no|not) (?:the|my|that|this|in|on)\b"
)
_CORRECTION_WORDS = re.compile(
    r"^(?:(?:no|nope|sorry|actually|wait|oops|rather|well)\b[,. ]*)*(?:not that[, ]*)?"
    r"(?:i|we)? ?(?:mean|meant)\b[, ]*|^sorry\b[, ]*|[, ]*\b(?:i|we) (?:mean|meant)\W*$",
    re.IGNORECASE,
)
_POINTS_BACK = re.compile(
    r"\b(?:it|it'?s|that|that'?s|this|these|those|they|they'?re|them|their|theirs|he|she|"
    r"one|ones|same|else|instead|"
    r"there|former|latter|both|such|similar|others?|another|either)\b"
)
# A correction that only says what is different: "no, I meant can it come from my neck".
_UNSAID = re.compile(r"\b(?:it|they|them)\b")
# "It hurts when", "is it true that", "the pain that I have": words that point nowhere.
_POINTS_NOWHERE = re.compile(
    r"\b(?:is it (?:true|ok|okay|safe|good|bad|normal|possible|better|worth|best|necessary"
    r"|my|the|a)\b(?= \w+ \w+)|"
    r"it (?:is|feels|hurts) (?:like|when|if)|it (?:hurts|aches) (?:when|if|to)|that (?:i|"
    r"my|the|a|an|you|it)\b|"
    r"this (?:morning|week|month|year|evening)|these days|"
    r"one (?:side|shoulder|foot|leg|arm|hand)|is there|are there|there(?:'s| is| are)|"
    r"each other|one another|at the same time|the other (?:side|day|hand|foot|leg|arm))"
)
# A definite or compared thing that the message itself does not name further.
_BARE_DEFINITE = re.compile(
    r"^(?:what|which|who|when|where|why|how|does|do|did|is|are|was|were|can|could|should|"
    r"will|tell me)\b.*"
    r"\b(?:the (?:main|other|first|second|best|worst|biggest|most|usual|common|rest|"
    r"difference|test|exercises?|stretch(?:es)?|reason|cause)|"
    r"better|worse|faster|quicker|safer|different|best)\b"
)
SHORT_TERMS = 3
# A turn of so few terms seldom names its subject.
NAMED_TERMS = 3
# So many turns that only tell something are taken along, back to the one that asked.
MOST_TOLD = 2
# Nouns that are of something ("the symptoms" of what?), and words that go with any subject: a
# message of nothing else has left its subject unsaid.
_RELATIONAL = frozenset(
    stem(word)
    for word in """
    advantage advice alternative amount average avoid bad beginning benefit best better careful
    cause chance common complication cons consequence cost cure danger dangerous day deal
    difference different disadvantage does drawback duration early effect effective equipment exact
    example exercise expensive fade fast first fix frequently goal good happen happening harm help
    helpful history hour important improve kind last late level limit long main maximum mean
    meaning method minimum minute month name necessary need normal number occur often option origin
    outcome pass people popular possible precaution prevent prevention price procedure process pros
    purpose quick reason recommend recommended recovery remedy result risk safe second serious side
    sign slow solution sort source start step stop stretch success symptom technique tell term
    thing time tip treat treated treatment try type typical usual variation version warning way
    week work worse worst worth year
    """.split()
)
# Words before the message proper: "ok thanks, and ...".
_COURTESY = re.compile(
    r"^(?:(?:ok|okay|thank you|thanks?|thx|great|cool|i see|got it|right|alright|all right|perfect|"
    r"good|nice|hi|hello|hey|well|hm+)(?: (?:so|very) much| a lot)?"
    r"(?:,? (?:dear|love|mate|doc(?:tor)?|coach|buddy|friend|sir|man)\b)?(?:[,.!;: ]+|$))+",
    re.IGNORECASE,
)
_QUESTION = re.compile(
    r"\?|^(?:and |but |so )?(?:what|which|who|when|where|why|how|does|do|did|is|are|was|were|can|"
    r"could|should|will|would|tell|show)\b"
)
_SENTENCE_END = re.compile(r"[.!?]\s+")
# The reader says that something new begins.
_CHANGES_TOPIC = re.compile(
    r"^(?:and |but |now |then )?(?:i have |i've got |just |can i ask )?(?:a |an |one |the |my )?"
    r"(?:other|another|different|new|next|second|separate|more|unrelated) "
    r"(?:thing|question|topic|subject|matter)s?(?: (?:though|please|now))?[,.!;: ]+|"
    r"^(?:and |but |now |then )?(?:by the way|btw|on another note|"
    r"(?:to )?chang(?:e|ing) (?:the )?(?:subject|topic)|"
    r"something else|(?:forget|leave) (?:that|it)|never ?mind(?: that)?|(?:let's )?mov(?:e|ing) on|"
    r"enough (?:of|about) (?:that|it))[,.!;: ]+",
    re.IGNORECASE,
)


def needs_context(text: str) -> bool:
    """Tell whether `text` leans on what was said before it."""
    plain = fold(text).strip(" .!?")
    count = len(terms(text))
    if count == 0 or _CORRECTS.search(plain):
        return True
    if count <= SHORT_TERMS and (_CARRIES_ON.search(plain) or _fragment(plain)):
        return True
    if count <= SHORT_TERMS - 1 and _BARE_DEFINITE.search(plain):
        return True
    if all(term in _RELATIONAL for term in terms(text)):
        return True
    return count <= 2 * SHORT_TERMS and bool(_POINTS_BACK.search(_POINTS_NOWHERE.sub(" ", plain)))


def resolve(text: str, history: Sequence[Turn]) -> Resolved:
    """Return what `text` asks once `history` (oldest turn first) is taken into account.

    A message that stands on its own comes back as it is. One that leans on an earlier turn brings
    the nearest turn that stands on its own, and what was added to that since.
    """
    message = _COURTESY.sub("", text, count=1) or text
    if fresh := _after_change(message):
        return Resolved(fresh)
    if not history or not needs_context(message):
        return Resolved(message if terms(message) else text)
    if not _CORRECTS.search(fold(message)):
        context = earlier_question(history)
        told = "" if _names_something(message) else _told_last(history)
        return Resolved(message, context, told if context.endswith(f" {told}") else "")
    meant = _CORRECTION_WORDS.sub("", message) or text
    whole = len(terms(meant)) >= SHORT_TERMS and not _UNSAID.search(fold(meant))
    return Resolved(meant, "" if whole else earlier_question(history))


def earlier_question(history: Sequence[Turn]) -> str:
    """Return what a message that leans on `history` leans on, "" if there is nothing.

    That is the nearest turn that stands on its own; where that one is short, the turn that named
    the subject before it ("What is a knot? What causes them most often?"); where it only tells
    something ("Someone said a tennis ball."), the turns before it as far as the one that asked;
    and of the turns since, what the reader told ("It feels odd.") and what the last one named
    ("Would a tennis ball help with them?").
    """
    asked: list[str] = []
    for turn in history:
        text = squeeze(clean(turn.message))
        if fresh := _after_change(_COURTESY.sub("", text, count=1)):
            asked = [fresh]
        elif terms(text) and not recognise(text):
            asked.append(text)
    if not asked:
        return ""
    places = [place for place, text in enumerate(asked) if not needs_context(text)]
    nearest = places[-1] if places else 0
    later = asked[nearest + 1 :]
    since = [text for text in later[:-1] if not _asks(text)]
    since += [text for text in later[-1:] if not _asks(text) or _names_something(text)]
    first = nearest
    while first and not _asks(asked[first]) and nearest - first < MOST_TOLD:
        first -= 1
    named = [asked[0]] if first and len(terms(asked[nearest])) <= NAMED_TERMS else []
    return " ".join([*named, *asked[first : nearest + 1], *since])


def _told_last(history: Sequence[Turn]) -> str:
    """Return the last turn where it tells something and asks nothing, else ""."""
    text = squeeze(clean(history[-1].message))
    return text if terms(text) and not _asks(text) and not recognise(text) else ""


def _names_something(text: str) -> bool:
    return any(term not in _RELATIONAL for term in terms(text))


def _asks(text: str) -> bool:
    return bool(_QUESTION.search(fold(text)))


def _after_change(text: str) -> str:
    """Return what follows an announced change of topic, "" where none is announced."""
    for start in [0, *(match.end() for match in _SENTENCE_END.finditer(text))]:
        changed = _CHANGES_TOPIC.match(text[start:])
        rest = text[start + changed.end() :] if changed else ""
        if terms(rest):
            return rest
    return ""


def _fragment(plain: str) -> bool:
    """Tell whether a message is a bare phrase such as "at night" or "my neck"."""
    said = words(plain)
    return len(said) <= SHORT_TERMS and bool(said) and said[0] in _FRAGMENT_STARTS


_FRAGMENT_STARTS = frozenset("at in on my the for with without after before during by from".split())
