"""`backbot import`: turn what a site can give into corpus files, and say what became of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from backbot.cli.options import json_option
from backbot.errors import UsageError

if TYPE_CHECKING:
    from backbot.corpus.sources.detect import Format, Opened

_FORMATS = ("auto", "wordpress", "feed", "html", "archive", "qa-csv")
# What importing needs beyond what answering does.
_MODULES = (
    "charset_normalizer",
    "defusedxml",
    "feedparser",
    "httpx2",
    "lxml",
    "protego",
    "slugify",
    "trafilatura",
)


@click.command("import", short_help="Turn a site's text into corpus files.")
@click.argument("source")
@click.option(
    "--into",
    "folder",
    required=True,
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="The corpus folder; articles go to DIR/articles, answered questions to DIR/questions.",
)
@click.option(
    "--format",
    "source_format",
    default="auto",
    show_default=True,
    type=click.Choice(_FORMATS),
    help="What SOURCE is; auto tells it by its content.",
)
@click.option(
    "--include",
    multiple=True,
    metavar="WHAT",
    help="Take what stays out otherwise: draft, private, protected, or a post type's name.",
)
@click.option(
    "--overwrite", is_flag=True, help="Take the source's text even where you have changed yours."
)
@click.option(
    "--delay",
    type=click.FloatRange(0, 60),
    help="Seconds between two requests to a site.  [default: 0.5, or what its robots.txt asks]",
)
@click.option(
    "--limit",
    type=click.IntRange(1, 100_000),
    default=5_000,
    show_default=True,
    help="The most pages to read of a site.",
)
@json_option
def command(
    source: str,
    folder: Path,
    source_format: str,
    include: tuple[str, ...],
    overwrite: bool,
    delay: float | None,
    limit: int,
    as_json: bool,
) -> None:
    """Turn SOURCE into corpus files below DIR.

    SOURCE is a WordPress export, an RSS or Atom feed, a Blogger export, a saved web page or a
    folder or ZIP of them, JSON of the WordPress REST API, a table of questions and answers, a
    pasted archive page, or the address of a site, sitemap or feed.

    Importing again updates what has changed and keeps what you wrote yourself. What has vanished
    at the source is marked and never deleted.
    """
    wanted = None if source_format == "auto" else cast("Format", source_format)
    try:
        from backbot.cli.import_report import as_fields, print_report
        from backbot.cli.terminal import Terminal, print_json
        from backbot.corpus.naming import document_id
        from backbot.corpus.writing import write_reading

        document_id("")
        with _open(source, wanted, include, folder, delay, limit) as opened:
            outcome = write_reading(opened.reading, folder, overwrite=overwrite)
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing not in _MODULES:
            raise
        raise UsageError(f"Importing needs {missing}; run: pip install 'backbot[build]'") from None
    if as_json:
        print_json(as_fields(source, opened, folder, outcome))
    else:
        print_report(Terminal(), source, opened, folder, outcome)


@contextmanager
def _open(
    source: str,
    wanted: "Format | None",
    include: tuple[str, ...],
    folder: Path,
    delay: float | None,
    limit: int,
) -> Iterator["Opened"]:
    if source.startswith(("http://", "https://")):
        from backbot.corpus.sources.site import opened_site

        with opened_site(source, wanted, include, cache=folder, delay=delay, limit=limit) as found:
            yield found
        return
    from backbot.corpus.sources.detect import opened

    with opened(Path(source), wanted, include) as found:
        yield found
