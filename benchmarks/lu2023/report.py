"""The page docs/benchmarks/lu-2023.md: every cell beside the published one, and what the misses come from."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import splits
from readings import OURS, READINGS
from splits import LARGE, LOST, SMALL

from querist.evaluation import Curves, Run, read_runs

__all__ = ["Cell", "cells", "page", "write"]

NEAR, LEAST = 0.005, 5  # a cell of fewer seeds is not shown
KEPT = "docs/benchmarks/data/lu-2023.csv"
PUBLISHED = "docs/benchmarks/data/lu-2023-published.csv"
SECONDS = "docs/benchmarks/data/lu-2023-seconds.csv"
CHEAP = ("Uniform", "US-C", "US-NC", "MCM", "Core-Set", "Graph", "Hier")
BY_SEED = "docs/benchmarks/data/lu-2023-published-seeds.csv"
PAGE = "docs/benchmarks/lu-2023.md"
TEXT = Path(__file__).with_name("page.md")
Areas = dict[tuple[str, str], dict[int, float]]  # of a data set and a strategy, seed by seed


@dataclass(frozen=True)
class Cell:
    """One cell of the table: ours and theirs."""

    dataset: str
    strategy: str
    areas: tuple[float, ...]
    published: float
    published_sd: float
    gains: tuple[float, float]  # over Uniform with the same seeds: ours, and the published one

    @property
    def mean(self) -> float:
        """Our mean, to the digits of the published one."""
        return round(float(np.mean(self.areas)), 4)

    @property
    def sd(self) -> float:
        """The deviation over our seeds."""
        return float(np.std(self.areas, ddof=1))

    @property
    def error(self) -> float:
        """The standard error of our mean."""
        return self.sd / len(self.areas) ** 0.5

    @property
    def difference(self) -> float:
        """Ours less the published mean."""
        return round(self.mean - self.published, 4)

    @property
    def near(self) -> bool:
        """Whether it is within 0.005."""
        return abs(self.difference) <= NEAR

    @property
    def hit(self) -> bool:
        """Whether it is within 0.005 or two standard errors."""
        return self.near or abs(self.difference) <= 2 * self.error


def write(runs: Path, root: Path) -> None:
    """Keep the areas of the runs, where there are any, and write the page from what is kept."""
    if runs.is_file():
        keep(root / KEPT, areas_of(runs))
        keep_seconds(root / SECONDS, runs.with_suffix(".seconds.csv"))
    (root / PAGE).write_text(page(root), encoding="utf-8")


def note_seconds(runs: Path, run: Run, seconds: float) -> None:
    """Note beside the results file what a run cost."""
    with runs.with_suffix(".seconds.csv").open("a", encoding="utf-8") as notes:
        notes.write(f"{run.dataset},{run.strategy},{run.seed},{seconds:.3f}\n")


def areas_of(runs: Path) -> Areas:
    """The published area (:meth:`Curves.lu_aubc`) of every run of a results file."""
    found: Areas = {}
    digests: dict[str, str] = {}
    for run in read_runs(runs):
        if run.dataset not in digests:
            digests[run.dataset] = splits.dataset(run.dataset).sha256
        current = run.plan["dataset"]["sha256"] == digests[run.dataset]
        if len(run.labels) and current and run.seed not in LOST.get(run.dataset, ()):
            area = float(Curves((run,)).lu_aubc(run.strategy)[0])
            found.setdefault((run.dataset, run.strategy), {})[run.seed] = area
    return found


def keep(path: Path, areas: Areas) -> None:
    """Write the areas in units of 0.00001, a line a data set and strategy, after the line of its seeds."""
    lines = ["dataset,strategy,areas"]
    for dataset in (*SMALL, *LARGE):
        mine = {name: areas[dataset, name] for name in (*READINGS, *OURS) if (dataset, name) in areas}
        seeds = sorted({seed for one in mine.values() for seed in one})
        if mine:
            lines.append(f"{dataset},seed,{' '.join(map(str, seeds))}")
        for name, one in mine.items():
            if sorted(one) != seeds[: len(one)]:
                raise ValueError(f"{name} on {dataset} has other seeds than the first: let the run end.")
            told = " ".join(str(round(one[seed] * 1e5)) for seed in sorted(one))
            lines.append(f"{dataset},{name},{told}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def keep_seconds(path: Path, notes: Path) -> None:
    """Put the mean seconds of a run, by data set and strategy, in place of those that were there."""
    held = _seconds(path) if path.is_file() else {}
    found: dict[tuple[str, str], list[float]] = {}
    for line in notes.read_text(encoding="utf-8").splitlines() if notes.is_file() else ():
        dataset, strategy, _, seconds = line.split(",")
        found.setdefault((dataset, strategy), []).append(float(seconds))
    held |= {key: float(np.median(one)) for key, one in found.items()}
    lines = [f"{dataset},{strategy},{seconds:.3f}" for (dataset, strategy), seconds in sorted(held.items())]
    path.write_text("\n".join(["dataset,strategy,seconds", *lines]) + "\n", encoding="utf-8")


def _seconds(path: Path) -> dict[tuple[str, str], float]:
    rows = csv.DictReader(path.read_text(encoding="utf-8").splitlines())
    return {(row["dataset"], row["strategy"]): float(row["seconds"]) for row in rows}


def kept(path: Path) -> Areas:
    """The areas that :func:`keep` wrote."""
    found: Areas = {}
    seeds: list[int] = []
    for row in csv.DictReader(path.read_text(encoding="utf-8").splitlines()):
        numbers = [int(one) for one in row["areas"].split()]
        if row["strategy"] == "seed":
            seeds = numbers
        else:
            values = [number / 1e5 for number in numbers]
            found[row["dataset"], row["strategy"]] = dict(zip(seeds, values, strict=False))
    return found


def cells(root: Path) -> list[Cell]:
    """Every cell that both tables have, data set by data set."""
    areas = kept(root / KEPT)
    rows = csv.DictReader((root / PUBLISHED).read_text(encoding="utf-8").splitlines())
    told = {(row["dataset"], row["strategy"]): (float(row["mean"]), float(row["sd"])) for row in rows}
    found = []
    for dataset, name in ((one, other) for one in (*SMALL, *LARGE) for other in READINGS):
        mine = areas.get((dataset, name), {})
        if (dataset, name) in told and len(mine) >= LEAST:
            base = np.mean([areas[dataset, "Uniform"][seed] for seed in mine])
            gain = float(np.mean([*mine.values()]) - base)
            gains = gain, told[dataset, name][0] - told[dataset, "Uniform"][0]
            found.append(Cell(dataset, name, tuple(mine.values()), *told[dataset, name], gains))
    return found


def page(root: Path) -> str:
    """The page: the text of page.md with the tables where it names them."""
    found = cells(root)
    text = TEXT.read_text(encoding="utf-8")
    parts = {
        "summary": _summary(found),
        "strategies": _strategies(found),
        "table": _table(found),
        "far": _far(found),
        "seeds": _seeds(root),
        "errors": _errors(found),
        "ours": _ours(root),
        "time": _time(root),
    }
    for name, part in parts.items():
        text = text.replace(f"{{{{{name}}}}}", part)
    return text


def _summary(found: list[Cell]) -> str:
    near, hit = sum(one.near for one in found), sum(one.hit for one in found)
    apart = np.abs([one.difference for one in found])
    return (
        f"**{hit} of {len(found)} cells ({hit / len(found):.1%}) are within 0.005 or two standard errors of"
        f" the published mean**, {near} of them ({near / len(found):.1%}) within 0.005. The mean distance is"
        f" {apart.mean():.4f}, the median {np.median(apart):.4f}; {np.mean(apart <= 0.0005):.0%} of the cells"
        " are equal to the third digit (0.0005)."
    )


def _strategies(found: list[Cell]) -> str:
    lines = [
        "| strategy | cells | hits | mean distance | farthest | mean sd, ours : theirs |",
        "|---|--:|--:|--:|---|---|",
    ]
    for name in READINGS:
        mine = [one for one in found if one.strategy == name]
        if not mine:
            continue
        apart = [abs(one.difference) for one in mine]
        worst = mine[int(np.argmax(apart))]
        sds = np.mean([one.sd for one in mine]), np.mean([one.published_sd for one in mine])
        lines.append(
            f"| {name} | {len(mine)} | {sum(one.hit for one in mine)} | {np.mean(apart):.4f}"
            f" | {worst.difference:+.4f} {worst.dataset} | {sds[0]:.4f} : {sds[1]:.4f} |"
        )
    return "\n".join(lines)


def _table(found: list[Cell]) -> str:
    names = [name for name in READINGS if any(one.strategy == name for one in found)]
    lines = ["| | " + " | ".join(names) + " |", "|---|" + "--:|" * len(names)]
    for dataset in (*SMALL, *LARGE):
        mine = {one.strategy: one for one in found if one.dataset == dataset}
        if mine:
            lines.append(f"| {dataset} | " + " | ".join(_told(mine.get(name)) for name in names) + " |")
    return "\n".join(lines)


def _told(cell: Cell | None) -> str:
    if cell is None:
        return ""
    shown = f"{cell.mean:.4f}<br>{round(cell.difference * 1e4):+d}"
    return shown if cell.hit else f"**{shown}**"


def _errors(found: list[Cell]) -> str:
    names = [name for name in READINGS if any(one.strategy == name for one in found)]
    lines = ["| | " + " | ".join(names) + " |", "|---|" + "--:|" * len(names)]
    for dataset in (*SMALL, *LARGE):
        mine = {one.strategy: one for one in found if one.dataset == dataset}
        shown = [
            f"{one.published:.4f}<br>{one.error:.4f}, {len(one.areas)}" if (one := mine.get(name)) else ""
            for name in names
        ]
        if mine:
            lines.append(f"| {dataset} | " + " | ".join(shown) + " |")
    return "\n".join(lines)


def _ours(root: Path) -> str:
    """querist's own strategies, seed by seed against Uniform and US-C, and the share of the oracle's gap."""
    areas = kept(root / KEPT)
    rows = csv.DictReader((root / PUBLISHED).read_text(encoding="utf-8").splitlines())
    oracle = {row["dataset"]: float(row["mean"]) for row in rows if row["strategy"] == "BSO"}
    lines = []
    for name in OURS:
        sets = [one for one in SMALL if len(areas.get((one, name), ())) >= LEAST]
        lines += [f"| {name} | seeds | Uniform | US-C | {name} | over Uniform | over US-C | oracle |"]
        lines += ["|---|--:|--:|--:|--:|--:|--:|--:|"]
        means, ahead = [], []
        for dataset in sets:
            told = areas[dataset, name]
            both = {one: [areas[dataset, one][seed] for seed in told] for one in ("Uniform", "US-C", name)}
            means.append([*(float(np.mean(both[one])) for one in both), oracle.get(dataset, np.nan)])
            ahead.append(_apart(both[name], both["US-C"]))
            mean = " | ".join(f"{one:.4f}" for one in means[-1][:3])
            over = " | ".join(_over(both[name], both[one]) for one in ("Uniform", "US-C"))
            lines.append(f"| {dataset} | {len(told)} | {mean} | {over} | {means[-1][3]:.4f} |")
        if sets:
            base, closest, mine, best = np.mean(means, axis=0)
            lead, errors = np.array(ahead).T
            lines += [
                "",
                f"In the mean over these {len(sets)} sets {name} comes to {mine:.5f}, US-C to {closest:.5f};"
                f" apart {lead.mean():+.5f} ± {np.linalg.norm(errors) / len(sets):.5f}. Of the gap between"
                f" Uniform and the oracle {name} closes {(mine - base) / (best - base):.1%},"
                f" US-C {(closest - base) / (best - base):.1%}.",
                "",
            ]
    return "\n".join(lines)


def _over(mine: list[float], other: list[float]) -> str:
    """The mean of the paired differences with its standard error; bold where it is beyond two."""
    mean, error = _apart(mine, other)
    shown = f"{mean:+.4f} ± {error:.4f}"
    return f"**{shown}**" if abs(mean) > 2 * error else shown


def _apart(mine: list[float], other: list[float]) -> tuple[float, float]:
    """The mean of the paired differences and its standard error."""
    apart = np.subtract(mine, other)
    return float(apart.mean()), float(apart.std(ddof=1) / len(apart) ** 0.5)


def _time(root: Path) -> str:
    """What twenty seeds of the cheap strategies cost on every set, by the seconds of a run."""
    held = _seconds(root / SECONDS)
    lines = ["| data set | " + " | ".join(CHEAP) + " | 20 seeds of all |"]
    lines.append("|---|" + "--:|" * (len(CHEAP) + 1))
    total, lacking = 0.0, 0
    for dataset in (*SMALL, *LARGE):
        mine = [held.get((dataset, name)) for name in CHEAP]
        lacking += sum(one is None for one in mine)
        dearest = max((one for one in mine if one is not None), default=np.nan)
        whole = 20 * sum(dearest if one is None else one for one in mine)
        total += whole
        cells = " | ".join("" if one is None else f"{one:.2f}" for one in mine)
        lines.append(f"| {dataset} | {cells} | {whole:,.0f} s |")
    without = f"; {lacking} cells were not timed and stand with the dearest of their row" if lacking else ""
    lines += ["", f"Together {total / 60:.0f} minutes of one core, {total / 120:.0f} on two{without}."]
    return "\n".join(lines)


def _far(found: list[Cell]) -> str:
    far = [one for one in found if not one.near]
    if not far:
        return "No cell is farther than 0.005."
    heads = ("data set", "strategy", "ours", "published", "apart", "standard errors", "seeds")
    lines = [f"| {' | '.join(heads)} | over Uniform, ours : theirs |", "|---|---|" + "--:|" * 6]
    for one in sorted(far, key=lambda cell: -abs(cell.difference)):
        told = (
            one.dataset,
            one.strategy,
            f"{one.mean:.4f}",
            f"{one.published:.4f}",
            f"{one.difference:+.4f}",
            f"{abs(one.difference) / one.error:.1f}",
            str(len(one.areas)),
            f"{one.gains[0]:+.4f} : {one.gains[1]:+.4f}",
        )
        lines.append(f"| {' | '.join(told)} |")
    return "\n".join(lines)


def _seeds(root: Path) -> str:
    areas = kept(root / KEPT)
    rows = list(csv.DictReader((root / BY_SEED).read_text(encoding="utf-8").splitlines()))
    lines = [
        "| data set | seeds | equal in all five digits | within 0.001 | farthest |",
        "|---|--:|--:|--:|--:|",
    ]
    for dataset in dict.fromkeys(row["dataset"] for row in rows):
        ours = areas.get((dataset, "US-C"), {})
        pairs = [
            (ours[int(row["seed"])], float(row["aubc"]))
            for row in rows
            if row["dataset"] == dataset and int(row["seed"]) in ours
        ]
        apart = np.abs([mine - theirs for mine, theirs in pairs])
        if len(apart):
            lines.append(
                f"| {dataset} | {len(apart)} | {np.sum(apart < 1.5e-5)} | {np.sum(apart <= 0.001)}"
                f" | {apart.max():.5f} |"
            )
    return "\n".join(lines)
