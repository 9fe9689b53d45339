"""Peers whose selection asks a model: they are given one that says what the inputs say, at no cost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from inputs import Inputs

Query = Callable[[], Any]


class Told:
    """A fitted model that says what the inputs say of the rows asked: all, or all without label."""

    def __init__(self, given: Inputs) -> None:
        self.given, self.classes_ = given, np.arange(given.shape.classes)
        self.estimator = self
        self.X_training = given.x[given.known] if given.shape.labelled else None

    def __len__(self) -> int:
        return self.given.shape.members

    def __iter__(self) -> Iterator[Any]:
        return iter(range(len(self)))

    def predict_proba(self, x: Any, **_: Any) -> Any:
        return self.given.proba[-_length(x) :]

    def predict(self, x: Any) -> Any:
        return self.predict_proba(x).argmax(axis=1)

    def vote(self, x: Any, **_: Any) -> Any:
        return self.given.draws[:, -_length(x) :].argmax(axis=2).T

    def vote_proba(self, x: Any, **_: Any) -> Any:
        return self.given.draws[:, -_length(x) :].transpose(1, 0, 2)


def _length(x: Any) -> int:
    return len(x) if isinstance(x, list) else x.shape[0]


# ------------------------------------------------------------ modAL


def _modal(module: str, name: str) -> Callable[[Inputs], Query]:
    def prepared(given: Inputs) -> Query:
        from importlib import import_module

        sampling = getattr(import_module(f"modAL.{module}"), name)
        model, rows = Told(given), np.empty((given.n, 1))
        if module == "disagreement":
            model.predict_proba = lambda x, **_: given.draws[:, -_length(x) :].mean(axis=0)  # type: ignore[method-assign]
            given.draws  # noqa: B018  (drawn before the clock runs)
        given.proba  # noqa: B018
        return lambda: sampling(model, rows, n_instances=given.shape.batch)

    return prepared


def _modal_ranked(given: Inputs) -> Query:
    from modAL.batch import uncertainty_batch_sampling
    from modAL.models import ActiveLearner

    learner = ActiveLearner.__new__(ActiveLearner)
    told = Told(given)
    learner.estimator, learner.X_training, learner.on_transformed = told, told.X_training, False
    rows = given.x[given.rows]
    given.proba  # noqa: B018
    return lambda: uncertainty_batch_sampling(learner, rows, n_instances=given.shape.batch)


def _modal_error(estimator: Callable[[], Any]) -> Callable[[Inputs], Query]:
    def prepared(given: Inputs) -> Query:
        from modAL.expected_error import expected_error_reduction
        from modAL.models import ActiveLearner

        x, labels = given.x[given.known], given.labels[given.known]
        learner = ActiveLearner(estimator(), X_training=x, y_training=labels)
        rows = given.x[given.rows]
        return lambda: expected_error_reduction(learner, rows, loss="log", n_instances=given.shape.batch)

    return prepared


# ------------------------------------------------------------ small-text


class _Data:
    """What small-text calls a dataset: a length and rows."""

    def __init__(self, x: Any) -> None:
        self.x = x

    def __len__(self) -> int:
        return len(self.x)

    def __getitem__(self, rows: Any) -> Any:
        return _Data(self.x[rows])

    shape = property(lambda self: self.x.shape)


def _small(name: str, **options: Any) -> Callable[[Inputs], Query]:
    def prepared(given: Inputs) -> Query:
        from small_text import query_strategies

        model = Told(given)
        if name == "BALD":
            table = np.ascontiguousarray(given.draws.transpose(1, 0, 2))
            model.predict_proba = lambda x, **_: table[-_length(x) :]  # type: ignore[method-assign]
        if name == "ContrastiveActiveLearning":
            model.embed = lambda data, **_: (data.x, given.proba)  # type: ignore[attr-defined]
        data = _Data(given.x if name == "ContrastiveActiveLearning" else np.empty((given.n, 1)))
        labels = given.labels[given.known]
        given.proba  # noqa: B018
        strategy = getattr(query_strategies, name)(**options)
        return lambda: strategy.query(model, data, given.rows, given.known, labels, n=given.shape.batch)

    return prepared


# ------------------------------------------------------------ scikit-activeml


def _ska(name: str, model: str = "", **options: Any) -> Callable[[Inputs], Query]:
    """A pool strategy, told a model under the name that it has for it."""

    def prepared(given: Inputs) -> Query:
        from skactiveml import pool

        y = np.full(given.n, np.nan)
        numbers = model in ("reg", "committee of numbers", "normal")
        y[given.known] = (given.numbers if numbers else given.labels)[given.known]
        named = {
            key: value(given) if callable(value) and key != "metric" else value
            for key, value in options.items()
        }
        strategy = getattr(pool, name)(missing_label=np.nan, random_state=0, **named)
        told = _ska_model(model, given, y)
        x, n = (
            (given.x if name not in _FEATURELESS else np.zeros((given.n, 1), np.float32)),
            given.shape.batch,
        )
        return lambda: strategy.query(x, y, batch_size=n, **told)

    return prepared


_FEATURELESS = ("UncertaintySampling",)


def _ska_model(model: str, given: Inputs, y: Any) -> dict[str, Any]:
    from skactiveml.classifier import ParzenWindowClassifier, SklearnClassifier
    from skactiveml.regressor import SklearnRegressor
    from sklearn.linear_model import LinearRegression, LogisticRegression
    from sklearn.naive_bayes import GaussianNB

    classes = np.arange(given.shape.classes)
    if not model:
        return {}
    if model in ("clf", "estimator"):
        return {model: _ska_told(given), f"fit_{model}": False}
    if model == "discriminator":
        return {model: SklearnClassifier(LogisticRegression(), classes=np.arange(2))}
    if model in ("reg", "committee of numbers"):
        reg = SklearnRegressor(LinearRegression()).fit(given.x, y)
        return {"reg": reg, "fit_reg": model != "reg"}
    if model == "normal":
        from skactiveml.regressor import SklearnNormalRegressor
        from sklearn.linear_model import BayesianRidge

        return {"reg": SklearnNormalRegressor(BayesianRidge())}
    if model == "frequencies":
        fitted = ParzenWindowClassifier(classes=np.arange(2), random_state=0)
        fitted.fit(np.zeros((2, 1)), np.arange(2))
        fitted.predict_freq = lambda x: given.frequencies[-_length(x) :]
        return {"clf": fitted, "fit_clf": False}
    made = {"parzen": None, "bayes": GaussianNB(), "logistic": LogisticRegression()}[model]
    if made is None:
        clf = ParzenWindowClassifier(classes=classes, random_state=0)
    else:
        clf = SklearnClassifier(made, classes=classes, random_state=0)
    return {"clf": clf}


def _ska_told(given: Inputs) -> Any:
    """A classifier of theirs whose probabilities are those of the inputs; with a linear one for DropQuery."""
    from skactiveml.base import SkactivemlClassifier

    class ToldClassifier(SkactivemlClassifier):  # type: ignore[misc]
        def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
            return self

        def predict_proba(self, X: Any) -> Any:
            return given.proba[-_length(X) :]

        def __deepcopy__(self, memo: Any) -> Any:
            return self

    told = ToldClassifier(classes=np.arange(given.shape.classes), missing_label=np.nan)
    told.classes_ = np.arange(given.shape.classes)
    told.cost_matrix_ = 1 - np.eye(given.shape.classes)
    given.proba  # noqa: B018  (drawn before the clock runs)
    return told


def _ska_drop_query(given: Inputs) -> Query:
    """Their DropQuery with the linear model that ours is timed with."""
    weights = given.rng(20).standard_normal((given.shape.d, given.shape.classes), dtype=np.float32)
    query = _ska("DropQuery", "clf", dropout_rate=0.75, n_dropout_samples=3)(given)
    told = query.__closure__  # the classifier is the one named "told" there
    for cell in told or ():
        if isinstance(cell.cell_contents, dict) and "clf" in cell.cell_contents:
            clf = cell.cell_contents["clf"]
            clf.predict_proba = lambda X: _of_logits(X @ weights)
            clf.predict = lambda X: (X @ weights).argmax(axis=1)
    return query


def _of_logits(logits: Any) -> Any:
    from inputs import softmax

    return softmax(logits)


def _ska_prob_cover(given: Inputs) -> Query:
    """With the radius given, as ours: their search for it is left out."""
    from sklearn.metrics import pairwise_distances

    some = pairwise_distances(given.x[:256], given.x)
    radius = float(np.quantile(np.sort(some, axis=1), 0.005))
    return _ska("ProbCover", deltas=lambda _: [radius], n_classes=lambda _: given.shape.classes)(given)


def _ska_costs(method: str) -> Callable[[Inputs], Query]:
    return _ska("UncertaintySampling", "clf", method=method, cost_matrix=lambda given: given.costs)


def _ska_average_precision(given: Inputs) -> Query:
    from skactiveml.pool import expected_average_precision

    proba, classes = given.proba.astype(np.float64), np.arange(given.shape.classes)
    proba /= proba.sum(axis=1, keepdims=True)
    return lambda: expected_average_precision(classes, proba)


QUERIES: dict[str, dict[str, Callable[[Inputs], Query]]] = {
    "modAL": {
        "least-confidence": _modal("uncertainty", "uncertainty_sampling"),
        "margin": _modal("uncertainty", "margin_sampling"),
        "entropy": _modal("uncertainty", "entropy_sampling"),
        "margin-100": _modal("uncertainty", "margin_sampling"),
        "entropy-100": _modal("uncertainty", "entropy_sampling"),
        "vote-entropy": _modal("disagreement", "vote_entropy_sampling"),
        "consensus-entropy": _modal("disagreement", "consensus_entropy_sampling"),
        "max-kl": _modal("disagreement", "max_disagreement_sampling"),
        "ranked-batch": _modal_ranked,
        "eer-bayes": _modal_error(lambda: __import__("sklearn.naive_bayes").naive_bayes.GaussianNB()),
        "eer-logistic": _modal_error(
            lambda: __import__("sklearn.linear_model").linear_model.LogisticRegression()
        ),
    },
    "small-text": {
        "least-confidence": _small("LeastConfidence"),
        "margin": _small("BreakingTies"),
        "entropy": _small("PredictionEntropy"),
        "bald": _small("BALD", dropout_samples=20),
        "contrast": _small("ContrastiveActiveLearning"),
    },
    "scikit-activeml": {
        "least-confidence": _ska("UncertaintySampling", "clf", method="least_confident"),
        "margin": _ska("UncertaintySampling", "clf", method="margin_sampling"),
        "entropy": _ska("UncertaintySampling", "clf", method="entropy"),
        "margin-100": _ska("UncertaintySampling", "clf", method="margin_sampling"),
        "entropy-100": _ska("UncertaintySampling", "clf", method="entropy"),
        "expected-cost": _ska_costs("least_confident"),
        "cost-margin": _ska_costs("margin_sampling"),
        "epistemic": _ska("EpistemicUncertaintySampling", "frequencies"),
        "expected-model-change": _ska(
            "ExpectedModelChangeMaximization", "committee of numbers", bootstrap_size=10
        ),
        "falcun": _ska("Falcun", "clf"),
        "core-set": _ska("CoreSet"),
        "core-set-1000": _ska("CoreSet"),
        "badge": _ska("Badge", "clf"),
        "badge-100": _ska("Badge", "clf"),
        "max-herding": _ska("MaxHerding"),
        "prob-cover": _ska_prob_cover,
        "discriminative": _ska("DiscriminativeAL", "discriminator"),
        "gsx": _ska("GreedySamplingX"),
        "igs": _ska("GreedySamplingTarget", "reg", method="GSi"),
        "typiclust": _ska("TypiClust", k=20),
        "clue": _ska("Clue", "estimator"),
        "drop-query": _ska_drop_query,
        "contrast": _ska("ContrastiveAL", "clf"),
        "mcpal": _ska("ProbabilisticAL", "parzen", m_max=2),
        "eer-bayes": _ska("MonteCarloEER", "bayes", method="log_loss"),
        "eer-parzen": _ska("MonteCarloEER", "parzen", method="log_loss"),
        "eer-logistic": _ska("MonteCarloEER", "logistic", method="log_loss"),
        "voi": _ska("ValueOfInformationEER", "parzen"),
        "expected-average-precision": _ska_average_precision,
        "cost-embedding": _ska("CostEmbeddingAL", classes=lambda given: np.arange(given.shape.classes)),
        "core-set-again": _ska("CoreSet"),
        "expected-variance-reduction": _ska("ExpectedModelVarianceReduction", "normal"),
        "quire": _ska("Quire", classes=lambda given: np.arange(given.shape.classes)),
    },
}
