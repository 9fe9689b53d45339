"""Density on a graph of near neighbours, lowered around each pick."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from querist.errors import InvalidInput
from querist.kernels.arrays import Array, as_candidates, as_matrix, as_taken, blocks, is_sparse
from querist.kernels.neighbours import nearest

__all__ = ["NeighbourGraph", "graph_density", "neighbour_graph"]


@dataclass(frozen=True)
class NeighbourGraph:
    """Rows and their neighbours, made by :func:`neighbour_graph`: the same whatever is labelled.

    Attributes
    ----------
    density : (m,) the mean similarity of each row to its neighbours
    first, others : (m + 1,) and (edges,)
        The neighbours of row i are ``others[first[i] : first[i + 1]]``.
    digits : int
        To how many a density is worth comparing.
    """

    density: Array
    first: Array
    others: Array
    digits: int

    @property
    def shape(self) -> tuple[int]:
        """How many rows there are."""
        return self.density.shape


def neighbour_graph(x: Any, *, neighbours: int = 10, decay: float | None = None) -> NeighbourGraph:
    """Each row joined to its nearest, for :func:`graph_density`: made once where questions are asked again.

    Parameters
    ----------
    x : (n_rows, d) dense or sparse
    neighbours, decay :
        As for :func:`graph_density`.

    >>> graph = neighbour_graph([[0.0], [0.1], [0.2], [5.0], [5.1], [5.2]], neighbours=2)
    >>> graph_density(graph, 1)[0], graph_density(graph, 1, taken=[1])[0]
    (array([1]), array([4]))

    Time O(m^2 d), memory O(m neighbours) and one block.
    """
    x = as_matrix(x)
    if neighbours < 1 or (decay is not None and not 0 < decay < np.inf):
        raise InvalidInput(
            f"A graph needs neighbours >= 1 and a decay above 0; got {neighbours!r} and {decay!r}.",
            mend="Leave them out for the defaults.",
        )
    # what is equal stays so through the noise of rounding
    return NeighbourGraph(*_graph(x, neighbours, decay), 6 if x.dtype == np.float32 else 10)


def graph_density(
    x: Any,
    n: int,
    *,
    taken: Any = None,
    rows: Any = None,
    neighbours: int = 10,
    decay: float | None = None,
) -> tuple[Array, Array]:
    """Each pick has the highest mean similarity to its graph neighbours, less what picks nearby took.

    Two rows are neighbours where either is among the nearest of the other; their similarity is
    exp(-decay x Manhattan distance).  A pick takes its density away from its neighbours, so that the
    next is from another thick place; what is taken already does so first, the densest before the rest.
    Prefer it to plain density, which asks one crowded place again and again.

    Parameters
    ----------
    x : (n_rows, d) dense or sparse, or a NeighbourGraph
    n : int
        How many; all candidates come back when there are fewer.
    taken, rows : row numbers, optional
        As for :func:`querist.kernels.k_center`; together they make the graph where none is given.
    neighbours : int
        How many nearest (Euclidean) others each row points at.
    decay : float > 0, optional
        One over the mean Manhattan distance of neighbours if not given.

    Returns
    -------
    picks : row numbers, in the order picked; among equals the earlier of ``rows``
    densities : what each had at its turn, at most 1, to 10 digits (6 in float32)

    >>> x = [[0.0], [0.1], [0.2], [5.0], [5.1], [5.2]]
    >>> graph_density(x, 2, neighbours=2)[0]
    array([1, 4])

    A pick of density below 0 takes nothing away; by the letter of the rule it would raise its neighbours.
    Time O(m^2 d) for m rows in the graph, memory O(m neighbours) and one block: give a sample of a large
    pool.  Ebert, Fritz & Schiele 2012.
    """
    given = isinstance(x, NeighbourGraph)
    table = x if given else as_matrix(x)
    total = int(table.shape[0])
    out = np.unique(as_taken(taken, total))
    candidates = np.arange(total) if rows is None else as_candidates(rows, total)
    candidates = candidates[~np.isin(candidates, out)]
    n = max(0, min(int(n), len(candidates)))
    if given:
        graph, places, waiting = x, candidates, out
    else:
        taking_part = np.concatenate([candidates, out])
        graph = neighbour_graph(table[taking_part], neighbours=neighbours, decay=decay)
        places, waiting = np.split(np.arange(len(taking_part)), [len(candidates)])
    density = graph.density.copy()
    _thinned(graph, density, waiting, len(waiting))
    picks, densities = _thinned(graph, density, places, n)
    return candidates[picks], densities


def _thinned(graph: NeighbourGraph, density: Array, places: Array, n: int) -> tuple[Array, Array]:
    """The densest of some rows, again and again, each thinning what is around it; and their densities."""
    free = np.ones(len(places), dtype=bool)
    picks, densities = np.empty(n, dtype=np.intp), np.empty(n)
    for i in range(n):
        standing = np.where(free, np.round(density[places], graph.digits), -np.inf)
        picks[i] = standing.argmax()
        densities[i] = standing[picks[i]]
        free[picks[i]] = False
        row = places[picks[i]]
        density[graph.others[graph.first[row] : graph.first[row + 1]]] -= max(density[row], 0.0)
    return picks, densities


def _graph(x: Any, neighbours: int, decay: float | None) -> tuple[Array, Array, Array]:
    """The density of each row; where its neighbours start in the list that follows; that list."""
    total = x.shape[0]
    k = min(neighbours, total - 1)
    found = nearest(x, k)[0].ravel() if k else np.empty(0, dtype=np.intp)
    start, end = np.repeat(np.arange(total), k), found
    pairs = np.unique(np.minimum(start, end) * total + np.maximum(start, end))  # each edge once
    one, other = pairs // total, pairs % total
    away = np.empty(len(pairs))
    for a, b in blocks(len(pairs), 64 if is_sparse(x) else x.shape[1]):
        apart = abs(x[one[a:b]].astype(np.float64) - x[other[a:b]].astype(np.float64))
        away[a:b] = np.asarray(apart.sum(axis=1)).ravel()
    rate = decay if decay is not None else 1 / (float(away.mean()) or 1.0) if len(away) else 1.0
    similar = np.exp(-rate * away)
    start, end, both = np.concatenate([one, other]), np.concatenate([other, one]), np.tile(similar, 2)
    degree = np.bincount(start, minlength=total)
    density = np.bincount(start, weights=both, minlength=total) / np.maximum(degree, 1)
    return density, np.concatenate([[0], np.cumsum(degree)]), end[np.argsort(start, kind="stable")]
