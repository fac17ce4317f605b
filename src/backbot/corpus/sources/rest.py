"""Posts, pages and comments as the WordPress REST API gives them, saved as JSON or fetched."""

import html
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from backbot.corpus.sources import Omission, Post, Reading
from backbot.corpus.sources.comments import Comment, Thread, questions_of
from backbot.corpus.sources.dates import day_of
from backbot.corpus.sources.files import decode, read_bounded
from backbot.corpus.sources.markup import has_sight, parts_of, text_of
from backbot.corpus.sources.shortcodes import without_shortcodes
from backbot.corpus.sources.wordpress import TAKEN_TYPES, title_from
from backbot.errors import SourceError

MAX_JSON_BYTES = 128 * 1024 * 1024
_DRAFTS = frozenset(("draft", "pending", "auto-draft", "future"))
_TAXONOMIES = ("category", "post_tag")

Json = Mapping[str, Any]


def read_rest_file(path: Path, include: Collection[str] = ()) -> Reading:
    """Return what the saved JSON at `path` holds; see `read_rest`."""
    value = load_json(path)
    if value is None or not is_rest(value):
        raise SourceError(f"{path} holds no posts as the WordPress REST API gives them.")
    return read_rest(value, f"file:{path.name}", include, complete=True)


def load_json(path: Path) -> Any:
    """Return the value in the JSON file at `path`, None where it is no JSON."""
    text = decode(read_bounded(path, MAX_JSON_BYTES), str(path))
    try:
        return msgspec.json.decode(text.strip())
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
        return None


def is_rest(value: Any) -> bool:
    """Tell whether `value` holds posts as the REST API gives them, by themselves or in lists."""
    return next(iter(_records(value)), None) is not None


def read_rest(value: Any, origin: str, include: Collection[str] = (), *, complete: bool) -> Reading:
    """Return the posts and pages in `value`, and questions out of the comments in it.

    Categories and tags get their names from `_embedded` terms or from terms in `value` itself.
    """
    reading = Reading(posts=(), origin=origin, complete=complete)
    reading.posts = _posts(value, frozenset(include), reading)
    return reading


def _posts(value: Any, include: frozenset[str], reading: Reading) -> Iterator[Post]:
    records = list(_records(value))
    names = {
        (each.get("taxonomy"), each.get("id")): text_of(str(each.get("name") or ""))
        for each in records
        if _is_term(each)
    }
    posts = {each.get("id"): each for each in records if _is_post(each)}
    comments: dict[Any, list[Json]] = {}
    for each in records:
        if _is_comment(each):
            comments.setdefault(each.get("post"), []).append(each)
    for post in posts.values():
        for reply in _flat(_embedded(post, "replies")):
            if _is_comment(reply):
                known = comments.setdefault(post.get("id"), [])
                if all(reply.get("id") != each.get("id") for each in known):
                    known.append(reply)
    for record in posts.values():
        below = comments.get(record.get("id"), [])
        yield from _take(record, below, names, include, reading)


def _take(
    record: Json,
    below: list[Json],
    names: dict[tuple[Any, Any], str],
    include: frozenset[str],
    reading: Reading,
) -> Iterator[Post]:
    kind = str(record.get("type") or "post")
    writer = record.get("author")
    comments = tuple(sorted((_comment(each, writer) for each in below), key=_number))
    reading.found["items"] += 1
    reading.found["comments"] += len(comments)
    reading.found["replies"] += sum(each.parent is not None for each in comments)
    reading.found["comments_by_site_user"] += sum(each.by_user for each in comments)
    if kind in TAKEN_TYPES:
        reading.found[f"{kind}s"] += 1
    title = text_of(_rendered(record.get("title")))
    if reason := _stays_out(record, kind, include):
        reading.omissions.append(Omission(None, title, reason))
        return
    reading.types.add(kind)
    if below:
        reading.types.add("comment")
    content = without_shortcodes(_rendered(record.get("content")))
    parts, truncated = parts_of(content), False
    if not parts:
        parts, truncated = parts_of(_rendered(record.get("excerpt"))), True
    if not parts:
        reading.omissions.append(Omission(None, title, f"a {kind} without any text"))
        return
    if not has_sight(title):
        title = title_from(parts)
        reading.notes.append(f"A {kind} without a title was called “{title}”, after its text.")
    link = str(record.get("link") or "")
    url = link if link.startswith(("https://", "http://")) else None
    post = Post(
        title=title,
        parts=parts,
        key=f"{kind}:{record.get('id')}",
        type=kind,
        url=url,
        date=day_of(record.get("date"), record.get("date_gmt")),
        tags=_tags(record, names),
        truncated=truncated,
    )
    yield post
    thread = Thread(comments=comments, title=title, url=url, key=post.key)
    yield from questions_of(thread, reading)


def _stays_out(record: Json, kind: str, include: frozenset[str]) -> str | None:
    if kind not in TAKEN_TYPES and kind not in include:
        return f"of the type {kind}, which holds no article"
    status = str(record.get("status") or "publish")
    if status in _DRAFTS and "draft" not in include:
        return "a draft" if status != "future" else "not published yet"
    if status == "private" and "private" not in include:
        return "private"
    if status == "trash":
        return "in the bin"
    content = record.get("content")
    protected = isinstance(content, dict) and content.get("protected")
    if (protected or record.get("password")) and "protected" not in include:
        return "protected by a password"
    return None


def _records(value: Any, depth: int = 0) -> Iterator[Json]:
    """Yield the objects of the API in `value`, whatever lists and names they are kept in."""
    if isinstance(value, dict):
        if _is_post(value) or _is_comment(value) or _is_term(value):
            yield value
            return
        inner: Iterable[Any] = value.values()
    elif isinstance(value, list):
        inner = value
    else:
        return
    if depth < 4:
        for each in inner:
            yield from _records(each, depth + 1)


def _is_post(value: Json) -> bool:
    title, content = value.get("title"), value.get("content")
    return (
        "id" in value
        and isinstance(title, (dict, str))
        and isinstance(content, (dict, str))
        and ("slug" in value or "status" in value or "link" in value)
        and (isinstance(title, dict) or isinstance(content, dict) or "date_gmt" in value)
    )


def _is_comment(value: Json) -> bool:
    return "post" in value and "parent" in value and "content" in value and "title" not in value


def _is_term(value: Json) -> bool:
    return value.get("taxonomy") in _TAXONOMIES and "name" in value


def _rendered(value: Any) -> str:
    if isinstance(value, dict):
        value = value.get("rendered") or value.get("raw")
    return value if isinstance(value, str) else ""


def _embedded(record: Json, name: str) -> Any:
    embedded = record.get("_embedded")
    return embedded.get(name) if isinstance(embedded, dict) else None


def _flat(value: Any) -> Iterator[Json]:
    if isinstance(value, dict):
        yield value
    elif isinstance(value, list):
        for each in value:
            yield from _flat(each)


def _tags(record: Json, names: dict[tuple[Any, Any], str]) -> tuple[str, ...]:
    found = [
        text_of(str(term.get("name") or ""))
        for term in _flat(_embedded(record, "wp:term"))
        if term.get("taxonomy") in _TAXONOMIES
    ]
    for field, taxonomy in (("categories", "category"), ("tags", "post_tag")):
        for number in record.get(field) or ():
            if isinstance(number, (int, str)):
                found.append(names.get((taxonomy, number), ""))
    kept = (tag for tag in found if has_sight(tag) and tag.casefold() != "uncategorized")
    return tuple(dict.fromkeys(kept))


def _comment(record: Json, writer: Any) -> Comment:
    parent = record.get("parent")
    user = record.get("author")
    return Comment(
        id=str(record.get("id") or ""),
        parent=str(parent) if parent else None,
        author=html.unescape(str(record.get("author_name") or "")),
        content=_rendered(record.get("content")),
        approved=str(record.get("status") or "approved") in ("approved", "approve", "1"),
        type=str(record.get("type") or "comment"),
        date=day_of(record.get("date")),
        by_user=bool(user),
        by_author=bool(user) and user == writer,
    )


def _number(comment: Comment) -> tuple[int, str]:
    return (int(comment.id) if comment.id.isdigit() else 0, comment.id)
