"""A site by its address: robots.txt, sitemap, feed, REST API and links, politely and resumable."""

import json
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from backbot.cli import main
from backbot.corpus.files import read_corpus
from backbot.corpus.sources.pages import Pages
from sites import Article, Site, serving

LONG = "Walking with loose shoulders moves the muscles between the shoulder blades. " * 4
ARTICLES = [
    Article(f"knots-{n}", f"Knots Of Kind {n}", f"<h2>Why</h2><p>{LONG}Kind {n}.</p>")
    for n in range(6)
]


def run(source: str, folder: Path, *more: str) -> Result:
    return CliRunner().invoke(main, ["import", source, "--into", str(folder), *more])


def report(source: str, folder: Path, *more: str) -> dict[str, Any]:
    result = run(source, folder, "--json", *more)
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


@pytest.fixture
def site() -> Iterator[Site]:
    with serving(Site(list(ARTICLES))) as made:
        yield made


def no_sitemap(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(404)
    handler.send_header("Content-Length", "0")
    handler.end_headers()


@pytest.mark.parametrize(
    ("way", "kind"),
    [("/sitemap.xml", "html"), ("", "html"), ("/feed/", "feed"), ("rest", "wordpress")],
)
def test_every_way_into_a_site_brings_the_same_words(
    way: str, kind: str, site: Site, tmp_path: Path
) -> None:
    site.rest = way == "rest"
    found = report(site.url + way.replace("rest", ""), tmp_path / "corpus")
    assert found["format"] == kind
    documents = read_corpus(tmp_path / "corpus")
    assert [document.title for document in documents] == [article.title for article in ARTICLES]
    assert documents[3].text == f"Why\n\n{LONG}Kind 3."
    assert documents[3].url == f"{site.url}/knots-3/"
    assert documents[3].date == "2020-01-02"


def test_from_link_to_link_where_there_is_no_sitemap(site: Site, tmp_path: Path) -> None:
    site.answers["/sitemap.xml"] = no_sitemap
    found = report(site.url, tmp_path / "corpus")
    assert len(found["documents"]) == 6
    assert found["complete"]


@pytest.mark.parametrize("way", ["/sitemap.xml", "rest"])
def test_a_site_that_changes(way: str, site: Site, tmp_path: Path) -> None:
    folder = tmp_path / "corpus"
    site.rest = way == "rest"
    source = site.url + way.replace("rest", "")
    report(source, folder)
    changed = ARTICLES[1]._replace(body=f"<p>{LONG}Changed.</p>")
    site.articles[:] = [
        ARTICLES[0],
        changed,
        *ARTICLES[3:],
        Article("new", "New", f"<p>{LONG}</p>"),
    ]
    found = report(source, folder)
    assert found["states"] == {"unchanged": 4, "updated": 1, "new": 1}
    assert found["vanished"] == ["knots-of-kind-2"]
    assert "Changed." in (folder / "articles" / "knots-of-kind-1.md").read_text("utf-8")


def test_what_has_not_changed_is_not_sent_again(site: Site, tmp_path: Path) -> None:
    report(site.url + "/sitemap.xml", tmp_path)
    site.statuses.clear()
    found = report(site.url + "/sitemap.xml", tmp_path)
    assert found["states"] == {"unchanged": 6}
    assert site.statuses == {304: 7, 200: 1}  # robots.txt is asked for anew


@pytest.mark.parametrize("after", range(1, 8))
def test_an_import_that_was_broken_off_goes_on(
    after: int, site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "corpus"
    saved = 0
    save = Pages._save

    def broken(self: Pages, url: str, answer: Any) -> None:
        nonlocal saved
        save(self, url, answer)
        saved += 1
        if saved == after:
            raise KeyboardInterrupt

    monkeypatch.setattr(Pages, "_save", broken)
    assert run(site.url + "/sitemap.xml", folder).exit_code == 130
    assert not (folder / "articles").exists()
    monkeypatch.undo()
    site.asked.clear()
    found = report(site.url + "/sitemap.xml", folder)
    assert found["states"] == {"new": 6}
    assert found["found"]["resumed"] == after
    assert (
        len(site.asked) == 8 - after
    )  # robots.txt, the sitemap and six pages, less what was there


def test_robots_are_heeded(site: Site, tmp_path: Path) -> None:
    site.robots = "User-agent: *\nDisallow: /knots-2/\nCrawl-delay: 0.01\n"
    found = report(site.url + "/sitemap.xml", tmp_path / "corpus")
    assert len(found["documents"]) == 5
    assert [each["reason"] for each in found["left_out"]] == [
        "must not be read by programs, says robots.txt"
    ]
    assert not any("knots-2" in path for path in site.asked)
    assert not found["complete"]
    site.robots = "User-agent: *\nDisallow: /\n"
    result = run(site.url, tmp_path / "none")
    assert result.exit_code == 2
    assert "robots.txt" in result.stderr
    assert not (tmp_path / "none").exists()


def test_a_page_that_fails_keeps_everything_from_being_called_vanished(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    report(site.url + "/sitemap.xml", tmp_path)
    del site.articles[0]

    def busy(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(503)
        handler.send_header("Retry-After", "1")
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    site.answers["/knots-3/"] = busy
    found = report(site.url + "/sitemap.xml", tmp_path)
    assert found["vanished"] == []
    assert site.asked.count("/knots-3/") == 1 + 3
    assert [each["reason"] for each in found["left_out"]] == ["answers with 503"]


def test_the_limit(site: Site, tmp_path: Path) -> None:
    found = report(site.url + "/sitemap.xml", tmp_path, "--limit", "2")
    assert len(found["documents"]) == 2
    assert not found["complete"]
    assert "--limit" in found["notes"][0]


def test_requests_keep_their_distance(site: Site, tmp_path: Path) -> None:
    started = time.monotonic()
    report(site.url + "/sitemap.xml", tmp_path, "--delay", "0.05")
    assert time.monotonic() - started > 7 * 0.05


def test_an_index_of_sitemaps(site: Site, tmp_path: Path) -> None:
    listed = f"<sitemapindex><sitemap><loc>{site.url}/one.xml</loc></sitemap></sitemapindex>"
    inner = site.sitemap()
    site.robots = f"Sitemap: {site.url}/all.xml\n"
    site.answers["/all.xml"] = lambda handler: handler.reply("text/xml", listed)  # type: ignore[attr-defined]
    site.answers["/one.xml"] = lambda handler: handler.reply("text/xml", inner)  # type: ignore[attr-defined]
    assert len(report(site.url, tmp_path)["documents"]) == 6


def test_below_a_path(site: Site, tmp_path: Path) -> None:
    found = report(site.url + "/knots-3/", tmp_path)
    assert [each["id"] for each in found["documents"]] == ["knots-of-kind-3"]


def test_a_store_that_is_none_is_made_anew(site: Site, tmp_path: Path) -> None:
    (tmp_path / ".crawl.sqlite").write_bytes(b"no database at all, but a text of some length")
    assert len(report(site.url + "/sitemap.xml", tmp_path)["documents"]) == 6
