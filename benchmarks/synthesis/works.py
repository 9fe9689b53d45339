"""What is run: the arms, the models and the budgets of each part of the table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
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
SMALL = 300
FEW = f", {SMALL} rows"


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
    arms: Mapping[str, Any] = {
        "pool variance": PredictiveVariance(),
        "pool ALC": VarianceRemoved(),
        "filling": Filling(box),
        "made: variance": Synthesised(PredictiveVariance(), box, SEARCH, spread=0.0),
        "made: ALC": Synthesised(VarianceRemoved(), box, SEARCH, spread=0.0),
    }
    told = {"budget": 66, "start": 6, "pool": 1000, "measure": 2}
    data, model = numbers_of(FUNCTIONS[name]), _process(len(box.bounds))
    return Experiment.of(data, arms, model, 1, seeds, metrics=("rmse",), scale=False, **told)


def _measured(data: Any, seeds: range) -> Experiment:
    box, latent = Box.around(data.x), Latent(data.x.shape[1], smooth=0.3)
    arms: Mapping[str, Any] = {
        "pool variance": PredictiveVariance(),
        "pool ALC": VarianceRemoved(),
        "filling": Filling(box),
        "made: box": Synthesised(VarianceRemoved(), box, SEARCH),
        "made: latent": Synthesised(VarianceRemoved(), latent, SEARCH),
        "made or pool": Synthesised(VarianceRemoved(), latent, SEARCH, mixed=True),
    }
    told = {"budget": 100, "start": 8, "pool": 1000}
    model = _process(len(box.bounds))
    return Experiment.of(data, arms, model, 4, seeds, metrics=("rmse",), scale=False, **told)


def _process(columns: int) -> dict[str, Any]:
    kernel = Matern([0.5] * columns, (0.05, 20.0), nu=2.5)
    return {"process": GaussianProcessRegressor(kernel, alpha=1e-4, normalize_y=True)}


def _digits(data: Any, seeds: range, small: bool) -> Experiment:
    pca, vae, between = Latent(30, shape=SHAPE), VaeLatent(shape=SHAPE), Between(pairs=48)
    real = Realism(strict=0.8)
    arms: dict[str, Any] = {
        "pool margin": Margin(),
        "filling": Filling(pca),
        "made: PCA": Synthesised(Margin(), pca, Between(pairs=24), realism=Realism(strict=0.3)),
        "made: VAE": Synthesised(Margin(), vae, between, realism=real),
        "made or pool": Synthesised(Margin(), vae, between, realism=real, mixed=True),
        "made: any pixels": Synthesised(
            Margin(), Box(((0.0, 1.0),) * 784), Climb(starts=16, rounds=6), spread=0.0
        ),
    }
    if small:
        del arms["filling"], arms["made: any pixels"]
    model = {"logistic": LogisticRegression(C=0.1, max_iter=300)}
    told = {"start": 10, "start_by": "class", "budget": 210, "pool": SMALL if small else 2000}
    return Experiment.of(data, arms, model, 10, seeds, metrics=("accuracy",), **told)


def _classes(data: Any, seeds: range, small: bool) -> Experiment:
    box, latent = Box.around(data.x), Latent(12, smooth=0.3)
    arms: dict[str, Any] = {
        "pool margin": Boundary(),
        "filling": Filling(box),
        "made: box": Synthesised(Boundary(), box, SEARCH),
        "made: between": Synthesised(Boundary(), latent, Between(pairs=32), realism=Realism()),
        "made or pool": Synthesised(Boundary(), latent, Between(pairs=32), realism=Realism(), mixed=True),
    }
    if small:
        del arms["filling"], arms["made: box"]
    model = {"svm": SVC(C=10, gamma="scale")}
    start = 22 if data.name == "vowel" else 12
    told = {"start": start, "start_by": "class", "budget": start + 160, "pool": SMALL if small else 1000}
    return Experiment.of(data, arms, model, 8, seeds, metrics=("accuracy",), scale=False, test=0.3, **told)


def _real(name: str, seeds: range) -> Experiment:
    data, small = real_set(name.removesuffix(FEW)), name.endswith(FEW)
    if small:
        data = replace(data, name=name)
    if name.startswith("digits"):
        return _digits(data, seeds, small)
    if data.task == "classes":
        return _classes(data, seeds, small)
    return _measured(data, seeds)


_EXPERIMENTS: dict[str, Any] = {"sides": _sides, "numbers": _numbers, "real": _real}
PARTS = {
    "sides": Part("sides", tuple(FUNCTIONS), "accuracy", 10),
    "numbers": Part("numbers", tuple(FUNCTIONS), "rmse", 10),
    "real": Part(
        "real",
        ("digits", f"digits{FEW}", "satellite", f"satellite{FEW}", "vowel", "airfoil", "energy"),
        "",
        5,
    ),
}
"""By name: what is run, with how many seeds."""
