"""What the axes are learned from: questions, and which sentences hold the evidence."""

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import scifact
import torch
from rank_bm25 import BM25Okapi

from backbot.answering import abstain
from backbot.answering.candidates import find_candidates
from backbot.answering.compose import compose
from backbot.answering.everyday import unseen_everyday
from backbot.conversation.smalltalk import recognise
from backbot.evaluation.score import holds
from backbot.evaluation.sets import read_set
from backbot.index import axes, export
from backbot.index.contents import P_FIRST, P_LAST, Index
from backbot.index.elsewhere import everyday_questions
from backbot.index.encoder import Encoder
from backbot.index.store import open_index
from backbot.retrieval.hybrid import DENSE_WEIGHT, PASSAGES_READ, fuse, search
from backbot.retrieval.question import prepare
from backbot.retrieval.wording import mend_spelling
from backbot.text.sentences import sentence_spans
from backbot.text.terms import terms

SEED = 0
# The bank is large and most of it is far away from any corpus.
BANK_WEIGHT = 0.1
EVERYDAY_WEIGHT = 0.3
# Layers whose mean tokens a question's aim is made of.
DEPTHS = 4
# Claims read, abstracts beside the right one, and sentences of each.
CLAIMS = 260
BESIDE = 3
MOST_SENTENCES = 12
# Signals of confidence that neither a question's aim nor its tokens change.
OTHERS = [
    name
    for name in abstain.Measured._fields
    if name.removeprefix("little_") not in ("run", "tokens", "known", "dense", "sentences")
]


class Texts(NamedTuple):
    """What is asked: `tokens` (pieces, dimensions), which of them each sentence holds, `held`
    (sentences, longest), its last one repeated, the vectors of `sentences` and `passages`, in which
    passages each sentence stands, `within` (sentences, passages), and which may be quoted.
    """

    tokens: torch.Tensor
    held: torch.Tensor
    sentences: torch.Tensor
    passages: torch.Tensor
    within: torch.Tensor
    quotable: torch.Tensor


class Example(NamedTuple):
    """A question about `texts`.

    `tokens` (pieces, dimensions) are unit vectors, and so is each block of `means` (depths x
    dimensions,), the mean tokens of some layers. `right` (sentences,) tells which sentences hold
    evidence, and `rest` (passages,) is the part of the passages' scores that is no cosine.
    `answered` tells whether the texts answer it, None for a claim, `read` are the sentences that a
    reply would look at, `others` (signals,) the signals of confidence that are not learned here,
    and `weight` says how often it is drawn among those without an answer.
    """

    texts: Texts
    tokens: torch.Tensor
    means: torch.Tensor
    right: torch.Tensor
    rest: torch.Tensor
    answered: bool | None = None
    read: torch.Tensor = torch.zeros(0, dtype=torch.int64)
    others: torch.Tensor = torch.zeros(len(OTHERS))
    weight: float = 1.0


class Reader:
    """Reads the vectors of a text, each text once, and those of what is asked.

    They are the encoder's as it is shipped: what rounding its weights does to a token is small, but
    not along every axis, and axes that were learned without it lean on what it blurs.
    """

    def __init__(self, checkpoint: Path) -> None:
        # Every axis of the model itself.
        whole = np.eye(len(axes.learned_axes().sentence), dtype=np.float32)
        means = np.eye(DEPTHS * len(whole), dtype=np.float32)
        with tempfile.TemporaryDirectory() as folder:
            turned = axes.Axes(whole, whole, means)
            export.export(checkpoint, Path(folder), name="whole", axes=turned)
            self._encoder = Encoder(Path(folder))
        self._known: dict[str, tuple[torch.Tensor, ...]] = {}
        self._asked: dict[str, Texts] = {}

    def __call__(self, text: str) -> tuple[torch.Tensor, ...]:
        """Return the tokens of `text`, its vector, and the mean tokens of its layers."""
        if text not in self._known:
            read = self._encoder.read(text)
            tokens = read.tokens.astype(np.float32)
            tokens /= np.linalg.norm(tokens, axis=1, keepdims=True)
            means = read.aim * DEPTHS**0.5
            self._known[text] = tuple(map(torch.from_numpy, (tokens, read.sentence, means)))
        return self._known[text]

    def texts(self, sentences: Sequence[str]) -> Texts:
        """Return `sentences` as what is asked, each its own passage."""
        tokens, vectors, _ = zip(*map(self, sentences), strict=True)
        lengths = torch.tensor([len(each) for each in tokens])
        steps = torch.arange(int(lengths.max())).minimum(lengths[:, None] - 1)
        held = (lengths.cumsum(0) - lengths)[:, None] + steps
        whole, count = torch.stack(vectors), len(sentences)
        within = torch.eye(count, dtype=torch.bool)
        return Texts(
            torch.cat(tokens), held, whole, whole, within, torch.ones(count, dtype=torch.bool)
        )

    def index(self, index: Index) -> Texts:
        """Return the sentences and passages of `index`."""
        if index.version not in self._asked:
            views = index.read_sentences(range(index.counts.sentences)).views
            numbers = np.array([each.number for each in views])
            table = index.passages
            begins, ends = table[:, P_FIRST], table[:, P_LAST]
            within = (begins <= numbers[:, None]) & (numbers[:, None] < ends)
            self._asked[index.version] = self.texts([each.text for each in views])._replace(
                passages=torch.from_numpy(np.array(index.dense.vectors)),
                within=torch.from_numpy(within),
                quotable=torch.tensor([each.quotable for each in views]),
            )
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
    hits = search(index, question, PASSAGES_READ)
    found = find_candidates(index, question, hits)
    composed = compose(question, found)
    signals = abstain.read_signals(index, question, hits, found, composed, held_out=held_out)
    views = index.read_sentences(range(index.counts.sentences)).views
    right = [answered and each.quotable and holds([each.text], groups) for each in views]
    if signals is None or (answered and not any(right)):
        return
    units = abstain.measured(signals, index.baseline)._asdict()
    every = len(index.passages)
    rest = torch.zeros(every)
    for hit in fuse(index, question, index.find(question, every), every):
        rest[hit.passage] = hit.score - DENSE_WEIGHT * hit.dense
    tokens, _, means = read(question.text)
    yield Example(
        read.index(index),
        tokens,
        means,
        torch.tensor(right),
        rest,
        answered,
        torch.tensor([each.number for each in found.sentences if each.quotable]),
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
        found = [
            (abstracts[name][start:end], name in judged)
            for name in [next(iter(judged)), *beside]
            for start, end in sentence_spans(abstracts[name])[:MOST_SENTENCES]
        ]
        sentences, right = zip(*found, strict=True)
        tokens, _, means = read(claims[claim])
        yield Example(
            read.texts(sentences), tokens, means, torch.tensor(right), torch.zeros(len(found))
        )
