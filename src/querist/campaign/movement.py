"""How the model moves from one training to the next: the figures that stopping criteria read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from querist.kernels import LastLayer

__all__ = ["LEVELS", "Movement"]

LEVELS = (0.5, 0.8, 0.9, 0.95, 0.99)
"""The shares of the draws of which the figure ``gains`` tells the largest gain."""

_WIDEST = 1024  # columns (and one for the bias) beyond which a posterior takes too long
_REST, _MEASURED, _DRAWS = 2048, 1024, 100  # rows without a label, rows measured on, draws: at most
_STEP = 1.05  # a model is kept for comparison when it has so many times the labels of the one kept before
_LEAST = 8  # labels from which half of them are a model to compare with
_CHUNK = 8192
_AS_TOLD = 0.02  # how far the last layer's own probabilities may be from those that the model tells


class Movement:
    """Compares each model with the one before it, on the same pool.

    The figures, each there only where it can be told:

    ``stability``, ``kappa``, ``delta_f``
        Of the predicted classes of the whole pool: the share that stayed, Cohen's kappa, and one minus
        the F measure between old and new.
    ``changed``
        Share of the items that were unlabelled before whose predicted class changed.
    ``uncertainty``
        Mean entropy over the items without a label, as a share of its largest value.
    ``error_change``
        At most how far the expected error changed, from posterior to posterior of the last layer.
    ``gains``
        At most how much labelling the rest would raise the share of right predictions, at each of
        :data:`LEVELS` of confidence, by the posterior of the last layer
        (:func:`querist.kernels.possible_gains`).
    ``curve``
        What labelling the rest would gain if each doubling of the labels gained as much as the last one
        did, in the eyes of the model as it is now; see :class:`querist.campaign.LittleToGain`.

    >>> from querist.models import as_model
    >>> from sklearn.linear_model import LogisticRegression
    >>> x, y = np.array([[0.0], [1.0], [2.0], [3.0]]), np.array(["a", "a", "b", "b"])
    >>> model = as_model(LogisticRegression(), classes=("a", "b")).fitted(x, y)
    >>> Movement().figures(model, model.proba(x), x, np.arange(4), y)["gains"]
    [0.0, 0.0, 0.0, 0.0, 0.0]

    ``before`` are the predicted columns of a model before the first, where one is known.
    """

    def __init__(self, before: np.ndarray | None = None) -> None:
        self._predicted = before
        self._path: list[tuple[int, np.ndarray]] = []  # what models said, and how many labels they had
        self._rest: np.ndarray | None = None
        self._layer: LastLayer | None = None

    def figures(self, model: Any, proba: Any, x: Any, rows: np.ndarray, y: np.ndarray) -> dict[str, Any]:
        """The figures of ``model``, which was fitted to the labels ``y`` of ``rows`` of the pool ``x``.

        Parameters
        ----------
        model : a fitted model, or None for what the predictions alone can tell
        proba : (N, C) what it says of the whole pool
        x : (N, d) the pool's features
        rows : (n,) labelled rows, the first labelled first
        y : (n,) their classes
        """
        from querist.kernels import error_change  # at the point of use: importing a campaign stays cheap

        predicted = np.asarray(proba.argmax(axis=1))
        rest = np.setdiff1d(np.arange(len(predicted)), rows)
        told: dict[str, Any] = {"uncertainty": _entropy(proba, rest), **self._moved(predicted)}
        if (half := self._half(model, predicted, x, rows, y)) is not None:
            told["curve"] = _last_doubling(proba, half) * float(np.log2(len(predicted) / len(rows)))
        layer = self._layer_of(model, proba, x, rows, y)
        if layer is not None:
            if self._layer is not None:
                told["error_change"] = error_change(self._layer, layer)
            told["gains"] = _gains(layer, model, x, rest)
        self._predicted, self._rest, self._layer = predicted, rest, layer
        return told

    def _moved(self, now: np.ndarray) -> dict[str, float]:
        from querist.kernels import cohen_kappa, f_between

        before = self._predicted
        if before is None or before.shape != now.shape or not len(now):
            return {}
        told = {
            "stability": float((before == now).mean()),
            "kappa": cohen_kappa(before, now),
            "delta_f": 1 - f_between(before, now),
        }
        if self._rest is not None:
            told["changed"] = float((before != now)[self._rest].mean()) if len(self._rest) else 0.0
        return told

    def _half(
        self, model: Any, predicted: np.ndarray, x: Any, rows: np.ndarray, y: np.ndarray
    ) -> np.ndarray | None:
        """What a model with half of the labels said; one is fitted where none was seen, once."""
        n, path = len(rows), self._path
        if path and (n < path[-1][0] or len(path[-1][1]) != len(predicted)):
            path.clear()  # labels were taken back, or items came
        if not path or n >= _STEP * path[-1][0]:
            path.append((n, predicted))
        while len(path) > 1 and path[1][0] <= n / 2:
            path.pop(0)
        if path[0][0] > n / 2 and n >= _LEAST and hasattr(model, "fitted") and hasattr(model, "proba"):
            first = n // 2
            earlier = model.fitted(x[rows[:first]], y[:first])
            path.insert(0, (first, _in_chunks(earlier, x)))
        return path[0][1] if path[0][0] <= n / 2 else None

    def _layer_of(self, model: Any, proba: Any, x: Any, rows: np.ndarray, y: np.ndarray) -> LastLayer | None:
        """The posterior of the last layer; None where the probabilities do not come from a softmax of one."""
        from querist.kernels import last_layer, prior_precision

        if not hasattr(model, "head") or len(set(y.tolist())) < 2:
            return None
        weights, bias = model.head()
        known = np.flatnonzero(np.isfinite(bias))
        weights, bias = weights[known], bias[known]
        if weights.shape[1] > _WIDEST:
            return None
        classes = [model.classes[column] for column in known]
        columns = np.array([classes.index(value) for value in y.tolist()])
        seen = _embedded(model, x, rows)
        alone = ((weights[1:], bias[1:]),) if len(bias) == 2 else ()  # scikit-learn tells -f and f
        for part, shift in (*alone, (weights, bias)):
            layer = last_layer(seen, part, shift, prior_precision(seen, columns, part, shift))
            said = layer.proba(seen)
            if np.abs(said - np.asarray(proba)[np.ix_(rows, known)]).mean() <= _AS_TOLD:
                return layer
        return None


def _last_doubling(proba: Any, before: np.ndarray) -> float:
    """How much more often the model is right than one of half the labels, as it believes."""
    held = np.take_along_axis(np.asarray(proba, dtype=np.float64), before[:, None], axis=1)[:, 0]
    return max(0.0, float((proba.max(axis=1) - held).mean()))


def _in_chunks(model: Any, x: Any) -> np.ndarray:
    starts = range(0, x.shape[0], _CHUNK)
    return np.concatenate([model.proba(x[start : start + _CHUNK]).argmax(axis=1) for start in starts])


def _gains(layer: LastLayer, model: Any, x: Any, rest: np.ndarray) -> list[float]:
    from querist.kernels import possible_gains

    some = _spread(rest, _REST)
    measured = _spread(np.arange(x.shape[0]), _MEASURED)
    gains = possible_gains(
        layer,
        _embedded(model, x, some),
        _embedded(model, x, measured),
        weight=len(rest) / max(1, len(some)),
        draws=_DRAWS,
        rng=np.random.default_rng(0),
    )
    return [round(float(one), 9) for one in np.quantile(gains, LEVELS, method="higher")]


def _embedded(model: Any, x: Any, rows: np.ndarray) -> Any:
    if not hasattr(model, "embed"):
        return x[rows]
    return model.embed(x[rows]) if len(rows) else model.embed(x[:1])[:0]


def _spread(rows: np.ndarray, most: int) -> np.ndarray:
    """At most so many of the rows, evenly spread."""
    return rows if len(rows) <= most else rows[np.linspace(0, len(rows) - 1, most).astype(np.intp)]


def _entropy(proba: Any, rest: np.ndarray) -> float:
    if not len(rest) or proba.shape[1] < 2:
        return 0.0
    told = np.maximum(np.asarray(proba, dtype=np.float64)[rest], 1e-300)
    return float(-(told * np.log(told)).sum(axis=1).mean() / np.log(proba.shape[1]))
