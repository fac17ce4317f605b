"""Learning to tell everyday matters from what this corpus and other pages on health are about."""

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

from backbot.index.contents import Index
from backbot.index.elsewhere import everyday_questions

# A flat optimum between 1 and 10.
STRENGTH = 3.0
# More sentences than these only cost time at each rebuild.
MOST_OWN = 1000
# Fewer questions of either sort than this teach nothing.
LEAST = 30
# Digits kept: enough to judge by, too few to differ between machines.
DIGITS = 3
FOLDS = 5

_Floats = NDArray[np.float64]


class _Lesson:
    """What is learned from: vectors (n, dimensions), and which of them are everyday matters (n,).

    The first rows are the bank's, in its order; sentences and questions of the corpus follow.
    """

    def __init__(self, index: Index) -> None:
        known = everyday_questions()
        own = np.concatenate([index.question_vectors, index.sentence_vectors])
        own = own[np.arange(min(len(own), MOST_OWN)) * len(own) // min(len(own), MOST_OWN)]
        self.bank = len(index.elsewhere)
        self.vectors: _Floats = np.concatenate([index.elsewhere_vectors, own]).astype(np.float64)
        self.everyday = np.zeros(len(self.vectors), dtype=bool)
        self.everyday[: self.bank] = [text in known for text in index.elsewhere]

    @property
    def enough(self) -> bool:
        return LEAST <= int(self.everyday.sum()) <= len(self.everyday) - LEAST

    def learn(self, rows: NDArray[np.intp]) -> LogisticRegression:
        model = LogisticRegression(C=STRENGTH, max_iter=2000, class_weight="balanced")
        return model.fit(self.vectors[rows], ~self.everyday[rows])


def learn_everyday(index: Index) -> tuple[float, ...]:
    """Return a weight for each dimension of a sentence vector, and the constant after them.

    Their sum is the log-odds that a message is about health, or what the corpus is about, rather
    than an everyday matter. Empty where the bank left too few of either to learn from.
    """
    lesson = _Lesson(index)
    if not lesson.enough:
        return ()
    model = lesson.learn(np.arange(len(lesson.vectors)))
    return tuple(round(float(value), DIGITS) for value in (*model.coef_[0], *model.intercept_))


def unseen_everyday(index: Index) -> _Floats:
    """Return the log-odds (n,) of each question of the bank, by weights that never saw it."""
    lesson = _Lesson(index)
    found = np.zeros(lesson.bank)
    if lesson.enough:
        folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
        for seen, unseen in folds.split(lesson.vectors, lesson.everyday):
            kept = unseen[unseen < lesson.bank]
            found[kept] = lesson.learn(seen).decision_function(lesson.vectors[kept])
    return found
