"""Campaigns replayed with labels that exist already, through the same code as live ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from querist.evaluation.curves import Curves
from querist.evaluation.dataset import Dataset
from querist.evaluation.experiment import Experiment
from querist.models.multilabel import holds_sets

__all__ = ["simulate"]


def simulate(
    x: Any,
    y: Sequence[Any],
    *,
    strategies: Sequence[Any] | Mapping[str, Any] | None = None,
    model: Any = None,
    seeds: int | Sequence[int] = 10,
    batch: int = 10,
    start: int = 0,
    budget: int = 400,
    test: float | tuple[Any, Sequence[Any]] = 0.3,
    pool: int | None = None,
    dataset: str = "",
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Curves:
    """Learning curves of strategies against random, by replaying campaigns whose answers are known.

    The short form of :class:`querist.evaluation.Experiment`, for one data set of classes (or of sets of
    them) and one model; the experiment also keeps its runs in a file, goes on after an interruption, and
    takes numbers, first labels by class, costs and more measures.

    Each run is a :class:`querist.Campaign` that asks ``batch`` questions at a time, is told the truth,
    and whose model is then measured on a test set that no strategy sees.  Runs of one seed are paired:
    all strategies have the same pool, the same test set and the same first labels.

    Parameters
    ----------
    x : n rows of features (dense, sparse), or raw values that the model takes
    y : n labels
        Classes; or sets of classes, as sequences of names or as an (n, C) indicator matrix.
    strategies : names, specs, acquisitions or strategies; or a mapping from the name to be shown
        Random is always run beside them.  Margin, entropy and the default if not given; of sets the
        binary minimum, the average confidence and the default.
    model : scikit-learn estimator or model, optional
        Never fitted itself.  Logistic regression, as in the application, if not given.
    seeds : int or sequence of int
        How many runs of each strategy, or which.  10 or more show differences of a few points.
    batch : int
        Questions between two trainings.
    start : int
        Labels drawn at random before the first question, the same for all; 0 shows the cold start.
    budget : int
        Labels at the end, ``start`` included; the whole pool where that is smaller.
    test : float, or a pair (x, y)
        The share of the rows that is held back for measuring, drawn anew for each seed and, with one
        class a row, stratified; or a test set of its own.
    pool : int, optional
        At most so many rows to choose from, drawn anew for each seed; all if not given.
    dataset : str
        A name for the rows of the result.
    workers : int, optional
        Processes.  All cores where there is work for more than a few seconds, if not given; the
        result is the same with any number.
    progress : function (done, total), optional
        Called after each run.

    Returns
    -------
    Curves

    >>> from sklearn.datasets import load_iris
    >>> x, y = load_iris(return_X_y=True)
    >>> curves = simulate(x, y, strategies=["margin"], seeds=2, budget=20)
    >>> curves.strategies, curves.budgets
    (('random', 'margin'), (10, 20))
    """
    own = test if isinstance(test, tuple) else None
    share = 0.3 if isinstance(test, tuple) else test
    kind = "sets" if holds_sets(y) else "classes"
    data = Dataset(dataset, x, y, test=own, task=kind)
    experiment = Experiment.of(
        data, strategies, {"": model}, batch, seeds, start=start, budget=budget, test=share, pool=pool
    )
    return experiment.run(workers=workers, progress=progress)
