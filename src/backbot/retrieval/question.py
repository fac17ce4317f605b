"""A reader's question in the forms that the halves of retrieval compare."""

from collections.abc import Callable
from dataclasses import dataclass

from backbot.index.contents import Index
from backbot.index.encoder import Encoded, Encoder, TokenVectors, Vectors
from backbot.retrieval.wording import adopt_synonyms
from backbot.text.terms import terms


@dataclass(frozen=True, eq=False)
class Question:
    """What a question's words are compared by.

    `text` is the question in the corpus's wording, `terms` are its distinct terms in order,
    `other_terms` those of synonyms that the corpus uses beside the reader's words, `vector` is its
    unit vector, shape (dimensions,), and `tokens` are its token vectors.
    """

    text: str
    terms: tuple[str, ...]
    other_terms: tuple[str, ...]
    vector: Vectors
    tokens: TokenVectors


class Reader:
    """Encodes the texts of one reply, each of them once."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._known: dict[str, Encoded] = {}

    def __call__(self, text: str, beside: Callable[[], str] | None = None) -> Encoded:
        """Return what the encoder makes of `text`.

        `beside` says which other text will be asked for: two that differ go in one pass.
        """
        if text not in self._known:
            texts = [text] if beside is None else list(dict.fromkeys((text, beside())))
            self._known.update(zip(texts, self._encoder.read_together(texts), strict=True))
        return self._known[text]


def prepare(index: Index, text: str, read: Callable[[str], Encoded] | None = None) -> Question:
    """Return `text` ready for searching `index`; `read` may remember what it has encoded."""
    reworded = adopt_synonyms(index, text)
    own = tuple(dict.fromkeys(terms(reworded.text)))
    others = dict.fromkeys(terms(" ".join(reworded.others)))
    return Question(
        reworded.text,
        own,
        tuple(term for term in others if term not in own),
        *(read or index.encoder.read)(reworded.text),
    )
