"""The page of ``benchmarks/streaming.py``."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from typing import Any

import numpy as np
from scipy import stats
from streaming_sets import DRIFT, LENGTH

FIELDS = ["set", "budget", "arm", "seeds", "balanced", "gain", "half", "single", "spent", "drifts"]


def summary(runs: list[dict[str, Any]]) -> str:
    """Means over the seeds as a table: balanced accuracy, its gain over random with the same model (paired,
    with the half-width of a 95 % interval) and over random with the single model, and the share spent."""
    at = {(one["set"], one["budget"], one["arm"], one["seed"]): one for one in runs}
    groups: dict[tuple[str, float, str], list[dict[str, Any]]] = defaultdict(list)
    for one in at.values():
        groups[one["set"], one["budget"], one["arm"]].append(one)
    out = io.StringIO()
    writer = csv.DictWriter(out, FIELDS, lineterminator="\n")
    writer.writeheader()
    for (name, budget, arm), found in sorted(groups.items()):
        gains = {}
        for against in ("committee: random" if arm.startswith("committee") else "random", "random"):
            pairs = [(one, at.get((name, budget, against, one["seed"]))) for one in found]
            gains[against] = np.array([a["balanced"] - b["balanced"] for a, b in pairs if b is not None])
        own = next(iter(gains.values()))
        half = stats.t.ppf(0.975, len(own) - 1) * stats.sem(own) if len(own) > 1 else float("nan")
        row = {
            "set": name,
            "budget": budget,
            "arm": arm,
            "seeds": len(found),
            "balanced": np.mean([one["balanced"] for one in found]),
            "gain": own.mean(),
            "half": half,
            "single": gains["random"].mean(),
            "spent": max(one["asked"] / one["items"] for one in found),
            "drifts": np.mean([one["drifts"] for one in found]),
        }
        writer.writerow({key: f"{one:.5f}" if isinstance(one, float) else one for key, one in row.items()})
    return out.getvalue()


def page(kept: dict[str, Any], table: str) -> str:
    rows = list(csv.DictReader(io.StringIO(table)))
    parts = [HEAD, _latency(kept["latency"]), _memory(kept["memory"], kept["latency"]["block"]), _worth(rows)]
    return "\n\n".join(parts) + "\n"


HEAD = """# Streams, measured

<!-- made by benchmarks/streaming.py; do not edit -->

What one decision takes beside scikit-activeml and river, and what asking well along a stream is worth beside
random questions at equal spending. All of it is remade by one command, `python benchmarks/streaming.py`; the
figures lie in `docs/benchmarks/data/`."""


def _latency(told: dict[str, Any]) -> str:
    ours = [one for one in told["querist"] if one[1] == "linear softmax"]
    base = next(one for one in ours if one[0] == "default")
    slowest = max(one[2] for one in ours if not one[0].startswith(("dbal", "cognitive", "pal")))
    rival = min(one[2] for one in told["river"])
    same = next(one for one in told["querist"] if one[1].startswith("river"))
    peers = [one[2] for one in told["scikit-activeml"] if one[0] != "StreamRandomSampling"]
    lines = [
        "## One decision",
        "",
        f"Items of 50 numbers in two classes, budget .1, one at a time; from the item to the"
        f" decision, the budget"
        f" counted, without the learning of labels. Microseconds, on a machine that was shared:"
        f" {_versions(told)}.",
        "",
        "| library | strategy | model | median | p99 |",
        "|---|---|---|---|---|",
    ]
    for library in ("querist", "river", "scikit-activeml"):
        for name, model, median, p99 in told[library]:
            lines.append(f"| {library} | {name} | {model} | {median:,.1f} | {p99:,.1f} |")
    lines += [
        "",
        f"The default strategy with a linear softmax takes {base[2]:.1f} microseconds,"
        f" {min(peers) / base[2]:,.0f} to {max(peers) / base[2]:,.0f} times less than"
        f" scikit-activeml's strategies"
        f" with a model, and {rival / base[2]:.1f} times less than river's fastest; strategies"
        f" that keep no window of"
        f" items take {slowest:.1f} at most. Around river's own logistic regression, the items records as"
        f" river reads them, the same gate takes {same[2]:.1f} microseconds where river's sampler takes"
        f" {rival:.1f}: what is dearer there is that each item's fields and numbers are checked before"
        " anything is changed, and the window of a thousand scores; vectors are made records first. (The"
        " 99th percentiles of what takes long hold moments at which the machine did something else.)",
    ]
    return "\n".join(lines)


def _versions(told: dict[str, Any]) -> str:
    return ", ".join(f"{name} {one}" for name, one in told["versions"].items())


def _memory(told: dict[str, Any], block: dict[str, float]) -> str:
    at = list(told["resident"].values())
    single, committee = block["linear softmax"], block["committee of 10 linear"]
    return "\n".join(
        [
            "## Millions",
            "",
            f"Items at once, by `see_many`, in the quickest of many blocks of 200,000:"
            f" {single:.2f} microseconds of processor time an item with a linear softmax"
            f" ({1 / single:.1f} million a second on one core), {committee:.2f} with a committee of ten.",
            "",
            f"While {told['items']:,} items passed (most in blocks, some one by one; the labels"
            f" of every third"
            f" question came, the others never did) the process held {at[0]:.0f} MB after the first block,"
            f" {max(at):.0f} at most and {at[-1]:.0f} at the end. It had asked about"
            f" {told['spent']:.4%} of them,"
            " with a budget of 10 %.",
        ]
    )


def _worth(rows: list[dict[str, str]]) -> str:
    sets = [name for name in DRIFT if any(one["set"] == name for one in rows)]
    seeds = max(int(one["seeds"]) for one in rows)
    worst = min(float(one["spent"]) / float(one["budget"]) for one in rows if _steers(one))
    over = max(float(one["spent"]) / float(one["budget"]) for one in rows)
    told = ", ".join(f"{name} ({DRIFT[name]})" for name in sets)
    lines = [
        "## What asking well is worth",
        "",
        f"Each item is predicted, then decided upon, then learned if it was asked about: balanced"
        f" accuracy over the"
        f" whole stream, {seeds} seeds. Streams: {told}; Elec2 has 45,312 items, each generator"
        f" {LENGTH:,}. The single"
        " model is a softmax over 100 random features, the committee ten of them. Gains are over"
        " random questions"
        " with the *same* model and seed, in points of balanced accuracy, with 95 % intervals"
        " (for Elec2 the seeds"
        " move the model and the lots, not the data); in brackets the gain over random questions"
        " with the single"
        " model, which is what a committee and its choice bring together.",
        "",
        f"No run spent more than its budget ({over:.4f} of it at most); strategies that steer to it spent"
        f" {worst:.4f} of it or more.",
        "",
    ]
    lines += [*_means(rows), _alone(rows), "", READING, ""]
    for budget in ("0.3", "0.1", "0.05", "0.01"):
        lines += _one_budget(rows, sets, budget)
    return "\n".join(lines).rstrip()


READING = """Reading. A committee asked by its margin, with the quantile filter, is the best choice from a
budget of five percent on. The filter doubts: where labels surprise the model more than usual, lots spend
the budget and the model forgets what is out of date. *No doubt* is the same without it, and *random,
forgetting* the same doubt beside random questions: on sine, where all labels are reversed at once, nearly
all of the gain is the doubt's, elsewhere the questions'. It forgot at each of the three reversals, and
hardly ever elsewhere; on Elec2 it costs a little. A detector of river's that counts errors (hddm_a) finds
those reversals later, and sees changes where there are none. Selective sampling gains less and loses next
to nothing on any stream. At one percent (120 labels of a generator, 20 of them to begin with) few gains
are beyond chance, and on sine questions at the boundary are worse than random ones. Thresholds of
confidence spend their budget on whatever comes first; a fixed one starves where the model is sure and
wrong."""


def _alone(rows: list[dict[str, str]]) -> str:
    """What is left of the gains of committees beside random questions with the same doubt."""
    told = []
    for budget in (0.05, 0.1, 0.3):
        mean = {
            arm: 100 * np.mean([float(one["gain"]) for one in rows if _is(one, f"committee: {arm}", budget)])
            for arm in (*ENSEMBLE, "random, forgetting")
        }
        left = [mean[arm] - mean["random, forgetting"] for arm in ENSEMBLE]
        told.append(f"{min(left):+.1f} to {max(left):+.1f} at {budget:.0%}")
    low = [
        f"{one['arm'].removeprefix('committee: ')} on {one['set']} at {float(one['budget']):.0%}"
        for one in rows
        if any(_is(one, f"committee: {arm}", budget) for arm in ENSEMBLE for budget in (0.05, 0.1, 0.3))
        and float(one["gain"]) + float(one["half"]) < 0
    ]
    return (
        f"Beside random questions that forget alike, the ensemble strategies ({', '.join(ENSEMBLE)}) are"
        f" ahead by {', '.join(told)} in the mean. Below random by more than its interval, from 5 % on:"
        f" {', '.join(low) if low else 'none of them on any stream'}."
    )


ENSEMBLE = ("margin", "consensus entropy", "minimum margin")


def _is(row: dict[str, str], arm: str, budget: float) -> bool:
    return row["arm"] == arm and float(row["budget"]) == budget


def _steers(row: dict[str, str]) -> bool:
    return float(row["budget"]) < 1 and not row["arm"].startswith(("fixed", "DBAL", "cognitive"))


def _means(rows: list[dict[str, str]]) -> list[str]:
    """The mean gain over the streams that a strategy was run on, budget by budget."""
    lines = ["### Mean gain over the streams", "", "| strategy | streams | 1 % | 5 % | 10 % | 30 % |"]
    lines.append("|---|---|---|---|---|---|")
    arms = list(dict.fromkeys(one["arm"] for one in rows if one["arm"] != "random"))
    for arm in sorted(arms, key=lambda one: (one.startswith("committee"), one)):
        cells, on = [], 0
        for budget in ("0.01", "0.05", "0.1", "0.3"):
            found = [one for one in rows if one["arm"] == arm and float(one["budget"]) == float(budget)]
            on = len(found)
            gain = 100 * np.mean([float(one["gain"]) for one in found])
            single = 100 * np.mean([float(one["single"]) for one in found])
            cells.append(f"{gain:+.1f} ({single:+.1f})" if arm.startswith("committee") else f"{gain:+.1f}")
        lines.append(f"| {arm} | {on} | {' | '.join(cells)} |")
    return [*lines, ""]


def _one_budget(rows: list[dict[str, str]], sets: list[str], budget: str) -> list[str]:
    lines = [f"### Budget {float(budget):.0%}", "", f"| strategy | {' | '.join(sets)} |"]
    lines.append("|---" * (len(sets) + 1) + "|")
    held = {(one["set"], one["arm"]): one for one in rows if float(one["budget"]) == float(budget)}
    full = {(one["set"], one["arm"]): one for one in rows if float(one["budget"]) == 1.0}
    for arm in dict.fromkeys(arm for _, arm in held):
        cells = []
        for name in sets:
            one = held.get((name, arm))
            if one is None:
                cells.append("-")
            elif arm in ("random", "committee: random"):
                cells.append(f"{100 * float(one['balanced']):.1f}")
            else:
                cells.append(f"{100 * float(one['gain']):+.1f} ± {100 * float(one['half']):.1f}")
        lines.append(f"| {arm} | {' | '.join(cells)} |")
    for arm in ("random", "committee: random"):
        cells = [
            f"{100 * float(full[name, arm]['balanced']):.1f}" if (name, arm) in full else "-" for name in sets
        ]
        label = "every label, single" if arm == "random" else "every label, committee"
        lines.append(f"| {label} | {' | '.join(cells)} |")
    return [*lines, ""]
