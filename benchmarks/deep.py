"""Small networks in the loop: Gal, Islam & Ghahramani (2017), ways to draw from a network, batches.

    QUERIST_DATA=... python benchmarks/deep.py          run what is missing, then write the page
    python benchmarks/deep.py --parts gal --seed 1      one part, one seed; --runs FILE keeps it elsewhere
    python benchmarks/deep.py --minutes 9               ends then; what is under way is kept as far as it came
    python benchmarks/deep.py --report                  only write docs/benchmarks/deep.md and its pictures

Every run is added to build/deep.jsonl as soon as it is done; what was ended goes on where it was, seed by
seed, so that what there is at any moment can be compared.  --parts and --seeds choose less.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from querist.evaluation import Curves, Dataset, Experiment, Results, load_dataset
from querist.evaluation.replaying import Plan
from querist.evaluation.statistics import interval

ROOT = Path(__file__).parents[1]
RUNS = ROOT / "build" / "deep.jsonl"
PAGE = ROOT / "docs" / "benchmarks" / "deep.md"
PICTURES = ROOT / "docs" / "pictures"
POOL, TESTED, MEMBERS = 3_000, 2_000, 20
SEEDS = {"gal": 3, "far": 1, "batches": 5, "few": 5, "posteriors": 3}
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
        _run(given)
    if not given.runs.is_file():
        raise SystemExit(f"{given.runs} is not there: run without --report first.")
    if given.runs == RUNS:
        write(Curves.read(RUNS))
    return 0


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
    import torch

    from querist.models.torch import MonteCarloDropout, TorchModel, Training

    training = Training(epochs=100, least_steps=600, weight_decay=0.01, schedule="cosine", held_back=0.0)
    batch = 2048 if torch.cuda.is_available() else 512  # of what is asked: it tells the same
    posterior = MonteCarloDropout(average=MEMBERS)
    return TorchModel(paper_s, posterior=posterior, training=training, batch=batch)


def head(posterior: Any) -> Any:
    """A hidden layer with dropout on the features of an encoder, trained until more steps change little."""
    from querist.models.torch import TorchModel, Training
    from querist.models.torch.networks import Perceptron

    training = Training(
        epochs=60, least_steps=300, learning_rate=2e-3, weight_decay=0.01, schedule="cosine", held_back=0.0
    )
    return TorchModel(Perceptron(hidden=(128,), dropout=0.3), posterior=posterior, training=training)


def models() -> dict[str, Any]:
    """One head, and the ways to draw from it."""
    from querist.models.torch import (
        DeepEnsemble,
        DistanceAware,
        LastLayerLaplace,
        MonteCarloDropout,
        Snapshots,
    )

    return {
        "MC dropout": head(MonteCarloDropout(average=MEMBERS)),
        "last-layer Laplace": head(LastLayerLaplace()),
        "snapshots (5)": head(Snapshots(cycles=5)),
        "distance-aware": head(DistanceAware(features=256)),
        "ensemble (5)": DeepEnsemble(head(None), 5),
    }


def experiments(part: str, seeds: Sequence[int], only: Sequence[str] = ()) -> Experiment:
    """The experiment of a part of the page, or of some of its arms."""
    usual = {"start": 20, "start_by": "class", "metrics": ("accuracy", "ece", "log_loss")}
    if part == "gal":
        asked = {name: {"name": name, "members": MASKS} for name in TOLD if name != "random"}
        asked["entropy"] = {"name": "entropy"}  # of the probabilities, which are a mean of draws already
        asked = {name: one for name, one in asked.items() if not only or name in only}
        how = {**usual, "pool": GAL_POOL, "budget": 1000}
        network = {"MC dropout": paper_s_model()}
        return Experiment.of(pictures("image_mnist", "MNIST"), asked, network, 10, seeds, **how)
    if part == "far":
        asked = {name: {"name": name, "members": MASKS} for name in only or ("bald",) if name != "random"}
        how = {**usual, "pool": GAL_POOL, "budget": 1000}
        network = {"MC dropout": paper_s_model()}
        return Experiment.of(pictures("image_mnist", FAR), asked, network, 49, seeds, **how)
    heads = models()
    if part in ("batches", "few"):
        arms = {name: one for name, one in BATCHED.items() if not only or name in only}
        one = {"MC dropout": heads["MC dropout"]}
        batch, budget = (BATCH, 480) if part == "batches" else (SMALL, 220)
        usual["start"] = batch
        return Experiment.of(described(FASHION), arms, one, batch, seeds, pool=POOL, budget=budget, **usual)
    heads = {name: model for name, model in heads.items() if not only or name in only}
    arms = {"bald": drawn("bald")}
    return Experiment.of(described(DRAWS), arms, heads, 20, seeds, pool=POOL, budget=220, **usual)


def drawn(acquisition: str) -> dict[str, Any]:
    """A strategy that draws its batch, rows of high scores the likelier."""
    return {"name": "scored", "acquisition": {"name": acquisition}, "selector": {"name": "stochastic"}}


PARTS = ("gal", "far", "batches", "few", "posteriors")
FAR = "a thousand labels of MNIST"
FASHION, BATCH, SMALL = "heads on Fashion-MNIST", 40, 20
DRAWS = "posteriors on Fashion-MNIST"
BATCHED: dict[str, Any] = {
    **{name: name for name in ("margin", "badge", "batch_bald", "epig", "uherding")},
    "epig, drawn": drawn("epig"),
}


def pictures(name: str, title: str) -> Dataset:
    """A set of pictures with a fixed part of its test set."""
    whole = load_dataset(name)
    assert whole.test is not None
    x, y = whole.test
    held = np.sort(np.random.default_rng(0).permutation(len(y))[:TESTED])
    return Dataset(title, whole.x, whole.y, test=(x[held], y[held]))


def described(title: str) -> Dataset:
    """Pictures of Fashion-MNIST as the encoder "shapes" sees them."""
    from networks import rows

    given = rows("image_fashion_mnist", "shapes")
    return Dataset(title, given.x, given.y, test=(given.test, given.truth), task="classes")


def _run(given: argparse.Namespace) -> None:
    import torch

    torch.set_num_threads(1)
    given.runs.parent.mkdir(exist_ok=True)
    seeds = {
        part: range(given.seeds or SEEDS[part]) if given.seed is None else (given.seed,)
        for part in given.parts
    }
    with Results(given.runs) as kept:
        for one in sorted(set().union(*seeds.values())):
            for part in (part for part in given.parts if one in seeds[part]):
                for plan in wanted(part, one, given.arms):
                    if plan.id not in kept.runs and not given.over():
                        kept.add(plan.run(given.over))
                        print(f"seed {one}, {part}: {plan.title}", flush=True)


def wanted(part: str, seed: int, arms: Sequence[str]) -> list[Plan]:
    """The runs of a part with one seed: all, or of the strategies or the ways to draw that are named."""
    plans = experiments(part, [seed], arms).plans()
    return [plan for plan in plans if not arms or {plan.title, plan.model_title} & set(arms)]


# ---------------------------------------------------------------- the page


def write(curves: Curves) -> None:
    """docs/benchmarks/deep.md and its pictures, of what was kept."""
    told = [HEAD]
    for title, batch, section in (
        ("MNIST", 10, gal),
        (FAR, 49, far),
        (DRAWS, 20, posteriors),
        (FASHION, BATCH, batches),
        (FASHION, SMALL, few),
    ):
        runs = tuple(run for run in curves.runs if (run.dataset, run.batch) == (title, batch))
        if runs:
            told.append(section(Curves(runs)))
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text("\n\n".join(one.strip("\n") for one in told) + "\n", encoding="utf-8")


def gal(curves: Curves) -> str:
    """Accuracy of the acquisitions of the paper, and labels to some errors."""
    shown, errors = _shown(curves, (50, 100, 200, 300, 500, 750, 1000)), (10, 5, 3)
    lines = _heading("", *(f"@{b}" for b in shown), *(f"labels to {error} % error" for error in errors))
    for name in [one for one in TOLD if one in curves.strategies]:
        reached = (_labels(curves.labels_to_reach(name, 1 - error / 100)) for error in errors)
        lines.append(_row(TOLD[name], *_at(curves, name, shown), *reached))
    curves.picture(PICTURES / "deep-mnist.svg")
    picture = "![Curves, and the difference to random](../pictures/deep-mnist.svg)"
    table = "\n".join(lines)
    gains, seeds = _gains(curves), len(curves.seeds_of(curves.datasets[0]))
    more = [name for name in TOLD if sum(run.strategy == name for run in curves.runs) > seeds]
    if len(more) > 1 and "random" in more:  # with which seeds of their own count
        further = Curves(tuple(run for run in curves.runs if run.strategy in more))
        gains += f" Of {_seeds(further)}, which not all have: {_gains(further).rpartition(': ')[2]}"
    told = GAL.format(seeds=_seeds(curves), masks=MASKS, pool=GAL_POOL).strip()
    return "\n\n".join((told, picture, table, gains))


def far(curves: Curves) -> str:
    """Accuracy of BALD as far, in larger batches."""
    shown = _shown(curves, (118, 216, 314, 510, 706, 853, 1000))
    lines = _heading("", *(f"@{b}" for b in shown), "labels to 5 % error", "labels to 3 % error")
    for name in [one for one in TOLD if one in curves.strategies]:
        reached = (_labels(curves.labels_to_reach(name, goal)) for goal in (0.95, 0.97))
        lines.append(_row(TOLD[name], *_at(curves, name, shown), *reached))
    return FAR_TOLD.format(seeds=_seeds(curves)).strip() + "\n\n" + "\n".join(lines)


def posteriors(curves: Curves) -> str:
    """Accuracy, calibration and time of the ways to draw, each asked by BALD and at random."""
    shown = _shown(curves, (100, 220), curves.datasets[0])
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
    """Accuracy of strategies that choose forty together."""
    curves.picture(PICTURES / "deep-fashion.svg")
    picture = "![Curves, and the difference to random](../pictures/deep-fashion.svg)"
    told = BATCHES.format(seeds=_seeds(curves), small=POOL).strip()
    return "\n\n".join((told, picture, _batches(curves, (80, 160, 240, 320, 480))))


def few(curves: Curves) -> str:
    """The same with twenty at a time, and fewer labels in all."""
    told = FEW_TOLD.format(seeds=_seeds(curves)).strip()
    return f"{told}\n\n{_batches(curves, (60, 100, 160, 220))}"


def _batches(curves: Curves, wanted: Sequence[int]) -> str:
    shown, random = _shown(curves, wanted), curves.area("random")
    lines = _heading("", *(f"@{b}" for b in shown), "area", "gain of area", "a batch, s")
    for name in curves.strategies:
        area = curves.area(name)
        gain = "" if name == "random" else _paired(area - random)
        asking = float(np.median(curves.values(name, metric="seconds")[:, 1:]))
        height = f"{area.mean():.1%}".replace("%", " %")
        lines.append(_row(name, *_at(curves, name, shown), height, gain, f"{asking:.1f}"))
    return "\n".join(lines)


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
    parser.add_argument("--seeds", type=int, help="how many, from 0 on [3; 5 of batches]")
    parser.add_argument("--seed", type=int, help="this one alone")
    parser.add_argument("--runs", type=Path, default=RUNS)
    parser.add_argument("--minutes", type=float, default=np.inf, help="to end in; no end if not given")
    given = parser.parse_args()
    end = time.monotonic() + 60 * given.minutes
    given.over = lambda: time.monotonic() > end
    return given


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
the same splits, first labels and seeds. The seeds are few.

Those 20 are 40 in batches of forty. Where a part says so, the network is a head on features that stay.

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

The paper finds variation ratios, BALD and entropy far ahead of random, variation ratios first, and mean STD
between. So it is here, but that mean STD is as good as BALD and entropy: to 5 % error random takes between
two and three times as many labels as any of the four, and for 3 % its thousand are not enough. From 370
labels on each of the four is ahead of random in every seed and at every measurement, by 3 to 4 points on
average; variation ratios are from 60 on, the others in some two thirds of the measurements up to 200. The
pool of the paper is larger, and its weight decay is tuned on 100 further labels.

The runs, 98 rounds each, were made side by side in under six and a half minutes on one accelerator (H200,
shared by CUDA's MPS) with 16 cores. Of the time of a run of BALD, which it has in part waited for the others,
310 s are training (1.5 s in a round of 600 steps, 3.7 s in one of 1,600) and 54 s scoring. One core of a
processor takes 44 s a round at 300 labels and 63 s at 1,000: more than an hour for one run.
"""

FAR_TOLD = """
### In larger batches

The same network, masks and pool with 49 labels a round, {seeds}, on one core of a processor (half an hour of
its time). In batches of the 49 best scores, which are much alike, BALD begins far behind random, as it does
not by tens, and is ahead from 314 labels on. At the end it is where the tens are.
"""

POSTERIORS = """
## Ways to draw from the same network

Fashion-MNIST, described by the encoder "shapes"; a head of 128 hidden units with dropout 0.3, trained for
300 steps at least. 20 labels a round, {seeds}, a pool of {small:,}; what is measured is what is asked by.
BALD draws its batch by lot (power 1), for its best twenty are one question twenty times by any posterior.
*Training* and *a batch* (choosing 20 of the pool) are medians over the rounds, of one thread on a busy
machine: compare them with one another only.

By each but snapshots BALD is ahead of its own random at both ends. An ensemble trains five times as long,
and is the best; last-layer Laplace costs one decomposition and is next to it in every column. That was not
so: with the prior under which the *labels* are likeliest, it was
15 points below its own random (MNIST, 200 labels). A network that has told its labels apart bends the
loss nowhere, and such evidence then wants no prior at all: at 100 labels of the head above their mean was
right in 55 % of cases at a mean confidence of 23 %, and what BALD made of them told right from wrong
guesses by an AUC of .64 (.43 at 40 labels); with the prior of the trained weights themselves it is 75 %,
74 % and .81, log loss 0.76 in place of 1.74. The distance-aware process had a fixed prior, too strong by
far; it now has the one of the most evidence (log loss 1.15 in place of 1.60 there, and BALD by it 22
points below random before).
"""

BATCHES = """
## Batches of forty

The same head on Fashion-MNIST, 40 labels first and 40 a round, {seeds}, a pool of {small:,}, MC dropout.
*Gain of area* is the mean height of the curve above random's, paired by seed, with its 95 % interval. The
training was chosen on other seeds. "Drawn" is a batch by lot, rows of high scores the likelier.

By their intervals all are ahead of random but EPIG by its best forty, which is behind it: see below.
"""

FEW_TOLD = """
## Batches of twenty, few labels

As above, 20 labels first and 20 a round, {seeds}. With so few labels only UHerding is clear of random.

**EPIG asks one question twenty times.** Its best twenty after 20 labels: 16 of the same class, at a mean
distance of .62 from each other where twenty random pictures have 1.40 (margin 1.29, BALD 1.21). More
members do not help: a hundred, whose order agrees with that of a thousand by .97 (twenty: .85), did worse
on three seeds not told here. It is meant for one question at a time, and equals EPIG by hand. Drawn by
lot it is no longer behind random, here and in batches of forty.

**BatchBALD had nothing more to ask.** Labels tell twenty members apart, log 20 = 3.0 nats, and no more:
its first ten picks told 2.7 of them, and the other ten, chosen by the noise of the estimate, stood as far
down as 2,000th of 3,000 by what they would tell alone. It was 2.1 points below random on those three
seeds; since then the rest of a batch is drawn by lot once a pick adds less than a tenth of that.
"""

if __name__ == "__main__":
    raise SystemExit(main())
