"""Real data sets whose oracle is a model fitted to all labels, so that it answers made items as well."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Any

import joblib
import numpy as np

from querist.evaluation import Dataset, load_dataset

__all__ = ["ROOT", "SHAPE", "Told", "judge", "oracle_share", "real_set"]

ROOT = Path(__file__).parents[2]
KEPT = ROOT / "build" / "synthesis"
SHAPE = (28, 28)
_SOURCES = {
    "satellite": "tab_mlbench/Satellite",
    "vowel": "tab_mlbench/Vowel",
    "airfoil": "tab_uci_regression/airfoil",
    "energy": "tab_uci_regression/energy",
}


class Told:
    """What a fitted model says of rows: an oracle that answers anything."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, x: Any) -> np.ndarray:
        return np.asarray(_oracle(self.name).predict(np.asarray(x, dtype=np.float64)))


def real_set(name: str) -> Dataset:
    """The rows of a set from 0 to 1, each answered by the oracle, the made ones and the test rows too."""
    x, _ = _rows(name)
    told = Told(name)
    task = "number" if name in ("airfoil", "energy") else "classes"
    answers = _kept(f"{name}-answers", lambda: told(x))
    if name == "digits":  # 5,000 rows to draw pools from, 2,000 to measure on
        return Dataset(
            name, x[:5000], answers[:5000], (x[5000:7000], answers[5000:7000]), task=task, oracle=told
        )
    return Dataset(name, x, answers, task=task, oracle=told)


def oracle_share(name: str) -> float:
    """How far the oracle agrees with the labels that it was fitted to: accuracy, or R squared."""
    x, y = _rows(name)
    return float(_oracle(name).score(x[:7000], y[:7000]))


@cache
def judge() -> Any:
    """A classifier of digits that knows neither these rows nor the oracle: a forest on MNIST's test rows."""
    from sklearn.ensemble import ExtraTreesClassifier

    held = np.load(Path(os.environ["QUERIST_DATA"]) / "image_mnist" / "mnist.npz")
    x, y = held["x_test"].reshape(-1, 784) / 255.0, held["y_test"]
    forest = ExtraTreesClassifier(300, min_samples_leaf=2, n_jobs=2, random_state=0)
    return _kept("judge", lambda: forest.fit(x[:8000], y[:8000])), (x[8000:], y[8000:])


@cache
def _rows(name: str) -> tuple[np.ndarray, np.ndarray]:
    if name == "digits":
        held = np.load(Path(os.environ["QUERIST_DATA"]) / "image_mnist" / "mnist.npz")
        return held["x_train"].reshape(-1, 784) / 255.0, held["y_train"].astype(str)
    data = load_dataset(_SOURCES[name])
    x = np.asarray(data.x, dtype=np.float64)
    low, high = x.min(axis=0), x.max(axis=0)
    kept = high > low
    y = data.y
    if data.task == "number" or name in ("airfoil", "energy"):
        y = np.asarray(y, dtype=np.float64)
        y = (y - y.mean()) / y.std()
    return (x[:, kept] - low[kept]) / (high - low)[kept], y


@cache
def _oracle(name: str) -> Any:
    """The model that is fitted to all rows."""
    from sklearn.svm import SVC, SVR

    x, y = _rows(name)
    if name == "digits":
        return _kept("digits-oracle", lambda: SVC(C=10, gamma=0.02).fit(x, y))
    if name in ("satellite", "vowel"):
        return _kept(f"{name}-oracle", lambda: SVC(C=100, gamma="scale").fit(x, y))
    return _kept(f"{name}-oracle", lambda: SVR(C=100, gamma="scale", epsilon=0.01).fit(x, y))


def _kept(name: str, make: Any) -> Any:
    path = KEPT / f"{name}.joblib"
    if path.is_file():
        return joblib.load(path)
    KEPT.mkdir(parents=True, exist_ok=True)
    value = make()
    joblib.dump(value, path, compress=3)
    return value
