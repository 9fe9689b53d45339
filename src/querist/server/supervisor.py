"""Keeps a learner running beside the server: starts it, listens to it, and starts it again."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from querist.server.protocol import Report

__all__ = ["Supervisor"]

_STEADY = 60.0  # seconds of life after which a crash counts as the first again
_LOG_LIMIT = 1 << 20
_DEATH = 10.0  # seconds that a killed process may take to be gone, on a machine that has others to see to


class Supervisor:
    """Runs the learner as a child process, and a new one whenever it dies.

    ``heard`` is called (from a thread of the supervisor's own) with every report.  After the n-th
    crash in a row the next start waits ``backoff * 2**(n-1)`` seconds, a minute at most.

    Parameters
    ----------
    folder : Path
        The campaign's folder.  What the learner writes to its error stream goes to ``learner.log`` there.
    command : sequence of str, optional
        What to run instead of ``python -m querist.server.learner FOLDER``.
    threads : int
        How many threads numeric libraries may take in it.
    """

    def __init__(
        self,
        folder: Path,
        heard: Callable[[Report], None],
        *,
        command: Sequence[str] | None = None,
        backoff: float = 1.0,
        threads: int = 1,
    ) -> None:
        self.folder = folder
        self.heard = heard
        self.command = list(command or (sys.executable, "-m", "querist.server.learner", str(folder)))
        self.backoff = backoff
        self.threads = str(threads)
        self.crashes = 0
        self._process: subprocess.Popen[str] | None = None
        self._waking = threading.Lock()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="learner-supervisor", daemon=True)

    @property
    def pid(self) -> int | None:
        """The learner's process id while it runs."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    def start(self) -> None:
        """Start the learner, and watch it from now on."""
        self._thread.start()

    def wake(self) -> None:
        """Tell the learner that the log has grown; never blocks, never fails."""
        process = self._process
        if process is None or process.stdin is None:
            return
        with self._waking, contextlib.suppress(OSError):  # it died, or its pipe is full of wake-ups
            if not process.stdin.closed:
                os.write(process.stdin.fileno(), b"\n")

    def stop(self, patience: float = 3.0) -> None:
        """End the learner, gently if it listens within ``patience`` seconds."""
        self._stopping.set()
        self._end(patience)
        if self._thread.is_alive():
            self._thread.join(patience)

    def _end(self, patience: float = 3.0) -> None:
        process = self._process
        if process is not None and process.poll() is None:
            process.terminate()
            try:
                process.wait(patience)
            except subprocess.TimeoutExpired:
                process.kill()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(_DEATH)

    def _run(self) -> None:
        while not self._stopping.is_set():
            began = time.monotonic()
            try:
                cause = _cause(self._live())
            except Exception as error:  # no memory for a process, no room for its log, a fault of the hearer
                self._end()
                cause = f"{type(error).__name__}: {error}"
            if self._stopping.is_set():
                return
            self.crashes = 1 if time.monotonic() - began > _STEADY else self.crashes + 1
            delay = min(60.0, self.backoff * 2 ** (self.crashes - 1))
            note = f"The learner stopped ({cause}); it starts again in {delay:.0f} s. Labelling goes on."
            self.heard(Report("failed", note=note))
            self._stopping.wait(delay)

    def _live(self) -> int:
        """One life of the learner; its exit code."""
        errors = self.folder / "learner.log"
        if errors.exists() and errors.stat().st_size > _LOG_LIMIT:
            errors.unlink()
        environment = {
            **os.environ,
            "OMP_NUM_THREADS": self.threads,
            "OPENBLAS_NUM_THREADS": self.threads,
            "MKL_NUM_THREADS": self.threads,
        }
        with open(errors, "ab") as error_log:
            self._process = process = subprocess.Popen(
                self.command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=error_log,
                text=True,
                bufsize=1,
                env=environment,
                encoding="utf-8",
            )
        assert process.stdin is not None and process.stdout is not None
        os.set_blocking(process.stdin.fileno(), False)
        if self._stopping.is_set():
            process.terminate()
        with process:
            try:
                self.heard(Report("starting"))
                for line in process.stdout:
                    if report := Report.read(line):
                        if report.published:
                            self.crashes = 0
                        self.heard(report)
            finally:
                with self._waking:  # whoever is writing has its number, which may soon be another file's
                    process.stdin.close()
        return process.returncode


def _cause(code: int) -> str:
    if code < 0:
        try:
            return f"killed by {signal.Signals(-code).name}"
        except ValueError:
            return f"killed by signal {-code}"
    return f"exit code {code}; the cause is in learner.log"
