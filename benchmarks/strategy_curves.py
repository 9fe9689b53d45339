"""A learning curve against random for every strategy that stands by itself, for its page in the manual.

    python benchmarks/strategy_curves.py                 run what is missing, write pictures and numbers
    python benchmarks/strategy_curves.py --only margin   these alone
    python benchmarks/strategy_curves.py --draw          only draw the pictures again

Campaigns are replayed on small data sets that come with scikit-learn: ten questions at a time from no label
to 200, ten paired seeds.  Every run is kept in build/strategy_curves.jsonl, so that one that was interrupted
goes on where it was; what a page needs is kept in docs/strategies/curves/curves.json.  Run
docs/make_reference.py afterwards.  Half an hour for all on two cores; seconds for one.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import sys
import time
from html import escape
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.tree import DecisionTreeRegressor

from querist.errors import QueristError
from querist.evaluation import Curves, Experiment
from querist.evaluation.statistics import interval
from querist.models import Parzen

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "strategies" / "curves"
RUNS = ROOT / "build" / "strategy_curves.jsonl"
BATCH, BUDGET, SEEDS, FEWER = 10, 200, 10, 5

# What asks a committee is measured with one, what asks numbers with numbers; the rest with classes and
# logistic regression.
COMMITTEE = {
    *("bald", "batch_bald", "consensus_entropy", "epig", "expected_model_change", "max_kl", "mean_kl"),
    *("mean_std", "variation_ratio", "vote_entropy"),
}
NUMBERS = {"gsy", "igs", "predictive_variance", "regression_bald", "regression_tree"}
BOTH = {"gsx", "lcmd", "k_means_plus_plus", "max_det", "bait"}  # read features alone: numbers as well
SLOW = {
    *(
        "alce",
        "batch_bald",
        "dwus",
        "expected_error_reduction",
        "expected_output_change",
        "hint_svm",
        "quire",
    ),
    *("value_of_information", "variance_reduction", "xpal"),
}
# No strategy by itself: parts of others, what is told beforehand, or a search for the largest value.
PARTS = {
    *("constant", "cost", "power", "product", "random", "rank", "ratio", "scored", "stochastic", "subpool"),
    *("sum", "targeted", "thompson", "top", "expected_improvement", "probability_of_improvement"),
    "upper_confidence_bound",
}
# Of several classes an item: the data sets here have one.
SEVERAL = {
    *(
        "adaptive",
        "audi",
        "average_confidence",
        "average_score",
        "binary_minimum",
        "cardinality_inconsistency",
    ),
    *("cvirs", "max_loss", "max_score", "mean_max_loss", "min_confidence", "mmc"),
}
TITLES = {"digits": "digits", "breast_cancer": "breast cancer", "diabetes": "diabetes"}


def main() -> int:
    """Run what is missing, keep the numbers, draw."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", default="", metavar="NAME,...", help="these strategies")
    parser.add_argument("--workers", type=int, default=2, help="processes")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="begin no strategy after so many")
    parser.add_argument("--again", action="store_true", help="also what has a curve already")
    parser.add_argument("--draw", action="store_true", help="run nothing")
    given = parser.parse_args()
    if not given.draw:
        named = [name for name in given.only.split(",") if name]
        run(named or names(), given.workers, given.minutes, again=given.again or bool(named))
    for name, cases in read().items():
        (FOLDER / f"{name}.svg").write_text(drawn(name, cases), encoding="utf-8")
    return 0


def names() -> list[str]:
    """Every strategy, acquisition and selector that querist ships and that stands by itself."""
    maker = _reference()
    every = {name for base, _ in maker.KINDS.values() for name in maker.ours(base)}
    return sorted(every - PARTS - SEVERAL)


def _reference() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_reference", ROOT / "docs" / "make_reference.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def cases_of(name: str) -> dict[str, str]:
    """On which data sets a strategy is measured, and with which model."""
    if name in NUMBERS:
        return {"diabetes": "tree" if name == "regression_tree" else "bayesian_ridge"}
    model = "forest" if name in COMMITTEE else "parzen" if name == "epistemic" else "logistic"
    cases = {"digits": model, "breast_cancer": model}
    return cases | ({"diabetes": "bayesian_ridge"} if name in BOTH else {})


def run(wanted: list[str], workers: int, minutes: float, *, again: bool) -> None:
    """Measure strategy after strategy; each one's numbers are kept as soon as they are there."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    RUNS.parent.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    for name in wanted:
        kept = read()
        if (name in kept and not again) or time.monotonic() - began > 60 * minutes:
            continue
        cases: dict[str, Any] = {}
        for dataset, model in cases_of(name).items():
            try:
                cases[dataset] = measured(name, dataset, model, workers)
            except QueristError as error:
                print(f"{name} on {dataset}: {error}", flush=True)
        if cases:
            write(kept | {name: cases})
            print(f"{time.monotonic() - began:5.0f} s  {name}: {sentence(cases)}", flush=True)


def measured(name: str, dataset: str, model: str, workers: int) -> dict[str, Any]:
    """The mean curves of one strategy and of random, with what they differ by, rounded."""
    seeds = FEWER if name in SLOW else SEEDS
    made = {
        "forest": RandomForestClassifier(n_estimators=25),
        "parzen": Parzen(),
        "tree": DecisionTreeRegressor(min_samples_leaf=5),
    }
    fitted = made.get(model, model)
    experiment = Experiment.of(dataset, [name], {model: fitted}, BATCH, seeds, budget=BUDGET)
    curves = experiment.run(RUNS, workers=workers)
    metric = "rmse" if dataset == "diabetes" else "accuracy"
    told = next(row for row in curves.summary(metric=metric) if row["strategy"] == name)
    digits = 4 if metric == "accuracy" else 2
    return {
        "model": model,
        "measure": metric,
        "seeds": seeds,
        "labels": list(curves.budgets),
        "gain": round(told["gain"], digits),
        "interval": round(told["interval"], digits),
        "strategy": _band(curves, name, metric, digits),
        "random": _band(curves, "random", metric, digits),
    }


def _band(curves: Curves, name: str, metric: str, digits: int) -> list[list[float]]:
    mean, half = interval(curves.values(name, metric=metric), 0.95)
    return [[round(float(one), digits) for one in part] for part in (mean, half)]


def read() -> dict[str, Any]:
    path = FOLDER / "curves.json"
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else {}


def write(curves: dict[str, Any]) -> None:
    """One line a strategy, so that a change of one is a change of one."""
    lines = [
        f"{json.dumps(name)}: {json.dumps(curves[name], separators=(',', ':'))}" for name in sorted(curves)
    ]
    (FOLDER / "curves.json").write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def sentence(cases: dict[str, Any]) -> str:
    """What the curves come to: the mean difference to random, by data set."""
    return "; ".join(
        f"on {TITLES[name]} {100 * case['gain']:+.1f} ± {100 * case['interval']:.1f} points"
        if case["measure"] == "accuracy"
        else f"on {TITLES[name]} {-case['gain']:+.2f} ± {case['interval']:.2f} in {case['measure']}"
        for name, case in cases.items()
    )


# ------------------------------------------------------------ the picture

_WIDTH, _HEIGHT, _GAP, _LEFT, _TOP = 250, 150, 58, 48, 34
_STYLE = (
    "text{font:11px system-ui,sans-serif;fill:#57606a}.t{fill:#24292f;font-size:12px}"
    ".g{stroke:#d0d7de}.s{fill:none;stroke:#0969da;stroke-width:2}.r{fill:none;stroke:#8c959f;stroke-width:2}"
    ".b{fill:#0969da;opacity:.18}.q{fill:#8c959f;opacity:.22}"
    "@media(prefers-color-scheme:dark){text{fill:#9198a1}.t{fill:#e6edf3}.g{stroke:#30363d}"
    ".s{stroke:#58a6ff}.b{fill:#58a6ff}}"
)


def drawn(name: str, cases: dict[str, Any]) -> str:
    """One small panel a data set: the strategy's mean and random's, each with its 95 % band."""
    wide = _LEFT + (_WIDTH + _GAP) * len(cases)
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {_TOP + _HEIGHT + 40}" role="img">',
        f"<title>{escape(name)} against random</title><style>{_STYLE}</style>",
    ]
    for i, (dataset, case) in enumerate(cases.items()):
        out += _panel(_LEFT + i * (_WIDTH + _GAP), name, dataset, case)
    return "\n".join([*out, "</svg>"]) + "\n"


def _panel(left: int, name: str, dataset: str, case: dict[str, Any]) -> list[str]:
    labels, per = case["labels"], 100 if case["measure"] == "accuracy" else 1
    mine, theirs = (per * np.array(case[arm]) for arm in ("strategy", "random"))
    low, high = _range(mine, theirs, percent=per == 100)

    def x(label: float) -> str:
        return f"{left + _WIDTH * (label - labels[0]) / (labels[-1] - labels[0]):.0f}"

    def y(value: float) -> str:
        return f"{_TOP + _HEIGHT * (high - min(max(value, low), high)) / (high - low):.1f}"

    def line(kind: str, values: Any) -> str:
        points = " ".join(f"{x(label)},{y(value)}" for label, value in zip(labels, values, strict=True))
        return f'<polyline class="{kind}" points="{points}"/>'

    def band(kind: str, mean: Any, half: Any) -> str:
        there = [f"{x(label)},{y(value)}" for label, value in zip(labels, mean + half, strict=True)]
        back = [f"{x(label)},{y(value)}" for label, value in zip(labels, mean - half, strict=True)]
        return f'<polygon class="{kind}" points="{" ".join(there + back[::-1])}"/>'

    unit = "accuracy, %" if per == 100 else case["measure"]
    out = [f'<text class="t" x="{left}" y="14">{escape(TITLES[dataset])}, {escape(case["model"])}</text>']
    out.append(f'<text x="{left}" y="28">{unit}</text>')
    for value in np.linspace(low, high, 5):
        out.append(f'<path class="g" d="M{left} {y(value)}h{_WIDTH}"/>')
        out.append(f'<text x="{left - 6}" y="{float(y(value)) + 4:.1f}" text-anchor="end">{value:g}</text>')
    for label in (labels[0], 50, 100, 150, labels[-1]):
        out.append(f'<text x="{x(label)}" y="{_TOP + _HEIGHT + 15}" text-anchor="middle">{label}</text>')
    out += [band("q", *theirs), band("b", *mine), line("r", theirs[0]), line("s", mine[0])]
    foot = _TOP + _HEIGHT + 31
    out.append(
        f'<path class="s" d="M{left} {foot - 4}h18"/><text x="{left + 23}" y="{foot}">{escape(name)}</text>'
    )
    out.append(
        f'<path class="r" d="M{left + 160} {foot - 4}h18"/><text x="{left + 183}" y="{foot}">random</text>'
    )
    return out


def _range(mine: Any, theirs: Any, *, percent: bool) -> tuple[float, float]:
    """Round ends around both means: bands may run out of the panel, the curves do not."""
    low, high = min(mine[0].min(), theirs[0].min()), max(mine[0].max(), theirs[0].max())
    for step in (0.5, 1, 2, 3, 5, 10, 15, 20, 25, 50, 100, 1_000):
        bottom = float(np.floor(low / step) * step)
        if bottom + 4 * step >= high:
            break
    above = max(0.0, bottom + 4 * step - 100) if percent else 0.0
    return bottom - above, bottom + 4 * step - above


if __name__ == "__main__":
    sys.exit(main())
