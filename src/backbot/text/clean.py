"""What a reader typed, made safe to handle without changing what it says."""

import re
import sys
import unicodedata

_SPACES = re.compile(r"\s+")
_LONG_RUN = re.compile(r"(\D)\1{3,}")
_CODE = re.compile(r"<\s*/?\s*(?:script|iframe|svg)|\bjavascript:", re.IGNORECASE)


def clean(text: str) -> str:
    """Return `text` without invisible characters, on one line.

    Control characters (NUL, carriage returns ...) become a space. Format characters (zero-width
    spaces, bidirectional overrides, byte order marks) and lone surrogates go: they hide or
    reorder what a log, a terminal or a page shows.
    """
    if text.isprintable():
        return _SPACES.sub(" ", text).strip()
    kept = []
    for character in text:
        category = unicodedata.category(character)
        if category == "Cc":
            kept.append(" ")
        elif category not in ("Cf", "Cs"):
            kept.append(character)
    return _SPACES.sub(" ", "".join(kept)).strip()


def something_left() -> str:
    """Return the regular expression, as ECMA-262 has them, of a text that `clean` leaves any of."""
    taken: list[list[int]] = []
    for code in range(sys.maxunicode + 1):
        character = chr(code)
        if character.isspace() or unicodedata.category(character) in ("Cc", "Cf"):
            if taken and taken[-1][1] == code - 1:
                taken[-1][1] = code
            else:
                taken.append([code, code])
    # Beyond four digits an escape would need the flag that few readers of a description set.
    escape = "".join(
        "-".join(f"\\u{code:04x}" if code < 0x10000 else chr(code) for code in sorted({*ends}))
        for ends in taken
    )
    return f"[^{escape}]"


def fold(text: str) -> str:
    """Return `text` in the form that is compared: NFKC, case-folded, straight apostrophes."""
    if text.isascii():
        return text.casefold()
    folded = unicodedata.normalize("NFKC", text).casefold()
    return folded.replace("’", "'").replace("‘", "'").replace("ʼ", "'")


def squeeze(text: str) -> str:
    """Shorten runs of four and more of one character to one: "stiiiiiff" to "stiff".

    Figures stay: 10000 steps are not 10.
    """
    return _LONG_RUN.sub(r"\1", text)


def is_code(text: str) -> bool:
    """Tell whether `text` holds a script: nothing that an article could answer."""
    return bool(_CODE.search(text))


def has_words(text: str) -> bool:
    """Tell whether `text` holds any letter or digit at all (emoji and punctuation are none)."""
    return any(character.isalnum() for character in text)
