"""The door of /owner: nobody gets past it unsigned, and no other site gets a press through it.

The cookie is sent to /owner alone and to no other site's requests (`SameSite=Strict`). A press that
changes anything must come from a page of this very server, by `Sec-Fetch-Site` and `Origin`, which
browsers set and pages cannot.
"""

from pathlib import Path
from urllib.parse import urlsplit

from flask import Blueprint, Response, current_app, g, redirect, request, url_for

from backbot.desk.access import LONGEST, Access, NotLetInError
from backbot.errors import RequestError
from backbot.server.owner.page import show
from backbot.settings import Settings

blueprint = Blueprint("owner", __name__, url_prefix="/owner")
COOKIE = "backbot_owner"
_OPEN = ("owner.sign_in",)


def settings() -> Settings:
    """Return the settings of the app that serves this request."""
    found: Settings = current_app.extensions["backbot.settings"]
    return found


def root() -> Path:
    """Return the folder of the index."""
    return settings().root


def access() -> Access:
    """Return who is let in."""
    return Access(root())


@blueprint.before_request
def keep_out() -> Response | None:
    """Refuse what another site sends, and show the sign-in to whoever has no session."""
    if request.method not in ("GET", "HEAD"):
        refuse_forged()
    if request.endpoint in _OPEN or access().is_signed_in(request.cookies.get(COOKIE, "")):
        return None
    g.back = request.full_path.rstrip("?") if request.method == "GET" else url_for("owner.overview")
    return _sign_in_page(status=401)


@blueprint.after_request
def keep_private(response: Response) -> Response:
    """Let nothing of the desk be stored, and let its own forms say where they come from."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


@blueprint.post("/sign-in")
def sign_in() -> Response:
    back = own_path(request.form.get("back", ""))
    try:
        cookie = access().sign_in(request.form.get("token", ""), request.remote_addr or "")
    except NotLetInError as error:
        g.back = back
        page = _sign_in_page(status=429 if error.retry_after else 403, problem=str(error))
        if error.retry_after:
            page.headers["Retry-After"] = str(error.retry_after)
        return page
    response = redirect(url_for("owner.arrive", back=back), 303)
    response.set_cookie(
        COOKIE,
        cookie,
        max_age=LONGEST,
        path="/owner",
        secure=True,
        httponly=True,
        samesite="Strict",
    )
    return response  # type: ignore[return-value]


@blueprint.get("/arrive")
def arrive() -> Response:
    return redirect(own_path(request.args.get("back", "")), 303)  # type: ignore[return-value]


@blueprint.post("/sign-out")
def sign_out() -> Response:
    if request.form.get("everywhere"):
        access().sign_out_everywhere()
    else:
        access().sign_out(request.cookies.get(COOKIE, ""))
    response = redirect(url_for("owner.overview"), 303)
    response.delete_cookie(COOKIE, path="/owner", secure=True, httponly=True, samesite="Strict")
    return response  # type: ignore[return-value]


def own_path(path: str) -> str:
    """Return `path` if it leads to a page of the desk, else the desk's first one."""
    fits = path == "/owner" or path.startswith(("/owner/", "/owner?"))
    return path if fits and "\\" not in path and path.isprintable() else "/owner"


def refuse_forged() -> None:
    """Raise `RequestError` (403) unless a page of this very server sends this.

    Source: OWASP, "Cross-Site Request Forgery Prevention Cheat Sheet", on Fetch Metadata and on
    verifying the origin with standard headers.
    """
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    ours = site in (None, "same-origin") and (
        origin is None or urlsplit(origin).netloc == request.host
    )
    if not ours or (site is None and origin is None):
        raise RequestError(
            "This was not sent from a page of this site, and nothing was done. Behind a proxy, let "
            "it pass on the header Host.",
            status=403,
            code="forged",
        )


def _sign_in_page(*, status: int, problem: str | None = None) -> Response:
    # A link on another site brings no cookie along; the same address asked for from here does.
    elsewhere = request.headers.get("Sec-Fetch-Site") in ("cross-site", "same-site")
    local = request.host.partition(":")[0] in ("localhost", "127.0.0.1", "[")
    secure = request.is_secure or request.headers.get("X-Forwarded-Proto") == "https" or local
    page = show(
        "sign_in.html",
        signed_out=True,
        back=own_path(g.get("back", "")),
        problem=problem,
        has_token=access().has_token(),
        lost=request.endpoint == "owner.arrive",
        again=elsewhere and request.method == "GET",
        secure=secure,
    )
    page.status_code = status
    return page
