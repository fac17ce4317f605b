"""What an answer must hold by the wording of its question: a number, a price, a place."""

import re
from typing import NamedTuple

from backbot.text.clean import fold


class Demand(NamedTuple):
    """A kind of answer: `asked` finds it in a question, `told` in a sentence.

    Where it is `needed`, sentences without it are no answer, however near they are.
    """

    name: str
    asked: re.Pattern[str]
    told: re.Pattern[str]
    needed: bool


_NUMBERS = (
    r"one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|forty|"
    r"fifty|sixty|seventy|eighty|ninety|hundreds?|thousands?"
)
# "The gym", "this back support": what can have a price.
_THING = r"(?:it|this|that|they|these|those|one|(?:the|your|an?|his|her|their) (?:\w+ ?){1,3})"

# In the order in which they are looked for: "how many weeks" asks for a time.
DEMANDS = (
    Demand(
        "a length of time",
        re.compile(
            r"\bhow (?:long|soon|fast|quick(?:ly)?)\b(?! (?:ago|have|has|had)\b)|\bby when\b|"
            r"\b(?:what|how much|how many) (?:time|seconds?|minutes?|hours?|days?|weeks?|months?)"
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


def demand_of(text: str) -> Demand | None:
    """Return what the question `text` asks for by its wording, None for nothing in particular."""
    plain = fold(text)
    return next((each for each in DEMANDS if each.asked.search(plain)), None)


def tells(text: str, demand: Demand) -> bool:
    """Tell whether a sentence, or several, hold what is demanded."""
    return bool(demand.told.search(fold(text)))
