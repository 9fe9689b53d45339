"""The one door to logs: a place becomes a log."""

from __future__ import annotations

import os

from querist.errors import StorageError
from querist.events.log import EventLog, MemoryLog

__all__ = ["open_log"]


def open_log(place: str | os.PathLike[str], campaign: str = "main") -> EventLog:
    """The log at ``place``, made when it is not there yet.

    ``place`` is ``":memory:"``, a path (a SQLite file), or a URL: ``sqlite:///labels.db``,
    ``postgresql://user@host/database``.  One database holds as many campaigns as it is asked for.

    >>> open_log(":memory:").head()
    0
    """
    text = os.fspath(place)
    if text == ":memory:":
        return MemoryLog()
    try:
        from querist.events.sql import SQLLog
    except ImportError as missing:  # pragma: no cover - sqlalchemy is a plain dependency
        raise StorageError(
            f"A log on disk needs SQLAlchemy ({missing}).", mend="Install it: pip install sqlalchemy."
        ) from missing
    return SQLLog(text if "://" in text else f"sqlite:///{text}", campaign=campaign)
