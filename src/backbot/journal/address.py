"""Where a journal lies: a file of SQLite, or a PostgreSQL database named by a URL."""

from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from backbot.errors import SettingsError
from backbot.settings import Settings

# Where a journal lies if nobody says so: beside the index folder, not in it, because whoever
# deletes an index to build it anew must not lose what readers asked.
DEFAULT_FILE = "journal.sqlite3"
OFF = "off"
_POSTGRESQL = ("postgres", "postgresql", "postgresql+psycopg")


def address_of(settings: Settings) -> URL:
    """Return where the journal of `settings` lies; raises `SettingsError` if it names no place."""
    setting = settings.journal
    if setting is None:
        return _file(settings.root.parent / DEFAULT_FILE)
    if "://" not in setting:
        return _file(Path(setting))
    try:
        address = make_url(setting)
    except ArgumentError:
        address = None
    if address is not None and address.drivername in _POSTGRESQL and address.database:
        return address.set(drivername="postgresql+psycopg")
    if address is not None and address.drivername == "sqlite" and address.database:
        return _file(Path(address.database))
    # The setting may hold a password, so it is not repeated.
    raise SettingsError(
        "The setting `journal` must be a path, `off`, or the URL of a PostgreSQL database such as "
        "postgresql://user:password@host/database."
    )


def shown(address: URL) -> str:
    """Return `address` as people may read it: a path, or a URL without its password."""
    if address.drivername == "sqlite":
        return str(address.database)
    return address.set(drivername="postgresql").render_as_string(hide_password=True)


def _file(path: Path) -> URL:
    return URL.create("sqlite", database=str(path))
