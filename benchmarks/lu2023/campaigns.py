"""One run of the table by the fast path: the same picks and accuracies as a replayed campaign, far sooner.

``made`` gives a :class:`querist.evaluation.Run`, as an experiment does, so that its results files, curves and
reports take both.  TWINS names the experiment's arms that must pick alike; a test holds them together.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

import numpy as np
from readings import OURS, READINGS, Case, accuracies
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from querist.evaluation import Arm, Dataset, Run
from querist.evaluation.protocol import Protocol, Split
from querist.evaluation.replaying import versions

__all__ = ["TWINS", "case", "digest", "made"]

MODEL = "svm"
TWINS = {
    "US-C": Arm("boundary"),
    "US-NC": Arm("entropy", LogisticRegression(C=0.1, tol=1e-8, max_iter=1000)),
    "Core-Set": Arm("k_center"),
}


def spec(data: Dataset, name: str, seed: int, protocol: Protocol) -> dict[str, Any]:
    """All that a run depends on."""
    return {
        "dataset": {
            "spec": data.spec or f"tab_al_benchmark/{data.name}",
            "name": data.name,
            "sha256": data.sha256,
        },
        "strategy": {"lu2023": name},
        "model": {"title": MODEL, "class": "sklearn.svm:SVC", "parameters": {"C": 1.0, "gamma": "auto"}},
        "batch": 1,
        "seed": seed,
        "protocol": protocol.as_json(),
    }


def digest(plan: dict[str, Any]) -> str:
    """The id of a run: the same plan has the same everywhere."""
    return hashlib.blake2b(json.dumps(plan, sort_keys=True).encode(), digest_size=8).hexdigest()


def case(data: Dataset, split: Split, seed: int) -> Case:
    """The rows of a split, standardised by the pool, with -1 and +1 for the classes."""
    scaler = StandardScaler().fit(data.x[split.pool])
    y = np.where(data.y == max(data.classes, key=float), 1.0, -1.0)
    return Case(
        scaler.transform(data.x[split.pool]),
        y[split.pool],
        scaler.transform(data.x[split.held]),
        y[split.held],
        len(split.first),
        seed,
    )


def made(data: Dataset, name: str, seed: int, protocol: Protocol, shared: Case | None = None) -> Run:
    """The run of a published strategy; ``shared`` is the split's case where it is at hand."""
    split = protocol.split(data, seed)
    plan = spec(data, name, seed, protocol)
    told: dict[str, Any] = {"id": digest(plan), "plan": plan, "versions": versions()}
    head = (data.name, MODEL, name, 1, seed)
    if split.left_out:
        return Run(*head, np.empty(0, dtype=np.intp), {}, left_out=split.left_out, **told)
    at = case(data, split, seed) if shared is None else shared
    order = {**READINGS, **OURS}[name](at)
    right = accuracies(at, order).round(9)
    labels = np.arange(at.start, len(order) + 1)
    picks = tuple(split.pool[order].tolist())
    return Run(*head, labels, {"accuracy": right}, picks=picks, start=at.start, **told)
