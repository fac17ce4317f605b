"""Acting on a corpus by the owner's hand: each act writes plain files, and can be undone."""

import contextlib
import datetime
import fcntl
import os
import re
import secrets
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from backbot.corpus.document import is_document_id
from backbot.corpus.ledger import replace
from backbot.desk.drafts import draft_text
from backbot.desk.front import ALTERNATES, HIDDEN, front_of
from backbot.desk.kinds import MEANS, Values
from backbot.desk.model import Act, ActKind, Recorded, Undone
from backbot.desk.tables import read_table
from backbot.errors import BackbotError, UsageError, WriteError
from backbot.guard.checks import FILE as CHECKS_FILE
from backbot.guard.checks import read_checks
from backbot.index.pins import FILE as PINS_FILE
from backbot.index.pins import read_pins
from backbot.index.wording import SYNONYMS_FILE, read_own_synonyms
from backbot.model import MAX_MESSAGE_LENGTH
from backbot.text.clean import clean, fold

FILE = "acts.jsonl"
DRAFTS = "drafts"
_FOLDERS = ("articles", "questions")
_HEADS = {
    ActKind.PIN: "# Questions with the answer that you gave them; see docs/owner.md.\n",
    ActKind.CHECK: "# What must hold before readers get a new index; see docs/owner.md.\n",
    ActKind.SYNONYM: "# Words that your readers use for the same thing.\n",
}

# What is left of a list of synonyms when the last is gone.
_EMPTY_LIST = re.compile(r"^groups = \[\s*\]\s*$", re.MULTILINE)


class Desk:
    """The corpus in `folder` as its owner acts on it.

    Every act raises `UsageError` for what cannot be meant (no such document, said already) and
    `WriteError` where a file cannot be changed safely; nothing has changed then.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def accept_question(self, document: str, question: str) -> Act:
        """Let `document` be found by `question`: another way to ask for what it answers."""
        path = self._document(document)
        question = _question(question)
        front = front_of(_read(path))
        known = [front.get("title"), front.get("question"), *(front.get(ALTERNATES) or [])]
        if any(isinstance(each, str) and _same(each, question) for each in known):
            raise UsageError(f"{document} has this question already.")
        return self._act(
            ActKind.QUESTION,
            path,
            {"question": question},
            f"“{question}” leads to {document}",
        )

    def pin(self, question: str, document: str, words: str | None = None) -> Act:
        """Let `question` be answered out of `document`, by `words` of it where they are given."""
        self._document(document)
        question = _question(question)
        values = {"question": question, "document": document}
        if words and words.strip():
            values["words"] = " ".join(words.split())
        path = self._folder / PINS_FILE
        if any(_same(each.question, question) for each in read_pins(self._folder)):
            raise UsageError("This question has a pin already; undo that one first.")
        return self._act(ActKind.PIN, path, values, f"“{question}” is pinned to {document}")

    def check(
        self,
        question: str,
        *,
        cites: str | None = None,
        never_cites: Sequence[str] = (),
        no_answer: bool = False,
    ) -> Act:
        """Make a check of a wrong answer: what `question` must cite, must not, or that it must get
        no answer. One of the three is given."""
        question = _question(question)
        if bool(cites) + bool(never_cites) + no_answer != 1:
            raise UsageError(
                "Say one thing of the answer: which document is right, which ones are wrong, or "
                "that there is none."
            )
        values: dict[str, Any] = {"question": question}
        if cites:
            self._document(cites)
            values["cites"] = cites
            what = f"“{question}” must be answered out of {cites}"
        elif never_cites:
            for each in never_cites:
                self._document(each)
            values["never_cites"] = never_cites[0] if len(never_cites) == 1 else [*never_cites]
            what = f"“{question}” must not be answered out of {' or '.join(never_cites)}"
        else:
            values["no_answer"] = True
            what = f"“{question}” must get no answer"
        path = self._folder / CHECKS_FILE
        read_checks(self._folder)
        if values in read_table(_read(path)).get("check", []):
            raise UsageError("There is such a check already.")
        return self._act(ActKind.CHECK, path, values, what)

    def hide(self, document: str) -> Act:
        """Leave `document` out of the next index."""
        path = self._document(document)
        if front_of(_read(path)).get(HIDDEN):
            raise UsageError(f"{document} is hidden already.")
        return self._act(ActKind.HIDE, path, {}, f"{document} is hidden")

    def show(self, document: str) -> Act:
        """Take a hidden `document` into the next index."""
        path = self._document(document)
        if not front_of(_read(path)).get(HIDDEN):
            raise UsageError(f"{document} is not hidden.")
        return self._act(ActKind.SHOW, path, {}, f"{document} is shown again")

    def add_synonym(self, words: Sequence[str]) -> Act:
        """Let `words`, two or more, be taken for the same thing."""
        group = list(dict.fromkeys(fold(clean(word)) for word in words if clean(word)))
        if len(group) < 2:
            raise UsageError("Give two words or more that mean the same.")
        path = self._folder / SYNONYMS_FILE
        held = read_own_synonyms(self._folder)
        if any(set(group) <= {fold(word) for word in each} for each in held):
            raise UsageError("These words are taken for the same already.")
        listed = ", ".join(f"“{word}”" for word in group)
        return self._act(ActKind.SYNONYM, path, {"words": group}, f"{listed} mean the same")

    def start_draft(self, title: str, questions: Sequence[str] = ()) -> Act:
        """Begin an article that is missing, with the readers' `questions` in it. Nothing in
        `drafts/` is indexed; moving the file to `articles/` publishes it."""
        from backbot.corpus.naming import document_id

        title = clean(title)
        if not title or len(title) > 200:
            raise UsageError("Give the draft a title of up to 200 characters.")
        asked = list(dict.fromkeys(_question(each) for each in questions if clean(each)))
        name = document_id(title)
        path = self._folder / DRAFTS / f"{name}.md"
        taken = (self._folder / folder / path.name for folder in (*_FOLDERS, DRAFTS))
        if any(each.exists() for each in taken):
            raise UsageError(f"There is a file {path.name} already; give the draft another title.")
        return self._act(ActKind.DRAFT, path, {"title": title}, f"a draft of “{title}”", asked)

    def recorded(self) -> tuple[Recorded, ...]:
        """Return every act, the newest first."""
        acts: dict[str, Recorded] = {}
        for line in _read(self._folder / FILE).splitlines():
            # A line that a person has broken takes nothing else with it.
            with contextlib.suppress(msgspec.MsgspecError, ValueError, RecursionError):
                if '"undoes"' in line:
                    undone = msgspec.json.decode(line, type=Undone)
                    if known := acts.get(undone.undoes):
                        acts[undone.undoes] = msgspec.structs.replace(known, undone=undone.at)
                    continue
                act = msgspec.json.decode(line, type=Act)
                acts[act.id] = Recorded(act=act)
        return tuple(reversed(acts.values()))

    def undo(self, identifier: str | None = None) -> Act:
        """Take out again what an act added, the last one if none is named, and nothing else.

        Raises `UsageError` where there is no such act, or what it added is not there any more.
        """
        with self._alone():
            recorded = self.recorded()
            open_ = [each.act for each in recorded if each.undone is None]
            act = next((each for each in open_ if identifier in (None, each.id)), None)
            if act is None:
                raise UsageError("There is no such act to undo.")
            path = self._folder / act.file
            if not path.resolve().is_relative_to(self._folder.resolve()):
                raise UsageError(f"{act.file} is not a file of this corpus.")
            text = _read(path)
            try:
                left = _taken_out(act, text, list_is_ours=_made_list(recorded, act.file))
            except LookupError:
                raise UsageError(
                    f"What this added to {act.file} is not there any more, or was changed since; "
                    "mend the file by hand."
                ) from None
            if left is None:
                path.unlink()
            else:
                _write(path, left)
            self._note(Undone(undoes=act.id, at=_now()))
        return act

    def _document(self, name: str) -> Path:
        if is_document_id(name):
            for folder in _FOLDERS:
                path = self._folder / folder / f"{name}.md"
                if path.is_file():
                    return path
        raise UsageError("There is no such document in the corpus.")

    def _act(
        self, kind: ActKind, path: Path, values: Values, what: str, asked: Sequence[str] = ()
    ) -> Act:
        with self._alone():
            created = not path.exists()
            before = _read(path)
            start = before
            if kind is ActKind.DRAFT:
                after = draft_text(values["title"], asked)
            else:
                means = MEANS[kind]
                start = _HEADS.get(kind, "") if created else before
                after = means.add(start, values)
                if means.read(after) != means.added(means.read(start), values):
                    raise WriteError(
                        f"{path} is laid out in a way that cannot be changed safely here; add it "
                        "by hand."
                    )
            replaced, lines = _differing(start, after)
            act = Act(
                id=secrets.token_hex(4),
                at=_now(),
                kind=kind,
                file=path.relative_to(self._folder).as_posix(),
                what=what,
                values=dict(values),
                lines=lines,
                replaced=replaced,
                created=created,
            )
            _write(path, after)
            self._note(act)
        return act

    def _note(self, line: Act | Undone) -> None:
        path = self._folder / FILE
        _write(path, _read(path) + msgspec.json.encode(line).decode("utf-8") + "\n")

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep imports, and acts in other processes, out of the corpus meanwhile."""
        try:
            held = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        except OSError:
            raise UsageError(
                f"There is no folder {self._folder}; name one with --corpus."
            ) from None
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
        except BlockingIOError:
            raise UsageError(
                f"An import into {self._folder} is running; wait until it is done and try again."
            ) from None
        finally:
            os.close(held)


def _taken_out(act: Act, text: str, *, list_is_ours: bool) -> str | None:
    """Return `text` without what `act` added, None for a file that it made and that is empty then;
    raises `LookupError` where that cannot be done without touching anything else.

    A list that acts began goes with its last item: `list_is_ours`.
    """
    if act.kind is ActKind.DRAFT:
        if text != act.lines:
            raise LookupError
        return None
    means = MEANS[act.kind]
    wanted = means.taken(means.read(text), act.values)
    left = _cut(text, act.lines, act.replaced)
    emptied = list_is_ours and act.kind is ActKind.QUESTION and ALTERNATES not in wanted
    if left is None or not _reads(left, act, wanted) or (emptied and ALTERNATES in front_of(left)):
        left = means.take(text, act.values)
        if not _reads(left, act, wanted) or left.count("#") < text.count("#"):
            raise LookupError
    head = _HEADS.get(act.kind, "")
    ours = act.created or (head and left.startswith(head))
    return None if ours and not _EMPTY_LIST.sub("", left.removeprefix(head)).strip() else left


def _made_list(recorded: Sequence[Recorded], file: str) -> bool:
    """Tell whether an act began the list of other questions in `file`."""
    return any(
        each.act.kind is ActKind.QUESTION
        and each.act.file == file
        and ALTERNATES in each.act.lines
        and ALTERNATES not in each.act.replaced
        for each in recorded
    )


def _reads(text: str, act: Act, wanted: Any) -> bool:
    try:
        return bool(MEANS[act.kind].read(text) == wanted)
    except BackbotError:
        return False


def _differing(before: str, after: str) -> tuple[str, str]:
    """Return the whole lines of `before` and of `after` that stand in each other's place."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    head = 0
    while head < min(len(old), len(new)) and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < min(len(old), len(new)) - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    return "".join(old[head : len(old) - tail]), "".join(new[head : len(new) - tail])


def _cut(text: str, lines: str, replaced: str) -> str | None:
    """Return `text` with its one stretch of whole lines `lines` as it was, None if not one."""
    at = text.find(lines) if lines else -1
    if at < 0 or (at and text[at - 1] != "\n") or text.find(lines, at + 1) >= 0:
        return None
    return text[:at] + replaced + text[at + len(lines) :]


def _question(text: str) -> str:
    question = clean(text)
    if not 0 < len(question) <= MAX_MESSAGE_LENGTH:
        raise UsageError(f"A question has 1 to {MAX_MESSAGE_LENGTH:,} characters.")
    return question


def _same(one: str, other: str) -> bool:
    return fold(clean(one)).strip(" ?.!") == fold(clean(other)).strip(" ?.!")


def _now() -> datetime.datetime:
    return datetime.datetime.now(tz=datetime.UTC).replace(microsecond=0)


def _read(path: Path) -> str:
    """Return the file's text with its own line ends, "" where there is none."""
    try:
        return path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        return ""
    except UnicodeDecodeError:
        raise WriteError(f"{path} is not UTF-8; save it as UTF-8 and try again.") from None
    except OSError as error:
        raise WriteError(f"{path} cannot be read ({error.strerror}).") from None


def _write(path: Path, text: str) -> None:
    if path.is_symlink():
        raise WriteError(f"{path} is a link; replace it by a file of its own, and try again.")
    try:
        path.parent.mkdir(exist_ok=True)
        replace(path, text.encode("utf-8"))
    except OSError as error:
        raise WriteError(
            f"{path} cannot be written ({error.strerror}); mend that and try again."
        ) from None
