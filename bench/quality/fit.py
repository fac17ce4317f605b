"""Fits the weights of `backbot.answering.abstain` and prints them with what they reach.

    python bench/quality/fit.py seed=INDEX:SET[,SET...] starter=INDEX:SET[,SET...]
        [--requests FILE]

Every question of the sets is asked of its index, dialogues left out, and the index's own bank of
questions about something else beside them, each held out from itself. The signals are measured in
the units of each corpus's own baseline, so that one set of weights serves them all: the last rows
say how weights that were fitted on the other corpora do on each. The axes of token vectors were
learned on the tuning sets, which flatters them here: for weights to keep, ask each set of an index
whose axes were learned without it (`train_axes.py --left-out`). The bank flatters them too, which
the axes have seen whole: of `--requests`, such as clinc150/val.jsonl, every sixth message stands
for what people say to a machine that the axes have not seen. Held-out sets are for nobody to name
here.
"""

import argparse
import json
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from backbot.answering.abstain import Measured, Signals, measured, read_signals
from backbot.answering.calibrate import ask_elsewhere
from backbot.answering.candidates import find_candidates
from backbot.answering.compose import compose
from backbot.answering.everyday import unseen_everyday
from backbot.conversation.smalltalk import recognise
from backbot.evaluation.sets import read_set
from backbot.index.contents import Index
from backbot.index.elsewhere import everyday_questions
from backbot.index.store import open_index
from backbot.retrieval.hybrid import PASSAGES_READ, search
from backbot.retrieval.question import prepare
from backbot.retrieval.wording import mend_spelling

# Strong: signals overlap, and weights that lean on one corpus do not carry to the next.
REGULARISATION = 0.1
# The bank is large; beside a real question each of its own counts for little. Its everyday matters
# stand for far more than are in the sets. Both are shared by the indexes that are asked.
BANK_WEIGHT = 0.1
EVERYDAY_WEIGHT = 3.0
FOLDS = 6
# Of the requests, so many are left for measuring what came of it.
EVERY = 6


class Part(NamedTuple):
    """One corpus: signals (questions, signals), labels, weights and whose (questions,)."""

    values: NDArray[np.float64]
    labels: NDArray[np.bool_]
    weights: NDArray[np.float64]
    bank: NDArray[np.bool_]


def signals_of(index: Index, text: str) -> Signals | None:
    question = prepare(index, mend_spelling(index, text))
    hits = search(index, question, PASSAGES_READ)
    candidates = find_candidates(index, question, hits)
    runs = compose(question, candidates)
    return read_signals(index, question, hits, candidates, runs)


def measure(index: Index, sets: list[Path], requests: list[str], share: float) -> Part:
    """Return what is measured on `index`, whose bank and `requests` count for `share` of those of
    all that are asked.
    """
    rows: list[Measured] = []
    labels: list[bool] = []
    weights: list[float] = []
    for case in (case for path in sets for case in read_set(path)):
        if case.turns or recognise(case.messages[-1]):
            continue
        if (found := signals_of(index, case.messages[-1])) is not None:
            rows.append(measured(found, index.baseline))
            labels.append(case.expect == "answer")
            weights.append(1.0)
    read = len(rows)
    unseen, everyday = unseen_everyday(index), everyday_questions()
    for number, text in enumerate(index.elsewhere):
        if (found := ask_elsewhere(index, number, text)) is not None:
            found = found._replace(health=float(unseen[number]))
            rows.append(measured(found, index.baseline))
            labels.append(False)
            weights.append(share * (EVERYDAY_WEIGHT if text in everyday else BANK_WEIGHT))
    for text in requests:
        if not recognise(text) and (found := signals_of(index, text)) is not None:
            rows.append(measured(found, index.baseline))
            labels.append(False)
            weights.append(share * EVERYDAY_WEIGHT)
    balanced = _balanced(np.array(labels), np.array(weights))
    return Part(np.array(rows), np.array(labels), balanced, np.arange(len(rows)) >= read)


def _balanced(labels: NDArray[np.bool_], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return weights under which as much is to be answered as is not."""
    return np.where(labels, weights * weights[~labels].sum() / weights[labels].sum(), weights)


def together(parts: list[Part]) -> Part:
    return Part(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def report(name: str, part: Part, guessed: NDArray[np.float64]) -> None:
    own = part.labels
    print(
        f"{name}: AUROC {roc_auc_score(own, guessed):.4f}"
        f", answered {(guessed[own] >= 0.5).mean():.3f}"
        f", wrongly {(guessed[~own & ~part.bank] >= 0.5).mean():.3f} of the set"
        f" and {(guessed[part.bank] >= 0.5).mean():.3f} of the bank"
    )


def calibrated(guessed: NDArray[np.float64], part: Part) -> tuple[float, float]:
    """Return by what the scores are multiplied and shifted to be log-odds of the real questions.

    Weights that are held small, and classes made equal, leave them too near to even chances.
    Source: Platt (1999), "Probabilistic outputs for support vector machines", here over
    cross-validated scores.
    """
    scores = np.log(guessed / (1 - guessed))[~part.bank, None]
    model = LogisticRegression(C=1e6).fit(scores, part.labels[~part.bank])
    return float(model.coef_[0, 0]), float(model.intercept_[0])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sets", nargs="+", metavar="NAME=INDEX:SET[,SET...]")
    parser.add_argument("--requests", type=Path)
    options = parser.parse_args()
    requests: list[str] = []
    if options.requests:
        lines = options.requests.read_text("utf-8").splitlines()[::EVERY]
        requests = [json.loads(line)["text"] for line in lines]
    parts: dict[str, Part] = {}
    for argument in options.sets:
        name, _, rest = argument.partition("=")
        root, _, sets = rest.partition(":")
        paths = [Path(each) for each in sets.split(",")]
        parts[name] = measure(open_index(Path(root)), paths, requests, 1.0 / len(options.sets))
    model = LogisticRegression(C=REGULARISATION, max_iter=5000)
    everything = together(list(parts.values()))
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
    guessed = cross_val_predict(
        model,
        everything.values,
        everything.labels,
        cv=folds,
        method="predict_proba",
        params={"sample_weight": everything.weights},
    )[:, 1]
    first = 0
    for name, part in parts.items():
        report(f"{name}, cross-validated", part, guessed[first : first + len(part.labels)])
        first += len(part.labels)
    for name, part in parts.items() if len(parts) > 1 else ():
        others = together([each for other, each in parts.items() if other != name])
        model.fit(others.values, others.labels, sample_weight=others.weights)
        report(f"{name}, from the others", part, model.predict_proba(part.values)[:, 1])
    model.fit(everything.values, everything.labels, sample_weight=everything.weights)
    slope, shift = calibrated(guessed, everything)
    print(f"INTERCEPT = {slope * model.intercept_[0] + shift:.2f}")
    weights = zip(Measured._fields, slope * model.coef_[0], strict=True)
    print("WEIGHTS = Measured(" + ", ".join(f"{n}={w:.2f}" for n, w in weights) + ")")


if __name__ == "__main__":
    main()
