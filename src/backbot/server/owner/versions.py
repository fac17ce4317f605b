"""The versions of the index: rebuild, hold back, release, go back; and the off switch."""

import datetime
import subprocess
import sys
import threading
from typing import Any, NamedTuple

from flask import Response, redirect, request, url_for

from backbot.desk.status import Status, begin, fail_unless_begun, read_status
from backbot.desk.switch import close, reopen
from backbot.errors import BackbotError, UsageError
from backbot.index.delivery import delivery
from backbot.index.draft import discard, release, roll_back
from backbot.index.layout import read_current, read_manifest
from backbot.server.api import reply_json
from backbot.server.owner.acting import back
from backbot.server.owner.door import blueprint, root, settings
from backbot.server.owner.page import show


class Version(NamedTuple):
    """A version that is kept, and from when on it answered."""

    name: str
    built: datetime.datetime
    counts: dict[str, int]
    current: bool


@blueprint.get("/index")
def versions() -> Response:
    return show("versions.html", versions=kept(), held=held(), status=read_status(root()))


@blueprint.get("/rebuild.json")
def progress() -> Response:
    status = read_status(root())
    return reply_json(
        {
            "state": status.state if status else "none",
            "stage": status.stage if status else "",
            "share": round(status.share, 3) if status else 0,
            "steps": _steps(status),
        }
    )


@blueprint.post("/rebuild")
def rebuild() -> Response:
    status = read_status(root())
    if status is not None and status.state == "running":
        raise UsageError("A rebuild is running already; wait until it is done.")
    start_rebuild(hold=bool(request.form.get("hold")))
    return redirect(url_for("owner.versions"), 303)  # type: ignore[return-value]


@blueprint.post("/roll-back")
def go_back() -> Response:
    roll_back(root(), request.form.get("version") or None, delivery(root(), settings().index))
    return back(said="back")


@blueprint.post("/release")
def let_answer() -> Response:
    release(root(), delivery(root(), settings().index))
    return back(said="released")


@blueprint.post("/discard")
def take_away() -> Response:
    discard(root())
    return back(said="discarded")


@blueprint.post("/switch")
def switch() -> Response:
    if request.form.get("to") == "off":
        close(root())
        return back(said="off")
    reopen(root())
    return back(said="on")


def kept() -> list[Version]:
    """Return the versions that can be gone back to, newest first."""
    try:
        current = read_current(root())
    except BackbotError:
        return []
    return [each for name in current.history if (each := _version(name, current.current))]


def held() -> Version | None:
    """Return the version that is held back."""
    try:
        current = read_current(root())
    except BackbotError:
        return None
    return _version(current.held, current.current) if current.held else None


def start_rebuild(*, hold: bool) -> None:
    """Begin a rebuild in a process of its own, which outlives this worker."""
    given = settings()
    command = [sys.executable, "-m", "backbot", "owner", "rebuild"]
    command += ["--corpus", given.corpus, *(["--hold"] if hold else [])]
    if given.model:
        command += ["--model", given.model]
    begin(root())
    process = subprocess.Popen(  # noqa: S603 - our own
        command, stdin=subprocess.DEVNULL, start_new_session=True, env=given.index_environment()
    )

    def wait() -> None:
        process.wait()
        fail_unless_begun(root())

    threading.Thread(target=wait, daemon=True).start()


def _version(name: str, current: str) -> Version | None:
    try:
        manifest = read_manifest(root(), name)
        built = (root() / "versions" / name).stat().st_mtime
    except (BackbotError, OSError):
        return None
    when = datetime.datetime.fromtimestamp(built, tz=datetime.UTC)
    return Version(name, when, manifest.counts, name == current)


def _steps(status: Status | None) -> Any:
    return [status.done, status.total] if status else [0, 0]
