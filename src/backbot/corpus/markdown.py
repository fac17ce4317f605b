"""From a Markdown body to canonical text and its blocks."""

from collections.abc import Iterable, Sequence

from markdown_it import MarkdownIt
from markdown_it.token import Token

from backbot.corpus.document import Block, BlockKind

# HTML stays switched off: a tag in a corpus file is text like any other, and is shown as text.
_PARSER = MarkdownIt("commonmark", {"html": False}).enable("table")
_BLOCK_BREAK = "\n\n"


def render(body: str) -> tuple[str, tuple[Block, ...]]:
    """Return the canonical text of a Markdown `body` and its blocks in order.

    Emphasis, links and images leave only their words; list markers and quotation marks of
    Markdown go; a table gives one block a row. A soft line break becomes a space, a hard one a
    line feed; other white space inside a block stays as it was typed.
    """
    parts: list[str] = []
    blocks: list[Block] = []
    position = 0
    for kind, level, raw in _blocks(_PARSER.parse(body)):
        content = raw.strip()
        if not content:
            continue
        if parts:
            parts.append(_BLOCK_BREAK)
            position += len(_BLOCK_BREAK)
        parts.append(content)
        blocks.append(Block(kind, level, position, position + len(content)))
        position += len(content)
    return "".join(parts), tuple(blocks)


def _blocks(tokens: Sequence[Token]) -> Iterable[tuple[BlockKind, int, str]]:
    lists = quotes = heading = 0
    row: list[str] | None = None
    for token in tokens:
        match token.type:
            case "bullet_list_open" | "ordered_list_open":
                lists += 1
            case "bullet_list_close" | "ordered_list_close":
                lists -= 1
            case "blockquote_open":
                quotes += 1
            case "blockquote_close":
                quotes -= 1
            case "heading_open":
                heading = int(token.tag[1:])
            case "heading_close":
                heading = 0
            case "tr_open":
                row = []
            case "tr_close":
                yield "item", 1, " | ".join(row or [])
                row = None
            case "inline":
                text = _inline(token.children or [])
                if row is not None:
                    row.append(text)
                elif heading:
                    yield "heading", heading, text
                elif quotes:
                    yield "quote", quotes, text
                elif lists:
                    yield "item", lists, text
                else:
                    yield "paragraph", 0, text
            case "code_block" | "fence":
                yield "code", 0, token.content


def _inline(children: Sequence[Token]) -> str:
    parts = []
    for token in children:
        match token.type:
            case "softbreak":
                parts.append(" ")
            case "hardbreak":
                parts.append("\n")
            case "image":
                parts.append(_inline(token.children or []))
            case _:
                parts.append(token.content)
    return "".join(parts)
