"""What is counted, for Prometheus: `GET /metrics`. No label can hold what a reader typed.

With several workers each keeps its numbers in a mapped file of its own, and whichever is asked adds
them up. The files are named by the worker's place, 0 to N-1, rather than by its process: a worker
that takes the place of another counts on where that one ended, and no file is ever left over.
"""

import hmac
import ipaddress
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from flask import Blueprint, Flask, Response, current_app, g, request
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest, values
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from backbot.errors import RequestError
from backbot.model import Kind, Level, Reply
from backbot.server.cache import is_makeshift
from backbot.server.holder import Holder
from backbot.settings import Settings

blueprint = Blueprint("metrics", __name__)
FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
_SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.3, 2.5, 5.0, 10.0)
# What a proxy adds: a call that carries one comes from further away than its address says.
_FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Real-IP")
# Methods that a label may hold; a stranger can send any word as one.
_METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS"})
# The process that forks the workers has a place of its own.
_place = -1


class Metrics:
    """All counters of this process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()

        def counter(name: str, words: str, *labels: str) -> Counter:
            return Counter(f"backbot_{name}", words, labels, registry=self.registry)

        def histogram(name: str, words: str, *labels: str) -> Histogram:
            return Histogram(
                f"backbot_{name}", words, labels, registry=self.registry, buckets=_SECONDS
            )

        self.requests = counter("requests", "Requests.", "endpoint", "method", "status")
        self.request_seconds = histogram("request_seconds", "Whole requests.", "endpoint")
        self.stage_seconds = histogram(
            "stage_seconds",
            "Stages of a reply: wait (for a turn), reply, cached (looking there).",
            "stage",
        )
        self.replies = counter("replies", "Replies by kind.", "kind")
        self.notices = counter("notices", "Safety notices by level.", "level")
        self.errors = counter("errors", "Errors by their code.", "code")
        self.feedback = counter("feedback", "What readers say.", "helpful", "reason")
        self.cached = counter("cache", "Replies looked for in the cache.", "result")
        self.safety_failures = counter(
            "safety_failures", "Replies with the standing caution: looking for signs failed."
        )
        self.replaced = counter("workers_replaced", "Workers that replaced themselves.", "why")
        self.memory = Gauge(
            "backbot_worker_memory_bytes",
            "Resident memory of a worker, what it shares included.",
            registry=self.registry,
            multiprocess_mode="liveall",
        )
        # What has not happened yet is shown as 0, so that a first time is seen as a rise.
        for kind in Kind:
            self.replies.labels(kind.value)
        for level in Level:
            self.notices.labels(level.value)
        for result in ("hit", "miss"):
            self.cached.labels(result)
        for why in ("hung", "memory"):
            self.replaced.labels(why)

    def count_reply(self, reply: Reply) -> None:
        self.replies.labels(reply.kind.value).inc()
        if is_makeshift(reply):
            self.safety_failures.inc()
        elif reply.notice is not None:
            self.notices.labels(reply.notice.level.value).inc()

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Measure one stage."""
        started = time.perf_counter()
        try:
            yield
        finally:
            self.stage_seconds.labels(name).observe(time.perf_counter() - started)


@cache
def metrics() -> Metrics:
    return Metrics()


def count_error(code: str) -> None:
    """Count an error that somebody is told of."""
    metrics().errors.labels(code).inc()


def share_between_workers(folder: Path) -> None:
    """Keep the numbers of all workers in `folder`; before the first of them is counted."""
    os.environ[FOLDER_VARIABLE] = str(folder)
    values.ValueClass = values.MultiProcessValue(lambda: _place)  # type: ignore[no-untyped-call]
    metrics.cache_clear()


def count_alone() -> None:
    """Undo `share_between_workers`: this process counts in its own memory again."""
    os.environ.pop(FOLDER_VARIABLE, None)
    values.ValueClass = values.MutexValue
    metrics.cache_clear()
    take_place(-1)


def take_place(place: int) -> None:
    """Count from here on as the worker at `place`; no other running worker may stand there."""
    global _place  # noqa: PLW0603 - a process has one place
    _place = place


def watch_requests(app: Flask) -> None:
    """Count every request of `app`."""

    @app.before_request
    def begin() -> None:
        g.began = time.perf_counter()

    @app.after_request
    def end(response: Response) -> Response:
        seconds = time.perf_counter() - g.get("began", time.perf_counter())
        endpoint = request.endpoint or "none"
        method = request.method if request.method in _METHODS else "other"
        counted = metrics()
        counted.requests.labels(endpoint, method, str(response.status_code)).inc()
        counted.request_seconds.labels(endpoint).observe(seconds)
        return response


@blueprint.get("/metrics")
def show() -> Response:
    settings: Settings = current_app.extensions["backbot.settings"]
    if not may_read(settings.metrics_token):
        raise RequestError(
            "The metrics are for the owner: ask from the server itself, or with the token.",
            status=403,
            code="forbidden",
        )
    response = Response(exposition(current_app.extensions["backbot"]))
    response.headers["Content-Type"] = CONTENT_TYPE_LATEST
    response.headers["Cache-Control"] = "no-store"
    return response


def may_read(token: str | None) -> bool:
    """Tell whether this request comes with the token or, where none is set, from this machine."""
    if token is not None:
        given = request.headers.get("Authorization", "")
        return hmac.compare_digest(given.encode(), f"Bearer {token}".encode())
    if any(name in request.headers for name in _FORWARDED):
        return False
    try:
        return ipaddress.ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False


def exposition(holder: Holder) -> bytes:
    """Return all numbers of all workers as Prometheus text."""
    registry = metrics().registry
    if folder := os.environ.get(FOLDER_VARIABLE):
        registry = CollectorRegistry()
        MultiProcessCollector(registry, folder)  # type: ignore[no-untyped-call]
    served = CollectorRegistry()
    served.register(_Served(holder))
    return generate_latest(registry) + generate_latest(served)


class _Served(Collector):
    """Which index the worker that is asked answers from."""

    def __init__(self, holder: Holder) -> None:
        self._holder = holder

    def collect(self) -> Iterator[Metric]:
        index = self._holder.served_index()
        info = GaugeMetricFamily(
            "backbot_index_info", "The index that is answered from.", labels=["version"]
        )
        documents = GaugeMetricFamily("backbot_index_documents", "Documents of that index.")
        if index is not None:
            info.add_metric([index.version], 1)
            documents.add_metric([], index.counts.documents)
        yield info
        yield documents
