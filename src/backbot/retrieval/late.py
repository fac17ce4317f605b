"""Late interaction: how well each word of a question is met by the words of a sentence."""

import numpy as np
from numpy.typing import NDArray

from backbot.index.encoder import TOKEN_SCALE, TokenVectors
from backbot.index.reader import Sentences

Similarities = NDArray[np.float32]


def token_similarities(tokens: TokenVectors, sentences: Sentences) -> Similarities:
    """Return how near each of `sentences` comes to each token of a question.

    Shape (sentences, tokens): the best cosine among the sentence's tokens, 0 for a sentence
    without any. Unlike the cosine of whole sentences, it shows which words found no match.

    Source: the MaxSim operator of Khattab and Zaharia (2020), "ColBERT: Efficient and effective
    passage search via contextualized late interaction over BERT", SIGIR, here over the tokens of
    a sentence encoder that was not trained for it.
    """
    found = np.zeros((len(sentences.views), len(tokens)), dtype=np.float32)
    held = np.diff(sentences.starts) > 0
    if not held.any() or not len(tokens):
        return found
    products = sentences.tokens.astype(np.float32) @ tokens.T.astype(np.float32)
    found[held] = np.maximum.reduceat(products, sentences.starts[:-1][held], axis=0)
    found /= TOKEN_SCALE**2
    return found.clip(0.0, 1.0, out=found)
