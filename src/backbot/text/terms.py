"""The terms that lexical retrieval counts: folded words, stop words out, stemmed."""

import re
from functools import lru_cache

import Stemmer

from backbot.text.clean import fold

_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_RUN = re.compile(r"\w+")
_STEMMER = Stemmer.Stemmer("english", 0)

# Words that say how a question is built, not what it is about. Taking them out was the largest
# single gain in retrieval quality that was measured; negations stay in the text but not in here,
# since BM25 cannot use them.
STOP_WORDS = frozenset(
    """
    a about above after again against all also am an and any are aren't as at be because been
    before being below between both but by can can't cannot could couldn't did didn't do does
    doesn't doing don't down during each either else ever every few for from further get gets
    getting give go goes going gone got had hadn't has hasn't have haven't having he he'd he'll
    he's her here here's hers herself him himself his how how's i i'd i'll i'm i've if in into is
    isn't it it'd it'll it's its itself just know let let's like make makes many may maybe me
    might mine more most much must my myself need needs no nor not now of off ok okay on once one
    only or other our ours ourselves out over own please quite rather really same say says she
    she'd she'll she's should shouldn't so some something such tell than thanks that that's the
    their theirs them themselves then there there's these they they'd they'll they're they've
    thing things this those though through to too under until up upon us use used using very was
    wasn't way we we'd we'll we're we've well were weren't what what's when when's where where's
    whether which while who who's whom whose why why's will with without won't would wouldn't yet
    you you'd you'll you're you've your yours yourself yourselves
    dont doesnt didnt isnt arent cant couldnt wont wouldnt shouldnt havent hasnt im ive id youre
    thats whats hows theres lets gonna wanna gotta
    """.split()
)


def words(text: str) -> list[str]:
    """Return the folded words of `text`, in order, stop words and all."""
    return _WORD.findall(fold(text))


def whole_words(text: str) -> frozenset[str]:
    """Return the folded runs of letters and figures in `text`, parted at apostrophes too."""
    return frozenset(_RUN.findall(fold(text)))


def terms(text: str) -> list[str]:
    """Return the terms of `text`, in order and with repeats: stop words out, English stems."""
    return [stem(word) for word in words(text) if word not in STOP_WORDS]


@lru_cache(maxsize=65536)
def is_content(word: str) -> bool:
    """Tell whether `word` says what a text is about, rather than how it is built."""
    plain = fold(word)
    return len(plain) > 1 and plain not in STOP_WORDS and any(map(str.isalnum, plain))


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """Return the Snowball English stem of a folded word, its possessive taken off."""
    bare = word.removesuffix("'s").replace("'", "")
    return str(_STEMMER.stemWord(bare))
