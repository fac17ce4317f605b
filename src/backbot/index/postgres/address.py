"""The URL of an index in PostgreSQL, as libpq reads it: several hosts may stand in it."""

from importlib.util import find_spec
from urllib.parse import urlsplit

from backbot.errors import SettingsError

SCHEMES = ("postgresql", "postgres")
# Seconds until a host that does not answer counts as down.
CONNECT_TIMEOUT = 3
_EXAMPLE = "postgresql://reader@db1,db2/backbot"


def is_database(index: str) -> bool:
    """Tell whether the setting `index` names a database and not a folder."""
    return index.partition("://")[0] in SCHEMES


def check_driver() -> None:
    """Raise `SettingsError` unless what a database needs is installed."""
    if find_spec("psycopg") is None or find_spec("psycopg_pool") is None:
        raise SettingsError(
            "An index in PostgreSQL needs its driver; run `pip install 'backbot[postgres]'`."
        )


def reading(url: str) -> str:
    """Return what to connect with to read: any of the hosts, standbys first, by chance.

    What the URL says itself (`target_session_attrs`, `load_balance_hosts` and the like) holds.
    Raises `SettingsError` for a URL that libpq cannot read.
    """
    return _conninfo(url, target_session_attrs="prefer-standby", load_balance_hosts="random")


def writing(url: str) -> str:
    """Return what to connect with to write: the one of the hosts that takes it; as `reading`."""
    return _conninfo(url, forced={"target_session_attrs": "read-write"})


def shown(url: str) -> str:
    """Return `url` as people may read it: its hosts and its database, no user and no password."""
    parts = urlsplit(url)
    return f"postgresql://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _conninfo(url: str, forced: dict[str, str] | None = None, **defaults: str) -> str:
    check_driver()
    from psycopg import ProgrammingError
    from psycopg.conninfo import conninfo_to_dict, make_conninfo

    try:
        given = conninfo_to_dict(url)
    except ProgrammingError:
        # It may hold a password, so it is not repeated.
        raise SettingsError(
            f"The setting `index` is no URL of a PostgreSQL database such as {_EXAMPLE}."
        ) from None
    own = {
        "connect_timeout": str(CONNECT_TIMEOUT),
        "application_name": "backbot",
        # A host that vanished from the network is noticed in seconds, not in a quarter of an hour.
        "tcp_user_timeout": "5000",
        **defaults,
    }
    return make_conninfo("", **own | given | (forced or {}))
