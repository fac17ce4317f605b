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
    """What a reply claims about its sources; `fault` is a promise that it breaks as a whole."""

    sections: tuple[ClaimedSection, ...]
    citations: tuple[Citation, ...]
    fault: str | None = None


class Verdict(NamedTuple):
    """What is true of one excerpt. `reason` says why it is refuted, None where it is proved."""

    excerpt: ClaimedExcerpt
    document: str | None
    reason: str | None


def read_claims(content: bytes) -> ClaimedReply:
    """Return what the reply in `content`, JSON in UTF-8, claims.

    Raises `UsageError` for what is not JSON or not a reply.
    """
    try:
        raw: Any = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise UsageError("this is not JSON; save the output of `backbot ask --json`.") from None
    try:
        claimed = msgspec.convert(raw, ClaimedReply)
    except (msgspec.ValidationError, RecursionError) as error:
        raise _no_reply(error) from None
    return msgspec.structs.replace(claimed, fault=_fault(raw))


def verify(reply: ClaimedReply, documents: Mapping[str, Document]) -> list[Verdict]:
    """Return a verdict on each excerpt of `reply`, in order, against `documents` by ID."""
    return [
        _judge(excerpt, reply.citations, documents)
        for section in reply.sections
        for excerpt in section.excerpts
    ]


def _fault(raw: Any) -> str | None:
    """Return the promise that a reply breaks (its sections' order, an excerpt without a citation,
    exercises beside an emergency ...): whatever `Reply` itself refuses."""
    try:
        msgspec.convert(raw, Reply)
    except msgspec.ValidationError as error:
        if isinstance(error.__cause__, ValueError):
            return str(error.__cause__)
        raise _no_reply(error) from None
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
    # A negative offset would count from the end, which no reply means.
    if excerpt.start >= 0 and text[excerpt.start : excerpt.end] == excerpt.text:
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


def _no_reply(error: Exception) -> UsageError:
    if isinstance(error, RecursionError):
        return UsageError("this is JSON, but not a reply.")
    return UsageError(f"this is JSON, but not a reply ({str(error)[:1].lower()}{str(error)[1:]}).")
