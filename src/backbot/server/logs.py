"""What a server writes: lines for people or JSON for machines; never what readers typed or who
they are."""

import datetime
import logging
import sys
import time

import msgspec
from flask import Flask, Response, g, request

from backbot.settings import Settings

log = logging.getLogger("backbot.server")
# What a request's line says; set as `extra`, so that a JSON line has a field for each.
FIELDS = ("method", "endpoint", "status", "ms")


class JsonLines(logging.Formatter):
    """One JSON object a line: time, level, logger, message, and the fields of a request.

    Of an exception its class alone is written: its words and values could be a reader's.
    """

    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.datetime.fromtimestamp(record.created, datetime.UTC)
        line: dict[str, object] = {
            "time": moment.isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "process": record.process,
            "message": record.getMessage(),
        }
        line.update((name, vars(record)[name]) for name in FIELDS if name in vars(record))
        if record.exc_info and record.exc_info[0] is not None:
            line["exception"] = record.exc_info[0].__name__
        return msgspec.json.encode(line).decode()


class TextLines(logging.Formatter):
    """One line for people; of an exception the class alone."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(message)s")

    def formatException(self, ei: object) -> str:  # noqa: N802 - the name that logging calls
        return str(getattr(ei[0], "__name__", "error")) if isinstance(ei, tuple) else "error"

    def formatStack(self, stack_info: str) -> str:  # noqa: N802
        return ""


def set_up_logs(settings: Settings) -> None:
    """Write what Backbot and its server have to say to stderr, as the settings want it."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if settings.log_format == "json" else TextLines())
    for name in ("backbot", "gunicorn.error", "py.warnings"):
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.propagate = False
        logger.setLevel(settings.log_level.upper())
    logging.captureWarnings(capture=True)


def log_requests(app: Flask) -> None:
    """Write a line for each request, at the level info: its endpoint, not its address."""

    @app.after_request
    def write(response: Response) -> Response:
        if log.isEnabledFor(logging.INFO):
            ms = round((time.perf_counter() - g.get("began", time.perf_counter())) * 1000, 1)
            endpoint = request.endpoint or "none"
            method = request.method if request.method.isalpha() and len(request.method) < 8 else "?"
            log.info(
                "%s %s %s in %s ms",
                method,
                endpoint,
                response.status_code,
                ms,
                extra={
                    "method": method,
                    "endpoint": endpoint,
                    "status": response.status_code,
                    "ms": ms,
                },
            )
        return response
