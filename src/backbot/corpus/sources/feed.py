"""RSS and Atom feeds, and the exports of Blogger, which are Atom with comments."""

import io
import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import feedparser

from backbot.corpus.sources import Omission, Part, Post, Reading
from backbot.corpus.sources.comments import Comment, Thread, questions_of
from backbot.corpus.sources.dates import day_of
from backbot.corpus.sources.files import read_bounded
from backbot.corpus.sources.markup import has_sight, one_line, parts_of, text_of
from backbot.corpus.sources.wordpress import title_from
from backbot.errors import SourceError

MAX_FEED_BYTES = 64 * 1024 * 1024
_KIND = re.compile(r"https?://schemas\.google\.com/blogger/2008/kind#(\w+)")
_TAKEN = frozenset(("post", "page"))
_END = re.compile(rb"</(?:\w+:)?(?:rss|feed|rdf|channel)\s*>\s*(?:<!--.*?-->\s*)*$", re.I | re.S)
# What WordPress puts below a post in its feed, and how a feed ends a text that it cuts.
_FOOTER = re.compile(r"^The post .+ (?:appeared first on|first appeared on) .+\.?$")
_CUT = re.compile(
    r"\s*(?:\[(?:…|\.\.\.)\]|(?:\[?(?:…|\.\.\.)\]?\s*)?(?:continue reading\b.{0,200}|read (?:more|"
    r"on|the rest)\b.{0,120}|"
    r"(?:more|weiterlesen|lire la suite|keep reading)\s*(?:→|»|\.\.\.|…|>+)))\s*(?:→|»|>+)?\s*$",
    re.I,
)
_ELLIPSIS = re.compile(r"(?:…|\.\.\.|\[…\]|\[\.\.\.\])\s*$")


def read_feed(path: Path, include: Collection[str] = ()) -> Reading:
    """Return the posts of the feed or Blogger export at `path`.

    `include` may name `draft`. Raises `SourceError` where it is no feed or is cut off.
    """
    return parse_feed(read_bounded(path, MAX_FEED_BYTES), str(path), include)


def parse_feed(
    content: bytes, name: str, include: Collection[str] = (), *, address: str = ""
) -> Reading:
    """Return the posts of a feed in memory, which came from `address` if it was fetched."""
    if b"<!ENTITY" in content:
        raise SourceError(
            f"{name} defines XML entities, which no feed needs and which can be a trap; it was "
            "not read."
        )
    if not _END.search(content.rstrip()[-4096:]):
        raise SourceError(f"{name} is cut off: its end is missing; download it anew and try again.")
    parsed = feedparser.parse(
        io.BytesIO(content),
        response_headers={"content-location": address} if address else {},
        sanitize_html=False,
    )
    if not parsed.version and not parsed.entries:
        raise SourceError(f"{name} is not a feed that can be read; check what it holds.")
    site = _site(parsed.feed, address)
    reading = Reading(posts=(), origin=site or Path(name).name)
    blogger = any(_kind(entry)[1] for entry in parsed.entries)
    # A feed shows the newest posts alone; an export shows all of them.
    reading.complete = blogger
    reading.posts = _posts(parsed, reading, site, "draft" in include)
    return reading


def _posts(parsed: Any, reading: Reading, site: str, drafts: bool) -> Iterator[Post]:
    comments = _comments(parsed.entries)
    reading.found["comments"] = sum(len(each) for each in comments.values())
    reading.found["replies"] = sum(
        comment.parent is not None for each in comments.values() for comment, _ in each
    )
    for entry in parsed.entries:
        kind, told = _kind(entry)
        if kind not in _TAKEN:
            continue
        reading.found["items"] += 1
        reading.found[f"{kind}s"] += 1
        title = text_of(entry.get("title", ""))
        if _is_draft(entry) and not drafts:
            reading.omissions.append(Omission(None, title, "a draft"))
            continue
        parts, truncated = _text(entry, is_atom=parsed.version.startswith("atom"))
        if not parts:
            reading.omissions.append(Omission(None, title, "without any text"))
            continue
        if not has_sight(title):
            title = title_from(parts)
            reading.notes.append(f"A post without a title was called “{title}”, after its text.")
        url = _address(entry, site)
        identity = entry.get("id") or entry.get("link")
        if told:
            reading.types.update((kind, "comment"))
        post = Post(
            title=title,
            parts=parts,
            key=f"{kind}:{identity}" if identity else None,
            type=kind if told else "",
            url=url,
            # Its own get() hands out one date for another.
            date=day_of(*(dict.get(entry, name) for name in ("published", "updated", "created"))),
            tags=_tags(entry),
            truncated=truncated,
        )
        yield post
        below = comments.get(entry.get("id", ""), [])
        writer = _writer(entry)
        thread = Thread(
            comments=tuple(
                _as_author(comment) if writer and by == writer else comment for comment, by in below
            ),
            title=title,
            url=url,
            key=post.key,
        )
        reading.found["comments_by_site_user"] += sum(each.by_author for each in thread.comments)
        yield from questions_of(thread, reading)


def _text(entry: Any, *, is_atom: bool) -> tuple[tuple[Part, ...], bool]:
    """Return an entry's parts, and whether they are but its opening."""
    contents = [each for each in entry.get("content", []) if has_sight(each.get("value", ""))]
    summary = entry.get("summary", "")
    if contents:
        best = max(contents, key=lambda each: len(each["value"]))
        markup, plain = best["value"], best.get("type") == "text/plain"
    else:
        markup = summary
        plain = entry.get("summary_detail", {}).get("type") == "text/plain" and "<" not in summary
    parts = _plain_parts(markup) if plain else parts_of(markup)
    while parts and parts[-1].kind == "paragraph" and _FOOTER.match(" ".join(parts[-1].lines)):
        parts = parts[:-1]
    if not parts:
        return (), False
    shown, cut = _without_cut(parts, is_summary=not contents)
    # An Atom summary is an abstract by its definition; an RSS description may be all there is.
    return shown, cut or (is_atom and not contents)


def _without_cut(parts: tuple[Part, ...], *, is_summary: bool) -> tuple[tuple[Part, ...], bool]:
    """Return `parts` without the words that lead to the rest, and whether there were any."""
    last = parts[-1]
    line = last.lines[-1]
    if found := _CUT.search(line):
        rest = line[: found.start()].rstrip()
        lines = (*last.lines[:-1], rest) if has_sight(rest) else last.lines[:-1]
        kept = parts[:-1]
        if any(map(has_sight, lines)):
            kept = (*kept, Part(last.kind, lines, level=last.level, number=last.number))
        return (kept or parts), True
    return parts, is_summary and _ELLIPSIS.search(line) is not None


def _plain_parts(text: str) -> tuple[Part, ...]:
    blocks = re.split(r"\n\s*\n", text)
    return tuple(
        Part("paragraph", tuple(lines))
        for block in blocks
        if (lines := [one_line(line) for line in block.splitlines() if has_sight(line)])
    )


def _kind(entry: Any) -> tuple[str, bool]:
    """Return what an entry is, and whether it says so, as Blogger's do."""
    if told := entry.get("blogger_type"):
        return str(told).casefold(), True
    for tag in entry.get("tags", []):
        if found := _KIND.fullmatch(tag.get("term") or ""):
            return found.group(1), True
    return "post", False


def _is_draft(entry: Any) -> bool:
    status = str(entry.get("blogger_status") or "LIVE").upper()
    return entry.get("app_draft") == "yes" or status != "LIVE"


def _tags(entry: Any) -> tuple[str, ...]:
    names = [text_of(tag.get("label") or tag.get("term") or "") for tag in entry.get("tags", [])]
    kept = [
        name
        for name in names
        if has_sight(name)
        and not _KIND.fullmatch(name)
        and name.casefold() not in ("uncategorized", "uncategorised")
        and not name.startswith(("http://", "https://"))
    ]
    return tuple(dict.fromkeys(kept))


def _address(entry: Any, site: str) -> str | None:
    link = entry.get("link") or ""
    if entry.get("blogger_filename") and site and not link.startswith("http"):
        link = urljoin(site, str(entry["blogger_filename"]))
    link = urljoin(site, link) if site else link
    return link if link.startswith(("https://", "http://")) and " " not in link else None


def _site(feed: Any, address: str) -> str:
    for link in (feed.get("link") or "", *(each.get("href", "") for each in feed.get("links", []))):
        if (full := urljoin(address, link)).startswith(("http://", "https://")):
            return str(full)
    return address


def _writer(entry: Any) -> str:
    """Return what tells the writer of an entry from others: a profile, never a name."""
    detail = entry.get("author_detail") or {}
    return str(detail.get("href") or "")


def _comments(entries: Any) -> dict[str, list[tuple[Comment, str]]]:
    """Return the comments of a Blogger export by the ID of their post, each with its writer."""
    below: dict[str, list[tuple[Comment, str]]] = {}
    by_address: dict[str, str] = {}
    found = [entry for entry in entries if _kind(entry)[0] == "comment"]
    for entry in found:
        for link in entry.get("links", []):
            if link.get("rel") == "self":
                by_address[link.get("href", "")] = entry.get("id", "")
    for entry in found:
        answered = entry.get("thr_in-reply-to") or {}
        owner = str(entry.get("blogger_parent") or answered.get("ref") or "")
        parent = str(entry.get("blogger_inreplyto") or "") or None
        for link in entry.get("links", []):
            if link.get("rel") == "related":
                parent = by_address.get(link.get("href", ""), parent)
        content = entry.get("content") or [{}]
        detail = entry.get("author_detail") or {}
        comment = Comment(
            id=(entry.get("id") or "").rpartition("-")[2],
            parent=parent.rpartition("-")[2] if parent else None,
            author=detail.get("name") or "",
            content=content[0].get("value") or entry.get("summary") or "",
            approved=str(entry.get("blogger_status") or "LIVE").upper() == "LIVE",
            date=day_of(dict.get(entry, "published")),
        )
        below.setdefault(owner, []).append((comment, _writer(entry)))
    return below


def _as_author(comment: Comment) -> Comment:
    return Comment(
        id=comment.id,
        parent=comment.parent,
        author=comment.author,
        content=comment.content,
        approved=comment.approved,
        date=comment.date,
        by_user=True,
        by_author=True,
    )
