"""Reading a corpus folder: `articles/*.md` and `questions/*.md` with YAML front matter."""

import datetime
from pathlib import Path
from typing import Any

import frontmatter
import msgspec
import yaml

from backbot.corpus.document import Document, DocumentKind, Origin, is_document_id
from backbot.corpus.markdown import render
from backbot.errors import CorpusError

_FOLDERS: tuple[tuple[str, DocumentKind], ...] = (
    ("articles", "article"),
    ("questions", "question"),
)


class _FrontMatter(msgspec.Struct, kw_only=True, rename={"from_": "from"}):
    title: str
    question: str | None = None
    alternate_questions: list[str] = []
    tags: list[str] = []
    url: str | None = None
    date: datetime.date | None = None
    reviewed: datetime.date | None = None
    from_: Origin | None = None
    hidden: bool = False
    truncated: bool = False


def read_corpus(folder: Path) -> tuple[Document, ...]:
    """Return the documents of `folder`, sorted by ID, hidden ones left out.

    Raises `CorpusError` that names every broken file at once: no UTF-8, broken front matter, a
    file name that is no ID, two documents with one ID; or that there is nothing to read.
    """
    if not folder.is_dir():
        raise CorpusError([f"There is no folder {folder}; name one with --corpus."])
    documents: dict[str, Document] = {}
    seen: dict[str, Path] = {}
    problems: list[str] = []
    for subfolder, kind in _FOLDERS:
        for path in sorted((folder / subfolder).glob("*.md")):
            try:
                if path.stem in seen:
                    raise _Broken(
                        f"has the same ID as {seen[path.stem].relative_to(folder)}; "
                        "rename one of them"
                    )
                seen[path.stem] = path
                document = read_document(path, kind)
            except _Broken as broken:
                problems.append(f"{path.relative_to(folder)} {broken}.")
            else:
                if document is not None:
                    documents[document.id] = document
    if problems:
        raise CorpusError(problems)
    if not documents:
        raise CorpusError(
            [
                f"No documents in {folder}: put Markdown files into its articles/ and questions/, "
                "or fill it with `backbot import`."
            ]
        )
    return tuple(documents[name] for name in sorted(documents))


def read_document(path: Path, kind: DocumentKind) -> Document | None:
    """Return the document in the file at `path`, or None for a hidden one."""
    if not is_document_id(path.stem):
        raise _Broken(
            "has a name that cannot be an ID; use lower-case letters a to z, digits and hyphens, "
            "such as do-flat-feet-hurt.md"
        )
    try:
        source = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _Broken(
            f"is not UTF-8 (byte {error.start + 1}); save it as UTF-8 and try again"
        ) from None
    except OSError as error:
        raise _Broken(f"cannot be read ({error.strerror})") from None
    metadata, body = _split(source)
    try:
        front = msgspec.convert(metadata, _FrontMatter, strict=False)
    except msgspec.ValidationError as error:
        raise _Broken(f"has front matter that does not fit: {_plain(error)}") from None
    if not front.title.strip():
        raise _Broken("has an empty title")
    if kind == "question" and not (front.question or "").strip():
        raise _Broken("needs a `question:` line in its front matter")
    if front.url is not None and not front.url.startswith(("https://", "http://")):
        raise _Broken("has a url that does not begin with https:// or http://")
    if front.hidden:
        return None
    text, blocks = render(body)
    if not text:
        raise _Broken("has no text below its front matter; write some or set `hidden: true`")
    if all(block.kind == "heading" for block in blocks):
        raise _Broken("has nothing but headings; write some text below them or set `hidden: true`")
    return Document(
        id=path.stem,
        kind=kind,
        title=_one_line(front.title),
        text=text,
        blocks=blocks,
        question=_one_line(front.question) if front.question else None,
        alternate_questions=tuple(filter(None, map(_one_line, front.alternate_questions))),
        tags=tuple(front.tags),
        url=front.url,
        date=_iso(front.date),
        reviewed=_iso(front.reviewed),
        from_=front.from_,
        truncated=front.truncated,
    )


class _Broken(Exception):  # noqa: N818 - not an error of its own: it ends as part of a CorpusError
    """Why one file cannot be taken; the rest of a sentence that begins with its name."""


def _split(source: str) -> tuple[dict[str, Any], str]:
    if not source.startswith("---"):
        raise _Broken("has no front matter; begin it with ---, a `title:` line and ---")
    try:
        metadata, body = frontmatter.parse(source)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1}" if mark else ""
        raise _Broken(f"has broken front matter{where}; check quotes, colons and indents") from None
    except (ValueError, RecursionError):
        raise _Broken("has broken front matter; check quotes, colons and indents") from None
    if not isinstance(metadata, dict) or not metadata:
        raise _Broken("has front matter without a `title:` line, or without its closing ---")
    return metadata, body


def _plain(error: msgspec.ValidationError) -> str:
    return str(error).replace("Object missing required field", "missing").replace("`$.", "`")


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _iso(value: datetime.date | None) -> str | None:
    return value.isoformat() if value else None
