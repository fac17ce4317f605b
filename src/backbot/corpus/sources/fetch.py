"""Fetching from a site: politely, within bounds, and from nowhere but where the owner sent us.

Only the host and port that the owner named may be on a private network. Every other address, one
that a redirect or a sitemap leads to, is looked up first, must be public, and is then connected to
as it was looked up, so that a name cannot change its mind in between.
"""

import ipaddress
import socket
import time
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit, urlunsplit

import httpx2

import backbot
from backbot.errors import SourceError

MAX_PAGE_BYTES = 16 * 1024 * 1024
MAX_LIST_BYTES = 64 * 1024 * 1024
AGENT = f"Backbot/{backbot.__version__} (import of one's own site)"
_MAX_REDIRECTS = 5
_MAX_SECONDS = 60.0
_TRIES = 3
_MAX_WAIT = 30.0
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_AGAIN = frozenset((429, 500, 502, 503, 504))


class RefusedError(SourceError):
    """An address that must not be asked, or an answer that must not be taken."""


class Answer(NamedTuple):
    """What a site answered: `url` is where it came from after redirects."""

    status: int
    url: str
    content: bytes
    headers: Mapping[str, str]

    @property
    def charset(self) -> str | None:
        """The encoding that the answer names."""
        for piece in self.headers.get("content-type", "").split(";")[1:]:
            name, _, value = piece.strip().partition("=")
            if name.casefold() == "charset":
                return value.strip("\"' ") or None
        return None


class Fetcher:
    """Asks a site for one thing after another, `delay` seconds apart."""

    def __init__(self, named: str, delay: float) -> None:
        parts = urlsplit(named)
        self._named = (_host(parts.hostname), _port(named))
        self.delay = delay
        self.requests = 0
        self._next = 0.0
        self._client = httpx2.Client(
            follow_redirects=False,
            trust_env=False,
            timeout=httpx2.Timeout(20.0, connect=10.0),
            headers={"user-agent": AGENT, "accept-encoding": "gzip, deflate"},
        )

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

    def get(
        self, url: str, *, most: int = MAX_PAGE_BYTES, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Return what is at `url`, redirects followed, in at most `most` bytes.

        Raises `RefusedError` for an address on a private network that was not named and for an
        answer without end, `SourceError` where nothing answers.
        """
        for _ in range(_MAX_REDIRECTS + 1):
            answer = self._patiently(url, most, headers or {})
            target = answer.headers.get("location")
            if answer.status not in (301, 302, 303, 307, 308) or not target:
                return answer
            url = urljoin(url, target)
        raise SourceError(f"{url} is redirected again and again; check the site.")

    def _patiently(self, url: str, most: int, headers: Mapping[str, str]) -> Answer:
        """Ask, and ask again where a site is busy or a line breaks, after as long as it says."""
        for turn in range(1, _TRIES + 1):
            self._wait()
            try:
                answer = self._once(url, most, headers)
            except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
                if turn == _TRIES:
                    raise SourceError(
                        f"{url} does not answer ({type(error).__name__}); check the address and "
                        "try again."
                    ) from None
                self._next = time.monotonic() + min(_MAX_WAIT, turn * max(self.delay, 0.2))
                continue
            if answer.status not in _AGAIN or turn == _TRIES:
                return answer
            self._next = time.monotonic() + _pause(answer, turn * max(self.delay, 0.2))
        raise AssertionError("the last turn returns or raises")

    def _wait(self) -> None:
        pause = self._next - time.monotonic()
        if pause > 0:
            time.sleep(pause)
        self._next = time.monotonic() + self.delay

    def _once(self, url: str, most: int, headers: Mapping[str, str]) -> Answer:
        target, host, name = self._checked(url)
        self.requests += 1
        request = self._client.build_request(
            "GET", target, headers={**headers, "host": host}, extensions={"sni_hostname": name}
        )
        until = time.monotonic() + _MAX_SECONDS
        response = self._client.send(request, stream=True)
        try:
            pieces: list[bytes] = []
            size = 0
            for piece in response.iter_bytes():
                size += len(piece)
                if size > most:
                    raise RefusedError(
                        f"{url} answers with more than {most // 2**20} MB, which no page has; it "
                        "was not read."
                    )
                if time.monotonic() > until:
                    raise RefusedError(f"{url} does not come to an end; it was not read.")
                pieces.append(piece)
        finally:
            response.close()
        fields = {key.lower(): value for key, value in response.headers.items()}
        return Answer(response.status_code, url, b"".join(pieces), fields)

    def _checked(self, url: str) -> tuple[str, str, str]:
        """Return `url` with the address that its host has, the host for the header, and its name.

        Raises `RefusedError` where it must not be asked.
        """
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise RefusedError(f"{url} is no address of a web page; it was not asked.")
        if parts.username or parts.password:
            raise RefusedError("An address with a name and password in it was not asked.")
        host, port = _host(parts.hostname), _port(url)
        found = _look_up(host, port)
        if not found:
            raise SourceError(f"{host} is not known; check the address.")
        address = found[0]
        if (host, port) != self._named and not all(map(is_public, found)):
            raise RefusedError(
                f"{parts.scheme}://{parts.netloc} is on a private network and not the site that "
                "was named; it was not asked."
            )
        shown = f"[{address}]" if ":" in address else address
        default = {"http": 80, "https": 443}[parts.scheme]
        place = shown if port == default else f"{shown}:{port}"
        bracketed = f"[{host}]" if ":" in host else host
        header = bracketed if port == default else f"{bracketed}:{port}"
        path = parts.path or "/"
        return urlunsplit((parts.scheme, place, path, parts.query, "")), header, host


def is_public(address: str) -> bool:
    """Tell whether an IP address is one of the public internet."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped or ip in _NAT64 or ip.sixtofour or ip.teredo:
            inner = ip.ipv4_mapped or ip.sixtofour or ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
            return not ip.teredo and is_public(str(inner))
        if ip.is_site_local:
            return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def _look_up(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return list(dict.fromkeys(str(each[4][0]) for each in found))


def _host(name: str | None) -> str:
    return (name or "").rstrip(".").casefold()


def _port(url: str) -> int:
    parts = urlsplit(url)
    try:
        return parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        raise RefusedError(f"{url} has a port that is none; it was not asked.") from None


def _pause(answer: Answer, otherwise: float) -> float:
    asked = answer.headers.get("retry-after", "")
    return min(_MAX_WAIT, float(asked)) if asked.isdigit() else min(_MAX_WAIT, otherwise)
