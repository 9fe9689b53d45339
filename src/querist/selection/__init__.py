"""Selectors: scores and geometry in, n candidates out."""

from querist.selection.contract import Selection, Selector
from querist.selection.coverage import KCenter, KMeansPlusPlus
from querist.selection.standing import FacilityLocation, MaxHerding, ProbCover
from querist.selection.top import Top

__all__ = [
    "FacilityLocation",
    "KCenter",
    "KMeansPlusPlus",
    "MaxHerding",
    "ProbCover",
    "Selection",
    "Selector",
    "Top",
]
