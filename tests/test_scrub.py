"""Personal data goes out of a question before it is written down; what is asked stays."""

import pytest

from backbot.text.private import GAP
from backbot.text.scrub import given_names, scrub


@pytest.mark.parametrize(
    ("text", "secrets"),
    [
        ("mail me at jane.roe+back@post.example.com", ["jane.roe", "example.com"]),
        ("jane roe at gmail dot com, do knots hurt?", ["gmail", "roe at"]),
        ("call me on 07700 900123", ["07700", "900123"]),
        ("ring +1 (415) 555-2671 or 020-7946-0958", ["555", "7946"]),
        ("phone: +49 30 1234567", ["1234567", "+49"]),
        ("my card 4111 1111 1111 1111 was charged", ["4111", "1111"]),
        ("card no. 4111-1111-1111-1111", ["4111"]),
        ("my NHS number is 943 476 5919", ["943", "5919"]),
        ("my ssn is 123-45-6789", ["6789"]),
        ("NI number QQ 12 34 56 C", ["12 34"]),
        ("medicare 1EG4-TE5-MK73", ["1EG4", "MK73"]),
        ("patient id K-204418", ["204418"]),
        ("policy number AB1234567 covers it", ["1234567"]),
        ("I was born on 3rd March 1975", ["March", "1975"]),
        ("dob 12/03/75, what stretch helps", ["12/03"]),
        ("operated on 2024-05-17, can I walk?", ["2024-05-17"]),
        ("I live at 12 Acacia Avenue in Harrogate", ["Acacia", "Harrogate"]),
        ("i live at 12 acacia avenue, sw1a 1aa", ["acacia", "sw1a"]),
        ("My name is Oluwaseun Adeyemi and I get knots", ["Oluwaseun", "Adeyemi"]),
        ("my name is john smith and my back hurts", ["john", "smith"]),
        ("i'm sarah jones, do flat feet hurt", ["sarah", "jones"]),
        ("Hi, I'm Sarah Jones from Leeds.", ["Sarah", "Jones", "Leeds"]),
        ("my husband Peter says heat helps", ["Peter"]),
        ("Dr. Featherstone told me to rest", ["Featherstone"]),
        ("how far should I walk? Kind regards, Ingeborg Halvorsen", ["Ingeborg", "Halvorsen"]),
        ("should my daughter wear insoles? - bob", ["bob"]),
        ("see https://example.org/people/janeroe", ["janeroe"]),
        ("I am on www.example.net/u/janeroe", ["janeroe"]),
        ("my insta is back_jane_77", ["back_jane_77"]),
        ("find me @janeroe", ["janeroe"]),
        ("my address is 192.168.10.77", ["192.168"]),
        ("MY NAME IS JANE ROE AND MY BACK HURTS", ["jane", "roe"]),
        ("call ０７７００ ９００１２３", ["07700", "０７７００"]),
    ],
)
def test_what_tells_who_somebody_is_goes(text: str, secrets: list[str]) -> None:
    kept = scrub(text)
    assert GAP in kept
    for secret in secrets:
        assert secret.casefold() not in kept.casefold()


@pytest.mark.parametrize(
    "text",
    [
        "why do knots in my upper back hurt?",
        "i'm tired and my shoulder blade clicks",
        "is 3 x 10 to 15 reps enough, or 20 minutes?",
        "pain since 2019-2020 when I walk 10 000 steps",
        "is it L4-L5, C5/C6 or T12?",
        "does vitamin B12 or 400 mg of magnesium help",
        "can a 10 minute walk on the street help?",
        "why does my back hurt in the morning, thanks",
        "does it hurt because of my job as a nurse",
        "i am 34 years old, is walking good?",
        "may I will myself to hope and grace?",
        "is the Alexander technique good for my posture",
        "what should I do, rest or walk",
    ],
)
def test_what_is_asked_stays(text: str) -> None:
    assert scrub(text) == text


def test_what_stood_around_it_stays() -> None:
    assert scrub("I'm Sarah Jones, 07700 900123, do flat feet cause neck pain?") == (
        f"I'm {GAP}, do flat feet cause neck pain?"
    )


def test_scrubbing_twice_changes_nothing_more() -> None:
    once = scrub("My name is John Smith, mail a.b@example.org, I live in Leeds. Do knots hurt?")
    assert scrub(once) == once


def test_names_that_are_words_stand_in_no_list() -> None:
    assert not given_names() & {"will", "may", "mark", "rose", "hope", "grace", "thomas", "adam"}
