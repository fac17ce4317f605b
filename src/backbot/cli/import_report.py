"""What an import did, for the owner to act on."""

from collections import Counter
from pathlib import Path
from typing import Any

import click
import msgspec
from rich.text import Text

from backbot.cli.terminal import Terminal, counted
from backbot.corpus.merging import State
from backbot.corpus.sources import Reading
from backbot.corpus.sources.detect import Opened
from backbot.corpus.writing import Outcome, Written
from backbot.text.clean import clean

# How many documents, or things left out, are named one by one; --json names all.
_NAMED = 60
_OPENING = 72
_STATES: dict[State, str] = {
    "new": "new",
    "updated": "updated",
    "unchanged": "unchanged",
    "kept": "kept as it is, since it holds more than this source",
    "edited": "your own text kept",
}


def as_fields(source: str, opened: Opened, folder: Path, outcome: Outcome) -> dict[str, Any]:
    """Return the report as JSON has it."""
    reading = opened.reading
    return {
        "source": click.format_filename(source),
        "format": opened.format,
        "into": click.format_filename(folder),
        "origin": reading.origin,
        "complete": reading.complete,
        "found": dict(reading.found),
        "states": dict(Counter(each.state for each in outcome.written)),
        "documents": [
            {
                "id": each.id,
                "kind": each.kind,
                "title": each.title,
                "file": click.format_filename(each.path),
                "line": each.line,
                "words": each.words,
                "truncated": each.truncated,
                "draft": each.hidden,
                "state": each.state,
                "wanted_id": each.wanted,
            }
            for each in outcome.written
        ],
        "vanished": list(outcome.vanished),
        "still_vanished": list(outcome.still_gone),
        "comments": dict(reading.comments),
        "left_out": msgspec.to_builtins(reading.omissions),
        "notes": list(reading.notes),
    }


def print_report(
    terminal: Terminal, source: str, opened: Opened, folder: Path, outcome: Outcome
) -> None:
    """Print what was taken, left out and why, and what there is to do."""
    reading = opened.reading
    _print_taken(terminal, source, folder, outcome)
    _print_found(terminal, reading)
    _print_left_out(terminal, reading)
    _print_vanished(terminal, outcome)
    for note in reading.notes[:_NAMED]:
        terminal.say(f"Please check: {note}")
    _print_to_do(terminal, outcome)


def _print_taken(terminal: Terminal, source: str, folder: Path, outcome: Outcome) -> None:
    written = outcome.written
    articles = sum(each.kind == "article" for each in written)
    taken = [counted(articles, "post")] if articles or not written else []
    if len(written) > articles:
        taken.append(counted(len(written) - articles, "question"))
    states = Counter(each.state for each in written)
    parts = [f"{states[state]:,} {_short(state)}" for state in _STATES if states[state]]
    terminal.say(
        f"Took {' and '.join(taken)} from {source} into {folder}"
        + (f": {', '.join(parts)}." if parts else ".")
    )
    worth_naming = [each for each in written if each.state != "unchanged" or each.wanted]
    for each in worth_naming[:_NAMED]:
        _print_document(terminal, each)
    if len(worth_naming) > _NAMED:
        terminal.say(f"and {len(worth_naming) - _NAMED:,} more; --json names all.", indent=2)


def _short(state: State) -> str:
    return {"kept": "kept, holding more", "edited": "kept, edited by you"}.get(state, state)


def _print_document(terminal: Terminal, each: Written) -> None:
    facts = [each.id, counted(each.words, "word"), _STATES[each.state]]
    if each.truncated:
        facts.append("only its opening")
    if each.hidden:
        facts.append("a draft for you to accept")
    if each.wanted:
        facts.append(f"not {each.wanted}, which is another document’s ID")
    terminal.say(each.title, indent=2, style="bold")
    terminal.say(", ".join(facts), indent=4)


def _print_found(terminal: Terminal, reading: Reading) -> None:
    """Say what the source holds, where it counts more than posts."""
    found = reading.found
    if found["comments"]:
        terminal.print()
        terminal.say(
            f"It holds {counted(found['items'], 'item')} and "
            f"{counted(found['comments'], 'comment')}, of which {found['replies']:,} answer "
            f"another and {found['comments_by_site_user']:,} come from somebody with an account."
        )
        for reason, number in reading.comments.most_common():
            terminal.say(f"{number:,}: {reason}", indent=2)


def _print_left_out(terminal: Terminal, reading: Reading) -> None:
    terminal.print()
    omissions = reading.omissions
    if not omissions:
        terminal.say("Left out nothing.")
        terminal.print()
        return
    lined = [each for each in omissions if each.line is not None]
    others = [each for each in omissions if each.line is None]
    if lined:
        terminal.say(f"Left out {counted(len(lined), 'line')}, whole or in part:")
        for each in lined[:_NAMED]:
            text = Text(f"{each.line} ", "bold").append(_opening(each.text)).append(": ")
            terminal.block(text.append(each.reason), indent=2, hang=4)
    if others:
        terminal.say(f"Left out {counted(len(others), 'item')}:")
        reasons = Counter(each.reason for each in others)
        for reason, number in reasons.most_common():
            terminal.say(f"{number:,}: {reason}", indent=2)
            named = [_opening(each.text) for each in others if each.reason == reason and each.text]
            for name in named[:5]:
                terminal.say(name, indent=6)
            if len(named) > 5:
                terminal.say(f"and {len(named) - 5:,} more", indent=6)
    terminal.print()


def _opening(text: str) -> str:
    line = clean(text)
    return line if len(line) <= _OPENING else line[:_OPENING].rsplit(" ", 1)[0] + " …"


def _print_vanished(terminal: Terminal, outcome: Outcome) -> None:
    if outcome.vanished:
        terminal.say(
            f"No longer at the source, and marked with a line `vanished:` "
            f"({len(outcome.vanished)}): {', '.join(outcome.vanished[:_NAMED])}. They still "
            "answer; delete a file, or set `hidden: true` in it, to stop that."
        )
    if outcome.still_gone:
        terminal.say(f"Marked as vanished before: {counted(len(outcome.still_gone), 'document')}.")


def _print_to_do(terminal: Terminal, outcome: Outcome) -> None:
    written = outcome.written
    if any(each.truncated and each.state != "kept" for each in written):
        terminal.say(
            "Some posts stop where the source cut them. To complete one, put the rest into its "
            "file and delete `truncated: true`; importing again then leaves that file alone."
        )
    if drafts := sum(each.hidden and each.state == "new" for each in written):
        terminal.say(
            f"{counted(drafts, 'question')} out of comments wait for you: check that nothing tells "
            "who asked and that the reply answers, then delete `hidden: true` in the file."
        )
    if any(each.state == "edited" for each in written):
        terminal.say(
            "Texts that you changed yourself were kept. To take the source’s instead, import again "
            "with --overwrite."
        )
