"""A small site on loopback, for tests of what reads one: pages, sitemap, feed and REST API."""

import hashlib
import html
import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit


class Article(NamedTuple):
    """One article: `body` is HTML."""

    slug: str
    title: str
    body: str
    day: str = "2020-01-02"

    @property
    def number(self) -> int:
        """The number that WordPress knows it by."""
        return int(hashlib.sha256(self.slug.encode()).hexdigest()[:6], 16)


class Site:
    """Serves `articles` with menus and footers around them, and notes what is asked for."""

    def __init__(self, articles: list[Article]) -> None:
        self.articles = articles
        self.robots = ""
        self.asked: list[str] = []
        self.statuses: Counter[int] = Counter()
        # Answers that a test puts in the place of the site's own, by path.
        self.answers: dict[str, Callable[[BaseHTTPRequestHandler], None]] = {}
        self.rest = False
        self.url = ""

    def page(self, article: Article) -> str:
        menu = "".join(
            f'<li><a href="/{each.slug}/">{html.escape(each.title)}</a></li>'
            for each in self.articles[:20]
        )
        return (
            f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
            f"<title>{html.escape(article.title)} | The Back Page</title>"
            f'<link rel="canonical" href="{self.url}/{article.slug}/">'
            f'<meta property="article:published_time" content="{article.day}T08:00:00+00:00">'
            f'</head><body class="single"><nav><ul>{menu}</ul></nav><main><article>'
            f'<h1>{html.escape(article.title)}</h1><div class="entry-content">{article.body}</div>'
            f'</article></main><aside class="sidebar"><h2>Related posts</h2><ul>{menu}</ul></aside>'
            f"<footer><p>© The Back Page. All rights reserved. Subscribe to our "
            f"letters.</p></footer>"
            f"</body></html>"
        )

    def home(self) -> str:
        links = "".join(
            f'<li><a href="/{each.slug}/">{html.escape(each.title)}</a></li>'
            for each in self.articles
        )
        api = f'<link rel="https://api.w.org/" href="{self.url}/wp-json/">' if self.rest else ""
        return (
            f"<!DOCTYPE html><html><head><title>The Back Page</title>{api}"
            f'<link rel="alternate" type="application/rss+xml" href="/feed/"></head>'
            f'<body class="home blog"><ul>{links}</ul></body></html>'
        )

    def sitemap(self) -> str:
        urls = "".join(f"<url><loc>{self.url}/{a.slug}/</loc></url>" for a in self.articles)
        space = "http://www.sitemaps.org/schemas/sitemap/0.9"
        return f'<?xml version="1.0" encoding="UTF-8"?><urlset xmlns="{space}">{urls}</urlset>'

    def feed(self) -> str:
        items = "".join(
            f"<item><title>{html.escape(a.title)}</title><link>{self.url}/{a.slug}/</link>"
            f"<guid>{self.url}/?p={a.number}</guid>"
            f"<pubDate>{format_datetime(datetime.fromisoformat(a.day).replace(tzinfo=UTC))}</pubDate>"
            f"<content:encoded><![CDATA[{a.body}]]></content:encoded></item>"
            for a in self.articles
        )
        return (
            '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" '
            'xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>'
            f"<title>The Back Page</title><link>{self.url}</link>{items}</channel></rss>"
        )

    def posts(self, page: int, size: int) -> tuple[list[dict[str, object]], int]:
        found = [
            {
                "id": a.number,
                "type": "post",
                "status": "publish",
                "slug": a.slug,
                "date": f"{a.day}T08:00:00",
                "link": f"{self.url}/{a.slug}/",
                "title": {"rendered": html.escape(a.title)},
                "content": {"rendered": a.body, "protected": False},
                "author": 1,
            }
            for a in self.articles
        ]
        return found[(page - 1) * size : page * size], -(-len(found) // size)


def _handler(site: Site) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: object) -> None: ...

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            site.asked.append(self.path)
            if parts.path in site.answers:
                site.answers[parts.path](self)
                return
            by_path = {f"/{a.slug}/": a for a in site.articles}
            pages = {
                "/": ("text/html; charset=utf-8", site.home),
                "/sitemap.xml": ("application/xml", site.sitemap),
                "/feed/": ("application/rss+xml", site.feed),
                "/robots.txt": ("text/plain", lambda: site.robots),
            }
            if article := by_path.get(parts.path):
                self.reply("text/html; charset=utf-8", site.page(article))
            elif parts.path in pages:
                kind, make = pages[parts.path]
                self.reply(kind, make())
            elif parts.path.startswith("/wp-json/wp/v2/") and site.rest:
                asked = parse_qs(parts.query)
                listed, last = site.posts(int(asked["page"][0]), int(asked["per_page"][0]))
                if not parts.path.endswith("/posts"):
                    listed, last = [], 1
                self.reply("application/json", json.dumps(listed), {"X-WP-TotalPages": str(last)})
            else:
                self.reply("text/html", "<p>Not found</p>", status=404)

        def reply(
            self, kind: str, text: str, more: dict[str, str] | None = None, status: int = 200
        ) -> None:
            content = text.encode("utf-8")
            tag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
            if status == 200 and self.headers.get("If-None-Match") == tag:
                status, content = 304, b""
            site.statuses[status] += 1
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("ETag", tag)
            for name, value in (more or {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    return Handler


@contextmanager
def serving(site: Site) -> Iterator[Site]:
    """Serve `site` on loopback as long as the context is open; its `url` says where."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(site))
    server.daemon_threads = True
    site.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
