"""Coverage while the model knows little, margin once it knows most of the pool."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from querist.bounds import check_above
from querist.kernels import ball_radii, kmeans, margin, mixed_coverage, pure_radius
from querist.models import Prediction, require, take
from querist.selection import ProbCover
from querist.specs import named
from querist.strategies.contract import Proposal, Snapshot
from querist.strategies.scored import predicted, proposed

__all__ = ["DCoM"]

_RECENT = 4096  # labels whose balls are measured: the latest
_CLASSES = 10  # clusters where nobody knows the number of classes


@named("dcom")
@dataclass(frozen=True)
class DCoM:
    """Dynamic coverage and margin: balls around labels, each as wide as its class, then margin.

    A label speaks as far as the model agrees with it; the share of the pool that labels speak for is the
    model's competence.  While that is small each pick is the item with most others in its ball that no
    label speaks for; past ``centre`` it is the item of the smallest margin.  Prefer the strategy
    "default", which passes over more smoothly, unless your pool falls into clean clusters.

    Parameters
    ----------
    centre, steepness : float
        Where, in covered shares, and how suddenly margin takes over.
    radius : float, optional
        The widest ball; found as ``ProbCover`` finds it if not given.
    purity : float
        As for ``ProbCover``: what share of the widest balls must be pure.
    sample : int, optional
        How many candidates, drawn by lot, stand for all; None compares all, in time O(n^2 d).

    While there is no model or no label it asks as ``ProbCover``.  Needs ``model.proba``.  The radii are
    found anew at every query, so that nothing need be remembered; pending items cover as labels do,
    with the mean radius.

    >>> from querist.data import Pool
    >>> pool = Pool([[0.0], [0.1], [0.2], [5.0], [5.1]])
    >>> DCoM(radius=0.5).propose(Snapshot(pool, labels={1: "a"}), 1).ids[0] in (3, 4)
    True

    Mishal & Weinshall 2024.
    """

    centre: float = 0.8
    steepness: float = 30.0
    radius: float | None = None
    purity: float = 0.95
    sample: int | None = 4096
    name: ClassVar[str] = "dcom"

    def __post_init__(self) -> None:
        self._cover()  # which checks what is its own
        check_above(self.centre, "centre")
        check_above(self.steepness, "steepness")

    def propose(self, snapshot: Snapshot, n: int) -> Proposal:
        """The ``n`` candidates with the best mix of coverage and margin, each after the ones before."""
        prediction = predicted(snapshot)
        if not len(prediction) or n <= 0:
            return proposed(snapshot, prediction.rows[:0])
        if snapshot.model is None or not len(prediction.labelled):
            picks = self._cover()(np.zeros(len(prediction)), prediction, n)
            return proposed(snapshot, prediction.rows[picks], why="No label speaks for it and its like.")
        require(snapshot.model, "proba", by="DCoM")
        near = self._drawn(prediction, n)
        proba = prediction.proba[near]
        x = take(prediction.space, prediction.rows[near])
        radius, covered = self._covered(snapshot, prediction, x, proba.argmax(axis=1))
        seen = len(prediction.labelled)
        coverage = (covered.mean() * len(prediction) + seen) / (len(prediction) + seen)
        competence = self._competence(float(coverage))
        doubt = np.round(margin(proba).astype(np.float64), 6)  # float32 and float64 alike
        picks, values = mixed_coverage(x, n, radius=radius, worth=doubt, share=competence, covered=covered)
        why = "Two classes are close here." if competence > 0.5 else "No label speaks for it and its like."
        return proposed(snapshot, prediction.rows[near[picks]], scores=values, why=why)

    def _cover(self) -> ProbCover:
        """What it asks by while nothing is known."""
        return ProbCover(radius=self.radius, purity=self.purity, sample=self.sample)

    def _drawn(self, prediction: Prediction, n: int) -> np.ndarray:
        """The positions that stand for all, in the order of their lots."""
        order = np.argsort(-prediction.chance, kind="stable")
        return order if self.sample is None else order[: max(self.sample, 4 * n)]

    def _covered(
        self, snapshot: Snapshot, prediction: Prediction, x: Any, said: np.ndarray
    ) -> tuple[float, np.ndarray]:
        """The mean radius of the labels' balls, and which rows of ``x`` are in one of them."""
        classes = {value: i for i, value in enumerate(prediction.model.classes)}
        labels = np.array([classes.get(value, -1) for value in snapshot.labels.values()])[-_RECENT:]
        known = take(prediction.space, prediction.labelled[-_RECENT:])
        most = self.radius or self._widest(x, len(classes), prediction.seed)
        covered = np.zeros(x.shape[0], dtype=bool)
        radii = np.zeros(len(labels))
        for _ in range(2):  # the purity asked for depends on the coverage that it gives
            purity = 0.4 + 0.2 * float(covered.mean())
            radii, covered = ball_radii(x, said, known, labels, purity=purity, most=most)
        mean = float(radii.mean()) or most
        out = np.setdiff1d(prediction.taken, prediction.labelled)
        if len(out):
            waiting = take(prediction.space, out)
            everywhere = np.zeros(x.shape[0], dtype=np.intp)
            one = np.zeros(len(out), dtype=np.intp)
            covered |= ball_radii(x, everywhere, waiting, one, purity=0.0, most=mean)[1]
        return mean, covered

    def _widest(self, x: Any, classes: int, seed: int) -> float:
        of = kmeans(x, classes or _CLASSES, np.random.default_rng(seed)).of
        return pure_radius(x, of, purity=self.purity) or 1e-12

    def _competence(self, coverage: float) -> float:
        """The logistic weight of margin, 1 where all is covered."""
        above = 1 + np.exp(-self.steepness * (1 - self.centre))
        return float(np.clip(above / (1 + np.exp(-self.steepness * (coverage - self.centre))), 0, 1))

    @classmethod
    def examples(cls) -> tuple[Any, ...]:
        """Instances on which the laws are checked."""
        return (cls(), cls(centre=0.3, steepness=5.0, radius=1.0, purity=0.5, sample=16))
