"""Insights: what readers ask by meaning, and nothing that puts one reader on display."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from backbot.index.store import open_index
from backbot.insights.charts import Bar, activity, bars, change_words, spark
from backbot.insights.grouping import group
from backbot.insights.linkage import average_linkage
from backbot.insights.model import MIN_ASKERS, Day, Group, Insights, Week
from backbot.insights.read import read
from backbot.insights.report import report
from backbot.insights.variants import askers, variants
from backbot.journal.journal import Journal, Meaning, open_journal
from backbot.journal.model import Entry, Reason
from backbot.model import Kind, Level
from backbot.settings import Settings

START = datetime(2026, 3, 2, 9, tzinfo=UTC)  # a Monday
END = START + timedelta(weeks=10) - timedelta(hours=9)
SIZE = 16
Vector = NDArray[np.float32]


def about(topic: int, variation: int = 0) -> Vector:
    """Return a unit vector near the direction of `topic`."""
    vector = np.zeros(SIZE, np.float32)
    vector[topic] = 1.0
    vector += 0.05 * np.random.default_rng(variation).standard_normal(SIZE).astype(np.float32)
    return (vector / np.linalg.norm(vector)).astype(np.float32)


class Diary:
    """Writes entries a few hours apart into a journal, each with its question's vector."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.count = 0

    def ask(self, question: str, topic: int, **fields: Any) -> str:
        self.count += 1
        given: dict[str, Any] = {
            "at": START + timedelta(hours=5 * self.count),
            "kind": Kind.NO_ANSWER,
            "index": "v",
            "confidence": 0.1,
        }
        name = f"r{self.count:04}"
        entry = Entry(reply=name, question=question, **(given | fields))
        vector = about(topic, self.count)
        self.journal.record(entry, Meaning(encoder="e", encode=lambda _: vector, vector=vector))
        return name

    def read(self) -> Insights:
        assert self.journal.flush(10)
        return read(self.journal, None, START, END)


@pytest.fixture
def diary(tmp_path: Path) -> Iterable[Diary]:
    journal = open_journal(Settings(journal=str(tmp_path / "j"), journal_days=3650))
    yield Diary(journal)
    journal.close()


def test_questions_of_one_meaning_stand_together(diary: Diary) -> None:
    for question in (
        "Which mattress is best?",
        "what mattress should I buy",
        "is a firm mattress better",
        "how old may a mattress be",
    ):
        diary.ask(question, topic=1)
    for question in ("Do inversion tables help?", "inversion table: yes or no", "inversion?"):
        diary.ask(question, topic=2)
    first, second = diary.read().unanswered
    assert (first.label.split()[0], first.slug.split("-")[0]) == ("mattress", "mattress")
    assert (first.size, first.askers, len(first.examples)) == (4, 4, 4)
    assert "inversion" in second.label
    assert (second.size, len(first.replies)) == (3, 4)
    assert sum(week.count for week in first.weeks) == 4


def test_what_is_said_around_a_question_is_no_part_of_its_name(diary: Diary) -> None:
    for question in (
        "sorry to bother you, quick question: scoliosis brace?",
        "hi, I was wondering about a brace for scoliosis, thanks",
        "please, does a scoliosis brace help, thank you",
    ):
        diary.ask(question, topic=1)
    assert set(diary.read().unanswered[0].label.split()) <= {"scoliosis", "brace", "help"}


def test_fewer_than_three_askers_are_never_on_display(diary: Diary) -> None:
    secret = "my lawyer says vertebroplasty went wrong"
    diary.ask(secret, topic=1)
    diary.ask("vertebroplasty and my lawyer", topic=1)
    for number in range(4):
        diary.ask(f"do knots hurt in week {number}", topic=2)
    insights = diary.read()
    small = insights.unanswered[-1]
    assert (small.size, small.askers, small.examples) == (2, 2, ())
    told = msgspec.json.encode(insights).decode() + report(insights, "")
    assert "lawyer" not in told
    assert "vertebroplasty" not in told
    with pytest.raises(ValueError, match="fewer than 3"):
        Group(label="x", slug="x", size=2, askers=MIN_ASKERS - 1, examples=("a",))


def test_one_reader_asking_again_is_one_asker(diary: Diary) -> None:
    for minute in range(5):
        diary.ask("is my mattress bad?", topic=1, at=START + timedelta(minutes=minute))
    # A long text word for word is nobody else's, whenever it comes.
    long = "my mattress is nine years old and sags in the middle, is that bad"
    for day in range(5):
        diary.ask(long, topic=1, at=START + timedelta(days=1 + day))
    (found,) = diary.read().unanswered
    assert (found.size, found.askers, found.examples) == (10, 2, ())


def test_the_same_words_in_other_hours_are_other_askers() -> None:
    entries = [
        Entry(
            reply=str(day),
            at=START + timedelta(days=day),
            kind=Kind.ANSWER,
            index="v",
            question=question,
        )
        for day, question in enumerate(("Knots hurt?", "hurt knots", "do knots hurt"))
    ]
    (variant,) = variants(entries)
    assert askers([variant]) == 3


def test_trends_are_told_by_week(diary: Diary) -> None:
    for week, count in enumerate((0, 0, 1, 1, 1, 1, 3, 3, 3, 3)):
        for number in range(count):
            at = START + timedelta(weeks=week, hours=2 * number)
            diary.ask(f"mattress {'abc'[number]}", topic=1, at=at)
    (found,) = diary.read().unanswered
    assert [week.count for week in found.weeks] == [0, 0, 1, 1, 1, 1, 3, 3, 3, 3]
    assert found.weeks[0].start == date(2026, 3, 2)
    assert found.change == 3.0


def test_articles_judgements_notices_and_low_confidence(diary: Diary) -> None:
    answer: dict[str, Any] = {"kind": Kind.ANSWER, "confidence": 0.9}
    for number in range(5):
        name = diary.ask(f"how to ease knots {number}", 1, cited=("knots", "feet"), **answer)
        note = "it tells of feet, ask jane@example.org" if number == 0 else None
        diary.journal.judge(name, number > 1, None if number > 1 else Reason.WRONG, note)
    for number in range(3):
        diary.ask(f"do feet hurt {number}", 2, cited=("feet",), **(answer | {"confidence": 0.5}))
    diary.ask("x", 3, kind=Kind.NOTICE_ONLY, notice=Level.EMERGENCY, category="cauda_equina")
    diary.ask("y", 3, kind=Kind.ANSWER, notice=Level.INFO, category="standing_caution")
    insights = diary.read()
    assert [(each.document, each.cited, each.first) for each in insights.articles] == [
        ("feet", 8, 3),
        ("knots", 5, 5),
    ]
    assert (insights.articles[1].helpful, insights.articles[1].unhelpful) == (3, 2)
    assert (insights.helpful, insights.not_helpful) == (3, 2)
    assert insights.reasons == {Reason.WRONG: 2}
    (marked,) = insights.unhelpful
    assert (marked.document, marked.count, marked.reasons) == ("knots", 2, {Reason.WRONG: 2})
    assert (marked.examples, marked.notes) == ((), ("it tells of feet, ask […]",))
    assert [each.documents for each in insights.low_confidence if each.size == 3] == [("feet",)]
    assert [(each.level, each.category) for each in insights.notices] == [
        (Level.EMERGENCY, "cauda_equina"),
        (Level.INFO, "standing_caution"),
    ]
    assert insights.kinds == {Kind.ANSWER: 9, Kind.NOTICE_ONLY: 1}
    assert insights.asked == 9
    assert sum(day.replies for day in insights.per_day) == 10
    assert len(insights.per_day) == 70


def test_without_words_counts_are_told_all_the_same(tmp_path: Path) -> None:
    settings = Settings(journal=str(tmp_path / "j"), journal_mode="counts", journal_days=3650)
    diary = Diary(open_journal(settings))
    diary.ask("how to ease knots", 1, kind=Kind.ANSWER, cited=("knots",))
    insights = diary.read()
    assert (insights.words_kept, insights.unanswered, insights.replies) == (False, (), 1)
    assert insights.articles[0].document == "knots"
    assert "keeps no words" in report(insights, "")
    diary.journal.close()


def test_an_empty_journal_is_told_as_empty(diary: Diary) -> None:
    diary.ask("before", 1, at=START - timedelta(days=1))
    insights = diary.read()
    assert (insights.replies, insights.words_kept) == (0, True)
    assert "holds nothing" in report(insights, "")


def test_the_index_tells_titles_and_vectors_that_are_missing(
    tmp_path: Path, tiny_root: Path
) -> None:
    index = open_index(tiny_root)
    journal = open_journal(Settings(journal=str(tmp_path / "j"), journal_days=3650))
    for number, question in enumerate(("ease a knot", "easing knots", "how to ease a knot")):
        at = START + timedelta(hours=number)
        journal.record(
            Entry(reply=str(number), at=at, kind=Kind.NO_ANSWER, index="v", question=question)
        )
    journal.flush()
    insights = read(journal, index, START, END)
    assert [each.title for each in insights.articles] == [
        "Do Flat Feet Hurt?",
        "How Far Should I Walk?",
        "What Are Knots?",
    ]
    assert sum(each.size for each in (*insights.unanswered, *insights.elsewhere)) == 3
    # What had to be encoded is kept for the next time, and nothing else has changed.
    assert all(line.encoder == index.encoder.card.digest for line in journal.lines() if line.vector)
    assert any(line.vector for line in journal.lines())
    assert read(journal, index, START, END) == insights
    journal.close()


def test_groups_are_those_of_a_plain_implementation() -> None:
    draw = np.random.default_rng(3)
    centres = draw.standard_normal((6, SIZE))
    rows = np.concatenate([centre + 0.6 * draw.standard_normal((12, SIZE)) for centre in centres])
    vectors = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    found = average_linkage(vectors, np.ones(len(vectors), np.float32), 0.4)
    distances = 1 - vectors.astype(np.float64) @ vectors.T
    np.fill_diagonal(distances, 0)
    tree = linkage(squareform(distances, checks=False), "average")
    expected = fcluster(tree, 0.6, "distance")
    same = found[:, None] == found[None, :]
    assert np.array_equal(same, expected[:, None] == expected[None, :])


@pytest.mark.parametrize("count", [0, 1, 2])
def test_few_questions_are_grouped_too(count: int) -> None:
    vectors = np.stack([about(1, number) for number in range(count)]) if count else np.zeros((0, 4))
    found = group(vectors.astype(np.float32), np.ones(count, np.float32))
    assert len(found) == count


def test_more_questions_than_fit_at_a_time_join_their_groups(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("backbot.insights.grouping.AT_A_TIME", 30)
    topics = [number % 5 for number in range(400)]
    vectors = np.stack([about(topic, number) for number, topic in enumerate(topics)])
    found = group(vectors, np.ones(400, np.float32))
    assert len(set(found.tolist())) == 5
    assert len({(topic, number) for topic, number in zip(topics, found.tolist(), strict=True)}) == 5


def test_charts_are_tables_or_have_one_and_escape_what_they_show() -> None:
    made = bars("Articles", "Article", "Times", [Bar("<b>knots</b>", 3), Bar("feet", 0)])
    assert made.startswith("<table")
    assert "<b>" not in made
    assert 'width="100"' in made
    days = [
        Day(day=START.date() + timedelta(days=n), replies=4, answered=2, unanswered=1, notices=0)
        for n in range(100)
    ]
    drawn = activity("Replies", days)
    assert "by week" in drawn
    assert drawn.count('<tr><th scope="row">') == 15
    assert "by day" in activity("Replies", days[:30])
    small = spark([Week(start=START.date(), count=2), Week(start=START.date(), count=5)])
    assert 'role="img"' in small
    assert "7 in 2 weeks" in small
    for markup in (made, drawn, small):
        assert "style=" not in markup
        assert "<script" not in markup
    assert activity("Replies", [])


def test_changes_are_told_in_words() -> None:
    told = {change: change_words(change) for change in (None, 0.0, 1.0, 1.5, 0.5, 4.0)}
    assert told == {
        None: "new",
        0.0: "none lately",
        1.0: "steady",
        1.5: "50% more",
        0.5: "50% less",
        4.0: "4 times as many",
    }
