"""`backbot refresh`: import the site anew, then rebuild; what a timer or a webhook calls."""

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path

import click

from backbot.cli.options import corpus_option, index_option
from backbot.settings import Settings, read_settings

_LOCK = ".refresh.lock"


@click.command(short_help="Import the site anew and rebuild the index.")
@click.option(
    "--source", metavar="SOURCE", help="What to import first.  [default: the setting `source`]"
)
@corpus_option
@index_option
@click.option("--wanted", is_flag=True, hidden=True)
@click.pass_context
def command(
    ctx: click.Context, source: str | None, corpus: str | None, index: str | None, wanted: bool
) -> None:
    """Import the site anew, if a source is set, and rebuild the index of the corpus.

    For a timer, and for the webhook POST /owner/hooks/rebuild. Exits with 1 where a check fails.
    """
    settings = read_settings({"source": source, "corpus": corpus, "index": index})
    if not wanted:
        ctx.exit(0 if _refresh(ctx, settings) else 1)
    flag = settings.root / ".refresh-wanted"
    passed = True
    # Who asks while a refresh runs gets a turn of the one that runs, or comes first afterwards.
    while flag.exists():
        with _alone(settings.root) as alone:
            if not alone:
                return
            while flag.exists():
                flag.unlink(missing_ok=True)
                passed = _refresh(ctx, settings)
    ctx.exit(0 if passed else 1)


def _refresh(ctx: click.Context, settings: Settings) -> bool:
    """Import and rebuild, and tell whether the owner's checks hold."""
    from backbot.cli import import_
    from backbot.cli.rebuild_index import current, print_summary, rebuild

    if settings.source:
        ctx.invoke(import_.command, source=settings.source, folder=Path(settings.corpus))
    before = current(settings.root)
    rebuilt = rebuild(settings, full=False, force=False, lines=True)
    print_summary(rebuilt, before)
    return rebuilt.report.passed


@contextlib.contextmanager
def _alone(root: Path) -> Iterator[bool]:
    root.mkdir(parents=True, exist_ok=True)
    with (root / _LOCK).open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True
