"""Safety notices: the right words first when a message tells of a listed warning sign.

This recognises what is written in data/safety, never an illness, and no clinician has reviewed it.
"""

from backbot.safety.model import Finding as Finding
from backbot.safety.recognise import Recogniser as Recogniser
from backbot.safety.wording import Wording as Wording
from backbot.safety.wording import notice_for as notice_for
from backbot.safety.wording import read_wording as read_wording
