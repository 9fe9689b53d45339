"""The experiments behind the tables: data, model, protocol, arms."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sets
from network import Network
from sklearn.linear_model import LogisticRegression

from querist.evaluation import Dataset, Experiment, Protocol, load_dataset
from querist.strategies import Default

__all__ = ["WORKS", "Work"]


@dataclass(frozen=True)
class Work:
    """One table: what is compared on which data, and with how many seeds."""

    title: str
    datasets: Mapping[str, Callable[[], Dataset]]
    strategies: Mapping[str, Any]
    model: Any
    batch: int
    protocol: Protocol
    seeds: int

    def experiments(self, seeds: range, names: list[str] | None = None) -> Iterator[Experiment]:
        """One a data set, so that few are held at a time."""
        for name, load in self.datasets.items():
            if names and name not in names:
                continue
            yield Experiment([load()], self.strategies, {"": self.model}, self.batch, seeds, self.protocol)


def _texts(names: tuple[str, ...]) -> dict[str, Callable[[], Dataset]]:
    return {name: (lambda name=name: sets.texts(name)) for name in names}  # type: ignore[misc]


def _numbers(*names: str) -> dict[str, Callable[[], Dataset]]:
    return {name: (lambda name=name: sets.numbers(name)) for name in names}  # type: ignore[misc]


WORKS: dict[str, Work] = {
    "digits": Work(
        "MNIST digits as 10 numbers of a variational autoencoder",
        {"MNIST-VAE": lambda: load_dataset("image_mnist_vae")},
        {
            "margin": "margin",
            "default": "default",
            "patience 5": Default(patience=5.0),
            "patience 1": Default(patience=1.0),
        },
        LogisticRegression(C=1.0, max_iter=1000),
        10,
        Protocol(start=10, start_by="class", budget=300, scale=False, metrics=("accuracy",)),
        12,
    ),
    "texts": Work(
        "Texts as frozen sentence vectors",
        _texts(tuple(sets.TEXTS)),
        {
            "margin": "margin",
            "badge": "badge",
            "bait": "bait",
            "uherding": "uherding",
            "default": "default",
            "patience 5": Default(patience=5.0),
        },
        LogisticRegression(C=10.0, max_iter=1000),
        25,
        Protocol(start=25, start_by="class", budget=525, scale=False, metrics=("accuracy",)),
        40,
    ),
    "cold": Work(
        "The same texts from no label",
        _texts(tuple(sets.TEXTS)),
        {"typiclust": "typiclust", "default": "default"},
        LogisticRegression(C=10.0, max_iter=1000),
        5,
        Protocol(budget=50, scale=False, metrics=("accuracy", "balanced_accuracy")),
        10,
    ),
    "numbers": Work(
        "Numbers, learned by a small neural network",
        _numbers("fried", *sets.NUMBERS),
        {"lcmd": "lcmd", "max_det": "max_det", "variance": "predictive_variance"},
        Network(),
        64,
        Protocol(start=64, budget=1088, scale=False, metrics=("log_rmse",)),
        10,
    ),
}
"""By the name on the command line."""
