"""Campaigns: asking annotators and keeping every word they said; when to stop; how good it is."""

from querist.campaign.annotators import Annotator, Noisy, Oracle
from querist.campaign.campaign import Campaign, Progress
from querist.campaign.current import current_quality, recent_quality, watched_quality
from querist.campaign.little_to_gain import LittleToGain, usual_stopping
from querist.campaign.movement import Movement
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
from querist.campaign.steady import (
    ClassificationChange,
    DeltaF,
    ErrorStability,
    KappaAverage,
    OverallUncertainty,
    StablePredictions,
)
from querist.campaign.stopping import AnyOf, Budget, StoppingCriterion, TargetQuality, Verdict

__all__ = [
    "Anchoring",
    "Annotator",
    "AnyOf",
    "Budget",
    "Campaign",
    "ClassificationChange",
    "CurvePoint",
    "DeltaF",
    "ErrorStability",
    "Estimates",
    "KappaAverage",
    "LittleToGain",
    "Movement",
    "Noisy",
    "Oracle",
    "OverallUncertainty",
    "Progress",
    "Quality",
    "Query",
    "Settings",
    "StablePredictions",
    "StoppingCriterion",
    "TargetQuality",
    "Verdict",
    "anchoring",
    "current_quality",
    "curve",
    "estimates",
    "quality",
    "recent_quality",
    "usual_stopping",
    "watched_quality",
]
