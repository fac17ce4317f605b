"""What an answer must hold by the wording of its question: a number, a price, a place."""

import re
from typing import NamedTuple

from backbot.text.clean import fold
from backbot.text.terms import STOP_WORDS, stem, terms


class Demand(NamedTuple):
    """A kind of answer: `asked` finds it in a question, `told` in a sentence.

    Where it is `needed`, sentences without it are no answer, however near they are. Of things that
    are `counted`, a term or "", a sentence must speak too: not every number is one of steps.
    """

    name: str
    asked: re.Pattern[str]
    told: re.Pattern[str]
    needed: bool
    counted: str = ""


_NUMBERS = (
    r"one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|forty|"
    r"fifty|sixty|seventy|eighty|ninety|hundreds?|thousands?"
)
# "The gym", "this back support": what can have a price.
_THING = r"(?:it|this|that|they|these|those|one|(?:the|your|an?|his|her|their) (?:\w+ ?){1,3})"

# How long a stretch is held, not how long it takes to help.
_SHORT = r"(?:secs?|seconds?|mins?|minutes?|hours?)"
_HELD = r"(?:hold|held|stay|keep|kept|lean|press|squeeze|lie|stand|stretch|massage|rub|roll)"

# In the order in which they are looked for: "how many weeks" asks for a time.
DEMANDS = (
    Demand(
        "seconds, minutes or hours",
        re.compile(
            rf"\bhow many {_SHORT}\b|"
            rf"\bhow long (?:do|should|must|can|shall|may|to)\b(?: \w+){{0,2}}? {_HELD}\b"
        ),
        re.compile(
            rf"\b(?:\d+|{_NUMBERS}|half an?|an?|few|couple of|several|every)"
            rf"(?: (?:to|or) (?:\d+|{_NUMBERS}))?(?: (?:more|full|slow))? (?:{_SHORT}|breaths?)\b|"
            r"\b(?:until|till|as long as)\b"
        ),
        needed=True,
    ),
    Demand(
        "a length of time",
        re.compile(
            r"\bhow (?:long|soon|fast|quick(?:ly)?)\b(?! (?:ago|have|has|had)\b)|\bby when\b|"
            r"\b(?:what|how much|how many) (?:time|seconds?|minutes?|hours?|days?|weeks?|months?|"
            r"years?)"
            r"\b(?! (?:does|do|is it)\b)|"
            r"^\W*(?:and |so |but )?when (?:will|would|can|do|does|did)\b"
        ),
        re.compile(
            rf"\b(?:\d+|{_NUMBERS}|half an?|an?|few|couple of|several|some|many|within|every) "
            r"(?:\w+ )?(?:seconds?|minutes?|hours?|days?|nights?|weeks?|months?|years?)\b|"
            r"\b(?:overnight|immediately|instantly|right away|at once|temporar(?:y|ily)|for good|"
            r"forever|daily|weekly|gradually|eventually)\b"
        ),
        # "Once you stop slouching" tells it too, without any of these words.
        needed=False,
    ),
    Demand(
        "a price",
        re.compile(
            rf"\bhow much (?:is|are|was|for) {_THING}\W*$|"
            r"\bhow much (?:do|does|did|would|will) .{1,60}\b(?:cost|charge|pay)\b|"
            r"\bwhat (?:do|does|did|would|will) .{1,60}\bcosts?\b|\bcosts?\W*$|\bcosts? of\b|"
            r"\bprices?\b|\bhow expensive\b|\b(?:refund|discount|voucher)s?\b"
        ),
        re.compile(
            r"[$£€]|\b(?:dollars?|pounds?|euros?|cents?|pence|free|costs?|price[sd]?|cheap(?:er)?|"
            r"expensive|pa(?:y|ys|id)|refund(?:s|ed)?|discount(?:s|ed)?|vouchers?)\b"
        ),
        needed=True,
    ),
    Demand(
        "a time of day or a date",
        re.compile(r"\b(?:what|which) (?:time|date|day)\b(?! of)|\b(?:opening|office) hours\b"),
        re.compile(
            r"\d|\bo'clock\b|\b(?:noon|midnight|morning|evening|night|bedtime|weekend)s?\b|"
            r"\b(?:mon|tues|wednes|thurs|fri|satur|sun)days?\b"
        ),
        needed=True,
    ),
    Demand(
        "a number",
        re.compile(
            r"\bhow (?:many|often|tall|high|heavy|wide|thick|deep|hot|warm|cold)\b|"
            r"\bhow old\b|\bhow much (?:\w+ ){1,5}weighs?\b|"
            r"\b(?:what|which) (?:size|age|temperature|height|weight|percentage|speed)\b"
        ),
        re.compile(
            rf"\d|\b(?:{_NUMBERS.removeprefix('one|')}|half|dozens?|couple|few|several|many|twice|"
            r"once|pairs?|both|daily|hourly|weekly|every|per|each)\b"
        ),
        needed=True,
    ),
    Demand(
        "a place",
        re.compile(
            r"\b(?:what|which) (?:town|city|country|street|village)\b|"
            r"\bnear(?:est)? (?:to )?(?:me|us)\b|\bin (?:my|our) (?:area|town|city|street)\b|"
            r"\bwhere (?:can|could|do|should|would) (?:i|we|you|one) (?:buy|order|purchase|book)\b"
        ),
        re.compile(
            r"\b(?:shop|store|pharmac(?:y|ie)|online|website|street|town|city|village|country)s?\b"
        ),
        needed=True,
    ),
    Demand(
        "a way to reach somebody",
        re.compile(r"\b(?:postal|e-?mail|street) address\b|\b(?:tele)?phone number\b"),
        re.compile(r"\b(?:address|(?:tele)?phone|e-?mail|call|write to)\b"),
        needed=True,
    ),
)


_NUMBER = next(each for each in DEMANDS if each.name == "a number")
# "How many of those stretches".
_HOW_MANY = re.compile(r"\bhow many (?:more )?(?:of (?:the |them |these |those |your )?)?(\w+)")
# What is counted in other words than those of the question: "ten repeats, twice a day".
_COUNTED_OTHERWISE = frozenset(
    """
    causes days hours kinds minutes months reasons reps rep repetitions repeats seconds sessions
    sets sorts times types ways weeks years
    """.split()
)


def demand_of(text: str) -> Demand | None:
    """Return what the question `text` asks for by its wording, None for nothing in particular."""
    plain = fold(text)
    found = next((each for each in DEMANDS if each.asked.search(plain)), None)
    if found is _NUMBER and (asked := _HOW_MANY.search(plain)):
        named = asked[1] not in _COUNTED_OTHERWISE and asked[1] not in STOP_WORDS
        return found._replace(counted=stem(asked[1]) if named else "")
    return found


def tells(text: str, demand: Demand) -> bool:
    """Tell whether a sentence, or several, hold what is demanded."""
    told = bool(demand.told.search(fold(text)))
    return told and (not demand.counted or demand.counted in terms(text))
