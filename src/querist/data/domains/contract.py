"""What a domain is: a place where questions may be made."""

from __future__ import annotations

import abc
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

__all__ = ["Domain"]


class Domain(abc.ABC):
    """Where questions may be made: points that can be drawn, varied, shown and turned into features.

    A *point* is whatever the domain says, one a row: numbers in a box, a text, a place in a latent space.  A
    search only ever draws points, varies them and asks what they are worth, so that a domain of your own
    needs no more than the abstract methods.
    """

    @abc.abstractmethod
    def sample(self, n: int, rng: np.random.Generator) -> Any:
        """``n`` points by lot, all of them in the domain; they may repeat where the domain is finite."""

    @abc.abstractmethod
    def vary(self, points: Any, scale: float, rng: np.random.Generator) -> Any:
        """A neighbour of each point, in the domain; ``scale`` from 0 (as near as can be) to 1 (anywhere)."""

    @abc.abstractmethod
    def contains(self, points: Any) -> np.ndarray:
        """Whether each point is in the domain, (n,)."""

    @abc.abstractmethod
    def content(self, points: Any) -> list[Mapping[str, Any]]:
        """What an annotator is shown of each point: plain JSON with a "kind"."""

    def design(self, n: int, rng: np.random.Generator) -> Any:
        """``n`` points that fill the domain evenly; by lot where the domain knows no better."""
        return self.sample(n, rng)

    def features(self, points: Any) -> Any:
        """What the model reads of each point, a row each: the points themselves unless it says otherwise."""
        return points

    def points(self, features: Any) -> Any:
        """The points whose features these rows are, or the nearest; None where none can be told."""
        return None

    def between(self, first: Any, second: Any, share: Any) -> Any:
        """Points on the way from ``first`` to ``second``, in the domain; None where there is no way.

        ``share`` says how far, from 0 to 1: one number, or a column (n, 1).
        """
        return None

    def places(self, points: Any) -> np.ndarray | None:
        """Numbers (n, d) in which distance means something, 1 being the domain's width, or None."""
        return None

    def places_of(self, features: Any) -> np.ndarray | None:
        """The places of what has these features, real items too; None where there are none."""
        points = self.points(features)
        return None if points is None else self.places(points)

    @property
    def count(self) -> float:
        """How many points there are; infinite where they cannot be counted."""
        return math.inf
