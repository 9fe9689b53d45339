"""Runs one cell of the table in a process of its own, under a limit of time and of memory."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import tempfile
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from works import Work

HERE = Path(__file__).parent
_READY = 300.0  # seconds to import, draw the inputs, and compile


@dataclass(frozen=True)
class Bounds:
    """How much a cell may take."""

    seconds: float = 120.0
    memory: int = 16 << 30
    runs: int = 3


def run(python: str, work: Work, n: int, who: str, bounds: Bounds) -> dict[str, Any]:
    """The record of one cell: its least seconds and added MB, or how it failed."""
    asked = {
        "work": work.name,
        "n": n,
        "who": who,
        "shape": asdict(work.shape),
        "memory": bounds.memory,
        "runs": bounds.runs,
        "enough": bounds.seconds / 4,
    }
    record: dict[str, Any] = {"work": work.name, "n": n, "who": who}
    with tempfile.TemporaryFile("w+") as told:
        process = subprocess.Popen(
            [python, str(HERE / "cell.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=told,
            text=True,
            env=_environment(),
        )
        assert process.stdin is not None
        process.stdin.write(json.dumps(asked) + "\n")
        process.stdin.close()
        answers, failed = _answers(process, bounds.seconds)
        told.seek(0)
        errors = told.read()
    record["version"] = next((one["version"] for one in answers if "version" in one), "")
    runs = [one for one in answers if "seconds" in one]
    if runs:
        record["seconds"] = min(one["seconds"] for one in runs)
        record["added_mb"] = min(one["added_mb"] for one in runs)
        record["runs"] = len(runs)
    else:
        said = next((one["failed"] for one in answers if "failed" in one), "")
        record["failed"] = said or failed or _end_of(process.returncode, errors)
    return record


def _environment() -> dict[str, str]:
    """Ours, with querist's own tree to be found."""
    paths = [str(HERE.parents[1] / "src"), os.environ.get("PYTHONPATH", "")]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in paths if path)}


def _answers(process: subprocess.Popen[str], seconds: float) -> tuple[list[dict[str, Any]], str]:
    """Every line that the process says, and why it was ended if it was."""
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()

    def listen() -> None:
        assert process.stdout is not None
        with process.stdout as said:
            for line in said:
                lines.put(line)
        lines.put("")

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    answers: list[dict[str, Any]] = []
    until, ready = time.monotonic() + _READY, False
    while True:
        try:
            line = lines.get(timeout=max(0.01, until - time.monotonic()))
        except queue.Empty:
            process.kill()
            process.wait()
            listener.join()
            return answers, f"over {seconds:g} s" if ready else f"over {_READY:g} s on a small pool"
        if not line:
            process.wait()
            return answers, ""
        answers.append(json.loads(line))
        if not ready and answers[-1].get("ready"):
            ready, until = True, time.monotonic() + seconds


def _end_of(status: int, errors: str) -> str:
    """What became of a process that said nothing."""
    if "MemoryError" in errors or "allocate" in errors or "bad_alloc" in errors or status == -signal.SIGKILL:
        return "out of memory"
    last = next((line for line in reversed(errors.splitlines()) if line.strip()), "")
    return f"ended with status {status}: {last}"[:200]
