"""More of a kind: batches by submodular mutual information with examples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from querist.errors import InvalidInput
from querist.kernels import query_information
from querist.selection import FacilityLocation
from querist.specs import named
from querist.strategies.contract import Proposal, Snapshot
from querist.strategies.scored import predicted, proposed

__all__ = ["Targeted"]


@named("targeted")
@dataclass(frozen=True)
class Targeted:
    """Each pick adds most to the mutual information of the batch with examples of what is wanted.

    Prefer it to find more of a rare class, or of a kind of item on which the model fails; it never asks
    far from the examples, so mix it with others where the rest of the pool matters too.  The examples are
    the ``items`` named and the labelled items of the ``classes`` named; where neither is named, those of
    the class with the fewest labels.  Until there is an example (or, where nothing is named, a second
    class) it covers the pool as ``FacilityLocation`` does.

    Similarity is (1 + cosine) / 2 in the model's embedding, or in numeric features.

    Parameters
    ----------
    items : ids of items of the pool
    classes : values of labels
    eta : float, 0 or more
        0 spreads over the examples only; with more, each pick must be near one of them.
    latest : int
        How many examples, the latest, are read.

    >>> from querist.data import Pool
    >>> pool = Pool([[1.0, 0.0], [0.9, 0.1], [0.0, 1.0], [0.1, 0.9], [-1.0, 0.1]])
    >>> Targeted(classes=("rare",)).propose(Snapshot(pool, labels={2: "rare", 0: "usual"}), 1).ids
    [3]

    Kothawade, Beck, Killamsetty & Iyer 2021 (SIMILAR, by facility location).
    """

    items: tuple[str | int, ...] = ()
    classes: tuple[str | int | float | bool, ...] = ()
    eta: float = 1.0
    latest: int = 1024
    name: ClassVar[str] = "targeted"

    def __post_init__(self) -> None:
        for field in ("items", "classes"):
            if isinstance(getattr(self, field), str):
                raise InvalidInput(
                    f"{field} must be a tuple; got {getattr(self, field)!r}.",
                    mend=f"Write {field}=({getattr(self, field)!r},), with the comma.",
                )
            object.__setattr__(self, field, tuple(getattr(self, field)))
        if not (isinstance(self.eta, int | float) and 0 <= self.eta < np.inf):
            raise InvalidInput(f"eta must be 0 or more; got {self.eta!r}.", mend="The paper uses 1.")
        if not (isinstance(self.latest, int) and self.latest >= 1):
            raise InvalidInput(
                f"latest must be a whole number of 1 or more; got {self.latest!r}.",
                mend="It says how many examples are read.",
            )

    def propose(self, snapshot: Snapshot, n: int) -> Proposal:
        """The ``n`` candidates that tell most about the examples, each given the ones before."""
        prediction = predicted(snapshot)
        if not len(prediction) or n <= 0:
            return proposed(snapshot, prediction.rows[:0])
        examples = self._examples(snapshot)
        if not len(examples):
            cover = FacilityLocation()(np.ones(len(prediction)), prediction, n)
            return proposed(snapshot, prediction.rows[cover], why="It stands for many items.")
        picks, gains = query_information(
            prediction.space,
            n,
            examples,
            eta=self.eta,
            rows=prediction.rows[np.argsort(-prediction.chance, kind="stable")],  # equals go by lot
            taken=np.setdiff1d(snapshot.taken, snapshot.labelled),
        )
        return proposed(snapshot, picks, scores=gains, why="It resembles what you look for.")

    def _examples(self, snapshot: Snapshot) -> np.ndarray:
        """The rows of the examples, (q,)."""
        wanted: set[Any] = set(self.classes)
        if not self.items and not wanted:
            seen: dict[Any, int] = {}
            for value in snapshot.labels.values():
                seen[value] = seen.get(value, 0) + 1
            if len(seen) > 1:
                wanted = {min(seen, key=lambda value: (seen[value], str(value)))}
        named_rows = snapshot.pool.rows(self.items)
        of_class = [i for i, value in enumerate(snapshot.labels.values()) if value in wanted]
        rows = np.concatenate([snapshot.labelled[of_class], named_rows])
        _, first = np.unique(rows, return_index=True)
        found: np.ndarray = rows[np.sort(first)][-self.latest :]
        return found

    @classmethod
    def examples(cls) -> tuple[Any, ...]:
        """Instances on which the laws are checked."""
        return (cls(), cls(("item-0",), ("b",), eta=0.5, latest=4))
