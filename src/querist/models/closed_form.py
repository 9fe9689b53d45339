"""Which models know in closed form what one more label would make of them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

__all__ = ["closed_form"]


def closed_form(model: Any) -> tuple[str, dict[str, Any]]:
    """The kind of update that fits a model, and what it takes: ("", {}) where there is none.

    "logistic" (penalty, intercept), "naive_bayes" (smoothing), "nearest" (k), "least_squares" (noise,
    kernel, intercept) or, for a model of numbers, "numbers" (the same), read from the last step of a
    pipeline; only where its settings are those that the update is exact for.  A Gaussian process
    classifier of two classes is taken as least squares: near one half a probability is 1/2 + f/4, so its
    kernel counts a sixteenth, and an answer has the variance 1/4.

    >>> from sklearn.linear_model import LogisticRegression
    >>> from querist.models import as_model
    >>> closed_form(as_model(LogisticRegression(C=4.0)))
    ('logistic', {'penalty': 0.25, 'intercept': True})
    """
    estimator: Any = getattr(model, "estimator", None)
    if estimator is None:
        return "", {}
    from sklearn.linear_model import LogisticRegression
    from sklearn.naive_bayes import GaussianNB
    from sklearn.neighbors import KNeighborsClassifier

    last = estimator.steps[-1][1] if hasattr(estimator, "steps") else estimator
    if isinstance(last, LogisticRegression) and _ridge(last):
        return "logistic", {"penalty": 1 / last.C, "intercept": bool(last.fit_intercept)}
    if isinstance(last, GaussianNB) and last.priors is None:
        return "naive_bayes", {"smoothing": last.var_smoothing}
    if isinstance(last, KNeighborsClassifier) and last.weights == "uniform" and _euclidean(last):
        return "nearest", {"k": last.n_neighbors}
    return _least_squares(last)


def _least_squares(last: Any) -> tuple[str, dict[str, Any]]:
    from sklearn.gaussian_process import GaussianProcessClassifier, GaussianProcessRegressor
    from sklearn.linear_model import Ridge, RidgeClassifier

    if isinstance(last, Ridge | RidgeClassifier) and np.ndim(last.alpha) == 0 and last.alpha > 0:
        plain = not last.positive and getattr(last, "class_weight", None) is None
        settings = {"noise": float(last.alpha), "intercept": bool(last.fit_intercept)}
        kind = "least_squares" if isinstance(last, RidgeClassifier) else "numbers"
        return (kind, settings) if plain else ("", {})
    kernel = getattr(last, "kernel_", None)
    if isinstance(last, GaussianProcessRegressor) and kernel is not None and np.ndim(last.alpha) == 0:
        noise = float(last.alpha) + _white(kernel, last.X_train_)
        return ("numbers", {"noise": noise, "kernel": kernel}) if noise > 0 else ("", {})
    if isinstance(last, GaussianProcessClassifier) and kernel is not None and not hasattr(kernel, "kernels"):
        return "least_squares", {"noise": 0.25, "kernel": lambda a, b: kernel(a, b) / 16}
    return "", {}


def _white(kernel: Any, x: Any) -> float:
    """The variance that a kernel gives each label of its own, beside what rows share."""
    row = x[:1]
    return float(kernel.diag(row)[0] - kernel(row, row)[0, 0])


def _ridge(estimator: Any) -> bool:
    plain = not getattr(estimator, "l1_ratio", None) and estimator.class_weight is None
    return plain and estimator.penalty in ("l2", "deprecated") and 0 < estimator.C < math.inf


def _euclidean(estimator: Any) -> bool:
    return bool(estimator.metric == "euclidean" or (estimator.metric == "minkowski" and estimator.p == 2))
