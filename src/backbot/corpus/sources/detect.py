"""What a source is, told by its content, and the importer that reads it."""

import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, NamedTuple, get_args

from backbot.corpus.sources import Omission, Post, Reading
from backbot.corpus.sources.archive import read_archive
from backbot.corpus.sources.files import decode, gunzip, is_binary, is_web_archive
from backbot.errors import SourceError

Format = Literal["wordpress", "feed", "html", "archive", "qa-csv"]
FORMATS: tuple[Format, ...] = get_args(Format)

_HEAD = 256 * 1024
_COMMENTS = re.compile(r"<!--.*?-->|<\?.*?\?>|<!DOCTYPE[^>\[]*(?:\[.*?\])?[^>]*>", re.S | re.I)
_ROOT = re.compile(r"\s*<([A-Za-z_][\w.:-]*)([^>]*)")
_WXR = re.compile(r"wordpress\.org/export/|<wp:wxr_version|<wp:post_type", re.I)
_FEED_ROOTS = frozenset(("rss", "feed", "rdf", "channel"))
_HTML_TAGS = frozenset(
    "html head body title meta link script style header main article section nav div p h1 h2 h3 h4 "
    "span a b i em strong ul ol table blockquote figure img br hr center font".split()
)
_HTML = re.compile(r"<!doctype html|<html\b|<head\b|<body\b|<article\b|<p\b|<div\b", re.I)


class Opened(NamedTuple):
    """What a source was taken for, and what is found in it."""

    format: Format
    reading: Reading


@contextmanager
def opened(source: Path, wanted: Format | None, include: Collection[str] = ()) -> Iterator[Opened]:
    """Give what is found in the file or folder `source`, read as `wanted` or as what it is.

    Posts can be drawn as long as the context is open. Raises `SourceError` where there is no such
    file, or nothing in it can be told.
    """
    if not source.exists():
        raise SourceError(f"There is no file {source}; check the name.")
    if source.is_dir():
        yield _open_folder(source, wanted, include)
    elif not source.is_file():
        raise SourceError(f"{source} is not a regular file; save its text as one first.")
    elif _head(source).startswith(b"PK\x03\x04"):
        from backbot.corpus.sources.unpack import unpacked

        with unpacked(source) as folder:
            found = _open_folder(folder, wanted, include, name=str(source))
            found.reading.origin = found.reading.origin.replace(folder.name, source.name)
            yield found
    else:
        yield _open_file(source, wanted or format_of(source), include)


def format_of(path: Path) -> Format:
    """Return what the file at `path` is; raises `SourceError` where that cannot be told."""
    head = _head(path)
    if not head.strip():
        raise SourceError(f"{path} is empty; there is nothing to import.")
    if head.startswith(b"\x1f\x8b"):
        head = gunzip(path.read_bytes()[: 8 * _HEAD], 64 * _HEAD, str(path))[:_HEAD]
    if is_web_archive(head):
        return "html"
    text = decode(_whole(head), str(path)).lstrip("\ufeff\x00 \t\r\n")
    if text.startswith("<"):
        return _format_of_markup(text, path)
    if text.startswith(("{", "[")):
        return _format_of_json(path)
    from backbot.corpus.sources.qa import table_rows

    if table_rows(text) is not None:
        return "qa-csv"
    if _HTML.search(text[:4096]) and not text[:1].isalnum():
        return "html"
    return "archive"


def _format_of_markup(text: str, path: Path) -> Format:
    bare = _COMMENTS.sub("", text)
    root = _ROOT.match(bare)
    name = root.group(1).casefold().rpartition(":")[2] if root else ""
    if name in ("rss", "rdf", "channel") and _WXR.search(bare):
        return "wordpress"
    if name in _FEED_ROOTS:
        return "feed"
    if name in ("urlset", "sitemapindex"):
        raise SourceError(
            f"{path} is a sitemap, which holds no text; name the site's address instead."
        )
    if name in _HTML_TAGS or not name:
        return "html"
    raise SourceError(
        f"{path} is XML of a kind that Backbot does not know (<{name}>); name a WordPress export, "
        "a feed or a web page."
    )


def _format_of_json(path: Path) -> Format:
    from backbot.corpus.sources.rest import is_rest, load_json

    value = load_json(path)
    return "wordpress" if value is not None and is_rest(value) else "qa-csv"


def _open_file(path: Path, kind: Format, include: Collection[str]) -> Opened:
    match kind:
        case "archive":
            found = read_archive(path)
            # A page of an archive shows some posts and says nothing about the others.
            reading = Reading(found.posts, "", list(found.omissions), list(found.notes))
            reading.found["items"] = reading.found["posts"] = len(found.posts)
        case "wordpress":
            reading = _open_wordpress(path, include)
        case "feed":
            from backbot.corpus.sources.feed import read_feed

            reading = read_feed(path, include)
        case "html":
            from backbot.corpus.sources.page import read_page_file

            reading = read_page_file(path)
        case "qa-csv":
            from backbot.corpus.sources.qa import read_qa

            reading = read_qa(path)
    return Opened(kind, reading)


def _open_wordpress(path: Path, include: Collection[str]) -> Reading:
    if _head(path).lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"["):
        from backbot.corpus.sources.rest import read_rest_file

        return read_rest_file(path, include)
    from backbot.corpus.sources.wordpress import read_wxr

    return read_wxr(path, include)


def _open_folder(
    root: Path, wanted: Format | None, include: Collection[str], *, name: str = ""
) -> Opened:
    """Open what is in a folder: pages, or exports of one format, or JSON of the REST API."""
    from backbot.corpus.sources.unpack import walk

    name = name or str(root)
    files, skipped = walk(root)
    by_format: dict[Format, list[Path]] = {}
    for path in files:
        try:
            kind = wanted if wanted and wanted != "html" else _format_in_folder(path)
        except SourceError as error:
            reason = str(error).removeprefix(str(path)).strip().rstrip(".")
            skipped.append(Omission(None, str(path.relative_to(root)), reason))
            continue
        if kind is None:
            continue
        by_format.setdefault(kind, []).append(path)
    chosen = wanted or next((kind for kind in FORMATS if by_format.get(kind)), None)
    if chosen is None or not by_format.get(chosen):
        raise SourceError(f"{name} holds no file that can be imported; check what is in it.")
    for kind, paths in by_format.items():
        if kind != chosen:
            skipped.extend(
                Omission(None, str(path.relative_to(root)), f"is {kind}, not {chosen}")
                for path in paths
            )
    paths = by_format[chosen]
    if chosen == "html":
        from backbot.corpus.sources.page import read_page_folder

        return Opened("html", read_page_folder(root, paths, skipped))
    return Opened(chosen, _chained(root, chosen, paths, skipped, include))


def _format_in_folder(path: Path) -> Format | None:
    """Return what a file in a folder is, None for what is not worth a word, such as an image."""
    kind = format_of(path) if _is_text(path) else None
    # Any text might be an archive; in a folder only files that say what they are count.
    return None if kind == "archive" else kind


def _is_text(path: Path) -> bool:
    head = _head(path)[:1024]
    marked = head.startswith((b"\xff\xfe", b"\xfe\xff", b"\x1f\x8b"))
    stylish = path.suffix.casefold() in (".css", ".js", ".svg", ".map")
    return bool(head.strip()) and not stylish and (marked or not is_binary(head))


def _chained(
    root: Path, kind: Format, paths: list[Path], skipped: list[Omission], include: Collection[str]
) -> Reading:
    """Return all that is found in `paths` one after another, as one source."""
    if kind == "wordpress" and all(_head(each).lstrip()[:1] in (b"{", b"[") for each in paths):
        from backbot.corpus.sources.rest import load_json, read_rest

        values = [load_json(path) for path in paths]
        whole = read_rest(values, f"folder:{root.name}", include, complete=True)
        whole.omissions[:0] = skipped
        return whole
    readings = [_open_file(path, kind, include).reading for path in paths]
    chained = Reading(posts=(), origin=readings[0].origin, omissions=skipped)

    def draw() -> Iterator[Post]:
        for reading in readings:
            yield from reading.posts
            chained.omissions.extend(reading.omissions)
            chained.notes.extend(reading.notes)
            chained.found.update(reading.found)
            chained.comments.update(reading.comments)
            chained.types |= reading.types
            chained.origin = reading.origin
        chained.complete = all(reading.complete for reading in readings)

    chained.posts = draw()
    return chained


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_HEAD)
    except OSError as error:
        raise SourceError(f"{path} cannot be read ({error.strerror}).") from None


def _whole(head: bytes) -> bytes:
    """Return `head` without the letter that its end may have cut in two."""
    if len(head) < _HEAD or head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return head
    for cut in range(1, 5):
        try:
            head[:-cut].decode("utf-8")
        except UnicodeDecodeError:
            continue
        return head[:-cut]
    return head
