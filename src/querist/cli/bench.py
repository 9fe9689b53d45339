"""``querist bench``: strategies compared on many data sets, fairly, and resumed after an interruption."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from querist.cli.comparing import check_place, show, write
from querist.cli.console import complain, say, split, working
from querist.errors import InvalidInput

if TYPE_CHECKING:
    from querist.evaluation import Curves, Experiment
    from querist.evaluation.replaying import Plan

__all__ = ["command"]

_READING = ("label", "text", "image", "id", "kind", "encoding", "encoder", "task", "costs", "unit", "rows")
_PROTOCOL = (
    "start",
    "start_by",
    "missing",
    "budget",
    "spend",
    "test",
    "stratified",
    "pool",
    "scale",
    "measure",
)


@click.command("bench", short_help="Compare strategies on many data sets.")
@click.argument("data", nargs=-1)
@click.option(
    "--strategies",
    metavar="A,B",
    help="The strategies, by name or as JSON; random always runs beside them. 'margin@logistic' asks by "
    "another model. [margin,entropy,default; of numbers igs,lcmd,default]",
)
@click.option(
    "--strategy",
    "specs",
    multiple=True,
    metavar="JSON",
    help='A strategy with parameters, such as \'{"name": "default", "patience": 3}\'; may be repeated.',
)
@click.option(
    "--models",
    default="default",
    show_default=True,
    metavar="A,B",
    help="What is trained and measured: default, logistic, svm, forest, ..., or module:factory.",
)
@click.option("--batches", default="10", show_default=True, metavar="N,M", help="Labels between trainings.")
@click.option("--seeds", default="10", show_default=True, metavar="N", help="Runs of each; or which: 20-39.")
@click.option(
    "--start",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Labels to begin with, the same for all strategies.",
)
@click.option(
    "--start-by",
    type=click.Choice(["random", "class"]),
    default="random",
    show_default=True,
    help="Draw them from all items, or one of each class first.",
)
@click.option(
    "--missing",
    type=click.Choice(["allow", "redraw", "drop"]),
    default="allow",
    show_default=True,
    help="Where they lack a class: go on, draw again, or leave out the seed.",
)
@click.option("--budget", type=click.IntRange(min=1), help="Labels at the end. [the whole pool]")
@click.option("--spend", type=click.FloatRange(min=0, min_open=True), help="What the questions may cost.")
@click.option(
    "--test",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=0.3,
    show_default=True,
    help="Share held back for measuring, where there is no official test set.",
)
@click.option("--stratified/--unstratified", default=True, show_default=True, help="Whether it is, by class.")
@click.option("--pool", type=click.IntRange(min=1), metavar="N", help="At most N items to choose from.")
@click.option("--scale/--no-scale", default=None, help="Standardise features, or not. [as the data set says]")
@click.option(
    "--measure",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Batches between measurements.",
)
@click.option(
    "--metrics",
    default="",
    metavar="A,B",
    help="accuracy, balanced_accuracy, f1, auc, log_loss, "
    "brier, ece; rmse, log_rmse, mae, r2. The first is what tables show.",
)
@click.option(
    "--target",
    type=float,
    metavar="VALUE",
    help="Tell how many labels it takes to come to this value of the first metric, such as 0.9.",
)
@click.option(
    "--noise",
    metavar="SHARE",
    help="How often answers are wrong: 0.1, or by class: ham:0.3, or ham:spam:0.3; with commas.",
)
@click.option(
    "--annotator",
    "annotators",
    multiple=True,
    metavar="NAME:COST[:NOISE[:SHARE]]",
    help="Somebody who answers at this price for a label; may be repeated.",
)
@click.option("--label", metavar="COLUMN", help="Column with the labels, of files.")
@click.option("--text", metavar="COLUMN", help="Column with the texts, of files.")
@click.option(
    "--kind", type=click.Choice(["text", "image", "row"]), help="What an item is, if the guess is wrong."
)
@click.option("--encoder", metavar="NAME", help="As for `querist label`.")
@click.option(
    "--task", type=click.Choice(["classes", "number"]), help="What a label is, if the guess is wrong."
)
@click.option("--costs", metavar="COLUMN", help="Column with what each label costs.")
@click.option("--unit", metavar="NAME", help="What the costs are: seconds, tokens, euros.")
@click.option("--rows", type=click.IntRange(min=10), metavar="N", help="At most N rows of each data set.")
@click.option(
    "--results",
    type=click.Path(path_type=Path),
    default="bench.jsonl",
    show_default=True,
    help="Where every run is kept; runs that it holds are not made again.",
)
@click.option("--workers", type=click.IntRange(min=1), help="Processes. [all cores]")
@click.option(
    "--report",
    type=click.Path(path_type=Path),
    metavar="FILE.html",
    help="Write a page with curves, ranks, savings and tables.",
)
@click.option(
    "-o", "--output", metavar="NAME", help="Write tables and pictures: NAME.csv, NAME.md, NAME-*.svg."
)
@click.option(
    "--pictures", type=click.Choice(["svg", "png"]), default="svg", show_default=True, help="Of what kind."
)
@click.option("--keep-going", is_flag=True, help="Where a run fails, say so and make the others.")
@click.option("--replay", "replayed", metavar="ID", help="Make one run of the results file again.")
@click.option("--list", "listed", is_flag=True, help="List the data sets that have names here.")
def command(data: tuple[str, ...], **options: Any) -> None:
    """Replay labels that are known, on every DATA, with every model, batch size, strategy and seed.

    DATA is a name (digits, wine, breast_cancer, iris, diabetes; more with QUERIST_DATA, see --list), a
    pattern of names, a table or NumPy or LIBSVM file with labels, or a campaign's folder. Every strategy
    meets the same splits and first labels. Stopped, by Ctrl+C or otherwise, the same command goes on where
    it stood. Without DATA, what the results file holds is shown.

    \b
    Examples:
      querist bench digits wine --strategies margin,entropy --seeds 20 --budget 200
      querist bench points.csv --label class --models svm --batches 1,10 --start 20
      querist bench reviews.querist --strategies margin,default
      querist bench 'tab_al_benchmark/*' --models svm --strategies boundary --batches 1
      querist bench --results bench.jsonl --report bench.html
      querist bench --results bench.jsonl --replay 3f2a
    """
    from querist.evaluation import Curves, dataset_names

    if options["listed"]:
        for name in dataset_names():
            say(name)
        return
    if options["replayed"]:
        _replay(options["results"], options["replayed"])
        return
    for place in filter(None, (options["output"], options["report"])):
        check_place(place)
    if options["report"]:
        from querist.evaluation.report import check_parts

        check_parts()
    if data:
        experiment = _experiment(data, options)
        try:
            with working("Comparing") as progress:
                curves = experiment.run(
                    options["results"],
                    workers=options["workers"],
                    progress=progress,
                    failed=_tell if options["keep_going"] else None,
                )
        except KeyboardInterrupt:
            say(f"\nStopped. What is done is in {options['results']}; the same command goes on from there.")
            raise click.exceptions.Exit(130) from None
        say(f"The runs are in {options['results']}.")
        metric = None  # the first that each data set was measured by, as they were named
    else:
        curves, metric = _measured(Curves.read(options["results"]), split(options["metrics"]))
    target = options["target"]
    show(curves, metric, target)
    if options["report"]:
        from querist.evaluation.report import beside, write_report

        page = write_report(curves, options["report"], metric=metric, target=target)
        say(f"\nWrote {', '.join(map(str, [page, *beside(curves, page)]))}")
    if options["output"]:
        written = _write(curves, options["output"], metric, target, options["pictures"])
        say(f"\nWrote {', '.join(written)}")


def _measured(curves: Curves, metrics: tuple[str, ...]) -> tuple[Curves, str | None]:
    """What a file holds of the data sets that were measured by the first of these, if any is named."""
    metric = next(iter(metrics), None)
    there = [one for one in curves.datasets if metric in curves.measures_of(one)]
    return (curves.only(*there) if there else curves), metric


def _tell(plan: Plan, error: Exception) -> None:
    """A run that failed, to whoever watches."""
    complain(f"seed {plan.seed}: {getattr(error, 'message', error)}", getattr(error, "mend", ""))


def _write(curves: Curves, name: str, metric: str | None, target: float | None, kind: str) -> list[str]:
    """Every measurement, the tables and the pictures; what was written."""
    from querist.evaluation import Comparison
    from querist.evaluation.plots import write_pictures

    comparison = Comparison(curves, metric)
    over_all = f"{comparison.table()}\n" if len(comparison.strategies) > 1 else ""
    return write(
        name,
        curves.table("csv"),
        over_all + curves.table(metric=metric, target=target),
        lambda: write_pictures(comparison, name, f".{kind}"),
    )


def _experiment(data: tuple[str, ...], options: dict[str, Any]) -> Experiment:
    from querist.evaluation import Experiment
    from querist.evaluation.arms import arms
    from querist.evaluation.readers import matching

    strategies = [*split(options["strategies"]), *options["specs"]]
    if strategies:
        arms(strategies)  # what is wrong with them is told before anything is read
    reading = {name: options[name] for name in _READING if options.get(name) is not None}
    if "text" in reading:
        reading["text"] = list(split(reading["text"]))
    sets = [{"data": name, **reading} for pattern in data for name in matching(pattern)]
    return Experiment.of(
        sets,
        strategies or None,
        split(options["models"]),
        _numbers("--batches", options["batches"]),
        _seeds(options["seeds"]),
        metrics=split(options["metrics"]),
        noise=_noise(options["noise"] or "0"),
        annotators=dict(map(_annotator, options["annotators"])),
        **{name: options[name] for name in _PROTOCOL},
    )


def _replay(results: Path, id: str) -> None:
    from querist.evaluation import read_runs, replay

    found = [run for run in read_runs(results) if run.id.startswith(id)]
    if len(found) != 1:
        raise InvalidInput(
            f"{len(found) or 'No'} runs of {results} have ids that begin with {id!r}.",
            mend="Give the whole id, as the file tells it.",
        )
    with working("Replaying"):
        again = replay(found[0])
    same = again.picks == found[0].picks
    say(f"{again.strategy} on {again.dataset}, seed {again.seed}: {len(again.picks):,} picks")
    if same:
        say("The same picks as in the file.")
        return
    first = next(
        i for i, two in enumerate(zip(again.picks, found[0].picks, strict=False)) if two[0] != two[1]
    )
    versions = {name: (was, again.versions.get(name)) for name, was in found[0].versions.items()}
    told = ", ".join(f"{name} {was} then, {now} now" for name, (was, now) in versions.items() if was != now)
    raise InvalidInput(
        f"Pick {first + 1} is another than in the file.",
        mend=f"Versions differ: {told}."
        if told
        else "The versions are the same: a strategy is no pure function.",
    )


def _noise(text: str) -> Any:
    """A share, or shares by class."""
    try:
        if ":" not in text:
            return float(text)
        found: dict[str, Any] = {}
        for part in split(text):
            true, *said, share = part.split(":")
            if said:
                found.setdefault(true, {})[":".join(said)] = float(share)
            else:
                found[true] = float(share)
    except (ValueError, TypeError) as error:
        raise InvalidInput(
            f"--noise {text!r} is no share.", mend="Write 0.1, CLASS:0.3 or CLASS:OTHER:0.3."
        ) from error
    return found


def _annotator(text: str) -> tuple[str, dict[str, float]]:
    name, *numbers = text.split(":")
    try:
        told = [float(one) for one in numbers]
    except ValueError:
        told = []
    if not 1 <= len(told) <= 3:
        raise InvalidInput(
            f"--annotator {text!r} is not understood.",
            mend="Write NAME:COST, NAME:COST:NOISE or NAME:COST:NOISE:SHARE.",
        )
    return name, dict(zip(("cost", "noise", "share"), told, strict=False))


def _seeds(text: str) -> list[int]:
    first, dash, last = text.partition("-")
    if dash:
        seeds = list(range(*(one + i for i, one in enumerate(_numbers("--seeds", f"{first},{last}")))))
        if not seeds:
            raise InvalidInput(f"--seeds {text} holds no seed.", mend="Write the smaller one first: 20-39.")
        return seeds
    numbers = _numbers("--seeds", text)
    return list(range(numbers[0])) if len(numbers) == 1 else numbers


def _numbers(option: str, text: str) -> list[int]:
    try:
        return [int(one) for one in split(text)]
    except ValueError as error:
        raise InvalidInput(f"{option} {text!r} holds more than whole numbers.", mend="Write 1,10.") from error
