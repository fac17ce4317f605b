"""Learns what vectors are turned by and writes `src/backbot/data/axes.npz`.

    python bench/quality/train_axes.py INDEX:SET[,SET...] [INDEX:SET...] [--claims FOLDER]
        [--left-out SET ...] [--to FILE]

The encoder was trained for texts that are like each other; what answers a question seldom is like
it. So the mean tokens of a question, of four of the encoder's layers, are turned towards the
sentences that hold the evidence and away from the others, and from all of them where the corpus has
no answer (`learn_aim.py`). The 96 directions in which the words of a question are compared with
those of a sentence are turned, from the principal ones on, so that questions which the corpus
answers are told from those that it does not (`learn_meeting.py`). Both learn from the sets and from
the indexes' own bank; the aim also from SciFact's training claims (`--claims`, a folder with
queries.train.jsonl, qrels.train.tsv and corpus.jsonl), of which any sentence of the right abstract
may be the one. `--left-out` learns without some sets, to measure them by an index that is built
with what was learned (rebuild, `backbot evaluate`, learn anew with all). Prints how often a
sentence with evidence comes first, before and after. Held-out sets are for nobody to name here.

Sources: listwise training after Cao et al. (2007), "Learning to rank: from pairwise approach to
listwise approach", ICML; only the question's side of the embedding is trained, as in Lee et al.
(2021), "Learning dense representations of phrases at scale", ACL; "none of them" beside the others
as in Clark and Gardner (2018), "Simple and effective multi-paragraph reading comprehension", ACL;
late interaction after Khattab and Zaharia (2020), "ColBERT", SIGIR; part of the way from what was
there, after Wortsman et al. (2022), "Robust fine-tuning of zero-shot models", CVPR.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from examples import Example, Reader, of_bank, of_claims, of_set
from learn_aim import Aim, first_right, learn_aim
from learn_meeting import learn_meeting

from backbot.index import axes, export

# How far towards what was learned. All the way serves these corpora best and others less: words
# that are about something else here are then taken for that everywhere (sciatica).
AIM_SHARE = 0.8
MEETING_SHARE = 0.65


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sets", nargs="+", metavar="INDEX:SET[,SET...]")
    parser.add_argument("--claims", type=Path)
    parser.add_argument("--left-out", type=Path, nargs="*", default=[])
    parser.add_argument("--to", type=Path, default=Path(str(axes.LEARNED)))
    options = parser.parse_args()
    torch.set_num_threads(1)
    checkpoint = export.find_checkpoint(None)
    read = Reader(checkpoint)
    parts: dict[Path, list[Example]] = {}
    for root, paths in map(_parted, options.sets):
        parts |= {path: list(of_set(root, path, read)) for path in paths}
        parts[root] = list(of_bank(root, read))
    if options.claims:
        parts[options.claims] = list(of_claims(options.claims, read))
    taught = [each for path, part in parts.items() if path not in options.left_out for each in part]
    start = axes.principal_axes(export.load_reference(checkpoint))
    untaught, aim = Aim(len(start)), learn_aim(taught)
    for path, part in parts.items():
        if not any(each.right.any() for each in part):
            continue  # an index's bank
        unseen = " (left out)" if path in options.left_out else ""
        before, after = first_right(part, untaught), first_right(part, aim)
        print(f"{path.name}{unseen}: {len(part)}, first right {before:.3f}, then {after:.3f}")
    meeting = learn_meeting(taught, start)
    with torch.no_grad():
        principal = torch.from_numpy(start)
        learned = axes.Axes(
            torch.lerp(principal, meeting.sentence, MEETING_SHARE).numpy(),
            torch.lerp(principal, meeting.question, MEETING_SHARE).numpy(),
            torch.lerp(untaught.turn, aim.turn, AIM_SHARE).numpy(),
        )
    # Half as many digits turn no sentence into another.
    halves = {name: each.astype(np.float16) for name, each in learned._asdict().items()}
    np.savez(options.to, **halves)


def _parted(argument: str) -> tuple[Path, list[Path]]:
    root, _, paths = argument.partition(":")
    return Path(root), [Path(path) for path in paths.split(",")]


if __name__ == "__main__":
    main()
