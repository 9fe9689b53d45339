"""``querist export``: labels, answers, predictions and the model, out of a campaign."""

from __future__ import annotations

import json
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
@click.option(
    "--as",
    "form",
    type=click.Choice(["joblib", "onnx", "torchscript", "safetensors"]),
    default="joblib",
    show_default=True,
    help="How the model is written; networks may leave PyTorch behind (onnx).",
)
@click.option("-o", "--output", help="File to write (a folder for the model); '-' prints. [FOLDER-WHAT.csv]")
@click.option(
    "--spreadsheet-safe", is_flag=True, help="In CSV, disarm cells that a spreadsheet takes for formulas."
)
def command(
    folder: Path, what: str, format: str | None, form: str, output: str | None, spreadsheet_safe: bool
) -> None:
    """Write what came of the campaign in FOLDER. It may be running meanwhile.

    \b
    Examples:
      querist export reviews.querist
      querist export reviews.querist --what answers -o answers.jsonl
      querist export reviews.querist --what predictions -o predictions.parquet
      querist export reviews.querist --what model -o topic-model
      querist export photos.querist --what model --as onnx -o photo-model
      querist export reviews.querist --format jsonl -o - | head
    """
    from querist.workspace import Workspace

    with Workspace.open(folder, exclusive=False) as workspace:
        if what == "model":
            if output == "-":
                raise InvalidInput(
                    "A model is a folder and cannot be printed.", mend="Name a folder: -o model."
                )
            target = _export_model(workspace, Path(output or f"{folder.absolute().stem}-model"), form)
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


def _export_model(workspace: Workspace, target: Path, form: str) -> Path:
    from querist.formats import write_model

    ranking = _ranking(workspace, slow=workspace.manifest.slow)
    fitted = workspace.models / ranking.version / "model.joblib"
    if not fitted.is_file():
        raise NotFitted(f"The model {ranking.version} is being replaced just now.", mend="Try again.")
    with tempfile.TemporaryDirectory(prefix="querist-") as scratch:
        encoder = Path(scratch) / "encoder.npz"
        learned = _write_encoder(workspace, encoder)
        if form == "joblib":
            files, told = {"model.joblib": fitted}, dict(_JOBLIB)
        else:
            told = _write_network(workspace, fitted, Path(scratch), form)
            files = {name: Path(scratch) / name for name in told}
        if learned:
            files["encoder.npz"] = encoder
            told["encoder.npz"] = "what the encoder learned from the pool"
        runs = next((name for name in ("model.joblib", "model.onnx", "model.pt") if name in files), None)
        files["model.json"] = Path(scratch) / "about.json"
        files["model.json"].write_text(_about(workspace, ranking, runs), encoding="utf-8")
        told["model.json"] = "what `querist predict` reads: the classes, the encoder, which file to run"
        return write_model(target, files, _card(workspace, ranking, told))


_JOBLIB = {"model.joblib": "the fitted model; its `proba` has one column a class, in the order below"}


def _write_network(workspace: Workspace, fitted: Path, folder: Path, form: str) -> dict[str, str]:
    """Write the network in one form; the names of the files, and what each is."""
    import joblib

    from querist.models.torch.export import write_network

    told = write_network(joblib.load(fitted), folder, workspace.features()[:5], formats=[form])
    return {name: what for name, what in told.items() if name != "model.json"}


def _about(workspace: Workspace, ranking: Ranking, runs: str | None) -> str:
    """What a program must know to run the model on new data, as JSON."""
    manifest = workspace.manifest
    told = {
        "format": 1,
        "classes": list(ranking.classes),
        "runs": runs,
        "version": ranking.version,
        "kind": manifest.kind,
        "encoder": manifest.encoder,
        "options": dict(manifest.options),
    }
    return json.dumps(told, indent=1)


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


def _card(workspace: Workspace, ranking: Ranking, files: dict[str, str]) -> ModelCard:
    import querist
    from querist.campaign import quality
    from querist.formats import ModelCard

    state, manifest = workspace.state, workspace.manifest
    measured = quality(state)
    trained = next((one for one in reversed(state.trained) if one.version == ranking.version), None)
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
        use=_use(manifest.kind, manifest.encoder, files),
        files=files,
    )


_EXAMPLES = {
    "text": '{"kind": "text", "text": "late again"}',
    "image": '{"kind": "image", "path": "picture.png"}',
    "row": '{"kind": "row", "fields": {"age": "31", "city": "Basel"}}',
}


def _use(kind: str, encoder: Any, files: dict[str, str]) -> str:
    """The lines that apply the model to new items."""
    learned, runs = "encoder.npz" in files, next(iter(files))
    if runs == "weights.safetensors":
        read = "from safetensors.torch import load_file"
        return f'{read}\n\nmodule.load_state_dict(load_file("{runs}"))'
    restore = 'with np.load("encoder.npz") as held:\n    encoder = encoder.restored(dict(held))\n'
    return (
        ("import numpy as np\n" if learned else "")
        + "from querist.encoders import encoder_for\n"
        + "from querist.models import Exported\n\n"
        + f"encoder = encoder_for({kind!r}, {encoder!r})\n"
        + (restore if learned else "")
        + 'model = Exported(".")\n'
        + f"print(model.predict(encoder.encode([{_EXAMPLES[kind]}])))"
    )
