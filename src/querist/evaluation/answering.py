"""Who answers in a replayed campaign: with mistakes or without, and at what price."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from querist.campaign import Noisy
from querist.errors import InvalidInput
from querist.evaluation.dataset import Dataset

__all__ = ["Answers", "checked_annotators", "checked_noise"]

_FIELDS = {"noise", "cost", "share"}


@dataclass(frozen=True, eq=False)
class Answers:
    """The answers to the rows of a pool, and what each costs: the same whatever a strategy asks.

    Who is asked about a row, and whether they err on it, is drawn once a seed, so that runs stay paired.

    Parameters
    ----------
    said : n answers
    by : n names, None where nobody has one
    costs : (n,)
        What each answer costs, in the unit of the data set.
    """

    said: Sequence[Any]
    by: Sequence[str | None]
    costs: np.ndarray

    @staticmethod
    def of(
        dataset: Dataset, rows: np.ndarray, seed: int, noise: Any, annotators: Mapping[str, Mapping[str, Any]]
    ) -> Answers:
        """The answers to some rows of a data set by the annotators of a protocol."""
        truth = dataset.y[rows].tolist()
        costs = np.ones(len(rows)) if dataset.costs is None else np.asarray(dataset.costs[rows], float)
        told = annotators or {"": {}}
        shares = np.array([float(one.get("share", 1.0)) for one in told.values()])
        whose = np.random.default_rng((seed, 1)).choice(len(told), size=len(rows), p=shares / shares.sum())
        said = list(truth)
        for place, (name, one) in enumerate(told.items()):
            mine = np.flatnonzero(whose == place)
            costs[mine] *= float(one.get("cost", 1.0))
            for at, answer in _erring(dataset, truth, mine, one.get("noise", noise), (seed, name)).items():
                said[at] = answer
        names = [name or None for name in told]
        return Answers(said, [names[one] for one in whose.tolist()], costs)


def _erring(
    dataset: Dataset, truth: list[Any], rows: np.ndarray, noise: Any, seed: tuple[int, str]
) -> dict[int, Any]:
    """What is said of the rows by somebody who errs so often."""
    if not noise:
        return {}
    number = np.random.SeedSequence([seed[0], 2, *seed[1].encode()]).generate_state(1)[0]
    if dataset.task == "number":
        off = np.random.default_rng(number).normal(size=len(truth)) * float(noise) * float(np.std(dataset.y))
        return {int(row): truth[row] + float(off[row]) for row in rows}
    confusion = _confusion(noise, dataset) if isinstance(noise, Mapping) else None
    somebody = Noisy(
        [*truth, *dataset.classes] if dataset.task == "classes" else truth,
        rate=0.0 if confusion else float(noise),
        seed=int(number),
        confusion=confusion,
    )
    return {int(row): somebody(int(row)) for row in rows}


def _confusion(noise: Mapping[str, Any], dataset: Dataset) -> dict[str, dict[str, float]]:
    """The chances of each answer to each class: a number is shared by all other classes."""
    found = {}
    for true, wrong in noise.items():
        others = [name for name in dataset.classes if name != true]
        if true not in dataset.classes or (isinstance(wrong, Mapping) and not set(wrong) <= set(others)):
            raise InvalidInput(
                f"noise tells of {true!r}: {wrong!r}; {dataset.name!r} has the classes"
                f" {', '.join(dataset.classes)}.",
                mend="Write {class: share} or {class: {other class: share}}.",
            )
        chances = dict(wrong) if isinstance(wrong, Mapping) else {one: wrong / len(others) for one in others}
        found[true] = {true: 1.0 - sum(chances.values()), **chances}
    return found


def checked_noise(noise: Any) -> Any:
    """A share of 1, or shares by class, as plain JSON values."""
    if isinstance(noise, Mapping):
        return {str(true): checked_noise(wrong) for true, wrong in noise.items()}
    if isinstance(noise, int | float) and not isinstance(noise, bool) and noise >= 0:
        return float(noise)
    raise InvalidInput(
        f"noise={noise!r} says of nobody how often they err.",
        mend="Write 0.1, {class: 0.3} or {class: {other class: 0.3}}.",
    )


def checked_annotators(annotators: Any) -> dict[str, dict[str, Any]]:
    """Annotators by name with ``noise``, ``cost`` and ``share``, as plain JSON values."""
    found: dict[str, dict[str, Any]] = {}
    for name, given in dict(annotators).items():
        one = dict(given)
        numbers = [one.get("cost", 1.0), one.get("share", 1.0)]
        if not name or set(one) - _FIELDS or not all(np.isfinite(x) and x >= 0 for x in numbers):
            raise InvalidInput(
                f"The annotator {name!r} is given as {one!r}.",
                mend="Give a name, and cost and share of 0 or more; or noise, as the protocol's.",
            )
        if "noise" in one:
            one["noise"] = checked_noise(one["noise"])
        found[str(name)] = {key: one[key] for key in sorted(one)}
    if found and not sum(float(one.get("share", 1.0)) for one in found.values()) > 0:
        raise InvalidInput("No annotator has a share of the questions.", mend="Give one a share above 0.")
    return found
