"""Finding the article on a web page: its main text without menus, sharing, comments and the like.

trafilatura says which sentences are the article's, and is right about nearly all of them, but it
leaves out headings, captions and steps that stand between. So its words are used to find the
element that holds the article, and everything in there is read but for what looks like furniture.
"""

import re
from collections import defaultdict
from typing import NamedTuple

import trafilatura
from lxml import etree

from backbot.corpus.sources import Part
from backbot.corpus.sources.markup import BLOCKS, HEADINGS, Element, is_unread, parts_in

# Of the words that trafilatura found, how many an element must hold to be the article's.
_HELD = 0.9
# A block whose letters are links to this share, and whose words trafilatura left out, is a menu.
_LINKED = 0.5
# Shorter runs are told by being a line of the article, longer ones by most of their pieces.
_MIN_CHUNK = 20
_CHUNK = 40
_LEAVES = frozenset(("p", "li", "td", "blockquote", "pre", "ul", "ol", "dl"))
_FURNITURE_TAGS = frozenset(("nav", "aside", "footer", "form", "button", "menu", "dialog"))
_FURNITURE = re.compile(
    r"(?:^|[\s_-])(?:nav(?:igation|bar)?|menu|breadcrumbs?|sidebar|side-bar|share|sharing|sharedaddy|shar\w*-?bar|"
    r"social|addtoany|related\w*|jp-relatedposts|recommend\w*|more-?(?:posts|stories|articles)|read-?more|read-?next|"
    r"you-?may-?(?:also-?)?like|outbrain|taboola|zergnet|promo\w*|advert\w*|ads?|sponsor\w*|newsletter|"
    r"subscri\w+|sign-?up|comments?|commentlist|comment-?\w*|respond|disqus\w*|replies|pagination|pager|"
    r"page-?links|post-?nav\w*|prev-?next|author-?(?:bio|box|info)|about-?author|bio-?box|byline|meta|post-?meta|"
    r"entry-?(?:meta|footer)|post-?(?:footer|info|tags)|tags?|tag-?list|tagcloud|cat-?links|categories|rating|widget\w*|cookie\w*|"
    r"consent|modal|pop-?up|overlay|banner|masthead|skip-?link\w*|screen-?reader-?text|sr-only|visually-?hidden|"
    r"print|toolbar|tools|edit-?(?:link|section)|noprint|copyright|footer|search\w*|login|hidden)(?:$|[\s_-])",
    re.I,
)


def article_parts(root: Element, markup: str, title: str) -> tuple[Part, ...]:
    """Return the parts of the article on the page `root`, which was parsed from `markup`.

    A heading that repeats `title` is left out. There are none where no article can be told.
    """
    found = trafilatura.extract(
        markup, include_comments=False, include_tables=True, favor_recall=True, deduplicate=False
    )
    body = root.find("body")
    body = root if body is None else body
    if not found:
        return _without_title(_in_main(body), title)
    words = squeezed(found)
    lines = frozenset(map(squeezed, found.splitlines()))
    runs = _runs(body)
    told = [_is_found(run.letters, words, lines) for run in runs]
    masses = _masses(body, runs, told)
    if not masses[body].found:
        return ()
    holder = _holder(body, masses)
    _trim(holder, runs, told, masses)
    _prune(holder, masses)
    return _without_title(parts_in(holder), title)


def squeezed(text: str) -> str:
    """Return the letters and digits of `text` alone, in lower case."""
    return "".join(filter(str.isalnum, text)).casefold()


def _in_main(body: Element) -> tuple[Part, ...]:
    """Return the parts of what a page itself calls its main part, if that is one element."""
    for path in (".//article", ".//main", ".//*[@role='main']"):
        mains = body.findall(path)
        if len(mains) == 1:
            _prune(mains[0], _masses(body, runs := _runs(body), [False] * len(runs)))
            return parts_in(mains[0])
    return ()


class _Run(NamedTuple):
    """Words that stand in one line of blocks: their nearest block and their bare letters."""

    owner: Element
    letters: str
    linked: int


class _Mass(NamedTuple):
    """How many letters stand below an element, how many of them trafilatura found, how many are
    links' and how many links there are."""

    found: int = 0
    all: int = 0
    linked: int = 0
    links: int = 0


def _runs(body: Element) -> list[_Run]:
    """Return the runs of `body` in the order of the page."""
    runs: list[_Run] = []
    pieces: list[str] = []
    owners = [body]
    linked = unread = 0
    in_link = 0

    def close() -> None:
        nonlocal linked
        if letters := squeezed("".join(pieces)):
            runs.append(_Run(owners[-1], letters, linked))
        pieces.clear()
        linked = 0

    def add(text: str | None) -> None:
        nonlocal linked
        if text and not unread:
            pieces.append(text)
            linked += len(squeezed(text)) if in_link else 0

    for event, element in etree.iterwalk(body, events=("start", "end")):
        is_tag = isinstance(element.tag, str)
        if event == "start" and is_tag:
            unread += is_unread(element)
            if element.tag in BLOCKS and element is not body:
                close()
                owners.append(element)
            in_link += element.tag == "a"
            add(element.text)
        elif event == "end":
            if is_tag:
                if element.tag in BLOCKS and element is not body:
                    close()
                    owners.pop()
                in_link -= element.tag == "a"
                unread -= is_unread(element)
            if element is not body:
                add(element.tail)
    close()
    return runs


def _is_found(letters: str, words: str, lines: frozenset[str]) -> bool:
    if len(letters) < _MIN_CHUNK:
        return letters in lines
    if letters in words:
        return True
    chunks = [letters[at : at + _CHUNK] for at in range(0, len(letters), _CHUNK)]
    return sum(chunk in words for chunk in chunks) > len(chunks) / 2


def _masses(body: Element, runs: list[_Run], found: list[bool]) -> dict[Element, _Mass]:
    """Return the mass of each element that holds letters."""
    masses: dict[Element, _Mass] = defaultdict(_Mass)
    for run, is_found in zip(runs, found, strict=True):
        size = len(run.letters)
        for element in (run.owner, *run.owner.iterancestors()):
            mass = masses[element]
            masses[element] = mass._replace(
                found=mass.found + size * is_found,
                all=mass.all + size,
                linked=mass.linked + run.linked,
            )
            if element is body:
                break
    for link in body.iter("a"):
        for element in link.iterancestors():
            if element in masses:
                masses[element] = masses[element]._replace(links=masses[element].links + 1)
    return masses


def _holder(body: Element, masses: dict[Element, _Mass]) -> Element:
    """Return the smallest element that holds nearly all of the article's words."""
    whole = masses[body].found
    holder = body
    while True:
        inner = max(
            (child for child in holder if child in masses and child.tag in BLOCKS),
            key=lambda child: masses[child].found,
            default=None,
        )
        if inner is None or masses[inner].found < _HELD * whole or inner.tag in _LEAVES:
            return holder
        holder = inner


def _trim(
    holder: Element, runs: list[_Run], found: list[bool], masses: dict[Element, _Mass]
) -> None:
    """Take out what stands before the article's first words and after its last."""
    inside = [each for each in range(len(runs)) if _is_in(runs[each].owner, holder)]
    hits = [each for each in inside if found[each]]
    if not hits:
        return
    first, last = hits[0], hits[-1]
    if first and runs[first - 1].owner.tag in HEADINGS:
        first -= 1
    for place in inside:
        owner = runs[place].owner
        if first <= place <= last or masses[owner].found or _in_found_list(owner, holder, masses):
            continue
        if owner is not holder and owner.getparent() is not None:
            owner.drop_tree()


def _is_in(element: Element, holder: Element) -> bool:
    return element is holder or any(each is holder for each in element.iterancestors())


def _in_found_list(element: Element, holder: Element, masses: dict[Element, _Mass]) -> bool:
    """Tell whether an element stands in a list or table that the article has: short items and
    cells are too short to be told by their words."""
    for each in element.iterancestors():
        if each is holder:
            return False
        if each.tag in ("ul", "ol", "dl", "table") and masses[each].found > masses[each].all / 2:
            return True
    return False


def _prune(holder: Element, masses: dict[Element, _Mass]) -> None:
    for element in list(holder.iterdescendants()):
        if isinstance(element.tag, str) and _is_furniture(element, masses):
            element.drop_tree()


def _is_furniture(element: Element, masses: dict[Element, _Mass]) -> bool:
    mass = masses.get(element)
    if mass is None or mass.found >= mass.all / 2:
        return False
    named = f"{element.get('class') or ''} {element.get('id') or ''} {element.get('role') or ''}"
    if element.tag in _FURNITURE_TAGS or _FURNITURE.search(named):
        return True
    return mass.links > 1 and mass.linked > _LINKED * mass.all and not mass.found


def _without_title(parts: tuple[Part, ...], title: str) -> tuple[Part, ...]:
    same = squeezed(title)
    kept = list(parts)
    for place, part in enumerate(kept[:4]):
        line = squeezed(" ".join(part.lines))
        if line and (line == same or (part.kind == "heading" and part.level == 1 and line in same)):
            del kept[place]
            break
    return tuple(kept)
