"""The numeric core: pure functions of arrays, in blocks that fit the cache; no model, no pool, no file."""

from querist.kernels.chance import keys_of, uniform
from querist.kernels.clustering import Clusters, kmeans, representatives, typicality
from querist.kernels.confidence import interval_at_any_look
from querist.kernels.coverage import k_center, kmeans_plus_plus
from querist.kernels.density import cosine_density
from querist.kernels.neighbours import Points, nearest
from querist.kernels.top import top
from querist.kernels.uncertainty import entropy, least_confidence, margin

__all__ = [
    "Clusters",
    "Points",
    "cosine_density",
    "entropy",
    "interval_at_any_look",
    "k_center",
    "keys_of",
    "kmeans",
    "kmeans_plus_plus",
    "least_confidence",
    "margin",
    "nearest",
    "representatives",
    "top",
    "typicality",
    "uniform",
]
