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
@click.option("--force", is_flag=True, help="Let the new index answer even where a check fails.")
@click.option(
    "--hold",
    is_flag=True,
    help="Hold the new index back: /owner shows it beside the one that answers.",
)
@click.option(
    "--rollback",
    is_flag=False,
    flag_value="",
    metavar="[VERSION]",
    help="Go back to the version before, or to one of the last five by its name.",
)
@json_option
@click.pass_context
def command(
    ctx: click.Context,
    corpus: str | None,
    index: str | None,
    full: bool,
    force: bool,
    hold: bool,
    rollback: str | None,
    as_json: bool,
) -> None:
    """Build the index out of the corpus, and let it answer from now on.

    Only new and changed texts cost time. The index in use stays as it was until the new one is
    complete and answers the questions in corpus/checks.toml as they ask, and for good if anything
    fails. Exits with 1 where a check fails.
    """
    from backbot.cli.terminal import print_json

    settings = read_settings({"corpus": corpus, "index": index})
    if rollback is not None:
        _roll_back(settings, rollback, as_json=as_json)
        return
    started = time.perf_counter()
    before = current(settings.root)
    rebuilt = rebuild(settings, full=full, force=force, hold=hold, lines=not as_json)
    seconds = round(time.perf_counter() - started, 1)
    if as_json:
        fields = rebuilt._asdict()
        print_json(fields | {"previous": before, "full": full, "seconds": seconds})
    else:
        print_summary(rebuilt, before, seconds)
    if not rebuilt.report.passed:
        ctx.exit(1)


def current(root: Path) -> str | None:
    """Return the version that answers from `root`, None where there is none."""
    from backbot.index.layout import current_version

    with suppress(IndexUnavailableError):
        return current_version(root)
    return None


def _roll_back(settings: Settings, wanted: str, *, as_json: bool) -> None:
    from backbot.cli.terminal import Terminal, print_json
    from backbot.index.delivery import delivery
    from backbot.index.draft import roll_back

    root = settings.root
    before = current(root)
    version = roll_back(root, wanted or None, delivery(root, settings.index))
    if as_json:
        print_json({"version": version, "previous": before})
        return
    Terminal().say(
        f"Done: version {version} answers from now on, in place of {before}. The next rebuild "
        "makes a new version out of the corpus again."
    )


def print_summary(rebuilt: "Rebuilt", before: str | None, seconds: float | None = None) -> None:
    """Print what a rebuild did and what readers notice of it."""
    from backbot.cli.rebuild_report import print_rebuilt
    from backbot.cli.terminal import Terminal
    from backbot.cli.withheld import print_withheld

    terminal = Terminal()
    terminal.say(summary(rebuilt, before, seconds))
    print_rebuilt(terminal, rebuilt, before)
    print_withheld(terminal, rebuilt.withheld)


def summary(rebuilt: "Rebuilt", before: str | None, seconds: float | None) -> str:
    """Return what a rebuild did, for the owner of the site; `before` was the version until now."""
    from backbot.cli.terminal import counted

    documents = counted(rebuilt.documents, "document")
    if not rebuilt.published:
        kept = f"version {before} answers on" if before else "there is still no index to answer"
        if rebuilt.report.passed:
            state = f"Held back: {kept}. Made was version {rebuilt.version}"
        else:
            state = f"Not taken: a check fails, so {kept}. Made was version {rebuilt.version}"
    elif rebuilt.version == before:
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
    return f"{state}, with {documents} in {counted(rebuilt.passages, 'passage')}; {work}." + (
        f" It took {seconds:.1f} seconds." if seconds is not None else ""
    )


def rebuild(
    settings: Settings, *, full: bool, force: bool, lines: bool, hold: bool = False
) -> "Rebuilt":
    """Rebuild as `settings` say, showing how far it is; see `backbot.rebuild.rebuild_index`."""
    from backbot.cli.progress import watching

    try:
        from backbot.rebuild import rebuild_index

        with watching(lines=lines) as progress:
            return rebuild_index(
                Path(settings.corpus),
                settings.root,
                model=settings.model,
                full=full,
                force=force,
                hold=hold,
                progress=progress,
                database=settings.index,
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
