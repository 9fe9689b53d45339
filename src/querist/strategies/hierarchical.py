"""Hierarchical sampling: ask in clusters until they are pure, and cut those that are not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from querist.bounds import check_sample
from querist.errors import InvalidInput
from querist.kernels import cluster_tree, gumbel_top, pruning
from querist.models import Prediction, take
from querist.specs import named
from querist.strategies.contract import Proposal, Snapshot
from querist.strategies.scored import predicted, proposed

__all__ = ["Hierarchical"]

_RECENT = 16384  # labels that the tree holds: the latest


@named("hierarchical")
@dataclass(frozen=True)
class Hierarchical:
    """Draws from the clusters of a tree, the large and impure ones more often; labels say where to cut.

    A cluster that labels show to be pure is left alone, another is cut at once into its parts.  Prefer it
    where classes follow the heaps of the data, and where a draw must stay a draw: inside a cluster all
    are equally likely, so estimates from its labels are honest, and no early mistake of a model leads it
    astray.  Where classes cut across the heaps it is a random draw.  It reads no model but one that
    embeds; the tree is made of numeric features otherwise.

    Parameters
    ----------
    beta : float, above 1
        How near to the best label the majority must be for its cluster to stand.
    leaf : int
        Clusters of so many are not cut.
    sample : int, optional
        How many candidates, drawn by lot, the tree holds beside the labelled ones.

    The paper never joins what was cut; here the cut follows from the labels as they are now, so that a
    correction can join it again.

    >>> from querist.data import Pool
    >>> pool = Pool([[0.0], [0.1], [0.2], [0.3], [9.0], [9.1], [9.2], [9.3]])
    >>> labels = {0: "a", 1: "a", 2: "a", 4: "b", 5: "b"}
    >>> Hierarchical(leaf=4).propose(Snapshot(pool, labels=labels), 1).probabilities.round(2)
    array([0.4])

    Dasgupta & Hsu 2008.
    """

    beta: float = 2.0
    leaf: int = 32
    sample: int | None = 16384
    name: ClassVar[str] = "hierarchical"

    def __post_init__(self) -> None:
        check_sample(self.sample)
        if not (isinstance(self.beta, int | float) and 1 < self.beta < np.inf):
            raise InvalidInput(f"beta must be above 1; got {self.beta!r}.", mend="The paper uses 2.")
        if not (isinstance(self.leaf, int) and self.leaf >= 1):
            raise InvalidInput(
                f"leaf must be a whole number of 1 or more; got {self.leaf!r}.",
                mend="It says how many items a cluster has that is not cut any more.",
            )

    def propose(self, snapshot: Snapshot, n: int) -> Proposal:
        """``n`` candidates drawn by the doubt about their clusters; scores are the chances at first."""
        prediction = predicted(snapshot)
        if not len(prediction) or n <= 0:
            return proposed(snapshot, prediction.rows[:0])
        near = np.argsort(-prediction.chance, kind="stable")
        near = near if self.sample is None else near[: max(self.sample, 4 * n)]
        worth = self._worth(snapshot, prediction, near)
        picks, chances = gumbel_top(np.log(worth), n, prediction.chance[near])
        return proposed(
            snapshot,
            prediction.rows[near[picks]],
            scores=worth[picks],
            probabilities=chances,
            why="Labels do not settle its cluster yet.",
        )

    def _worth(self, snapshot: Snapshot, prediction: Prediction, near: np.ndarray) -> np.ndarray:
        """The chance of each of the candidates to be drawn first, (len(near),)."""
        known = prediction.labelled[-_RECENT:]
        rows = np.concatenate([prediction.rows[near], known])
        tree = cluster_tree(take(prediction.space, rows), leaf=self.leaf)
        place: dict[Any, int] = {}
        values = list(snapshot.labels.values())[len(prediction.labelled) - len(known) :]
        of = np.full(len(rows), -1)
        of[len(near) :] = [place.setdefault(value, len(place)) for value in values]
        stands_for = np.ones(len(rows))
        stands_for[: len(near)] = len(prediction) / len(near)
        nodes, sizes, lowers = pruning(tree, of, weights=stands_for, beta=self.beta)
        worth = np.zeros(len(rows))
        for node, size, lower in zip(nodes, sizes, lowers, strict=True):
            inside = tree.order[tree.start[node] : tree.stop[node]]
            free = inside[inside < len(near)]
            worth[free] = size * (1 - lower) / max(1, len(free))
        chance: np.ndarray = worth[: len(near)] / worth[: len(near)].sum()
        return chance

    @classmethod
    def examples(cls) -> tuple[Any, ...]:
        """Instances on which the laws are checked."""
        return (cls(), cls(beta=1.5, leaf=2, sample=16))
