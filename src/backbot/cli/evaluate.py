"""`backbot evaluate`: how good the replies to a question set are."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from backbot.cli.options import index_option, json_option
from backbot.errors import UsageError

if TYPE_CHECKING:
    from backbot.cli.terminal import Terminal
    from backbot.evaluation.calibration import Calibration
    from backbot.evaluation.score import Figure, Outcome

# Below this many columns, the figures stand below their names and not beside them.
TABLE_WIDTH = 72


@click.command(short_help="Score a question set.")
@click.argument("question_set", metavar="SET", type=click.Path(path_type=Path))
@json_option
@click.option("--failures", is_flag=True, help="List each case that went wrong, and why.")
@index_option
def command(question_set: Path, as_json: bool, failures: bool, index: str | None) -> None:
    """Ask every question of SET, a file of JSON lines, and count what the replies are worth.

    Each share comes with its 95% interval: the range in which it would lie for many more
    questions of the same sort. The calibration tells whether a confidence of 80% is right in 8
    of 10 replies.
    """
    from backbot.chatbot import Chatbot
    from backbot.cli.terminal import Terminal, counted, print_json
    from backbot.evaluation.calibration import calibration
    from backbot.evaluation.score import median_words, play, shortcoming
    from backbot.evaluation.sets import read_set
    from backbot.index.source import open_current
    from backbot.settings import read_settings

    settings = read_settings({"index": index})
    cases = read_set(question_set)
    chatbot = Chatbot(open_current(settings))
    outcomes = [play(chatbot, case) for case in cases]
    wrong = [(outcome, why) for outcome in outcomes if (why := shortcoming(outcome))]
    rows = _figures(outcomes)
    sureness = calibration(outcomes)
    words = median_words(outcomes)
    if as_json:
        report: dict[str, Any] = {
            "set": click.format_filename(question_set),
            "index": chatbot.index.version,
            "cases": len(cases),
            "figures": [
                {
                    "name": each.name,
                    "hits": each.hits,
                    "of": each.of,
                    "share": round(each.share, 4),
                    "low": round(each.low, 4),
                    "high": round(each.high, 4),
                }
                for each in rows
            ],
            "median_words": words,
            "calibration": sureness,
        }
        if failures:
            report["failures"] = [_failure(outcome, why) for outcome, why in wrong]
        print_json(report)
        return
    terminal = Terminal()
    terminal.say(
        f"{counted(len(cases), 'case')} of {question_set} against index {chatbot.index.version}."
    )
    terminal.print()
    _print_figures(terminal, rows)
    terminal.say(f"Median length of an answer: {words:g} words of excerpts.")
    if sureness:
        _print_calibration(terminal, sureness)
    if failures:
        _print_failures(terminal, wrong)
    elif wrong:
        listed = "it" if len(wrong) == 1 else "them"
        terminal.say(f"{counted(len(wrong), 'case')} went wrong; --failures lists {listed}.")


def _figures(outcomes: Sequence["Outcome"]) -> list["Figure"]:
    from backbot.evaluation.score import figures

    try:
        return figures(outcomes)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "scipy":
            raise
        raise UsageError("Evaluating needs scipy; run `pip install 'backbot[build]'`.") from None


def _failure(outcome: "Outcome", why: str) -> dict[str, Any]:
    return {
        "id": outcome.case.id,
        "messages": list(outcome.case.messages),
        "why": why,
        "kind": outcome.reply.kind,
        "understood_as": outcome.reply.understood_as,
        "cited": [citation.document for citation in outcome.reply.citations],
        "wanted": list(outcome.case.documents),
        "confidence": outcome.reply.confidence,
    }


def _print_figures(terminal: "Terminal", rows: Sequence["Figure"]) -> None:
    from rich.table import Table

    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("")
    for name in ("share", "95% interval", "cases"):
        table.add_column(name, justify="right", no_wrap=True)
    for each in rows:
        name = each.name.capitalize()
        figures = (
            f"{each.share:.1%}",
            f"{100 * each.low:.1f}–{each.high:.1%}",
            f"{each.hits} of {each.of}",
        )
        if terminal.width < TABLE_WIDTH:
            terminal.say(name)
            terminal.say("{} (95% interval {}), {}".format(*figures), indent=2)
        else:
            table.add_row(name, *figures)
    if table.row_count:
        terminal.print(table)
    terminal.print()


def _print_calibration(terminal: "Terminal", sureness: "Calibration") -> None:
    from rich.table import Table

    terminal.print()
    terminal.say("Calibration", style="bold")
    terminal.print()
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("confidence", "mean", "right", "replies"):
        table.add_column(name, justify="right", no_wrap=True)
    for each in sureness.bins:
        table.add_row(
            f"{100 * each.low:.0f}–{each.high:.0%}",
            f"{each.forecast:.1%}",
            f"{each.observed:.1%}",
            str(each.cases),
        )
    terminal.print(table)
    terminal.print()
    terminal.say(
        "Right are replies whose evidence, quoted or held back, answers a question that the "
        f"articles cover. Expected calibration error {sureness.expected_error:.3f}, Brier score "
        f"{sureness.brier:.3f} ({sureness.cases:,} replies); both are best at 0."
    )


def _print_failures(terminal: "Terminal", wrong: Sequence[tuple["Outcome", str]]) -> None:
    terminal.print()
    if not wrong:
        terminal.say("Nothing went wrong.")
        return
    terminal.say(f"What went wrong ({len(wrong)}):", style="bold")
    for outcome, why in wrong:
        terminal.print()
        terminal.say(f"{outcome.case.id}: {why}", indent=2, style="bold")
        for message in outcome.case.messages:
            terminal.say(f"“{message}”", indent=4)
        cited = ", ".join(citation.document for citation in outcome.reply.citations)
        terminal.say(
            f"{outcome.reply.kind}, confidence {outcome.reply.confidence:.2f}, "
            f"cites {cited or 'nothing'}",
            indent=4,
            style="dim",
        )
