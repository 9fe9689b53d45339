"""A classifier that tunes itself by leaving each label out once, in closed form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from querist.errors import InvalidInput, NotFitted
from querist.models.estimator import plain, plain_list

__all__ = ["TunedKernel"]

_BLOCK = 1 << 20  # similarities at a time
_RIDGES = (1e-3, 1e-2, 0.03, 0.1, 0.3, 1.0, 3.0)
_SHARPNESS = (1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 16.0)


class TunedKernel:
    """Least squares with a Gaussian kernel; width, penalty and sharpness make left-out labels likeliest.

    What it says of a label that it did not see is as sure as it should be, from a few dozen labels on,
    and ``left_out`` tells that for every label it did see.  So it suits the estimation of another model's
    errors.  Prefer it for up to a few thousand labels (it costs n^3); on many more a network does better.

    Parameters
    ----------
    widths : sequence of float
        Squared distances are divided by their median and multiplied by one of these; one alone is not
        tuned, which makes fitting cheaper.
    classes : values, optional
        What the columns are; the labels seen when not given.

    Features are dense or sparse numbers; dense columns are standardised by the labelled rows.

    >>> x = [[0.0], [0.1], [0.9], [1.0]]
    >>> model = TunedKernel().fitted(x, ["a", "a", "b", "b"])
    >>> model.predict([[0.2], [0.8]]).tolist()
    ['a', 'b']
    >>> model.left_out().shape
    (4, 2)

    Leaving one out: Cawley & Talbot 2003.
    """

    describes: ClassVar[str] = "TunedKernel"

    def __init__(
        self,
        widths: Sequence[float] = (0.25, 0.5, 1.0, 2.0, 4.0),
        classes: Sequence[Any] | None = None,
        *,
        seen: dict[str, Any] | None = None,
    ) -> None:
        if not len(widths) or not all(0 < one < np.inf for one in widths):
            raise InvalidInput(f"Widths are numbers above 0; got {widths!r}.", mend="Leave them out.")
        self.widths = tuple(float(one) for one in widths)
        self.classes_given = None if classes is None else tuple(classes)
        self._seen = seen

    def __repr__(self) -> str:
        return f"TunedKernel(widths={self.widths!r})"

    @property
    def classes(self) -> tuple[Any, ...]:
        """What the columns of :meth:`proba` are."""
        return self.classes_given if self.classes_given is not None else tuple(self._fit()["classes"])

    @property
    def is_fitted(self) -> bool:
        """Whether it has seen labels."""
        return self._seen is not None

    @property
    def width(self) -> float:
        """The width that was chosen."""
        return float(self._fit()["width"])

    def with_classes(self, classes: Sequence[Any]) -> TunedKernel:
        """The same model with these columns; fitted still where it was fitted with just these."""
        same = self._seen is not None and tuple(classes) == tuple(self._seen["classes"])
        return TunedKernel(self.widths, classes, seen=self._seen if same else None)

    def fitted(self, x: Any, y: Any, *, seed: int = 0) -> TunedKernel:
        """A new model, fitted to rows ``x`` and their values ``y``; nothing in it is drawn by lot."""
        values = plain_list(y)
        classes = self.classes_given or tuple(sorted(set(values), key=lambda one: (str(type(one)), one)))
        column = {plain(value): i for i, value in enumerate(classes)}
        if not values or (unknown := set(values).difference(column)):
            first = f"hold {sorted(map(repr, unknown))[0]}" if values else "are none"
            raise InvalidInput(
                f"The labels {first}; the classes are {classes!r}.", mend="Label an item first."
            )
        rows = _numbers(x)
        places = np.array([column[value] for value in values])
        seen = _tuned(*_standard(rows), places, len(classes), self.widths)
        return TunedKernel(self.widths, self.classes_given, seen={**seen, "classes": classes})

    def proba(self, x: Any) -> np.ndarray:
        """Class probabilities, (n, C), columns in the order of ``classes``."""
        seen, rows = self._fit(), _numbers(x)
        n, step = rows.shape[0], max(1, _BLOCK // len(seen["weights"]))
        said = np.empty((n, seen["weights"].shape[1]))
        for start in range(0, n, step):
            block = _shifted(rows[start : start + step], seen["shift"], seen["scale"])
            near = np.exp(-seen["width"] / seen["unit"] * _squares(block, seen["rows"]))
            said[start : start + step] = near @ seen["weights"] + seen["prior"]
        return _softmax(seen["sharpness"] * said)

    def predict(self, x: Any) -> np.ndarray:
        """The likeliest class of each row, (n,)."""
        return np.asarray(np.asarray(self.classes)[self.proba(x).argmax(axis=1)])

    def left_out(self) -> np.ndarray:
        """What it would say of each row it was fitted to, had it not seen that row's label, (n, C)."""
        return np.asarray(self._fit()["left_out"])

    def _fit(self) -> dict[str, Any]:
        if self._seen is None:
            raise NotFitted("TunedKernel has seen no label.", mend="Fit it: model.fitted(x, y).")
        return self._seen


def _tuned(
    rows: Any, shift: Any, scale: Any, places: np.ndarray, classes: int, widths: tuple[float, ...]
) -> dict[str, Any]:
    """The fit under which each label is likeliest to a model that did not see it."""
    n = len(places)
    counts = np.bincount(places, minlength=classes)
    prior = (counts + 1 / classes) / (n + 1)
    target = np.eye(classes)[places] - prior
    squares = _squares(rows, rows)
    unit = float(np.median(squares[np.triu_indices(n, 1)])) if n > 1 else 1.0
    unit = unit if unit > 0 else 1.0
    best: tuple[float, dict[str, Any]] | None = None
    for width in widths:
        values, vectors = np.linalg.eigh(np.exp(-width / unit * squares))
        turned, parts = vectors.T @ target, vectors * vectors
        for ridge in _RIDGES:
            inverse = 1 / (np.maximum(values, 0.0) + ridge)
            weights = vectors @ (inverse[:, None] * turned)
            without = target - weights / (parts @ inverse)[:, None] + prior
            for sharpness in _SHARPNESS:
                left_out = _softmax(sharpness * without)
                loss = -float(np.log(np.maximum(left_out[np.arange(n), places], 1e-12)).mean())
                if best is None or loss < best[0]:
                    best = loss, {"width": width, "weights": weights, "sharpness": sharpness,
                                  "left_out": left_out}  # fmt: skip
    assert best is not None
    return {**best[1], "rows": rows, "shift": shift, "scale": scale, "unit": unit, "prior": prior}


def _standard(rows: Any) -> tuple[Any, Any, Any]:
    if hasattr(rows, "tocsr"):
        return rows, None, None
    shift, scale = rows.mean(axis=0), rows.std(axis=0)
    scale = np.where(scale > 1e-12 * np.maximum(np.abs(shift), 1e-300), scale, 1.0)
    return _shifted(rows, shift, scale), shift, scale


def _shifted(rows: Any, shift: Any, scale: Any) -> Any:
    return rows if shift is None else (rows - shift) / scale


def _squares(a: Any, b: Any) -> np.ndarray:
    """Squared Euclidean distances, (n, m)."""
    if hasattr(a, "tocsr"):
        lengths = [np.asarray(one.multiply(one).sum(axis=1)).ravel() for one in (a, b)]
        product = np.asarray((a @ b.T).todense())
    else:
        lengths = [np.einsum("nd,nd->n", one, one) for one in (a, b)]
        product = a @ b.T
    return np.asarray(np.maximum(lengths[0][:, None] + lengths[1][None] - 2 * product, 0.0))


def _softmax(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def _numbers(x: Any) -> Any:
    rows = x.tocsr() if hasattr(x, "tocsr") else np.asarray(x, dtype=np.float64)
    if rows.ndim != 2:
        raise InvalidInput(f"Features are (n, d); got shape {rows.shape}.", mend="Encode the items first.")
    return rows
