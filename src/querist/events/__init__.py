"""The event log: what happened in a campaign, in order, and the state that it adds up to."""

from querist.events.event import (
    CANNOT_BE_LABELLED,
    Answered,
    Asked,
    ClassAdded,
    Created,
    Event,
    Flagged,
    Made,
    Released,
    Retracted,
    SettingsChanged,
    Skipped,
    Trained,
    decode,
    encode,
)
from querist.events.log import EventLog, MemoryLog
from querist.events.opening import open_log
from querist.events.state import Annotation, ItemState, Outcome, QueryState, Skip, State, fold

__all__ = [
    "Annotation",
    "Answered",
    "Asked",
    "CANNOT_BE_LABELLED",
    "ClassAdded",
    "Created",
    "Event",
    "EventLog",
    "Flagged",
    "ItemState",
    "Made",
    "MemoryLog",
    "Outcome",
    "QueryState",
    "Released",
    "Retracted",
    "SettingsChanged",
    "Skip",
    "Skipped",
    "State",
    "Trained",
    "decode",
    "encode",
    "fold",
    "open_log",
]
