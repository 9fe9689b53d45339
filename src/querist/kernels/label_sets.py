"""What a predicted set of classes is worth beside those that are known: its size, its company, its loss."""

from __future__ import annotations

from typing import Any

import numpy as np

from querist.errors import InvalidInput
from querist.kernels.arrays import Array, as_classes, as_each, blocks
from querist.kernels.multilabel import check_decision, check_marginals, over_rows

__all__ = ["adaptive", "audi", "cardinality_inconsistency", "cvirs", "max_loss_reduction"]

_LEAST_MARGIN = 1e-6
_FAR = 1e30  # a class that is certain may be asked about last
_FIRST = 0.5  # what an item without a known class is divided by, instead of 0


def cardinality_inconsistency(decision: Any, cardinality: float) -> Array:
    """|number of classes said - mean number of classes known|: 0 where the set has the usual size.

    Parameters
    ----------
    decision : (n, C) signed distances, infinite where a class is certain
    cardinality : float
        The mean number of classes of a labelled row.

    Returns
    -------
    (n,) of the dtype given; higher = ask

    >>> cardinality_inconsistency(np.array([[2.0, 0.5, -3.0], [-1.0, -4.0, -2.0]]), 1.5)
    array([0.5, 1.5])

    Li & Guo 2013 (label cardinality inconsistency).
    """
    mean = _cardinality(cardinality)
    return over_rows(check_decision, decision, lambda f: np.abs((f > 0).sum(axis=1) - mean))


def adaptive(decision: Any, cardinality: float | None = None, beta: float = 0.5) -> Array:
    """(1 / separation margin)^beta (cardinality inconsistency)^(1 - beta).

    The separation margin lies between the classes said and those not: min of the positive f - max of the
    negative.  Where one side is empty the other counts twice.  Classes that are certain are left out of it;
    below 1e-6 it counts as that, and a row in which all is certain has 0.

    Parameters
    ----------
    decision : (n, C) signed distances, infinite where a class is certain
    cardinality : float, optional
        The mean number of classes of a labelled row; without it the margin alone counts.
    beta : float from 0 to 1
        1 is the margin alone, 0 the cardinality alone.

    Returns
    -------
    (n,) of the dtype given; higher = ask

    >>> adaptive(np.array([[2.0, 0.5, -1.5], [3.0, -1.0, -2.0]]), 1.5, beta=1.0)
    array([0.5 , 0.25])
    >>> adaptive(np.array([[2.0, 0.5, -1.5], [3.0, -1.0, -2.0]]), 1.5, beta=0.0)
    array([0.5, 0.5])

    Li & Guo 2013.
    """
    if not 0 <= beta <= 1:
        raise InvalidInput(f"beta must be from 0 to 1; got {beta!r}.", mend="0.5 weighs both alike.")
    mean = None if cardinality is None else _cardinality(cardinality)

    def score(f: Array) -> Array:
        margin = _separation(f)
        sure = np.where(np.isinf(margin), 0.0, 1 / np.maximum(margin, _LEAST_MARGIN))
        if mean is None:
            return sure
        return np.asarray(sure**beta * np.abs((f > 0).sum(axis=1) - mean) ** (1 - beta))

    return over_rows(check_decision, decision, score)


def max_loss_reduction(marginals: Any, known: Any, counts: Any) -> Array:
    """sum_k (1 - y_k f_k) / 2 with f = 2 p - 1: the loss that the label is expected to take away (MMC).

    y is 1 for the m classes of the largest chance and -1 for the rest; m, the number of classes of the
    row, is what a logistic regression on the sorted chances says (each row of them divided by its sum),
    fitted to the labelled rows.

    Parameters
    ----------
    marginals : (n, C) chances of single classes
    known : (L, C)
        The chances that the same model gives the labelled rows.
    counts : (L,) whole numbers
        How many classes each of these has.  Without a labelled row, m is the sum of the chances, rounded.

    Returns
    -------
    (n,) of the dtype of ``marginals``, from 0 to C; higher = ask

    >>> max_loss_reduction(np.array([[0.9, 0.2], [0.6, 0.5]]), np.array([[0.8, 0.1]]), [1]).round(2)
    array([0.3, 0.9])

    Yang, Sun, Wang & Chen 2009.  Time O(n C log C), beside the regression of L rows.
    """
    marginals, known = check_marginals(marginals), check_marginals(known)
    counts = as_classes(counts, len(known), "Counts")
    if known.shape[1:] != marginals.shape[1:] or counts.shape != (len(known),):
        raise InvalidInput(
            f"Labelled rows need chances of the same classes and one count each; got {known.shape} and "
            f"{counts.shape} for {marginals.shape}.",
            mend="Give the chances of the labelled rows and the numbers of their classes.",
        )
    said = _CountRegression(_profile(known), counts) if len(known) else None

    def score(p: Array) -> Array:
        ordered = -np.sort(-p, axis=1)
        m = np.rint(p.sum(axis=1)) if said is None else said.predict(_profile(p))
        first = np.arange(p.shape[1]) < m[:, None]
        return np.asarray(np.where(first, 1 - ordered, ordered).sum(axis=1))

    return over_rows(lambda table: table, marginals, score)


def cvirs(marginals: Any, known: Any) -> Array:
    """Rank of the margins over all classes times the distance of the set that is said from those known.

    s = sum_k (n - t_k) / (C (n - 1)), t_k the place of the row when the rows are sorted by |2 p_k - 1|,
    smallest first, equals in the middle of their places.  v is the mean over the labelled rows of the
    distance of the two sets as binary sequences: (2 H(a, b) - H(a) - H(b)) / H(a, b), and 1 where they differ
    in every class.

    Parameters
    ----------
    marginals : (n, C) chances of single classes
    known : (L, C) true or false
        Which classes the labelled rows have.  Without one, v is 1.

    Returns
    -------
    (n,) float64, from 0 to 1; higher = ask

    >>> p = np.array([[0.9, 0.2], [0.5, 0.5], [0.6, 0.1]])
    >>> cvirs(p, [[True, False], [False, False]]).tolist()
    [0.125, 0.5, 0.125]

    Reyes, Morell & Ventura 2018.  Time O(n C log n + n U C), U the different sets of the labelled rows.
    """
    marginals = check_marginals(marginals)
    known = _known_sets(known, marginals.shape[1])
    n, classes = marginals.shape
    if not n or not classes:
        return np.zeros(n)
    lower = np.zeros(n)
    for column in marginals.T:
        lower += n - _middle_places(np.round(np.abs(2 * column.astype(np.float64) - 1), 6))
    ranked = lower / (classes * (n - 1)) if n > 1 else np.ones(n)
    if not len(known):
        return ranked
    sets, times = np.unique(known, axis=0, return_counts=True)
    apart = np.empty(n)
    for start, stop in blocks(n, max(classes, 8 * len(sets))):
        said = marginals[start:stop] > 0.5
        apart[start:stop] = _set_distances(said, sets) @ (times / times.sum())
    return ranked * apart


def audi(
    decision: Any, cardinality: float | None, n: int, *, known: Any = None, ties: Any = None
) -> tuple[Array, Array, Array]:
    """Pairs of an item and a class: the items whose sets have an odd size, and of each its nearest boundary.

    An item's worth is |number of classes said - mean number of classes known| / max(1/2, classes of it
    that are known already); among equals the one whose nearest boundary is nearer goes first.  The class to
    ask is the one of smallest |f| among those not known.

    Parameters
    ----------
    decision : (n_rows, C) signed distances, infinite where a class is certain
    cardinality : float or None
        The mean number of classes of a fully labelled row; None where there is none: boundaries decide.
    n : int
        How many pairs, each of another item; all items that have an unknown class when there are fewer.
    known : (n_rows, C) true or false, optional
        Of which classes of which rows the answer is known.
    ties : (n_rows,) numbers, optional
        Among what is still equal the larger of these goes first, and without it the lower row.

    Returns
    -------
    rows, classes : two arrays of numbers, best first
    scores : the items' worth

    >>> f = np.array([[2.0, 0.5, -3.0], [-1.0, -4.0, -2.0], [1.0, -0.2, -9.0]])
    >>> rows, classes, scores = audi(f, 1.0, 2)
    >>> rows.tolist(), classes.tolist(), scores.tolist()
    ([0, 1], [1, 0], [2.0, 2.0])

    Huang & Zhou 2013.
    """
    f = check_decision(decision)
    told = np.zeros(f.shape, dtype=bool) if known is None else np.asarray(known, dtype=bool)
    if told.shape != f.shape:
        raise InvalidInput(
            f"What is known has the shape {told.shape}; the decisions have {f.shape}.",
            mend="Give true or false for each row and class.",
        )
    near = np.where(told, np.inf, np.minimum(np.abs(f), _FAR))
    column = near.argmin(axis=1) if f.shape[1] else np.zeros(len(f), dtype=np.intp)
    nearest = near.min(axis=1, initial=np.inf)
    worth = np.zeros(len(f))
    if cardinality is not None:
        size = (f > 0).sum(axis=1)
        worth = np.abs(size - _cardinality(cardinality)) / np.maximum(_FIRST, told.sum(axis=1))
    later = np.zeros(len(f)) if ties is None else -as_each(ties, len(f), "Ties")
    order = np.lexsort((later, np.round(nearest.astype(np.float64), 6), -np.round(worth, 9)))
    order = order[np.isfinite(nearest[order])][: max(0, int(n))]
    return order, column[order], worth[order]


def _cardinality(value: float) -> float:
    if not 0 <= value < np.inf:
        raise InvalidInput(
            f"A mean number of classes is 0 or more; got {value!r}.", mend="Average over the labelled rows."
        )
    return float(value)


def _separation(f: Array) -> Array:
    """How far the nearest class said and the nearest not said are apart; infinite where all is certain."""
    open_ = np.isfinite(f)
    above = np.where(open_ & (f > 0), f, np.inf).min(axis=1, initial=np.inf)
    below = np.where(open_ & (f <= 0), -f, np.inf).min(axis=1, initial=np.inf)
    low, high = np.minimum(above, below), np.maximum(above, below)
    return np.asarray(low + np.where(np.isinf(high), low, high))


def _profile(p: Array) -> Array:
    """The chances of each row from large to small, as shares of their sum."""
    ordered = -np.sort(-p.astype(np.float64), axis=1)
    return np.asarray(ordered / np.maximum(ordered.sum(axis=1, keepdims=True), 1e-12))


class _CountRegression:
    """Multinomial logistic regression of how many classes a row has; half the squared weights are added."""

    def __init__(self, x: Array, counts: Array) -> None:
        self.values, of = np.unique(counts, return_inverse=True)
        self.x, self.target = x, np.eye(len(self.values))[of]
        self.weights = np.zeros((x.shape[1] + 1, len(self.values)))
        if len(self.values) > 1:
            from scipy.optimize import minimize

            options = {"maxiter": 500, "ftol": 1e-12, "gtol": 1e-8}
            best = minimize(self._loss, self.weights.ravel(), jac=True, method="L-BFGS-B", options=options).x
            self.weights = best.reshape(self.weights.shape)

    def predict(self, x: Array) -> Array:
        """The likeliest number of classes of each row, (n,); the smaller among equals."""
        chance = self._chances(x, self.weights)
        return np.asarray(self.values[np.round(chance, 6).argmax(axis=1)])

    def _loss(self, flat: Array) -> tuple[float, Array]:
        weights = flat.reshape(self.weights.shape)
        chance = self._chances(self.x, weights)
        loss = -np.log(np.maximum((chance * self.target).sum(axis=1), 1e-300)).sum()
        pull = chance - self.target
        slopes = weights[:-1]
        gradient = np.concatenate([self.x.T @ pull + slopes, pull.sum(axis=0)[None]])
        return float(loss + 0.5 * (slopes**2).sum()), gradient.ravel()

    @staticmethod
    def _chances(x: Array, weights: Array) -> Array:
        logits = x @ weights[:-1] + weights[-1]
        raised = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def _known_sets(known: Any, classes: int) -> Array:
    table = np.asarray(known)
    if not table.size:
        table = np.zeros((len(table) if table.ndim == 2 else 0, classes), dtype=bool)
    if table.ndim != 2 or table.shape[1] != classes or not np.isin(table, (0, 1)).all():
        raise InvalidInput(
            f"Known sets are an (L, C) table of true or false; got the shape {table.shape} for "
            f"{classes} classes.",
            mend="Give true where the labelled row has the class.",
        )
    return table.astype(bool)


def _middle_places(values: Array) -> Array:
    """The place of each value, the smallest at 1; equals share the middle of their places."""
    _, group, size = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(size) - (size - 1) / 2)[group])


def _set_distances(said: Array, sets: Array) -> Array:
    """The normalised information distance of each set that is said to each that is known, (n, U)."""
    classes = said.shape[1]
    both = said.astype(np.float64) @ sets.T.astype(np.float64)
    mine, theirs = said.sum(axis=1, dtype=np.float64)[:, None], sets.sum(axis=1, dtype=np.float64)[None]
    parts = (both, mine - both, theirs - both, classes - mine - theirs + both)
    joint = -sum(_plogp(part / classes) for part in parts)
    own = [-(_plogp(size / classes) + _plogp(1 - size / classes)) for size in (mine, theirs)]
    apart = np.divide(2 * joint - own[0] - own[1], joint, out=np.zeros_like(joint), where=joint > 1e-12)
    return np.where(parts[1] + parts[2] == classes, 1.0, np.clip(apart, 0, 1))


def _plogp(share: Array) -> Array:
    return np.asarray(share * np.log(np.maximum(share, 1e-300)))
