"""Ask about one class of one item: the item of an odd set, and the class that is least clear of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from querist.kernels import audi
from querist.models import require
from querist.selection import Top
from querist.specs import named
from querist.strategies.contract import Proposal, Snapshot
from querist.strategies.scored import Scored, predicted, proposed

__all__ = ["Audi"]


@named("audi")
@dataclass(frozen=True)
class Audi:
    """Asks whether an item has one class: the item by the odd size of its set, the class by its boundary.

    Active query driven by uncertainty and diversity.  The proposal's ``parts`` name the class that each
    item is asked about; yes or no answers it, which costs an annotator far less than a whole set.  Prefer
    it where classes are many and each decision is costly; where people label whole items anyway
    ``BinaryMinimum`` or ``Cvirs`` make more of their time.  A campaign keeps whole sets, so there the class
    is told in the reason, as the one to look at first; to collect answers about single classes, call
    ``querist.kernels.audi`` with what is known of each.  Needs ``model.label_decision``; cold it draws by
    lot and asks about the whole item.

    Parameters
    ----------
    by_size : bool
        False leaves the size of the sets aside: the nearest boundary of all decides.

    >>> from sklearn.linear_model import LogisticRegression
    >>> from querist.data import Pool
    >>> from querist.models import as_model
    >>> model = as_model(LogisticRegression()).fitted([[0.0], [1.0], [2.0]], [(), ("a",), ("a", "b")])
    >>> pool = Pool([[0.0], [1.0], [2.0], [0.4], [1.4]])
    >>> proposal = Audi().propose(Snapshot(pool, {0: (), 1: ("a",), 2: ("a", "b")}, model=model), 1)
    >>> proposal.ids, proposal.parts
    ([3], ('a',))

    Huang & Zhou 2013.
    """

    by_size: bool = True
    name: ClassVar[str] = "audi"

    def propose(self, snapshot: Snapshot, n: int) -> Proposal:
        """``n`` candidates, each with the class in question; scores are how odd their sets are in size."""
        if snapshot.model is None:
            return Scored().propose(snapshot, n)
        require(snapshot.model, "label_decision", by="AUDI")
        prediction = predicted(snapshot)
        classes, sets = snapshot.model.classes, prediction.known_sets
        if not len(classes):  # nothing to ask about but the whole
            return Scored().propose(replace(snapshot, model=None), n)
        mean = float(sets.sum(axis=1).mean()) if self.by_size and len(sets) else None
        f = prediction.label_decision
        rows, columns, worth = audi(f, mean, len(prediction), ties=prediction.chance)
        rank, column = np.empty(len(rows)), np.empty(len(rows), dtype=np.intp)
        rank[rows], column[rows] = -_places(worth, np.abs(f[rows, columns])), columns
        selection = Top().select(rank, prediction, min(n, len(prediction)))
        parts = tuple(classes[int(one)] for one in column[selection.positions])
        scores = np.empty(len(rows))
        scores[rows] = worth
        return proposed(
            snapshot,
            prediction.rows[selection.positions],
            scores=scores[selection.positions],
            probabilities=selection.probabilities,
            why=[f"The model can hardly tell whether it has {part!r}." for part in parts],
            parts=parts,
        )

    @classmethod
    def examples(cls) -> tuple[Any, ...]:
        """Instances on which the laws are checked."""
        return (cls(), cls(by_size=False))


def _places(worth: np.ndarray, nearest: np.ndarray) -> np.ndarray:
    """The place of each row in an order that is given, equals sharing one."""
    near = np.round(np.minimum(nearest.astype(np.float64), 1e30), 6)
    new = (np.diff(np.round(worth, 9)) != 0) | (np.diff(near) != 0)
    return np.cumsum(np.concatenate([np.zeros(min(1, len(worth)), dtype=bool), new]))
