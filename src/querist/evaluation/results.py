"""The results file: one line of JSON a run, whole lines only, appended as the runs are done."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import IO

from querist.errors import CampaignInUse, InvalidInput
from querist.evaluation.runs import Run

__all__ = ["Results", "read_runs"]

_BEGINS = b'{"querist_run":'  # as add() writes a line


def read_runs(path: str | os.PathLike[str]) -> list[Run]:
    """The runs of a results file, in its order; a line that was torn off at the end does not count.

    Raises
    ------
    InvalidInput
        There is no such file, or a line within it is no run.
    """
    path = Path(path)
    if not path.is_file():
        raise InvalidInput(f"There is no results file {path}.", mend="Run the experiment first.")
    runs: dict[str, Run] = {}
    for run in _whole(path.read_bytes(), path):
        runs.setdefault(run.id, run)  # files may be joined with `cat`
    return list(runs.values())


class Results:
    """A results file that is being written, by one process at a time.

    What an interrupted writer left unfinished at the end is cut off when the next one opens the file.

    >>> import tempfile
    >>> with Results(tempfile.mkdtemp() + "/runs.jsonl") as results:
    ...     len(results.runs)
    0
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        if not self.path.absolute().parent.is_dir():
            raise InvalidInput(
                f"There is no folder {str(self.path.parent)!r}.", mend="Make it first, or write elsewhere."
            )
        self._file: IO[bytes] = self.path.open("a+b")
        try:
            _lock(self._file, self.path)
            self._file.seek(0)
            held = self._file.read()
            self.runs = {run.id: run for run in _whole(held, self.path)}
            whole = held.rfind(b"\n") + 1
            _check_torn(held[whole:], self.path)
            self._file.truncate(whole)
        except BaseException:
            self._file.close()
            raise

    def add(self, run: Run) -> None:
        """Write one run; it is on the disk when this returns."""
        line = json.dumps(run.as_json(), separators=(",", ":"), allow_nan=True)
        self._file.write(line.encode() + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())
        self.runs[run.id] = run

    def close(self) -> None:
        """Give the file back."""
        self._file.close()

    def __enter__(self) -> Results:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _whole(held: bytes, path: Path) -> Iterator[Run]:
    """The runs of the whole lines; what follows the last line break was never finished."""
    lines = held.split(b"\n")[:-1]
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            yield Run.from_json(json.loads(line))
        except InvalidInput as error:
            raise InvalidInput(f"Line {number} of {path}: {error.message}", mend=error.mend) from error
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise InvalidInput(
                f"Line {number} of {path} is no run: it begins {line[:40].decode(errors='replace')!r}.",
                mend="Name a file that querist bench wrote, or delete the line: its run is made again.",
            ) from error


def _check_torn(rest: bytes, path: Path) -> None:
    """What follows the last line break is a run of which the end is missing, or somebody's text."""
    if not rest.startswith(_BEGINS[: len(rest)]):
        raise InvalidInput(
            f"The end of {path} is no run: it begins {rest[:40].decode(errors='replace')!r}.",
            mend="Name a file that querist bench wrote, or a new one.",
        )


def _lock(file: IO[bytes], path: Path) -> None:
    """Keep the file to this process; the system lets go of it when the process ends, however it ends."""
    try:
        import fcntl
    except ImportError:  # Windows: appended lines are whole all the same
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise CampaignInUse(
            f"Another process is writing to {path}.", mend="Wait for it, or write to another file."
        ) from error
