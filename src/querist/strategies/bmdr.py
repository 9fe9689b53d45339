"""BMDR and SPAL: batches that resemble the pool and are safe against the worst of answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from querist.bounds import check_above, check_whole
from querist.errors import InvalidInput
from querist.kernels import matching_batch
from querist.selection.subpool import median_distance
from querist.specs import named
from querist.strategies.contract import Proposal, Snapshot
from querist.strategies.quire import one_against_rest
from querist.strategies.scored import predicted, proposed

__all__ = ["Bmdr", "Spal"]


@named("bmdr")
@dataclass(frozen=True)
class Bmdr:
    """The batch that makes the labels resemble the pool and costs a fit least if every answer surprises.

    Discriminative and representative in one quadratic programme: the mean of what is labelled and asked,
    in a kernel's space, comes near the mean of all, by items of which the fit is not sure.  It brings its
    own regularised least squares, and reads none of your model but an embedding.  Prefer it for batches
    of tens on a few thousand items, few labels and two classes, where a kernel machine will be trained;
    prefer "badge" with a network, and "uherding" where the pool is large.

    More than two classes are fitted one against the rest and their losses averaged (the paper has two).
    Functions are spanned by some of the items, and the candidates are a sample; both exact where there
    are no more.  Items that are out count as labelled in the mean of all.

    Parameters
    ----------
    match : float
        What resembling the pool weighs against the losses; more asks what is typical, less what is open.
    similarity : "gaussian" or "linear"
    radius : float, optional
        How far an item speaks, for "gaussian"; the median distance of the pool if not given.
    noise : float
        The regularisation of the fit.
    sample : int
        How many candidates, drawn by lot, take part; four times the batch where that is more.
    latest : int
        How many labels, the latest, are read.

    >>> from querist.data import Pool
    >>> pool = Pool([[0.0], [0.1], [0.2], [5.0]])
    >>> Bmdr(radius=1.0).propose(Snapshot(pool, labels={1: "no"}), 1).ids
    [3]

    Wang & Ye 2013 (discriminative and representative batch mode active learning).
    """

    match: float = 1.0
    similarity: str = "gaussian"
    radius: float | None = None
    noise: float = 0.1
    sample: int = 2048
    latest: int = 1024
    name: ClassVar[str] = "bmdr"

    def __post_init__(self) -> None:
        _check(self)

    def propose(self, snapshot: Snapshot, n: int) -> Proposal:
        """The ``n`` candidates of the largest shares; scores are the shares."""
        return _matching(
            self, snapshot, n, None, "It makes the labels look like the pool, and its label is open."
        )

    @classmethod
    def examples(cls) -> tuple[Any, ...]:
        """Instances on which the laws are checked."""
        return (cls(), cls(10.0, "linear", radius=2.0, noise=1.0, sample=16, latest=8))


@named("spal")
@dataclass(frozen=True)
class Spal:
    """BMDR that leaves what is hard for later: a candidate's loss must be small to count, at first.

    Self-paced: the ease of a candidate falls with the loss of its worst answer, to 0 where that reaches
    the pace, and the pace grows with the labels.  Prefer it to "bmdr" where early labels of odd items
    lead a fit astray; with many labels both are one.  The paper takes the ease from the loss times the
    share, so that only what is chosen is hard; found by turns, that runs in circles, and here the ease is
    the item's own.

    Parameters
    ----------
    pace : float
        The loss that is too hard while nothing is labelled; that of an item on the boundary is 1, and of one
        that is told as surely as a label 4.
    growth : float, 0 or more
        What each label adds to it.
    match, similarity, radius, noise, sample, latest :
        As for ``Bmdr``.

    >>> from querist.data import Pool
    >>> pool = Pool([[0.0], [0.1], [0.2], [5.0]])
    >>> Spal(radius=1.0).propose(Snapshot(pool, labels={1: "no"}), 1).ids
    [3]

    Tang & Huang 2019 (self-paced active learning).
    """

    pace: float = 4.0
    growth: float = 0.02
    match: float = 1.0
    similarity: str = "gaussian"
    radius: float | None = None
    noise: float = 0.1
    sample: int = 2048
    latest: int = 1024
    name: ClassVar[str] = "spal"

    def __post_init__(self) -> None:
        _check(self)
        check_above(self.pace, "pace")
        if not (isinstance(self.growth, int | float) and 0 <= self.growth < np.inf):
            raise InvalidInput(f"growth must be 0 or more; got {self.growth!r}.", mend="Leave it out.")

    def propose(self, snapshot: Snapshot, n: int) -> Proposal:
        """The ``n`` candidates of the largest shares times their ease; scores are those products."""
        pace = self.pace + self.growth * len(snapshot.labels)
        return _matching(self, snapshot, n, pace, "It stands for the pool, and is not too hard yet.")

    @classmethod
    def examples(cls) -> tuple[Any, ...]:
        """Instances on which the laws are checked."""
        few: dict[str, Any] = {"radius": 2.0, "noise": 1.0, "sample": 16, "latest": 8}
        return (cls(), cls(1.5, 0.1, 10.0, "linear", **few))


def _matching(strategy: Any, snapshot: Snapshot, n: int, pace: float | None, why: str) -> Proposal:
    prediction = predicted(snapshot)
    if not len(prediction) or n <= 0:
        return proposed(snapshot, prediction.rows[:0])
    near = np.argsort(-prediction.chance, kind="stable")[: max(strategy.sample, 4 * n)]
    gaussian = strategy.similarity == "gaussian"
    picks, shares = matching_batch(
        prediction.space,
        n,
        labelled=prediction.labelled[-strategy.latest :],
        targets=one_against_rest(list(snapshot.labels.values())[-strategy.latest :]),
        rows=prediction.rows[near],
        taken=np.setdiff1d(snapshot.taken, snapshot.labelled),
        each=len(prediction) / len(near),
        match=strategy.match,
        pace=pace,
        similarity=strategy.similarity,
        radius=strategy.radius or (median_distance(prediction) if gaussian else 1.0),
        noise=strategy.noise,
    )
    return proposed(snapshot, picks, scores=shares, why=why)


def _check(strategy: Any) -> None:
    check_above(strategy.match, "match")
    check_above(strategy.noise, "noise")
    check_above(strategy.radius, "radius", optional=True)
    check_whole(sample=strategy.sample, latest=strategy.latest)
    if strategy.similarity not in ("gaussian", "linear"):
        raise InvalidInput(
            f"There is no similarity {strategy.similarity!r}.", mend="Use 'gaussian' or 'linear'."
        )
