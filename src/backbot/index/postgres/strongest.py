"""The texts with the highest BM25 scores, by as few rows as prove it.

Source: Turtle and Flood (1995), "Query evaluation: strategies and optimizations", Information
Processing & Management 31(6), the MaxScore bound: rows of common terms are left unread where what
they could bring changes nothing.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from backbot.index.lexical import K1
from backbot.index.postgres.connections import Statement
from backbot.index.postgres.terms import StoredTerms

# How many of the best by their rare terms are weighed by their common terms too.
_WEIGHED = 400
_SUM = "sum(weight * share)"


class Strongest(NamedTuple):
    """A statement that gives texts with their scores, and what proves that they are the best.

    `unread` is what the terms could bring whose rows are not read at all; 0 where all are.
    """

    statement: Statement
    depth: int
    unread: float
    all_read: Statement

    def rows(self, found: Sequence[tuple[Any, ...]]) -> list[int]:
        """Return the best of the texts `found`."""
        ranked = sorted((-(rare + common), text) for text, rare, common in found)
        return [text for score, text in ranked[: self.depth] if score < 0]

    def unless_proved(self, found: Sequence[tuple[Any, ...]]) -> "Strongest | None":
        """Return what to ask instead, None where `found` holds the best for sure."""
        if self.unread == 0.0:
            return None
        scores = sorted((rare + common for _, rare, common in found), reverse=True)
        # What was passed over has at most the last one's rare terms, and all that is unread.
        last = min((rare for _, rare, _ in found), default=0.0) if len(found) >= _WEIGHED else 0.0
        if len(scores) >= self.depth and scores[self.depth - 1] > last + self.unread:
            return None
        return Strongest(self.all_read, self.depth, 0.0, self.all_read)


def strongest(
    table: str, terms: StoredTerms, counted: Mapping[int, float], depth: int, most_read: int
) -> Strongest:
    """Return how to find the `depth` texts with the highest scores in a table of weights.

    `counted` says how much each term counts; more than `most_read` rows are read only where fewer
    prove nothing.
    """
    rarest = sorted(counted, key=lambda term: (int(terms.lengths[term]), term))
    read: list[int] = []
    rows = 0
    for term in rarest:
        if read and rows + int(terms.lengths[term]) > most_read:
            break
        read.append(term)
        rows += int(terms.lengths[term])
    rest = rarest[len(read) :]
    every = Statement(
        f"select text, {_SUM}, 0.0::float8 from {_weights_in(table)} group by text "
        f"order by 2 desc, text limit {depth}",
        _asked(counted, rarest),
    )
    if not rest:
        return Strongest(every, depth, 0.0, every)
    some = Statement(
        f"select text, rare, coalesce((select {_SUM} from {_weights_in(table)} "
        f"where w.text = best.text), 0.0) from (select text, {_SUM} as rare "
        f"from {_weights_in(table)} group by text order by 2 desc, text limit {_WEIGHED}) best",
        [*_asked(counted, rest), *_asked(counted, read)],
    )
    unread = sum(counted[term] * (K1 + 1) * float(terms.idf[term]) for term in rest)
    return Strongest(some, depth, unread, every)


def _weights_in(table: str) -> str:
    """Return the rows of the terms asked for, each with what its term counts for."""
    return f"unnest(%s::int[], %s::float8[]) asked (term, share) join {table} w using (term)"


def _asked(counted: Mapping[int, float], terms: Sequence[int]) -> list[Any]:
    return [list(terms), [counted[term] for term in terms]]
