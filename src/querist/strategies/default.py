"""The strategy for a campaign from its first question to its last: coverage that turns into margin."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from querist.bounds import check_above
from querist.data import Pool
from querist.kernels import Falling, Points, boundary, margin, priority_sample, top
from querist.kernels.arrays import summable
from querist.models import Prediction, memory_of, take
from querist.selection.standing import SAMPLE, covered_best, covering_of
from querist.specs import named
from querist.strategies.contract import Proposal, Snapshot
from querist.strategies.scored import predicted
from querist.strategies.seconded import seconded

__all__ = ["Default"]

_WITNESSES = 2048  # rows that stand for the pool
_SHORT = 1024  # candidates that are compared where there is a model; while cold, all that stand for the pool
_RECENT = 4096  # labels whose surroundings count as covered: the latest
_AHEAD = 10  # questions that the radius looks ahead
_MEASURED = 1024  # rows by whose distances the radius is set
_BLOCK = 1 << 18
_PATIENCE = 5.0
_SOONEST = 3.0  # labels a class / this is all that a model's own word on its doubts is worth
_QUARTER = 4.0  # times the share that is labelled: when that word is heard no longer
_SETTLED = 2.0  # exponent of the weights where a model is half sure of the pool
_LEAST = 0.01  # mean doubt that a model is believed to have left
_BOUNDARY = 0.6  # of patience and radius, for a boundary that has a second opinion beside it


@named("default")
@dataclass(frozen=True)
class Default:
    """Asks what stands for most of the pool that the model is unsure of; coverage first, margin later.

    Prefer it when you do not know better: it needs no label to begin and no parameter to be set (what
    it gains is in the manual, page "The default strategy, measured").  Prefer :class:`Scored` with
    ``Margin`` when there are some hundred labels a class already, or when a question about more than
    20,000 items must cost less than a tenth of a second; k-center when rare, odd items are what you are
    after: this rule asks the typical ones first.  Do not use it where distances between the features mean
    nothing (mixed units, not scaled).

    The rule.  Every question covers its surroundings: a row x is covered by exp(-d(x, s)^2 / 2r^2),
    s the nearest row that is labelled, out or chosen.  The next question is the one that adds most to
    the covered weight of the pool.

    - The radius r shrinks as labels come: it is ``radius`` times the distance within which the median
      row has an answer's share of the pool, one in (rows taken + 10).
    - The weight of a row is q^b, where q is the share of the pool that the model is surer of (by
      margin, or by distance to the boundary).  Without a model all weights are 1.
    - The exponent is b = 2 (1 / u - 1), u the mean over the pool of 1 - (p1 - p2), its two likeliest
      classes, and at most labels a class / 3.  A model that doubts all alike moves little, a settled
      one much; and nobody is believed who is settled by a handful of labels.  It is at least that bound
      times four times the share of the pool that is labelled: a model that never settles, since it
      cannot tell these classes apart, would otherwise have the thick parts asked to the end.
    - With ``patience`` b is labels a class / ``patience``, whatever the model says of itself; so it is,
      with 5, where a model has no probabilities.

    Why: with few labels a model's doubts are noise and what pays is labels that stand for many rows
    (b near 0: representatives of the thick parts, apart from each other).  Where most of the pool is
    settled, b is large and r is small, so that what is left is to break the ties, a batch spread over
    different ones.  In between one passes into the other without a switch that could come too early
    or too late.

    Parameters
    ----------
    patience : float > 0, optional
        Labels a class until doubts count in proportion to their rank; more trusts the model later.  The
        weights then hang on ranks alone, not on how well the model is calibrated, and the rows that are
        compared are drawn: 1,024 of 2,048, what the model is most unsure of always among them.
    radius : float > 0
        How far an answer speaks, as a multiple of what is its share.

    Time O(n log n) for the model's probabilities and their ranks, besides the comparison: of up to 20,480
    candidates with each other, as in :class:`querist.selection.MaxHerding` (about half a second for large
    pools), or of the rows drawn, which is a constant.  Distances are Euclidean, between the pool's
    features, or between the model's embeddings where the features are no numbers; without either it asks
    by margin, and by lot while cold.  For numbers instead of classes the doubt is the standard deviation,
    and b is 1.

    A model without probabilities (a support vector machine) is asked for its decisions, beside which
    half of what kernel ridge regression on the labels says is heard: a boundary from few labels is
    uncertain, and a second learner's is uncertain elsewhere.  Its doubts then count sooner, and a question
    covers less: patience and ``radius`` are taken by 0.6.

    >>> from querist.data import Pool
    >>> pool = Pool([[0.0], [0.1], [0.2], [5.0], [5.1], [5.2], [5.3], [5.4]])
    >>> sorted(Default().propose(Snapshot(pool), 2).ids)
    [1, 5]

    Its parts: Bae, Oliveira & Sutherland 2025 (uncertainty herding), Hacohen, Dekel & Weinshall 2022
    (typical items first), Scheffer, Decomain & Wrobel 2001 (margin), Minoux 1978 (lazy greedy),
    Duffield, Lund & Thorup 2007 (priority sampling).
    """

    patience: float | None = None
    radius: float = 0.7
    name: ClassVar[str] = "default"

    def __post_init__(self) -> None:
        check_above(self.patience, "patience", optional=True)
        check_above(self.radius, "radius")

    def propose(self, snapshot: Snapshot, n: int) -> Proposal:
        """The ``n`` candidates that add most to what is covered of the unsure pool, in greedy order."""
        prediction = predicted(snapshot)
        n = max(0, min(n, len(prediction)))
        unsure = _unsure(prediction, snapshot) if n else None
        order, gains = np.empty(0, dtype=np.intp), np.empty(0)
        if n and _has_space(prediction):
            sharpness = self._sharpness(prediction)
            if unsure is not None and self._by_model(prediction):
                order, gains = self._herding(prediction, snapshot.pool, unsure**sharpness, n)
            else:
                order, gains = self._covering(prediction, unsure, sharpness, n)
        if len(order) < n:
            order = np.concatenate([order, _rest(prediction, unsure, order, n - len(order))])
        ids = snapshot.pool.ids
        return Proposal(
            ids=[ids[int(row)] for row in prediction.rows[order]],
            scores=np.concatenate([gains, np.zeros(n - len(gains))]),
            probabilities=np.ones(n),
            why=_reasons(unsure, order, len(gains)),
        )

    def _sharpness(self, prediction: Prediction) -> float:
        """How much the model's doubts count: the exponent of the weights."""
        classes = getattr(prediction.model, "classes", None)
        a_class = len(prediction.labelled) / len(classes) if classes else math.inf
        if self._by_model(prediction):
            lead = -float(margin(prediction.proba).mean(dtype=np.float64))
            most = a_class / _SOONEST
            share = len(prediction.labelled) / (len(prediction.labelled) + len(prediction))
            return min(most, max(most * _QUARTER * share, _SETTLED * lead / max(1 - lead, _LEAST)))
        return a_class / ((self.patience or _PATIENCE) * _sooner(prediction)) if classes else 1.0

    def _by_model(self, prediction: Prediction) -> bool:
        """Whether the model's own probabilities say how much its doubts count."""
        return self.patience is None and hasattr(prediction.model, "proba")

    def _herding(
        self, prediction: Prediction, pool: Pool, weights: np.ndarray, n: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Candidates in greedy order, all of them compared in pools that are not huge; with their weights."""
        spread = _reach(prediction, 1 / (len(prediction.taken) + _AHEAD))
        radius = max(self.radius * math.sqrt(spread), 1e-15)
        covering = (
            covering_of(prediction.x, memory_of(pool), "gaussian", radius)
            if _numeric(prediction.x)
            else covering_of(prediction.space, prediction.memory, "gaussian", radius)
        )
        positions = covered_best(covering, prediction, n, SAMPLE, weights)
        return positions, weights[positions]

    def _covering(
        self, prediction: Prediction, unsure: np.ndarray | None, sharpness: float, n: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Candidates in greedy order with what each adds to the covered share of the weight."""
        weights = np.ones(len(prediction)) if unsure is None else unsure**sharpness
        witnesses, weights = _drawn(weights, prediction.chance)
        w, taken = len(witnesses), prediction.taken[-_RECENT:]
        c = w if unsure is None else min(w, _SHORT)
        points = Points(_space(prediction, np.concatenate([prediction.rows[witnesses], taken])))
        near = _distances(points, np.arange(c), np.arange(w))
        spread = _reach(prediction, 1 / (len(prediction.taken) + _AHEAD))
        width = (self.radius * _sooner(prediction)) ** 2 * spread
        scale = -0.5 / max(width, 1e-12 * float(points.norms.mean()), 1e-30)
        covered = _covered(points, w, np.arange(w, w + len(taken)), scale)
        near *= near.dtype.type(scale)
        np.exp(near, out=near)
        positions, gains = _greedy(near, covered, weights, min(n, c))
        return witnesses[positions], gains

    @classmethod
    def examples(cls) -> tuple[Default, ...]:
        """Instances on which the laws are checked."""
        return (cls(), cls(patience=0.5, radius=1.0))


def _unsure(prediction: Prediction, snapshot: Snapshot) -> np.ndarray | None:
    """For each candidate the share of them that the model is surer of, (k,) in (0, 1]; None while cold."""
    model = prediction.model
    if hasattr(model, "proba"):
        doubt = margin(prediction.proba)
    elif hasattr(model, "decision"):
        doubt = boundary(_decision(prediction, snapshot))
    elif hasattr(model, "marginals") and prediction.marginals.shape[1]:
        doubt = -np.abs(2 * prediction.marginals - 1).mean(axis=1)
    elif hasattr(model, "mean_std"):
        doubt = prediction.mean_std[1]
    else:
        return None
    doubt = np.round(np.asarray(doubt, dtype=np.float64), 6)  # float32 and float64 rank alike
    return np.searchsorted(np.sort(doubt), doubt, side="right") / len(doubt)


def _sooner(prediction: Prediction) -> float:
    """What patience and radius are taken by: a boundary is trusted sooner, and covers less."""
    model = prediction.model
    return _BOUNDARY if hasattr(model, "decision") and not hasattr(model, "proba") else 1.0


def _decision(prediction: Prediction, snapshot: Snapshot) -> np.ndarray:
    """What the model decides, and where there is space a second opinion beside it, (k, C)."""
    if not _has_space(prediction):
        return prediction.decision
    return seconded(prediction, list(snapshot.labels.values()), lambda rows: _space(prediction, rows))


def _has_space(prediction: Prediction) -> bool:
    return _numeric(prediction.x) or (prediction.x is not None and hasattr(prediction.model, "embed"))


def _numeric(x: Any) -> bool:
    return getattr(getattr(x, "dtype", None), "kind", "O") in "fiub"


def _space(prediction: Prediction, rows: np.ndarray) -> Any:
    """Where some rows of the pool are: their features, or what the model embeds them to."""
    some = take(prediction.x, rows)
    return some if _numeric(prediction.x) else prediction.model.embed(some)


def _drawn(weights: np.ndarray, chance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Candidates that stand for all, drawn in proportion to their weights, with the share each stands for."""
    rows, stands_for = priority_sample(chance, _WITNESSES, weights=weights)
    return rows, (stands_for / max(float(stands_for.sum()), 1e-300)).astype(np.float32)


def _distances(points: Points, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Squared distances of some points to others, (len(rows), len(columns)), in float32 where they fit."""
    centres = points.centres(columns)
    kind = np.float32 if summable(points.norms, np.float32) else np.float64
    out = np.empty((len(rows), len(columns)), dtype=kind)
    step = max(1, _BLOCK // max(1, len(columns)))
    for start in range(0, len(rows), step):
        stop = min(len(rows), start + step)
        out[start:stop] = points.squared(start, stop, centres)
    return out


def _reach(prediction: Prediction, share: float) -> float:
    """The squared distance within which the median candidate has that share of the others."""
    rows = prediction.rows[top(-prediction.chance, _MEASURED)]
    near = _distances(
        Points(_space(prediction, rows)), np.arange(min(len(rows), _MEASURED // 4)), np.arange(len(rows))
    )
    others = min(len(rows) - 1, max(1, round(share * len(rows))))  # place 0 is the row itself
    return float(np.median(np.partition(near, others, axis=1)[:, others]))


def _covered(points: Points, w: int, taken: np.ndarray, scale: float) -> np.ndarray:
    """How far the first ``w`` points are covered by what is taken already, (w,) from 0 to 1."""
    covered = np.zeros(w, dtype=np.float32)
    for first in range(0, len(taken), 256):
        near = _distances(points, np.arange(w), taken[first : first + 256]).min(axis=1)
        np.maximum(covered, np.exp(scale * near), out=covered)
    return covered


def _greedy(
    near: np.ndarray, covered: np.ndarray, weights: np.ndarray, n: int
) -> tuple[np.ndarray, np.ndarray]:
    """The ``n`` rows of ``near`` that cover most, each after the ones before; and what each adds."""

    step = max(1, _BLOCK // near.shape[1])

    def gain(rows: np.ndarray) -> np.ndarray:
        gains = np.empty(len(rows))
        for start in range(0, len(rows), step):
            some = near[rows[start : start + step]]
            some -= covered
            gains[start : start + step] = np.maximum(some, 0, out=some) @ weights
        return gains

    def fresh(rows: np.ndarray, since: np.ndarray, best: float) -> tuple[np.ndarray, np.ndarray]:
        return gain(rows), np.full(len(rows), falling.turn)

    falling = Falling(gain(np.arange(len(near))), fresh, first_of_equals=True)
    positions, gains = np.empty(n, dtype=np.intp), np.empty(n)
    for i in range(n):
        positions[i], gains[i] = falling.take()
        np.maximum(covered, near[positions[i]], out=covered)
    return positions, gains


def _rest(prediction: Prediction, unsure: np.ndarray | None, order: np.ndarray, n: int) -> np.ndarray:
    """``n`` more candidates, the most unsure first, by lot among equals."""
    scores = np.zeros(len(prediction)) if unsure is None else unsure.copy()
    scores[order] = -1
    return top(scores, n, ties=prediction.chance)


def _reasons(unsure: np.ndarray | None, order: np.ndarray, covering: int) -> tuple[str, ...]:
    """One short reason an item."""

    def reason(place: int, position: int) -> str:
        if unsure is not None and unsure[position] > 0.5:
            return (
                "The model is torn, and many like it are unanswered."
                if place < covering
                else ("The model is torn between classes.")
            )
        return (
            "It stands for many items that no answer speaks for yet."
            if place < covering
            else ("Drawn from what is left.")
        )

    return tuple(reason(place, int(position)) for place, position in enumerate(order))
