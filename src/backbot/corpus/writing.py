"""Turning posts into the corpus files `articles/ID.md`, without harm to what stands there."""

import os
import re
import secrets
import shutil
import sys
from collections.abc import Iterable, Sequence
from itertools import count
from pathlib import Path
from typing import Any, Literal

import msgspec
import yaml
from frontmatter.default_handlers import YAMLHandler

from backbot.corpus.document import MAX_ID_LENGTH
from backbot.corpus.markdown import render
from backbot.corpus.sources import Part, Post
from backbot.errors import UsageError, WriteError
from backbot.text.clean import has_words

State = Literal["new", "updated", "unchanged", "kept"]

_APOSTROPHES = re.compile("['’‘ʼ`´]")
_NO_SLUG = "untitled"

# What would not come back as the same text: see `_escaped`.
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_SURROGATES = re.compile(r"[\ud800-\udfff]")
_ANYWHERE = re.compile(r"[\\`*\[]|(?<![^\W_])_|_(?![^\W_])|<(?=\S)|&(?=#?\w+;)")
_AT_START = re.compile(r"[>|]|#{1,6}(?=\s|$)|[-+](?=[\s:|-]|$)|:(?=-)|=(?=[\s=]|$)|~(?=~~)")
_NUMBER_AT_START = re.compile(r"(\d{1,9})([.)])(?=\s|$)")
_CLOSING_HASHES = re.compile(r"(?<!\\)#+$")
_BACKTICKS = re.compile(r"`+")


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one post: its file, and `new`, `updated`, `unchanged` or `kept`.

    A file is `kept` where the post is truncated, and the file is not and has more words: an
    opening never takes the place of the whole. `wanted` is the ID that the title gives where
    another document had it already. `words` and `truncated` are the post's.
    """

    id: str
    title: str
    path: Path
    state: State
    words: int
    truncated: bool
    wanted: str | None = None


def write_posts(posts: Sequence[Post], folder: Path) -> tuple[Written, ...]:
    """Write each post to `folder`/articles/ID.md and return what became of each, in order.

    Everything is read and checked before the first file is written, and each file is replaced at
    once or not at all. Front matter that the post does not give stays as it is. Raises
    `WriteError` where a file cannot be written safely, and `UsageError` where python-slugify is
    missing.
    """
    articles = folder / "articles"
    path = articles
    done = 0
    try:
        named = list(_named(posts, folder))
        articles.mkdir(parents=True, exist_ok=True)
        if not articles.resolve().is_relative_to(folder.resolve()):
            raise WriteError(f"{articles} is a link that leads out of {folder}; replace it.")
        plans = []
        for post, name, wanted in named:
            path = articles / f"{name}.md"
            plans.append(_plan(post, path, wanted))
        for written, content in plans:
            path = written.path
            if content is not None:
                _replace(path, content)
                done += 1
    except OSError as error:
        before = f", after {done} others were" if done else ""
        raise WriteError(
            f"{path} cannot be written{before} ({error.strerror}); mend that or name another "
            "folder with --into, and import again."
        ) from None
    return tuple(written for written, _ in plans)


def document_id(title: str) -> str:
    """Return the ID that `title` gives: "Let’s Get Rid Of It" is `lets-get-rid-of-it`.

    Raises `UsageError` where python-slugify is missing.
    """
    try:
        from slugify import slugify
    except ModuleNotFoundError:
        raise UsageError(
            "Importing needs python-slugify; run: pip install 'backbot[build]'"
        ) from None
    room = MAX_ID_LENGTH - len("-99999")
    return slugify(_APOSTROPHES.sub("", title), max_length=room, word_boundary=True) or _NO_SLUG


def markdown(parts: Iterable[Part]) -> str:
    """Return `parts` as a Markdown body that renders to their lines, character by character.

    Only control characters and the white space at a line's ends do not come back.
    """
    pieces: list[str] = []
    before: Part | None = None
    lists: list[_List] = []
    for part in parts:
        lines = [_tidy(line) for line in part.lines]
        if part.kind != "code":
            lines = [line.strip() for line in lines if line.strip()]
        if not any(lines):
            continue
        break_ = "\n\n"
        if part.kind == "item":
            follows = _enter(lists, part)
            marker = lists[-1].marker
            indent = " " * sum(len(each.marker) for each in lists[:-1])
            body = _joined(lines, part, "\n" + indent + " " * len(marker))
            piece = indent + marker + body
            break_ = "\n" if follows else "\n\n"
        else:
            lists.clear()
            piece = _piece(part, lines)
            if before and before.kind == part.kind == "quote" and before.level == part.level:
                break_ = "\n" + ("> " * part.level).rstrip() + "\n"
        pieces += [break_, piece] if pieces else [piece]
        before = part
    return "".join(pieces)


class _List(msgspec.Struct):
    """An open list: its last item's marker and number, None in a list of bullets."""

    marker: str
    number: int | None


def _enter(lists: list[_List], part: Part) -> bool:
    """Make the last of `lists` the one that `part` stands in, and tell whether it goes right on
    from the item before it. A number out of turn needs a list of its own, told from the one before
    by its other mark; Markdown would count on otherwise."""
    level = min(part.level, len(lists) + 1)
    deeper = len(lists) > level
    del lists[level:]
    sibling = lists.pop() if len(lists) == level else None
    if part.number is None:
        lists.append(_List("- ", None))
        return sibling is not None and sibling.number is None and not deeper
    mark = sibling.marker[-2] if sibling and sibling.number is not None else "."
    in_turn = sibling is not None and sibling.number == part.number - 1
    if sibling and sibling.number is not None and not in_turn:
        mark = ")" if mark == "." else "."
    lists.append(_List(f"{part.number}{mark} ", part.number))
    return in_turn and not deeper


def _piece(part: Part, lines: Sequence[str]) -> str:
    match part.kind:
        case "heading":
            text = _CLOSING_HASHES.sub(
                lambda hashes: "\\#" * len(hashes.group()), _escaped(" ".join(lines))
            )
            return "#" * min(part.level, 6) + " " + text
        case "quote":
            prefix = "> " * part.level
            return prefix + _joined(lines, part, "\n" + prefix)
        case "code":
            runs = [len(run) for line in lines for run in _BACKTICKS.findall(line)]
            fence = "`" * (max([2, *runs]) + 1)
            return "\n".join([fence, *lines, fence])
        case _:
            return _joined(lines, part, "\n")


def _joined(lines: Sequence[str], part: Part, line_break: str) -> str:
    # A backslash at its end makes a line break a hard one, which canonical text keeps.
    return (line_break if part.wrapped else "\\" + line_break).join(map(_escaped, lines))


def _tidy(line: str) -> str:
    return _SURROGATES.sub("\ufffd", _CONTROLS.sub(" ", line))


def _escaped(line: str) -> str:
    """Return `line` so that Markdown takes each of its characters as text."""
    text = _ANYWHERE.sub(r"\\\g<0>", line)
    text = _NUMBER_AT_START.sub(r"\1\\\2", text)
    return "\\" + text if _AT_START.match(text) else text


def _named(posts: Iterable[Post], folder: Path) -> Iterable[tuple[Post, str, str | None]]:
    """Yield each post with its ID and, where another document has that, the ID it should have."""
    taken: set[str] = set()
    for post in posts:
        wanted = document_id(post.title)
        name = wanted
        for number in count(2):
            if name not in taken and not (folder / "questions" / f"{name}.md").exists():
                break
            name = f"{wanted}-{number}"
        taken.add(name)
        yield post, name, wanted if name != wanted else None


def _plan(post: Post, path: Path, wanted: str | None) -> tuple[Written, str | None]:
    """Return what is to become of `post`, and the file's new content unless it stays."""
    body = markdown(post.parts)
    text, _ = render(body)
    state, content = _change(post, path, body, text)
    written = Written(
        id=path.stem,
        title=_title(post),
        path=path,
        state=state,
        words=_count(text),
        truncated=post.truncated,
        wanted=wanted,
    )
    return written, content


def _change(post: Post, path: Path, body: str, text: str) -> tuple[State, str | None]:
    if path.is_symlink():
        raise WriteError(f"{path} is a link; replace it by a file of its own, and import again.")
    if not path.exists():
        return "new", _content(_dumped(_front(post, {})), body)
    header, front, old_body = _read(path)
    whole = not front.get("truncated")
    if post.truncated and whole and _count(render(old_body)[0]) > _count(text):
        return "kept", None
    merged = _front(post, front)
    if merged == front and old_body == body:
        return "unchanged", None
    # The owner's comments and quotes in the front matter outlive a change of the text alone.
    return "updated", _content(header if merged == front else _dumped(merged), body)


def _front(post: Post, present: dict[str, Any]) -> dict[str, Any]:
    front = present | {"title": _title(post)}
    if post.url:
        front["url"] = post.url
    if post.date:
        front["date"] = post.date
    if post.tags:
        front["tags"] = list(post.tags)
    if post.truncated:
        front["truncated"] = True
    elif front.get("truncated"):
        del front["truncated"]
    return front


def _title(post: Post) -> str:
    return " ".join(_tidy(post.title).split())


def _dumped(front: dict[str, Any]) -> str:
    return yaml.safe_dump(front, allow_unicode=True, sort_keys=False, width=sys.maxsize)


def _content(header: str, body: str) -> str:
    return f"---\n{header.strip()}\n---\n\n{body}\n"


def _read(path: Path) -> tuple[str, dict[str, Any], str]:
    """Return the front matter of the file at `path`, as text and as values, and its body."""
    handler = YAMLHandler()
    try:
        header, body = handler.split(path.read_text(encoding="utf-8-sig").strip())
        front = handler.load(header)
    except (ValueError, RecursionError, yaml.YAMLError):
        front = None
    if not isinstance(front, dict):
        raise WriteError(
            f"{path} would be overwritten, but its front matter cannot be read; mend the file or "
            "move it away, and import again."
        )
    return header, front, body.strip()


def _count(text: str) -> int:
    return sum(map(has_words, text.split()))


def _replace(path: Path, content: str) -> None:
    """Put `content` into the file at `path` at once: a crash leaves the old file or the new."""
    temporary = path.with_name(f".{path.stem}.{secrets.token_hex(4)}.tmp")
    try:
        with temporary.open("xb") as file:
            file.write(content.encode("utf-8"))
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            shutil.copymode(path, temporary)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
