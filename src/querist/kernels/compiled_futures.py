"""What a model would say once a row is labelled, compiled: logits in strips, of which only a mean is kept.

Imported only by a call that is large enough to pay for it; Numba keeps the machine code on disk.  A future
is a candidate with an answer; what is asked of it is the mean over all targets of an entropy, or of the
chance of a mistake.  Each call is for one thread, without Python's lock.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from querist.kernels.compiled_numbers import exponential, logarithm
from querist.kernels.compiled_tile import HEIGHT, pack, products, width_of
from querist.kernels.compiling import compiled

__all__ = ["HEIGHT", "LOSSES", "moved", "pack", "replaced", "ways_given", "width_of"]

LOSSES = {"log": 0, "zero_one": 1}


# ---- one future and one strip of targets: loops short enough for the compiler to see that nothing overlaps


@compiled
def _begin(total: Any, inner: Any, least: Any) -> None:
    for j in range(len(total)):
        total[j] = 0
        inner[j] = least


@compiled
def _weigh(now: Any, near: Any, by: Any, row: Any, far: Any, total: Any, inner: Any) -> None:
    """Add what one class weighs, and its weight times its logarithm."""
    for j in range(len(total)):
        log = now[j] - by * near[j] - row[j]
        log = log if log < far else far
        log = log if log > -far else -far
        weight = exponential(log)
        total[j] += weight
        inner[j] += weight * log


@compiled
def _lead(now: Any, near: Any, by: Any, row: Any, far: Any, total: Any, most: Any) -> None:
    """Add what one class weighs, and keep the largest weight."""
    for j in range(len(total)):
        log = now[j] - by * near[j] - row[j]
        log = log if log < far else far
        log = log if log > -far else -far
        weight = exponential(log)
        total[j] += weight
        most[j] = weight if weight > most[j] else most[j]


@compiled
def _entropies(total: Any, inner: Any, count: int) -> Any:
    """The sum of log S - (sum w log w) / S, each 0 or more."""
    whole = 0.0
    for j in range(count):
        value = logarithm(total[j]) - inner[j] / total[j]
        whole += value if value > 0 else 0
    return whole


@compiled
def _mistakes(total: Any, most: Any, count: int) -> Any:
    whole = 0.0
    for j in range(count):
        whole += 1 - most[j] / total[j]
    return whole


@compiled
def moved(
    ways: Any, own: Any, left: Any, given: Any, seen: Any, now: Any, targets: int, far: Any,
    loss: int, room: Any, nears: Any, sums: Any, out: Any,
) -> None:  # fmt: skip
    """Add to ``out`` (A B,) what each future comes to over all targets, answer after answer.

    Class k's logits fall by ``own`` (K, A B) times ``left`` (K, B, w) times ``seen``, and by ``ways``
    (K, A B, q) times ``given``; both are packed.  Of two classes the second alone moves: K is 1.
    """
    classes, size, width, strip = len(now), left.shape[1], given.shape[3], room.shape[2]
    still, step = classes - len(ways), room.shape[1]
    for start in range(0, now.shape[1], strip):
        stop = min(start + strip, now.shape[1])
        wide, count = stop - start, min(stop, targets) - start
        total, inner, nothing = sums[0, :wide], sums[1, :wide], sums[2, :wide]
        for k in range(len(ways)):
            products(left[k], seen[k], start // width, stop // width, nears[k])
        for first in range(0, len(out), step):
            last = min(first + step, len(out))
            for k in range(len(ways)):
                products(ways[k, first:last], given[k], start // width, stop // width, room[k])
            for r in range(first, last):
                _begin(total, inner, 0)
                for c in range(classes):
                    k = c - still
                    at = now[c, start:stop]
                    if k < 0:
                        near, by, row = nothing, own[0, 0] - own[0, 0], nothing  # 0 of its own kind
                    else:
                        near, by, row = nears[k, r % size, :wide], own[k, r], room[k, r - first, :wide]
                    if loss == 0:
                        _weigh(at, near, by, row, far, total, inner)
                    else:
                        _lead(at, near, by, row, far, total, inner)
                if loss == 0:
                    out[r] += _entropies(total, inner, count)
                else:
                    out[r] += _mistakes(total, inner, count)


# ---- how labelled rows give way


@compiled
def _raised(logits: Any, by: Any, near: Any, most: Any, out: Any) -> None:
    for j in range(len(out)):
        out[j] = logits[j] - by * near[j]
        most[j] = out[j] if out[j] > most[j] else most[j]


@compiled
def _powers(most: Any, out: Any, total: Any) -> None:
    for j in range(len(out)):
        out[j] = exponential(out[j] - most[j])
        total[j] += out[j]


@compiled
def _halves(far: Any, out: Any, total: Any) -> None:
    """Of two classes: what the second weighs, and both."""
    for j in range(len(out)):
        log = out[j] if out[j] < far else far
        out[j] = 1
        total[j] = 1 + exponential(-(log if log > -far else -far))


@compiled
def _off(chance: Any, total: Any, before: Any, curved: Any, by: Any, near: Any) -> Any:
    """How far probabilities are off their tangents; returns what that lends the candidate's own logit."""
    lent = by - by  # 0 of its own kind
    for j in range(len(chance)):
        gone = chance[j] / total[j] - before[j] + curved[j] * by * near[j]
        chance[j] = gone
        lent -= gone * near[j]
    return lent


@compiled
def ways_given(
    logits: Any, before: Any, curved: Any, pull: Any, near: Any, far: Any, sums: Any, off: Any, lent: Any
) -> None:
    """What labelled rows' probabilities are off their tangents, (K, B, A, L), and what that lends, (K, B, A).

    Their logits (K, L) fall by ``pull`` (K, B, A) times ``near`` (K, B, L).
    """
    most, total = sums[0], sums[1]
    for b in range(pull.shape[1]):
        for a in range(pull.shape[2]):
            _begin(total, most, -np.inf)
            for k in range(len(logits)):
                _raised(logits[k], pull[k, b, a], near[k, b], most, off[k, b, a])
            if len(logits) == 1:
                _halves(far, off[0, b, a], total)
            else:
                for k in range(len(logits)):
                    _powers(most, off[k, b, a], total)
            for k in range(len(logits)):
                by = pull[k, b, a]
                lent[k, b, a] = _off(off[k, b, a], total, before[k], curved[k], by, near[k, b])


# ---- one weight replaced


@compiled
def _entropies_with(others: Any, rest: Any, weight: Any) -> Any:
    whole = 0.0
    tiny = np.finfo(weight.dtype).tiny
    for j in range(len(weight)):
        one = weight[j]
        total = others[j] + one
        inner = rest[j] + one * logarithm(one if one > tiny else tiny)
        value = logarithm(total) - inner / total
        whole += value if value > 0 else 0
    return whole


@compiled
def _mistakes_with(others: Any, rest: Any, weight: Any) -> Any:
    whole = 0.0
    for j in range(len(weight)):
        one = weight[j]
        most = one if one > rest[j] else rest[j]
        whole += 1 - most / (others[j] + one)
    return whole


@compiled
def replaced(others: Any, rest: Any, weight: Any, loss: int, out: Any) -> None:
    """The mean over targets with one class weighing ``weight`` (B or 1, m), where the rest weigh ``others``.

    ``rest``, as ``others`` (B or 1, m), is their sum of w log w, or the largest of them.
    """
    for b in range(len(out)):
        k, w = min(b, len(others) - 1), min(b, len(weight) - 1)
        if loss == 0:
            out[b] = _entropies_with(others[k], rest[k], weight[w]) / weight.shape[1]
        else:
            out[b] = _mistakes_with(others[k], rest[k], weight[w]) / weight.shape[1]
