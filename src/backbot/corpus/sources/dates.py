"""The day on which something was published, in the many ways in which sources write it."""

import datetime
import re
from email.utils import parsedate_to_datetime

_ISO = re.compile(r"\s*(\d{4})-?(\d{2})-?(\d{2})(?=$|[\sT])")
_WRITTEN = ("%B %d, %Y", "%b %d, %Y", "%d %B %Y", "%d %b %Y", "%Y/%m/%d", "%d.%m.%Y", "%Y%m%d")


def day_of(*texts: str | None) -> datetime.date | None:
    """Return the first day that one of `texts` names; days that do not exist are passed over."""
    for text in texts:
        if text and (day := _day(text.strip())):
            return day
    return None


def _day(text: str) -> datetime.date | None:
    if found := _ISO.match(text):
        year, month, day = map(int, found.groups())
        try:
            return datetime.date(year, month, day)
        except ValueError:
            return None
    try:
        return parsedate_to_datetime(text).date()
    except (TypeError, ValueError, IndexError, OverflowError):
        pass
    plain = re.sub(r"(\d)(?:st|nd|rd|th)\b", r"\1", text)
    for form in _WRITTEN:
        try:
            return datetime.datetime.strptime(plain, form).date()
        except ValueError:
            continue
    return None
