"""Membership query synthesis: strategies that make the items they ask about."""

from querist.synthesis.bisection import Bisection
from querist.synthesis.contents import ContentDomain
from querist.synthesis.contract import Known, LearnedDomain, Synthesis, made_id
from querist.synthesis.filling import Filling
from querist.synthesis.latent import Latent, LatentSpace, VaeLatent
from querist.synthesis.like_pool import LikePool, OfItsKind
from querist.synthesis.pictures import Pictures
from querist.synthesis.realism import Realism
from querist.synthesis.rows import Rows
from querist.synthesis.search import Between, Climb, Search
from querist.synthesis.synthesised import Synthesised
from querist.synthesis.texts import Fragments
from querist.synthesis.worth import Worth
from querist.synthesis.written import Written

__all__ = [
    "Between",
    "Bisection",
    "Climb",
    "ContentDomain",
    "Filling",
    "Fragments",
    "Known",
    "Latent",
    "LatentSpace",
    "LearnedDomain",
    "LikePool",
    "OfItsKind",
    "Pictures",
    "Realism",
    "Rows",
    "Search",
    "Synthesis",
    "Synthesised",
    "VaeLatent",
    "Worth",
    "Written",
    "made_id",
]
