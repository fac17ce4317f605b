"""Readers' questions out of comments: a comment that asks, and what the author replied."""

import datetime
import re
from collections.abc import Iterator

import msgspec

from backbot.corpus.private import redact
from backbot.corpus.sources import Part, Post, Reading
from backbot.corpus.sources.markup import parts_of
from backbot.text.clean import has_words
from backbot.text.private import GAP
from backbot.text.terms import words

_SENTENCES = re.compile(r"(?<=[.!?…])[\"”’)]*\s+|\n+")
_LINK = re.compile(r"https?://|www\.|<a\s", re.I)
# How a question begins that wants to know something, and one that is only said.
_ASKS = re.compile(
    r"\b(?:what|why|how|when|where|which|who|can|could|should|would|is|are|do|does|did|will|may|"
    r"have|has|am|any)\b",
    re.I,
)
_ASKS_PLAINLY = re.compile(
    r"\b(?:i (?:was |am |’m |'m )?wonder(?:ing)?|please (?:help|advise|tell|explain)|any "
    r"(?:advice|tips|ideas|"
    r"suggestions|help)|(?:can|could) (?:you|anyone|somebody) (?:help|tell|explain|recommend)|"
    r"i(?:’d| would|'d) (?:like|love) to know|need (?:some )?(?:help|advice))\b",
    re.I,
)
_SAID_ONLY = re.compile(
    r"^\W*(?:how are you|how(?:’s|'s| is) it going|isn(?:’|')?t it|right|really|you know(?: "
    r"what)?|who knew|what’s up|"
    r"guess what|who cares|what a \w+|how (?:cool|great|nice|funny) is that|mind if i|do you have "
    r"a (?:facebook|newsletter|"
    r"twitter|contact)|what (?:theme|plugin|platform)|which (?:theme|plugin)|are you on "
    r"(?:twitter|facebook)|"
    r"can i (?:quote|share|link|repost|guest))\b",
    re.I,
)
_POLITE = re.compile(
    r"^\W*(?:thanks?|thank you|you(?:’|')re welcome|welcome|glad|great|good (?:question|point)|i "
    r"agree|"
    r"lol|nice|awesome|sorry|will do|ok|okay|sure|happy to help|good luck)\b[^.!?]*[.!?]*\s*",
    re.I,
)
_MIN_QUESTION_WORDS = 4
_MIN_ANSWER_WORDS = 6
_SURE_ANSWER_WORDS = 12
_MAX_TITLE = 110
_MAX_LINKS = 1


class Author(msgspec.Struct, frozen=True, kw_only=True):
    """One who writes on the site, as far as the source tells."""

    id: str = ""
    login: str = ""
    email: str = ""
    name: str = ""


class Comment(msgspec.Struct, frozen=True, kw_only=True):
    """A comment below an article. `content` is HTML; `by_user` says that somebody with an account
    wrote it, `by_author` that it was one who writes articles."""

    id: str
    content: str
    parent: str | None = None
    author: str = ""
    email: str = ""
    approved: bool = True
    type: str = "comment"
    date: datetime.date | None = None
    by_user: bool = False
    by_author: bool = False


class Thread(msgspec.Struct, frozen=True, kw_only=True):
    """The comments below one article, which has `title`, `url` and `key`."""

    comments: tuple[Comment, ...]
    title: str
    url: str | None
    key: str | None
    writer: str = ""


def questions_of(thread: Thread, reading: Reading) -> Iterator[Post]:
    """Yield the readers' questions of a thread that its author answered.

    A pair is `hidden`, a draft for the owner, where it is not certain that the reply answers, or
    that nothing tells who asked. What is left out is counted in `reading`.
    """
    by_id = {comment.id: comment for comment in thread.comments}
    threaded = any(comment.parent in by_id for comment in thread.comments)
    for place, comment in enumerate(thread.comments):
        if comment.by_author:
            continue
        reason, asked = _asks(comment)
        if reason:
            reading.comments[reason] += 1
            continue
        replies, sure = _replies(thread.comments, place, threaded=threaded)
        post = _pair(thread, comment, asked, replies, sure=sure) if replies else None
        if post is None:
            reading.comments["a question without an answer by the author"] += 1
            continue
        reading.comments["drafts of questions" if post.hidden else "questions"] += 1
        yield post


def _asks(comment: Comment) -> tuple[str, list[str]]:
    """Return why `comment` is no question, "" if it is one, and its sentences that ask."""
    if comment.type not in ("comment", ""):
        return "a link from another site", []
    if not comment.approved:
        return "not approved", []
    text = plain(comment.content)
    if len(_LINK.findall(comment.content)) > _MAX_LINKS:
        return "several links, as in spam", []
    if not has_words(text):
        return "without words", []
    asked = [each.strip() for each in _SENTENCES.split(text) if _is_question(each)]
    return ("", asked) if asked else ("asks nothing", [])


def _is_question(sentence: str) -> bool:
    if len(words(sentence)) < _MIN_QUESTION_WORDS or _SAID_ONLY.match(sentence):
        return False
    if sentence.rstrip('"”’) ').endswith("?"):
        return _ASKS.search(sentence) is not None
    return _ASKS_PLAINLY.search(sentence) is not None


def _replies(
    comments: tuple[Comment, ...], place: int, *, threaded: bool
) -> tuple[list[Comment], bool]:
    """Return the author's replies to the comment at `place`, and whether they surely are."""
    asked = comments[place]
    direct = [
        each
        for each in comments
        if each.by_author and each.approved and each.parent is not None and each.parent == asked.id
    ]
    if direct or threaded:
        return direct, True
    # Without threads, an author answers below the question; the next one to speak may be meant.
    following = comments[place + 1] if place + 1 < len(comments) else None
    if following is not None and following.by_author and following.approved:
        return [following], False
    return [], False


def _pair(
    thread: Thread, comment: Comment, asked: list[str], replies: list[Comment], *, sure: bool
) -> Post | None:
    known = frozenset(words(thread.title))
    names = [comment.author, comment.email.partition("@")[0]]
    names = [
        name for name in names if name.casefold() not in ("anonymous", "anon", "guest", "admin")
    ]
    question = redact(plain(comment.content), [*names, thread.writer], known)
    titles = [redact(each, [*names, thread.writer], known) for each in asked]
    title = _title([each.text for each in titles if has_words(each.text)])
    answers = [redact(plain(reply.content), names, known) for reply in replies]
    parts = tuple(
        Part("paragraph", (line,))
        for answer in answers
        for line in answer.text.split("\n")
        if has_words(line.replace(GAP, ""))
    )
    told = [word for part in parts for word in words(_POLITE.sub("", part.lines[0]))]
    if title is None or len(told) < _MIN_ANSWER_WORDS:
        return None
    doubtful = (
        not sure
        or len(told) < _SURE_ANSWER_WORDS
        or bool(question.doubts or any(answer.doubts for answer in answers))
        or GAP in title
        or parts[-1].lines[0].rstrip().endswith("?")
    )
    anchor = f"{thread.url.partition('#')[0]}#comment-{comment.id}" if thread.url else None
    return Post(
        title=title,
        parts=parts,
        kind="question",
        question=" ".join(question.text.split()),
        from_="reader",
        about=thread.key or thread.url,
        hidden=doubtful,
        key=f"comment:{comment.id}",
        type="comment",
        url=anchor,
        date=comment.date,
    )


def plain(content: str) -> str:
    """Return a comment's text, a line for each block and line break."""
    return "\n".join(line for part in parts_of(content, line_breaks=True) for line in part.lines)


def _title(asked: list[str]) -> str | None:
    if not asked:
        return None
    title = " ".join(asked[0].split())
    if len(title) <= _MAX_TITLE:
        return title
    # The question itself stands at the end of a long sentence.
    last = re.split(r"[,;:–—]\s+|\s+-\s+", title)[-1]
    if len(words(last)) >= _MIN_QUESTION_WORDS and len(last) <= _MAX_TITLE:
        return last[:1].upper() + last[1:]
    cut = title[:_MAX_TITLE].rsplit(" ", 1)[0]
    return f"{cut} …"
