"""Hybrid search: BM25 and embeddings, fused by a convex combination of comparable scores."""

from typing import NamedTuple

import numpy as np

from backbot.index.contents import P_DOCUMENT, Index
from backbot.index.encoder import Vectors
from backbot.retrieval.question import Question

# How many passages the sentences of an answer are taken from.
PASSAGES_READ = 12
# What each half brings to the pool that is fused.
DEPTH = 50
LEXICAL_WEIGHT = 0.45
DENSE_WEIGHT = 0.55
# What a synonym that the reader did not write counts for, beside the word that was written.
OTHER_TERMS_SHARE = 0.5
# What a document's own questions (its title, its question, other ways to ask it) add.
ASKED_WEIGHT = 0.1


class Hit(NamedTuple):
    """A passage with its fused score and the parts of it, each from 0 to 1.

    `lexical` is BM25 over the most that the question's terms could bring, `dense` the cosine,
    `asked` the cosine with the nearest question that the passage's document answers.
    """

    passage: int
    score: float
    lexical: float
    dense: float
    asked: float


def search(index: Index, question: Question, k: int) -> list[Hit]:
    """Return the k best passages for `question`, best first, ties by position.

    Scores are absolute, not scaled by the best hit's: they can be compared between questions,
    which is what makes them evidence that there is an answer at all.

    Source: Bruch, Gai and Ingber (2023), "An analysis of fusion functions for hybrid retrieval",
    ACM TOIS 42(1), with BM25 scaled by its upper bound instead of by the best score.
    """
    bm25 = index.lexical.score(question.terms)
    if question.other_terms:
        bm25 = bm25 + OTHER_TERMS_SHARE * index.lexical.score(question.other_terms)
    ceiling = index.lexical.ceiling(question.terms)
    nearest = index.dense.nearest(question.vector, DEPTH)
    depth = min(DEPTH, len(bm25))
    strongest = np.argpartition(-bm25, depth - 1)[:depth]
    pool = np.union1d(nearest.rows, strongest[bm25[strongest] > 0]).astype(np.int64)

    dense = np.maximum(index.dense.cosines(question.vector, pool), 0.0)
    lexical = np.minimum(bm25[pool] / ceiling, 1.0) if ceiling > 0 else np.zeros(len(pool))
    asked = asked_cosines(index, question)[index.passages[pool, P_DOCUMENT]]
    fused = LEXICAL_WEIGHT * lexical + DENSE_WEIGHT * dense + ASKED_WEIGHT * asked
    order = np.lexsort((pool, -fused))[:k]
    return [
        Hit(int(pool[n]), float(fused[n]), float(lexical[n]), float(dense[n]), float(asked[n]))
        for n in order
    ]


def asked_cosines(index: Index, question: Question) -> Vectors:
    """Return each document's best cosine between `question` and what it says it answers.

    Shape (documents,); 0 for a document that names no question.
    """
    best = np.zeros(len(index.documents), dtype=np.float32)
    if len(index.questions):
        np.maximum.at(best, index.question_owners, index.question_vectors @ question.vector)
    return best
