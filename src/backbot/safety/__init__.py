"""Safety notices: the right words first when a message tells of a listed warning sign.

This recognises what is written in data/safety, never an illness, and no clinician has reviewed it.
"""

from backbot.safety.model import Finding as Finding
from backbot.safety.recognise import Recogniser as Recogniser
