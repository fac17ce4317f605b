"""Packs: one file of an index, taken in whole or not at all, whatever it holds."""

import gzip
import hashlib
import json
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from backbot.cli import main
from backbot.errors import BackbotError, IndexUnavailableError, PackError, UsageError, WriteError
from backbot.index.draft import locked
from backbot.index.encoder import file_sha256
from backbot.index.layout import current_version
from backbot.index.pack import LIST_FILE, WORDING_FILE, pack
from backbot.index.store import open_index
from backbot.index.unpack import unpack
from backbot.server.app import create_app
from backbot.settings import Settings
from support import Toy, document, write_corpus

Members = list[tuple[tarfile.TarInfo, bytes]]
Harm = Callable[[Members], None]


@pytest.fixture
def packed(tiny_root: Path, tiny_corpus: Path, tmp_path: Path) -> Path:
    """A pack of the tiny index, without words for notices of its own."""
    pack(tiny_root, tiny_corpus, tmp_path / "tiny.pack")
    return tmp_path / "tiny.pack"


def files_below(root: Path) -> dict[str, bytes]:
    return {
        str(each.relative_to(root)): each.read_bytes()
        for each in root.rglob("*")
        if each.is_file() and each.name != ".lock"
    }


def test_a_pack_becomes_the_same_index_elsewhere(
    packed: Path, tiny_root: Path, tmp_path: Path
) -> None:
    contents = unpack(packed, tmp_path / "there")
    assert current_version(tmp_path / "there") == contents.version == current_version(tiny_root)
    here, there = files_below(tiny_root), files_below(tmp_path / "there")
    here.pop("current.json")
    there.pop("current.json")
    assert there == here


def test_the_same_index_makes_the_same_pack(
    packed: Path, tiny_root: Path, tiny_corpus: Path, tmp_path: Path
) -> None:
    _, digest = pack(tiny_root, tiny_corpus, tmp_path / "again.pack")
    assert digest == file_sha256(packed)
    assert [each.name for each in tmp_path.glob(".*.new")] == []


def test_any_tar_can_list_a_pack(packed: Path) -> None:
    with tarfile.open(packed) as archive:
        names = archive.getnames()
    assert names[0] == LIST_FILE
    assert any(name.endswith("/model.onnx") for name in names)


def test_a_pack_is_taken_up_beside_the_versions_before(
    packed: Path, toy: Toy, tmp_path: Path
) -> None:
    corpus = write_corpus(tmp_path / "other", {"articles/rest.md": document("Rest", "Rest a bit.")})
    before = toy.build(corpus, tmp_path / "there").version
    unpack(packed, tmp_path / "there")
    history = json.loads((tmp_path / "there" / "current.json").read_text())["history"]
    assert history[1:] == [before]
    open_index(tmp_path / "there", before)
    # Once more changes nothing.
    unpack(packed, tmp_path / "there")
    assert json.loads((tmp_path / "there" / "current.json").read_text())["history"] == history


def test_the_site_s_words_for_notices_come_along(
    tiny_root: Path, tiny_corpus: Path, tmp_path: Path
) -> None:
    (tiny_corpus / "safety.toml").write_text('country = "uk"\n')
    pack(tiny_root, tiny_corpus, tmp_path / "uk.pack")
    there = tmp_path / "there"
    unpack(tmp_path / "uk.pack", there)
    assert (there / WORDING_FILE).read_text() == 'country = "uk"\n'
    settings = Settings(index=str(there), corpus=str(tmp_path / "nothing"))
    reply = (
        create_app(settings)
        .test_client()
        .post("/api/chat", json={"message": "I have crushing chest pain and my left arm is numb"})
    )
    assert reply.json
    assert any("999" in link["href"] for link in reply.json["notice"]["links"])
    # A pack without such words takes them away again.
    (tiny_corpus / "safety.toml").unlink()
    pack(tiny_root, tiny_corpus, tmp_path / "plain.pack")
    unpack(tmp_path / "plain.pack", there)
    assert not (there / WORDING_FILE).exists()


def test_an_index_that_is_damaged_is_not_packed(
    tiny_root: Path, tiny_corpus: Path, tmp_path: Path
) -> None:
    next(tiny_root.glob("versions/*/passages.npy")).unlink()
    with pytest.raises(IndexUnavailableError):
        pack(tiny_root, tiny_corpus, tmp_path / "tiny.pack")
    with pytest.raises(IndexUnavailableError):
        pack(tmp_path / "nowhere", tiny_corpus, tmp_path / "tiny.pack")
    assert not (tmp_path / "tiny.pack").exists()


# What is no sound pack


def read_members(packed: Path) -> Members:
    with tarfile.open(packed) as archive:
        return [(each, archive.extractfile(each).read()) for each in archive]  # type: ignore[union-attr]


def write_members(packed: Path, members: Members) -> None:
    with gzip.open(packed, "wb") as file:
        for member, content in members:
            file.write(member.tobuf(tarfile.USTAR_FORMAT) + content)
            file.write(bytes(-len(content) % tarfile.BLOCKSIZE))
        file.write(bytes(2 * tarfile.BLOCKSIZE))


def relist(members: Members, change: Callable[[dict[str, Any]], None]) -> None:
    """Change what the list of a pack says."""
    listed = json.loads(members[0][1])
    change(listed)
    content = json.dumps(listed).encode()
    members[0][0].size = len(content)
    members[0] = members[0][0], content


def rename(to: str) -> Harm:
    def harm(members: Members) -> None:
        members[1][0].name = to
        relist(members, lambda listed: listed["files"][0].update(name=to))

    return harm


def link(members: Members) -> None:
    members[1][0].type = tarfile.SYMTYPE
    members[1][0].linkname = "/etc/passwd"


def hard_link(members: Members) -> None:
    members[1][0].type = tarfile.LNKTYPE
    members[1][0].linkname = "current.json"


def device(members: Members) -> None:
    members[1][0].type = tarfile.CHRTYPE


def one_too_many(members: Members) -> None:
    extra = tarfile.TarInfo("versions/extra")
    extra.size = 3
    members.append((extra, b"abc"))


def one_too_few(members: Members) -> None:
    members.pop()


def other_order(members: Members) -> None:
    members[1], members[2] = members[2], members[1]


def other_bytes(members: Members) -> None:
    member, content = members[5]
    members[5] = member, bytes(len(content))


def listed_twice(members: Members) -> None:
    relist(members, lambda listed: listed["files"].append(listed["files"][0]))


def other_version(members: Members) -> None:
    relist(members, lambda listed: listed.update(version="../../../../etc"))


def negative(members: Members) -> None:
    relist(members, lambda listed: listed["files"][0].update(bytes=-1))


def bomb(members: Members) -> None:
    """A few kilobytes that promise and hold a gigabyte of nothing."""
    relist(members, lambda listed: listed["files"][0].update(bytes=10**9))
    members[1][0].size = 10**9


def endless_list(members: Members) -> None:
    members[0][0].size = 10**9


def foreign_list(members: Members) -> None:
    members[0] = members[0][0], b"[" * len(members[0][1])


def proper_list_of_foreign_files(members: Members) -> None:
    """Digests that fit each other, over files that are no index."""
    member, _ = members[5]
    content = b"no array"
    member.size = len(content)
    members[5] = member, content
    digest = file_sha256_of(content)
    relist(members, lambda it: it["files"][4].update(bytes=len(content), sha256=digest))


def file_sha256_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


HARMS = (
    *(rename("../escaped"), rename("/tmp/escaped"), rename("versions/../../escaped")),
    *(link, hard_link, device, one_too_many, one_too_few, other_order, other_bytes, listed_twice),
    *(other_version, negative, bomb, endless_list, foreign_list, proper_list_of_foreign_files),
)


@pytest.mark.parametrize("harm", HARMS)
def test_what_is_no_sound_pack_changes_nothing(packed: Path, tmp_path: Path, harm: Harm) -> None:
    root = tmp_path / "deep" / "there"
    unpack(packed, root)
    before = files_below(tmp_path / "deep")
    members = read_members(packed)
    harm(members)
    write_members(packed, members)
    with pytest.raises(PackError):
        unpack(packed, root)
    assert files_below(tmp_path / "deep") == before
    assert not list(tmp_path.rglob("escaped"))


@pytest.mark.parametrize(
    "content", [b"", b"no gzip", gzip.compress(b""), gzip.compress(b"x" * 5000), bytes(3000)]
)
def test_what_is_no_pack_at_all_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(PackError, match="damaged or no pack"):
        unpack(tmp_path / "file", tmp_path / "there")
    with pytest.raises(PackError, match="There is no file"):
        unpack(tmp_path / "none", tmp_path / "there")


def test_a_pack_that_is_cut_off_anywhere_is_refused(packed: Path, tmp_path: Path) -> None:
    whole = packed.read_bytes()
    for kept in range(0, len(whole) - 40, len(whole) // 25):
        packed.write_bytes(whole[:kept])
        with pytest.raises(PackError):
            unpack(packed, tmp_path / "there")
    assert not (tmp_path / "there" / "current.json").exists()
    assert list((tmp_path / "there" / "versions").iterdir()) == []


def test_a_changed_byte_is_found_out(packed: Path, tmp_path: Path) -> None:
    whole = bytearray(packed.read_bytes())
    for place in range(20, len(whole) - 8, len(whole) // 25):
        changed = bytearray(whole)
        changed[place] ^= 0x55
        packed.write_bytes(changed)
        with pytest.raises(BackbotError):
            unpack(packed, tmp_path / "there")


def test_the_digest_that_the_owner_was_told_is_asked_for(packed: Path, tmp_path: Path) -> None:
    with pytest.raises(PackError, match="sha256"):
        unpack(packed, tmp_path / "there", "0" * 64)
    unpack(packed, tmp_path / "there", file_sha256(packed).upper())


def test_a_full_disk_is_said_before_anything_is_written(
    packed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = shutil.disk_usage(tmp_path)._replace(free=1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: full)
    with pytest.raises(WriteError, match="no room"):
        unpack(packed, tmp_path / "there")


def test_two_do_not_write_at_once(packed: Path, tiny_root: Path) -> None:
    with locked(tiny_root), pytest.raises(UsageError, match="Another"):
        unpack(packed, tiny_root)


def test_a_damaged_model_is_replaced(packed: Path, tmp_path: Path) -> None:
    unpack(packed, tmp_path / "there")
    next((tmp_path / "there").glob("models/*/model.onnx")).write_bytes(b"broken")
    unpack(packed, tmp_path / "there")
    open_index(tmp_path / "there")


# The commands


def run(*arguments: object) -> tuple[int, str]:
    done = CliRunner().invoke(main, [str(each) for each in arguments])
    return done.exit_code, done.output


def test_the_commands_say_what_they_did(tiny_root: Path, tiny_corpus: Path, tmp_path: Path) -> None:
    file, there = tmp_path / "a.pack", tmp_path / "there"
    status, said = run("pack", tiny_root, file, "--corpus", tiny_corpus)
    version = current_version(tiny_root)
    assert status == 0
    assert version in said
    assert file_sha256(file) in said.replace("\n", "")
    status, said = run("pack", tiny_root, file, "--corpus", tiny_corpus, "--json")
    told = json.loads(said)
    assert told == {
        "version": version,
        "files": len(read_members(file)) - 1,
        "bytes": file.stat().st_size,
        "sha256": file_sha256(file),
    }
    status, said = run("unpack", file, "--into", there, "--sha256", told["sha256"])
    assert (status, version in said) == (0, True)
    status, said = run("unpack", file, "--into", there, "--json")
    assert (status, json.loads(said)["version"]) == (0, version)


def test_the_commands_say_what_is_wrong(tiny_root: Path, tiny_corpus: Path, tmp_path: Path) -> None:
    status, said = run("pack", tmp_path / "none", tmp_path / "a.pack")
    assert (status, "There is no index" in said) == (2, True)
    status, said = run("unpack", tmp_path / "none", "--into", tmp_path / "there")
    assert (status, said.startswith("Error: There is no file")) == (2, True)
    (tiny_corpus / "safety.toml").write_text("country = 7")
    status, said = run("pack", tiny_root, tmp_path / "a.pack", "--corpus", tiny_corpus)
    assert (status, "safety.toml" in said) == (2, True)


def test_a_pack_holds_no_name_of_who_made_it(packed: Path) -> None:
    for member, _ in read_members(packed):
        assert (member.uid, member.gid, member.uname, member.mtime) == (0, 0, "", 0)
    # Neither does the compression around it tell a time or a file's name.
    assert packed.read_bytes()[3:8] == bytes(5)
