"""A signed call that makes a site's news answer: `POST /owner/hooks/rebuild`.

The signature is HMAC-SHA256 with the secret of the setting `hook_secret` over the time in
`X-Backbot-Timestamp` (seconds since 1970), a full stop, and the body, as `sha256=` and hexadecimal
digits in `X-Backbot-Signature`. A call that is older than five minutes counts no more, so that
nobody can send one again.
"""

import hashlib
import hmac
import logging
import subprocess
import sys
import time

import msgspec
from flask import Blueprint, Response, current_app, request

from backbot.errors import RequestError
from backbot.server.api import reply_json
from backbot.server.limits import check_limit
from backbot.settings import Settings

blueprint = Blueprint("hooks", __name__)
log = logging.getLogger("backbot.server")
# How far, in seconds, the clocks of site and server may be apart.
WINDOW = 300
# A file in the index folder: somebody asked for a refresh that has not begun yet.
WANTED_FILE = ".refresh-wanted"


class Accepted(msgspec.Struct, frozen=True, kw_only=True):
    """The call was good, and a refresh will begin."""

    status: str = "accepted"


@blueprint.post("/owner/hooks/rebuild")
def rebuild() -> Response:
    settings: Settings = current_app.extensions["backbot.settings"]
    secret = settings.hook_secret
    if secret is None:
        raise RequestError("There is nothing at this address.", status=404, code="not_found")
    check_limit("hook")
    if not is_signed(
        secret,
        request.get_data(cache=False),
        request.headers.get("X-Backbot-Timestamp", ""),
        request.headers.get("X-Backbot-Signature", ""),
    ):
        raise RequestError(
            "The signature does not fit; check the secret and the clocks.",
            status=401,
            code="bad_signature",
        )
    ask_for_refresh(settings)
    return reply_json(Accepted(), status=202, cache="no-store")


def sign(secret: str, body: bytes, timestamp: str) -> str:
    """Return the signature of a call."""
    signed = timestamp.encode("ascii") + b"." + body
    return "sha256=" + hmac.new(secret.encode("utf-8"), signed, hashlib.sha256).hexdigest()


def is_signed(secret: str, body: bytes, timestamp: str, signature: str) -> bool:
    """Tell whether a call is signed with `secret`, and now."""
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) < 12):
        return False
    if abs(time.time() - int(timestamp)) > WINDOW:
        return False
    return hmac.compare_digest(sign(secret, body, timestamp).encode(), signature.encode())


def ask_for_refresh(settings: Settings) -> None:
    """Begin a refresh in a process of its own; one that runs already takes one more turn."""
    (settings.root / WANTED_FILE).touch()
    command = [sys.executable, "-m", "backbot", "refresh", "--wanted"]
    command += ["--corpus", settings.corpus]
    if settings.source:
        command += ["--source", settings.source]
    # It outlives the worker that began it, and says what it has to say in the server's log.
    subprocess.Popen(  # noqa: S603 - our own
        command,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        env=settings.index_environment(),
    )
    log.info("A signed call asked for a refresh.")
