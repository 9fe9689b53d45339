"""``querist simulate``: replay labels that exist, and see which strategy would have paid."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from querist.cli.comparing import check_place, show, write
from querist.cli.console import say, split, working
from querist.cli.options import reading

if TYPE_CHECKING:
    from querist.evaluation import Dataset

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
    help="The strategies; random always runs beside them. With parameters as JSON: "
    """'{"name": "default", "patience": 3}'.""",
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
    from querist.evaluation import Experiment
    from querist.evaluation.arms import arms

    strategies = split(options["strategies"])
    arms(strategies)  # what is wrong with them is told before anything is encoded
    name = options["output"] or f"{path.absolute().stem}-curves"
    check_place(name)
    experiment = Experiment.of(
        _labelled(path, options),
        strategies,
        options["model"],
        options["batch"],
        options["seeds"],
        start=options["start"],
        budget=options["budget"],
        test=options["test"],
        pool=options["pool"],
    )
    with working("Simulating") as progress:
        curves = experiment.run(progress=progress)
    show(curves, options["metric"])
    tables = curves.table("csv"), curves.table(metric=options["metric"])

    def draw() -> list[str]:
        return [str(curves.picture(f"{name}.svg", metric=options["metric"]))]

    say(f"\nWrote {', '.join(write(name, *tables, draw))}")


def _labelled(path: Path, options: dict[str, Any]) -> Dataset:
    """Features and labels of the items that have one."""
    from querist.cli.opening import read, tell_source
    from querist.evaluation.files import from_source, read_campaign
    from querist.workspace import Workspace

    if Workspace.there(path):
        with working("Encoding") as progress:
            return read_campaign(path, progress=progress)
    source = read(path, options)
    tell_source(path, source)
    with working("Encoding") as progress:
        return from_source(source, path, task="classes", encoder=options["encoder"], progress=progress)
