"""The laws of stopping criteria."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from querist.campaign import StoppingCriterion, Verdict
from querist.events import Answered, Asked, Created, Event, Retracted, State, Trained, fold
from querist.testing.laws import Laws, reads_back, run_laws

__all__ = ["STOPPING_LAWS", "check_stopping"]


def check_stopping(criterion: StoppingCriterion, *, laws: Laws | None = None) -> None:
    """Raise AssertionError unless ``criterion`` keeps every law of stopping criteria.

    >>> from querist.campaign import Budget
    >>> check_stopping(Budget(100))
    """
    run_laws(criterion, STOPPING_LAWS if laws is None else laws)


def _campaign(answers: int, right: Callable[[int], bool], *, take_back: int = 0) -> Iterator[Event]:
    """The events of a campaign in which the model is right where ``right`` says so."""
    yield Created(task={"name": "classification", "classes": ["a", "b"]})
    for i in range(answers):
        arm = "random" if i % 2 else "active"
        suggestion = {"value": "a" if right(i) else "b", "proba": 0.8}
        yield Asked(query=f"q{i}", item=i, arm=arm, suggestion=suggestion, hidden=i % 3 == 0)
        yield Answered(item=i, value="a", query=f"q{i}", by=f"{i % 2}")
        if i % 10 == 9:
            yield Trained(version=f"m{i}", upto=i, labels=i, metrics=_figures(i) if i > 9 else {})
    for i in range(take_back):
        yield Retracted(item=i)


def _figures(i: int) -> dict[str, Any]:
    """What models tell that come to rest: every figure that :class:`querist.campaign.Movement` knows."""
    moved = 1 / (i + 1)
    return {
        "stability": 1 - moved,
        "kappa": 1 - 2 * moved,
        "delta_f": moved,
        "changed": moved if i < 200 else 0.0,
        "uncertainty": moved,
        "error_change": moved,
        "curve": moved,
        "gains": [moved / 8, moved / 4, moved / 2, moved, 2 * moved],
    }


def _states() -> dict[str, State]:
    """Campaigns of every sort: empty, short, long, with a perfect, a bad and a learning model, taken back."""
    told = {
        "nothing happened": [],
        "just created": _campaign(0, lambda i: True),
        "one answer": _campaign(1, lambda i: True),
        "a perfect model": _campaign(600, lambda i: True),
        "a model that is always wrong": _campaign(100, lambda i: False),
        "a model that learns": _campaign(300, lambda i: i % 7 < i / 30),
        "everything taken back": _campaign(40, lambda i: True, take_back=40),
    }
    return {name: fold(enumerate(events, start=1)) for name, events in told.items()}


def _gives_a_verdict(criterion: StoppingCriterion) -> None:
    for name, state in _states().items():
        verdict = criterion(state)
        assert isinstance(verdict, Verdict), f"{name}: it gives a {type(verdict).__name__}, not a Verdict"
        assert isinstance(verdict.stop, bool), f"{name}: stop is {verdict.stop!r}, neither True nor False"
        assert 0 <= verdict.progress <= 1, f"{name}: progress is {verdict.progress}, not from 0 to 1"
        assert verdict.reason.strip(), f"{name}: it gives no reason"


def _stops_at_full_progress_only(criterion: StoppingCriterion) -> None:
    for name, state in _states().items():
        verdict = criterion(state)
        assert not verdict.stop or verdict.progress == 1, f"{name}: it stops at progress {verdict.progress}"


def _goes_on_when_nothing_happened(criterion: StoppingCriterion) -> None:
    assert not criterion(State()).stop, "it stops before anything was asked"


def _changes_nothing(criterion: StoppingCriterion) -> None:
    for name, state in _states().items():
        before = copy.deepcopy(state)
        first, second = criterion(state), criterion(state)
        assert state == before, f"{name}: it changes the state"
        assert first == second, f"{name}: it says {first} and then {second} of the same state"


def _survives_json(criterion: StoppingCriterion) -> None:
    back = reads_back(criterion)
    for name, state in _states().items():
        assert back(state) == criterion(state), f"{name}: read back from JSON, it decides otherwise"


def _tells_what_it_looks_at(criterion: StoppingCriterion) -> None:
    told = list(_campaign(300, lambda i: True))
    judged = criterion(fold(enumerate(told, start=1)))
    for figure in _figures(0):
        if figure in criterion.needs:
            continue
        bare = [_without(one, figure) if isinstance(one, Trained) else one for one in told]
        same = criterion(fold(enumerate(bare, start=1))) == judged
        assert same, f"it looks at Trained.metrics[{figure!r}]: needs must say so"


def _without(trained: Trained, figure: str) -> Trained:
    return replace(trained, metrics={name: one for name, one in trained.metrics.items() if name != figure})


STOPPING_LAWS: Laws = {
    "gives a verdict": _gives_a_verdict,
    "stops at full progress only": _stops_at_full_progress_only,
    "goes on when nothing happened": _goes_on_when_nothing_happened,
    "changes nothing": _changes_nothing,
    "survives JSON": _survives_json,
    "tells what it looks at": _tells_what_it_looks_at,
}
