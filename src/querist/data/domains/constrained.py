"""A domain in which some points are not allowed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from querist.data.domains.numbers import NumericDomain
from querist.errors import InvalidInput
from querist.specs import named

__all__ = ["Constrained", "Linear"]

_TRIES = 20_000  # points drawn until the domain counts as empty
_ANCHORS = 512  # allowed points that are kept, for others to be drawn towards
_HALVINGS = 40


@named("domain/linear")
@dataclass(frozen=True)
class Linear:
    """``weights @ point <= most``: a constraint that can be written as JSON.

    >>> Linear((1.0, 1.0), 1.0)([[0.5, 0.4], [0.9, 0.9]]).tolist()
    [True, False]
    """

    weights: Sequence[float]
    most: float
    name: ClassVar[str]

    def __post_init__(self) -> None:
        object.__setattr__(self, "weights", tuple(float(one) for one in self.weights))

    def __call__(self, points: Any) -> np.ndarray:
        """Whether each point keeps it, but for rounding, (n,)."""
        total = np.asarray(points, dtype=np.float64) @ np.asarray(self.weights)
        return np.asarray(total <= self.most + 1e-9 * max(1.0, abs(self.most)))


@named("domain/constrained")
@dataclass(frozen=True)
class Constrained(NumericDomain):
    """The points of a domain that keep every constraint.

    A step that leads out is taken back towards an allowed point as far as it must.  The allowed part should
    not be tiny: points are found by drawing, 20,000 at most.

    Parameters
    ----------
    of : domain of numbers
    keeps : sequence of constraints
        Functions from points (n, d) to (n,) true or false; :class:`Linear` ones can be written as JSON.

    Raises
    ------
    InvalidInput
        No point that was drawn keeps all constraints.

    >>> from querist.data.domains import Box
    >>> half = Constrained(Box(((0, 1), (0, 1))), (Linear((1, 1), 1),))
    >>> bool(half.contains(half.sample(50, np.random.default_rng(0))).all())
    True
    """

    of: NumericDomain
    keeps: Sequence[Callable[[Any], Any]]
    name: ClassVar[str]

    def __post_init__(self) -> None:
        object.__setattr__(self, "keeps", tuple(self.keeps))
        if not isinstance(self.of, NumericDomain) or not all(callable(one) for one in self.keeps):
            raise InvalidInput(
                f"Constrained takes a domain of numbers and functions of its points; got {self.of!r} and "
                f"{self.keeps!r}.",
                mend="Write Constrained(Box(...), (lambda points: points[:, 0] <= points[:, 1],)).",
            )
        _ = self._anchors  # an empty domain is told at once

    @property
    def low(self) -> np.ndarray:
        return np.asarray(self.of.low)

    @property
    def high(self) -> np.ndarray:
        return np.asarray(self.of.high)

    @cached_property
    def _anchors(self) -> np.ndarray:
        """Allowed points, the same in every process."""
        rng, tried = np.random.default_rng(0), 0
        found: list[np.ndarray] = []
        while tried < _TRIES and sum(len(one) for one in found) < _ANCHORS:
            drawn = np.asarray(self.of.sample(2_000, rng))
            found.append(drawn[self._kept(drawn)])
            tried += len(drawn)
        anchors = np.concatenate(found)[:_ANCHORS]
        if not len(anchors):
            broken = [i + 1 for i, keep in enumerate(self.keeps) if not np.asarray(keep(drawn)).any()]
            why = f" Constraint {broken[0]} was kept by none of them." if broken else ""
            raise InvalidInput(
                f"None of {tried:,} points drawn from {self.of!r} keeps all "
                f"{len(self.keeps)} constraints.{why}",
                mend="See that no two contradict each other; of a tiny part, narrow the domain.",
            )
        return anchors

    def sample(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """``n`` allowed points: uniform by rejection, and neighbours of allowed ones where those are rare."""
        found: list[np.ndarray] = []
        for _ in range(10):
            missing = n - sum(len(one) for one in found)
            if missing <= 0:
                break
            drawn = np.asarray(self.of.sample(4 * missing + 64, rng))
            found.append(drawn[self._kept(drawn)][:missing])
        missing = n - sum(len(one) for one in found)
        if missing > 0:
            start = self._anchors[rng.integers(len(self._anchors), size=missing)]
            found.append(self.vary(start, 0.1, rng))
        return np.concatenate(found)

    def design(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """The even points of the whole domain that are allowed, more of them until there are enough."""
        for factor in (2, 8, 32):
            even = self.of.design(factor * max(n, 1), rng)
            even = even[self._kept(even)]
            if len(even) >= n:
                return np.asarray(even[:n])
        return self.sample(n, rng)

    def vary(self, points: Any, scale: float, rng: np.random.Generator) -> np.ndarray:
        """A neighbour in the whole domain, brought back into the allowed part."""
        return np.asarray(self.nearest(self.of.vary(points, scale, rng)))

    def nearest(self, points: Any) -> np.ndarray:
        """The points, each that is not allowed moved towards the nearest allowed point that is kept."""
        points = np.array(self.of.nearest(points))
        out = np.flatnonzero(~self._kept(points))
        if not len(out):
            return np.asarray(points)
        away, anchors = self.of.places(points[out]), self.of.places(self._anchors)
        squared = (away**2).sum(axis=1)[:, None] - 2 * away @ anchors.T + (anchors**2).sum(axis=1)
        inside, outside = self._anchors[squared.argmin(axis=1)], points[out]
        for _ in range(_HALVINGS):
            middle = self.of.between(inside, outside, 0.5)
            kept = self._kept(middle)[:, None]
            inside, outside = np.where(kept, middle, inside), np.where(kept, outside, middle)
        points[out] = inside
        return np.asarray(points)

    def places(self, points: Any) -> np.ndarray:
        """The places in the whole domain."""
        return np.asarray(self.of.places(points))

    def fields(self, points: Any) -> list[dict[str, str]]:
        """The fields of the whole domain."""
        return list(self.of.fields(points))

    def contains(self, points: Any) -> np.ndarray:
        """Whether each point is in the domain and keeps every constraint, (n,)."""
        return np.asarray(self.of.contains(points) & self._kept(np.asarray(points, dtype=np.float64)))

    @property
    def count(self) -> float:
        return float(self.of.count)  # at most

    def _kept(self, points: np.ndarray) -> np.ndarray:
        kept = np.ones(len(points), dtype=bool)
        for keep in self.keeps:
            kept &= np.asarray(keep(points), dtype=bool)
        return kept
