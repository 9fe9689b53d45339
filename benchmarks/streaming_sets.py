"""The streams of ``benchmarks/streaming.py``: Elec2 and river's generators, with drift of every sort."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

LENGTH = 12_000

DRIFT = {
    "elec2": "as it came, 1996 to 1998",
    "sea": "sudden, 3 times",
    "agrawal": "sudden, 3 times",
    "sine": "sudden, recurring",
    "hyperplane": "gradual throughout",
    "rbf": "gradual throughout, 4 classes",
    "led": "sudden, 3 times, 10 classes",
}


def stream(name: str, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows (n, d) and classes (n,) of one stream; the seed moves a generator, and not Elec2."""
    if name == "elec2":
        return _elec2()
    rows = list(_rows(name, seed))
    x = np.array([[float(value) for value in row.values()] for row, _ in rows])
    return x, np.array([int(label) for _, label in rows])


def _elec2() -> tuple[np.ndarray, np.ndarray]:
    path = Path(os.environ["QUERIST_DATA"]) / "stream_elec2" / "electricity.csv"
    with path.open(encoding="utf-8") as file:
        rows = list(csv.reader(file))[1:]
    return np.array([[float(value) for value in row[:-1]] for row in rows]), np.array(
        [int(row[-1] == "UP") for row in rows]
    )


def _rows(name: str, seed: int) -> Iterator[tuple[dict[Any, Any], Any]]:
    from river.datasets import synth

    quarter = LENGTH // 4
    if name == "sea":
        for part, variant in enumerate((0, 1, 2, 3)):
            yield from synth.SEA(variant=variant, noise=0.1, seed=10 * seed + part).take(quarter)
    elif name == "agrawal":
        for part, function in enumerate((0, 3, 6, 1)):
            one = synth.Agrawal(classification_function=function, seed=10 * seed + part, perturbation=0.05)
            yield from one.take(quarter)
    elif name == "sine":
        for part, function in enumerate((0, 1, 0, 1)):
            yield from synth.Sine(classification_function=function, seed=10 * seed + part).take(quarter)
    elif name == "hyperplane":
        one = synth.Hyperplane(
            seed=seed, n_features=10, n_drift_features=5, mag_change=0.001, noise_percentage=0.05
        )
        yield from one.take(LENGTH)
    elif name == "rbf":
        one = synth.RandomRBFDrift(
            seed_model=seed,
            seed_sample=seed,
            n_classes=4,
            n_features=10,
            n_centroids=20,
            change_speed=0.0005,
            n_drift_centroids=20,
        )
        yield from one.take(LENGTH)
    elif name == "led":
        for part in range(4):
            one = synth.LEDDrift(seed=10 * seed + part, noise_percentage=0.1, n_drift_features=2 * part)
            yield from one.take(quarter)
    else:
        raise ValueError(f"no stream is named {name!r}")
