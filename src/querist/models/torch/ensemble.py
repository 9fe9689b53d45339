"""Deep ensembles: one network trained several times from other beginnings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from querist.errors import InvalidInput
from querist.models.committee import Committee
from querist.models.scikit import as_model

__all__ = ["DeepEnsemble"]


class DeepEnsemble(Committee):
    """A committee of one network, each member trained on all labels from a beginning of its own.

    Prefer it where doubt must be right and training is cheap: of the ways to draw from a network it is the
    one that fails least.  It costs ``size`` trainings a round.

    Parameters
    ----------
    model : TorchModel, or any model whose training depends on its seed
    size : int
    classes : values, optional

    The embedding is that of the first member, whose own last layer it belongs to.

    >>> import numpy as np
    >>> from torch import nn
    >>> from querist.models.torch import TorchModel, Training
    >>> def make(classes):
    ...     return nn.Linear(1, classes)
    >>> ensemble = DeepEnsemble(TorchModel(make, training=Training(least_steps=50)), size=3)
    >>> ensemble.fitted([[0.0], [1.0]], ["no", "yes"]).draws([[0.5]], 3, np.random.default_rng(0)).shape
    (3, 1, 2)

    Lakshminarayanan, Pritzel & Blundell 2017; Beluch, Genewein, Nürnberger & Köhler 2018.
    """

    describes: ClassVar[str] = "DeepEnsemble"
    slow: ClassVar[bool] = True

    def __init__(self, model: Any, size: int = 5, classes: Sequence[Any] | None = None) -> None:
        if size < 1:
            raise InvalidInput(f"An ensemble of {size} members.", mend="Give size=1 or more; 5 is usual.")
        self.model, self.size = model, size
        super().__init__([model] * size, classes)

    def __repr__(self) -> str:
        return f"DeepEnsemble({self.model!r}, {self.size})"

    def with_classes(self, classes: Sequence[Any]) -> DeepEnsemble:
        """The same ensemble with these columns."""
        return self._of([as_model(one, classes) for one in self.members], classes)

    def fitted(self, x: Any, y: Any, *, seed: int = 0) -> DeepEnsemble:
        """A new ensemble, each member trained with a seed of its own."""
        return self._of(super().fitted(x, y, seed=seed).members, self.classes_given)

    def __getattr__(self, name: str) -> Any:
        if name == "embed" and hasattr(self.members[0], "embed"):
            return self.members[0].embed
        return super().__getattr__(name)

    def _of(self, members: Sequence[Any], classes: Sequence[Any] | None) -> DeepEnsemble:
        other = DeepEnsemble(self.model, self.size, classes)
        other.members = tuple(members)
        return other
