"""What the learner and the server say to each other: one line of JSON a message, over pipes.

The learner writes :class:`Report` lines to its standard output.  The server writes empty lines to the
learner's standard input, each meaning "the log has grown"; when that pipe ends, the server is gone and
the learner goes too.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

__all__ = ["Report"]


@dataclass(frozen=True)
class Report:
    """What the learner is doing, or that it has ``published`` a ranking.

    >>> Report.read(Report("encoding", fraction=0.5).line())
    Report(phase='encoding', fraction=0.5, note='', published=None)
    """

    phase: str
    fraction: float | None = None
    note: str = ""
    published: str | None = None

    def line(self) -> str:
        """The report as one line."""
        return json.dumps(asdict(self), ensure_ascii=True) + "\n"

    @classmethod
    def read(cls, line: str) -> Report | None:
        """The report in a line; None if it is something else (a library that prints)."""
        try:
            value: Any = json.loads(line)
            return cls(**value)
        except (ValueError, TypeError):
            return None
