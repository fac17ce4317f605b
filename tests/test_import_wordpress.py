"""`backbot import` of WordPress: exports of every version, the REST API's JSON, and comments."""

import datetime
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from backbot.cli import main
from backbot.corpus.files import read_corpus
from backbot.corpus.sources import Post, Reading
from backbot.corpus.sources.markup import parts_of, text_of
from backbot.corpus.sources.rest import read_rest, read_rest_file
from backbot.corpus.sources.shortcodes import without_shortcodes
from backbot.corpus.sources.wordpress import read_wxr
from backbot.errors import SourceError

SHARED = Path(__file__).parents[2] / "shared" / "data" / "wordpress_import"
# The manifest counts tags that read `<item>` and nothing else, which in every other file are all.
# Of this one's six items five name a namespace in their tag (`<item xmlns:alt="...">`). To an XML
# parser they are items like any other.
OTHERWISE_COUNTED = {"wxr/importer-namespace-edge-cases.xml": 6}


def item(title: str, content: str, *, more: str = "", status: str = "publish") -> str:
    return (
        f"<item><title>{title}</title><content:encoded><![CDATA[{content}]]></content:encoded>"
        f"<wp:status>{status}</wp:status>{more}</item>"
    )


def export(*items: str, version: str = "1.2", head: str = "") -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/" '
        'xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" '
        f'xmlns:wp="http://wordpress.org/export/{version}/"><channel><title>Backs</title>'
        f"<link>https://backs.example</link>{head}{''.join(items)}</channel></rss>"
    )


def read(tmp_path: Path, text: str, *include: str) -> tuple[list[Post], Reading]:
    path = tmp_path / "export.xml"
    path.write_text(text, encoding="utf-8")
    reading = read_wxr(path, include)
    return list(reading.posts), reading


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["import", *map(str, arguments)])


def comment(number: int, text: str, **fields: Any) -> str:
    given = {"author": "Sue", "approved": 1, "parent": 0, "user_id": 0} | fields
    inner = "".join(
        f"<wp:comment_{name}>{value}</wp:comment_{name}>" for name, value in given.items()
    )
    return (
        f"<wp:comment><wp:comment_id>{number}</wp:comment_id>{inner}"
        f"<wp:comment_content><![CDATA[{text}]]></wp:comment_content></wp:comment>"
    )


# Files that others wrote


def manifest() -> list[dict[str, Any]]:
    path = SHARED / "MANIFEST.json"
    if not path.exists():
        return []
    return [each for each in json.loads(path.read_text("utf-8")) if each["kind"] == "wxr"]


def test_the_shared_exports_are_there() -> None:
    if not manifest():
        pytest.skip(f"there are no exports at {SHARED}")
    assert len(manifest()) >= 37


@pytest.mark.parametrize("entry", manifest(), ids=lambda entry: Path(entry["file"]).stem)
def test_exports_of_others(entry: dict[str, Any], tmp_path: Path) -> None:
    result = run(SHARED / entry["file"], "--into", tmp_path / "corpus", "--json")
    if entry["note"]:
        assert result.exit_code == 2
        assert result.stderr.count("\n") == 1
        assert "not well-formed XML (line " in result.stderr
        assert not (tmp_path / "corpus").exists()
        return
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    found = report["found"]
    items = OTHERWISE_COUNTED.get(entry["file"], entry["items"])
    assert found.get("items", 0) == items
    for name in ("comments", "replies", "comments_by_site_user"):
        assert found.get(name, 0) == entry[name]
    assert len(report["documents"]) + len(report["left_out"]) >= items
    if report["documents"]:
        assert len(read_corpus(tmp_path / "corpus")) == len(report["documents"])


# Posts


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.2"])
def test_a_post_with_all_that_it_has(version: str, tmp_path: Path) -> None:
    more = (
        "<link>https://backs.example/knots/</link><wp:post_id>7</wp:post_id>"
        "<wp:post_type>post</wp:post_type><wp:post_date>2014-03-01 23:30:00</wp:post_date>"
        '<category domain="category" nicename="n">Necks &amp; backs</category>'
        '<category domain="post_tag" nicename="k">knots</category>'
        '<category domain="category" nicename="uncategorized">Uncategorized</category>'
    )
    (post,), reading = read(
        tmp_path,
        export(item("Why &amp;#8217;Knots&amp;#8217; Hurt", "One.", more=more), version=version),
    )
    assert post.title == "Why ’Knots’ Hurt"
    assert (post.url, post.key) == ("https://backs.example/knots/", "post:7")
    assert post.date == datetime.date(2014, 3, 1)
    assert post.tags == ("Necks & backs", "knots")
    assert reading.origin == "https://backs.example"


@pytest.mark.parametrize(
    ("post", "include", "reason"),
    [
        (item("A", "Text.", status="draft"), "draft", "a draft"),
        (item("A", "Text.", status="pending"), "draft", "a draft"),
        (item("A", "Text.", status="future"), "draft", "not published yet"),
        (item("A", "Text.", status="private"), "private", "private"),
        (
            item("A", "Text.", more="<wp:post_password>x</wp:post_password>"),
            "protected",
            "protected by a password",
        ),
        (
            item("A", "Text.", more="<wp:post_type>recipe</wp:post_type>"),
            "recipe",
            "of the type recipe, which holds no article",
        ),
    ],
)
def test_what_stays_out_unless_asked_for(
    post: str, include: str, reason: str, tmp_path: Path
) -> None:
    posts, reading = read(tmp_path, export(post))
    assert posts == []
    assert [each.reason for each in reading.omissions] == [reason]
    assert len(read(tmp_path, export(post), include)[0]) == 1


def test_a_post_without_a_title_is_called_after_its_text(tmp_path: Path) -> None:
    (post,), reading = read(
        tmp_path, export(item("", "Walk a little every day, and then some more."))
    )
    assert post.title == "Walk a little every day, and then some …"
    assert len(reading.notes) == 1


def test_what_xml_forbids_is_read_as_spaces(tmp_path: Path) -> None:
    (post,), reading = read(tmp_path, "\n \n" + export(item("A", "One\x0btwo.\x01")))
    assert post.parts[0].lines == ("One two.",)
    assert reading.notes == ["2 control characters, which XML forbids, were read as spaces."]


# Markup


def kinds(markup: str, **how: bool) -> list[tuple[str, str]]:
    return [(part.kind, "\n".join(part.lines)) for part in parts_of(markup, **how)]


def test_block_markup() -> None:
    markup = (
        '<!-- wp:heading {"level":3} --><h3>Ease it</h3><!-- /wp:heading -->\n'
        "<!-- wp:paragraph --><p>Heat <em>helps</em>,<br>truly.</p><!-- /wp:paragraph -->\n"
        '<!-- wp:list {"ordered":true} --><ol start="3"><li>Lie down<ul><li>flat</li></ul></li>'
        "<li>Breathe</li></ol><!-- /wp:list -->"
        "<!-- wp:quote --><blockquote><p>It went.</p><cite>Ann</cite></blockquote><!-- /wp:quote "
        "-->"
        "<!-- wp:table --><table><tr><th>Day</th><th>Steps</th></tr><tr><td>1</td><td>300</td></tr>"
        "</table><!-- /wp:table -->"
    )
    assert kinds(markup) == [
        ("heading", "Ease it"),
        ("paragraph", "Heat helps,\ntruly."),
        ("item", "Lie down"),
        ("item", "flat"),
        ("item", "Breathe"),
        ("quote", "It went."),
        ("quote", "Ann"),
        ("item", "Day | Steps"),
        ("item", "1 | 300"),
    ]
    assert [part.number for part in parts_of(markup) if part.kind == "item"][:3] == [3, None, 4]


def test_classic_markup_breaks_where_it_was_typed() -> None:
    markup = (
        "First line\nsecond line\n\nNext <b>one</b>.\n\n<ul>\n<li>A</li>\n<li>B</li>\n</ul>\nEnd"
    )
    assert kinds(markup, line_breaks=True) == [
        ("paragraph", "First line\nsecond line"),
        ("paragraph", "Next one."),
        ("item", "A"),
        ("item", "B"),
        ("paragraph", "End"),
    ]


def test_what_nobody_sees_is_no_text() -> None:
    markup = (
        "<p>Seen\u200b\u00ad</p><p style='display: none'>a</p><p hidden>b</p><script>c</script>"
        "<style>d</style><svg><text>e</text></svg><form><input value=f></form><p>\u200b</p>"
    )
    assert kinds(markup) == [("paragraph", "Seen")]


def test_a_table_that_only_places_blocks_is_no_data() -> None:
    markup = "<table><tr><td><h2>A</h2><p>b</p></td><td><p>c</p></td></tr></table>"
    assert kinds(markup) == [("heading", "A"), ("paragraph", "b"), ("paragraph", "c")]


@pytest.mark.parametrize(
    ("content", "left"),
    [
        ('[gallery ids="1,2"]A', "A"),
        ("[caption id=x]<img> A view[/caption] B", "<img> A view B"),
        ("[box]Keep this[/box]", "Keep this"),
        ("[embed]https://a.b/c[/embed]A", "A"),
        ("as he said [sic], see [1] and [a b]", "as he said [sic], see [1] and [a b]"),
        ("[[gallery]] shows pictures", "[gallery] shows pictures"),
        ("<!-- wp:shortcode -->[anything]<!-- /wp:shortcode -->A", "A"),
    ],
)
def test_shortcodes(content: str, left: str) -> None:
    assert without_shortcodes(content) == left


def test_names_in_html() -> None:
    assert text_of("It&#8217;s <b>so</b> &amp;\n new\u202e") == "It’s so & new"


# Comments


ASKED = (
    "Hi Kathryn, I am Sue from Ohio. Does walking help with a neck knot after a long day?\n\nSue"
)
ANSWERED = (
    "Hi Sue! Yes, walking with loose shoulders helps most people, because it moves the muscles "
    "between the shoulder blades. Start with ten minutes."
)
HEAD = "<wp:author><wp:author_id>1</wp:author_id><wp:author_login>k</wp:author_login></wp:author>"
PLACE = "<link>https://backs.example/knots/</link><wp:post_id>7</wp:post_id>"


def test_a_comment_that_asks_and_its_answer_become_a_question(tmp_path: Path) -> None:
    comments = (
        comment(1, ASKED, author="Sue Miller", author_email="sue.miller@x.example")
        + comment(2, ANSWERED, author="Kathryn", user_id=1, parent=1)
        + comment(3, "Thanks, that is great!", author="Bob")
    )
    text = export(item("Knots", "About knots.", more=PLACE + comments), head=HEAD)
    (article, question), reading = read(tmp_path, text)
    assert question.title == "Does walking help with a neck knot after a long day?"
    assert question.kind == "question"
    assert (question.from_, question.hidden) == ("reader", False)
    assert question.url == "https://backs.example/knots/#comment-1"
    assert question.about == article.key
    said = f"{question.question} {question.parts}"
    assert not any(name in said for name in ("Sue", "Miller", "Ohio", "Kathryn", "sue.miller"))
    assert question.parts[0].lines[0].startswith("Yes, walking with loose shoulders")
    assert reading.comments == {"questions": 1, "asks nothing": 1}


@pytest.mark.parametrize(
    ("comments", "became"),
    [
        (comment(1, "Thank you so much for this!"), "asks nothing"),
        (comment(1, "How are you?"), "asks nothing"),
        (comment(1, ASKED, approved=0), "not approved"),
        (comment(1, ASKED, approved="spam"), "not approved"),
        (comment(1, ASKED, type="pingback"), "a link from another site"),
        (comment(1, ASKED + " http://a.b http://c.d"), "several links, as in spam"),
        (comment(1, ASKED), "a question without an answer by the author"),
        (
            # Somebody who only calls himself like the author is not the author.
            comment(1, ASKED) + comment(2, ANSWERED, author="Kathryn", parent=1),
            "a question without an answer by the author",
        ),
        (
            comment(1, ASKED) + comment(2, "Hi Sue, thanks!", user_id=1, parent=1),
            "a question without an answer by the author",
        ),
    ],
)
def test_comments_that_are_no_answered_question(comments: str, became: str, tmp_path: Path) -> None:
    text = export(item("Knots", "About knots.", more=PLACE + comments), head=HEAD)
    posts, reading = read(tmp_path, text)
    assert len(posts) == 1
    assert became in reading.comments


@pytest.mark.parametrize(
    ("asked", "answered", "parent"),
    [
        (ASKED, ANSWERED, 0),  # nothing says that it is a reply to this comment
        (ASKED, "Does it hurt when you turn your head to the left or to the right side?", 1),
        (ASKED, "Yes, it does help most people.", 1),
        ("Does the Blinkmeyer way help with a knot in the neck?", ANSWERED, 1),
    ],
)
def test_what_is_in_doubt_waits_for_the_owner(
    asked: str, answered: str, parent: int, tmp_path: Path
) -> None:
    comments = comment(1, asked) + comment(2, answered, user_id=1, parent=parent)
    text = export(item("Knots", "About knots.", more=PLACE + comments), head=HEAD)
    posts, _ = read(tmp_path, text)
    assert [post.hidden for post in posts] == [False, True]


def test_a_draft_is_accepted_by_deleting_a_line(tmp_path: Path) -> None:
    comments = comment(1, ASKED) + comment(2, ANSWERED, user_id=1)
    path = tmp_path / "export.xml"
    path.write_text(
        export(item("Knots", "About knots.", more=PLACE + comments), head=HEAD), "utf-8"
    )
    result = run(path, "--into", tmp_path / "corpus")
    assert "wait for you" in " ".join(result.output.split())
    (question,) = (tmp_path / "corpus" / "questions").iterdir()
    text = question.read_text("utf-8")
    assert "hidden: true" in text
    assert "article: knots" in text
    question.write_text(text.replace("hidden: true\n", ""), "utf-8")
    run(path, "--into", tmp_path / "corpus")
    assert "hidden" not in question.read_text("utf-8")
    assert len(read_corpus(tmp_path / "corpus")) == 2


# REST


def rest_post(number: int, **more: Any) -> dict[str, Any]:
    return {
        "id": number,
        "type": "post",
        "status": "publish",
        "slug": "a",
        "date": "2020-01-02T10:00:00",
        "link": f"https://backs.example/{number}/",
        "title": {"rendered": "Why &amp; how"},
        "content": {"rendered": "<p>Text.</p>", "protected": False},
        "author": 1,
        **more,
    }


def test_rest_records_in_any_wrapping() -> None:
    terms = [{"id": 3, "taxonomy": "category", "name": "Necks"}]
    replies = [
        {"id": 8, "post": 1, "parent": 0, "author": 0, "content": {"rendered": ASKED}},
        {"id": 9, "post": 1, "parent": 8, "author": 1, "content": {"rendered": ANSWERED}},
    ]
    value = {"posts": [rest_post(1, categories=[3])], "terms": terms, "comments": replies}
    reading = read_rest(value, "x", complete=True)
    article, question = reading.posts
    assert (article.title, article.tags) == ("Why & how", ("Necks",))
    assert article.date == datetime.date(2020, 1, 2)
    assert (question.kind, question.about) == ("question", "post:1")
    assert reading.found["replies"] == 1


def test_rest_leaves_out_what_is_not_public() -> None:
    value = [
        rest_post(1, status="draft"),
        rest_post(2, content={"rendered": "", "protected": True}),
        rest_post(3, content={"rendered": " "}),
    ]
    reading = read_rest(value, "x", complete=True)
    assert list(reading.posts) == []
    assert [each.reason for each in reading.omissions] == [
        "a draft",
        "protected by a password",
        "a post without any text",
    ]


def test_saved_json_that_is_no_rest(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"a": 1}', "utf-8")
    with pytest.raises(SourceError, match="REST"):
        read_rest_file(tmp_path / "a.json")
