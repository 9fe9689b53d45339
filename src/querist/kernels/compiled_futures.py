"""What a model would say once a row is labelled, compiled: logits in strips, of which only a mean is kept.

Imported only by a call that is large enough to pay for it; Numba keeps the machine code on disk.  A future
is a candidate with an answer; what is asked of it is the mean over all targets of an entropy, or of the
chance of a mistake.  Each call is for one thread, without Python's lock.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from querist.kernels.compiled_numbers import logarithm, power
from querist.kernels.compiled_tile import HEIGHT, pack, products, width_of
from querist.kernels.compiling import compiled, inlined

__all__ = [
    "HEIGHT",
    "LOSSES",
    "moved",
    "pack",
    "replaced",
    "stepped",
    "ways_given",
    "width_of",
]

LOSSES = {"log": 0, "zero_one": 1}


# ---- one future and one strip of targets: loops short enough for the compiler to see that nothing overlaps


@inlined
def _begin(total: Any, inner: Any) -> None:
    for j in range(len(total)):
        total[j] = 0
        inner[j] = 0


@inlined
def _weigh(now: Any, near: Any, by: Any, far: Any, loss: int, total: Any, inner: Any) -> None:
    """Add what one class weighs, and its weight times its logarithm; or keep the largest weight."""
    for j in range(len(total)):
        log = now[j] - by * near[j]
        log = log if log < far else far
        log = log if log > -far else -far
        weight = power(log)
        total[j] += weight
        if loss == 0:
            inner[j] += weight * log
        else:
            inner[j] = weight if weight > inner[j] else inner[j]


@inlined
def _add(near: Any, by: Any, row: Any) -> None:
    for j in range(len(row)):
        row[j] += by * near[j]


@inlined
def _entropies(total: Any, inner: Any, count: int) -> Any:
    """The sum of log S - (sum w log w) / S, each 0 or more."""
    whole = 0.0
    for j in range(count):
        value = logarithm(total[j]) - inner[j] / total[j]
        whole += value if value > 0 else 0
    return whole


@inlined
def _mistakes(total: Any, most: Any, count: int) -> Any:
    whole = 0.0
    for j in range(count):
        whole += 1 - most[j] / total[j]
    return whole


@inlined
def _mean(total: Any, inner: Any, count: int, loss: int) -> Any:
    return _entropies(total, inner, count) if loss == 0 else _mistakes(total, inner, count)


@compiled
def moved(
    ways: Any, own: Any, left: Any, few: int, given: Any, seen: Any, now: Any, begin: int, targets: int,
    far: Any, loss: int, room: Any, nears: Any, sums: Any, out: Any,
) -> None:  # fmt: skip
    """Add to ``out`` (A B,) what each future of ``few`` candidates comes to, answer after answer.

    Over targets from ``begin``, where a panel begins, to ``targets``.  Class k's logits fall by ``own``
    (K, A B) times ``left`` (K, B, w) times ``seen``, and by ``ways`` (K, A B, q) times ``given``; both are
    packed, and ``given`` is empty where labelled rows do not give way.  Of two classes the second alone
    moves: K is 1.
    """
    size, width, strip = left.shape[1], seen.shape[3], nears.shape[2]
    still, step, one, alone = len(now) - len(left), room.shape[1], far / far, len(given) == 0
    end = now.shape[1] if alone else given.shape[1] * width
    for start in range(begin, targets, strip):
        stop = min(start + strip, end)
        wide, count = stop - start, min(stop, targets) - start
        total, inner = sums[0, :wide], sums[1, :wide]
        for k in range(len(left)):
            products(left[k], seen[min(k, len(seen) - 1)], start // width, stop // width, nears[k])
        for first in range(0, len(out), step):
            last = min(first + step, len(out))
            for k in range(len(given)):
                products(ways[k, first:last], given[k], start // width, stop // width, room[k])
            for r in range(first, last):
                if r % size >= few:
                    continue
                _begin(total, inner)
                for c in range(len(now)):
                    k = max(c - still, 0)
                    row, by = nears[k, r % size, :wide], own[k, r]
                    if not alone:
                        row, by = room[k, r - first, :wide], one
                        if c >= still:
                            _add(nears[k, r % size, :wide], own[k, r], row)
                    _weigh(now[c, start:stop], row, by if c >= still else one - one, far, loss, total, inner)
                out[r] += _mean(total, inner, count, loss)


# ---- the candidate's own logits, and how labelled rows give way


@inlined
def _likely(logits: Any, by: Any, near: Any, far: Any, out: Any, total: Any) -> None:
    for j in range(len(out)):
        log = logits[j] - by * near[j]
        log = log if log < far else far
        out[j] = power(log if log > -far else -far)
        total[j] += out[j]


@inlined
def _stepped(
    weight: Any, total: Any, own: Any, hot: Any, lent: Any, borrowed: Any, stride: Any, move: Any
) -> None:
    one = borrowed / borrowed
    for j in range(len(move)):
        chance = weight[j] / total[j]
        step = move[j] - lent[j] + own[j] * (chance - hot[j])
        step /= one + borrowed * own[j] * chance * (one - chance)
        step = step if step < stride else stride
        move[j] -= step if step > -stride else -stride


@compiled
def stepped(
    now: Any, own: Any, hot: Any, lent: Any, turns: int, borrowed: Any, stride: Any, far: Any,
    sums: Any, weights: Any, move: Any,
) -> None:  # fmt: skip
    """Bring ``move``, by which answers raise the candidates' own logits ``now``, nearer to its end.

    All (K, B A); ``lent`` is what the labelled rows add to it.  A single class is the second of two.
    """
    for _ in range(turns):
        sums[:] = 1 if len(now) == 1 else 0
        for k in range(len(now)):
            _likely(now[k], -far / far, move[k], far, weights[k], sums)
        for k in range(len(now)):
            _stepped(weights[k], sums, own[k], hot[k], lent[k], borrowed, stride, move[k])


@inlined
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
    for b in range(pull.shape[1]):
        for a in range(pull.shape[2]):
            sums[:] = 1 if len(logits) == 1 else 0
            for k in range(len(logits)):
                _likely(logits[k], pull[k, b, a], near[k, b], far, off[k, b, a], sums)
            for k in range(len(logits)):
                by = pull[k, b, a]
                lent[k, b, a] = _off(off[k, b, a], sums, before[k], curved[k], by, near[k, b])


# ---- one weight replaced


@inlined
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


@inlined
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
