"""Train the second means of the safety recogniser and write its numbers.

    python bench/quality/train_likeness.py [--index DIR] [--dry-run]

Trains on the tuning sets, the written messages and the development files, never on the held-out
sets. Five-fold cross-validation, near-duplicates always in the same fold, fits how the two looks
are weighed together and prints what each threshold gives, before the whole is trained again and
written to `src/backbot/data/safety/likeness.json`. Needs scikit-learn (`backbot[build]`).
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray
from safety import SETS, SHARED, SOON, Message, read_messages
from sklearn.cluster import DBSCAN
from sklearn.decomposition import PCA
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.svm import SVC

from backbot.index.store import open_index
from backbot.safety.likeness import Blend, Shipped, Table, terms
from backbot.safety.model import LEVELS
from backbot.safety.signs import read_message
from backbot.safety.tokens import Token
from backbot.text.clean import clean, squeeze

TARGET = Path(__file__).parents[2] / "src/backbot/data/safety/likeness.json"
# Dimensions kept of the sentence vector: 64 lose an eighth of the signs at 2 % false alarms,
# all 384 gain nothing once the words are heard too.
KEPT = 128
GAMMA = 1.5
# A flat optimum between 3 and 10 for all of them.
STRENGTH_BANK = 5.0
STRENGTH_WORDS = 5.0
STRENGTH_KINDS = 6.0
# Messages whose vectors are this alike are one scenario and stay in one fold.
SAME_SCENARIO = 0.85
THRESHOLDS = (0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9)

Floats = NDArray[np.float64]
Words = Sequence[Sequence[Token]]


class Looks(NamedTuple):
    """The two looks, trained."""

    projection: PCA
    machine: SVC
    vocabulary: TfidfVectorizer
    words: LogisticRegression

    def at(self, vectors: Floats, words: Words) -> Floats:
        """Return both scores of each message, shape (messages, 2): words, bank."""
        by_words = self.words.decision_function(self.vocabulary.transform(words))
        by_bank = self.machine.decision_function(self.projection.transform(vectors))
        return np.stack([by_words, by_bank], axis=1)


def gather() -> list[Message]:
    """Return every message to train on that stands without a context."""
    paths = [
        path for kind in ("tune", "written") for path in sorted(SETS.glob(f"safety.{kind}*.jsonl"))
    ]
    paths += sorted(SHARED.glob("dev_[bcr]*.jsonl"))
    found = [message for path in paths if path.is_file() for message in read_messages(path)]
    for name in ("starter", "seed", "seed_b", "seed_c", "seed_d", "seed_e"):
        for line in (SETS / f"{name}.tune.jsonl").read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            if row.get("topic") == "when to see someone" or row["id"] in ("b212", "b238"):
                continue  # these tell of signs
            for text in row.get("turns") or [row["question"]]:
                found.append(Message(row["id"], text, "none", "ordinary"))
    return [message for message in found if not message.context]


def train(vectors: Floats, words: Words, flagged: NDArray[np.bool_]) -> Looks:
    projection = PCA(KEPT, random_state=0).fit(vectors)
    machine = SVC(C=STRENGTH_BANK, gamma=GAMMA, class_weight="balanced")
    machine.fit(projection.transform(vectors), flagged)
    vocabulary = TfidfVectorizer(analyzer=terms, min_df=2, sublinear_tf=True)
    table = vocabulary.fit_transform(words)
    by_words = LogisticRegression(C=STRENGTH_WORDS, max_iter=3000, class_weight="balanced")
    return Looks(projection, machine, vocabulary, by_words.fit(table, flagged))


def unseen_scores(vectors: Floats, words: Words, flagged: NDArray[np.bool_]) -> Floats:
    """Return what looks that never saw a message or its like say of it, shape (messages, 2)."""
    scenario = DBSCAN(eps=1.0 - SAME_SCENARIO, min_samples=1, metric="cosine").fit_predict(vectors)
    scores = np.zeros((len(words), 2))
    folds = StratifiedGroupKFold(5, shuffle=True, random_state=0)
    for known, unseen in folds.split(vectors, flagged, scenario):
        looks = train(vectors[known], [words[at] for at in known], flagged[known])
        scores[unseen] = looks.at(vectors[unseen], [words[at] for at in unseen])
    return scores


def blend(scores: Floats, flagged: NDArray[np.bool_]) -> Blend:
    fitted = LogisticRegression(max_iter=2000).fit(scores, flagged)
    weights = [round(float(each), 4) for each in fitted.coef_[0]] + [0.0]
    return Blend(weights[0], weights[1], round(float(fitted.intercept_[0]), 4))


def table(numbers: Floats, width: Literal["<i1", "<i2"] = "<i1") -> Table:
    """Return a table of the finest step with which the greatest number still fits."""
    rows = np.atleast_2d(numbers)
    step = float(np.abs(rows).max()) / np.iinfo(width).max
    packed = np.rint(rows / step).astype(width).tobytes()
    return Table(step, rows.shape[1], width, packed)


def kinds(
    looks: Looks, vectors: Floats, words: Words, names: Sequence[str]
) -> tuple[LogisticRegression, TfidfVectorizer, LogisticRegression]:
    """Return the two models that tell which sign a message is most like, and their vocabulary."""
    by_bank = LogisticRegression(C=STRENGTH_KINDS, max_iter=3000, class_weight="balanced")
    by_bank.fit(looks.projection.transform(vectors), names)
    vocabulary = TfidfVectorizer(analyzer=_texts, min_df=3, sublinear_tf=True)
    by_words = LogisticRegression(C=STRENGTH_KINDS, max_iter=3000, class_weight="balanced")
    return by_bank, vocabulary, by_words.fit(vocabulary.fit_transform(words), names)


def _texts(words: Sequence[Token]) -> list[str]:
    return [token.text for token in words]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--index", type=Path, default=Path("index"))
    parser.add_argument("--dry-run", action="store_true", help="print the figures, write nothing")
    options = parser.parse_args()
    encoder = open_index(options.index).encoder
    messages = gather()
    encoded = encoder.encode_all([squeeze(clean(message.text)) for message in messages])
    vectors = encoded.astype(np.float64)
    words = [read_message(message.text).words for message in messages]
    flagged = np.array([LEVELS.index(message.level) <= SOON for message in messages])
    ordinary = np.array([message.level == "none" for message in messages])
    general = np.array([message.level == "info" for message in messages])

    scores = unseen_scores(vectors, words, flagged)
    both, alone = blend(scores, flagged), blend(scores[:, :1], flagged)
    print(f"{flagged.sum()} with a sign, {ordinary.sum()} ordinary, {general.sum()} general")
    print("cross-validated, raised from:  both: sign ordinary general   words: sign ordinary")
    chances = np.array([both(*each) for each in scores])
    chances_alone = np.array([alone(each[0]) for each in scores])
    for threshold in THRESHOLDS:
        rates = [(chances >= threshold)[kind].mean() for kind in (flagged, ordinary, general)]
        rates += [(chances_alone >= threshold)[kind].mean() for kind in (flagged, ordinary)]
        print(f"{threshold:>28.2f}        " + "  ".join(f"{rate:6.1%}" for rate in rates))
    for threshold in (0.02, 0.05, 0.1):
        rates = [(chances < threshold)[kind].mean() for kind in (flagged, ordinary)]
        print(f"below {threshold}: " + ", ".join(f"{rate:.1%}" for rate in rates))
    if options.dry_run:
        return 0

    looks = train(vectors, words, flagged)
    names = [f"{message.category}:{message.level}" for message in messages]
    with_sign = np.flatnonzero(flagged)
    by_bank, vocabulary, by_words = kinds(
        looks, vectors[with_sign], [words[at] for at in with_sign], [names[at] for at in with_sign]
    )
    weights = looks.words.coef_[0]
    shipped = Shipped(
        weights_sha256=encoder.card.weights_sha256,
        terms={
            term: (
                round(float(looks.vocabulary.idf_[at]), 2),
                round(float(weights[at]), 2),
            )
            for term, at in sorted(looks.vocabulary.vocabulary_.items())
        },
        terms_bias=round(float(looks.words.intercept_[0]), 4),
        mean=table(looks.projection.mean_, "<i2"),
        axes=table(looks.projection.components_),
        bank=table(looks.machine.support_vectors_),
        pulls=table(looks.machine.dual_coef_, "<i2"),
        pulls_bias=round(float(looks.machine.intercept_[0]), 4),
        gamma=GAMMA,
        blend=both,
        blend_words=alone,
        kinds=[str(each) for each in by_bank.classes_],
        kinds_by_bank=table(np.column_stack([by_bank.coef_, by_bank.intercept_]), "<i2"),
        kinds_by_words=table(by_words.coef_.T),
        kinds_bias=[round(float(each), 3) for each in by_words.intercept_],
        kinds_words={
            word: round(float(vocabulary.idf_[at]), 2)
            for word, at in sorted(vocabulary.vocabulary_.items(), key=lambda item: item[1])
        },
    )
    TARGET.write_bytes(msgspec.json.encode(shipped) + b"\n")
    print(f"wrote {TARGET.name}, {TARGET.stat().st_size:,} bytes")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
