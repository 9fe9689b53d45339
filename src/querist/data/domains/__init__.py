"""Domains: where questions may be made, as points that can be drawn, varied, shown and read by models."""

from querist.data.domains.constrained import Constrained, Linear
from querist.data.domains.contract import Domain
from querist.data.domains.numbers import Box, Choices, Integers, NumericDomain, Simplex
from querist.data.domains.product import ProductDomain

__all__ = [
    "Box",
    "Choices",
    "Constrained",
    "Domain",
    "Integers",
    "Linear",
    "NumericDomain",
    "ProductDomain",
    "Simplex",
]
