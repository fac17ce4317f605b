"""Running the app under gunicorn."""

import errno
import logging
import socket
from collections.abc import Callable
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication

from backbot.errors import PortInUseError
from backbot.journal.journal import Journal
from backbot.journal.troubles import sentence
from backbot.server.app import create_app
from backbot.settings import Settings

log = logging.getLogger("backbot.server")


class _Gunicorn(BaseApplication):  # type: ignore[misc]
    def __init__(self, app: Flask, options: dict[str, Any]) -> None:
        self._app = app
        self._options = options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        return self._app


def serve(settings: Settings, *, announce: Callable[[], None] = lambda: None) -> None:
    """Serve until stopped; `announce` is called once it listens.

    Raises `PortInUseError`, or `IndexUnavailableError` and its kin, before that.
    """
    check_port(settings.host, settings.port)
    app = create_app(settings)
    # Open the index before forking: workers share its memory, and a bad one is said at once.
    app.extensions["backbot"].chatbot()
    journal: Journal = app.extensions["backbot.journal"]
    if trouble := journal.prepare():
        # Readers are answered all the same; each worker tries again when there is a line to write.
        log.warning("The journal at %s: %s.", journal.place, sentence(trouble))
    _Gunicorn(
        app,
        {
            "bind": f"{_bracketed(settings.host)}:{settings.port}",
            "workers": settings.workers,
            "threads": settings.threads,
            "worker_class": "gthread",
            "preload_app": True,
            "loglevel": "warning",
            "graceful_timeout": 10,
            "timeout": 30,
            "keepalive": 5,
            "control_socket_disable": True,
            "when_ready": lambda server: announce(),
        },
    ).run()


def check_port(host: str, port: int) -> None:
    """Raise `PortInUseError` unless `host` and `port` can be listened on."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise PortInUseError(
                    f"Port {port} on {host} is in use by another program; "
                    f"stop that one or choose another with --port."
                ) from None
            reason = (error.strerror or "unknown error").lower()
            raise PortInUseError(
                f"Cannot listen on {host} port {port}: {reason}; "
                "choose others with --host and --port."
            ) from None


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
