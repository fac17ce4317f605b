"""Which parts of the body a text speaks of."""

import re

from backbot.text.clean import fold

# Parts that articles speak of in one breath are one region. What is behind the words of a region
# may hurt for one and the same reason; what is in another region wants an article of its own.
_REGIONS = {
    "the neck, shoulders or upper back": (
        r"(?:upper|mid(?:dle)?)[ -]backs?|shoulder ?blades?|scapula\w*|rhomboids?|thoracic|"
        r"trap(?:s|ezius)|shoulders?|rotator cuffs?|necks?|scalenes?|cervical|spines?|postur\w+|"
        r"slouch\w*|knots?"
    ),
    "the lower back": (
        r"low(?:er)?[ -]backs?|small of (?:my|the|her|his|your) back|lumbar|sciatica?|tailbone|"
        r"low(?:er)? down in (?:my|the|her|his|your) back|coccyx|buttocks?|glutes?|piriformis|"
        r"bottom of (?:my|the|her|his|your) back"
    ),
    "the head": r"heads?|headaches?|migraines?|skull|temples?",
    "the jaw or teeth": r"jaws?|tmj|teeth|tooth|gums?|tongue|cheeks?",
    "the chest": (
        r"chests?|pecs?|pectoral\w*|ribs?|ribcage|breast\w*|sternum|"
        r"fronts? (?:side )?of (?:the|your|our|my|his|her|their) bod(?:y|ies)|front side"
    ),
    "the elbow": r"elbows?|forearms?",
    "the hand": r"wrists?|hands?|fingers?|thumbs?|knuckles?|carpal",
    "the arm": r"arms?|biceps?|triceps",
    "the hip": r"hips?|groin|pelvi\w+",
    "the knee": r"knees?|kneecaps?|patella\w*|meniscus",
    "the leg": r"legs?|thighs?|hamstrings?|shins?|calf|calves|achilles",
    "the foot": (
        r"feet|foot|flatfoot\w*|ankles?|arch(?:es)?|heels?|toes?|soles?|bunions?|plantar|insoles?|"
        r"barefoot"
    ),
    "the belly": r"stomachs?|bell(?:y|ies)|tumm(?:y|ies)|abdom\w+|guts?|bowels?|bladder",
    "the skin": r"skin|scalp",
    "the eyes": r"eyes?|eyelids?",
    "the ears": r"ears?",
}
# What the upper back is asked about is asked about this one in the same words.
EASILY_MISTAKEN = "the lower back"
# One look for all of them: no two regions share a word, so none hides another.
_NAMES = tuple(_REGIONS)
_NAMED = re.compile(r"\b(?:" + "|".join(f"({words})" for words in _REGIONS.values()) + r")\b")
# What has a part's name and is none.
_NOT_OF_A_BODY = re.compile(
    r"\b(?:high[ -]?heels?|on the one hand|(?:on the )?other hand|hand(?:ed|y)|by hand|"
    r"(?:at the )?back of my (?:mind|hand)|arms? (?:chair|rest)s?|(?:on|by) foot|"
    r"(?:first|second)[ -]?hand|(?:left|right)[ -]hand (?:side|end|corner|lane|drive)|heads? up)\b"
)


def regions(text: str) -> set[str]:
    """Return the regions of the body that `text` names."""
    plain = _NOT_OF_A_BODY.sub(" ", fold(text))
    return {_NAMES[(match.lastindex or 1) - 1] for match in _NAMED.finditer(plain)}
