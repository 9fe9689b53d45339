"""Rows in the order in which a model prefers one class, and where along it the answers turn."""

from __future__ import annotations

from typing import Any

import numpy as np

from querist.errors import InvalidInput
from querist.kernels.arrays import Array, as_each
from querist.kernels.uncertainty import check_rows

__all__ = ["bisected", "thresholds"]

_FREE, _OUT = -1, -2


def bisected(proba: Any, labels: Any, n: int, *, ties: Any = None) -> tuple[Array, Array]:
    """Picks that search, class by class, the place where the labels turn: bisection, then both sides of it.

    Of each class there is a chain: the rows by p_c - max p, those that are predicted to be of the class by
    their confidence.  The shortest stretch between two labelled rows, one of the class and one not, is
    asked in its middle, in whichever chain it is.  Where no stretch is left in any, each turn is known
    exactly, and the rows nearest to one are asked, on both sides alike: that is what balances the classes.

    Parameters
    ----------
    proba : (m, C) probabilities of all rows, labelled ones too
    labels : (m,) integers
        The class of a labelled row (C and above for one that the model does not know), -1 for a row that
        may be picked, -2 for one that is asked and not answered.
    n : int
        Picks and rows without an answer split a stretch, whose pieces wait for it: the widest of them is
        asked next and tells how long the stretch is; and the classes have turns within one call.
    ties : (m,) numbers, optional
        In which order equal rows stand; the larger first.

    Returns
    -------
    rows, lengths : (k,) each, k <= n
        What was picked and how long its stretch was, or how far the turn is.  Nothing where the labels
        are all of one class

    Time C sorts of m rows and O(C (labels + n)) a pick; memory O(m C).

    >>> proba = np.linspace(0.9, 0.1, 9)[:, None] * [1, -1] + [0, 1]
    >>> bisected(proba, [0, -1, -1, -1, -1, -1, -1, -1, 1], 1)[0]
    array([4])
    >>> bisected(proba, [0, -1, -1, 0, 1, -1, -1, -1, 1], 4)[0]
    array([2, 5, 1, 6])

    Zhang, Katz-Samuels & Nowak 2022 (GALAXY); Dasarathy, Nowak & Zhu 2015 (S2).
    """
    proba, labels = _checked(proba, labels)
    chains = _chains(proba, labels, ties)
    turns = np.zeros(len(chains), dtype=np.intp)
    picks: list[int] = []
    lengths: list[int] = []
    for _ in range(min(int(n), int((labels == _FREE).sum()))):
        found = _shortest(chains, turns)
        if found is None:
            break
        length, which, place = found
        row = int(chains[which].order[place])
        picks.append(row)
        lengths.append(length)
        turns[which] += 1
        for chain in chains:
            chain.mark(row)
    return np.array(picks, dtype=np.intp), np.array(lengths, dtype=np.intp)


def thresholds(proba: Any, labels: Any, n: int, *, lots: Any, ties: Any = None) -> tuple[Array, Array]:
    """Picks around the threshold of each class that errs least, half of them by lot from where it may lie.

    The chains are those of :func:`bisected`.  Labels may contradict each other along one: the
    threshold is the middle of those with fewest labels on the wrong side, and it may lie anywhere between the
    end of the first labels that are all of the class and the start of the last ones that are all not.
    Classes have turns, those with fewest labels first.

    Parameters
    ----------
    proba, labels, ties : as in :func:`bisected`
    n : int
        Half of it (less one where it is odd) is drawn from the range of the threshold, the rest lies around
        it, on both sides in turn.
    lots : (m,) numbers
        Of the rows in range the smallest are drawn.

    Returns
    -------
    rows, chances : (k,) each
        What was picked, and with what chance at its turn: 1 around the thresholds.  Nothing where the
        labels are all of one class

    Nuggehalli, Zhang, Jain & Nowak 2023 (DIRECT), all questions of a batch asked at once.
    """
    proba, labels = _checked(proba, labels)
    chains = [chain for chain in _chains(proba, labels, ties) if len(set(chain.sign[chain.sign != 0])) > 1]
    chains.sort(key=lambda chain: int((chain.sign > 0).sum()))
    n = min(int(n), int((labels == _FREE).sum()))
    lots = as_each(lots, len(proba), "Lots")
    if not chains or n <= 0:
        return np.empty(0, dtype=np.intp), np.empty(0)
    out = labels != _FREE
    drawn, left = _dealt([_by_lot(chain, lots) for chain in chains], n // 2, out)
    near, _ = _dealt([_outwards(chain) for chain in chains], n - len(drawn), out)
    chances = np.ones(n)
    chances[: len(drawn)] = 1 / np.array(left)
    return np.array(drawn + near, dtype=np.intp), chances


class _Chain:
    """Rows in the order of one class, which of them are marked, and with what answer (0: none yet)."""

    def __init__(self, order: Array, sign: Array, marked: Array) -> None:
        self.order = order
        self.place = np.empty(len(order), dtype=np.intp)
        self.place[order] = np.arange(len(order))
        self.at = np.flatnonzero(marked[order])
        self.sign = sign[order[self.at]]
        self._found: dict[str, tuple[int, int] | None] = {}

    def mark(self, row: int) -> None:
        """One row more is asked; its answer is open."""
        place = self.place[row]
        where = int(np.searchsorted(self.at, place))
        self.at, self.sign = np.insert(self.at, where, place), np.insert(self.sign, where, 0)
        self._found = {}

    def stretch(self) -> tuple[int, int] | None:
        """The length of the shortest stretch in which the answer turns, and its middle."""
        if "stretch" not in self._found:
            starts, ends = self._turns()
            self._found["stretch"] = self._middle(starts, ends)
        return self._found["stretch"]

    def beside(self) -> tuple[int, int] | None:
        """How far the nearest free place is from a known turn, and the place; that of the class first."""
        if "beside" not in self._found:
            starts, ends = self._turns()
            self._found["beside"] = self._nearest(starts, ends)
        return self._found["beside"]

    def _turns(self) -> tuple[Array, Array]:
        """Pairs of marks with opposite answers and no answer between them, as positions in ``at``."""
        answered = np.flatnonzero(self.sign)
        turn = np.flatnonzero(np.diff(self.sign[answered]))
        return answered[turn], answered[turn + 1]

    def _middle(self, starts: Array, ends: Array) -> tuple[int, int] | None:
        if not len(starts):
            return None
        gaps = np.append(np.diff(self.at) - 1, 0)
        widest = np.maximum.reduceat(gaps, np.column_stack([starts, ends]).ravel())[::2]
        widest = np.where(widest > 0, widest, len(self.order))
        best = int(widest.argmin())
        if widest[best] == len(self.order):
            return None
        first = int(starts[best] + gaps[starts[best] : ends[best]].argmax())
        return int(widest[best]), int(self.at[first] + self.at[first + 1]) // 2

    def _nearest(self, starts: Array, ends: Array) -> tuple[int, int] | None:
        if not len(starts):
            return None
        breaks = np.diff(self.at) > 1
        run = np.concatenate([[0], np.cumsum(breaks)])  # which run of marks without a gap each is in
        first = self.at[np.concatenate([[True], breaks])]
        last = self.at[np.concatenate([breaks, [True]])]
        best: tuple[int, int] | None = None
        for marks, ends_of_run, step in ((starts, first - 1, 1), (ends, last + 1, -1)):
            free = ends_of_run[run[marks]]
            there = (free >= 0) & (free < len(self.order))
            if there.any():
                away = np.where(there, step * (self.at[marks] - free), len(self.order))
                one = int(away.argmin())
                if best is None or away[one] < best[0]:
                    best = int(away[one]), int(free[one])
        return best


def _checked(proba: Any, labels: Any) -> tuple[Array, Array]:
    proba, labels = np.asarray(proba), np.asarray(labels)
    whole = proba.ndim == 2 and proba.shape[1] > 0 and proba.dtype.kind in "fiub"
    if not whole or labels.shape != proba.shape[:1] or labels.dtype.kind not in "iu" or (labels < _OUT).any():
        raise InvalidInput(
            f"Chains need (m, C) probabilities and m whole numbers from -2 on; got shapes {proba.shape} and "
            f"{labels.shape} of {labels.dtype}.",
            mend="Give the class number of a labelled row, -1 for a free one, -2 for one without an answer.",
        )
    if len(proba):
        check_rows(proba)
    return proba, labels


def _chains(proba: Array, labels: Array, ties: Any) -> list[_Chain]:
    """The chain of each class; two classes have one and the same, read from either end."""
    by_lot = (
        np.arange(len(proba))
        if ties is None
        else np.argsort(-as_each(ties, len(proba), "Ties"), kind="stable")
    )
    most = proba.max(axis=1) if len(proba) else np.empty(0)
    chains = []
    for column in range(1 if proba.shape[1] == 2 else proba.shape[1]):
        own = proba[:, column]
        preference = np.where(own < most, own - most, most)  # of its own rows the confident ones first
        order = by_lot[np.argsort(-preference[by_lot], kind="stable")]
        sign = np.where(labels == column, 1, np.where(labels >= 0, -1, 0))
        chains.append(_Chain(order, sign, labels != _FREE))
    return chains


def _shortest(chains: list[_Chain], turns: Array) -> tuple[int, int, int] | None:
    """The length, chain and place of the next pick: a stretch before a known turn, fewest turns first."""
    for look in (_Chain.stretch, _Chain.beside):
        for count in np.unique(turns):
            found = [(one, which) for which in np.flatnonzero(turns == count) if (one := look(chains[which]))]
            if found:
                (length, place), which = min(found)
                return length, int(which), place
    return None


def _by_lot(chain: _Chain, lots: Array) -> Array:
    """The rows among which the threshold may lie, by lot."""
    answered = chain.sign != 0
    at, sign = chain.at[answered], chain.sign[answered]
    first = at[np.flatnonzero(sign < 0)[0] - 1] if sign[0] > 0 else 0
    last = at[np.flatnonzero(sign > 0)[-1] + 1] if sign[-1] < 0 else len(chain.order) - 1
    rows = chain.order[first : last + 1]
    return np.asarray(rows[np.argsort(lots[rows], kind="stable")])


def _outwards(chain: _Chain) -> Array:
    """All rows from the threshold that errs least outwards, both sides in turn."""
    m = len(chain.order)
    right = np.zeros(m + 1, dtype=np.intp)  # of the first i rows: of the class less not of it
    right[chain.at + 1] = chain.sign
    right = np.cumsum(right)
    best = np.flatnonzero(right == right.max())
    middle = int(best[len(best) // 2])
    left, other = chain.order[:middle][::-1], chain.order[middle:]
    both = min(len(left), len(other))
    turned = np.column_stack([left[:both], other[:both]]).ravel()
    return np.concatenate([turned, left[both:], other[both:]])


def _dealt(orders: list[Array], n: int, out: Array) -> tuple[list[int], list[int]]:
    """``n`` rows from the orders in turn, each once, and of how many free ones each was the next.

    ``out`` says which are not free, and is kept so.
    """
    dealt: list[int] = []
    left: list[int] = []
    steps = {which: iter(order) for which, order in enumerate(orders)}
    while len(dealt) < n and steps:
        for which in list(steps):
            row = next((int(row) for row in steps[which] if not out[row]), None)
            if row is None:
                del steps[which]
            elif len(dealt) < n:
                dealt.append(row)
                left.append(int((~out[orders[which]]).sum()))
                out[row] = True
    return dealt, left
