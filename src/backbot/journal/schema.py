"""Bringing a database to the tables that this version of Backbot writes.

Alembic is loaded only where there is something to do: a server that finds its tables as they
should be never needs it.
"""

from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.exc import SQLAlchemyError

from backbot.errors import JournalError

# The last step in migrations/versions; a test holds the two together.
HEAD = "0001"
# Names the lock that lets one process at a time change the tables of a PostgreSQL database.
_LOCK = 0x6261636B626F74
MIGRATIONS = Path(__file__).with_name("migrations")


def bring_up_to_date(engine: Engine) -> None:
    """Make or change the tables in the database of `engine` where they are not as they should be.

    Raises `JournalError` if a newer Backbot wrote them, and what the database raises.
    """
    with engine.connect() as connection:
        if version(connection) == HEAD:
            return
    with engine.execution_options(writes=True).begin() as connection:
        _lock(connection)
        found = version(connection)
        if found == HEAD:
            return
        if found is not None and found > HEAD:
            raise JournalError(
                "The journal was written by a newer Backbot; install that one again, or name "
                "another journal by BACKBOT_JOURNAL."
            )
        _upgrade(connection)


def version(connection: Connection) -> str | None:
    """Return which step the tables are at, None where there are none."""
    try:
        with connection.begin_nested():
            row = connection.execute(text("SELECT version_num FROM alembic_version")).first()
    except SQLAlchemyError:
        if inspect(connection).has_table("alembic_version"):
            raise
        return None
    return None if row is None else str(row[0])


def _lock(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})


def _upgrade(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
