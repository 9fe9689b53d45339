"""Lines as they come: from a pipe, a file to its end, or a log that grows and is rotated."""

from __future__ import annotations

import os
import select
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from querist.errors import SourceError

__all__ = ["FileLines", "PipeLines"]

_CHUNK = 1 << 18
_LONGEST = 1 << 24  # bytes of a line; longer ones are no items
_PAUSE = 0.2  # seconds between two looks at a file that does not grow


class FileLines:
    """The lines of a file from byte ``offset`` on, in blocks of at most ``most``; the file may grow.

    A file that was replaced, or cut, is read from its beginning.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "log"
    >>> _ = path.write_text("one\\ntwo\\nthr")
    >>> lines = FileLines(path, follow=True)
    >>> lines.read(), lines.offset
    ([b'one', b'two'], 8)
    """

    def __init__(
        self, path: str | os.PathLike[str], *, offset: int = 0, inode: int = 0, follow: bool = False
    ) -> None:
        self.path, self.offset, self.inode, self.follow = Path(path), offset, inode, follow

    def read(self, most: int = 1_000) -> list[bytes]:
        """Whole lines that are there now; a last one without an end too, where nobody will go on with it."""
        try:
            with open(self.path, "rb") as file:
                return self._read(file, most)
        except FileNotFoundError:
            if self.follow:
                return []
            raise SourceError(f"{self.path} does not exist.", mend="Check the path.") from None

    def _read(self, file: BinaryIO, most: int) -> list[bytes]:
        stat = os.fstat(file.fileno())
        if self.offset and (stat.st_size < self.offset or (self.inode and stat.st_ino != self.inode)):
            self.offset = 0
        self.inode = stat.st_ino
        file.seek(self.offset)
        found: list[bytes] = []
        while len(found) < most:
            line = file.readline(_LONGEST)
            if not line or not (line.endswith(b"\n") or not self.follow or len(line) == _LONGEST):
                break
            self.offset += len(line)
            found.append(line.rstrip(b"\r\n"))
        return found

    def __iter__(self) -> Iterator[list[bytes]]:
        """Blocks of lines; empty ones now and then while a followed file does not grow."""
        while True:
            block = self.read()
            if not block:
                if not self.follow:
                    return
                time.sleep(_PAUSE)
            yield block


class PipeLines:
    """The lines of a pipe as they come, in blocks; an empty block now and then while nothing comes.

    ``offset`` counts the bytes of whole lines that were taken.
    """

    def __init__(self, file: BinaryIO, *, wait: float = 0.5) -> None:
        self.file, self.wait = file, wait
        self.offset = 0
        self.inode = 0
        self._rest = b""

    def __iter__(self) -> Iterator[list[bytes]]:
        try:
            number = self.file.fileno()
        except (AttributeError, OSError):  # no pipe of the system's: all of it is there
            yield from self._blocks(self.file.read().splitlines())
            return
        while True:
            if os.name != "nt" and not select.select([number], [], [], self.wait)[0]:
                yield []
                continue
            chunk = os.read(number, _CHUNK)
            lines = (self._rest + chunk).split(b"\n")
            self._rest = lines.pop() if chunk else b""
            if not chunk and lines and not lines[-1]:
                lines.pop()
            yield from self._blocks(lines)
            if not chunk:
                return

    def _blocks(self, lines: list[bytes]) -> Iterator[list[bytes]]:
        for start in range(0, len(lines), 1_000):
            block = lines[start : start + 1_000]
            self.offset += sum(len(line) + 1 for line in block)
            yield [line.rstrip(b"\r") for line in block]
