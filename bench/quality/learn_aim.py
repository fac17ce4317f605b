"""Learns how a question as a whole is turned towards the sentences that answer it."""

import itertools
from collections.abc import Iterable, Iterator

import numpy as np
import torch
from examples import DEPTHS, SEED, Example
from torch.nn import functional

from backbot.answering import runs
from backbot.retrieval.hybrid import DENSE_WEIGHT

EPOCHS = 20
RATE = 1e-3
BATCH = 64
# Questions without an answer beside each batch.
BESIDE = 32
SHARPNESS = 20.0
# What "none of them" counts beside the order of sentences. With 3 times as much it is told better
# still, but the order suffers.
NONE_WEIGHT = 0.5
NOT_QUOTED = -50.0


class Aim(torch.nn.Module):
    """Turns the mean tokens of a question, and knows how near is near enough."""

    def __init__(self, dimensions: int) -> None:
        super().__init__()
        blocks = [torch.eye(dimensions), *[torch.zeros(dimensions, dimensions)] * (DEPTHS - 1)]
        self.turn = torch.nn.Parameter(torch.cat(blocks))
        self.none = torch.nn.Parameter(torch.tensor(1.0))

    def scores(self, examples: list[Example]) -> torch.Tensor:
        """Return what `answering.runs` would score each sentence by itself, shape (examples,
        sentences), for examples about the same texts."""
        texts = examples[0].texts
        aims = functional.normalize(torch.stack([each.means for each in examples]) @ self.turn)
        dense = (aims @ texts.passages.T).clamp(min=0.0)
        passages = torch.stack([each.rest for each in examples]) + DENSE_WEIGHT * dense
        # The places of each sentence's passages, the first one repeated.
        most = int(texts.within.sum(dim=1).max())
        places = texts.within.float().topk(most, dim=1).indices
        held = texts.within.gather(1, places)
        best = passages[:, places].masked_fill(~held, 0.0).amax(dim=2)
        told = runs.COSINE_WEIGHT * aims @ texts.sentences.T + runs.PASSAGE_WEIGHT * best
        return told + torch.where(texts.quotable, 0.0, NOT_QUOTED)

    def lost(self, examples: list[Example]) -> torch.Tensor:
        """Return the loss of each of some examples about the same texts, shape (examples,)."""
        odds = SHARPNESS * self.scores(examples)
        right = torch.stack([each.right for each in examples])
        answered = right.any(dim=1)
        told = torch.logsumexp(odds, 1)
        order = told - torch.logsumexp(odds.masked_fill(~right, -1e9), 1)
        margin = told - SHARPNESS * self.none
        known = torch.tensor([each.answered is not None for each in examples])
        none = functional.softplus(torch.where(answered, -margin, margin))
        return torch.where(answered, order, 0.0) + NONE_WEIGHT * torch.where(known, none, 0.0)


def together(examples: Iterable[Example]) -> Iterator[list[Example]]:
    """Yield the examples about the same texts, one after the other."""
    groups: dict[int, list[Example]] = {}
    for each in examples:
        groups.setdefault(id(each.texts), []).append(each)
    yield from groups.values()


def batches(examples: list[Example], rng: np.random.Generator) -> list[list[Example]]:
    """Return the examples in a random order, in batches of those about the same texts; what is
    about texts of its own goes together."""
    groups = list(together(examples))
    alone = [group[0] for group in groups if len(group) == 1]
    found = []
    for kind in [*(group for group in groups if len(group) > 1), alone]:
        order = rng.permutation(len(kind)).tolist()
        found += [
            [kind[at] for at in order[first : first + BATCH]]
            for first in range(0, len(kind), BATCH)
        ]
    return [found[at] for at in rng.permutation(len(found))]


def learn_aim(examples: list[Example]) -> Aim:
    """Return what `examples` teach.

    The right sentences are to outscore all others of the texts, and "none of them" those of
    questions that the texts do not answer.
    """
    aim = Aim(examples[0].texts.sentences.shape[1])
    steps = torch.optim.Adam(aim.parameters(), lr=RATE)
    rng = np.random.default_rng(SEED)
    told = [each for each in examples if each.right.any()]
    away = [each for each in examples if each.answered is False]
    drawn = np.array([each.weight for each in away])
    epochs = [batches(told, rng) for _ in range(EPOCHS)]
    slower = torch.optim.lr_scheduler.LinearLR(steps, 1.0, 0.0, sum(map(len, epochs)))
    for batch in itertools.chain.from_iterable(epochs):
        beside = [away[at] for at in rng.choice(len(away), BESIDE, p=drawn / drawn.sum())]
        lost = torch.cat([aim.lost(group) for group in together([*batch, *beside])])
        steps.zero_grad()
        (lost.sum() / BATCH).backward()  # type: ignore[no-untyped-call]
        steps.step()
        slower.step()
    return aim


def first_right(examples: Iterable[Example], aim: Aim) -> float:
    """Return the share of questions whose best sentence is right, of those with an answer."""
    right: list[bool] = []
    with torch.inference_mode():
        for group in together(each for each in examples if each.right.any()):
            best = aim.scores(group).argmax(dim=1).tolist()
            right += [bool(each.right[at]) for each, at in zip(group, best, strict=True)]
    return float(np.mean(right))
