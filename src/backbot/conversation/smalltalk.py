"""Greetings, thanks and the like: messages that want no article."""

import re

from backbot.text.clean import fold

_SPACE = re.compile(r"[^\w' ]+")
# A message is small talk only as a whole: "thanks, and my neck?" is a question.
_FILL = r"(?: (?:there|again|backbot|bot|so|very|much|a lot|lots|for that|for (?:your|the) (?:help|answer|tips?|advice|info|information)|now|then|all|everyone|friend|mate|guys|and (?:bye|goodbye)))*"
_PATTERNS = (
    ("greeting", rf"(?:hi|hello|hey|hiya|howdy|good (?:morning|afternoon|evening|day)|greetings|yo|hi hi|how are you(?: doing)?(?: today)?|what's up){_FILL}"),
    ("thanks", rf"(?:ok |okay |great |perfect |wonderful |cool |nice |oh |awesome |many |big )*(?:thanks|thank you|thankyou|thx|ty|cheers|much appreciated|i appreciate (?:it|that)|that (?:helps|helped|was helpful)|very helpful|that's (?:helpful|great|perfect)){_FILL}"),
    ("goodbye", rf"(?:ok |okay )*(?:bye|goodbye|bye bye|see you(?: later| soon| tomorrow)?|good night|goodnight|that's all|that is all|talk to you later|cya|have a (?:good|nice|great) (?:day|one|evening|night|weekend)){_FILL}"),
    ("identity", r"(?:who|what) are you|are you (?:a |an )?(?:bot|robot|human|real(?: person)?|person|machine|computer|ai|doctor|chatbot|a real (?:human|person))|what(?:'s| is) your name|who (?:made|built|created|runs?) (?:you|this)|am i (?:talking|speaking|chatting) (?:to|with) (?:a |an )?(?:bot|robot|human|person|real person|machine|computer|ai)"),
    ("ability", r"what can you do(?: for me)?|what do you do|how (?:do|does) (?:you|this|it) work|what can i ask(?: you)?|can you help(?: me)?|help(?: me)?|what (?:is|are) (?:this|you) (?:for|about)|how can you help(?: me)?|what (?:topics|questions|things) (?:can|do) you (?:cover|answer|know)"),
    ("acknowledged", r"(?:ok|okay|k|alright|all right|fine|cool|great|nice|good|perfect|got it|i see|understood|sure|right|hm+|oh|ah|wow|lol|haha|no|nope|yes|yeah|yep|yup|maybe)(?: (?:ok|okay|then|cool|great|thanks|i see|got it|sure|good))*"),
)  # fmt: skip
_COMPILED = tuple((name, re.compile(pattern)) for name, pattern in _PATTERNS)


def recognise(text: str) -> str | None:
    """Return which kind of small talk the whole of `text` is, or None."""
    plain = " ".join(_SPACE.sub(" ", fold(text)).split())
    for name, pattern in _COMPILED:
        if pattern.fullmatch(plain):
            return name
    return None
