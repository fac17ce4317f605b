"""What terms weigh, where their columns lie in a database."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from backbot.index.lexical import Scores, ceiling, term_idf


class StoredTerms(NamedTuple):
    """The numbers of terms, what each weighs and in how many texts it stands.

    Shapes: idf and lengths (terms,).
    """

    vocabulary: Mapping[str, int]
    idf: Scores
    lengths: NDArray[np.int64]
    texts: int

    def term_idf(self, term: str) -> float:
        return term_idf(self, term)

    def ceiling(self, terms: Sequence[str]) -> float:
        return ceiling(self, terms)

    def known(self, terms: Sequence[str]) -> list[int]:
        """Return the numbers of those of `terms` that there are, in order."""
        return [self.vocabulary[term] for term in terms if term in self.vocabulary]
