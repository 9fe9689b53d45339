"""Small networks in the loop: Gal, Islam & Ghahramani (2017), ways to draw from a network, batches.

    QUERIST_DATA=... python benchmarks/deep.py          run what is missing, then write the page
    python benchmarks/deep.py --parts gal --seed 1      one part, one seed; --runs FILE keeps it elsewhere
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
GAL_POOL, MASKS = 10_000, 100
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
        _run(given.parts, range(given.seeds) if given.seed is None else [given.seed], given.runs, given.arms)
    if not given.runs.is_file():
        raise SystemExit(f"{given.runs} is not there: run without --report first.")
    if given.runs == RUNS:
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


def paper_s(classes: int) -> Any:
    """The network of Gal's paper: two convolutions of 32, a hidden layer of 128, dropout after both."""
    from torch import nn

    return nn.Sequential(
        nn.Unflatten(1, (1, 28, 28)),
        nn.Conv2d(1, 32, 4), nn.ReLU(),
        nn.Conv2d(32, 32, 4), nn.ReLU(), nn.MaxPool2d(2), nn.Dropout(0.25), nn.Flatten(),
        nn.Linear(32 * 11 * 11, 128), nn.ReLU(), nn.Dropout(0.5), nn.Linear(128, classes),
    )  # fmt: skip


def paper_s_model() -> Any:
    """It, trained until more steps change little."""
    from querist.models.torch import MonteCarloDropout, TorchModel, Training

    training = Training(epochs=100, least_steps=600, weight_decay=0.01, schedule="cosine", held_back=0.0)
    return TorchModel(paper_s, posterior=MonteCarloDropout(average=MEMBERS), training=training)


def models() -> dict[str, Any]:
    """One small network, and the ways to draw from it."""
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
        epochs=30,
        least_steps=150,
        batch=32,
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


def experiments(part: str, seeds: Sequence[int], only: Sequence[str] = ()) -> Experiment:
    """The experiment of a part of the page, or of some of its arms."""
    every = models()
    usual = {"pool": POOL, "start": 20, "start_by": "class", "metrics": ("accuracy", "ece", "log_loss")}
    one = {"MC dropout": every["MC dropout"]}
    if part == "gal":
        asked = {name: {"name": name, "members": MASKS} for name in TOLD if name != "random"}
        asked["entropy"] = {"name": "entropy"}  # of the probabilities, which are a mean of draws already
        asked = {name: one for name, one in asked.items() if not only or name in only}
        how = {**usual, "pool": GAL_POOL, "budget": 300}
        network = {"MC dropout": paper_s_model()}
        return Experiment.of(pictures("image_mnist", "MNIST"), asked, network, 10, seeds, **how)
    if part == "batches":
        arms = [one for one in BATCHED if not only or one in only]
        fashion = pictures("image_fashion_mnist", "Fashion-MNIST")
        return Experiment.of(fashion, arms, one, 20, seeds, budget=300, **usual)
    digits = pictures("image_mnist", "posteriors on MNIST")
    every = {name: model for name, model in every.items() if not only or name in only}
    return Experiment.of(digits, ["bald"], every, 30, seeds, budget=200, **usual)


PARTS = ("gal", "batches", "posteriors")
BATCHED = ("margin", "badge", "batch_bald", "epig", "uherding")


def pictures(name: str, title: str) -> Dataset:
    """A set of pictures with a fixed part of its test set."""
    whole = load_dataset(name)
    assert whole.test is not None
    x, y = whole.test
    held = np.sort(np.random.default_rng(0).permutation(len(y))[:TESTED])
    return Dataset(title, whole.x, whole.y, test=(x[held], y[held]))


def _run(parts: Sequence[str], seeds: Sequence[int], runs: Path, only: Sequence[str]) -> None:
    import torch

    torch.set_num_threads(1)
    runs.parent.mkdir(exist_ok=True)
    for seed in seeds:
        for part in parts:
            where = f"seed {seed}, {part}:"
            experiments(part, [seed], only).run(
                runs,
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
    return "\n\n".join(
        (GAL.format(seeds=_seeds(curves), masks=MASKS, pool=GAL_POOL).strip(), picture, table, _gains(curves))
    )


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
    return POSTERIORS.format(seeds=_seeds(curves), small=POOL).strip() + "\n\n" + "\n".join(lines)


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
        f"{BATCHES.format(seeds=_seeds(curves), small=POOL).strip()}\n\n"
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
    parser.add_argument("--arms", nargs="+", default=[], help="only these strategies, or ways to draw")
    parser.add_argument("--seeds", type=int, default=SEEDS, help="how many, from 0 on")
    parser.add_argument("--seed", type=int, help="this one alone")
    parser.add_argument("--runs", type=Path, default=RUNS)
    return parser.parse_args()


HEAD = f"""
# Networks in the loop, measured

<!-- Written by benchmarks/deep.py; do not edit. -->

<!-- not run: it takes hours of a processor, and data that do not come with querist -->
```sh
QUERIST_DATA=/path/to/data python benchmarks/deep.py
```

**Protocol.** 20 random first labels, one of each class among them; networks are trained from scratch each
round, by AdamW with a rate that falls along a cosine, with no held-back labels. Accuracy is on {TESTED:,}
pictures of the test set, the same for all; `proba` is the mean of {MEMBERS} members. Random runs beside, with
the same splits, first labels and seeds. The seeds are few and the intervals wide.

**Train to the end.** Whether doubt of a network is worth asking by hangs on its training more than on the
acquisition. A network a third as wide (12 and 24 channels, 64 hidden units) with 150 steps at least leaves
the hard pictures unlearnt that BALD chooses: by it, BALD stood 2.1 points *below* random on the very task
below (three seeds), and with 120 or 250 steps it was as bad or worse. Its draws were right: against draws by
hand, with a mask for each picture, the scores correlate by .96 to .98. The network of the paper with 600
steps puts it above random. `Training(epochs=...)` grows with the labels, `least_steps` alone does not.
"""

GAL = """
## BALD and its fellows (Gal, Islam & Ghahramani 2017)

MNIST, 10 labels a round, {seeds}; the network of the paper (two convolutions of 32, dropout 0.25, a hidden
layer of 128, dropout 0.5), 100 passes over the labels and 600 steps at least; {masks} masks, a pool of
{pool:,} pictures, all of it scored.

The paper finds variation ratios, BALD and entropy far ahead of random, and mean STD between. Here, too,
each of the four is ahead of random, and variation ratios are first; mean STD does better than there. The
pool of the paper is larger, its weight decay is tuned on 100 further labels, and it goes on to 1,000 labels:
here it ends at 300, before 5 % error. This part ran on an accelerator (H100), in some two minutes a strategy
and seed.
"""

POSTERIORS = """
## Ways to draw from the same network

MNIST, 30 labels a round, {seeds}, a pool of {small:,}; what is measured is what is asked by. The network is
the small one of above, 30 passes and 150 steps at least, which is hard on BALD: read the differences between
the posteriors, less those to random. *Training* and *a batch* (choosing 30 of the pool) are medians over the
rounds, of one thread on a busy machine: compare them with one another only. An ensemble trains five times as
long, and is the best calibrated of those that are any good.
"""

BATCHES = """
## Batches of twenty

Fashion-MNIST, 20 labels a round, {seeds}, a pool of {small:,}, MC dropout, the small network. *Gain of area*
is the mean height of the curve above random's, paired by seed, with its 95 % interval where there is more
than one.
"""

if __name__ == "__main__":
    raise SystemExit(main())
