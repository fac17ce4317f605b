"""The command line: what it prints, on which stream, how it ends, and what it does not import."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import tomllib
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner, Result

import backbot
from backbot.cli import main
from backbot.cli.diagnosis import BUILDING, SERVING
from backbot.cli.rebuild_index import BUILD_MODULES, summary
from backbot.cli.serve import address
from backbot.cli.show_reply import page_address, print_reply
from backbot.cli.terminal import Terminal, print_json
from backbot.model import (
    Citation,
    Excerpt,
    Kind,
    Level,
    Link,
    Notice,
    Reply,
    Section,
    SectionRole,
)
from backbot.phrases import phrase
from backbot.rebuild import Rebuilt
from support import TINY, Toy, document, write_corpus

PROJECT = Path(__file__).parents[1]
COMMANDS = (
    *("ask", "serve", "rebuild-index", "import", "refresh", "watch", "evaluate", "verify"),
    *("insights", "journal", "owner", "doctor", "pack", "unpack"),
)
# What only building an index, or nothing at all, may import.
HEAVY = ("torch", "sentence_transformers", "transformers", "nltk", "rank_bm25", "onnx", "slugify")
QUESTION = "do flat feet cause neck pain?"


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("BACKBOT_")]:
        monkeypatch.delenv(name)
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "80")


def run(*arguments: str | Path, **environ: str) -> Result:
    """Run a command inside this process."""
    return CliRunner().invoke(main, [str(each) for each in arguments], env=environ)


def start(*arguments: str | Path) -> "subprocess.Popen[str]":
    """Start a command as a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "backbot", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(PROJECT / "src")},
    )


def python(code: str, *, check: bool = True, **environ: str) -> "subprocess.CompletedProcess[str]":
    """Run `code` in a new interpreter."""
    return subprocess.run(
        [sys.executable, "-c", code],
        check=check,
        capture_output=True,
        text=True,
        timeout=60,
        env=os.environ | {"PYTHONPATH": str(PROJECT / "src")} | environ,
    )


def squeezed(text: str) -> str:
    """Return `text` without its line breaks and indents."""
    return " ".join(text.split())


def controls(text: str) -> set[str]:
    """Return the characters of `text` that could steer a terminal, the line feed aside."""
    return set(
        re.findall(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]", text)
    )


def answer(**changes: Any) -> Reply:
    """Return an answer with one excerpt, some of its fields changed."""
    text = changes.pop("text", "Knots form because a muscle holds still.")
    citation: dict[str, Any] = {
        "number": 1,
        "document": "knots",
        "kind": "article",
        "from_": None,
        "title": "What Are Knots?",
        "url": "https://example.org/knots#:~:text=Knots",
        "date": None,
        "reviewed": None,
        "truncated": False,
        "sha256": "0" * 64,
    }
    citation |= changes.pop("citation", {})
    excerpt = Excerpt(text=text, citation=1, start=0, end=len(text))
    fields: dict[str, Any] = {
        "id": "x",
        "kind": Kind.ANSWER,
        "message": "why knots",
        "understood_as": "why knots",
        "sections": (
            Section(role=SectionRole.CAUSE, heading="Why it happens", excerpts=(excerpt,)),
        ),
        "citations": (Citation(**citation),),
        "confidence": 0.93,
        "index": "0" * 16,
        "elapsed_ms": 1.0,
    }
    return Reply(**(fields | changes))


def printed(reply: Reply, capsys: pytest.CaptureFixture[str]) -> str:
    print_reply(Terminal(), reply, site="http://127.0.0.1:8000/")
    return capsys.readouterr().out


# The group


def test_help_names_every_command_and_where_settings_come_from() -> None:
    result = run("--help")
    assert result.exit_code == 0
    assert re.findall(r"^  ([a-z][a-z-]+)  ", result.stdout, re.MULTILINE) == list(COMMANDS)
    assert "then from BACKBOT_* variables, then from backbot.toml" in squeezed(result.stdout)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_a_help_page(name: str) -> None:
    result = run(name, "--help")
    assert result.exit_code == 0
    assert result.stdout.startswith(f"Usage: main {name}")


def test_version_is_the_packages() -> None:
    assert run("--version").stdout == f"backbot, version {backbot.__version__}\n"


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("nonsense",),
        ("ask",),
        ("ask", "--nonsense", "x"),
        ("serve", "--port", "many"),
        ("verify",),
    ],
)
def test_wrong_use_exits_with_2_and_says_why_on_stderr(arguments: tuple[str, ...]) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "Usage:" in result.stderr


def test_an_error_is_one_sentence_on_stderr_and_its_exit_code(tmp_path: Path) -> None:
    result = run("ask", "hello", "--index", tmp_path)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == (
        f"Error: There is no index in {tmp_path}; run `backbot rebuild-index` to build one.\n"
    )


def test_several_broken_files_have_a_line_each(toy: Toy, tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "c", {"articles/B.md": "x", "articles/a.md": "x"})
    result = run("rebuild-index", "--corpus", corpus, "--index", tmp_path / "i")
    assert (result.exit_code, result.stdout) == (2, "")
    first, *rest = result.stderr.splitlines()
    assert first == "Error: 2 problems in the corpus:"
    assert [line.split()[0] for line in rest] == ["articles/B.md", "articles/a.md"]


def test_an_error_cannot_steer_the_terminal(tmp_path: Path) -> None:
    result = run("ask", "hello", "--index", tmp_path / "\x1b[31m\u202e")
    assert result.exit_code == 2
    assert controls(result.stderr) == set()


def test_a_bad_setting_is_a_usage_error() -> None:
    result = run("ask", "hello", BACKBOT_PORT="x")
    assert result.exit_code == 2
    assert result.stderr == (
        "Error: The setting `port` in BACKBOT_PORT must be a whole number from 1 to 65535.\n"
    )


def test_the_index_may_come_from_a_variable_and_a_flag_comes_first(tiny_root: Path) -> None:
    assert run("ask", "hello", BACKBOT_INDEX=str(tiny_root)).exit_code == 0
    assert run("ask", "hello", "--index", tiny_root, BACKBOT_INDEX="nowhere").exit_code == 0


def test_ctrl_c_exits_with_130_without_a_word(
    tiny_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("backbot.index.source.open_index", interrupt)
    result = run("ask", "hello", "--index", tiny_root)
    assert (result.exit_code, result.output) == (130, "")


@pytest.mark.parametrize("extra", [(), ("--json",), ("--explain",)])
def test_a_closed_pipe_ends_the_command_without_a_word(
    extra: tuple[str, ...], tiny_root: Path
) -> None:
    process = start("ask", "hello", "--index", tiny_root, *extra)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    assert (process.wait(60), process.stderr.read()) == (141, "")
    process.stderr.close()


def test_python_m_backbot_is_backbot() -> None:
    out, err = (process := start("--version")).communicate(timeout=60)
    assert (process.returncode, out, err) == (0, f"backbot, version {backbot.__version__}\n", "")


# What is imported


def imported_by(arguments: list[str], *, before: str = "") -> set[str]:
    """Return the top-level modules that a command has imported when it is done."""
    code = (
        "import contextlib, io, sys\n"
        f"{before}\n"
        "from backbot.cli import main\n"
        "with contextlib.redirect_stdout(io.TextIOWrapper(io.BytesIO())):\n"
        f"    main({arguments!r}, standalone_mode=False)\n"
        "print(*{name.partition('.')[0] for name, module in sys.modules.items() if module})\n"
    )
    return set(python(code).stdout.split())


def test_help_imports_nothing_that_answers_or_serves() -> None:
    modules = imported_by(["--help"])
    assert "backbot" in modules
    assert not modules & {"flask", "gunicorn", *HEAVY}


@pytest.mark.parametrize("extra", [[], ["--json"], ["--explain"]])
def test_ask_imports_no_torch_and_its_like(extra: list[str], index_root: Path) -> None:
    modules = imported_by(["ask", QUESTION, "--index", str(index_root), *extra])
    assert "onnxruntime" in modules
    assert not modules & {"flask", "gunicorn", *HEAVY}


def test_serve_imports_no_torch_and_its_like(index_root: Path) -> None:
    # It stops where gunicorn would begin to listen.
    before = "import backbot.server.serve as s; s._Gunicorn.run = lambda self: self.load()"
    arguments = ["serve", "--index", str(index_root), "--port", str(free_port())]
    modules = imported_by(arguments, before=before)
    assert {"flask", "gunicorn", "onnxruntime"} <= modules
    assert not modules & set(HEAVY)


def test_ask_works_where_the_build_extra_is_not_installed(index_root: Path) -> None:
    missing = f"import sys; sys.modules.update(dict.fromkeys({HEAVY!r}))"
    assert "backbot" in imported_by(["ask", QUESTION, "--index", str(index_root)], before=missing)


@pytest.mark.parametrize("name", BUILD_MODULES)
def test_a_rebuild_without_the_build_extra_says_what_to_install(
    name: str, toy: Toy, tiny_corpus: Path, root: Path
) -> None:
    code = (
        "import sys\n"
        f"sys.modules[{name!r}] = None\n"
        "from backbot.cli import main\n"
        f"main(['rebuild-index', '--corpus', {str(tiny_corpus)!r}, '--index', {str(root)!r}])\n"
    )
    done = python(code, check=False, BACKBOT_MODEL=str(toy.checkpoint))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.endswith(
        f"Error: Building an index needs {name}; run `pip install 'backbot[build]'`.\n"
    )


# ask


def test_ask_prints_excerpts_as_quotations_with_numbered_sources(index_root: Path) -> None:
    result = run("ask", QUESTION, "--index", index_root)
    reply = backbot.Chatbot(backbot.open_index(index_root)).reply(QUESTION)
    assert result.exit_code == 0
    assert result.stderr == ""
    plain = squeezed(result.stdout)
    assert reply.kind is Kind.ANSWER
    for section in reply.sections:
        assert section.heading in plain
        for excerpt in section.excerpts:
            assert f"“{squeezed(excerpt.text)}” [{excerpt.citation}]" in plain
    for citation in reply.citations:
        assert f"[{citation.number}] {citation.title}" in plain
        assert f"      {page_address(citation.url)}\n" in result.stdout
    for suggestion in reply.suggestions:
        assert f"- {suggestion}" in plain
    assert phrase("disclaimer", "text") in plain


@pytest.mark.parametrize("columns", [80, 40])
@pytest.mark.parametrize("extra", [(), ("--explain",)])
def test_lines_fit_the_terminal_and_only_addresses_and_names_are_left_whole(
    columns: int, extra: tuple[str, ...], index_root: Path
) -> None:
    result = run("ask", QUESTION, "--index", index_root, *extra, COLUMNS=str(columns))
    long = [line for line in result.stdout.splitlines() if len(line) > columns]
    assert all(" " not in line.strip() for line in long)


def test_prose_stays_readable_in_a_very_wide_window(index_root: Path) -> None:
    result = run("ask", QUESTION, "--index", index_root, COLUMNS="300")
    assert max(map(len, result.stdout.splitlines())) <= 88


def test_nothing_but_words_goes_into_a_pipe(index_root: Path) -> None:
    result = run("ask", QUESTION, "--index", index_root, "--explain")
    assert controls(result.stdout) == set()


def test_a_question_needs_no_quotation_marks(index_root: Path) -> None:
    whole = run("ask", "do flat feet hurt", "--index", index_root).stdout
    assert run("ask", "do", "flat", "feet", "hurt", "--index", index_root).stdout == whole


def test_no_answer_says_so_and_offers_questions_and_exits_with_0(index_root: Path) -> None:
    result = run("ask", "what is the capital of France", "--index", index_root)
    assert result.exit_code == 0
    assert "The articles don’t cover that." in result.stdout
    assert result.stdout.count("\n  - ") == 3
    assert "“" not in result.stdout


def test_small_talk_is_answered_with_its_text(tiny_root: Path) -> None:
    result = run("ask", "hello", "--index", tiny_root)
    assert result.exit_code == 0
    assert phrase("smalltalk", "greeting") in squeezed(result.stdout)


@pytest.mark.parametrize(
    ("question", "said"), [(" ", "is empty"), ("x" * 2001, "at most 2,000 characters")]
)
def test_a_message_that_cannot_be_taken_exits_with_2(
    question: str, said: str, tiny_root: Path
) -> None:
    result = run("ask", question, "--index", tiny_root)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr


def test_json_is_the_reply_object_readable_and_in_utf_8(index_root: Path) -> None:
    result = run("ask", "what is the capital of France", "--json", "--index", index_root)
    reply = msgspec.json.decode(result.stdout_bytes, type=Reply)
    assert reply.kind is Kind.NO_ANSWER
    assert "don’t" in result.stdout_bytes.decode("utf-8")
    assert result.stdout.startswith('{\n  "id": "')
    assert json.loads(result.stdout)["notice"] is None


def test_json_with_explain_adds_the_trace_beside_the_reply(index_root: Path) -> None:
    fields = json.loads(run("ask", QUESTION, "--json", "--explain", "--index", index_root).stdout)
    trace = fields.pop("trace")
    reply = msgspec.convert(fields, Reply)
    assert {"fused", "lexical", "article", "dense", "asked"} <= set(trace["hits"][0])
    assert {"document", "text", "role", "cosine", "tokens"} <= set(trace["candidates"][0])
    assert {"score", "why"} <= set(trace["passed_over"][0])
    assert set(trace["signals"])
    excerpts = {(each.start, each.end) for part in reply.sections for each in part.excerpts}
    assert {(run["start"], run["end"]) for run in trace["runs"]} == excerpts


@pytest.mark.parametrize("columns", ["80", "40"])
def test_explain_shows_every_stage(columns: str, index_root: Path) -> None:
    result = run("ask", QUESTION, "--explain", "--index", index_root, COLUMNS=columns)
    stages = ("Passages found", "Sentences to quote from", "Is there an answer?", "Chosen excerpts")
    places = [result.stdout.index(stage) for stage in stages]
    assert places == sorted(places)
    for score in ("fused", "lexical", "dense", "asked", "score", "Signals", "threshold", "Passed"):
        assert score in result.stdout


def test_explain_says_where_no_article_was_looked_up(tiny_root: Path) -> None:
    result = run("ask", "hello", "--explain", "--index", tiny_root)
    assert "No article was looked up" in result.stdout
    trace = json.loads(run("ask", "hello", "--explain", "--json", "--index", tiny_root).stdout)
    assert (trace["trace"]["hits"], trace["trace"]["signals"]) == ([], None)


# A reply in a terminal


@pytest.mark.parametrize(
    ("level", "alarm"),
    [
        (Level.CRISIS, "IMMEDIATE ACTION REQUIRED"),
        (Level.EMERGENCY, "IMMEDIATE ACTION REQUIRED"),
        (Level.URGENT, "URGENT ADVICE"),
        (Level.SOON, "ADVICE"),
        (Level.INFO, "ADVICE"),
    ],
)
def test_a_notice_comes_first_and_says_its_weight_in_words(
    level: Level, alarm: str, capsys: pytest.CaptureFixture[str]
) -> None:
    links = (Link(label="Call 112", href="tel:112"), Link(label="More", href="https://a.org/more"))
    notice = Notice(level=level, category="c", title="Do this", text="One.\n\nTwo.", links=links)
    grave = level in (Level.CRISIS, Level.EMERGENCY)
    kind = {"kind": Kind.NOTICE_ONLY, "sections": (), "citations": ()} if grave else {}
    out = printed(answer(notice=notice, **kind), capsys)
    first, *lines = filter(None, map(str.strip, out.splitlines()))
    assert alarm in first
    assert "Do this" in lines[1]
    assert "> Call 112" in out
    assert "> More: https://a.org/more" in out
    assert grave or out.index("Do this") < out.index("Knots form")


def test_a_source_shows_its_kind_its_dates_and_that_it_is_only_an_opening(
    capsys: pytest.CaptureFixture[str],
) -> None:
    changes = {"date": "2014-03-01", "reviewed": "2020-12-24", "truncated": True}
    out = printed(answer(citation=changes), capsys)
    assert "Article · 1 March 2014 · Reviewed 24 December 2020\n" in out
    assert phrase("truncated", "note") in out


@pytest.mark.parametrize(
    ("origin", "words"),
    [
        ("reader", "Reader question"),
        ("editor", "Question answered by the site"),
        (None, "Question and answer"),
    ],
)
def test_a_question_says_who_asked_it(
    origin: str | None, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert words in printed(answer(citation={"kind": "question", "from_": origin}), capsys)


@pytest.mark.parametrize(
    ("probability", "words"),
    [
        (0.9999, "Very likely what you asked for (over 99%)."),
        (0.93, "Very likely what you asked for (93%)."),
        (0.75, "Likely what you asked for (75%)."),
        (0.5, "Possibly what you asked for (50%)."),
    ],
)
def test_confidence_is_said_in_words_and_never_as_certain(
    probability: float, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert words in printed(answer(confidence=probability), capsys)


def test_what_a_message_was_understood_as_is_only_shown_where_it_differs(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert "Understood as" not in printed(answer(understood_as="Why  knots"), capsys)
    assert "Understood as: knots why" in printed(answer(understood_as="knots why"), capsys)


def test_paragraphs_of_an_excerpt_stay_apart(capsys: pytest.CaptureFixture[str]) -> None:
    assert "  “One.\n\n  Two.” [1]\n" in printed(answer(text="One.\n\nTwo."), capsys)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://a.org/knots#:~:text=Knots", "https://a.org/knots"),
        ("https://a.org/knots?p=1#top:~:text=Knots", "https://a.org/knots?p=1#top"),
        ("/read/knots?at=0-9#excerpt:~:text=Knots", "/read/knots"),
    ],
)
def test_an_address_is_shown_without_what_points_at_the_words(url: str, shown: str) -> None:
    assert page_address(url) == shown


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("https://a.org/knots#:~:text=Knots", "https://a.org/knots#:~:text=Knots"),
        ("/read/knots?at=0-9#excerpt:~:text=A%20b", None),
        (
            "https://a.org/\x1b]8;;https://evil.org\x1b\\ü",
            "https://a.org/%20]8;;https://evil.org%20%5C%C3%BC",
        ),
    ],
)
def test_an_address_opens_the_very_words_where_the_terminal_knows_links(
    url: str,
    target: str | None,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    out = printed(answer(citation={"url": url}), capsys)
    opened = re.findall(r"\x1b\]8;id=\d+;([^\x1b]+)\x1b\\", out)
    assert opened == [target or f"http://127.0.0.1:8000{url}"]


@pytest.mark.parametrize("url", ["javascript:alert(1)", "file:///etc/passwd", "data:text/html,x"])
def test_an_address_of_another_sort_is_no_link(
    url: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b]8;" not in printed(answer(citation={"url": url}), capsys)


HOSTILE = (
    "[red]Knots[/] \x1b[2J\x1b]0;owned\x07 [link=https://evil.org]x[/link] \x9b31m "
    "a\u202eb\u200b c\x00d"
)
HARMLESS = "[red]Knots[/] [2J ]0;owned [link=https://evil.org]x[/link] 31m ab c d"


def test_what_a_document_says_steers_no_terminal_and_is_no_markup(
    capsys: pytest.CaptureFixture[str],
) -> None:
    notice = Notice(
        level=Level.SOON,
        category=HOSTILE,
        title=HOSTILE,
        text=HOSTILE,
        links=(Link(label=HOSTILE, href=f"https://{HOSTILE}"),),
    )
    reply = answer(
        text=HOSTILE,
        understood_as=HOSTILE,
        notice=notice,
        suggestions=(HOSTILE,),
        citation={"title": HOSTILE, "url": f"https://a.org/{HOSTILE}"},
    )
    out = printed(reply, capsys)
    assert controls(out) == set()
    plain = squeezed(out)
    assert f"“{HARMLESS}” [1]" in plain
    assert f"[1] {HARMLESS}" in plain
    assert f"- {HARMLESS}" in plain
    assert f"Understood as: {HARMLESS}" in plain


def test_json_keeps_the_very_text_and_still_steers_no_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    value = {"text": HOSTILE + "\U000e0041 ’ü🙂"}
    print_json(value)
    out = capsys.readouterr().out
    assert controls(out) == set()
    assert json.loads(out) == value
    assert "’ü🙂" in out


def test_explaining_a_hostile_corpus_steers_no_terminal(toy: Toy, tmp_path: Path) -> None:
    body = HOSTILE.replace("\x00", "")
    files = {"articles/a.md": document(HOSTILE, f"{body} hurts.\n\n## {body}\n\nKnots {body}.")}
    toy.build(write_corpus(tmp_path / "c", files), tmp_path / "i")
    result = run("ask", "knots", "--explain", "--index", tmp_path / "i")
    assert result.exit_code == 0
    assert "[red]Knots[/]" in result.stdout
    assert controls(result.stdout) == set()


# rebuild-index


def rebuild(toy: Toy, corpus: Path, root: Path, *extra: str, **environ: str) -> Result:
    """Rebuild with the toy encoder."""
    flags = ("--corpus", corpus, "--index", root)
    return run("rebuild-index", *flags, *extra, BACKBOT_MODEL=str(toy.checkpoint), **environ)


@pytest.fixture
def root(toy: Toy, tmp_path: Path) -> Path:
    """An empty index folder beside which the toy encoder is exported already."""
    shutil.copytree(toy.models, tmp_path / "root" / "models")
    return tmp_path / "root"


def test_a_rebuild_says_what_it_did_then_what_had_changed(
    toy: Toy, tiny_corpus: Path, root: Path
) -> None:
    first = rebuild(toy, tiny_corpus, root)
    assert first.exit_code == 0
    assert re.match(
        r"Done: version [0-9a-f]{16} answers from now on, with 3 documents in \d passages; "
        r"all [\d,]+ texts in them were learned anew. It took \d+\.\d seconds.",
        squeezed(first.stdout),
    )
    again = rebuild(toy, tiny_corpus, root)
    assert re.match(r"Nothing has changed: version [0-9a-f]{16} answers on, ", again.stdout)
    assert "were known already" in squeezed(again.stdout)
    assert "Learning" not in again.stderr

    with (tiny_corpus / "articles" / "knots.md").open("a") as file:
        file.write("\nOne more sentence.\n")
    changed = rebuild(toy, tiny_corpus, root)
    assert changed.stdout.startswith("Done: version ")
    assert re.search(
        r"\d texts? in them (was|were) new, [\d,]+ known already", squeezed(changed.stdout)
    )


def test_progress_is_one_line_a_stage_where_there_is_no_terminal(
    toy: Toy, tiny_corpus: Path, root: Path
) -> None:
    lines = rebuild(toy, tiny_corpus, root).stderr.splitlines()
    assert lines[:2] == ["Waking the sentence encoder ...", "Reading the documents (3) ..."]
    assert re.fullmatch(r"Learning the new texts \([\d,]+\) \.\.\.", lines[2])
    assert re.fullmatch(r"Measuring what the documents do not answer \(\d+\) \.\.\.", lines[3])
    assert lines[4:] == [
        "Writing the index ...",
        "Proving it against the checks and the version before ...",
    ]


def test_progress_is_a_bar_on_a_terminal(toy: Toy, tiny_corpus: Path, root: Path) -> None:
    result = rebuild(toy, tiny_corpus, root, FORCE_COLOR="1")
    assert result.exit_code == 0
    assert "Learning the new texts" in result.stderr
    assert "━" in result.stderr
    assert "━" not in result.stdout


def test_a_rebuild_as_json_prints_one_object_and_nothing_else(
    toy: Toy, tiny_corpus: Path, root: Path
) -> None:
    result = rebuild(toy, tiny_corpus, root, "--json")
    assert result.stderr == ""
    report = json.loads(result.stdout)
    assert report["documents"] == 3
    assert (report["reused"], report["previous"], report["full"]) == (0, None, False)
    again = json.loads(rebuild(toy, tiny_corpus, root, "--json").stdout)
    assert (again["embedded"], again["previous"]) == (0, report["version"])


def test_a_corpus_that_cannot_be_read_leaves_the_index_as_it_was(
    toy: Toy, tiny_corpus: Path, root: Path
) -> None:
    rebuild(toy, tiny_corpus, root)
    before = (root / "current.json").read_bytes()
    (tiny_corpus / "articles" / "knots.md").write_text("no front matter")
    result = rebuild(toy, tiny_corpus, root)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "articles/knots.md has no front matter" in result.stderr
    assert (root / "current.json").read_bytes() == before


@pytest.mark.parametrize(
    ("embedded", "reused", "words"),
    [
        (1, 9, "1 text in them was new, 9 known already"),
        (2, 1500, "2 texts in them were new, 1,500 known already"),
        (10, 0, "all 10 texts in them were learned anew"),
        (0, 10, "all 10 texts in them were known already"),
    ],
)
def test_the_summary_counts_in_words(embedded: int, reused: int, words: str) -> None:
    rebuilt = Rebuilt("v", 1, 2, 3, embedded, reused)
    assert f"with 1 document in 2 passages; {words}. It took 0.5 seconds." in summary(
        rebuilt, None, 0.5
    )


# serve


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def served(tiny_root: Path) -> Iterator[tuple["subprocess.Popen[str]", int]]:
    """A server of the tiny index, and its port."""
    port = free_port()
    process = start("serve", "--port", str(port), "--index", tiny_root)
    try:
        yield process, port
    finally:
        process.kill()
        process.communicate(timeout=60)


def test_serve_says_where_to_look_then_answers_until_ctrl_c(
    served: tuple["subprocess.Popen[str]", int],
) -> None:
    process, port = served
    assert process.stdout is not None
    where = f"http://127.0.0.1:{port}/"
    assert process.stdout.readline() == f"Backbot answers at {where} (Ctrl-C stops it).\n"
    assert b"ready" in _fetch(f"{where}readyz")

    taken = start("serve", "--port", str(port), "--index", "nowhere")
    out, err = taken.communicate(timeout=60)
    assert (taken.returncode, out) == (2, "")
    assert err == (
        f"Error: Port {port} on 127.0.0.1 is in use by another program; stop that one or choose "
        "another with --port.\n"
    )

    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=60) == ("", "")
    assert process.returncode == 0


def _fetch(url: str) -> bytes:
    # It says where before it listens, so the first attempts may find nobody.
    for _ in range(100):
        try:
            with urllib.request.urlopen(url, timeout=10) as response:
                body: bytes = response.read()
                return body
        except ConnectionRefusedError:
            pass
        except urllib.error.URLError as error:
            if not isinstance(error.reason, ConnectionRefusedError):
                raise
        time.sleep(0.1)
    raise AssertionError(f"nobody answers at {url}")


def test_serve_without_an_index_says_nothing_but_the_error(tmp_path: Path) -> None:
    result = run("serve", "--port", str(free_port()), "--index", tmp_path)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "There is no index in" in result.stderr


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", "http://127.0.0.1:80/"),
        ("0.0.0.0", "http://127.0.0.1:80/"),
        ("::", "http://[::1]:80/"),
        ("::1", "http://[::1]:80/"),
        ("example.org", "http://example.org:80/"),
    ],
)
def test_the_address_is_one_that_a_browser_can_open(host: str, expected: str) -> None:
    assert address(host, 80) == expected


# evaluate

CASES = [
    {
        "id": "right",
        "expect": "answer",
        "question": QUESTION,
        "documents": ["do-flat-feet-cause-upper-back-pain"],
        "evidence": [["flat feet"]],
    },
    {
        "id": "lacking",
        "expect": "answer",
        "question": QUESTION,
        "documents": ["do-flat-feet-cause-upper-back-pain"],
        "evidence": [["words that stand nowhere"]],
    },
    {"id": "off-topic", "expect": "no_answer", "question": "what is the capital of France"},
]


@pytest.fixture
def question_set(tmp_path: Path) -> Path:
    path = tmp_path / "set.jsonl"
    path.write_text("".join(json.dumps(each) + "\n" for each in CASES), encoding="utf-8")
    return path


@pytest.mark.parametrize("columns", ["80", "40"])
def test_evaluate_prints_shares_with_their_intervals(
    columns: str, question_set: Path, index_root: Path
) -> None:
    result = run("evaluate", question_set, "--index", index_root, COLUMNS=columns)
    assert result.exit_code == 0
    plain = squeezed(result.stdout)
    assert "In-scope questions answered 100.0%" in plain
    assert "Answers whose excerpts hold the evidence 50.0%" in plain
    assert "95% interval" in plain
    assert "9.5–90.5%" in plain
    assert "Off-topic questions answered 0.0%" in plain
    assert "Median length of an answer:" in plain
    assert "1 cases" not in plain
    assert "1 case went wrong; --failures lists it." in plain
    assert "Calibration confidence mean right replies" in plain
    assert re.search(
        r"Expected calibration error 0\.\d{3}, Brier score 0\.\d{3} \(3 replies\)", plain
    )


def test_evaluate_lists_what_went_wrong_and_why(question_set: Path, index_root: Path) -> None:
    result = run("evaluate", question_set, "--failures", "--index", index_root)
    assert "lacking: its excerpts lack the evidence" in result.stdout
    assert "right:" not in result.stdout
    assert "off-topic:" not in result.stdout


def test_evaluate_as_json(question_set: Path, index_root: Path) -> None:
    arguments = ("evaluate", question_set, "--json", "--index", index_root)
    report = json.loads(run(*arguments).stdout)
    assert report["cases"] == 3
    assert "failures" not in report
    evidence = next(each for each in report["figures"] if "evidence" in each["name"])
    assert (evidence["hits"], evidence["of"], evidence["share"]) == (1, 2, 0.5)
    assert 0 < evidence["low"] < 0.5 < evidence["high"] < 1
    assert report["median_words"] > 0
    assert report["calibration"]["cases"] == 3
    assert 0 <= report["calibration"]["expected_error"] <= 1
    assert sum(each["cases"] for each in report["calibration"]["bins"]) == 3
    (failure,) = json.loads(run(*arguments, "--failures").stdout)["failures"]
    assert (failure["id"], failure["messages"]) == ("lacking", [QUESTION])


def test_evaluating_without_scipy_says_what_to_install(
    question_set: Path, index_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "scipy"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "scipy", None)
    result = run("evaluate", question_set, "--index", index_root)
    assert result.exit_code == 2
    assert "Evaluating needs scipy; run `pip install 'backbot[build]'`." in result.stderr


def test_a_set_that_cannot_be_used_is_named_with_its_line(tmp_path: Path, tiny_root: Path) -> None:
    path = tmp_path / "set.jsonl"
    path.write_text('\n{"id": "x"}\n')
    result = run("evaluate", path, "--index", tiny_root)
    assert result.exit_code == 2
    assert f"{path}, line 2:" in result.stderr


# doctor


def examine(toy: Toy, corpus: Path, index: Path, *extra: str, **environ: str) -> Result:
    """Run the doctor with the toy encoder as the model."""
    environ = {"BACKBOT_MODEL": str(toy.checkpoint)} | environ
    return run("doctor", "--corpus", corpus, "--index", index, *extra, **environ)


def test_doctor_finds_all_well(toy: Toy, tiny_corpus: Path, tiny_root: Path) -> None:
    result = examine(toy, tiny_corpus, tiny_root)
    assert result.exit_code == 0
    plain = squeezed(result.stdout)
    assert f"Backbot {backbot.__version__} on Python" in plain
    assert "onnxruntime" in plain
    assert "torch" in plain
    assert "3 documents" in plain
    assert "Sentence encoder: toy, 32 dimensions." in plain
    assert re.search(r"On disk: \d+\.\d MB with 1 version\.", plain)
    assert plain.endswith("All is well.")


def test_doctor_names_the_documents_that_are_new_changed_or_gone(
    toy: Toy, tiny_corpus: Path, tiny_root: Path
) -> None:
    articles = tiny_corpus / "articles"
    (articles / "knots.md").write_text(document("What Are Knots?", "Another text."))
    (articles / "flat-feet.md").rename(articles / "high-arches.md")
    result = examine(toy, tiny_corpus, tiny_root)
    assert result.exit_code == 1
    plain = squeezed(result.stdout)
    assert "new: high-arches; changed: knots; gone: flat-feet" in plain
    assert "run `backbot rebuild-index`" in plain


def test_doctor_names_documents_of_which_there_is_only_the_opening(
    toy: Toy, tmp_path: Path
) -> None:
    files = {**TINY, "articles/cut.md": document("Cut", "Only this.", truncated=True)}
    corpus = write_corpus(tmp_path / "c", files)
    toy.build(corpus, tmp_path / "i")
    result = examine(toy, corpus, tmp_path / "i")
    assert result.exit_code == 1
    assert "Incomplete: Of cut there is only the opening." in result.stdout
    assert "Put the rest of it into articles/cut.md" in result.stdout


def test_doctor_names_each_broken_file_of_the_corpus(
    toy: Toy, tiny_corpus: Path, tiny_root: Path
) -> None:
    (tiny_corpus / "articles" / "bad.md").write_text("no front matter")
    (tiny_corpus / "articles" / "worse.md").write_bytes(b"---\ntitle: \xff\n---\nx")
    result = examine(toy, tiny_corpus, tiny_root)
    assert result.exit_code == 1
    assert "Broken: articles/bad.md has no front matter." in result.stdout
    assert "Broken: articles/worse.md is not UTF-8" in result.stdout


@pytest.mark.parametrize(
    ("damage", "problem", "mend"),
    [
        ("current.json", "current.json is damaged", "--full"),
        ("versions/*/manifest.json", "manifest.json is damaged", "--full"),
        ("versions/*/passages.npy", "passages.npy is damaged", "--full"),
        ("models/*/model.onnx", "model.onnx is damaged", "--full"),
        ("models/*/model.json", "model.json is damaged", "--full"),
    ],
)
def test_doctor_says_which_part_of_the_index_is_broken_and_how_to_mend_it(
    damage: str, problem: str, mend: str, toy: Toy, tiny_corpus: Path, tiny_root: Path
) -> None:
    (path,) = tiny_root.glob(damage)
    path.write_bytes(b"{" + path.read_bytes()[1:-1])
    result = examine(toy, tiny_corpus, tiny_root, COLUMNS="300")
    assert result.exit_code == 1
    assert re.search(rf"Broken: .*{re.escape(problem)}", result.stdout)
    assert f"Run `backbot rebuild-index {mend}`" in result.stdout


def test_doctor_says_what_does_not_fit_in_the_words_for_safety_notices(
    toy: Toy, tiny_corpus: Path, tiny_root: Path
) -> None:
    (tiny_corpus / "safety.toml").write_text('country = "atlantis"\n')
    result = examine(toy, tiny_corpus, tiny_root)
    assert result.exit_code == 1
    assert "safety.toml names a country it has no numbers for" in squeezed(result.stdout)


def test_doctor_where_there_is_nothing_yet(toy: Toy, tmp_path: Path) -> None:
    result = examine(toy, tmp_path / "no-corpus", tmp_path / "no-index")
    assert result.exit_code == 1
    plain = squeezed(result.stdout)
    assert "There is no folder" in plain
    assert "There is no index in" in plain


def test_doctor_says_where_the_model_setting_leads_nowhere(
    toy: Toy, tiny_corpus: Path, tiny_root: Path, tmp_path: Path
) -> None:
    result = examine(toy, tiny_corpus, tiny_root, BACKBOT_MODEL=str(tmp_path))
    assert result.exit_code == 1
    assert "Broken: BACKBOT_MODEL names" in result.stdout


def test_doctor_says_where_the_index_was_built_with_another_model(
    toy: Toy, tiny_corpus: Path, tiny_root: Path, tmp_path: Path
) -> None:
    other = Path(shutil.copytree(toy.checkpoint, tmp_path / "other"))
    (other / "model.safetensors").write_bytes(b"other weights")
    result = examine(toy, tiny_corpus, tiny_root, BACKBOT_MODEL=str(other))
    assert result.exit_code == 1
    assert "built with another sentence encoder than" in squeezed(result.stdout)


def test_doctor_without_the_build_extra_says_what_that_keeps_from_working(
    toy: Toy, tiny_corpus: Path, tiny_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from importlib import metadata

    known = metadata.version

    def version(name: str) -> str:
        if name in BUILDING:
            raise metadata.PackageNotFoundError(name)
        return known(name)

    monkeypatch.setattr(metadata, "version", version)
    result = examine(toy, tiny_corpus, tiny_root)
    # A machine that only answers is no sick machine.
    assert result.exit_code == 0
    plain = squeezed(result.stdout)
    assert f"To import and rebuild, not installed: {', '.join(BUILDING)}." in plain
    assert "pip install 'backbot[build]'" in plain


@pytest.mark.parametrize(
    ("origins", "sentence"),
    [
        ("", "To let one, start the server with BACKBOT_ALLOWED_ORIGINS=https://www.example.org"),
        ("https://a.org https://b.org", "on their pages: https://a.org, https://b.org."),
        ("*", "Every site may show the chat on its pages"),
    ],
)
def test_doctor_says_who_may_show_the_chat(
    origins: str, sentence: str, toy: Toy, tiny_corpus: Path, tiny_root: Path
) -> None:
    result = examine(toy, tiny_corpus, tiny_root, BACKBOT_ALLOWED_ORIGINS=origins)
    assert sentence in squeezed(result.stdout)
    report = json.loads(
        examine(toy, tiny_corpus, tiny_root, "--json", BACKBOT_ALLOWED_ORIGINS=origins).stdout
    )
    assert report["allowed_origins"] == origins.split()


def test_doctor_as_json(toy: Toy, tiny_corpus: Path, tiny_root: Path) -> None:
    report = json.loads(examine(toy, tiny_corpus, tiny_root, "--json").stdout)
    assert (report["well"], report["findings"], report["documents"]) == (True, [], 3)
    assert report["build_extra"] is True
    assert report["holding"]["counts"]["documents"] == 3

    (tiny_corpus / "articles" / "knots.md").unlink()
    result = examine(toy, tiny_corpus, tiny_root, "--json")
    report = json.loads(result.stdout)
    assert (result.exit_code, report["well"]) == (1, False)
    assert report["changes"] == {"knots": "gone"}
    assert [finding["state"] for finding in report["findings"]] == ["stale"]


def test_doctor_knows_the_packages_that_the_project_names() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    def names(requirements: list[str]) -> tuple[str, ...]:
        found = (re.match(r"[\w.-]+", each) for each in requirements)
        return tuple(each.group().lower() for each in found if each)

    assert names(project["dependencies"]) == SERVING
    assert names(project["optional-dependencies"]["build"]) == BUILDING
