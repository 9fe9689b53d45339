"""The laws of acquisitions."""

from __future__ import annotations

from typing import Any

import numpy as np

from querist.acquisition import Acquisition
from querist.models import Prediction
from querist.testing.laws import Laws, little_memory, no_global_chance, reads_back, run_laws
from querist.testing.reference import Centroids, Fixed, blobs

__all__ = ["ACQUISITION_LAWS", "check_acquisition"]


def check_acquisition(acquisition: Acquisition, *, laws: Laws | None = None) -> None:
    """Raise AssertionError unless ``acquisition`` keeps every law of acquisitions.

    >>> from querist.acquisition import Margin
    >>> check_acquisition(Margin())
    """
    run_laws(acquisition, ACQUISITION_LAWS if laws is None else laws)


def is_finite_and_one_number_a_row(acquisition: Acquisition) -> None:
    _, _, whole = _problem()
    for rows in ([], [5], [3, 9, 4], range(30)):
        _scores(acquisition, whole(rows))
    _scores(acquisition, whole(None))


def bears_certain_and_torn_models(acquisition: Acquisition) -> None:
    x, _ = blobs(10)
    for proba in ([1.0], [1.0, 0.0], [0.0, 0.0, 1.0], [0.5, 0.5, 0.0], [0.25] * 4, [1 - 1e-300, 1e-300]):
        _scores(acquisition, Prediction(Fixed(proba), x))


def works_on_degenerate_pools(acquisition: Acquisition) -> None:
    for x in (np.full((12, 3), 2.5), np.zeros((12, 3)), np.repeat(np.eye(3), 4, axis=0)):
        scores = _scores(acquisition, Prediction(Fixed([0.7, 0.3]), x))
        if not _draws(acquisition):
            assert np.ptp(scores[:4]) < 1e-9, f"equal rows have the scores {scores[:4]}"


def is_the_same_alone_as_in_company(acquisition: Acquisition) -> None:
    if acquisition.relative:
        return
    _, _, whole = _problem()
    company = _scores(acquisition, whole(range(30)))
    alone = [_scores(acquisition, whole([row]))[0] for row in range(30)]
    assert np.allclose(company, alone, rtol=1e-9, atol=1e-12), f"alone {alone}, in company {company}"


def does_not_mind_the_order_of_candidates(acquisition: Acquisition) -> None:
    _, _, whole = _problem()
    order = np.random.default_rng(0).permutation(30)
    straight, mixed = _scores(acquisition, whole(range(30))), _scores(acquisition, whole(order))
    assert np.allclose(straight[order], mixed, rtol=1e-9, atol=1e-12), f"{mixed} instead of {straight[order]}"


def is_a_function_of_the_prediction(acquisition: Acquisition) -> None:
    _, _, whole = _problem()
    prediction = whole(range(30))
    with no_global_chance():
        first, second = _scores(acquisition, prediction), _scores(acquisition, prediction)
    assert (first == second).all(), "asked twice it gives two answers"
    assert (first == _scores(acquisition, whole(range(30)))).all(), "it depends on more than the prediction"


def changes_nothing(acquisition: Acquisition) -> None:
    _, _, whole = _problem()
    prediction = whole(range(30))
    for part in (prediction.proba, prediction.costs, prediction.chance, prediction.rows):
        part.setflags(write=False)
    scores = acquisition(prediction)
    assert len(scores) == 30


def takes_sparse_and_dense_alike(acquisition: Acquisition) -> None:
    from scipy.sparse import csr_array

    x, model, _ = _problem()
    x = np.where(x > 0.5, x, 0)
    dense = _scores(acquisition, Prediction(model, x))
    sparse = _scores(acquisition, Prediction(model, csr_array(x)))
    assert np.allclose(dense, sparse, rtol=1e-6, atol=1e-9), f"sparse {sparse}, dense {dense}"


def takes_float32_and_float64_alike(acquisition: Acquisition) -> None:
    x, model, _ = _problem()
    double = _scores(acquisition, Prediction(model, x))
    single = _scores(acquisition, Prediction(model, x.astype(np.float32)))
    assert np.allclose(double, single, rtol=1e-4, atol=1e-5), f"float32 {single}, float64 {double}"


def survives_json(acquisition: Acquisition) -> None:
    _, _, whole = _problem()
    back = reads_back(acquisition)
    assert (_scores(back, whole(None)) == _scores(acquisition, whole(None))).all()


def holds_little_memory(acquisition: Acquisition) -> None:
    x, y = blobs(6_000, 16)
    prediction = Prediction(Centroids(("a", "b", "c")).fitted(x, y), x)
    with little_memory(24_000_000, what="6000 rows"):
        acquisition(prediction)


ACQUISITION_LAWS: Laws = {
    "is finite and one number a row": is_finite_and_one_number_a_row,
    "bears models that are certain or torn": bears_certain_and_torn_models,
    "works on repeated rows and constant features": works_on_degenerate_pools,
    "is the same for a row alone as in company": is_the_same_alone_as_in_company,
    "does not mind the order of the candidates": does_not_mind_the_order_of_candidates,
    "is a function of the prediction": is_a_function_of_the_prediction,
    "changes nothing": changes_nothing,
    "takes sparse and dense alike": takes_sparse_and_dense_alike,
    "takes float32 and float64 alike": takes_float32_and_float64_alike,
    "survives being written as JSON": survives_json,
    "holds little memory": holds_little_memory,
}
"""Every law of acquisitions by what it says."""


def _problem() -> tuple[np.ndarray, Centroids, Any]:
    """Features, a fitted model, and a function from rows to their prediction."""
    x, y = blobs(30)
    model = Centroids(("a", "b", "c")).fitted(x, y)
    costs = np.linspace(0.5, 4, 30)

    def whole(rows: Any) -> Prediction:
        return Prediction(model, x, None if rows is None else list(rows), labelled=[], costs=costs, seed=7)

    return x, model, whole


def _scores(acquisition: Acquisition, prediction: Prediction) -> np.ndarray:
    scores = np.asarray(acquisition(prediction))
    assert scores.shape == (len(prediction),), f"shape {scores.shape} for {len(prediction)} candidates"
    assert np.isfinite(scores).all(), f"scores {scores} are not all finite"
    return scores


def _draws(acquisition: Acquisition) -> bool:
    """Whether something in it is drawn by lot."""
    return acquisition.uniform or any(_draws(part) for part in getattr(acquisition, "parts", ()))
