"""Expected error by training: a copy of the model for each candidate and each answer."""

from __future__ import annotations

from typing import Any

import numpy as np

from querist.errors import InvalidInput
from querist.kernels import mean_error
from querist.models import as_model, require, take
from querist.strategies.contract import Snapshot
from querist.strategies.scored import predicted

__all__ = ["check_jobs", "refitted_error_reduction"]


def refitted_error_reduction(
    snapshot: Snapshot,
    rows: np.ndarray,
    candidates: np.ndarray,
    targets: np.ndarray,
    *,
    loss: str = "log",
    costs: Any = None,
    jobs: int | None = None,
) -> np.ndarray:
    """The mean error at the targets now, less what it is expected to be, (k,), each future trained anew.

    The model of the snapshot stays as it is: trials start from ``model.template`` where the model has
    one (an unfitted model of its kind), else from ``model.fitted``, which makes a new model and never
    changes the old.

    Parameters
    ----------
    rows : row numbers of the pool, the labelled ones first
    candidates, targets : positions in ``rows``
    jobs : int, optional
        How many candidates are tried side by side; what ``joblib.parallel_config`` says if not given.
    """
    from joblib import Parallel, delayed

    model = snapshot.model
    require(model, "proba", by="A refit")
    start, told = getattr(model, "template", model), list(snapshot.labels.values())
    x = predicted(snapshot).x
    seen, wanted = take(x, rows[targets]), predicted(snapshot, rows[candidates])
    at = [i for i, value in enumerate(told) if value in model.classes]
    known, values = rows[at], [told[i] for i in at]

    def error(fitted: Any) -> float:
        fitted = as_model(fitted, model.classes)
        return mean_error(fitted.proba(seen), loss=loss, costs=costs)

    def after(row: int, likely: np.ndarray) -> float:
        trained = take(x, np.append(known, row))
        return sum(
            float(chance) * error(start.fitted(trained, [*values, value], seed=snapshot.seed))
            for value, chance in zip(model.classes, likely, strict=True)
            if chance > 0
        )

    trials = zip(wanted.rows, wanted.proba, strict=True)
    found = Parallel(n_jobs=jobs, prefer="threads")(delayed(after)(int(row), one) for row, one in trials)
    return np.asarray(error(model) * wanted.proba.sum(axis=1) - np.array(found, dtype=np.float64))


def check_jobs(jobs: int | None) -> None:
    """Raise InvalidInput unless ``jobs`` is a number of threads."""
    if jobs is not None and (jobs == 0 or int(jobs) != jobs):
        raise InvalidInput(f"{jobs!r} jobs do nothing.", mend="Give 1 or more, -1 for all cores, or None.")
