"""One writer to a folder at a time."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from types import TracebackType
from typing import IO

from querist.errors import CampaignInUse, StorageError

__all__ = ["FolderLock"]

_WRITTEN = ("lock", "campaign.db", "features", "models")  # by whoever holds the lock, beside new files


class FolderLock:
    """The right to change a campaign's folder, held by one process at a time.

    The operating system gives it back when the process ends, however it ends: a killed server
    never leaves a folder locked.  The lock file says who holds it, for the message.

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> with FolderLock(folder):
    ...     (folder / "lock").exists()
    True
    """

    def __init__(self, folder: Path, *, patience: float = 0.0) -> None:
        self.path = folder / "lock"
        for part in (folder, *(folder / name for name in _WRITTEN)):
            if part.exists() and not os.access(part, os.W_OK):
                raise _not_writable(folder, part)
        self._file: IO[str] | None = open(self.path, "a+", encoding="utf-8")  # noqa: SIM115
        until = time.monotonic() + patience
        while not _try_lock(self._file):
            if time.monotonic() >= until:
                holder = _holder(self.path)
                self._file.close()
                self._file = None
                raise CampaignInUse(
                    f"The campaign in {folder} is open in another process{holder}.",
                    mend="Use the page that it serves, or stop it (Ctrl+C in its window) and try again.",
                )
            time.sleep(0.02)
        self.note("")

    def note(self, address: str) -> None:
        """Write down who holds the lock and where it serves, for whoever comes next."""
        if self._file is not None:
            self._file.seek(0)
            self._file.truncate()
            self._file.write(json.dumps({"pid": os.getpid(), "address": address}))
            self._file.flush()

    def release(self) -> None:
        """Give the folder back; a second call does nothing."""
        if self._file is not None:
            self._file.close()  # closing the last descriptor drops the lock
            self._file = None

    def __enter__(self) -> FolderLock:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def _not_writable(folder: Path, part: Path) -> StorageError:
    return StorageError(
        f"The campaign in {folder} can only be read: {part} may not be written.",
        mend="Let yourself write to the folder and what is in it (chmod -R u+w), or go on with a copy "
        "of your own.",
    )


def _try_lock(file: IO[str]) -> bool:
    try:
        if os.name == "nt":
            import msvcrt

            file.seek(1 << 20)  # beyond the note, so that others can still read it
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        else:
            import fcntl

            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _holder(path: Path) -> str:
    try:
        note = json.loads(path.read_text(encoding="utf-8"))
        served = f", served at {note['address']}" if note.get("address") else ""
        return f" (process {note['pid']}{served})"
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return ""
