"""Membership query synthesis: strategies that make the items they ask about."""

from querist.synthesis.bisection import Bisection
from querist.synthesis.contract import Known, LearnedDomain, Synthesis, made_id
from querist.synthesis.filling import Filling
from querist.synthesis.latent import Latent, LatentSpace, VaeLatent
from querist.synthesis.realism import Realism
from querist.synthesis.search import Between, Climb, Search
from querist.synthesis.synthesised import Synthesised
from querist.synthesis.worth import Worth

__all__ = [
    "Between",
    "Bisection",
    "Climb",
    "Filling",
    "Known",
    "Latent",
    "LatentSpace",
    "LearnedDomain",
    "Realism",
    "Search",
    "Synthesis",
    "Synthesised",
    "VaeLatent",
    "Worth",
    "made_id",
]
