"""Rows that stand for the others: greedy coverage by any similarity, without a matrix of n x n."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from querist.errors import InvalidInput
from querist.kernels.arrays import (
    Array,
    as_candidates,
    as_classes,
    as_rows,
    as_taken,
    as_weights,
    blocks,
)
from querist.kernels.close_pairs import CloseCover, close_pairs
from querist.kernels.covering import Covering, Held, places
from querist.kernels.directions import Directions
from querist.kernels.falling import Falling
from querist.kernels.neighbours import Points
from querist.kernels.pairs import (
    added,
    added_of_each,
    is_large,
    nearest_column,
    nearest_stranger,
    similar,
)

__all__ = ["greedy_coverage", "pure_radius", "reach"]

SIMILARITIES = ("gaussian", "ball", "cosine")

_TOGETHER = 128  # candidates brought up to date at once: to gather the witnesses costs as much
_HELD = 1 << 24  # numbers of a table that is made ready as a whole
_KEPT = 8  # times the witnesses: of how many it is kept from where to where they were covered


def greedy_coverage(
    x: Any,
    n: int,
    *,
    similarity: str | None = None,
    radius: float | None = None,
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
    x : (n_rows, d) dense or sparse, or Covering
        A Covering says itself which similarity and radius.
    n : int
        How many; all candidates come back when there are fewer.
    similarity : "gaussian" (if not given), "ball" or "cosine"
        exp(-d^2 / 2 radius^2) is herding; 1 where d <= radius, else 0, is the coverage by balls;
        (1 + cosine) / 2 is facility location.
    radius : float > 0; 1 if not given
    rows, taken : row numbers, optional
        The candidates (all rows if not given), and those that cover already.  Among equals the
        earlier of ``rows`` is picked.
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

    Time O(m w d) for m candidates and w witnesses (half of it where they are the same rows), then a few
    candidates a pick: gains only fall, so an old one is a bound (Minoux 1978), and it falls by what
    picks since then covered better.  Memory O(m + w) and one block, and the candidates, witnesses and
    taken rows where they are fewer than half of ``x``.

    Nemhauser, Wolsey & Fisher 1978; Wei, Iyer & Bilmes 2015 (facility location); Yehuda et al. 2022
    (ProbCover); Bae, Noh & Sutherland 2024 (MaxHerding).
    """
    covering = _covering_of(x, similarity, radius)
    total = int(covering.x.shape[0])
    rows = np.arange(total) if rows is None else as_candidates(rows, total)
    taken = as_taken(taken, total)
    rows = rows[~np.isin(rows, taken)]
    witnesses = np.arange(total) if witnesses is None else as_rows(witnesses, total)
    weight = as_weights(weights, len(witnesses), one="witness")
    picks, gains = (
        np.empty(max(0, min(int(n), len(rows))), dtype=np.intp),
        np.zeros(max(0, min(int(n), len(rows)))),
    )
    if not len(picks):
        return picks, gains
    cover = _Cover(covering, (rows, witnesses, taken), weight)
    for i in range(len(picks)):
        place, gains[i] = cover.take()
        picks[i] = rows[place]
    cover.keep(np.concatenate([taken, picks]))
    return picks, gains


def pure_radius(x: Any, clusters: Any, *, purity: float = 0.95, most: int = 4096) -> float:
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
    most : int
        How many balls are looked at, around the first rows; each meets all rows.

    >>> pure_radius([[0.0], [1.0], [4.0], [5.0]], [0, 0, 1, 1], purity=1.0)
    2.9997...

    Time O(n d most), memory O(n) and one block.  Yehuda et al. 2022.
    """
    if not 0 <= purity <= 1:
        raise InvalidInput(f"purity must be from 0 to 1; got {purity!r}.", mend="The paper uses 0.95.")
    points = Points(x)
    of = as_classes(clusters, points.n, "Clusters")
    away = nearest_stranger(points, np.arange(min(most, points.n)), of)
    place = min(len(away) - 1, int((1 - purity) * len(away) + 1e-9))
    bound = float(np.partition(away, place)[place])
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


class _Cover:
    """How far witnesses (1) are covered by taken rows (2) and picks, and what candidates (0) would add.

    A gain that is out of date is brought up to date from the witnesses that picks since then covered
    better, if these are fewer than all.
    """

    def __init__(self, covering: Covering, parts: tuple[Array, Array, Array], weight: Array) -> None:
        self.covering, self.parts, x = covering, parts, covering.x
        needed = np.unique(np.concatenate(parts))
        if 2 * len(needed) < x.shape[0]:
            x, parts = x[needed], tuple(np.searchsorted(needed, part) for part in parts)  # type: ignore
        self.kind, self.radius = covering.similarity, covering.radius
        self.points: Any = Directions(x) if self.kind == "cosine" else Points(x)
        if not self.points.sparse and self.points.n * self.points.d <= _HELD:
            self.points = Held(self.points)
        self.rows, self.witnesses, taken = parts
        dtype = self.points.dtype
        self.weight = weight.astype(dtype)
        self.large = is_large(self.points, len(self.rows) * len(self.witnesses))
        # what is equal stays so through the noise of rounding, and what is less than it counts for nothing
        self.digits, self.least, unit = (6, 1e-7, 2.0**21) if dtype == np.float32 else (10, 1e-12, 2.0**32)
        self.unit = unit if self.large and self.kind != "ball" else 0.0
        self.mass = max(float(weight.sum()), 1e-300) * (self.unit or 1)
        self.covered = np.zeros(len(self.witnesses), dtype=dtype)
        limits = np.full(len(self.witnesses), np.inf, dtype=dtype)
        if len(taken):
            limits = nearest_column(self.points, self.witnesses, taken, large=self.large)
            self.covered = np.ascontiguousarray(self._similar(limits.copy()))
        self.close = self._closely(weight, limits) if self.large else None
        if self.close is None:
            self._begin(alone=not len(taken))

    def _closely(self, weight: Array, squared: Array) -> CloseCover | None:
        """The search by pairs alone that are closer than what covers them; None where these are many."""
        limits = self._limits(squared)
        if np.isinf(limits).any() or places(self.rows, self.witnesses) is None:
            return None
        whole = self.points.n == self.covering.x.shape[0]  # its numbers of rows are those of the next search
        pairs = self.covering.close if whole else None
        at = None if pairs is None else pairs.places(self.witnesses, limits)
        if pairs is None or at is None:
            at = np.argsort(self.witnesses)
            pairs = close_pairs(self.points, self.witnesses[at], limits[at])
            if pairs is None:
                return None
            at = np.argsort(at)
            self.covering.close = pairs if whole else self.covering.close
        parts = at[places(self.rows, self.witnesses)], at
        return CloseCover(pairs, parts, weight, self.covered, self.kind, self.radius, self.unit)

    def _limits(self, squared: Array) -> Array:
        """The squared distance from which on a row adds nothing to a witness."""
        real = self.points.dtype.type
        if self.kind == "ball":
            squared = np.where(self.covered > 0, real(0), np.nextafter(real(self.radius**2), real(np.inf)))
        elif self.kind == "gaussian":  # so far away it is less than half a unit
            squared = np.minimum(squared, real(2 * self.radius**2 * np.log(2.1 * self.unit)))
        return squared

    def _similar(self, squared: Array) -> Array:
        """Similarities as they are summed: in whole numbers, whose sums are the same in any order."""
        near = similar(squared, self.kind, self.radius)
        if self.unit:
            near *= near.dtype.type(self.unit)
            near += near.dtype.type(0.5)
            np.floor(near, out=near)
        return near

    def _begin(self, *, alone: bool) -> None:
        """Gains worked out anew; or bounds, of which none takes account of what is covered now."""
        self.steps: list[tuple[Array, Array, Array]] = []  # after each pick: who was covered better, from, to
        self.counts = [0]  # how many that were until then, all together
        self.forgotten = 0  # turns of which the steps are gone
        self.kept = self.large and bool((self.weight == 1).all())
        self.closed = alone and self.kind == "cosine"  # sums of another kind, which cost little
        rows, witnesses, taken = self.parts
        most = self.covering.most(rows, taken, witnesses) if self.kept and not self.closed else None
        if most is None:
            self.exact = self._first(alone=alone)
            self.falling = self._falling(0)
            if self.kept:
                self._keep(self.parts[2], fresh=True)
            return
        self.exact = most * (self.unit or 1)
        self.steps.append((self.rows[:0], self.covered[:0], self.covered[:0]))
        self.counts.append(0)
        self.forgotten = 1
        self.falling = self._falling(1, since=0)

    def take(self) -> tuple[int, float]:
        """The place of the candidate that adds most, and what it adds."""
        if self.close is not None:
            return self.close.take(self.digits)
        place, gain = self.falling.take()
        self._cover_by(int(self.rows[place]))
        if len(self.steps) == 1 and self.closed:
            self._afresh()
        return place, gain

    def keep(self, taken: Array) -> None:
        """Leave what rows could still add to the next search."""
        if self.close is None and self.kept:
            self._keep(taken, fresh=False)

    def _keep(self, taken: Array, *, fresh: bool) -> None:
        """Bounds by themselves; before the first pick with room for what a product with the mean rounds."""
        most = self.exact + 10.0 ** (1 - self.digits) * self.mass if self.closed and fresh else self.exact
        self.covering.keep(self.parts[0], most / (self.unit or 1), taken, self.parts[1], fresh=fresh)

    def _first(self, *, alone: bool) -> Array:
        """What each candidate adds at the outset."""
        if alone and self.kind == "cosine":  # the mean of cosines is a product with the mean
            total = self.points.total(self.witnesses, self.weight).astype(self.points.dtype)
            along = np.empty(len(self.rows))
            for start, stop in blocks(len(self.rows), max(64, self.points.d)):
                along[start:stop] = np.asarray(self.points.centres(self.rows[start:stop]) @ total).ravel()
            return (self.mass + along * (self.unit or 1)) / 2
        where = places(self.rows, self.witnesses)
        if where is None:
            return self._whole(self.rows)
        given = self.weight[where], self.covered[where], self.kind, self.radius, self.unit
        gains = added_of_each(self.points, self.rows, *given)
        rest = np.ones(len(self.witnesses), dtype=bool)
        rest[where] = False
        return gains + self._whole(self.rows, np.flatnonzero(rest)) if rest.any() else gains

    def _afresh(self) -> None:
        """All gains after the first pick, which leaves no bound of use where everything is a bit alike."""
        out = np.isinf(self.falling.values)
        self.exact = self._first(alone=False)
        self.falling = self._falling(self.falling.turn)
        self.falling.values[out] = -np.inf

    def _falling(self, turn: int, since: int | None = None) -> Falling:
        values = np.round(self.exact / self.mass, self.digits)
        step = _TOGETHER if self.large else 32
        since = turn if since is None else since
        return Falling(values, self._fresh, turn=turn, since=since, first_of_equals=True, together=step)

    def _whole(self, rows: Array, some: Any = slice(None)) -> Array:
        """What rows add now; of some of the witnesses."""
        witnesses = self.witnesses[some]
        high = np.full(len(witnesses), np.inf, dtype=self.points.dtype)
        given = witnesses, self.weight[some], self.covered[some], high
        return added(self.points, rows, *given, self.kind, self.radius, large=self.large, unit=self.unit)

    def _cover_by(self, row: int) -> None:
        """Note what the pick of ``row`` covers better than it was."""
        centre = self.points.centres([row])
        near = np.empty(self.points.n, dtype=self.points.dtype)
        for start, stop in blocks(self.points.n, self.points.d):
            near[start:stop] = self.points.squared(start, stop, centre)[:, 0]
        near = near[self.witnesses]
        if self.kind == "ball":  # at the border, where rounding decides, nobody is counted again
            near -= (
                8 * np.finfo(near.dtype).eps * (self.points.norms[row] + self.points.norms[self.witnesses])
            )
        near = self._similar(near)
        better = np.flatnonzero(near > self.covered + self.least)
        self.steps.append((better, self.covered[better], near[better]))
        self.covered[better] = near[better]
        self.counts.append(self.counts[-1] + len(better))
        while self.counts[-1] - self.counts[self.forgotten] > _KEPT * len(self.witnesses):
            self.steps[self.forgotten] = (better[:0], near[:0], near[:0])
            self.forgotten += 1

    def _fresh(self, places: Array, since: Array, best: float) -> tuple[Array, Array]:
        """Gains of candidates, as far as they are ``best`` or more."""
        since, now = since.copy(), self.falling.turn
        turns = [*np.unique(since).tolist(), now]
        for turn, until in pairwise(turns):
            bound = np.round(self.exact[places] / self.mass, self.digits)
            some = np.flatnonzero((since == turn) & (bound >= best))
            if not len(some):
                continue
            rows = self.rows[places[some]]
            left = self.counts[-1] - self.counts[turn]
            if turn < self.forgotten or left >= len(self.witnesses):
                self.exact[places[some]] = self._whole(rows)
                since[some] = now
                continue
            better, low, high = (np.concatenate(some) for some in zip(*self.steps[turn:until], strict=True))
            given = self.witnesses[better], self.weight[better], low, high
            lost = added(self.points, rows, *given, self.kind, self.radius, large=self.large, unit=self.unit)
            self.exact[places[some]] -= lost
            since[some] = until
        gains = np.round(self.exact[places] / self.mass, self.digits)
        return np.maximum(gains, 0), since


def _covering_of(x: Any, similarity: str | None, radius: float | None) -> Covering:
    """``x`` where it is one already, and otherwise a fresh one."""
    if isinstance(x, Covering):
        if similarity is not None or radius is not None:
            raise InvalidInput(
                f"A Covering says itself how it is covered; got {similarity!r} and {radius!r}.",
                mend="Leave them out, or make another Covering.",
            )
        covering = x
    else:
        similarity, radius = similarity or "gaussian", 1.0 if radius is None else radius
        covering = Covering(x, similarity=similarity, radius=radius)
    if covering.similarity not in SIMILARITIES:
        raise InvalidInput(
            f"There is no similarity {covering.similarity!r}.", mend=f"Use one of {', '.join(SIMILARITIES)}."
        )
    if not 0 < covering.radius < np.inf:
        raise InvalidInput(
            f"The radius must be a number above 0; got {covering.radius!r}.", mend="Try reach(x, 0.1)."
        )
    return covering
