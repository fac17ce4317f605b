"""Proving that a reply quotes word for word: nothing is looked for but the very words.

A reply that is checked here may come from anywhere. Words that stand in another place than the
reply says are a refutation, never a reason to move the quotation.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from backbot.corpus.document import Document
from backbot.errors import UsageError
from backbot.model import Citation, Reply, SectionRole


class ClaimedExcerpt(msgspec.Struct, frozen=True, kw_only=True):
    """An excerpt as a reply claims it. Unlike `Excerpt`, it can be wrong."""

    text: str
    citation: int
    start: int
    end: int


class ClaimedSection(msgspec.Struct, frozen=True, kw_only=True):
    """A section as a reply claims it."""

    role: SectionRole
    excerpts: tuple[ClaimedExcerpt, ...]


class ClaimedReply(msgspec.Struct, frozen=True, kw_only=True):
    """What a reply claims about its sources."""

    sections: tuple[ClaimedSection, ...]
    citations: tuple[Citation, ...]


class Verdict(NamedTuple):
    """What is true of one excerpt. `reason` says why it is refuted, None where it is proved."""

    excerpt: ClaimedExcerpt
    document: str | None
    reason: str | None


class Verification(NamedTuple):
    """What is true of a reply: a verdict on each excerpt, in order, and the `fault` of the whole:
    a promise that it breaks, such as the order of its sections."""

    verdicts: tuple[Verdict, ...]
    fault: str | None

    @property
    def refuted(self) -> int:
        """How many excerpts are refuted."""
        return sum(verdict.reason is not None for verdict in self.verdicts)

    @property
    def proved(self) -> bool:
        """Whether nothing at all is refuted."""
        return not self.refuted and self.fault is None


def verify(content: bytes, documents: Mapping[str, Document]) -> Verification:
    """Return what is true of the reply in `content`, JSON in UTF-8, against `documents` by ID.

    Raises `UsageError` for what is not JSON or not a reply.
    """
    try:
        raw: Any = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise UsageError("This is not JSON; give what `backbot ask --json` printed.") from None
    try:
        claimed = msgspec.convert(raw, ClaimedReply)
        fault = _fault(raw)
    except msgspec.ValidationError as error:
        raise UsageError(
            f"This is JSON, but not a reply ({error}); give what `backbot ask --json` printed."
        ) from None
    verdicts = (
        _judge(excerpt, claimed.citations, documents)
        for section in claimed.sections
        for excerpt in section.excerpts
    )
    return Verification(tuple(verdicts), fault)


def _fault(raw: Any) -> str | None:
    """Return the promise that a reply breaks (its sections' order, an excerpt without a citation,
    exercises beside an emergency ...): whatever `Reply` itself refuses."""
    try:
        msgspec.convert(raw, Reply)
    except msgspec.ValidationError as error:
        # What is wrong beside a broken promise: a field is missing or of another type.
        if not isinstance(error.__cause__, ValueError):
            raise
        return str(error.__cause__)
    return None


def _judge(
    excerpt: ClaimedExcerpt, citations: tuple[Citation, ...], documents: Mapping[str, Document]
) -> Verdict:
    named = [each for each in citations if each.number == excerpt.citation]
    if len(named) != 1:
        many = "more than one citation has" if named else "no citation of the reply has"
        return Verdict(excerpt, None, f"{many} its number {excerpt.citation}")
    (citation,) = named
    document = documents.get(citation.document)
    if document is None:
        reason: str | None = "the corpus has no such document"
    else:
        reason = _misquotes(excerpt, document.text)
        if document.sha256 != citation.sha256:
            reason = _changed(reason)
    if reason and excerpt.text and (document is None or excerpt.text not in document.text):
        others = [each.id for each in documents.values() if excerpt.text in each.text]
        reason += f"; these words stand in {others[0]}" if others else ""
    return Verdict(excerpt, citation.document, reason)


def _misquotes(excerpt: ClaimedExcerpt, text: str) -> str | None:
    """Return why `excerpt` is not what stands at its place in `text`, None where it is."""
    if not excerpt.text:
        return "it quotes nothing"
    # Python would take a negative offset from the end, and stop at the end for one beyond it.
    inside = 0 <= excerpt.start <= excerpt.end <= len(text)
    if inside and text[excerpt.start : excerpt.end] == excerpt.text:
        return None
    found = text.find(excerpt.text)
    if found < 0:
        return "its text does not stand in the document"
    return (
        f"its text stands word for word elsewhere in the document, from {found} to "
        f"{found + len(excerpt.text)}"
    )


def _changed(reason: str | None) -> str:
    changed = "the document has changed since the reply was made"
    return f"{changed}, and {reason}" if reason else f"{changed}, though these words still stand"
