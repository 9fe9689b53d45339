"""Files written whole or not at all, and hashes of what is in them."""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from querist.errors import CampaignInUse, DiskFull

__all__ = ["atomic_write", "digest", "full_disk_told", "locked"]

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
def atomic_write(
    path: str | os.PathLike[str], *, mode: int = 0o666, durable: bool = True
) -> Iterator[BinaryIO]:
    """A binary file that takes the place of ``path`` when the block ends well, and vanishes if not.

    A reader sees the old file or the new one and never a part.  ``durable``: so does a machine that lost
    power, and once the block has ended it sees the new one (content and name are both on the disk).
    A full disk raises :class:`~querist.errors.DiskFull` and leaves the old file as it was.  ``mode`` is that
    of a new file, less what the umask takes away.

    >>> import tempfile, pathlib
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> with atomic_write(folder / "labels.csv") as file:
    ...     _ = file.write(b"id,label")
    >>> (folder / "labels.csv").read_text()
    'id,label'
    """
    path = Path(path)
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    with full_disk_told(path):
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), mode)
        try:
            with os.fdopen(handle, "wb") as file:
                yield file
                file.flush()
                if durable:
                    os.fsync(file.fileno())
            os.replace(beside, path)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise
        if durable:
            _keep_names(path.parent)


@contextmanager
def locked(path: str | os.PathLike[str], *, wait: bool = True) -> Iterator[None]:
    """One process or thread at a time is within the block; the others wait, or get :class:`CampaignInUse`.

    ``path`` is a file of no content that is made if need be and stays.  A process that ends within the block,
    however it ends, lets the next one in.  A file system that knows no locks lets in everybody.

    >>> import tempfile, pathlib
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> with locked(folder / "lock"):
    ...     [one.name for one in folder.iterdir()]
    ['lock']
    """
    with full_disk_told(path):
        file = open(path, "ab")  # noqa: SIM115 - the next line closes it
    with file:
        if not _taken(file, wait):
            raise CampaignInUse(
                f"Another process is at work with {os.fspath(path).removesuffix('.lock')}.",
                mend="Wait for it, or end it and try again.",
            )
        yield


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


def _taken(file: BinaryIO, wait: bool) -> bool:
    """Whether the lock of a file is this one's; False only where nobody wants to wait for it."""
    if os.name == "nt":
        import msvcrt

        while True:
            try:  # it waits for ten seconds by itself, if it may
                how = msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK  # type: ignore[attr-defined,unused-ignore]
                msvcrt.locking(file.fileno(), how, 1)  # type: ignore[attr-defined,unused-ignore]
                return True
            except OSError:
                if not wait:
                    return False
    import fcntl

    try:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # no locks here
        return True
    return True


def _keep_names(folder: Path) -> None:
    """Wait until the disk has the names in a folder; Windows opens no folders, and keeps them by itself."""
    if os.name == "nt":
        return
    try:
        handle = os.open(folder, os.O_RDONLY)
    except PermissionError:  # it may be written to, and not read
        return
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno != errno.EINVAL:  # some file systems know no such thing
            raise
    finally:
        os.close(handle)
