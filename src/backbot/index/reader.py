"""What a reply asks of an index, wherever its rows lie: in mapped files or in a database.

Retrieval, composing and citing know no more of an index than `IndexReader`. What is as large as the
corpus is only ever handed out in parts; what is small, or asked of each word, is held.
"""

import itertools
from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from backbot.corpus.document import Document
from backbot.index.dense import Dense
from backbot.index.encoder import Encoder, TokenVectors, Vectors
from backbot.index.pins import Pinned
from backbot.index.views import Baseline, Counts, SentenceView
from backbot.index.wording import Wording

Rows = NDArray[np.int64]
Scores = NDArray[np.float64]

# What a synonym that the reader did not write counts for, beside the word that was written.
OTHER_TERMS_SHARE = 0.5


class Query(Protocol):
    """What passages are looked for by: terms in order, those of synonyms beside them, and two unit
    vectors, shape (dimensions,): `vector` for other questions, `aim` for what may answer it."""

    @property
    def terms(self) -> Sequence[str]: ...
    @property
    def other_terms(self) -> Sequence[str]: ...
    @property
    def vector(self) -> Vectors: ...
    @property
    def aim(self) -> Vectors: ...


class Terms(Protocol):
    """What the terms of some texts weigh, without the texts."""

    @property
    def vocabulary(self) -> Mapping[str, int]: ...

    def term_idf(self, term: str) -> float:
        """Return a term's inverse document frequency; an unknown term weighs like the rarest."""

    def ceiling(self, terms: Sequence[str]) -> float:
        """Return the score that no text can pass for these terms, unknown ones included."""


class Pool(NamedTuple):
    """Passages in the order of their rows, with what speaks for each. All have the shape (n,).

    `passages` and `documents` are rows, `firsts` to `lasts` those of its sentences, the last not
    included; `lexical` is the BM25 score of the passage and `article` that of its whole document,
    both with other terms at their share; `cosines` are the passages', `asked` the best ones of the
    questions that each one's document names, 0 where it names none.
    """

    passages: Rows
    documents: Rows
    firsts: Rows
    lasts: Rows
    lexical: Scores
    article: Scores
    cosines: Vectors
    asked: Vectors


class Sentences(NamedTuple):
    """Sentences with their flags (n,), their vectors (n, dimensions), and those of their tokens:
    sentence i's are the rows `starts[i]` to `starts[i + 1]` of `tokens`; starts has the shape
    (n + 1,)."""

    views: tuple[SentenceView, ...]
    flags: NDArray[np.int32]
    vectors: Vectors
    starts: Rows
    tokens: TokenVectors

    def keeping(self, kept: Sequence[bool]) -> "Sentences":
        """Return the sentences of which `kept` (n,) says so."""
        chosen, sizes = np.array(kept, dtype=bool), np.diff(self.starts)
        return Sentences(
            tuple(itertools.compress(self.views, kept)),
            self.flags[chosen],
            self.vectors[chosen],
            np.append(0, np.cumsum(sizes[chosen])),
            self.tokens[np.repeat(chosen, sizes)],
        )


class AskedQuestion(NamedTuple):
    """A question that a document names, its cosine with what was asked, and its vector."""

    text: str
    document: int
    cosine: float
    vector: Vectors


class IndexReader(Protocol):
    """One version of an index, as replies read it; threads may share it.

    Methods raise `IndexUnavailableError` and its kin where the rows cannot be had or do not fit.
    """

    @property
    def version(self) -> str: ...
    @property
    def counts(self) -> Counts: ...
    @property
    def encoder(self) -> Encoder: ...
    @property
    def wording(self) -> Wording: ...
    @property
    def baseline(self) -> Baseline: ...
    @property
    def pins(self) -> Sequence[Pinned]: ...
    @property
    def lexical(self) -> Terms:
        """The terms of passages."""

    @property
    def document_lexical(self) -> Terms:
        """The terms of whole documents."""

    @property
    def away(self) -> Dense:
        """The vectors of questions about something else, to find the nearest among."""

    @property
    def subject(self) -> Vectors:
        """What the corpus is about as a whole: the mean of its questions' vectors."""

    @property
    def spellings(self) -> Mapping[str, Sequence[str]]:
        """The corpus's words by their first letter."""

    @property
    def synonyms(self) -> Sequence[tuple[frozenset[str], Sequence[tuple[str, int]]]]:
        """The groups of phrases that the corpus uses any of, each after its phrases' first words.

        Where none of these stands in a question, the group has nothing to do with it.
        """

    def find(self, query: Query, depth: int, unasked: str | None = None) -> Pool:
        """Return the `depth` passages nearest to the query's aim, and as many that its terms
        speak for most; a document's own question `unasked` is taken as not named."""

    def find_in(self, query: Query, document: int) -> Pool:
        """Return all passages of the document in row `document`."""

    def read_sentences(self, numbers: Sequence[int]) -> Sentences:
        """Return the sentences in these rows of the sentence table, in this order."""

    def sentences_between(self, document: int, start: int, end: int) -> Sequence[SentenceView]:
        """Return the sentences that meet the text of a document from `start` to `end`."""

    def read_documents(self, rows: Sequence[int]) -> Mapping[int, Document]:
        """Return documents by their rows."""

    def find_document(self, identifier: str) -> Document | None:
        """Return the document with an ID, None if there is none."""

    def first_documents(self, most: int) -> Sequence[Document]:
        """Return the first documents, at most so many."""

    def questions_near(self, vector: Vectors, most: int) -> Sequence[AskedQuestion]:
        """Return the questions that documents name, nearest to `vector` first; at most so many,
        and fewer only where there are no more to be had."""


def shares(query: Query) -> dict[str, float]:
    """Return the terms of `query` with what each counts for."""
    counted = dict.fromkeys(query.terms, 1.0)
    counted.update(dict.fromkeys(query.other_terms, OTHER_TERMS_SHARE))
    return counted
