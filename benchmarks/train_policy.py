"""Trains the learned query policy anew, from simulated campaigns on made-up and real tasks of two classes.

    QUERIST_DATA=... python benchmarks/train_policy.py            two minutes on one core

Tasks are drawn at random: classes made of heaps, rings, moons and checks of random sizes, noise and numbers
of columns; and pairs of classes of UCI Letter and Satellite, none of which is in the comparison of
benchmarks/automatic.py.  In each campaign a rule drawn at random asks eight questions at a time.  Fitted Q
iteration makes of all these steps a linear estimate of what each rule brings from a state on; it goes into
src/querist/strategies/policy.npz.  Fresh campaigns then compare the policy with each rule alone, with paired
seeds, and the result is kept beside it in docs/benchmarks/data/policy.json.  --campaigns sets how many
to simulate.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
from machines import CLASSES, Case, Machine, area, fit, kernel, replayed
from sklearn.datasets import make_circles, make_classification, make_moons

from querist.data import Pool
from querist.strategies import LearnedPolicy, Snapshot
from querist.strategies.policy import ACTIONS, FEATURES, standing
from querist.strategies.scored import predicted

ROOT = Path(__file__).parents[1]
WEIGHTS = ROOT / "src" / "querist" / "strategies" / "policy.npz"
TOLD = ROOT / "docs" / "benchmarks" / "data" / "policy.json"
START, BLOCK, BLOCKS, POOL, TEST = 20, 8, 10, 180, 700
DISCOUNT, RIDGE, SWEEPS = 0.5, 300.0, 30
NAMES = tuple(ACTIONS)


def task(seed: int) -> Case:
    """A task of two classes, drawn at random: the first 20 rows of its pool are the first labels."""
    rng = np.random.default_rng(seed)
    while True:
        x, y = _real(rng) if rng.random() < 0.4 else _made(rng)
        order = rng.permutation(len(y))[: POOL + TEST]
        pool, held = order[:POOL], order[POOL:]
        if len(set(y[pool[:START]].tolist())) == 2 and len(held) >= 100:
            break
    return Case.of(x, y, pool, held, seed)


def _made(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    n, seed, noise = POOL + TEST, int(rng.integers(2**31)), float(rng.uniform(0.02, 0.4))
    kind = int(rng.integers(4))
    if kind == 0:
        useful = int(rng.integers(2, 12))
        x, y = make_classification(
            n,
            useful + int(rng.integers(0, 40)),
            n_informative=useful,
            n_redundant=0,
            n_clusters_per_class=int(rng.integers(1, min(4, 2 ** (useful - 1)) + 1)),
            class_sep=float(rng.uniform(0.4, 1.8)),
            flip_y=float(rng.uniform(0, 0.15)),
            weights=[float(rng.uniform(0.3, 0.75))],
            random_state=seed,
        )
    elif kind == 1:
        x, y = make_moons(n, noise=noise, random_state=seed)
    elif kind == 2:
        x, y = make_circles(n, noise=noise / 2, factor=float(rng.uniform(0.3, 0.8)), random_state=seed)
    else:
        x = rng.uniform(0, rng.integers(2, 5), size=(n, 2))
        y = np.floor(x).sum(axis=1) % 2
        y = np.where(rng.random(n) < noise / 4, 1 - y, y)
    return x, np.where(y > 0, 1.0, -1.0)


def _real(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Two classes of Letter or Satellite."""
    x, y = TABLES[int(rng.integers(len(TABLES)))]
    one, other = rng.choice(np.unique(y), size=2, replace=False)
    rows = np.flatnonzero((y == one) | (y == other))
    return x[rows], np.where(y[rows] == one, 1.0, -1.0)


def tables() -> list[tuple[np.ndarray, np.ndarray]]:
    """The real tables: the column of words is the class, the others are numbers."""
    found = []
    for name, label in (("LetterRecognition", "lettr"), ("Satellite", "classes")):
        path = Path(os.environ["QUERIST_DATA"]) / "tab_mlbench" / f"{name}.csv.gz"
        with gzip.open(path, "rt") as file:
            head, *rows = [line.rstrip("\n").replace('"', "").split(",") for line in file]
        at = head.index(label)
        others = [i for i, one in enumerate(head) if i != at and one not in ("", "rownames")]
        found.append(
            (np.array([[float(row[i]) for i in others] for row in rows]), np.array([row[at] for row in rows]))
        )
    return found


def campaign(at: Case, rng: np.random.Generator) -> list[tuple[np.ndarray, int, float, np.ndarray]]:
    """The steps of a campaign with rules drawn at random: state, rule, gain in accuracy, next state."""
    gamma = 1 / at.x.shape[1]
    inside, outside = kernel(at.x, at.x, gamma), kernel(at.x_test, at.x, gamma)
    pool, words = Pool(at.x), np.asarray(CLASSES)[(at.y > 0).astype(np.intp)].tolist()
    labels, notes = {row: words[row] for row in range(at.start)}, {}

    def stand() -> tuple[Snapshot, float]:
        rows, coefficients, offset = fit(inside, at.y, np.sort(np.fromiter(labels, dtype=np.intp)))
        right = np.mean((outside[:, rows] @ coefficients + offset > 0) == (at.y_test > 0))
        model = Machine(at.x[rows], coefficients, offset, gamma)
        seed = 1_000_003 * at.seed + len(labels)
        return Snapshot(pool, labels=dict(labels), model=model, seed=seed, notes=notes), float(right)

    steps = []
    snapshot, accuracy = stand()
    state = standing(snapshot, predicted(snapshot))
    for _ in range(BLOCKS):
        rule = int(rng.integers(len(NAMES)))
        for _ in range(BLOCK):
            item = ACTIONS[NAMES[rule]].propose(snapshot, 1).ids[0]
            said = str(snapshot.model.predict(at.x[[item]])[0])
            notes[item] = {"learned_policy": {"arms": len(NAMES), "said": said}}
            labels[item] = words[item]
            snapshot, after = stand()
        following = standing(snapshot, predicted(snapshot))
        steps.append((state, rule, after - accuracy, following))
        state, accuracy = following, after
    return steps


def learnt(steps: list[Any]) -> np.ndarray:
    """Fitted Q iteration: weights (rules, features), each rule drawn towards what all have in common."""
    states, rules, gains, following = (np.array(one) for one in zip(*steps, strict=True))
    k, d = len(NAMES), states.shape[1]
    wide = np.zeros((len(states), d + k * d))
    wide[:, :d] = states
    for rule in range(k):
        wide[rules == rule, d + rule * d : d + (rule + 1) * d] = states[rules == rule]
    penalty = np.full(d + k * d, RIDGE)
    penalty[:d] = 1e-3
    square = np.linalg.inv(wide.T @ wide + np.diag(penalty)) @ wide.T
    weights = np.zeros((k, d))
    for _ in range(SWEEPS):
        worth = square @ (gains + DISCOUNT * (following @ weights.T).max(axis=1))
        weights = worth[:d] + worth[d:].reshape(k, d)
    return weights


def compared(seeds: range) -> dict[str, Any]:
    """The policy and each rule alone on fresh tasks: areas over random, with standard errors."""
    areas: dict[str, list[float]] = {}
    for seed in seeds:
        at = task(seed)
        for name, strategy in {"policy": LearnedPolicy(), **ACTIONS}.items():
            areas.setdefault(name, []).append(area(replayed(at, strategy, budget=START + BLOCK * BLOCKS)))
    base = np.array(areas["random"])
    return {
        name: [
            round(float(np.mean(one - base)), 5),
            round(float(np.std(one - base, ddof=1) / np.sqrt(len(base))), 5),
        ]
        for name, one in ((name, np.array(found)) for name, found in areas.items())
    }


def main() -> int:
    """Simulate, learn, write, compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--campaigns", type=int, default=851, help="how many to simulate")
    parser.add_argument("--compare", type=int, default=80, help="fresh tasks for the comparison")
    given = parser.parse_args()
    TABLES.extend(tables())
    steps: list[Any] = []
    for seed in range(given.campaigns):
        steps += campaign(task(seed), np.random.default_rng(seed))
    weights = learnt(steps)
    np.savez(
        WEIGHTS,
        weights=weights.astype(np.float32),
        actions=np.array(NAMES),
        features=np.array(FEATURES),
        widest=max(step[0][FEATURES.index("columns")] for step in steps),
    )
    print(f"{given.campaigns} campaigns, {len(steps)} steps", flush=True)
    held = compared(range(1_000_000, 1_000_000 + given.compare))
    told = {
        "campaigns": given.campaigns,
        "steps": len(steps),
        "fresh tasks": given.compare,
        "area over random": held,
    }
    TOLD.parent.mkdir(parents=True, exist_ok=True)
    TOLD.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(told, indent=1))
    return 0


TABLES: list[tuple[np.ndarray, np.ndarray]] = []


if __name__ == "__main__":
    sys.exit(main())
