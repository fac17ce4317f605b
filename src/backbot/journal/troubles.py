"""Short names for what keeps a journal from being written: never a path, never a word of a reader.

SQLAlchemy's own messages hold the statement and its values, so they are never shown.
"""

import errno
import sqlite3

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

SENTENCES = {
    "locked": "another program holds the database",
    "full": "the disk is full",
    "read_only": "it may not be written to",
    "gone": "it cannot be opened",
    "damaged": "it is damaged",
    "unreachable": "the database server cannot be reached, or refuses",
    "too_slow": "replies come faster than it can be written",
    "newer": "a newer Backbot wrote it",
}
_SQLITE = {
    sqlite3.SQLITE_BUSY: "locked",
    sqlite3.SQLITE_LOCKED: "locked",
    sqlite3.SQLITE_FULL: "full",
    sqlite3.SQLITE_IOERR: "gone",
    sqlite3.SQLITE_READONLY: "read_only",
    sqlite3.SQLITE_CANTOPEN: "gone",
    sqlite3.SQLITE_PERM: "read_only",
    sqlite3.SQLITE_CORRUPT: "damaged",
    sqlite3.SQLITE_NOTADB: "damaged",
}
_DISK = {
    errno.ENOSPC: "full",
    errno.EDQUOT: "full",
    errno.EROFS: "read_only",
    errno.EACCES: "read_only",
    errno.EPERM: "read_only",
    errno.ENOENT: "gone",
    errno.EEXIST: "gone",
    errno.ENOTDIR: "gone",
    errno.EISDIR: "gone",
}


def name_of(error: BaseException) -> str:
    """Return the short name of what went wrong; the error's class where there is none."""
    if isinstance(error, DBAPIError) and error.orig is not None:
        code = getattr(error.orig, "sqlite_errorcode", None)
        if code is not None:
            # The lower byte is the plain code; the rest tells more than anybody asks.
            return _SQLITE.get(code & 0xFF, "damaged")
        return "unreachable"
    if isinstance(error, OSError) and error.errno in _DISK:
        return _DISK[error.errno]
    if isinstance(error, SQLAlchemyError):
        return "unreachable"
    return type(error).__name__


def sentence(name: str) -> str:
    """Return the trouble `name` in words."""
    return SENTENCES.get(name, f"of an unexpected {name}")
