"""A site by its address: through its REST API, a feed, a sitemap, or from link to link."""

import re
from collections import deque
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from protego import Protego

from backbot.corpus.ledger import same_place
from backbot.corpus.sources import Omission, Post, Reading
from backbot.corpus.sources.answers import (
    api_of,
    bare_host,
    is_local,
    json_of,
    kind_of,
    plain,
    prefix_of,
)
from backbot.corpus.sources.detect import Format, Opened
from backbot.corpus.sources.feed import parse_feed
from backbot.corpus.sources.fetch import (
    AGENT,
    MAX_LIST_BYTES,
    MAX_PAGE_BYTES,
    Answer,
    Fetcher,
)
from backbot.corpus.sources.files import decode, gunzip
from backbot.corpus.sources.markup import Element, parse
from backbot.corpus.sources.page import NotAnArticleError, links_of, read_page
from backbot.corpus.sources.pages import Pages
from backbot.corpus.sources.rest import is_rest, read_rest
from backbot.corpus.sources.xml import items_in, local_name
from backbot.errors import SourceError

DEFAULT_DELAY = 0.5
_MAX_ASKED_DELAY = 10.0
_MAX_SITEMAPS = 200
_PER_PAGE = 100
_SITEMAPS = ("/sitemap.xml", "/sitemap_index.xml", "/wp-sitemap.xml")
_NO_PAGE = re.compile(
    r"\.(?:jpe?g|png|gif|webp|svg|ico|css|js|json|xml|rss|atom|pdf|zip|gz|mp[34]|avi|mov|docx?|xlsx?|"
    r"woff2?|ttf|eot|txt)$",
    re.I,
)
# Pages of a blog that list or manage, and never are an article.
_NO_ARTICLE = re.compile(
    r"/(?:wp-admin|wp-login|wp-json|wp-content|wp-includes|xmlrpc|feed|comments/feed|category|tag|author|"
    r"page/\d+|search|cart|checkout|login|logout|register)(?:/|$|\.)|[?&](?:replytocom|s|share|print|"
    r"add-to-cart|orderby|amp)=",
    re.I,
)


@contextmanager
def opened_site(
    address: str,
    wanted: Format | None,
    include: Collection[str],
    *,
    cache: Path,
    delay: float | None,
    limit: int,
) -> Iterator[Opened]:
    """Give what is found at `address`, read as `wanted` or by the best way that the site offers.

    Answers are kept in the folder `cache` until the import is through. `delay` is the time between
    two requests, `limit` the most pages to read. Raises `SourceError` where nothing is to be had.
    """
    site = _Site(address, include, cache, delay, limit)
    try:
        yield site.open(wanted)
        site.pages.finish()
    finally:
        site.close()


class _Site:
    def __init__(
        self,
        address: str,
        include: Collection[str],
        cache: Path,
        delay: float | None,
        limit: int,
    ) -> None:
        self.address = plain(address)
        self._include = include
        self._limit = limit
        self._fetcher = Fetcher(self.address, DEFAULT_DELAY if delay is None else delay)
        parts = urlsplit(self.address)
        self.root = f"{parts.scheme}://{parts.netloc}"
        self.pages = Pages(cache, self.root, self._fetcher)
        self._robots: Protego | None = None
        self._asked_delay = delay
        self._hosts = {bare_host(parts.netloc)}

    def close(self) -> None:
        self._fetcher.close()
        self.pages.close()

    def open(self, wanted: Format | None) -> Opened:
        if wanted in ("archive", "qa-csv"):
            raise SourceError(
                f"{self.address} is a site; save the {wanted} as a file and name that."
            )
        self._read_robots()
        start = self._start()
        kind = kind_of(start)
        if kind == "feed":
            return self._open_feed(start)
        if kind == "json":
            return self._open_json(start)
        if kind == "sitemap":
            return self._open_pages(self._in_sitemap(start, set()), "")
        root = parse(decode(start.content, start.url, declared=start.charset))
        if wanted == "feed":
            return self._open_feed(self._feed_of(root, start.url))
        api = api_of(root, start)
        if wanted == "wordpress" or (api and wanted is None):
            found = self._open_api(
                api or urljoin(start.url, "/wp-json/"), needed=wanted is not None
            )
            if found is not None:
                return found
        prefix = prefix_of(start.url)
        listed = self._find_sitemap()
        if listed is not None:
            return self._open_pages(listed, prefix)
        return self._open_pages(None, prefix, start=start)

    # robots.txt and the first page

    def _read_robots(self) -> None:
        answer = self._fetcher.get(f"{self.root}/robots.txt", most=MAX_PAGE_BYTES)
        if answer.status >= 500:
            raise SourceError(
                f"{self.root}/robots.txt answers with {answer.status}, so it is not known what may "
                "be read; try again later."
            )
        text = decode(answer.content, answer.url) if answer.status == 200 else ""
        self._robots = Protego.parse(text)
        asked = self._robots.crawl_delay(AGENT)
        if asked and self._asked_delay is None:
            self._fetcher.delay = max(self._fetcher.delay, min(float(asked), _MAX_ASKED_DELAY))
        elif self._asked_delay is None and is_local(self.root):
            # There is nobody to be polite to on one's own machine.
            self._fetcher.delay = 0.0

    def _may(self, url: str) -> bool:
        return self._robots is None or self._robots.can_fetch(url, AGENT)

    def _start(self) -> Answer:
        if not self._may(self.address):
            raise SourceError(
                f"{self.address} must not be read by programs, says its robots.txt; allow it there "
                "for Backbot, or export the site instead."
            )
        answer = self.pages.get(self.address, most=MAX_LIST_BYTES)
        if answer.status != 200:
            raise SourceError(
                f"{self.address} answers with {answer.status}; check the address in a browser."
            )
        moved = urlsplit(answer.url)
        self._hosts.add(bare_host(moved.netloc))
        return answer

    # Feeds and the API

    def _open_feed(self, answer: Answer) -> Opened:
        reading = parse_feed(answer.content, answer.url, self._include, address=answer.url)
        return Opened("feed", reading)

    def _feed_of(self, root: Element, base: str) -> Answer:
        for link in root.iter("link"):
            kind = (link.get("type") or "").casefold()
            if "alternate" in (link.get("rel") or "") and ("rss" in kind or "atom" in kind):
                return self._need(urljoin(base, link.get("href") or ""))
        for path in ("/feed/", "/feed.xml", "/atom.xml", "/rss.xml", "/index.xml"):
            answer = self.pages.get(urljoin(base, path), most=MAX_LIST_BYTES)
            if answer.status == 200 and kind_of(answer) == "feed":
                return answer
        raise SourceError(f"{self.address} names no feed; name the feed's own address.")

    def _need(self, url: str) -> Answer:
        answer = self.pages.get(url, most=MAX_LIST_BYTES)
        if answer.status != 200:
            raise SourceError(
                f"{url} answers with {answer.status}; check the address in a browser."
            )
        return answer

    def _open_json(self, answer: Answer) -> Opened:
        value = json_of(answer)
        if is_rest(value):
            return Opened("wordpress", read_rest(value, self.root, self._include, complete=False))
        if isinstance(value, dict) and ("routes" in value or "namespaces" in value):
            found = self._open_api(answer.url, needed=True)
            if found is not None:
                return found
        raise SourceError(f"{self.address} holds no posts as the WordPress REST API gives them.")

    def _open_api(self, api: str, *, needed: bool) -> Opened | None:
        """Return what the REST API at `api` has; None where it says no and is not needed."""
        posts, whole = self._list(api, "posts", "&_embed=wp:term")
        if posts is None:
            if needed:
                raise SourceError(
                    f"{api} gives no posts; is this a WordPress site, and is its REST API open?"
                )
            return None
        pages, whole_pages = self._list(api, "pages", "")
        comments, whole_comments = self._list(api, "comments", "")
        records = [*posts, *(pages or []), *(comments or [])]
        complete = whole and whole_pages and pages is not None
        reading = read_rest(records, self.root, self._include, complete=complete)
        if comments is None or not whole_comments:
            reading.notes.append("The site does not give its comments, so no questions were taken.")
        return Opened("wordpress", reading)

    def _list(self, api: str, name: str, more: str) -> tuple[list[object] | None, bool]:
        """Return all records of one kind and whether they are all; None where there is no such."""
        records: list[object] = []
        number, last = 1, 1
        while number <= last:
            mark = "&" if "?" in api else "?"
            url = f"{api.rstrip('/')}/wp/v2/{name}{mark}per_page={_PER_PAGE}&page={number}{more}"
            try:
                answer = self.pages.get(url, most=MAX_LIST_BYTES)
            except SourceError:
                return (records, False) if number > 1 else (None, False)
            value = json_of(answer) if answer.status == 200 else None
            if not isinstance(value, list):
                return (records, False) if number > 1 else (None, False)
            records.extend(value)
            told = answer.headers.get("x-wp-totalpages", "")
            if told.isdigit():
                last = int(told)
            elif len(value) == _PER_PAGE:
                last = number + 1
            if len(records) >= self._limit:
                return records, number >= last
            number += 1
        return records, True

    # Pages

    def _find_sitemap(self) -> list[str] | None:
        """Return the pages in the site's sitemap, None where it has none."""
        named = list(self._robots.sitemaps) if self._robots else []
        for url in [*named, *(self.root + path for path in _SITEMAPS)]:
            full = urljoin(self.root, url)
            if bare_host(urlsplit(full).netloc) not in self._hosts:
                continue
            try:
                answer = self.pages.get(full, most=MAX_LIST_BYTES)
            except SourceError:
                continue
            if answer.status == 200 and kind_of(answer) == "sitemap":
                return self._in_sitemap(answer, set())
        return None

    def _in_sitemap(self, answer: Answer, seen: set[str]) -> list[str]:
        """Return the addresses in a sitemap and in those that it names."""
        seen.add(answer.url)
        content = answer.content
        if content.startswith(b"\x1f\x8b"):
            content = gunzip(content, MAX_LIST_BYTES, answer.url)
        urls: list[str] = []
        for element in items_in(content, answer.url, "url", "sitemap"):
            location = next(
                ((each.text or "").strip() for each in element if local_name(each) == "loc"), ""
            )
            location = urljoin(answer.url, location)
            if local_name(element) == "url":
                urls.append(location)
            elif (
                location not in seen
                and len(seen) < _MAX_SITEMAPS
                and bare_host(urlsplit(location).netloc) in self._hosts
            ):
                urls.extend(self._in_sitemap(self._need(location), seen))
        return urls

    def _open_pages(
        self, listed: list[str] | None, prefix: str, *, start: Answer | None = None
    ) -> Opened:
        reading = Reading(posts=(), origin=f"site:{bare_host(urlsplit(self.root).netloc)}")
        reading.complete = True
        reading.posts = self._posts(listed, prefix, start, reading)
        return Opened("html", reading)

    def _posts(
        self, listed: list[str] | None, prefix: str, start: Answer | None, reading: Reading
    ) -> Iterator[Post]:
        waiting = deque(dict.fromkeys(map(plain, listed or [])))
        if start is not None:
            waiting.append(plain(start.url))
        seen: set[str] = set(waiting)
        told: set[str] = set()
        read = 0
        while waiting:
            url = waiting.popleft()
            if reason := self._stays_out(url, prefix, listed is not None):
                reading.omissions.append(Omission(None, url, reason))
                reading.complete = reading.complete and "robots" not in reason
                continue
            if read >= self._limit:
                reading.complete = False
                reading.notes.append(
                    f"Reading ended after {read:,} pages; raise --limit to read more."
                )
                break
            read += 1
            answer = self._fetch(url, reading)
            if answer is None:
                continue
            if listed is None:
                for link in self._links(answer):
                    if link not in seen:
                        seen.add(link)
                        if not self._stays_out(link, prefix, listed=False):
                            waiting.append(link)
            yield from self._read(answer, told, reading, quiet=listed is None)
        reading.found["requests"] = self._fetcher.requests
        reading.found["not_modified"] = self.pages.unchanged
        reading.found["resumed"] = self.pages.resumed

    def _fetch(self, url: str, reading: Reading) -> Answer | None:
        try:
            answer = self.pages.get(url, most=MAX_PAGE_BYTES)
        except SourceError as error:
            reading.omissions.append(Omission(None, url, str(error).rstrip(".")))
            reading.complete = False
            return None
        if answer.status != 200:
            reading.omissions.append(Omission(None, url, f"answers with {answer.status}"))
            # What is not there has vanished; anything else says nothing about it.
            reading.complete = reading.complete and answer.status in (404, 410)
            return None
        if bare_host(urlsplit(answer.url).netloc) not in self._hosts:
            reading.omissions.append(Omission(None, url, "leads to another site"))
            return None
        return answer

    def _read(
        self, answer: Answer, told: set[str], reading: Reading, *, quiet: bool
    ) -> Iterator[Post]:
        kind = answer.headers.get("content-type", "text/html")
        if "html" not in kind and "xml" not in kind and not kind.startswith("text/plain"):
            reading.omissions.append(Omission(None, answer.url, f"is no page but {kind}"))
            return
        try:
            post = read_page(answer.content, answer.url, address=answer.url, charset=answer.charset)
        except (NotAnArticleError, SourceError) as error:
            reading.omissions.append(Omission(None, answer.url, str(error).rstrip(".")))
            return
        place = same_place(post.url) or answer.url
        if place in told:
            if not quiet:
                reading.omissions.append(Omission(None, answer.url, "is the same page as another"))
            return
        told.add(place)
        reading.found["items"] += 1
        reading.found["pages"] += 1
        yield post

    def _links(self, answer: Answer) -> list[str]:
        root = parse(decode(answer.content, answer.url, declared=answer.charset))
        return [plain(link) for link in links_of(root, answer.url)]

    def _stays_out(self, url: str, prefix: str, listed: bool) -> str | None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or bare_host(parts.netloc) not in self._hosts:
            return "is on another site"
        if prefix and not parts.path.startswith(prefix):
            return f"is not below {prefix}"
        if _NO_PAGE.search(parts.path):
            return "is no page"
        if not listed and _NO_ARTICLE.search(url):
            return "lists posts and is none itself"
        if not self._may(url):
            return "must not be read by programs, says robots.txt"
        return None
