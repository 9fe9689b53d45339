"""The stream learner: sees one item at a time, and decides at once whether to ask about it."""

from __future__ import annotations

from typing import Any

import numpy as np

from querist.errors import AlreadyAnswered, InvalidInput, UnknownQuery
from querist.kernels.online_softmax import see_row, see_rows
from querist.kernels.stream_gates import weigh
from querist.kernels.stream_scores import SCORES, all_finite, judge
from querist.models.online import OnlineSoftmax
from querist.models.online_wrapped import as_online
from querist.streams.contract import CompiledGate
from querist.streams.decision import Decision, Decisions
from querist.streams.drift import as_drift_watch
from querist.streams.pending import Held, Pending
from querist.streams.records import Records
from querist.streams.strategy import as_stream_strategy

__all__ = ["StreamLearner"]

_FLOAT = np.dtype(np.float64)
_NO_VECTORS = (-2,)  # the shape of what comes as a record
_BLOCK = 16_384  # rows of a block call that are read at a time
_HEAVIEST = 100.0  # what one label may count for at most


class StreamLearner:
    """Sees the items of a stream once each, and says at once which of them to ask about.

    :meth:`see` takes one item and answers within microseconds; :meth:`tell` brings the label of one that
    was asked about, at any later time, in any order, or never.  The budget is kept whatever comes, and
    nothing grows with the length of the stream.  Not for several threads at once.

    Parameters
    ----------
    model : online model or estimator, optional
        An :class:`~querist.models.OnlineSoftmax` (the fastest), a classifier of river's, one of
        scikit-learn's with ``partial_fit``, or any other (refitted on a window of labels).  A committee of
        ten small networks when left out.
    strategy : name, spec, budget manager or StreamStrategy
        "default" asks the smallest margins, by a quantile of the last scores.
    budget : float in (0, 1], optional
        The share of items to ask about; the strategy's own (a tenth) when left out.
    drift : name or DriftWatch, optional
        What listens for change besides, such as "adwin" (needs the extra ``streams``).
    opening : int
        Labels until the model is believed: before that, and before labels of two classes, every item is
        asked about that the budget allows.
    holds : int
        Questions whose labels are waited for; of more than these the oldest are given up.
    seed : int

    >>> rng = np.random.default_rng(0)
    >>> learner = StreamLearner(OnlineSoftmax(), budget=0.2)
    >>> for _ in range(1000):
    ...     x = rng.normal(size=2)
    ...     decision = learner.see(x)
    ...     if decision.ask:
    ...         learner.tell(decision, "right" if x[0] > 0 else "left")
    >>> learner.seen, learner.asked <= 200, learner.predict([2.0, 0.0])
    (1000, True, 'right')
    """

    def __init__(
        self,
        model: Any = None,
        strategy: Any = "default",
        *,
        budget: float | None = None,
        drift: Any = None,
        opening: int = 20,
        holds: int = 10_000,
        seed: int = 0,
    ) -> None:
        if opening < 0 or holds < 1:
            raise InvalidInput(
                f"opening={opening!r} and holds={holds!r} are counts: 0 or more, and 1 or more.",
                mend="Leave them out.",
            )
        self.strategy = as_stream_strategy(strategy, budget=budget)
        self.model: Any = (
            OnlineSoftmax(members=10, hidden=100, kept=100, steps=12, seed=seed)
            if model is None
            else as_online(model, seed=seed)
        )
        self.drift = as_drift_watch(drift)
        self.watch = None if self.drift is None else self.drift.begin()
        self.seed = seed
        self.opening = opening
        self.gate: Any = self.strategy.manager.begin(seed)
        self.pending = Pending(holds)
        self.seen = 0
        self.asked = 0
        self.drifts = 0
        trained = int(getattr(self.model, "trained", 0))
        warm = trained >= max(opening, 1) and len(self.model.classes) > 1
        self.cold = not warm
        self.until = 0 if warm else opening  # labels that are wanted still before the model is believed
        self.classes_told: dict[Any, int] = dict.fromkeys(self.model.classes, 0) if warm else {}
        self.near: Any = None
        self.records: Records | None = None
        self._score = SCORES[self.strategy.score]
        self._shape: tuple[int, ...] = (-1,)
        self._observe = getattr(self.model, "observe", None)
        self._fast = type(self.model) is OnlineSoftmax and isinstance(self.gate, CompiledGate)
        if self.strategy.score == "probabilistic" and not self._fast:
            raise InvalidInput(
                f"The score 'probabilistic' reads labelled rows nearby, which {self.model!r} does not tell.",
                mend="Use OnlineSoftmax, or another score.",
            )
        if (width := getattr(self.model, "width", None)) is not None:  # it has learned already
            self._begin(width)

    # ------------------------------------------------------------ seeing

    def see(self, x: Any) -> Decision:
        """Decide whether to ask about one item, given by its numbers (d,); for river's models, or a record.

        Raises
        ------
        InvalidInput
            Another width than that of the first item, or a number that is not finite.  The stream stands
            where it stood.
        """
        plain = type(x) is np.ndarray and x.shape == self._shape and x.dtype is _FLOAT and x.flags.carray
        if type(x) is dict and self.records is not None:
            self.records.check(x)
        elif not plain:
            x = self._row(x)
        closed = self.near is not None and self._alone(x) and not self.cold
        if self._fast:
            model, gate = self.model, self.gate
            flag, score, bar, chance, best, sure = see_row(
                model.shape,
                model.vector,
                x,
                self._score,
                gate.kind,
                gate.options,
                gate.state,
                self.cold,
                closed,
            )
            if flag < 0:
                raise _not_finite(x)
        else:
            flag, score, bar, chance, best, sure = self._judge(x, closed)
        number = self.seen
        self.seen = number + 1
        predicted = None if self.cold else self.model.classes[best]
        if flag:
            self.asked += 1
            self.pending.hold(number, x, predicted, chance, sure)
            return Decision(True, score, bar, number, chance, predicted)
        return Decision(False, score, bar, number, chance, predicted)

    def see_many(self, x: Any) -> Decisions:
        """Decide on a block of items (n, d) in their order; the model learns nothing in between.

        The same decisions as by one call of :meth:`see` each, in a fraction of the time.
        """
        table = np.asarray(x)
        if table.ndim != 2:
            raise InvalidInput(f"A block is an (n, d) table; got shape {table.shape}.", mend="Give one.")
        n, first = len(table), self.seen
        if n and self._shape == (-1,):
            self._begin(table.shape[1])
        if n and table.shape[1:] != self._shape:
            raise self._changed(table.shape[1])
        ask, told = np.zeros(n, dtype=np.bool_), np.zeros((3, n))
        best = np.full(n, -1, dtype=np.int64)
        _all_finite(table)
        if not self._fast or self.near is not None:
            for i in range(n):
                one = self.see(np.array(table[i], dtype=np.float64))
                ask[i], told[:, i] = one.ask, (one.score, one.bar, one.probability)
                best[i] = -1 if one.predicted is None else self.model.classes.index(one.predicted)
            return Decisions(first, ask, told, best, tuple(self.model.classes))
        for start in range(0, n, _BLOCK):
            self._see_block(table[start : start + _BLOCK], ask[start:], told[:, start:], best[start:])
        return Decisions(first, ask, told, best, tuple(self.model.classes))

    def _see_block(self, rows: Any, ask: np.ndarray, told: np.ndarray, best: np.ndarray) -> None:
        n, gate, model = len(rows), self.gate, self.model
        rows = np.array(rows, dtype=np.float64, order="C")
        some = np.zeros((4, n))
        see_rows(
            model.shape,
            model.vector,
            rows,
            self._score,
            gate.kind,
            gate.options,
            gate.state,
            self.cold,
            ask[:n],
            some,
            best[:n],
        )
        told[:, :n] = some[:3]
        if self.cold:
            best[:n] = -1
        for i in np.flatnonzero(ask[:n]):
            likeliest = None if self.cold else model.classes[best[i]]
            self.pending.hold(self.seen + int(i), rows[i], likeliest, float(some[2, i]), float(some[3, i]))
            self.asked += 1
        self.seen += n

    def predict(self, x: Any) -> Any:
        """The class that the model holds likeliest for one item; None while it is cold."""
        if self.cold:
            return None
        return self.model.classes[int(self.model.draws_one(self._row(x)).mean(axis=0).argmax())]

    # ------------------------------------------------------------ telling

    def tell(self, decision: Decision | int, label: Any) -> None:
        """Learn the label of an item that was asked about; ``decision`` or its id.

        Raises
        ------
        UnknownQuery
            This stream never decided that, did not ask, or gave the question up.
        AlreadyAnswered
            The label was told before.
        InvalidLabel
            The model has other classes.  Nothing is changed by any of these.
        """
        number = decision.id if isinstance(decision, Decision) else decision
        held = self._held(number)
        label = label.item() if isinstance(label, np.generic) else label
        weight = min(1.0 / held.chance, _HEAVIEST) if self.strategy.weigh and held.chance > 0 else 1.0
        self.model.learn_one(held.row, label, weight)
        self.pending.close(number, label)
        self.classes_told[label] = self.classes_told.get(label, 0) + 1
        self.until -= 1
        self.cold = self.until > 0 or len(self.classes_told) < 2
        if held.predicted is None:
            return
        right = held.predicted == label
        if (hear := getattr(self.gate, "hear", None)) is not None:
            keep = hear(held.sure - right)
            if keep is not None and keep >= 0:
                self._forget(keep)
        if self.drift is not None and self.watch is not None and self.watch.hear(not right):
            self._forget(self.drift.keep)
            self.until = self.drift.relearn
            self.cold = self.until > 0

    def lose(self, decision: Decision | int) -> None:
        """Give up a question: its label will never come.  What it cost is spent."""
        number = decision.id if isinstance(decision, Decision) else decision
        self._held(number)
        self.pending.give_up(number)

    def __repr__(self) -> str:
        state = "cold" if self.cold else f"{len(self.model.classes)} classes"
        return f"StreamLearner({self.seen} seen, {self.asked} asked, {len(self.pending)} out, {state})"

    # ------------------------------------------------------------ inside

    def _forget(self, keep: int) -> None:
        self.drifts += 1
        self.model.forget(keep)
        self.pending.disbelieve()

    def _held(self, number: Any) -> Held:
        if isinstance(number, bool) or not isinstance(number, int | np.integer):
            raise UnknownQuery(f"{number!r} is no decision.", mend="Tell a Decision, or its id.")
        number = int(number)
        held = self.pending.get(number)
        if held is not None:
            return held
        if self.pending.was_told(number):
            raise AlreadyAnswered(
                f"The label of item {number} was told already: {self.pending.told[number]!r}.",
                mend="Tell each label once; a stream learns it at once and cannot unlearn it.",
            )
        if not 0 <= number < self.seen:
            raise UnknownQuery(
                f"Item {number} was never seen: this stream has seen {self.seen} items, from 0 on.",
                mend="Tell the id of a decision of this stream.",
            )
        raise UnknownQuery(
            f"No label is waited for of item {number}: it was not asked about, or was given up since.",
            mend=f"Tell labels of decisions with ask=True, while at most {self.pending.limit} are out.",
        )

    def _begin(self, width: int) -> None:
        if width < 1:
            raise InvalidInput("An item without numbers.", mend="Give it one or more.")
        if self._fast:
            self.model.make_room(width)
        if self.strategy.density is not None and self.near is None:
            self.near = self.strategy.density.begin(width)
        self._shape = (width,)

    def _row(self, x: Any) -> Any:
        """One item as a vector of its own, or as the record that it is, checked."""
        if isinstance(x, dict):
            return self._record(x)
        try:
            row = np.array(x, dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise InvalidInput(f"An item is a vector of numbers; got {x!r}.", mend="Give numbers.") from error
        if row.ndim != 1:
            raise InvalidInput(
                f"An item is a vector of numbers; got shape {row.shape}.", mend="Give blocks to see_many(x)."
            )
        if self._shape == (-1,):
            if not np.isfinite(row).all():
                raise _not_finite(row)
            self._begin(len(row))
        if row.shape != self._shape:
            raise self._changed(len(row))
        return row

    def _record(self, x: dict[Any, Any]) -> dict[Any, Any]:
        if self.records is None:
            if not getattr(self.model, "reads_records", False) or self._shape != (-1,):
                raise InvalidInput(
                    f"Items of this stream are vectors of numbers; got {x!r}.",
                    mend="Give the values in order; records are for classifiers of river's.",
                )
            records = Records(x)
            self._begin(len(x))
            self.records, self._shape = records, _NO_VECTORS
        else:
            self.records.check(x)
        return x

    def _alone(self, x: Any) -> bool:
        if self.records is not None:
            x = self.records.numbers(x)
        if not all_finite(x):
            raise _not_finite(x)
        return bool(self.near.alone(x))

    def _judge(self, x: Any, closed: bool) -> tuple[int, float, float, float, int, float]:
        """As the compiled way, for any model and any gate."""
        if self.records is None and not all_finite(x):
            raise _not_finite(x)
        if self._observe is not None:
            self._observe(x)
        gate, score, best, sure = self.gate, 0.0, 0, 0.0
        if not self.cold:
            draws = self.model.draws_one(x)
            if type(draws) is not np.ndarray or draws.dtype is not _FLOAT or not draws.flags.carray:
                draws = np.array(draws, dtype=np.float64)
            if type(gate) is CompiledGate:
                told: tuple[int, float, float, float, int, float] = weigh(
                    self._score, draws, gate.kind, gate.options, gate.state, closed
                )
                return told
            score, best, sure = judge(self._score, draws)
        ask, bar, chance = gate(score, self.cold, closed)
        return int(ask), score, float(bar), float(chance), best, float(sure)

    def _changed(self, width: int) -> InvalidInput:
        if self.records is not None:
            return InvalidInput(
                f"Item {self.seen} is a vector of {width} numbers; those before it were records.",
                mend="Give every item as a record, or begin another stream.",
            )
        return InvalidInput(
            f"Item {self.seen} has {width} numbers; those before it had {self._shape[0]}.",
            mend="Give every item the same columns, or begin another stream.",
        )


def _not_finite(x: np.ndarray) -> InvalidInput:
    column = int(np.flatnonzero(~np.isfinite(x))[0])
    return InvalidInput(
        f"Column {column} of an item is {x[column]}.", mend="Leave such items out, or fill the gap first."
    )


def _all_finite(table: np.ndarray) -> None:
    """Refuse a block before anything of it is seen."""
    for start in range(0, len(table), _BLOCK):
        rows = np.asarray(table[start : start + _BLOCK], dtype=np.float64)
        wrong = ~np.isfinite(rows).all(axis=1)
        if wrong.any():
            row = int(np.flatnonzero(wrong)[0])
            column = int(np.flatnonzero(~np.isfinite(rows[row]))[0])
            raise InvalidInput(
                f"Row {start + row}, column {column} is {rows[row, column]}; nothing of the block was seen.",
                mend="Leave such items out, or fill the gap first.",
            )
