"""Sentences that advise on medicines are reported and never quoted."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from backbot.cli import main
from backbot.text.medicine import advises_medicine
from backbot.text.roles import read_sentence
from support import Toy, document, small_bank, write_corpus

ADVICE = "You can stop your blood thinners a week before a massage."


@pytest.mark.parametrize(
    ("sentence", "advice"),
    [
        ("Take 400 mg of ibuprofen three times a day.", "dose"),
        ("Two paracetamol every six hours get you through the night.", "dose"),
        ("Just take an aspirin.", "dose"),
        ("Naproxen is safe for most people.", "dose"),
        ("Rub in diclofenac gel twice a day.", "dose"),
        ("Magnesium, 300 mg before bed, relaxes the muscles.", "dose"),
        ("Combine ibuprofen with codeine for a bad night.", "mixing"),
        (ADVICE, "stopping"),
        ("Skip your evening tablet if you feel dizzy.", "stopping"),
        ("Throw away the painkillers and walk instead.", "stopping"),
    ],
)
def test_advice_on_medicines_is_recognised_and_not_quotable(sentence: str, advice: str) -> None:
    assert advises_medicine(sentence) == advice
    assert not read_sentence(sentence, "paragraph", "").quotable


@pytest.mark.parametrize(
    "sentence",
    [
        "Never stop a prescribed medicine without asking your doctor.",
        "Ask a pharmacist which painkiller suits you.",
        "Painkillers only cover the pain; the cause remains.",
        "Hold the tablet at eye level while you read.",
        "Put the tablet on a stand and drop your shoulders.",
        "Tell the chiropractor about medicine that thins the blood.",
        "Reduce the time you sit, and walk for 10 minutes every day.",
        "Drink 200 ml of water.",
    ],
)
def test_sending_readers_to_those_who_know_is_no_advice(sentence: str) -> None:
    assert advises_medicine(sentence) is None


def test_rebuild_and_doctor_report_them(toy: Toy, tmp_path: Path) -> None:
    body = f"Knots form when muscles are overworked all day long.\n\n{ADVICE}"
    corpus = write_corpus(tmp_path / "corpus", {"articles/knots.md": document("Knots", body)})
    toy.build(corpus, tmp_path / "index")
    for command in ("rebuild-index", "doctor"):
        with small_bank():
            result = CliRunner().invoke(
                main,
                [command, "--corpus", str(corpus), "--index", str(tmp_path / "index")],
                env={"BACKBOT_MODEL": str(toy.checkpoint), "COLUMNS": "200"},
            )
        assert "1 sentence of the articles advises on medicines" in result.output
        assert "knots, on stopping or changing a medicine" in result.output
        assert ADVICE in result.output
