"""The beginning of an article that is missing."""

import json
from collections.abc import Sequence

_BODY = """\
Answer in the first sentence, in plain words: it is what readers get to see first.

## Why it happens

## What you can do

## When to be careful
"""


def draft_text(title: str, questions: Sequence[str]) -> str:
    """Return the file of a draft that answers the readers' `questions`."""
    lines = [
        "---",
        "# Nothing in drafts/ is read by Backbot. Write the answer, move this file to articles/,",
        "# and rebuild; the questions below are what readers asked, and will lead to it.",
        f"title: {json.dumps(title, ensure_ascii=False)}",
    ]
    if questions:
        lines.append("alternate_questions:")
        lines += [f"  - {json.dumps(each, ensure_ascii=False)}" for each in questions]
    return "\n".join([*lines, "---", "", _BODY])
