"""`backbot insights`: what readers ask, and what no article answers."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from backbot.cli.options import index_option, json_option
from backbot.errors import BackbotError, UsageError, WriteError

if TYPE_CHECKING:
    from backbot.index.contents import Index
    from backbot.insights.model import Insights
    from backbot.settings import Settings


@click.command(short_help="Tell what readers ask, and what no article answers.")
@click.option(
    "--days",
    metavar="N",
    type=click.IntRange(1, 3650),
    help="How many days to look back.  [default: all that is kept]",
)
@click.option(
    "--html",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write a report to mail: one file that holds all it shows.",
)
@json_option
@index_option
def command(days: int | None, html: Path | None, as_json: bool, index: str | None) -> None:
    """Tell what readers ask most, what no article answers, and which articles answer.

    Questions that mean the same stand together. Their words are shown only where at least three
    readers asked, so that nobody's own story is on display.
    """
    from datetime import UTC, datetime, timedelta

    from backbot.cli.show_insights import print_insights
    from backbot.cli.terminal import Terminal, print_json
    from backbot.insights.read import read
    from backbot.journal.journal import open_journal
    from backbot.settings import read_settings

    if as_json and html is not None:
        raise UsageError("Choose one of --json and --html.")
    settings = read_settings({"index": index})
    journal = open_journal(settings)
    until = datetime.now(UTC)
    since = until - timedelta(days=days) if days else None
    insights = read(journal, _index(settings), since, until)
    if as_json:
        print_json(insights)
    elif html is not None:
        _write(html, insights)
    else:
        print_insights(Terminal(), insights)


def _write(path: Path, insights: "Insights") -> None:
    """Write the report; a new file can be read by its owner alone."""
    from backbot.insights.report import report
    from backbot.server.folder import web_folder

    styles = web_folder() / "static"
    sheets = [(styles / name).read_text(encoding="utf-8") for name in ("charts.css", "report.css")]
    light, dark = (_tokens(styles / name) for name in ("page.css", "dark.css"))
    dark = f"@media (prefers-color-scheme: dark) {{ {dark} }}"
    try:
        path.touch(mode=0o600)
        path.write_text(report(insights, "\n".join((light, dark, *sheets))), encoding="utf-8")
    except OSError as error:
        reason = (error.strerror or "unknown error").lower()
        raise WriteError(f"{path} cannot be written: {reason}; name another file.") from None
    click.echo(f"Wrote {click.format_filename(path)}.")


def _tokens(sheet: Path) -> str:
    """Return the colours of a page: the first rule of a style sheet."""
    text = sheet.read_text(encoding="utf-8")
    start = text.index(":root {")
    return text[start : text.index("}", start) + 1]


def _index(settings: "Settings") -> "Index | None":
    """Return the index, for titles and meanings; a journal tells a lot without one."""
    from backbot.index.store import open_index

    try:
        return open_index(settings.root)
    except BackbotError as error:
        click.echo(f"Without an index: {error}", err=True)
        return None
