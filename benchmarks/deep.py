"""Small networks in the loop: Gal, Islam & Ghahramani (2017), ways to draw from a network, batches.

    QUERIST_DATA=... python benchmarks/deep.py          run what is missing, then write the page
    python benchmarks/deep.py --report                  only write docs/benchmarks/deep.md and its pictures

Every run is added to build/deep.jsonl as soon as it is done; what was ended goes on where it was, seed by
seed, so that what there is at any moment can be compared.  --parts and --seeds choose less.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from querist.evaluation import Curves, Dataset, Experiment, load_dataset
from querist.evaluation.statistics import interval

ROOT = Path(__file__).parents[1]
RUNS = ROOT / "build" / "deep.jsonl"
PAGE = ROOT / "docs" / "benchmarks" / "deep.md"
PICTURES = ROOT / "docs" / "pictures"
SEEDS, POOL, TESTED, MEMBERS = 3, 3_000, 2_000, 20
TOLD = {
    "bald": "BALD",
    "variation_ratio": "variation ratios",
    "entropy": "entropy",
    "mean_std": "mean STD",
    "random": "random",
}


def main() -> int:
    """Run what is asked for and not there yet, then write the page."""
    given = _arguments()
    if not given.report:
        _run(given.parts, given.seeds)
    if not RUNS.is_file():
        raise SystemExit(f"{RUNS} is not there: run without --report first.")
    write(Curves.read(RUNS))
    return 0


def cnn(classes: int) -> Any:
    """Two convolutions and a hidden layer, with dropout where Gal's network has it; a third as wide."""
    from torch import nn

    return nn.Sequential(
        nn.Unflatten(1, (1, 28, 28)),
        nn.Conv2d(1, 12, 5, stride=2), nn.ReLU(),
        nn.Conv2d(12, 24, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Dropout(0.25), nn.Linear(24 * 25, 64), nn.ReLU(), nn.Dropout(0.5), nn.Linear(64, classes),
    )  # fmt: skip


def models(epochs: int = 1, least_steps: int = 250, batch: int = 16) -> dict[str, Any]:
    """One network, and the ways to draw from it; so many passes over the labels, and steps at least."""
    from querist.models.torch import (
        DeepEnsemble,
        DistanceAware,
        LastLayerLaplace,
        MonteCarloDropout,
        Snapshots,
        TorchModel,
        Training,
    )

    training = Training(
        epochs=epochs,
        least_steps=least_steps,
        batch=batch,
        learning_rate=4e-3,
        weight_decay=0.3,
        schedule="cosine",
        held_back=0.0,
    )

    def network(posterior: Any) -> TorchModel:
        return TorchModel(cnn, posterior=posterior, training=training)

    return {
        "MC dropout": network(MonteCarloDropout(average=MEMBERS)),
        "last-layer Laplace": network(LastLayerLaplace()),
        "snapshots (5)": network(Snapshots(cycles=5)),
        "distance-aware": network(DistanceAware(features=256)),
        "ensemble (5)": DeepEnsemble(network(None), 5),
    }


def experiments(part: str, seeds: Sequence[int]) -> Experiment:
    """The experiment of a part of the page."""
    every = models()
    usual = {"pool": POOL, "start": 20, "start_by": "class", "metrics": ("accuracy", "ece", "log_loss")}
    one = {"MC dropout": every["MC dropout"]}
    if part == "gal":
        one = {"MC dropout": models(epochs=30, least_steps=150, batch=32)["MC dropout"]}
        arms = [name for name in TOLD if name != "random"]
        return Experiment.of(pictures("image_mnist", "MNIST"), arms, one, 10, seeds, budget=300, **usual)
    if part == "batches":
        arms = ["margin", "badge", "batch_bald", "epig", "uherding"]
        fashion = pictures("image_fashion_mnist", "Fashion-MNIST")
        return Experiment.of(fashion, arms, one, 20, seeds, budget=300, **usual)
    digits = pictures("image_mnist", "posteriors on MNIST")
    return Experiment.of(digits, ["bald"], every, 30, seeds, budget=200, **usual)


PARTS = ("gal", "batches", "posteriors")


def pictures(name: str, title: str) -> Dataset:
    """A set of pictures with a fixed part of its test set."""
    whole = load_dataset(name)
    assert whole.test is not None
    x, y = whole.test
    held = np.sort(np.random.default_rng(0).permutation(len(y))[:TESTED])
    return Dataset(title, whole.x, whole.y, test=(x[held], y[held]))


def _run(parts: Sequence[str], seeds: int) -> None:
    import torch

    torch.set_num_threads(1)
    RUNS.parent.mkdir(exist_ok=True)
    for seed in range(seeds):
        for part in parts:
            where = f"seed {seed}, {part}:"
            experiments(part, [seed]).run(
                RUNS,
                workers=1,
                progress=lambda done, total, where=where: print(where, done, total, flush=True),
            )


# ---------------------------------------------------------------- the page


def write(curves: Curves) -> None:
    """docs/benchmarks/deep.md and its pictures, of what was kept."""
    told = [HEAD]
    for part, section in (
        ("MNIST", gal),
        ("posteriors on MNIST", posteriors),
        ("Fashion-MNIST", batches),
    ):
        cases = [case for case in curves.datasets if case == part or case.startswith(f"{part}, ")]
        if cases:
            told.append(section(curves.only(*cases)))
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text("\n\n".join(one.strip("\n") for one in told) + "\n", encoding="utf-8")


def gal(curves: Curves) -> str:
    """Accuracy of the acquisitions of the paper, and labels to two errors."""
    shown = _shown(curves, (50, 100, 150, 200, 300))
    lines = _heading("", *(f"@{b}" for b in shown), "labels to 10 % error", "labels to 5 % error")
    for name in [one for one in TOLD if one in curves.strategies]:
        reached = (_labels(curves.labels_to_reach(name, goal)) for goal in (0.90, 0.95))
        lines.append(_row(TOLD[name], *_at(curves, name, shown), *reached))
    curves.picture(PICTURES / "deep-mnist.svg")
    picture = "![Curves, and the difference to random](../pictures/deep-mnist.svg)"
    table = "\n".join(lines)
    return "\n\n".join((GAL.format(seeds=_seeds(curves)).strip(), picture, table, _gains(curves)))


def posteriors(curves: Curves) -> str:
    """Accuracy, calibration and time of the ways to draw, each asked by BALD and at random."""
    shown = _shown(curves, (80, 200), curves.datasets[0])
    asked = [f"{name} @{b}" for b in shown for name in ("BALD", "random")]
    last = f"of BALD @{shown[-1]}"
    lines = _heading("posterior", *asked, f"ECE {last}", f"log loss {last}", "training, s", "a batch, s")
    for case in curves.datasets:
        cells = []
        for budget in shown:
            for name in ("bald", "random"):
                cells += _at(curves, name, (budget,), case)
        for metric in ("ece", "log_loss"):
            cells += _at(curves, "bald", shown[-1:], case, metric, percent=metric == "ece")
        for metric in ("fit_seconds", "seconds"):
            cells.append(f"{np.median(curves.values('bald', metric=metric, dataset=case)[:, 1:]):.1f}")
        lines.append(_row(_model(curves, case), *cells))
    return POSTERIORS.format(seeds=_seeds(curves)).strip() + "\n\n" + "\n".join(lines)


def _model(curves: Curves, case: str) -> str:
    """The model that a case is about."""
    return next(run.model for run in curves.runs if curves.case(run) == case)


def batches(curves: Curves) -> str:
    """Accuracy of strategies that choose twenty together."""
    shown = _shown(curves, (60, 100, 200, 300))
    lines = _heading("", *(f"@{b}" for b in shown), "area", "gain of area", "a batch, s")
    random = curves.area("random")
    for name in curves.strategies:
        area = curves.area(name)
        gain = "" if name == "random" else _paired(area - random)
        asking = float(np.median(curves.values(name, metric="seconds")[:, 1:]))
        lines.append(
            _row(
                name,
                *_at(curves, name, shown),
                f"{area.mean():.1%}".replace("%", " %"),
                gain,
                f"{asking:.1f}",
            )
        )
    curves.picture(PICTURES / "deep-fashion.svg")
    return (
        f"{BATCHES.format(seeds=_seeds(curves)).strip()}\n\n"
        "![Curves, and the difference to random](../pictures/deep-fashion.svg)\n\n" + "\n".join(lines)
    )


def _gains(curves: Curves) -> str:
    random = curves.area("random")
    told = [
        f"{TOLD[name]} {_paired(curves.area(name) - random)}"
        for name in TOLD
        if name in curves.strategies and name != "random"
    ]
    return f"Mean height of the curve above random's, paired by seed: {', '.join(told)}."


def _paired(differences: np.ndarray) -> str:
    """The mean of the differences, with its half-width where there is more than one."""
    means, halves = interval(differences[:, None], 0.95)
    mean, half = float(means[0]), float(halves[0])
    told = f"{mean:+.2%} ± {half:.2%}" if np.isfinite(half) else f"{mean:+.2%}"
    return told.replace("%", " %")


def _seeds(curves: Curves) -> str:
    n = len(curves.seeds_of(curves.datasets[0]))
    return "one seed" if n == 1 else f"{n} seeds"


def _shown(curves: Curves, wanted: Sequence[int], case: str | None = None) -> list[int]:
    there = curves.budgets_of(case)
    return [one for one in wanted if one in there]


def _at(
    curves: Curves,
    name: str,
    budgets: Sequence[int],
    case: str | None = None,
    metric: str = "accuracy",
    *,
    percent: bool = True,
) -> list[str]:
    means = dict(zip(curves.budgets_of(case), curves.mean(name, metric=metric, dataset=case), strict=True))
    return [f"{means[one]:.1%}".replace("%", " %") if percent else f"{means[one]:.3f}" for one in budgets]


def _labels(number: float) -> str:
    return f"{number:.0f}" if np.isfinite(number) else "not reached"


def _heading(*cells: Any) -> list[str]:
    return [_row(*cells), "|---|" + "---:|" * (len(cells) - 1)]


def _row(*cells: Any) -> str:
    return f"| {' | '.join(map(str, cells))} |"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--report", action="store_true", help="only write the page")
    parser.add_argument("--parts", nargs="+", default=list(PARTS), choices=PARTS)
    parser.add_argument("--seeds", type=int, default=SEEDS)
    return parser.parse_args()


HEAD = f"""
# Networks in the loop, measured

<!-- Written by benchmarks/deep.py; do not edit. -->

<!-- not run: it takes an hour of one core, and data that do not come with querist -->
```sh
QUERIST_DATA=/path/to/data python benchmarks/deep.py
```

**Protocol.** 20 random first labels, one of each class among them; the pool of a seed is {POOL:,} pictures
drawn from the 20,000 there are, and all of it is scored each round; accuracy is on {TESTED:,} pictures of
the test set, the same for all. The network is small, so that it trains in a second on one core: two
convolutions (12 channels of 5 x 5 at every second pixel, 24 of 3 x 3, pooling), dropout 0.25, a hidden
layer of 64, dropout 0.5; AdamW with a rate that falls along a cosine, from scratch each round, with no
held-back labels. `proba` and `draws` are of {MEMBERS} members. Random runs beside, with the same splits,
first labels and seeds. Times are of one thread on a machine that had much other work: compare them with one
another only. The seeds are few and the intervals wide: they settle no order.

**Train to the end.** The more labels, the more steps: with 250 steps of 16 pictures whatever the labels,
BALD rose to 89.5 % at 150 labels and fell to 82.5 % at 300, where random stood at 90.0 %; with 120 steps at
a constant rate it stood at 82 % where random stood at 89 % (one seed each). Trained for longer on the very
same 300 pictures, the network gains most on those that BALD chose. `Training(epochs=...)` grows with the
labels, `least_steps` alone does not; `schedule="cosine"` lets it settle.
"""

GAL = """
## BALD and its fellows (Gal, Islam & Ghahramani 2017)

MNIST, 10 labels a round, {seeds}; 30 passes over the labels with batches of 32, 150 steps at least. The
paper finds BALD, variation ratios and entropy far ahead of random, and mean STD behind them. Its network is
some three times as wide and trained for longer, its pool is all of MNIST, and it asks 100 masks where these
are 20: the labels that the acquisitions take cannot be compared.

Variation ratios and entropy come out ahead of random at the end, as there. **BALD does not**: it is near
random or behind it until late, by this small network and these short trainings. Why is open; more masks and
longer trainings are the first to try. Ask a network like this one by variation ratios or entropy.
"""

POSTERIORS = """
## Ways to draw from the same network

MNIST, 30 labels a round, {seeds}; what is measured is what is asked by. The trainings are the short ones,
250 steps with batches of 16, which is hard on BALD (see above): read the differences between the
posteriors, less those to random. *Training* and *a batch* (choosing 30 of the pool) are medians over the
rounds. An ensemble trains five times as long.
"""

BATCHES = """
## Batches of twenty

Fashion-MNIST, 20 labels a round, {seeds}, MC dropout, the short trainings. *Gain of area* is the mean
height of the curve above random's, paired by seed, with its 95 % interval where there is more than one.
"""

if __name__ == "__main__":
    raise SystemExit(main())
