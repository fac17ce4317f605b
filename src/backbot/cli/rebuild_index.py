"""`backbot rebuild-index`: from corpus files to the index that answers."""

import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from backbot.cli.options import corpus_option, index_option, json_option
from backbot.errors import IndexUnavailableError, UsageError
from backbot.settings import Settings, read_settings

if TYPE_CHECKING:
    from backbot.rebuild import Rebuilt

# What building imports beyond what answering needs.
BUILD_MODULES = ("nltk", "rank_bm25")


@click.command("rebuild-index", short_help="Build the index out of the corpus.")
@corpus_option
@index_option
@click.option("--full", is_flag=True, help="Make everything anew, the sentence encoder too.")
@json_option
def command(corpus: str | None, index: str | None, full: bool, as_json: bool) -> None:
    """Build the index out of the corpus, and let it answer from now on.

    Only new and changed texts cost time. The index in use stays as it was until the new one is
    complete, and for good if anything fails.
    """
    from backbot.cli.terminal import Terminal, print_json
    from backbot.cli.withheld import print_withheld
    from backbot.index.layout import current_version

    settings = read_settings({"corpus": corpus, "index": index})
    started = time.perf_counter()
    before = None
    with suppress(IndexUnavailableError):
        before = current_version(Path(settings.index))
    rebuilt = _rebuild(settings, full=full, lines=not as_json)
    seconds = round(time.perf_counter() - started, 1)
    if as_json:
        fields = rebuilt._asdict()
        print_json(fields | {"previous": before, "full": full, "seconds": seconds})
        return
    terminal = Terminal()
    terminal.say(summary(rebuilt, before, seconds))
    print_withheld(terminal, rebuilt.withheld)


def summary(rebuilt: "Rebuilt", before: str | None, seconds: float) -> str:
    """Return what a rebuild did, for the owner of the site; `before` was the version until now."""
    from backbot.cli.terminal import counted

    documents = counted(rebuilt.documents, "document")
    if rebuilt.version == before:
        state = f"Nothing has changed: version {rebuilt.version} answers on"
    else:
        state = f"Done: version {rebuilt.version} answers from now on"
    if not rebuilt.reused:
        work = f"all {rebuilt.embedded:,} texts in them were learned anew"
    elif not rebuilt.embedded:
        work = f"all {rebuilt.reused:,} texts in them were known already"
    else:
        new = counted(rebuilt.embedded, "text")
        work = f"{new} in them {_were(rebuilt.embedded)} new, {rebuilt.reused:,} known already"
    return (
        f"{state}, with {documents} in {counted(rebuilt.passages, 'passage')}; "
        f"{work}. It took {seconds:.1f} seconds."
    )


def _rebuild(settings: Settings, *, full: bool, lines: bool) -> "Rebuilt":
    from backbot.cli.progress import watching

    try:
        from backbot.rebuild import rebuild_index

        with watching(lines=lines) as progress:
            return rebuild_index(
                Path(settings.corpus),
                Path(settings.index),
                model=settings.model,
                full=full,
                progress=progress,
            )
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing not in BUILD_MODULES:
            raise
        raise UsageError(
            f"Building an index needs {missing}; run `pip install 'backbot[build]'`."
        ) from None


def _were(number: int) -> str:
    return "was" if number == 1 else "were"
