"""A softmax that learns one row at a time, and committees of it: everything in one vector of float64.

Rows are put on one scale by the mean and the spread of all that was seen, labelled or not.  A member is
linear, or linear over rectified random features of its own (``hidden`` of them).  Members learn from
bootstrap samples of the stream: each labelled row counts Poisson(1) times for each of them (Oza & Russell
2001).  Each new label is followed by a few steps on labelled rows that are kept, drawn at random.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from querist.kernels.arrays import Array
from querist.kernels.compiling import compiled
from querist.kernels.stream_gates import decide, lot
from querist.kernels.stream_scores import gain_ahead, score_one

__all__ = [
    "SHAPE",
    "forget",
    "learn_row",
    "observe",
    "proba_row",
    "proba_rows",
    "see_row",
    "see_rows",
    "softmax_shape",
    "softmax_vector",
]

# what the shape holds, and where the parts of the vector begin
WIDTH, CLASSES, MEMBERS, HIDDEN, KEPT, STEPS, MEANS, SQUARES, RANDOM, WEIGHTS, GRADIENTS = range(11)
ROWS, LABELS, TIMES, SCALED, FEATURES, PROBA, MEAN, LENGTH = range(11, 19)
SHAPE = 19
# the head of the vector; the places of the lots are those of a gate's state
RATE, FADE, DECAY, TRAINED, FILLED, NEXT, COUNTED, SPAN, LOT_A, LOT_B = range(10)
HEAD = 10
_WIDEST = 5.0  # spreads from the mean beyond which a value is cut


def softmax_shape(width: int, classes: int, members: int, hidden: int, kept: int, steps: int) -> Array:
    """Where everything lies in the vector of a softmax."""
    inputs = hidden or width
    sizes = [
        width,  # means
        width,  # squares
        members * hidden * (width + 1),
        members * classes * (inputs + 1),
        members * classes * (inputs + 1),
        kept * width,
        kept,
        kept * members,
        width,  # from here on: scratch
        inputs,
        members * classes,
        classes,
    ]
    places = HEAD + np.concatenate([[0], np.cumsum(sizes)])
    shape = np.array([width, classes, members, hidden, kept, steps, *places], dtype=np.int64)
    assert len(shape) == SHAPE
    return shape


def softmax_vector(shape: Array, rate: float, fade: float, decay: float, span: float, seed: int) -> Array:
    """A softmax that has learned nothing; random features are drawn here, by the seed."""
    v = np.zeros(int(shape[LENGTH]))
    v[RATE], v[FADE], v[DECAY], v[SPAN] = rate, fade, decay, span
    rng = np.random.default_rng(seed)
    v[LOT_A], v[LOT_B] = rng.integers(1, 2147483398, 2)
    if shape[HIDDEN]:
        width = int(shape[WIDTH])
        random = rng.normal(size=(int(shape[MEMBERS] * shape[HIDDEN]), width + 1))
        random[:, :width] /= math.sqrt(width)
        v[shape[RANDOM] : shape[WEIGHTS]] = random.reshape(-1)
    return v


@compiled
def observe(shape: Any, v: Any, x: Any) -> bool:
    """Take one row into the means and spreads; False, and nothing changed, if a number is not finite."""
    width = shape[WIDTH]
    for j in range(width):
        if not math.isfinite(x[j]):
            return False
    v[COUNTED] += 1.0
    share = 1.0 / min(v[COUNTED], v[SPAN])
    mean, square = v[shape[MEANS] :], v[shape[SQUARES] :]
    for j in range(width):
        off = x[j] - mean[j]
        mean[j] += share * off
        square[j] += share * (off * (x[j] - mean[j]) - square[j])
    return True


@compiled
def _scale(shape: Any, v: Any, x: Any) -> None:
    mean, square, scaled = v[shape[MEANS] :], v[shape[SQUARES] :], v[shape[SCALED] :]
    for j in range(shape[WIDTH]):
        z = (x[j] - mean[j]) / math.sqrt(square[j] + 1e-12)
        scaled[j] = min(max(z, -_WIDEST), _WIDEST)


@compiled
def _features(shape: Any, v: Any, k: int) -> None:
    """What member ``k`` reads of the scaled row."""
    width, hidden = shape[WIDTH], shape[HIDDEN]
    scaled, features = v[shape[SCALED] :], v[shape[FEATURES] :]
    if hidden == 0:
        for j in range(width):
            features[j] = scaled[j]
        return
    start = shape[RANDOM] + k * hidden * (width + 1)
    for i in range(hidden):
        row = v[start + i * (width + 1) : start + (i + 1) * (width + 1)]
        total = row[width]
        for j in range(width):
            total += row[j] * scaled[j]
        features[i] = max(total, 0.0)


@compiled
def _member(shape: Any, v: Any, k: int) -> None:
    """The probabilities of member ``k`` for the features at hand."""
    classes = shape[CLASSES]
    inputs = shape[HIDDEN] if shape[HIDDEN] else shape[WIDTH]
    features = v[shape[FEATURES] : shape[FEATURES] + inputs]
    proba = v[shape[PROBA] + k * classes : shape[PROBA] + (k + 1) * classes]
    start = shape[WEIGHTS] + k * classes * (inputs + 1)
    largest = -math.inf
    for c in range(classes):
        row = v[start + c * (inputs + 1) : start + (c + 1) * (inputs + 1)]
        total = row[inputs]
        for j in range(inputs):
            total += row[j] * features[j]
        proba[c] = total
        largest = max(largest, total)
    total = 0.0
    for c in range(classes):
        proba[c] = math.exp(proba[c] - largest)
        total += proba[c]
    for c in range(classes):
        proba[c] /= total


@compiled
def _say(shape: Any, v: Any, x: Any) -> None:
    """Probabilities of every member and their mean, left in the scratch."""
    classes, members = shape[CLASSES], shape[MEMBERS]
    _scale(shape, v, x)
    mean = v[shape[MEAN] : shape[MEAN] + classes]
    for c in range(classes):
        mean[c] = 0.0
    for k in range(members):
        if k == 0 or shape[HIDDEN]:
            _features(shape, v, k)
        _member(shape, v, k)
        for c in range(classes):
            mean[c] += v[shape[PROBA] + k * classes + c] / members


@compiled
def _nearby(shape: Any, v: Any, weights: Any) -> None:
    """Kernel frequencies of the classes among the rows kept, with a prior, at the scaled row."""
    width = shape[WIDTH]
    for c in range(shape[CLASSES]):
        weights[c] = 1e-3
    mean, square, scaled = v[shape[MEANS] :], v[shape[SQUARES] :], v[shape[SCALED] :]
    filled = int(v[FILLED])
    narrow = filled ** (2.0 / (width + 4.0)) / (2.0 * width)  # Scott's rule, on features of spread 1
    for i in range(filled):
        row = v[shape[ROWS] + i * width : shape[ROWS] + (i + 1) * width]
        total = 0.0
        for j in range(width):
            off = (row[j] - mean[j]) / math.sqrt(square[j] + 1e-12) - scaled[j]
            total += off * off
        weights[int(v[shape[LABELS] + i])] += math.exp(-narrow * total)


@compiled
def _score(shape: Any, v: Any, score: int) -> float:
    classes, members = shape[CLASSES], shape[MEMBERS]
    mean = v[shape[MEAN] : shape[MEAN] + classes]
    if score == 8:
        weights = v[shape[PROBA] : shape[PROBA] + classes]  # the members have spoken; their place is free
        _nearby(shape, v, weights)
        return gain_ahead(weights)
    draws = v[shape[PROBA] : shape[PROBA] + members * classes].reshape(members, classes)
    return score_one(score, mean, draws)


@compiled
def see_row(
    shape: Any, v: Any, x: Any, score: int, kind: int, p: Any, s: Any, cold: bool, closed: bool
) -> tuple[int, float, float, float, int, float]:
    """One item: whether to ask, its score, the bar, the chance, the likeliest class and how likely it is.

    The first is -1, and nothing is changed, where a number is not finite.
    """
    if not observe(shape, v, x):
        return -1, 0.0, 0.0, 0.0, 0, 0.0
    _say(shape, v, x)
    best = 0
    for c in range(1, shape[CLASSES]):
        if v[shape[MEAN] + c] > v[shape[MEAN] + best]:
            best = c
    sure = v[shape[MEAN] + best]
    worth = 0.0 if cold else _score(shape, v, score)
    ask, bar, chance = decide(kind, p, s, worth, cold, closed)
    return (1 if ask else 0), worth, bar, chance, best, sure


@compiled
def see_rows(
    shape: Any,
    v: Any,
    x: Any,
    score: int,
    kind: int,
    p: Any,
    s: Any,
    cold: bool,
    ask: Any,
    told: Any,
    best: Any,
) -> int:
    """:func:`see_row` for the rows of a table, into ask (n,), best (n,), and score, bar,
    chance and how likely the best is, (4, n).

    The first row with a number that is not finite, before anything is done; -1 where all is well.
    """
    for i in range(len(x)):
        for j in range(shape[WIDTH]):
            if not math.isfinite(x[i, j]):
                return i
    for i in range(len(x)):
        one, worth, bar, chance, likeliest, sure = see_row(shape, v, x[i], score, kind, p, s, cold, False)
        ask[i] = one == 1
        told[0, i] = worth
        told[1, i] = bar
        told[2, i] = chance
        told[3, i] = sure
        best[i] = likeliest
    return -1


@compiled
def proba_row(shape: Any, v: Any, x: Any, out: Any) -> None:
    """The mean probabilities of one row into ``out`` (C,)."""
    _say(shape, v, x)
    for c in range(shape[CLASSES]):
        out[c] = v[shape[MEAN] + c]


@compiled
def proba_rows(shape: Any, v: Any, x: Any, out: Any) -> None:
    """The probabilities of each member for many rows into ``out`` (K, n, C)."""
    for i in range(len(x)):
        _say(shape, v, x[i])
        for k in range(shape[MEMBERS]):
            for c in range(shape[CLASSES]):
                out[k, i, c] = v[shape[PROBA] + k * shape[CLASSES] + c]


@compiled
def _poisson(v: Any) -> float:
    """How often a row counts for a member: Poisson(1)."""
    least, product, times = math.exp(-1.0), lot(v), 0.0
    while product > least:
        product *= lot(v)
        times += 1.0
    return times


@compiled
def _step(shape: Any, v: Any, place: int, weight: float) -> None:
    """One gradient step of every member on the kept row at ``place``."""
    width, classes = shape[WIDTH], shape[CLASSES]
    inputs = shape[HIDDEN] if shape[HIDDEN] else width
    start = shape[ROWS] + place * width
    y = int(v[shape[LABELS] + place])
    _scale(shape, v, v[start : start + width])
    features = v[shape[FEATURES] : shape[FEATURES] + inputs]
    for k in range(shape[MEMBERS]):
        times = weight * v[shape[TIMES] + place * shape[MEMBERS] + k]
        if times == 0.0:
            continue
        _features(shape, v, k)
        _member(shape, v, k)
        for c in range(classes):
            off = times * (v[shape[PROBA] + k * classes + c] - (1.0 if c == y else 0.0))
            at = (k * classes + c) * (inputs + 1)
            weights = v[shape[WEIGHTS] + at : shape[WEIGHTS] + at + inputs + 1]
            squares = v[shape[GRADIENTS] + at : shape[GRADIENTS] + at + inputs + 1]
            for j in range(inputs):
                gradient = off * features[j] + v[DECAY] * weights[j]
                squares[j] = v[FADE] * squares[j] + gradient * gradient
                weights[j] -= v[RATE] * gradient / math.sqrt(squares[j] + 1e-8)
            squares[inputs] = v[FADE] * squares[inputs] + off * off
            weights[inputs] -= v[RATE] * off / math.sqrt(squares[inputs] + 1e-8)


@compiled
def learn_row(shape: Any, v: Any, x: Any, y: int, weight: float) -> None:
    """Learn that row ``x`` has class ``y``, and go over some of the rows kept once more."""
    width, members, kept = shape[WIDTH], shape[MEMBERS], shape[KEPT]
    place = int(v[NEXT])
    for j in range(width):
        v[shape[ROWS] + place * width + j] = x[j]
    v[shape[LABELS] + place] = y
    for k in range(members):
        v[shape[TIMES] + place * members + k] = _poisson(v) if members > 1 else 1.0
    v[NEXT] = (place + 1) % kept
    v[FILLED] = min(v[FILLED] + 1, kept)
    v[TRAINED] += 1
    _step(shape, v, place, weight)
    for _ in range(shape[STEPS]):
        _step(shape, v, int(lot(v) * v[FILLED]), 1.0)


@compiled
def forget(shape: Any, v: Any, keep: int) -> None:
    """Drop all labelled rows but the last ``keep``, and learn anew from those."""
    width, members, kept = shape[WIDTH], shape[MEMBERS], shape[KEPT]
    filled = int(v[FILLED])
    keep = min(keep, filled)
    inputs = shape[HIDDEN] if shape[HIDDEN] else width
    for i in range(shape[WEIGHTS], shape[GRADIENTS] + members * shape[CLASSES] * (inputs + 1)):
        v[i] = 0.0
    rows = v[shape[ROWS] : shape[ROWS] + kept * width].copy()
    labels = v[shape[LABELS] : shape[LABELS] + kept].copy()
    times = v[shape[TIMES] : shape[TIMES] + kept * members].copy()
    for i in range(keep):
        old = (int(v[NEXT]) - keep + i) % kept
        for j in range(width):
            v[shape[ROWS] + i * width + j] = rows[old * width + j]
        for k in range(members):
            v[shape[TIMES] + i * members + k] = times[old * members + k]
        v[shape[LABELS] + i] = labels[old]
    v[FILLED] = keep
    v[NEXT] = keep % kept
    v[TRAINED] = keep
    for _ in range(1 + shape[STEPS]):
        for i in range(keep):
            _step(shape, v, i, 1.0)
