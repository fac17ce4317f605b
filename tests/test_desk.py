"""The owner's acts on a corpus: each changes the very next rebuild and nothing else, and each can
be taken back to the byte."""

import datetime
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from backbot.chatbot import Chatbot
from backbot.cli import main
from backbot.corpus.files import read_corpus
from backbot.desk.acts import Desk
from backbot.desk.front import front_of, with_alternate, with_hidden, without_alternate
from backbot.desk.model import Act
from backbot.errors import BackbotError, UsageError, WriteError
from backbot.guard.checks import read_checks
from backbot.index.layout import current_version, read_current, read_manifest
from backbot.index.pins import read_pins
from backbot.index.store import open_index
from backbot.index.wording import read_synonyms
from backbot.model import Reply
from support import Toy, document, small_bank, write_corpus

Do = Callable[[Desk], Act]
ASKED = "Is my couch to blame?"
ACTS: dict[str, Do] = {
    "question": lambda desk: desk.accept_question("knots", ASKED),
    "pin": lambda desk: desk.pin(ASKED, "knots", "Heat helps a knot to relax."),
    "check": lambda desk: desk.check("hello", no_answer=True),
    "hide": lambda desk: desk.hide("knots"),
    "synonym": lambda desk: desk.add_synonym(["Couch", "sofa"]),
    "draft": lambda desk: desk.start_draft("About Couches", [ASKED]),
}
# Which files of an index each act may change, and no others.
DOCUMENTS = {"documents.json", "questions.json", "wording.json", "baseline.json"}
TOUCHED = {
    "question": DOCUMENTS | {"question_vectors.npy", "question_keys.npy"},
    "pin": {"pins.json"},
    "check": set(),
    "synonym": {"wording.json"},
    "draft": set(),
}
PANEL = ("Do flat feet hurt?", "How far should I walk a day?", "what helps a knot?", "bread?")


def contents(corpus: Path) -> dict[str, bytes]:
    """Every file of a corpus but the record of acts."""
    return {
        str(path.relative_to(corpus)): path.read_bytes()
        for path in sorted(corpus.rglob("*"))
        if path.is_file() and path.name != "acts.jsonl"
    }


def told(reply: Reply) -> tuple[object, ...]:
    return (reply.kind, reply.sections, reply.text, reply.notice)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["owner", *arguments])


@pytest.mark.parametrize("kind", ACTS)
def test_an_act_is_taken_back_to_the_byte(kind: str, tiny_corpus: Path) -> None:
    before = contents(tiny_corpus)
    desk = Desk(tiny_corpus)
    act = ACTS[kind](desk)
    assert contents(tiny_corpus) != before
    assert [(each.act, each.undone) for each in desk.recorded()] == [(act, None)]
    assert desk.undo() == act
    assert contents(tiny_corpus) == before
    assert desk.recorded()[0].undone is not None
    with pytest.raises(UsageError, match="no such act"):
        desk.undo(act.id)


@pytest.mark.parametrize("kind", TOUCHED)
def test_an_act_changes_the_next_index_and_nothing_else(
    kind: str, toy: Toy, tiny_corpus: Path, tmp_path: Path
) -> None:
    root = tmp_path / "index"
    first = toy.build(tiny_corpus, root).version
    before = Chatbot(open_index(root))
    files = read_manifest(root, first).files
    desk = Desk(tiny_corpus)
    act = ACTS[kind](desk)
    # Nothing takes effect by itself.
    assert current_version(root) == first
    rebuilt = toy.build(tiny_corpus, root)
    assert rebuilt.published
    now = read_manifest(root, rebuilt.version).files
    assert now.keys() == files.keys()
    changed = {name for name, digest in now.items() if files[name] != digest}
    assert changed <= TOUCHED[kind]
    assert bool(changed) == bool(TOUCHED[kind])
    after = Chatbot(open_index(root))
    for question in PANEL:
        assert told(after.reply(question)) == told(before.reply(question))
    desk.undo(act.id)
    assert toy.build(tiny_corpus, root).version == first


def test_what_is_hidden_is_gone_from_the_next_index(
    toy: Toy, tiny_corpus: Path, tmp_path: Path
) -> None:
    root = tmp_path / "index"
    first = toy.build(tiny_corpus, root).version
    desk = Desk(tiny_corpus)
    desk.hide("knots")
    assert toy.build(tiny_corpus, root).report.changes.gone == ("knots",)
    assert set(open_index(root).by_id) == {"flat-feet", "how-far"}
    desk.show("knots")
    assert toy.build(tiny_corpus, root).version == first
    with pytest.raises(UsageError, match="is not hidden"):
        desk.show("knots")


def test_an_accepted_question_leads_to_its_article(
    toy: Toy, tiny_corpus: Path, tmp_path: Path
) -> None:
    root = tmp_path / "index"
    toy.build(tiny_corpus, root)
    Desk(tiny_corpus).accept_question("knots", ASKED)
    toy.build(tiny_corpus, root)
    index = open_index(root)
    owner = {each.text: index.documents[each.document].id for each in index.questions}
    assert owner[ASKED] == "knots"
    hits = Chatbot(index).explain(ASKED)[1].hits
    best = max(hits, key=lambda hit: hit.asked)
    assert index.documents[index.passages[best.passage, 0]].id == "knots"
    assert best.asked == pytest.approx(1.0, abs=1e-4)


def test_a_synonym_takes_a_reader_s_word_for_the_corpus_s(
    toy: Toy, tiny_corpus: Path, tmp_path: Path
) -> None:
    root = tmp_path / "index"
    Desk(tiny_corpus).add_synonym(["knot", "gnarl"])
    toy.build(tiny_corpus, root)
    trace = Chatbot(open_index(root)).explain("what helps a gnarl to relax?")[1]
    assert trace.question is not None
    assert trace.question.text == "what helps a knot to relax?"


def test_a_wrong_answer_becomes_a_check_that_holds_the_next_index_back(
    toy: Toy, tiny_corpus: Path, tmp_path: Path
) -> None:
    root = tmp_path / "index"
    first = toy.build(tiny_corpus, root).version
    question = "What are knots?"
    cited = Chatbot(open_index(root)).reply(question).citations[0].document
    desk = Desk(tiny_corpus)
    act = desk.check(question, never_cites=[cited])
    write_corpus(tiny_corpus, {"articles/sleep.md": document("Sleep", "Sleep on your side.")})
    held = toy.build(tiny_corpus, root)
    assert not held.published
    assert held.report.failures[0].wanted == f"nothing out of {cited}"
    assert current_version(root) == first
    # It can be looked at beside the one that answers, and a pin mends it.
    assert read_current(root).held == held.version
    assert "sleep" in open_index(root, held.version).by_id
    desk.pin(question, "flat-feet")
    assert toy.build(tiny_corpus, root).published
    reply = Chatbot(open_index(root)).reply(question)
    assert [each.document for each in reply.citations] == ["flat-feet"]
    desk.undo(act.id)
    assert read_checks(tiny_corpus) == ()


def test_a_draft_answers_nothing_until_it_is_moved(
    toy: Toy, tiny_corpus: Path, tmp_path: Path
) -> None:
    act = Desk(tiny_corpus).start_draft("About Couches", [ASKED, "sofas?", ASKED])
    assert act.file == "drafts/about-couches.md"
    assert "about-couches" not in {each.id for each in read_corpus(tiny_corpus)}
    path = tiny_corpus / act.file
    moved = tiny_corpus / "articles" / path.name
    path.rename(moved)
    (written,) = (each for each in read_corpus(tiny_corpus) if each.id == "about-couches")
    assert written.alternate_questions == (ASKED, "sofas?")
    with pytest.raises(UsageError, match="not there any more"):
        Desk(tiny_corpus).undo()


def test_a_draft_that_was_written_on_is_not_taken_away(tiny_corpus: Path) -> None:
    desk = Desk(tiny_corpus)
    path = tiny_corpus / desk.start_draft("About Couches").file
    path.write_text(path.read_text("utf-8") + "\nMy own words.\n", "utf-8")
    with pytest.raises(UsageError, match="mend the file by hand"):
        desk.undo()
    assert "My own words." in path.read_text("utf-8")


# Taking back, whatever came after


@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize(
    "two",
    [
        (lambda d: d.accept_question("knots", "one?"), lambda d: d.accept_question("knots", "2?")),
        (lambda d: d.pin("one?", "knots"), lambda d: d.pin("two?", "knots")),
        (lambda d: d.check("a", no_answer=True), lambda d: d.check("b", cites="knots")),
        (lambda d: d.add_synonym(["a", "b"]), lambda d: d.add_synonym(["c", "d"])),
        (lambda d: d.hide("knots"), lambda d: d.accept_question("knots", "one?")),
    ],
)
def test_two_acts_are_taken_back_in_any_order(
    two: tuple[Do, Do], first: int, tiny_corpus: Path
) -> None:
    before = contents(tiny_corpus)
    desk = Desk(tiny_corpus)
    acts = [each(desk) for each in two]
    desk.undo(acts[first].id)
    read_corpus(tiny_corpus), read_pins(tiny_corpus), read_synonyms(tiny_corpus)
    read_checks(tiny_corpus)
    desk.undo(acts[1 - first].id)
    assert contents(tiny_corpus) == before


OWN_PINS = """\
# My pins

[[pin]] # the first
question = 'a'   # as asked
document = "flat-feet"

# about the next
[[pin]]
document = "flat-feet"
question = "b"
"""


def test_the_owner_s_comments_and_layout_stay(tiny_corpus: Path) -> None:
    path = tiny_corpus / "pins.toml"
    path.write_text(OWN_PINS, "utf-8")
    desk = Desk(tiny_corpus)
    act = desk.pin('say "c"?', "knots")
    assert path.read_text("utf-8").startswith(OWN_PINS)
    assert read_pins(tiny_corpus)[-1].question == 'say "c"?'
    # The owner goes on writing in the same file.
    more = path.read_text("utf-8") + '\n# more\n[[pin]]\nquestion = "d"\ndocument = "knots"\n'
    path.write_text(more, "utf-8")
    desk.undo(act.id)
    left = path.read_text("utf-8")
    assert left == OWN_PINS + '\n# more\n[[pin]]\nquestion = "d"\ndocument = "knots"\n'


@pytest.mark.parametrize(
    "groups",
    [
        'groups = [["couch", "sofa"]]\n',
        '# mine\ngroups = [\n  ["couch", "sofa"],   # soft\n  # later\n  ["a", "b"]\n]\n',
        'groups = [\n    ["x","y"], # z\n]\n# end\n',
        "groups = []\n",
    ],
)
def test_synonyms_keep_their_layout(groups: str, tiny_corpus: Path) -> None:
    path = tiny_corpus / "synonyms.toml"
    path.write_text(groups, "utf-8")
    desk = Desk(tiny_corpus)
    desk.add_synonym(["p", "q r"])
    now = path.read_text("utf-8")
    assert ["p", "q r"] in read_synonyms(tiny_corpus)
    assert [line for line in groups.splitlines() if "#" in line] == [
        line for line in now.splitlines() if "#" in line
    ]
    desk.undo()
    assert path.read_text("utf-8") == groups


HEADERS = {
    "none": "title: A\n",
    "block": 'title: A\nalternate_questions:\n  - "b"\n  - c # a comment\ntags: [x]\n',
    "flush": "title: A\nalternate_questions:\n- b\n# a comment\ntags: [x]\n",
    "flow": 'title: A\nalternate_questions: ["b", c] # a comment\n',
    "one": "title: A\nalternate_questions: [b]\ntags: [x]\n",
    "empty": "title: A\nalternate_questions: []\n",
    "nothing": "title: A\nalternate_questions:\ntags: [x]\n",
    "long": "title: A\nalternate_questions:\n  - >-\n    b\n    c\n  - 'd ''e'''\ntags: [x]\n",
    "quoted key": 'title: A\nquestion: "alternate_questions: [no]"\n# hidden: no\n',
    "comments": "# first\ntitle: A # last\n\n# the end\n",
}


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("header", HEADERS)
def test_front_matter_of_any_layout(header: str, line_end: str, tmp_path: Path) -> None:
    text = f"---\n{HEADERS[header]}---\n\nBody.\n\n---\n\nhidden: true\n".replace("\n", line_end)
    corpus = write_corpus(tmp_path / "corpus", {"articles/a.md": text})
    path = corpus / "articles" / "a.md"
    desk = Desk(corpus)
    before = front_of(text)
    new = 'is it "my" couch: [or] {not}, #1?'
    desk.accept_question("a", new)
    now = path.read_bytes().decode()
    wanted = [*(before.get("alternate_questions") or []), new]
    assert front_of(now) == before | {"alternate_questions": wanted}
    assert ("\r\n" in now) == (line_end == "\r\n")
    assert now.replace("\r\n", "").count("\n") == (0 if line_end == "\r\n" else now.count("\n"))
    # Each line of the owner's stands there as it did, or with the question after it.
    assert all(line in now for line in text.splitlines() if "alternate_questions" not in line)
    # Without the record of the very lines, the question alone goes out too.
    assert new not in (front_of(without_alternate(now, new)).get("alternate_questions") or [])
    desk.undo()
    assert path.read_bytes().decode() == text
    desk.hide("a")
    assert front_of(path.read_bytes().decode()) == before | {"hidden": True}
    desk.undo()
    assert path.read_bytes().decode() == text


def test_hidden_false_comes_back(tmp_path: Path) -> None:
    text = "---\ntitle: A\nhidden: false # for now\n---\nBody.\n"
    corpus = write_corpus(tmp_path / "corpus", {"articles/a.md": text})
    desk = Desk(corpus)
    desk.hide("a")
    assert front_of((corpus / "articles" / "a.md").read_text("utf-8"))["hidden"] is True
    desk.undo()
    assert (corpus / "articles" / "a.md").read_text("utf-8") == text


def test_what_was_edited_since_is_taken_out_by_its_meaning(tiny_corpus: Path) -> None:
    desk = Desk(tiny_corpus)
    desk.pin("a?", "knots")
    path = tiny_corpus / "pins.toml"
    path.write_text(path.read_text("utf-8").replace('"a?"', "'a?'"), "utf-8")
    desk.undo()
    assert not path.exists() or read_pins(tiny_corpus) == ()


def test_what_is_not_there_any_more_cannot_be_taken_back(tiny_corpus: Path) -> None:
    desk = Desk(tiny_corpus)
    desk.pin("a?", "knots")
    (tiny_corpus / "pins.toml").write_text("# nothing\n", "utf-8")
    with pytest.raises(UsageError, match="not there any more"):
        desk.undo()
    assert (tiny_corpus / "pins.toml").read_text("utf-8") == "# nothing\n"


def test_a_record_that_was_tampered_with_leads_nowhere(tiny_corpus: Path, tmp_path: Path) -> None:
    desk = Desk(tiny_corpus)
    desk.pin("a?", "knots")
    record = tiny_corpus / "acts.jsonl"
    (tmp_path / "mine.toml").write_text("x = 1\n", "utf-8")
    record.write_text(
        record.read_text("utf-8").replace('"pins.toml"', '"../mine.toml"') + "{broken\n[]\n",
        "utf-8",
    )
    with pytest.raises(UsageError, match="not a file of this corpus"):
        desk.undo()
    assert len(desk.recorded()) == 1


# What cannot be meant


@pytest.mark.parametrize(
    ("do", "why"),
    [
        (lambda d: d.accept_question("no-such", "a?"), "no such document"),
        (lambda d: d.accept_question("../knots", "a?"), "no such document"),
        (lambda d: d.accept_question("knots", "what are knots"), "has this question already"),
        (lambda d: d.accept_question("knots", " \x00 "), "1 to 2,000 characters"),
        (lambda d: d.accept_question("knots", "a" * 2001), "1 to 2,000 characters"),
        (lambda d: d.pin("a?", "no-such"), "no such document"),
        (lambda d: d.check("a?"), "Say one thing"),
        (lambda d: d.check("a?", cites="knots", no_answer=True), "Say one thing"),
        (lambda d: d.check("a?", cites="no-such"), "no such document"),
        (lambda d: d.check("a?", never_cites=["no-such"]), "no such document"),
        (lambda d: d.add_synonym(["a", " A "]), "two words or more"),
        (lambda d: d.start_draft(" "), "up to 200 characters"),
        (lambda d: d.start_draft("Knots"), "already"),
        (lambda d: d.hide("no-such"), "no such document"),
    ],
)
def test_what_cannot_be_meant_changes_nothing(do: Do, why: str, tiny_corpus: Path) -> None:
    before = contents(tiny_corpus)
    with pytest.raises(UsageError, match=why):
        do(Desk(tiny_corpus))
    assert contents(tiny_corpus) == before
    assert not (tiny_corpus / "acts.jsonl").exists()


@pytest.mark.parametrize("kind", ["pin", "check", "question", "hide", "synonym", "draft"])
def test_said_twice_is_said_once(kind: str, tiny_corpus: Path) -> None:
    desk = Desk(tiny_corpus)
    ACTS[kind](desk)
    now = contents(tiny_corpus)
    with pytest.raises(UsageError, match="already"):
        ACTS[kind](desk)
    assert contents(tiny_corpus) == now


@pytest.mark.parametrize(
    ("name", "content", "do"),
    [
        ("pins.toml", "[[pin]\n", lambda d: d.pin("a?", "knots")),
        (
            "pins.toml",
            "pin = [{ question = 'a', document = 'b' }]\n",
            lambda d: d.pin("c", "knots"),
        ),
        ("synonyms.toml", "groups = 1\n", lambda d: d.add_synonym(["a", "b"])),
        ("checks.toml", "\xff", lambda d: d.check("a?", no_answer=True)),
        ("articles/knots.md", "no front matter\n", lambda d: d.hide("knots")),
        ("articles/knots.md", "---\na: [\n---\n", lambda d: d.accept_question("knots", "a?")),
        (
            "articles/knots.md",
            "---\n{title: A}\n---\nBody\n",
            lambda d: d.accept_question("knots", "a?"),
        ),
        (
            "articles/knots.md",
            "---\ntitle: A\nalternate_questions: &x [a]\nothers: *x\n---\nBody\n",
            lambda d: d.accept_question("knots", "b?"),
        ),
    ],
)
def test_a_file_that_cannot_be_changed_safely_stays(
    name: str, content: str, do: Do, tiny_corpus: Path
) -> None:
    path = tiny_corpus / name
    path.write_bytes(content.encode("latin-1"))
    before = contents(tiny_corpus)
    with pytest.raises(BackbotError):
        do(Desk(tiny_corpus))
    assert contents(tiny_corpus) == before


def test_a_link_is_not_written_through(tiny_corpus: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere.toml").write_text("", "utf-8")
    (tiny_corpus / "pins.toml").symlink_to(tmp_path / "elsewhere.toml")
    with pytest.raises(WriteError, match="is a link"):
        Desk(tiny_corpus).pin("a?", "knots")
    assert (tmp_path / "elsewhere.toml").read_text("utf-8") == ""


def test_no_corpus(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no folder"):
        Desk(tmp_path / "none").add_synonym(["a", "b"])


def test_a_read_front_matter_helper_refuses_what_it_cannot_place() -> None:
    with pytest.raises(WriteError):
        with_alternate("text", "a?")
    with pytest.raises(WriteError):
        with_hidden("---\ntitle: A\n", True)


# Holding back


def test_a_version_that_is_held_back_is_released_or_taken_away(
    toy: Toy, tiny_corpus: Path, tmp_path: Path
) -> None:
    root = tmp_path / "index"
    first = toy.build(tiny_corpus, root).version
    write_corpus(tiny_corpus, {"articles/sleep.md": document("Sleep", "Sleep on your side.")})

    def hold() -> str:
        arguments = ["rebuild-index", "--hold", "--corpus", str(tiny_corpus), "--index", str(root)]
        with small_bank():
            done = CliRunner().invoke(main, arguments, env={"BACKBOT_MODEL": str(toy.checkpoint)})
        assert done.exit_code == 0, done.output
        assert f"Held back: version {first} answers on." in " ".join(done.stdout.split())
        held = read_current(root).held
        assert held is not None
        return held

    held = hold()
    assert current_version(root) == first
    assert run("discard", "--index", str(root)).exit_code == 0
    assert read_current(root).held is None
    assert [each.name for each in (root / "versions").iterdir()] == [first]
    assert run("release", "--index", str(root)).exit_code == 2
    assert hold() == held
    assert run("release", "--index", str(root)).exit_code == 0
    assert current_version(root) == held
    assert read_current(root).history == [held, first]


def test_a_first_index_is_not_held_back(toy: Toy, tiny_corpus: Path, tmp_path: Path) -> None:
    arguments = ["rebuild-index", "--hold", "--corpus", str(tiny_corpus)]
    arguments += ["--index", str(tmp_path / "index")]
    shutil.copytree(toy.models, tmp_path / "index" / "models")
    with small_bank():
        done = CliRunner().invoke(main, arguments, env={"BACKBOT_MODEL": str(toy.checkpoint)})
    assert done.exit_code == 0, done.output
    assert current_version(tmp_path / "index")


# Commands


def test_the_same_by_command(tiny_corpus: Path) -> None:
    before = contents(tiny_corpus)
    at = ["--corpus", str(tiny_corpus)]
    done = [
        run("accept", "knots", ASKED, *at),
        run("pin", ASKED, "knots", "--words", "Heat helps a knot to relax.", *at),
        run("check", "hello", "--no-answer", *at),
        run("check", ASKED, "--never-cites", "flat-feet", "--never-cites", "how-far", *at),
        run("hide", "flat-feet", *at),
        run("synonym", "couch", "sofa", *at),
        run("draft", "About Couches", "--asked", ASKED, *at),
        run("show", "flat-feet", *at),
    ]
    assert [each.exit_code for each in done] == [0] * 8, [each.output for each in done]
    assert read_checks(tiny_corpus)[1].refused == ("flat-feet", "how-far")
    listed = run("acts", *at).stdout.splitlines()
    assert len(listed) == 8
    assert listed[0].endswith("flat-feet is shown again")
    for line in listed:
        assert run("undo", line.split()[0], *at).exit_code == 0
    assert contents(tiny_corpus) == before
    assert run("undo", *at).exit_code == 2
    assert "Nothing was done yet" not in run("acts", *at).stdout


def test_times_are_told_in_one_zone(tiny_corpus: Path) -> None:
    act = Desk(tiny_corpus).hide("knots")
    assert act.at.tzinfo is datetime.UTC or act.at.utcoffset() == datetime.timedelta(0)
    assert Desk(tiny_corpus).recorded()[0].act == act
