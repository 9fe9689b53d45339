"""How many labels active testing saves, and whether its intervals cover as they say.

    python benchmarks/active_testing.py                    run what is missing, write the page
    python benchmarks/active_testing.py --only gains       one part: gains, others, coverage, ...
    python benchmarks/active_testing.py --minutes 10       begin no run after so many
    python benchmarks/active_testing.py --write            only write the page again

Every run is a line in build/active_testing.jsonl, so that one that was interrupted goes on where it was.
The page is docs/benchmarks/active-testing.md.  Needs the data below QUERIST_DATA; half an hour.
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from querist.campaign import Campaign, current_quality, quality, recent_quality, watched_quality
from querist.data import Pool
from querist.evaluation import ActiveTest, load_dataset
from querist.kernels import (
    bernstein_interval,
    betting_interval,
    interval_at_any_look,
    loss_terms,
    neyman_allocation,
    stratified_mean,
)
from querist.models import Bagging, TunedKernel
from querist.tasks import Classification

ROOT = Path(__file__).parents[1]
RUNS = ROOT / "build" / "active_testing.jsonl"
PAGE = ROOT / "docs" / "benchmarks" / "active-testing.md"
SETS = {
    "image_mnist_vae": "MNIST (10 VAE features)",
    "image_fashion_mnist": "Fashion-MNIST (50 components)",
    "tab_mlbench/LetterRecognition": "Letter",
    "tab_mlbench/Satellite": "Satellite",
    "text_agnews": "AG News (50 components)",
}
TRAINED, POOL, COMPONENTS = 50, 5000, 50
LOOKS = (100, 200, 300, 400)
LOGARITHMIC = 10  # repeats in which logarithmic loss is measured as well
REPEATS = {"gains": 40, "others": 10, "coverage": 1000, "standing": 1000, "fair": 1000, "campaigns": 200}
CAMPAIGN_POOL, CAMPAIGN_LABELS = 1500, 250
COVER_SET, COVER_POOL, COVER_LABELS, COVER_LOOKS = "image_mnist_vae", 2000, 200, (50, 100, 200)


def main() -> int:
    """Run what is missing, write the page."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--only", default="", metavar="PART,...", help="gains, others, coverage, standing, campaigns"
    )
    parser.add_argument("--minutes", type=float, default=float("inf"), help="begin no run after so many")
    parser.add_argument("--write", action="store_true", help="run nothing")
    given = parser.parse_args()
    warnings.filterwarnings("ignore")
    if not given.write:
        run([one for one in given.only.split(",") if one] or list(REPEATS), given.minutes)
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(page(read()), encoding="utf-8")
    return 0


def run(parts: list[str], minutes: float) -> None:
    """Every repeat that the file does not hold, in turns of the data sets."""
    RUNS.parent.mkdir(exist_ok=True)
    begun, held = time.monotonic(), {(one["part"], one["case"], one["seed"]) for one in read()}
    with open(RUNS, "a", encoding="utf-8") as file:
        for part, case, seed, work in jobs(parts):
            if (part, case, seed) in held:
                continue
            if time.monotonic() - begun > 60 * minutes:
                return
            line = {"part": part, "case": case, "seed": seed, **work()}
            file.write(json.dumps(line) + "\n")
            file.flush()


def jobs(parts: list[str]) -> Iterator[tuple[str, str, int, Callable[[], dict[str, Any]]]]:
    """All there is to do: part, case, seed and what does it."""
    for part in parts:
        for seed in range(REPEATS[part]):
            if part in ("gains", "others"):
                for name in SETS:
                    does = gain if part == "gains" else other
                    yield part, name, seed, lambda does=does, name=name, seed=seed: does(name, seed)  # type: ignore[misc]
            elif part == "coverage":
                yield part, COVER_SET, seed, lambda seed=seed: coverage(seed)  # type: ignore[misc]
            elif part == "standing":
                yield part, COVER_SET, seed, lambda seed=seed: standing(seed)  # type: ignore[misc]
            elif part == "fair":
                yield part, COVER_SET, seed, lambda seed=seed: fairly(seed)  # type: ignore[misc]
            elif part == "campaigns":
                yield part, "digits", seed, lambda seed=seed: campaign(seed)  # type: ignore[misc]


def read() -> list[dict[str, Any]]:
    """The runs so far."""
    if not RUNS.exists():
        return []
    return [json.loads(line) for line in RUNS.read_text(encoding="utf-8").splitlines()]


# ------------------------------------------------------------ one set, and a model trained once


@cache
def trained(name: str, pool: int = POOL) -> tuple[Any, Any, Any, Any, Any]:
    """A model trained with few labels, those labels, and a pool with its answers."""
    data = load_dataset(name)
    rng = np.random.default_rng(0)
    rows = rng.permutation(len(data))[: TRAINED + pool]
    x = data.x[rows]
    x = np.asarray(x.toarray() if hasattr(x, "toarray") else x, dtype=np.float64)
    if x.shape[1] > 2 * COMPONENTS:
        x = components(x)
    y = data.y[rows]
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=500)).fit(x[:TRAINED], y[:TRAINED])
    return model, (x[:TRAINED], y[:TRAINED]), x[TRAINED:], y[TRAINED:], data.classes


def components(x: Any) -> Any:
    """The first principal components, found without labels."""
    from sklearn.decomposition import PCA

    return PCA(COMPONENTS, svd_solver="full").fit_transform(x)


def begun(name: str, seed: int, pool: int = POOL, **options: Any) -> tuple[ActiveTest, Any, Any]:
    """A test, the answers, and the true losses."""
    model, train, x, y, classes = trained(name, pool)
    proba = np.zeros((len(x), len(classes)))
    proba[:, [classes.index(one) for one in model.classes_]] = model.predict_proba(x)
    test = ActiveTest(proba, x, train=train, classes=classes, seed=seed, **options)
    column = {value: i for i, value in enumerate(classes)}
    return test, y, test.losses[np.arange(len(y)), [column[one] for one in y]]


def labelled(test: ActiveTest, y: Any, labels: int, batch: int = 10) -> None:
    """Ask until so many labels are known."""
    while test.labels < labels:
        test.tell({row: y[row] for row in test.ask(min(batch, labels - test.labels))})


# ------------------------------------------------------------ the parts


def gain(name: str, seed: int) -> dict[str, Any]:
    """What the estimators say at each look, of error and of logarithmic loss."""
    told: dict[str, Any] = {}
    for loss in ("error", "log_loss")[: 1 + (seed < LOGARITHMIC)]:
        test, y, truth = begun(name, seed, loss=loss)
        told[loss] = {"truth": truth.mean(), "spread": truth.std(), "n": test.n, "estimates": {}}
        for look in LOOKS:
            labelled(test, y, look)
            told[loss]["estimates"][look] = test.estimates()
    return told


def other(name: str, seed: int) -> dict[str, Any]:
    """The published ways, of error: LURE by expected loss, ASE by XWED, strata."""
    kinds = {
        "LURE, expected loss": {"acquisition": "expected_loss", "estimator": "lure", "explore": 0.1},
        "ASE, XWED": {
            "acquisition": "xwed",
            "estimator": "surrogate",
            "explore": 0.1,
            "surrogate": Bagging(TunedKernel(widths=(1.0,)), size=5),
            "refit": 0.2,
        },
    }
    told: dict[str, Any] = {}
    for kind, options in kinds.items():
        test, y, truth = begun(name, seed, **options)
        told.update(truth=truth.mean(), spread=truth.std(), n=test.n)
        for look in LOOKS[:3]:
            labelled(test, y, look)
            told.setdefault(kind, {})[look] = test.estimates()[str(options["estimator"])]
    told["strata"] = strata(name, seed)
    return told


def strata(name: str, seed: int) -> dict[int, float]:
    """Ten strata by what the model itself expects to lose, shared out by their expected spread."""
    test, _, truth = begun(name, seed)
    sure = 1 - trained_confidence(name)
    of = np.argsort(np.argsort(sure, kind="stable"), kind="stable") * 10 // test.n
    sizes = np.bincount(of)
    spreads = np.array([np.sqrt(max(p * (1 - p), 0.01)) for p in (sure[of == s].mean() for s in range(10))])
    rng, said = np.random.default_rng(seed), {}
    for look in LOOKS[:3]:
        shares = neyman_allocation(sizes, spreads, look)
        rows = [rng.choice(np.flatnonzero(of == s), m, replace=False) for s, m in enumerate(shares)]
        drawn = np.concatenate(rows)
        said[look] = stratified_mean(truth[drawn], of[drawn], sizes)[0]
    return said


def trained_confidence(name: str) -> Any:
    """The probability of the class that the model says, of every row."""
    model, _, x, _, _ = trained(name)
    return model.predict_proba(x).max(axis=1)


def coverage(seed: int) -> dict[str, Any]:
    """Whether the true error lies within each interval: at one look, and at all looks together."""
    test, y, truth = begun(COVER_SET, seed, COVER_POOL)
    target, told = truth.mean(), {}
    for look in COVER_LOOKS:
        labelled(test, y, look)
        for name in ("cross", "corrected", "lure"):
            _, low, high = test.one_look(name)
            told[f"{name}, one look at {look}"] = [bool(low <= target <= high), float(high - low)]
    return {**told, **watched(test, target)}


def fairly(seed: int) -> dict[str, Any]:
    """The intervals of fair draws, which need no surrogate."""
    _, _, truth = begun(COVER_SET, 0, COVER_POOL)
    rows = np.random.default_rng(seed).permutation(len(truth))[:COVER_LABELS]
    found = fair(truth[rows], len(truth))
    return {f"{name}, any look": ever(*ends, truth.mean()) for name, ends in found}


def standing(seed: int) -> dict[str, Any]:
    """The same at any look, with a surrogate that has seen the model's labels alone: many repeats, soon."""
    test, y, truth = begun(COVER_SET, seed, COVER_POOL, refit=1e9)
    labelled(test, y, COVER_LABELS)
    return watched(test, truth.mean())


def watched(test: ActiveTest, target: float) -> dict[str, list[Any]]:
    """Both intervals of weighted losses at every look."""
    told = {}
    for name in ("betting", "asymptotic"):
        test.interval = name
        told[f"weighted, {name}, any look"] = ever(*test.course(), target)
    return told


def fair(lost: Any, n: int) -> Iterator[tuple[str, tuple[Any, Any]]]:
    """The intervals of fair draws at every look."""
    m = np.arange(1, len(lost) + 1)
    before = np.concatenate([[0.0], np.cumsum(lost)[:-1]])
    terms = loss_terms(lost, 1 / (n - m + 1), n)
    yield "fair draws: betting, pool known", betting_interval(terms, before / n, (before + n - m + 1) / n)
    yield "fair draws: betting", betting_interval(lost)
    yield "fair draws: Bernstein, pool known", bernstein_interval(lost, n=n)
    yield "fair draws: mixture of bets", interval_at_any_look(np.cumsum(lost), m)


def ever(low: Any, high: Any, target: float) -> list[Any]:
    """Whether the target was never missed, and the width at the end."""
    inside = ((low <= target + 1e-9) & (target <= high + 1e-9)).all()
    return [bool(inside), float(high[-1] - low[-1])]


def campaign(seed: int) -> dict[str, Any]:
    """What a campaign tells of its model from random questions, and how good the model is on other items."""
    data = load_dataset("image_mnist_vae")
    rows = np.random.default_rng(seed).permutation(len(data))[: CAMPAIGN_POOL + POOL]
    x, y = np.asarray(data.x[rows], dtype=np.float64), data.y[rows]
    pool, rest = slice(None, CAMPAIGN_POOL), slice(CAMPAIGN_POOL, None)
    task = Classification(data.classes)
    running = Campaign(
        Pool(x[pool]),
        task,
        strategy="margin",
        model=GaussianNB(var_smoothing=0.01),
        random_share=0.2,
        seed=seed,
    )
    looks: dict[str, list[bool]] = {"watched": [], "mean": []}
    while len(running.labels) < CAMPAIGN_LABELS:
        for query in running.ask(10):
            running.tell(query, y[pool][query.item])
        if (watched := watched_quality(running.state)) is not None:
            truth = float((np.asarray(running.model.predict(x[rest])) == y[rest]).mean())
            for name, found in (("watched", watched), ("mean", quality(running.state))):
                looks[name].append(bool(found and found.low <= truth <= found.high))
    truth = float((np.asarray(running.model.predict(x[rest])) == y[rest]).mean())
    told: dict[str, Any] = {"truth": truth, "looks": looks}
    for name, does in (
        ("mean", quality),
        ("half", recent_quality),
        ("current", current_quality),
        ("watched", watched_quality),
    ):
        found = does(running.state)
        if found is not None:
            told[name] = [found.estimate, found.low, found.high]
    return told


# ------------------------------------------------------------ the page


def page(runs: list[dict[str, Any]]) -> str:
    """The page, from the runs."""
    of = {part: [one for one in runs if one["part"] == part] for part in REPEATS}
    parts = [
        HEAD,
        gains_told(of["gains"]),
        others_told(of["others"]),
        coverage_told(of["coverage"], of["standing"], of["fair"]),
        campaigns_told(of["campaigns"]),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


HEAD = f"""# Active testing

<!-- made by benchmarks/active_testing.py; do not edit -->

How many labels does it take to tell how good a model is? A logistic regression is trained once on {TRAINED}
labels; a pool of {POOL:,} other items stands by, whose labels cost. How to use it:
[Measure quality](../how-to/measure-quality.md). Made again by

    python benchmarks/active_testing.py

**Read it like this.** A mean squared error, over repeats, is turned into the number of labels at which the
mean of fair draws without replacement has the same (its error is known exactly). *3.0* at 300 says that
900 fair labels are as exact. In brackets the 90 % interval over resampled repeats."""


def fair_labels(mistakes: Any, spread: float, n: int) -> float:
    """The number of fair draws from a pool of ``n`` whose mean has the same mean squared error."""
    error = float(np.mean(np.square(mistakes)))
    return spread**2 * n / (error * (n - 1) + spread**2)


def times(mistakes: Any, spread: float, n: int, labels: int) -> str:
    """How many times the labels that is, with its interval."""
    mistakes, rng = np.asarray(mistakes), np.random.default_rng(0)
    again = [
        fair_labels(mistakes[rng.integers(len(mistakes), size=len(mistakes))], spread, n) for _ in range(400)
    ]
    low, high = np.quantile(again, [0.05, 0.95]) / labels
    return f"{fair_labels(mistakes, spread, n) / labels:.1f} ({low:.1f}-{high:.1f})"


def gains_told(runs: list[dict[str, Any]]) -> str:
    """Of error at each look, of logarithmic loss at the last."""
    if not runs:
        return ""
    last = f"At {LOOKS[-1]} labels, `corrected`, and `cross` of logarithmic loss ({LOGARITHMIC} repeats):"
    return "\n\n".join(
        [
            "## Labels saved",
            "`ActiveTest` as it is (draws by the spread of the loss, half of them fair, ten at a time),\n"
            "with the estimator `surrogate`: what its second model expects. No interval.",
            by_looks(runs, "surrogate"),
            "With the estimator `cross`, the default: mended by weights, with an interval that holds.",
            by_looks(runs, "cross"),
            last,
            at_last(runs),
        ]
    )


def by_looks(runs: list[dict[str, Any]], estimator: str) -> str:
    """A table of one estimator's gains at each look."""
    rows = ["| data | wrong | repeats | " + " | ".join(f"{look} labels" for look in LOOKS) + " |"]
    rows.append("|---|---|---|" + "---|" * len(LOOKS))
    for name, title in SETS.items():
        own = [one["error"] for one in runs if one["case"] == name]
        if own:
            cells = [times(*mistakes(own, estimator, look), look) for look in LOOKS]
            rows.append(f"| {title} | {own[0]['truth']:.1%} | {len(own)} | {' | '.join(cells)} |")
    return "\n".join(rows)


def at_last(runs: list[dict[str, Any]]) -> str:
    """A table of what else was measured, at the last look."""
    rows, look = ["| data | corrected | cross, logarithmic loss |", "|---|---|---|"], LOOKS[-1]
    for name, title in SETS.items():
        own = [one["error"] for one in runs if one["case"] == name]
        logs = [one["log_loss"] for one in runs if one["case"] == name and "log_loss" in one]
        if own and logs:
            told = times(*mistakes(own, "corrected", look), look)
            rows.append(f"| {title} | {told} | {times(*mistakes(logs, 'cross', look), look)} |")
    return "\n".join(rows)


def mistakes(own: list[dict[str, Any]], estimator: str, look: int) -> tuple[list[float], float, int]:
    """Estimates less the truth, the spread of the losses, the size of the pool."""
    told = [one["estimates"][str(look)][estimator] - one["truth"] for one in own]
    return told, own[0]["spread"], own[0]["n"]


def others_told(runs: list[dict[str, Any]]) -> str:
    """The published ways at 300 labels."""
    if not runs:
        return ""
    kinds, look = ("LURE, expected loss", "ASE, XWED", "strata"), 300
    rows = ["| data | repeats | " + " | ".join(kinds) + " |", "|---|---|" + "---|" * len(kinds)]
    for name, title in SETS.items():
        own = [one for one in runs if one["case"] == name]
        if own:
            cells = [
                times(
                    [one[kind][str(look)] - one["truth"] for one in own], own[0]["spread"], own[0]["n"], look
                )
                for kind in kinds
            ]
            rows.append(f"| {title} | {len(own)} | {' | '.join(cells)} |")
    return (
        f"## The published ways\n\nAt {look} labels, of error; few repeats, so read "
        f"them roughly. LURE draws\n"
        "by expected loss (a tenth fair); ASE draws by XWED from five kernel classifiers on bootstraps;\n"
        "strata are ten classes of the model's own confidence.\n\n" + "\n".join(rows)
    )


def coverage_told(*parts: list[dict[str, Any]]) -> str:
    """How often the truth was inside; parts: everything, a surrogate that stands still, fair draws."""
    if not any(parts):
        return ""
    rows = ["| interval (95 %) | repeats | covers | width |", "|---|---|---|---|"]
    for title, some in zip(("", "surrogate that stands still: ", ""), parts, strict=True):
        for name in [one for one, told in (some or [{}])[0].items() if isinstance(told, list)]:
            inside, width = np.mean([one[name] for one in some], axis=0)
            rows.append(f"| {title}{name} | {len(some):,} | {inside:.1%} | {width:.3f} |")
    return f"{COVER_HEAD}\n\n" + "\n".join(rows) + f"\n\n{COVER_AFTER}"


COVER_HEAD = f"""\
## Do intervals cover?

Repeats on MNIST ({COVER_POOL:,} items). *One look* intervals are looked at once; *any look* ones after every
label up to {COVER_LABELS}, and count as right only if they never missed. Widths are at the last look.
*Weighted* are those of `ActiveTest`: by betting, which is proved, and asymptotic, from 30 labels on; *fair
draws* spend the same labels at random."""
COVER_AFTER = """\
A proved interval at any look that covers more than 95 % is no error: it would hold for ever, and ever has
not come after so few labels. The asymptotic one is nearer to 95 % because it promises less: it holds as far
as sums of the losses are normal, which with rare errors they are not soon."""


def campaigns_told(runs: list[dict[str, Any]]) -> str:
    """How the three figures of a campaign lie to the quality of its model on other items."""
    if not runs:
        return ""
    kinds = {
        "mean": "`quality`: mean over the models so far, any look",
        "half": "`recent_quality`: the later half, any look",
        "current": "`current_quality`: the model of now, one look",
        "watched": "`watched_quality`: the model of now, as dashboards show it",
    }
    rows = [
        "| estimate | off by, on average | root mean squared error | covers | width |",
        "|---|---|---|---|---|",
    ]
    for kind, title in kinds.items():
        told = np.array([[*one[kind], one["truth"]] for one in runs if kind in one])
        off, inside = told[:, 0] - told[:, 3], (told[:, 1] <= told[:, 3]) & (told[:, 3] <= told[:, 2])
        rows.append(
            f"| {title} | {off.mean():+.3f} | {np.sqrt((off**2).mean()):.3f} | {inside.mean():.1%} "
            f"| {(told[:, 2] - told[:, 1]).mean():.2f} |"
        )
    return (
        f"## A campaign's own figures\n\n{len(runs)} campaigns on MNIST, margin "
        f"sampling with a fifth of the\n"
        f"questions random, naive Bayes, {CAMPAIGN_LABELS} labels; truth is the share "
        f"of right predictions on\n"
        f"{POOL:,} other items. The first two speak of earlier models, so their "
        f"intervals need not cover the\n"
        "model of now.\n\n" + "\n".join(rows) + watched_told(runs)
    )


def watched_told(runs: list[dict[str, Any]]) -> str:
    """How often what a dashboard shows held the model of now at every look."""
    looked = [one["looks"] for one in runs if one.get("looks", {}).get("watched")]
    if not looked:
        return ""
    always = np.mean([all(one["watched"]) for one in looked])
    mean = np.mean([np.mean(one["mean"]) for one in looked])
    return (
        "\n\nLooked at after every ten labels from the 16th random answer on, the interval of\n"
        f"`watched_quality` held the model of now at all looks in {always:.1%} of the campaigns; that of\n"
        f"`quality` held it at {mean:.1%} of the single looks."
    )


if __name__ == "__main__":
    raise SystemExit(main())
