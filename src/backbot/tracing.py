"""What every stage of a reply found, as fields: for programs, and for what people are shown."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, TypeAlias

import msgspec
import numpy as np

from backbot.answering.abstain import THRESHOLD
from backbot.answering.candidates import Candidates
from backbot.answering.compose import PassedOver, passed_over
from backbot.answering.runs import Run
from backbot.chatbot import Trace
from backbot.corpus.document import Document
from backbot.index.reader import IndexReader
from backbot.model import Reply
from backbot.retrieval.hybrid import Hit

# Says where a stretch of a document stands, and what it reads.
_Place: TypeAlias = Callable[[int, int, int], dict[str, Any]]


def trace_fields(index: IndexReader, reply: Reply, trace: Trace) -> dict[str, Any]:
    """Return the reply's own fields and, beside them, `trace`."""
    fields: dict[str, Any] = msgspec.to_builtins(reply)
    return fields | {"trace": traced(index, trace)}


def traced(index: IndexReader, trace: Trace) -> dict[str, Any]:
    """Return what every stage found; empty where a stage was not reached."""
    beside = _passed_over(trace)
    told = trace.candidates.sentences if trace.candidates else ()
    runs = [*trace.runs, *(each.run for each in beside)]
    owners = {each.document for found in (trace.hits, told, runs) for each in found}
    documents = index.read_documents(sorted(owners))
    place = partial(_place, documents)
    return {
        "pinned": trace.pinned is not None,
        "finding": msgspec.to_builtins(trace.finding) if trace.finding else None,
        "hits": _hits(index, trace.hits, place),
        "candidates": _candidates(trace.candidates, place) if trace.candidates else [],
        "signals": _figures(trace.signals._asdict()) if trace.signals else None,
        "threshold": THRESHOLD,
        "lacking": trace.lacking,
        "runs": [_run(each, place) for each in trace.runs],
        "passed_over": [_run(each.run, place) | {"why": each.why} for each in beside],
    }


def _passed_over(trace: Trace) -> list[PassedOver]:
    if trace.question is None or trace.candidates is None:
        return []
    return passed_over(trace.question, trace.candidates, trace.runs)


def _hits(index: IndexReader, hits: Sequence[Hit], place: _Place) -> list[dict[str, Any]]:
    edges = [number for hit in hits for number in (hit.first, hit.last - 1)]
    views = index.read_sentences(edges).views
    found = []
    for number, hit in enumerate(hits):
        start, end = views[2 * number].start, views[2 * number + 1].end
        scores = _figures(hit._asdict())
        shown = place(hit.document, start, end)
        found.append({"passage": hit.passage, **shown, "fused": scores.pop("score"), **scores})
    return found


def _candidates(candidates: Candidates, place: _Place) -> list[dict[str, Any]]:
    return [
        {
            "sentence": sentence.number,
            **place(sentence.document, sentence.start, sentence.end),
            "role": sentence.role.name.lower(),
            "quotable": sentence.quotable,
            "stands_alone": sentence.stands_alone,
            "cosine": round(float(candidates.cosines[row]), 4),
            "tokens": round(float(candidates.met[row].mean()), 4)
            if candidates.met.shape[1]
            else 0.0,
            "passage": round(float(candidates.passages[row]), 4),
        }
        for row, sentence in enumerate(candidates.sentences)
    ]


def _run(run: Run, place: _Place) -> dict[str, Any]:
    shown = place(run.document, run.start, run.end)
    return {**shown, "role": run.role.name.lower(), "words": run.words, **_figures(run._asdict())}


def _place(documents: Mapping[int, Document], row: int, start: int, end: int) -> dict[str, Any]:
    owner = documents[row]
    return {"document": owner.id, "start": start, "end": end, "text": owner.text[start:end]}


def _figures(fields: dict[str, Any]) -> dict[str, float]:
    """Return the scores among `fields`, whichever a stage has: each is a float."""
    floats = (float, np.floating)
    return {
        name: round(float(value), 4) for name, value in fields.items() if isinstance(value, floats)
    }
