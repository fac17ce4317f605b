"""A category archive, copied out of a browser and pasted into a text file.

The theme prints "Category Archives: NAME", then each post: its title, one empty line, its text,
two empty lines. A long post is cut and ends in "Continue reading TITLE". Several such pages may
stand in one file.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from pathlib import Path

import msgspec

from backbot.corpus.document import BlockKind
from backbot.corpus.sources import Imported, Omission, Part, Post, read_text
from backbot.errors import SourceError
from backbot.text.clean import fold, has_words

_LINE_END = re.compile(r"\r\n|\r|\n")
# White space, control characters, and marks of no width, such as the byte order mark that stands
# between two files put together.
_UNSEEN = "\u200b\u2060\ufeff" + "".join(
    each for each in map(chr, range(0x3001)) if each.isspace() or unicodedata.category(each) == "Cc"
)
_HEADING = re.compile(r"(?:(?:Category|Tag|Author|Daily|Monthly|Yearly) )?Archives?:(?:\s|$)")
_FIRST_HEADING = re.compile(r"(?:Category|Tag|Author):(?:\s|$)")
_MARKER = re.compile(r"(?:^|(?<=[\s.…\])]))Continue reading\b", re.IGNORECASE)
_WORD = re.compile(r"\w+")
_BULLET = re.compile(r"(?:[•◦▪‣]\s*|>>+\s*|[*-]\s+)(?P<text>.+)")
# A year or a sum that opens a line is no list number, so two digits have to do.
_NUMBER = re.compile(r"(?P<number>[1-9]\d?)[.)]\s+(?P<text>.+)")
_QUOTED = re.compile(r">\s+(?P<text>.+)")
_QUOTED_ON = re.compile(r">[>\s]*(?P<text>.*)")

_MAX_TITLE_LENGTH = 150
# Words that Title Case may leave in lower case, besides those of one or two letters.
_MINOR_WORDS = {"and", "but", "for", "from", "into", "nor", "off", "onto", "out", "over", "per"}
_MINOR_WORDS |= {"than", "the", "via", "with"}
_TITLE_CASE_SHARE = 0.8  # of the other words: owners slip


class _Line(msgspec.Struct, frozen=True):
    """A line with something to see; `text` has no white space at its ends."""

    number: int
    indent: int
    text: str


class _Chunk(msgspec.Struct, frozen=True):
    """Lines that stand together, how many empty lines part them from the chunk before, and
    whether a page begins with them."""

    lines: tuple[_Line, ...]
    gap: int
    opens_page: bool


class _Draft(msgspec.Struct):
    """A part while its lines are being gathered."""

    kind: BlockKind
    indent: int
    lines: list[str]
    number: int | None = None


class _Section(msgspec.Struct, frozen=True):
    """A title's line and the chunks below it."""

    title: _Line
    body: list[_Chunk]


def read_archive(path: Path) -> Imported:
    """Return the posts of the pasted archive at `path` and every line left out of them.

    Raises `SourceError` where the file cannot be read as text or no post is found in it.
    """
    imported = parse_archive(read_text(path))
    if not imported.posts:
        raise SourceError(
            f"No post can be told in {path}; each needs its title on a line of its own, then an "
            "empty line and its text, and two empty lines before the next title."
        )
    return imported


def parse_archive(text: str) -> Imported:
    """Return the posts in `text`, in order; there may be none."""
    omissions: list[Omission] = []
    notes: list[str] = []
    posts = []
    for section in _sections(text, omissions):
        left_out: list[Omission] = []
        chunks, truncated = _without_marker(section, left_out)
        parts = tuple(part for lines in chunks for part in _parts(lines, left_out))
        omissions.extend(left_out)
        title = section.title
        if not parts:
            omissions.append(_omit(title, "a title without any text below it"))
            continue
        posts.append(Post(title=title.text, parts=parts, truncated=truncated, line=title.number))
        notes.extend(
            f"Line {chunk.lines[0].number} was taken as a part of “{title.text}”: it stands below "
            "two or more empty lines as titles do, but does not read like a title."
            for chunk in section.body
            if chunk.gap > 1 and chunk is not section.body[0]
        )
    omissions.sort(key=lambda omission: omission.line or 0)
    return Imported(tuple(posts), tuple(omissions), tuple(notes))


def _sections(text: str, omissions: list[Omission]) -> list[_Section]:
    chunks = _chunks(text, omissions)
    titles = _titles(chunks, headed=bool(omissions))
    sections: list[_Section] = []
    on_page = False
    for position, chunk in enumerate(chunks):
        on_page = on_page and not chunk.opens_page
        if position in titles:
            sections.append(_Section(chunk.lines[0], []))
            on_page = True
        elif on_page:
            sections[-1].body.append(chunk)
        else:
            omissions.extend(_omit(line, "stands before the first post") for line in chunk.lines)
    return sections


def _chunks(text: str, omissions: list[Omission]) -> list[_Chunk]:
    chunks: list[_Chunk] = []
    lines: list[_Line] = []
    gap = 0
    opens_page = True

    def close() -> None:
        nonlocal gap, opens_page
        if lines:
            chunks.append(_Chunk(tuple(lines), gap, opens_page))
            lines.clear()
            gap, opens_page = 0, False

    for number, raw in enumerate(_LINE_END.split(text), start=1):
        line = _Line(number, len(raw) - len(raw.lstrip()), raw.strip(_UNSEEN))
        if not line.text:
            close()
            gap += 1
        elif _HEADING.match(line.text) or (
            not chunks and not lines and _FIRST_HEADING.match(line.text)
        ):
            close()
            omissions.append(_omit(line, "the archive’s own heading"))
            opens_page = True
        else:
            lines.append(line)
    close()
    return chunks


def _titles(chunks: Sequence[_Chunk], *, headed: bool) -> set[int]:
    """Return the positions of the chunks that are titles.

    A title stands alone below two empty lines, or is the first on its page. It is one that a
    "Continue reading" names, or reads like one: short, no full stop, in Title Case. A site whose
    named titles are not in Title Case, or that has a heading and no such line, does not use it.
    """
    named = {
        _words(line.text[marker.end() :])
        for chunk in chunks
        for line in chunk.lines
        for marker in _markers(line.text)
    }

    def is_named(line: str) -> bool:
        return _words(line) in named

    def is_cased(line: str) -> bool:
        return is_named(line) or (_is_short(line) and _is_title_case(line))

    def is_short(line: str) -> bool:
        return is_named(line) or _is_short(line)

    sure = _standing(chunks, is_named)
    uses_title_case = all(_is_title_case(chunks[position].lines[0].text) for position in sure)
    titles = _standing(chunks, is_cased if uses_title_case else is_short)
    return titles if titles or not headed else _standing(chunks, is_short)


def _standing(chunks: Sequence[_Chunk], is_title: Callable[[str], bool]) -> set[int]:
    """Return the positions of the chunks that stand where titles do and satisfy `is_title`."""
    positions = set()
    awaited = True
    for position, chunk in enumerate(chunks):
        awaited = awaited or chunk.opens_page
        if len(chunk.lines) == 1 and (awaited or chunk.gap > 1) and is_title(chunk.lines[0].text):
            positions.add(position)
            awaited = False
    return positions


def _words(text: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(fold(text)))


def _is_short(line: str) -> bool:
    """Tell whether `line` is built like a title: short, no list's or quotation's, not a sentence's
    full stop, colon or comma at its end (an emoticon behind it does not hide one)."""
    bare = line
    while bare and unicodedata.category(bare[-1])[0] in "SZMC":
        bare = bare[:-1]
    return (
        len(line) <= _MAX_TITLE_LENGTH
        and has_words(bare)
        and (line[0].isalnum() or line[0] in "“‘\"'«(¿¡#$€£")
        and not line[0].islower()
        and not bare.endswith((".", ",", ";", ":", "…"))
        and not _NUMBER.match(line)
        and not _MARKER.match(line)
    )


def _is_title_case(line: str) -> bool:
    words = re.findall(r"[^\W\d_][\w’'‘-]*", line)
    major = [word for word in words if len(word) > 2 and word not in _MINOR_WORDS] or words
    return sum(not word.islower() for word in major) >= _TITLE_CASE_SHARE * len(major)


def _without_marker(
    section: _Section, omissions: list[Omission]
) -> tuple[list[tuple[_Line, ...]], bool]:
    """Return the lines of each chunk of the post, "Continue reading" cut off, and whether it was
    there. What a reader was shown before the cut stays, a half sentence too."""
    chunks = []
    truncated = False
    for chunk in section.body:
        kept = []
        for line in chunk.lines:
            last = line is section.body[-1].lines[-1]
            cut = _marker_at(line.text, section.title.text, last=last)
            if cut is None:
                kept.append(line)
                continue
            truncated = True
            marker = msgspec.structs.replace(line, text=line.text[cut:])
            omissions.append(_omit(marker, "the archive’s link to the rest of the post"))
            if rest := line.text[:cut].strip(_UNSEEN):
                kept.append(msgspec.structs.replace(line, text=rest))
        chunks.append(tuple(kept))
    return chunks, truncated


def _marker_at(line: str, title: str, *, last: bool) -> int | None:
    """Return where `line` is cut by the theme's link, which names the post's `title`; at the very
    end of a post it may name nothing. Prose may say "continue reading" too, and stays."""
    for marker in _markers(line):
        named = _words(line[marker.end() :])
        if named == _words(title) or (last and not named and marker.group()[0] == "C"):
            return marker.start()
    return None


def _markers(line: str) -> list[re.Match[str]]:
    # The last ends the line; the one before it counts where a title has these words itself.
    return list(_MARKER.finditer(line))[-2:]


def _parts(lines: Sequence[_Line], omissions: list[Omission]) -> Iterator[Part]:
    """Yield what the lines of one chunk are: paragraphs, list items and quoted paragraphs.

    A browser breaks a line where the page does, so lines stay apart, except in a quoted letter,
    which a mail program has wrapped.
    """
    drafts: list[_Draft] = []
    for before, line in zip([None, *lines], lines, strict=False):
        open_ = drafts[-1] if drafts else None
        draft = _draft(line, after_quote=open_ is not None and open_.kind == "quote")
        if draft.kind == "paragraph" and _doubles(before, line):
            omissions.append(_omit(line, "repeats the line above it, as an image’s caption does"))
        elif open_ is not None and _goes_on(open_, draft):
            open_.lines.extend(draft.lines)
        else:
            drafts.append(draft)
    for draft in drafts:
        # An empty quoted line parts two paragraphs of one letter.
        for filled, run in groupby(draft.lines, key=bool):
            if filled:
                yield Part(
                    draft.kind, tuple(run), number=draft.number, wrapped=draft.kind == "quote"
                )


def _draft(line: _Line, *, after_quote: bool) -> _Draft:
    if after_quote and (quoted := _QUOTED_ON.match(line.text)):
        return _Draft("quote", line.indent, [quoted["text"]])
    if quoted := _QUOTED.match(line.text):
        return _Draft("quote", line.indent, [quoted["text"]])
    if (bullet := _BULLET.match(line.text)) and has_words(bullet["text"]):
        return _Draft("item", line.indent, [bullet["text"]])
    if (numbered := _NUMBER.match(line.text)) and has_words(numbered["text"]):
        return _Draft("item", line.indent, [numbered["text"]], int(numbered["number"]))
    return _Draft("paragraph", line.indent, [line.text])


def _doubles(before: _Line | None, line: _Line) -> bool:
    return before is not None and before.text == line.text and has_words(line.text)


def _goes_on(draft: _Draft, following: _Draft) -> bool:
    """Tell whether `following` is more of `draft`: of one kind, or indented below its item."""
    if following.kind == "paragraph" and draft.kind == "item":
        return following.indent > draft.indent
    return following.kind == draft.kind != "item"


def _omit(line: _Line, reason: str) -> Omission:
    return Omission(line.number, line.text, reason)
