"""Hybrid search: BM25 and embeddings, fused by a convex combination of comparable scores."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from backbot.index.contents import P_DOCUMENT, Index
from backbot.index.encoder import Vectors
from backbot.index.lexical import Lexical, Scores
from backbot.retrieval.question import Question
from backbot.retrieval.rows import rows_of

# How many passages the sentences of an answer are taken from.
PASSAGES_READ = 20
# What each half brings to the pool that is fused.
DEPTH = 50
LEXICAL_WEIGHT = 0.3
# BM25 of the whole document, for words of a question that lie in several of its passages.
DOCUMENT_WEIGHT = 0.2
DENSE_WEIGHT = 0.5
# What a synonym that the reader did not write counts for, beside the word that was written.
OTHER_TERMS_SHARE = 0.5
# What a document's own questions (its title, its question, other ways to ask it) add.
ASKED_WEIGHT = 0.05


class Hit(NamedTuple):
    """A passage with its fused score and the parts of it, each from 0 to 1.

    `lexical` is BM25 over the most that the question's terms could bring, `article` the same of
    the document as a whole, `dense` the cosine, `asked` the cosine with the nearest question that
    the passage's document answers.
    """

    passage: int
    score: float
    lexical: float
    article: float
    dense: float
    asked: float


def search(index: Index, question: Question, k: int, *, unasked: str | None = None) -> list[Hit]:
    """Return the k best passages for `question`, best first, ties by position.

    The documents' own question `unasked` is taken as not named, to ask it as a reader would.

    Scores are absolute, not scaled by the best hit's: they can be compared between questions,
    which is what makes them evidence that there is an answer at all.

    Source: Bruch, Gai and Ingber (2023), "An analysis of fusion functions for hybrid retrieval",
    ACM TOIS 42(1), with BM25 scaled by its upper bound instead of by the best score.
    """
    shares = dict.fromkeys(question.terms, 1.0)
    shares.update(dict.fromkeys(question.other_terms, OTHER_TERMS_SHARE))
    strongest = index.lexical.strongest(shares, DEPTH)
    nearest = index.dense.nearest(question.vector, DEPTH)
    pool = np.union1d(nearest.rows, strongest).astype(np.int64)
    return _fused(index, question, pool, unasked, k)


def search_document(index: Index, question: Question, document: int) -> list[Hit]:
    """Return all passages of the document in row `document`, scored as `search` does it."""
    pool = (index.passages[:, P_DOCUMENT] == document).nonzero()[0].astype(np.int64)
    return _fused(index, question, pool, None, len(pool))


def _fused(
    index: Index, question: Question, pool: NDArray[np.int64], unasked: str | None, k: int
) -> list[Hit]:
    """Return the k best passages of `pool`, best first, ties by position."""
    owners, owner = np.unique(index.passages[pool, P_DOCUMENT], return_inverse=True)
    lexical = _lexical_share(index.lexical, question, pool)
    document = _lexical_share(index.document_lexical, question, owners)[owner]
    dense = np.maximum(index.dense.cosines(question.vector, pool), 0.0)
    asked = _asked_cosines(index, question, owners, unasked)[owner]
    fused = (
        LEXICAL_WEIGHT * lexical
        + DOCUMENT_WEIGHT * document
        + DENSE_WEIGHT * dense
        + ASKED_WEIGHT * asked
    )
    order = np.lexsort((pool, -fused))[:k]
    columns = (each[order].tolist() for each in (pool, fused, lexical, document, dense, asked))
    return list(map(Hit, *columns))


def _lexical_share(lexical: Lexical, question: Question, rows: NDArray[np.int64]) -> Scores:
    """Return BM25 over its upper bound for the question, from 0 to 1, for some texts."""
    scores = lexical.score_rows(question.terms, rows)
    if question.other_terms:
        scores = scores + OTHER_TERMS_SHARE * lexical.score_rows(question.other_terms, rows)
    ceiling = lexical.ceiling(question.terms)
    return np.minimum(scores / ceiling, 1.0) if ceiling > 0 else np.zeros_like(scores)


def _asked_cosines(
    index: Index, question: Question, documents: NDArray[np.int64], unasked: str | None
) -> Vectors:
    """Return the best cosine between `question` and what each of `documents` says it answers.

    Shape (len(documents),); 0 for a document that names no question.
    """
    best = np.zeros(len(documents), dtype=np.float32)
    starts = index.question_starts
    asking = starts[documents + 1] > starts[documents]
    if not asking.any():
        return best
    rows, edges = rows_of(starts, documents[asking])
    cosines = index.question_vectors[rows] @ question.vector
    if unasked is not None:
        cosines[[index.questions[row].text == unasked for row in rows]] = 0.0
    best[asking] = np.maximum(np.maximum.reduceat(cosines, edges), 0.0)
    return best
