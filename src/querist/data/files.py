"""Files written whole or not at all, and hashes of what is in them."""

from __future__ import annotations

import errno
import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from querist.errors import DiskFull

__all__ = ["atomic_write", "digest", "full_disk_told"]

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


@contextmanager
def full_disk_told(path: str | os.PathLike[str]) -> Iterator[None]:
    """Turn "no space left on device" and "quota exceeded" within the block into :class:`DiskFull`."""
    try:
        yield
    except OSError as error:
        if error.errno not in _NO_ROOM:
            raise
        raise DiskFull(
            f"No room left on the device while writing {os.fspath(path)}.",
            mend="Free some space and run the same command again; what was stored before is untouched.",
        ) from error


@contextmanager
def atomic_write(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """A binary file that takes the place of ``path`` when the block ends well, and vanishes if not.

    The content is on the disk (fsync) before the name changes, so a reader, or a machine that lost
    power, sees the old file or the new one and never a part.  A full disk raises
    :class:`~querist.errors.DiskFull` and leaves the old file as it was.

    >>> import tempfile, pathlib
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> with atomic_write(folder / "labels.csv") as file:
    ...     _ = file.write(b"id,label")
    >>> (folder / "labels.csv").read_text()
    'id,label'
    """
    path = Path(path)
    with full_disk_told(path):
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            os.chmod(temporary, 0o666 & ~_umask())  # mkstemp makes private files
            os.replace(temporary, path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise


def digest(parts: Iterable[str | bytes]) -> str:
    """A hash of ``parts`` in order, as 32 hex digits; the borders between parts count.

    >>> digest(["ab", "c"]) == digest(["a", "bc"])
    False
    """
    state = hashlib.blake2b(digest_size=16)
    for part in parts:
        raw = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        state.update(len(raw).to_bytes(8, "little"))
        state.update(raw)
    return state.hexdigest()


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
