"""Learning curves as a picture that reads on light and on dark pages, and without colour vision."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from querist.errors import InvalidInput, MissingExtra
from querist.evaluation.metrics import METRICS
from querist.evaluation.statistics import REFERENCE, interval

__all__ = [
    "FAINT",
    "INK",
    "PLAIN",
    "band",
    "curves_figure",
    "draw",
    "drawing",
    "in_points",
    "save",
    "style_of",
    "tidy",
]

_POINTS = 120
INK = "#747c87"  # contrast above 4 on white and on black alike
FAINT = "#747c8740"
PLAIN = "#8d95a0"
# After Okabe & Ito (2008), lightened until they read on black too; lines differ in their dashes as well.
_COLOURS = ("#e0641b", "#3787c8", "#12a57c", "#c66fa4", "#c99a00", "#7f74d6")
_DASHES: tuple[Any, ...] = (
    "-",
    (0, (5, 1.5)),
    (0, (1.2, 1.2)),
    (0, (5, 1.2, 1.2, 1.2)),
    (0, (8, 2)),
    (0, (3, 3)),
)
_STYLE = {
    "font.family": "sans-serif",
    "font.size": 9.5,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.8,
    "svg.fonttype": "none",
}


class Drawn(Protocol):
    """What is drawn of :class:`querist.evaluation.Curves`."""

    @property
    def datasets(self) -> tuple[str, ...]: ...
    @property
    def strategies(self) -> tuple[str, ...]: ...
    def budgets_of(self, dataset: str | None) -> tuple[int, ...]: ...
    def metric_of(self, dataset: str | None) -> str: ...
    def strategies_of(self, dataset: str | None) -> tuple[str, ...]: ...
    def values(self, strategy: str, *, metric: str, dataset: str | None) -> np.ndarray: ...
    def gains(self, strategy: str, *, metric: str, dataset: str | None) -> Sequence[Any]: ...


def draw(
    curves: Drawn, path: Path, *, metric: str | None = None, titles: Sequence[str] | None = None
) -> Path:
    """Draw :func:`curves_figure` into a file.

    Raises MissingExtra and InvalidInput, as :func:`drawing` does.
    """
    titles = curves.datasets if titles is None else titles
    with drawing(path.name):
        save(curves_figure(curves, curves.datasets, titles, metric), path)
    return path


@contextmanager
def drawing(name: str = "picture.svg", *, salt: str = "querist") -> Iterator[None]:
    """Our style while the block runs, for a file of this name.

    Raises
    ------
    MissingExtra
        matplotlib is not installed.
    InvalidInput
        The file's ending is none that can be drawn.
    """
    try:
        import matplotlib
    except ImportError as error:
        raise MissingExtra(
            f"Pictures need matplotlib: {error}.", mend="Install it: pip install 'querist[plots]'."
        ) from error
    if not name.endswith((".svg", ".png", ".pdf")):
        raise InvalidInput(f"No picture can be written to {name!r}.", mend="End it in .svg or .png.")
    with matplotlib.rc_context({**_STYLE, "svg.hashsalt": salt}):
        yield


def save(figure: Any, path: Any) -> None:
    """Write a figure, transparent, the same bytes each time; ``path`` may be a buffer of SVG."""
    svg = getattr(path, "suffix", ".svg") == ".svg"
    metadata = {"Date": None} if svg else None
    format = {} if hasattr(path, "suffix") else {"format": "svg"}
    figure.savefig(path, transparent=True, dpi=160, metadata=metadata, **format)


def curves_figure(
    curves: Drawn,
    datasets: Sequence[str],
    titles: Sequence[str],
    metric: str | None = None,
    *,
    across: bool = False,
) -> Any:
    """A column a data set: the curves above, what they gain over random below, with 95 % bands.

    ``across`` sets the two side by side, for one data set.
    """
    from matplotlib.figure import Figure

    columns = len(datasets)
    if across:
        figure = Figure(figsize=(9.2, 3.7), layout="constrained")
        axes = figure.subplots(1, 2, squeeze=False, width_ratios=(3, 2)).T
        axes[0, 0].set_xlabel("labels")
    else:
        figure = Figure(figsize=(max(5.2, 3.5 * columns), 5.4), layout="constrained")
        axes = figure.subplots(2, columns, sharex="col", squeeze=False, height_ratios=(3, 2))
    for column, (dataset, title) in enumerate(zip(datasets, titles, strict=True)):
        measure = curves.metric_of(dataset) if metric is None else metric
        _levels(axes[0, column], curves, dataset, measure)
        _gains(axes[1, column], curves, dataset, measure)
        axes[0, column].set_title(title, fontweight="bold", loc="left")
        if column == 0:
            axes[0, 0].set_ylabel(measure.replace("_", " "))
            axes[1, 0].set_ylabel("points above random" if in_points(measure) else "better than random by")
    handles, names = axes[0, 0].get_legend_handles_labels()
    shown = 6 if columns > 1 or across else 4
    figure.legend(handles, names, loc="outside lower center", ncols=shown, frameon=False)
    return figure


def _levels(axis: Any, curves: Drawn, dataset: str, metric: str) -> None:
    shown = _shown(len(curves.budgets_of(dataset)))
    budgets = np.asarray(curves.budgets_of(dataset))[shown]
    for strategy in _drawn_last_first(curves, dataset):
        mean, half = interval(curves.values(strategy, metric=metric, dataset=dataset)[:, shown], 0.95)
        style = style_of(curves, strategy)
        axis.plot(budgets, mean, label=strategy, **style, zorder=2 if strategy == REFERENCE else 3)
        if strategy in (REFERENCE, "default") and np.isfinite(half).all():  # more would hide each other
            axis.fill_between(budgets, *band(mean, half, metric), color=style["color"], alpha=0.13, lw=0)
    axis.xaxis.get_major_locator().set_params(integer=True)
    tidy(axis)


def _gains(axis: Any, curves: Drawn, dataset: str, metric: str) -> None:
    axis.axhline(0, color=PLAIN, lw=1.6)
    for strategy in _drawn_last_first(curves, dataset):
        if strategy == REFERENCE:
            continue
        every = curves.gains(strategy, metric=metric, dataset=dataset)
        gains = [every[i] for i in _shown(len(every))]
        labels, style = [gain.labels for gain in gains], style_of(curves, strategy)
        scale = 100 if in_points(metric) else 1
        axis.plot(labels, [scale * gain.mean for gain in gains], **style, zorder=3)
        if all(np.isfinite(gain.low) for gain in gains):
            low, high = ([scale * getattr(gain, end) for gain in gains] for end in ("low", "high"))
            axis.fill_between(labels, low, high, color=style["color"], alpha=0.16, lw=0)
    axis.set_xlabel("labels")
    axis.xaxis.get_major_locator().set_params(integer=True)
    tidy(axis)


def band(mean: np.ndarray, half: np.ndarray, metric: str) -> tuple[np.ndarray, np.ndarray]:
    """The ends of intervals, within what a share can be.

    >>> band(np.array([0.9]), np.array([0.2]), "accuracy")
    (array([0.7]), array([1.]))
    """
    low, high = mean - half, mean + half
    return (np.maximum(low, 0.0), np.minimum(high, 1.0)) if in_points(metric) else (low, high)


def _shown(budgets: int) -> list[int]:
    """Which budgets are drawn: all, or so many that a line of them cannot be told from one of all."""
    return [int(i) for i in np.unique(np.linspace(0, budgets - 1, min(budgets, _POINTS)).round())]


def in_points(metric: str) -> bool:
    """Whether differences are told in points of a hundred."""
    return metric in METRICS and METRICS[metric].percent


def _drawn_last_first(curves: Drawn, dataset: str) -> tuple[str, ...]:
    """The strategies, the default last, so that it lies on top."""
    return tuple(sorted(curves.strategies_of(dataset), key=lambda name: name == "default"))


def style_of(curves: Drawn, strategy: str) -> dict[str, Any]:
    """Colour, dashes and width: random is plain, the default is the first colour."""
    if strategy == REFERENCE:
        return {"color": PLAIN, "ls": "-", "lw": 1.6}
    if strategy == "default":
        return {"color": _COLOURS[0], "ls": "-", "lw": 2.2}
    others = [name for name in curves.strategies if name not in (REFERENCE, "default")]
    place = others.index(strategy) + ("default" in curves.strategies)
    return {"color": _COLOURS[place % len(_COLOURS)], "ls": _DASHES[place % len(_DASHES)], "lw": 1.6}


def tidy(axis: Any) -> None:
    axis.grid(axis="y", color=FAINT, lw=0.7)
    axis.set_axisbelow(True)
    axis.tick_params(length=3, width=0.8)
    axis.margins(x=0.02)
    axis.patch.set_alpha(0)
