"""Ages, temperatures and weeks of pregnancy, which are figures and not words."""

from collections.abc import Sequence

from backbot.safety.patterns import Match
from backbot.safety.tokens import COMMA, SENTENCE_END, Token

MEASURES = (
    "age_small_child",
    "age_child",
    "age_under_45",
    "age_over_45",
    "age_over_50",
    "age_over_65",
    "fever_figure",
    "late_pregnancy_week",
)
_AGE_UNITS = frozenset("year years yr yrs yo y yrold".split())
_AGE_LEADS = frozenset("im aged age hes shes turning turned am is at".split())
_KIN = frozenset(
    """mum mother mom dad father grandma grandmother gran granny nan nana grandad granddad grandpa
    grandfather husband wife son daughter brother sister aunt uncle niece nephew""".split()
)
# Units that make a figure something else than an age.
_OTHER_UNITS = frozenset(
    """
    minute minutes min mins hour hours hr hrs h day days week weeks wk wks month months time times
    am pm kg kilo kilos lb lbs stone st cm mm m km k mile miles metre metres meter meters foot feet
    ft inch inches reps sets percent degrees c f pounds euros mg ml tablets pills cups steps
    second seconds sec secs pounds pushups press squats metres pack of to x other out ibuprofen
    """.split()
)
_NUMBER_WORDS = {
    word: number
    for number, word in enumerate(
        "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
        "sixteen seventeen eighteen nineteen twenty".split(),
        start=1,
    )
}
_TENS = dict(
    zip("thirty forty fifty sixty seventy eighty ninety".split(), range(30, 100, 10), strict=True)
)
_HEAT_WORDS = frozenset(
    "temperature temp fever thermometer degrees running reading hit hitting c".split()
)


def measure(found: Sequence[Token]) -> dict[str, list[Match]]:
    """Return the matches of `MEASURES`; names that nothing matches are left out."""
    hits: dict[str, list[Match]] = {}
    for at, token in enumerate(found):
        for name in _names(found, at, token.text):
            hits.setdefault(name, []).append(Match(at, at + 1, 1 << at))
    return hits


def _names(found: Sequence[Token], at: int, text: str) -> list[str]:
    value = _value(text)
    if value is None:
        return []
    before = found[at - 1].text if at else SENTENCE_END
    after = found[at + 1].text if at + 1 < len(found) else SENTENCE_END
    near = {found[i].text for i in range(max(0, at - 4), min(len(found), at + 4))}
    names = []
    if _is_fever(text, value, near, after):
        names.append("fever_figure")
    elif after in ("week", "weeks", "wk", "wks", "w") and 20 <= value <= 42:
        later = {found[i].text for i in range(at, min(len(found), at + 4))}
        if later & {"pregnant", "preg", "gone", "along", "pregnancy"} or before in (
            "im",
            "am",
            "shes",
        ):
            names.append("late_pregnancy_week")
    elif value == int(value) and 1 <= value <= 105 and _is_age(found, at, text, before, after):
        names.extend(_age_groups(int(value)))
    return names


def _age_groups(age: int) -> list[str]:
    names = []
    if age <= 9:
        names.append("age_small_child")
    if age <= 16:
        names.append("age_child")
    if 16 <= age < 46:
        names.append("age_under_45")
    if age >= 45:
        names.append("age_over_45")
    if age >= 50:
        names.append("age_over_50")
    if age >= 65:
        names.append("age_over_65")
    return names


def _is_age(found: Sequence[Token], at: int, text: str, before: str, after: str) -> bool:
    if after in _AGE_UNITS:
        behind = [found[i].text for i in range(at + 2, min(len(found), at + 4))]
        return "old" in behind[:1] or after in ("yo", "y", "yrold") or before in ("a", "my", "our")
    if after in _OTHER_UNITS:
        return False
    if before in ("aged", "age"):
        return True
    marks = (
        COMMA,
        SENTENCE_END,
        "and",
        "n",
        "but",
        "with",
        "we",
        "so",
        "my",
        "when",
        "now",
        "next",
    )
    if before in _AGE_LEADS and after in marks:
        return before not in ("is", "am", "at") or after in (COMMA, SENTENCE_END)
    if before in _KIN and text.isdigit():
        return True
    if text.isdigit() and len(text) == 2:  # "(79)", "76," and "retired, 71."
        return before in (COMMA, SENTENCE_END) and after in (COMMA, SENTENCE_END, "female", "male")
    return False


def _is_fever(text: str, value: float, near: set[str], after: str) -> bool:
    if "." in text or text.count(",") == 1:
        return 37.8 <= value <= 42.5 or 100.4 <= value <= 107.9
    if 38 <= value <= 42 or 100 <= value <= 106:
        said = after in ("something", "degrees", "c", "f", "last", "fever", "point")
        return said or bool(near & _HEAT_WORDS)
    return False


def _value(text: str) -> float | None:
    if text[0].isdigit():
        try:
            return float(text.replace(",", ".").split("/")[0])
        except ValueError:
            return None
    if text in _NUMBER_WORDS:
        return float(_NUMBER_WORDS[text])
    return float(_TENS[text]) if text in _TENS else None
