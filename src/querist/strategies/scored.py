"""An acquisition with a selector: what most strategies are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar
from weakref import WeakKeyDictionary

import numpy as np

from querist.acquisition import Acquisition, Margin, Random
from querist.data import Pool
from querist.errors import InvalidInput
from querist.kernels import keys_of
from querist.models import Prediction, memory_of
from querist.selection import Selector, Top
from querist.specs import named
from querist.strategies.contract import Proposal, Snapshot

__all__ = ["Scored", "predicted", "proposed"]

_KEYS: WeakKeyDictionary[Pool, np.ndarray] = WeakKeyDictionary()


@named("scored")
@dataclass(frozen=True)
class Scored:
    """Scores the candidates by an acquisition and lets a selector choose among them.

    Parameters
    ----------
    acquisition : Acquisition
    selector : Selector
        ``Top()`` for one question at a time, ``KCenter`` or ``KMeansPlusPlus`` for batches.
    cold : Acquisition
        What scores while there is no model; it must not need one.

    Raises
    ------
    MissingCapability
        Where the model cannot give what the acquisition reads.

    >>> from querist.acquisition import Density, Margin
    >>> from querist.data import Pool
    >>> strategy = Scored(Density())
    >>> strategy.propose(Snapshot(Pool([[1.0, 0.0], [2.0, 0.0], [0.0, 1.0]]), labels={0: "a"}), 1).ids
    [1]
    """

    acquisition: Acquisition = field(default_factory=Margin)
    selector: Selector = field(default_factory=Top)
    cold: Acquisition = field(default_factory=Random)
    name: ClassVar[str] = "scored"

    def __post_init__(self) -> None:
        for value, kind in (
            (self.acquisition, Acquisition),
            (self.selector, Selector),
            (self.cold, Acquisition),
        ):
            if not isinstance(value, kind):
                raise InvalidInput(
                    f"A scored strategy takes an acquisition and a selector; got {value!r}.",
                    mend="Write for example Scored(Margin(), KCenter(among=10)).",
                )
        if self.cold.needs:
            raise InvalidInput(
                f"The cold acquisition {self.cold!r} needs a model ({', '.join(sorted(self.cold.needs))}).",
                mend="Use Random() or Density() for the cold start.",
            )

    def propose(self, snapshot: Snapshot, n: int) -> Proposal:
        """The ``n`` best candidates by the acquisition and the selector."""
        prediction = predicted(snapshot)
        cold = snapshot.model is None and bool(self.acquisition.needs)
        acquisition = self.cold if cold else self.acquisition
        n = min(n, len(prediction))
        if n <= 0:
            return proposed(snapshot, prediction.rows[:0])
        scores = _checked(acquisition(prediction), acquisition, len(prediction))
        selection = self.selector.select(scores, prediction, n)
        chances = selection.probabilities
        if acquisition.uniform and isinstance(self.selector, Top):
            chances = 1 / (len(prediction) - np.arange(n))
        reason = " ".join(acquisition.reasons)
        return proposed(
            snapshot,
            prediction.rows[selection.positions],
            scores=scores[selection.positions],
            probabilities=chances,
            why=f"No model yet. {reason}".strip() if cold else reason,
        )

    @classmethod
    def examples(cls) -> tuple[Scored, ...]:
        """Instances on which the laws are checked."""
        from querist.acquisition import Density, Entropy
        from querist.selection import KCenter, KMeansPlusPlus

        return (
            cls(),
            cls(Entropy(), KCenter(among=4)),
            cls(Margin() * Density(), KMeansPlusPlus(weighted=True), cold=Density()),
        )


def predicted(snapshot: Snapshot, rows: Any = None) -> Prediction:
    """What the snapshot's model says of the candidates, or of some of them."""
    pool = snapshot.pool
    return Prediction(
        snapshot.model,
        pool.features,
        snapshot.candidates if rows is None else rows,
        labelled=snapshot.labelled,
        labels=snapshot.labels.values(),
        taken=snapshot.taken,
        costs=pool.costs,
        keys=_keys(pool),
        seed=snapshot.seed,
        memory=memory_of(pool),
    )


def proposed(
    snapshot: Snapshot,
    rows: np.ndarray,
    *,
    scores: Any = None,
    probabilities: Any = None,
    why: str | Sequence[str] = "",
    parts: Sequence[Any] = (),
) -> Proposal:
    """A proposal of some rows: their ids, scores and chances (1 if not given), a reason each or for all."""
    ids = snapshot.pool.ids
    return Proposal(
        ids=[ids[int(row)] for row in rows],
        scores=np.ones(len(rows)) if scores is None else np.asarray(scores, dtype=np.float64),
        probabilities=np.ones(len(rows))
        if probabilities is None
        else np.asarray(probabilities, dtype=np.float64),
        why=tuple(why) if not isinstance(why, str) else (why,) * len(rows) if why else (),
        parts=parts,
    )


def _keys(pool: Pool) -> np.ndarray | None:
    """What chance is drawn by: the ids, hashed once a pool, so that the order of rows does not matter."""
    if isinstance(pool.ids, range):
        return None
    if pool not in _KEYS:
        _KEYS[pool] = keys_of(pool.ids)
    return _KEYS[pool]


def _checked(given: Any, acquisition: Acquisition, n: int) -> np.ndarray:
    scores: np.ndarray = np.asarray(given)
    if scores.shape != (n,) or not np.isfinite(scores).all():
        raise InvalidInput(
            f"{acquisition!r} gave scores of shape {scores.shape} for {n} candidates"
            f"{'' if scores.shape != (n,) else ', some of them not finite'}.",
            mend="An acquisition returns one finite number a candidate.",
        )
    return scores
