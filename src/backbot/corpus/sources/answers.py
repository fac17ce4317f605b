"""What a site's answers and addresses are."""

import re
from urllib.parse import urljoin, urlsplit, urlunsplit

import msgspec

from backbot.corpus.sources.fetch import MAX_LIST_BYTES, Answer, is_public
from backbot.corpus.sources.files import gunzip
from backbot.corpus.sources.markup import Element

API = "https://api.w.org/"


def kind_of(answer: Answer) -> str:
    """Return what a site answered with: `json`, `sitemap`, `feed` or `html`."""
    content = answer.content
    if content.startswith(b"\x1f\x8b"):
        content = gunzip(content, MAX_LIST_BYTES, answer.url)
    head = content[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
    if head[:1] in (b"{", b"["):
        return "json"
    bare = re.sub(rb"<!--.*?-->|<\?.*?\?>", b"", head, flags=re.S)
    found = re.match(rb"\s*<(?:\w+:)?(\w+)", bare)
    name = found.group(1).lower() if found else b""
    if name in (b"urlset", b"sitemapindex"):
        return "sitemap"
    return "feed" if name in (b"rss", b"feed", b"rdf") else "html"


def api_of(root: Element, answer: Answer) -> str | None:
    """Return the address of the WordPress REST API that a page names, None for none."""
    for link in root.iter("link"):
        if (link.get("rel") or "") == API:
            return str(urljoin(answer.url, link.get("href") or ""))
    found = re.search(rf'<([^>]+)>;\s*rel="{re.escape(API)}"', answer.headers.get("link", ""))
    return urljoin(answer.url, found.group(1)) if found else None


def json_of(answer: Answer) -> object:
    """Return the JSON that a site answered with, None where it is none."""
    try:
        return msgspec.json.decode(answer.content)
    except (msgspec.DecodeError, RecursionError):
        return None


def plain(url: str) -> str:
    """Return an address in the form in which it is asked for: no fragment, a path."""
    parts = urlsplit(url.strip())
    return urlunsplit((parts.scheme.casefold(), parts.netloc, parts.path or "/", parts.query, ""))


def bare_host(netloc: str) -> str:
    """Return a host and port as one site has them, with or without www."""
    return netloc.casefold().removeprefix("www.")


def prefix_of(url: str) -> str:
    """Return the path below which an address asks for pages."""
    path = urlsplit(url).path
    head, _, last = path.rpartition("/")
    if re.fullmatch(r"(?:index|default|home)\.\w+", last):
        return f"{head}/"
    return path if path != "/" else ""


def is_local(root: str) -> bool:
    """Tell whether a site is on this very machine."""
    host = urlsplit(root).hostname or ""
    return host in ("localhost", "::1") or (host.startswith("127.") and not is_public(host))
