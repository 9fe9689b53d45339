"""Acquisitions: what a label would be worth, one number an item, and the algebra that combines them."""

from querist.acquisition.algebra import Acquisition, Constant, Power, Product, Rank, Ratio, Sum
from querist.acquisition.boundary import Boundary
from querist.acquisition.chance import Random
from querist.acquisition.cost import Cost
from querist.acquisition.density import Density
from querist.acquisition.expected_cost import CostMargin, ExpectedCost
from querist.acquisition.uncertainty import ConfidenceRatio, Entropy, LeastConfidence, Margin

__all__ = [
    "Acquisition",
    "Boundary",
    "ConfidenceRatio",
    "Constant",
    "Cost",
    "CostMargin",
    "Density",
    "Entropy",
    "ExpectedCost",
    "LeastConfidence",
    "Margin",
    "Power",
    "Product",
    "Random",
    "Rank",
    "Ratio",
    "Sum",
]
