"""Every call that the API description allows, and many that it does not, with every check on."""

import subprocess
import sys
from pathlib import Path

from serving import Server


def test_the_api_keeps_to_its_description(tiny_root: Path, tmp_path: Path) -> None:
    server = Server(tiny_root, tmp_path / "log", log_level="info")
    program = Path(sys.executable).with_name("schemathesis")
    description = f"http://127.0.0.1:{server.port}/api/openapi.json"
    try:
        done = subprocess.run(
            [
                *(program, "run", description, "--checks", "all", "--mode", "all", "--no-color"),
                *("--max-examples", "40", "--generation-database", "none"),
            ],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        assert server.stop() == 0
    assert done.returncode == 0, done.stdout + done.stderr
    assert "7 selected / 7 total" in done.stdout
    assert "Traceback" not in server.log.read_text()
