"""An index on disk: the same corpus gives the same bytes, and what is not whole is refused."""

import hashlib
import io
import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from backbot.chatbot import Chatbot
from backbot.corpus.document import Document
from backbot.errors import (
    IndexDamagedError,
    IndexOutdatedError,
    IndexUnavailableError,
    ModelError,
)
from backbot.index import build, cutting, plan, store
from backbot.index.contents import (
    P_DOCUMENT,
    P_FIRST,
    P_LAST,
    P_SECTION,
    S_BLOCK,
    S_DOCUMENT,
    S_END,
    S_ROLE,
    S_SECTION,
    S_START,
    Cut,
    Known,
)
from backbot.index.layout import (
    CURRENT_FILE,
    ENCODED,
    FORMAT,
    KEPT_VERSIONS,
    MANIFEST_FILE,
    Current,
    current_version,
    read_current,
    read_manifest,
)
from backbot.index.store import open_index, read_known
from support import TINY, Toy, document, write_corpus

Array = NDArray[Any]
Content = Array | bytes

REBUILD = r"run `backbot rebuild-index"


def version_folder(root: Path) -> Path:
    return root / "versions" / current_version(root)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def as_bytes(content: Content) -> bytes:
    if isinstance(content, bytes):
        return content
    file = io.BytesIO()
    np.save(file, content, allow_pickle=False)
    return file.getvalue()


def forge(root: Path, changes: Mapping[str, Content]) -> None:
    """Change files of the current version and make the manifest, the name and the pointer agree,
    as one would who wants to mislead."""
    folder = version_folder(root)
    for name, content in changes.items():
        (folder / name).write_bytes(as_bytes(content))
    manifest = read_manifest(root, folder.name)
    sums = {
        name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in manifest.files
    }
    manifest = msgspec.structs.replace(manifest, files=sums)
    (folder / MANIFEST_FILE).write_bytes(msgspec.json.encode(manifest))
    folder.rename(folder.with_name(manifest.version))
    current = Current(current=manifest.version, history=[manifest.version])
    (root / CURRENT_FILE).write_bytes(msgspec.json.encode(current))


# What is opened


def test_an_index_holds_the_documents_and_points_into_them(tiny_root: Path) -> None:
    index = open_index(tiny_root)
    assert [each.id for each in index.documents] == ["flat-feet", "how-far", "knots"]
    sentences = [index.sentence(number) for number in range(len(index.sentences))]
    assert sentences[0].text.startswith("Flat feet can add to neck pain")
    assert all(
        each.text == index.documents[each.document].text[each.start : each.end]
        for each in sentences
    )
    heat = next(each for each in sentences if each.text == "Heat helps a knot to relax.")
    assert index.heading(heat.document, heat.section) == "How to ease a knot"
    assert [
        each.text for each in index.questions if index.documents[each.document].id == "how-far"
    ] == [
        "How Far Should I Walk?",
        "How far should I walk a day?",
    ]


def test_arrays_are_mapped_and_nobody_can_write_to_them(tiny_root: Path) -> None:
    index = open_index(tiny_root)
    for array in (index.sentences, index.passages, index.sentence_vectors, index.lexical.weights):
        assert isinstance(array.base, np.memmap)
        assert not array.flags.writeable


def test_words_that_passages_and_documents_share_are_held_once(tiny_root: Path) -> None:
    index = open_index(tiny_root)
    assert index.lexical.vocabulary is index.document_lexical.vocabulary


def test_an_older_version_can_be_named(tiny_root: Path, tiny_corpus: Path, toy: Toy) -> None:
    older = current_version(tiny_root)
    (tiny_corpus / "articles" / "knots.md").unlink()
    newer = toy.build(tiny_corpus, tiny_root).version
    assert len(open_index(tiny_root).documents) == 2
    assert len(open_index(tiny_root, newer).documents) == 2
    assert len(open_index(tiny_root, older).documents) == 3


# The same corpus gives the same bytes


def test_an_index_is_the_same_whether_all_of_it_is_new_or_little(
    tiny_corpus: Path, toy: Toy, tmp_path: Path
) -> None:
    step_by_step, at_once = tmp_path / "a", tmp_path / "b"
    toy.build(tiny_corpus, step_by_step)
    write_corpus(tiny_corpus, {"articles/more.md": document("More", "Rest on your back.")})
    (tiny_corpus / "articles" / "flat-feet.md").unlink()
    little = toy.build(tiny_corpus, step_by_step)
    whole = toy.build(tiny_corpus, at_once)
    assert little.reused > little.embedded > 0 == whole.reused
    assert little.version == whole.version
    assert contents(version_folder(step_by_step)) == contents(version_folder(at_once))


def test_unchanged_documents_are_not_cut_again(
    tiny_corpus: Path, tiny_root: Path, toy: Toy, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut_anew: list[str] = []
    cut = plan.cut

    def watched(document: Document) -> Cut:
        cut_anew.append(document.id)
        return cut(document)

    monkeypatch.setattr(plan, "cut", watched)
    # A title more moves no sentence of its own, but all of the documents behind it.
    write_corpus(tiny_corpus, {"articles/a-new-one.md": document("First", "Rest. Then walk.")})
    toy.build(tiny_corpus, tiny_root)
    assert cut_anew == ["a-new-one"]
    little = contents(version_folder(tiny_root))
    cut_anew.clear()
    (tiny_root / "current.json").unlink()
    toy.build(tiny_corpus, tiny_root)
    assert len(cut_anew) == 4
    assert contents(version_folder(tiny_root)) == little


def test_documents_that_other_code_has_cut_are_cut_again(
    tiny_corpus: Path, tiny_root: Path, toy: Toy, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = open_index(tiny_root).encoder.card
    assert len(read_known(tiny_root, card).cuts) == 3
    for module in (build, store):
        monkeypatch.setattr(module, "cutting_digest", lambda: "other code")
    known = read_known(tiny_root, card)
    assert known.cuts == {}
    assert known.vectors
    before = current_version(tiny_root)
    toy.build(tiny_corpus, tiny_root)
    assert current_version(tiny_root) != before
    assert len(read_known(tiny_root, card).cuts) == 3


def test_what_a_cut_hangs_on_has_a_name_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    name = cutting.cutting_digest.__wrapped__()
    assert name == cutting.cutting_digest.__wrapped__()
    monkeypatch.setattr(cutting, "version", lambda library: "another one")
    assert cutting.cutting_digest.__wrapped__() != name


def test_a_change_that_readers_could_notice_gives_another_version(
    tiny_corpus: Path, toy: Toy, tmp_path: Path
) -> None:
    article = tiny_corpus / "articles" / "knots.md"
    content = article.read_text()
    seen = {toy.build(tiny_corpus, tmp_path / "index").version}
    for old, new in (
        ("What Are Knots?", "What Is A Knot?"),
        ("Heat helps", "Warmth helps"),
        ("Heat helps", "**Heat** helps"),
        ("tags:", "truncated: true\ntags:"),
        ("tags:", "date: 2014-03-01\ntags:"),
    ):
        assert old in content
        article.write_text(content.replace(old, new))
        version = toy.build(tiny_corpus, tmp_path / "index").version
        assert (version in seen) == ("**" in new)  # markup alone changes nothing that is shown
        seen.add(version)


def test_the_newest_five_versions_are_kept(tiny_corpus: Path, toy: Toy, tmp_path: Path) -> None:
    root = tmp_path / "index"
    built = []
    for number in range(KEPT_VERSIONS + 2):
        write_corpus(tiny_corpus, {"articles/count.md": document("Count", f"Rest {number} days.")})
        built.append(toy.build(tiny_corpus, root).version)
    newest_first = built[: -KEPT_VERSIONS - 1 : -1]
    assert len(set(built)) == KEPT_VERSIONS + 2
    assert read_current(root) == Current(current=built[-1], history=newest_first)
    assert {path.name for path in (root / "versions").iterdir()} == set(newest_first)
    for version in newest_first:
        assert open_index(root, version).version == version


def test_building_an_older_corpus_again_brings_its_version_to_the_front(
    tiny_corpus: Path, toy: Toy, tmp_path: Path
) -> None:
    root = tmp_path / "index"
    first = toy.build(tiny_corpus, root).version
    write_corpus(tiny_corpus, {"articles/more.md": document("More", "Rest.")})
    second = toy.build(tiny_corpus, root).version
    (tiny_corpus / "articles" / "more.md").unlink()
    assert toy.build(tiny_corpus, root).version == first
    assert read_current(root).history == [first, second]


# Damage


def test_no_index(tmp_path: Path) -> None:
    with pytest.raises(IndexUnavailableError, match=rf"There is no index in .*; {REBUILD}"):
        open_index(tmp_path)


@pytest.mark.parametrize("harm", ["flipped", "truncated", "longer", "emptied", "missing"])
def test_harm_to_any_file_is_noticed(tiny_root: Path, harm: str) -> None:
    folder = version_folder(tiny_root)
    files = contents(folder)
    assert len(files) > 12
    for name, content in files.items():
        path = folder / name
        middle = len(content) // 2
        match harm:
            case "flipped":
                path.write_bytes(
                    content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
                )
            case "truncated":
                path.write_bytes(content[:middle])
            case "longer":
                path.write_bytes(content + b"x")
            case "emptied":
                path.write_bytes(b"")
            case "missing":
                path.unlink()
        with pytest.raises(IndexDamagedError, match=REBUILD):
            open_index(tiny_root)
        path.write_bytes(content)
        open_index(tiny_root)


def test_a_file_too_many_is_never_looked_at(tiny_root: Path) -> None:
    (version_folder(tiny_root) / "extra.npy").write_bytes(b"something else")
    open_index(tiny_root)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"null",
        b"{}",
        b"[" * 10**5,
        b'{"current": "\xff", "history": []}',
        b'{"current": "0123456789abcdef", "history": []}',
        b'{"current": "../../../etc", "history": []}',
        b'{"current": "0123456789ABCDEF", "history": []}',
        b'{"current": 7, "history": []}',
    ],
)
def test_a_pointer_to_nothing(tiny_root: Path, content: bytes) -> None:
    (tiny_root / CURRENT_FILE).write_bytes(content)
    with pytest.raises(IndexDamagedError, match=REBUILD):
        open_index(tiny_root)


@pytest.mark.parametrize(
    "content", [b"[]", b"7", b"null", b'{"format": 1}', b"[" * 10**5, b'{"format": "\xff"}']
)
def test_a_manifest_of_something_else(tiny_root: Path, content: bytes) -> None:
    content = content.replace(b"1", str(FORMAT).encode())
    (version_folder(tiny_root) / MANIFEST_FILE).write_bytes(content)
    with pytest.raises(IndexDamagedError, match=REBUILD):
        open_index(tiny_root)


@pytest.mark.parametrize("written", [FORMAT - 1, FORMAT + 1, None, "1"])
def test_an_index_of_another_version_of_backbot(tiny_root: Path, written: object) -> None:
    path = version_folder(tiny_root) / MANIFEST_FILE
    path.write_text(json.dumps(json.loads(path.read_text()) | {"format": written}))
    with pytest.raises(
        IndexOutdatedError, match=rf"written by another version of Backbot; {REBUILD}"
    ):
        open_index(tiny_root)


def test_a_manifest_whose_name_is_not_its_digest(tiny_root: Path) -> None:
    path = version_folder(tiny_root) / MANIFEST_FILE
    content = path.read_text()
    assert '"documents": 3' in content
    path.write_text(content.replace('"documents": 3', '"documents": 4'))
    with pytest.raises(IndexDamagedError, match=REBUILD):
        open_index(tiny_root)


def test_an_index_without_its_encoder(tiny_root: Path) -> None:
    shutil.rmtree(tiny_root / "models")
    with pytest.raises(ModelError, match=rf"There is no sentence encoder in .*; {REBUILD}"):
        open_index(tiny_root)


def test_an_index_beside_another_encoder(tiny_root: Path) -> None:
    (card,) = tiny_root.glob("models/*/model.json")
    content = json.loads(card.read_text())
    card.write_text(json.dumps(content | {"max_tokens": content["max_tokens"] - 1}))
    with pytest.raises(IndexDamagedError, match=r"built with another sentence encoder"):
        open_index(tiny_root)


# Harm on purpose: every sum is right, and what is summed misleads


def cell(row: int, column: int, value: int) -> Callable[[Array], Array]:
    def change(array: Array) -> Array:
        array[row, column] = value
        return array

    return change


def entry(place: int, value: float) -> Callable[[Array], Array]:
    def change(array: Array) -> Array:
        array[place] = value
        return array

    return change


def as_type(dtype: str) -> Callable[[Array], Array]:
    return lambda array: array.astype(dtype)


def cut_short(array: Array) -> Array:
    return array[:-1]


def a_column_less(array: Array) -> Array:
    return array[:, :-1]


def flat(array: Array) -> Array:
    return array.reshape(-1)


def deeper(array: Array) -> Array:
    return array[..., np.newaxis]


def one_number(array: Array) -> Array:
    return np.array(5, dtype=array.dtype)


def nothing(array: Array) -> Array:
    return array[:0]


def astray(array: Array) -> Array:
    """A sentence in the midst of a passage that is of another document than those around it."""
    array[6, [S_DOCUMENT, S_START, S_END, S_BLOCK, S_SECTION]] = [0, 0, 5, 0, -1]
    return array


TABLES: list[tuple[str, Callable[[Array], Array]]] = [
    ("sentences", cell(0, S_DOCUMENT, 99)),
    ("sentences", cell(0, S_DOCUMENT, -1)),
    ("sentences", cell(0, S_DOCUMENT, 1)),
    ("sentences", cell(0, S_START, -1)),
    ("sentences", cell(0, S_START, 10**6)),
    ("sentences", cell(0, S_END, 10**6)),
    ("sentences", cell(0, S_END, 0)),
    ("sentences", cell(0, S_BLOCK, 99)),
    ("sentences", cell(0, S_BLOCK, -1)),
    ("sentences", cell(0, S_SECTION, 99)),
    ("sentences", cell(0, S_SECTION, -2)),
    ("sentences", astray),
    ("sentences", cell(0, S_ROLE, 5)),
    ("sentences", cell(0, S_ROLE, -1)),
    ("passages", cell(0, P_DOCUMENT, 99)),
    ("passages", cell(0, P_DOCUMENT, -1)),
    ("passages", cell(0, P_DOCUMENT, 2)),
    ("passages", cell(0, P_FIRST, -1)),
    ("passages", cell(0, P_FIRST, 99)),
    ("passages", cell(-1, P_FIRST, -1)),
    ("passages", cell(-1, P_FIRST, 3)),
    ("passages", cell(0, P_LAST, 0)),
    ("passages", cell(0, P_LAST, 99)),
    ("passages", cell(0, P_LAST, 8)),
    ("passages", cell(-1, P_LAST, 5)),
    ("passages", cell(0, P_SECTION, 99)),
    ("passages", cell(0, P_SECTION, -2)),
    ("passages", nothing),
    ("lexical_starts", entry(0, 1)),
    ("lexical_starts", entry(1, 10**9)),
    ("lexical_starts", entry(-1, 10**9)),
    ("lexical_starts", entry(3, -1)),
    ("lexical_rows", entry(0, 99)),
    ("lexical_rows", entry(0, -1)),
    ("lexical_weights", entry(0, np.nan)),
    ("lexical_weights", entry(0, np.inf)),
    ("lexical_weights", entry(0, -1.0)),
    ("lexical_idf", entry(0, np.nan)),
    ("lexical_idf", entry(0, -1.0)),
    *((f"{kind}_vectors", entry(0, value)) for kind in ("passage", "sentence", "question")
      for value in (np.nan, np.inf, 0.0, 2.0, 1e30)),
    *((name, change) for name in ("sentences", "passages", "sentence_vectors")
      for change in (a_column_less, flat, deeper, one_number, cut_short, as_type("float16"))),
    *((name, change) for name in ("lexical_starts", "lexical_rows", "lexical_weights")
      for change in (deeper, one_number, cut_short, as_type(">i2"))),
    ("sentences", as_type(">i4")),
    ("passages", as_type("int64")),
    ("question_vectors", as_type("float64")),
    ("passage_keys", one_number),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "change"), TABLES, ids=lambda value: getattr(value, "__name__", value)
)
def test_numbers_that_point_nowhere_are_refused(
    tiny_root: Path, name: str, change: Callable[[Array], Array]
) -> None:
    path = version_folder(tiny_root) / f"{name}.npy"
    forge(tiny_root, {path.name: change(np.load(path))})
    with pytest.raises(IndexDamagedError, match=REBUILD):
        open_index(tiny_root)


def test_the_passages_that_are_led_astray_above_are_these(tiny_root: Path) -> None:
    index = open_index(tiny_root)
    assert index.passages[:, :3].tolist() == [[0, 0, 2], [1, 2, 4], [2, 4, 5], [2, 5, 9]]


def test_an_index_without_a_passage_is_refused(tiny_root: Path) -> None:
    names = ("passages", "passage_vectors", "passage_keys", "lexical_rows", "lexical_weights")
    folder = version_folder(tiny_root)
    changes: dict[str, Content] = {
        f"{name}.npy": np.load(folder / f"{name}.npy")[:0] for name in (*names, "lexical_idf")
    }
    changes |= {"lexical_starts.npy": np.zeros(1, np.int64), "vocabulary.json": b"[]"}
    forge(tiny_root, changes)
    with pytest.raises(IndexDamagedError, match=REBUILD):
        open_index(tiny_root)


def header(text: str) -> bytes:
    padded = text.encode().ljust(118) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(padded).to_bytes(2, "little") + padded


def test_nothing_in_an_array_file_is_ever_run(tiny_root: Path, tmp_path: Path) -> None:
    fuse = tmp_path / "went-off"
    # Pickled by hand: whoever loads it calls os.system, and the fuse is lit.
    bare = b"cposix\nsystem\n(S'touch " + str(fuse).encode() + b"'\ntR."
    boxed = header("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }") + bare
    for content in (boxed, bare):
        forge(tiny_root, {"sentences.npy": content})
        with pytest.raises(IndexDamagedError, match=REBUILD):
            open_index(tiny_root)
    assert not fuse.exists()


def archive() -> bytes:
    file = io.BytesIO()
    np.savez(file, sentences=np.zeros((1, 7), np.int32))
    return file.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x93NUMPY",
        b"something else",
        archive(),
        header("{'descr': '<i4', 'fortran_order': False, 'shape': (9, 7), }"),
        header("{'descr': '<i4', 'fortran_order': False, 'shape': (-1, 7), }"),
        header("{'descr': '<i4', 'fortran_order': False, 'shape': (10**30,), }"),
        header("{'descr': '<i4', 'fortran_order': False, 'shape': (" + "9" * 40 + ", 7), }"),
        header("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }"),
        header("{'descr': '<i4', 1: False, 'shape': (1,), }"),
        header("__import__('os').abort()"),
        header("[" * 100),
    ],
    ids=range(12),
)
def test_files_that_are_no_arrays_are_refused(tiny_root: Path, content: bytes) -> None:
    forge(tiny_root, {"sentences.npy": content})
    with pytest.raises(IndexDamagedError, match=REBUILD):
        open_index(tiny_root)


def change_document(**values: object) -> Callable[[Any], Any]:
    return lambda documents: [documents[0] | values, *documents[1:]]


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("documents", lambda documents: []),
        ("documents", lambda documents: documents[:-1]),
        ("documents", lambda documents: [documents[0], documents[0], documents[2]]),
        ("documents", lambda documents: "documents"),
        ("documents", change_document(id="../../etc/passwd")),
        ("documents", change_document(url="javascript:alert(1)")),
        ("documents", change_document(date="yesterday")),
        ("documents", change_document(text="Short.")),
        ("documents", change_document(blocks=[["paragraph", 0, 0, 10**6]])),
        ("documents", change_document(blocks=[["script", 0, 0, 1]])),
        ("documents", change_document(text=7)),
        ("questions", lambda questions: []),
        ("questions", lambda questions: questions[:-1]),
        ("questions", lambda questions: [["Why?", 99], *questions[1:]]),
        ("questions", lambda questions: [["Why?", -1], *questions[1:]]),
        ("vocabulary", lambda vocabulary: vocabulary[:-1]),
        ("vocabulary", lambda vocabulary: [*vocabulary, "more"]),
        ("vocabulary", lambda vocabulary: {"more": 1}),
        ("wording", lambda wording: wording | {"words": {"": 1}}),
        ("wording", lambda wording: wording | {"groups": [[["", 0], ["knot", 1]]]}),
        ("wording", lambda wording: wording | {"groups": [[["a", 0], ["\\1", 1]]]}),
        ("wording", lambda wording: wording | {"groups": [[["a", 0], ["(((", 1]]]}),
        ("baseline", lambda baseline: baseline | {"everyday": [0.5]}),
        ("baseline", lambda baseline: baseline | {"everyday": ["much"]}),
    ],
)
def test_json_that_misleads_is_refused(
    tiny_root: Path, name: str, change: Callable[[Any], Any]
) -> None:
    path = version_folder(tiny_root) / f"{name}.json"
    changed = json.dumps(change(json.loads(path.read_text()))).encode()
    forge(tiny_root, {path.name: changed})
    with pytest.raises(IndexDamagedError, match=REBUILD):
        open_index(tiny_root)


@pytest.mark.parametrize("name", ["documents", "questions", "vocabulary", "wording"])
@pytest.mark.parametrize("content", [b"", b"[" * 10**5, b'["\xff"]', b'["\\ud800"]', b"[NaN]"])
def test_files_that_are_no_json_are_refused(tiny_root: Path, name: str, content: bytes) -> None:
    forge(tiny_root, {f"{name}.json": content})
    with pytest.raises(IndexDamagedError, match=REBUILD):
        open_index(tiny_root)


def test_a_forged_index_that_misleads_nobody_is_opened(tiny_root: Path) -> None:
    # What shows that the refusals above come from the checks and not from the forging.
    path = version_folder(tiny_root) / "sentence_vectors.npy"
    forge(tiny_root, {path.name: -np.load(path)})
    assert Chatbot(open_index(tiny_root)).reply("What are knots?").kind


# Vectors to take over


def test_vectors_are_taken_over_by_the_text_they_were_made_from(tiny_root: Path) -> None:
    index = open_index(tiny_root)
    known = read_known(tiny_root, index.encoder.card)
    rows = np.concatenate([index.dense.vectors, index.sentence_vectors, index.question_vectors])
    found = known.vectors.values()
    assert all(any(np.array_equal(row, vector) for vector in found) for row in rows)
    assert len(known.tokens) == len(index.sentences)
    assert np.array_equal(np.concatenate([*known.tokens.values()]), index.token_vectors)


def test_vectors_of_another_encoder_are_not_taken_over(tiny_root: Path) -> None:
    card = msgspec.structs.replace(open_index(tiny_root).encoder.card, max_tokens=9)
    assert read_known(tiny_root, card) == Known.nothing()


@pytest.mark.parametrize(
    "change", [one_number, flat, a_column_less, cut_short, entry(0, np.nan), entry(0, 9.0)]
)
def test_vectors_in_doubt_are_not_taken_over(
    tiny_root: Path, tiny_corpus: Path, toy: Toy, change: Callable[[Array], Array]
) -> None:
    card = open_index(tiny_root).encoder.card
    files = [version_folder(tiny_root) / f"{kind}_vectors.npy" for kind in ENCODED]
    forge(tiny_root, {path.name: change(np.load(path)) for path in files})
    assert read_known(tiny_root, card) == Known.nothing()
    assert toy.build(tiny_corpus, tiny_root).reused == 0
    open_index(tiny_root)


def test_a_damaged_index_gives_no_vectors_and_is_built_anew(
    tiny_root: Path, tiny_corpus: Path, toy: Toy
) -> None:
    whole = contents(version_folder(tiny_root))
    card = open_index(tiny_root).encoder.card
    (version_folder(tiny_root) / "documents.json").write_bytes(b"[]")
    assert read_known(tiny_root, card) == Known.nothing()
    assert toy.build(tiny_corpus, tiny_root).reused == 0
    assert contents(version_folder(tiny_root)) == whole
    assert len(open_index(tiny_root).documents) == len(TINY)
