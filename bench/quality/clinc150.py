"""CLINC150: thousands of everyday messages that no article of a back-pain site answers.

Source: Larson et al. (2019), "An evaluation dataset for intent classification and out-of-scope
prediction".
"""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from jsonl import read_jsonl
from tables import Table

from backbot.chatbot import Chatbot
from backbot.evaluation.score import figure
from backbot.index.contents import Index
from backbot.model import Kind

WORST = 5


def measure(folder: Path, indexes: Mapping[str, Index]) -> Table:
    """Return how many of the messages are answered from the articles of each index."""
    messages = read_jsonl(folder / "val.jsonl")
    rows = []
    worst = []
    for name, index in indexes.items():
        chatbot = Chatbot(index)
        replies = [chatbot.reply(each["text"]) for each in messages]
        answered = [reply.kind is Kind.ANSWER for reply in replies]
        intents = Counter(
            each["intent"] for each, wrong in zip(messages, answered, strict=True) if wrong
        )
        most = ", ".join(f"{intent} {count}" for intent, count in intents.most_common(WORST))
        worst.append(f"{name}: {most or 'none'}")
        noticed = figure("", [reply.notice is not None for reply in replies])
        rows.append((name, figure("", answered), sum(answered), noticed))
    return Table(
        title=f"CLINC150, {len(messages):,} messages about everything else",
        columns=("corpus", "answered from articles", "messages", "shown a notice"),
        rows=tuple(rows),
        note=f"Answered most often: {'; '.join(worst)}.",
    )
