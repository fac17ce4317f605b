"""The answer cache: the same reply sooner, never another one, never beyond its bytes."""

import threading
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backbot.chatbot import Chatbot
from backbot.index.store import open_index
from backbot.model import Level, Notice, Reply, Turn
from backbot.server.answers import Answers
from backbot.server.cache import Cache, key_of
from backbot.settings import Settings

QUESTION = "What are knots?"


@pytest.fixture
def bot(tiny_root: Path) -> Chatbot:
    return Chatbot(open_index(tiny_root))


def frame_aside(reply: Reply) -> Reply:
    return msgspec.structs.replace(reply, id="", elapsed_ms=0.0)


def test_a_reply_comes_back_as_it_was_with_an_id_of_its_own(bot: Chatbot) -> None:
    cache = Cache(10**6)
    assert cache.get(bot, QUESTION, ()) is None
    made = bot.reply(QUESTION)
    cache.put(bot, QUESTION, (), made)
    first, second = cache.get(bot, QUESTION, ()), cache.get(bot, f"  {QUESTION}\u200b\n", ())
    assert first is not None
    assert second is not None
    assert frame_aside(first) == frame_aside(second) == frame_aside(made)
    assert len({made.id, first.id, second.id}) == 3


def test_another_history_is_another_question(bot: Chatbot) -> None:
    cache = Cache(10**6)
    cache.put(bot, "why?", (), bot.reply("why?"))
    assert cache.get(bot, "why?", (Turn(message=QUESTION),)) is None
    assert cache.get(bot, "why?", (Turn(message=QUESTION, notice=Level.SOON),)) is None
    assert cache.get(bot, "Why?", ()) is None


def test_only_the_turns_that_are_read_count() -> None:
    turns = tuple(Turn(message=str(each)) for each in range(20))
    assert key_of("a", turns) == key_of("a", turns[-8:]) != key_of("a", turns[-7:])


@given(st.text(), st.text(), st.text(), st.text())
def test_no_two_questions_share_a_key(m: str, h: str, other_m: str, other_h: str) -> None:
    one, other = key_of(m, (Turn(message=h),)), key_of(other_m, (Turn(message=other_h),))
    from backbot.text.clean import clean

    assert (one == other) == ((clean(m), h) == (clean(other_m), other_h))


def test_another_index_has_replies_of_its_own(bot: Chatbot, tiny_root: Path) -> None:
    cache = Cache(10**6)
    cache.put(bot, QUESTION, (), bot.reply(QUESTION))
    fresh = Chatbot(open_index(tiny_root))
    assert cache.get(fresh, QUESTION, ()) is None
    cache.put(fresh, QUESTION, (), fresh.reply(QUESTION))
    assert cache.get(fresh, QUESTION, ()) is not None
    assert cache.get(bot, QUESTION, ()) is None


def test_it_does_not_keep_an_index_in_memory(bot: Chatbot) -> None:
    import weakref

    cache = Cache(10**6)
    cache.put(bot, QUESTION, (), bot.reply(QUESTION))
    assert cache._chatbot is not None
    assert isinstance(cache._chatbot, weakref.ref)


def test_the_bytes_are_bounded_and_the_oldest_goes(bot: Chatbot) -> None:
    cache = Cache(20_000)
    reply = bot.reply(QUESTION)
    for number in range(100):
        cache.put(bot, f"question {number}", (), reply)
        assert cache._bytes <= 20_000
        assert cache._bytes == sum(size for _, size in cache._replies.values())
        cache.get(bot, "question 0", ())
    assert cache.get(bot, "question 99", ()) is not None
    assert cache.get(bot, "question 0", ()) is not None
    assert cache.get(bot, "question 50", ()) is None


def test_nothing_is_kept_where_it_is_switched_off(bot: Chatbot) -> None:
    cache = Cache(0)
    cache.put(bot, QUESTION, (), bot.reply(QUESTION))
    assert cache.get(bot, QUESTION, ()) is None


def test_a_makeshift_reply_is_not_kept(bot: Chatbot) -> None:
    cache = Cache(10**6)
    caution = Notice(level=Level.INFO, category="standing_caution", title="a", text="b")
    cache.put(bot, QUESTION, (), msgspec.structs.replace(bot.reply(QUESTION), notice=caution))
    assert cache.get(bot, QUESTION, ()) is None


def test_threads_get_right_replies(bot: Chatbot) -> None:
    answers = Answers(Settings(threads=4, queue=100))
    questions = (QUESTION, "hello", "How far should I walk?", "do flat feet hurt?")
    right = {each: frame_aside(bot.reply(each)) for each in questions}
    wrong: list[str] = []

    def ask(first: int) -> None:
        for number in range(40):
            question = questions[(first + number) % len(questions)]
            if frame_aside(answers.reply(bot, question)) != right[question]:
                wrong.append(question)

    threads = [threading.Thread(target=ask, args=(each,)) for each in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
