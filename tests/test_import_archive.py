"""`backbot import` of a pasted category archive: every word of a post is kept, once, and whatever
is left out is named."""

import datetime
import errno
import json
import os
import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import frontmatter
import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from backbot.cli import main
from backbot.corpus.document import BlockKind, is_document_id
from backbot.corpus.files import read_corpus
from backbot.corpus.markdown import render
from backbot.corpus.sources import Imported, Omission, Part, Post
from backbot.corpus.sources.archive import parse_archive, read_archive
from backbot.corpus.writing import document_id, markdown, write_posts
from backbot.errors import SourceError, UsageError, WriteError

SEED = Path(__file__).parents[2] / "shared" / "seed" / "category-archive-upper-back-pain.txt"

SMALL = """\
Category Archives: Necks

Why Necks Hurt

Necks get tired.  They say so. 🙂

A tired neck.
A tired neck.

Now, when you Continue reading Why Necks Hurt


How To Rest A Neck

Lie down.
"""


def words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text)


def part_words(parts: Iterable[Part]) -> list[str]:
    found = []
    for part in parts:
        found += [str(part.number)] if part.number is not None else []
        found += [word for line in part.lines for word in words(line)]
    return found


def kinds(post: Post) -> list[str]:
    return [part.kind for part in post.parts]


def texts(post: Post) -> list[str]:
    return ["\n".join(part.lines) for part in post.parts]


def only(body: str) -> Post:
    (post,) = parse_archive(f"A Title\n\n{body}").posts
    return post


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["import", *map(str, arguments)])


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "archive.txt"
    path.write_text(SMALL, encoding="utf-8")
    return path


# The real archive


@pytest.fixture(scope="module")
def seed() -> Imported:
    if not SEED.exists():
        pytest.skip(f"the owner's archive is not at {SEED}")
    return read_archive(SEED)


def test_seed_posts_are_found_in_order(seed: Imported) -> None:
    assert [(post.title, post.truncated) for post in seed.posts] == [
        ("How To Walk To Help Get Rid Of Upper Back Pain", False),
        ("Let’s Get Rid Of The Knots In Your Upper Back", True),
        ("Do Knots In Your Upper Back Also Cause Headaches?", True),
        ("What’s The Most Common Cause Of Upper Back Pain?", False),
        ("Testimonial For Getting Rid Of Muscle Spasms In Your Shoulders Naturally", False),
        ("Do Flat Feet Cause Upper Back Pain?", True),
        ("Natural Relief For Knots In Your Shoulders", False),
        ("How To Get Rid Of Muscle Pain In Rhomboid", True),
        ("What Causes Muscle Pain Between Your Shoulder Blades?", True),
        ("How To Walk To Get Rid Of Upper Back Pain Naturally", True),
    ]


def test_seed_omissions_are_the_heading_the_caption_and_the_links(seed: Imported) -> None:
    assert [omission.line for omission in seed.omissions] == [1, 41, 56, 65, 150, 206, 221, 240]
    assert seed.omissions[1].text == "Get rid of muscles knots in your upper back naturally!"
    assert len(seed.notes) == 1
    assert "Line 144 " in seed.notes[0]


def test_seed_words_are_all_written_once(seed: Imported, tmp_path: Path) -> None:
    lines = SEED.read_text(encoding="utf-8").splitlines()
    for omission in seed.omissions:
        assert omission.line is not None
        line = lines[omission.line - 1]
        assert line.endswith(omission.text)
        lines[omission.line - 1] = line.removesuffix(omission.text)
    starts = [post.line for post in seed.posts if post.line]
    ends = [*(start - 1 for start in starts[1:]), len(lines)]
    for written, start, end in zip(write_posts(seed.posts, tmp_path), starts, ends, strict=True):
        front, body = frontmatter.parse(written.path.read_text(encoding="utf-8"))
        expected = words("\n".join(lines[start - 1 : end]))
        assert words(f"{front['title']}\n{body}") == expected
    assert all(not line.strip() for line in lines[: starts[0] - 1])


def test_seed_text_survives_to_the_character(seed: Imported, tmp_path: Path) -> None:
    written = write_posts(seed.posts, tmp_path)
    documents = {document.id: document for document in read_corpus(tmp_path)}
    assert len(documents) == 10
    for post, each in zip(seed.posts, written, strict=True):
        joins = [" " if part.wrapped else "\n" for part in post.parts]
        paragraphs = [join.join(part.lines) for join, part in zip(joins, post.parts, strict=True)]
        assert documents[each.id].text == "\n\n".join(paragraphs)
        assert documents[each.id].truncated is post.truncated
    walking = documents["how-to-walk-to-help-get-rid-of-upper-back-pain"].text
    assert "cause upper back pain and strain.\u00a0 Walking" in walking
    assert "“wrong”" in walking
    assert "shoulders. 🙂" in walking
    blades = documents["what-causes-muscle-pain-between-your-shoulder-blades"].text
    assert "is…in most cases…muscles?" in blades


def test_seed_lists_and_letter(seed: Imported, tmp_path: Path) -> None:
    write_posts(seed.posts, tmp_path)
    articles = tmp_path / "articles"
    knots = (articles / "lets-get-rid-of-the-knots-in-your-upper-back.md").read_text("utf-8")
    assert "\n- First, find the cause" in knots
    assert "\n1. Maybe you hold" in knots
    assert knots.endswith(
        "\n\n2. Or, your upper back and shoulder blade muscles are in spasm because\n"
    )
    relief = (articles / "natural-relief-for-knots-in-your-shoulders.md").read_text("utf-8")
    assert "\n- Do you slouch or slump?\n- Or do you always" in relief
    (quote,) = [part for part in seed.posts[4].parts if part.kind == "quote"]
    assert quote.lines[0].startswith("Dear Kathryn")
    assert quote.lines[-1] == "~Katie F."
    assert "time to time.\u00a0 =)" in quote.lines


# Titles


def test_small_archive() -> None:
    imported = parse_archive(SMALL)
    assert [post.title for post in imported.posts] == ["Why Necks Hurt", "How To Rest A Neck"]
    assert texts(imported.posts[0]) == [
        "Necks get tired.  They say so. 🙂",
        "A tired neck.",
        "Now, when you",
    ]
    assert [post.truncated for post in imported.posts] == [True, False]
    assert [post.line for post in imported.posts] == [3, 13]
    assert imported.omissions == (
        Omission(1, "Category Archives: Necks", "the archive’s own heading"),
        Omission(8, "A tired neck.", "repeats the line above it, as an image’s caption does"),
        Omission(
            10,
            "Continue reading Why Necks Hurt",
            "the archive’s link to the rest of the post",
        ),
    )
    assert imported.notes == ()


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_layout_does_not_hang_on_line_ends_or_on_what_empty_lines_hold(line_end: str) -> None:
    spaced = "\ufeff" + SMALL.replace("\n\n", "\n \t\u00a0\n").replace("\n", line_end)
    assert parse_archive(spaced) == parse_archive(SMALL)


def test_no_heading_is_needed() -> None:
    assert len(parse_archive(SMALL.split("\n", 2)[2]).posts) == 2


@pytest.mark.parametrize(
    "line",
    [
        "Your back hurts for a reason and sometimes that reason is as far away as your feet!",
        "Here it is:",
        "Rest. 🙂",
        "Are you a sloucher?",
        "• Lie Down",
        ">>Lie Down",
        "> Dear Kathryn",
        "1.  Lie Down",
        "🙂",
        "Two Lines\nTogether",
        "Long " * 40,
    ],
)
def test_two_empty_lines_inside_a_post_do_not_end_it(line: str) -> None:
    imported = parse_archive(f"A Title\n\nText.\n\n\n{line}\n\nMore text.\n")
    assert [post.title for post in imported.posts] == ["A Title"]
    assert words(line) == part_words(imported.posts[0].parts)[1:-2]
    assert len(imported.notes) == 1


@pytest.mark.parametrize(
    "title",
    [
        "Knots",
        "What’s The Cause?",
        "“Good” Posture: 5 Tips For The Desk",
        "How to Get Rid of the Knots in an iPhone Neck!",
        "10 Ways To Rest",
    ],
)
def test_titles(title: str) -> None:
    imported = parse_archive(f"A Title\n\nText.\n\n\n{title}\n\nMore text.\n")
    assert [post.title for post in imported.posts] == ["A Title", title]


def test_a_title_that_a_link_names_needs_no_other_sign() -> None:
    title = "my back, 1 year after the U.S."
    imported = parse_archive(f"A Title\n\nText.\n\n\n{title}\n\nMore Continue reading {title}\n")
    assert [post.title for post in imported.posts] == ["A Title", title]


def test_a_site_without_title_case() -> None:
    cut = "Why necks hurt\n\nThey Continue reading Why necks hurt\n\n\nHow to rest\n\nLie down.\n"
    assert [post.title for post in parse_archive(cut).posts] == ["Why necks hurt", "How to rest"]
    headed = (
        "Category Archives: Necks\n\nWhy necks hurt\n\nThey do.\n\n\nHow to rest\n\nLie down.\n"
    )
    assert [post.title for post in parse_archive(headed).posts] == ["Why necks hurt", "How to rest"]


def test_several_pages_in_one_file() -> None:
    imported = parse_archive(
        f"{SMALL}{SMALL}\n\nTag Archives: Feet\nAll of it.\n\nFeet Too\n\nYes.\n"
    )
    titles = [post.title for post in imported.posts]
    assert titles == ["Why Necks Hurt", "How To Rest A Neck"] * 2 + ["Feet Too"]
    reasons = {omission.text: omission.reason for omission in imported.omissions}
    assert reasons["All of it."] == "stands before the first post"
    assert reasons["Tag Archives: Feet"] == "the archive’s own heading"


def test_a_title_without_text_is_left_out_and_named() -> None:
    imported = parse_archive(
        "A Title\n\nText.\n\n\nOnly An Image\n\n\nEmpty Too\n\nContinue reading Empty Too\n"
    )
    assert [post.title for post in imported.posts] == ["A Title"]
    assert [(omission.line, omission.reason) for omission in imported.omissions] == [
        (6, "a title without any text below it"),
        (9, "a title without any text below it"),
        (11, "the archive’s link to the rest of the post"),
    ]


# The cut


@pytest.mark.parametrize(
    "end",
    [
        "Continue reading A Title",
        "Continue reading “A Title” →",
        "Continue reading a title",
        "Continue reading →",
        "Continue reading",
    ],
)
def test_the_link_to_the_rest_marks_the_post_as_truncated(end: str) -> None:
    for body in (
        f"Half a sentence… {end}",
        f"Half a sentence…\n{end}",
        f"Half a sentence…\n\n{end}",
    ):
        imported = parse_archive(f"A Title\n\n{body}\n")
        (post,) = imported.posts
        assert post.truncated
        assert texts(post) == ["Half a sentence…"]
        assert [omission.text for omission in imported.omissions] == [end]


def test_a_title_may_hold_the_words_of_the_link() -> None:
    title = "Never Continue Reading In Pain"
    (post,) = parse_archive(f"{title}\n\nHalf a Continue reading {title}\n").posts
    assert (post.truncated, texts(post)) == (True, ["Half a"])


@pytest.mark.parametrize(
    "prose",
    ["Continue reading to learn more.", "Please continue reading", "Discontinue reading A Title"],
)
def test_prose_may_speak_of_reading_on(prose: str) -> None:
    imported = parse_archive(f"A Title\n\n{prose}\n")
    assert texts(imported.posts[0]) == [prose]
    assert not imported.posts[0].truncated
    assert imported.omissions == ()


# Parts


def test_lists() -> None:
    post = only("  • One\n  • Two\n\n>>Three\n\n* Four\n- Five\n\n1.  Six\n\nBetween.\n\n2)  Seven")
    assert kinds(post) == ["item"] * 6 + ["paragraph", "item"]
    assert [part.number for part in post.parts] == [None] * 5 + [1, None, 2]
    body = markdown(post.parts)
    assert body == "- One\n- Two\n- Three\n- Four\n- Five\n\n1. Six\n\nBetween.\n\n2. Seven"


@pytest.mark.parametrize(
    "line",
    ["-Katie", "*stars*", "2013. A year", "3.5 miles", "0. Zero", "---", "•", "* * *", "5 - 3"],
)
def test_lines_that_are_no_items(line: str) -> None:
    assert kinds(only(line)) == ["paragraph"]
    assert texts(only(line)) == [line]


def test_numbers_are_kept_out_of_turn() -> None:
    body = markdown(only("1. a\n2. b\n\n5. c\n6. d\n\n2. e").parts)
    assert body == "1. a\n2. b\n\n5) c\n6) d\n\n2. e"
    assert len(render(body)[1]) == 5


def test_a_line_indented_below_an_item_belongs_to_it() -> None:
    post = only("  • One\n    and more\nNot this")
    assert texts(post) == ["One\nand more", "Not this"]
    assert render(markdown(post.parts))[0] == "One\nand more\n\nNot this"


def test_a_letter_is_one_quotation() -> None:
    post = only("> Dear K,\n> I am\n> well.\n>\n> >> Really?\n> =)\nNot quoted.")
    assert kinds(post) == ["quote", "quote", "paragraph"]
    body = markdown(post.parts)
    assert body == "> Dear K,\n> I am\n> well.\n>\n> Really?\n> =)\n\nNot quoted."
    assert render(body)[0] == "Dear K, I am well.\n\nReally? =)\n\nNot quoted."


def test_lines_of_a_paragraph_stay_apart() -> None:
    post = only("Thumbs up\nShake hands")
    assert markdown(post.parts) == "Thumbs up\\\nShake hands"
    assert render(markdown(post.parts))[0] == "Thumbs up\nShake hands"


def test_only_neighbouring_lines_of_words_are_doubled() -> None:
    imported = parse_archive("A Title\n\nOne\nOne\nOne\nTwo\nOne\n\nOne\n\n🙂\n🙂\n\n• Do\n• Do\n")
    assert texts(imported.posts[0]) == ["One\nTwo\nOne", "One", "🙂\n🙂", "Do", "Do"]
    assert [omission.line for omission in imported.omissions] == [4, 5]


# Properties

TRAPS = st.sampled_from(
    [
        *("# a", "####### a", "#", "## b ##", "- a", "-", "---", "- - -", "+ a", "+", "1) a", "1."),
        *("12. a", "1234567890. a", "> a", ">", ">> a", "=", "===", "= a", "`a`", "``` a", "~~~"),
        *("<b>", "</b>", "<!-- a -->", "<a@b.c>", "<https://a.b>", "&amp;", "&#35;", "& a"),
        *("*stars*", "**a**", "*", "***", "_x_", "__a__", "___", "a_b_c", "_", "[a](b)", "[a]: b"),
        *("[a]", "![a](b)", "\\", "\\\\", "a\\", "\\*", "!", ":-", ":--", ":", "~", "a    b", "é"),
        *("🙂", "=)", "http://a.b", "Continue reading", "Continue reading A Title", "• a", "A B"),
        *(
            "\u00a0a",
            "\u2028",
            "\x00",
            "\x0b",
            "\x85",
            "\x1c",
            "    a",
            "\ta",
            "a\tb",
            "a  ",
            "a\\  ",
        ),
        *("a | b", "|---|", "| a |", "-|-", "|", "", " ", "a &copy b"),
    ]
)
LINES = st.one_of(
    TRAPS,
    st.text(st.sampled_from("ab1 \t\u00a0#-+*_=~`<>&;:![]()\\|.)0'\"’"), max_size=12),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n"), max_size=20),
    st.lists(TRAPS, min_size=2, max_size=3).map(" ".join),
)
KINDS: tuple[BlockKind, ...] = ("heading", "paragraph", "item", "quote", "code")


@st.composite
def some_parts(draw: st.DrawFn) -> list[Part]:
    found = []
    for lines in draw(st.lists(st.lists(LINES, min_size=1, max_size=4), max_size=6)):
        if any(visible(line) for line in lines):
            kind = draw(st.sampled_from(KINDS))
            number = draw(st.none() | st.integers(0, 12)) if kind == "item" else None
            found.append(
                Part(kind, tuple(lines), draw(st.integers(1, 4)), number, draw(st.booleans()))
            )
    return found


def visible(line: str) -> str:
    return re.sub(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", " ", line).strip()


@given(some_parts())
def test_markdown_renders_to_the_same_characters(parts: Sequence[Part]) -> None:
    text, blocks = render(markdown(parts))
    expected = []
    for part in parts:
        join = " " if part.kind == "heading" or (part.wrapped and part.kind != "code") else "\n"
        lines = [re.sub(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", " ", line) for line in part.lines]
        if part.kind != "code":
            lines = [line.strip() for line in lines if line.strip()]
        expected.append((part.kind, join.join(lines).strip()))
    assert [(block.kind, text[block.start : block.end]) for block in blocks] == expected


@given(st.lists(LINES, min_size=1, max_size=12))
def test_no_word_of_an_archive_is_lost_or_doubled(lines: Sequence[str]) -> None:
    source = "Category Archives: A\n\nA Title\n\n" + "\n".join(lines)
    imported = parse_archive(source)
    found = [word for omission in imported.omissions for word in words(omission.text)]
    for post in imported.posts:
        found += words(post.title) + part_words(post.parts)
    assert sorted(found) == sorted(words(source))
    for post in imported.posts:
        assert sorted(words(markdown(post.parts))) == sorted(part_words(post.parts))


@given(LINES.filter(lambda title: bool(visible(title))))
def test_any_title_makes_an_id(title: str) -> None:
    assert is_document_id(document_id(title))
    assert is_document_id(document_id(title * 40))


# Files


def post(title: str = "A Title", text: str = "Text.", **more: object) -> Post:
    return Post(title=title, parts=(Part("paragraph", (text,)),), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("title", "name"),
    [
        (
            "Let’s Get Rid Of The Knots In Your Upper Back",
            "lets-get-rid-of-the-knots-in-your-upper-back",
        ),
        ("Let's Get Rid", "lets-get-rid"),
        ("What‘s A ‘Knot’?", "whats-a-knot"),
        ("Café & Back—Pain", "cafe-back-pain"),
        ("🙂", "untitled"),
    ],
)
def test_ids(title: str, name: str) -> None:
    assert document_id(title) == name


def test_a_title_that_is_taken_gets_a_number(tmp_path: Path) -> None:
    (tmp_path / "questions").mkdir()
    (tmp_path / "questions" / "b.md").write_text("---\ntitle: B\nquestion: B\n---\n\nB", "utf-8")
    written = write_posts([post("A"), post("A"), post("A 2"), post("a!"), post("B")], tmp_path)
    assert [(each.id, each.wanted) for each in written] == [
        ("a", None),
        ("a-2", "a"),
        ("a-2-2", "a-2"),
        ("a-3", "a"),
        ("b-2", "b"),
    ]
    assert len(read_corpus(tmp_path)) == 6


@pytest.mark.parametrize(
    "title",
    [
        "Necks: Why?",
        "# 1",
        "“It’s” — 🙂",
        "yes",
        "2014-03-01",
        "'q' \"q\"",
        "---",
        "a\x07b",
        "- [x]",
    ],
)
def test_titles_come_back_from_the_front_matter(title: str, tmp_path: Path) -> None:
    write_posts([post(title)], tmp_path)
    (document,) = read_corpus(tmp_path)
    assert document.title == title.replace("\x07", " ")
    if title.startswith("“"):
        assert title in (tmp_path / "articles" / f"{document.id}.md").read_text("utf-8")


def test_front_matter_of_a_post_that_has_it_all(tmp_path: Path) -> None:
    full = post(
        url="https://example.org/a", date=datetime.date(2014, 3, 1), tags=("necks",), truncated=True
    )
    (written,) = write_posts([full], tmp_path)
    assert written.path.read_text("utf-8") == (
        "---\ntitle: A Title\nurl: https://example.org/a\ndate: 2014-03-01\ntags:\n- necks\n"
        "truncated: true\n---\n\nText.\n"
    )
    assert [each.name for each in written.path.parent.iterdir()] == ["a-title.md"]


def test_importing_again_leaves_an_unchanged_file_alone(tmp_path: Path) -> None:
    (first,) = write_posts([post()], tmp_path)
    first.path.write_text('---\n# mine\ntitle: "A Title"\r\nhidden: false\n---\nText.', "utf-8")
    before = first.path.read_bytes()
    (second,) = write_posts([post()], tmp_path)
    assert (first.state, second.state) == ("new", "unchanged")
    assert first.path.read_bytes() == before


def test_importing_again_updates_the_text_and_keeps_what_the_owner_added(tmp_path: Path) -> None:
    (first,) = write_posts([post(truncated=True)], tmp_path)
    mine = (
        "tags: [necks]  # mine\nreviewed: 2026-01-31\nalternate_questions:\n- why?\nhidden: true\n"
    )
    head = f"---\n{mine}title: A Title\ntruncated: true\n---\n"
    first.path.write_text(f"{head}\nText.\n", "utf-8")
    first.path.chmod(0o640)
    (second,) = write_posts([post(text="New.", truncated=True)], tmp_path)
    assert second.state == "updated"
    assert first.path.read_text("utf-8") == f"{head}\nNew.\n"
    assert first.path.stat().st_mode & 0o777 == 0o640

    (third,) = write_posts([post(text="All of it.")], tmp_path)
    front, body = frontmatter.parse(first.path.read_text("utf-8"))
    assert third.state == "updated"
    assert body == "All of it."
    assert front == {
        "tags": ["necks"],
        "reviewed": datetime.date(2026, 1, 31),
        "alternate_questions": ["why?"],
        "hidden": True,
        "title": "A Title",
    }


def test_an_opening_never_takes_the_place_of_the_whole(tmp_path: Path) -> None:
    (first,) = write_posts([post(text="Half a sentence and the rest.")], tmp_path)
    before = first.path.read_bytes()
    (second,) = write_posts([post(text="Half a", truncated=True)], tmp_path)
    assert second.state == "kept"
    assert first.path.read_bytes() == before


@pytest.mark.parametrize(
    "content", [b"no front matter", b"---\ntitle: [\n---\n\nText", b"\xff", b"---\na\n---\nb"]
)
def test_a_file_that_cannot_be_read_is_not_overwritten(content: bytes, tmp_path: Path) -> None:
    (first,) = write_posts([post()], tmp_path)
    first.path.write_bytes(content)
    with pytest.raises(WriteError, match="front matter cannot be read"):
        write_posts([post("Another"), post()], tmp_path)
    assert [each.name for each in first.path.parent.iterdir()] == ["a-title.md"]
    assert first.path.read_bytes() == content


def test_links_are_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    inside = tmp_path / "inside"
    (inside / "articles").mkdir(parents=True)
    (inside / "articles" / "a-title.md").symlink_to(outside / "target.md")
    with pytest.raises(WriteError, match="is a link"):
        write_posts([post()], inside)
    linked = tmp_path / "linked"
    linked.mkdir()
    (linked / "articles").symlink_to(outside)
    with pytest.raises(WriteError, match="leads out"):
        write_posts([post()], linked)
    assert list(outside.iterdir()) == []


def test_a_full_disk_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (first,) = write_posts([post()], tmp_path)

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(
        WriteError, match=r"a-title\.md cannot be written \(No space left on device\)"
    ):
        write_posts([post(text="New.")], tmp_path)
    assert [each.name for each in first.path.parent.iterdir()] == ["a-title.md"]
    assert "Text." in first.path.read_text("utf-8")


def test_a_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(WriteError, match="File exists"):
        write_posts([post()], tmp_path / "file")


# The command


def test_report(source: Path, tmp_path: Path) -> None:
    result = run(source, "--into", tmp_path / "corpus")
    assert result.exit_code == 0, result.output
    report = " ".join(result.output.split())
    assert "Took 2 posts" in report
    assert "Why Necks Hurt why-necks-hurt, 12 words, new, only its opening" in report
    assert "How To Rest A Neck how-to-rest-a-neck, 2 words, new" in report
    assert "Left out 3 lines" in report
    assert "10 Continue reading Why Necks Hurt" in report
    assert "unchanged" in run(source, "--into", tmp_path / "corpus").output


def test_report_as_json(source: Path, tmp_path: Path) -> None:
    source.write_text(SMALL + "\n\nWhy Necks Hurt\n\nOr not.\n\n\nare they?\n", "utf-8")
    result = run(source, "--into", tmp_path / "corpus", "--format", "archive", "--json")
    assert result.exit_code == 0, result.output
    report = json.loads(result.output)
    assert report["format"] == "archive"
    assert [each["id"] for each in report["documents"]] == [
        "why-necks-hurt",
        "how-to-rest-a-neck",
        "why-necks-hurt-2",
    ]
    assert report["documents"][0] == {
        "id": "why-necks-hurt",
        "kind": "article",
        "draft": False,
        "title": "Why Necks Hurt",
        "file": str(tmp_path / "corpus" / "articles" / "why-necks-hurt.md"),
        "line": 3,
        "words": 12,
        "truncated": True,
        "state": "new",
        "wanted_id": None,
    }
    assert report["documents"][2]["wanted_id"] == "why-necks-hurt"
    assert [each["line"] for each in report["left_out"]] == [1, 8, 10]
    assert len(report["notes"]) == 1


def test_a_source_cannot_steer_the_terminal(source: Path, tmp_path: Path) -> None:
    source.write_text("\x1b[31m[bold]Before :smile:\n\nA Title\n\nText.\n", "utf-8")
    result = run(source, "--into", tmp_path / "corpus")
    assert "\x1b" not in result.output
    assert "[bold]Before :smile:" in result.output


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "There is no file"),
        (b"", "is empty"),
        (b"\xef\xbb\xbf \r\n\t\n", "is empty"),
        (b"Ab\xffc", r"is not UTF-8 \(byte 3\)"),
        (b"\xef\xbb\xbfAb\xffc", r"is not UTF-8 \(byte 6\)"),
        (b"This is a sentence.\n\nThis is another.\n", "No post can be told"),
        (b"<!DOCTYPE html>\n\n<p>Text</p>\n", "No post can be told"),
        (b"Only A Title\n", "No post can be told"),
    ],
)
def test_unusable_sources(content: bytes | None, sentence: str, tmp_path: Path) -> None:
    path = tmp_path / "archive.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SourceError, match=sentence):
        read_archive(path)
    result = run(path, "--into", tmp_path / "corpus", "--format", "archive")
    assert result.exit_code == 2
    assert re.search(sentence, result.stderr)
    assert result.stderr.count("\n") == 1
    assert result.stdout == ""
    assert not (tmp_path / "corpus").exists()


def test_a_folder_is_no_source(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="is a folder"):
        read_archive(tmp_path)


def test_importing_without_the_build_extra(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "slugify", None)
    with pytest.raises(UsageError, match="slugify"):
        document_id("A Title")
    result = run(source, "--into", tmp_path / "corpus")
    assert result.exit_code == 2
    assert "pip install 'backbot[build]'" in result.stderr
    assert not (tmp_path / "corpus").exists()


# Values


def test_values_that_cannot_be_wrong() -> None:
    for lines in ((), (" ",), ("\x00",), ("a\nb",)):
        with pytest.raises(ValueError, match="part"):
            Part("paragraph", lines)
    with pytest.raises(ValueError, match="level"):
        Part("item", ("a",), level=0)
    with pytest.raises(ValueError, match="title"):
        post("a\nb")
    with pytest.raises(ValueError, match="part"):
        Post(title="A", parts=())
