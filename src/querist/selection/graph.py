"""Batches from the thick places of a neighbour graph."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from querist.bounds import check_among, check_sample
from querist.errors import InvalidInput
from querist.kernels import NeighbourGraph, graph_density, neighbour_graph
from querist.models import take
from querist.selection.contract import Selection, Selector
from querist.selection.subpool import best, positions
from querist.specs import named

__all__ = ["GraphDensity"]


@named("graph_density")
@dataclass(frozen=True)
class GraphDensity(Selector):
    """Each pick is the densest candidate of a neighbour graph; picks and labels thin what is around them.

    Prefer it as a guard against odd items: with ``among=10`` it takes the densest of the 10 n best by
    score, in batches that do not repeat themselves.  Alone it stays in thick classes for long: of the
    first 60 questions on scikit-learn's digits none was about an 8 or a 9, and it was far behind random
    ones.  Prefer ``MaxHerding`` for the first questions.

    Parameters
    ----------
    neighbours : int
        How many nearest others each item points at.
    among : float, optional
        How many times n the best by score take part; all if not given.
    sample : int, optional
        How many candidates, drawn by lot, and how many labels, the latest, make the graph; with None it
        is all, in time O(n^2 d).

    Ebert, Fritz & Schiele 2012.
    """

    neighbours: int = 10
    among: float | None = None
    sample: int | None = 4096

    def __post_init__(self) -> None:
        check_among(self.among)
        check_sample(self.sample)
        if not (isinstance(self.neighbours, int) and self.neighbours >= 1):
            raise InvalidInput(
                f"neighbours must be a whole number of 1 or more; got {self.neighbours!r}.",
                mend="The paper uses 10.",
            )

    def select(self, scores: np.ndarray, prediction: Any, n: int) -> Selection:
        near = best(scores, prediction, n, self.among)
        near = near[np.argsort(-prediction.chance[near], kind="stable")]  # equals go by lot
        known = prediction.taken
        if self.sample is not None:
            near, known = near[: max(self.sample, 4 * n)], known[-self.sample :]
        rows = prediction.rows[near]
        if not len(rows) or n <= 0:
            return Selection(np.empty(0, dtype=np.intp), np.empty(0))
        rows = rows[~np.isin(rows, prediction.taken)]
        within, graph = self._graph(prediction, np.concatenate([rows, known]))
        place = np.zeros(prediction.space.shape[0], dtype=np.intp)
        place[within] = np.arange(len(within))
        picks, _ = graph_density(graph, n, rows=place[rows], taken=place[known])
        return Selection(positions(prediction.rows, within[picks]), np.ones(len(picks)))

    def _graph(self, prediction: Any, rows: np.ndarray) -> tuple[np.ndarray, NeighbourGraph]:
        """The graph of some rows and their order in it, which no question has a say in: kept for the next."""
        key = "graph_density", self.neighbours
        order = prediction.sample(prediction.space.shape[0], seed=0)
        within = order[np.isin(order, rows)]
        kept = prediction.memory.get(key)
        if kept is None or not np.array_equal(kept[0], within):
            made = neighbour_graph(take(prediction.space, within), neighbours=self.neighbours)
            kept = prediction.memory.keep(key, (within, made))
        return kept[0], kept[1]

    @classmethod
    def examples(cls) -> tuple[Selector, ...]:
        return (cls(), cls(neighbours=3, among=5, sample=16))
