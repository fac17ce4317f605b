"""`backbot import`: turn what a site can give into corpus files, and say what became of it."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click
import msgspec
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from backbot.corpus.sources import Imported
from backbot.corpus.sources.archive import read_archive
from backbot.corpus.writing import State, Written, write_posts
from backbot.errors import BackbotError
from backbot.text.clean import clean

_READERS: dict[str, Callable[[Path], Imported]] = {"archive": read_archive}
_STATES: dict[State, str] = {
    "new": "new",
    "updated": "updated",
    "unchanged": "unchanged",
    "kept": "kept as it is, since it holds more than this source",
}


@click.command("import", short_help="Turn a site's text into corpus files.")
@click.argument("source", type=click.Path(path_type=Path))
@click.option(
    "--into",
    "folder",
    required=True,
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="The corpus folder; articles go to DIR/articles.",
)
@click.option(
    "--format",
    "source_format",
    default="auto",
    show_default=True,
    type=click.Choice(["auto", *_READERS]),
    help="What SOURCE is. archive: a category page, copied out of a browser into a text file.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def command(source: Path, folder: Path, source_format: str, as_json: bool) -> None:
    """Turn SOURCE into corpus files below DIR.

    Every post becomes DIR/articles/ID.md. Importing again updates what has changed and keeps the
    front matter you added. The report names each post, and each line that is in none and why.
    """
    # Only one format is read so far, so there is nothing to tell apart yet.
    chosen = "archive" if source_format == "auto" else source_format
    try:
        imported = _READERS[chosen](source)
        written = write_posts(imported.posts, folder)
    except BackbotError as error:
        raise _Unusable(str(error)) from None
    if as_json:
        report = _as_json(source, chosen, folder, imported, written)
        click.echo(msgspec.json.format(msgspec.json.encode(report), indent=2))
    else:
        _print(Console(), source, folder, imported, written)


class _Unusable(click.ClickException):
    exit_code = BackbotError.exit_code


def _as_json(
    source: Path, chosen: str, folder: Path, imported: Imported, written: Sequence[Written]
) -> dict[str, Any]:
    return {
        "source": click.format_filename(source),
        "format": chosen,
        "into": click.format_filename(folder),
        "documents": [
            {
                "id": each.id,
                "title": each.title,
                "file": click.format_filename(each.path),
                "line": post.line,
                "words": each.words,
                "truncated": each.truncated,
                "state": each.state,
                "wanted_id": each.wanted,
            }
            for each, post in zip(written, imported.posts, strict=True)
        ],
        "left_out": msgspec.to_builtins(imported.omissions),
        "notes": list(imported.notes),
    }


def _print(
    console: Console,
    source: Path,
    folder: Path,
    imported: Imported,
    written: Sequence[Written],
) -> None:
    _say(console, f"Took {_counted(len(written), 'post')} from {source} into {folder}.")
    for each in written:
        facts = [each.id, _counted(each.words, "word"), _STATES[each.state]]
        if each.truncated:
            facts.append("only its opening")
        if each.wanted:
            facts.append(f"not {each.wanted}, which is another document’s ID")
        console.print(Padding(Text(clean(each.title), "bold"), (0, 0, 0, 2)))
        console.print(Padding(Text(", ".join(facts)), (0, 0, 0, 4)))

    if imported.omissions:
        console.print()
        _say(console, f"Left out {_counted(len(imported.omissions), 'line')}, whole or in part:")
        left_out = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
        left_out.add_column("Line", justify="right")
        left_out.add_column("Text", overflow="fold", ratio=1)
        left_out.add_column("Why", overflow="fold", ratio=1)
        for omission in imported.omissions:
            left_out.add_row(str(omission.line), Text(clean(omission.text)), Text(omission.reason))
        console.print(Padding(left_out, (0, 0, 1, 2)))
    else:
        console.print("\nLeft out nothing.\n")

    for note in imported.notes:
        _say(console, f"Please check: {note}")
    if any(each.truncated and each.state != "kept" for each in written):
        _say(
            console,
            "Some posts stop where the archive cut them. To complete one, put the rest into its "
            "file and delete `truncated: true`; importing again then leaves that file alone.",
        )


def _say(console: Console, sentence: str) -> None:
    # What a source brings along must not steer the terminal, nor be read as rich's markup.
    console.print(Text(clean(sentence)))


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
