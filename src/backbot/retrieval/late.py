"""Late interaction: how well each word of a question is met by the words of a sentence."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from backbot.index.contents import Index
from backbot.index.encoder import TOKEN_SCALE, TokenVectors

Similarities = NDArray[np.float32]


def token_similarities(
    index: Index, tokens: TokenVectors, sentences: Sequence[int]
) -> Similarities:
    """Return how near each of `sentences` comes to each token of a question.

    Shape (sentences, tokens): the best cosine among the sentence's tokens, 0 for a sentence
    without any. Unlike the cosine of whole sentences, it shows which words found no match.

    Source: the MaxSim operator of Khattab and Zaharia (2020), "ColBERT: Efficient and effective
    passage search via contextualized late interaction over BERT", SIGIR, here over the tokens of
    a sentence encoder that was not trained for it.
    """
    found = np.zeros((len(sentences), len(tokens)), dtype=np.float32)
    starts = index.token_starts
    spans = [(int(starts[number]), int(starts[number + 1])) for number in sentences]
    held = [place for place, (first, last) in enumerate(spans) if first < last]
    if not held or not len(tokens):
        return found
    rows = np.concatenate([index.token_vectors[slice(*spans[place])] for place in held])
    cosines = (rows.astype(np.float32) @ tokens.T.astype(np.float32)) / TOKEN_SCALE**2
    sizes = [spans[place][1] - spans[place][0] for place in held]
    edges = np.cumsum([0, *sizes[:-1]])
    found[held] = np.maximum.reduceat(cosines, edges, axis=0)
    return np.clip(found, 0.0, 1.0)
