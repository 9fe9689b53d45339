"""Selectors: scores and geometry in, n candidates out."""

from querist.selection.clusters import KMeans, KMedoids, TypiClust
from querist.selection.contract import Selection, Selector
from querist.selection.coresets import FrankWolfe, GraphCut, LightweightCoreset
from querist.selection.coverage import KCenter, KMeansPlusPlus, lots_of
from querist.selection.discriminative import Discriminative
from querist.selection.graph import GraphDensity
from querist.selection.spread import LCMD, MaxDet
from querist.selection.standing import FacilityLocation, MaxHerding, ProbCover
from querist.selection.stochastic import Stochastic
from querist.selection.top import Top

__all__ = [
    "Discriminative",
    "FacilityLocation",
    "FrankWolfe",
    "GraphCut",
    "GraphDensity",
    "KCenter",
    "KMeans",
    "KMeansPlusPlus",
    "KMedoids",
    "LCMD",
    "LightweightCoreset",
    "MaxDet",
    "MaxHerding",
    "ProbCover",
    "Selection",
    "Selector",
    "Stochastic",
    "Top",
    "TypiClust",
    "lots_of",
]
