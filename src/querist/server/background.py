"""The slow learner: trains a model that takes its time, in a process beside the quick learner's."""

from __future__ import annotations

import inspect
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from querist.data import FeatureStore, with_bytes
from querist.encoders import encoder_for
from querist.models.choice import model_named
from querist.server.learner import Learner, main
from querist.server.protocol import Report
from querist.workspace import Ranking, Workspace, current_ranking, publish, renew
from querist.workspace.representation import FILE

__all__ = ["SlowLearner"]

_CHUNK = 1024
_MORE = 0.1  # so many times more labels make a training worth its time
_QUIET = 30.0  # seconds without a new label after which it is, however few there are
_BETWEEN = 0.2  # seconds between two words on how far it is


class SlowLearner(Learner):
    """Trains the campaign's own model, publishes its ranking, and where it puts the items.

    It begins anew when the labels have grown by a tenth, or when no label has come for half a minute.
    Training may be ended at any moment by ending the process: whatever was published stays.
    """

    spare = True  # it takes long anyway, and whoever answers must not notice

    def __init__(self, workspace: Workspace, tell: Callable[[Report], None]) -> None:
        super().__init__(workspace, tell)
        self.published: Ranking | None = current_ranking(workspace.models, slow=True)
        self.model = model_named(workspace.manifest.model)
        self._quiet_since = time.monotonic()

    def step(self) -> bool:
        """Train and publish, if there are labels enough to make it worth the time."""
        before = self.last_change
        self._take_in()
        self._read()
        if self.last_change > before:
            self._quiet_since = time.monotonic()
        if len(set(self.state.by_class)) < 2:
            self.tell(Report("waiting", note="Waiting for answers of at least two classes"))
            return False
        if not self._due():
            self._read_all()
            return False
        ranking, model = self._learn()
        models = self.workspace.models
        publish(ranking, models, save_model=partial(self._save, model), slow=True)
        if (models / ranking.version / FILE).exists():
            renew(models, ranking.version, ranking.upto)
        self.published, self._reading = ranking, False
        self.tell(Report("idle", published=ranking.version))
        return True

    def _due(self) -> bool:
        done = self.published
        if done is None:
            return True
        if done.upto >= self.last_change:
            return False
        grown = len(self.state.labels) >= (1 + _MORE) * done.labels
        return grown or time.monotonic() - self._quiet_since >= _QUIET

    def _stand_anew(self) -> bool:
        return False

    def _version(self) -> str:
        return f"m{self.state.head}"

    def _features(self, progress: Callable[[int, int], None]) -> Any:
        """What the model wants to be given of the items: by an encoder of its own, if it has one."""
        encoder = getattr(self.model, "encoder", None)
        if encoder is None:
            return super()._features(progress)
        own = encoder_for(self.workspace.manifest.kind, encoder)
        return FeatureStore(self.workspace.folder / "features").encode(self.workspace.items, own, progress)

    def _encode(self, contents: Sequence[Mapping[str, Any]]) -> Any:
        encoder = getattr(self.model, "encoder", None)
        if encoder is None:
            return super()._encode(contents)
        store = FeatureStore(self.workspace.folder / "features")
        own = store.encoder(encoder_for(self.workspace.manifest.kind, encoder))
        return own.encode([with_bytes(one) for one in contents])

    def _unfitted(self) -> Any:
        return self.model

    def _fit(self, model: Any, x: Any, y: np.ndarray) -> Any:
        if "progress" not in inspect.signature(model.fitted).parameters:
            return super()._fit(model, x, y)
        last = 0.0

        def progress(fraction: float, note: str = "") -> None:
            nonlocal last
            if time.monotonic() - last > _BETWEEN:
                last = time.monotonic()
                self.tell(Report("training", fraction=float(fraction), note=note or f"{len(y)} labels"))

        return model.fitted(x, y, seed=self.state.seed, progress=progress)

    def _figures(self, model: Any, proba: np.ndarray, rows: np.ndarray, y: np.ndarray) -> dict[str, Any]:
        # without the model: what needs further trainings would take as long again
        return self._movement().figures(None, proba, self.pool.features, rows, y)

    def _save(self, model: Any, folder: Path) -> None:
        super()._save(model, folder)
        if hasattr(model, "embed"):
            starts = range(0, len(self.pool), _CHUNK)
            parts = [model.embed(self.pool.features[start : start + _CHUNK]) for start in starts]
            np.save(folder / FILE, np.concatenate(parts).astype(np.float32))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], SlowLearner))
