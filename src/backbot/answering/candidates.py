"""The sentences that an answer may be made of, each with what speaks for it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backbot.index.encoder import Vectors
from backbot.index.reader import IndexReader
from backbot.index.views import SentenceView
from backbot.retrieval.hybrid import Hit
from backbot.retrieval.late import Similarities, token_similarities
from backbot.retrieval.question import Question
from backbot.text.roles import Role


@dataclass(frozen=True, eq=False)
class Candidates:
    """Sentences in corpus order, a row each in every table.

    `flags` (n,) are those of the sentence table, `cosines` (n,) those with the question's aim,
    `passages` (n,) the scores of the best passage that holds each, `met` (n, tokens) how near it
    comes to each of the question's tokens, and `vectors` (n, dimensions) the sentences' own.
    """

    sentences: tuple[SentenceView, ...]
    flags: NDArray[np.int32]
    cosines: Vectors
    passages: NDArray[np.float64]
    met: Similarities
    vectors: Vectors

    def __len__(self) -> int:
        return len(self.sentences)

    def are(self, flag: int) -> NDArray[np.bool_]:
        """Tell of each sentence whether it has a flag of the sentence table, such as QUOTABLE."""
        found: NDArray[np.bool_] = self.flags & flag != 0
        return found


def find_candidates(
    index: IndexReader,
    question: Question,
    hits: Sequence[Hit],
    *,
    without: Collection[Role] = (),
) -> Candidates:
    """Return every sentence of the passages in `hits`, with what speaks for each.

    Sentences whose role is among `without` are left out.
    """
    # The best hits come first: their scores are put in last.
    best_passage = {
        number: hit.score for hit in reversed(hits) for number in range(hit.first, hit.last)
    }
    found = index.read_sentences(sorted(best_passage))
    if without:
        found = found.keeping([each.role not in without for each in found.views])
    return Candidates(
        found.views,
        found.flags,
        found.vectors @ question.aim,
        np.array([best_passage[each.number] for each in found.views]),
        token_similarities(question.meeting, found),
        found.vectors,
    )
