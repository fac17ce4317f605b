"""Sources made to harm: each is refused with one sentence, and nothing is written."""

import gzip
import os
import random
import socket
import stat
import threading
import time
import tracemalloc
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from backbot.cli import main
from backbot.corpus.document import is_document_id
from backbot.corpus.files import read_corpus
from backbot.corpus.sources import fetch, page, unpack, xml
from backbot.corpus.sources.fetch import Fetcher, RefusedError, is_public
from backbot.corpus.sources.wordpress import read_wxr
from backbot.corpus.writing import write_reading
from sites import Article, Site, serving

LONG = "Walking with loose shoulders moves the muscles between the shoulder blades. " * 6
WORDS = f"<p>{LONG}</p>"


def run(source: str | Path, folder: Path, *more: str) -> Result:
    return CliRunner().invoke(main, ["import", str(source), "--into", str(folder), *more])


def refused(result: Result, folder: Path, *words: str) -> None:
    """Hold a refusal to its form: status 2, one sentence, nothing written."""
    assert result.exit_code == 2, result.output
    assert result.stderr.count("\n") == 1
    assert result.stderr.startswith("Error: ")
    for word in words:
        assert word in result.stderr
    assert not folder.exists()


@pytest.fixture
def into(tmp_path: Path) -> Path:
    return tmp_path / "corpus"


# XML

DEFINED = "".join(f'<!ENTITY lol{n + 1} "{f"&lol{n or str()};" * 10}">' for n in range(9))
LAUGHS = f"""<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol">{DEFINED}]>
<rss version="2.0" xmlns:wp="http://wordpress.org/export/1.2/"><channel><item>
<title>&lol9;</title></item></channel></rss>"""
EXTERNAL = """<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>
<rss version="2.0" xmlns:wp="http://wordpress.org/export/1.2/"><channel><item>
<title>&x;</title></item></channel></rss>"""


@pytest.mark.parametrize("text", [LAUGHS, EXTERNAL])
@pytest.mark.parametrize("kind", ["wordpress", "feed"])
def test_entities_are_not_expanded(text: str, kind: str, tmp_path: Path, into: Path) -> None:
    path = tmp_path / "a.xml"
    path.write_text(text, "utf-8")
    refused(run(path, into, "--format", kind), into, "XML entities")


def test_an_export_that_breaks_off(tmp_path: Path, into: Path) -> None:
    path = tmp_path / "a.xml"
    for text in (LAUGHS.replace("lol", "").partition("<channel>")[0], "<rss><channel><item>"):
        path.write_text(text.replace("<!ENTITY", "<!ELEMENT"), "utf-8")
        assert run(path, into).exit_code == 2
        assert not into.exists()


def test_a_large_export_takes_little_memory(tmp_path: Path) -> None:
    head = '<rss xmlns:wp="http://wordpress.org/export/1.2/"><channel>'
    item = f"<item><title>A</title><junk>{'x' * 20_000}</junk></item>"
    path = tmp_path / "a.xml"
    path.write_text(head + item * 2_000 + "</channel></rss>", "utf-8")
    assert path.stat().st_size > 40_000_000
    tracemalloc.start()
    with xml.reading_items(path, "item") as items:
        assert sum(1 for _ in items) == 2_000
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4_000_000


def test_importing_a_large_export_takes_little_memory(tmp_path: Path, into: Path) -> None:
    head = '<rss xmlns:wp="http://wordpress.org/export/1.2/"><channel>'
    kept = (
        f"<item><title>Walk {{}}</title><description/><encoded><![CDATA[{WORDS}]]></encoded></item>"
    )
    kind = "<wp:post_type>revision</wp:post_type>"
    other = f"<item><title>A</title>{kind}<encoded>{'x' * 20_000}</encoded></item>"
    path = tmp_path / "a.xml"
    items = (other * 500 + kept.replace("{}", str(number)) for number in range(3))
    path.write_text(head + "".join(items) + "</channel></rss>", "utf-8")
    assert path.stat().st_size > 30_000_000
    tracemalloc.start()
    outcome = write_reading(read_wxr(path), into)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(outcome.written) == 3
    assert peak < 8_000_000


def test_one_element_without_end(
    tmp_path: Path, into: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(xml, "MAX_ITEM_BYTES", 1_000_000)
    path = tmp_path / "a.xml"
    head = '<rss xmlns:wp="http://wordpress.org/export/1.2/"><channel><item><title>'
    path.write_text(head + "x" * 3_000_000, "utf-8")
    refused(run(path, into), into, "item of more than")


# Sizes, encodings


@pytest.mark.parametrize("name", ["a.html", "a.json", "a.csv", "a.rss"])
def test_files_beyond_all_measure(
    name: str, tmp_path: Path, into: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from backbot.corpus.sources import feed, qa, rest

    for module, setting in (
        (page, "MAX_PAGE_BYTES"),
        (rest, "MAX_JSON_BYTES"),
        (qa, "MAX_QA_BYTES"),
        (feed, "MAX_FEED_BYTES"),
    ):
        monkeypatch.setattr(module, setting, 1 << 20)
    heads = {
        "a.html": "<html><body><p>",
        "a.json": '[{"question":"a","answer":"b"},"',
        "a.csv": "question,answer\nWhy?,",
        "a.rss": "<rss><channel><item><title>",
    }
    path = tmp_path / name
    with path.open("wb") as file:
        file.write(heads[name].encode())
        file.truncate(1 << 30)  # a file of 1 GB that takes no room
    before = tracemalloc.is_tracing()
    assert not before
    refused(run(path, into), into, "more than 1 MB")


def test_a_gzip_bomb(tmp_path: Path, into: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "MAX_PAGE_BYTES", 1 << 20)
    path = tmp_path / "a.html.gz"
    path.write_bytes(gzip.compress(b"<html><body>" + b"<p>a</p>" * 2_000_000))
    refused(run(path, into, "--format", "html"), into, "more than 1 MB")


@pytest.mark.parametrize(
    ("encoding", "declared"),
    [
        ("utf-16", ""),
        ("utf-8-sig", ""),
        ("cp1252", '<meta charset="iso-8859-1">'),
        ("cp1251", '<meta charset="windows-1251">'),
        ("cp1252", '<meta charset="utf-8">'),
        ("cp1252", '<meta charset="nonsense">'),
    ],
)
def test_pages_in_other_encodings(encoding: str, declared: str, tmp_path: Path, into: Path) -> None:
    word = "Плечи" if encoding == "cp1251" else "Café “knots”"
    path = tmp_path / "a.html"
    head = f"<head>{declared}<title>A Walk</title></head>"
    text = f"<html>{head}<body><article><p>{word}: {LONG}</p></article></body></html>"
    path.write_bytes(text.encode(encoding))
    assert run(path, into).exit_code == 0
    assert read_corpus(into)[0].text.startswith(word)


@pytest.mark.parametrize(
    "content",
    [b"\x7fELF" + bytes(4096), b"\x89PNG\r\n\x1a\n" + bytes(500), b"\x00"],
)
def test_what_is_no_text(content: bytes, tmp_path: Path, into: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(content)
    result = run(path, into)
    assert result.exit_code == 2
    assert not into.exists()


def test_noise_is_no_text_whatever_it_spells(tmp_path: Path, into: Path) -> None:
    path = tmp_path / "a"
    for seed in range(100):
        path.write_bytes(random.Random(seed).randbytes(4096))
        refused(run(path, into), into, "is not text")


def test_an_export_that_names_another_encoding_than_it_has(tmp_path: Path, into: Path) -> None:
    text = '<?xml version="1.0" encoding="{}"?><rss xmlns:wp="http://wordpress.org/export/1.2/">'
    path = tmp_path / "a.xml"
    path.write_bytes(
        text.format("UTF-8").encode() + b"<channel><title>\xff\xfe\xe9</title></channel></rss>"
    )
    refused(run(path, into), into)
    path.write_bytes(text.format("klingon").encode() + b"<channel></channel></rss>")
    refused(run(path, into), into)


# Archives and folders


def packed(path: Path, *members: tuple[str | zipfile.ZipInfo, str | bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return path


PAGE = f"<html><head><title>{{}}</title></head><body><article>{WORDS}</article></body></html>"


def test_a_zip_of_pages(tmp_path: Path, into: Path) -> None:
    path = packed(tmp_path / "a.zip", ("site/a.html", PAGE.format("One")), ("b/a.css", "a {}"))
    assert run(path, into).exit_code == 0
    assert [document.id for document in read_corpus(into)] == ["one"]


@pytest.mark.parametrize(
    "name", ["../out.html", "/etc/out.html", "a/../../out.html", "..\\out.html", "C:\\out.html"]
)
def test_a_zip_that_leads_elsewhere(name: str, tmp_path: Path, into: Path) -> None:
    path = packed(tmp_path / "a.zip", ("a.html", PAGE.format("One")), (name, PAGE.format("Two")))
    refused(run(path, into), into, "outside of itself")
    assert not (tmp_path / "out.html").exists()


def test_a_zip_with_a_link(tmp_path: Path, into: Path) -> None:
    link = zipfile.ZipInfo("a.html")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    refused(run(packed(tmp_path / "a.zip", (link, "/etc/passwd")), into), into, "holds a link")


def test_zip_bombs(tmp_path: Path, into: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = packed(tmp_path / "a.zip", ("a.html", b"a" * 50_000_000))
    refused(run(path, into), into, "unpacks to more")
    monkeypatch.setattr(unpack, "MAX_UNPACKED_BYTES", 100_000)
    path = packed(tmp_path / "b.zip", *((f"{n}.html", os.urandom(30_000)) for n in range(5)))
    refused(run(path, into), into, "unpacks to more")
    monkeypatch.setattr(unpack, "MAX_FILES", 3)
    refused(run(path, into), into, "more than 3 files")
    (tmp_path / "c.zip").write_bytes(b"PK\x03\x04 and nothing more")
    refused(run(tmp_path / "c.zip", into), into, "not a ZIP archive")


def test_links_in_a_folder_are_not_followed(tmp_path: Path, into: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.html").write_text(PAGE.format("Secret"), "utf-8")
    site = tmp_path / "site"
    site.mkdir()
    (site / "a.html").write_text(PAGE.format("One"), "utf-8")
    (site / "link.html").symlink_to(outside / "secret.html")
    (site / "loop").symlink_to(site)
    (site / "away").symlink_to(outside)
    os.mkfifo(site / "pipe.html")
    result = run(site, into)
    assert result.exit_code == 0, result.output
    assert [document.id for document in read_corpus(into)] == ["one"]
    assert "a link, which is not followed" in result.output


def test_names_of_files_and_titles(tmp_path: Path, into: Path) -> None:
    site = tmp_path / "site"
    site.mkdir()
    names = ["...html", "a\x1b[31m\n.html", f"{'n' * 250}.html", "-rf.html", "CON.html", "é.html"]
    titles = ["..", "../../etc/passwd", "T" * 300, "\x1b[31m\x00 A", "con", "///", "🙂"]
    for number, name in enumerate(names):
        (site / name).write_text(
            PAGE.format(titles[number]).replace("<p>", f"<p>{number} "), "utf-8"
        )
    result = run(site, into)
    assert result.exit_code == 0, result.output
    assert "\x1b" not in result.output
    documents = read_corpus(into)
    assert len(documents) == len([name for name in names if not name.startswith(".")])
    assert all(is_document_id(document.id) for document in documents)
    assert {path.name for path in tmp_path.iterdir()} == {"site", "corpus"}


# Sites


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2606:4700::1111", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("::", False),
        ("fe80::1%eth0", False),
        ("fc00::1", False),
        ("::ffff:127.0.0.1", False),
        ("64:ff9b::7f00:1", False),
        ("2002:7f00:1::", False),
        ("nonsense", False),
    ],
)
def test_public_addresses(address: str, public: bool) -> None:
    assert is_public(address) is public


@pytest.fixture
def fetcher() -> Iterator[Fetcher]:
    made = Fetcher("http://127.0.0.1:1/", 0)
    yield made
    made.close()


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:2/",
        "http://localhost:9200/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://[::1]:80/",
        "http://[::ffff:10.0.0.1]/",
        "http://169.254.169.254/latest/meta-data/",
        "http://127.0.0.1:1@127.0.0.1:2/",
        "file:///etc/passwd",
        "gopher://127.0.0.1/",
        "http://127.0.0.1:99999/",
    ],
)
def test_other_private_addresses_are_not_asked(url: str, fetcher: Fetcher) -> None:
    with pytest.raises(RefusedError):
        fetcher.get(url)
    assert fetcher.requests == 0


def test_a_name_that_leads_to_a_private_address(
    fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, 80)) for ip in ("8.8.8.8", "10.0.0.1")
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    with pytest.raises(RefusedError, match="private network"):
        fetcher.get("http://rebound.example/")


def redirect(target: str):  # type: ignore[no-untyped-def]
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(302)
        handler.send_header("Location", target)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return answer


def test_redirects_to_private_addresses_and_in_circles(into: Path) -> None:
    site = Site([Article(f"a{n}", f"Title {n}", WORDS + f"<p>{n}</p>") for n in range(3)])
    secret = Site([])
    with serving(site), serving(secret):
        site.answers["/a1/"] = redirect(secret.url + "/")
        site.answers["/a2/"] = redirect("/a2/")
        result = run(site.url + "/sitemap.xml", into)
        assert result.exit_code == 0, result.output
        assert secret.asked == []
        said = " ".join(result.output.split())
        assert "is on a private network" in said
        assert "redirected again and again" in said
    assert [document.id for document in read_corpus(into)] == ["title-0"]


def test_sitemaps_that_name_other_hosts(into: Path) -> None:
    site, secret = Site([Article("a", "A", WORDS)]), Site([Article("b", "B", WORDS)])
    with serving(site), serving(secret):
        listed = site.sitemap().replace(
            "</urlset>", f"<url><loc>{secret.url}/b/</loc></url></urlset>"
        )
        site.answers["/sitemap.xml"] = lambda handler: handler.reply("application/xml", listed)  # type: ignore[attr-defined]
        assert run(site.url + "/sitemap.xml", into).exit_code == 0
        assert secret.asked == []


def endless(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", "text/html")
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    try:
        while True:
            handler.wfile.write(b"1000\r\n" + b"a" * 4096 + b"\r\n")
    except OSError:
        handler.close_connection = True


def test_an_answer_without_end(into: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backbot.corpus.sources.site.MAX_PAGE_BYTES", 1 << 20)
    monkeypatch.setattr("backbot.corpus.sources.site.MAX_LIST_BYTES", 1 << 20)
    site = Site([Article("a", "A", WORDS), Article("b", "B", WORDS)])
    with serving(site):
        site.answers["/b/"] = endless
        result = run(site.url + "/sitemap.xml", into)
        assert result.exit_code == 0, result.output
        assert "more than 1 MB" in " ".join(result.output.split())
        assert len(read_corpus(into)) == 1
        site.answers["/sitemap.xml"] = endless
        again = into.with_name("again")
        refused(run(site.url + "/sitemap.xml", again), again, "more than 1 MB")


def test_an_answer_that_drips(into: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "_MAX_SECONDS", 0.2)
    stop = threading.Event()

    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        try:
            while not stop.wait(0.02):
                handler.wfile.write(b"1\r\na\r\n")
        except OSError:
            handler.close_connection = True

    site = Site([])
    with serving(site):
        site.answers["/"] = drip
        refused(run(site.url, into), into, "does not come to an end")
        stop.set()


def test_a_packed_answer_is_counted_unpacked(into: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backbot.corpus.sources.site.MAX_LIST_BYTES", 1 << 20)
    bomb = gzip.compress(bytes(20_000_000))

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Encoding", "gzip")
        handler.send_header("Content-Length", str(len(bomb)))
        handler.end_headers()
        handler.wfile.write(bomb)

    site = Site([])
    with serving(site):
        site.answers["/"] = answer
        refused(run(site.url, into), into, "more than 1 MB")


def test_nobody_answers(into: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    refused(run(f"http://127.0.0.1:{port}/", into), into, "does not answer")
    refused(run("http://no-such-name.invalid/", into), into, "is not known")
