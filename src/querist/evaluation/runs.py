"""One run: a campaign replayed from its first question to its end, and what was measured on the way."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from querist.errors import InvalidInput

__all__ = ["Run"]

FORMAT = 1
_TERMS = ("start", "start_by", "missing", "test", "stratified", "pool", "scale", "noise", "annotators")


@dataclass(frozen=True, eq=False)
class Run:
    """What one strategy did with one seed on one data set.

    Attributes
    ----------
    dataset, model, strategy : str
        As curves and tables call them.
    batch, seed : int
    labels : (rounds,) int
        How many labels the model had at each measurement.
    values : mapping from names to (rounds,) arrays
        The measures; ``"seconds"`` that choosing the last batch took (training not counted),
        ``"fit_seconds"`` of the training, ``"cost"`` of all labels so far in the data set's unit, and
        what the experiment watched.
    picks : tuple of int
        Rows of the data set in the order in which they were asked, the first labels before them.
    start : int
        How many of the picks were labelled before the first question.
    plan : mapping
        All that it takes to make the run again; :attr:`id` is its digest.
    versions : mapping
        Of querist, Python and the libraries.
    left_out : str
        Why there is no measurement: the protocol leaves this seed out.
    """

    dataset: str
    model: str
    strategy: str
    batch: int
    seed: int
    labels: np.ndarray
    values: Mapping[str, np.ndarray]
    picks: tuple[int, ...] = ()
    start: int = 0
    id: str = ""
    plan: Mapping[str, Any] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    left_out: str = ""

    @property
    def measures(self) -> tuple[str, ...]:
        """The names of what was measured."""
        return tuple(self.values)

    @property
    def terms(self) -> dict[str, str]:
        """In words, what pairs share beside data set, model, batch size and seed; "" where nothing is set.

        How long a run went on, and what was measured, is not among it: the rest of two runs are pairs.

        >>> Run("d", "", "margin", 1, 0, np.array([1]), {}, plan={"protocol": {"start": 5}}).terms["start"]
        'start 5'
        """
        protocol = self.plan.get("protocol", {})
        digest = self.plan.get("dataset", {}).get("sha256") or ""
        told = {name: protocol.get(name) for name in _TERMS} | {"content": digest[:6]}
        return {name: _in_words(name, value) for name, value in told.items()}

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """The measurements as tidy rows."""
        head = {
            "dataset": self.dataset,
            "model": self.model,
            "strategy": self.strategy,
            "batch": self.batch,
            "seed": self.seed,
        }
        for i, labels in enumerate(self.labels.tolist()):
            yield {**head, "labels": labels, **{name: float(one[i]) for name, one in self.values.items()}}

    def as_json(self) -> dict[str, Any]:
        """The run as plain JSON values: one line of a results file."""
        return {
            "querist_run": FORMAT,
            "id": self.id,
            "dataset": self.dataset,
            "model": self.model,
            "strategy": self.strategy,
            "batch": self.batch,
            "seed": self.seed,
            "labels": self.labels.tolist(),
            "values": {name: one.tolist() for name, one in self.values.items()},
            "picks": list(self.picks),
            "start": self.start,
            "left_out": self.left_out,
            "plan": dict(self.plan),
            "versions": dict(self.versions),
        }

    @staticmethod
    def from_json(told: Mapping[str, Any]) -> Run:
        """The run that :meth:`as_json` told of."""
        if told["querist_run"] != FORMAT:
            raise InvalidInput(
                f"A run of the format {told['querist_run']!r}; this version reads {FORMAT}.",
                mend="Read it with the version of querist that wrote it.",
            )
        rest = {name: one for name, one in told.items() if name != "querist_run"}
        rest["labels"] = np.asarray(told["labels"], dtype=np.intp)
        rest["values"] = {name: np.asarray(one, dtype=np.float64) for name, one in told["values"].items()}
        return Run(**{**rest, "picks": tuple(told["picks"])})


def _in_words(name: str, value: Any) -> str:
    if value is None or value in ("", {}):
        return ""
    if name == "annotators":
        value = " + ".join(value)
    told = value if isinstance(value, str) else json.dumps(value)
    return f"{name.replace('_', ' ')} {told}"
