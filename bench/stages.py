"""What a reply costs beside its one call of the encoder, stage by stage.

    python bench/stages.py INDEX SET [--rounds 5] [--json]

Every question of the set is asked in this process, on one thread, in rounds; in each round the
encoder's call alone and the whole reply are timed one after the other, so that both meet the same
machine. Times are processor time: other programs on the machine count little.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

from backbot.answering.abstain import confidence, read_signals
from backbot.answering.candidates import find_candidates
from backbot.answering.cite import arrange
from backbot.answering.compose import compose
from backbot.chatbot import Chatbot
from backbot.evaluation.sets import read_set
from backbot.index.store import open_index
from backbot.retrieval.hybrid import PASSAGES_READ, search
from backbot.retrieval.question import prepare
from backbot.retrieval.wording import mend_spelling

WARM_UP = 20
Made = TypeVar("Made")


def milliseconds(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return (time.process_time() - started) * 1000


def stages(chatbot: Chatbot, text: str) -> dict[str, float]:
    """Return what each stage of the reply to `text` costs, in milliseconds."""
    index = chatbot.index
    known = index.encoder.read(text)
    took: dict[str, float] = {}

    def timed(name: str, work: Callable[[], Made]) -> Made:
        started = time.process_time()
        made = work()
        took[name] = (time.process_time() - started) * 1000
        return made

    timed("safety", lambda: chatbot._recogniser.assess(text, (), vector=lambda: known.sentence))
    mended = timed("spelling", lambda: mend_spelling(index, text))
    question = timed("wording", lambda: prepare(index, mended, lambda _: known))
    hits = timed("search", lambda: search(index, question, PASSAGES_READ))
    found = timed("candidates", lambda: find_candidates(index, question, hits))
    runs = timed("compose", lambda: compose(question, found))
    signals = timed("signals", lambda: read_signals(index, question, hits, found, runs))
    timed("confidence", lambda: confidence(signals, index.baseline))
    if runs:
        timed("citations", lambda: arrange(index, runs))
    return took


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("index", type=Path)
    parser.add_argument("set", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()

    chatbot = Chatbot(open_index(options.index))
    texts = [case.messages[-1] for case in read_set(options.set) if not case.turns]
    for text in texts[:WARM_UP]:
        chatbot.reply(text)
    alone: list[float] = []
    whole: list[float] = []
    parts: dict[str, list[float]] = {}
    for text in texts * options.rounds:
        alone.append(milliseconds(partial(chatbot.index.encoder.read, text)))
        whole.append(milliseconds(partial(chatbot.reply, text)))
        for name, took in stages(chatbot, text).items():
            parts.setdefault(name, []).append(took)
    encoder, reply = statistics.median(alone), statistics.median(whole)
    found = {
        "passages": chatbot.index.counts.passages,
        "encoder_ms": round(encoder, 2),
        "reply_ms": round(reply, 2),
        "reply_by_encoder": round(reply / encoder, 2),
        "stages_ms": {name: round(statistics.median(each), 3) for name, each in parts.items()},
    }
    if options.json:
        print(json.dumps(found, indent=2))
        return
    print(f"{found['passages']:,} passages, {len(whole)} replies, medians of processor time")
    print(f"  the encoder's one call {encoder:5.2f} ms")
    print(f"  the whole reply        {reply:5.2f} ms, {reply / encoder:.2f} times as much")
    for name, each in parts.items():
        print(f"    {name:20} {statistics.median(each):6.3f} ms")


if __name__ == "__main__":
    main()
