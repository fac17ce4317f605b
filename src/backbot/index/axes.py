"""What vectors are turned by: the directions in which words are compared, and a question's aim.

The tokens of a question are turned by axes of their own, towards where it is spoken of at all. The
question as a whole is turned towards what answers it: what that says is seldom in its words.

Learned for the default encoder (`bench/quality/train_axes.py`), found anew for any other. A corpus
has no say in them, so that an article more or less changes nobody else's vectors.
"""

import hashlib
from importlib.resources import as_file, files
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from backbot.index.elsewhere import bank_questions
from backbot.index.encoder import Vectors, file_sha256

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

# How long the vectors of single tokens are. A quarter of the model's own length ranks as well here
# (docs/decisions) and keeps the index small.
TOKEN_DIMENSIONS = 96
# The weights that the shipped axes were learned with.
LEARNED_WITH = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
LEARNED = files("backbot") / "data" / "axes.npz"


class Axes(NamedTuple):
    """What turns vectors.

    `sentence` is for the tokens of sentences, `meeting` for those of a question, both of the shape
    (dimensions, 96). `aim`, shape (depths x dimensions, dimensions), makes what a question as a
    whole is compared with passages and sentences by: the sum of what its blocks turn the mean
    tokens to, each of unit length, of the last layer and of others below it (see `graph.depths`).
    """

    sentence: Vectors
    meeting: Vectors
    aim: Vectors


def axes_digest(weights: str) -> str:
    """Return what names the axes for the model whose weights have the SHA-256 `weights`."""
    if weights == LEARNED_WITH:
        with as_file(LEARNED) as path:
            return file_sha256(path)[:16]
    # Sums differ in their last bits with the number of threads, which is 1.
    return hashlib.sha256("\n".join(("1", *bank_questions())).encode()).hexdigest()[:16]


def axes_for(reference: "SentenceTransformer", weights: str) -> Axes:
    """Return the axes for `reference`: those that come along if they were learned with its
    `weights`, else its principal ones for all tokens alike, and questions aim where they are.
    """
    if weights == LEARNED_WITH:
        return learned_axes()
    return unlearned(principal_axes(reference))


def unlearned(axes: Vectors) -> Axes:
    """Return what turns all tokens alike by `axes`, shape (dimensions, any), and no question."""
    return Axes(axes, axes, np.eye(len(axes), dtype=np.float32))


def learned_axes() -> Axes:
    """Return the axes that come along."""
    with as_file(LEARNED) as path, np.load(path, allow_pickle=False) as held:
        return Axes(*(held[name].astype(np.float32) for name in Axes._fields))


def principal_axes(reference: "SentenceTransformer") -> Vectors:
    """Return the directions in which the tokens of our bank of questions differ most, shape
    (dimensions, 96).
    """
    found = reference.encode(bank_questions(), output_value="token_embeddings", batch_size=1)
    tokens: NDArray[np.float64] = np.concatenate([np.asarray(each, np.float64) for each in found])
    tokens /= np.linalg.norm(tokens, axis=1, keepdims=True)
    _, axes = np.linalg.eigh(tokens.T @ tokens)
    # The same axes on every machine, whichever way round its linear algebra finds them.
    axes = axes[:, ::-1][:, :TOKEN_DIMENSIONS]
    axes *= np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])])
    return np.asarray(axes, dtype=np.float32)
