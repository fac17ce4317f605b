"""Where the current version of an index is found: in a folder, or in a database."""

import contextlib
from pathlib import Path
from typing import Protocol

from backbot.errors import IndexUnavailableError
from backbot.index.encoder import Encoder
from backbot.index.layout import CURRENT_FILE, MODELS_FOLDER, current_version
from backbot.index.postgres.address import check_driver, is_database
from backbot.index.reader import IndexReader
from backbot.index.store import open_index
from backbot.settings import Settings


class Source(Protocol):
    """Gives the version that is served now; threads may share it."""

    @property
    def remote(self) -> bool:
        """Whether what cannot be opened now may be opened a moment later, by itself."""

    def stamp(self) -> object:
        """Return what differs when another version is served than before; never raises."""

    def current(self) -> str:
        """Return the version that is served; raises `IndexUnavailableError`."""

    def open(self, version: str, encoder: Encoder | None = None) -> IndexReader:
        """Open a version, with its `encoder` if that is open already.

        Raises `IndexUnavailableError` and its kin, `ModelError`.
        """

    def doubt(self) -> None:
        """Forget what was seen before: a version was gone that should be there."""

    def close(self) -> None:
        """Let go of connections, before a fork; what needs one opens another."""


class Folder:
    """An index of mapped files."""

    remote = False

    def __init__(self, root: Path) -> None:
        self._root = root

    def stamp(self) -> object:
        try:
            status = (self._root / CURRENT_FILE).stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_ino

    def current(self) -> str:
        return current_version(self._root)

    def open(self, version: str, encoder: Encoder | None = None) -> IndexReader:
        return open_index(self._root, version, encoder=encoder)

    def doubt(self) -> None: ...

    def close(self) -> None: ...


class Database:
    """An index in PostgreSQL, its sentence encoder in a folder of this host.

    One of several hosts may lag behind. What it says is not believed while another has said
    something newer, so that nobody goes back and forth between two versions.
    """

    remote = True

    def __init__(self, url: str, root: Path) -> None:
        check_driver()
        from backbot.index.postgres.connections import Connections
        from backbot.index.postgres.store import Pointer

        self._connections = Connections(url)
        self._models = root / MODELS_FOLDER
        self._newest: Pointer | None = None

    def stamp(self) -> object:
        # While the database is away, what was served before is, as far as anybody can tell.
        with contextlib.suppress(IndexUnavailableError):
            self.current()
        return self._newest

    def current(self) -> str:
        from backbot.index.postgres.store import read_pointer

        found, newest = read_pointer(self._connections), self._newest
        if newest is None or found.serial > newest.serial:
            newest = self._newest = found
        return newest.version

    def open(self, version: str, encoder: Encoder | None = None) -> IndexReader:
        from backbot.index.postgres.store import open_version

        return open_version(self._connections, version, self._models, encoder)

    def size(self) -> tuple[int, int]:
        """Return how many versions there are, and their bytes; raises as `current`."""
        from backbot.index.postgres.store import read_size

        return read_size(self._connections)

    def doubt(self) -> None:
        self._newest = None

    def close(self) -> None:
        self._connections.close()


def source_of(settings: Settings) -> Source:
    """Return where the index of `settings` is found; raises `SettingsError` for no such place."""
    if is_database(settings.index):
        return Database(settings.index, settings.root)
    return Folder(settings.root)


def open_current(settings: Settings) -> IndexReader:
    """Open the version that is served now; raises as `Source.open` and `source_of`."""
    source = source_of(settings)
    return source.open(source.current())
