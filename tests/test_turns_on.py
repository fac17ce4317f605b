"""What a question turns on: a number, a price, a place, a part of the body."""

import pytest

from backbot.answering.abstain import SUREST, Signals, confidence, missing
from backbot.answering.body import regions
from backbot.answering.demand import demand_of, tells
from backbot.chatbot import Chatbot
from backbot.index.views import Baseline
from backbot.model import Kind, Turn


@pytest.mark.parametrize(
    ("question", "demanded"),
    [
        ("How many times a day should I stretch?", "a number"),
        ("how tall should the desk be", "a number"),
        ("What age do arches drop at?", "a number"),
        ("How many weeks until it is better?", "a length of time"),
        ("how long does it take", "a length of time"),
        ("how long do i hold it", "seconds, minutes or hours"),
        ("How many minutes should I lean on the ball?", "seconds, minutes or hours"),
        ("What does the course cost?", "a price"),
        ("and how much is it?", "a price"),
        ("How much do you charge for an hour?", "a price"),
        ("Which town is she in?", "a place"),
        ("where can i buy a foam roller", "a place"),
        ("Is there a physio near me?", "a place"),
        ("What is your phone number?", "a way to reach somebody"),
        ("What time do you open?", "a time of day or a date"),
    ],
)
def test_the_wording_of_a_question_demands_a_kind_of_answer(question: str, demanded: str) -> None:
    found = demand_of(question)
    assert found is not None
    assert found.name == demanded


@pytest.mark.parametrize(
    "question",
    [
        "How much is my posture to blame?",
        "how big a part does walking play",
        "How far do shoulder knots spread?",
        "Does it make a difference how much I sit?",
        "Will stretching cost me my progress?",
        "Where do I put the ball?",
        "why do my shoulders hurt at this time of year",
        "what state are my muscles in after all these years?",
    ],
)
def test_questions_about_degrees_and_causes_demand_nothing(question: str) -> None:
    assert demand_of(question) is None


@pytest.mark.parametrize(
    ("question", "sentence", "told"),
    [
        ("How many stretches?", "Three stretches do, twice a day.", True),
        ("How many stretches?", "Stretching lengthens what slouching has shortened.", False),
        ("How many stretches?", "Choose the one stretch that you like.", False),
        ("How many steps a day?", "There are two reasons to walk more.", False),
        ("How many of those stretches?", "Do the two stretches below.", True),
        ("How many times a day?", "Twice, before meals.", True),
        ("How many reps?", "Ten, with a rest between.", True),
        ("How many minutes on the ball?", "Within two days it was gone.", False),
        ("How many minutes on the ball?", "Stay on it for one to two minutes.", True),
        ("how long should i hold the stretch", "Lean in until it lets go.", True),
        ("how long should i hold the stretch", "It held for years.", False),
        ("What does a session cost?", "The first visit is £40.", True),
        ("What does a session cost?", "Sessions help most people.", False),
        ("How long does it take?", "It eases within two weeks.", True),
        ("How long does it take?", "It eases.", False),
    ],
)
def test_a_sentence_tells_what_is_demanded_or_not(question: str, sentence: str, told: bool) -> None:
    demand = demand_of(question)
    assert demand is not None
    assert tells(sentence, demand) is told


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("My WRIST hurts when I type", {"the hand"}),
        ("an ache low down in my back", {"the lower back"}),
        ("between the shoulder blades", {"the neck, shoulders or upper back"}),
        ("Do high heels matter?", set()),
        ("On the one hand it helps", set()),
        ("Is stress a cause?", set()),
        ("I go everywhere on foot", set()),
        ("the left-hand end of the sofa", set()),
        ("Stretch the muscles in the front of your body", {"the chest"}),
        ("flat feet and a stiff neck", {"the foot", "the neck, shoulders or upper back"}),
    ],
)
def test_regions_of_the_body(text: str, named: set[str]) -> None:
    assert regions(text) == named


def test_what_is_near_but_about_something_else_is_no_answer(chatbot: Chatbot) -> None:
    index = chatbot.index
    _, trace = chatbot.explain("What causes knots in the shoulders?")
    assert trace.runs
    assert trace.lacking is None
    assert missing(index, "What causes knots in the shoulders?", trace.runs) is None
    assert missing(index, "lumps in my calf", trace.runs) == "the leg"
    assert missing(index, "Does an ache in my lower back have causes like that too?", trace.runs)
    passing = "I sit propped on one elbow every evening, could a habit like that be behind it?"
    assert missing(index, passing, trace.runs) is None
    assert missing(index, "What does a massage of the shoulders cost?", trace.runs) == "a price"


@pytest.mark.parametrize(
    ("message", "lacking"),
    [
        ("What does a massage for shoulder knots cost?", "a price"),
        ("Where can I buy a tennis ball for my knots?", "a place"),
    ],
)
def test_a_question_whose_point_no_excerpt_names_is_not_answered(
    chatbot: Chatbot, message: str, lacking: str
) -> None:
    reply, trace = chatbot.explain(message)
    assert reply.kind is Kind.NO_ANSWER
    assert reply.confidence == 0.0
    assert trace.lacking == lacking


def test_the_point_of_a_follow_up_is_its_own(chatbot: Chatbot) -> None:
    history = [Turn(message="What does a massage for shoulder knots cost?")]
    _, trace = chatbot.explain("What causes knots in the shoulders?", history)
    assert trace.lacking is None
    history = [Turn(message="Does a tennis ball help with knots?")]
    reply, trace = chatbot.explain("and how much is it?", history)
    assert trace.lacking == "a price"
    assert reply.kind is Kind.NO_ANSWER


def test_confidence_tells_clear_answers_apart_and_is_never_certain() -> None:
    weak = {"away": 0.9, "away_3": 0.8, "away_10": 0.7}
    shares = [0.5 + step / 20 for step in range(11)]
    found = [
        round(confidence(Signals(**(dict.fromkeys(Signals._fields, share) | weak)), Baseline()), 4)
        for share in shares
    ]
    assert found == sorted(set(found))
    assert found[0] < 0.05
    assert 0.9 < found[-2] < found[-1] < SUREST
    assert confidence(None, Baseline()) == 0.0
