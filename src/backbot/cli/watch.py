"""`backbot watch`: rebuild whenever a file of the corpus changes."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from backbot.cli.options import corpus_option, index_option
from backbot.errors import BackbotError, UsageError
from backbot.settings import Settings, read_settings

if TYPE_CHECKING:
    from watchfiles import Change

# How long, in milliseconds, the files must be still: an editor or an import writes several.
QUIET = 1_500
_SUFFIXES = (".md", ".toml")


@click.command(short_help="Rebuild whenever the corpus changes.")
@corpus_option
@index_option
def command(corpus: str | None, index: str | None) -> None:
    """Rebuild the index at once, and again whenever a file of the corpus changes.

    A file that cannot be read is named, and the index stays as it is until the file is mended.
    Ends with Ctrl-C.
    """
    from backbot.cli.terminal import Terminal

    settings = read_settings({"corpus": corpus, "index": index})
    try:
        import watchfiles
    except ModuleNotFoundError:
        raise UsageError("Watching needs watchfiles; run: pip install 'backbot[build]'") from None
    folder = Path(settings.corpus)
    if not folder.is_dir():
        raise UsageError(f"There is no folder {folder}; name one with --corpus.")
    terminal = Terminal()
    rebuild_or_say(settings)
    terminal.say(f"Watching {folder}; Ctrl-C ends it.")
    for _ in watchfiles.watch(
        folder, watch_filter=is_of_corpus, debounce=QUIET, step=100, raise_interrupt=True
    ):
        rebuild_or_say(settings)


def is_of_corpus(change: "Change", path: str) -> bool:
    """Tell whether a file that changed is one that an index is made of."""
    name = Path(path)
    hidden = any(part.startswith(".") for part in name.parts[-2:])
    return name.suffix in _SUFFIXES and not hidden


def rebuild_or_say(settings: Settings) -> None:
    """Rebuild, or say why that was not possible and go on."""
    from backbot.cli.rebuild_index import current, print_summary, rebuild

    before = current(settings.root)
    try:
        rebuilt = rebuild(settings, full=False, force=False, lines=False)
    except BackbotError as error:
        click.echo(f"Error: {error}", err=True)
        return
    print_summary(rebuilt, before)
