"""Texts that are made of pieces of real ones."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from querist.data import Pool
from querist.errors import InvalidInput
from querist.specs import named
from querist.synthesis.contents import ContentDomain, Encode, contents_of, encoder_of
from querist.synthesis.contract import LearnedDomain

__all__ = ["FragmentSpace", "Fragments", "pieces"]

_CUTS = re.compile(r"(?<=[.!?;:,])\s+|\s+(?=(?:and|but|or|because|while|although)\s)")


@named("synthesis/fragments")
@dataclass(frozen=True)
class Fragments(LearnedDomain):
    """Texts put together from pieces of real ones: the beginning of one, the end of another.

    Every piece was written by a person, so that what comes of it is readable, if not always sensible; no
    language model is needed.  Texts are cut where sentences and clauses end, or in the middle.  Prefer
    :class:`Written` where a language model may be asked.

    Parameters
    ----------
    most : int, 2 or more
        Pieces in a text, at most.

    >>> pool = Pool(["The crew was kind, but we were late.", "Lovely food, and a smooth flight."])
    >>> space = Fragments().learned(pool)
    >>> bool(space.contains(space.sample(20, np.random.default_rng(0))).all())
    True
    """

    most: int = 6
    name: ClassVar[str]

    def __post_init__(self) -> None:
        if self.most < 2:
            raise InvalidInput(f"most={self.most!r} pieces.", mend="Give 2 or more.")

    def learned(self, pool: Pool) -> FragmentSpace:
        """The texts that the pieces of this pool make."""
        texts = [str(one.get("text") or "") for one in contents_of(pool, "text")]
        return FragmentSpace(
            [one for one in texts if one.strip()], self.most, encoder_of(pool), pool.features
        )


class FragmentSpace(ContentDomain):
    """The texts that pieces of ``texts`` make; points are an array of texts."""

    def __init__(self, texts: Sequence[str], most: int, encode: Encode, features: Any) -> None:
        super().__init__(encode, features)
        if not texts:
            raise InvalidInput("There is no text to take pieces from.", mend="Give a pool of texts.")
        self.texts = [pieces(text)[:most] for text in texts]
        self.most = most
        self._real = {piece for text in self.texts for piece in text}

    def sample(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """The beginning of a text drawn by lot with the end of another."""
        pairs = rng.integers(len(self.texts), size=(n, 2)).tolist()
        return _array([self._crossed(self.texts[a], self.texts[b], rng) for a, b in pairs])

    def vary(self, points: Any, scale: float, rng: np.random.Generator) -> np.ndarray:
        """One piece for another, or the whole end for another where ``scale`` is large."""
        return _array([self._varied(self._cut(str(text)), scale, rng) for text in points])

    def between(self, first: Any, second: Any, share: Any) -> np.ndarray:
        """So much of the end of the second text behind so much of the beginning of the first."""
        shares = np.broadcast_to(np.asarray(share, dtype=np.float64).ravel(), (len(first),))
        told = []
        for one, other, part in zip(first, second, shares.tolist(), strict=True):
            a, b = self._cut(str(one)), self._cut(str(other))
            head, tail = a[: len(a) - round(part * len(a))], b[len(b) - round(part * len(b)) :]
            told.append([*head, *tail][: self.most] or a)
        return _array(told)

    def contains(self, points: Any) -> np.ndarray:
        """Whether every piece of each text is a real one, (n,)."""
        return np.array([set(self._cut(str(text))) <= self._real for text in points], dtype=bool)

    def content(self, points: Any) -> list[Mapping[str, Any]]:
        """The texts."""
        return [{"kind": "text", "text": str(text)} for text in points]

    def _crossed(self, first: list[str], second: list[str], rng: np.random.Generator) -> list[str]:
        head = first[: 1 + int(rng.integers(max(1, len(first) - 1)))]
        tail = second[-(1 + int(rng.integers(max(1, len(second) - 1)))) :]
        return [*head, *tail][: self.most]

    def _varied(self, text: list[str], scale: float, rng: np.random.Generator) -> list[str]:
        other = self.texts[int(rng.integers(len(self.texts)))]
        if rng.random() < scale:
            return self._crossed(text, other, rng)
        at = int(rng.integers(len(text)))
        there = min(len(other) - 1, at) if at < len(text) - 1 else -1  # an end for an end
        return [*text[:at], other[there], *text[at + 1 :]]

    def _cut(self, text: str) -> list[str]:
        """A text of ours into its pieces: the longest real ones, where cuts alone do not tell."""
        words, found = text.split(), []
        while words:
            for end in range(len(words), 0, -1):
                if (piece := " ".join(words[:end])) in self._real:
                    break
            else:
                return pieces(text)
            found.append(piece)
            words = words[end:]
        return found


def pieces(text: str) -> list[str]:
    """A text cut where sentences and clauses end; in the middle where it has no such place.

    >>> pieces("Two hours late,  but the crew was kind.")
    ['Two hours late,', 'but the crew was kind.']
    >>> pieces("My bag never came")
    ['My bag', 'never came']
    """
    found = [" ".join(piece.split()) for piece in _CUTS.split(text) if piece.strip()]
    if len(found) == 1 and len(words := found[0].split()) > 1:
        half = len(words) // 2
        return [" ".join(words[:half]), " ".join(words[half:])]
    return found


def _array(texts: Sequence[Sequence[str]]) -> np.ndarray:
    told = np.empty(len(texts), dtype=object)
    told[:] = [" ".join(text) for text in texts]
    return told
