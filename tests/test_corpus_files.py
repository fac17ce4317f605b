"""Reading a corpus folder: what a good file gives, and a sentence for every bad one."""

from pathlib import Path

import pytest

from backbot.corpus.document import Block, Document
from backbot.corpus.files import read_corpus
from backbot.errors import CorpusError
from backbot.index.wording import learn_wording, read_synonyms
from support import document, write_corpus


def read_one(folder: Path, content: str | bytes, name: str = "articles/knots.md") -> Document:
    (found,) = read_corpus(write_corpus(folder, {name: content}))
    return found


def problem(folder: Path, content: str | bytes, name: str = "articles/knots.md") -> str:
    with pytest.raises(CorpusError) as caught:
        read_one(folder, content, name)
    return str(caught.value)


def test_an_article_has_all_that_its_front_matter_says(tmp_path: Path) -> None:
    content = """\
---
title: "What   Are\n  Knots?"
url: https://example.org/knots
date: 2014-03-01
reviewed: "2026-01-31"
tags: [knots, "upper back"]
alternate_questions: ["what is a   knot?", " "]
from: reader
truncated: true
anything_else: is left alone
---

Tight **muscle**.
"""
    assert read_one(tmp_path, content) == Document(
        id="knots",
        kind="article",
        title="What Are Knots?",
        text="Tight muscle.",
        blocks=(Block("paragraph", 0, 0, 13),),
        alternate_questions=("what is a knot?",),
        tags=("knots", "upper back"),
        url="https://example.org/knots",
        date="2014-03-01",
        reviewed="2026-01-31",
        from_="reader",
        truncated=True,
    )


def test_a_question_has_its_question_and_its_answer_as_text(tmp_path: Path) -> None:
    content = document("Walking", "Far.", question="How far\nshould I walk?")
    found = read_one(tmp_path, content, "questions/walking.md")
    assert (found.kind, found.question, found.text) == (
        "question",
        "How far should I walk?",
        "Far.",
    )


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf---\ntitle: Knots\n---\nTight muscle.\n",
        b"---\r\ntitle: Knots\r\n---\r\n\r\nTight\r\nmuscle.\r\n",
        b"---\ntitle: Knots\n---\nTight\nmuscle.",
    ],
    ids=["byte order mark", "Windows line ends", "no line feed at the end"],
)
def test_files_of_any_editor_read_the_same(tmp_path: Path, content: bytes) -> None:
    found = read_one(tmp_path, content)
    assert (found.title, found.text) == ("Knots", "Tight muscle.")


def test_documents_come_sorted_and_hidden_ones_stay_out(tmp_path: Path) -> None:
    files = {
        "questions/a.md": document("A", "Yes.", question="A?"),
        "articles/c.md": document("C", "Text."),
        "articles/b.md": document("B", "Text."),
        "articles/draft.md": document("Draft", "", hidden=True),
        "articles/notes.txt": "no document",
    }
    assert [each.id for each in read_corpus(write_corpus(tmp_path, files))] == ["a", "b", "c"]


# Bad input


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"There is no folder .*nowhere; name one with --corpus"):
        read_corpus(tmp_path / "nowhere")


@pytest.mark.parametrize("folders", [[], ["articles", "questions"]], ids=["empty", "empty folders"])
def test_an_empty_corpus(tmp_path: Path, folders: list[str]) -> None:
    for name in folders:
        (tmp_path / name).mkdir()
    with pytest.raises(CorpusError, match=r"No documents in .*backbot import"):
        read_corpus(tmp_path)


def test_a_corpus_of_hidden_documents_is_empty(tmp_path: Path) -> None:
    content = document("Draft", "Text.", hidden=True)
    assert "No documents in" in problem(tmp_path, content)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"---\ntitle: Caf\xe9\n---\nText.", "is not UTF-8 (byte 15); save it as UTF-8"),
        ("---\ntitle: Knots\n---\nText.".encode("utf-16"), "is not UTF-8 (byte 1)"),
        ("", "has no front matter; begin it with ---"),
        ("Just text.", "has no front matter; begin it with ---"),
        ("---\ntitle: Knots\n\nText.", "without its closing ---"),
        ("---\n---\nText.", "without a `title:` line"),
        ("---\n- title\n---\nText.", "without a `title:` line"),
        ("---\ntags: [a]\n---\nText.", "missing `title`"),
        ("---\ntitle: Why: me\n---\nText.", "has broken front matter at line 2"),
        ("---\ntitle: Knots\n\ttags: [a]\n---\nText.", "has broken front matter at line 3"),
        ("---\ntitle: [a\n---\nText.", "has broken front matter"),
        ('---\ntitle: "a\\ud800"\n---\nText.', "has broken front matter at line 2"),
        ("---\ntitle: !!python/name:os.system\n---\nText.", "has broken front matter at line 2"),
        ("---\ntitle: Knots\ndate: 2014-13-45\n---\nText.", "has broken front matter"),
        ("---\ntitle: Knots\nsize: " + "9" * 5000 + "\n---\nText.", "has broken front matter"),
        ("---\ntitle: " + "[" * 5000 + "\n---\nText.", "has broken front matter"),
        ("---\ntitle: 2024\n---\nText.", "does not fit: Expected `str`, got `int` - at `title`"),
        ("---\ntitle:\n---\nText.", "got `null` - at `title`"),
        ("---\ntitle: A\n1: x\n---\nText.", "does not fit"),
        ("---\ntitle: A\ntags: flat feet\n---\nText.", "Expected `array`, got `str` - at `tags`"),
        ("---\ntitle: A\ntags: &a [*a]\n---\nText.", "at `tags[0]`"),
        ("---\ntitle: A\ndate: soon\n---\nText.", "at `date`"),
        ("---\ntitle: A\nfrom: nobody\n---\nText.", "at `from`"),
        ("---\ntitle: A\nhidden: perhaps\n---\nText.", "at `hidden`"),
        ('---\ntitle: " "\n---\nText.', "has an empty title"),
        ("---\ntitle: A\nurl: javascript:alert(1)\n---\nText.", "does not begin with https://"),
        ("---\ntitle: A\n---\n\n \n", "has no text below its front matter"),
        ("---\ntitle: A\n---\n&nbsp;", "has no text below its front matter"),
        ("---\ntitle: A\n---\n# One\n\nTwo\n---\n", "has nothing but headings"),
    ],
)
def test_a_broken_file_is_named_with_what_to_mend(
    tmp_path: Path, content: str | bytes, said: str
) -> None:
    message = problem(tmp_path, content)
    assert message.startswith("articles/knots.md ")
    assert said in message


@pytest.mark.parametrize("extra", [{}, {"question": " "}], ids=["none", "blank"])
def test_a_question_file_without_a_question(tmp_path: Path, extra: dict[str, str]) -> None:
    message = problem(tmp_path, document("Walking", "Far.", **extra), "questions/walking.md")
    assert message == "questions/walking.md needs a `question:` line in its front matter."


@pytest.mark.parametrize(
    "name", ["Knots", "my knots", "knöts", "knots_2", "-knots", "a--b", ".hidden", "x" * 201]
)
def test_a_file_name_that_is_no_id(tmp_path: Path, name: str) -> None:
    message = problem(tmp_path, document("Knots", "Text."), f"articles/{name}.md")
    assert "has a name that cannot be an ID; use lower-case letters" in message


def test_two_documents_with_one_id(tmp_path: Path) -> None:
    files = {
        "articles/knots.md": document("Knots", "Text."),
        "questions/knots.md": document("Knots", "Text.", question="Knots?"),
    }
    with pytest.raises(CorpusError) as caught:
        read_corpus(write_corpus(tmp_path, files))
    assert str(caught.value) == (
        "questions/knots.md has the same ID as articles/knots.md; rename one of them."
    )


def test_a_folder_with_the_name_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "articles" / "knots.md").mkdir(parents=True)
    with pytest.raises(CorpusError, match=r"articles/knots.md cannot be read"):
        read_corpus(tmp_path)


def test_every_broken_file_is_named_at_once(tmp_path: Path) -> None:
    files = {
        "articles/good.md": document("Good", "Text."),
        "articles/bad.md": "no front matter",
        "questions/Worse.md": document("Worse", "Text.", question="Worse?"),
    }
    with pytest.raises(CorpusError) as caught:
        read_corpus(write_corpus(tmp_path, files))
    assert [each.split()[0] for each in caught.value.problems] == [
        "articles/bad.md",
        "questions/Worse.md",
    ]
    assert str(caught.value).startswith("2 problems in the corpus: ")


# Synonyms of the site's own


def test_a_corpus_adds_synonyms_of_its_own_before_those_that_come_along(tmp_path: Path) -> None:
    shipped = read_synonyms(tmp_path)
    assert shipped
    (tmp_path / "synonyms.toml").write_text('groups = [["couch", "chesterfield"]]')
    assert read_synonyms(tmp_path) == [["couch", "chesterfield"], *shipped]


@pytest.mark.parametrize(
    "content",
    [b"groups = [", b'groups = "couch"', b"groups = [[1]]", b"words = []", b'x = "\xff"'],
)
def test_synonyms_that_are_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "synonyms.toml").write_bytes(content)
    with pytest.raises(CorpusError, match=r"synonyms.toml does not fit: .* Write groups = "):
        read_synonyms(tmp_path)


def test_synonyms_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "synonyms.toml").mkdir()
    with pytest.raises(CorpusError, match=r"synonyms.toml cannot be read"):
        read_synonyms(tmp_path)


def test_a_corpus_that_uses_a_synonym_in_its_plural_alone_uses_it() -> None:
    (group,) = learn_wording(
        ["Knots and headaches."], [["sore head", "headache", "migraine"]]
    ).groups
    assert group[0] == ("headache", 1)


def test_a_short_word_with_an_s_is_another_word() -> None:
    (group,) = learn_wording(["A GPS watch."], [["doctor", "gp"]]).groups
    assert dict(group) == {"doctor": 0, "gp": 0}


def test_a_synonym_without_a_word_in_it_is_left_out() -> None:
    assert learn_wording(["My couch."], [["couch", "", "?!"]]).groups == ((("couch", 1),),)


# Documents that cannot be


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"id": "Not An ID"}, "slug"),
        ({"url": "javascript:alert(1)"}, "https://"),
        ({"date": "some day"}, "isoformat"),
        ({"reviewed": "2014-02-30"}, "day"),
        ({"blocks": (Block("paragraph", 0, 0, 6),)}, "inside the text"),
        ({"blocks": (Block("paragraph", 0, 2, 2),)}, "not empty"),
        ({"blocks": (Block("paragraph", 0, 2, 4), Block("item", 1, 0, 2))}, "in order"),
        ({"blocks": (Block("paragraph", 0, 0, 3), Block("item", 1, 2, 5))}, "in order"),
        ({"blocks": (Block("paragraph", 0, -1, 3),)}, "inside the text"),
    ],
)
def test_a_document_checks_itself(values: dict[str, object], said: str) -> None:
    good: dict[str, object] = {"id": "a", "kind": "article", "title": "A", "text": "Words"}
    with pytest.raises(ValueError, match=said):
        Document(**{"blocks": (Block("paragraph", 0, 0, 5),), **good, **values})  # type: ignore[arg-type]


def test_the_sum_of_a_document_is_that_of_its_text() -> None:
    # What `printf 'Ruhe 🙂' | sha256sum` says.
    found = Document(id="a", kind="article", title="A", text="Ruhe 🙂", blocks=())
    assert found.sha256 == "f95ff2c6543c2fe4bbaf6db0bbe68672835c76c4b4e34aa0e767f1eabb397cbb"
