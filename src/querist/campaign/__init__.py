"""Campaigns: asking annotators and keeping every word they said; when to stop; how good it is."""

from querist.campaign.annotators import Annotator, Noisy, Oracle
from querist.campaign.campaign import Campaign, Progress
from querist.campaign.quality import (
    Anchoring,
    CurvePoint,
    Estimates,
    Quality,
    anchoring,
    curve,
    estimates,
    quality,
)
from querist.campaign.query import Query
from querist.campaign.settings import Settings
from querist.campaign.stopping import (
    AnyOf,
    Budget,
    StablePredictions,
    StoppingCriterion,
    TargetQuality,
    Verdict,
)

__all__ = [
    "Anchoring",
    "Annotator",
    "AnyOf",
    "Budget",
    "Campaign",
    "CurvePoint",
    "Estimates",
    "Noisy",
    "Oracle",
    "Progress",
    "Quality",
    "Query",
    "Settings",
    "StablePredictions",
    "StoppingCriterion",
    "TargetQuality",
    "Verdict",
    "anchoring",
    "curve",
    "estimates",
    "quality",
]
