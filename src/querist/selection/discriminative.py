"""Batches that make what is labelled look like what is not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from querist.bounds import check_above, check_among, check_sample
from querist.errors import InvalidInput
from querist.kernels import discriminative
from querist.selection.contract import Selection, Selector
from querist.selection.subpool import best, positions
from querist.specs import named

__all__ = ["Discriminative"]


@named("discriminative")
@dataclass(frozen=True)
class Discriminative(Selector):
    """The candidates that a discriminator tells most surely from what is labelled; it learns as it picks.

    Prefer it for large batches on good features where labels came from elsewhere and the pool has
    shifted: it asks where the two differ.  It never looks at the classes; with ``among=10`` it takes
    part only among the 10 n best by score.  It sees linear differences only: prefer ``MaxHerding`` to
    cover a pool of many heaps.

    Parameters
    ----------
    steps : int
        In so many parts the batch is picked, with a fit before each.
    penalty : float
        The regularisation of a fit.
    among : float, optional
        How many times n the best by score take part; all if not given.
    sample : int, optional
        How many candidates, drawn by lot, and how many labels, the latest, a fit sees.

    Gissin & Shalev-Shwartz 2019 (discriminative active learning).
    """

    steps: int = 10
    penalty: float = 0.01
    among: float | None = None
    sample: int | None = 4096

    def __post_init__(self) -> None:
        check_above(self.penalty, "penalty")
        check_among(self.among)
        check_sample(self.sample)
        if not (isinstance(self.steps, int) and self.steps >= 1):
            raise InvalidInput(
                f"steps must be a whole number of 1 or more; got {self.steps!r}.",
                mend="The paper uses about 10.",
            )

    def select(self, scores: np.ndarray, prediction: Any, n: int) -> Selection:
        near = best(scores, prediction, n, self.among)
        near = near[np.argsort(-prediction.chance[near], kind="stable")]  # the first, and equals, by lot
        if not len(near) or n <= 0:
            return Selection(np.empty(0, dtype=np.intp), np.empty(0))
        picks, _ = discriminative(
            prediction.space,
            n,
            taken=prediction.taken,
            rows=prediction.rows[near],
            steps=self.steps,
            penalty=self.penalty,
            sample=self.sample,
        )
        return Selection(positions(prediction.rows, picks), np.ones(len(picks)))

    @classmethod
    def examples(cls) -> tuple[Selector, ...]:
        return (cls(), cls(steps=2, penalty=1.0, among=5, sample=16))
