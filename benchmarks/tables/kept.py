"""What the page of tables is made of: every measured value, rounded, in a small file a table."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from querist.evaluation import Curves, Run

__all__ = ["DATA", "RUNS", "keep", "read"]

ROOT = Path(__file__).parents[2]
RUNS = ROOT / "build" / "tables"
DATA = ROOT / "docs" / "benchmarks" / "data"
_DIGITS = 5


def keep(table: str, curves: Curves) -> Path:
    """Put the curves of a data set into a table's file, in place of those that were there."""
    held = _held(table)
    for dataset in curves.datasets:
        metric = curves.metric_of(dataset)
        held[dataset] = {
            "metric": metric,
            "labels": list(curves.budgets_of(dataset)),
            "seeds": list(curves.seeds_of(dataset)),
            "strategies": {
                name: curves.values(name, dataset=dataset).round(_DIGITS).tolist()
                for name in curves.strategies_of(dataset)
            },
        }
    path = DATA / f"tables-{table}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(held, separators=(",", ":")) + "\n", encoding="utf-8")
    return path


def read(table: str) -> Curves | None:
    """The curves that were kept of a table; None where it was never run."""
    runs = [
        Run(dataset, "", name, 1, seed, np.asarray(one["labels"]), {one["metric"]: np.asarray(row)})
        for dataset, one in _held(table).items()
        for name, rows in one["strategies"].items()
        for seed, row in zip(one["seeds"], rows, strict=True)
    ]
    return Curves(tuple(runs)) if runs else None


def _held(table: str) -> dict[str, Any]:
    path = DATA / f"tables-{table}.json"
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else {}
