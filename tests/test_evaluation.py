"""What a reply is worth, and how far its confidence holds."""

import pytest

from backbot.chatbot import Chatbot
from backbot.evaluation.calibration import calibrate, calibration
from backbot.evaluation.score import figure, figures, play
from backbot.evaluation.sets import Case
from backbot.model import Kind

FEET = Case(
    id="feet",
    expect="answer",
    question="do flat feet cause upper back pain?",
    documents=("do-flat-feet-cause-upper-back-pain",),
    evidence=(("flat feet",),),
)
LACKING = Case(id="lacking", expect="answer", question=FEET.question, evidence=(("no such",),))
AWAY = Case(id="away", expect="no_answer", question="what is the capital of France?")
THANKS = Case(id="thanks", expect="no_answer", question="thank you!")


def test_the_interval_is_wilsons() -> None:
    # By hand: the centre (0.9 + z²/20)/(1 + z²/10), z = 1.96, and the spread around it.
    found = figure("", [True] * 9 + [False])
    assert (found.hits, found.of, found.share) == (9, 10, 0.9)
    assert (round(found.low, 4), round(found.high, 4)) == (0.5958, 0.9821)


def test_brier_score_and_calibration_error_are_those_worked_out_by_hand() -> None:
    found = calibrate([0.05, 0.95, 1.0, 0.65], [False, True, False, True])
    assert found is not None
    assert found.brier == pytest.approx((0.05**2 + 0.05**2 + 1.0 + 0.35**2) / 4)
    # Bins: 0.05 against 0, 0.65 against 1, and 0.975 against a half, which counts twice.
    assert found.expected_error == pytest.approx((0.05 + 0.35 + 2 * 0.475) / 4)
    assert [(each.low, each.high, each.cases) for each in found.bins] == [
        (0.0, 0.1, 1),
        (0.6, 0.7, 1),
        (0.9, 1.0, 2),
    ]


def test_a_forecast_that_is_always_right_has_no_error() -> None:
    found = calibrate([0.0, 1.0, 1.0], [False, True, True])
    assert found is not None
    assert (found.brier, found.expected_error) == (0.0, 0.0)


def test_nothing_weighed_is_nothing_to_calibrate() -> None:
    assert calibrate([], []) is None
    assert calibration([]) is None


@pytest.mark.parametrize(
    ("case", "right"), [(FEET, True), (LACKING, False), (AWAY, False), (THANKS, None)]
)
def test_only_weighed_evidence_is_judged(chatbot: Chatbot, case: Case, right: bool | None) -> None:
    assert play(chatbot, case).right is right


def test_evidence_that_was_held_back_is_judged_too(
    chatbot: Chatbot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backbot.chatbot.THRESHOLD", 2.0)
    outcome = play(chatbot, FEET)
    assert outcome.reply.kind is Kind.NO_ANSWER
    assert not outcome.evidence
    assert outcome.right is True


def test_figures_leave_out_what_the_set_has_no_cases_for(chatbot: Chatbot) -> None:
    names = [each.name for each in figures([play(chatbot, AWAY)])]
    assert names == ["off-topic questions answered"]
