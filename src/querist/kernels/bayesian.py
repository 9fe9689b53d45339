"""What a label would tell: of one row after others (BatchBALD), or of the predictions that matter (EPIG)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from querist.errors import InvalidInput
from querist.kernels.arrays import BLOCK, Array, as_each, blocks
from querist.kernels.disagreement import as_draws, weighed
from querist.kernels.large import in_threads, one_thread_a_product
from querist.kernels.uncertainty import check_rows

__all__ = ["batch_bald", "epig"]

_STALE, _COARSE, _EXACT = 0, 1, 2
_TOGETHER = 64  # candidates that one thread reckons at a time
_LAZY, _MOST_AT_ONCE = 16, 256  # candidates that are looked at again together, doubling


def batch_bald(
    draws: Any,
    n: int,
    *,
    given: Any = None,
    configurations: int = 10_000,
    rng: np.random.Generator | None = None,
    ties: Any = None,
) -> tuple[Array, Array]:
    """Greedy rows whose labels together tell most of the model: I(y_1 ... y_n; member).

    Each next row is the one that adds most to what the labels of the rows before would tell, so that
    a batch does not ask the same thing ten times.  Prefer it for batches of 5 to 20 with a good
    posterior; for larger ones stochastic BALD does as well at no cost (Kirsch et al. 2023).

    Parameters
    ----------
    draws : (K, n_rows, C) probabilities of K members or posterior samples, float32 or float64
    n : int
        How many; all rows where there are fewer.
    given : (K, m, C), optional
        What the same members say of rows that are out already: nothing that they tell counts again.
    configurations : int
        How many joint labels of the batch are kept.  While C^|batch| is no more than this the result is
        exact; from then on so many are drawn, heavy ones kept, each standing for its share.
    rng : Generator, optional
        For those draws; seed 0 if not given.
    ties : (n_rows,) numbers, optional
        Among equal gains the larger of these goes first.

    Returns
    -------
    rows (min(n, n_rows),) in greedy order, and what each adds, in nats

    Memory: the configurations times K, and blocks; time: about one such product for each row that is
    looked at again, which lazy evaluation keeps to few (gains only fall).

    >>> same = np.array([[[1.0, 0.0]] * 2 + [[0.9, 0.1]], [[0.0, 1.0]] * 2 + [[0.9, 0.1]]])
    >>> other = np.array([[[0.7, 0.3]], [[0.3, 0.7]]])
    >>> batch_bald(np.concatenate([same, other], axis=1), 1)[0]
    array([0])

    Kirsch, van Amersfoort & Gal 2019; lazy evaluation: Minoux 1978; draws: Duffield, Lund & Thorup 2007.
    """
    draws = as_draws(draws)
    rows = min(int(n), draws.shape[1])
    if configurations < draws.shape[2]:
        raise InvalidInput(
            f"{configurations} configurations for {draws.shape[2]} classes.", mend="Give 1,000 or more."
        )
    if rows <= 0:
        return np.empty(0, dtype=np.intp), np.empty(0)
    given = None if given is None else as_draws(given)
    tie = np.zeros(draws.shape[1]) if ties is None else as_each(ties, draws.shape[1], "Ties")
    if tie.shape != draws.shape[1:2] or not (given is None or given.shape[::2] == draws.shape[::2]):
        raise InvalidInput(
            f"Draws of the shape {draws.shape} need as many ties (got the shape {tie.shape}), and what the "
            f"same members say of the same classes (got the shape {np.shape(given)}).",
            mend="Give ties (n_rows,) and given (K, m, C).",
        )
    rng = np.random.default_rng(0) if rng is None else rng
    with one_thread_a_product():
        return _greedy(draws, rows, given, configurations, rng, tie)


def _greedy(
    draws: Array, rows: int, given: Any, configurations: int, rng: np.random.Generator, tie: Array
) -> tuple[Array, Array]:
    joint = _Joint.empty(len(draws))
    noise, bounds = _first_look(draws, joint)
    for said in () if given is None else given.swapaxes(0, 1):
        check_rows(said)
        joint = joint.extended(said, configurations, rng)
    known = np.full(len(bounds), _EXACT if given is None or not np.shape(given)[1] else _STALE)
    picks, gains = [], []
    for turn in range(rows):
        best = _best(draws, noise, joint, bounds, known, tie)
        picks.append(best)
        gains.append(max(float(bounds[best]), 0.0))
        bounds[best] = -np.inf
        known[:] = _STALE
        if turn + 1 < rows:
            joint = joint.extended(draws[:, best], configurations, rng)
    return np.array(picks, dtype=np.intp), np.array(gains)


@dataclass(frozen=True)
class _Joint:
    """Joint labels of a batch: how likely each is, and how likely it makes each member."""

    chances: Array  # (J,)
    members: Array  # (J, K), rows sum to 1

    @staticmethod
    def empty(members: int) -> _Joint:
        return _Joint(np.ones(1), np.full((1, members), 1 / members))

    def extended(self, said: Array, most: int, rng: np.random.Generator) -> _Joint:
        """One row more in the batch, of which the members say ``said`` (K, C)."""
        said = said.astype(np.float64)
        chances = (self.chances[:, None] * (self.members @ said)).ravel()
        kept = np.flatnonzero(chances > 0)
        chances = chances[kept]
        if len(chances) > most:
            drawn, chances = _drawn(chances, most, rng)
            kept = kept[drawn]
        before, label = np.divmod(kept, said.shape[1])
        members = self.members[before] * said.T[label]
        members /= members.sum(axis=1, keepdims=True)
        return _Joint(chances / chances.sum(), members)

    def coarse(self) -> _Joint:
        """The same with joint labels merged that point to the same two members about as firmly.

        Entropy is concave, so that what this tells of a row is never less than what is true of it.
        """
        k = self.members.shape[1]
        if len(self.chances) <= 2 * k * k:
            return self
        first = self.members.argmax(axis=1)
        others = self.members.copy()
        others[np.arange(len(first)), first] = -1
        share = np.minimum((4 * self.members.max(axis=1)).astype(int), 3)
        _, group = np.unique((first * k + others.argmax(axis=1)) * 4 + share, return_inverse=True)
        chances = np.bincount(group, self.chances)
        members = np.stack([np.bincount(group, self.chances * column) for column in self.members.T], axis=1)
        return _Joint(chances, members / chances[:, None])

    def conditional_entropy(self, said: Array) -> Array:
        """H(label | labels of the batch), (b,), of rows of which the members say ``said`` (K, b, C)."""
        k, b, classes = said.shape
        flat = np.ascontiguousarray(said, dtype=np.float64).reshape(k, b * classes)

        def part(start: int) -> Array:
            some = np.ascontiguousarray(flat[:, start * classes : (start + _TOGETHER) * classes])
            total = np.zeros(some.shape[1])
            step = max(1, BLOCK // some.shape[1])
            for first in range(0, len(self.chances), step):
                joint = slice(first, first + step)
                total += self.chances[joint] @ weighed(self.members[joint] @ some)
            return np.asarray(-total.reshape(-1, classes).sum(axis=1))

        starts = range(0, b, _TOGETHER)
        if len(self.chances) * b * classes < BLOCK:
            return np.concatenate([part(start) for start in starts])
        return np.concatenate(in_threads(part, starts))


def _best(draws: Array, noise: Array, joint: _Joint, bounds: Array, known: Array, tie: Array) -> int:
    """The row of the largest gain; the bounds that reach that far are sharpened, in two steps.

    ``known`` says of each bound whether it is stale, coarse or exact.
    """
    steps = {_STALE: (joint.coarse(), _COARSE), _COARSE: (joint, _EXACT)}
    several = _LAZY
    while True:
        best = _first(bounds, tie)
        reached = bounds[known == _EXACT].max(initial=-np.inf)
        doubtful = np.flatnonzero((known < _EXACT) & (bounds >= reached) & (bounds > -np.inf))
        if not len(doubtful):
            return best
        level = int(known[doubtful[np.argmax(bounds[doubtful])]])
        some = doubtful[known[doubtful] == level]
        if len(some) > several:
            some = some[np.argpartition(-bounds[some], several)[:several]]
        several = min(2 * several, _MOST_AT_ONCE)
        by, reaches = steps[level]
        bounds[some] = np.minimum(bounds[some], by.conditional_entropy(draws[:, some]) - noise[some])
        known[some] = reaches if by is not joint else _EXACT


def _first(bounds: Array, tie: Array) -> int:
    equal = np.flatnonzero(bounds == bounds.max())
    return int(equal[np.argmax(tie[equal])])


def _first_look(draws: Array, joint: _Joint) -> tuple[Array, Array]:
    """Of each row the mean entropy of the members, which no other label tells, and the gain alone."""
    noise, gains = np.empty(draws.shape[1]), np.empty(draws.shape[1])
    for start, stop in blocks(draws.shape[1], draws.shape[0] * draws.shape[2]):
        block = draws[:, start:stop]
        for k in range(len(draws)):
            check_rows(block[k], start, of=f" of member {k}")
        noise[start:stop] = -weighed(block.astype(np.float64)).sum(axis=(0, 2)) / len(draws)
        gains[start:stop] = joint.conditional_entropy(block) - noise[start:stop]
    return noise, gains


def _drawn(chances: Array, most: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """``most`` of the configurations by priority sampling, with the chance that each stands for.

    The heavy ones are always among them with their own chance; sums stay without bias.
    """
    priorities = chances / rng.uniform(np.finfo(float).tiny, 1.0, len(chances))
    order = np.argpartition(-priorities, most)[: most + 1]
    threshold = priorities[order].min()
    kept = np.sort(order[priorities[order] > threshold])
    return kept, np.maximum(chances[kept], threshold)


def epig(draws: Any, targets: Any) -> Array:
    """The mean information of a row's label about the labels of target rows, in nats; 0 or more.

    Expected predictive information gain: BALD counts whatever a label tells of the model; this counts
    what it tells of the predictions that matter.  Prefer it where the pool holds what nobody will ask
    the model about.

    Parameters
    ----------
    draws : (K, n, C) probabilities of K members or posterior samples, float32 or float64
    targets : (K, m, C)
        What the same members say of rows of the kind that the model will be asked about.

    Returns
    -------
    (n,) of the dtype of ``draws``; higher = ask

    Time K n m C^2 in products and n m C^2 logarithms; memory: blocks.

    >>> draws = np.array([[[1.0, 0.0], [0.5, 0.5]], [[0.0, 1.0], [0.5, 0.5]]])
    >>> epig(draws, draws[:, :1]).round(4)
    array([0.6931, 0.    ])

    Bickford Smith et al. 2023.
    """
    draws, targets = as_draws(draws), as_draws(targets)
    if (draws.shape[0], draws.shape[2]) != (targets.shape[0], targets.shape[2]) or not targets.shape[1]:
        raise InvalidInput(
            f"The targets have the shape {targets.shape} for draws of the shape {draws.shape}.",
            mend="Give (K, m, C) of the same members and classes, of one target or more.",
        )
    members, n, classes = draws.shape
    for k in range(members):
        check_rows(targets[k], of=f" of member {k}, of the targets,")
    m = targets.shape[1]
    side = targets.astype(np.float64).reshape(members, m * classes) / members
    apart = weighed(side.sum(axis=0)).sum()  # -sum over the targets of H(y*)
    side = side.astype(draws.dtype)
    scores = np.empty(n, dtype=draws.dtype)

    def part(some: tuple[int, int]) -> None:
        start, stop = some
        block = np.ascontiguousarray(draws[:, start:stop])
        for k in range(members):
            check_rows(block[k], start, of=f" of member {k}")
        joint = weighed(block.reshape(members, -1).T @ side)
        together = joint.reshape(stop - start, -1).sum(axis=1, dtype=np.float64)
        alone = weighed(block.mean(axis=0, dtype=np.float64)).sum(axis=1)
        scores[start:stop] = np.maximum((together - apart) / m - alone, 0)

    in_threads(part, blocks(n, max(members, m * classes) * classes))
    return scores
