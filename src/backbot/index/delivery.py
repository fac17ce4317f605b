"""Bringing a version from the folder where it was built to the database that serves it."""

from collections.abc import Callable
from pathlib import Path

from backbot.index.encoder import Encoder
from backbot.index.postgres.address import check_driver, is_database
from backbot.index.progress import Progress
from backbot.index.store import open_index


def delivery(
    root: Path,
    database: str | None,
    encoder: Encoder | None = None,
    progress: Progress | None = None,
) -> Callable[[str], None]:
    """Return what lets `database` (a URL) serve a version of the index in `root`.

    Without a database it does nothing. It raises `WriteError` where the database cannot be
    written, `UsageError` while another rebuild does so, and as `open_index`.
    """

    def deliver(version: str) -> None:
        if database is not None and is_database(database):
            check_driver()
            from backbot.index.postgres.write import deliver as write

            write(database, open_index(root, version, encoder=encoder), progress)

    return deliver
