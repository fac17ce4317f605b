"""A reader's question in the forms that the halves of retrieval compare."""

from dataclasses import dataclass

from backbot.index.contents import Index
from backbot.index.encoder import Vectors
from backbot.text.terms import terms


@dataclass(frozen=True, eq=False)
class Question:
    """The question's text, its terms (distinct, in order) and its unit vector (dimensions,)."""

    text: str
    terms: tuple[str, ...]
    vector: Vectors


def prepare(index: Index, text: str) -> Question:
    """Return `text` ready for searching `index`."""
    return Question(text, tuple(dict.fromkeys(terms(text))), index.encoder.encode(text))
