"""Learns the axes along which a question's words meet those of the sentences."""

import numpy as np
import torch
from examples import OTHERS, SEED, Example
from numpy.typing import NDArray
from torch.nn import functional

EPOCHS = 8
RATE = 3e-3
# Of the weights that add the signals up while the axes are learned.
SIGNALS_RATE = 0.02
BATCH = 16
# What brings the two signals that the axes change near to a mean of 0 and a spread of 1.
MIDDLES = torch.tensor([0.6, 0.7])
SCALE = 4.0

Vectors = NDArray[np.float32]


class Meeting(torch.nn.Module):
    """The axes while they are learned, and what adds the signals of a question up beside them."""

    def __init__(self, start: Vectors) -> None:
        super().__init__()
        self.sentence, self.question = (
            torch.nn.Parameter(torch.from_numpy(start).clone()) for _ in range(2)
        )
        self.sum = torch.nn.Linear(len(MIDDLES) + len(OTHERS), 1)
        with torch.no_grad():
            self.sum.weight.zero_()
            self.sum.weight[0, : len(MIDDLES)] = 2.0
            self.sum.bias.zero_()

    def odds(self, examples: list[Example]) -> torch.Tensor:
        """Return the log-odds that each is answered, shape (examples,)."""
        unit = functional.normalize
        turned: dict[int, torch.Tensor] = {}
        found = []
        for each in examples:
            texts = each.texts
            if id(texts) not in turned:
                turned[id(texts)] = unit(texts.tokens @ self.sentence)
            near = turned[id(texts)] @ unit(each.tokens @ self.question).T
            met = near[texts.held[each.read]].amax(dim=1).clamp(min=0.0)
            changed = torch.stack([met.mean(dim=1).max(), met.amax(dim=0).mean()])
            found.append(torch.cat([(changed - MIDDLES) * SCALE, each.others]))
        odds: torch.Tensor = self.sum(torch.stack(found))[:, 0]
        return odds


def learn_meeting(examples: list[Example], start: Vectors) -> Meeting:
    """Return what `examples` teach, with axes that are turned from `start`.

    Questions with an answer are to be told from those without, by the share of the words that the
    best sentence meets and that all sentences together meet, beside other signals.
    """
    meeting = Meeting(start)
    steps = torch.optim.Adam(
        [
            {"params": [meeting.sentence, meeting.question], "lr": RATE},
            {"params": meeting.sum.parameters(), "lr": SIGNALS_RATE},
        ]
    )
    rng = np.random.default_rng(SEED)
    told = [each for each in examples if each.answered]
    away = [each for each in examples if each.answered is False]
    drawn = np.array([each.weight for each in away])
    for _ in range(EPOCHS):
        order = rng.permutation(len(told))
        for first in range(0, len(order), BATCH):
            batch = [told[at] for at in order[first : first + BATCH]]
            batch += [away[at] for at in rng.choice(len(away), BATCH, p=drawn / drawn.sum())]
            labels = torch.tensor([float(each.answered is True) for each in batch])
            loss = functional.binary_cross_entropy_with_logits(meeting.odds(batch), labels)
            steps.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            steps.step()
    return meeting
