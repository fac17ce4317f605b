"""The chat on other sites: the one-tag widget, the frame that it opens, and an example page."""

from functools import cache

import msgspec
from flask import Blueprint, Response, current_app, request

from backbot.server.folder import web_folder
from backbot.server.headers import content_security_policy, frame_ancestors
from backbot.server.languages import catalogue
from backbot.server.pages import page
from backbot.server.scripts import without_comments
from backbot.server.served import holder
from backbot.settings import LANGUAGES

blueprint = Blueprint("embed", __name__)
# What stands in widget.js where the words of all languages go.
_PLACE = b"const catalogues = {};"
_THEMES = ("light", "dark")


@blueprint.get("/embed")
def embed() -> Response:
    theme = request.args.get("theme", "")
    response = page(
        "embed.html",
        suggestions=holder().suggestions(),
        theme=theme if theme in _THEMES else "auto",
    )
    origins = current_app.extensions["backbot.settings"].allowed_origins
    response.headers["Content-Security-Policy"] = content_security_policy(
        ancestors=frame_ancestors(origins)
    )
    # A host page that is isolated from other origins shows only frames which agree to that.
    response.headers["Cross-Origin-Embedder-Policy"] = "require-corp"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@blueprint.get("/widget.js")
def widget() -> Response:
    response = Response(widget_script(), mimetype="text/javascript")
    response.headers["Cache-Control"] = "public, max-age=3600"
    # Any page may load the script; what it can show there is decided by /embed.
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.add_etag()
    response.make_conditional(request)
    return response


@blueprint.get("/demo")
def demo() -> Response:
    response = page("demo.html")
    response.headers["Content-Security-Policy"] = content_security_policy(frames="'self'")
    return response


@cache
def widget_script() -> bytes:
    """Return widget.js with its words in every language, and without what only people read."""
    source = (web_folder() / "widget" / "widget.js").read_bytes()
    words = {language: catalogue(language)["widget"] for language in LANGUAGES}
    script = b"const catalogues = " + msgspec.json.encode(words) + b";"
    return without_comments(source).replace(_PLACE, script, 1)
