"""Which document a post is: the one that it became before, or a new one with an ID of its own."""

import re
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

from backbot.corpus.document import MAX_ID_LENGTH
from backbot.corpus.front import read_front
from backbot.corpus.ledger import Entry, Ledger, same_place
from backbot.corpus.sources import Post
from backbot.errors import UsageError

FOLDERS = {"article": "articles", "question": "questions"}
_APOSTROPHES = re.compile("['’‘ʼ`´]")
_NO_SLUG = "untitled"


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


class Names:
    """Gives each post of one import the ID of its document.

    A post is told by its address, then by its key at the source, then by its title. Two posts
    with one title get two documents, and no post gets a document of another kind.
    """

    def __init__(self, folder: Path, ledger: Ledger, origin: str) -> None:
        self._folder = folder
        self._ledger = ledger
        self._taken: set[str] = set()
        self._by_key = {
            entry.key: name
            for name, entry in ledger.documents.items()
            if entry.key and entry.origin == origin
        }
        self._by_url = _addresses(folder)
        self._by_url |= {
            place: name
            for name, entry in ledger.documents.items()
            if (place := same_place(entry.url))
        }

    def name(self, post: Post) -> tuple[str, str | None]:
        """Return the ID of `post` and, where another document has it, the ID it should have."""
        name = self._known(post)
        wanted = None
        if name is None:
            wanted = document_id(post.title)
            name = next(each for each in _numbered(wanted) if self._is_free(each, post))
        self._taken.add(name)
        if post.key:
            self._by_key[post.key] = name
        if place := same_place(post.url):
            self._by_url[place] = name
        return name, wanted if wanted != name else None

    def about(self, post: Post) -> str | None:
        """Return the ID of the article that `post` belongs to, None for none."""
        if post.about is None:
            return None
        return self._by_key.get(post.about) or self._by_url.get(same_place(post.about) or "")

    def _known(self, post: Post) -> str | None:
        # A site set up anew may give its numbers to other posts, but its addresses stay.
        for name in (
            self._by_url.get(same_place(post.url) or ""),
            self._by_key.get(post.key or ""),
        ):
            if name is not None and name not in self._taken and self._is_kind(name, post):
                return name
        return None

    def _is_kind(self, name: str, post: Post) -> bool:
        """Tell whether no file of another kind has this ID."""
        return not any(
            (self._folder / folder / f"{name}.md").exists()
            for kind, folder in FOLDERS.items()
            if kind != post.kind
        )

    def _is_free(self, name: str, post: Post) -> bool:
        if name in self._taken or not self._is_kind(name, post):
            return False
        entry = self._ledger.documents.get(name)
        if entry is None or not (self._folder / FOLDERS[post.kind] / f"{name}.md").exists():
            return True
        return _may_be(entry, post)


def _may_be(entry: Entry, post: Post) -> bool:
    """Tell whether a post may be the one behind `entry`, given that their titles are alike.

    They are two where each has an address and the addresses lead to different pages; a site that
    has moved keeps its paths.
    """
    if entry.url and post.url and same_place(entry.url) != same_place(post.url):
        return urlsplit(entry.url).path == urlsplit(post.url).path != "/"
    return True


def _numbered(wanted: str) -> Iterator[str]:
    yield wanted
    for number in count(2):
        yield f"{wanted}-{number}"


def _addresses(folder: Path) -> dict[str, str]:
    """Return the documents in `folder` that have an address, by what `same_place` makes of it."""
    found = {}
    for subfolder in FOLDERS.values():
        for path in sorted((folder / subfolder).glob("*.md")):
            front = read_front(path)
            if front and (place := same_place(str(front.get("url") or ""))):
                found[place] = path.stem
    return found
