"""What a reply costs beside one call of the encoder, stage by stage.

    python bench/stages.py INDEX SET [--rounds 5] [--json]

Every question of the set is asked in this process, on one thread, in rounds. In each round a call
of the encoder as published (32-bit floats), one of the encoder as shipped, and the whole reply are
timed in turn, so that all meet the same machine, and each after one that is not counted, so that
none pays for caches that another has filled. Times are processor time: other programs count little.
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
from published import published_encoder

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
    question = timed("wording", lambda: prepare(index, mended, lambda *_: known))
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
    reference = published_encoder()
    texts = [case.messages[-1] for case in read_set(options.set) if not case.turns]
    for text in texts[:WARM_UP]:
        chatbot.reply(text)
        reference.read(text)
    published: list[float] = []
    shipped: list[float] = []
    whole: list[float] = []
    sums: list[float] = []
    parts: dict[str, list[float]] = {}
    for text in texts * options.rounds:
        reference.read(text)
        published.append(milliseconds(partial(reference.read, text)))
        chatbot.reply(text)
        shipped.append(milliseconds(partial(chatbot.index.encoder.read, text)))
        whole.append(milliseconds(partial(chatbot.reply, text)))
        cost = stages(chatbot, text)
        sums.append(sum(cost.values()))
        for name, took in cost.items():
            parts.setdefault(name, []).append(took)
    reply = statistics.median(whole)
    by = {"published": statistics.median(published), "shipped": statistics.median(shipped)}
    found = {
        "passages": chatbot.index.counts.passages,
        "encoder_ms": {name: round(took, 2) for name, took in by.items()},
        "reply_ms": round(reply, 2),
        "reply_by_encoder": {name: round(reply / took, 2) for name, took in by.items()},
        "all_stages_ms": round(statistics.median(sums), 2),
        "stages_ms": {name: round(statistics.median(each), 3) for name, each in parts.items()},
    }
    if options.json:
        print(json.dumps(found, indent=2))
        return
    print(f"{found['passages']:,} passages, {len(whole)} replies, medians of processor time")
    print(f"  the whole reply           {reply:5.2f} ms")
    for name, took in by.items():
        print(f"  the encoder as {name:10} {took:5.2f} ms, the reply {reply / took:.2f} times it")
    print(f"  all stages but the encoder{statistics.median(sums):6.2f} ms")
    for name, each in parts.items():
        print(f"    {name:23} {statistics.median(each):6.3f} ms")


if __name__ == "__main__":
    main()
