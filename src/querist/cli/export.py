"""``querist export``: labels, answers, predictions and the model, out of a campaign."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from querist.cli.console import say, working
from querist.cli.folders import FOLDER
from querist.errors import InvalidInput, NotFitted

if TYPE_CHECKING:
    from querist.formats import ModelCard
    from querist.workspace import Ranking, Workspace

__all__ = ["command"]

_WAIT = "Label items of two classes with the server running (querist serve), then export again."


@click.command("export", short_help="Write labels, answers, predictions or the model.")
@click.argument("folder", type=FOLDER)
@click.option(
    "--what",
    type=click.Choice(["labels", "answers", "predictions", "model"]),
    default="labels",
    show_default=True,
    help="One row an item, one row an answer, one row for every item of the pool, or the model.",
)
@click.option(
    "--format", "format", type=click.Choice(["csv", "jsonl", "parquet"]), help="Else told by the file's name."
)
@click.option("-o", "--output", help="File to write (a folder for the model); '-' prints. [FOLDER-WHAT.csv]")
@click.option(
    "--spreadsheet-safe", is_flag=True, help="In CSV, disarm cells that a spreadsheet takes for formulas."
)
def command(folder: Path, what: str, format: str | None, output: str | None, spreadsheet_safe: bool) -> None:
    """Write what came of the campaign in FOLDER. It may be running meanwhile.

    \b
    Examples:
      querist export reviews.querist
      querist export reviews.querist --what answers -o answers.jsonl
      querist export reviews.querist --what predictions -o predictions.parquet
      querist export reviews.querist --what model -o topic-model
      querist export reviews.querist --format jsonl -o - | head
    """
    from querist.workspace import Workspace

    with Workspace.open(folder, exclusive=False) as workspace:
        if what == "model":
            if output == "-":
                raise InvalidInput(
                    "A model is a folder and cannot be printed.", mend="Name a folder: -o model."
                )
            target = _export_model(workspace, Path(output or f"{folder.absolute().stem}-model"))
            say(f"The model and its card are in {target}")
            return
        name = output or f"{folder.absolute().stem}-{what}.{format or 'csv'}"
        if name == "-":
            _write(workspace, what, sys.stdout.buffer, format or "csv", spreadsheet_safe)
            return
        with working(f"Writing {name}"):
            n = _write(workspace, what, Path(name), format, spreadsheet_safe)
    say(f"{n:,} rows in {name}")


def _write(
    workspace: Workspace, what: str, target: Path | BinaryIO, format: str | None, spreadsheet_safe: bool
) -> int:
    from querist.formats import write_annotations, write_labels, write_predictions

    how: dict[str, Any] = {"format": format, "spreadsheet_safe": spreadsheet_safe}
    state = workspace.state
    if what == "predictions":
        ranking = _ranking(workspace)
        return write_predictions(
            target, workspace.pool, ranking.classes, ranking.proba, state=state, model=ranking.version, **how
        )
    write = write_labels if what == "labels" else write_annotations
    return write(target, state, workspace.pool, **how)


def _ranking(workspace: Workspace, *, slow: bool = False) -> Ranking:
    from querist.workspace import current_ranking

    ranking = current_ranking(workspace.models, slow=slow)
    if ranking is None or ranking.proba is None:
        raise NotFitted("No model has been trained in this campaign yet.", mend=_WAIT)
    return ranking


def _export_model(workspace: Workspace, target: Path) -> Path:
    from querist.formats import write_model

    ranking = _ranking(workspace, slow=workspace.manifest.slow)
    fitted = workspace.models / ranking.version / "model.joblib"
    if not fitted.is_file():
        raise NotFitted(f"The model {ranking.version} is being replaced just now.", mend="Try again.")
    with tempfile.TemporaryDirectory(prefix="querist-") as scratch:
        encoder = Path(scratch) / "encoder.npz"
        files = {"model.joblib": fitted}
        if _write_encoder(workspace, encoder):
            files["encoder.npz"] = encoder
        return write_model(target, files, _card(workspace, ranking, learned="encoder.npz" in files))


def _write_encoder(workspace: Workspace, path: Path) -> bool:
    """What the encoder learned from the items; False if it is one that learns nothing."""
    import numpy as np

    from querist.data import FeatureStore
    from querist.encoders import encoder_for

    encoder = encoder_for(workspace.manifest.kind, workspace.manifest.encoder)
    state = FeatureStore(workspace.folder / "features").encoder(encoder).state()
    if state:
        np.savez(path, **state)
    return bool(state)


def _card(workspace: Workspace, ranking: Ranking, *, learned: bool) -> ModelCard:
    import querist
    from querist.campaign import quality
    from querist.formats import ModelCard

    state, manifest = workspace.state, workspace.manifest
    measured = quality(state)
    trained = next((one for one in reversed(state.trained) if one.version == ranking.version), None)
    files = {"model.joblib": "the fitted model; its `proba` has one column a class, in the order below"}
    if learned:
        files["encoder.npz"] = "what the encoder learned from the pool"
    return ModelCard(
        title=str(state.settings.get("title", "")),
        version=ranking.version,
        kind=manifest.kind,
        counts={name: state.by_class.get(name, 0) for name in ranking.classes},
        items=len(workspace.pool),
        annotators=len(state.by_annotator),
        model=manifest.model,
        encoder=manifest.encoder,
        strategy=ranking.strategy,
        trained_at=None if trained is None else trained.at,
        quality=None if measured is None else (measured.estimate, measured.low, measured.high, measured.n),
        querist=querist.__version__,
        use=_use(manifest.kind, manifest.encoder, learned),
        files=files,
    )


_EXAMPLES = {
    "text": '{"kind": "text", "text": "late again"}',
    "image": '{"kind": "image", "path": "picture.png"}',
    "row": '{"kind": "row", "fields": {"age": "31", "city": "Basel"}}',
}


def _use(kind: str, encoder: Any, learned: bool) -> str:
    """The lines that apply the model to new items."""
    restore = 'with np.load("encoder.npz") as held:\n    encoder = encoder.restored(dict(held))\n'
    return (
        "import joblib\n"
        + ("import numpy as np\n" if learned else "")
        + "from querist.encoders import encoder_for\n\n"
        + f"encoder = encoder_for({kind!r}, {encoder!r})\n"
        + (restore if learned else "")
        + 'model = joblib.load("model.joblib")\n'
        + f"print(model.predict(encoder.encode([{_EXAMPLES[kind]}])))"
    )
