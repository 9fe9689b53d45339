"""What all runs of an experiment have in common: the split, the first labels, the budget, the measures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

import numpy as np

from querist.errors import InvalidInput
from querist.evaluation.answering import checked_annotators, checked_noise
from querist.evaluation.dataset import Dataset
from querist.evaluation.metrics import METRICS, check_metrics

__all__ = ["Protocol", "Split"]

_TRIES = 1000
_USUAL = {
    "classes": ("accuracy", "balanced_accuracy"),
    "number": ("rmse", "log_rmse"),
    "sets": ("micro_f1", "subset_accuracy"),
}


class Split(NamedTuple):
    """Rows held back for measuring (none where there is an official test set), the pool, its first labels.

    ``first`` are positions in ``pool``; ``left_out`` says why the seed is no part of the experiment.
    """

    held: np.ndarray
    pool: np.ndarray
    first: np.ndarray
    left_out: str = ""


@dataclass(frozen=True)
class Protocol:
    """How campaigns are replayed and measured, the same for every strategy.

    Parameters
    ----------
    start : int
        Labels before the first question, the same for all strategies of a seed; 0 shows the cold start.
    start_by : "random" or "class"
        ``"class"`` begins with one label of each class (random ones up to ``start`` after that).
    missing : "allow", "redraw" or "drop"
        Where random first labels lack a class: nothing, draw them again, or leave out the seed.
    budget : int, optional
        Labels at the end, ``start`` included; the whole pool if not given, or where that is smaller.
    spend : float, optional
        What the questions may cost together, in the unit of the data set's costs.
    test : float
        Share of the rows held back for measuring, drawn anew for each seed; not used on a data set that
        has a test set of its own.
    stratified : bool
        Whether the share is taken of each class by itself.
    pool : int, optional
        At most so many rows to choose from, drawn anew for each seed.
    scale : bool, optional
        Whether the features are standardised, by the mean and deviation of the pool alone; as the data
        set says if not given.
    measure : int
        Batches between two measurements.
    metrics : names
        See :data:`querist.evaluation.METRICS`; accuracies of classes, errors of numbers, micro F1 and the
        share of right ones of sets if not given.
    noise : float, or mapping of classes
        How often answers are wrong, those of the first labels too; the model is measured by the truth.
        0.1: a tenth, another class by lot (of numbers: an error of 0.1 standard deviations; of sets: each
        class of each item).  ``{"ham": 0.3}`` errs on items of that class alone, ``{"ham": {"spam": 0.3}}``
        says which class they are taken for.
    annotators : mapping from names, optional
        Who answers: ``{"expert": {"cost": 5}, "crowd": {"cost": 1, "noise": 0.2, "share": 3}}``.  Questions
        are dealt by lot in proportion to the shares (1 if not given); ``cost`` multiplies what the item
        costs, and ``noise`` stands in for the protocol's.
    """

    start: int = 0
    start_by: str = "random"
    missing: str = "allow"
    budget: int | None = None
    spend: float | None = None
    test: float = 0.3
    stratified: bool = True
    pool: int | None = None
    scale: bool | None = None
    measure: int = 1
    metrics: tuple[str, ...] = ()
    noise: Any = 0.0
    annotators: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "metrics", tuple(self.metrics))
        check_metrics(self.metrics)
        object.__setattr__(self, "noise", checked_noise(self.noise))
        object.__setattr__(self, "annotators", checked_annotators(self.annotators))
        _one_of("start_by", self.start_by, ("random", "class"))
        _one_of("missing", self.missing, ("allow", "redraw", "drop"))
        if not 0 < self.test < 1:
            raise InvalidInput(
                f"test is a share between 0 and 1 or a pair (x, y); got {self.test!r}.", mend="Try 0.3."
            )
        if self.start < 0 or self.measure < 1 or (self.budget is not None and self.budget <= self.start):
            raise InvalidInput(
                f"start = {self.start}, budget = {self.budget} and measure = {self.measure} leave nothing"
                " to ask.",
                mend="Give budget > start >= 0 and measure >= 1.",
            )

    def as_json(self) -> dict[str, Any]:
        """The protocol as plain JSON values; of who answers only what is not as usual."""
        told = {**asdict(self), "metrics": list(self.metrics)}
        for name in ("noise", "annotators"):  # so that a plan without them keeps its id
            if not told[name]:
                del told[name]
        return told

    def metrics_of(self, dataset: Dataset) -> tuple[str, ...]:
        """The measures that go with the data set's task."""
        kind = str(dataset.task)
        chosen = tuple(name for name in self.metrics if METRICS[name].task == kind)
        if self.metrics and not chosen:
            fitting = ", ".join(name for name, one in METRICS.items() if one.task == kind)
            raise InvalidInput(
                f"None of {', '.join(self.metrics)} measures {kind}, which {dataset.name!r} is about.",
                mend=f"Choose among {fitting}.",
            )
        return chosen or _USUAL[kind]

    def scales(self, dataset: Dataset) -> bool:
        """Whether the features are standardised."""
        return dataset.scale if self.scale is None else self.scale

    def split(self, dataset: Dataset, seed: int) -> Split:
        """The rows of a seed: a function of data set, protocol and seed, whatever strategy or model."""
        rng = np.random.default_rng((seed, 0))
        if dataset.test is not None:
            held, kept = np.empty(0, dtype=np.intp), rng.permutation(len(dataset))
        elif self.stratified and dataset.task == "classes":
            held, kept = _stratified(dataset.y, self.test, rng)
        else:
            shuffled = rng.permutation(len(dataset))
            cut = max(1, round(self.test * len(dataset)))
            held, kept = shuffled[:cut], shuffled[cut:]
        pool = np.sort(kept if self.pool is None else kept[: self.pool])
        if not len(pool) or not (len(held) or dataset.test is not None):
            raise InvalidInput(
                f"Of the {len(dataset)} rows of {dataset.name!r}, seed {seed} leaves {len(held)} to measure"
                f" and {len(pool)} to choose from.",
                mend="Give more rows, or another share to be held back.",
            )
        split = Split(held, pool, *self._first(dataset, pool, rng))
        if len(split.first) == len(pool) and dataset.oracle is None:
            raise InvalidInput(
                f"The pool of {dataset.name!r} has {len(pool)} rows, all of them first labels: nothing is"
                " left to ask.",
                mend="Give a smaller start.",
            )
        return split

    def _first(self, dataset: Dataset, pool: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, str]:
        if dataset.task != "classes":
            return rng.permutation(len(pool))[: self.start], ""
        y = dataset.y[pool]
        if self.start_by == "class":
            order = rng.permutation(len(pool))
            _, earliest = np.unique(y[order], return_index=True)
            rest = np.setdiff1d(np.arange(len(order)), earliest)
            more = max(0, self.start - len(earliest))
            return order[np.concatenate([np.sort(earliest), rest[:more]])], ""
        first = rng.permutation(len(pool))[: self.start]
        classes = len(set(y.tolist()))
        if self.missing == "allow" or self.start == 0 or len(set(y[first].tolist())) == classes:
            return first, ""
        if self.missing == "drop":
            return first, f"the first {self.start} labels lack a class"
        return self._redrawn(y, classes, rng), ""

    def _redrawn(self, y: np.ndarray, classes: int, rng: np.random.Generator) -> np.ndarray:
        for _ in range(_TRIES):
            first = rng.permutation(len(y))[: self.start]
            if len(set(y[first].tolist())) == classes:
                return first
        raise InvalidInput(
            f"In {_TRIES} draws, {self.start} labels never held all {classes} classes.",
            mend="Give a larger start, or start_by='class'.",
        )


def _stratified(y: Sequence[str], share: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Rows held back for measuring and rows to choose from, both shuffled; classes in proportion."""
    values = np.asarray(y)
    held = []
    for name in np.unique(values):
        rows = rng.permutation(np.flatnonzero(values == name))
        whole = share * len(rows)
        held.append(rows[: int(whole) + (rng.random() < whole - int(whole))])
    test = rng.permutation(np.concatenate(held))
    return test, rng.permutation(np.setdiff1d(np.arange(len(y)), test))


def _one_of(name: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise InvalidInput(f"{name}={value!r} is none.", mend=f"It is one of {', '.join(known)}.")
