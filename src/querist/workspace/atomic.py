"""Files that are either the old one or the new one, whole, whenever the power goes."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from querist.data import full_disk_told
from querist.errors import InvalidInput

__all__ = ["read_json", "write_bytes", "write_json"]


def write_bytes(path: Path, data: bytes, *, mode: int = 0o644, durable: bool = True) -> None:
    """Put ``data`` at ``path`` in one step; ``durable`` waits until the disk has it.

    A full disk raises :class:`~querist.errors.DiskFull` and leaves the old file as it was.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with full_disk_told(path):
            with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as file:
                file.write(data)
                file.flush()
                if durable:
                    os.fsync(file.fileno())
            os.replace(beside, path)
    except OSError:
        beside.unlink(missing_ok=True)
        raise


def write_json(path: Path, value: Any, *, mode: int = 0o644, durable: bool = True) -> None:
    """Put ``value`` at ``path`` as JSON, in one step."""
    text = json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True)
    write_bytes(path, text.encode(), mode=mode, durable=durable)


def read_json(path: Path) -> dict[str, Any]:
    """The JSON object at ``path``."""
    try:
        value = json.loads(path.read_bytes())
    except ValueError as error:
        raise InvalidInput(
            f"{path} is not JSON: {error}.",
            mend="Restore the file from a copy, or start a new campaign folder.",
        ) from error
    if not isinstance(value, dict):
        raise InvalidInput(
            f"{path} holds {type(value).__name__} where an object was expected.",
            mend="Restore the file from a copy, or start a new campaign folder.",
        )
    return value
