"""The campaign's own model: fitted when a question needs it, and never when an answer comes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from querist.campaign.made import made_items, of_pool
from querist.campaign.movement import Movement
from querist.data import ItemId, Pool
from querist.errors import InvalidInput
from querist.events import State, Trained
from querist.tasks import is_label_set

__all__ = ["Fitted", "Fitting"]

_CHUNK = 8192


@dataclass(frozen=True)
class Fitted:
    """A fitted model with the event that tells of it; ``classes`` are the columns of its probabilities."""

    model: Any
    classes: tuple[str, ...]
    trained: Trained


class Fitting:
    """Fits a model to the labels of a state: the same labels give the same fit, however they came."""

    def __init__(self, pool: Pool, estimator: Any, clock: Callable[[], float], *, watched: bool) -> None:
        if pool.features is None:
            raise InvalidInput(
                "A model learns from features, and the pool has none.",
                mend="Give Pool(features, ...), or leave the model out.",
            )
        self._pool = pool
        self._estimator = estimator
        self._clock = clock
        self._movement = Movement() if watched else None
        self._before: np.ndarray | None = None  # what the last model of sets said
        self._last: Fitted | None = None
        self._rows_of_made: dict[ItemId, Any] = {}
        self._unfitted: tuple[tuple[str, ...], Any] | None = None

    def current(self, state: State, upto: int) -> Fitted | None:
        """The model of the labels as they stood after event ``upto``; None while there is no label."""
        if not state.labels:
            return None
        if self._last is None or self._last.trained.upto != upto:
            self._last = self._fit(state, upto)
        return self._last

    def suggestions(
        self, fitted: Fitted, items: Sequence[ItemId], made: Mapping[ItemId, Any]
    ) -> list[Mapping[str, Any]]:
        """What the model believes of some items: {"value": ..., "proba": ...}.

        ``made`` holds the features of those that are in no pool, by item.
        Of a set of classes "proba" is the chance that all of it is right, were the classes independent.
        """
        from querist.models import stack, take

        own = [item for item in items if item not in made]
        x = stack(
            take(self._pool.features, self._pool.rows(own)), [made[item] for item in items if item in made]
        )
        order = {item: at for at, item in enumerate([*own, *(item for item in items if item in made)])}
        if made:
            x = take(x, [order[item] for item in items])
        if not hasattr(fitted.model, "proba") and hasattr(fitted.model, "label_decision"):
            return _of_sets(fitted.model, x)
        if not hasattr(fitted.model, "proba"):
            said = np.asarray(fitted.model.predict(x)).tolist()
            return [{"value": value if fitted.classes else float(value)} for value in said]
        proba = np.asarray(fitted.model.proba(x))
        best = proba.argmax(axis=1)
        return [
            {"value": fitted.classes[column], "proba": float(row[column])}
            for row, column in zip(proba, best, strict=True)
        ]

    def _fit(self, state: State, upto: int) -> Fitted:
        from querist.models import stack, take  # at the point of use: it knows scikit-learn

        began = self._clock()
        labels, made = of_pool(state.labels, state), made_items(state, self._rows_of_made)
        rows = self._pool.rows(labels)
        order = np.argsort(rows)  # by row, so that the order of the answers cannot matter
        values = list(labels.values())
        y: Any = [values[i] for i in order] + [made.labels[made.ids[at]] for at in made.labelled]
        x = stack(take(self._pool.features, rows[order]), [made.features[at] for at in made.labelled])
        if not is_label_set(y[0]):
            y = np.asarray(y)
        model = self._model(state).fitted(x, y, seed=state.seed)
        metrics = self._figures(model, rows, values) if self._movement and state.classes else {}
        now = self._clock()
        trained = Trained(
            at=now, version=f"m{upto}", upto=upto, labels=len(y), seconds=now - began, metrics=metrics
        )
        return Fitted(model, state.classes, trained)

    def _model(self, state: State) -> Any:
        """The model with the classes as they are now, not fitted; built anew when a class is added."""
        from querist.models import as_model

        if self._unfitted is None or self._unfitted[0] != state.classes:
            self._unfitted = (state.classes, as_model(self._estimator, classes=state.classes or None))
        return self._unfitted[1]

    def _figures(self, model: Any, rows: np.ndarray, values: list[Any]) -> dict[str, Any]:
        """What the stopping criteria read of the model: how it moved, and what is left to gain."""
        starts = range(0, len(self._pool), _CHUNK)
        chunks = (self._pool.features[start : start + _CHUNK] for start in starts)
        if hasattr(model, "proba"):
            assert self._movement is not None
            proba = np.concatenate([np.asarray(model.proba(x)) for x in chunks])
            return self._movement.figures(model, proba, self._pool.features, rows, np.asarray(values))
        before, self._before = self._before, np.concatenate([model.predict(x) for x in chunks])
        return {} if before is None else {"stability": float(np.mean(before == self._before))}


def _of_sets(model: Any, x: Any) -> list[Mapping[str, Any]]:
    """The sets that a model believes in, with the chance of each where it tells the chances of classes."""
    values = [{"value": value} for value in model.predict(x)]
    if not hasattr(model, "marginals"):
        return list(values)
    chances = np.asarray(model.marginals(x), dtype=np.float64)
    sure = np.maximum(chances, 1 - chances).prod(axis=1)
    return [{**value, "proba": float(one)} for value, one in zip(values, sure, strict=True)]
