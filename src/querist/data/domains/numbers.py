"""Domains of numbers: boxes, whole numbers, choices, shares that add to 1."""

from __future__ import annotations

import abc
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from querist.data.domains.contract import Domain
from querist.errors import InvalidInput
from querist.specs import named

__all__ = ["Box", "Choices", "Integers", "NumericDomain", "Simplex"]

_DIGITS = 6  # of a number as an annotator is shown it


class NumericDomain(Domain):
    """A domain whose points are rows of numbers: what :class:`Box` and the others share."""

    @property
    @abc.abstractmethod
    def low(self) -> np.ndarray:
        """The least value of each column, (d,)."""

    @property
    @abc.abstractmethod
    def high(self) -> np.ndarray:
        """The largest value of each column, (d,)."""

    @abc.abstractmethod
    def nearest(self, points: Any) -> np.ndarray:
        """The point of the domain that is nearest to each row of numbers, or close to it."""

    @abc.abstractmethod
    def fields(self, points: Any) -> list[dict[str, str]]:
        """The names and values that an annotator is shown of each point."""

    @property
    def width(self) -> np.ndarray:
        """high - low, 1 where that is 0, (d,)."""
        width = self.high - self.low
        return np.where(width > 0, width, 1.0)

    def design(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """The first points of a scrambled Sobol sequence, brought into the domain."""
        from scipy.stats import qmc

        if n < 1:
            return np.empty((0, len(self.low)))
        if len(self.low) > qmc.Sobol.MAXDIM:
            return np.asarray(self.sample(n, rng))
        even = qmc.Sobol(len(self.low), seed=rng).random_base2(max(0, math.ceil(math.log2(n))))[:n]
        return self.nearest(self.low + even * (self.high - self.low))

    def vary(self, points: Any, scale: float, rng: np.random.Generator) -> np.ndarray:
        """Each point with a normal step of ``scale`` times the width, brought back into the domain."""
        points = np.asarray(points, dtype=np.float64)
        return self.nearest(points + scale * self.width * rng.standard_normal(points.shape))

    def contains(self, points: Any) -> np.ndarray:
        """Whether each row is its own nearest point, but for rounding, (n,)."""
        points = np.asarray(points, dtype=np.float64)
        with np.errstate(invalid="ignore"):
            near = np.abs(self.nearest(points) - points) <= 1e-9 * self.width
        return np.asarray(near.all(axis=1))

    def content(self, points: Any) -> list[Mapping[str, Any]]:
        """A row of named fields each."""
        return [{"kind": "row", "fields": fields} for fields in self.fields(points)]

    def points(self, features: Any) -> np.ndarray:
        """The features brought into the domain: a point is its own features."""
        dense = features.toarray() if hasattr(features, "toarray") else features
        return self.nearest(np.asarray(dense, dtype=np.float64))

    def between(self, first: Any, second: Any, share: Any) -> np.ndarray:
        """The points so far along the lines from ``first`` to ``second``, brought into the domain."""
        first, second = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
        return self.nearest(first + share * (second - first))

    def places_of(self, features: Any) -> np.ndarray:
        """The places of the features as they are, outside of the domain too."""
        dense = features.toarray() if hasattr(features, "toarray") else features
        return self.places(np.asarray(dense, dtype=np.float64))

    def places(self, points: Any) -> np.ndarray:
        """The points from 0 to 1 in each column."""
        return np.asarray((np.asarray(points, dtype=np.float64) - self.low) / self.width)


@named("domain/box")
@dataclass(frozen=True)
class Box(NumericDomain):
    """Numbers between bounds, each by itself.

    Parameters
    ----------
    bounds : (low, high) for each column, with low < high
    names : sequence of str, optional
        What annotators read; x1, x2, ... if not given.

    >>> box = Box(((0.0, 1.0), (-5.0, 5.0)), names=("share", "degrees"))
    >>> box.nearest([[2.0, -7.0]]).tolist(), box.contains([[0.5, 6.0]]).tolist()
    ([[1.0, -5.0]], [False])
    >>> Box.around([[0.0, 3.0], [2.0, 5.0]]).bounds
    ((0.0, 2.0), (3.0, 5.0))
    """

    bounds: Sequence[Sequence[float]]
    names: Sequence[str] = ()
    name: ClassVar[str]

    def __post_init__(self) -> None:
        bounds = tuple(tuple(float(one) for one in pair) for pair in self.bounds)
        if not bounds or any(len(pair) != 2 for pair in bounds):
            raise InvalidInput(
                f"A box has a pair (low, high) for each column; got {self.bounds!r}.",
                mend="Write Box(((0, 1), (0, 1))).",
            )
        for at, (low, high) in enumerate(bounds):
            if not (math.isfinite(low) and math.isfinite(high) and low < high):
                raise InvalidInput(
                    f"Column {at + 1} of the box reaches from {low:g} to {high:g}.",
                    mend="Give finite bounds with low < high.",
                )
        object.__setattr__(self, "bounds", bounds)
        object.__setattr__(self, "names", _named(self.names, len(bounds), "x"))

    @classmethod
    def around(cls, x: Any, *, margin: float = 0.0, names: Sequence[str] = ()) -> Box:
        """The smallest box that holds the rows ``x``, wider by ``margin`` of its width on each side."""
        dense = np.asarray(x.toarray() if hasattr(x, "toarray") else x, dtype=np.float64)
        low, high = dense.min(axis=0), dense.max(axis=0)
        room = np.where(high > low, margin * (high - low), 0.5e-6 * np.maximum(1.0, np.abs(high)))
        pairs = zip((low - room).tolist(), (high + room).tolist(), strict=True)
        return cls(tuple(pairs), names)

    @property
    def low(self) -> np.ndarray:
        return np.array([pair[0] for pair in self.bounds])

    @property
    def high(self) -> np.ndarray:
        return np.array([pair[1] for pair in self.bounds])

    def sample(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """``n`` points, uniform in the box."""
        return rng.uniform(self.low, self.high, (n, len(self.bounds)))

    def nearest(self, points: Any) -> np.ndarray:
        """The points cut off at the bounds."""
        return np.clip(np.asarray(points, dtype=np.float64), self.low, self.high)

    def fields(self, points: Any) -> list[dict[str, str]]:
        """Each number under its name."""
        rows = np.asarray(points, dtype=np.float64).tolist()
        return [dict(zip(self.names, map(_told, row), strict=True)) for row in rows]


@named("domain/integers")
@dataclass(frozen=True)
class Integers(NumericDomain):
    """Whole numbers from ``least`` to ``most``, both included: one column.

    >>> Integers(0, 9).nearest([[3.4], [99.0]]).ravel().tolist()
    [3.0, 9.0]
    """

    least: int
    most: int
    names: Sequence[str] = ()
    name: ClassVar[str]

    def __post_init__(self) -> None:
        if self.least != int(self.least) or self.most != int(self.most) or self.least > self.most:
            raise InvalidInput(
                f"Whole numbers from {self.least!r} to {self.most!r}: there are none.",
                mend="Give whole numbers with least <= most.",
            )
        object.__setattr__(self, "names", _named(self.names, 1, "n"))

    @property
    def low(self) -> np.ndarray:
        return np.array([float(self.least)])

    @property
    def high(self) -> np.ndarray:
        return np.array([float(self.most)])

    @property
    def count(self) -> float:
        return int(self.most) - int(self.least) + 1

    def sample(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """``n`` whole numbers, all as likely."""
        return rng.integers(self.least, self.most, (n, 1), endpoint=True).astype(np.float64)

    def vary(self, points: Any, scale: float, rng: np.random.Generator) -> np.ndarray:
        """Each number a step up or down, of 1 at least."""
        points = np.asarray(points, dtype=np.float64)
        step = scale * self.width * rng.standard_normal(points.shape)
        return self.nearest(points + np.sign(step) * np.maximum(1.0, np.abs(step)))

    def nearest(self, points: Any) -> np.ndarray:
        """The points rounded, and cut off at the ends."""
        return np.clip(np.rint(np.asarray(points, dtype=np.float64)), self.least, self.most)

    def fields(self, points: Any) -> list[dict[str, str]]:
        """The number under its name."""
        return [{self.names[0]: f"{row[0]:.0f}"} for row in np.asarray(points, dtype=np.float64)]


@named("domain/choices")
@dataclass(frozen=True)
class Choices(NumericDomain):
    """One of several options, as a column for each with one 1 in a row (one-hot).

    >>> Choices(("red", "green")).nearest([[0.2, 0.7]]).tolist()
    [[0.0, 1.0]]
    """

    options: Sequence[str]
    names: Sequence[str] = ()
    name: ClassVar[str]

    def __post_init__(self) -> None:
        options = tuple(str(one) for one in self.options)
        if not options or len(set(options)) < len(options):
            raise InvalidInput(
                f"Choices are distinct options, one at least; got {list(self.options)!r}.",
                mend="Name each option once.",
            )
        object.__setattr__(self, "options", options)
        object.__setattr__(self, "names", _named(self.names, 1, "choice"))

    @property
    def low(self) -> np.ndarray:
        return np.zeros(len(self.options))

    @property
    def high(self) -> np.ndarray:
        return np.ones(len(self.options))

    @property
    def count(self) -> float:
        return len(self.options)

    def sample(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """``n`` options, all as likely."""
        return np.asarray(np.eye(len(self.options))[rng.integers(len(self.options), size=n)])

    def vary(self, points: Any, scale: float, rng: np.random.Generator) -> np.ndarray:
        """Another option with the chance ``scale``, one in ten at least; the same one else."""
        points = np.asarray(points, dtype=np.float64)
        anew = rng.random(len(points)) < max(scale, 0.1)
        return np.where(anew[:, None], self.sample(len(points), rng), self.nearest(points))

    def nearest(self, points: Any) -> np.ndarray:
        """The option with the largest number in each row."""
        return np.asarray(np.eye(len(self.options))[np.asarray(points, dtype=np.float64).argmax(axis=1)])

    def places(self, points: Any) -> np.ndarray:
        """The points by root 2: two options are 1 apart."""
        return np.asarray(points, dtype=np.float64) / math.sqrt(2)

    def fields(self, points: Any) -> list[dict[str, str]]:
        """The option under its name."""
        chosen = np.asarray(points, dtype=np.float64).argmax(axis=1).tolist()
        return [{self.names[0]: self.options[at]} for at in chosen]


@named("domain/simplex")
@dataclass(frozen=True)
class Simplex(NumericDomain):
    """Shares of 0 or more that add to 1: mixtures, recipes.

    Parameters
    ----------
    parts : int, 2 or more
    names : sequence of str, optional

    >>> Simplex(3).nearest([[2.0, 1.0, -5.0]]).tolist()
    [[1.0, 0.0, 0.0]]
    """

    parts: int
    names: Sequence[str] = ()
    name: ClassVar[str]

    def __post_init__(self) -> None:
        if self.parts != int(self.parts) or self.parts < 2:
            raise InvalidInput(f"A simplex of {self.parts!r} parts.", mend="Give 2 parts or more.")
        object.__setattr__(self, "names", _named(self.names, int(self.parts), "part"))

    @property
    def low(self) -> np.ndarray:
        return np.zeros(self.parts)

    @property
    def high(self) -> np.ndarray:
        return np.ones(self.parts)

    def sample(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """``n`` mixtures, uniform over the simplex."""
        return rng.dirichlet(np.ones(self.parts), n)

    def design(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """Sobol points of the cube, carried over by sorting: gaps between sorted numbers are uniform."""
        from scipy.stats import qmc

        if n < 1:
            return np.empty((0, self.parts))
        power = max(0, math.ceil(math.log2(n)))
        even = np.sort(qmc.Sobol(self.parts - 1, seed=rng).random_base2(power)[:n], axis=1)
        return np.diff(even, axis=1, prepend=0.0, append=1.0)

    def nearest(self, points: Any) -> np.ndarray:
        """The projection onto the simplex (Held, Wolfe & Crowder 1974)."""
        points = np.asarray(points, dtype=np.float64)
        down = -np.sort(-points, axis=1)
        over = (np.cumsum(down, axis=1) - 1) / np.arange(1, self.parts + 1)
        last = (down > over).sum(axis=1) - 1
        shares = np.maximum(points - over[np.arange(len(points)), np.maximum(last, 0)][:, None], 0.0)
        total = shares.sum(axis=1, keepdims=True)
        return np.where(total > 0, shares / np.where(total > 0, total, 1.0), 1.0 / self.parts)

    def fields(self, points: Any) -> list[dict[str, str]]:
        """Each share under its name."""
        rows = np.asarray(points, dtype=np.float64).tolist()
        return [dict(zip(self.names, map(_told, row), strict=True)) for row in rows]


def _named(names: Iterable[str], n: int, stem: str) -> tuple[str, ...]:
    told = tuple(str(one) for one in names)
    if not told:
        return (stem,) if n == 1 else tuple(f"{stem}{at + 1}" for at in range(n))
    if len(told) != n or len(set(told)) < n:
        raise InvalidInput(f"{len(told)} names for {n} columns: {told}.", mend="Name each column once.")
    return told


def _told(value: float) -> str:
    return f"{value:.{_DIGITS}g}"
