"""The laws of strategies and models along a stream."""

from __future__ import annotations

import math
import pickle
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from querist.errors import AlreadyAnswered, InvalidInput, UnknownQuery
from querist.models import OnlineSoftmax
from querist.streams import Decision, StreamLearner, as_stream_strategy
from querist.testing.laws import Laws, little_memory, no_global_chance, reads_back, run_laws

__all__ = ["STREAM_LAWS", "check_stream"]

_N = 1_500


class _Case:
    """A strategy with a model, as the laws take it: a learner is made anew by each."""

    def __init__(self, strategy: Any, model: Callable[[], Any]) -> None:
        self.strategy, self.model = strategy, model

    def __repr__(self) -> str:
        return repr(self.strategy)

    def learner(self, budget: float = 0.2, **more: Any) -> StreamLearner:
        return StreamLearner(self.model(), self.strategy, budget=budget, **more)


def check_stream(strategy: Any, *, model: Callable[[], Any] | None = None, laws: Laws | None = None) -> None:
    """Raise AssertionError unless a stream with ``strategy`` (and a ``model`` of yours) keeps every law.

    Parameters
    ----------
    strategy : whatever :func:`querist.streams.as_stream_strategy` takes
    model : function, optional
        Makes an online model or an estimator; a committee of three softmaxes when left out.

    >>> check_stream("default")
    """
    make = model or (lambda: OnlineSoftmax(members=3))
    run_laws(_Case(as_stream_strategy(strategy), make), STREAM_LAWS if laws is None else laws)


def _items(n: int = _N) -> tuple[np.ndarray, np.ndarray]:
    """Rows that repeat, with a column that never changes, in two classes that swap at two thirds."""
    rng = np.random.default_rng(11)
    x = np.round(rng.normal(size=(n, 3)), 1)
    x[:, 2] = 1.0
    y = (x[:, 0] > 0) ^ (np.arange(n) > 2 * n // 3)
    return x, np.where(y, "yes", "no")


def _run(learner: StreamLearner, delay: int = 0, lost: int = 0) -> list[Decision]:
    """The whole stream; labels come ``delay`` items late, each ``lost``-th one never."""
    x, y = _items()
    told, out = [], []
    for i, row in enumerate(x):
        one = learner.see(row)
        told.append(one)
        if one.ask:
            out.append(one)
        while out and out[0].id <= i - delay:
            first = out.pop(0)
            if lost and first.id % lost == 0:
                learner.lose(first)
            else:
                learner.tell(first, y[first.id])
    return told


def _keeps_its_budget(case: _Case) -> None:
    for budget in (0.02, 0.3, 1.0):
        for delay, lost in ((0, 0), (200, 3)):
            learner, asked = case.learner(budget), 0
            for seen, one in enumerate(_run(learner, delay, lost), start=1):
                asked += one.ask
                most = max(learner.strategy.manager.start, math.floor(budget * seen + 1e-9))
                assert asked <= most, f"{asked} of {seen} items asked about with budget {budget:g}"
            assert asked == learner.asked


def _asks_cold(case: _Case) -> None:
    x, _ = _items()
    learner = case.learner()
    assert learner.see(x[0]).ask, "it did not ask about the first item"
    assert learner.cold and learner.predict(x[0]) is None


def _asks_until_it_knows_two_classes(case: _Case) -> None:
    x, _ = _items()
    learner = case.learner(1.0, opening=2)
    for row in x[:100]:
        one = learner.see(row)
        assert one.ask, "it stopped to ask, and knows one class only"
        learner.tell(one, "no")


def _is_a_function_of_its_seed(case: _Case) -> None:
    with no_global_chance():
        first, second = _run(case.learner(seed=3)), _run(case.learner(seed=3))
    assert str(first) == str(second), "the same seed, items and labels gave other decisions"


def _goes_on_when_saved(case: _Case) -> None:
    x, y = _items()
    learner = case.learner()
    for row, label in zip(x[:700], y, strict=False):
        if (one := learner.see(row)).ask:
            learner.tell(one, label)
    kept = pickle.loads(pickle.dumps(learner))
    for row, label in zip(x[700:], y[700:], strict=True):
        one, other = learner.see(row), kept.see(row)
        assert str(one) == str(other), "a learner that was saved decides otherwise"
        if one.ask:
            learner.tell(one, label)
            kept.tell(other, label)


def _reads_blocks(case: _Case) -> None:
    x, y = _items()
    learner, other = case.learner(), case.learner()
    for row, label in zip(x[:300], y, strict=False):
        if (one := learner.see(row)).ask:
            learner.tell(one, label)
            other.tell(other.see(row), label)
        else:
            other.see(row)
    block, single = learner.see_many(x[300:900]), [other.see(row) for row in x[300:900]]
    assert [str(one) for one in block] == [str(one) for one in single], "a block is decided otherwise"
    assert [one.id for one in block.asked] == [one.id for one in single if one.ask]
    for one in block.asked:
        learner.tell(one, y[one.id])


def _refuses(call: Callable[[], Any], *errors: type[Exception]) -> None:
    try:
        call()
    except errors as error:
        assert str(error).strip(), "an error without a word"
        return
    raise AssertionError(f"nothing was raised; {' or '.join(one.__name__ for one in errors)} was due")


def _refuses_bad_input_and_stays(case: _Case) -> None:
    x, y = _items()
    learner = case.learner(1.0)
    first = [learner.see(row) for row in x[:30]]
    for one in first[:18]:
        learner.tell(one, y[one.id])
    asked = learner.see(x[30])
    before = pickle.dumps(learner)
    gap = np.array([0.0, np.nan, 1.0])
    for bad in (x[0][:2], np.append(x[0], 1.0), gap, [[1.0, 2.0, 3.0]], ["a", "b", "c"], -gap / 0.5):
        _refuses(partial(learner.see, bad), InvalidInput)
    _refuses(lambda: learner.see_many(np.stack([x[0], gap])), InvalidInput)
    _refuses(lambda: learner.see_many(x[:2, :2]), InvalidInput)
    wrongs: tuple[Any, ...] = (10**6, -1, "7", None, True, 1.5)
    for wrong in wrongs:
        _refuses(partial(learner.tell, wrong, "no"), UnknownQuery)
    _refuses(lambda: learner.tell(first[3], "no"), AlreadyAnswered)
    _refuses(lambda: learner.lose(first[3]), AlreadyAnswered)
    _refuses(lambda: learner.tell(asked, None), InvalidInput)
    assert pickle.dumps(learner) == before, "what was refused changed the learner"
    learner.tell(asked, y[30])


def _gives_up_the_oldest(case: _Case) -> None:
    x, y = _items()
    learner = case.learner(1.0, holds=5, opening=0)
    told = [one for row in x[:40] if (one := learner.see(row)).ask]
    assert len(learner.pending) <= 5 and learner.pending.lost == len(told) - len(learner.pending)
    _refuses(lambda: learner.tell(told[0], "no"), UnknownQuery)
    learner.tell(told[-1], y[told[-1].id])


def _never_grows(case: _Case) -> None:
    x, y = _items()
    learner = case.learner()

    def pass_by(rounds: int) -> None:
        for _ in range(rounds):
            for row, label in zip(x[:500], y, strict=False):
                if (one := learner.see(row)).ask:
                    learner.tell(one, label)

    pass_by(2)
    with little_memory(400_000, what="1,500 items more"):
        pass_by(3)


def _survives_json(case: _Case) -> None:
    reads_back(case.strategy)


STREAM_LAWS: Laws = {
    "keeps its budget, with labels late and lost": _keeps_its_budget,
    "asks for a cold model": _asks_cold,
    "asks until it knows two classes": _asks_until_it_knows_two_classes,
    "is a function of its seed": _is_a_function_of_its_seed,
    "goes on as it was when saved": _goes_on_when_saved,
    "decides blocks as items": _reads_blocks,
    "refuses bad input and stays as it was": _refuses_bad_input_and_stays,
    "gives up the oldest of too many": _gives_up_the_oldest,
    "never grows": _never_grows,
    "survives JSON": _survives_json,
}
