"""`backbot verify`: proof, or refutation, that a reply quotes word for word."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from backbot.cli.options import corpus_option
from backbot.errors import UsageError
from backbot.settings import read_settings

if TYPE_CHECKING:
    from backbot.answering.verify import Verification
    from backbot.cli.terminal import Terminal

# How many words of an excerpt it takes to know which one it is.
OPENING_WORDS = 12


@click.command(short_help="Prove that a reply quotes word for word.")
@click.argument("source", metavar="REPLY.json")
@corpus_option
@click.pass_context
def command(ctx: click.Context, source: str, corpus: str | None) -> None:
    """Prove or refute that every excerpt of a reply stands word for word in the corpus.

    REPLY.json is what `backbot ask --json` prints or POST /api/chat answers; - reads it from the
    standard input. Exits with 1 if anything is refuted.
    """
    from backbot.answering.verify import verify
    from backbot.cli.terminal import Terminal
    from backbot.corpus.files import read_corpus

    settings = read_settings({"corpus": corpus})
    content = _read(source)
    documents = {document.id: document for document in read_corpus(Path(settings.corpus))}
    verification = verify(content, documents)
    _print(Terminal(), verification)
    if not verification.proved:
        ctx.exit(1)


def _print(terminal: "Terminal", verification: "Verification") -> None:
    from backbot.cli.terminal import counted

    verdicts, fault = verification
    for excerpt, document, reason in verdicts:
        words = excerpt.text.split()
        opening = " ".join(words[:OPENING_WORDS]) + (" …" if len(words) > OPENING_WORDS else "")
        terminal.say(f"{'Refuted' if reason else 'Proved'}: “{opening}”", style="bold")
        place = f"[{excerpt.citation}] {document or 'no document'}"
        terminal.say(f"{place}, {excerpt.start} to {excerpt.end}", indent=2)
        if reason:
            terminal.say(f"Why: {reason}.", indent=2)
        terminal.print()
    if fault:
        terminal.say("Refuted: the reply as a whole", style="bold")
        terminal.say(f"Why: {fault}.", indent=2)
        terminal.print()

    if verification.refuted:
        are = "is" if verification.refuted == 1 else "are"
        terminal.say(
            f"{verification.refuted} of {counted(len(verdicts), 'excerpt')} {are} refuted."
        )
    elif fault:
        terminal.say("The reply breaks a promise, so it is refuted.")
    elif verdicts:
        each = "The excerpt stands" if len(verdicts) == 1 else f"All {len(verdicts)} excerpts stand"
        terminal.say(f"{each} word for word in the corpus.")
    else:
        terminal.say("The reply quotes nothing, so there is nothing to prove.")


def _read(source: str) -> bytes:
    if source == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(source).read_bytes()
    except OSError as error:
        raise UsageError(f"{source} cannot be read: {(error.strerror or '').lower()}.") from None
