"""Learns the axes of token vectors and writes `src/backbot/data/axes.npy`.

    python bench/quality/train_axes.py INDEX:SET[,SET...] [INDEX:SET...] [--claims FOLDER]
        [--left-out SET ...] [--to FILE]

The encoder was trained for whole texts. Here the 96 directions in which the words of a question are
compared with those of a sentence are turned, from the principal ones on, for two things at once:
that sentences which hold the evidence outscore those around them, and that questions which the
corpus answers are told from those that it does not (of the sets, and of the index's own bank), by
the best sentence's score, by the share of the words that it meets, and by the share that all
sentences together meet, beside all other signals of the confidence. The tokens of a question are
turned by other axes than those of a sentence, and for each of the two things by axes of their own:
what answers a question is seldom said in its words. Of SciFact's training claims
(`--claims`, a folder with queries.train.jsonl, qrels.train.tsv and corpus.jsonl), any sentence of
the right abstract may be the one. `--left-out` learns without some sets, to measure them by an
index that is built with what was learned (rebuild, `backbot evaluate`, learn anew with all). Prints
how often a sentence with evidence comes first, before and after. Held-out sets are for nobody to
name here.

Sources: listwise training after Cao et al. (2007), "Learning to rank: from pairwise approach to
listwise approach", ICML, of the late interaction of Khattab and Zaharia (2020); answers and their
absence learned together as in Clark and Gardner (2018), "Simple and effective multi-paragraph
reading comprehension", ACL; part of the way from the axes that were there, after Wortsman et al.
(2022), "Robust fine-tuning of zero-shot models", CVPR.
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
from backbot.retrieval.hybrid import PASSAGES_READ, search
from backbot.retrieval.question import prepare
from backbot.retrieval.wording import mend_spelling
from backbot.text.sentences import sentence_spans
from backbot.text.terms import terms

EPOCHS = 8
RATE = 3e-3
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
SHARES = {"sentence": 0.65, "ordering": 1.0, "meeting": 0.65}
# What brings the three signals that the axes change near to a mean of 0 and a spread of 1.
MIDDLES = torch.tensor([1.2, 0.6, 0.7])
SCALES = torch.tensor([1.0, 4.0, 4.0])
# Claims read, abstracts beside the right one, and sentences of each.
CLAIMS = 260
BESIDE = 3
MOST_SENTENCES = 12
# What a whole sentence's cosine weighs where no passage's score is known.
COSINE_WEIGHT = 0.8

# Signals of confidence that no axes change.
OTHERS = [name for name in abstain.Measured._fields if name not in ("run", "tokens", "known")]

Vectors = NDArray[np.float32]


class Example(NamedTuple):
    """A question and the sentences around its answer.

    `question` (tokens, dimensions) and each of `sentences` (tokens, dimensions) are unit token
    vectors, `right` (sentences,) tells which hold evidence, and `given` (sentences,) is the part of
    their score that no axes change. `answered` tells whether the corpus answers it, None for a
    claim, `others` (signals,) are the signals of confidence that no axes change, and `weight` says
    how often it is drawn among those without an answer.
    """

    question: torch.Tensor
    sentences: list[torch.Tensor]
    right: torch.Tensor
    given: torch.Tensor
    answered: bool | None = None
    others: torch.Tensor = torch.zeros(len(OTHERS))
    weight: float = 1.0


class Reader:
    """Reads unit token vectors and the unit vector of a text, each text once.

    They are the encoder's as it is shipped: what rounding its weights does to a token is small, but
    not along every axis, and axes that were learned without it lean on what it blurs.
    """

    def __init__(self, checkpoint: Path, folder: Path) -> None:
        # Every axis of the model itself.
        whole = np.eye(len(axes.learned_axes().sentence), dtype=np.float32)
        export.export(checkpoint, folder, name="whole", axes=axes.TokenAxes(whole, whole, whole))
        self._encoder = Encoder(folder)
        self._known: dict[str, tuple[torch.Tensor, Vectors]] = {}

    def __call__(self, text: str) -> tuple[torch.Tensor, Vectors]:
        if text not in self._known:
            read = self._encoder.read(text)
            tokens = read.tokens.astype(np.float32)
            tokens /= np.linalg.norm(tokens, axis=1, keepdims=True)
            self._known[text] = torch.from_numpy(tokens), read.sentence
        return self._known[text]


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
    hits = search(index, question, PASSAGES_READ)
    found = find_candidates(index, question, hits)
    composed = compose(question, found)
    signals = abstain.read_signals(index, question, hits, found, composed, held_out=held_out)
    told = np.array([holds([each.text], groups) for each in found.sentences])
    kept = np.flatnonzero(told | [each.quotable for each in found.sentences])
    if signals is None or (answered and not told.any()):
        return
    units = abstain.measured(signals, index.baseline)._asdict()
    whole = runs.COSINE_WEIGHT * np.maximum(found.cosines, 0.0)
    given = runs.PASSAGE_WEIGHT * found.passages + whole
    yield Example(
        read(question.text)[0],
        [read(found.sentences[row].text)[0] for row in kept],
        torch.from_numpy(told[kept]),
        torch.from_numpy(given[kept].astype(np.float32)),
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
        question, whole = read(claims[claim])
        tokens, right, cosines = [], [], []
        for name in [next(iter(judged)), *beside]:
            for start, end in sentence_spans(abstracts[name])[:MOST_SENTENCES]:
                own, vector = read(abstracts[name][start:end])
                tokens.append(own)
                right.append(name in judged)
                cosines.append(max(0.0, float(vector @ whole)))
        given = torch.tensor(cosines, dtype=torch.float32) * COSINE_WEIGHT
        yield Example(question, tokens, torch.tensor(right), given)


class Learner(torch.nn.Module):
    """The axes while they are learned, and what adds the signals of a question up beside them."""

    def __init__(self, start: Vectors) -> None:
        super().__init__()
        turned = torch.from_numpy(start)
        self.sentence, self.ordering, self.meeting = (
            torch.nn.Parameter(turned.clone()) for _ in axes.TokenAxes._fields
        )
        self.sum = torch.nn.Linear(3 + len(OTHERS), 1)
        with torch.no_grad():
            self.sum.weight.zero_()
            self.sum.weight[0, :3] = 2.0
            self.sum.bias.zero_()

    def scores(self, each: Example) -> tuple[torch.Tensor, torch.Tensor]:
        """Return what `answering.runs` would score each sentence by itself, shape (sentences,), and
        how near it comes to each of the question's tokens, shape (tokens, sentences).
        """
        turned = [each.question @ self.ordering, each.question @ self.meeting]
        question = torch.nn.functional.normalize(torch.cat(turned), dim=1)
        lengths = [len(sentence) for sentence in each.sentences]
        sentences = torch.cat(each.sentences) @ self.sentence
        sentences = torch.nn.functional.normalize(sentences, dim=1)
        near = torch.nn.utils.rnn.pad_sequence(
            list(torch.split(sentences @ question.T, lengths)), batch_first=True, padding_value=-1.0
        )
        ordering, meeting = near.amax(dim=1).clamp(min=0.0).T.chunk(2)
        rarity = (1.0 - ordering.mean(dim=1)).detach()
        shares = rarity / rarity.sum().clamp(min=1e-6)
        return runs.TOKENS_WEIGHT * (ordering.T * shares).sum(dim=1) + each.given, meeting

    def loss(self, each: Example) -> torch.Tensor:
        scores, met = self.scores(each)
        lost = torch.zeros(())
        if each.right.any():
            odds = SHARPNESS * scores
            lost = torch.logsumexp(odds, 0) - torch.logsumexp(odds[each.right], 0)
        if each.answered is None:
            return lost
        best = int(scores.argmax())
        # How sentences are put in order is not for telling whether there is an answer.
        changed = torch.stack([scores[best].detach(), met[:, best].mean(), met.amax(dim=1).mean()])
        signals = torch.cat([(changed - MIDDLES) * SCALES, each.others])
        label = torch.tensor([float(each.answered)])
        cross_entropy = torch.nn.functional.binary_cross_entropy_with_logits
        return lost + ABSTAINING * cross_entropy(self.sum(signals), label)


def learn(examples: list[Example], start: Vectors) -> Learner:
    """Return what `examples` teach, with axes that are turned from `start`."""
    learner = Learner(start)
    steps = torch.optim.Adam(
        [
            {"params": [learner.sentence, learner.ordering, learner.meeting], "lr": RATE},
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
            loss = torch.stack([learner.loss(each) for each in batch]).sum() / BATCH
            steps.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            steps.step()
    with torch.no_grad():
        for name, share in SHARES.items():
            getattr(learner, name).lerp_(torch.from_numpy(start), 1.0 - share)
    return learner


def first_right(examples: Iterable[Example], learner: Learner) -> float:
    with torch.inference_mode():
        right = [
            bool(each.right[learner.scores(each)[0].argmax()])
            for each in examples
            if each.right.any()
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
    start = axes.principal_axes(export.load_reference(checkpoint))
    taught = [each for path, part in parts.items() if path not in options.left_out for each in part]
    found = learn(taught, start)
    for path, part in parts.items():
        unseen = " (left out)" if path in options.left_out else ""
        before, after = first_right(part, Learner(start)), first_right(part, found)
        print(f"{path.name}{unseen}: {len(part)}, first right {before:.3f}, then {after:.3f}")
    turned = torch.stack([found.sentence, found.ordering, found.meeting])
    # Half as many digits turn no sentence into another.
    np.save(options.to, turned.detach().numpy().astype(np.float16), allow_pickle=False)


def _parted(argument: str) -> tuple[Path, list[Path]]:
    root, _, paths = argument.partition(":")
    return Path(root), [Path(path) for path in paths.split(",")]


if __name__ == "__main__":
    main()
