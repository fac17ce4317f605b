"""Draw docs/performance/*.json as small SVG files beside them.

python bench/plots.py
"""

import json
from html import escape
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "docs" / "performance"
ROW, LEFT, WIDTH = 26, 190, 640
NAMES = {
    "backbot": "Backbot, whole reply",
    "txtai": "txtai",
    "plain": "plain script",
    "cairn": "cairn-assistant",
    "haystack": "haystack-ai",
}


def bars(title: str, rows: list[tuple[str, float]], unit: str) -> str:
    """Return an SVG of horizontal bars, readable on light and dark pages."""
    most = max(value for _, value in rows)
    height = ROW * (len(rows) + 1) + 10
    drawn = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'aria-label="{escape(title)}" font-family="sans-serif" font-size="13" fill="#777">',
        f'<text x="4" y="18" font-weight="bold">{escape(title)}</text>',
    ]
    for place, (name, value) in enumerate(rows, start=1):
        top = place * ROW + 4
        width = max(1, round((WIDTH - LEFT - 90) * value / most))
        drawn += [
            f'<text x="4" y="{top + 15}">{escape(name)}</text>',
            f'<rect x="{LEFT}" y="{top + 2}" width="{width}" height="{ROW - 8}" fill="#3b82a0"/>',
            f'<text x="{LEFT + width + 6}" y="{top + 15}">{value:g} {unit}</text>',
        ]
    return "\n".join([*drawn, "</svg>", ""])


def main() -> None:
    growth = json.loads((FOLDER / "growth.json").read_text(encoding="utf-8"))
    rows = [
        (f"{each['passages']:,} passages", each["reply_processor_ms"])
        for each in growth
        if "note" not in each
    ]
    title = "A whole reply, processor time"
    (FOLDER / "growth.svg").write_text(bars(title, rows, "ms"), encoding="utf-8")
    peers = json.loads((FOLDER / "peers.json").read_text(encoding="utf-8"))
    rows = [(name, peers[key]["processor_ms"]) for key, name in NAMES.items() if key in peers]
    title = f"One question among {peers['passages']:,} passages, processor time"
    (FOLDER / "peers.svg").write_text(bars(title, rows, "ms"), encoding="utf-8")
    build = json.loads((FOLDER / "build.json").read_text(encoding="utf-8"))
    for name, unit, title in (
        ("wall_s", "s", "Building an index from nothing, by the clock"),
        ("peak_mb", "MB", "Building an index from nothing, memory at its most"),
    ):
        rows = [(f"{each['passages']:,} passages", each[name]) for each in build]
        path = FOLDER / f"build-{'time' if unit == 's' else 'memory'}.svg"
        path.write_text(bars(title, rows, unit), encoding="utf-8")
    stored = json.loads((FOLDER / "postgres.json").read_text(encoding="utf-8"))["large"]
    rows = [
        (f"{name}, {share}", stored[key][f"{share}_ms"])
        for key, name in (("files", "files"), ("postgresql", "PostgreSQL"))
        for share in ("p50", "p95")
    ]
    title = f"A whole reply among {stored['passages']:,} passages, by the clock"
    (FOLDER / "postgres.svg").write_text(bars(title, rows, "ms"), encoding="utf-8")


if __name__ == "__main__":
    main()
