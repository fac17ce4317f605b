"""A new index is proved before readers get it: the owner's checks, what changes, and the way "
"back."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from backbot.chatbot import Chatbot
from backbot.cli import main
from backbot.errors import CorpusError, UsageError
from backbot.guard.changes import compare
from backbot.guard.checks import read_checks, run_checks
from backbot.guard.reach import unreached
from backbot.index.contents import Index
from backbot.index.draft import roll_back
from backbot.index.layout import current_version, read_current
from backbot.index.store import open_index
from backbot.rebuild import rebuild_index
from support import Toy, document, link_models, small_bank, write_corpus

FAILING = '[[check]]\nquestion = "What are knots?"\ncites = "no-such-document"\n'
PASSING = '[[check]]\nquestion = "hello"\nno_answer = true\n'


def run(toy: Toy, corpus: Path, root: Path, *more: str) -> Result:
    arguments = ["rebuild-index", "--corpus", str(corpus), "--index", str(root), *more]
    with small_bank():
        return CliRunner().invoke(main, arguments, env={"BACKBOT_MODEL": str(toy.checkpoint)})


def checks(corpus: Path, text: str) -> None:
    (corpus / "checks.toml").write_text(text, "utf-8")


@pytest.fixture
def root(toy: Toy, tiny_corpus: Path, tmp_path: Path) -> Path:
    toy.build(tiny_corpus, tmp_path / "index")
    return tmp_path / "index"


# Checks


def test_checks_on_the_starter_corpus(chatbot: Chatbot, tmp_path: Path) -> None:
    (tmp_path / "checks.toml").write_text(
        """
        [[check]]
        question = "do flat feet cause upper back pain?"
        cites = ["no-such", "do-flat-feet-cause-upper-back-pain"]
        [[check]]
        question = "how do I bake a sourdough bread?"
        no_answer = true
        [[check]]
        question = "I have back pain and I lost control of my bladder"
        notice = "emergency"
        [[check]]
        question = "do flat feet cause upper back pain?"
        cites = "can-my-pillow-cause-upper-back-pain"
        [[check]]
        question = "do flat feet cause upper back pain?"
        cites = "no-such"
        [[check]]
        question = "do flat feet cause upper back pain?"
        no_answer = true
        """,
        "utf-8",
    )
    failures = run_checks(read_checks(tmp_path), chatbot)
    assert [(failure.wanted, failure.got.partition(" that")[0]) for failure in failures] == [
        ("an answer that cites can-my-pillow-cause-upper-back-pain", "an answer"),
        ("an answer that cites no-such", "there is no document no-such"),
        ("no answer", "an answer"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "[[check]\n",
        '[[check]]\nquestion = "a"\n',
        '[[check]]\nquestion = ""\nno_answer = true\n',
        '[[check]]\nquestion = "a"\ncites = "b"\nno_answer = true\n',
        '[[check]]\nquestion = "a"\nciets = "b"\n',
        '[[check]]\nquestion = "a"\nnotice = "loud"\n',
        "checks = 1\n",
        "\xff",
    ],
)
def test_checks_that_cannot_be_read(text: str, tmp_path: Path) -> None:
    (tmp_path / "checks.toml").write_bytes(text.encode("latin-1"))
    with pytest.raises(CorpusError, match=r"checks\.toml does not fit"):
        read_checks(tmp_path)


def test_no_checks(tmp_path: Path) -> None:
    assert read_checks(tmp_path) == ()


def test_a_failed_check_keeps_the_index_before(toy: Toy, tiny_corpus: Path, root: Path) -> None:
    before = current_version(root)
    write_corpus(tiny_corpus, {"articles/sleep.md": document("Sleep", "Sleep on your side.")})
    checks(tiny_corpus, FAILING)
    result = run(toy, tiny_corpus, root)
    assert result.exit_code == 1, result.output
    said = " ".join(result.stdout.split())
    assert said.startswith(f"Not taken: a check fails, so version {before} answers on")
    assert "New (1): sleep." in said
    assert "got: there is no document no-such-document" in said
    assert current_version(root) == before
    # It is kept beside the current one, to be looked at, until the next rebuild.
    held = read_current(root).held
    assert {path.name for path in (root / "versions").iterdir()} == {before, held}

    forced = run(toy, tiny_corpus, root, "--force")
    assert forced.exit_code == 1
    assert "since --force was given" in " ".join(forced.stdout.split())
    assert current_version(root) != before


def test_checks_that_hold(toy: Toy, tiny_corpus: Path, root: Path) -> None:
    checks(tiny_corpus, PASSING)
    result = run(toy, tiny_corpus, root)
    assert result.exit_code == 0, result.output
    assert "The one check in checks.toml holds." in result.stdout


def test_broken_checks_change_nothing(toy: Toy, tiny_corpus: Path, root: Path) -> None:
    before = current_version(root)
    checks(tiny_corpus, "[[check]")
    result = run(toy, tiny_corpus, root)
    assert result.exit_code == 2
    assert current_version(root) == before


def test_the_report_as_json(toy: Toy, tiny_corpus: Path, root: Path) -> None:
    checks(tiny_corpus, FAILING)
    result = run(toy, tiny_corpus, root, "--json")
    assert result.exit_code == 1
    report = json.loads(result.stdout)
    assert report["published"] is False
    assert report["report"]["failures"][0]["question"] == "What are knots?"


# What changes


def test_what_readers_will_notice(toy: Toy, tiny_corpus: Path, root: Path) -> None:
    before = open_index(root)
    (tiny_corpus / "articles" / "flat-feet.md").unlink()
    write_corpus(
        tiny_corpus,
        {
            "articles/sleep.md": document("Sleep", "Sleep on your side."),
            "articles/knots.md": document("What Are Knots?", "Knots are tight."),
        },
    )
    changes = toy.build(tiny_corpus, root).report.changes
    assert (changes.new, changes.changed, changes.gone) == (("sleep",), ("knots",), ("flat-feet",))
    after = open_index(root)
    again = compare(before, after)
    assert again.asked == len({each.text for index in (before, after) for each in index.questions})
    assert compare(after, after).any is False
    assert compare(None, after).new == tuple(sorted(after.by_id))


def test_a_question_that_is_no_longer_answered(
    corpus_root: Path, models_root: Path, tmp_path: Path, index: Index
) -> None:
    gone = "is-heat-or-cold-better-for-upper-back-knots"
    kept = sorted(path for path in corpus_root.rglob("*.md") if path.stem != gone)[:5]
    files = {str(path.relative_to(corpus_root)): path.read_bytes() for path in kept}
    corpus = write_corpus(tmp_path / "corpus", files)
    fewer = tmp_path / "index"
    link_models(models_root, fewer)
    rebuild_index(corpus, fewer)
    changes = compare(index, open_index(fewer))
    assert gone in changes.gone
    assert changes.lost
    assert set(changes.lost) <= {question.text for question in index.questions}


def test_every_article_of_the_starter_corpus_can_be_reached(index: Index) -> None:
    assert unreached(index) == ()


# The way back


def test_back_and_forth(toy: Toy, tiny_corpus: Path, root: Path) -> None:
    made = [current_version(root)]
    for number in range(5):
        title = f"Sleep {number}"
        write_corpus(tiny_corpus, {f"articles/sleep-{number}.md": document(title, "Sleep well.")})
        made.insert(0, toy.build(tiny_corpus, root).version)
    assert read_current(root).history == made[:5]
    for version in made[1:5]:
        result = run(toy, tiny_corpus, root, "--rollback")
        assert result.exit_code == 0, result.output
        assert current_version(root) == version
        assert open_index(root).version == version
    assert run(toy, tiny_corpus, root, "--rollback").exit_code == 2
    assert roll_back(root, made[0]) == made[0]
    with pytest.raises(UsageError, match="There is no version"):
        roll_back(root, "0" * 16)
    assert read_current(root).history == made[:5]
    # The next rebuild goes on from the corpus, as if nobody had gone back.
    roll_back(root, made[3])
    assert toy.build(tiny_corpus, root).version == made[0]


def test_a_damaged_version_is_not_gone_back_to(toy: Toy, tiny_corpus: Path, root: Path) -> None:
    old = current_version(root)
    write_corpus(tiny_corpus, {"articles/sleep.md": document("Sleep", "Sleep on your side.")})
    new = toy.build(tiny_corpus, root).version
    (root / "versions" / old / "documents.json").write_bytes(b"[]")
    result = run(toy, tiny_corpus, root, "--rollback")
    assert result.exit_code == 2
    assert "is damaged" in result.stderr
    assert current_version(root) == new
