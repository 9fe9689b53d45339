"""A model with its card: a folder that says what is in it, how good it is, and how to use it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from querist.data import atomic_write, full_disk_told
from querist.errors import InvalidInput
from querist.formats.columns import moment

__all__ = ["ModelCard", "write_model"]


@dataclass(frozen=True)
class ModelCard:
    """What somebody must know of a model who was not there when it was made.

    ``counts`` maps each class to the number of its labels; ``quality`` is (estimate, low, high, n) from
    randomly drawn questions, or None while there are none.

    >>> card = ModelCard("Topics", "m12", "text", {"no": 5, "yes": 7}, quality=(.9, .8, .95, 40))
    >>> "90.0 %" in card.markdown()
    True
    """

    title: str
    version: str
    kind: str
    counts: Mapping[str, int]
    items: int = 0
    annotators: int = 0
    model: str = ""
    encoder: Any = ""
    strategy: str = ""
    trained_at: float | None = None
    quality: tuple[float, float, float, int] | None = None
    querist: str = ""
    use: str = ""
    files: Mapping[str, str] = field(default_factory=dict)

    def markdown(self) -> str:
        """The card as Markdown."""
        labels = sum(self.counts.values())
        facts = {
            "Version": self.version,
            "Made": moment(self.trained_at) or "",
            "Model": f"`{self.model}`" if self.model else "",
            "Encoder": f"`{self.encoder}`" if self.encoder else "",
            "Trained on": f"{labels:,} labels of {self.items:,} items of kind {self.kind}",
            "Annotators": str(self.annotators) if self.annotators else "",
            "Chosen by": f"strategy `{self.strategy}`" if self.strategy else "",
            "Made with": f"querist {self.querist}" if self.querist else "",
        }
        parts = [f"# {self.title or 'A model'}", "", "| | |", "|---|---|"]
        parts += [f"| {name} | {value} |" for name, value in facts.items() if value]
        parts += ["", "## How good it is", "", self._goodness()]
        parts += ["", "## Classes", "", "| class | labels |", "|---|---:|"]
        parts += [f"| {_cell(name)} | {count:,} |" for name, count in self.counts.items()]
        if self.files:
            parts += ["", "## Files", "", *(f"- `{name}`: {what}" for name, what in self.files.items())]
        if self.use:
            parts += ["", "## Use", "", "```python", self.use.strip(), "```"]
        parts += ["", "## Mind", "", f"{_PICKLE}{_MIND}" if _is_pickle(self.files) else _MIND]
        return "\n".join(parts) + "\n"

    def _goodness(self) -> str:
        if self.quality is None:
            return (
                "Unknown: no question was drawn at random while a model stood, so nothing can be said "
                "about the pool as a whole. Answers to questions that the strategy chose are no measure of "
                "it: they are harder than the pool."
            )
        estimate, low, high, n = self.quality
        return (
            f"**{estimate:.1%}** of its predictions were right".replace("%", " %")
            + f" on {n:,} questions drawn at random from the pool (95 % interval, valid at any look: "
            + f"{low:.1%} to {high:.1%}).".replace("%", " %")
            + " It was measured while the model grew, so the final model is, if anything, better."
        )


_PICKLE = (
    "`model.joblib` is a pickle: loading it runs code, so load it only if you trust where it comes from. "
)
_MIND = "The figures hold for items like those of the pool; on other data, measure anew."


def _is_pickle(files: Mapping[str, str]) -> bool:
    return not files or "model.joblib" in files


def _cell(text: str) -> str:
    return " ".join(str(text).split()).replace("|", "\\|")


def write_model(
    folder: str | os.PathLike[str], files: Mapping[str, str | os.PathLike[str]], card: ModelCard
) -> Path:
    """Copy ``files`` (new name to path) into ``folder`` and write the card beside them, as ``README.md``.

    The folder is made; files of the same names are replaced, each whole or not at all.
    """
    folder = Path(folder)
    if folder.exists() and not folder.is_dir():
        raise InvalidInput(f"{folder} is a file.", mend="Name a folder for the model and its card.")
    with full_disk_told(folder):
        folder.mkdir(parents=True, exist_ok=True)
    for name, path in files.items():
        with open(path, "rb") as source, atomic_write(folder / name) as file:
            shutil.copyfileobj(source, file)
    with atomic_write(folder / "README.md") as file:
        file.write(card.markdown().encode("utf-8"))
    return folder
