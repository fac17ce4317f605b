"""What every stage of a reply found, as tables for people."""

from collections.abc import Sequence
from typing import Any

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from backbot.chatbot import Trace
from backbot.cli.terminal import Terminal
from backbot.index.reader import IndexReader
from backbot.model import Kind, Reply
from backbot.text.clean import clean
from backbot.tracing import traced

# How many of the candidates a person is shown; the JSON has them all.
BEST_CANDIDATES = 10
# Below this many columns, scores stand below the text and not beside it.
TABLE_WIDTH = 72


def print_trace(terminal: Terminal, index: IndexReader, reply: Reply, trace: Trace) -> None:
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
    fields = traced(index, trace)
    if fields["pinned"]:
        terminal.say("The owner has pinned this answer to the question.")
        terminal.print()
        _table(terminal, "Pinned excerpts", fields["runs"])
        return
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
    if fields["lacking"]:
        terminal.say(
            f"The question turns on {fields['lacking']}; nothing that was found speaks of that.",
            indent=2,
        )
    verdict = "answered" if reply.kind is Kind.ANSWER else "not answered"
    terminal.say(
        f"Probability {reply.confidence:.4f}, threshold {fields['threshold']}: {verdict}.",
        indent=2,
    )
    terminal.print()
