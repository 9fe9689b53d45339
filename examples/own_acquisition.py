"""An acquisition of your own: named, composed, checked against the laws, and compared with random."""

from dataclasses import dataclass

import numpy as np
from sklearn.datasets import load_wine

from querist import Density, simulate
from querist.acquisition import Acquisition
from querist.specs import named
from querist.testing import check_acquisition


@named("examples/rare")
@dataclass(frozen=True)
class Rare(Acquisition):
    """How much the model expects of its rarest class: asks for what there is little of."""

    def __call__(self, prediction):
        proba = prediction.proba
        return proba[:, np.argmin(proba.sum(axis=0))]


check_acquisition(Rare())
x, y = load_wine(return_X_y=True)
x = (x - x.mean(axis=0)) / x.std(axis=0)
strategies = {"rare": Rare(), "rare, and typical": Rare() * Density()}
curves = simulate(x, y, strategies=strategies, seeds=3, budget=30, workers=1)
print(curves.table(metric="balanced_accuracy"))
