"""How much less a model would err with one more label, reckoned without training it anew."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from querist.errors import InvalidInput
from querist.kernels.arrays import Array, as_numbers, as_rows
from querist.kernels.large import in_threads, is_large
from querist.kernels.uncertainty import check_rows

__all__ = [
    "Change",
    "Future",
    "FutureModel",
    "Risk",
    "answers",
    "but_one",
    "expected_error_reduction",
    "expected_of_futures",
    "mean_error",
    "own_targets",
    "steps",
]

Future = tuple[slice, int, Array, "Array | None", "Array | None"]
Change = Callable[[int, Array], Array]

STEP = 1 << 16  # numbers in a block of candidates x targets (x classes): a dozen such are held by each thread


@dataclass(frozen=True)
class Risk:
    """What is asked of a future: from weights (B, C, m) one number a candidate and target, (B, m)."""

    change: Callable[[Array], Change]
    """Of weights of which one class is then replaced."""

    whole: Callable[[Array, Array], Array]
    """Of all weights at once, and of their logarithms."""

    loss: str = ""
    """What the compiled kernels call it, if they know it."""


class FutureModel(Protocol):
    """A classifier whose answer to one more label is known in closed form.

    Mostly a label ``c`` shifts all classes in a way that does not depend on ``c``, if any, and then
    changes the weight of class ``c`` alone.
    """

    def weights(self, rows: Any) -> Array:
        """What each class weighs at some rows, (m, C): the probabilities but for their sum."""
        ...

    def futures(
        self, candidates: Array, targets: Array, wanted: Array
    ) -> Iterable[Callable[[], Iterator[Future]]]:
        """Parts that may run side by side, each a stream of (some, c, then, weight, where).

        ``some`` is a range of candidates, all answered c; ``then`` (1 or B, C, m) holds the weights but
        that of c, which is ``weight`` (1 or B, m); or the logarithms of all weights, where ``weight`` is
        None.  Where ``where`` (B, m) is 0, all stays as it is.
        Answers that are not ``wanted`` (k, C) may be left out.
        """
        ...


def expected_error_reduction(
    model: FutureModel,
    candidates: Any,
    targets: Any,
    *,
    proba: Any = None,
    loss: str = "log",
    costs: Any = None,
) -> Array:
    """The mean error at the targets now, less what it is expected to be once a candidate is labelled.

    sum_c p_c(x) mean_{x'} loss(p_{L + (x, c)}( . | x')), for each candidate x, from the error today.
    No model is trained: each weighs one class anew for each candidate, class and target, O(1) apiece.
    Memory: one block a thread beside what the model holds.  Features in float32 are computed in float32.

    Parameters
    ----------
    model : :class:`ParzenWindow`, :class:`GaussianBayes`, :class:`NearestLabels`, :class:`LogisticStep`, \
:class:`LeastSquares`
    candidates, targets : row numbers (k,), (m,)
        What may be labelled, and what the model is to get right.
    proba : (k, C), optional
        How likely each answer is; what the model says of the candidates if not given.
    loss : "log", "zero_one" or "costs"
        The entropy; the chance of a mistake, 1 - max p; or sum_ij p_i p_j C_ij, what a guess costs that
        is drawn from the model.
    costs : (C, C)
        What it costs to say class j where class i is true, for ``loss="costs"``.

    Returns
    -------
    (k,) float64; higher = ask.  It may be below 0: a label can make a model less sure

    >>> from querist.kernels import ParzenWindow
    >>> window = ParzenWindow([[0.0], [0.1], [9.0]], [], [], classes=2, radius=1.0)
    >>> expected_error_reduction(window, [0, 2], [0, 1, 2], loss="zero_one").round(2)
    array([0.33, 0.17])

    Roy & McCallum 2001.
    """
    candidates, targets = own_targets(model, candidates, targets)
    now = model.weights(targets)
    risk = _risk(loss, costs, now.shape[1])
    likely = answers(model, candidates, proba, now.shape[1])
    today = risk.change(np.ascontiguousarray(now.T)[None])(0, now[None, :, 0])[0]
    after = expected_of_futures(model, candidates, targets, likely, risk, today)
    return np.asarray(float(today.mean(dtype=np.float64)) * likely.sum(axis=1) - after)


def expected_of_futures(
    model: FutureModel, candidates: Array, targets: Array, likely: Array, risk: Risk, today: Array
) -> Array:
    """sum_c p_c(x) mean_{x'} of what ``risk`` says of each future; ``today`` (m,) where nothing changes."""
    base = float(today.mean(dtype=np.float64))
    large = bool(risk.loss) and is_large(len(candidates) * len(targets) * likely.shape[1])
    if large and hasattr(model, "after"):
        return np.asarray(model.after(candidates, targets, likely, risk.loss))

    def part(work: Callable[[], Iterator[Future]]) -> list[tuple[slice, Array]]:
        found: list[tuple[slice, Array]] = []
        before: Array | None = None
        for some, c, then, weight, where in work():
            if weight is None:
                value = risk.whole(np.exp(then), then)
            else:
                if before is not then:
                    compiled = large and where is None
                    before, change = then, _means(then, risk.loss) if compiled else risk.change(then)
                value = change(c, weight)
            if where is None:
                mean = value if value.ndim == 1 else value.mean(axis=1, dtype=np.float64)
            else:
                mean = base + where @ (value[0] - today).astype(where.dtype) / len(today)
            found.append((some, likely[some, c] * mean))
        return found

    total = np.zeros(len(candidates))
    for found in in_threads(part, model.futures(candidates, targets, likely > 0)):
        for some, value in found:
            total[some] += value
    return total


def mean_error(proba: Any, *, loss: str = "log", costs: Any = None) -> float:
    """The mean over rows of what :func:`expected_error_reduction` calls the error, of probabilities (m, C).

    >>> mean_error([[0.75, 0.25], [1.0, 0.0]], loss="zero_one")
    0.125
    """
    table = as_numbers(proba)
    if table.ndim != 2 or 0 in table.shape:
        raise InvalidInput(
            f"Probabilities must be an (m, C) table; got shape {table.shape}.",
            mend="Give one row an item and one column a class.",
        )
    check_rows(table)
    risk = _risk(loss, costs, table.shape[1])
    return float(risk.change(np.ascontiguousarray(table.T)[None])(0, table[None, :, 0]).mean())


def own_targets(model: FutureModel, candidates: Any, targets: Any) -> tuple[Array, Array]:
    """Both as row numbers of the model's table; one target or more."""
    rows = int(getattr(model, "n", np.iinfo(np.intp).max))
    candidates, targets = as_rows(candidates, rows), as_rows(targets, rows)
    if len(targets) == 0:
        raise InvalidInput("There is nothing to be right about.", mend="Give one target or more.")
    return candidates, targets


def answers(model: FutureModel, candidates: Array, proba: Any, classes: int) -> Array:
    """How likely each answer of each candidate is, (k, C): as given, or as the model says."""
    weights = model.weights(candidates) if proba is None else as_numbers(proba)
    if weights.shape != (len(candidates), classes):
        raise InvalidInput(
            f"Probabilities of shape {weights.shape} for {len(candidates)} candidates and {classes} classes.",
            mend="Give one row a candidate and one column a class.",
        )
    likely = weights / weights.sum(axis=1, keepdims=True) if proba is None else weights
    if len(candidates):
        check_rows(likely)
    return np.asarray(likely)


def steps(n: int, width: int) -> Iterator[slice]:
    """Blocks of candidates, ``width`` numbers each."""
    step = max(1, STEP // max(1, width))
    for start in range(0, n, step):
        yield slice(start, min(n, start + step))


def _risk(loss: str, costs: Any, classes: int) -> Risk:
    if loss == "log":
        return Risk(_entropy, _entropy_of_logs, loss)
    if loss == "zero_one":
        return Risk(_mistakes, lambda weights, _: 1 - weights.max(axis=1) / weights.sum(axis=1), loss)
    matrix = as_numbers(costs) if loss == "costs" and costs is not None else None
    if matrix is None or matrix.shape != (classes, classes) or not np.isfinite(matrix).all():
        raise InvalidInput(
            f"The loss {loss!r} with costs {costs!r} is none for {classes} classes.",
            mend="Use 'log', 'zero_one', or 'costs' with a finite square, one row a true class.",
        )
    return Risk(lambda weights: _priced(weights, matrix), lambda weights, _: _price(weights, matrix))


def _entropy(weights: Array) -> Change:
    """log S - (sum_c w_c log w_c) / S, S the sum of the weights."""
    others, rest = but_one(np.add, weights, 0.0), but_one(np.add, weighed_weights(weights), 0.0)

    def after(c: int, weight: Array) -> Array:
        inner = weighed_weights(weight)
        inner += rest[:, c]
        total = others[:, c] + weight
        inner /= total
        np.log(total, out=total)
        total -= inner
        return np.asarray(np.maximum(total, 0, out=total))

    return after


def _entropy_of_logs(weights: Array, logs: Array) -> Array:
    total = weights.sum(axis=1)
    inner = np.einsum("bcm,bcm->bm", weights, logs)
    inner /= total
    np.log(total, out=total)
    total -= inner
    return np.asarray(np.maximum(total, 0, out=total))


def _price(weights: Array, costs: Array) -> Array:
    total = weights.sum(axis=1)
    priced = np.einsum("bcm,bcm->bm", costs.T.astype(weights.dtype) @ weights, weights)
    return np.asarray(priced / total**2)


def _mistakes(weights: Array) -> Change:
    others, best = but_one(np.add, weights, 0.0), but_one(np.maximum, weights, 0.0)

    def after(c: int, weight: Array) -> Array:
        most = np.maximum(best[:, c], weight)
        most /= others[:, c] + weight
        return np.asarray(np.subtract(1, most, out=most))

    return after


def _means(weights: Array, loss: str) -> Change:
    """What either of these two comes to in the mean over the targets, (B,), compiled."""
    from querist.kernels import compiled_futures as compiled

    others = but_one(np.add, weights, 0.0)
    rest = (
        but_one(np.add, weighed_weights(weights), 0.0) if loss == "log" else but_one(np.maximum, weights, 0.0)
    )

    def after(c: int, weight: Array) -> Array:
        kind = np.result_type(weights, weight)
        all_but, of_rest = (np.ascontiguousarray(table[:, c], dtype=kind) for table in (others, rest))
        out = np.empty(max(len(weights), len(weight)))
        compiled.replaced(all_but, of_rest, weight.astype(kind, copy=False), compiled.LOSSES[loss], out)
        return out

    return after


def _priced(weights: Array, costs: Array) -> Change:
    """w' C w / S^2, where only the terms of one class change."""
    others = but_one(np.add, weights, 0.0)
    costs = costs.astype(weights.dtype)

    def after(c: int, weight: Array) -> Array:
        rest = weights.copy()
        rest[:, c] = 0
        fixed = np.einsum("bim,bim->bm", costs.T @ rest, rest)
        either = (costs[:, c] + costs[c]) @ rest
        total = others[:, c] + weight
        priced = weight * costs[c, c]
        priced += either
        priced *= weight
        priced += fixed
        total *= total
        priced /= total
        return np.asarray(priced)

    return after


def but_one(of: np.ufunc, table: Array, start: float) -> Array:
    """For each class (axis 1) the sum or maximum over all the others: no difference of near numbers."""
    out = np.empty_like(table)
    after = np.full_like(table[:, 0], start)
    for c in range(table.shape[1] - 1, -1, -1):
        out[:, c] = after
        of(after, table[:, c], out=after)
    before = np.full_like(after, start)
    for c in range(table.shape[1]):
        of(out[:, c], before, out=out[:, c])
        of(before, table[:, c], out=before)
    return out


def weighed_weights(weights: Array) -> Array:
    """w log w, 0 for 0."""
    logs: Array = np.maximum(weights, np.finfo(weights.dtype).tiny)
    np.log(logs, out=logs)
    logs *= weights
    return logs
