"""Trains the forest of the strategy "lal", and compares it with random and margin on data that it never saw.

    python benchmarks/train_lal.py                 # trains and writes src/querist/strategies/lal.npz
    QUERIST_DATA=... python benchmarks/train_lal.py --compare

What it learns from are questions asked in simulations: a classifier has some labels of two clouds of
points (or of a table of more features), one more is asked, and the error on points kept apart falls by
so much.  A regression forest learns by how much more than that of the other candidates of the same state,
from what `querist.strategies.lal.lal_features` tells: what they have in common orders nobody.  Three quarters
of the states are sets of labels drawn by lot (LALindependent), one is grown by what was learned so far
(LALiterative).  Half of the classifiers are forests of 50 trees, as in the paper, half logistic
regressions, so that it works with either.  Ten minutes on two cores.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from sklearn.datasets import load_svmlight_file, make_classification
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LogisticRegression

from querist.data import Pool
from querist.evaluation import simulate
from querist.models import as_model
from querist.strategies import LAL, Snapshot, predicted
from querist.strategies.lal import SHIPPED, lal_features

TREES, LEAVES, LEAST = 100, 24, 80  # chosen by cross-validation over states
POOL, TEST, TRIED = 200, 1000, 8
MOST = 50  # labels


def task(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Points of two classes: clouds in the plane of any shape, distance and share, or a made-up table."""
    n = POOL + TEST
    if rng.random() < 0.6:
        y = (rng.random(n) < rng.uniform(0.1, 0.9)).astype(int)
        x = np.empty((n, 2))
        for one in (0, 1):
            spread = rng.normal(size=(2, 2))
            x[y == one] = rng.normal(size=(int((y == one).sum()), 2)) @ spread + rng.normal(size=2) * 1.5
        return x, y
    d = int(rng.integers(2, 11))
    informative = int(rng.integers(2, d + 1))
    x, y = make_classification(
        n,
        d,
        n_informative=informative,
        n_redundant=0,
        n_clusters_per_class=1 if informative < 3 else int(rng.integers(1, 4)),
        weights=[rng.uniform(0.2, 0.8)],
        class_sep=rng.uniform(0.4, 2.0),
        flip_y=rng.uniform(0, 0.1),
        random_state=int(rng.integers(2**31)),
    )
    return x, y


def classifier(rng: np.random.Generator) -> Any:
    if rng.random() < 0.5:
        return as_model(RandomForestClassifier(50, n_jobs=1), classes=[0, 1])
    return as_model(LogisticRegression(max_iter=300), classes=[0, 1])


def state(seed: int, forest: str | None) -> tuple[np.ndarray, np.ndarray]:
    """One state of one campaign: what was told of some candidates, and how the error fell after each."""
    rng = np.random.default_rng(seed)
    x, y = task(rng)
    model, size = classifier(rng), int(2 ** rng.uniform(1, np.log2(MOST)))
    pool, truth, out = x[:POOL], y[:POOL], (x[POOL:], y[POOL:])
    if len(set(truth)) < 2:
        return np.empty((0, 8)), np.empty(0)
    first = [int(rng.choice(np.flatnonzero(truth == one))) for one in (0, 1)]
    if forest is None:
        rest = rng.permutation(np.setdiff1d(np.arange(POOL), first))
        rows = [*first, *rest[: size - 2].tolist()]
    else:
        rows, strategy = first, LAL(forest)
        while len(rows) < size:
            snapshot = known(pool, truth, rows, model)
            rows = [*rows, *strategy.propose(snapshot, max(1, len(rows) // 8)).ids]
    snapshot = known(pool, truth, rows, model)
    before = (snapshot.model.predict(out[0]) != out[1]).mean()
    prediction = predicted(snapshot)
    about, lead, apart = lal_features(snapshot, prediction)
    tried = rng.choice(len(prediction), min(TRIED, len(prediction)), replace=False)
    told, falls = [], []
    for one in tried:
        more = [*rows, int(prediction.rows[one])]
        after = (known(pool, truth, more, model).model.predict(out[0]) != out[1]).mean()
        told.append([*about, lead[one], apart[one]])
        falls.append(before - after)
    return np.array(told), np.array(falls) - np.mean(falls)


def known(pool: np.ndarray, truth: np.ndarray, rows: list[int], model: Any) -> Snapshot:
    fitted = model.fitted(pool[rows], truth[rows].tolist(), seed=0)
    return Snapshot(Pool(pool), labels={row: int(truth[row]) for row in rows}, model=fitted)


def learned(x: np.ndarray, y: np.ndarray) -> RandomForestRegressor:
    return RandomForestRegressor(
        TREES, max_leaf_nodes=LEAVES, min_samples_leaf=LEAST, max_features=0.5, random_state=0, n_jobs=2
    ).fit(x.astype(np.float32), y)


def written(regressor: RandomForestRegressor, path: Path) -> None:
    """The trees as arrays, node after node with the left child behind it; no pickle."""
    features, limits, rights, values, roots = [], [], [], [], []
    for one in regressor.estimators_:
        tree = one.tree_
        roots.append(len(features))
        waiting = [(0, -1)]
        while waiting:
            node, parent = waiting.pop()
            if parent >= 0:
                rights[parent] = len(features)
            leaf = tree.children_left[node] < 0
            place = len(features)
            features.append(-1 if leaf else int(tree.feature[node]))
            limits.append(0.0 if leaf else below(tree.threshold[node]))
            rights.append(0)
            values.append(float(tree.value[node].ravel()[0]) if leaf else 0.0)
            if not leaf:
                waiting += [(tree.children_right[node], place), (tree.children_left[node], -1)]
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(
        path,
        features=np.array(features, dtype=np.int8),
        limits=np.array(limits, dtype=np.float32),
        rights=np.array(rights, dtype=np.int32),
        values=np.array(values, dtype=np.float32),
        roots=np.array(roots, dtype=np.int32),
    )


def below(limit: float) -> np.float32:
    """The largest float32 that is not above: features are float32, so it parts them as the limit does."""
    single = np.float32(limit)
    return np.nextafter(single, np.float32(-np.inf)) if single > limit else single


def gathered(seeds: range, forest: str | None) -> tuple[np.ndarray, np.ndarray]:
    parts = Parallel(n_jobs=2, batch_size=8)(delayed(state)(seed, forest) for seed in seeds)
    return np.concatenate([x for x, _ in parts]), np.concatenate([y for _, y in parts])


def train(states: int, out: Path) -> None:
    x, y = gathered(range(states), None)
    with tempfile.TemporaryDirectory() as folder:
        for turn in (1, 2):
            path = Path(folder) / f"{turn}.npz"
            written(learned(x, y), path)
            more = gathered(range(turn * 10**6, turn * 10**6 + states // 6), str(path))
            x, y = np.concatenate([x, more[0]]), np.concatenate([y, more[1]])
    regressor = learned(x, y)
    written(regressor, out)
    cut = len(y) * 2 // 3
    explained = learned(x[:cut], y[:cut]).score(x[cut:].astype(np.float32), y[cut:])
    print(f"{len(y)} questions; of the variance of others {explained:.3f} is explained")
    print(f"importances {regressor.feature_importances_.round(3).tolist()}; {out.stat().st_size} bytes")


def compare(seeds: int) -> None:
    """Against random and margin, on two tables that have nothing to do with the training."""
    data = Path(os.environ["QUERIST_DATA"])
    for name, (x, y) in tables(data).items():
        for model in (RandomForestClassifier(50, n_jobs=1), LogisticRegression(max_iter=300)):
            curves = simulate(
                x, y, strategies=["margin", "lal"], model=model, seeds=seeds, batch=5, start=10, budget=100,
                pool=1000, dataset=name, workers=2,
            )  # fmt: skip
            print(name, type(model).__name__)
            print(curves.table())


def tables(data: Path) -> dict[str, tuple[np.ndarray, list[str]]]:
    """Mail that is spam or not, in 57 numbers; six kinds of ground in 36."""
    with gzip.open(data / "tab_al_benchmark" / "spambase-svmstyle.txt.gz") as file:
        spam, kinds = load_svmlight_file(file)
    with gzip.open(data / "tab_mlbench" / "Satellite.csv.gz", "rt") as lines:
        rows = list(csv.reader(lines))[1:]
    ground = np.array([row[:-1] for row in rows], dtype=np.float64)
    ground = (ground - ground.mean(axis=0)) / ground.std(axis=0)
    return {
        "spambase": (spam.toarray(), [str(int(one)) for one in kinds]),
        "satellite": (ground, [row[-1] for row in rows]),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--states", type=int, default=600)
    parser.add_argument("--out", type=Path, default=SHIPPED)
    parser.add_argument("--compare", action="store_true")
    parser.add_argument("--seeds", type=int, default=10)
    given = parser.parse_args()
    compare(given.seeds) if given.compare else train(given.states, given.out)
