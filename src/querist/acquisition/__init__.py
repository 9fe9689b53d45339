"""Acquisitions: what a label would be worth, one number an item, and the algebra that combines them."""

from querist.acquisition.algebra import Acquisition, Constant, Power, Product, Rank, Ratio, Sum
from querist.acquisition.chance import Random
from querist.acquisition.cost import Cost
from querist.acquisition.density import Density
from querist.acquisition.uncertainty import Entropy, LeastConfidence, Margin

__all__ = [
    "Acquisition",
    "Constant",
    "Cost",
    "Density",
    "Entropy",
    "LeastConfidence",
    "Margin",
    "Power",
    "Product",
    "Random",
    "Rank",
    "Ratio",
    "Sum",
]
