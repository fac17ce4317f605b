"""Conversations: what a message means after those before it, and messages that want no article.

Beside what is said here, how well follow-ups are understood is measured by question sets.
"""

import tomllib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backbot.chatbot import Chatbot
from backbot.conversation.follow_up import resolve
from backbot.conversation.smalltalk import recognise
from backbot.errors import RequestError
from backbot.index.contents import Index
from backbot.model import MAX_HISTORY, MAX_MESSAGE_LENGTH, Kind, Level, Reply, Turn
from backbot.phrases import phrase
from backbot.text.clean import clean

FEET = "Do flat feet cause neck pain?"
PILLOW = "Can my pillow cause upper back pain?"


def turns(*messages: str) -> list[Turn]:
    return [Turn(message=message) for message in messages]


def said(reply: Reply) -> Reply:
    """A reply without what differs from one to the next."""
    return msgspec.structs.replace(reply, id="", elapsed_ms=0.0)


def fixed_phrases() -> set[str]:
    catalogue = tomllib.loads((files("backbot") / "phrases.toml").read_text(encoding="utf-8"))
    return {text for group in catalogue.values() for text in group.values()}


# Follow-ups


@pytest.mark.parametrize("follow_up", ["why?", "Why is that?", "how can I fix it?", "and shoes?"])
def test_a_message_that_leans_on_a_question_is_understood_with_it(
    chatbot: Chatbot, follow_up: str
) -> None:
    understood = chatbot.reply(follow_up, turns(FEET)).understood_as
    assert "flat feet" in understood
    assert understood != FEET


@pytest.mark.parametrize("message", [PILLOW, "what is the capital of Portugal", "knots"])
def test_a_message_that_stands_on_its_own_is_answered_as_without_a_history(
    chatbot: Chatbot, message: str
) -> None:
    alone, after = chatbot.reply(message), chatbot.reply(message, turns(FEET))
    assert after.understood_as == alone.understood_as
    assert (after.kind, after.sections, after.citations) == (
        alone.kind,
        alone.sections,
        alone.citations,
    )


def test_the_nearest_question_is_the_one_that_is_leant_on(chatbot: Chatbot) -> None:
    understood = chatbot.reply("why?", turns(FEET, PILLOW, "thanks")).understood_as
    assert "pillow" in understood
    assert "feet" not in understood


def test_without_a_history_nothing_is_added(chatbot: Chatbot) -> None:
    assert chatbot.reply("and for how long?").understood_as == "and for how long?"


@pytest.mark.parametrize(("between", "remembered"), [(MAX_HISTORY - 1, True), (MAX_HISTORY, False)])
def test_the_last_eight_turns_are_read(chatbot: Chatbot, between: int, remembered: bool) -> None:
    history = turns(FEET, *["thanks"] * between)
    assert ("flat feet" in chatbot.reply("why?", history).understood_as) is remembered


def test_a_turn_of_the_history_may_be_anything(chatbot: Chatbot) -> None:
    history = [
        Turn(message=""),
        Turn(message="\x00\u200b🙂" * 3000, cited=("no-such-document",), notice=Level.SOON),
        Turn(message=FEET, cited=("do-flat-feet-cause-upper-back-pain",), notice=Level.INFO),
    ]
    assert "flat feet" in chatbot.reply("why?", history).understood_as


def test_a_suggestion_is_never_what_was_asked_already(chatbot: Chatbot) -> None:
    first = chatbot.reply(FEET)
    assert first.suggestions
    history = turns(FEET, *first.suggestions)
    again = chatbot.reply(FEET, history)
    assert not set(again.suggestions) & set(first.suggestions)


def test_a_word_or_two_that_the_corpus_never_uses_get_no_answer(chatbot: Chatbot) -> None:
    for message in ("eliminate", "quantum chromodynamics?", "what is the capital of Portugal"):
        reply = chatbot.reply(message)
        assert (reply.kind, reply.text) == (Kind.NO_ANSWER, phrase("no_answer", "near"))


# Several turns


@pytest.mark.parametrize(
    "message",
    [
        "ok thanks. another question: can my pillow cause upper back pain?",
        "Different topic: can my pillow cause upper back pain?",
        "by the way, can my pillow cause upper back pain?",
        "leave that. can my pillow cause upper back pain?",
        "Now something else: can my pillow cause upper back pain?",
    ],
)
def test_an_announced_change_of_topic_leaves_the_history_behind(
    chatbot: Chatbot, message: str
) -> None:
    understood = chatbot.reply(message, turns(FEET)).understood_as
    assert understood == "can my pillow cause upper back pain?"


def test_what_the_reader_told_since_a_question_belongs_to_it(chatbot: Chatbot) -> None:
    history = turns("I walk with my thumbs to the front now.", "It feels odd.")
    understood = chatbot.reply("Will that pass?", history).understood_as
    assert "thumbs" in understood
    assert "odd" in understood


def test_a_message_that_names_nothing_asks_about_what_was_told_last() -> None:
    walk, odd = "I walk with my thumbs to the front now.", "It feels odd."
    assert resolve("Will that pass?", turns(walk, odd)).told == odd
    assert resolve("Will my neck get better?", turns(walk, odd)).told == ""
    assert resolve("Will that pass?", turns(walk, "Is that odd?")).told == ""
    # With nothing before it, all of the conversation is what was told.
    assert resolve("Will that pass?", turns(walk)).told == ""


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ("why tho", f"{FEET} why tho"),
        ("why?? theyre miles apart", f"{FEET} why?? theyre miles apart"),
        ("Thank you, dear. And for my neck?", f"{FEET} And for my neck?"),
        (
            "no i meant can it come from somewhere else, like my neck",
            f"{FEET} can it come from somewhere else, like my neck",
        ),
        ("no, I meant the top of my back that hurts", "the top of my back that hurts"),
        ("why does my neck hurt at night", "why does my neck hurt at night"),
    ],
)
def test_what_leans_and_what_does_not(message: str, text: str) -> None:
    assert resolve(message, turns(FEET)).text == text


def test_right_agrees_and_right_with_a_question_mark_asks() -> None:
    told = turns("My shoulder blade burns.", "I think it is the rhomboid.")
    assert recognise("right") == "acknowledged"
    assert recognise("right?") is None
    assert resolve("right?", told).context == "My shoulder blade burns. I think it is the rhomboid."


@pytest.mark.parametrize("message", ["what are the best exercises?", "are there any side effects?"])
def test_a_message_that_leaves_its_subject_unsaid_leans(chatbot: Chatbot, message: str) -> None:
    assert "flat feet" in chatbot.reply(message, turns(FEET)).understood_as


# Picking what was offered

UNCOVERED = "what is the capital of Portugal"


@pytest.mark.parametrize(
    ("message", "place"),
    [
        ("yes", 0),
        ("Yes, please!", 0),
        ("the first one", 0),
        ("the second one please", 1),
        ("2", 1),
        ("number three", 2),
        ("the last one", -1),
    ],
)
def test_a_question_that_was_offered_can_be_picked(
    chatbot: Chatbot, message: str, place: int
) -> None:
    offered = chatbot.reply(UNCOVERED).suggestions
    picked = chatbot.reply(message, turns(UNCOVERED))
    assert picked.understood_as == offered[place]
    assert picked.kind is Kind.ANSWER


def test_what_was_not_offered_cannot_be_picked(chatbot: Chatbot) -> None:
    assert chatbot.reply("the fourth one", turns(UNCOVERED)).kind is not Kind.ANSWER
    assert chatbot.reply("the second one").kind is not Kind.ANSWER


def test_a_yes_after_an_answer_picks_nothing(chatbot: Chatbot) -> None:
    assert chatbot.reply("yes", turns(FEET)).kind is Kind.SMALLTALK


def test_an_answer_suggests_what_it_has_not_shown(chatbot: Chatbot, index: Index) -> None:
    reply = chatbot.reply(FEET)
    shown = {citation.document for citation in reply.citations}
    owners = {each.text: each.document for each in index.questions}
    suggested = {index.documents[owners[text]].id for text in reply.suggestions}
    assert reply.suggestions
    assert not suggested & shown


# The same question gets the same reply


def test_nothing_is_remembered_between_replies(chatbot: Chatbot) -> None:
    before = said(chatbot.reply("why?"))
    chatbot.reply(FEET)
    chatbot.reply("why?", turns(FEET))
    assert said(chatbot.reply("why?")) == before


def test_each_reply_has_an_id_of_its_own(chatbot: Chatbot) -> None:
    assert len({chatbot.reply(FEET).id for _ in range(20)}) == 20


def test_threads_share_a_chatbot(chatbot: Chatbot, index: Index) -> None:
    fresh = Chatbot(chatbot.index)
    questions = [question.text for question in index.questions[:40]]
    one_by_one = [said(chatbot.reply(question)) for question in questions]
    with ThreadPoolExecutor(8) as pool:
        at_once = [said(reply) for reply in pool.map(fresh.reply, questions)]
    assert at_once == one_by_one


# Small talk


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("Hello!", "greeting"),
        ("hi there :)", "greeting"),
        ("Good morning", "greeting"),
        ("thanks, I appreciate it", "thanks"),
        ("you have been a big help", "thanks"),
        ("I would like to know if you are a robot", "identity"),
        ("hey, how old are you?", "identity"),
        ("that's not right", "acknowledged"),
        ("Thank you so much!!", "thanks"),
        ("ok thanks", "thanks"),
        ("Bye", "goodbye"),
        ("Are you a robot?", "identity"),
        ("What can you do?", "ability"),
        ("I see.", "acknowledged"),
        ("That is definitely true", "acknowledged"),
        ("certainly not", "acknowledged"),
        ("that makes sense", "acknowledged"),
        ("how is it going, my friend?", "greeting"),
        ("I'm grateful for your help", "thanks"),
        ("who do you say you work for", "identity"),
        ("which subjects can you tell me about", "ability"),
        ("that makes sense, but why?", None),
        ("is it true that flat feet matter", None),
        ("facts about knots", None),
        ("how is it going to get better", None),
        ("Thanks, and what about my neck?", None),
        ("hello my neck hurts", None),
        ("Who are you to say that feet matter?", None),
        ("why do knots hurt", None),
        ("", None),
    ],
)
def test_a_message_is_small_talk_only_as_a_whole(message: str, kind: str | None) -> None:
    assert recognise(message) == kind


@pytest.mark.parametrize("message", ["Hello!", "thanks a lot", "are you a doctor?", "bye"])
def test_small_talk_gets_a_fixed_phrase_and_questions_to_go_on_with(
    chatbot: Chatbot, message: str
) -> None:
    reply = chatbot.reply(message)
    kind = recognise(message)
    assert kind
    assert reply.kind is Kind.SMALLTALK
    assert reply.text == phrase("smalltalk", kind)
    assert reply.suggestions


@pytest.mark.parametrize("message", ["🙂", "???", "…!", "👍🏽 👍🏽"])
def test_a_message_without_a_word_gets_no_answer(chatbot: Chatbot, message: str) -> None:
    reply = chatbot.reply(message)
    assert reply.kind is Kind.NO_ANSWER
    assert reply.text in fixed_phrases()


# Messages of any kind


@pytest.mark.parametrize("message", ["", " \n", "\u200b\u200d", "\x00"])
def test_a_message_of_nothing_is_refused(chatbot: Chatbot, message: str) -> None:
    with pytest.raises(
        RequestError, match="The message is empty; please type a question"
    ) as caught:
        chatbot.reply(message)
    assert caught.value.status == 400


def test_a_message_that_is_too_long_is_refused_without_being_repeated(chatbot: Chatbot) -> None:
    with pytest.raises(RequestError, match=r"at most 2,000 characters") as caught:
        chatbot.reply("secret " * MAX_MESSAGE_LENGTH)
    assert "secret" not in str(caught.value)


def test_what_cannot_be_seen_changes_no_reply(chatbot: Chatbot) -> None:
    plain = said(chatbot.reply(FEET))
    assert (
        said(chatbot.reply("\ufeffDo\x00flat\u200b feet\r\n cause\u202e neck  pain?\ud800"))
        == plain
    )


@settings(max_examples=40)
@given(
    message=st.text(max_size=100).filter(clean),
    history=st.lists(
        st.builds(Turn, message=st.text(max_size=50) | st.sampled_from([FEET, "why?", "thanks"])),
        max_size=10,
    ),
)
def test_all_words_of_a_reply_are_quoted_or_fixed_phrases_or_the_readers_own(
    chatbot: Chatbot, index: Index, message: str, history: Sequence[Turn]
) -> None:
    reply = chatbot.reply(message, history)
    assert reply.message == clean(message)
    assert reply.text is None or reply.text in fixed_phrases()
    assert {section.heading for section in reply.sections} <= fixed_phrases()
    assert set(reply.suggestions) <= {question.text for question in index.questions}
