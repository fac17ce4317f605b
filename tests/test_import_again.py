"""Importing again: the source's news are taken, the owner's own words stay, nothing is deleted."""

import datetime
from pathlib import Path

import frontmatter
import pytest

from backbot.corpus.ledger import FILE
from backbot.corpus.sources import Part, Post, Reading
from backbot.corpus.writing import Outcome, write_reading
from backbot.errors import SourceError, UsageError

TODAY = datetime.date(2026, 1, 31)


def post(number: int, title: str = "A Title", text: str = "Text.", **more: object) -> Post:
    return Post(
        title=title,
        parts=(Part("paragraph", (text,)),),
        key=f"post:{number}",
        url=f"https://backs.example/{number}/",
        **more,  # type: ignore[arg-type]
    )


def write(folder: Path, *posts: Post, complete: bool = True, overwrite: bool = False) -> Outcome:
    reading = Reading(posts, "https://backs.example", complete=complete)
    return write_reading(reading, folder, overwrite=overwrite, today=TODAY)


def states(outcome: Outcome) -> list[str]:
    return [each.state for each in outcome.written]


def front(path: Path) -> dict[str, object]:
    return dict(frontmatter.parse(path.read_text("utf-8"))[0])


def test_a_new_title_stays_the_same_document(tmp_path: Path) -> None:
    write(tmp_path, post(1))
    again = write(tmp_path, post(1, "Another Title", "More text."))
    assert [(each.id, each.state) for each in again.written] == [("a-title", "updated")]
    assert front(tmp_path / "articles" / "a-title.md")["title"] == "Another Title"


def test_two_posts_of_one_title_stay_apart_in_any_order(tmp_path: Path) -> None:
    write(tmp_path, post(1, text="One."), post(2, text="Two."))
    again = write(tmp_path, post(2, text="Two."), post(1, text="One."))
    assert [(each.id, each.state) for each in again.written] == [
        ("a-title-2", "unchanged"),
        ("a-title", "unchanged"),
    ]


def test_an_address_tells_more_than_a_number(tmp_path: Path) -> None:
    write(tmp_path, post(1, "One"), post(2, "Two"))
    moved = Post(
        title="Two",
        parts=(Part("paragraph", ("Text.",)),),
        key="post:1",
        url="https://backs.example/2/",
    )
    assert [each.id for each in write(tmp_path, moved, complete=False).written] == ["two"]


def test_the_owners_front_matter_outlives_the_sources(tmp_path: Path) -> None:
    (first,) = write(tmp_path, post(1, date=datetime.date(2020, 1, 1), tags=("a",))).written
    text = first.path.read_text("utf-8")
    mine = text.replace("title: A Title", "title: My Title\nreviewed: 2026-01-01")
    first.path.write_text(mine.replace("tags:\n- a\n", ""), "utf-8")
    (second,) = write(
        tmp_path, post(1, "Their Title", "News.", date=datetime.date(2021, 1, 1), tags=("b",))
    ).written
    assert second.state == "updated"
    found = front(first.path)
    assert found["title"] == "My Title"
    assert found["reviewed"] == datetime.date(2026, 1, 1)
    assert found["date"] == datetime.date(2021, 1, 1)
    assert "tags" not in found
    assert first.path.read_text("utf-8").endswith("\nNews.\n")


def test_the_owners_text_outlives_the_sources_unless_told_otherwise(tmp_path: Path) -> None:
    (first,) = write(tmp_path, post(1)).written
    first.path.write_text(first.path.read_text("utf-8").replace("Text.", "My text."), "utf-8")
    for text in ("Text.", "News."):
        assert states(write(tmp_path, post(1, text=text))) == ["edited"]
        assert "My text." in first.path.read_text("utf-8")
    assert states(write(tmp_path, post(1, text="News."), overwrite=True)) == ["updated"]
    assert "News." in first.path.read_text("utf-8")
    assert states(write(tmp_path, post(1, text="News."))) == ["unchanged"]


def test_what_vanished_is_marked_until_it_comes_back(tmp_path: Path) -> None:
    write(tmp_path, post(1, "One"), post(2, "Two"))
    gone = write(tmp_path, post(1, "One"))
    assert (gone.vanished, gone.still_gone) == (("two",), ())
    two = tmp_path / "articles" / "two.md"
    assert front(two)["vanished"] == TODAY
    assert "Text." in two.read_text("utf-8")
    again = write(tmp_path, post(1, "One"))
    assert (again.vanished, again.still_gone) == ((), ("two",))
    assert states(write(tmp_path, post(1, "One"), post(2, "Two"))) == ["unchanged", "updated"]
    assert "vanished" not in front(two)


def test_a_partial_reading_marks_nothing(tmp_path: Path) -> None:
    write(tmp_path, post(1, "One"), post(2, "Two"))
    assert write(tmp_path, post(1, "One"), complete=False).vanished == ()
    other = Reading([post(3, "Three")], "https://elsewhere.example", complete=True)
    assert write_reading(other, tmp_path).vanished == ()


def test_an_export_of_pages_says_nothing_about_posts(tmp_path: Path) -> None:
    write(tmp_path, post(1, "One", type="post"))
    pages = Reading([post(2, "Two", type="page")], "https://backs.example", complete=True)
    pages.types.add("page")
    assert write_reading(pages, tmp_path).vanished == ()


def test_a_source_that_breaks_off_writes_nothing(tmp_path: Path) -> None:
    def posts() -> object:
        yield post(1)
        raise SourceError("It broke.")

    folder = tmp_path / "corpus"
    with pytest.raises(SourceError):
        write_reading(Reading(posts()), folder)  # type: ignore[arg-type]
    assert not folder.exists()
    write(folder, post(1))
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    with pytest.raises(SourceError):
        write_reading(Reading(posts()), folder)  # type: ignore[arg-type]
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_an_import_killed_while_it_writes_is_taken_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = range(1, 6)
    write(tmp_path, *(post(number, f"Title {number}") for number in numbers))
    moved = 0
    replace = Path.replace

    def killed(self: Path, target: Path) -> Path:
        nonlocal moved
        moved += target.suffix == ".md" and target.parent.name == "articles"
        if moved == 3:
            raise KeyboardInterrupt
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path, *(post(number, f"Title {number}", "New.") for number in numbers))
    monkeypatch.undo()
    # The source goes on changing meanwhile: no file may be taken for the owner's own.
    last = write(tmp_path, *(post(number, f"Title {number}", "Newer.") for number in numbers))
    assert states(last) == ["updated"] * 5


def test_one_import_at_a_time(tmp_path: Path) -> None:
    def posts() -> object:
        with pytest.raises(UsageError, match="Another import"):
            write(tmp_path, post(2))
        yield post(1)

    write_reading(Reading(posts()), tmp_path)  # type: ignore[arg-type]
    assert not list(tmp_path.glob(".import-*"))


def test_a_damaged_ledger_loses_nothing(tmp_path: Path) -> None:
    (first,) = write(tmp_path, post(1)).written
    (tmp_path / FILE).write_bytes(b"\xff{")
    first.path.write_text(first.path.read_text("utf-8").replace("A Title", "Mine"), "utf-8")
    assert states(write(tmp_path, post(1, text="News."))) == ["updated"]
    assert front(first.path)["title"] == "Mine"
