"""A site of any size, made by rules: articles in which hardly a sentence stands twice.

The same number gives the same article, whatever else is made.
"""

import itertools
import random
from collections.abc import Iterator
from pathlib import Path

PARTS = (
    "upper back|neck|lower back|shoulder|shoulder blade|hip|knee|calf|foot arch|ankle|rib cage|"
    "chest|jaw|wrist|elbow|thigh|hamstring|mid back|collarbone|heel|big toe|forearm|tailbone|groin"
).split("|")
TIMES = (
    "after a long drive|in the morning|at a desk|on the stairs|after lifting a child|"
    "in cold weather|late in the day|after gardening|on a soft mattress|during a long flight|"
    "after a run|"
    "while cooking|on a bicycle|after painting a ceiling|in a low chair|with a heavy bag|"
    "while reading in bed|after a week of rest|on hard floors|in narrow shoes|"
    "while standing in line"
).split("|")
HOW = (
    "stiff|sore|tight|tired|heavy|tender|cramped|weak|restless|numb with cold|achy|knotted|"
    "sensitive|locked up|swollen|shaky"
).split("|")
DO = (
    "walk for {n} minutes|breathe out slowly {n} times|roll it over a soft ball for {n} minutes|"
    "put a warm towel on it for {n} minutes|stand up every {n} minutes|lie flat for {n} minutes|"
    "let the arms swing for {n} steps|hold a gentle stretch for {n} seconds|"
    "lean on a wall for {n} seconds|raise both heels {n} times|turn the head from side to side {n} "
    "times|shift your weight {n} times|write down what you did {n} hours before|"
    "change the height of the chair by {n} centimetres|rest it on a pillow for {n} minutes|"
    "tighten and let go {n} times"
).split("|")
SENTENCES = (
    "The {a} often feels {h} {t} because the {b} has to hold still for hours.",
    "When the {b} gives way, the {a} works harder, and {t} it may become {h}.",
    "To ease a {h} {a}, {d}, and see how the {b} feels afterwards.",
    "If your {a} is {h} {t}, {d} before you try anything else.",
    "A {h} {a} {t} is rarely a sign of damage, and the {b} usually settles within {n} days.",
    "Many people who notice a {h} {b} {t} never think of the {a}.",
    "Pressure on the {a} can add to a {h} {b}, above all {t}.",
    "You can {d}, then move the {a} and the {b} through their whole range.",
    "See a doctor when the {a} stays {h} for more than {n} weeks or the {b} goes numb.",
    "The {b} and the {a} share a chain of muscles, so what makes one {h} {t} can reach the other.",
    "Avoid pushing into a {h} {a} {t}; it helps more to {d}.",
    "One reader wrote to us that her {a} was {h} {t} until she began to {d}.",
    "It is common for the {a} to feel {h} about {n} hours after the {b} was overworked {t}.",
    "Strong muscles around the {b} take load off the {a}, which matters {t}.",
    "Try this {t}: {d}, and let the {a} hang loose while the {b} rests.",
    "A {h} {b} changes how you stand, and the {a} pays for it {t}.",
)
HEADINGS = (
    "Why the {a} gets {h} {t}",
    "What to do about a {h} {a} {t}",
    "When to see a doctor about the {a}",
    "How the {b} and the {a} hang together",
)
TITLES = (
    "Why Is My {a} So {h} {t}?",
    "What Helps a {h} {a} {t}?",
    "How the {b} Makes the {a} {h} {t}",
    "Can a {h} {b} Come From the {a} {t}?",
)


class Writer:
    """Writes sentences by rules, the same for the same number."""

    def __init__(self, number: int) -> None:
        self._chance = random.Random(f"article {number}")
        self._combinations = len(PARTS) * len(TIMES) * len(HOW) * len(TITLES)
        self.number = number

    def title(self) -> str:
        """Return the article's title; the first 32,256 have each their own."""
        ways = itertools.product(TITLES, PARTS, HOW, TIMES)
        # 5,003 is prime to the number of ways, so neighbouring articles are about other things.
        place = self.number * 5003 % self._combinations
        pattern, part, how, time = next(itertools.islice(ways, place, None))
        other = PARTS[(PARTS.index(part) + 1 + self.number) % len(PARTS)]
        return pattern.format(a=part.title(), b=other.title(), h=how.title(), t=time.title())

    def say(self, pattern: str) -> str:
        """Return a sentence after `pattern`, in words drawn by chance."""
        pick = self._chance
        part, other = pick.sample(PARTS, 2)
        number = pick.randint(2, 90)
        action = pick.choice(DO).format(n=pick.randint(2, 90))
        return pattern.format(
            a=part, b=other, h=pick.choice(HOW), t=pick.choice(TIMES), n=number, d=action
        )

    def paragraph(self, sentences: int) -> str:
        return " ".join(self.say(self._chance.choice(SENTENCES)) for _ in range(sentences))

    def body(self) -> str:
        """Return about 30 sentences in sections, 500 to 600 words."""
        parts = [self.paragraph(4)]
        for heading in HEADINGS:
            parts += [f"## {self.say(heading)}", self.paragraph(4), self.paragraph(2)]
        parts.append("\n".join(f"- {self.paragraph(1)}" for _ in range(3)))
        if self.number % 2:
            near = f"/read/article-{self.number - 1:05}"
            parts.append(f"{self.paragraph(1)} More is [in another article]({near}).")
        return "\n\n".join(parts)


def article(number: int) -> tuple[str, str]:
    """Return title and Markdown body of article `number`."""
    writer = Writer(number)
    return writer.title(), writer.body()


def articles(count: int) -> Iterator[tuple[str, str]]:
    """Yield title and Markdown body of `count` articles."""
    return map(article, range(count))


def corpus_file(title: str, body: str) -> str:
    """Return an article as a corpus file."""
    return f'---\ntitle: "{title}"\ndate: 2024-05-01\n---\n\n{body}\n'


def write_site(folder: Path, count: int) -> list[Path]:
    """Write a corpus of `count` articles into `folder` and return its files."""
    (folder / "articles").mkdir(parents=True)
    written = []
    for number, (title, body) in enumerate(articles(count)):
        path = folder / "articles" / f"article-{number:05}.md"
        path.write_text(corpus_file(title, body), encoding="utf-8")
        written.append(path)
    return written
