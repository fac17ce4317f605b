"""Answers: which sentences are quoted together, which lead, and which are passed over."""

import itertools
import shutil
import statistics
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from backbot.answering.abstain import FAMILIAR, FAR_AWAY, SURELY_HEALTH, Signals, measured
from backbot.answering.calibrate import own_questions
from backbot.answering.compose import passed_over
from backbot.answering.everyday import unseen_everyday
from backbot.answering.wants import asks_for_story
from backbot.chatbot import Chatbot
from backbot.index.contents import Index
from backbot.index.elsewhere import everyday_questions
from backbot.index.store import open_index
from backbot.index.views import Baseline
from backbot.model import Kind, Reply, SectionRole
from backbot.rebuild import rebuild_index
from backbot.retrieval.late import token_similarities
from backbot.retrieval.wording import adopt_synonyms
from support import Files, document, link_models, small_bank, write_corpus

Asked = Callable[[Files], Chatbot]

DISK = """\
What is the usual cause of a sore upper back?  Is it a slipped disk?

Not likely.  It’s muscles!

A reader wrote that her knots come from a disk.  But that is the wrong way round.

Muscles move the bones, and a disk goes where they pull it.
"""
WALKING = """\
Swing your arms from the shoulders when you walk, with both thumbs to the front.

Walking with loose arms takes the strain off the upper back.
"""
STORY = """\
> I had a knot beside my shoulder blade for two years. I did the corner stretch every morning.
> Within three weeks the knot was gone.

She wrote to us in May. Look for the cause of your own knot first.
"""


@pytest.fixture
def asked(models_root: Path, tmp_path: Path) -> Iterator[Asked]:
    """Make a chatbot of a few documents, with the real encoder."""

    def make(files: Files) -> Chatbot:
        link_models(models_root, tmp_path / "index")
        with small_bank():
            rebuild_index(write_corpus(tmp_path / "corpus", files), tmp_path / "index")
        return Chatbot(open_index(tmp_path / "index"))

    yield make
    shutil.rmtree(tmp_path / "index", ignore_errors=True)


def excerpts(reply: Reply) -> list[str]:
    return [excerpt.text for section in reply.sections for excerpt in section.excerpts]


# What belongs together


def test_a_question_opens_an_excerpt_only_with_its_answer(asked: Asked) -> None:
    chatbot = asked({"articles/disk.md": document("The Usual Cause Of A Sore Upper Back", DISK)})
    first, *_ = excerpts(chatbot.reply("what is the usual cause of a sore upper back?"))
    assert first.startswith("What is the usual cause")
    assert "Not likely.  It’s muscles!" in first


def test_a_sentence_is_never_quoted_without_what_takes_it_back(asked: Asked) -> None:
    chatbot = asked({"articles/disk.md": document("The Usual Cause Of A Sore Upper Back", DISK)})
    for question in ("do knots come from a disk?", "what did a reader write about her knots?"):
        for excerpt in excerpts(chatbot.reply(question)):
            assert ("come from a disk." in excerpt) <= ("the wrong way round." in excerpt)


def test_excerpts_that_follow_on_each_other_are_one(asked: Asked) -> None:
    chatbot = asked({"articles/walk.md": document("How To Walk", WALKING)})
    reply = chatbot.reply("how do i swing my arms when i walk?")
    spans = sorted((e.start, e.end) for s in reply.sections for e in s.excerpts)
    assert all(end < start for (_, end), (start, _) in itertools.pairwise(spans))


# Stories


@pytest.mark.parametrize(
    ("question", "story"),
    [
        ("How soon did she feel better?", True),
        ("Which stretch did the reader with the knot do?", True),
        ("how long did it take the one who wrote to you", True),
        ("Tell me what helped her when she had the knot", True),
        ("Has anyone got rid of a knot this way?", True),
        ("Which stretch should I do?", False),
        ("Did I make my knots myself?", False),
        ("What was wrong with my pillow?", False),
    ],
)
def test_a_story_is_asked_for_by_what_happened_to_somebody_else(question: str, story: bool) -> None:
    assert asks_for_story(question) is story


def test_a_story_answers_alone_where_one_was_asked_for(asked: Asked) -> None:
    chatbot = asked({"articles/story.md": document("A Reader’s Knot", STORY)})
    reply = chatbot.reply("Which stretch did the reader with the knot do every morning?")
    assert [section.role for section in reply.sections] == [SectionRole.EXPERIENCE]
    assert "corner stretch" in excerpts(reply)[0]


def test_a_story_is_never_the_only_support_for_advice(asked: Asked) -> None:
    chatbot = asked({"articles/story.md": document("A Reader’s Knot", STORY)})
    reply = chatbot.reply("should i do the corner stretch for a knot beside my shoulder blade?")
    roles = {section.role for section in reply.sections}
    assert roles != {SectionRole.EXPERIENCE}


def test_stories_alone_answer_no_question_for_advice(asked: Asked) -> None:
    story = "> I had a knot beside my shoulder blade. I did the corner stretch every morning."
    chatbot = asked({"articles/story.md": document("A Reader’s Knot", story)})
    advice = chatbot.reply("should i do the corner stretch for a knot beside my shoulder blade?")
    assert advice.kind is Kind.NO_ANSWER


# Several articles


def test_synonyms_are_met_in_their_plural_too(asked: Asked) -> None:
    body = "A couch, a theraband and two disks.  Ask a doctor for a book bag on wheels."
    index = asked({"articles/things.md": document("Things to lean on", body)}).index
    exchanged = {
        "Which sofas are good?": "Which couches are good?",
        "SETTEES": "couches",
        "are elastic bands any use": "are therabands any use",
        "discs": "disks",
        "a rucksack, two rucksacks": "a book bag, two book bags",
        "a physician": "a doctor",
        # Two of them would be doctors; this is something else.
        "where am I on gps": "where am I on gps",
    }
    assert {text: adopt_synonyms(index, text).text for text in exchanged} == exchanged


CAUSES = """\
## At the desk

Knots in the shoulders are caused by muscles that hold the arms up at a desk for hours, hardly move
in all that time, and get less blood than they need.

## On the phone

Knots in the shoulders come from a telephone too, because it is wedged all day between the ear
and the collar, so that one side stays short while the other is pulled long.

## In the cold

Knots in the shoulders come because of the draught by the window near the desk, too, for whoever
is cold draws them up without knowing it.

## In the evening

Stretch the chest at a door frame to loosen knots that a desk puts in the shoulders.
"""


def test_an_answer_tells_what_to_do_beside_why(
    asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    chatbot = asked({"articles/desk.md": document("Knots From A Desk", CAUSES)})
    # Room for two excerpts.
    monkeypatch.setattr("backbot.answering.compose.TOTAL_WORDS", 65)
    monkeypatch.setattr("backbot.answering.compose.CLOSE_TOTAL_WORDS", 65)

    def roles() -> list[SectionRole]:
        reply = chatbot.reply("why do i get knots in my shoulders at the desk?")
        return [section.role for section in reply.sections]

    assert SectionRole.REMEDY in roles()
    monkeypatch.setattr("backbot.answering.compose.NEW_ROLE_BONUS", 0.0)
    assert SectionRole.REMEDY not in roles()


def test_two_articles_that_say_the_same_do_not_crowd_an_answer(asked: Asked) -> None:
    chatbot = asked(
        {
            "articles/one.md": document("How To Walk", WALKING),
            "articles/two.md": document("How To Walk Without Pain", WALKING),
        }
    )
    quoted = excerpts(chatbot.reply("how do i swing my arms when i walk?"))
    assert len(quoted) == len(set(quoted))
    assert sum("Swing your arms" in text for text in quoted) == 1


def test_two_articles_that_disagree_are_both_shown(asked: Asked) -> None:
    chatbot = asked(
        {
            "articles/one.md": document("Heat For A Knot", "Heat helps a fresh knot to let go."),
            "articles/two.md": document(
                "Cold For A Knot", "Heat does not help a fresh knot to let go."
            ),
        }
    )
    reply = chatbot.reply("does heat help a fresh knot?")
    assert {citation.document for citation in reply.citations} == {"one", "two"}


def test_what_was_passed_over_has_a_reason(chatbot: Chatbot) -> None:
    _, trace = chatbot.explain("do flat feet cause neck pain?")
    assert trace.question is not None
    assert trace.candidates is not None
    found = passed_over(trace.question, trace.candidates, trace.runs)
    assert found
    assert all(each.why for each in found)
    chosen = {number for run in trace.runs for number in range(run.first, run.last + 1)}
    assert not any(set(range(each.run.first, each.run.last + 1)) & chosen for each in found)


# What holds for every answer


def test_answers_of_the_starter_corpus_keep_their_measure(chatbot: Chatbot, index: Index) -> None:
    replies = [chatbot.reply(question.text) for question in index.questions]
    answers = [reply for reply in replies if reply.kind is Kind.ANSWER]
    assert len(answers) > 0.9 * len(replies)
    assert statistics.median(reply.excerpt_words for reply in answers) <= 110
    for reply in answers:
        for excerpt in excerpts(reply):
            assert not excerpt.rstrip().endswith(("?", ":"))
        assert len(set(excerpts(reply))) == len(excerpts(reply))


# Late interaction and the baseline


def test_a_sentence_meets_the_words_it_holds_and_no_others(index: Index) -> None:
    number = next(n for n in range(len(index.sentences)) if "pillow" in index.sentence(n).text)
    text = index.sentence(number).text
    own = index.encoder.read(text).tokens
    other = index.encoder.read("The volcano erupted over Reykjavik.").tokens
    sentences = index.read_sentences([number])
    near, far = (token_similarities(tokens, sentences) for tokens in (own, other))
    assert near.shape == (1, len(own))
    assert float(near.min()) > 0.95
    assert float(far.max()) < 0.8


def test_nothing_meets_nothing(index: Index) -> None:
    none = np.zeros((0, index.encoder.card.token_dimensions), dtype=np.int8)
    assert token_similarities(none, index.read_sentences([0, 1])).shape == (2, 0)


def test_a_corpus_is_measured_between_what_it_does_not_and_does_answer(chatbot: Chatbot) -> None:
    baseline = chatbot.index.baseline
    for name in ("run", "tokens", "dense", "sentences", "asked"):
        assert baseline.own[name] > baseline.means[name] + baseline.spreads[name]
    assert set(baseline.means) == set(Signals._fields)
    assert len(baseline.everyday) == chatbot.index.encoder.dimensions + 1


@pytest.mark.parametrize(
    ("everyday", "health"),
    [
        ("please turn the volume down a bit", "why does my upper back ache in the evening"),
        ("how many euros are in my savings account", "can bad posture give me headaches"),
        ("remind me to call grandma on sunday", "is a stiff neck caused by how I sleep"),
        ("book a table for two tonight", "what helps against tight shoulders"),
    ],
)
def test_everyday_matters_are_told_from_health(
    chatbot: Chatbot, everyday: str, health: str
) -> None:
    signals = [chatbot.explain(text)[1].signals for text in (everyday, health)]
    assert signals[0] is None or signals[0].health < 0.0
    assert signals[1] is not None
    assert signals[1].health > 0.0


def test_what_was_judged_of_the_bank_was_never_learned_from(index: Index) -> None:
    unseen, everyday = unseen_everyday(index), everyday_questions()
    asked = np.array([text in everyday for text in index.elsewhere])
    seen = index.elsewhere_vectors @ np.array(index.baseline.everyday[:-1])
    assert unseen.shape == asked.shape
    told = [(scores < 0.0) == asked for scores in (unseen, seen + index.baseline.everyday[-1])]
    # By heart nearly all of them are told apart; unseen, most.
    assert 0.8 < told[0].mean() < told[1].mean()


def test_too_few_questions_about_something_else_teach_nothing(asked: Asked) -> None:
    chatbot = asked({"articles/walking.md": document("Walking", WALKING)})
    assert chatbot.index.baseline.everyday == ()
    signals = chatbot.explain("please turn the volume down a bit")[1].signals
    assert signals is None or signals.health == SURELY_HEALTH


def test_being_far_from_everything_speaks_for_no_answer() -> None:
    flat = dict.fromkeys(Signals._fields, 1.0)
    base = Baseline(means=flat, spreads=flat, own=dict.fromkeys(Signals._fields, 2.0))
    known = Signals(**flat)._replace(away=1.0, away_3=1.0, away_10=1.0)
    far = measured(known._replace(away=-9.0, away_3=-9.0, away_10=-9.0), base)
    assert far.away == far.away_3 == far.away_10 == FAR_AWAY
    near = measured(known._replace(dense=1.1, sentences=5.0), base)
    assert near.little_dense == pytest.approx(0.1)
    assert near.little_sentences == FAMILIAR


def test_a_corpus_names_questions_by_its_titles_and_headings(index: Index) -> None:
    named = own_questions(index)
    assert len(named) == len(set(named)) <= 100
    assert len(named) > 50
