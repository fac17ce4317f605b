"""What bench/growth.py makes of an index can be asked as the index itself can."""

import numpy as np
import pytest

from backbot.chatbot import Chatbot
from backbot.index.contents import Index
from growth import Repeated, grown


def test_a_grown_index_answers_and_its_copies_stand_for_the_real_passages(index: Index) -> None:
    larger = grown(index, 3)
    assert len(larger.passages) == len(larger.dense) == 3 * len(index.passages)
    last = len(larger.sentences) - 1
    assert larger.sentence(last).text == index.sentence(len(index.sentences) - 1).text
    reply = Chatbot(larger).reply("Do flat feet cause neck pain?")
    assert reply.citations


@pytest.mark.parametrize("rows", [slice(0), slice(2, 7), slice(11, 12), [1, 9]])
def test_rows_come_over_and_over(rows: slice | list[int]) -> None:
    table = np.arange(10).reshape(5, 2)
    over = np.concatenate([table, table, table])
    assert np.array_equal(Repeated(table)[rows], over[rows])
