"""A stream that outlives its process: what was decided is on the disk before anybody is told."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from querist.errors import InvalidInput, QueristError
from querist.streams.decision import Decision
from querist.streams.items import Columns, Item, parsed, read_item
from querist.streams.keeping import load_learner, save_learner
from querist.streams.learner import StreamLearner

__all__ = ["Question", "Session"]

_REMEMBERED = 20_000  # ids of asked items that are known as such


class Question(NamedTuple):
    """One item that is to be asked about, as whoever brings it to people takes it."""

    id: str
    record: Mapping[str, Any]
    score: float
    probability: float
    predicted: Any


class Session:
    """A learner over lines of JSON, with its state in one file.

    A block of lines is decided as a whole, :meth:`commit` writes the state with what the block came to, and
    only then is it told to anybody.  A process that is killed goes on from that file: what was committed and
    perhaps not told is told again, word for word; what was not committed is read again.  So no item is
    decided twice.

    Parameters
    ----------
    path : path
        The state's file; a session goes on where it stands.
    make : function
        Makes the learner of a new session.
    columns : mapping
        What :meth:`Columns.of` takes beside the first record.
    asked_only : bool
        Tell decisions to ask, and no others.
    complain : function
        Told of lines that cannot be used.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        make: Callable[[], StreamLearner],
        *,
        columns: Mapping[str, Any] | None = None,
        asked_only: bool = False,
        complain: Callable[[str], None] = lambda text: None,
    ) -> None:
        self.path = Path(path)
        self._wishes = dict(columns or {})
        self.asked_only = asked_only
        self.complain = complain
        self.columns: Columns | None = None
        self.numbers: dict[str, int] = {}  # decisions of asked items by their ids
        self.places: dict[str, Any] = {}  # how far each input was read
        self.lines = 0
        self.left_out = 0
        self.right = 0
        self.judged = 0
        self.untold: list[str] = []
        self.questions: list[Question] = []
        self.resumed = self.path.exists()
        if self.resumed:
            self.learner, told = load_learner(self.path)
            self._restore(told)
        else:
            self.learner = make()

    # ------------------------------------------------------------ deciding

    def take(self, lines: Sequence[bytes]) -> None:
        """Decide on a block of lines; what it comes to waits in ``untold`` and ``questions``."""
        for line in lines:
            number = self.lines
            self.lines += 1
            if not line.strip():
                continue
            try:
                self._take(line, number)
            except QueristError as error:
                self.left_out += 1
                self.complain(f"line {number + 1}: {error}")

    def _take(self, line: bytes, number: int) -> None:
        record = parsed(line)
        if self.columns is None:
            self.columns = Columns.of(record, **self._wishes)
        item = read_item(record, self.columns, number)
        if item.id in self.numbers:
            raise InvalidInput(
                f"item {item.id!r} was asked about already, as decision {self.numbers[item.id]}.",
                mend="It was left out; give items distinct ids.",
            )
        decision = self.learner.see(item.row)
        if item.label is not None and decision.predicted is not None:
            self.judged += 1
            self.right += decision.predicted == item.label
        if decision.ask:
            self._remember(item.id, decision.id)
            if item.label is not None:
                self.learner.tell(decision, item.label)
            else:
                told = (item.record, decision.score, decision.probability, decision.predicted)
                self.questions.append(Question(item.id, *told))
        if decision.ask or not self.asked_only:
            self.untold.append(_line(item, decision))

    def tell(self, labels: Iterable[tuple[str, Any]]) -> int:
        """Learn labels by the items' ids (None: it will never come); how many were of use."""
        learned = 0
        for item, label in labels:
            number = self.numbers.get(item)
            try:
                if number is None:
                    told = f"no label is waited for of item {item!r}."
                    raise InvalidInput(told, mend="It was left out; ids are compared exactly.")
                if label is None:
                    self.learner.lose(number)
                else:
                    self.learner.tell(number, label)
                    learned += 1
            except QueristError as error:
                self.complain(f"label: {error}")
        return learned

    def waits_for(self, item: str) -> bool:
        """Whether a label of this item is waited for."""
        number = self.numbers.get(item)
        return number is not None and self.learner.pending.get(number) is not None

    def _remember(self, item: str, number: int) -> None:
        if len(self.numbers) >= _REMEMBERED:
            del self.numbers[next(iter(self.numbers))]
        self.numbers[item] = number

    # ------------------------------------------------------------ keeping

    def commit(self) -> None:
        """Write the state, and what is still to be told, durably."""
        save_learner(self.learner, self.path, more=self._told())

    def settle(self) -> None:
        """Forget what was told; the next commit says so."""
        self.untold, self.questions = [], []

    def _told(self) -> dict[str, Any]:
        columns = self.columns
        return {
            "columns": None if columns is None else [list(columns.names), columns.id, columns.label],
            "numbers": list(self.numbers.items()),
            "places": self.places,
            "counts": [self.lines, self.left_out, self.right, self.judged],
            "untold": self.untold,
            "questions": [list(one) for one in self.questions],
        }

    def _restore(self, told: Mapping[str, Any]) -> None:
        if told["columns"] is not None:
            names, id, label = told["columns"]
            self.columns = Columns(tuple(names), id, label)
        self.numbers = dict(told["numbers"])
        self.places = dict(told["places"])
        self.lines, self.left_out, self.right, self.judged = told["counts"]
        self.untold = list(told["untold"])
        self.questions = [Question(*one) for one in told["questions"]]


def _line(item: Item, decision: Decision) -> str:
    told = {
        "id": item.id,
        "ask": decision.ask,
        "score": round(decision.score, 6),
        "bar": round(decision.bar, 6) if math.isfinite(decision.bar) else None,
        "probability": round(decision.probability, 6),
        "predicted": decision.predicted,
        "number": decision.id,
    }
    return json.dumps(told, ensure_ascii=False)
