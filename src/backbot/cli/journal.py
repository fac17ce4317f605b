"""`backbot journal`: write out what is kept, and take it out again."""

from typing import TYPE_CHECKING

import click

from backbot.errors import UsageError

if TYPE_CHECKING:
    from backbot.journal.journal import Journal


@click.group(name="journal", short_help="Export, forget or prune what readers asked.")
def command() -> None:
    """Write out what the journal keeps of readers' questions, or take it out again.

    The journal is named by BACKBOT_JOURNAL: a path, a database URL, or `off`.
    """


@command.command(short_help="Print all entries as JSON lines.")
def export() -> None:
    """Print all entries as JSON, one a line, oldest first."""
    import msgspec

    for entry in _journal().entries():
        click.echo(msgspec.json.encode(entry))


@command.command(short_help="Take entries out by reply or by words.")
@click.argument("replies", metavar="[REPLY]...", nargs=-1)
@click.option("--words", metavar="TEXT", help="Take out every question and note that holds TEXT.")
@click.pass_context
def forget(ctx: click.Context, replies: tuple[str, ...], words: str | None) -> None:
    """Take out the entries of each REPLY, named by its ID, and those that hold certain words.

    Exits with 1 if there were none.
    """
    if not replies and not (words or "").strip():
        raise UsageError("Say what to forget: IDs of replies, or words by --words.")
    count = _journal().forget(replies, words)
    click.echo(f"{count:,} {_entries(count)} forgotten.")
    if not count:
        click.echo("Nothing in the journal fits.", err=True)
        ctx.exit(1)


@command.command(short_help="Take out what is older than the settings keep.")
def prune() -> None:
    """Take out what is older than BACKBOT_JOURNAL_DAYS says. The server does so by itself."""
    journal = _journal()
    count = journal.prune()
    click.echo(f"{count:,} {_entries(count)} older than {journal.keep.days:,} days taken out.")


def _journal() -> "Journal":
    from backbot.journal.journal import open_journal
    from backbot.settings import read_settings

    return open_journal(read_settings())


def _entries(count: int) -> str:
    return "entry" if count == 1 else "entries"
