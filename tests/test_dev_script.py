"""The script of the two commands: what fails is told, and not taken for done."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


UNREACHABLE = (
    "error: Request failed after 3 retries in 9.3s\n  cause: Failed to fetch: http://127.0.0.1:9/simple/"
)
NONE_THERE = "error: No solution found when resolving dependencies\n  cause: there is no version of torch"


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A copy of the script with what it reads, and a machine that has Chromium and PostgreSQL."""
    for name in ("dev", "pyproject.toml", "constraints.txt", "hatch_build.py"):
        shutil.copy(ROOT / name, tmp_path / name)
    for name in ("chromium", "initdb"):
        write(tmp_path / "bin" / name, "exit 0")
    return tmp_path


def dev(place: Path, command: str) -> subprocess.CompletedProcess[str]:
    around = {**os.environ, "PATH": f"{place / 'bin'}:{os.environ['PATH']}", "QUERIST_VENV": ".venv"}
    return subprocess.run(
        ["./dev", command], cwd=place, env=around, capture_output=True, text=True, timeout=300, check=False
    )


@pytest.mark.parametrize("command", ["setup", "demo", "check"])
def test_an_installation_that_fails_ends_the_command_and_is_tried_again(place: Path, command: str) -> None:
    for path in ("bin/uv", ".venv/bin/python"):
        write(place / path, "echo no network >&2\nexit 3")
    done = dev(place, command)
    assert done.returncode == 3 and "no network" in done.stderr
    assert not list((place / ".venv").glob(".querist-*"))


def tries(place: Path, command: str, says: str) -> tuple[str, int]:
    """What the command says where uv says this of torch, and how often it tried to install it."""
    (place / "says").write_text(says, encoding="utf-8")
    write(place / "bin/uv", """case "$*" in *torch==*) echo x >>tries; cat says >&2; [ ! -s says ];; esac""")
    write(place / ".venv/bin/python", """case "$*" in *import*) exit 1;; esac""")
    (place / "tries").write_text("", encoding="utf-8")
    return dev(place, command).stdout, len((place / "tries").read_text("utf-8").split())


def test_torch_is_tried_again_after_a_failure_of_the_network(place: Path) -> None:
    for command in ("setup", "test", "test"):
        told, times = tries(place, command, UNREACHABLE)
        assert times == 1 and "just now" in told and "Failed to fetch" in told, told
    told, times = tries(place, "test", "")
    assert times == 1 and "torch" not in told


def test_torch_that_is_not_to_be_had_is_asked_for_again_by_the_setup_alone(place: Path) -> None:
    told, times = tries(place, "test", NONE_THERE)
    assert times == 1 and "not to be had" in told
    assert [tries(place, command, NONE_THERE)[1] for command in ("test", "setup", "test")] == [0, 1, 0]
    lacking = place / ".venv/.querist-no-torch"
    lacking.write_text("torch==1.0.0+cpu\n", encoding="utf-8")
    assert tries(place, "test", NONE_THERE)[1] == 1, "another version was looked for then"
