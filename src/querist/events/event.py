"""What can happen in a campaign: one frozen dataclass a kind of event, written as JSON."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from querist.errors import InvalidInput

__all__ = [
    "CANNOT_BE_LABELLED",
    "Answered",
    "Asked",
    "ClassAdded",
    "Created",
    "Event",
    "Flagged",
    "Made",
    "Released",
    "Retracted",
    "SettingsChanged",
    "Skipped",
    "Trained",
    "decode",
    "encode",
]

Item = str | int

CANNOT_BE_LABELLED = "cannot be labelled"
"""The cause of a skip that says of a made item that it is no real one: it teaches what to make next."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened at ``at`` (seconds since 1970, UTC)."""

    kind: ClassVar[str] = ""
    at: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Created(Event):
    """The campaign began: its task (a spec), its seed and its first settings."""

    kind: ClassVar[str] = "created"
    task: Mapping[str, Any]
    seed: int = 0
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsChanged(Event):
    """Some settings took new values; those not named stay."""

    kind: ClassVar[str] = "settings"
    settings: Mapping[str, Any]
    by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassAdded(Event):
    """The task learned a new class, at the end of its list."""

    kind: ClassVar[str] = "class"
    value: str
    by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Made(Event):
    """An item was made that no pool holds: its content, plain JSON, and the features that the model reads.

    ``features`` is a list of numbers, or the raw value of a pipeline (a text).  The item's id is one of its
    own; the questions about it follow.
    """

    kind: ClassVar[str] = "made"
    item: Item
    content: Mapping[str, Any]
    features: Any
    strategy: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked(Event):
    """An item was put to an annotator.

    ``arm`` says how it came to be chosen: "active" (the strategy's choice), "random" (the honest
    share), "overlap" (a second opinion) or "reopened" (the annotator asked for it again).
    ``probability`` is the chance with which it was selected among those that could have been.
    ``suggestion`` is what the model believed then: {"value": ..., "proba": ...}; ``hidden`` says
    that the annotator was not shown it.  ``until`` is the end of the lease (None: for ever).
    ``note`` is plain JSON that the strategy wants to find again with the answer.
    """

    kind: ClassVar[str] = "asked"
    query: str
    item: Item
    to: str | None = None
    until: float | None = None
    arm: str = "active"
    strategy: str = ""
    why: str = ""
    rank: int | None = None
    score: float | None = None
    probability: float | None = None
    model: str | None = None
    suggestion: Mapping[str, Any] | None = None
    hidden: bool = False
    note: Any = None

    def __post_init__(self) -> None:
        if self.suggestion is not None and isinstance(self.suggestion.get("value"), list):
            frozen = {**self.suggestion, "value": _frozen(self.suggestion["value"])}
            object.__setattr__(self, "suggestion", frozen)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered(Event):
    """An annotator gave a value; ``query`` is None when it was told unasked (an import, a correction).

    A value that is a list is kept as a tuple, however it came: values are counted and compared.
    """

    kind: ClassVar[str] = "answered"
    item: Item
    value: Any
    query: str | None = None
    by: str | None = None
    seconds: float | None = None

    def __post_init__(self) -> None:
        if isinstance(self.value, list):
            object.__setattr__(self, "value", _frozen(self.value))


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped(Event):
    """An annotator gave no value, with a cause ("unclear", "broken", "not mine", "later", ...)."""

    kind: ClassVar[str] = "skipped"
    item: Item
    query: str | None = None
    because: str = ""
    by: str | None = None
    seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Retracted(Event):
    """What ``by`` (None: everybody) said of the item no longer stands."""

    kind: ClassVar[str] = "retracted"
    item: Item
    by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Released(Event):
    """A lease was given back unanswered."""

    kind: ClassVar[str] = "released"
    query: str
    by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Flagged(Event):
    """An annotator marked an item for a second look, or took the mark away."""

    kind: ClassVar[str] = "flagged"
    item: Item
    flagged: bool = True
    comment: str = ""
    by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained(Event):
    """A model took over: ``version``, trained on the state after event ``upto``."""

    kind: ClassVar[str] = "trained"
    version: str
    upto: int
    labels: int
    seconds: float | None = None
    metrics: Mapping[str, Any] = field(default_factory=dict)


def _frozen(value: Any) -> Any:
    """Lists as tuples, all the way down; JSON knows no tuples."""
    return tuple(_frozen(one) for one in value) if isinstance(value, list) else value


_KINDS = {kind.kind: kind for kind in Event.__subclasses__()}
_FIELDS = {kind: tuple(field.name for field in dataclasses.fields(kind)) for kind in _KINDS.values()}
_HALF = re.compile("[\ud800-\udfff]")
_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))  # made once: an import writes 100,000


def encode(event: Event) -> tuple[str, str]:
    """The kind of an event and its fields as one line of JSON; what is None is left out.

    Half a character (a lone surrogate, as of a file name that is not UTF-8) is refused: no log could keep it.
    """
    values = ((name, getattr(event, name)) for name in _FIELDS[type(event)])
    try:
        body = _JSON.encode({name: value for name, value in values if value is not None})
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidInput(
            f"An event of the kind {event.kind!r} cannot be written: {error}.",
            mend="Give words, numbers, lists and mappings of Python's own.",
        ) from error
    if not body.isascii() and (half := _HALF.search(body)):
        near = body[max(0, half.start() - 20) : half.end() + 20].encode("utf-8", "backslashreplace").decode()
        raise InvalidInput(
            f"The text {near!r} holds half a character, which cannot be written.",
            mend="Send text that was decoded whole, as from UTF-8.",
        )
    return event.kind, body


def decode(kind: str, body: str) -> Event:
    """The event that :func:`encode` wrote.  Unknown fields are refused: the log is the only truth."""
    if kind not in _KINDS:
        raise InvalidInput(
            f"The log holds an event of the kind {kind!r}, which this version does not know.",
            mend="Open the campaign with the version of querist that wrote it, or a later one.",
        )
    try:
        return _KINDS[kind](**json.loads(body))
    except (TypeError, ValueError) as error:
        raise InvalidInput(
            f"The log holds an event of the kind {kind!r} that cannot be read ({error}): {body[:200]}",
            mend="Open the campaign with the version of querist that wrote it, or restore it from a copy.",
        ) from error
