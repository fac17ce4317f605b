"""What a post becomes, given the file that is there: the source's news, the owner's own words."""

import datetime
from pathlib import Path
from typing import Any, Literal, NamedTuple

from backbot.corpus.front import composed, dumped, split_file
from backbot.corpus.ledger import Entry, Value, digest, plain_value
from backbot.corpus.markdown import render
from backbot.corpus.marking import markdown, tidy
from backbot.corpus.sources import Post
from backbot.errors import WriteError
from backbot.text.clean import has_words

State = Literal["new", "updated", "unchanged", "kept", "edited"]

# The line that marks a document whose post is no longer at its source.
VANISHED = "vanished"
# What an import may write into front matter, in this order.
_FIELDS = (
    "title",
    "question",
    "from",
    "alternate_questions",
    "article",
    "url",
    "date",
    "tags",
    "hidden",
    "truncated",
)


class Change(NamedTuple):
    """What is to become of one post: the file's new content, None if it stays as it is.

    `words` are the post's; `front` and `body` are what the source gave, for the ledger.
    """

    state: State
    content: str | None
    words: int
    front: dict[str, Value]
    body: str


def merge(
    post: Post, article: str | None, path: Path, entry: Entry | None, *, overwrite: bool
) -> Change:
    """Return what becomes of the file at `path` now that its post is `post`.

    Front matter that the owner has changed or added stays. So does a body that the owner has
    changed (`edited`) unless `overwrite`, and one that is not truncated where the post is
    (`kept`): an opening never takes the place of the whole.
    """
    body = markdown(post.parts)
    text, _ = render(body)
    words = count_words(text)
    given = _given(post, article)
    plain = {name: plain_value(value) for name, value in given.items()}

    def change(state: State, content: str | None = None) -> Change:
        return Change(state, content, words, plain, digest(body))

    if path.is_symlink():
        raise WriteError(f"{path} is a link; replace it by a file of its own, and import again.")
    if not path.exists():
        return change("new", composed(dumped(given), body))
    header, front, old_body = split_file(path)
    merged = _merged(front, given, entry)
    if post.truncated and not front.get("truncated") and _is_longer(old_body, words):
        return change("kept")
    edited = entry is not None and digest(old_body) not in entry.bodies and old_body != body
    if edited and not overwrite:
        body_now, state = old_body, "edited"
        if "truncated" not in front:
            merged.pop("truncated", None)
    else:
        body_now, state = body, "updated"
    if merged == front and body_now == old_body:
        return change("edited" if edited and not overwrite else "unchanged")
    # The owner's comments and quotes in the front matter outlive a change of the text alone.
    content = composed(header if merged == front else dumped(merged), body_now)
    return change("edited" if state == "edited" else "updated", content)


def marked(path: Path, *, today: datetime.date) -> str | None:
    """Return the content of the file at `path` with the mark that its post has vanished.

    None where it is marked already, or cannot be read.
    """
    try:
        _, front, body = split_file(path)
    except (WriteError, OSError):
        return None
    if VANISHED in front:
        return None
    return composed(dumped(front | {VANISHED: today}), body)


def count_words(text: str) -> int:
    """Return how many words `text` has."""
    return sum(map(has_words, text.split()))


def _is_longer(body: str, words: int) -> bool:
    return count_words(render(body)[0]) > words


def _given(post: Post, article: str | None) -> dict[str, Any]:
    values: dict[str, Any] = {
        "title": one_line(post.title),
        "question": one_line(post.question) if post.question else None,
        "from": post.from_,
        "alternate_questions": [one_line(each) for each in post.alternate_questions],
        "article": article,
        "url": post.url,
        "date": post.date,
        "tags": [one_line(tag) for tag in post.tags],
        "hidden": post.hidden,
        "truncated": post.truncated,
    }
    return {name: values[name] for name in _FIELDS if values[name]}


def _merged(front: dict[str, Any], given: dict[str, Any], entry: Entry | None) -> dict[str, Any]:
    """Return `front` with the source's values where the owner has none of their own."""
    merged = {name: value for name, value in front.items() if name != VANISHED}
    for name in _FIELDS:
        present = plain_value(front.get(name))
        if entry is not None:
            owners = present != entry.front.get(name)
        else:
            # Nobody knows who wrote it: it stays, but for what only the source can tell.
            owners = name in front and name != "truncated"
        if owners and not (name == "truncated" and given.get(name) != present):
            continue
        if name in given:
            merged[name] = given[name]
        else:
            merged.pop(name, None)
    return merged


def one_line(text: str) -> str:
    return " ".join(tidy(text).split())
