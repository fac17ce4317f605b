"""A saved web page: its article, with title, date, address and tags."""

import logging
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import trafilatura

from backbot.corpus.sources import Omission, Post, Reading
from backbot.corpus.sources.article import article_parts, squeezed
from backbot.corpus.sources.dates import day_of
from backbot.corpus.sources.files import (
    decode,
    is_web_archive,
    page_of_archive,
    read_bounded,
)
from backbot.corpus.sources.markup import Element, has_sight, one_line, parse, parts_in, text_of
from backbot.corpus.sources.wordpress import title_from
from backbot.errors import SourceError

MAX_PAGE_BYTES = 32 * 1024 * 1024
MIN_WORDS = 25
_SAVED_FROM = re.compile(r"<!--\s*saved from url=\(\d+\)\s*(https?://[^\s>]+)")
# What WordPress writes on the body of pages that list posts, find none, or are the front page.
_LIST_CLASSES = frozenset(
    "archive category tag author date search search-results search-no-results error404 blog paged "
    "attachment post-type-archive tax".split()
)
_DOCUMENT = re.compile(r"<(?:html|head|body)\b", re.I)
_MAX_LISTED = 3
_SEPARATOR = re.compile(r"\s+[|–—·•»:-]\s+")
# It reports pages without text as errors; they are in the report of the import.
logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
logging.getLogger("htmldate").setLevel(logging.CRITICAL)


class NotAnArticleError(Exception):
    """Why a page is none; the rest of a sentence."""


def read_page_file(path: Path) -> Reading:
    """Return the article of the saved page at `path`; raises `SourceError` where there is none."""
    try:
        post = read_page(read_bounded(path, MAX_PAGE_BYTES), str(path))
    except NotAnArticleError as error:
        raise SourceError(f"{path} {error}.") from None
    reading = Reading([post], origin=f"file:{path.name}")
    reading.found["items"] = reading.found["pages"] = 1
    return reading


def read_page_folder(root: Path, files: list[Path], skipped: list[Omission]) -> Reading:
    """Return the articles of the saved pages `files`, which lie below `root`."""
    reading = Reading(posts=(), origin=f"folder:{root.resolve().name}", complete=True)
    reading.omissions.extend(skipped)
    reading.posts = _pages(root, files, reading)
    return reading


def _pages(root: Path, files: list[Path], reading: Reading) -> Iterator[Post]:
    seen: dict[str, str] = {}
    for path in files:
        name = str(path.relative_to(root))
        reading.found["items"] += 1
        try:
            post = read_page(read_bounded(path, MAX_PAGE_BYTES), name, key=f"page:{name}")
        except (NotAnArticleError, SourceError) as error:
            reason = str(error).removeprefix(str(path)).strip().rstrip(".")
            reading.omissions.append(Omission(None, name, reason))
            continue
        same = repr((post.title, post.parts))
        if same in seen:
            reading.omissions.append(Omission(None, name, f"the same article as {seen[same]}"))
            continue
        seen[same] = name
        reading.found["pages"] += 1
        yield post


def read_page(
    content: bytes,
    name: str,
    *,
    address: str = "",
    charset: str | None = None,
    key: str | None = None,
) -> Post:
    """Return the article on a page; `address` is where it was fetched from.

    Raises `NotAnArticleError` where there is none, `SourceError` where it is no text.
    """
    if is_web_archive(content):
        content, saved = page_of_archive(content, name)
        address = address or (saved if saved.startswith(("https://", "http://")) else "")
    markup = decode(content, name, declared=charset)
    root = parse(markup)
    if reason := _is_list(root):
        raise NotAnArticleError(reason)
    metadata = trafilatura.extract_metadata(markup, default_url=address or None, extensive=False)
    url = _canonical(root, markup, address)
    title = _title(root, one_line(metadata.title or "") if metadata else "")
    # A piece of a page, such as an article copied out of one, has nothing around it.
    whole = _DOCUMENT.search(markup) is not None
    parts = article_parts(root, markup, title) if whole else parts_in(root)
    words = sum(len(line.split()) for part in parts for line in part.lines)
    if words < MIN_WORDS:
        count = "1 word" if words == 1 else f"{words} words"
        raise NotAnArticleError(f"has too little text for an article ({count})")
    told = [*(metadata.categories or ()), *(metadata.tags or ())] if metadata else []
    tags = [tag for each in told for tag in each.split(",")]
    return Post(
        title=title if has_sight(title) else title_from(parts),
        parts=parts,
        key=key or (f"page:{url}" if url else None),
        url=url,
        date=day_of(metadata.date if metadata else None),
        tags=tuple(dict.fromkeys(filter(has_sight, map(one_line, tags)))),
    )


def links_of(root: Element, base: str) -> list[str]:
    """Return the addresses that a page links to, in order, without those it asks not to follow."""
    links = []
    for link in root.iter("a"):
        target = (link.get("href") or "").strip()
        if target and "nofollow" not in (link.get("rel") or ""):
            links.append(urljoin(base, target))
    return links


def _canonical(root: Element, markup: str, address: str) -> str | None:
    named = [
        *(link.get("href") for link in root.iter("link") if "canonical" in _words(link.get("rel"))),
        *(each.get("content") for each in root.iter("meta") if each.get("property") == "og:url"),
        *_SAVED_FROM.findall(markup[:4096]),
        address,
    ]
    for url in named:
        full = urljoin(address, (url or "").strip())
        if re.fullmatch(r"https?://[^\s<>\"]+", full):
            return str(full)
    return None


def _words(text: str | None) -> list[str]:
    return (text or "").casefold().split()


def _title(root: Element, told: str) -> str:
    """Return the page's title without the name of the site.

    What the page tells other sites comes first, then its title; where a heading says the same, or
    all but the site's name, it is the heading.
    """
    metas = {
        name: text_of(each.get("content") or "")
        for each in root.iter("meta")
        if (name := each.get("property") or each.get("name"))
    }
    named = [metas[name] for name in ("og:title", "twitter:title") if metas.get(name)]
    page = root.find(".//title")
    whole = one_line(page.text_content()) if page is not None else ""
    headings = [
        one_line(each.text_content()) for each in root.iter("h1") if not _is_site_name(each)
    ]
    title = next(filter(has_sight, (*named, whole, told, *headings)), "")
    pieces = [squeezed(piece) for piece in _SEPARATOR.split(title)]
    for heading in headings:
        bare = squeezed(heading)
        if bare and (
            bare in pieces or (bare in squeezed(title) and 2 * len(bare) > len(squeezed(title)))
        ):
            return heading
    site = squeezed(metas.get("og:site_name", ""))
    if site and len(pieces) > 1 and site in (pieces[-1], pieces[0]):
        cut = list(_SEPARATOR.finditer(title))
        return title[: cut[-1].start()] if site == pieces[-1] else title[cut[0].end() :]
    return title


def _is_site_name(heading: Element) -> bool:
    """Tell whether a heading is the site's name at the top of every page: it leads home."""
    links = [*heading.iter("a"), *heading.iterancestors("a")]
    return any(urlsplit(link.get("href") or "x").path in ("", "/") for link in links)


def _is_list(root: Element) -> str | None:
    body = root.find(".//body")
    classes = set(_words(body.get("class"))) if body is not None else set()
    if "error404" in classes:
        return "is a page that was not found"
    if classes & _LIST_CLASSES and not classes & {"single", "single-post", "page"}:
        return "lists posts and is none itself"
    linked = 0
    for article in root.iter("article"):
        heading = next(article.iter("h1", "h2", "h3"), None)
        linked += heading is not None and next(heading.iter("a"), None) is not None
    if (
        linked >= _MAX_LISTED
        and not classes & {"single", "single-post"}
        and not _is_og_article(root)
    ):
        return "lists posts and is none itself"
    return None


def _is_og_article(root: Element) -> bool:
    return any(
        each.get("property") == "og:type" and each.get("content") == "article"
        for each in root.iter("meta")
    )
