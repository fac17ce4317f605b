"""How often a visitor may ask: a limit for each address, counted in memory or in a Redis.

A visitor is an IPv4 address or the /64 network of an IPv6 address, which is what one household
gets. Behind a proxy all readers seem to come from the proxy, unless `trusted_proxies` says whose
`X-Forwarded-For` to believe; therefore the limit that holds where none is set holds only where
visitors can be told apart.
"""

import ipaddress
import logging
import math
import threading
import time
from collections.abc import Sequence

from flask import Flask, current_app, request
from limits import RateLimitItem, parse_many
from limits.errors import ConfigurationError, StorageError
from limits.storage import Storage, storage_from_string
from limits.strategies import FixedWindowRateLimiter

from backbot.errors import RequestError, SettingsError
from backbot.server.counters import SharedCounters
from backbot.settings import Settings

DEFAULT_LIMIT = "60/minute"
# How long, in seconds, to count here alone after a Redis has failed.
_RETRY_STORE_AFTER = 10.0
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
log = logging.getLogger("backbot.server")


class Limits:
    """The limit of one server. Without any, every visitor passes."""

    def __init__(self, settings: Settings) -> None:
        """Raises `SettingsError` for a store that cannot be used."""
        limit = settings.rate_limit or default_limit(settings)
        self._items: Sequence[RateLimitItem] = () if limit == "off" else parse_many(limit)
        self._own = FixedWindowRateLimiter(SharedCounters()) if self._items else None
        self._common: FixedWindowRateLimiter | None = None
        self._common_from = 0.0
        self._lock = threading.Lock()
        if self._items and settings.rate_limit_store != "memory":
            self._common = FixedWindowRateLimiter(_open_store(settings.rate_limit_store))

    def check(self, scope: str) -> None:
        """Count this request in `scope`; raises `RequestError` (429) when it is one too many."""
        if not self._items:
            return
        visitor = visitor_of(request.remote_addr or "")
        wait = 0.0
        for item in self._items:
            limiter = self._limiter()
            try:
                wait = max(wait, _wait(limiter, item, scope, visitor))
            except StorageError:
                wait = max(wait, _wait(self._fall_back(), item, scope, visitor))
        if wait:
            seconds = max(1, math.ceil(wait))
            raise RequestError(
                f"That was a lot in a short time; please try again in {seconds} seconds. "
                "In an emergency, ring your local emergency number.",
                status=429,
                code="too_many_requests",
                retry_after=seconds,
            )

    def _limiter(self) -> FixedWindowRateLimiter:
        if self._common is not None and time.monotonic() >= self._common_from:
            return self._common
        assert self._own is not None
        return self._own

    def _fall_back(self) -> FixedWindowRateLimiter:
        """Count here alone for a while: readers get answers whether or not the store does."""
        with self._lock:
            if time.monotonic() >= self._common_from:
                log.warning("The rate limit's store does not answer; visitors are counted here.")
            self._common_from = time.monotonic() + _RETRY_STORE_AFTER
        assert self._own is not None
        return self._own


def default_limit(settings: Settings) -> str:
    """Return the limit where none is set: none at all where all visitors look the same."""
    alone = settings.host in _LOOPBACK and not settings.trusted_proxies
    return "off" if alone else DEFAULT_LIMIT


def check_limit(scope: str) -> None:
    """Count the request of this context in `scope`; raises `RequestError` (429)."""
    limits: Limits = current_app.extensions["backbot.limits"]
    limits.check(scope)


def add_limits(app: Flask, settings: Settings) -> None:
    app.extensions["backbot.limits"] = Limits(settings)


def visitor_of(address: str) -> str:
    """Return who an address stands for: itself, or the /64 network of an IPv6 address."""
    try:
        parsed = ipaddress.ip_address(address.split("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


def _wait(limiter: FixedWindowRateLimiter, item: RateLimitItem, scope: str, visitor: str) -> float:
    """Return for how many seconds the visitor has to wait, 0 if not at all."""
    if limiter.hit(item, scope, visitor):
        return 0.0
    return max(0.001, limiter.get_window_stats(item, scope, visitor).reset_time - time.time())


def _open_store(address: str) -> Storage:
    try:
        store = storage_from_string(address, wrap_exceptions=True, socket_timeout=0.5)
    except ConfigurationError:
        raise SettingsError(
            "The setting `rate_limit_store` names a Redis, which needs one more package: "
            "pip install 'backbot[redis]'."
        ) from None
    assert isinstance(store, Storage)
    return store
