"""Automatic choice beside the strategies that it chooses from, on the binary sets of Lu, Li & Lin (2023).

    QUERIST_DATA=... python benchmarks/automatic.py            run what is missing, then write the page
    python benchmarks/automatic.py --report                    only write docs/benchmarks/automatic-choice.md

Every run is added to build/automatic.jsonl as soon as it is done; what was ended goes on where it was.
--datasets, --strategies and --seeds choose less.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import train_policy as policy
from machines import area, case, read, replayed

from querist.specs import to_spec
from querist.strategies import Albl, Comb, Default, LearnedPolicy, RegimeTest, Tailor, as_strategy

ROOT = Path(__file__).parents[1]
RUNS = ROOT / "build" / "automatic.jsonl"
PAGE = ROOT / "docs" / "benchmarks" / "automatic-choice.md"
SETS = (
    "appendicitis", "ex8b", "parkinsons", "sonar", "heart", "haberman", "breast", "australian", "diabetes",
    "mammographic", "ex8a", "gcloudb", "clean1", "checkerboard",
)  # fmt: skip
ARMS: Mapping[str, Any] = {
    "uniform": "random",
    "margin (US-C)": "margin",
    "core-set": "k_center",
    "graph density": "graph_density",
    "hierarchical": "hierarchical",
    "default": "default",
    "patience 5": Default(patience=5.0),
}
CHOOSING = tuple(as_strategy(one) for name, one in ARMS.items() if name not in ("uniform", "default"))
AUTOMATIC: Mapping[str, Any] = {
    "ALBL": Albl(CHOOSING),
    "COMB": Comb(CHOOSING),
    "TAILOR-like": Tailor((*CHOOSING, as_strategy("random"))),
    "regime test": RegimeTest(),
    "learned policy": LearnedPolicy(),
}
ALL = {**ARMS, **AUTOMATIC}
SEEDS, BAR, FEWEST = 10, 0.002, 5


def main() -> int:
    """Run what is asked for and not there yet, then write the page."""
    given = _arguments()
    if not given.report:
        given.runs.parent.mkdir(exist_ok=True)
        run(given.datasets, given.strategies, given.seeds, given.runs)
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(page(kept(given.runs)), encoding="utf-8")
    return 0


def run(names: list[str], strategies: list[str], seeds: int, runs: Path) -> None:
    """Make the runs set by set; each is written as soon as it is done."""
    done = {(one["dataset"], one["spec"], one["seed"]) for one in kept(runs)}
    with runs.open("a", encoding="utf-8") as file:
        for name in names:
            began, (x, y) = time.perf_counter(), read(name)
            splits = [one for one in (case(x, y, seed) for seed in range(2 * seeds)) if one][:seeds]
            for title in strategies:
                strategy = as_strategy(ALL[title])
                spec = _spec(strategy)
                for at in splits:
                    if (name, spec, at.seed) in done:
                        continue
                    row = {"dataset": name, "strategy": title, "spec": spec, "seed": at.seed}
                    row["area"] = round(area(replayed(at, strategy)), 6)
                    file.write(json.dumps(row) + "\n")
                    file.flush()
            print(f"{name}: {time.perf_counter() - began:.0f} s", flush=True)


def kept(runs: Path) -> list[dict[str, Any]]:
    """The runs that are done; a line that was cut off by an interruption is left out."""
    found = []
    for line in runs.read_text(encoding="utf-8").splitlines() if runs.exists() else ():
        try:
            found.append(json.loads(line))
        except ValueError:
            continue
    return found


def _spec(strategy: Any) -> str:
    """What a run is known by: the strategy in full, and of the learned policy its weights."""
    told = json.dumps(to_spec(strategy), sort_keys=True)
    if isinstance(strategy, LearnedPolicy):
        told += hashlib.blake2b(policy.WEIGHTS.read_bytes(), digest_size=6).hexdigest()
    return told


def table(runs: list[dict[str, Any]]) -> dict[str, dict[str, dict[int, float]]]:
    """Areas by data set, strategy and seed, of the sets on which every arm was run."""
    known = {title: _spec(as_strategy(one)) for title, one in ALL.items()}
    found: dict[str, dict[str, dict[int, float]]] = {}
    for run in runs:
        if known.get(run["strategy"]) == run["spec"]:
            found.setdefault(run["dataset"], {}).setdefault(run["strategy"], {})[run["seed"]] = run["area"]
    return {name: found[name] for name in SETS if set(ARMS) <= set(found.get(name, ()))}


def page(runs: list[dict[str, Any]]) -> str:
    """docs/benchmarks/automatic-choice.md: the sets, the means, how each way of choosing did."""
    means, gaps, alone = [], [], dict.fromkeys(ARMS, 0)
    for name, areas in table(runs).items():
        both = sorted(set.intersection(*[set(areas[title]) for title in ARMS]))
        mean = {title: np.mean([areas[title][seed] for seed in both]) for title in ARMS}
        best = max(mean, key=lambda title: mean[title])
        cells = [f"**{one:.4f}**" if title == best else f"{one:.4f}" for title, one in mean.items()]
        means.append(f"| {name} | {len(both)} | " + " | ".join(cells) + " |")
        for title, one in mean.items():
            alone[title] += bool(one - mean[best] >= -BAR)
        gaps.append((name, best, {title: _gap(areas, title, best, both) for title in AUTOMATIC}))
    head = ["| set | seeds | " + " | ".join(ARMS) + " |", "|---" * (len(ARMS) + 2) + "|"]
    counts = ", ".join(f"{title} {count}" for title, count in alone.items())
    each = f"The arms by themselves, counted alike, of {len(gaps)}: {counts}."
    shown = ["## The arms", "", *head, *means, "", LEGEND, "", *_gaps(gaps), each, "", *_trained()]
    return "\n".join([HEAD, *shown, FOOT]) + "\n"


def _gap(areas: Any, title: str, best: str, seeds: list[int]) -> tuple[float, float, int] | None:
    """Mean paired difference to the best arm, its standard error, and of how many seeds."""
    own = [seed for seed in seeds if seed in areas.get(title, ())]
    if len(own) < FEWEST:
        return None
    gap = np.array([areas[title][seed] - areas[best][seed] for seed in own])
    return float(gap.mean()), float(gap.std(ddof=1) / np.sqrt(len(own))), len(own)


def _gaps(gaps: list[tuple[str, str, dict[str, Any]]]) -> list[str]:
    """How far each way of choosing lies from the best arm of each set, and how often near enough."""
    lines = ["## Against the best arm of each set", ""]
    lines += ["| set | best arm | " + " | ".join(AUTOMATIC) + " |", "|---" * (len(AUTOMATIC) + 2) + "|"]
    for name, best, told in gaps:
        cells = ["" if one is None else f"{one[0]:+.4f} ± {one[1]:.4f} ({one[2]})" for one in told.values()]
        lines.append(f"| {name} | {best} | " + " | ".join(cells) + " |")
    done = {title: [one[title] for *_, one in gaps if one[title] is not None] for title in AUTOMATIC}
    near = [f"{sum(gap >= -BAR for gap, *_ in some)} of {len(some)}" for some in done.values()]
    mean = [f"{np.mean([gap for gap, *_ in some]):+.4f}" if some else "" for some in done.values()]
    lines.append(f"| **not below by more than {BAR:.3f}** | | " + " | ".join(near) + " |")
    lines.append("| **mean** | | " + " | ".join(mean) + " |")
    lines += ["", "± is one standard error of the paired difference, in brackets the seeds."]
    return lines


def _trained() -> list[str]:
    """What training the policy told: fresh tasks that it never saw."""
    told = json.loads(policy.TOLD.read_text(encoding="utf-8"))
    lines = ["## The learned policy on fresh tasks of its training's kind", ""]
    lines += ["| asks | area over random, in points |", "|---|---|"]
    gains = told["area over random"]
    for name, (gain, spread) in sorted(gains.items(), key=lambda one: -one[1][0]):
        lines.append(f"| {name} | {100 * gain:+.2f} ± {100 * spread:.2f} |")
    lines += [
        "",
        f"Trained on {told['campaigns']:,} campaigns ({told['steps']:,} steps of 8 questions), compared on"
        f" {told['fresh tasks']} fresh ones, up to a hundred labels; ± is one standard error. *default* is"
        " `Default()`, *sooner* `Default(patience=1)`, *finer* `Default(patience=2, radius=0.5)`,"
        " *spread* k-center.",
        "",
    ]
    return lines


HEAD = """# Automatic choice, measured

<!-- Written by benchmarks/automatic.py; do not edit. -->

Which strategy suits is seldom known beforehand. These strategies choose for you: bandits over strategies
that learn from the answers (`albl`, `comb`, `tailor`), a test of the regime (`regime_test`), and a policy
that was learnt from simulated campaigns (`learned_policy`). Here each is measured against the *best
single arm of each set*, which nobody knows beforehand.

<!-- not run: it takes hours for all sets, and data that do not come with querist -->
```sh
QUERIST_DATA=/path/to/data python benchmarks/automatic.py
```

**Protocol.** That of Lu, Li & Lin (2023): 60 : 40 random split, 20 random first labels (a seed that lacks
a class among them is left out), one question at a time until the pool is empty, standardised by the pool,
a support vector machine with a Gaussian kernel (C = 1, gamma = 1 / columns) that is both asked by and
measured. *Area* is the area under the accuracy curve by trapezoids, divided by the number of questions.
The splits are our own, the same for all strategies of a seed. The machine has no chances: its decision
put through the logistic curve stands for them, which orders doubts as the decision does. Only sets that
every arm has finished are shown; the other sets of the collection are left out for their time.
"""

LEGEND = """\
Bold: the best arm. The bandits choose among all but uniform and the default (with `patience` 5 in its
place, as it was when they were run), with a horizon of 100 questions."""

FOOT = """## What to take from it

- Bandits pay for exploring with your answers, and one answer tells little of who deserved it. Take one
  where you trust no single strategy and want every question to keep a chance, and otherwise a strategy.
- The learned policy explores in simulation instead. It was trained on made-up tasks and on pairs of classes
  of UCI Letter and Satellite, none of which is among the sets above; of two classes, tables of numbers, a
  support vector machine, one question at a time and 20 to 100 labels. Elsewhere it is untried; with more
  classes, or more than the 50 columns that its tasks had at most, it asks by the default strategy (since
  it was seen 0.004 behind on clean1, of 166 columns).
- Two things to know of its making. The further settings of the default strategy became rules after they
  had been tried on six of the sets above. And three trainings were compared on the fresh tasks of the last
  table: one that looked farther ahead came to 2.00 there, one with a larger penalty on what sets the rules
  apart always asked by k-center (0.95), and the third is shipped. It was trained again, in the same way,
  when the default strategy, which is one of its rules, had changed.
- On fresh tasks it does not beat one setting of the default strategy: what it knows is which rules to leave
  alone. Its lead over the arms above is that the better settings are among its rules.
- With five to twenty seeds the best of seven arms is partly luck: its mean is a little too high, and so the
  bar is.
- Train it anew with `QUERIST_DATA=... python benchmarks/train_policy.py` (two minutes on one core). It
  writes `src/querist/strategies/policy.npz`: numbers and names, two thousand bytes, no pickle."""


def _names(given: str) -> list[str]:
    return [one for one in given.split(",") if one]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--datasets", type=_names, default=list(SETS), help="names, with commas")
    parser.add_argument("--strategies", type=_names, default=list(ALL), help=", ".join(ALL))
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--runs", type=Path, default=RUNS, help="the results file")
    parser.add_argument("--report", action="store_true", help="only write the page")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
