"""DWUS: doubt weighed by density, with a model that learns clusters from labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from querist.bounds import check_above, check_sample, check_whole
from querist.kernels import density_weighted, kmeans, top
from querist.models import take
from querist.specs import named
from querist.strategies.contract import Proposal, Snapshot
from querist.strategies.scored import predicted, proposed

__all__ = ["Dwus"]


@named("dwus")
@dataclass(frozen=True)
class Dwus:
    """Asks where a model of whole clusters is likely wrong and the pool is thick: pre-clustering.

    It brings its own model, in which a label speaks for its cluster, and reads none of yours but an
    embedding.  Prefer it for the first dozens of labels where classes follow heaps.  Later it stays in
    the thick places: over 26 tables of two classes Lu, Li & Lin 2023 find it below uniform draws (mean
    area .847 to .865), so prefer "default" in doubt.  For one question at a time: the n best of a batch
    lie in one heap.

    Parameters
    ----------
    clusters : int
        More are of use where classes share heaps.
    radius : float, optional
        The width of a cluster; the root mean squared distance from the nearest centre if not given, which
        is wider than the likeliest one, so that in many dimensions density does not drown doubt.
    penalty : float
        The regularisation of the model.
    sample : int, optional
        How many candidates, drawn by lot, are clustered.

    More than two classes, by a softmax, are ours; the centres are means, where the paper has medoids.

    Nguyen & Smeulders 2004; Donmez, Carbonell & Bennett 2007.
    """

    clusters: int = 20
    radius: float | None = None
    penalty: float = 0.1
    sample: int | None = 16384
    name: ClassVar[str] = "dwus"

    def __post_init__(self) -> None:
        check_whole(clusters=self.clusters)
        check_above(self.radius, "radius", optional=True)
        check_above(self.penalty, "penalty")
        check_sample(self.sample)

    def propose(self, snapshot: Snapshot, n: int) -> Proposal:
        """The ``n`` candidates of the largest doubt times density."""
        prediction = predicted(snapshot)
        if not len(prediction) or n <= 0:
            return proposed(snapshot, prediction.rows[:0])
        near = prediction.rows[np.argsort(-prediction.chance, kind="stable")[: self.sample]]
        groups = kmeans(
            take(prediction.space, near), self.clusters, np.random.default_rng(snapshot.seed), rounds=50
        )
        values = list(snapshot.labels.values())
        classes = list(dict.fromkeys([*getattr(snapshot.model, "classes", ()), *values]))
        place = {value: i for i, value in enumerate(classes)}
        scores = density_weighted(
            prediction.space,
            groups.centres,
            labelled=prediction.labelled,
            of=[place[value] for value in values],
            classes=max(2, len(classes)),  # before the second is seen there may be one
            rows=prediction.rows,
            sample=near,
            radius=self.radius,
            penalty=self.penalty,
        )
        picks = top(scores, n, ties=prediction.chance)
        why = "Its cluster is not settled, and many items are like it."
        return proposed(snapshot, prediction.rows[picks], scores=scores[picks], why=why)

    @classmethod
    def examples(cls) -> tuple[Any, ...]:
        """Instances on which the laws are checked."""
        return (cls(), cls(clusters=4, radius=1.5, penalty=1.0, sample=16))
