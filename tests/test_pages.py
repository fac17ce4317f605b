"""The pages as the server sends them: `/` and `/ask` answer, `/read` shows one document.

What readers type and what documents hold is text on every page, never markup.
"""

import datetime
import html
import re
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from backbot.chatbot import Trace
from backbot.corpus.document import Document
from backbot.corpus.files import read_document
from backbot.model import Citation, Excerpt, Kind, Reply, Section, SectionRole, Turn
from backbot.server.app import create_app
from backbot.server.languages import written_out
from backbot.server.pages import Piece, cut_blocks, page_address
from backbot.settings import Settings

FLAT_FEET = "do-flat-feet-cause-upper-back-pain"
HOSTILE = """<script>alert("x")</script> & <img src=x onerror=alert(1)> {{ 7 * 7 }}"""


@pytest.fixture(scope="session")
def site(index_root: Path) -> FlaskClient:
    """The pages over the starter corpus."""
    return create_app(Settings(index=str(index_root))).test_client()


class Shelf(msgspec.Struct, weakref=True):
    """Stands in for a chatbot and its index: some documents, and one reply to everything."""

    by_id: dict[str, Document]
    said: Reply | None = None
    closed: bool = False

    def chatbot(self) -> "Shelf":
        return self

    @property
    def index(self) -> "Shelf":
        return self

    def find_document(self, identifier: str) -> Document | None:
        return self.by_id.get(identifier)

    def suggestions(self) -> tuple[str, ...]:
        return ()

    @property
    def encoder(self) -> "Shelf":
        return self

    def explain(
        self, message: str, history: Sequence[Turn], *, closed: bool = False
    ) -> tuple[Reply, Trace]:
        assert self.said is not None
        return self.said, Trace()


def pages_over(*documents: Document, said: Reply | None = None) -> FlaskClient:
    app: Flask = create_app(Settings(index="nowhere", journal="off"))
    app.extensions["backbot"] = Shelf({each.id: each for each in documents}, said)
    return app.test_client()


def written(folder: Path, front: str, body: str, *, name: str = "a-post") -> Document:
    """The document that a corpus file with this front matter and body becomes."""
    path = folder / f"{name}.md"
    path.write_text(f"---\n{front}\n---\n\n{body}\n", encoding="utf-8")
    document = read_document(path, "question" if "question:" in front else "article")
    assert document is not None
    return document


def body_of(response: TestResponse) -> str:
    """What stands in <main>, tags and all, without the white space between them."""
    found = re.search(r"<main.*</main>", response.text, re.DOTALL)
    assert found is not None
    return re.sub(r">\s+<", "><", found.group())


def text_of(response: TestResponse) -> str:
    """What a reader sees in <main>."""
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", body_of(response)))).strip()


# /


def test_the_chat_page_works_before_any_script_does(site: FlaskClient) -> None:
    page = site.get("/")
    assert page.status_code == 200
    assert 'action="/ask" method="post"' in page.text
    assert page.text.count('class="chip"') == 4
    assert 'href="/ask?q=' in page.text


@pytest.mark.parametrize("path", ["/", "/ask", f"/read/{FLAT_FEET}", "/read/none"])
def test_every_page_says_what_it_is_and_whom_to_ring(site: FlaskClient, path: str) -> None:
    footer = site.get(path).text.partition("<footer")[2]
    for words in ("no medical advice", "keeps no conversation", "no cookie", "Show a doctor"):
        assert words in footer
    for number in ("112", "911", "999"):
        assert f'href="tel:{number}"' in footer


@pytest.mark.parametrize("path", ["/", "/ask?q=knots", f"/read/{FLAT_FEET}?at=0-9", "/read/none"])
def test_no_page_has_an_inline_script_or_style_or_asks_another_host(
    site: FlaskClient, path: str
) -> None:
    page = site.get(path).text
    data = r'type="application/json"'
    assert not re.search(rf"<style|\sstyle=|\son\w+=|<script(?![^>]*(?:\ssrc=|{data}))", page)
    assert not re.search(r'(?:src|<link[^>]*href)="(?!/static/)', page)
    assert "Set-Cookie" not in site.get(path).headers


# /ask


def test_a_question_in_the_address_is_answered_with_quotations(site: FlaskClient) -> None:
    page = site.get("/ask", query_string={"q": "do flat feet cause neck pain?"})
    assert page.status_code == 200
    assert page.headers["Cache-Control"] == "no-store"
    assert "<blockquote>" in body_of(page)
    assert f'href="/read/{FLAT_FEET}?at=' in body_of(page)
    assert "Do Flat Feet Cause Upper Back Pain?" in text_of(page)


def test_a_posted_question_gets_the_same_answer(site: FlaskClient) -> None:
    question = {"q": "do flat feet cause neck pain?"}
    asked, posted = site.get("/ask", query_string=question), site.post("/ask", data=question)
    assert body_of(asked) == body_of(posted)


def test_a_question_beyond_the_articles_is_refused_and_others_are_offered(
    site: FlaskClient,
) -> None:
    page = site.post("/ask", data={"q": "what is the capital of Portugal"})
    assert "The articles don’t cover that." in text_of(page)
    assert "<blockquote>" not in body_of(page)
    assert 'href="/ask?q=' in body_of(page)


def test_without_a_question_the_page_asks_for_one(site: FlaskClient) -> None:
    for path in ("/ask", "/ask?q=", "/ask?q=%20%0A"):
        page = site.get(path)
        assert page.status_code == 200
        assert "Questions to start with" in text_of(page)


def test_a_question_that_is_too_long_stays_in_the_form(site: FlaskClient) -> None:
    question = "knots " * 400
    page = site.post("/ask", data={"q": question})
    assert page.status_code == 400
    assert question in page.text
    assert "at most 2,000 characters" in text_of(page)


def test_what_the_reader_typed_is_shown_as_text(site: FlaskClient) -> None:
    for page in (
        site.post("/ask", data={"q": HOSTILE}),
        site.post("/ask", data={"q": f"</textarea>{HOSTILE}" * 50}),
    ):
        assert "{{ 7 * 7 }}" in text_of(page)
        assert not re.search(r"<script|<img|</textarea>\s*<script", body_of(page))


def test_the_question_is_kept_out_of_the_title(site: FlaskClient) -> None:
    page = site.get("/ask", query_string={"q": "do flat feet cause neck pain?"})
    assert "flat feet" not in page.text.partition("</title>")[0]


@pytest.mark.parametrize(
    ("address", "is_link"),
    [
        ("https://example.org/a", True),
        ("http://example.org/a", True),
        ("/read/a-post?at=0-4#excerpt", True),
        ("javascript:alert(1)", False),
        ("JavaScript:alert(1)", False),
        ("data:text/html,x", False),
        ("//example.org/a", False),
        ("/\\example.org/a", False),
        ("/\t/example.org/a", False),
        (" https://example.org/a", False),
        ("", False),
    ],
)
def test_only_the_web_and_this_site_become_links(address: str, is_link: bool) -> None:
    assert page_address(address) is is_link
    answer = body_of(pages_over(said=reply_citing(address)).post("/ask", data={"q": "why?"}))
    assert (f'href="{html.escape(address)}"' in answer) is is_link
    assert "A &lt;b&gt;title&lt;/b&gt;" in answer


def reply_citing(address: str) -> Reply:
    return Reply(
        id="one",
        kind=Kind.ANSWER,
        message="why?",
        understood_as="why?",
        sections=(
            Section(
                role=SectionRole.LEAD,
                heading="",
                excerpts=(Excerpt(text="Rest.", citation=1, start=0, end=5),),
            ),
        ),
        citations=(
            Citation(
                number=1,
                document="a-post",
                kind="article",
                from_=None,
                title="A <b>title</b>",
                url=address,
                date=None,
                reviewed=None,
                truncated=False,
                sha256="0" * 64,
            ),
        ),
        confidence=1.0,
        index="1",
        elapsed_ms=1.0,
    )


# /read


def test_a_document_is_read_with_its_title_and_blocks(tmp_path: Path) -> None:
    body = (
        "First.\n\n# Why\n\n- one\n- two\n  - three\n\n> said\n>\n> again\n\n#### How\n\n    code"
    )
    page = body_of(pages_over(written(tmp_path, "title: A post", body)).get("/read/a-post"))
    assert '<h1 lang="en" dir="auto">A post</h1>' in page
    assert page.index('<p dir="auto">First.</p>') < page.index('<h2 dir="auto">Why</h2>')
    assert (
        '<ul><li class="depth-1" dir="auto">one</li><li class="depth-1" dir="auto">two</li>'
        '<li class="depth-2" dir="auto">three</li></ul>'
    ) in page
    assert '<blockquote><p dir="auto">said</p><p dir="auto">again</p></blockquote>' in page
    assert '<pre dir="auto"><code>code</code></pre>' in page


def test_headings_leave_no_level_out(tmp_path: Path) -> None:
    document = written(tmp_path, "title: A post", "## One\n\n#### Two\n\n###### Three\n\ntext")
    levels = [block.level for block in cut_blocks(document, 0, 0) if block.kind == "heading"]
    assert levels == [2, 3, 4]


def test_the_words_that_a_citation_points_at_are_marked(tmp_path: Path) -> None:
    document = written(tmp_path, "title: A post", "One two.\n\nThree four.")
    page = body_of(pages_over(document).get("/read/a-post?at=4-15"))
    assert '<p dir="auto">One <mark id="excerpt">two.</mark></p>' in page
    assert '<p dir="auto"><mark>Three</mark> four.</p>' in page
    assert 'href="#excerpt"' in page


def test_marking_changes_no_character(tmp_path: Path) -> None:
    document = written(tmp_path, "title: A post", "One *two*.\n\n- three 🙂 four\n\n> five")
    plain = [block.pieces for block in cut_blocks(document, 0, 0)]
    for start in range(len(document.text)):
        for end in range(start + 1, len(document.text) + 1):
            pieces = [block.pieces for block in cut_blocks(document, start, end)]
            assert [joined(each) for each in pieces] == [joined(each) for each in plain]
            assert sum(piece.anchor for block in pieces for piece in block) <= 1


def joined(pieces: tuple[Piece, ...]) -> str:
    return "".join(piece.text for piece in pieces)


@pytest.mark.parametrize(
    "at", ["0-99999", "5-5", "9-2", "-1-4", "0-4-8", "a-b", "٣-٤", "0-", "", "1" * 400 + "-2"]
)
def test_a_span_that_the_document_does_not_have_marks_nothing(tmp_path: Path, at: str) -> None:
    document = written(tmp_path, "title: A post", "One two.")
    page = pages_over(document).get("/read/a-post", query_string={"at": at})
    assert page.status_code == 200
    assert "<mark" not in page.text
    assert "#excerpt" not in page.text


@pytest.mark.parametrize(
    "identifier", ["no-such-document", "UPPER", "a--b", "..", "%00", "a" * 300]
)
def test_an_unknown_document_is_not_found(site: FlaskClient, identifier: str) -> None:
    page = site.get(f"/read/{identifier}")
    assert page.status_code == 404
    assert 'href="/"' in body_of(page)
    assert identifier not in body_of(page)


def test_a_question_stands_before_its_answer(tmp_path: Path) -> None:
    front = "title: Clicks\nquestion: Why does it click?\nfrom: reader\ndate: 2014-03-01"
    page = text_of(pages_over(written(tmp_path, front, "It glides.")).get("/read/a-post"))
    parts = ("Reader question", "Clicks", "1 March 2014", "Why does it click?", "It glides.")
    assert sorted(parts, key=page.index) == list(parts)


def test_a_document_says_where_it_comes_from(tmp_path: Path) -> None:
    front = (
        "title: A post\nfrom: editor\ntruncated: true\nreviewed: 2020-12-24\n"
        "url: https://example.org/a-post"
    )
    page = pages_over(written(tmp_path, front, "Words.")).get("/read/a-post")
    assert "This is a starter text, written by the site’s editors." in text_of(page)
    assert "Only the opening of this post is here." in text_of(page)
    assert "Reviewed 24 December 2020" in text_of(page)
    assert 'href="https://example.org/a-post"' in body_of(page)


def test_a_plain_document_says_nothing_it_does_not_know(tmp_path: Path) -> None:
    page = text_of(pages_over(written(tmp_path, "title: A post", "Words.")).get("/read/a-post"))
    for words in ("starter", "opening", "Written", "Reviewed", "published", "quoted"):
        assert words not in page


def test_a_hostile_document_is_shown_as_text(tmp_path: Path) -> None:
    quoted = HOSTILE.replace("'", "''")
    front = f"title: '{quoted}'\nquestion: '{quoted}'"
    body = f"{HOSTILE}\n\n- {HOSTILE}\n\n## {HOSTILE}\n\n> {HOSTILE}\n\n```\n{HOSTILE}\n```"
    document = written(tmp_path, front, body)
    page = pages_over(document).get(f"/read/a-post?at=3-{len(document.text) - 3}")
    assert text_of(page).count('alert("x")') == 7
    assert not re.search(r"<script(?! type)|<img src=x", page.text)
    assert "49" not in body_of(page)


def test_dates_are_written_out() -> None:
    assert written_out(datetime.date(2014, 3, 1), "en") == "1 March 2014"
