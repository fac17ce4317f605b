"""Fits the weights of `backbot.answering.abstain` and prints them with what they reach.

    python bench/quality/fit.py starter=index seed=INDEX_OF_THE_IMPORTED_SEED

For each `name=index` the questions of `sets/name.tune.jsonl` are asked, dialogues left out, and
the index's own bank of questions about something else is asked beside them, each held out from
itself. The signals are measured in standard deviations from the bank's mean, per corpus, so that
one set of weights serves them all. The held-out sets are never read.
"""

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from backbot.answering.abstain import LEAST_SPREAD, Signals, read_signals
from backbot.answering.candidates import find_candidates
from backbot.answering.compose import compose
from backbot.evaluation.sets import read_set
from backbot.index.contents import Index
from backbot.index.store import open_index
from backbot.retrieval.hybrid import PASSAGES_READ, search
from backbot.retrieval.question import Question, prepare
from backbot.retrieval.wording import mend_spelling

SETS = Path(__file__).parent / "sets"
# Strong: signals overlap, and weights that lean on one corpus do not carry to the next.
REGULARISATION = 0.1
# What a wrong answer costs beside a missed one.
WRONG_ANSWER_COST = 1.0
FOLDS = 6


def signals_of(index: Index, question: Question, held_out: int | None = None) -> Signals | None:
    hits = search(index, question, PASSAGES_READ)
    candidates = find_candidates(index, question, hits)
    runs = compose(index, question, candidates)
    return read_signals(index, question, hits, candidates, runs, held_out=held_out)


def measured(name: str, index: Index) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return the signals, shape (questions, signals), in spreads from the mean, and the labels."""
    rows: list[Signals] = []
    labels: list[bool] = []
    for case in read_set(SETS / f"{name}.tune.jsonl"):
        if not case.turns:
            found = signals_of(index, prepare(index, mend_spelling(index, case.messages[-1])))
            if found is not None:
                rows.append(found)
                labels.append(case.expect == "answer")
    for number, text in enumerate(index.elsewhere):
        found = signals_of(index, prepare(index, text), number)
        if found is not None:
            rows.append(found)
            labels.append(False)
    means = np.array([index.baseline.means[field] for field in Signals._fields])
    spreads = np.array([index.baseline.spreads[field] for field in Signals._fields])
    return (np.array(rows) - means) / np.maximum(spreads, LEAST_SPREAD), np.array(labels)


def main(arguments: list[str]) -> None:
    parts = []
    for argument in arguments:
        name, _, root = argument.partition("=")
        values, labels = measured(name, open_index(Path(root)))
        parts.append((name, values, labels))
    values = np.concatenate([part[1] for part in parts])
    labels = np.concatenate([part[2] for part in parts])
    weight = {True: float((~labels).sum()) / float(labels.sum()), False: WRONG_ANSWER_COST}
    model = LogisticRegression(C=REGULARISATION, class_weight=weight)
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
    guessed = cross_val_predict(model, values, labels, cv=folds, method="predict_proba")[:, 1]
    first = 0
    for name, part, own in parts:
        here = guessed[first : first + len(part)]
        first += len(part)
        print(
            f"{name}: AUROC {roc_auc_score(own, here):.4f}"
            f", answered {(here[own] >= 0.5).mean():.3f}"
            f", wrongly {(here[~own] >= 0.5).mean():.3f} (cross-validated, bank included)"
        )
    model.fit(values, labels)
    print(f"INTERCEPT = {model.intercept_[0]:.2f}")
    weights = zip(Signals._fields, model.coef_[0], strict=True)
    print("WEIGHTS = Signals(" + ", ".join(f"{n}={w:.2f}" for n, w in weights) + ")")


if __name__ == "__main__":
    main(sys.argv[1:])
