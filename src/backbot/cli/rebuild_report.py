"""What readers will notice of a rebuild, and which of the owner's checks fail."""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from backbot.cli.terminal import Terminal, counted

if TYPE_CHECKING:
    from backbot.guard.changes import Changes
    from backbot.guard.examine import Report
    from backbot.rebuild import Rebuilt

# How many documents or questions of a kind are named; --json names all.
_NAMED = 12


def print_rebuilt(terminal: Terminal, rebuilt: "Rebuilt", before: str | None) -> None:
    """Print the checks and changes of a rebuild; a first build has no changes to speak of."""
    report = rebuilt.report
    for kind, recall in rebuilt.recall:
        terminal.say(
            f"There are too many {kind}s to look at each one: the nearest cells are searched, "
            f"which finds {recall:.1%} of the ten nearest."
        )
    if before is not None and report.changes.any:
        terminal.print()
        _print_changes(terminal, report.changes, published=rebuilt.published)
    if report.checks or report.pins:
        terminal.print()
        _print_checks(terminal, report, published=rebuilt.published)
    if rebuilt.remarks:
        terminal.print()
        rules = Counter(remark.rule for remark in rebuilt.remarks)
        listed = ", ".join(f"{number:,} {rule}" for rule, number in rules.items())
        terminal.say(f"Worth a look: {listed}. `backbot doctor` names them.")


def _print_changes(terminal: Terminal, changes: "Changes", *, published: bool) -> None:
    terminal.say("What readers notice" if published else "What it would have changed", style="bold")
    _print_names(terminal, "New", changes.new)
    _print_names(terminal, "Changed", changes.changed)
    _print_names(terminal, "Gone", changes.gone)
    _print_questions(terminal, "No longer answered", changes.lost)
    _print_questions(terminal, "Answered now", changes.gained)


def _print_names(terminal: Terminal, what: str, names: Sequence[str]) -> None:
    if names:
        more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
        terminal.say(f"{what} ({len(names):,}): {', '.join(names[:_NAMED])}{more}.", indent=2)


def _print_questions(terminal: Terminal, what: str, questions: Sequence[str]) -> None:
    if questions:
        terminal.say(f"{what} ({len(questions):,}):", indent=2)
        for question in questions[:_NAMED]:
            terminal.say(question, indent=4)
        if len(questions) > _NAMED:
            terminal.say(f"and {len(questions) - _NAMED:,} more", indent=4)


def _print_checks(terminal: Terminal, report: "Report", *, published: bool) -> None:
    if not report.failures:
        if report.checks:
            held = "holds" if report.checks == 1 else "hold"
            terminal.say(f"{_all(report.checks)} in checks.toml {held}.")
        if report.pins:
            terminal.say(f"{counted(report.pins, 'pin')} in pins.toml: as you want it.")
        return
    pins = f" and {counted(report.pins, 'pin')}" if report.pins else ""
    what = f"{counted(report.checks, 'check')}{pins}"
    terminal.say(f"{len(report.failures)} of {what} fail:", style="bold")
    for failure in report.failures:
        terminal.say(failure.question, indent=2, style="bold")
        terminal.say(f"wanted: {failure.wanted}", indent=4)
        terminal.say(f"got: {failure.got}", indent=4)
    if published:
        terminal.say("It answers nevertheless, since --force was given; --rollback takes it back.")
    else:
        terminal.say(
            "Mend the articles, corpus/checks.toml or corpus/pins.toml and rebuild; --force lets "
            "it answer as it is."
        )


def _all(count: int) -> str:
    return "The one check" if count == 1 else f"All {count:,} checks"
