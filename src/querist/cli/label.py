"""``querist label``: point it at data, and label in the browser."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from querist.cli.console import say, split
from querist.cli.folders import default_folder
from querist.cli.options import EXPLORE, reading, serving

if TYPE_CHECKING:
    from querist.workspace import Workspace

__all__ = ["command", "create"]

_SETTINGS = ("title", "strategy", "budget", "target", "random_share", "hide_share", "overlap")


_READING = ("text", "image", "label", "id", "columns", "kind", "encoding")


@click.command("label", short_help="Label your data in the browser.")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--classes", metavar="A,B,C", help="The classes; more can be added on the page.")
@click.option("--closed", is_flag=True, help="No classes but these.")
@reading
@click.option(
    "--encoder",
    metavar="NAME",
    help="auto (built in), minilm, efficientnet, or your own function as module:function.",
)
@click.option(
    "--model",
    metavar="NAME",
    help="default (logistic regression), a network (torch:cnn, torch:setfit, torch:hf:FOLDER, ...), "
    "module:factory, or file.py:factory.",
)
@click.option(
    "--strategy",
    metavar="NAME",
    help="What chooses the questions; 'default' unless you say so. With parameters as JSON:"
    """ '{"name": "default", "patience": 3}'.""",
)
@click.option("--budget", type=click.IntRange(min=1), metavar="N", help="Stop after N answers.")
@click.option(
    "--target",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    metavar="SHARE",
    help="Share of right predictions that is wanted, such as 0.9.",
)
@click.option(
    "--explore",
    "--random-share",
    "random_share",
    type=EXPLORE,
    metavar="SHARE",
    help="Share of random questions [0.1]; '0.5/sqrt' and '0.5->0.05/200' begin with more and fall.",
)
@click.option(
    "--hide-share", type=click.FloatRange(0, 1), metavar="SHARE", help="Share of hidden suggestions [0.1]."
)
@click.option("--overlap", type=click.IntRange(1, 50), metavar="N", help="Answers wanted for each item [1].")
@click.option("--title", help="The campaign's name on the page.")
@click.option(
    "--guidelines",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A text or Markdown file that says how to label.",
)
@click.option("--folder", type=click.Path(path_type=Path), help="The campaign's folder [PATH with .querist].")
@click.option("--log", "database", metavar="URL", help="PostgreSQL URL for the log [SQLite in the folder].")
@click.option("--seed", type=int, default=0, help="Seed of all that is left to chance [0].")
@serving
def command(path: Path, **options: Any) -> None:
    """Label the data at PATH in the browser, while the model chooses every next item.

    PATH is a table (CSV, TSV, JSON lines, Parquet), a folder of pictures or of text files, or a NumPy
    file. The campaign's folder is made beside it, and opened again when it is there. Everything but
    how the data were read may be changed by giving it again.

    \b
    Examples:
      querist label reviews.csv
      querist label reviews.csv --classes praise,complaint,question
      querist label tickets.parquet --text subject,body --label team
      querist label photos/ --classes cat,dog --target 0.95
      querist label photos/ --model torch:cnn
      querist label people.csv --kind row --columns age,income,city --budget 300
    """
    from querist.cli.opening import show_page
    from querist.workspace import Workspace

    folder = options["folder"] or default_folder(path)
    if Workspace.there(folder):
        workspace = _reopen(path, folder, options)
    else:
        workspace = create(path, folder, options)
    page = {name: options[name] for name in ("host", "port", "hostnames", "no_browser")}
    show_page(workspace, **page)


def create(path: Path, folder: Path, options: dict[str, Any]) -> Workspace:
    """Make the campaign from the data, telling what was found."""
    from querist.cli.console import working
    from querist.cli.opening import read, tell_source
    from querist.errors import InvalidInput
    from querist.strategies import as_strategy
    from querist.workspace import Workspace

    source = read(path, options)
    tell_source(path, source)
    source.check_classes()
    if len(source.labels) == len(source):
        say("  note: nothing is left to ask; --label '' (and another --folder) leaves these labels out")
    settings: dict[str, Any] = {"title": path.stem, "random_share": 0.1, "hide_share": 0.1, "lease": 900.0}
    settings |= _changes(options)
    as_strategy(settings.get("strategy", "default"))  # a wrong name is told now, not by the learner
    _check_encoder(source.kind, options.get("encoder") or "auto")
    model, slow = _model(options.get("model"), source.kind)
    _check_making(settings.get("strategy"), slow)
    classes = split(options.get("classes"))
    given = [value for value in dict.fromkeys(source.labels.values()) if value not in classes]
    if options.get("closed") and not (classes or given):
        raise InvalidInput(
            "--closed allows no classes but those that are given, and none is.",
            mend="Name them: --classes yes,no; or leave --closed out.",
        )
    if options.get("closed") and len({*classes, *given}) < 2:
        raise InvalidInput(
            f"--closed with the one class {(*classes, *given)[0]!r} leaves nothing to tell apart.",
            mend="Name two or more: --classes yes,no; or leave --closed out.",
        )
    if options.get("database"):
        from querist.events import open_log

        open_log(options["database"]).close()  # one that cannot be reached is told before a folder is made
    with working(f"Making {folder}"):
        return Workspace.create(
            folder,
            source,
            classes=[*classes, *sorted(given)],
            settings=settings,
            labels=source.labels,
            encoder=options.get("encoder") or "auto",
            model=model,
            slow=slow,
            database=options.get("database"),
            seed=options.get("seed") or 0,
        )


def _reopen(path: Path, folder: Path, options: dict[str, Any]) -> Workspace:
    """Open what is there, and change what was given anew."""
    from querist.errors import InvalidInput
    from querist.strategies import as_strategy
    from querist.workspace import Workspace

    workspace = Workspace.open(folder)
    try:
        _check_source(path, workspace)
        wishes = {"encoder": options["encoder"], "model": options["model"] and _model(options["model"])[0]}
        for part, wish in wishes.items():
            held = getattr(workspace.manifest, part)
            if wish is not None and wish != held:
                raise InvalidInput(
                    f"The campaign in {folder} was made with --{part} {held}, not {wish}.",
                    mend="Leave the option out, or name another --folder for a new campaign.",
                )
        changes = _changes(options)
        if "strategy" in changes:
            as_strategy(changes["strategy"])
            _check_making(changes["strategy"], workspace.manifest.slow)
        if changes:
            workspace.campaign.configure(**changes)
        new = [one for one in split(options["classes"]) if one not in workspace.campaign.state.classes]
        for name in new:
            workspace.campaign.add_class(name)
    except BaseException:
        workspace.close()
        raise
    labelled = len(workspace.campaign.labels)
    say(f"Going on with {folder}: {labelled:,} of {len(workspace.pool):,} items labelled")
    if new:
        say(f"  note: new beside the classes that were there: {', '.join(new)}")
    _tell_what_stays(path, workspace, options)
    return workspace


def _check_source(path: Path, workspace: Workspace) -> None:
    """Data of another name are another campaign's; of the same name elsewhere, both were moved."""
    from querist.errors import InvalidInput

    made_from = Path(workspace.manifest.source)
    if path.resolve() == workspace.folder.resolve() or not workspace.manifest.source:
        return
    if Path(os.path.abspath(path)).name != made_from.name:
        raise InvalidInput(
            f"The campaign in {workspace.folder} was made from {made_from.name}, not from {path.name}.",
            mend=f"Name another --folder for {path.name}; or go on with the campaign that is there: "
            f"querist label {workspace.folder}",
        )


def _check_making(strategy: Any, slow: bool) -> None:
    """Nothing puts made items where a slow model's stand-in has its footing."""
    from querist.errors import InvalidInput

    if slow and str(strategy).startswith("synthesis/"):
        raise InvalidInput(
            f"The strategy {strategy!r} makes items, which the stand-in of a slow model cannot rank.",
            mend="Choose another --strategy, or a model that trains within moments (the default).",
        )


def _tell_what_stays(path: Path, workspace: Workspace, options: dict[str, Any]) -> None:
    """The items are as they were read at first: say so to whoever seems to expect otherwise."""
    given = [f"--{name}" for name in _READING if options.get(name) is not None]
    if given:
        say(f"  note: the items stay as they were read; {', '.join(given)} is for a new --folder")
    same = path.is_file() and os.path.abspath(path) == workspace.manifest.source
    if same and path.stat().st_mtime > workspace.manifest.created:
        say(f"  note: {path} has been written since; the items stay as they were read then")


def _changes(options: dict[str, Any]) -> dict[str, Any]:
    """The settings that were given."""
    changes = {name: options[name] for name in _SETTINGS if options.get(name) is not None}
    if options.get("guidelines") is not None:
        changes["guidelines"] = options["guidelines"].read_text(encoding="utf-8")
    if options.get("closed"):
        changes["open_classes"] = False
    return changes


def _model(name: str | None, kind: str = "") -> tuple[str, bool]:
    """The model's name, wherever it is called from, and whether it is slow; a wrong name is told now."""
    if name in (None, "default"):
        return "default", False
    from querist.models.choice import model_named, settled_name

    name = settled_name(str(name))
    model = model_named(name)
    if kind and (encoder := getattr(model, "encoder", None)) is not None:
        _check_encoder(kind, encoder)
    return name, bool(getattr(model, "slow", False))


def _check_encoder(kind: str, named: Any) -> None:
    """An encoder that does not fit, or lacks its extra, is told of now, not by the learner."""
    from querist.encoders import check_kind, encoder_for

    encoder = encoder_for(kind, named)
    check_kind(encoder, kind)
    if hasattr(encoder, "ready"):
        encoder.ready()
