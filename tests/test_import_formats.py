"""Feeds, pages, folders and tables: what each source is told by, and what is taken of it."""

import datetime
import json
import quopri
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from backbot.cli import main
from backbot.corpus.sources import Post, Reading
from backbot.corpus.sources.detect import format_of, opened
from backbot.corpus.sources.feed import parse_feed
from backbot.corpus.sources.page import NotAnArticleError, read_page
from backbot.corpus.sources.qa import read_qa
from backbot.errors import SourceError

SHARED = Path(__file__).parents[2] / "shared" / "data" / "wordpress_import"
LEAST_F1 = 0.93
LONG = "Walking with loose shoulders moves the muscles between the shoulder blades. " * 4


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["import", *map(str, arguments)])


def lines(post: Post) -> list[str]:
    return ["\n".join(part.lines) for part in post.parts]


# What a source is


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ('<?xml version="1.0"?><rss xmlns:wp="http://wordpress.org/export/1.2/">', "wordpress"),
        ("\n<!-- made by\n <rss> --><rss><channel><wp:wxr_version>1.0", "wordpress"),
        ('<rss version="2.0"><channel><title>A</title>', "feed"),
        ('<feed xmlns="http://www.w3.org/2005/Atom">', "feed"),
        ('<rdf:RDF xmlns:rdf="a" xmlns="http://purl.org/rss/1.0/">', "feed"),
        ("<!DOCTYPE html><html><head>", "html"),
        ("<article><p>Text</p></article>", "html"),
        ('[{"question": "Why?", "answer": "So."}]', "qa-csv"),
        ('{"question": "Why?", "answer": "So."}\n{"question": "How?", "answer": "So."}', "qa-csv"),
        (
            '[{"id": 1, "slug": "a", "title": {"rendered": "A"}, "content": {"rendered": "b"}}]',
            "wordpress",
        ),
        ("question,answer\nWhy?,So.", "qa-csv"),
        ("Question;Answer\nWhy?;So.", "qa-csv"),
        ("Category Archives: Necks\n\nWhy Necks Hurt\n\nThey do.\n", "archive"),
        ("A Title, With A Comma\n\nText.\n", "archive"),
    ],
)
def test_a_source_is_told_by_its_content(text: str, kind: str, tmp_path: Path) -> None:
    for name in ("a.txt", "a.html", "a.csv", "a"):
        path = tmp_path / name
        path.write_text(text, "utf-8")
        assert format_of(path) == kind


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<urlset><url/></urlset>", "a sitemap"),
        ("<opml><body/></opml>", "<opml>"),
        (" \n", "is empty"),
    ],
)
def test_sources_that_are_not_known(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    path.write_text(text, "utf-8")
    with pytest.raises(SourceError, match=said):
        format_of(path)


# Feeds


def feed(*items: str) -> Reading:
    head = '<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>'
    text = f"{head}<title>A</title><link>https://b.example/</link>{''.join(items)}</channel></rss>"
    return parse_feed(text.encode(), "feed.xml")


def entry(body: str, tag: str = "description") -> str:
    return (
        f"<item><title>Why &amp;amp; how</title><link>/why</link><{tag}><![CDATA[{body}]]></{tag}>"
        "<pubDate>Sat, 01 Mar 2014 08:00:00 +0000</pubDate><category>knots</category></item>"
    )


def test_a_feed_of_whole_posts() -> None:
    footer = "<p>The post <a>Why</a> appeared first on <a>Backs</a>.</p>"
    reading = feed(entry(f"<h2>So</h2><p>Because…</p>{footer}", "content:encoded"))
    (post,) = reading.posts
    assert (post.title, post.url) == ("Why & how", "https://b.example/why")
    assert (post.date, post.tags) == (datetime.date(2014, 3, 1), ("knots",))
    assert lines(post) == ["So", "Because…"]
    assert not post.truncated
    assert not reading.complete


@pytest.mark.parametrize(
    "end",
    [
        " [&#8230;]",
        "…",
        ' … <a href="/why">Continue reading <span>Why</span> →</a>',
        '</p><p><a href="/why">Read more</a>',
    ],
)
def test_a_feed_that_cuts_its_posts(end: str) -> None:
    (post,) = feed(entry(f"<p>Because of{end}</p>")).posts
    assert post.truncated
    assert lines(post)[0].startswith("Because of")
    assert "eading" not in lines(post)[-1]


def test_an_atom_feed_of_summaries() -> None:
    atom = (
        '<feed xmlns="http://www.w3.org/2005/Atom"><title>A</title><entry><title>B</title>'
        '<id>urn:b</id><updated>2020-01-02T00:00:00Z</updated><summary type="html">Short.</summary>'
        "</entry></feed>"
    )
    (post,) = parse_feed(atom.encode(), "a").posts
    assert (post.truncated, post.key, post.date) == (True, "post:urn:b", datetime.date(2020, 1, 2))


def test_a_feed_that_breaks_off() -> None:
    with pytest.raises(SourceError, match="cut off"):
        parse_feed(b"<rss><channel><item><title>A</title>", "feed.xml")


def blogger(kind: str, number: int, content: str, more: str = "") -> str:
    return (
        f"<entry><id>tag:blogger.com,1999:blog-1.post-{number}</id><title>Post {number}</title>"
        '<category scheme="http://schemas.google.com/g/2005#kind" '
        f'term="http://schemas.google.com/blogger/2008/kind#{kind}"/>'
        f"<published>2010-11-27T07:12:00-08:00</published>"
        f'<content type="html">{content}</content>'
        f"<author><name>K</name><uri>https://www.blogger.com/profile/1</uri></author>{more}</entry>"
    )


def test_a_blogger_export_with_comments() -> None:
    reply = '<thr:in-reply-to ref="tag:blogger.com,1999:blog-1.post-1"/>'
    asked = blogger("comment", 2, "Does walking help with a knot in the neck?", reply)
    asked = asked.replace("profile/1", "profile/2").replace("<name>K", "<name>Sue")
    answer = "Yes, walking with loose shoulders helps most people to ease a knot in the neck."
    xml = (
        '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:thr="http://purl.org/syndication/thread/1.0">'
        "<title>Backs</title>"
        + blogger("settings", 9, "yes")
        + blogger("post", 1, "&lt;p&gt;About knots.&lt;/p&gt;")
        + blogger("page", 4, "Secret.", "<app:control><app:draft>yes</app:draft></app:control>")
        + asked
        + blogger("comment", 3, answer, reply)
        + "</feed>"
    )
    reading = parse_feed(xml.encode(), "blog.xml")
    article, question = reading.posts
    assert article.parts[0].lines == ("About knots.",)
    assert (question.kind, question.hidden) == ("question", True)  # Blogger's are not threaded
    assert [each.reason for each in reading.omissions] == ["a draft"]
    assert reading.found["comments"] == 2
    assert reading.complete


@pytest.mark.parametrize(
    ("name", "posts"), [("blogger-export.atom.xml", 2), ("pelican-all.atom.xml", 12)]
)
def test_feeds_of_others(name: str, posts: int, tmp_path: Path) -> None:
    path = SHARED / "feeds" / name
    if not path.exists():
        pytest.skip(f"there is no feed at {path}")
    result = run(path, "--into", tmp_path / "corpus", "--json")
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    assert report["format"] == "feed"
    assert len(report["documents"]) == posts


# Pages


def page(body: str, head: str = "<title>Why Knots Hurt | Backs</title>", classes: str = "") -> Post:
    text = f'<!DOCTYPE html><html><head>{head}</head><body class="{classes}">{body}</body></html>'
    return read_page(text.encode(), "page.html")


MENU = "<nav><ul><li><a href=/>Home</a></li><li><a href=/about>About our shop</a></li></ul></nav>"
ARTICLE = (
    f"<article><h1>Why Knots Hurt</h1><p>{LONG}</p><h2>Step "
    f"1</h2><ol><li>Sit</li><li>Stand</li></ol>"
    f"<p>{LONG} Then rest.</p><figure><img><figcaption>A knot</figcaption></figure><p>{LONG} "
    f"Done.</p>"
    "<div class='sharedaddy'>Share on Facebook</div><div class='related-posts'><a>Another "
    "post</a></div>"
    "</article>"
)


def test_a_page_keeps_headings_lists_and_captions_and_no_furniture() -> None:
    head = (
        "<title>Why Knots Hurt | Backs</title><link rel=canonical href='https://b.example/knots'>"
        "<meta property='article:published_time' content='2014-03-01T08:00:00Z'>"
    )
    post = page(f"{MENU}{ARTICLE}<footer>All rights reserved by the shop</footer>", head)
    assert post.title == "Why Knots Hurt"
    assert post.url == "https://b.example/knots"
    assert post.date == datetime.date(2014, 3, 1)
    assert [part.kind for part in post.parts] == [
        *("paragraph", "heading", "item", "item", "paragraph", "paragraph", "paragraph"),
    ]
    assert lines(post)[1:4] == ["Step 1", "Sit", "Stand"]
    assert lines(post)[5] == "A knot"
    text = " ".join(lines(post))
    assert not any(word in text for word in ("Share", "Another post", "rights", "About our shop"))


@pytest.mark.parametrize(
    ("head", "body", "title"),
    [
        ("<title>Why Knots Hurt | Backs</title>", "<h1>Why Knots Hurt</h1>", "Why Knots Hurt"),
        ("<title>Backs: Why Knots Hurt</title>", "<h1><a href='/'>Backs</a></h1>", None),
        (
            "<meta property='og:title' content='Why Knots Hurt'><title>x</title>",
            "<h1>Backs</h1>",
            "Why Knots Hurt",
        ),
        (
            "<title>Why Knots Hurt - Backs</title><meta property='og:site_name' content='Backs'>",
            "",
            "Why Knots Hurt",
        ),
    ],
)
def test_titles_without_the_name_of_the_site(head: str, body: str, title: str | None) -> None:
    found = page(body + ARTICLE.replace("<h1>Why Knots Hurt</h1>", ""), head).title
    assert found == (title or "Backs: Why Knots Hurt")


@pytest.mark.parametrize(
    ("body", "classes", "reason"),
    [
        (ARTICLE, "archive category", "lists posts"),
        (ARTICLE, "error404", "was not found"),
        ("<article><h2><a href=/a>A</a></h2></article>" * 4, "", "lists posts"),
        ("<p>Hello.</p>", "", "too little text"),
        ("", "", "too little text"),
    ],
)
def test_pages_that_are_no_article(body: str, classes: str, reason: str) -> None:
    with pytest.raises(NotAnArticleError, match=reason):
        page(body, classes=classes)


def test_a_piece_of_a_page() -> None:
    post = read_page(f"<h1>Why Knots Hurt</h1><p>{LONG}</p>".encode(), "piece.html")
    assert post.title == "Why Knots Hurt"


def test_a_page_saved_as_one_file(tmp_path: Path) -> None:
    whole = f"<html><head><title>Knöts</title></head><body>{ARTICLE}</body></html>"
    path = tmp_path / "page.mhtml"
    path.write_bytes(
        b"From: <Saved by Blink>\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/related; boundary="xx"\r\n\r\n--xx\r\n'
        b"Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n"
        b"Content-Location: https://b.example/knots\r\n\r\n"
        + quopri.encodestring(whole.encode())
        + b"\r\n--xx--\r\n"
    )
    assert format_of(path) == "html"
    with opened(path, None) as found:
        (post,) = found.reading.posts
    assert (post.title, post.url) == ("Knöts", "https://b.example/knots")


def test_a_folder_of_pages(tmp_path: Path) -> None:
    site = tmp_path / "site"
    (site / "deep").mkdir(parents=True)
    whole = f"<html><head><title>Why Knots Hurt</title></head><body>{ARTICLE}</body></html>"
    (site / "a.html").write_text(whole, "utf-8")
    (site / "copy.html").write_text(whole, "utf-8")
    (site / "deep" / "b.htm").write_text(whole.replace("Knots", "Necks"), "utf-8")
    (site / "style.css").write_text("p { }", "utf-8")
    (site / "photo.jpg").write_bytes(bytes(range(256)) * 8)
    (site / "short.html").write_text("<html><body>Hi</body></html>", "utf-8")
    with opened(site, None) as found:
        posts = list(found.reading.posts)
    assert [post.title for post in posts] == ["Why Knots Hurt", "Why Necks Hurt"]
    assert [(each.text, each.reason) for each in found.reading.omissions] == [
        ("copy.html", "the same article as a.html"),
        ("short.html", "has too little text for an article (1 word)"),
    ]


def test_saved_pages_of_others() -> None:
    folder = SHARED / "html"
    if not folder.exists():
        pytest.skip(f"there are no saved pages at {folder}")
    import sys

    sys.path.insert(0, str(Path(__file__).parents[1] / "bench" / "quality"))
    from extraction import ours, text_of, token_f1

    scores = [
        token_f1(
            ours((each / "source.html").read_text("utf-8")),
            text_of((each / "expected.html").read_text("utf-8")),
        )
        for each in sorted(folder.iterdir())
    ]
    assert len(scores) == 9
    assert sum(scores) / len(scores) >= LEAST_F1


# Questions and answers


def qa(tmp_path: Path, text: str) -> tuple[list[Post], Reading]:
    path = tmp_path / "qa.csv"
    path.write_text(text, "utf-8")
    reading = read_qa(path)
    return list(reading.posts), reading


@pytest.mark.parametrize(
    "text",
    [
        "question,answer,tags\nWhy do knots hurt?,They do.,knots; necks\n",
        "\ufeffQ;A;Category\nWhy do knots hurt?;They do.;knots, necks\n",
        "Frage\tAntwort\tTags\nWhy do knots hurt?\tThey do.\tknots|necks\n",
        '[{"question": "Why do knots hurt?", "answer": "They do.", "tags": ["knots", "necks"]}]',
        '{"faqs": {"all": [{"q": "Why do knots hurt?", "a": "<p>They do.</p>", '
        '"tags": "knots,necks"}]}}',
        '{"question": "Why do knots hurt?", "answer": "They do.", "tags": ["knots", "necks"]}\n',
        '{"@type": "FAQPage", "mainEntity": [{"@type": "Question", "name": "Why do knots hurt?", '
        '"keywords": "knots,necks", "acceptedAnswer": {"@type": "Answer", "text": "They do."}}]}',
    ],
)
def test_tables_and_json_of_every_make(text: str, tmp_path: Path) -> None:
    (post,), reading = qa(tmp_path, text)
    assert (post.title, post.question) == ("Why do knots hurt?", "Why do knots hurt?")
    assert lines(post) == ["They do."]
    assert post.tags == ("knots", "necks")
    assert reading.found["questions"] == 1


def test_answers_of_several_paragraphs_and_lists(tmp_path: Path) -> None:
    (post,), _ = qa(
        tmp_path, 'question,answer\nWhy?,"One.\n\nFirst:\n1. Sit\n2. Stand\n- or not"\n'
    )
    assert [(part.kind, part.number) for part in post.parts] == [
        ("paragraph", None),
        ("paragraph", None),
        ("item", 1),
        ("item", 2),
        ("item", None),
    ]


def test_rows_that_are_left_out_are_named(tmp_path: Path) -> None:
    posts, reading = qa(tmp_path, "question,answer\nWhy?,So.\nHow?,\n,So.\nWhy?,So.\n")
    assert len(posts) == 1
    assert [(each.line, each.reason) for each in reading.omissions] == [
        (3, "has no answer"),
        (4, "has no question"),
        (5, "the same as line 2"),
    ]


def test_two_columns_without_a_header(tmp_path: Path) -> None:
    posts, _ = qa(tmp_path, "Why?,So.\nHow?,Thus.\n")
    assert [post.title for post in posts] == ["Why?", "How?"]


def test_a_table_of_something_else(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="`question` and `answer`"):
        qa(tmp_path, "name,price\nball,3\n")


def test_questions_become_files(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(
        "question,answer,from,date\nWhy do knots hurt?,They do.,reader,2020-01-02\n", "utf-8"
    )
    assert run(path, "--into", tmp_path / "corpus").exit_code == 0
    written = (tmp_path / "corpus" / "questions" / "why-do-knots-hurt.md").read_text("utf-8")
    assert written == (
        "---\ntitle: Why do knots hurt?\nquestion: Why do knots hurt?\nfrom: reader\n"
        "date: 2020-01-02\n---\n\nThey do.\n"
    )
