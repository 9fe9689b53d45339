"""An acquisition of your own: named, composed, checked against the laws, and compared with random."""

from dataclasses import dataclass

import numpy as np
from sklearn.datasets import load_wine

from querist import Density, Rank, simulate
from querist.acquisition import Acquisition
from querist.specs import named
from querist.testing import check_acquisition


@named("examples/twilight")
@dataclass(frozen=True)
class Twilight(Acquisition):
    """How near the likeliest class comes to a given probability: neither certain nor lost."""

    at: float = 0.6

    def __call__(self, prediction):
        return -np.abs(prediction.proba.max(axis=1) - self.at)


check_acquisition(Twilight())
x, y = load_wine(return_X_y=True)
x = (x - x.mean(axis=0)) / x.std(axis=0)
strategies = {"twilight": Twilight(), "twilight, and typical": Rank(Twilight()) + Rank(Density())}
curves = simulate(x, y, strategies=strategies, seeds=3, budget=30, workers=1)
print(curves.table())
