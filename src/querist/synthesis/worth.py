"""What points of a domain are worth: an acquisition over the model's prediction of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from querist.acquisition import Acquisition, Epig, VarianceRemoved
from querist.errors import InvalidInput
from querist.models import Prediction, stack
from querist.synthesis.contract import Known

__all__ = ["Worth"]

_REFERENCE, _SEED = 256, 7  # points that stand for the domain, the same at every question


@dataclass(frozen=True)
class Worth:
    """Scores points by an acquisition, as if they were the candidates of a pool: higher = ask.

    What an acquisition draws from the pool (``Epig``, ``VarianceRemoved``) it is given of the domain instead,
    the same points at every call; what it reads of all the pool (``Density``) it reads of these, of the
    labelled rows, and of the points that it is asked about.
    """

    acquisition: Acquisition
    known: Known

    def __call__(self, points: Any) -> np.ndarray:
        """One finite number a point, (n,)."""
        if not len(points):
            return np.empty(0)
        scores = np.asarray(self.acquisition(self._prediction(points)), dtype=np.float64)
        if scores.shape != (len(points),) or not np.isfinite(scores).all():
            raise InvalidInput(
                f"{self.acquisition!r} gave scores of shape {scores.shape} for {len(points)} points"
                f"{'' if scores.shape != (len(points),) else ', some of them not finite'}.",
                mend="An acquisition returns one finite number a point.",
            )
        return scores

    def sides(self, points: Any) -> np.ndarray:
        """The predicted class of each point, as a whole number, (n,)."""
        model, rows = self.known.snapshot.model, self.known.domain.features(points)
        said = model.proba(rows) if hasattr(model, "proba") else model.decision(rows)
        return np.asarray(np.asarray(said).argmax(axis=1))

    @property
    def classifies(self) -> bool:
        """Whether the model tells classes, so that points have sides."""
        return any(hasattr(self.known.snapshot.model, name) for name in ("proba", "decision"))

    def _prediction(self, points: Any) -> Prediction:
        known, snapshot = self.known, self.known.snapshot
        rows, labels = known.domain.features(points), len(known.labels)
        first = labels + len(self._reference)
        return _OverDomain(
            snapshot.model,
            stack(self._above, rows) if first else rows,
            np.arange(first, first + len(points)),
            labelled=np.arange(labels),
            labels=known.labels,
            seed=snapshot.seed,
            drawn=np.arange(labels, first),
        )

    @cached_property
    def _reference(self) -> Any:
        """The features of points that stand for the whole domain; none where the acquisition draws none."""
        if not _draws(self.acquisition):
            return ()
        domain = self.known.domain
        return domain.features(domain.design(_REFERENCE, np.random.default_rng(_SEED)))

    @cached_property
    def _above(self) -> Any:
        """The rows above the points: what is labelled, and the reference."""
        return stack(self.known.features, self._reference) if self.known.labels else self._reference


class _OverDomain(Prediction):
    """A prediction of points, whose samples are drawn from the domain."""

    def __init__(self, *given: Any, drawn: np.ndarray, **told: Any) -> None:
        super().__init__(*given, **told)
        self._drawn = drawn

    def sample(self, n: int, *, seed: int | None = None) -> np.ndarray:
        """The first ``n`` rows that stand for the domain; the points themselves where none do."""
        return self._drawn[:n] if len(self._drawn) else super().sample(n, seed=seed)


def _draws(acquisition: Acquisition) -> bool:
    """Whether it, or a part of it, draws from the pool."""
    if isinstance(acquisition, Epig | VarianceRemoved):
        return True
    return any(_draws(part) for part in getattr(acquisition, "parts", ()))
