"""querist asks people for the labels that a model needs most, and for no others.

An *acquisition function* says what a label would be worth; a *strategy* finds where in a *pool* it is
worth most; a *campaign* asks *annotators* and keeps every word they said.

The names below are the front door.  They load what they need on first use, so ``import querist`` costs
milliseconds.  The rest lives in its room: ``querist.kernels``, ``querist.events``, ``querist.testing``...
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from querist.acquisition import Cost, Density, Entropy, LeastConfidence, Margin, Random, Rank
    from querist.campaign import (
        Budget,
        Campaign,
        LittleToGain,
        Noisy,
        Oracle,
        StablePredictions,
        TargetQuality,
    )
    from querist.data import Pool
    from querist.errors import QueristError
    from querist.evaluation import simulate
    from querist.events import open_log
    from querist.selection import KCenter, KMeansPlusPlus, Top
    from querist.strategies import Default, Explore, Scored
    from querist.strategies.choose import choose
    from querist.tasks import Classification, MultiLabel, Number

__version__ = "0.1.0"

_ROOM_OF = {
    "Budget": "campaign",
    "Campaign": "campaign",
    "Classification": "tasks",
    "Cost": "acquisition",
    "Default": "strategies",
    "Density": "acquisition",
    "Entropy": "acquisition",
    "Explore": "strategies",
    "KCenter": "selection",
    "KMeansPlusPlus": "selection",
    "LeastConfidence": "acquisition",
    "LittleToGain": "campaign",
    "Margin": "acquisition",
    "MultiLabel": "tasks",
    "Noisy": "campaign",
    "Number": "tasks",
    "Oracle": "campaign",
    "Pool": "data",
    "QueristError": "errors",
    "Random": "acquisition",
    "Rank": "acquisition",
    "Scored": "strategies",
    "StablePredictions": "campaign",
    "TargetQuality": "campaign",
    "Top": "selection",
    "choose": "strategies",
    "open_log": "events",
    "simulate": "evaluation",
}

__all__ = [
    "Budget",
    "Campaign",
    "Classification",
    "Cost",
    "Default",
    "Density",
    "Entropy",
    "Explore",
    "KCenter",
    "KMeansPlusPlus",
    "LeastConfidence",
    "LittleToGain",
    "Margin",
    "MultiLabel",
    "Noisy",
    "Number",
    "Oracle",
    "Pool",
    "QueristError",
    "Random",
    "Rank",
    "Scored",
    "StablePredictions",
    "TargetQuality",
    "Top",
    "choose",
    "open_log",
    "simulate",
]


_ROOMS = frozenset({
    *("acquisition", "campaign", "data", "encoders", "errors", "evaluation", "events", "formats", "kernels"),
    *("models", "selection", "specs", "strategies", "streams", "synthesis", "tasks", "testing"),
})


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return import_module(f"querist.{name}")
    if name not in _ROOM_OF:
        raise AttributeError(f"module 'querist' has no attribute {name!r}; it has {', '.join(__all__)}")
    value = getattr(import_module(f"querist.{_ROOM_OF[name]}"), name)
    globals()[name] = value  # the next look costs nothing
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
