"""Headers of every response: what a page may load, who may show it, who may call the API.

Pages load from their own server alone and run no inline script. No other site may show the chat in
a frame or call the API from its pages, unless the owner lists it in `allowed_origins`.
"""

import gzip
import re

from flask import Response, current_app, request

from backbot.server.scripts import lighten

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
# Over HTTPS: a year long no browser asks in plain text again.
HSTS = "max-age=31536000; includeSubDomains"
_COMPRESSED = {
    "application/json",
    "image/svg+xml",
    "text/css",
    "text/html",
    "text/javascript",
    "text/plain",
}
# Below this, a gzip header costs more than it saves.
_MIN_COMPRESSED_BYTES = 500


def content_security_policy(*, ancestors: str = "'none'", frames: str = "'none'") -> str:
    """Return the policy of a page that `ancestors` may show and that may show `frames`."""
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        f"connect-src 'self'; frame-src {frames}; object-src 'none'; form-action 'self'; "
        f"base-uri 'none'; frame-ancestors {ancestors}"
    )


def frame_ancestors(origins: tuple[str, ...]) -> str:
    """Return who may show the chat in a frame: this server's own pages, and the listed sites."""
    return " ".join(("'self'", *origins))


def allows(origins: tuple[str, ...], origin: str) -> bool:
    """Tell whether the site `origin` is listed; `*` stands for any, `https://*.a.org` for any below
    `a.org`."""
    return any(_pattern(each).fullmatch(origin) for each in origins)


def add_headers(response: Response) -> Response:
    """Put on a response what every response carries."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", HSTS)
    response.headers.setdefault("Content-Security-Policy", content_security_policy())
    if request.path.startswith("/api/"):
        _share_with_listed_sites(response)
    if request.endpoint == "static":
        lighten(response)
    return compress(response)


def _share_with_listed_sites(response: Response) -> None:
    origins = current_app.extensions["backbot.settings"].allowed_origins
    if not origins:
        return
    response.vary.add("Origin")
    origin = request.headers.get("Origin", "")
    if allows(origins, origin):
        response.headers["Access-Control-Allow-Origin"] = origin
        if request.method == "OPTIONS":
            response.headers["Access-Control-Allow-Methods"] = "GET, POST"
            response.headers["Access-Control-Allow-Headers"] = "Content-Type"
            response.headers["Access-Control-Max-Age"] = "600"


def compress(response: Response) -> Response:
    """Compress a text for a browser that takes gzip."""
    if response.mimetype not in _COMPRESSED:
        return response
    response.vary.add("Accept-Encoding")
    if (
        response.status_code != 200
        or "Content-Encoding" in response.headers
        or not request.accept_encodings["gzip"]
    ):
        return response
    response.direct_passthrough = False
    body = response.get_data()
    if len(body) >= _MIN_COMPRESSED_BYTES:
        response.set_data(gzip.compress(body, compresslevel=6, mtime=0))
        response.headers["Content-Encoding"] = "gzip"
        tag, _ = response.get_etag()
        if tag is not None:
            # The same words in another coding: no longer the same bytes.
            response.set_etag(tag, weak=True)
    return response


def _pattern(listed: str) -> re.Pattern[str]:
    if listed == "*":
        return re.compile("https?://.*")
    return re.compile(re.escape(listed).replace(r"\*\.", r"(?:[a-z0-9-]+\.)+"))
