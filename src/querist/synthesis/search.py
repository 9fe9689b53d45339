"""Searches across a domain: where is a label worth most?"""

from __future__ import annotations

import abc
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from querist.data import Domain
from querist.errors import InvalidInput
from querist.models import stack, take
from querist.specs import named
from querist.synthesis.contract import distances
from querist.synthesis.worth import Worth

__all__ = ["Between", "Climb", "Search"]

_LOT = 8  # points drawn for each start
_WIDE, _NARROW = 0.2, 0.004  # the steps of the first round and of the last, by the width of the domain


class Search(abc.ABC):
    """Points of a domain that are worth much, found by asking what points are worth."""

    @abc.abstractmethod
    def find(self, worth: Worth, n: int, rng: np.random.Generator) -> tuple[Any, np.ndarray]:
        """``n`` points or more with their scores, in any order; fewer where the domain has no more."""


@named("synthesis/climb")
@dataclass(frozen=True)
class Climb(Search):
    """Climbs from many starts at once: each keeps the best of its neighbours, in ever smaller steps.

    Where points are numbers one neighbour lies uphill, by the slope that the others show; so a smooth worth
    is climbed by its gradient, and one with steps (of a forest) all the same.  All neighbours of a round are
    one prediction.

    Parameters
    ----------
    starts : int, 1 or more
        Each the best of 8 points drawn by lot.
    rounds : int, 0 or more
    children : int, 1 or more
        Neighbours of each start in each round.
    """

    starts: int = 32
    rounds: int = 12
    children: int = 4
    name: ClassVar[str]

    def __post_init__(self) -> None:
        if self.starts < 1 or self.rounds < 0 or self.children < 1:
            raise InvalidInput(
                f"starts={self.starts!r}, rounds={self.rounds!r}, children={self.children!r}.",
                mend="Give 1 start or more, 0 rounds or more and 1 child or more.",
            )

    def find(self, worth: Worth, n: int, rng: np.random.Generator) -> tuple[Any, np.ndarray]:
        """The top that each start came to."""
        domain, starts = worth.known.domain, max(self.starts, 2 * n)
        drawn = domain.sample(_LOT * starts, rng)
        scores = worth(drawn).reshape(starts, _LOT)
        at = np.arange(starts) * _LOT + scores.argmax(axis=1)
        points, best, uphill = take(drawn, at), scores.max(axis=1), None
        for scale in np.geomspace(_WIDE, _NARROW, self.rounds) if self.rounds else ():
            points, best, uphill = self._round(worth, points, best, uphill, float(scale), rng)
        return points, best

    def _round(
        self, worth: Worth, points: Any, best: np.ndarray, uphill: Any, scale: float, rng: np.random.Generator
    ) -> tuple[Any, np.ndarray, Any]:
        """The best of each point and its neighbours, and the way that they say is uphill."""
        domain, k = worth.known.domain, len(points)
        children = domain.vary(take(points, np.tile(np.arange(k), self.children)), scale, rng)
        if uphill is not None:
            children = stack(children, list(_stepped(domain, points, uphill, scale)))
        scores = worth(children).reshape(-1, k)
        slope = _slope(domain, points, children, best, scores)
        row = scores.argmax(axis=0)
        better = scores[row, np.arange(k)] > best
        chosen = np.where(better, k + row * k + np.arange(k), np.arange(k))
        return take(stack(points, list(children)), chosen), np.maximum(best, scores.max(axis=0)), slope


@named("synthesis/between")
@dataclass(frozen=True)
class Between(Search):
    """Walks the boundary: between two points of different predicted classes it halves until they meet.

    Prefer it where uncertainty is flat nearly everywhere (many columns, latent spaces, trees): whatever the
    worth looks like, each pair ends on the boundary.  Pairs are close ones, so that what lies between them is
    like both.  Needs ``model.proba`` or ``model.decision``; with one predicted class only it climbs instead.

    Parameters
    ----------
    pairs : int, 1 or more
    halvings : int, 1 or more

    Wang, Hu, Yuan & Lu 2015 (opposite pairs); here between what the model predicts, at no label.
    """

    pairs: int = 48
    halvings: int = 8
    name: ClassVar[str]

    def __post_init__(self) -> None:
        if self.pairs < 1 or self.halvings < 1:
            raise InvalidInput(
                f"pairs={self.pairs!r}, halvings={self.halvings!r}.", mend="Give 1 or more of both."
            )

    def find(self, worth: Worth, n: int, rng: np.random.Generator) -> tuple[Any, np.ndarray]:
        """Where each pair met."""
        domain, pairs = worth.known.domain, max(self.pairs, 2 * n)
        drawn = domain.sample(4 * pairs, rng)
        if not worth.classifies:
            raise InvalidInput(
                "A search between classes needs model.proba(x) or model.decision(x); this model has neither.",
                mend="Use search=Climb().",
            )
        sides, places = worth.sides(drawn), domain.places(drawn)
        if len(set(sides.tolist())) < 2 or places is None:
            return Climb().find(worth, n, rng)
        apart = distances(places, places)
        apart[sides[:, None] == sides] = np.inf
        nearest = apart.argmin(axis=1)
        ends = np.unique(np.sort(np.column_stack([np.arange(len(sides)), nearest]), axis=1), axis=0)
        ends = ends[rng.permutation(len(ends))[:pairs]]
        first, second = take(drawn, ends[:, 0]), take(drawn, ends[:, 1])
        points = _met(worth, first, second, sides[ends[:, 0]], self.halvings)
        return points, worth(points)


def _met(worth: Worth, first: Any, second: Any, sides: np.ndarray, halvings: int) -> Any:
    """Where pairs of points meet that are halved towards the change of side; ``sides`` are the first's."""
    domain = worth.known.domain
    low, high = np.zeros(len(sides)), np.ones(len(sides))
    for _ in range(halvings):
        middle = (low + high) / 2
        same = worth.sides(domain.between(first, second, middle[:, None])) == sides
        low, high = np.where(same, middle, low), np.where(same, high, middle)
    return domain.between(first, second, ((low + high) / 2)[:, None])


def _slope(domain: Domain, points: Any, children: Any, best: np.ndarray, scores: np.ndarray) -> Any:
    """The direction in which each point's neighbours say that it rises, of length 1; None without places."""
    here = domain.places(points)
    if here is None or not isinstance(points, np.ndarray):
        return None
    there = domain.places(children)
    assert there is not None
    steps = there.reshape(len(scores), *here.shape) - here
    length = np.maximum((steps**2).sum(axis=2), 1e-18)
    slope = ((scores - best) / length)[:, :, None] * steps
    slope = slope.sum(axis=0)
    size = np.sqrt((slope**2).sum(axis=1, keepdims=True))
    return np.divide(slope, size, out=np.zeros_like(slope), where=size > 0)


def _stepped(domain: Domain, points: np.ndarray, uphill: np.ndarray, scale: float) -> np.ndarray:
    """The points a step uphill, brought back into the domain; themselves where its places are others."""
    if uphill.shape != points.shape or not hasattr(domain, "nearest"):
        return points
    return np.asarray(domain.nearest(points + 2 * scale * domain.width * uphill))  # type: ignore[attr-defined]
