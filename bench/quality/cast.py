"""CAsT: does a turn lean on those before it, and what does it mean after them?

Source: Dalton, Xiong and Callan (2020), "TREC CAsT 2019: the conversational assistance track".
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jsonl import read_jsonl
from sklearn.metrics import accuracy_score, precision_recall_fscore_support
from systems import stems
from tables import Table

from backbot.conversation.follow_up import needs_context, resolve
from backbot.model import Turn

Row = dict[str, Any]


def measure(folder: Path) -> list[Table]:
    """Return how well needs are told, and how many content words of the meaning are recovered."""
    turns: list[Row] = read_jsonl(folder / "turns.2019-2020.jsonl")
    later = [turn for turn in turns if turn["history"]]
    rewritten = [turn for turn in later if turn["automatic"]]
    leaning = [turn for turn in later if turn["needs_context"]]
    return [
        _needs(later),
        _recovered("every turn with a history", later, automatic=False),
        _recovered("those that lean on it", leaning, automatic=False),
        _recovered("those that the organisers rewrote", rewritten, automatic=True),
    ]


def _needs(turns: Sequence[Row]) -> Table:
    wanted = [turn["needs_context"] for turn in turns]
    rows = []
    for name, told in (
        ("Backbot", [needs_context(turn["utterance"]) for turn in turns]),
        ("always", [True] * len(turns)),
    ):
        precision, recall, f1, _ = precision_recall_fscore_support(
            wanted, told, average="binary", zero_division=0.0
        )
        accuracy = float(accuracy_score(wanted, told))
        rows.append((name, float(precision), float(recall), float(f1), accuracy))
    return Table(
        title=f"CAsT, whether each of {len(turns)} turns with a history needs it",
        columns=("", "precision", "recall", "F1", "accuracy"),
        rows=tuple(rows),
    )


def _recovered(which: str, turns: Sequence[Row], *, automatic: bool) -> Table:
    ways: list[tuple[str, Callable[[Row], str]]] = [
        ("Backbot", _resolved),
        ("the turn as it is", lambda turn: str(turn["utterance"])),
        ("the last two turns", lambda turn: f"{turn['history'][-1]['text']} {turn['utterance']}"),
    ]
    if automatic:
        ways.append(("the organisers’ rewriter", lambda turn: str(turn["automatic"])))
    rows = []
    for name, way in ways:
        pairs = [(set(stems(turn["resolved"])), set(stems(way(turn)))) for turn in turns]
        recall = [len(want & got) / len(want) for want, got in pairs if want]
        precision = [len(want & got) / len(got) if got else 0.0 for want, got in pairs if want]
        f1 = [2 * r * p / (r + p) if r + p else 0.0 for r, p in zip(recall, precision, strict=True)]
        rows.append((name, float(np.mean(recall)), float(np.mean(precision)), float(np.mean(f1))))
    return Table(
        title=f"CAsT, content words of the meaning recovered, {which} ({len(turns)})",
        columns=("", "recovered", "of those given, right", "F1"),
        rows=tuple(rows),
    )


def _resolved(turn: Row) -> str:
    history = [Turn(message=each["text"]) for each in turn["history"]]
    return resolve(turn["utterance"], history).text
