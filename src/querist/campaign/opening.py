"""How a campaign begins, or goes on where its log stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from querist.campaign.settings import Settings
from querist.errors import InvalidInput, UnknownPart
from querist.events import ClassAdded, Created, Event, SettingsChanged, State
from querist.specs import from_spec, to_spec
from querist.tasks import OfClasses, Task

__all__ = ["Wish", "opening_events"]


@dataclass(frozen=True)
class Wish:
    """What the opener asked for; what is None is as the log has it."""

    task: Task | None
    seed: int | None
    settings: Settings | None
    strategy: Any
    changes: Mapping[str, Any] = field(default_factory=dict)


def opening_events(wish: Wish, state: State, now: float) -> list[Event]:
    """The events that make the log agree with the wish; raises InvalidInput where it cannot."""
    if wish.task is not None and not isinstance(getattr(wish.task, "name", None), str):
        raise InvalidInput(
            f"{wish.task!r} is no task.", mend="Give for example Classification(('yes', 'no'))."
        )
    spec = _spec_of(wish.strategy)
    if state.head == 0:
        return [_created(wish, spec, now)]
    _check_seed(wish.seed, state)
    events: list[Event] = _missing_classes(wish.task, state, now)
    before = Settings.from_json(state.settings)
    changes = dict(wish.changes)
    if spec is not None and spec != before.strategy and spec != {"name": before.strategy}:
        changes["strategy"] = spec
    after = before.with_changes(**changes).as_json()
    differ = {name: value for name, value in after.items() if value != before.as_json()[name]}
    return [*events, SettingsChanged(at=now, settings=differ)] if differ else events


def _created(wish: Wish, spec: Any, now: float) -> Created:
    if wish.task is None:
        raise InvalidInput(
            "A new campaign needs a task: what is one label?",
            mend="Give for example Classification(('yes', 'no')).",
        )
    settings = (wish.settings or Settings()).with_changes(**wish.changes)
    if wish.strategy is not None and wish.settings is None:
        settings = settings.with_changes(strategy=type(wish.strategy).__name__ if spec is None else spec)
    seed = 0 if wish.seed is None else int(wish.seed)
    return Created(at=now, task=to_spec(wish.task), seed=seed, settings=settings.as_json())


def _check_seed(seed: int | None, state: State) -> None:
    if seed is not None and seed != state.seed:
        raise InvalidInput(
            f"The log was begun with the seed {state.seed}; got seed={seed}.",
            mend="Leave the seed out, or begin a new log.",
        )


def _missing_classes(task: Task | None, state: State, now: float) -> list[Event]:
    if task is None:
        return []
    told = from_spec(state.task)
    if task.name != told.name:
        raise InvalidInput(
            f"The log is about a task of the kind {told.name!r}; got one of the kind {task.name!r}.",
            mend="Leave the task out, or begin a new log.",
        )
    if isinstance(task, OfClasses):
        return [ClassAdded(at=now, value=one) for one in task.classes if one not in told.classes]
    if task != told:
        raise InvalidInput(
            f"The log is about {told}; got {task}.", mend="Leave the task out, or begin a new log."
        )
    return []


def _spec_of(strategy: Any) -> Any:
    """The strategy as JSON; None where it has no name in the registry (then it is this process's own)."""
    try:
        return None if strategy is None else to_spec(strategy)
    except UnknownPart:
        return None
