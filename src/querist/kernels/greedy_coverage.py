"""Rows that stand for the others: greedy coverage by any similarity, without a matrix of n x n."""

from __future__ import annotations

from typing import Any

import numpy as np

from querist.errors import InvalidInput
from querist.kernels.arrays import Array, as_matrix, as_rows, blocks, is_sparse
from querist.kernels.falling import Falling
from querist.kernels.neighbours import Points

__all__ = ["greedy_coverage", "pure_radius", "reach"]

SIMILARITIES = ("gaussian", "ball", "cosine")


def greedy_coverage(
    x: Any,
    n: int,
    *,
    similarity: str = "gaussian",
    radius: float = 1.0,
    rows: Any = None,
    taken: Any = None,
    witnesses: Any = None,
    weights: Any = None,
) -> tuple[Array, Array]:
    """Each pick adds most to sum_w weight_w max_s similarity(w, s), s over all that is taken or picked.

    Prefer it to k-center where picks should stand for many rows instead of being far from all: it
    asks in thick places first and passes over outliers.  Greedy is within 1 - 1/e of the best batch.

    Parameters
    ----------
    x : (n_rows, d) dense or sparse
    n : int
        How many; all candidates come back when there are fewer.
    similarity : "gaussian", "ball" or "cosine"
        exp(-d^2 / 2 radius^2) is herding; 1 where d <= radius, else 0, is the coverage by balls;
        (1 + cosine) / 2 is facility location.
    radius : float > 0
    rows, taken : row numbers, optional
        The candidates (all rows if not given), and those that cover already.  Among equals the
        earlier of ``rows`` is picked once nothing is to be gained.
    witnesses : row numbers, optional
        What is to be covered; all rows if not given.
    weights : (len(witnesses),) numbers >= 0, optional
        What a witness counts for; 1 if not given.

    Returns
    -------
    picks : row numbers, in the order picked
    gains : what each added, as a share of all weight, to 10 digits (6 in float32)

    >>> x = [[0.0], [0.1], [0.2], [7.0], [7.1]]
    >>> greedy_coverage(x, 3, similarity="ball", radius=0.5)[1]
    array([0.6, 0.4, 0. ])

    Time O(m w d) for m candidates and w witnesses, then a few candidates a pick (gains only fall, so
    an old one is a bound; Minoux 1978).  Memory: the candidates, witnesses and taken rows where they
    are fewer than half of ``x``, and one block.

    Nemhauser, Wolsey & Fisher 1978; Wei, Iyer & Bilmes 2015 (facility location); Yehuda et al. 2022
    (ProbCover); Bae, Noh & Sutherland 2024 (MaxHerding).
    """
    x = as_matrix(x)
    total = int(x.shape[0])
    rows = np.arange(total) if rows is None else as_rows(rows, total)
    taken = as_rows([] if taken is None else taken, total)
    rows = rows[~np.isin(rows, taken)]
    witnesses = np.arange(total) if witnesses is None else as_rows(witnesses, total)
    weight = _checked(weights, len(witnesses), similarity, radius)
    picks, gains = np.empty(max(0, min(n, len(rows))), dtype=np.intp), np.zeros(max(0, min(n, len(rows))))
    if not len(picks):
        return picks, gains
    like = _Likeness(x, (rows, witnesses, taken), similarity, radius)
    covered, weight = np.zeros(len(witnesses), dtype=like.dtype), weight.astype(like.dtype)
    total_weight = max(float(weight.sum(dtype=np.float64)), 1e-300)
    digits = 6 if like.dtype == np.float32 else 10  # what is equal stays so through the noise of rounding
    for start, stop in blocks(len(taken), len(witnesses)):
        np.maximum(covered, like.witnesses(2, np.arange(start, stop)).max(axis=0), out=covered)

    def gain(some: Array) -> Array:
        added = np.empty(len(some))
        for start, stop in blocks(len(some), len(witnesses)):
            near = like.witnesses(0, some[start:stop])
            near -= covered
            added[start:stop] = np.maximum(near, 0, out=near) @ weight
        return np.round(added / total_weight, digits)

    def fresh(some: Array, since: Array, best: float) -> tuple[Array, Array]:
        return gain(some), np.full(len(some), falling.turn)

    falling = Falling(gain(np.arange(len(rows))), fresh, first_of_equals=similarity != "ball")
    for i in range(len(picks)):
        pick, gains[i] = falling.take()
        picks[i] = rows[pick]
        np.maximum(covered, like.witnesses(0, np.array([pick]))[0], out=covered)
    return picks, gains


def pure_radius(x: Any, clusters: Any, *, purity: float = 0.95) -> float:
    """The largest radius at which a share ``purity`` of the balls around rows hold one cluster only.

    A ball is pure while it does not reach the nearest row of another cluster; so the radius is a
    quantile of those distances, found without a search.  Where there is one cluster only, it is the
    distance that covers everything from anywhere.

    Parameters
    ----------
    x : (n, d) dense or sparse
    clusters : (n,) cluster numbers
    purity : float
        From 0 to 1.

    >>> pure_radius([[0.0], [1.0], [4.0], [5.0]], [0, 0, 1, 1], purity=1.0)
    2.9997...

    Time O(n^2 d), memory O(n) and one block: give a sample of a large pool.  Yehuda et al. 2022.
    """
    if not 0 <= purity <= 1:
        raise InvalidInput(f"purity must be from 0 to 1; got {purity!r}.", mend="The paper uses 0.95.")
    points, of = Points(x), np.asarray(clusters)
    away = np.full(points.n, np.inf)
    for cluster in np.unique(of):
        members = np.flatnonzero(of == cluster)
        for first in range(0, len(members), 512):
            centres = points.centres(members[first : first + 512])
            for start, stop in points.blocks(centres.shape[0]):
                least = points.squared(start, stop, centres).min(axis=1)
                other = of[start:stop] != cluster
                away[start:stop][other] = np.minimum(away[start:stop][other], least[other])
    place = min(points.n - 1, int((1 - purity) * points.n + 1e-9))
    bound = float(np.sqrt(np.partition(away, place)[place]))
    if np.isfinite(bound):
        return bound * (1 - 1e-4)  # a ball that touches another cluster is not pure
    return 2 * float(np.sqrt(points.norms.max())) or 1.0


def reach(x: Any, share: float, *, most: int = 256) -> float:
    """The distance within which the median row has that share of the others: how far an answer speaks.

    Parameters
    ----------
    x : (n, d) dense or sparse
    share : float
        From 0 to 1; at least one other row counts.
    most : int
        From how many rows, the first ones, it is measured.

    >>> reach([[0.0], [1.0], [3.0], [7.0]], 0.5)
    3.0

    Time O(n d most).  Never 0: at least a millionth of the table's spread.
    """
    points = Points(x)
    others = max(1, min(points.n - 1, round(share * points.n)))
    spread = 1e-6 * float(np.sqrt(points.norms.mean())) if points.n else 0.0
    if points.n < 2:
        return spread or 1.0
    within = np.empty(min(most, points.n))
    for first, last in blocks(len(within), points.n):
        centres = points.centres(np.arange(first, last))
        away = np.empty((last - first, points.n), dtype=points.dtype)
        for start, stop in points.blocks(last - first):
            away[:, start:stop] = points.squared(start, stop, centres).T
        within[first:last] = np.partition(away, others, axis=1)[:, others]  # place 0 is the row itself
    return max(float(np.median(np.sqrt(within))), spread) or 1.0


class _Likeness:
    """Similarities of candidates (0), witnesses (1) and taken rows (2) to all witnesses."""

    def __init__(self, x: Any, parts: tuple[Array, Array, Array], similarity: str, radius: float) -> None:
        self.kind = similarity
        needed = np.unique(np.concatenate(parts))
        if 2 * len(needed) < x.shape[0]:
            x, parts = x[needed], tuple(np.searchsorted(needed, part) for part in parts)  # type: ignore
        self.points = Points(_unit(x) if similarity == "cosine" else x)
        self.parts = parts
        self.dtype = self.points.dtype
        self.limit = self.dtype.type(radius**2)
        own = self.points.x if similarity == "cosine" else None
        self.others = self.points.centres(parts[1]) if own is None else own[parts[1]]

    def witnesses(self, part: int, places: Array) -> Array:
        """(len(places), len(witnesses)) similarities."""
        rows = self.parts[part][places]
        if self.kind == "cosine":
            products = self.points.x[rows] @ self.others.T
            similar = np.asarray(products.toarray() if is_sparse(products) else products)
            similar += 1
            similar /= 2
            return similar
        squared = self.points.between(rows, self.others)
        if self.kind == "ball":
            return np.asarray(squared <= self.limit, dtype=self.dtype)
        squared /= -2 * self.limit
        near: Array = np.exp(squared, out=squared)
        return near


def _unit(x: Any) -> Any:
    """The rows at length 1, of the type given; rows of zeros stay."""
    if is_sparse(x):
        from scipy.sparse import diags_array

        lengths = np.sqrt(np.asarray(x.multiply(x).sum(axis=1), dtype=np.float64).ravel())
        unit = (diags_array(1 / np.where(lengths > 0, lengths, 1)) @ x).tocsr()
        return unit.astype(np.float32) if x.dtype == np.float32 else unit
    x = x if x.dtype == np.float32 else x.astype(np.float64)
    lengths = np.sqrt(np.einsum("ij,ij->i", x, x))[:, None]
    return x / np.where(lengths > 0, lengths, 1)


def _checked(weights: Any, n: int, similarity: str, radius: float) -> Array:
    if similarity not in SIMILARITIES:
        raise InvalidInput(
            f"There is no similarity {similarity!r}.", mend=f"Use one of {', '.join(SIMILARITIES)}."
        )
    if not 0 < radius < np.inf:
        raise InvalidInput(f"The radius must be a number above 0; got {radius!r}.", mend="Try reach(x, 0.1).")
    weight = np.ones(n) if weights is None else np.asarray(weights, dtype=np.float64)
    if weight.shape != (n,) or not np.isfinite(weight).all() or (weight < 0).any():
        raise InvalidInput(
            f"Weights must be {n} finite numbers of 0 or more; got shape {weight.shape}.",
            mend="Give one weight a witness; Rank(...) makes any score one.",
        )
    return weight
