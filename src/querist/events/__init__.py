"""The event log: what happened in a campaign, in order, and the state that it adds up to."""

from querist.events.event import (
    Answered,
    Asked,
    ClassAdded,
    Created,
    Event,
    Flagged,
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
    "ClassAdded",
    "Created",
    "Event",
    "EventLog",
    "Flagged",
    "ItemState",
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
