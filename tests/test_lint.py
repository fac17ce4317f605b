"""What there is to look at in a corpus."""

from pathlib import Path

import pytest

from backbot.corpus.files import read_corpus
from backbot.corpus.lint import lint
from support import document, write_corpus

WORDS = (
    "Knots form in a muscle that holds still for hours, and they ease when it moves again. Heat "
    "helps "
    "them to relax, and so does a slow walk with loose arms, since both bring blood to where it "
    "lacks. "
    "A ball between the back and a wall presses on one spot until it lets go of its tension."
)
GERMAN = (
    "Verspannungen entstehen, wenn ein Muskel stundenlang gehalten wird, und sie lösen sich, "
    "sobald er "
    "wieder bewegt wird. Wärme hilft dabei ebenso wie ein langsamer Spaziergang mit lockeren "
    "Armen, "
    "weil beides Blut dorthin bringt, wo es fehlt, und weil der Atem ruhiger wird."
)


def remarks(tmp_path: Path, files: dict[str, str]) -> list[tuple[str, str]]:
    corpus = write_corpus(tmp_path / "corpus", files)
    found = lint(read_corpus(corpus), corpus)
    return [(each.rule, each.document) for each in found]


def article(body: str, **front: object) -> str:
    return document("A Title", body, **{"date": "2020-01-02", **front})


def test_nothing_to_look_at(tmp_path: Path) -> None:
    assert remarks(tmp_path, {"articles/a.md": article(WORDS)}) == []


@pytest.mark.parametrize(
    ("files", "found"),
    [
        (
            {"articles/a.md": article(WORDS), "articles/b.md": article(WORDS)},
            [("duplicate", "b")],
        ),
        (
            {"articles/a.md": article(WORDS), "articles/b.md": article(WORDS + " And one more.")},
            [("near-duplicate", "b")],
        ),
        ({"articles/a.md": article(WORDS, truncated=True)}, [("truncated", "a")]),
        ({"articles/a.md": article("Rest a little.")}, [("tiny", "a")]),
        ({"articles/a.md": document("A", WORDS)}, [("no-date", "a")]),
        ({"articles/a.md": article(GERMAN)}, [("other-language", "a")]),
        ({"articles/a.md": article(f"{WORDS}\n\n{GERMAN}")}, [("mixed-languages", "a")]),
        ({"articles/a.md": article(WORDS, vanished="2026-01-31")}, [("vanished", "a")]),
        (
            {
                "articles/a.md": article(WORDS),
                "questions/b.md": document("B", WORDS, question="b?", from_="reader", hidden=True),
            },
            [("waiting", "b")],
        ),
    ],
)
def test_rules(files: dict[str, str], found: list[tuple[str, str]], tmp_path: Path) -> None:
    assert remarks(tmp_path, files) == found


@pytest.mark.parametrize(
    ("link", "dead"),
    [
        ("/read/a", False),
        ("/read/nowhere", True),
        ("other.md", True),
        ("https://backs.example/knots/", False),
        ("https://www.backs.example/knots#top", False),
        ("https://backs.example/gone/", True),
        ("https://backs.example/", False),
        ("https://backs.example/photo.jpg", False),
        ("https://elsewhere.example/gone/", False),
        ("mailto:a@b.example", False),
    ],
)
def test_links_that_lead_nowhere(link: str, dead: bool, tmp_path: Path) -> None:
    body = f"{WORDS} [more]({link})"
    found = remarks(tmp_path, {"articles/a.md": article(body, url="https://backs.example/knots/")})
    assert found == ([("dead-link", "a")] if dead else [])
