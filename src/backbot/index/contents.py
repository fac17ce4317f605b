"""What an index holds once it is open: documents, sentences, passages, and ways to score them."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from backbot.corpus.document import Document
from backbot.index.dense import Dense
from backbot.index.encoder import Encoder, TokenVectors, Vectors
from backbot.index.lexical import Lexical
from backbot.index.pins import Pinned
from backbot.index.wording import Wording
from backbot.text.roles import Role
from backbot.text.terms import terms, whole_words

# Columns of the sentence table.
S_DOCUMENT, S_START, S_END, S_BLOCK, S_SECTION, S_ROLE, S_FLAGS = range(7)
SENTENCE_COLUMNS = 7
# Columns of the passage table; the sentences are S_FIRST to S_LAST, S_LAST not included.
P_DOCUMENT, P_FIRST, P_LAST, P_SECTION = range(4)
PASSAGE_COLUMNS = 4
# Bits of a sentence's flags.
QUOTABLE, STANDS_ALONE, ANNOUNCES, ASKS, JOINED, DENIES = 1, 2, 4, 8, 16, 32

Table = NDArray[np.int32]


class Baseline(msgspec.Struct, frozen=True, kw_only=True):
    """What the signals of an answer are like, by a signal's name; empty before it is measured.

    `means` and `spreads` (standard deviations) over questions that the corpus does not answer,
    `own` the means over the questions that its documents name.
    """

    means: dict[str, float] = {}
    spreads: dict[str, float] = {}
    own: dict[str, float] = {}


class Cut(NamedTuple):
    """One document's sentences (n, 6) and passages (m, 3): their rows in an index's tables without
    the document's number; the sentences are counted from the document's first.
    """

    sentences: Table
    passages: Table


class Known(NamedTuple):
    """What need not be made again: vectors by the key of the text they were made from, `tokens`
    of sentences alone, and how documents were cut.
    """

    vectors: dict[bytes, Vectors]
    tokens: dict[bytes, TokenVectors]
    cuts: dict[Document, Cut]

    @classmethod
    def nothing(cls) -> "Known":
        return cls({}, {}, {})


class Question(NamedTuple):
    """A question that a document answers: its title, its question, or another way to ask it."""

    text: str
    document: int


class SentenceView(NamedTuple):
    """One sentence as the composer reads it; `number` is its row in the sentence table."""

    number: int
    document: int
    start: int
    end: int
    block: int
    section: int
    role: Role
    quotable: bool
    stands_alone: bool
    announces: bool
    asks: bool
    joined: bool
    denies: bool
    words: int
    text: str


@dataclass(frozen=True, eq=False)
class Index:
    """One open index. All of it is read-only, so threads may share it.

    Shapes: sentences (n, 7) and passages (m, 4), int32, columns as named above; sentence_vectors
    (n, dimensions); elsewhere_vectors and those in `dense` (of the passages) and `asked` (of the
    questions), a row each; all of unit length. The
    rows `token_starts[i]` to `token_starts[i + 1]` of token_vectors are sentence i's.
    """

    version: str
    documents: tuple[Document, ...]
    sentences: Table
    passages: Table
    questions: tuple[Question, ...]
    # Questions that these documents do not answer, to tell an answer from mere nearness.
    elsewhere: tuple[str, ...]
    wording: Wording
    # BM25 over passages, and over whole documents: an answer's words often lie further apart.
    lexical: Lexical
    document_lexical: Lexical
    dense: Dense
    sentence_vectors: Vectors
    asked: Dense
    elsewhere_vectors: Vectors
    token_starts: NDArray[np.int64]
    token_vectors: TokenVectors
    encoder: Encoder
    baseline: Baseline
    pins: tuple[Pinned, ...] = ()
    # Worked out when a sentence is first looked at; every thread finds the same.
    _views: dict[int, SentenceView] = field(default_factory=dict)
    _terms: dict[int, frozenset[str]] = field(default_factory=dict)

    @cached_property
    def question_starts(self) -> NDArray[np.int64]:
        """Where each document's questions begin among all of them, shape (len(documents) + 1,)."""
        owners = [each.document for each in self.questions]
        return np.searchsorted(owners, np.arange(len(self.documents) + 1))

    @cached_property
    def subject(self) -> Vectors:
        """What the corpus is about as a whole: the mean of its questions' vectors."""
        mean: Vectors = self.question_vectors.mean(axis=0)
        return mean

    @property
    def question_vectors(self) -> Vectors:
        """The vectors of the questions that documents answer, a row each."""
        return self.asked.vectors

    @cached_property
    def spellings(self) -> dict[str, tuple[str, ...]]:
        """The corpus's words by their first letter."""
        by_letter: dict[str, list[str]] = {}
        for word in self.wording.words:
            by_letter.setdefault(word[0], []).append(word)
        return {letter: tuple(found) for letter, found in by_letter.items()}

    @cached_property
    def synonyms(self) -> tuple[tuple[frozenset[str], tuple[tuple[str, int], ...]], ...]:
        """The groups of phrases that the corpus uses any of, each after its phrases' first words.

        Where none of these stands in a question, the group has nothing to do with it.
        """
        groups = [each for each in self.wording.groups if any(count for _, count in each)]
        return tuple(
            (frozenset().union(*(whole_words(phrase.split()[0]) for phrase, _ in group)), group)
            for group in groups
        )

    @cached_property
    def by_id(self) -> dict[str, Document]:
        return {document.id: document for document in self.documents}

    def sentence(self, number: int) -> SentenceView:
        """Return the sentence in row `number` of the sentence table."""
        found = self._views.get(number)
        if found is None:
            found = self._views[number] = self._view(number)
        return found

    def _view(self, number: int) -> SentenceView:
        document, start, end, block, section, role, flags = self.sentences[number].tolist()
        text = self.documents[document].text[start:end]
        return SentenceView(
            number,
            document,
            start,
            end,
            block,
            section,
            Role(role),
            bool(flags & QUOTABLE),
            bool(flags & STANDS_ALONE),
            bool(flags & ANNOUNCES),
            bool(flags & ASKS),
            bool(flags & JOINED),
            bool(flags & DENIES),
            len(text.split()),
            text,
        )

    def heading(self, document: int, section: int) -> str:
        """Return the text of the heading in block `section` of a document, "" for none."""
        if section < 0:
            return ""
        block = self.documents[document].blocks[section]
        return self.documents[document].text[block.start : block.end]

    def sentence_terms(self, number: int) -> frozenset[str]:
        """Return the distinct terms of the sentence in row `number`."""
        found = self._terms.get(number)
        if found is None:
            found = self._terms[number] = frozenset(terms(self.sentence(number).text))
        return found
