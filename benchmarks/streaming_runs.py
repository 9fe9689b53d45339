"""Prequential runs of ``benchmarks/streaming.py``: predict each item, decide, learn what was asked, go on."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from streaming_sets import DRIFT, stream

from querist.models import OnlineSoftmax
from querist.streams import BudgetManager, QuantileFilter, RandomRate, StreamLearner, StreamStrategy

BUDGETS = (0.01, 0.05, 0.1, 0.3)

NETWORK = {"hidden": 100, "kept": 100, "steps": 12}
SINGLE = {"members": 1, **NETWORK}
COMMITTEE = {"members": 10, **NETWORK}


@dataclass(frozen=True)
class Forgetful(RandomRate):
    """Asks at random; doubts and forgets as the quantile filter does: what is left of a gain beside it is
    the questions'."""

    def begin(self, seed: int = 0) -> Any:
        return _Forgetful(super().begin(seed), QuantileFilter(self.budget).begin(seed))


class _Forgetful:
    def __init__(self, lots: Any, doubt: Any) -> None:
        self.lots, self.hear = lots, doubt.hear

    def __call__(self, score: float, cold: bool = False, closed: bool = False) -> Any:
        return self.lots(score, cold, closed)


NO_DOUBT = StreamStrategy("margin", QuantileFilter(doubt=0.0))

ARMS: dict[str, tuple[str | StreamStrategy | BudgetManager, dict[str, int], str | None]] = {
    # name: strategy, model, what listens for drift
    "random": ("random", SINGLE, None),
    "fixed uncertainty": ("fixed_uncertainty", SINGLE, None),
    "variable uncertainty": ("variable_uncertainty", SINGLE, None),
    "split": ("split_uncertainty", SINGLE, None),
    "margin + quantile filter": ("default", SINGLE, None),
    "PAL + quantile filter": ("pal", SINGLE, None),
    "DBALStream": ("dbal", SINGLE, None),
    "cognitive": ("cognitive", SINGLE, None),
    "selective sampling": ("selective_sampling", SINGLE, None),
    "committee: random": ("random", COMMITTEE, None),
    "committee: margin": ("default", COMMITTEE, None),
    "committee: consensus entropy": ("consensus_entropy", COMMITTEE, None),
    "committee: minimum margin": ("minimum_margin", COMMITTEE, None),
    "committee: selective sampling": ("selective_sampling", COMMITTEE, None),
    "committee: random, forgetting": (StreamStrategy("random", Forgetful()), COMMITTEE, None),
    "committee: margin, no doubt": (NO_DOUBT, COMMITTEE, None),
    "committee: random, hddm_a": ("random", COMMITTEE, "hddm_a"),
    "committee: margin, no doubt, hddm_a": (NO_DOUBT, COMMITTEE, "hddm_a"),
}
SUDDEN = ("sea", "agrawal", "sine")  # where a detector of change is tried


def wanted(name: str, arm: str) -> bool:
    return name in SUDDEN or not arm.endswith(", hddm_a")


def cases(seeds: int, sets: list[str]) -> Iterator[tuple[str, int, float, str]]:
    """Seed by seed, so that a run that is cut short has all strategies on fewer seeds."""
    for seed in range(seeds):
        for name in sets:
            for arm in ARMS:
                for budget in BUDGETS if wanted(name, arm) else ():
                    yield name, seed, budget, arm
            if seed < 2:  # every label, for the height that may be had
                yield name, seed, 1.0, "random"
                yield name, seed, 1.0, "committee: random"


def run(x: np.ndarray, y: np.ndarray, arm: str, budget: float, seed: int) -> dict[str, Any]:
    """One pass; an item that a cold model cannot predict counts as wrong."""
    strategy, model, drift = ARMS[arm]
    learner = StreamLearner(
        OnlineSoftmax(seed=seed, **model), strategy, budget=budget, drift=drift, seed=seed
    )
    labels = y.tolist()
    right = np.zeros(len(x), dtype=bool)
    began = time.perf_counter()
    for i, row in enumerate(x):
        decision = learner.see(row)
        right[i] = decision.predicted == labels[i]
        if decision.ask:
            learner.tell(decision, labels[i])
    recall = [right[y == one].mean() for one in np.unique(y)]
    return {
        "balanced": float(np.mean(recall)),
        "accuracy": float(right.mean()),
        "asked": learner.asked,
        "items": len(x),
        "drifts": learner.drifts,
        "seconds": round(time.perf_counter() - began, 3),
    }


def run_all(path: Path, seeds: int, sets: list[str] | None = None) -> list[dict[str, Any]]:
    """Every case that ``path`` does not hold yet, one line of JSON each; what it holds in the end."""
    kept = [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.exists() else []
    done = {(one["set"], one["seed"], one["budget"], one["arm"]) for one in kept}
    held: tuple[Any, Any] = (None, None)
    with path.open("a", encoding="utf-8") as file:
        for name, seed, budget, arm in cases(seeds, sets or list(DRIFT)):
            if (name, seed, budget, arm) in done:
                continue
            if held[0] != (name, seed):
                held = ((name, seed), stream(name, seed))
            told = {"set": name, "seed": seed, "budget": budget, "arm": arm}
            kept.append({**told, **run(*held[1], arm, budget, seed)})
            file.write(json.dumps(kept[-1]) + "\n")
            file.flush()
    return kept
