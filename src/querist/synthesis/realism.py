"""Realism: what of all that can be made people could label."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from querist.data import Domain
from querist.errors import InvalidInput
from querist.models import take
from querist.specs import named
from querist.synthesis.contract import Known, distances

__all__ = ["Realism"]

_ROWS = 2000  # real rows that stand for all
_SEED = 11


@named("synthesis/realism")
@dataclass(frozen=True)
class Realism:
    """Lets a point pass that is as near to real items as they are to each other, and unlike what was refused.

    People cannot label noise: queries by a network's uncertainty alone were images of no digit.  The bar is
    the mean distance to the ``k`` nearest real items, such that a share ``strict`` of the real ones
    themselves would fail it.  Every "cannot be labelled" teaches: a point that is nearer to a refused item
    than to any that was answered or is real fails as well, and the bar falls to where refusals begin to
    prevail.

    Parameters
    ----------
    strict : float in (0, 1)
        The share of the real items that would fail; more is stricter.
    k : int, 1 or more
    shown : bool
        Whether the features themselves must be as near to real ones too, by their own length.  For pictures
        out of a latent space: codes that are near to real ones may stand for fog, which is far from every
        picture for how faint it is.

    Lang & Baum 1992 (the trap).
    """

    strict: float = 0.25
    k: int = 5
    shown: bool = False
    name: ClassVar[str]

    def __post_init__(self) -> None:
        if not 0 < self.strict < 1 or self.k < 1:
            raise InvalidInput(
                f"strict={self.strict!r}, k={self.k!r}.",
                mend="Give a share between 0 and 1, and 1 neighbour or more.",
            )

    def passes(self, known: Known, points: Any) -> np.ndarray:
        """Whether each point passes, (n,); all do where there are no real items, or no places."""
        real, places = _real(known), known.domain.places(points)
        if real is None or places is None or len(real) < 2:
            return np.ones(len(points), dtype=bool)
        far, nearest = self._far(places, real)
        bar = self._bar(known, real)
        fine = far <= bar
        if self.shown:
            fine &= self._shown(known, points)
        refused, answered = _made(known)
        if refused is not None:
            others = (
                nearest if answered is None else np.minimum(nearest, distances(places, answered).min(axis=1))
            )
            fine &= distances(places, refused).min(axis=1) >= others
        return np.asarray(fine)

    def _shown(self, known: Known, points: Any) -> np.ndarray:
        """Whether the features are as near to real ones, by their length, as real ones are to others."""
        real = _dense(_real_rows(known))
        own = distances(real, real)
        np.fill_diagonal(own, np.inf)
        bar = np.quantile(self._by_length(own, real), 1 - self.strict)
        made = _dense(known.domain.features(points))
        return np.asarray(self._by_length(distances(made, real), made) <= bar)

    def _by_length(self, apart: np.ndarray, rows: np.ndarray) -> np.ndarray:
        k = min(self.k, apart.shape[1] - 1)
        near = np.partition(apart, k - 1, axis=1)[:, :k].mean(axis=1)
        return np.asarray(near / np.maximum(np.linalg.norm(rows, axis=1), 1e-12))

    def _bar(self, known: Known, real: np.ndarray) -> float:
        """How far from real items a point may be."""
        own = distances(real, real)
        np.fill_diagonal(own, np.inf)
        k = min(self.k, len(real) - 1)
        bar = float(np.quantile(np.partition(own, k - 1, axis=1)[:, :k].mean(axis=1), 1 - self.strict))
        refused, answered = _made(known)
        if refused is None:
            return bar
        bad = self._far(refused, real)[0]
        good = np.empty(0) if answered is None else self._far(answered, real)[0]
        # the bar with the fewest mistakes among what people said; one good item is believed from the start
        bars = np.unique(np.concatenate([[bar], bad[bad < bar] * (1 - 1e-9), good[good < bar]]))
        mistakes = [(bad <= one).sum() + (good > one).sum() for one in bars]
        return float(bars[len(bars) - 1 - int(np.argmin(mistakes[::-1]))])

    def _far(self, places: np.ndarray, real: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The mean distance to the k nearest real items, and the distance to the nearest."""
        apart = distances(places, real)
        k = min(self.k, len(real))
        near = np.partition(apart, k - 1, axis=1)[:, :k]
        return near.mean(axis=1), near.min(axis=1)


def _real(known: Known) -> np.ndarray | None:
    """The places of real items."""
    pool = known.snapshot.pool
    if pool.features is None or not len(pool):
        return None
    return known.domain.places_of(_real_rows(known))


def _real_rows(known: Known) -> Any:
    """The features of real items: the same ones at every question."""
    pool = known.snapshot.pool
    return take(pool.features, np.sort(np.random.default_rng(_SEED).permutation(len(pool))[:_ROWS]))


def _dense(rows: Any) -> np.ndarray:
    return np.asarray(rows.toarray() if hasattr(rows, "toarray") else rows, dtype=np.float64)


def _made(known: Known) -> tuple[np.ndarray | None, np.ndarray | None]:
    """The places of made items that were refused, and of those that were answered."""
    made = known.snapshot.made
    refused = [made.features[at] for at, item in enumerate(made.ids) if item in made.refused]
    answered = [made.features[at] for at in made.labelled]
    return _places(known.domain, refused), _places(known.domain, answered)


def _places(domain: Domain, features: list[Any]) -> np.ndarray | None:
    if not features:
        return None
    return domain.places_of(np.asarray(features))
