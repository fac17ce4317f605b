"""Running the app under gunicorn."""

import contextlib
import errno
import gc
import logging
import resource
import socket
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger

from backbot.errors import PortInUseError
from backbot.journal.journal import Journal
from backbot.journal.troubles import sentence
from backbot.server.app import create_app
from backbot.server.holder import Holder
from backbot.server.logs import set_up_logs
from backbot.server.memory import share_areas
from backbot.server.metrics import count_alone, share_between_workers, take_place
from backbot.server.watchdog import Watchdog
from backbot.server.worker import PatientWorker
from backbot.settings import Settings

log = logging.getLogger("backbot.server")
# Threads beside those that answer or wait in the queue: for pages, documents, health.
SPARE_THREADS = 8
# Open connections of a worker, most of them idle.
CONNECTIONS = 1000


class _Gunicorn(BaseApplication):  # type: ignore[misc]
    def __init__(self, app: Flask, settings: Settings, options: dict[str, Any]) -> None:
        self._app = app
        self._settings = settings
        self._options = options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        return self._app

    def make_watchdog(self) -> Watchdog:
        """Return the watchdog of a worker."""
        return Watchdog(self._settings.request_timeout, self._settings.worker_memory * 1_000_000)


def serve(settings: Settings, *, announce: Callable[[], None] = lambda: None) -> None:
    """Serve until stopped; `announce` is called once it listens.

    Raises `PortInUseError`, or `IndexUnavailableError` and its kin, before that.
    """
    check_port(settings.host, settings.port)
    set_up_logs(settings)
    share_areas()
    _raise_open_files()
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="backbot-metrics-"))
        share_between_workers(Path(folder))
        stack.callback(count_alone)
        app = create_app(settings)
        holder: Holder = app.extensions["backbot"]
        # Open the index before forking: workers share its memory, and a bad one is said at once.
        holder.open()
        holder.let_go()
        journal: Journal = app.extensions["backbot.journal"]
        if trouble := journal.prepare():
            # Readers are answered all the same; each worker tries again when there is a line.
            log.warning("The journal at %s: %s.", journal.place, sentence(trouble))
        # What is here now stays: the collector need not write to its pages, which workers share.
        gc.freeze()

        def place(server: Any, worker: Any) -> None:
            taken = {other.place for other in server.WORKERS.values()}
            worker.place = next(number for number in range(len(taken) + 1) if number not in taken)

        def begin(server: Any, worker: Any) -> None:
            take_place(worker.place)
            # The index may have changed since it was opened; nobody gets an old answer first.
            holder.catch_up()
            holder.watch()

        _Gunicorn(
            app,
            settings,
            {
                "bind": f"{_bracketed(settings.host)}:{settings.port}",
                "workers": settings.workers,
                "threads": settings.threads + settings.queue + SPARE_THREADS,
                "worker_class": PatientWorker,
                "worker_connections": CONNECTIONS,
                "preload_app": True,
                "loglevel": settings.log_level,
                "logger_class": _Log,
                "graceful_timeout": 10,
                "timeout": settings.request_timeout,
                "keepalive": 5,
                # What is believed of proxies is decided by `trusted_proxies` alone.
                "forwarded_allow_ips": "",
                "limit_request_line": 8190,
                "limit_request_fields": 64,
                "control_socket_disable": True,
                "pre_fork": place,
                "post_fork": begin,
                "when_ready": lambda server: announce(),
            },
        ).run()


class _Log(Logger):  # type: ignore[misc]
    """gunicorn's messages by way of Backbot's own handlers; no line of its own for a request."""

    def setup(self, cfg: Any) -> None:
        self.error_log.setLevel(cfg.loglevel.upper())

    def access(self, resp: Any, req: Any, environ: Any, request_time: Any) -> None:
        return


def _raise_open_files() -> None:
    """Let this process hold as many connections open as the system allows it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 4 * CONNECTIONS
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


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
