"""Arrivals: items that a stream brings into a campaign while people label."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from querist.data import Columns, Source
from querist.data.source import Kind
from querist.errors import SourceError
from querist.workspace.atomic import write_bytes

__all__ = ["Arrival", "Arrivals", "source_of"]

_TAKEN = ".taken"


@dataclass(frozen=True)
class Arrival:
    """One item that is to be asked about: its id, what is known of it, and how it came to be chosen."""

    id: str
    record: Mapping[str, Any]
    score: float = 0.0
    probability: float = 1.0
    why: str = "It came along a stream, and its label would teach the stream's model most"


class Arrivals:
    """The tray beside a campaign: whoever has items puts them in, whoever has the campaign takes them out.

    A file is put in whole and under a name of its own, so that putting it in twice is putting it in once;
    neither side waits for the other, and either may be killed at any moment.

    >>> import tempfile
    >>> tray = Arrivals(Path(tempfile.mkdtemp()))
    >>> tray.bring("000", [Arrival("a", {"heat": 21})])
    >>> [[one.id for one in block] for _, block in tray.waiting()]
    [['a']]
    """

    def __init__(self, campaign: Path) -> None:
        self.folder = campaign / "arrivals"

    def bring(self, name: str, arrivals: Sequence[Arrival]) -> None:
        """Put items in; durable when it returns.  A name that was taken out already changes nothing."""
        path = self.folder / f"{name}.jsonl"
        if path.with_suffix(_TAKEN).exists():
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        lines = (json.dumps(asdict(one), ensure_ascii=False) for one in arrivals)
        write_bytes(path, "".join(f"{line}\n" for line in lines).encode())

    def waiting(self) -> list[tuple[Path, list[Arrival]]]:
        """What was not taken out yet, in the order of the names."""
        return [(path, _read(path)) for path in sorted(self.folder.glob("*.jsonl"))]

    def taken(self) -> dict[str, Arrival]:
        """All that was taken out so far, by id, the earliest first."""
        found = (one for path in sorted(self.folder.glob(f"*{_TAKEN}")) for one in _read(path))
        return {one.id: one for one in found}

    def take(self, path: Path) -> None:
        """Note that a file's items are in the campaign."""
        os.replace(path, path.with_suffix(_TAKEN))

    def refuse(self, path: Path) -> None:
        """Put aside a file whose items are none for this campaign."""
        os.replace(path, path.with_suffix(".refused"))


def source_of(arrivals: Iterable[Arrival], kind: Kind, options: Mapping[str, Any]) -> Source:
    """Arrivals as a source of the campaign's kind, with the columns that its own items were read by."""
    held = list(arrivals)
    ids = [one.id for one in held]
    if kind == "text":
        named = [name for name in (options.get("text") or ()) if any(name in one.record for one in held)]
        named = named or [name for name in ("text",) if any(name in one.record for one in held)]
        if not named:
            raise SourceError(
                "The items that came along a stream have no text, and the campaign is of texts.",
                mend="Give each item's record the field with its text, or use another campaign.",
            )
        texts = ["\n".join(_cell(one.record.get(name)) for name in named) for one in held]
        return Source("text", ids, Columns("text", len(ids), text=texts))
    if kind != "row":
        raise SourceError(
            f"A stream brings rows and texts; the campaign's items are of the kind {kind!r}.",
            mend="Use another campaign for the stream.",
        )
    names = list(options.get("columns") or ()) or list(_names(held))
    fields = {name: [_cell(one.record.get(name)) for one in held] for name in names}
    return Source("row", ids, Columns("row", len(ids), fields=fields))


def _names(arrivals: Sequence[Arrival]) -> dict[str, None]:
    return {name: None for one in arrivals for name in one.record if name != "id"}


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _read(path: Path) -> list[Arrival]:
    # not splitlines(): JSON leaves U+2028 and its like in a text as they are
    return [Arrival(**json.loads(line)) for line in path.read_text("utf-8").split("\n") if line]
