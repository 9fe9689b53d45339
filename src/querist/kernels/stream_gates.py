"""Budget managers of streams, one item at a time: a score in, ask or not, a bar and a chance out.

All that a gate knows lies in one vector of float64, so that it is saved as it is and never grows.  Every
gate keeps the same ledger: after ``t`` items at most max(start, budget t) were asked, whatever the
scores and their ties; ``start`` is the credit of a cold beginning.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from querist.kernels.arrays import Array
from querist.kernels.compiling import compiled
from querist.kernels.stream_scores import judge

__all__ = ["KINDS", "LEDGERS", "decide", "decide_many", "gate_options", "gate_state", "hear", "weigh"]

KINDS = {
    "random": 0,
    "fixed": 1,
    "variable": 2,
    "split": 3,
    "quantile": 4,
    "importance": 5,
    "selective": 6,
}
LEDGERS = {"exact": 0, "bucket": 1, "fading": 2}

# what lies where in the state of a gate; the window and its sorted twin follow
SEEN, ASKED, FADING, TOKENS, THRESHOLD, MEAN, COUNT, PLACE, LOT_A, LOT_B = range(10)
HEARD, USUAL, DOUBT, SINCE = range(10, 14)
HEAD = 14
# and in its options
BUDGET, START, LEDGER, SPAN, FIRST, SECOND, THIRD, FOURTH, WINDOW = range(9)
_TINY = 1e-9  # ten times a tenth is one
_USUAL_OVER = 200.0  # labels over which the usual surprise is taken
_USUAL_FROM = 20.0  # labels without surprise that it begins with
_PATIENCE = 3.0  # unspent questions that do not move the bar where lots choose among the best
_SLACK = 0.15  # surprise beyond the usual that adds nothing to the doubt


def gate_options(
    budget: float,
    start: int,
    ledger: str,
    span: int,
    first: float = 0.0,
    second: float = 0.0,
    third: float = 0.0,
    fourth: float = 0.0,
    window: int = 0,
) -> Array:
    """The options of a gate as the vector that :func:`decide` reads."""
    told = [budget, start, LEDGERS[ledger], span, first, second, third, fourth, window]
    return np.array(told, dtype=np.float64)


def gate_state(options: Array, threshold: float = 1.0, seed: int = 0) -> Array:
    """The state of a gate that has seen nothing."""
    state = np.zeros(HEAD + 2 * int(options[WINDOW]))
    state[THRESHOLD] = threshold
    state[TOKENS] = 1.0
    state[LOT_A] = 1 + (seed * 2654435761 + 12345) % 2147483561
    state[LOT_B] = 1 + (seed * 40503 + 67890) % 2147483397
    for _ in range(8):  # seeds that are near each other soon are not
        lot(state)
    return state


@compiled
def lot(s: Any) -> float:
    """A number between 0 and 1, exclusive (L'Ecuyer 1988); its two seeds are whole numbers in the state."""
    a = int(s[LOT_A]) * 40014 % 2147483563
    b = int(s[LOT_B]) * 40692 % 2147483399
    s[LOT_A] = a
    s[LOT_B] = b
    return ((a - b) % 2147483562 + 0.5) / 2147483562.0


@compiled
def _normal(s: Any) -> float:
    return math.sqrt(-2.0 * math.log(lot(s))) * math.cos(2.0 * math.pi * lot(s))


@compiled
def _may(p: Any, s: Any) -> bool:
    """Whether the ledger lets the item that was counted last be asked about."""
    room = max(p[START], math.floor(p[BUDGET] * s[SEEN] + _TINY))
    if s[ASKED] + 1 > room:
        return False
    if p[LEDGER] == 1:
        return bool(s[TOKENS] >= 1 - _TINY or s[SEEN] <= p[START])
    if p[LEDGER] == 2:
        return bool(s[FADING] < p[BUDGET] * p[SPAN])
    return True


@compiled
def _left(p: Any, s: Any) -> float:
    return float(p[BUDGET] * s[SEEN] - s[ASKED])


@compiled
def _place(s: Any, begin: int, count: int, score: float) -> int:
    """The first of ``count`` sorted numbers that is not below ``score``, counted from ``begin``."""
    low, high = 0, count
    while low < high:
        half = (low + high) // 2
        if s[begin + half] < score:
            low = half + 1
        else:
            high = half
    return low


@compiled
def _keep(p: Any, s: Any, score: float) -> None:
    """Put a score into the window, and into its sorted twin; the oldest leaves both."""
    size, count, place = int(p[WINDOW]), int(s[COUNT]), int(s[PLACE])
    twin = HEAD + size
    to = _place(s, twin, count, score)
    gap = count
    if count == size:
        gap = _place(s, twin, count, s[HEAD + place])  # where the oldest leaves
    if to > gap:  # what lies between the two moves by one
        to -= 1
        for i in range(twin + gap, twin + to):
            s[i] = s[i + 1]
    else:
        for i in range(twin + gap, twin + to, -1):
            s[i] = s[i - 1]
    s[twin + to] = score
    s[HEAD + place] = score
    s[COUNT] = min(count + 1, size)
    s[PLACE] = (place + 1) % size


@compiled
def hear(kind: int, p: Any, s: Any, surprise: float) -> int:
    """Take in how a label surprised: the confidence of the prediction, less 1 where it was right.

    Where a model is as right as it is sure, surprises have no mean, whatever was asked.  What they are
    beyond the usual adds up to a doubt (Page 1954).  Where it is three times the doubt that gives all
    to lots, what was learned before is wrong: then, how many labels came since; else -1.
    """
    if kind != 4 or p[THIRD] <= 0:
        return -1
    s[HEARD] += 1
    s[USUAL] += (surprise - s[USUAL]) / min(s[HEARD] + _USUAL_FROM, _USUAL_OVER)
    s[DOUBT] += surprise - max(s[USUAL], 0.0) - _SLACK
    s[SINCE] += 1
    if s[DOUBT] <= 0:
        s[DOUBT] = 0.0
        s[SINCE] = 0.0
    if s[DOUBT] < 3.0 * p[THIRD]:
        return -1
    since = int(s[SINCE])
    s[DOUBT] /= 2.0
    s[SINCE] = 0.0
    return since


@compiled
def _left_to_chance(p: Any, s: Any) -> float:
    """The share of the budget that lots spend: more, to all of it, as the doubt grows."""
    if p[THIRD] <= 0:
        return float(p[SECOND])
    doubt = min(max(1.5 * s[DOUBT] / p[THIRD] - 0.5, 0.0), 1.0)
    return float(p[SECOND] + (1.0 - p[SECOND]) * doubt)


@compiled
def _quantile_bar(p: Any, s: Any, best: float, unspent: float) -> float:
    """The least of the ``best`` share of the window, moved by what is unspent (Kottke 2015)."""
    twin, count = HEAD + int(p[WINDOW]), int(s[COUNT])
    at = (1.0 - min(best, 1.0)) * (count - 1)
    low = int(at)
    high = min(low + 1, count - 1)
    quantile = s[twin + low] + (at - low) * (s[twin + high] - s[twin + low])
    spread = s[twin + count - 1] - s[twin]
    return float(quantile - spread * unspent / p[FIRST])


@compiled
def _by_lot(p: Any, s: Any) -> bool:
    """One place drawn among those at which the ledger's next question may be spent."""
    places = math.ceil((s[ASKED] + 2) / p[BUDGET] - _TINY) - s[SEEN]
    return bool(places <= 1 or lot(s) * places < 1.0)


@compiled
def _variable(p: Any, s: Any, score: float) -> tuple[bool, float, float]:
    """A threshold that falls with each question and rises with each item let go (Zliobaite 2014)."""
    threshold, chance = s[THRESHOLD], 1.0
    if p[SECOND] > 0:
        needed = ((1.0 - score) / max(threshold, _TINY) - 1.0) / p[SECOND]  # of the normal, at least
        chance = max(math.erfc(needed / math.sqrt(2.0)) / 2.0, 1e-300)
        threshold *= 1.0 + p[SECOND] * _normal(s)
    bar = 1.0 - threshold
    ask = score >= bar
    s[THRESHOLD] *= 1.0 - p[FIRST] if ask else 1.0 + p[FIRST]
    return ask, bar, chance


@compiled
def _importance(p: Any, s: Any, score: float) -> tuple[bool, float, float]:
    """A chance that grows with the score and never is none (Beygelzimer 2009), steered to the rate."""
    worth = p[FIRST] + (1.0 - p[FIRST]) * min(max(score, 0.0), 1.0)
    s[COUNT] += 1
    s[MEAN] += (worth - s[MEAN]) / min(s[COUNT], p[SECOND])
    chance = min(1.0, p[BUDGET] * worth / max(s[MEAN], 1e-12) * min(2.0, max(0.0, _left(p, s) / p[THIRD])))
    return lot(s) < chance, math.nan, chance


@compiled
def _selective(p: Any, s: Any, score: float) -> tuple[bool, float, float]:
    """The chance b / (b + margin) (Cesa-Bianchi 2006); b moves so that the rate is the budget."""
    b = s[THRESHOLD]
    chance = min(1.0, b / (b + max(1.0 - score, 1e-12)))
    ask = lot(s) < chance
    step = p[BUDGET] * (1.0 + _left(p, s) / p[SECOND]) - (1.0 if ask else 0.0)
    s[THRESHOLD] = min(max(b * math.exp(p[FIRST] * step), 1e-9), 1e9)
    return ask, math.nan, chance


@compiled
def _quantile(p: Any, s: Any, score: float) -> tuple[bool, float, float]:
    """Lots for a share of the budget, and for the rest the best of the window (Kottke 2015).

    The chance is that of both ways together, whichever it was: an item above the bar may be drawn too.
    """
    share = _left_to_chance(p, s)
    lots = share * p[BUDGET]
    drawn = share > 0 and lot(s) < lots
    rest = p[BUDGET] * (1.0 - share) / max(1.0 - lots, _TINY)  # beside the lots
    best, unspent, chance = rest, _left(p, s), 1.0
    if rest < p[FOURTH]:  # of the best, some: what is unspent moves their chance first
        best = p[FOURTH]
        chance = min(rest / best * (1.0 + max(unspent, 0.0)), 1.0)
        unspent = max(unspent - _PATIENCE, 0.0)
    bar = _quantile_bar(p, s, best, unspent)
    if score < bar - _TINY:  # a tie is one however sums were rounded
        return drawn, math.nan if drawn else bar, lots
    both = lots + (1.0 - lots) * chance
    if drawn:
        return True, math.nan, both
    return chance >= 1.0 or lot(s) < chance, bar, both


@compiled
def _verdict(kind: int, p: Any, s: Any, score: float) -> tuple[bool, float, float]:
    if kind == 1:
        bar = 1.0 - s[THRESHOLD]
        return score >= bar, bar, 1.0
    if kind == 2:
        return _variable(p, s, score)
    if kind == 3:
        chance = p[THIRD] * p[BUDGET]
        if score >= 1.0 - s[THRESHOLD]:
            chance += 1.0 - p[THIRD]
        if lot(s) < p[THIRD]:
            return lot(s) < p[BUDGET], math.nan, chance
        ask, bar, _ = _variable(p, s, score)
        return ask, bar, chance
    if kind == 4:
        return _quantile(p, s, score)
    if kind == 5:
        return _importance(p, s, score)
    if kind == 6:
        return _selective(p, s, score)
    return _by_lot(p, s), math.nan, p[BUDGET]


@compiled
def decide(kind: int, p: Any, s: Any, score: float, cold: bool, closed: bool) -> tuple[bool, float, float]:
    """Count one item and say whether to ask about it, what bar its score had to reach, and with what chance.

    A cold model's score says nothing: then the ledger alone decides.  A closed item is counted and never
    asked about.  The bar is NaN where a lot decides and infinite where the ledger forbids.
    """
    s[SEEN] += 1
    s[TOKENS] = min(s[TOKENS] + p[BUDGET], max(1.0, p[BUDGET] * p[SPAN]))
    s[FADING] *= 1.0 - 1.0 / p[SPAN]
    may = _may(p, s) and not closed
    ask, bar, chance = False, math.inf, 0.0
    if cold:
        if may:
            ask, bar, chance = True, -math.inf, 1.0
    else:
        if kind == 4:
            _keep(p, s, score)
        if may:
            ask, bar, chance = _verdict(kind, p, s, score)
    if ask:
        s[ASKED] += 1
        s[FADING] += 1
        s[TOKENS] -= 1
    return ask, bar, chance


@compiled
def weigh(
    score: int, draws: Any, kind: int, p: Any, s: Any, closed: bool
) -> tuple[bool, float, float, float, int, float]:
    """:func:`decide` on what the members of a model say of one item (K, C).

    Whether to ask, the score, the bar, the chance, the likeliest class and how likely it is.
    """
    worth, best, sure = judge(score, draws)
    ask, bar, chance = decide(kind, p, s, worth, False, closed)
    return ask, worth, bar, chance, best, sure


@compiled
def decide_many(kind: int, p: Any, s: Any, scores: Any, cold: bool, ask: Any, bars: Any, chances: Any) -> int:
    """:func:`decide` for many scores in their order, into three columns; how many are asked."""
    asked = 0
    for i in range(len(scores)):
        one, bar, chance = decide(kind, p, s, scores[i], cold, False)
        ask[i] = one
        bars[i] = bar
        chances[i] = chance
        asked += one
    return asked
