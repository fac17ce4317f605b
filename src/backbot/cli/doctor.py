"""`backbot doctor`: what is there, what is wrong, and how to mend it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from backbot.cli.options import corpus_option, index_option, json_option
from backbot.settings import read_settings

if TYPE_CHECKING:
    from backbot.cli.diagnosis import Diagnosis
    from backbot.cli.findings import Holding
    from backbot.cli.journal_state import JournalState
    from backbot.cli.terminal import Terminal
    from backbot.corpus.lint import Remark

_NAMED = 5
_RULES = {
    "duplicate": "The same text twice",
    "near-duplicate": "Nearly the same text",
    "truncated": "Only an opening",
    "tiny": "Very short articles",
    "no-date": "Without a date",
    "dead-link": "Links that lead nowhere",
    "vanished": "Gone at the source",
    "waiting": "Questions that wait for you",
    "other-language": "Not in English",
    "mixed-languages": "Mixed languages",
    "unreached": "Articles that no question reaches",
}
_TITLES = {"broken": "Broken", "stale": "Out of date", "incomplete": "Incomplete"}


@click.command(short_help="Tell what is stale or broken, and how to mend it.")
@corpus_option
@index_option
@json_option
@click.pass_context
def command(ctx: click.Context, corpus: str | None, index: str | None, as_json: bool) -> None:
    """Tell what is installed, what the index holds, and how to mend what is stale or broken.

    Exits with 1 if there is anything to mend.
    """
    import msgspec

    from backbot.cli.diagnosis import diagnose
    from backbot.cli.terminal import Terminal, print_json

    diagnosis = diagnose(read_settings({"corpus": corpus, "index": index}))
    if as_json:
        fields = msgspec.to_builtins(diagnosis)
        print_json(fields | {"build_extra": diagnosis.can_build, "well": not diagnosis.findings})
    else:
        _print(Terminal(), diagnosis)
    if diagnosis.findings:
        ctx.exit(1)


def _print(terminal: "Terminal", diagnosis: "Diagnosis") -> None:
    from backbot.cli.terminal import counted
    from backbot.cli.withheld import print_withheld

    terminal.say("Installed", style="bold")
    terminal.say(f"Backbot {diagnosis.backbot} on Python {diagnosis.python}.", indent=2)
    _print_packages(terminal, "To answer", diagnosis.serving)
    _print_packages(terminal, "To import and rebuild", diagnosis.building)
    if not diagnosis.can_build:
        terminal.say(
            "Importing and rebuilding need `pip install 'backbot[build]'`; answering does not.",
            indent=2,
        )
    terminal.print()

    terminal.say("Corpus", style="bold")
    state = "cannot be read"
    if diagnosis.documents is not None:
        state = counted(diagnosis.documents, "document")
    terminal.say(f"{diagnosis.corpus}: {state}.", indent=2)
    terminal.print()

    terminal.say("Index", style="bold")
    if diagnosis.holding is None:
        terminal.say(f"{diagnosis.index}: nothing that can be opened.", indent=2)
    else:
        _print_holding(terminal, diagnosis.index, diagnosis.holding)
    print_withheld(terminal, diagnosis.withheld)
    terminal.print()

    terminal.say("Journal", style="bold")
    terminal.say(_journal_sentence(diagnosis.journal), indent=2)
    terminal.print()

    if diagnosis.remarks:
        print_remarks(terminal, diagnosis.remarks)
        terminal.print()
    terminal.say("Other sites", style="bold")
    terminal.say(embedding_sentence(diagnosis.allowed_origins), indent=2)
    terminal.print()

    if not diagnosis.findings:
        terminal.say("All is well.", style="bold")
        return
    terminal.say(f"To mend ({len(diagnosis.findings)})", style="bold")
    for finding in diagnosis.findings:
        terminal.print()
        terminal.say(f"{_TITLES[finding.state]}: {finding.problem}", indent=2, style="bold")
        terminal.say(finding.mend, indent=2)


def print_remarks(terminal: "Terminal", remarks: "Sequence[Remark]") -> None:
    """Print what there is to look at, by what it is; nothing of it keeps anything from working."""
    from backbot.cli.terminal import counted

    terminal.say(f"Worth a look ({len(remarks)})", style="bold")
    by_rule: dict[str, list[Remark]] = {}
    for remark in remarks:
        by_rule.setdefault(remark.rule, []).append(remark)
    for rule, found in by_rule.items():
        terminal.say(f"{_RULES[rule]} ({counted(len(found), 'document')})", indent=2)
        for remark in found[:_NAMED]:
            terminal.say(f"{remark.document} {remark.about}.", indent=4)
        if len(found) > _NAMED:
            terminal.say(f"and {len(found) - _NAMED:,} more; --json names all.", indent=4)


def embedding_sentence(origins: tuple[str, ...]) -> str:
    """Say which sites may show the chat, and how to let others."""
    setting = "BACKBOT_ALLOWED_ORIGINS"
    if not origins:
        return (
            "None may show the chat on its pages. To let one, start the server with "
            f"{setting}=https://www.example.org (several: part them by spaces)."
        )
    if "*" in origins:
        return (
            f"Every site may show the chat on its pages. To let only some, list them in {setting}."
        )
    return f"These may show the chat on their pages: {', '.join(origins)}. Set by {setting}."


def _journal_sentence(journal: "JournalState") -> str:
    """Say what is kept of readers' questions, and for how long."""
    from backbot.cli.terminal import counted

    if journal.mode == "off":
        return "Nothing is kept of what readers ask (BACKBOT_JOURNAL)."
    what = "questions without personal data" if journal.mode == "text" else "counts, and no words"
    held = "nothing yet"
    if journal.entries is not None:
        held = counted(journal.entries, "reply").replace("replys", "replies")
    elif journal.problem:
        held = "it cannot be used"
    return f"{journal.place}: {held}. It keeps {what}, for {counted(journal.days, 'day')}."


def _print_packages(terminal: "Terminal", purpose: str, packages: dict[str, str | None]) -> None:
    present = [f"{name} {version}" for name, version in packages.items() if version]
    missing = [name for name, version in packages.items() if not version]
    if present:
        terminal.say(f"{purpose}: {', '.join(present)}.", indent=2)
    if missing:
        terminal.say(f"{purpose}, not installed: {', '.join(missing)}.", indent=2)


def _print_holding(terminal: "Terminal", index: str, holding: "Holding") -> None:
    from backbot.cli.terminal import counted

    counts = ", ".join(counted(number, name[:-1]) for name, number in holding.counts.items())
    terminal.say(f"{index}: version {holding.version}, {counts}.", indent=2)
    model = "missing"
    if holding.model:
        model = f"{holding.model}, {holding.dimensions} dimensions"
    terminal.say(f"Sentence encoder: {model}.", indent=2)
    for kind, recall in holding.recall.items():
        terminal.say(
            f"Search among {kind}s does not look at all of them and finds {recall:.1%} of the ten "
            "nearest, as measured at the build.",
            indent=2,
        )
    versions = counted(holding.versions_kept, "version")
    terminal.say(f"On disk: {holding.bytes / 1e6:.1f} MB with {versions}.", indent=2)
