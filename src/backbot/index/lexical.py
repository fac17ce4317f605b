"""BM25 with rank-bm25's own weights, kept as a sparse matrix that scores without rank-bm25."""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float64]

# What Anserini takes for short texts; rank-bm25's own defaults (1.5, 0.75) did worse on every set.
K1 = 0.9
B = 0.4
# Entries of a question's columns above which it is worth a try to leave the longest unread.
MOST_READ = 50_000


class Weighed(Protocol):
    """Terms with what they weigh among so many `texts`; idf has the shape (terms,)."""

    @property
    def vocabulary(self) -> Mapping[str, int]: ...
    @property
    def idf(self) -> Scores: ...
    @property
    def texts(self) -> int: ...


class Lexical(NamedTuple):
    """One column a term: `rows[starts[t]:starts[t + 1]]` are the texts that hold term t, and
    `weights` at the same places what the term adds to their scores.

    Shapes: starts (terms + 1,), rows and weights (entries,), idf (terms,).
    """

    vocabulary: Mapping[str, int]
    starts: NDArray[np.int64]
    rows: NDArray[np.int32]
    weights: Scores
    idf: Scores
    texts: int

    def score(self, terms: Sequence[str]) -> Scores:
        """Return every text's BM25 score, shape (texts,); a repeated term counts again."""
        scores = np.zeros(self.texts)
        for term in terms:
            column = self.vocabulary.get(term)
            if column is not None:
                span = slice(self.starts[column], self.starts[column + 1])
                # A text stands once in a column, so plain indexing adds up rightly.
                scores[self.rows[span]] += self.weights[span]
        return scores

    def score_rows(self, terms: Sequence[str], rows: NDArray[np.int64]) -> Scores:
        """Return the BM25 scores of some texts, shape (len(rows),), as `score` gives them."""
        if self.texts <= MOST_READ:
            return self.score(terms)[rows]  # quicker than looking each text up
        known = (self.vocabulary.get(term) for term in terms)
        return self._sum([(column, 1.0) for column in known if column is not None], rows)

    def _sum(self, columns: Sequence[tuple[int, float]], rows: NDArray[np.int64]) -> Scores:
        scores = np.zeros(len(rows))
        for column, share in columns:
            span = slice(self.starts[column], self.starts[column + 1])
            holding = self.rows[span]
            places = np.minimum(np.searchsorted(holding, rows), len(holding) - 1)
            scores += np.where(holding[places] == rows, share * self.weights[span][places], 0.0)
        return scores

    def strongest(self, terms: Mapping[str, float], k: int) -> NDArray[np.int64]:
        """Return the k texts with the highest scores above 0, in the order of their rows.

        `terms` says how much each counts. Long columns are left unread where no text that holds
        their terms alone could be among the k: a term brings at most (k1 + 1) times its idf.

        Source: Turtle and Flood (1995), "Query evaluation: strategies and optimizations",
        Information Processing & Management 31(6), the MaxScore bound.
        """
        known = [
            (self.vocabulary[each], share)
            for each, share in terms.items()
            if each in self.vocabulary
        ]
        # No column is longer than there are texts.
        if len(known) * self.texts > MOST_READ:
            pruned = self._pruned(known, k)
            if pruned is not None:
                return pruned
        scores = np.zeros(self.texts)
        for column, share in known:
            span = slice(self.starts[column], self.starts[column + 1])
            scores[self.rows[span]] += share * self.weights[span]
        return _top(np.arange(self.texts), scores, k)

    def _pruned(self, known: Sequence[tuple[int, float]], k: int) -> NDArray[np.int64] | None:
        """Return what `strongest` does out of the rarest terms' columns, None if they do not do or
        are not worth it."""
        lengths = {
            column: int(self.starts[column + 1] - self.starts[column]) for column, _ in known
        }
        if sum(lengths.values()) <= MOST_READ:
            return None
        bounds = {column: share * (K1 + 1) * float(self.idf[column]) for column, share in known}
        rarest = sorted(lengths, key=lambda column: (lengths[column], column))
        rows = np.zeros(0, dtype=np.int64)
        for place, column in enumerate(rarest[:-1], start=1):
            if len(rows) + lengths[column] > MOST_READ:
                return None
            rows = np.union1d(rows, self.rows[self.starts[column] : self.starts[column + 1]])
            if len(rows) < k:
                continue
            scores = self._sum(known, rows)
            least = np.partition(scores, -k)[-k]
            if sum(bounds[each] for each in rarest[place:]) < least:
                return _top(rows, scores, k)
        return None

    def term_idf(self, term: str) -> float:
        """Return a term's inverse document frequency; an unknown term weighs like the rarest."""
        return term_idf(self, term)

    def ceiling(self, terms: Sequence[str]) -> float:
        """Return the score that no text can pass for these terms, unknown ones included."""
        return ceiling(self, terms)


def term_idf(weighed: Weighed, term: str) -> float:
    """Return a term's inverse document frequency; an unknown term weighs like the rarest."""
    column = weighed.vocabulary.get(term)
    if column is not None:
        return float(weighed.idf[column])
    return math.log(weighed.texts + 0.5) - math.log(0.5)


def ceiling(weighed: Weighed, terms: Sequence[str]) -> float:
    """Return the score that no text can pass for these terms, unknown ones included."""
    return (K1 + 1) * sum(term_idf(weighed, term) for term in terms)


def _top(rows: NDArray[np.int64], scores: Scores, k: int) -> NDArray[np.int64]:
    """Return the `rows` of the k highest scores above 0, in order."""
    if len(rows) > k:
        best = np.argpartition(-scores, k - 1)[:k]
        rows, scores = rows[best], scores[best]
    return np.sort(rows[scores > 0])


def build_lexical(texts: Sequence[Sequence[str]]) -> Lexical:
    """Weigh the terms of `texts` (passages, or whole documents) as rank-bm25's BM25Okapi does.

    Two of its cases are mended, both found on small corpora: a term in exactly half of the
    texts weighs 0 there, and where the mean idf is not positive common terms weigh less than
    nothing. Such terms get a quarter of the mean idf, or of 1 if that is not positive.

    Source: Trotman, Puurula and Burgess (2014), "Improvements to BM25 and language models
    examined" (the ATIRE variant), as rank-bm25 0.2.2 computes it.
    """
    from rank_bm25 import BM25Okapi

    vocabulary = {term: n for n, term in enumerate(sorted({t for each in texts for t in each}))}
    if not vocabulary:
        empty = np.zeros(0)
        return Lexical({}, np.zeros(1, np.int64), empty.astype(np.int32), empty, empty, len(texts))
    okapi = BM25Okapi(texts, k1=K1, b=B)
    floor = okapi.epsilon * (okapi.average_idf if okapi.average_idf > 0 else 1.0)
    idf = np.array([okapi.idf[term] if okapi.idf[term] > 0 else floor for term in vocabulary])

    columns: list[list[tuple[int, float]]] = [[] for _ in vocabulary]
    for row, frequencies in enumerate(okapi.doc_freqs):
        norm = K1 * (1 - B + B * okapi.doc_len[row] / okapi.avgdl)
        for term, frequency in frequencies.items():
            column = vocabulary[term]
            weight = idf[column] * (frequency * (K1 + 1) / (frequency + norm))
            columns[column].append((row, float(weight)))
    starts = np.cumsum([0, *(len(column) for column in columns)], dtype=np.int64)
    entries = [entry for column in columns for entry in column]
    rows = np.array([row for row, _ in entries], dtype=np.int32)
    weights = np.array([weight for _, weight in entries], dtype=np.float64)
    return Lexical(vocabulary, starts, rows, weights, idf, len(texts))
