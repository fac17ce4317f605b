"""The Flask app: blueprints, errors in one shape, headers on every response."""

import logging
from pathlib import Path

from flask import Flask, Response, render_template, request
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix

import backbot
from backbot.errors import BackbotError, BusyError
from backbot.index.layout import CORPUS_FOLDER
from backbot.index.source import source_of
from backbot.journal.journal import open_journal
from backbot.model import Kind, SectionRole
from backbot.phrases import phrase
from backbot.server import api, embed, feedback, hooks, metrics, pages
from backbot.server.answers import add_answers
from backbot.server.api import ErrorBody, Problem, reply_json
from backbot.server.folder import web_folder
from backbot.server.headers import add_headers
from backbot.server.holder import Holder
from backbot.server.languages import catalogue, spoken
from backbot.server.limits import add_limits
from backbot.server.logs import log_requests
from backbot.server.owner import desk
from backbot.settings import Settings

# Nine messages of 2,000 characters, each of them escaped in the longest way that JSON knows.
MAX_BODY_BYTES = 256 * 1024
# Seconds after which to look again whether there is an index.
NOT_READY_RETRY_AFTER = 5
log = logging.getLogger("backbot.server")


def create_app(settings: Settings | None = None) -> Flask:
    """Return the app that answers out of the index which `settings` name.

    The index is opened at the first request that needs it; `Holder.chatbot` opens it earlier. So is
    the journal, by a thread of its own; `Journal.prepare` makes its tables earlier.
    """
    settings = settings or Settings()
    web = web_folder()
    app = Flask(
        "backbot",
        static_folder=str(web / "static"),
        static_url_path="/static",
        template_folder=str(web / "templates"),
    )
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    app.config["MAX_FORM_MEMORY_SIZE"] = MAX_BODY_BYTES
    app.extensions["backbot.settings"] = settings
    holder = Holder(settings.root, wording_folder(settings), source_of(settings))
    app.extensions["backbot"] = holder
    app.extensions["backbot.journal"] = open_journal(settings)
    add_limits(app, settings)
    add_answers(app, settings)
    trust_proxies(app, settings.trusted_proxies)
    # Catalogues keep their letters and their order.
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.jinja_env.policies["json.dumps_kwargs"] = {"sort_keys": False}
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(
        phrase=phrase, Kind=Kind, SectionRole=SectionRole, version=backbot.__version__
    )
    app.register_blueprint(api.blueprint)
    app.register_blueprint(feedback.blueprint)
    app.register_blueprint(pages.blueprint)
    app.register_blueprint(hooks.blueprint)
    app.register_blueprint(desk.blueprint)
    app.register_blueprint(embed.blueprint)
    app.register_blueprint(metrics.blueprint)
    app.register_error_handler(BackbotError, _on_backbot_error)
    app.register_error_handler(HTTPException, _on_http_error)
    app.register_error_handler(Exception, _on_surprise)
    # The last that is added runs first: what is counted and logged is the whole request.
    metrics.watch_requests(app)
    log_requests(app)
    app.after_request(add_headers)
    return app


def trust_proxies(app: Flask, count: int) -> None:
    """Believe the last `count` proxies what they say of the visitor's address and of HTTPS.

    None are believed otherwise: anybody can write `X-Forwarded-For`.
    """
    if count:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=count, x_proto=count, x_host=count
        )


def wording_folder(settings: Settings) -> Path:
    """Return where the site's own words for notices stand: in the corpus, or where there is none,
    in what `backbot unpack` has put beside the index."""
    corpus = Path(settings.corpus)
    return corpus if corpus.is_dir() else settings.root / CORPUS_FOLDER


def _on_backbot_error(error: BackbotError) -> Response:
    message = str(error)
    retry_after: int | None = getattr(error, "retry_after", None)
    if error.status >= 500 and not isinstance(error, BusyError):
        # What to mend is for the owner, and may name folders; readers are told to come back.
        log.error("%s", message)
        message = "The articles cannot be searched right now; please try again a little later."
    response = _problem(error.status, error.code, message)
    if error.status == 503:
        retry_after = retry_after or NOT_READY_RETRY_AFTER
    if retry_after is not None:
        response.headers["Retry-After"] = str(retry_after)
    return response


def _on_http_error(error: HTTPException) -> Response:
    status = error.code or 500
    known = {
        400: ("bad_request", "The request could not be read."),
        404: ("not_found", "There is nothing at this address."),
        405: ("method_not_allowed", "This address does not take that method."),
        413: ("too_large", "The request is too large."),
        414: ("too_large", "The request is too large."),
    }
    code, message = known.get(status, ("http_error", "The request could not be served."))
    response = _problem(status, code, message)
    if allowed := getattr(error, "valid_methods", None):
        response.headers["Allow"] = ", ".join(sorted(allowed))
    return response


def _on_surprise(error: Exception) -> Response:
    # The class alone: a traceback's values could hold what a reader typed.
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else "?"
    log.error("Unexpected %s at %s", type(error).__name__, where)
    return _problem(500, "internal", "Something went wrong here; please try again.")


def _problem(status: int, code: str, message: str) -> Response:
    metrics.count_error(code)
    if request.path.startswith(("/api/", "/owner/hooks/")) or request.path in (
        "/healthz",
        "/readyz",
        "/metrics",
    ):
        body = ErrorBody(error=Problem(code=code, message=message))
        return reply_json(body, status=status, cache="no-store")
    said = catalogue(spoken())["errors"].get(code, message)
    page = render_template("error.html", status=status, message=said)
    return Response(page, status, mimetype="text/html")
