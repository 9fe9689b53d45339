"""The laws of selectors."""

from __future__ import annotations

from typing import Any

import numpy as np

from querist.models import Prediction
from querist.selection import Selector
from querist.testing.laws import Laws, little_memory, no_global_chance, reads_back, run_laws
from querist.testing.reference import blobs

__all__ = ["SELECTOR_LAWS", "check_selector"]


def check_selector(selector: Selector, *, laws: Laws | None = None) -> None:
    """Raise AssertionError unless ``selector`` keeps every law of selectors.

    >>> from querist.selection import Top
    >>> check_selector(Top())
    """
    run_laws(selector, SELECTOR_LAWS if laws is None else laws)


def selects_distinct_candidates(selector: Selector) -> None:
    x, _ = blobs(30)
    for rows in (range(30), range(5, 30, 2), [29, 3, 17]):
        prediction = Prediction(None, x, list(rows), labelled=[0, 1, 2])
        for n in (0, 1, 3, 1000):
            _picks(selector, _worth(len(prediction)), prediction, n)


def works_on_equal_scores_and_equal_rows(selector: Selector) -> None:
    x, _ = blobs(4)
    for rows in (np.repeat(x, 5, axis=0), np.zeros((20, 4)), np.full((20, 4), 1e3)):
        for scores in (np.zeros(20), np.ones(20), _worth(20)):
            for taken in ([], [0, 5]):
                free = [row for row in range(20) if row not in taken]
                _picks(selector, scores[free], Prediction(None, rows, free, labelled=taken), 12)


def draws_by_the_seed_alone(selector: Selector) -> None:
    x, _ = blobs(30)
    scores = np.round(_worth(30), 1)  # some are equal
    with no_global_chance():
        first = _picks(selector, scores, Prediction(None, x, seed=4), 8)
    assert (first == _picks(selector, scores, Prediction(None, x, seed=4), 8)).all(), "one seed, two answers"


def changes_nothing(selector: Selector) -> None:
    x, _ = blobs(30)
    scores, rows, taken = _worth(28), np.arange(2, 30), np.arange(2)
    for column in (scores, rows, taken):
        column.setflags(write=False)
    _picks(selector, scores, Prediction(None, x, rows, labelled=taken), 8)


def takes_sparse_and_float32_alike(selector: Selector) -> None:
    from scipy.sparse import csr_array

    x, _ = blobs(30)
    x = np.where(x > 0.5, x, 0)
    picks = _picks(selector, _worth(30), Prediction(None, x, labelled=[0]), 8)
    for kind, same in (("sparse", csr_array(x)), ("float32", x.astype(np.float32))):
        other = _picks(selector, _worth(30), Prediction(None, same, labelled=[0]), 8)
        assert (picks == other).all(), f"given {kind} rows it selects {other} instead of {picks}"


def survives_json(selector: Selector) -> None:
    reads_back(selector)


def holds_little_memory(selector: Selector) -> None:
    x, _ = blobs(6_000, 16)
    prediction = Prediction(None, x, labelled=np.arange(300))
    with little_memory(24_000_000, what="6000 rows"):
        selector.select(_worth(6_000), prediction, 20)


SELECTOR_LAWS: Laws = {
    "selects distinct candidates, at most n, all when fewer remain": selects_distinct_candidates,
    "works on equal scores and equal rows": works_on_equal_scores_and_equal_rows,
    "draws by the seed alone": draws_by_the_seed_alone,
    "changes nothing": changes_nothing,
    "takes sparse and float32 alike": takes_sparse_and_float32_alike,
    "survives being written as JSON": survives_json,
    "holds little memory": holds_little_memory,
}
"""Every law of selectors by what it says."""


def _worth(n: int) -> np.ndarray:
    return np.random.default_rng(n).random(n)


def _picks(selector: Selector, scores: np.ndarray, prediction: Any, n: int) -> np.ndarray:
    selection = selector.select(scores, prediction, n)
    picks, chances = selection.positions, selection.probabilities
    free = len(prediction) - int(np.isin(prediction.rows, prediction.taken).sum())
    assert len(picks) == len(set(picks.tolist())), f"the same candidate twice in {picks}"
    assert len(picks) in (min(n, free), min(n, len(prediction))), f"{len(picks)} for n = {n}, {free} free"
    assert len(picks) == 0 or (picks.min() >= 0 and picks.max() < len(prediction)), (
        f"{picks} are no candidates"
    )
    assert chances.shape == picks.shape, f"{chances.shape} chances for {picks.shape} picks"
    assert ((chances > 0) & (chances <= 1 + 1e-12)).all(), f"{chances} are no chances"
    assert (selector(scores, prediction, n) == picks).all(), "called and asked to select it differs"
    return np.asarray(picks)
