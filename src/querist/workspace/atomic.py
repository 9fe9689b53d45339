"""Files that are either the old one or the new one, whole, whenever the power goes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from querist.data import atomic_write
from querist.errors import InvalidInput

__all__ = ["read_json", "write_bytes", "write_json"]


def write_bytes(path: Path, data: bytes, *, mode: int = 0o666, durable: bool = True) -> None:
    """Put ``data`` at ``path`` in one step, as :func:`querist.data.atomic_write` does."""
    with atomic_write(path, mode=mode, durable=durable) as file:
        file.write(data)


def write_json(path: Path, value: Any, *, mode: int = 0o666, durable: bool = True) -> None:
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
