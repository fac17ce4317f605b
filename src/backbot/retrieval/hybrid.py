"""Hybrid search: BM25 and embeddings, fused by a convex combination of comparable scores."""

from typing import NamedTuple

import numpy as np

from backbot.index.reader import IndexReader, Pool, Scores, Terms
from backbot.retrieval.question import Question

# How many passages the sentences of an answer are taken from.
PASSAGES_READ = 20
# What each half brings to the pool that is fused.
DEPTH = 50
LEXICAL_WEIGHT = 0.3
# BM25 of the whole document, for words of a question that lie in several of its passages.
DOCUMENT_WEIGHT = 0.2
DENSE_WEIGHT = 0.5
# What a document's own questions (its title, its question, other ways to ask it) add.
ASKED_WEIGHT = 0.05


class Hit(NamedTuple):
    """A passage with its fused score and the parts of it, each from 0 to 1.

    `lexical` is BM25 over the most that the question's terms could bring, `article` the same of
    the document as a whole, `dense` the cosine, `asked` the cosine with the nearest question that
    the passage's document answers. `document` is a row, as are the passage's sentences from `first`
    to `last`, the last not included.
    """

    passage: int
    document: int
    first: int
    last: int
    score: float
    lexical: float
    article: float
    dense: float
    asked: float


def search(
    index: IndexReader, question: Question, k: int, *, unasked: str | None = None
) -> list[Hit]:
    """Return the k best passages for `question`, best first, ties by position.

    The documents' own question `unasked` is taken as not named, to ask it as a reader would.

    Scores are absolute, not scaled by the best hit's: they can be compared between questions,
    which is what makes them evidence that there is an answer at all.

    Source: Bruch, Gai and Ingber (2023), "An analysis of fusion functions for hybrid retrieval",
    ACM TOIS 42(1), with BM25 scaled by its upper bound instead of by the best score.
    """
    return fuse(index, question, index.find(question, DEPTH, unasked), k)


def search_document(index: IndexReader, question: Question, document: int) -> list[Hit]:
    """Return all passages of the document in row `document`, scored as `search` does it."""
    pool = index.find_in(question, document)
    return fuse(index, question, pool, len(pool.passages))


def fuse(index: IndexReader, question: Question, pool: Pool, k: int) -> list[Hit]:
    """Return the k best passages of `pool`, best first, ties by position."""
    lexical = _share(index.lexical, question, pool.lexical)
    article = _share(index.document_lexical, question, pool.article)
    dense = np.maximum(pool.cosines, 0.0)
    fused = (
        LEXICAL_WEIGHT * lexical
        + DOCUMENT_WEIGHT * article
        + DENSE_WEIGHT * dense
        + ASKED_WEIGHT * pool.asked
    )
    order = np.lexsort((pool.passages, -fused))[:k]
    columns = (
        *(pool.passages, pool.documents, pool.firsts, pool.lasts),
        *(fused, lexical, article, dense, pool.asked),
    )
    return list(map(Hit, *(each[order].tolist() for each in columns)))


def _share(terms: Terms, question: Question, scores: Scores) -> Scores:
    """Return BM25 over its upper bound for the question, from 0 to 1."""
    ceiling = terms.ceiling(question.terms)
    return np.minimum(scores / ceiling, 1.0) if ceiling > 0 else np.zeros_like(scores)
