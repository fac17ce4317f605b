"""The sentences that an answer may be made of, each with what speaks for it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backbot.index.contents import P_FIRST, P_LAST, S_FLAGS, Index, SentenceView
from backbot.index.encoder import Vectors
from backbot.retrieval.hybrid import Hit
from backbot.retrieval.late import Similarities, token_similarities
from backbot.retrieval.question import Question
from backbot.text.roles import Role


@dataclass(frozen=True, eq=False)
class Candidates:
    """Sentences in corpus order, a row each in every table.

    `flags` (n,) are those of the sentence table, `cosines` (n,) those with the question, `passages`
    (n,) the scores of the best passage that holds each, `tokens` (n, tokens) how near it comes to
    each of the question's tokens, and `gram` (n + 1, n + 1) sums of the cosines among the sentences
    themselves.
    """

    sentences: tuple[SentenceView, ...]
    flags: NDArray[np.int32]
    cosines: Vectors
    passages: NDArray[np.float64]
    tokens: Similarities
    gram: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.sentences)

    def are(self, flag: int) -> NDArray[np.bool_]:
        """Tell of each sentence whether it has a flag of the sentence table, such as QUOTABLE."""
        found: NDArray[np.bool_] = self.flags & flag != 0
        return found


def find_candidates(
    index: Index,
    question: Question,
    hits: Sequence[Hit],
    *,
    without: Collection[Role] = (),
) -> Candidates:
    """Return every sentence of the passages in `hits`, with what speaks for each.

    Sentences whose role is among `without` are left out.
    """
    best_passage: dict[int, float] = {}
    rows = index.passages[[hit.passage for hit in hits]][:, [P_FIRST, P_LAST]].tolist()
    for hit, (first, last) in zip(hits, rows, strict=True):
        for number in range(first, last):
            # The best hits come first.
            best_passage.setdefault(number, hit.score)
    found = [index.sentence(number) for number in sorted(best_passage)]
    sentences = tuple(each for each in found if each.role not in without)
    numbers = [each.number for each in sentences]
    vectors = np.asarray(index.sentence_vectors[numbers], dtype=np.float32)
    gram = np.zeros((len(numbers) + 1, len(numbers) + 1))
    gram[1:, 1:] = (vectors @ vectors.T).cumsum(axis=0, dtype=np.float64).cumsum(axis=1)
    return Candidates(
        sentences,
        index.sentences[numbers, S_FLAGS],
        vectors @ question.vector,
        np.array([best_passage[number] for number in numbers]),
        token_similarities(index, question.tokens, numbers),
        gram,
    )
