"""The data of the tables; vectors of texts are worked out once and kept outside the repository."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from querist.evaluation import Dataset, load_dataset

__all__ = ["numbers", "texts"]

TEXTS = {"TREC": "text_trec", "MR": "text_mr/rt-polarity", "AG News": "text_agnews", "SST-2": "text_sst2"}
NUMBERS = {
    "protein": "tab_uci_regression/protein",
    "diamonds": "tab_r_regression/diamonds",
    "pol": "tab_uci_regression/pol",
    "bike": "tab_uci_regression/bike",
    "kin8nm": "tab_uci_regression/kin8nm",
    "naval": "tab_uci_regression/naval-propulsion-plant",
    "power plant": "tab_uci_regression/power-plant",
    "sml": "tab_uci_regression/sml",
    "parkinsons": "tab_uci_regression/parkinsons",
}
FRIED = 40_000  # rows that are made of Friedman's first function, ten inputs of which five matter
FAR = 5.0  # standard deviations beyond which a feature is cut off
HELD = 0.2


def texts(name: str) -> Dataset:
    """Sentence vectors of length one, with the official test set or a fixed fifth held back."""
    kept = _cache() / f"{TEXTS[name].partition('/')[0]}.npz"
    if not kept.is_file():
        made = load_dataset({"data": TEXTS[name], "encoder": "minilm"})
        held = {} if made.test is None else {"x_test": made.test[0], "y_test": np.asarray(made.test[1])}
        kept.parent.mkdir(parents=True, exist_ok=True)
        np.savez(kept, x=np.asarray(made.x, dtype=np.float32), y=np.asarray(made.y), **held)
    with np.load(kept, allow_pickle=False) as held:
        x, y = held["x"], held["y"]
        if name == "TREC":
            return Dataset(name, x, y, (held["x_test"], held["y_test"]), task="classes")
    order = np.random.default_rng(0).permutation(len(y))
    out, pool = order[: round(HELD * len(y))], order[round(HELD * len(y)) :]
    return Dataset(name, x[pool], y[pool], (x[out], y[out]), task="classes")


def numbers(name: str) -> Dataset:
    """Rows standardised and cut off where they are far out; answers in standard deviations."""
    if name == "fried":
        rng = np.random.default_rng(0)
        x = rng.uniform(size=(FRIED, 10))
        y = 10 * np.sin(np.pi * x[:, 0] * x[:, 1]) + 20 * (x[:, 2] - 0.5) ** 2 + 10 * x[:, 3] + 5 * x[:, 4]
        y += rng.normal(size=FRIED)
    else:
        made = load_dataset(NUMBERS[name])
        x, y = np.asarray(made.x, dtype=np.float64), made.y
    mean, std = x.mean(axis=0), x.std(axis=0)
    varying = std > 1e-9 * (1 + np.abs(mean))
    x = np.clip((x - mean)[:, varying] / std[varying], -FAR, FAR).astype(np.float32)
    return Dataset(name, x, (y - y.mean()) / y.std(), task="number")


def _cache() -> Path:
    told = os.environ.get("QUERIST_CACHE")
    return Path(told) if told else Path.home() / ".cache" / "querist" / "benchmarks"
