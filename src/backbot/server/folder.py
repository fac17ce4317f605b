"""Where templates, static files and catalogues are."""

from pathlib import Path

import backbot


def web_folder() -> Path:
    """Return the folder of all that browsers get: in the wheel, or in a checkout."""
    package = Path(backbot.__file__).parent
    packed = package / "web"
    return packed if packed.is_dir() else package.parents[1] / "web"
