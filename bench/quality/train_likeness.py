"""Train the second means of the safety recogniser and write its numbers.

    python bench/quality/train_likeness.py [--index DIR] [--dry-run]

Trains on the tuning sets, the written messages and the development files, never on the held-out
sets. Five-fold cross-validation, near-duplicates always in the same fold, fits how the two looks
are weighed together and prints what each threshold gives, before the whole is trained again and
written to `likeness.json` and `likeness.onnx` in `src/backbot/data/safety`. Needs scikit-learn and
onnx (`backbot[build]`).
"""

import argparse
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec
import numpy as np
from likeness_graph import bank_graph
from numpy.typing import NDArray
from onnx import ModelProto
from safety import SETS, SHARED, SOON, Message, read_messages
from sklearn.cluster import DBSCAN
from sklearn.decomposition import PCA
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.svm import SVC

from backbot.index.elsewhere import bank_questions
from backbot.index.store import open_index
from backbot.safety.likeness import Blend, Question, Shipped, Table, terms
from backbot.safety.model import CRISES, LEVELS
from backbot.safety.signs import read_message
from backbot.safety.tokens import Token
from backbot.text.clean import clean, squeeze

TARGET = Path(__file__).parents[2] / "src/backbot/data/safety"
# Dimensions kept of the sentence vector. By words and bank alone, at 1 % false alarms among the
# messages of a writer left out, 128 find 4 % fewer crises; 256 find 4 % more in a fifth more room.
KEPT = 192
GAMMA = 1.5
# A flat optimum between 3 and 10 for all of them.
STRENGTH_BANK = 5.0
STRENGTH_WORDS = 5.0
STRENGTH_KINDS = 6.0
# Messages whose vectors are this alike are one scenario and stay in one fold.
SAME_SCENARIO = 0.85
# The blends are fitted as if these shares of all messages told of any sign, and of a crisis: how
# much ordinary talk is taught then moves no threshold.
SHARES = (0.34, 0.135)
THRESHOLDS = (0.01, 0.05, 0.1, 0.5, 0.6, 0.7, 0.8, 0.9)

# Not taught as ordinary: questions of the quality sets that do tell of a sign, by set, and of the
# bank that a reader with a sign might ask, or nearly.
_SIGNS_IN_SETS = {
    "seed_b": "b212 b238",
    "seed_c": "d009 d045",
    "seed_d": "e109",
    "seed_f": "h140",
    "seed_g": "i146 i149 i158",
    "seed_h": "k117",
    "seed_j": "n242",
    "seed_l": "q020 q222 q234",
    "seed_m": "s283",
    "seed_n": "t243 t274",
    "seed_o": "u022 u238",
    "seed_t": "t049 t239",
    "seed_u": "u126 u239",
    "seed_v": "va210",
    "seed_x": "x026",
    "seed_z": "zz232",
    "seed_ad": "ad012 ad251",
    "starter_b": "r020 r031 r040 r061 r085 r086 r093 r094 r132 r155 r158 r162",
    "starter_c": "v017 v019 v070 v075 v076 v103 v111",
    "starter_d": "da012 da045",
    "starter_f": "g017 g024 g303 g310 g313",
    "starter_g": "zg050 zg071 zg105 zg110 zg133 zg142 zg146 zg158",
    "starter_e": "ea022 ea025 ea046 ea060 ea068 ea085 ea095 ea097 ea100 ea225 ea231 ea314",
}
_SIGNS_IN_BANK = re.compile(
    r"\b(?:cough at night|erection|lump in my breast|flashes of light|myeloma|tiptoes|red and hot|"
    r"missed two doses|contraceptive patch|mastitis|mole on my back|shuffles when he walks|"
    r"uti antibiotics|lump on the side of my neck|legs cramp when walking|shingles on my back)\b"
)

Floats = NDArray[np.float64]
Words = Sequence[Sequence[Token]]


class Looks(NamedTuple):
    """The two looks, trained for each question: any sign, a crisis."""

    projection: PCA
    machines: tuple[SVC, ...]
    vocabulary: TfidfVectorizer
    words: tuple[LogisticRegression, ...]

    def at(self, vectors: Floats, words: Words) -> Floats:
        """Return the scores of each message, shape (messages, questions, 2): words, bank."""
        table = self.vocabulary.transform(words)
        places = self.projection.transform(vectors)
        by_words = [each.decision_function(table) for each in self.words]
        by_bank = [each.decision_function(places) for each in self.machines]
        return np.stack([np.stack(by_words, axis=1), np.stack(by_bank, axis=1)], axis=2)


def gather() -> list[Message]:
    """Return every message to train on that stands without a context."""
    paths = [
        path for kind in ("tune", "written") for path in sorted(SETS.glob(f"safety.{kind}*.jsonl"))
    ]
    paths += sorted(SHARED.glob("dev_[bcr]*.jsonl"))
    found = [message for path in paths if path.is_file() for message in read_messages(path)]
    # The quality sets' questions, kept-out ones too: what is kept out there are the answers.
    for path in [*sorted(SETS.glob("seed*.jsonl")), *sorted(SETS.glob("starter*.jsonl"))]:
        signs = _SIGNS_IN_SETS.get(path.name.partition(".")[0], "").split()
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            if row.get("topic") == "when to see someone" or row["id"] in signs:
                continue
            for text in row.get("turns") or [row["question"]]:
                found.append(Message(row["id"], text, "none", "ordinary"))
    # What a site does not answer is mostly no sign of anything.
    bank = [text for text in bank_questions() if not _SIGNS_IN_BANK.search(text)]
    found += [Message("bank", text, "none", "ordinary") for text in bank]
    return [message for message in found if not message.context]


def train(vectors: Floats, words: Words, answers: NDArray[np.bool_]) -> Looks:
    """Return the looks that tell the `answers`, shape (messages, questions)."""
    projection = PCA(KEPT, random_state=0).fit(vectors)
    places = projection.transform(vectors)
    vocabulary = TfidfVectorizer(analyzer=terms, min_df=2, sublinear_tf=True)
    table = vocabulary.fit_transform(words)
    machines = []
    by_words = []
    for answer in answers.T:
        machine = SVC(C=STRENGTH_BANK, gamma=GAMMA, class_weight="balanced")
        machines.append(machine.fit(places, answer))
        regression = LogisticRegression(C=STRENGTH_WORDS, max_iter=3000, class_weight="balanced")
        by_words.append(regression.fit(table, answer))
    return Looks(projection, tuple(machines), vocabulary, tuple(by_words))


def unseen_scores(vectors: Floats, words: Words, answers: NDArray[np.bool_]) -> Floats:
    """Return what looks that never saw a message or its like say, (messages, questions, 2)."""
    scenario = DBSCAN(eps=1.0 - SAME_SCENARIO, min_samples=1, metric="cosine").fit_predict(vectors)
    scores = np.zeros((*answers.shape, 2))
    folds = StratifiedGroupKFold(5, shuffle=True, random_state=0)
    for known, unseen in folds.split(vectors, answers.sum(axis=1), scenario):
        looks = train(vectors[known], [words[at] for at in known], answers[known])
        scores[unseen] = looks.at(vectors[unseen], [words[at] for at in unseen])
    return scores


def blend(scores: Floats, flagged: NDArray[np.bool_], share: float) -> Blend:
    """Return how the columns of `scores` are weighed, if `share` of all messages is flagged."""
    told = flagged.mean()
    counts = np.where(flagged, share / told, (1.0 - share) / (1.0 - told))
    fitted = LogisticRegression(max_iter=2000).fit(scores, flagged, sample_weight=counts)
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


def fit(
    messages: Sequence[Message],
    vectors: Floats,
    words: Words,
    blends: Sequence[tuple[Blend, Blend]],
    weights: str,
) -> tuple[Shipped, ModelProto]:
    """Return the numbers trained on all of `messages`, and the graph of the bank.

    `blends` holds for each question how both looks, and the words alone, are weighed; `weights`
    names the encoder's.
    """
    answers = asked_of(messages)
    looks = train(vectors, words, answers)
    signs = [int(at) for at in np.flatnonzero(answers[:, 0])]
    names = [f"{messages[at].category}:{messages[at].level}" for at in signs]
    by_bank, vocabulary, by_words = kinds(looks, vectors[signs], [words[at] for at in signs], names)
    # One bank for both questions: what does not pull in one of them stands there with nought.
    bank = np.unique(np.concatenate([machine.support_ for machine in looks.machines]))
    pulls = np.zeros((len(looks.machines), len(bank)))
    for row, machine in zip(pulls, looks.machines, strict=True):
        row[np.searchsorted(bank, machine.support_)] = machine.dual_coef_[0]
    questions = [
        Question(
            terms_bias=round(float(regression.intercept_[0]), 4),
            pulls_bias=round(float(machine.intercept_[0]), 4),
            blend=both,
            blend_words=alone,
        )
        for regression, machine, (both, alone) in zip(
            looks.words, looks.machines, blends, strict=True
        )
    ]
    towards = [regression.coef_[0] for regression in looks.words]
    places = table(looks.projection.transform(vectors[bank]))
    graph = bank_graph(
        looks.projection.mean_,
        looks.projection.components_,
        np.frombuffer(places.packed, np.int8).reshape(-1, places.columns),
        places.step,
        pulls,
        GAMMA,
    )
    shipped = Shipped(
        weights_sha256=weights,
        terms={
            term: (
                round(float(looks.vocabulary.idf_[at]), 2),
                round(float(towards[0][at]), 2),
                round(float(towards[1][at]), 2),
            )
            for term, at in sorted(looks.vocabulary.vocabulary_.items())
        },
        sign=questions[0],
        crisis=questions[1],
        kinds=[str(each) for each in by_bank.classes_],
        kinds_by_bank=table(np.column_stack([by_bank.coef_, by_bank.intercept_]), "<i2"),
        kinds_by_words=table(by_words.coef_.T),
        kinds_bias=[round(float(each), 3) for each in by_words.intercept_],
        kinds_words={
            word: round(float(vocabulary.idf_[at]), 2)
            for word, at in sorted(vocabulary.vocabulary_.items(), key=lambda item: item[1])
        },
    )
    return shipped, graph


def asked_of(messages: Sequence[Message]) -> NDArray[np.bool_]:
    """Return the answers to both questions, shape (messages, 2): any sign, a crisis."""
    return np.array([[LEVELS.index(each.level) <= SOON, each.level in CRISES] for each in messages])


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
    answers = asked_of(messages)
    kind = {
        "sign": answers[:, 0] & ~answers[:, 1],
        "crisis": answers[:, 1],
        "ordinary": np.array([message.level == "none" for message in messages]),
        "general": np.array([message.level == "info" for message in messages]),
    }
    print(", ".join(f"{rows.sum()} {name}" for name, rows in kind.items()))

    scores = unseen_scores(vectors, words, answers)
    blends = []
    for at, question in enumerate(("sign or crisis", "crisis")):
        both = blend(scores[:, at], answers[:, at], SHARES[at])
        alone = blend(scores[:, at, :1], answers[:, at], SHARES[at])
        blends.append((both, alone))
        chances = np.array([both(*each) for each in scores[:, at]])
        print(f"{question}, cross-validated, share of " + " ".join(f"{each:>9}" for each in kind))
        for threshold in THRESHOLDS:
            rates = [(chances >= threshold)[rows].mean() for rows in kind.values()]
            print(f"  from {threshold:<30.2f}" + " ".join(f"{rate:9.1%}" for rate in rates))
    if options.dry_run:
        return 0

    shipped, graph = fit(messages, vectors, words, blends, encoder.card.weights_sha256)
    numbers = msgspec.json.encode(shipped) + b"\n"
    for name, data in (
        ("likeness.json", numbers),
        ("likeness.onnx", graph.SerializeToString()),
    ):
        (TARGET / name).write_bytes(data)
        print(f"wrote {name}, {len(data):,} bytes")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
