"""querist's side, continued: works that fit a small model of their own, or look ahead."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from inputs import Inputs

from querist import kernels as k

Query = Callable[[], Any]


def _mcpal(given: Inputs) -> Query:
    x = given.x

    def picked() -> Any:
        window = _window(given)
        near = window.density(given.rows, given.rows)
        return k.top(near * k.probabilistic_gain(window.weights(given.rows)), given.shape.batch)

    x[0]  # drawn before the clock runs
    return picked


def _window(given: Inputs) -> Any:
    return k.ParzenWindow(
        given.x,
        given.known,
        given.labels[given.known],
        classes=given.shape.classes,
        radius=k.mean_criterion(given.x, len(given.known)),
    )


def _bayes(given: Inputs) -> Any:
    return k.GaussianBayes(
        given.x, given.known, given.labels[given.known], classes=given.shape.classes, smoothing=1e-2
    )


def _neighbours(given: Inputs) -> Any:
    return k.NearestLabels(given.x, given.known, given.labels[given.known], classes=given.shape.classes)


def _logistic(given: Inputs) -> Any:
    proba = given.proba
    return k.LogisticStep(given.x, given.known, lambda rows: proba[rows])


def _future(
    gain: Callable[..., Any], model: Callable[[Inputs], Any], *options: str, **more: Any
) -> Callable[[Inputs], Query]:
    """What a label is expected to change, candidates and targets being all unlabelled rows."""

    def prepared(given: Inputs) -> Query:
        for name in ("x", "labels", "proba"):
            getattr(given, name)  # drawn before the clock runs
        named = {name: getattr(given, name) for name in options} | more
        return lambda: k.top(gain(model(given), given.rows, given.rows, **named), given.shape.batch)

    return prepared


def _variance_reduction(given: Inputs) -> Query:
    return partial(
        k.variance_reduction,
        given.x,
        given.proba,
        known=given.known,
        candidates=given.rows,
        targets=given.rows,
    )


def _quire(given: Inputs) -> Query:
    targets = np.where(given.labels[given.known] == 1, 1.0, -1.0)[:, None]
    return partial(
        k.quire,
        given.x,
        given.shape.batch,
        labelled=given.known,
        targets=targets,
        rows=given.rows,
        radius=k.reach(given.x, 0.5),
    )


def _average_precision(given: Inputs) -> Query:
    proba = given.proba
    return lambda: k.top(k.expected_average_precision(proba), given.shape.batch)


def _of_numbers(score: Callable[..., Any], *rest: float) -> Callable[[Inputs], Query]:
    """The batch of the largest scores of means and deviations, or of deviations alone."""

    def prepared(given: Inputs) -> Query:
        mean, std = np.log(given.lots + 1e-9), given.lots + 0.1
        arrays = (std,) if score is k.gaussian_information else (mean, std)
        return lambda: k.top(score(*arrays, *rest), given.shape.batch)

    return prepared


def _pseudo_labels(given: Inputs) -> Query:
    return partial(k.pseudo_labels, given.proba, 0.2)


def _turns(search: Callable[..., Any], **lots: str) -> Callable[[Inputs], Query]:
    def prepared(given: Inputs) -> Query:
        proba, labels = given.proba, np.full(given.n, -1)
        labels[given.known] = given.labels[given.known]
        named = {name: getattr(given, part) for name, part in lots.items()}
        return lambda: search(proba, labels, given.shape.batch, **named)

    return prepared


def _flip_strength(given: Inputs) -> Query:
    x, classes = given.x, range(given.shape.classes)
    weights = given.rng(20).standard_normal((given.shape.classes, given.shape.d)).astype(np.float32)
    known, of = given.x[given.known], given.labels[given.known]
    anchors = np.array([known[of == one].mean(axis=0) for one in classes if (of == one).any()])
    bias = np.zeros(given.shape.classes, dtype=np.float32)
    return lambda: k.top(-k.flip_strength(x, weights, bias, anchors), given.shape.batch)


def _cost_embedding(given: Inputs) -> Query:
    x, of = given.x, given.labels[given.known]
    costs = given.costs + given.costs.T
    return lambda: k.top(k.cost_embedding(x, costs, labelled=given.known, of=of), given.shape.batch)


def _density_weighted(given: Inputs) -> Query:
    x, of = given.x, given.labels[given.known]
    centres = x[given.rng(21).permutation(given.n)[:20]].astype(np.float64)
    return lambda: k.top(
        k.density_weighted(x, centres, labelled=given.known, of=of, classes=given.shape.classes),
        given.shape.batch,
    )


def _hinted(given: Inputs) -> Query:
    x, targets = given.x, np.where(given.labels[given.known] == 1, 1.0, -1.0)[:, None]
    hints, radius = given.rows[:100], k.reach(given.x, 0.5)
    return lambda: k.top(
        k.hinted(x, labelled=given.known, targets=targets, hints=hints, radius=radius), given.shape.batch
    )


def _core_set_again(given: Inputs) -> Query:
    """What was worked out for the labels before is there already."""
    near = k.nearness(given.x, given.known[:-1])
    k.k_center(near, 1)
    last = given.known[-1:]
    return lambda: k.k_center(near.with_taken(last), given.shape.batch)


def _variance_ahead(given: Inputs) -> Query:
    x = given.x
    return lambda: k.top(
        k.expected_variance_reduction(k.PosteriorVariance(x, given.known), given.rows, given.rows),
        given.shape.batch,
    )


def _least_squares(given: Inputs) -> Any:
    return k.LeastSquares(given.x, given.known, given.labels[given.known], classes=given.shape.classes)


QUERIES: dict[str, Callable[[Inputs], Query]] = {
    "mcpal": _mcpal,
    "eer-bayes": _future(k.expected_error_reduction, _bayes),
    "eer-parzen": _future(k.expected_error_reduction, _window),
    "eer-neighbours": _future(k.expected_error_reduction, _neighbours),
    "eer-logistic": _future(k.expected_error_reduction, _logistic),
    "voi": _future(k.expected_error_reduction, _window, "costs", loss="costs"),
    "xpal": _future(k.expected_decision_gain, _window),
    "output-change": _future(k.expected_output_change, _window),
    "variance-reduction": _variance_reduction,
    "quire": _quire,
    "expected-average-precision": _average_precision,
    "expected-improvement": _of_numbers(k.expected_improvement, 0.0),
    "improvement-chance": _of_numbers(k.improvement_chance, 0.0),
    "gaussian-information": _of_numbers(k.gaussian_information, 0.5),
    "pseudo-labels": _pseudo_labels,
    "bisected": _turns(k.bisected),
    "thresholds": _turns(k.thresholds, lots="lots"),
    "flip-strength": _flip_strength,
    "cost-embedding": _cost_embedding,
    "density-weighted": _density_weighted,
    "hinted": _hinted,
    "core-set-again": _core_set_again,
    "expected-variance-reduction": _variance_ahead,
    "eer-least-squares": _future(k.expected_error_reduction, _least_squares),
}
