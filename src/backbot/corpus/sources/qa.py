"""Questions and answers out of a table (CSV, TSV) or JSON."""

import csv
import io
import itertools
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from backbot.corpus.document import Origin
from backbot.corpus.sources import Omission, Part, Post, Reading
from backbot.corpus.sources.dates import day_of
from backbot.corpus.sources.files import decode, read_bounded
from backbot.corpus.sources.markup import has_sight, one_line, parts_of, text_of
from backbot.errors import SourceError

MAX_QA_BYTES = 128 * 1024 * 1024
_MAX_FIELD = 4 * 1024 * 1024
_QUESTION = ("question", "questions", "q", "query", "faq", "frage", "prompt")
_ANSWER = ("answer", "answers", "a", "response", "reply", "acceptedanswer", "answertext", "antwort")
_TITLE = ("title", "heading", "subject", "headline", "name")
_URL = ("url", "link", "permalink", "href")
_DATE = ("date", "published", "created", "datepublished", "datecreated", "updated", "postdate")
_TAGS = ("tags", "tag", "categories", "category", "topic", "topics", "keywords")
_ALSO = ("alternatequestions", "alternatives", "alsoasked", "variants", "alternatequestion")
_FROM = ("from", "origin", "askedby")
_KEY = ("id", "key", "identifier", "uuid")
_ALL = (*_QUESTION, *_ANSWER, *_TITLE, *_URL, *_DATE, *_TAGS, *_ALSO, *_FROM, *_KEY)
_MARKUP = re.compile(
    r"</?(?:p|br|ul|ol|li|div|strong|b|em|i|a|h[1-6]|table|blockquote|span)\b[^>]*>", re.I
)
_BULLET = re.compile(r"\s*[-*•]\s+(.+)")
_NUMBERED = re.compile(r"\s*(\d{1,2})[.)]\s+(.+)")
_MAX_TITLE = 150


def read_qa(path: Path) -> Reading:
    """Return the questions in the CSV, TSV, JSON or JSON Lines file at `path`.

    Raises `SourceError` where no question with an answer can be told.
    """
    content = read_bounded(path, MAX_QA_BYTES)
    text = decode(content, str(path))
    rows = json_rows(text) if text.lstrip()[:1] in ("{", "[") else table_rows(text)
    if rows is None:
        raise SourceError(
            f"No question with an answer can be told in {path}; name its columns `question` and "
            "`answer`."
        )
    reading = Reading(posts=(), origin=f"file:{path.name}", complete=True)
    reading.posts = _posts(rows, reading)
    return reading


def _posts(rows: Iterator[tuple[int, Mapping[str, Any]]], reading: Reading) -> Iterator[Post]:
    seen: dict[str, int] = {}
    for line, row in rows:
        reading.found["items"] += 1
        question = text_of(_text(row, _QUESTION) or _text(row, _TITLE))
        answer = _text(row, _ANSWER)
        if not has_sight(question) or not has_sight(answer):
            missing = "question" if not has_sight(question) else "answer"
            if has_sight(question) or has_sight(answer):
                shown = question or one_line(answer)[:60]
                reading.omissions.append(Omission(line, shown, f"has no {missing}"))
            continue
        parts = answer_parts(answer)
        if not parts:
            reading.omissions.append(Omission(line, question, "has an answer without words"))
            continue
        same = f"{question.casefold()}\0{answer}"
        if same in seen:
            reading.omissions.append(Omission(line, question, f"the same as line {seen[same]}"))
            continue
        seen[same] = line
        reading.found["questions"] += 1
        identity = _text(row, _KEY)
        title = text_of(_text(row, _TITLE)) if _text(row, _QUESTION) else ""
        yield Post(
            title=title if has_sight(title) else _title(question),
            parts=parts,
            kind="question",
            question=question,
            alternate_questions=tuple(
                text_of(each) for each in _several(row, _ALSO, r"[|;\n]") if has_sight(each)
            ),
            from_=_origin(_text(row, _FROM)),
            key=f"qa:{identity}" if identity else f"qa:{question.casefold()}",
            url=_address(_text(row, _URL)),
            date=day_of(_text(row, _DATE)),
            tags=tuple(dict.fromkeys(one_line(each) for each in _several(row, _TAGS, r"[|;,]"))),
            line=line,
        )


def answer_parts(answer: str) -> tuple[Part, ...]:
    """Return the parts of an answer, which is HTML or plain text with lists."""
    if _MARKUP.search(answer):
        return parts_of(answer, line_breaks=not re.search(r"<(?:p|div|br)\b", answer, re.I))
    parts: list[Part] = []
    for block in re.split(r"(?:\r\n|\r|\n)[ \t]*(?:\r\n|\r|\n)\s*", answer):
        lines: list[str] = []
        for line in block.splitlines():
            if not has_sight(line):
                continue
            bullet, numbered = _BULLET.match(line), _NUMBERED.match(line)
            if bullet or numbered:
                if lines:
                    parts.append(Part("paragraph", tuple(lines)))
                    lines = []
                number = int(numbered.group(1)) if numbered else None
                words = numbered.group(2) if numbered else bullet.group(1) if bullet else ""
                parts.append(Part("item", (one_line(words),), number=number))
            else:
                lines.append(one_line(line))
        if lines:
            parts.append(Part("paragraph", tuple(lines)))
    return tuple(parts)


def table_rows(text: str) -> Iterator[tuple[int, Mapping[str, Any]]] | None:
    """Return the rows of a table with their lines, None where it has no questions and answers."""
    sample = text[:65536]
    delimiter = _delimiter(sample)
    if delimiter is None:
        return None
    previous = csv.field_size_limit(_MAX_FIELD)
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=False)
        header = next((row for row in reader if any(map(has_sight, row))), [])
    except csv.Error:
        return None
    finally:
        csv.field_size_limit(previous)
    names = [plain_name(cell) for cell in header]
    if not (_has(names, _QUESTION) or _has(names, _TITLE)) or not _has(names, _ANSWER):
        if len(header) != 2 or not header[0].rstrip().endswith("?"):
            return None
        # Two columns without a header, the first of which asks.
        names = ["question", "answer"]
        return _table(itertools.chain([header], reader), names, 1)
    return _table(reader, names, 2)


def _table(
    reader: Iterator[list[str]], names: list[str], first: int
) -> Iterator[tuple[int, Mapping[str, Any]]]:
    number = first
    previous = csv.field_size_limit(_MAX_FIELD)
    try:
        for row in reader:
            yield number, {name: cell for name, cell in zip(names, row, strict=False) if name}
            number += 1
    except csv.Error:
        raise SourceError(
            f"Row {number} has a field of more than {_MAX_FIELD // 2**20} MB or a quotation mark "
            "that is never closed; mend it and try again."
        ) from None
    finally:
        csv.field_size_limit(previous)


def _delimiter(sample: str) -> str | None:
    first = next((line for line in sample.splitlines() if has_sight(line)), "")
    counts = {mark: first.count(mark) for mark in (",", ";", "\t", "|")}
    best = max(counts, key=lambda mark: counts[mark])
    return best if counts[best] else None


def json_rows(text: str) -> Iterator[tuple[int, Mapping[str, Any]]] | None:
    """Return the objects of JSON or JSON Lines that have a question and an answer, numbered."""
    try:
        value = msgspec.json.decode(text.strip())
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
        value = _json_lines(text)
    found = list(_objects(value)) if value is not None else []
    if not found:
        return None
    return iter(enumerate(found, start=1))


def _json_lines(text: str) -> list[Any] | None:
    values = []
    for line in text.splitlines():
        if line.strip():
            try:
                values.append(msgspec.json.decode(line))
            except (msgspec.DecodeError, RecursionError):
                return None
    return values


def _objects(value: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
    """Yield what looks like a question with its answer, however it is wrapped; schema.org's
    FAQPage too."""
    if depth > 8:
        return
    if isinstance(value, list):
        for each in value:
            yield from _objects(each, depth + 1)
    elif isinstance(value, dict):
        flat = {plain_name(name): each for name, each in value.items()}
        is_question = flat.get("type") == "Question" and "name" in flat
        if (_has(flat, _QUESTION) or is_question) and _has(flat, _ANSWER):
            yield flat | ({"question": flat["name"]} if is_question else {})
            return
        for name, each in value.items():
            asks = isinstance(name, str) and name.rstrip().endswith("?")
            if asks and isinstance(each, str):
                yield {"question": name, "answer": each}
            elif asks and isinstance(each, dict):
                yield from _objects({"question": name, **each}, depth + 1)
            elif isinstance(each, (list, dict)):
                yield from _objects(each, depth + 1)


def plain_name(name: str) -> str:
    """Return the name of a column or field in the form in which it is looked up."""
    return re.sub(r"[\W_]+", "", name).casefold()


def _has(names: Any, wanted: tuple[str, ...]) -> bool:
    return any(name in names for name in wanted)


def _text(row: Mapping[str, Any], names: tuple[str, ...]) -> str:
    for name in names:
        value = row.get(name)
        if isinstance(value, dict):
            value = value.get("text") or value.get("rendered") or value.get("value")
        if isinstance(value, list) and len(value) == 1:
            value = value[0] if isinstance(value[0], str) else _text(value[0], ("text",))
        elif isinstance(value, list):
            value = "\n\n".join(each for each in value if isinstance(each, str))
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            value = str(value)
        if isinstance(value, str) and has_sight(value):
            return value.strip()
    return ""


def _several(row: Mapping[str, Any], names: tuple[str, ...], marks: str) -> list[str]:
    for name in names:
        value = row.get(name)
        if isinstance(value, list):
            return [str(each) for each in value if has_sight(str(each))]
        if isinstance(value, str) and has_sight(value):
            return [each for each in re.split(marks, value) if has_sight(each)]
    return []


def _origin(text: str) -> Origin | None:
    match text.strip().casefold():
        case "reader" | "readers" | "user" | "visitor":
            return "reader"
        case "editor" | "site" | "owner" | "staff":
            return "editor"
        case _:
            return None


def _address(text: str) -> str | None:
    text = text.strip()
    return text if text.startswith(("https://", "http://")) and " " not in text else None


def _title(question: str) -> str:
    if len(question) <= _MAX_TITLE:
        return question
    asked = [each for each in re.split(r"(?<=[.!?])\s+", question) if each.endswith("?")]
    short = next((each for each in asked if len(each) <= _MAX_TITLE), "")
    return short or question[:_MAX_TITLE].rsplit(" ", 1)[0] + " …"
