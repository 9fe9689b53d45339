"""The manifest: what a campaign's folder was made from, and with which parts."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from querist.errors import InvalidInput, StorageError
from querist.workspace.atomic import read_json, write_json

__all__ = ["FORMAT", "Manifest"]

FORMAT = 1
_NAME = "campaign.json"


@dataclass(frozen=True)
class Manifest:
    """What stays the same as long as the folder lives.

    ``source`` is the path that the items were read from, ``options`` how to read it again the same way, and
    ``media`` the folder that pictures may be served from.  ``encoder`` and ``model`` name the parts
    that the learner uses; a ``slow`` model is trained beside a quick one.  ``database`` is the URL of the
    log where it does not lie in the folder.
    """

    kind: str
    source: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    fingerprint: str = ""
    media: str = ""
    encoder: Any = "auto"
    model: str = "default"
    slow: bool = False
    database: str | None = None
    campaign: str = "main"
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    created: float = field(default_factory=time.time)
    format: int = FORMAT

    def write(self, folder: Path) -> None:
        """Put the manifest into ``folder``; for its owner only where a URL may hold a password."""
        write_json(folder / _NAME, asdict(self), mode=0o666 if self.database is None else 0o600)

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        """The manifest of ``folder``."""
        if not cls.there(folder):
            raise InvalidInput(
                f"{folder} holds no campaign.",
                mend="Start one: querist label YOUR-DATA; or give the folder of one that was started.",
            )
        try:
            value = read_json(folder / _NAME)
        except PermissionError as error:
            raise StorageError(
                f"{folder / _NAME} may not be read: {error.strerror}.",
                mend="Have its owner let you read the folder (chmod -R a+rX), or copy it for you.",
            ) from error
        if value.get("format") != FORMAT:
            raise InvalidInput(
                f"The campaign in {folder} has the format {value.get('format')!r}; known is {FORMAT}.",
                mend="Open it with the version of querist that made it, or a later one.",
            )
        known = {one.name for one in fields(cls)}
        return cls(**{name: one for name, one in value.items() if name in known})

    @staticmethod
    def there(folder: Path) -> bool:
        """Whether ``folder`` holds a campaign."""
        return (folder / _NAME).is_file()
