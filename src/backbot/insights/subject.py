"""Whether questions have anything to do with the site."""

import numpy as np

from backbot.index.contents import Index
from backbot.insights.linkage import Vectors

# Questions as near as this to any question that the corpus names are about its subject. On the
# simulated year topics without an article lie from 0.34 up, advertisements and jokes below 0.24.
ON_SUBJECT = 0.27


def is_elsewhere(vectors: Vectors, index: Index) -> bool:
    """Tell whether a group of questions, shape (n, dimensions), is about something else than the
    corpus; False where it cannot be told because another encoder made them."""
    mean = vectors.mean(axis=0)
    if index.question_vectors.shape[1] != len(mean):
        return False
    mean = mean / max(float(np.linalg.norm(mean)), 1e-6)
    return float((index.question_vectors @ mean).max(initial=0.0)) < ON_SUBJECT
