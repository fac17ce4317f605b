"""The reply object: what every reader, page, command and API call gets.

Values check themselves when they are made, so that a reply which breaks a promise (an excerpt
without a citation, an exercise beside an emergency) cannot exist.
"""

from enum import StrEnum

import msgspec

from backbot.corpus.document import DocumentKind, Origin

MAX_CITATIONS = 4
MAX_EXCERPT_WORDS = 180
MAX_MESSAGE_LENGTH = 2000
MAX_HISTORY = 8


class Kind(StrEnum):
    """What sort of reply it is."""

    ANSWER = "answer"
    NO_ANSWER = "no_answer"
    NOTICE_ONLY = "notice_only"
    SMALLTALK = "smalltalk"
    DECLINED = "declined"


class SectionRole(StrEnum):
    """What a section of an answer tells, in the order in which sections stand."""

    LEAD = "lead"
    CAUSE = "cause"
    REMEDY = "remedy"
    CAUTION = "caution"
    EXPERIENCE = "experience"


class Level(StrEnum):
    """How soon a notice asks the reader to act."""

    CRISIS = "crisis"
    EMERGENCY = "emergency"
    URGENT = "urgent"
    SOON = "soon"
    INFO = "info"


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """Something to press in a notice: a phone number (`tel:`) or a page."""

    label: str
    href: str


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """A safety notice on listed warning signs; never a diagnosis."""

    level: Level
    category: str
    title: str
    text: str
    links: tuple[Link, ...] = ()


class Excerpt(msgspec.Struct, frozen=True, kw_only=True):
    """Words of a document: `text` is its text from `start` to `end`, in Unicode code points.

    `citation` is the number of the citation that names the document.
    """

    text: str
    citation: int
    start: int
    end: int

    def __post_init__(self) -> None:
        if not self.text or self.end - self.start != len(self.text) or self.start < 0:
            raise ValueError("an excerpt's offsets must span exactly its text")


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """Excerpts that tell the same kind of thing. `heading` is a fixed phrase, "" for the lead."""

    role: SectionRole
    heading: str
    excerpts: tuple[Excerpt, ...]

    def __post_init__(self) -> None:
        if not self.excerpts:
            raise ValueError("a section must hold an excerpt")


class Citation(msgspec.Struct, frozen=True, kw_only=True, rename={"from_": "from"}):
    """Where excerpts come from. `url` opens the document at the first excerpt's very words."""

    number: int
    document: str
    kind: DocumentKind
    from_: Origin | None
    title: str
    url: str
    date: str | None
    reviewed: str | None
    truncated: bool
    sha256: str


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """One reply. `text` is a fixed phrase said by Backbot itself, null beside an answer.

    `confidence` is the probability, from 0 to 1, that the reply answers the question.
    """

    id: str
    kind: Kind
    message: str
    understood_as: str
    notice: Notice | None = None
    text: str | None = None
    sections: tuple[Section, ...] = ()
    citations: tuple[Citation, ...] = ()
    confidence: float
    suggestions: tuple[str, ...] = ()
    index: str
    elapsed_ms: float

    def __post_init__(self) -> None:
        roles = [section.role for section in self.sections]
        cited = [excerpt.citation for section in self.sections for excerpt in section.excerpts]
        numbers = [citation.number for citation in self.citations]
        order = list(SectionRole)
        if (self.kind is Kind.ANSWER) != bool(self.sections):
            raise ValueError("an answer has excerpts, and no other reply has any")
        if roles != sorted(set(roles), key=order.index):
            raise ValueError("sections stand in order, each at most once")
        if set(cited) != set(numbers) or numbers != list(range(1, len(numbers) + 1)):
            raise ValueError("every excerpt has its citation and every citation its excerpt")
        if len(numbers) > MAX_CITATIONS or self.excerpt_words > MAX_EXCERPT_WORDS:
            raise ValueError("an answer has at most four citations and 180 words")
        if not 0.0 <= self.confidence <= 1.0:
            raise ValueError("confidence is a probability")
        grave = self.notice is not None and self.notice.level in (Level.CRISIS, Level.EMERGENCY)
        if grave != (self.kind is Kind.NOTICE_ONLY):
            raise ValueError("an emergency or crisis is answered by its notice alone")

    @property
    def excerpt_words(self) -> int:
        """How many words all excerpts have together."""
        return sum(len(e.text.split()) for section in self.sections for e in section.excerpts)


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """An earlier turn of the conversation, as the reader's side keeps and sends it."""

    message: str
    cited: tuple[str, ...] = ()
    notice: Level | None = None
