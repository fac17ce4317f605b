"""Words, sentences and their roles."""

import re
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backbot.text.blocks import BlockKind
from backbot.text.clean import clean, fold, has_words, something_left, squeeze
from backbot.text.roles import Role, read_sentence
from backbot.text.sentences import sentence_spans
from backbot.text.terms import STOP_WORDS, stem, terms, words

ANY_TEXT = st.text(st.characters(codec="utf-8"))
# Texts that look like prose: what decides where a sentence ends, in any order.
PROSE = st.lists(
    st.sampled_from(
        [
            *("Rest", "walk", "5 mg", "e.g", "Fig", "No", "no", "Dr", "approx", "10 min"),
            *(". ", ".", "...", "…", "! ", "? ", ".) ", ".”", ", ", " ", "  ", "\n", "\u00a0"),
            *("🙂", " 🙂 ", ":)", "(", "“", "’", "-", "—", "•", "3", "\u200b", "¿", "。"),
        ]
    )
).map("".join)


def sentences(text: str) -> list[str]:
    return [text[start:end] for start, end in sentence_spans(text)]


# What a reader typed


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  why\tdo I\r\nhurt?  ", "why do I hurt?"),
        ("a\x00b", "a b"),
        ("kn\u200bots", "knots"),
        ("\ufeff\u202eknots\u2066", "knots"),
        ("a\ud800b", "ab"),
        ("é 漢字 🙂", "é 漢字 🙂"),
        ("\u200b\u200d\x00\u3000", ""),
    ],
)
def test_clean_takes_out_what_cannot_be_seen(typed: str, kept: str) -> None:
    assert clean(typed) == kept


def test_what_cleaning_takes_out_is_described_to_the_letter() -> None:
    described = re.compile(something_left())
    every = (chr(code) for code in range(sys.maxunicode + 1) if not 0xD800 <= code < 0xE000)
    assert [each for each in every if bool(described.search(each)) != bool(clean(each))] == []


@given(st.text())
def test_clean_gives_one_visible_line_and_does_not_change_it_again(typed: str) -> None:
    text = clean(typed)
    assert clean(text) == text
    assert not {unicodedata.category(each) for each in text} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert text == " ".join(text.split())


@pytest.mark.parametrize(
    ("text", "folded"),
    [("Don’t", "don't"), ("ＷＡＬＫ", "walk"), ("ﬁt", "fit"), ("STRASSE", "strasse"), ("½", "1⁄2")],
)
def test_fold_brings_spellings_together(text: str, folded: str) -> None:
    assert fold(text) == folded


def test_squeeze_shortens_long_runs_and_leaves_double_letters() -> None:
    assert squeeze("stiiiiiff kneee!!!!!! aaaa") == "stiff kneee! a"


def test_squeeze_leaves_figures() -> None:
    assert squeeze("10000 steps") == "10000 steps"


@pytest.mark.parametrize(
    ("text", "has"), [("knots", True), ("7", True), ("漢", True), ("🙂 ?!", False), ("", False)]
)
def test_emoji_and_marks_are_no_words(text: str, has: bool) -> None:
    assert has_words(text) is has


# Terms


def test_words_are_folded_and_keep_stop_words_and_apostrophes() -> None:
    assert words("The muscle’s KNOT_isn't 5-fold") == [
        "the",
        "muscle's",
        "knot",
        "isn't",
        "5",
        "fold",
    ]


def test_terms_drop_stop_words_and_stem_the_rest_in_order_with_repeats() -> None:
    assert terms("Why do the muscle’s knots hurt, and how do knotted muscles relax?") == [
        *("muscl", "knot", "hurt", "knot", "muscl", "relax")
    ]


def test_spellings_of_one_word_share_a_stem() -> None:
    assert {stem(word) for word in ("stretch", "stretches", "stretching", "stretched")} == {
        "stretch"
    }
    assert stem("shoulder's") == stem("shoulders") == stem("shoulder")


@given(ANY_TEXT)
def test_terms_never_hold_a_stop_word_as_it_was_typed_or_an_empty_one(text: str) -> None:
    kept = [word for word in words(text) if word not in STOP_WORDS]
    found = terms(text)
    assert len(found) == len(kept)
    assert all(found)


# Sentences


@pytest.mark.parametrize(
    "expected",
    [
        ["Take 5 mg.", "Rest.", "Then walk."],
        ["Hold it for 30 sec.", "Breathe out."],
        ["It takes approx. 5 min. of rest.", "Then go on."],
        ["Use warmth, e.g. a pad, often.", "It helps."],
        ["Some muscles, i.e. the rhomboids, pull the blades together."],
        ["See Fig. 3 for the stretch.", "Hold it."],
        ["The drawing shows it (Fig. 3).", "Try it."],
        ["It is exercise no. 5 of the day.", "Rest."],
        ["It is exercise no.  5 of the day.", "Rest."],
        ["Should it hurt?", "No.", "Stop then."],
        ["Ask Dr. Smith about it.", "She knows."],
        ["Wait ... and then go on.", "Rest."],
        ["It hurts, well … a lot.", "Rest."],
        ["They say so. 🙂", "Then rest."],
        ["They say so. :)", "Then rest."],
        ["It works! 👍🏽 🎉", "Go on."],
        ["“Does it hurt?”", "It did."],
        ["Sleep on your side.", "(A pillow helps.)", "Turn over."],
        ["One dose is 2.5 grams.", "No more."],
        ["Is it bad?", "Yes!", "Rest."],
        ["no full stop at all"],
    ],
    ids=lambda expected: expected[0],
)
def test_sentences_end_where_a_reader_would_end_them(expected: list[str]) -> None:
    assert sentences(" ".join(expected)) == expected


def test_an_emoticon_at_the_very_start_stays_with_its_own_sentence() -> None:
    assert sentences("🙂 Rest well. Walk on.") == ["🙂 Rest well.", "Walk on."]


@given(ANY_TEXT | PROSE)
def test_sentences_cover_every_visible_character_in_order_and_without_overlap(text: str) -> None:
    position = 0
    for start, end in sentence_spans(text):
        assert position <= start < end <= len(text)
        assert not text[position:start].strip()
        assert text[start:end] == text[start:end].strip()
        position = end
    assert not text[position:].strip()


# Roles


@pytest.mark.parametrize(
    ("text", "role"),
    [
        ("Knots form because a muscle holds still for hours.", Role.CAUSE),
        ("Slouching leads to pain between the shoulder blades.", Role.CAUSE),
        ("Weak back muscles are a common reason.", Role.CAUSE),
        ("Roll a ball along the muscle.", Role.REMEDY),
        ("When your neck is sore, lower both shoulders.", Role.REMEDY),
        ("Heat helps a tight muscle to relax.", Role.REMEDY),
        ("You can stretch your chest in a doorway.", Role.REMEDY),
        ("Shoes can help because they steady the heel.", Role.REMEDY),
        ("See a doctor when an arm goes numb.", Role.CAUTION),
        ("Never roll over the spine itself.", Role.CAUTION),
        ("Numbness in both hands should be checked promptly.", Role.CAUTION),
        ("I had knots for years.", Role.EXPERIENCE),
        ("The rhomboids lie between the shoulder blades.", Role.FACT),
    ],
)
def test_a_sentence_tells_a_cause_a_remedy_a_caution_or_a_story(text: str, role: Role) -> None:
    assert read_sentence(text, "paragraph", "").role is role


@pytest.mark.parametrize(
    ("heading", "role"),
    [
        ("Why the upper back hurts", Role.CAUSE),
        ("How to ease a knot", Role.REMEDY),
        ("When to see someone", Role.CAUTION),
        ("", Role.FACT),
    ],
)
def test_a_plain_sentence_tells_what_the_heading_above_it_promises(
    heading: str, role: Role
) -> None:
    assert (
        read_sentence("The chest muscles are short and tight.", "paragraph", heading).role is role
    )


def test_what_a_reader_is_quoted_with_is_a_story() -> None:
    assert read_sentence("Heat helped at once.", "quote", "").role is Role.EXPERIENCE


@pytest.mark.parametrize(
    ("text", "kind", "quotable"),
    [
        ("Heat helps a tight muscle to relax.", "paragraph", True),
        ("Roll a ball along the muscle.", "item", True),
        ("So what can you do about it?", "paragraph", False),
        ("Continue reading Why Necks Hurt", "paragraph", False),
        ("Click here to order my book.", "paragraph", False),
        ("Thank you for your kind words.", "paragraph", False),
        ("Why Knots Form", "heading", False),
        ("print('rest')", "code", False),
        ("~ Jane", "paragraph", False),
        ("🙂 …", "paragraph", False),
    ],
)
def test_questions_teasers_and_greetings_are_never_quoted(
    text: str, kind: BlockKind, quotable: bool
) -> None:
    assert read_sentence(text, kind, "").quotable is quotable


@pytest.mark.parametrize(
    ("text", "alone"),
    [
        ("Heat helps a tight muscle to relax.", True),
        ("It is best to walk every day.", True),
        ("It also eases the pain a little.", False),
        ("They hurt most at night.", False),
        ("That’s why knots come back.", False),
        ("However, too much rest is no help.", False),
        ("But heat helps most people more.", False),
        ("However, resting for several days in bed is no help to most backs.", True),
        ("(A warm towel does as well as a pad.)", False),
        ("Did you know they can be related?", False),
        ("Did you know that knots and headaches can be related?", True),
    ],
)
def test_a_sentence_that_leans_on_the_one_before_does_not_stand_alone(
    text: str, alone: bool
) -> None:
    assert read_sentence(text, "paragraph", "").stands_alone is alone


@pytest.mark.parametrize(
    ("text", "asks", "quotable"),
    [
        ("Is it your desk?", True, False),
        ("Did you ever wonder why knots come back?", True, False),
        ("Did you know why knots come back?", True, False),
        ("Did you know that knots come back when nothing changes?", False, True),
        ("Would you be surprised if I told you that it is mostly the muscles?", False, True),
        ("Heat helps a tight muscle to relax.", False, True),
    ],
)
def test_a_question_asks_unless_it_tells(text: str, asks: bool, quotable: bool) -> None:
    reading = read_sentence(text, "paragraph", "")
    assert (reading.asks, reading.quotable) == (asks, quotable)


def test_a_connective_alone_joins_a_sentence_to_the_one_before() -> None:
    text = "However, resting for several days in bed is no help to most backs."
    assert read_sentence(text, "paragraph", "").joined
    assert not read_sentence(text.removeprefix("However, "), "paragraph", "").joined


def test_a_sentence_that_denies_is_known() -> None:
    assert read_sentence("The rhomboid is usually not at fault.", "paragraph", "").denies
    assert not read_sentence("The rhomboid is often at fault.", "paragraph", "").denies


def test_a_sentence_that_ends_in_a_colon_announces_what_follows() -> None:
    assert read_sentence("Ease a knot in three steps:", "paragraph", "").announces
    assert read_sentence("She sent me the following email: 🙂", "paragraph", "").announces
    assert not read_sentence("Ease a knot: breathe out.", "paragraph", "").announces


@given(ANY_TEXT | PROSE, st.sampled_from(["paragraph", "item", "quote", "heading", "code"]))
def test_every_text_has_a_reading(text: str, kind: BlockKind) -> None:
    reading = read_sentence(text, kind, text)
    assert not (reading.quotable and not words(text))
    assert reading.role in Role
