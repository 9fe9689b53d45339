"""The script of the two commands: what fails is told, and not taken for done."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("command", ["setup", "demo", "check"])
def test_an_installation_that_fails_ends_the_command_and_is_tried_again(tmp_path: Path, command: str) -> None:
    for name in ("dev", "pyproject.toml", "constraints.txt", "hatch_build.py"):
        shutil.copy(ROOT / name, tmp_path / name)
    for path in ("bin/uv", ".venv/bin/python"):
        program = tmp_path / path
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text("#!/bin/sh\necho no network >&2\nexit 3\n", encoding="utf-8")
        program.chmod(0o755)
    around = {**os.environ, "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}", "QUERIST_VENV": ".venv"}
    done = subprocess.run(
        ["./dev", command], cwd=tmp_path, env=around, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 3 and "no network" in done.stderr
    assert not list((tmp_path / ".venv").glob(".querist-*"))
