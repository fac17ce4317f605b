"""Learns what vectors are turned by and writes `src/backbot/data/axes.npz`.

    python bench/quality/train_axes.py INDEX:SET[,SET...] [INDEX:SET...] [--claims FOLDER]
        [--left-out SET ...] [--to FILE]

The encoder was trained for texts that are like each other; what answers a question seldom is like
it. Here the 96 directions in which the words of a question are compared with those of a sentence
are turned, from the principal ones on, and the vector of a question as a whole, from where it is
on, for two things at once: that sentences which hold the evidence outscore those around them, and
that questions which the corpus answers are told from those that it does not (of the sets, and of
the index's own bank), by the best sentence's score, by the share of the words that it meets, by the
share that all sentences together meet, by the nearest passage and the nearest sentences, beside all
other signals of the confidence. The tokens of a question are turned by other axes than those of a
sentence, and for each of the two things by axes of their own. Of SciFact's training claims
(`--claims`, a folder with queries.train.jsonl, qrels.train.tsv and corpus.jsonl), any sentence of
the right abstract may be the one. `--left-out` learns without some sets, to measure them by an
index that is built with what was learned (rebuild, `backbot evaluate`, learn anew with all). Prints
how often a sentence with evidence comes first, before and after. Held-out sets are for nobody to
name here.

Sources: listwise training after Cao et al. (2007), "Learning to rank: from pairwise approach to
listwise approach", ICML, of the late interaction of Khattab and Zaharia (2020); only the question's
side of the embedding is trained, as in Lee et al. (2021), "Learning dense representations of
phrases at scale", ACL; answers and their absence learned together as in Clark and Gardner (2018),
"Simple and effective multi-paragraph reading comprehension", ACL; part of the way from what was
there, after Wortsman et al. (2022), "Robust fine-tuning of zero-shot models", CVPR.
"""

import argparse
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import scifact
import torch
from numpy.typing import NDArray
from rank_bm25 import BM25Okapi

from backbot.answering import abstain, runs
from backbot.answering.candidates import find_candidates
from backbot.answering.compose import compose
from backbot.answering.everyday import unseen_everyday
from backbot.conversation.smalltalk import recognise
from backbot.evaluation.score import holds
from backbot.evaluation.sets import read_set
from backbot.index import axes, export
from backbot.index.contents import Index
from backbot.index.elsewhere import everyday_questions
from backbot.index.encoder import Encoder
from backbot.index.store import open_index
from backbot.retrieval.hybrid import DENSE_WEIGHT, PASSAGES_READ, search
from backbot.retrieval.question import prepare
from backbot.retrieval.wording import mend_spelling
from backbot.text.sentences import sentence_spans
from backbot.text.terms import terms

EPOCHS = 8
RATE = 3e-3
AIM_RATE = 1e-3
# Of the weights that add the signals up while the axes are learned.
SIGNALS_RATE = 0.02
BATCH = 16
SHARPNESS = 20.0
SEED = 0
# What telling answered questions from others counts beside the order of sentences. From 10 on the
# order suffers.
ABSTAINING = 3.0
# The bank is large and most of it is far away from any corpus.
BANK_WEIGHT = 0.1
EVERYDAY_WEIGHT = 0.3
# How far towards what was learned. What tells whether there is an answer, all the way, takes words
# that are about something else here for that everywhere (sciatica); order hangs on less.
SHARES = {"sentence": 0.65, "ordering": 1.0, "meeting": 0.65, "aim": 0.65}
# Passages whose sentences an answer is to be told from: more than are read, for more to learn by.
PASSAGES = 2 * PASSAGES_READ
# The signals that the axes change, and what brings them near to a mean of 0 and a spread of 1.
CHANGED = ("run", "tokens", "known", "dense", "sentences")
MIDDLES = torch.tensor([1.2, 0.6, 0.7, 0.5, 0.5])
SCALES = torch.tensor([1.0, 4.0, 4.0, 4.0, 4.0])
# Claims read, abstracts beside the right one, and sentences of each.
CLAIMS = 260
BESIDE = 3
MOST_SENTENCES = 12

# Signals of confidence that no axes change.
OTHERS = [name for name in abstain.Measured._fields if name.removeprefix("little_") not in CHANGED]

Vectors = NDArray[np.float32]


class Texts(NamedTuple):
    """What is asked: `tokens` (pieces, dimensions), which of them each sentence holds, `held`
    (sentences, longest), its last one repeated, and the vectors of its `sentences` and `passages`.
    """

    tokens: torch.Tensor
    held: torch.Tensor
    sentences: torch.Tensor
    passages: torch.Tensor


class Example(NamedTuple):
    """A question and the sentences around its answer.

    `question` (tokens, dimensions) and `vector` (dimensions,) are unit vectors. Of `texts`, `rows`
    are the sentences that may be quoted, `right` (sentences,) tells which hold evidence, `within`
    (sentences, passages) in which of `passages` each stands, and `rest` (passages,) is the part of
    their scores that is no cosine. `answered` tells whether the corpus answers it, None for a
    claim, `others` (signals,) are the signals of confidence that no axes change, and `weight` says
    how often it is drawn among those without an answer.
    """

    question: torch.Tensor
    vector: torch.Tensor
    texts: Texts
    rows: torch.Tensor
    right: torch.Tensor
    passages: torch.Tensor
    within: torch.Tensor
    rest: torch.Tensor
    answered: bool | None = None
    others: torch.Tensor = torch.zeros(len(OTHERS))
    weight: float = 1.0


class Reader:
    """Reads unit token vectors and the unit vector of a text, each text once, and what is asked.

    They are the encoder's as it is shipped: what rounding its weights does to a token is small, but
    not along every axis, and axes that were learned without it lean on what it blurs.
    """

    def __init__(self, checkpoint: Path, folder: Path) -> None:
        # Every axis of the model itself.
        whole = np.eye(len(axes.learned_axes().sentence), dtype=np.float32)
        export.export(checkpoint, folder, name="whole", axes=axes.unlearned(whole))
        self._encoder = Encoder(folder)
        self._known: dict[str, tuple[torch.Tensor, torch.Tensor]] = {}
        self._asked: dict[str, Texts] = {}

    def __call__(self, text: str) -> tuple[torch.Tensor, torch.Tensor]:
        if text not in self._known:
            read = self._encoder.read(text)
            tokens = read.tokens.astype(np.float32)
            tokens /= np.linalg.norm(tokens, axis=1, keepdims=True)
            self._known[text] = torch.from_numpy(tokens), torch.from_numpy(read.sentence)
        return self._known[text]

    def texts(self, sentences: Sequence[str], passages: torch.Tensor | None = None) -> Texts:
        """Return `sentences` as what is asked, each its own passage where none are given."""
        tokens, vectors = zip(*map(self, sentences), strict=True)
        lengths = torch.tensor([len(each) for each in tokens])
        steps = torch.arange(int(lengths.max())).minimum(lengths[:, None] - 1)
        held = (lengths.cumsum(0) - lengths)[:, None] + steps
        stacked = torch.stack(vectors)
        return Texts(torch.cat(tokens), held, stacked, stacked if passages is None else passages)

    def index(self, index: Index) -> Texts:
        """Return the sentences and passages of `index`."""
        if index.version not in self._asked:
            views = index.read_sentences(range(index.counts.sentences)).views
            passages = torch.from_numpy(np.array(index.dense.vectors))
            self._asked[index.version] = self.texts([each.text for each in views], passages)
        return self._asked[index.version]


def of_set(root: Path, path: Path, read: Reader) -> Iterator[Example]:
    index = open_index(root)
    for case in read_set(path):
        message = case.messages[-1]
        if case.turns or recognise(message):
            continue
        groups = [[group] for alternative in case.evidence for group in alternative]
        text = mend_spelling(index, message)
        yield from of_question(index, text, read, groups, answered=case.expect == "answer")


def of_bank(root: Path, read: Reader) -> Iterator[Example]:
    """Yield the index's own questions about something else, each held out from them."""
    index = open_index(root)
    everyday, health = everyday_questions(), unseen_everyday(index)
    for row, text in enumerate(index.elsewhere):
        for each in of_question(index, text, read, [], answered=False, held_out=row):
            others = each.others.clone()
            others[OTHERS.index("health")] = min(abstain.SURELY_HEALTH, float(health[row]))
            weight = EVERYDAY_WEIGHT if text in everyday else BANK_WEIGHT
            yield each._replace(others=others, weight=weight)


def of_question(
    index: Index,
    text: str,
    read: Reader,
    groups: Sequence[Sequence[str]],
    *,
    answered: bool,
    held_out: int | None = None,
) -> Iterator[Example]:
    """Yield the example of a question, unless nothing can be quoted or its evidence not found."""
    question = prepare(index, text)
    hits = search(index, question, PASSAGES)
    found = find_candidates(index, question, hits)
    composed = compose(question, found)
    signals = abstain.read_signals(index, question, hits, found, composed, held_out=held_out)
    kept = [each for each in found.sentences if each.quotable]
    right = np.array([holds([each.text], groups) for each in kept])
    if signals is None or (answered and not right.any()):
        return
    units = abstain.measured(signals, index.baseline)._asdict()
    numbers = np.array([each.number for each in kept])
    begins, ends = np.array([(hit.first, hit.last) for hit in hits]).T
    within = (begins <= numbers[:, None]) & (numbers[:, None] < ends)
    tokens, vector = read(question.text)
    yield Example(
        tokens,
        vector,
        read.index(index),
        torch.from_numpy(numbers),
        torch.from_numpy(right),
        torch.tensor([hit.passage for hit in hits]),
        torch.from_numpy(within),
        torch.tensor([hit.score - DENSE_WEIGHT * hit.dense for hit in hits]),
        answered,
        torch.tensor([units[name] for name in OTHERS], dtype=torch.float32),
    )


def of_claims(folder: Path, read: Reader) -> Iterator[Example]:
    data = scifact.read(folder)
    abstracts = dict(zip(data.names, data.abstracts, strict=True))
    claims = dict(zip(data.claim_names, data.claims, strict=True))
    texts = map(" ".join, zip(data.titles, data.abstracts, strict=True))
    lexical = BM25Okapi([terms(text) for text in texts])
    order = np.random.default_rng(SEED).permutation(data.claim_names)
    for claim in order[:CLAIMS].tolist():
        judged = data.judged[claim]
        best = np.argsort(-lexical.get_scores(terms(claims[claim])), kind="stable")
        beside = [data.names[at] for at in best if data.names[at] not in judged][:BESIDE]
        tokens, vector = read(claims[claim])
        found = [
            (abstracts[name][start:end], name in judged)
            for name in [next(iter(judged)), *beside]
            for start, end in sentence_spans(abstracts[name])[:MOST_SENTENCES]
        ]
        sentences, right = zip(*found, strict=True)
        rows = torch.arange(len(found))
        within = torch.eye(len(found), dtype=torch.bool)
        asked = read.texts(sentences)
        yield Example(
            tokens, vector, asked, rows, torch.tensor(right), rows, within, torch.zeros(len(found))
        )


class Seen(NamedTuple):
    """How an example looks along the axes.

    `scores` (sentences,) is what `answering.runs` would score each sentence by itself, `cosines`
    (sentences,) and `dense` (passages,) are those with the question's aim, and `met` (tokens,
    sentences) is how near each sentence comes to each of the question's tokens.
    """

    scores: torch.Tensor
    cosines: torch.Tensor
    dense: torch.Tensor
    met: torch.Tensor


class Learner(torch.nn.Module):
    """The axes while they are learned, and what adds the signals of a question up beside them."""

    def __init__(self, start: axes.Axes) -> None:
        super().__init__()
        self.sentence, self.ordering, self.meeting, self.aim = (
            torch.nn.Parameter(torch.from_numpy(each).clone()) for each in start
        )
        self.sum = torch.nn.Linear(len(CHANGED) + len(OTHERS), 1)
        with torch.no_grad():
            self.sum.weight.zero_()
            self.sum.weight[0, : len(CHANGED)] = 2.0
            self.sum.bias.zero_()

    def see(self, examples: Iterable[Example]) -> Iterator[Seen]:
        """Yield how each of the examples looks."""
        turned: dict[int, torch.Tensor] = {}
        unit = torch.nn.functional.normalize
        for each in examples:
            texts = each.texts
            if id(texts) not in turned:
                turned[id(texts)] = unit(texts.tokens @ self.sentence, dim=1)
            questions = torch.cat([each.question @ self.ordering, each.question @ self.meeting])
            near = (turned[id(texts)] @ unit(questions, dim=1).T)[texts.held[each.rows]]
            ordering, meeting = near.amax(dim=1).clamp(min=0.0).T.chunk(2)
            rarity = (1.0 - ordering.mean(dim=1)).detach()
            shares = rarity / rarity.sum().clamp(min=1e-6)
            aim = unit(each.vector @ self.aim, dim=0)
            cosines = (texts.sentences[each.rows] @ aim).clamp(min=0.0)
            dense = (texts.passages[each.passages] @ aim).clamp(min=0.0)
            passages = torch.where(each.within, each.rest + DENSE_WEIGHT * dense, 0.0).amax(dim=1)
            scores = (
                runs.TOKENS_WEIGHT * (ordering.T * shares).sum(dim=1)
                + runs.COSINE_WEIGHT * cosines
                + runs.PASSAGE_WEIGHT * passages
            )
            yield Seen(scores, cosines, dense, meeting)

    def loss(self, each: Example, seen: Seen) -> torch.Tensor:
        scores, met = seen.scores, seen.met
        lost = torch.zeros(())
        if each.right.any():
            odds = SHARPNESS * scores
            lost = torch.logsumexp(odds, 0) - torch.logsumexp(odds[each.right], 0)
        if each.answered is None:
            return lost
        best = int(scores.argmax())
        nearest = seen.cosines.topk(min(abstain.BEST_SENTENCES, len(scores))).values
        changed = torch.stack(
            [
                # How sentences are put in order is not for telling whether there is an answer.
                scores[best].detach(),
                met[:, best].mean(),
                met.amax(dim=1).mean(),
                seen.dense.max(),
                nearest.mean(),
            ]
        )
        signals = torch.cat([(changed - MIDDLES) * SCALES, each.others])
        label = torch.tensor([float(each.answered)])
        cross_entropy = torch.nn.functional.binary_cross_entropy_with_logits
        return lost + ABSTAINING * cross_entropy(self.sum(signals), label)


def learn(examples: list[Example], start: axes.Axes) -> Learner:
    """Return what `examples` teach, with axes that are turned from `start`."""
    learner = Learner(start)
    steps = torch.optim.Adam(
        [
            {"params": [learner.sentence, learner.ordering, learner.meeting], "lr": RATE},
            {"params": [learner.aim], "lr": AIM_RATE},
            {"params": learner.sum.parameters(), "lr": SIGNALS_RATE},
        ]
    )
    rng = np.random.default_rng(SEED)
    ranked = [each for each in examples if each.right.any()]
    away = [each for each in examples if each.answered is False]
    drawn = np.array([each.weight for each in away])
    for _ in range(EPOCHS):
        order = rng.permutation(len(ranked))
        for first in range(0, len(order), BATCH):
            batch = [ranked[at] for at in order[first : first + BATCH]]
            batch += [away[at] for at in rng.choice(len(away), BATCH, p=drawn / drawn.sum())]
            lost = map(learner.loss, batch, learner.see(batch))
            loss = torch.stack(list(lost)).sum() / BATCH
            steps.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            steps.step()
    with torch.no_grad():
        for name, share in SHARES.items():
            getattr(learner, name).lerp_(torch.from_numpy(getattr(start, name)), 1.0 - share)
    return learner


def first_right(examples: Iterable[Example], learner: Learner) -> float:
    ranked = [each for each in examples if each.right.any()]
    with torch.inference_mode():
        right = [
            bool(each.right[seen.scores.argmax()])
            for each, seen in zip(ranked, learner.see(ranked), strict=True)
        ]
    return float(np.mean(right)) if right else float("nan")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sets", nargs="+", metavar="INDEX:SET[,SET...]")
    parser.add_argument("--claims", type=Path)
    parser.add_argument("--left-out", type=Path, nargs="*", default=[])
    parser.add_argument("--to", type=Path, default=Path(str(axes.LEARNED)))
    options = parser.parse_args()
    torch.set_num_threads(1)
    checkpoint = export.find_checkpoint(None)
    with tempfile.TemporaryDirectory() as folder:
        read = Reader(checkpoint, Path(folder))
    parts: dict[Path, list[Example]] = {}
    for root, paths in map(_parted, options.sets):
        parts |= {path: list(of_set(root, path, read)) for path in paths}
        parts[root] = list(of_bank(root, read))
    if options.claims:
        parts[options.claims] = list(of_claims(options.claims, read))
    start = axes.unlearned(axes.principal_axes(export.load_reference(checkpoint)))
    taught = [each for path, part in parts.items() if path not in options.left_out for each in part]
    found = learn(taught, start)
    for path, part in parts.items():
        unseen = " (left out)" if path in options.left_out else ""
        before, after = first_right(part, Learner(start)), first_right(part, found)
        print(f"{path.name}{unseen}: {len(part)}, first right {before:.3f}, then {after:.3f}")
    # Half as many digits turn no sentence into another.
    turned = {name: getattr(found, name).detach().numpy() for name in axes.Axes._fields}
    np.savez(options.to, **{name: each.astype(np.float16) for name, each in turned.items()})


def _parted(argument: str) -> tuple[Path, list[Path]]:
    root, _, paths = argument.partition(":")
    return Path(root), [Path(path) for path in paths.split(",")]


if __name__ == "__main__":
    main()
