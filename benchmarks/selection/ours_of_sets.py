"""querist's side, continued: works of models that give several classes to an item."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from inputs import Inputs

from querist import kernels as k

Query = Callable[[], Any]


def _of_decision(score: Callable[..., Any], **more: Any) -> Callable[[Inputs], Query]:
    def prepared(given: Inputs) -> Query:
        decision = given.logits
        return lambda: k.top(score(decision, **more), given.shape.batch)

    return prepared


def _of_marginals(score: Callable[..., Any]) -> Callable[[Inputs], Query]:
    def prepared(given: Inputs) -> Query:
        marginals = _marginals(given)
        return lambda: k.top(score(marginals), given.shape.batch)

    return prepared


def _marginals(given: Inputs) -> Any:
    return 1 / (1 + np.exp(-given.logits))


def _known(given: Inputs) -> Any:
    return given.rng(24).random((len(given.known), given.shape.classes)) < 0.3


def _cvirs(given: Inputs) -> Query:
    marginals, known = _marginals(given), _known(given)
    return lambda: k.top(k.cvirs(marginals, known), given.shape.batch)


def _mmc(given: Inputs) -> Query:
    """The number of classes is learned from the labelled rows first, as the strategy does."""
    marginals, known = _marginals(given), _known(given)
    of_known, counts = marginals[given.known], known.sum(axis=1)
    return lambda: k.top(k.max_loss_reduction(marginals, of_known, counts), given.shape.batch)


def _audi(given: Inputs) -> Query:
    return partial(k.audi, given.logits, 3.0, given.shape.batch)


QUERIES: dict[str, Callable[[Inputs], Query]] = {
    "binary-minimum": _of_decision(k.binary_minimum),
    "max-loss": _of_decision(k.max_loss),
    "mean-max-loss": _of_decision(k.mean_max_loss),
    "max-loss-reduction": _mmc,
    "min-confidence": _of_marginals(k.min_confidence),
    "average-confidence": _of_marginals(k.average_confidence),
    "max-score": _of_marginals(k.max_score),
    "average-score": _of_marginals(k.average_score),
    "cardinality-inconsistency": _of_decision(k.cardinality_inconsistency, cardinality=3.0),
    "adaptive": _of_decision(k.adaptive, cardinality=3.0),
    "cvirs": _cvirs,
    "audi": _audi,
}
