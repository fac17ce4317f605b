"""Rebuilding: all of the new index or all of the old one, whatever happens on the way."""

import errno
import os
import resource
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from backbot.chatbot import Chatbot
from backbot.errors import (
    BackbotError,
    CorpusError,
    IndexUnavailableError,
    ModelError,
    UsageError,
    WriteError,
)
from backbot.index.draft import drafting
from backbot.index.layout import current_version
from backbot.index.store import open_index
from backbot.model import Reply
from backbot.rebuild import rebuild_index
from support import TINY, Files, Toy, document, link_models, small_bank, write_corpus


def ask(root: Path, message: str = "What are knots?") -> Reply:
    """What the index in `root` replies, without what differs from one reply to the next."""
    reply = Chatbot(open_index(root)).reply(message)
    return msgspec.structs.replace(reply, id="", elapsed_ms=0.0)


def versions(root: Path) -> set[str]:
    return {path.name for path in (root / "versions").iterdir()}


class Watch:
    """A progress that notes what it is told."""

    def __init__(self) -> None:
        self.stages: list[list[Any]] = []

    def stage(self, name: str, total: int) -> None:
        self.stages.append([name, total, 0])

    def advance(self) -> None:
        self.stages[-1][2] += 1


# What a rebuild does


def test_only_what_is_new_is_embedded(tiny_corpus: Path, toy: Toy, tmp_path: Path) -> None:
    root = tmp_path / "index"
    first = toy.build(tiny_corpus, root)
    assert (first.documents, first.reused) == (3, 0)
    again = toy.build(tiny_corpus, root)
    assert (again.embedded, again.reused) == (0, first.embedded)
    write_corpus(tiny_corpus, {"articles/sleep.md": document("Sleep", "Sleep on your side.")})
    more = toy.build(tiny_corpus, root)
    # Its title, its only sentence, and the passage of it below its title.
    assert (more.embedded, more.reused) == (3, first.embedded)


def test_progress_is_told_of_every_stage_and_step(
    tiny_corpus: Path, toy: Toy, tmp_path: Path
) -> None:
    root, watch = tmp_path / "index", Watch()
    built = toy.build(tiny_corpus, root)
    (root / "current.json").unlink()
    with small_bank():
        rebuild_index(tiny_corpus, root, model=str(toy.checkpoint), progress=watch)
    assert all(steps == total for _, total, steps in watch.stages)
    totals = {name: total for name, total, _ in watch.stages}
    assert (totals["Reading"], totals["Embedding"]) == (3, built.embedded)
    assert [name for name, *_ in watch.stages[-2:]] == ["Writing", "Proving"]


def test_a_full_rebuild_embeds_all_and_comes_to_the_very_same_index(
    tiny_corpus: Path, models_root: Path, tmp_path: Path
) -> None:
    root = tmp_path / "index"
    link_models(models_root, root)
    with small_bank():
        first = rebuild_index(tiny_corpus, root)
        full = rebuild_index(tiny_corpus, root, full=True)
    assert full[:4] == first[:4]
    assert full.reused == 0
    # The encoder was exported anew, into a folder that whoever serves may read.
    (exported,) = (root / "models").iterdir()
    (before,) = models_root.iterdir()
    assert not (exported / "model.onnx").samefile(before / "model.onnx")
    assert exported.stat().st_mode & 0o777 == 0o755
    for path in before.iterdir():
        assert (exported / path.name).read_bytes() == path.read_bytes()


def test_an_article_of_one_word(toy: Toy, tmp_path: Path) -> None:
    for body in ("Rest", "It"):  # the second is a stop word: there is no term at all
        corpus = write_corpus(tmp_path / body, {"articles/a.md": document("Is it?", body)})
        built = toy.build(corpus, tmp_path / f"{body}-index")
        assert (built.documents, built.passages, built.sentences) == (1, 1, 1)
        assert ask(tmp_path / f"{body}-index", "rest").kind


def test_an_article_of_200_000_words(toy: Toy, tmp_path: Path) -> None:
    # With the toy encoder: with the real one, its 4,000 passages take most of a minute.
    words = ["back", "knot", "foot", "walk", "rest", "heat", "neck", "ball"]
    sentences = [
        "Now " + " ".join(words[(number >> step) % 8] for step in range(8)) + f" {number}."
        for number in range(20_000)
    ]
    body = "\n\n".join(" ".join(sentences[at : at + 100]) for at in range(0, 20_000, 100))
    assert len(body.split()) == 200_000
    corpus = write_corpus(tmp_path / "corpus", {"articles/long.md": document("Long", body)})
    built = toy.build(corpus, tmp_path / "index")
    assert (built.documents, built.sentences) == (1, 20_000)
    assert ask(tmp_path / "index", sentences[12_345]).kind


@pytest.mark.parametrize("files", [{}, {**TINY, "articles/bad.md": "no front matter"}])
def test_a_corpus_that_cannot_be_read_leaves_the_index_as_it_was(
    files: dict[str, str], toy: Toy, tiny_root: Path, tmp_path: Path
) -> None:
    before = ask(tiny_root)
    with pytest.raises(CorpusError):
        toy.build(write_corpus(tmp_path / "bad", files), tiny_root)
    assert ask(tiny_root) == before


def test_a_missing_encoder_leaves_the_index_as_it_was(
    tiny_corpus: Path, tiny_root: Path, tmp_path: Path
) -> None:
    before = ask(tiny_root)
    with pytest.raises(ModelError, match="BACKBOT_MODEL"):
        rebuild_index(tiny_corpus, tiny_root, model=str(tmp_path / "nowhere"))
    assert ask(tiny_root) == before


# The disk refuses


@contextmanager
def refusing(at: int, number: int) -> Iterator[list[str]]:
    """Let the disk refuse the write step `at`, counted from 1, with the error `number`.

    Gives the list of steps so far, the refused one last.
    """
    steps: list[str] = []

    def step(name: str) -> None:
        steps.append(name)
        if len(steps) == at:
            raise OSError(number, os.strerror(number))

    def guard(owner: Any, name: str) -> None:
        original = getattr(owner, name)

        def guarded(*args: Any, **kwargs: Any) -> Any:
            step(name)
            return original(*args, **kwargs)

        patch.setattr(owner, name, guarded)

    open_path = Path.open

    def guarded_open(path: Path, mode: str = "r", *args: Any, **kwargs: Any) -> Any:
        file = open_path(path, mode, *args, **kwargs)
        if mode[0] in "wax":  # the file is there, and empty, and cannot be written to
            try:
                step("open")
            except OSError:
                file.close()
                raise
        return file

    with pytest.MonkeyPatch.context() as patch:
        guard(os, "fsync")
        guard(np, "save")
        guard(tempfile, "mkdtemp")
        for name in ("mkdir", "rename", "replace", "chmod"):
            guard(Path, name)
        patch.setattr(Path, "open", guarded_open)
        yield steps


FULL = "the disk is full; make room and try again"


def each_refusal(files: Files, start: Path, folder: Path, toy: Toy) -> Iterator[tuple[Path, bool]]:
    """Rebuild for each write step, which the full disk refuses, beginning anew with a copy of the
    index folder `start`; give the folder as it is then, and whether the rebuild said it failed."""
    corpus = write_corpus(folder / "corpus", files)
    for at in count(1):
        root = Path(shutil.copytree(start, folder / str(at), copy_function=os.link))
        said = ""
        with refusing(at, errno.ENOSPC) as steps:
            try:
                toy.build(corpus, root)
            except WriteError as error:
                said = str(error)
        assert not said or FULL in said
        assert not list(root.glob("**/.draft-*"))
        yield root, bool(said)
        if len(steps) < at:
            assert at > 40  # at least: every file opened, and written through to the disk
            return


def test_a_disk_that_is_full_at_any_step_leaves_the_old_index_answering(
    tiny_root: Path, toy: Toy, tmp_path: Path
) -> None:
    old, files = ask(tiny_root), {**TINY, "articles/a.md": document("A", "Rest.")}
    for root, failed in each_refusal(files, tiny_root, tmp_path / "full", toy):
        if failed:
            assert ask(root) == old
        else:  # what is refused after the swap does no harm
            assert len(open_index(root).documents) == len(files)


def test_a_disk_that_is_full_while_nothing_changed_leaves_the_index_answering(
    tiny_root: Path, toy: Toy, tmp_path: Path
) -> None:
    old = ask(tiny_root)
    for root, _ in each_refusal(TINY, tiny_root, tmp_path / "full", toy):
        assert ask(root) == old
        assert versions(root) == {old.index}


def test_a_first_index_is_there_whole_or_not_at_all(toy: Toy, tmp_path: Path) -> None:
    start = tmp_path / "start"
    shutil.copytree(toy.models, start / "models")
    for root, failed in each_refusal(TINY, start, tmp_path / "full", toy):
        if failed:
            with pytest.raises(IndexUnavailableError, match="There is no index in"):
                open_index(root)
        else:
            assert len(open_index(root).documents) == len(TINY)


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.ENOSPC, FULL),
        (errno.EDQUOT, FULL),
        (errno.EACCES, "Backbot may not write there; change the folder's owner"),
        (errno.EPERM, "Backbot may not write there; change the folder's owner"),
        (errno.EROFS, "Backbot may not write there; change the folder's owner"),
        (errno.EIO, "input/output error; mend that and try again"),
    ],
)
def test_a_refusal_is_told_with_what_to_do(
    tiny_corpus: Path, tiny_root: Path, toy: Toy, number: int, said: str
) -> None:
    with refusing(10, number), pytest.raises(WriteError) as caught:
        toy.build(tiny_corpus, tiny_root)
    assert str(caught.value).startswith(f"Could not write to {tiny_root}: ")
    assert said in str(caught.value)
    assert str(caught.value).endswith("The index is as it was before.")


def test_a_disk_that_fills_up_in_the_middle_of_an_array_says_so(toy: Toy, tmp_path: Path) -> None:
    # By the operating system's own hand: no file may grow beyond what the limit says.
    files = {"articles/a.md": document("A", "Rest. " * 60)}
    corpus, root = write_corpus(tmp_path / "corpus", files), tmp_path / "index"
    toy.build(corpus, root)
    old = current_version(root)
    write_corpus(corpus, {"articles/a.md": document("A", "Walk. " * 60)})
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4000, hard))
    try:
        with pytest.raises(WriteError, match=r"file too large; mend that"):
            toy.build(corpus, root)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert current_version(root) == old
    open_index(root)


def test_a_folder_that_cannot_be_made(tiny_corpus: Path, toy: Toy, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(WriteError, match=r"not a directory; mend that"):
        rebuild_index(tiny_corpus, tmp_path / "file" / "index", model=str(toy.checkpoint))


# Interrupted, and at the same time


def test_an_interrupted_rebuild_leaves_the_old_index_and_no_draft(
    tiny_root: Path, toy: Toy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    before, files = ask(tiny_root), {**TINY, "articles/a.md": document("A", "Rest.")}
    with monkeypatch.context() as patch:
        patch.setattr(np, "save", interrupt)
        with pytest.raises(KeyboardInterrupt):
            toy.build(write_corpus(tmp_path / "corpus", files), tiny_root)
    assert ask(tiny_root) == before
    assert versions(tiny_root) == {before.index}


def test_what_a_killed_rebuild_left_behind_is_cleared_away(
    tiny_root: Path, tiny_corpus: Path, toy: Toy
) -> None:
    stale = [tiny_root / "versions" / ".draft-killed", tiny_root / "models" / ".export-killed"]
    for folder in stale:
        folder.mkdir()
        (folder / "half.npy").write_bytes(b"half")
    before = ask(tiny_root)
    toy.build(tiny_corpus, tiny_root)
    assert ask(tiny_root) == before
    assert not stale[0].exists()


def test_a_rebuild_is_refused_while_another_runs(
    tiny_root: Path, tiny_corpus: Path, toy: Toy
) -> None:
    with (
        drafting(tiny_root),
        pytest.raises(UsageError, match=r"Another rebuild of .* is running; wait until it is done"),
    ):
        toy.build(tiny_corpus, tiny_root)
    assert toy.build(tiny_corpus, tiny_root).documents == 3


def test_of_rebuilds_that_start_at_once_each_is_done_or_refused(
    tiny_root: Path, toy: Toy, tmp_path: Path
) -> None:
    together = threading.Barrier(4)
    done: list[str] = []
    refused: list[BackbotError] = []

    def rebuild(number: int) -> None:
        files = {**TINY, "articles/n.md": document("N", f"Rest {number} days.")}
        corpus = write_corpus(tmp_path / str(number), files)
        together.wait()
        try:
            done.append(rebuild_index(corpus, tiny_root, model=str(toy.checkpoint)).version)
        except UsageError as error:
            refused.append(error)

    threads = [threading.Thread(target=rebuild, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert done
    assert len(done) + len(refused) == 4
    assert current_version(tiny_root) in done
    for version in done:
        open_index(tiny_root, version)
