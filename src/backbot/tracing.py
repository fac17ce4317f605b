"""What every stage of a reply found, as fields: for programs, and for what people are shown."""

from typing import Any

import msgspec
import numpy as np

from backbot.answering.abstain import THRESHOLD
from backbot.answering.candidates import Candidates
from backbot.answering.compose import passed_over
from backbot.answering.runs import Run
from backbot.chatbot import Trace
from backbot.index.contents import P_DOCUMENT, P_FIRST, P_LAST, S_END, S_START, Index
from backbot.model import Reply
from backbot.retrieval.hybrid import Hit


def trace_fields(index: Index, reply: Reply, trace: Trace) -> dict[str, Any]:
    """Return the reply's own fields and, beside them, `trace`."""
    fields: dict[str, Any] = msgspec.to_builtins(reply)
    return fields | {"trace": traced(index, trace)}


def traced(index: Index, trace: Trace) -> dict[str, Any]:
    """Return what every stage found; empty where a stage was not reached."""
    return {
        "pinned": trace.pinned is not None,
        "finding": msgspec.to_builtins(trace.finding) if trace.finding else None,
        "hits": [_hit(index, each) for each in trace.hits],
        "candidates": _candidates(index, trace.candidates) if trace.candidates else [],
        "signals": _figures(trace.signals._asdict()) if trace.signals else None,
        "threshold": THRESHOLD,
        "lacking": trace.lacking,
        "runs": [_run(index, each) for each in trace.runs],
        "passed_over": _passed_over(index, trace),
    }


def _passed_over(index: Index, trace: Trace) -> list[dict[str, Any]]:
    if trace.question is None or trace.candidates is None:
        return []
    found = passed_over(index, trace.question, trace.candidates, trace.runs)
    return [_run(index, each.run) | {"why": each.why} for each in found]


def _hit(index: Index, hit: Hit) -> dict[str, Any]:
    row = index.passages[hit.passage]
    start = int(index.sentences[row[P_FIRST], S_START])
    end = int(index.sentences[row[P_LAST] - 1, S_END])
    place = _place(index, int(row[P_DOCUMENT]), start, end)
    scores = _figures(hit._asdict())
    return {"passage": hit.passage, **place, "fused": scores.pop("score"), **scores}


def _candidates(index: Index, candidates: Candidates) -> list[dict[str, Any]]:
    return [
        {
            "sentence": sentence.number,
            **_place(index, sentence.document, sentence.start, sentence.end),
            "role": sentence.role.name.lower(),
            "quotable": sentence.quotable,
            "stands_alone": sentence.stands_alone,
            "cosine": round(float(candidates.cosines[place]), 4),
            "tokens": round(float(candidates.tokens[place].mean()), 4)
            if candidates.tokens.shape[1]
            else 0.0,
            "passage": round(float(candidates.passages[place]), 4),
        }
        for place, sentence in enumerate(candidates.sentences)
    ]


def _run(index: Index, run: Run) -> dict[str, Any]:
    place = _place(index, run.document, run.start, run.end)
    return {**place, "role": run.role.name.lower(), "words": run.words, **_figures(run._asdict())}


def _place(index: Index, document: int, start: int, end: int) -> dict[str, Any]:
    owner = index.documents[document]
    return {"document": owner.id, "start": start, "end": end, "text": owner.text[start:end]}


def _figures(fields: dict[str, Any]) -> dict[str, float]:
    """Return the scores among `fields`, whichever a stage has: each is a float."""
    floats = (float, np.floating)
    return {
        name: round(float(value), 4) for name, value in fields.items() if isinstance(value, floats)
    }
