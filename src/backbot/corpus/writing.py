"""Turning posts into the corpus files `articles/ID.md` and `questions/ID.md`, without harm to what
stands there.

Everything is read, made and put into a scratch folder first; only when the source has come to its
end is each file moved to its place, at once or not at all.
"""

import contextlib
import datetime
import fcntl
import itertools
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from backbot.corpus.document import DocumentKind
from backbot.corpus.ledger import Entry, Ledger, read_ledger, sync, write_ledger
from backbot.corpus.marking import markdown as markdown
from backbot.corpus.merging import Change, State, marked, merge, one_line
from backbot.corpus.naming import FOLDERS, Names
from backbot.corpus.naming import document_id as document_id
from backbot.corpus.sources import Post, Reading
from backbot.errors import UsageError, WriteError

_SCRATCH = ".import-"
_KEPT_BODIES = 3


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one post: its file and its state.

    `new`, `updated` and `unchanged` say what they mean; `kept` stays since the post is truncated
    and the file is whole; `edited` keeps the owner's own text. `wanted` is the ID that the title
    gives where another document had it already. `words` and `truncated` are the post's.
    """

    id: str
    kind: DocumentKind
    title: str
    path: Path
    state: State
    words: int
    truncated: bool
    hidden: bool = False
    line: int | None = None
    wanted: str | None = None


class Outcome(NamedTuple):
    """What an import did: a `Written` for each post, and the IDs that have vanished at the source:
    those that it marked now, and those marked before."""

    written: tuple[Written, ...]
    vanished: tuple[str, ...] = ()
    still_gone: tuple[str, ...] = ()


def write_posts(posts: Sequence[Post], folder: Path) -> tuple[Written, ...]:
    """Write each post below `folder` and return what became of each, in order.

    See `write_reading`, which this does for a source of a few posts.
    """
    return write_reading(Reading(posts), folder).written


def write_reading(
    reading: Reading,
    folder: Path,
    *,
    overwrite: bool = False,
    today: datetime.date | None = None,
) -> Outcome:
    """Write what an importer finds below `folder`.

    Each file is replaced at once or not at all, and none before the source has come to its end.
    Front matter that the owner wrote stays as it is, and so does a text that the owner changed,
    unless `overwrite`. What came from the same origin before and is not among the posts of a
    complete reading gets a line `vanished: DATE`; nothing is ever deleted.

    Raises `WriteError` where a file cannot be written safely, `UsageError` where another import
    is writing, and whatever error the source ends in; no document has changed then.
    """
    path = folder
    writer = None
    try:
        with _scratch(folder) as scratch:
            posts = iter(reading.posts)
            first = next(posts, None)
            # What a source says of itself stands before its first post.
            writer = _Writer(folder, scratch, read_ledger(folder), reading.origin)
            for post in itertools.chain([first] if first else [], posts):
                path = writer.take(post, overwrite=overwrite)
            vanished: tuple[list[str], list[str]] = ([], [])
            if reading.complete and reading.origin:
                vanished = writer.mark_vanished(reading.types, today or _today())
            path = folder
            writer.publish()
    except OSError as error:
        done = writer.done if writer else 0
        before = f", after {done} others were" if done else ""
        path = writer.path if writer and writer.path else path
        raise WriteError(
            f"{path} cannot be written{before} ({error.strerror}); mend that or name another "
            "folder with --into, and import again."
        ) from None
    return Outcome(tuple(writer.written), tuple(vanished[0]), tuple(vanished[1]))


class _Writer:
    """Stages files in `scratch` and moves them into `folder` at the end."""

    def __init__(self, folder: Path, scratch: Path, ledger: Ledger, origin: str) -> None:
        self.written: list[Written] = []
        self.done = 0
        self.path: Path | None = None
        self._folder = folder
        self._scratch = scratch
        self._ledger = ledger
        self._origin = origin
        self._names = Names(folder, ledger, origin)
        self._staged: list[tuple[Path, Path]] = []
        self._seen: dict[str, Entry] = {}
        self._checked: set[Path] = set()

    def take(self, post: Post, *, overwrite: bool) -> Path:
        """Stage what `post` becomes, and return the file that it will be."""
        name, wanted = self._names.name(post)
        subfolder = self._folder / FOLDERS[post.kind]
        path = self.path = subfolder / f"{name}.md"
        self._check(subfolder)
        entry = self._ledger.documents.get(name)
        change = merge(post, self._names.about(post), path, entry, overwrite=overwrite)
        if change.content is not None:
            self._stage(path, change.content)
        self._seen[name] = self._entry(post, entry, change)
        self.written.append(
            Written(
                id=name,
                kind=post.kind,
                title=one_line(post.title),
                path=path,
                state=change.state,
                words=change.words,
                truncated=post.truncated,
                hidden=post.hidden,
                line=post.line,
                wanted=wanted,
            )
        )
        return path

    def mark_vanished(
        self, types: Iterable[str], today: datetime.date
    ) -> tuple[list[str], list[str]]:
        """Stage the marks of what came from this origin before and was not taken now.

        An export may hold but some types of posts; it tells nothing about the others.
        """
        fresh, before = [], []
        held = set(types)
        for name, entry in sorted(self._ledger.documents.items()):
            if name in self._seen or entry.origin != self._origin:
                continue
            if entry.type and entry.type not in held:
                continue
            for subfolder in FOLDERS.values():
                path = self._folder / subfolder / f"{name}.md"
                if not path.is_file() or path.is_symlink():
                    continue
                content = marked(path, today=today)
                if content is None:
                    before.append(name)
                else:
                    self._stage(path, content)
                    fresh.append(name)
        return fresh, before

    def publish(self) -> None:
        """Move what is staged into its place.

        The ledger knows the new bodies before the first of them is in place, so that those of a
        killed import are not taken for the owner's own words.
        """
        if not self._seen and not self._staged:
            return
        # One after another at the end: most are on the disk by then, and none waits for its own.
        for staged, path in self._staged:
            self.path = path
            sync(staged)
        documents = self._ledger.documents | self._seen
        write_ledger(self._folder, Ledger(documents=documents))
        for staged, path in self._staged:
            self.path = path
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.exists():
                shutil.copymode(path, staged)
            staged.replace(path)
            self.done += 1

    def _check(self, subfolder: Path) -> None:
        if subfolder in self._checked:
            return
        if subfolder.exists() and not subfolder.resolve().is_relative_to(self._folder.resolve()):
            raise WriteError(f"{subfolder} is a link that leads out of {self._folder}; replace it.")
        if subfolder.exists() and not subfolder.is_dir():
            raise WriteError(f"{subfolder} is a file, not a folder; move it away.")
        self._checked.add(subfolder)

    def _stage(self, path: Path, content: str) -> None:
        staged = self._scratch / f"{len(self._staged)}.md"
        staged.write_bytes(content.encode("utf-8"))
        self._staged.append((staged, path))

    def _entry(self, post: Post, before: Entry | None, change: Change) -> Entry:
        bodies = [each for each in (before.bodies if before else []) if each != change.body]
        return Entry(
            origin=self._origin or (before.origin if before else ""),
            key=post.key or (before.key if before else None),
            type=post.type,
            front=change.front if change.state != "kept" or before is None else before.front,
            bodies=[*bodies, change.body][-_KEPT_BODIES:],
        )


@contextlib.contextmanager
def _scratch(folder: Path) -> Iterator[Path]:
    """Give a scratch folder inside `folder`, and leave nothing of it behind.

    A folder that was not there before is taken away again if nothing came to stand in it.
    """
    made = [each for each in (folder, *folder.parents) if not each.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UsageError(
                f"Another import into {folder} is running; wait until it is done and try again."
            ) from None
        for left in folder.glob(f"{_SCRATCH}*"):
            shutil.rmtree(left, ignore_errors=True)
        scratch = Path(tempfile.mkdtemp(prefix=_SCRATCH, dir=folder))
        try:
            yield scratch
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
    finally:
        os.close(held)
        for each in made:
            with contextlib.suppress(OSError):
                each.rmdir()


def _today() -> datetime.date:
    return datetime.datetime.now(tz=datetime.UTC).date()
