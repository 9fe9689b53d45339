"""``querist predict``: an exported model on new data, without what it was trained with."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from querist.cli.console import say, working
from querist.cli.options import reading

if TYPE_CHECKING:
    from querist.data import Source

__all__ = ["command"]

_READ = ("text", "image", "encoding")
_AT_ONCE = 4096


@click.command("predict", short_help="Run an exported model on new data.")
@click.argument("model", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("path", type=click.Path(path_type=Path))
@reading
@click.option(
    "--format", "format", type=click.Choice(["csv", "jsonl", "parquet"]), help="Else told by the file's name."
)
@click.option("-o", "--output", help="File to write; '-' prints. [PATH-predictions.csv]")
@click.option(
    "--spreadsheet-safe", is_flag=True, help="In CSV, disarm cells that a spreadsheet takes for formulas."
)
def command(
    model: Path, path: Path, format: str | None, output: str | None, spreadsheet_safe: bool, **options: Any
) -> None:
    """Predict every item at PATH by the model that was exported into the folder MODEL.

    PATH is read as the campaign's own data were, unless the options say otherwise. A model exported as ONNX
    needs neither PyTorch nor the data that it was trained on; model.joblib is a pickle, which runs code: use
    it only where you trust who wrote it.

    \b
    Examples:
      querist predict topic-model new-reviews.csv
      querist predict photo-model more-photos/ -o photos.parquet
      querist predict topic-model tickets.csv --text subject -o - | head
    """
    import numpy as np

    from querist.cli.opening import tell_source
    from querist.data import Pool
    from querist.formats import write_predictions
    from querist.models import Exported

    exported = Exported(model)
    about = exported.about
    source = _source(path, about, options)
    if output != "-":
        tell_source(path, source)
    with working(f"Predicting {len(source):,} items"):
        parts = [exported.proba(x) for x in _features(model, about, source)]
        proba = np.concatenate(parts) if parts else np.empty((0, len(exported.classes)))
    name = output or f"{path.absolute().stem}-predictions.{format or 'csv'}"
    target: Any = sys.stdout.buffer if name == "-" else Path(name)
    n = write_predictions(
        target,
        Pool(ids=list(source.ids), content=source.content),
        exported.classes,
        proba,
        model=str(about.get("version", "")),
        format=(format or "csv") if name == "-" else format,
        spreadsheet_safe=spreadsheet_safe,
    )
    if name != "-":
        say(f"{n:,} rows in {name}")


def _source(path: Path, about: Mapping[str, Any], options: Mapping[str, Any]) -> Source:
    """The items at ``path``, read as the campaign's were where nothing else is said."""
    from querist.cli.opening import read
    from querist.errors import InvalidInput

    wanted = (*_READ, "columns") if about.get("kind") == "row" else _READ  # of others it is the small print
    held = {name: value for name, value in about.get("options", {}).items() if name in wanted and value}
    for name in ("text", "columns"):
        if isinstance(held.get(name), list | tuple):
            held[name] = ",".join(held[name])
    given = {name: value for name, value in options.items() if value is not None}
    source = read(path, {"label": "", **held, "kind": about.get("kind"), **given})
    if source.kind != about.get("kind", source.kind):
        raise InvalidInput(
            f"{path} holds items of the kind {source.kind!r}; the model was trained on {about['kind']!r}.",
            mend="Name the column with --text or --image.",
        )
    return source


def _features(model: Path, about: Mapping[str, Any], source: Source) -> Any:
    """What the model reads of the items, some thousand at a time."""
    import numpy as np

    from querist.encoders import encoder_for

    encoder = encoder_for(source.kind, about.get("encoder", "auto"))
    learned = model / "encoder.npz"
    if learned.is_file():
        with np.load(learned) as held:
            encoder = encoder.restored(dict(held))
    for start in range(0, len(source), _AT_ONCE):
        yield encoder.encode(source.content[start : start + _AT_ONCE])
