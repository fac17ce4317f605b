"""What an index holds once it is open: documents, sentences, passages, and ways to score them."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from backbot.corpus.document import Document
from backbot.index.dense import Dense
from backbot.index.encoder import Encoder, TokenVectors, Vectors
from backbot.index.lexical import Lexical
from backbot.index.pins import Pinned
from backbot.index.reader import (
    OTHER_TERMS_SHARE,
    AskedQuestion,
    Pool,
    Query,
    Rows,
    Scores,
    Sentences,
    shares,
)
from backbot.index.rows import rows_of
from backbot.index.stretches import Stretches
from backbot.index.views import Baseline, Counts, SentenceView, view_sentence
from backbot.index.wording import Wording, spellings, used_groups

# Columns of the sentence table.
S_DOCUMENT, S_START, S_END, S_BLOCK, S_SECTION, S_ROLE, S_FLAGS = range(7)
SENTENCE_COLUMNS = 7
# Columns of the passage table; the sentences are S_FIRST to S_LAST, S_LAST not included.
P_DOCUMENT, P_FIRST, P_LAST, P_SECTION = range(4)
PASSAGE_COLUMNS = 4

Table = NDArray[np.int32]


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


@dataclass(frozen=True, eq=False)
class Index:
    """One open index. All of it is read-only, so threads may share it.

    Shapes: sentences (n, 7) and passages (m, 4), int32, columns as named above; sentence_vectors
    (n, dimensions); those in `dense` (of the passages), `asked` (of the
    questions) and `away` (of those about something else), a row each; all of unit length. The
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
    away: Dense
    token_starts: NDArray[np.int64]
    token_vectors: TokenVectors
    encoder: Encoder
    baseline: Baseline
    pins: tuple[Pinned, ...] = ()
    # Worked out when a sentence is first looked at; every thread finds the same.
    _views: dict[int, SentenceView] = field(default_factory=dict)

    @cached_property
    def question_starts(self) -> NDArray[np.int64]:
        """Where each document's questions begin among all of them, shape (len(documents) + 1,)."""
        owners = [each.document for each in self.questions]
        return np.searchsorted(owners, np.arange(len(self.documents) + 1))

    @cached_property
    def _sentence_rows(self) -> Stretches[np.float32]:
        return Stretches(self.sentence_vectors)

    @cached_property
    def _token_rows(self) -> Stretches[np.int8]:
        return Stretches(self.token_vectors)

    @cached_property
    def subject(self) -> Vectors:
        """What the corpus is about as a whole: the mean of its questions' vectors."""
        mean: Vectors = self.question_vectors.mean(axis=0)
        return mean

    @property
    def question_vectors(self) -> Vectors:
        """The vectors of the questions that documents answer, a row each."""
        return self.asked.vectors

    @property
    def elsewhere_vectors(self) -> Vectors:
        """The vectors of the questions about something else, a row each."""
        return self.away.vectors

    @cached_property
    def spellings(self) -> dict[str, tuple[str, ...]]:
        return spellings(self.wording)

    @cached_property
    def synonyms(self) -> tuple[tuple[frozenset[str], tuple[tuple[str, int], ...]], ...]:
        return used_groups(self.wording)

    @cached_property
    def by_id(self) -> dict[str, Document]:
        return {document.id: document for document in self.documents}

    @cached_property
    def counts(self) -> Counts:
        return Counts(
            len(self.documents), len(self.passages), len(self.sentences), len(self.questions)
        )

    def find(self, query: Query, depth: int, unasked: str | None = None) -> Pool:
        strongest = self.lexical.strongest(shares(query), depth)
        nearest = self.dense.nearest(query.aim, depth)
        pool = np.sort(np.concatenate((nearest.rows, strongest)))
        return self._weighed(query, pool[_begins(pool)], unasked)

    def find_in(self, query: Query, document: int) -> Pool:
        pool = (self.passages[:, P_DOCUMENT] == document).nonzero()[0].astype(np.int64)
        return self._weighed(query, pool, None)

    def read_sentences(self, numbers: Sequence[int]) -> Sentences:
        rows = np.asarray(numbers, dtype=np.int64)
        # Where each sentence's first token stands among all of them here.
        starts = np.zeros(len(rows) + 1, dtype=np.int64)
        np.cumsum(self.token_starts[rows + 1] - self.token_starts[rows], out=starts[1:])
        edges = [0, *((np.diff(rows) != 1).nonzero()[0] + 1).tolist(), len(rows)]
        spans = [(numbers[a], numbers[b - 1] + 1) for a, b in itertools.pairwise(edges) if a < b]
        tokens = [(self.token_starts[a].item(), self.token_starts[b].item()) for a, b in spans]
        return Sentences(
            tuple(map(self.sentence, numbers)),
            self.sentences[rows, S_FLAGS],
            self._sentence_rows.read(spans, len(rows)),
            starts,
            self._token_rows.read(tokens, int(starts[-1])),
        )

    def sentences_between(self, document: int, start: int, end: int) -> list[SentenceView]:
        table = self.sentences
        inside = (
            (table[:, S_DOCUMENT] == document)
            & (table[:, S_START] < end)
            & (table[:, S_END] > start)
        )
        return [self.sentence(row) for row in inside.nonzero()[0].tolist()]

    def read_documents(self, rows: Sequence[int]) -> dict[int, Document]:
        return {row: self.documents[row] for row in rows}

    def find_document(self, identifier: str) -> Document | None:
        return self.by_id.get(identifier)

    def first_documents(self, most: int) -> tuple[Document, ...]:
        return self.documents[:most]

    def questions_near(self, vector: Vectors, most: int) -> list[AskedQuestion]:
        rows, cosines = self.asked.nearest(vector, most)
        found = (self.questions[row] for row in rows.tolist())
        columns = (found, cosines.tolist(), self.question_vectors[rows])
        return [
            AskedQuestion(text, document, cosine, own)
            for (text, document), cosine, own in zip(*columns, strict=True)
        ]

    def sentence(self, number: int) -> SentenceView:
        """Return the sentence in row `number` of the sentence table."""
        found = self._views.get(number)
        if found is None:
            row = self.sentences[number].tolist()
            text = self.documents[row[S_DOCUMENT]].text[row[S_START] : row[S_END]]
            found = self._views[number] = view_sentence(number, row, text)
        return found

    def heading(self, document: int, section: int) -> str:
        """Return the text of the heading in block `section` of a document, "" for none."""
        if section < 0:
            return ""
        block = self.documents[document].blocks[section]
        return self.documents[document].text[block.start : block.end]

    def _weighed(self, query: Query, pool: Rows, unasked: str | None) -> Pool:
        """Return the passages of `pool` with what speaks for each."""
        table = self.passages[pool]
        documents = table[:, P_DOCUMENT].astype(np.int64)
        # Passages stand in the order of their documents.
        begins = _begins(documents)
        owners, owner = documents[begins], np.cumsum(begins) - 1
        return Pool(
            pool,
            documents,
            table[:, P_FIRST].astype(np.int64),
            table[:, P_LAST].astype(np.int64),
            _scores(self.lexical, query, pool),
            _scores(self.document_lexical, query, owners)[owner],
            self.dense.cosines(query.aim, pool),
            self._asked_cosines(query, owners, unasked)[owner],
        )

    def _asked_cosines(self, query: Query, documents: Rows, unasked: str | None) -> Vectors:
        """Return the best cosine of `query` with what each of `documents` says it answers.

        Shape (len(documents),); 0 for a document that names no question.
        """
        best = np.zeros(len(documents), dtype=np.float32)
        starts = self.question_starts
        asking = starts[documents + 1] > starts[documents]
        if not asking.any():
            return best
        rows, edges = rows_of(starts, documents[asking])
        cosines = self.asked.cosines(query.vector, rows)
        if unasked is not None:
            cosines[[self.questions[row].text == unasked for row in rows]] = 0.0
        best[asking] = np.maximum(np.maximum.reduceat(cosines, edges), 0.0)
        return best


def _begins(numbers: Rows) -> NDArray[np.bool_]:
    """Tell of each of some sorted numbers whether it differs from the one before it."""
    return np.concatenate(([True], numbers[1:] != numbers[:-1]))[: len(numbers)]


def _scores(lexical: Lexical, query: Query, rows: Rows) -> Scores:
    """Return the BM25 scores of some texts, other terms at their share."""
    scores = lexical.score_rows(query.terms, rows)
    if query.other_terms:
        scores = scores + OTHER_TERMS_SHARE * lexical.score_rows(query.other_terms, rows)
    return scores
