"""QUIRE: informative and representative by one objective."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from querist.bounds import check_above
from querist.errors import InvalidInput
from querist.kernels import quire
from querist.selection.subpool import median_distance
from querist.specs import named
from querist.strategies.contract import Proposal, Snapshot
from querist.strategies.scored import predicted, proposed

__all__ = ["Quire", "one_against_rest"]


@named("quire")
@dataclass(frozen=True)
class Quire:
    """Each pick is where a kernel fit of the labels is undecided and knows least, by one min-max objective.

    It brings its own small kernel model and reads none of yours: prefer it with few labels and two
    classes, above all for kernel machines, and where no model is there yet.  It is no strategy for many
    thousand labels, where "margin" is as good and cheaper.  Distances and dot products are taken
    in the model's embedding, or in numeric features; scale them first.

    More than two classes are asked one against the rest, and losses averaged; with ten (scikit-learn's
    digits) it is no better than random questions, so prefer "default" there.  The rows that are out, and
    the picks of a batch, count as known to be what is predicted of them.

    Parameters
    ----------
    similarity : "gaussian" or "linear"
    radius : float, optional
        How far a label speaks, for "gaussian"; the median distance of the pool if not given.
    noise : float
        The regularisation; a label counts as its value with this variance.
    latest : int
        How many labels, the latest, are read: memory is of the order of its square.

    >>> from querist.data import Pool
    >>> pool = Pool([[0.0], [1.0], [2.0], [3.0], [9.0]])
    >>> Quire(radius=1.0).propose(Snapshot(pool, labels={0: "no", 3: "yes"}), 1).ids
    [4]

    Huang, Jin & Zhou 2010.
    """

    similarity: str = "gaussian"
    radius: float | None = None
    noise: float = 1.0
    latest: int = 2048
    name: ClassVar[str] = "quire"

    def __post_init__(self) -> None:
        check_above(self.radius, "radius", optional=True)
        check_above(self.noise, "noise")
        if self.similarity not in ("gaussian", "linear"):
            raise InvalidInput(
                f"There is no similarity {self.similarity!r}.", mend="Use 'gaussian' or 'linear'."
            )
        if not (isinstance(self.latest, int) and self.latest >= 1):
            raise InvalidInput(
                f"latest must be a whole number of 1 or more; got {self.latest!r}.",
                mend="It says how many labels are read.",
            )

    def propose(self, snapshot: Snapshot, n: int) -> Proposal:
        """The ``n`` candidates of the least worst case, one after the other."""
        prediction = predicted(snapshot)
        if not len(prediction) or n <= 0:
            return proposed(snapshot, prediction.rows[:0])
        known, taken = snapshot.labelled[-self.latest :], snapshot.taken
        waiting = np.setdiff1d(taken, snapshot.labelled)
        values = list(snapshot.labels.values())[-self.latest :]
        rows = prediction.rows[np.argsort(-prediction.chance, kind="stable")]  # equals go by lot
        picks, scores = quire(
            prediction.space,
            n,
            labelled=known,
            targets=one_against_rest(values),
            rows=rows,
            taken=waiting[: self.latest],
            similarity=self.similarity,
            radius=self.radius or median_distance(prediction),
            noise=self.noise,
        )
        why = "The labels so far neither decide it nor lie near it."
        return proposed(snapshot, picks, scores=scores, why=why)

    @classmethod
    def examples(cls) -> tuple[Any, ...]:
        """Instances on which the laws are checked."""
        return (cls(), cls("linear", radius=2.0, noise=0.1, latest=8))


def one_against_rest(values: list[Any]) -> np.ndarray:
    """One column a class of -1 and +1, (l, C); one column alone for two classes or one."""
    place: dict[Any, int] = {}
    of = np.array([place.setdefault(value, len(place)) for value in values], dtype=np.intp)
    columns = np.arange(len(place)) if len(place) > 2 else np.zeros(1, dtype=np.intp)
    return np.where(of[:, None] == columns, 1.0, -1.0)
