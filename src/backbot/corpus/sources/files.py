"""Files from outside: read within bounds, decoded by what they say or show of themselves."""

import email
import email.policy
import re
import zlib
from pathlib import Path

from charset_normalizer import from_bytes

from backbot.errors import SourceError

_BOMS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\x00\x00", "utf-32-le"),
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
_DECLARED = re.compile(
    rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]{2,40})|"
    rb"<\?xml[^>]{0,100}?encoding\s*=\s*[\"']([\w.:-]{2,40})",
    re.I,
)
_HEAD = 8192
_PIECE = 1 << 20
_FEW = 0.1
# What no text holds, in the encodings that one byte at a time or UTF-8 covers: C0 controls but for
# tabs, the ends of lines and pages, and the escape of ISO-2022.
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\v\f\r\x1b"))


def read_bounded(path: Path, most: int) -> bytes:
    """Return the bytes of the file at `path`, unzipped if it is gzipped.

    Raises `SourceError` where it cannot be read, is empty, or has more than `most` bytes.
    """
    try:
        with path.open("rb") as file:
            content = file.read(most + 1)
    except OSError as error:
        raise SourceError(f"{path} cannot be read ({error.strerror}).") from None
    if len(content) > most:
        raise too_large(str(path), most)
    if content.startswith(b"\x1f\x8b"):
        content = gunzip(content, most, str(path))
    if not content.strip():
        raise SourceError(f"{path} is empty; there is nothing to import.")
    return content


def gunzip(content: bytes, most: int, name: str) -> bytes:
    """Return gzipped `content` unzipped; raises `SourceError` beyond `most` bytes."""
    try:
        unpacker = zlib.decompressobj(wbits=31)
        unzipped = unpacker.decompress(content, most + 1)
    except zlib.error:
        raise SourceError(f"{name} is damaged: it cannot be unzipped.") from None
    if len(unzipped) > most:
        raise too_large(name, most)
    return unzipped


def too_large(name: str, most: int) -> SourceError:
    return SourceError(
        f"{name} has more than {most // 2**20} MB, which is more than is read of one file; split "
        "it, or export less at once."
    )


def is_binary(content: bytes) -> bool:
    """Tell whether `content` has more control characters than a text of that length would."""
    return len(content) - len(content.translate(None, _CONTROLS)) > len(content) // 100


def is_web_archive(content: bytes) -> bool:
    """Tell whether `content` is a page that a browser saved as one file (MHTML, RFC 2557)."""
    head = content[:2048].lower()
    return b"mime-version:" in head and b"multipart/related" in head


def page_of_archive(content: bytes, name: str) -> tuple[bytes, str]:
    """Return the page in a web archive, in UTF-8, and the address that it was saved from.

    Raises `SourceError` where there is no page in it.
    """
    message = email.message_from_bytes(content, policy=email.policy.default)
    for part in message.walk():
        if part.get_content_type() in ("text/html", "application/xhtml+xml"):
            payload = part.get_payload(decode=True)
            raw = payload if isinstance(payload, bytes) else b""
            text = decode(raw, name, declared=part.get_content_charset())
            address = part.get("content-location") or message.get("snapshot-content-location")
            return text.encode("utf-8", "replace"), str(address or "").strip()
    raise SourceError(f"{name} is a web archive without a page in it; save the page anew.")


def decode(content: bytes, name: str, *, declared: str | None = None) -> str:
    """Return the text of `content`.

    A byte order mark counts most, then UTF-8 if it is, then what the file or `declared` names,
    then what the bytes look like. Raises `SourceError` where it is no text at all.
    """
    for mark, encoding in _BOMS:
        if content.startswith(mark):
            try:
                return content[len(mark) :].decode(encoding)
            except UnicodeDecodeError as error:
                shown = encoding.upper().removesuffix("-LE").removesuffix("-BE")
                raise SourceError(
                    f"{name} is not {shown} (byte {len(mark) + error.start + 1}); save it as UTF-8 "
                    "and try again."
                ) from None
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        pass
    named = declared or _declared(content)
    if named:
        try:
            return content.decode(_web_name(named))
        except (LookupError, UnicodeDecodeError):
            pass
    if is_binary(content):
        raise SourceError(f"{name} is not text; name a file that Backbot can read.")
    if sum(byte > 127 for byte in content[:_PIECE]) < _FEW * len(content[:_PIECE]):
        # Too few letters beyond ASCII to tell languages by; browsers take it for this one too.
        return content.decode("cp1252", "replace")
    best = from_bytes(content[: 4 * _PIECE]).best()
    try:
        return content.decode(best.encoding if best else "cp1252", "replace")
    except LookupError:
        return content.decode("cp1252", "replace")


def _declared(content: bytes) -> str | None:
    found = _DECLARED.search(content[:_HEAD])
    return (found.group(1) or found.group(2)).decode("ascii", "ignore") if found else None


def _web_name(name: str) -> str:
    """Return the encoding that browsers take a name for (WHATWG Encoding, section 4.2)."""
    plain = name.strip().casefold()
    return "cp1252" if plain in ("iso-8859-1", "latin1", "latin-1", "us-ascii", "ascii") else plain
