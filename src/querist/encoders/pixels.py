"""Pictures as their pixels, for networks that learn to see by themselves."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from querist.data import open_image
from querist.encoders.encoder import Contents, Progress, Unreadable
from querist.encoders.shapes import pixels_of
from querist.errors import InvalidInput, NotFitted, SourceError
from querist.specs import named

__all__ = ["PixelsEncoder"]

_BLOCK = 256
_FIRST = 50  # pictures that are looked at to find the size, and whether there is colour
_LARGEST = 64
_COLOURS = {"auto", "grey", "rgb"}


@named("pixels")
@dataclass(frozen=True)
class PixelsEncoder:
    """Pictures as they are: each a row of ``side`` x ``side`` brightnesses, or three times as many of colour.

    Prefer it as what a convolutional network is given ("torch:cnn").  For logistic regression it is the
    wrong one: "shapes" needs half the labels.

    A row lies line by line, the three colours of a dot together, from 0 to 1.  Its width tells what it is:
    no square number is three times another, so that 784 numbers are 28 x 28 in grey, and 2,352 are 28 x 28
    in colour.

    Parameters
    ----------
    side : in dots, to which pictures are scaled; 0: that of most of the first pictures, 64 at most
    colour : "grey", "rgb", or "auto": grey where the first pictures have no colour

    >>> from querist.data import Columns
    >>> contents = Columns(kind="image", size=2, images=np.full((2, 8, 8), 255, dtype=np.uint8))
    >>> PixelsEncoder(side=4).fitted(contents).encode(contents).shape
    (2, 16)
    """

    name: ClassVar[str]
    kinds: ClassVar[tuple[str, ...]] = ("image",)
    side: int = 0
    colour: str = "auto"

    def __post_init__(self) -> None:
        if self.side and not 4 <= self.side <= 512:
            raise InvalidInput(f"side is 0, or from 4 to 512; got {self.side}.", mend="Leave it at 0.")
        if self.colour not in _COLOURS:
            raise InvalidInput(
                f"colour is 'auto', 'grey' or 'rgb'; got {self.colour!r}.", mend="Leave it at 'auto'."
            )

    def fitted(self, contents: Contents) -> PixelsEncoder:
        """Learn the side and whether there is colour, from fifty pictures, evenly spread."""
        sides, coloured = [], False
        for row in np.linspace(0, len(contents) - 1, min(len(contents), _FIRST)).astype(int).tolist():
            content = contents[row]
            try:
                image = open_image(content.get("data") or content["path"], at_least=_LARGEST)
            except SourceError:
                continue
            sides.append(min(image.size))
            coloured = coloured or bool(np.ptp(np.asarray(image.resize((16, 16))), axis=2).max() > 12)
        if not sides:
            raise SourceError(
                "No picture can be read.", mend="Open the source again to see each one's problem."
            )
        side = self.side or min(_LARGEST, max(4, int(np.median(sides))))
        return self._with(side, coloured if self.colour == "auto" else self.colour == "rgb")

    def encode(
        self, contents: Contents, *, progress: Progress | None = None, unreadable: Unreadable | None = None
    ) -> np.ndarray:
        """Pixels (n, side * side), three times as many of colour; a picture that cannot be read is zeros."""
        side, coloured = self._known()
        features = np.zeros((len(contents), side * side * (3 if coloured else 1)), dtype=np.float32)
        for start in range(0, len(contents), _BLOCK):
            x, bad = pixels_of(contents[start : start + _BLOCK], side)
            features[start : start + len(x)] = (x if coloured else x.mean(axis=3)).reshape(len(x), -1)
            if unreadable is not None:
                for i, reason in bad.items():
                    unreadable(start + i, reason)
            if progress is not None:
                progress(start + len(x), len(contents))
        return features

    def state(self) -> Mapping[str, np.ndarray]:
        """The side, and whether there is colour."""
        return {"shape": np.array(self._known())}

    def restored(self, state: Mapping[str, np.ndarray]) -> PixelsEncoder:
        """The encoder whose :meth:`state` this is."""
        side, coloured = state["shape"].tolist()
        return self._with(side, bool(coloured))

    def _with(self, side: int, coloured: bool) -> PixelsEncoder:
        made = copy.copy(self)
        object.__setattr__(made, "_learned", (side, coloured))
        return made

    def _known(self) -> tuple[int, bool]:
        learned: Any = getattr(self, "_learned", None)
        if learned is None:
            raise NotFitted("The encoder has not seen any picture yet.", mend="Call fitted(contents) first.")
        return learned  # type: ignore[no-any-return]
