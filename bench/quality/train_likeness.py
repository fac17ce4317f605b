"""Train the second means of the safety recogniser and write its numbers.

    python bench/quality/train_likeness.py [--index DIR]

Trains on the tuning sets, the written messages and the development files, never on the held-out
set, and prints what five-fold cross-validation says before it writes
`src/backbot/data/safety/likeness.json`. Needs scikit-learn, which comes with `backbot[build]`.
"""

import argparse
import json
from pathlib import Path

import numpy as np
from safety import SETS, SHARED, SOON, Message, read_messages
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

from backbot.index.store import open_index
from backbot.safety.likeness import ONE_SYMPTOM, TWO_SYMPTOMS
from backbot.safety.model import LEVELS
from backbot.safety.signs import read_message

TARGET = Path(__file__).parents[2] / "src/backbot/data/safety/likeness.json"
# Regularisation: a flat optimum between 3 and 12 under cross-validation.
STRENGTH = 6.0
DIGITS = 4


def gather() -> list[Message]:
    """Return every message to train on that stands without a context."""
    paths = [SETS / "safety.tune.jsonl", SETS / "safety.written.jsonl"]
    paths += sorted(SHARED.glob("dev_[bcr]*.jsonl"))
    found = [message for path in paths if path.is_file() for message in read_messages(path)]
    for name in ("starter", "seed"):
        for line in (SETS / f"{name}.tune.jsonl").read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            if "question" in row:
                found.append(Message(row["id"], row["question"], "none", "ordinary"))
    return [message for message in found if not message.context]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--index", type=Path, default=Path("index"))
    encoder = open_index(parser.parse_args().index).encoder
    messages = gather()
    vectors = encoder.encode_all([message.text for message in messages])
    flagged = np.array([LEVELS.index(message.level) <= SOON for message in messages])
    ordinary = np.array([message.level == "none" for message in messages])

    readings = [read_message(message.text) for message in messages]
    allowed = np.array([reading.open_to_likeness for reading in readings])
    symptoms = np.array([reading.symptoms for reading in readings])
    chances = np.zeros(len(messages))
    for train, test in StratifiedKFold(5, shuffle=True, random_state=1).split(vectors, flagged):
        model = LogisticRegression(C=STRENGTH, max_iter=3000, class_weight="balanced")
        chances[test] = model.fit(vectors[train], flagged[train]).predict_proba(vectors[test])[:, 1]
    raised = ((chances >= ONE_SYMPTOM) & (symptoms >= 1)) | (
        (chances >= TWO_SYMPTOMS) & (symptoms >= 2)
    )
    raised &= allowed
    print(
        f"{flagged.sum()} with a sign, {ordinary.sum()} ordinary; cross-validated, likeness alone:"
    )
    print(
        f"  raised with a sign {raised[flagged].mean():.1%}, ordinary {raised[ordinary].mean():.1%}"
    )

    alarm = LogisticRegression(C=STRENGTH, max_iter=3000, class_weight="balanced")
    alarm.fit(vectors, flagged)
    names = np.array([f"{message.category}:{message.level}" for message in messages])
    kind = LogisticRegression(C=STRENGTH, max_iter=3000, class_weight="balanced")
    kind.fit(vectors[flagged], names[flagged])
    TARGET.write_text(
        json.dumps(
            {
                "weights_sha256": encoder.card.weights_sha256,
                "alarm": [round(float(each), DIGITS) for each in alarm.coef_[0]],
                "alarm_bias": round(float(alarm.intercept_[0]), DIGITS),
                "classes": [str(each) for each in kind.classes_],
                "weights": [[round(float(v), DIGITS) for v in row] for row in kind.coef_],
                "biases": [round(float(each), DIGITS) for each in kind.intercept_],
            },
            separators=(",", ":"),
        )
        + "\n",
        encoding="utf-8",
    )
    print(f"wrote {TARGET.name}, {TARGET.stat().st_size:,} bytes")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
