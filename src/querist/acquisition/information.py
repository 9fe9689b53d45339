"""Worth by what a label would tell of the predictions that matter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from querist import kernels
from querist.acquisition.algebra import Acquisition
from querist.errors import InvalidInput
from querist.specs import named

__all__ = ["Epig"]


@named("epig")
@dataclass(frozen=True)
class Epig(Acquisition):
    """What the label would tell of the labels of other rows: asks what the whole pool learns most from.

    :class:`Bald` asks for whatever tells something of the model, outliers first; this counts only what
    bears on rows of the kind that the model will meet, for which ``targets`` rows of the pool are drawn.
    Prefer it on pools with rubbish in them, one question at a time: its best twenty tend to be one question
    twenty times, more so than by any other score, so give a batch a selector that draws,
    ``Scored(Epig(), Stochastic())``.  Needs ``model.draws``.

    Parameters
    ----------
    targets : int
        How many rows stand for what the model will be asked about.
    members : int
        How many members of the committee are asked; a smaller committee is asked whole.

    Bickford Smith et al. 2023.
    """

    targets: int = 100
    members: int = 20
    reason: ClassVar[str] = "Its answer would settle other items too."
    needs: ClassVar[frozenset[str]] = frozenset({"draws"})  # type: ignore[misc]

    def __post_init__(self) -> None:
        if self.targets < 1 or self.members < 2:
            raise InvalidInput(
                f"{self.targets} targets and {self.members} members tell nothing of each other.",
                mend="Give one target or more and two members or more.",
            )

    def __call__(self, prediction: Any) -> np.ndarray:
        targets = prediction.draws(self.members, rows=prediction.sample(self.targets))
        scores: np.ndarray = prediction.from_draws(lambda said: kernels.epig(said, targets), self.members)
        return scores

    @classmethod
    def examples(cls) -> tuple[Acquisition, ...]:
        return (cls(), cls(targets=7, members=4))
