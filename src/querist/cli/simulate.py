"""``querist simulate``: replay labels that exist, and see which strategy would have paid."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from querist.cli.console import say, split, table, working
from querist.cli.options import reading
from querist.errors import InvalidInput, MissingExtra

if TYPE_CHECKING:
    import numpy as np

    from querist.evaluation import Curves

__all__ = ["command"]


@click.command("simulate", short_help="Compare strategies on data that has labels.")
@click.argument("path", type=click.Path(path_type=Path))
@reading
@click.option("--encoder", default="auto", show_default=True, metavar="NAME", help="As for `querist label`.")
@click.option("--model", default="default", show_default=True, metavar="NAME", help="As for `querist label`.")
@click.option(
    "--strategies",
    default="margin,entropy,default",
    show_default=True,
    metavar="A,B",
    help="The strategies; random always runs beside them.",
)
@click.option(
    "--seeds", type=click.IntRange(min=1), default=10, show_default=True, help="Runs of each strategy."
)
@click.option(
    "--budget", type=click.IntRange(min=1), default=400, show_default=True, help="Labels at the end."
)
@click.option(
    "--batch", type=click.IntRange(min=1), default=10, show_default=True, help="Labels between trainings."
)
@click.option(
    "--start", type=click.IntRange(min=0), default=0, show_default=True, help="Random labels to begin with."
)
@click.option(
    "--test",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=0.3,
    show_default=True,
    help="Share held back for measuring.",
)
@click.option("--pool", type=click.IntRange(min=1), metavar="N", help="At most N items to choose from.")
@click.option(
    "--metric", type=click.Choice(["accuracy", "balanced_accuracy"]), default="accuracy", show_default=True
)
@click.option("-o", "--output", metavar="NAME", help="Write NAME.csv, NAME.md and NAME.svg. [PATH-curves]")
def command(path: Path, **options: Any) -> None:
    """Replay the labels that PATH has already, as if people gave them one by one.

    Every strategy runs through the same campaign code that serves the page, with the same seeds, the same
    pool and the same test set as random; what is compared are pairs. PATH may be a campaign's folder.

    \b
    Examples:
      querist simulate reviews.csv --label topic
      querist simulate photos/ --strategies margin,default --seeds 5 --budget 200
      querist simulate reviews.querist --batch 20 -o topic-curves
    """
    from querist.evaluation import simulate
    from querist.models.choice import model_named
    from querist.strategies import as_strategy

    strategies = [name for name in split(options["strategies"]) if name != "random"]
    for name in strategies:
        as_strategy(name)  # a wrong name is told before anything is encoded
    x, y = _labelled(path, options)
    with working("Simulating") as progress:
        curves = simulate(
            x,
            y,
            strategies=strategies,
            model=model_named(options["model"], x),
            seeds=options["seeds"],
            batch=options["batch"],
            start=options["start"],
            budget=options["budget"],
            test=options["test"],
            pool=options["pool"],
            dataset=path.stem,
            progress=progress,
        )
    _show(curves, options["metric"])
    name = options["output"] or f"{path.absolute().stem}-curves"
    say(f"\nWrote {', '.join(_write(curves, name, options['metric']))}")


def _labelled(path: Path, options: dict[str, Any]) -> tuple[np.ndarray, list[str]]:
    """Features and labels of the items that have one."""
    from querist.cli.opening import read, tell_source
    from querist.encoders import encoder_for
    from querist.workspace import Workspace

    if Workspace.there(path):
        with Workspace.open(path, exclusive=False) as workspace:
            labels = workspace.state.labels
            known = [row for row, item in enumerate(workspace.items.ids) if item in labels]
            _check(path, known, [labels[workspace.items.ids[row]] for row in known])
            with working("Encoding") as progress:
                features = workspace.features(progress)
            return features[known], [str(labels[workspace.items.ids[row]]) for row in known]
    source = read(path, options)
    tell_source(path, source)
    known = [row for row, item in enumerate(source.ids) if item in source.labels]
    y = [source.labels[source.ids[row]] for row in known]
    _check(path, known, y)
    contents = [source.content[row] for row in known]
    encoder = encoder_for(source.kind, options["encoder"])
    with working("Encoding") as progress:
        return encoder.fitted(contents).encode(contents, progress=progress), y


def _check(path: Path, known: list[int], y: list[Any]) -> None:
    if len(set(y)) < 2:
        raise InvalidInput(
            f"{path} has {len(known):,} labels of {len(set(y))} classes; a simulation needs two classes.",
            mend="Name the column with the labels: --label COLUMN.",
        )


def _show(curves: Curves, metric: str) -> None:
    headings = ("strategy", "area", "over random", "above/even/below", "at the end", "labels to random's end")
    rows = []
    for one in curves.summary(metric=metric):
        reference = one["strategy"] == "random"
        match = one["labels_to_match"]
        rows.append(
            (
                one["strategy"],
                f"{one['area']:.3f}",
                "" if reference else f"{one['gain']:+.3f} ± {one['interval']:.3f}",
                "" if reference else f"{one['above']}/{one['even']}/{one['below']}",
                f"{one['last']:.3f}",
                "never" if match is None else match,
            )
        )
    say()
    table(headings, rows)


def _write(curves: Curves, name: str, metric: str) -> list[str]:
    """The rows, the summary and the picture; what was written."""
    folder = Path(name).parent
    if not folder.is_dir():
        raise InvalidInput(f"There is no folder {str(folder)!r}.", mend="Make it first, or write elsewhere.")
    written = [f"{name}.csv", f"{name}.md"]
    curves.write_csv(written[0])
    Path(written[1]).write_text(curves.table(metric=metric), encoding="utf-8")
    try:
        written.append(str(curves.picture(f"{name}.svg", metric=metric)))
    except MissingExtra as missing:
        say(f"\nThere is no picture: {missing}")
    return written
