"""A reader's question in the forms that the halves of retrieval compare."""

from collections.abc import Callable
from dataclasses import dataclass

from backbot.index.contents import Index
from backbot.index.encoder import Vectors
from backbot.retrieval.wording import adopt_synonyms
from backbot.text.terms import terms


@dataclass(frozen=True, eq=False)
class Question:
    """What a question's words are compared by.

    `text` is the question in the corpus's wording, `terms` are its distinct terms in order,
    `other_terms` those of synonyms that the corpus uses beside the reader's words, and `vector`
    is its unit vector, shape (dimensions,).
    """

    text: str
    terms: tuple[str, ...]
    other_terms: tuple[str, ...]
    vector: Vectors


def prepare(index: Index, text: str, encode: Callable[[str], Vectors] | None = None) -> Question:
    """Return `text` ready for searching `index`; `encode` may remember vectors it has made."""
    reworded = adopt_synonyms(index, text)
    own = tuple(dict.fromkeys(terms(reworded.text)))
    others = dict.fromkeys(terms(" ".join(reworded.others)))
    return Question(
        reworded.text,
        own,
        tuple(term for term in others if term not in own),
        (encode or index.encoder.encode)(reworded.text),
    )
