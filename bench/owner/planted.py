"""Personal data that readers type into a question, made up: none of it is anybody's."""

import random
from collections.abc import Callable

_FIRST = "Sarah John Margaret Peter Linda Ahmed Priya Carlos Emily George Fatima Brian".split()
_LAST = (
    "Whitcombe Okonkwo Hargreaves Castellanos Lindqvist Pemberton Ravindran Thistlewood Abernathy "
    "Kowalczyk Fairweather Blenkinsop"
).split()
_STREETS = "Larkspur Hollowell Copperfield Wisteria Brackendale Quarrystone".split()
_TOWNS = "Eastleigh Harrogate Poughkeepsie Chattanooga Wrexham Boise".split()

Planted = tuple[str, tuple[str, ...]]


def plant(draw: random.Random, question: str) -> Planted:
    """Return `question` with something personal in it, and the words that must not stay."""
    return draw.choice(_WAYS)(draw, question)


def _email(draw: random.Random, question: str) -> Planted:
    first, last = _name(draw)
    mail = f"{first}.{last}{draw.randrange(99)}@{draw.choice(('mail', 'post', 'web'))}.example.com"
    mail = draw.choice((mail, mail.lower()))
    return f"{question} {draw.choice(('mail me at', 'answer to', 'my email is'))} {mail}", (mail,)


def _phone(draw: random.Random, question: str) -> Planted:
    number = draw.choice(
        (
            f"07700 9{draw.randrange(10000, 99999)}",
            f"+44 20 7946 0{draw.randrange(100, 999)}",
            f"(415) 555-{draw.randrange(1000, 9999)}",
            f"+1-212-555-{draw.randrange(1000, 9999)}",
            f"0{draw.randrange(1000000000, 9999999999)}",
            f"+49 30 {draw.randrange(1000000, 9999999)}",
        )
    )
    return f"{question} {draw.choice(('call me on', 'my number is', 'text'))} {number}", (number,)


def _introduced(draw: random.Random, question: str) -> Planted:
    first, last = _name(draw)
    lead = draw.choice(
        (f"My name is {first} {last}.", f"I'm {first} {last},", f"my name is {first} {last},")
    )
    if draw.random() < 0.3:
        return f"{lead.lower()} {question}", (first.lower(), last.lower())
    return f"{lead} {question}", (first, last)


def _signed(draw: random.Random, question: str) -> Planted:
    first, last = _name(draw)
    closing = draw.choice(("Thanks,", "Kind regards,", "Best wishes,", "-"))
    return f"{question} {closing} {first} {last}", (first, last)


def _relative(draw: random.Random, question: str) -> Planted:
    first, _ = _name(draw)
    return f"{draw.choice(('my husband', 'my wife', 'my friend'))} {first} asks: {question}", (
        first,
    )


def _doctor(draw: random.Random, question: str) -> Planted:
    _, last = _name(draw)
    return f"{question} {draw.choice(('Dr', 'Dr.', 'Doctor'))} {last} told me to ask.", (last,)


def _card(draw: random.Random, question: str) -> Planted:
    digits = "4" + "".join(str(draw.randrange(10)) for _ in range(14))
    total = sum(
        sum(divmod(2 * int(digit), 10)) if place % 2 == 0 else int(digit)
        for place, digit in enumerate(digits)
    )
    digits += str(-total % 10)
    spaced = " ".join(digits[start : start + 4] for start in range(0, 16, 4))
    shown = draw.choice((digits, spaced, spaced.replace(" ", "-")))
    return f"{question} my card is {shown}", (shown,)


def _health_number(draw: random.Random, question: str) -> Planted:
    while True:
        digits = [draw.randrange(10) for _ in range(9)]
        check = 11 - sum((10 - place) * digit for place, digit in enumerate(digits)) % 11
        if check != 10:
            break
    whole = "".join(map(str, digits)) + str(check % 11)
    shown = draw.choice((whole, f"{whole[:3]} {whole[3:6]} {whole[6:]}"))
    return f"{draw.choice(('NHS number', 'my nhs no is'))} {shown}, {question}", (shown,)


def _social_security(draw: random.Random, question: str) -> Planted:
    shown = f"{draw.randrange(100, 665)}-{draw.randrange(10, 99)}-{draw.randrange(1000, 9999)}"
    return f"{question} ssn {shown}", (shown,)


def _address(draw: random.Random, question: str) -> Planted:
    kind = draw.choice(("Road", "Street", "Avenue", "Lane"))
    street = f"{draw.randrange(1, 240)} {draw.choice(_STREETS)} {kind}"
    town = draw.choice(_TOWNS)
    return f"I live at {street} in {town}. {question}", (street, town)


def _postcode(draw: random.Random, question: str) -> Planted:
    code = f"{draw.choice(('SW', 'LS', 'CF'))}{draw.randrange(1, 20)} {draw.randrange(1, 9)}QT"
    code = draw.choice((code, code.lower()))
    return f"{question} is there anyone near {code}", (code,)


def _birth(draw: random.Random, question: str) -> Planted:
    day, month, year = draw.randrange(1, 28), draw.randrange(1, 12), draw.randrange(1940, 2000)
    shown = draw.choice(
        (f"{day:02}/{month:02}/{year}", f"{day} March {year}", f"{year}-{month:02}-{day:02}")
    )
    return f"{draw.choice(('born', 'dob', 'I was born on'))} {shown}, {question}", (shown,)


def _web(draw: random.Random, question: str) -> Planted:
    user = f"{draw.choice(_FIRST).lower()}{draw.choice(_LAST).lower()}{draw.randrange(99)}"
    shown = draw.choice(
        (f"https://social.example.org/{user}", f"@{user}", f"www.example.net/people/{user}")
    )
    return f"{question} find me at {shown}", (user,)


def _name(draw: random.Random) -> tuple[str, str]:
    return draw.choice(_FIRST), draw.choice(_LAST)


_WAYS: tuple[Callable[[random.Random, str], Planted], ...] = (
    *(_email, _phone, _introduced, _signed, _relative, _doctor, _card, _health_number),
    *(_social_security, _address, _postcode, _birth, _web),
)
