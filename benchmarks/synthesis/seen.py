"""What made items look like: walks along the boundary of 2-D functions, and made digits that are judged."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
from functions import FUNCTIONS, sides_of
from sets import ROOT, SHAPE, judge, real_set
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC

from querist import Campaign, Classification, Pool
from querist.acquisition import Boundary, Margin
from querist.data import Box
from querist.evaluation.picture import INK, drawing, save
from querist.synthesis import Between, Bisection, Climb, Filling, Latent, Realism, Synthesised, VaeLatent

__all__ = ["SEEN", "see"]

SEEN = ROOT / "docs" / "benchmarks" / "data" / "synthesis-digits-seen.json"
PICTURES = ROOT / "docs" / "pictures"
_FUNCTIONS = ("branin", "six-hump camel", "himmelblau")
_QUESTIONS, _START, _SHOWN, _SEEDS = 60, 6, 14, 3
_MADE, _BATCH = 150, 10


def see() -> None:
    """Draw both pictures, and keep how many made digits the judge does not recognise."""
    with drawing("synthesis-walk.svg"):
        save(_walks(), PICTURES / "synthesis-walk.svg")
    made = {name: _made_digits(strategy) for name, strategy in _recipes().items()}
    SEEN.parent.mkdir(parents=True, exist_ok=True)
    SEEN.write_text(json.dumps(_judged(made), indent=1) + "\n", encoding="utf-8")
    with drawing("synthesis-digits.png"):
        save(_digits(made), PICTURES / "synthesis-digits.png")


# ---------------------------------------------------------------- walks


def _walks() -> Any:
    from matplotlib.figure import Figure

    arms = ("filling", "bisection", "made: explore")
    figure = Figure(figsize=(8.4, 8.6), layout="constrained")
    axes = figure.subplots(len(_FUNCTIONS), len(arms))
    grid = np.stack(np.meshgrid(*[np.linspace(0, 1, 160)] * 2), axis=-1)
    for row, name in enumerate(_FUNCTIONS):
        function = FUNCTIONS[name]
        height = function.at(grid.reshape(-1, 2)).reshape(160, 160)
        for column, arm in enumerate(arms):
            axis = axes[row, column]
            axis.contour(
                grid[..., 0], grid[..., 1], height, levels=[function.level], colors=[INK], linewidths=1
            )
            asked = _asked(name, arm)
            colours = np.linspace(0.25, 1.0, len(asked))
            axis.scatter(*asked.T, s=14, c=colours, cmap="Oranges", vmin=0, vmax=1.1, zorder=3)
            axis.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), xticks=[], yticks=[], aspect="equal")
            axis.patch.set_alpha(0)
            if row == 0:
                axis.set_title(arm, loc="left")
            if column == 0:
                axis.set_ylabel(name)
    return figure


def _asked(name: str, arm: str) -> np.ndarray:
    """The points that an arm asks about, in order."""
    data, box = sides_of(FUNCTIONS[name]), FUNCTIONS[name].box
    strategies = {
        "filling": Filling(box),
        "bisection": Bisection(box),
        "made: explore": Synthesised(Boundary(), box, Between(pairs=32), explore=0.3),
    }
    pool = Pool(data.x[:_START])
    model = SVC(C=1000, gamma="scale")
    campaign = Campaign(pool, Classification(data.classes), strategy=strategies[arm], model=model, seed=1)
    campaign.tell(dict(enumerate(data.y[:_START].tolist())))
    points = []
    for _ in range(_QUESTIONS):
        (query,) = campaign.ask()
        points.append(query.features)
        campaign.tell(query, data.answers(np.array([query.features]))[0])
    return np.array(points)


# ---------------------------------------------------------------- digits


def _recipes() -> dict[str, Synthesised]:
    pca, between = Latent(30, shape=SHAPE), Between(pairs=48)
    vae = VaeLatent(shape=SHAPE)
    return {
        "made: VAE": Synthesised(Margin(), vae, between, realism=Realism(strict=0.8), nearest=False),
        "made: VAE, shown": Synthesised(
            Margin(), vae, between, realism=Realism(strict=0.8, shown=True), nearest=False
        ),
        "made: VAE, no filter": Synthesised(Margin(), vae, between),
        "made: PCA": Synthesised(Margin(), pca, between, realism=Realism(strict=0.3), nearest=False),
        "made: any pixels": Synthesised(
            Margin(), Box(((0.0, 1.0),) * 784), Climb(starts=16, rounds=6), spread=0.0
        ),
    }


def _made_digits(strategy: Synthesised) -> list[np.ndarray]:
    """Of each seed the images that a campaign of 10 real labels makes, in the order of asking."""
    data, lots = real_set("digits"), []
    for seed in range(_SEEDS):
        rows = np.sort(np.random.default_rng(seed).permutation(5000)[:2000])
        pool, y = Pool(data.x[rows]), data.y[rows]
        model = LogisticRegression(C=0.1, max_iter=300)
        campaign = Campaign(pool, Classification(data.classes), strategy=strategy, model=model, seed=seed)
        first = [int(np.flatnonzero(y == one)[0]) for one in data.classes]
        campaign.tell({row: str(y[row]) for row in first})
        images: list[np.ndarray] = []
        while len(images) < _MADE:
            queries = [one for one in campaign.ask(_BATCH) if one.made]
            told = np.array([one.features for one in queries])
            for query, value in zip(queries, data.answers(told), strict=True):
                campaign.tell(query, value)
            images.extend(told)
        lots.append(np.array(images[:_MADE]))
    return lots


def _judged(made: dict[str, list[np.ndarray]]) -> dict[str, Any]:
    """The share of images in which the judge sees no digit: surer of fewer real ones than one in twenty."""
    forest, (x, y) = judge()
    sure = forest.predict_proba(x).max(axis=1)
    bar = float(np.quantile(sure, 0.05))
    told: dict[str, Any] = {
        "accuracy of the judge": round(float(forest.score(x, y)), 4),
        "bar": round(bar, 4),
        "real": round(float((sure < bar).mean()), 4),
    }
    for name, lots in made.items():
        shares = [float((forest.predict_proba(images).max(axis=1) < bar).mean()) for images in lots]
        told[name] = {
            "unrecognised": round(float(np.mean(shares)), 4),
            "by seed": np.round(shares, 4).tolist(),
        }
    return told


def _digits(made: dict[str, Sequence[np.ndarray]]) -> Any:
    from matplotlib.figure import Figure

    real = real_set("digits").x[:5000:350][:_SHOWN]
    lots = {"real": real, **{name: lots[0][:: _MADE // _SHOWN][:_SHOWN] for name, lots in made.items()}}
    figure = Figure(figsize=(9.2, 0.78 * len(lots)), layout="constrained")
    axes = figure.subplots(len(lots), _SHOWN)
    for row, (name, images) in enumerate(lots.items()):
        for column, image in enumerate(images):
            axis = axes[row, column]
            axis.imshow(1 - image.reshape(SHAPE), cmap="gray", vmin=0, vmax=1)
            axis.set(xticks=[], yticks=[])
            for spine in axis.spines.values():
                spine.set_visible(False)
        axes[row, 0].set_ylabel(name, rotation=0, ha="right", va="center")
    return figure
