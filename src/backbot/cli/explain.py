"""What every stage of a reply found, as tables for people and as fields for programs."""

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from backbot.answering.abstain import THRESHOLD
from backbot.answering.candidates import Candidates
from backbot.answering.compose import passed_over
from backbot.answering.runs import Run
from backbot.chatbot import Trace
from backbot.cli.terminal import Terminal
from backbot.index.contents import P_DOCUMENT, P_FIRST, P_LAST, S_END, S_START, Index
from backbot.model import Kind, Reply
from backbot.retrieval.hybrid import Hit
from backbot.text.clean import clean

# How many of the candidates a person is shown; the JSON has them all.
BEST_CANDIDATES = 10
# Below this many columns, scores stand below the text and not beside it.
TABLE_WIDTH = 72


def print_trace(terminal: Terminal, index: Index, reply: Reply, trace: Trace) -> None:
    """Print the scores of every stage that was reached, best first."""
    terminal.say("How this reply came about", style="bold underline")
    terminal.print()
    terminal.say(f"Kind {reply.kind}, in {reply.elapsed_ms} ms, from index {reply.index}.")
    terminal.say(f"Understood as: {reply.understood_as}")
    terminal.print()
    if trace.finding is not None and trace.finding.reasons:
        terminal.say(f"Warning signs: {trace.finding.level}, {trace.finding.category}.")
        for reason in trace.finding.reasons:
            terminal.say(f"- {reason}")
        terminal.print()
    fields = _trace(index, trace)
    if not fields["hits"]:
        terminal.say("No article was looked up for this message.")
        terminal.print()
        return
    best = sorted(fields["candidates"], key=lambda each: -each["cosine"])[:BEST_CANDIDATES]
    shown = f"the best {len(best)} of {len(fields['candidates'])}"
    _table(terminal, "Passages found", fields["hits"])
    _table(terminal, f"Sentences to quote from ({shown})", best)
    _print_signals(terminal, reply, fields)
    if fields["runs"]:
        _table(terminal, "Chosen excerpts, the opening one first", fields["runs"])
    else:
        terminal.say("Chosen excerpts: none.")
        terminal.print()
    if fields["passed_over"]:
        _table(terminal, "Passed over", fields["passed_over"])


def trace_fields(index: Index, reply: Reply, trace: Trace) -> dict[str, Any]:
    """Return the reply's own fields and, beside them, `trace`."""
    fields: dict[str, Any] = msgspec.to_builtins(reply)
    return fields | {"trace": _trace(index, trace)}


def _trace(index: Index, trace: Trace) -> dict[str, Any]:
    return {
        "finding": msgspec.to_builtins(trace.finding) if trace.finding else None,
        "hits": [_hit(index, each) for each in trace.hits],
        "candidates": _candidates(index, trace.candidates) if trace.candidates else [],
        "signals": _figures(trace.signals._asdict()) if trace.signals else None,
        "threshold": THRESHOLD,
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


def _table(terminal: Terminal, title: str, rows: Sequence[dict[str, Any]]) -> None:
    """Print what the scores are of, with a column for each score where there is room for them."""
    terminal.say(f"{title}:", style="bold")
    scores = [name for name, value in rows[0].items() if isinstance(value, float)]
    if terminal.width < TABLE_WIDTH:
        for row in rows:
            terminal.block(_what(row), indent=2)
            listed = ", ".join(f"{name} {row[name]:.2f}" for name in scores)
            terminal.say(listed, indent=2, style="dim")
            terminal.print()
        return
    table = Table(box=None, padding=(0, 1, 0, 0), header_style="dim", expand=True)
    table.add_column("", ratio=1, overflow="fold")
    for name in scores:
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows:
        table.add_row(_what(row), *(f"{row[name]:.2f}" for name in scores))
    terminal.print(Padding(table, (0, 0, 1, 2)))


def _what(row: dict[str, Any]) -> Text:
    marks = [f"{row['start']}–{row['end']}"]
    marks += [row["role"]] if "role" in row else []
    marks += [f"{row['words']} words"] if "words" in row else []
    marks += [row["why"]] if "why" in row else []
    marks += ["not quotable"] if row.get("quotable") is False else []
    marks += ["leans on what is before it"] if row.get("stands_alone") is False else []
    text = Text.assemble((clean(row["document"]), "bold"), f"\n{', '.join(marks)}\n")
    return text.append(_opening(clean(row["text"]).split()))


def _opening(words: Sequence[str]) -> str:
    return " ".join(words[:14]) + (" …" if len(words) > 14 else "")


def _print_signals(terminal: Terminal, reply: Reply, fields: dict[str, Any]) -> None:
    terminal.say("Is there an answer?", style="bold")
    if fields["signals"]:
        listed = ", ".join(f"{name} {value:.2f}" for name, value in fields["signals"].items())
        terminal.say(f"Signals: {listed}.", indent=2)
    verdict = "answered" if reply.kind is Kind.ANSWER else "not answered"
    terminal.say(
        f"Probability {reply.confidence:.4f}, threshold {fields['threshold']}: {verdict}.",
        indent=2,
    )
    terminal.print()
