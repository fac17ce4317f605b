"""A reader's question in the forms that the halves of retrieval compare."""

from collections.abc import Callable
from dataclasses import dataclass

from backbot.index.encoder import Encoded, Encoder, TokenVectors, Vectors
from backbot.index.reader import IndexReader
from backbot.retrieval.late import Similarities
from backbot.retrieval.wording import Reworded, adopt_synonyms
from backbot.text.terms import terms


@dataclass(frozen=True, eq=False)
class Question:
    """What a question's words are compared by.

    `text` is the question in the corpus's wording, `terms` are its distinct terms in order, and
    `other_terms` those of synonyms that the corpus uses beside the reader's words. `vector` is its
    unit vector, shape (dimensions,), for other questions, and `aim` the same for what may answer
    it. `meeting` are its token vectors, which tell what of it is met. `emphasis` (tokens,) is the
    share of each token in what is asked; the shares add up to 1.
    """

    text: str
    terms: tuple[str, ...]
    other_terms: tuple[str, ...]
    vector: Vectors
    aim: Vectors
    meeting: TokenVectors
    emphasis: Vectors

    def share_met(self, similarities: Similarities) -> Similarities:
        """Return how much of what is asked each row meets, from 0 to 1.

        `similarities` has the shape (rows, tokens); without any token the share is 0.
        """
        # Not by a matrix product, in which BLAS may report invalid values where there are none.
        shares: Similarities = (similarities * self.emphasis).sum(axis=1)
        return shares


class Reader:
    """Encodes the texts of one reply, each of them once."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._known: dict[str, Encoded] = {}

    def __call__(self, text: str, focus: str = "", beside: str | None = None) -> Encoded:
        """Return what the encoder makes of `text`, in which `focus` counts for more.

        `beside` is the other text that will be asked for: two that differ go in one pass.
        """
        if text not in self._known:
            texts = [text] if beside is None else list(dict.fromkeys((text, beside)))
            found = self._encoder.read_together(texts, focus)
            self._known.update(zip(texts, found, strict=True))
        return self._known[text]


def prepare(
    index: IndexReader,
    text: str,
    read: Callable[[str, str], Encoded] | None = None,
    *,
    focus: str = "",
    reworded: Reworded | None = None,
) -> Question:
    """Return `text` ready for searching `index`; `read` may remember what it has encoded, and
    `reworded` be known.

    `focus` is the end of `text`, in the corpus's wording, where that begins with an earlier turn:
    what was just asked.
    """
    reworded = reworded or adopt_synonyms(index, text)
    own = tuple(dict.fromkeys(terms(reworded.text)))
    others = dict.fromkeys(terms(" ".join(reworded.others)))
    encoded = (read or index.encoder.read)(reworded.text, focus)
    return Question(
        reworded.text,
        own,
        tuple(term for term in others if term not in own),
        encoded.sentence,
        encoded.aim,
        encoded.meeting,
        encoded.emphasis,
    )
