"""Fits what makes a run of sentences a good opening, and prints the weights of `answering.runs`.

    python bench/quality/rank.py seed=INDEX:SET[,SET...] starter=INDEX:SET[,SET...]

Listwise: the runs that hold the evidence should share the softmax of all runs' scores. A penalty
holds the weights near those in use, since a few hundred questions are few. A question's
aim was learned on the tuning sets, which flatters it here: for weights to keep, ask each set of an
index whose axes were learned without it (`train_axes.py --left-out`). Cross-validated over
questions, never over runs of the same question. Held-out sets are for nobody to name here.

Source: Cao et al. (2007), "Learning to rank: from pairwise approach to listwise approach", ICML.
"""

import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from backbot.answering import runs
from backbot.answering.candidates import find_candidates
from backbot.answering.runs import find_runs
from backbot.answering.wants import wanted_roles
from backbot.evaluation.score import holds
from backbot.evaluation.sets import read_set
from backbot.index.contents import Index
from backbot.index.store import open_index
from backbot.retrieval.hybrid import PASSAGES_READ, search
from backbot.retrieval.question import prepare
from backbot.retrieval.wording import mend_spelling
from backbot.text.roles import Role

NAMES = ("COSINE", "PASSAGE", "LENGTH", "WANTED")
IN_USE = np.array(
    [
        runs.COSINE_WEIGHT,
        runs.PASSAGE_WEIGHT,
        runs.LENGTH_WEIGHT,
        runs.WANTED_BONUS,
    ]
)
SHARPNESS = 30.0
PENALTY = 0.1
FOLDS = 6

Weights = NDArray[np.float64]


class Ranked(NamedTuple):
    """One question's runs: their features (runs, features) and which hold the evidence (runs,)."""

    features: NDArray[np.float64]
    right: NDArray[np.bool_]


def rank(index: Index, path: Path) -> list[Ranked]:
    found = []
    for case in read_set(path):
        if case.expect != "answer" or case.turns:
            continue
        question = prepare(index, mend_spelling(index, case.messages[-1]))
        hits = search(index, question, PASSAGES_READ)
        every = find_runs(question, find_candidates(index, question, hits)) or ()
        pool = [run for run in every if run.alone and run.role is not Role.EXPERIENCE]
        texts = [index.documents[run.document].text[run.start : run.end] for run in pool]
        right = np.array([holds([text], case.evidence) for text in texts], dtype=bool)
        wanted = wanted_roles(question.text)
        features = [
            (
                run.cosine,
                run.passage,
                min(1.0, run.words / runs.MOST_WORDS),
                run.role in wanted,
            )
            for run in pool
        ]
        if right.any():
            found.append(Ranked(np.array(features, dtype=np.float64), right))
    return found


def loss(weights: Weights, questions: list[Ranked]) -> float:
    total = 0.0
    for question in questions:
        scores = SHARPNESS * (question.features @ weights)
        odds = np.exp(scores - scores.max())
        total -= float(np.log(odds[question.right].sum() / odds.sum()))
    return total / len(questions) + PENALTY * float(((weights - IN_USE) ** 2).sum())


def fit(questions: list[Ranked]) -> Weights:
    return np.asarray(minimize(loss, IN_USE, args=(questions,)).x)


def right_first(weights: Weights, questions: list[Ranked]) -> list[bool]:
    return [bool(each.right[np.argmax(each.features @ weights)]) for each in questions]


def main(arguments: list[str]) -> None:
    questions: list[Ranked] = []
    for argument in arguments:
        root, _, sets = argument.partition("=")[2].partition(":")
        index = open_index(Path(root))
        questions += [each for path in sets.split(",") for each in rank(index, Path(path))]
    unseen: list[bool] = []
    for fold in range(FOLDS):
        rest = [each for place, each in enumerate(questions) if place % FOLDS != fold]
        unseen += right_first(fit(rest), questions[fold::FOLDS])
    print(f"{len(questions)} questions with a run that holds the evidence; right first:")
    print(f"  weights in use {np.mean(right_first(IN_USE, questions)):.3f}")
    print(f"  fitted anew, cross-validated {np.mean(unseen):.3f}")
    for name, weight in zip(NAMES, fit(questions), strict=True):
        print(f"{name} = {weight:.2f}")


if __name__ == "__main__":
    main(sys.argv[1:])
