"""A WordPress export (WXR 1.0 to 1.2): posts, pages and their comments."""

import re
from collections.abc import Collection, Iterator
from pathlib import Path
from xml.etree.ElementTree import Element

from backbot.corpus.sources import Omission, Part, Post, Reading
from backbot.corpus.sources.comments import Author, Comment, Thread, questions_of
from backbot.corpus.sources.dates import day_of
from backbot.corpus.sources.markup import has_sight, one_line, parts_of, text_of
from backbot.corpus.sources.shortcodes import without_shortcodes
from backbot.corpus.sources.xml import local_name, namespace, reading_items

# What of a WordPress site is text for readers.
TAKEN_TYPES = frozenset(("post", "page"))
_DRAFTS = frozenset(("draft", "pending", "auto-draft", "future"))
_NO_CATEGORY = frozenset(("uncategorized", "uncategorised"))
_BLOCK = re.compile(r"<!--\s*/?wp:")
_TITLE_WORDS = 8


def read_wxr(path: Path, include: Collection[str] = ()) -> Reading:
    """Return the posts and pages of the WordPress export at `path`, one by one.

    `include` may name `draft`, `private`, `protected`, and further post types, which stay out
    otherwise. Raises `SourceError`, perhaps only while the posts are drawn, where the file is not
    well-formed.
    """
    reading = Reading(posts=(), origin=path.name, complete=True)
    reading.posts = _posts(path, frozenset(include), reading)
    return reading


def _posts(path: Path, include: frozenset[str], reading: Reading) -> Iterator[Post]:
    authors: list[Author] = []
    with reading_items(path, "item", "author", "base_blog_url", "base_site_url", "link") as items:
        for element in items:
            name = local_name(element)
            if name == "item":
                yield from _take(element, include, reading, authors)
            elif name == "author":
                authors.append(_author(element))
            elif has_sight(text := one_line(element.text or "")) and (
                name == "base_blog_url" or reading.origin == path.name
            ):
                reading.origin = text.rstrip("/")
    if items.mended:
        reading.notes.append(
            f"{items.mended} control characters, which XML forbids, were read as spaces."
        )


def _take(
    item: Element, include: frozenset[str], reading: Reading, authors: list[Author]
) -> Iterator[Post]:
    fields = _fields(item)
    comments = _comments(item, authors)
    kind = fields.get("post_type") or "post"
    reading.found["items"] += 1
    reading.found["comments"] += len(comments)
    reading.found["replies"] += sum(comment.parent is not None for comment in comments)
    reading.found["comments_by_site_user"] += sum(comment.by_user for comment in comments)
    if kind in TAKEN_TYPES:
        reading.found[f"{kind}s"] += 1
    title = text_of(fields.get("title", ""))
    if reason := _stays_out(kind, fields, include):
        reading.omissions.append(Omission(None, title, reason))
        return
    reading.types.add(kind)
    if comments:
        reading.types.add("comment")
    content = fields.get("content", "")
    parts = parts_of(without_shortcodes(content), line_breaks=not _BLOCK.search(content))
    if not parts:
        reading.omissions.append(Omission(None, title, f"a {kind} without any text"))
        return
    if not has_sight(title):
        title = title_from(parts)
        reading.notes.append(f"A {kind} without a title was called “{title}”, after its text.")
    number = fields.get("post_id", "")
    url = _address(fields)
    post = Post(
        title=title,
        parts=parts,
        key=f"{kind}:{number}" if number else None,
        type=kind,
        url=url,
        date=day_of(fields.get("post_date"), fields.get("post_date_gmt"), fields.get("pubDate")),
        tags=_tags(item),
    )
    yield post
    thread = Thread(
        comments=comments, title=title, url=url, key=post.key, writer=fields.get("creator", "")
    )
    yield from questions_of(thread, reading)


def _stays_out(kind: str, fields: dict[str, str], include: frozenset[str]) -> str | None:
    """Return why an item of type `kind` is not taken, None if it is."""
    if kind not in TAKEN_TYPES and kind not in include:
        return f"of the type {kind}, which holds no article"
    status = fields.get("status", "publish").strip() or "publish"
    if status in _DRAFTS and "draft" not in include:
        return "a draft" if status != "future" else "not published yet"
    if status == "private" and "private" not in include:
        return "private"
    if status == "trash":
        return "in the bin"
    if fields.get("post_password") and "protected" not in include:
        return "protected by a password"
    return None


def _fields(item: Element) -> dict[str, str]:
    """Return the texts of an item's elements by name; the first of a name counts."""
    fields: dict[str, str] = {}
    for element in item:
        name = local_name(element)
        if name == "encoded":
            name = "excerpt" if "excerpt" in namespace(element) else "content"
        fields.setdefault(name, element.text or "")
    return {name: text if name == "content" else text.strip() for name, text in fields.items()}


def _address(fields: dict[str, str]) -> str | None:
    for name in ("link", "guid"):
        address = fields.get(name, "")
        if address.startswith(("https://", "http://")) and not re.search(r"\s", address):
            return address
    return None


def _tags(item: Element) -> tuple[str, ...]:
    tags = []
    for element in item:
        if local_name(element) != "category":
            continue
        domain = element.get("domain", "category")
        name = text_of(element.text or "")
        if domain in ("category", "post_tag", "tag") and name.casefold() not in _NO_CATEGORY:
            tags.append(name)
    return tuple(dict.fromkeys(filter(has_sight, tags)))


def _author(element: Element) -> Author:
    found = {local_name(each): (each.text or "").strip() for each in element}
    return Author(
        id=found.get("author_id", ""),
        login=found.get("author_login", ""),
        email=found.get("author_email", ""),
        name=found.get("author_display_name", ""),
    )


def _comments(item: Element, authors: list[Author]) -> tuple[Comment, ...]:
    comments = []
    for element in item:
        if local_name(element) != "comment":
            continue
        found = {local_name(each): each.text or "" for each in element}
        found = {name.removeprefix("comment_"): text for name, text in found.items()}
        user = found.get("user_id", "").strip()
        parent = found.get("parent", "").strip()
        comments.append(
            Comment(
                id=found.get("id", "").strip(),
                parent=parent if parent not in ("", "0") else None,
                author=found.get("author", "").strip(),
                email=found.get("author_email", "").strip(),
                content=found.get("content", ""),
                approved=found.get("approved", "1").strip() in ("1", "approve", "approved", ""),
                type=found.get("type", "").strip() or "comment",
                date=day_of(found.get("date"), found.get("date_gmt")),
                by_user=user not in ("", "0"),
                by_author=_is_author(user, found, authors),
            )
        )
    return tuple(comments)


def _is_author(user: str, found: dict[str, str], authors: list[Author]) -> bool:
    """Tell whether one who writes articles wrote a comment: by number or e-mail, never by name."""
    email = found.get("author_email", "").strip().casefold()
    numbers = {author.id for author in authors if author.id}
    if user not in ("", "0") and (user in numbers or not numbers):
        return True
    return bool(email) and email in {author.email.casefold() for author in authors}


def title_from(parts: tuple[Part, ...]) -> str:
    """Return a title for a text that has none: its first words."""
    words = " ".join(parts[0].lines).split()
    return " ".join(words[:_TITLE_WORDS]) + (" …" if len(words) > _TITLE_WORDS else "")
