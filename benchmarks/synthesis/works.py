"""What is run: the arms, the models and the budgets of each part of the table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from functions import FUNCTIONS, numbers_of, sides_of
from sets import SHAPE, real_set
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import Matern
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC

from querist.acquisition import Boundary, Margin, PredictiveVariance, VarianceRemoved
from querist.data import Box
from querist.evaluation import Experiment
from querist.synthesis import (
    Between,
    Bisection,
    Climb,
    Filling,
    Latent,
    Realism,
    Synthesised,
    VaeLatent,
)

__all__ = ["PARTS", "Part"]

SEARCH = Climb(starts=16, rounds=10)


@dataclass(frozen=True)
class Part:
    """One table: its data sets, and what is compared on each."""

    title: str
    names: tuple[str, ...]
    metric: str
    seeds: int

    def experiments(self, seeds: range, only: Any = None) -> Any:
        """An experiment for each data set."""
        for name in self.names:
            if only is None or name in only:
                yield _EXPERIMENTS[self.title](name, seeds)


def _sides(name: str, seeds: range) -> Experiment:
    box = FUNCTIONS[name].box
    arms: Mapping[str, Any] = {
        "pool margin": Boundary(),
        "filling": Filling(box),
        "bisection": Bisection(box),
        "made: climb": Synthesised(Boundary(), box, SEARCH),
        "made: between": Synthesised(Boundary(), box, Between(pairs=32)),
        "made: explore": Synthesised(Boundary(), box, Between(pairs=32), explore=0.3),
        "made or pool": Synthesised(Boundary(), box, Between(pairs=32), mixed=True, explore=0.3),
    }
    model = {"svm": SVC(C=1000, gamma="scale")}
    told = {"start": 6, "start_by": "class", "budget": 86, "pool": 1000, "measure": 2}
    return Experiment.of(sides_of(FUNCTIONS[name]), arms, model, 1, seeds, metrics=("accuracy",), **told)


def _numbers(name: str, seeds: range) -> Experiment:
    box = FUNCTIONS[name].box
    data = numbers_of(FUNCTIONS[name])
    return _of_numbers(data, box, seeds, budget=66, start=6)


def _of_numbers(data: Any, box: Box, seeds: range, **told: int) -> Experiment:
    arms: Mapping[str, Any] = {
        "pool variance": PredictiveVariance(),
        "pool ALC": VarianceRemoved(),
        "filling": Filling(box),
        "made: variance": Synthesised(PredictiveVariance(), box, SEARCH, spread=0.0),
        "made: ALC": Synthesised(VarianceRemoved(), box, SEARCH, spread=0.0),
    }
    columns = len(box.bounds)
    process = GaussianProcessRegressor(
        Matern([0.5] * columns, (0.05, 20.0), nu=2.5), alpha=1e-4, normalize_y=True
    )
    return Experiment.of(
        data,
        arms,
        {"process": process},
        1,
        seeds,
        metrics=("rmse",),
        pool=1000,
        scale=False,
        measure=2,
        **told,
    )


def _digits(name: str, seeds: range) -> Experiment:
    real = Realism(strict=0.3)
    arms: Mapping[str, Any] = {
        "pool margin": Margin(),
        "filling": Filling(Latent(30, shape=SHAPE)),
        "made: PCA": Synthesised(Margin(), Latent(30, shape=SHAPE), Between(pairs=24), realism=real),
        "made: VAE": Synthesised(
            Margin(), VaeLatent(10, epochs=40, shape=SHAPE), Between(pairs=24), realism=real
        ),
        "made or pool": Synthesised(
            Margin(), Latent(30, shape=SHAPE), Between(pairs=24), realism=real, mixed=True
        ),
        "made: any pixels": Synthesised(
            Margin(), Box(((0.0, 1.0),) * 784), Climb(starts=16, rounds=6), spread=0.0
        ),
    }
    model = {"logistic": LogisticRegression(C=0.1, max_iter=300)}
    told = {"start": 10, "start_by": "class", "budget": 210, "pool": 2000}
    return Experiment.of(real_set(name), arms, model, 10, seeds, metrics=("accuracy",), **told)


def _classes(name: str, seeds: range) -> Experiment:
    data = real_set(name)
    box, latent = Box.around(data.x), Latent(12, smooth=0.3)
    arms: Mapping[str, Any] = {
        "pool margin": Boundary(),
        "filling": Filling(box),
        "made: box": Synthesised(Boundary(), box, SEARCH),
        "made: between": Synthesised(Boundary(), latent, Between(pairs=32), realism=Realism()),
        "made or pool": Synthesised(Boundary(), latent, Between(pairs=32), realism=Realism(), mixed=True),
    }
    model = {"svm": SVC(C=10, gamma="scale")}
    start = 22 if name == "vowel" else 12
    told = {"start": start, "start_by": "class", "budget": start + 160, "pool": 1000, "test": 0.3}
    return Experiment.of(data, arms, model, 8, seeds, metrics=("accuracy",), scale=False, **told)


def _measured(name: str, seeds: range) -> Experiment:
    data = real_set(name)
    return _of_numbers(data, Box.around(data.x), seeds, budget=100, start=8)


def _real(name: str, seeds: range) -> Experiment:
    made = {"digits": _digits, "satellite": _classes, "vowel": _classes}.get(name, _measured)
    return made(name, seeds)


_EXPERIMENTS: dict[str, Any] = {"sides": _sides, "numbers": _numbers, "real": _real}
PARTS = {
    "sides": Part("sides", tuple(FUNCTIONS), "accuracy", 10),
    "numbers": Part("numbers", tuple(FUNCTIONS), "rmse", 10),
    "real": Part("real", ("digits", "satellite", "vowel", "airfoil", "energy"), "", 5),
}
"""By name: what is run, with how many seeds."""
