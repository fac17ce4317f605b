"""WordPress shortcodes: `[gallery ids="1,2"]`, `[caption]…[/caption]` and what plugins add."""

import re

_CODE = re.compile(
    r"(?P<open>\[)(?P<closing>/?)(?P<name>[A-Za-z][\w-]*)(?P<rest>(?:\s[^\[\]<>]*|\s*/|"
    r"=[^\[\]<>]*)?)\]"
)
# What stands between these two marks is an address or settings, not text.
_SILENT = (
    "embed|video|audio|playlist|gallery|youtube|vimeo|code_snippet|googlemaps?|contact-form-7|"
    "contact-form|soundcloud|instagram|twitter|tweet|wpvideo|archives|polldaddy|gravityform|"
    "ninja_form|wpforms|mc4wp_form"
)
_SILENT_PAIR = re.compile(rf"(?<!\[)\[({_SILENT})\b[^\]]*\](?:(?!\[\1\b).)*?\[/\1\]", re.I | re.S)
_KNOWN = frozenset(_SILENT.replace("?", "").split("|")) | {"caption", "wp_caption"}
_BLOCK = re.compile(r"<!--\s*wp:shortcode\b.*?-->.*?<!--\s*/wp:shortcode\s*-->", re.S)
_ATTRIBUTE = re.compile(r"""[\w-]+\s*=\s*(?:"|'|“|”|″|&quot;|&#8221;|[\w./:-])""")
_ESCAPED = re.compile(r"\[(\[[^\[\]]+\](?:.*?\[/[^\[\]]+\])?)\]", re.S)


def without_shortcodes(content: str) -> str:
    """Return a post's markup without its shortcodes; the words that one encloses stay.

    A word in brackets that is no shortcode, such as [sic] or [1], stays too: a shortcode is told
    by WordPress's own names, by attributes, or by its closing tag. `[[name]]` is how a post shows
    one, and becomes `[name]`.
    """
    kept: list[str] = []

    def keep(match: re.Match[str]) -> str:
        kept.append(match.group(1))
        return f"\x00{len(kept) - 1}\x00"

    text = _BLOCK.sub("", content.replace("\x00", " "))
    text = _ESCAPED.sub(keep, text)
    text = _SILENT_PAIR.sub("", text)
    closed = {match["name"].casefold() for match in _CODE.finditer(text) if match["closing"]}

    def drop(match: re.Match[str]) -> str:
        name = match["name"].casefold()
        is_code = name in _KNOWN or name in closed or bool(_ATTRIBUTE.search(match["rest"]))
        return "" if is_code else match.group()

    text = _CODE.sub(drop, text)
    return re.sub(r"\x00(\d+)\x00", lambda match: kept[int(match.group(1))], text)
