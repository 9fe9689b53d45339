"""Which models know in closed form what one more label would make of them."""

from __future__ import annotations

import math
from typing import Any

__all__ = ["closed_form"]


def closed_form(model: Any) -> tuple[str, dict[str, Any]]:
    """The kind of update that fits a model, and what it takes: ("", {}) where there is none.

    "logistic" (penalty, intercept), "naive_bayes" (smoothing) or "nearest" (k), read from the last
    step of a pipeline; only where its settings are those that the update is exact for.

    >>> from sklearn.linear_model import LogisticRegression
    >>> from querist.models import as_model
    >>> closed_form(as_model(LogisticRegression(C=4.0)))
    ('logistic', {'penalty': 0.25, 'intercept': True})
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.naive_bayes import GaussianNB
    from sklearn.neighbors import KNeighborsClassifier

    estimator: Any = getattr(model, "estimator", None)
    last = estimator.steps[-1][1] if hasattr(estimator, "steps") else estimator
    if isinstance(last, LogisticRegression) and _ridge(last):
        return "logistic", {"penalty": 1 / last.C, "intercept": bool(last.fit_intercept)}
    if isinstance(last, GaussianNB) and last.priors is None:
        return "naive_bayes", {"smoothing": last.var_smoothing}
    if isinstance(last, KNeighborsClassifier) and last.weights == "uniform" and _euclidean(last):
        return "nearest", {"k": last.n_neighbors}
    return "", {}


def _ridge(estimator: Any) -> bool:
    plain = not getattr(estimator, "l1_ratio", None) and estimator.class_weight is None
    return plain and estimator.penalty in ("l2", "deprecated") and 0 < estimator.C < math.inf


def _euclidean(estimator: Any) -> bool:
    return bool(estimator.metric == "euclidean" or (estimator.metric == "minkowski" and estimator.p == 2))
