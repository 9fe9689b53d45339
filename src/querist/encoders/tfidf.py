"""Texts as their weighted words, folded into a few hundred directions: latent semantic analysis."""

from __future__ import annotations

import copy
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from querist.encoders.directions import leading_directions
from querist.encoders.encoder import Contents, Progress, Unreadable
from querist.errors import InvalidInput, NotFitted
from querist.specs import named

if TYPE_CHECKING:
    from scipy.sparse import csr_array

__all__ = ["TfidfEncoder", "tokens_of"]

# Words of two letters or more; characters of scripts that set no blanks between words, and emoji, one by one.
_ALONE = "\u0e00-\u0e7f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\U0001f300-\U0001faff"
_TOKEN = re.compile(f"[{_ALONE}]|[^\\W{_ALONE}]{{2,40}}")
_FIT_ON = 20_000  # texts from which vocabulary and directions are learned; more change them little
_BLOCK = 4096


@named("tfidf")
@dataclass(frozen=True)
class TfidfEncoder:
    """Texts by their words, without any download: TF-IDF folded by a truncated SVD.

    Prefer it to begin with, in any language, and where topics tell the classes apart.  A sentence encoder
    ("minilm") needs fewer labels on short English texts.

    Parameters
    ----------
    dim : number of features (fewer when the texts hold fewer words)
    words : how many words are kept, those in most texts first; a word must be in two texts

    >>> texts = ["good film", "good play", "bad film", "bad play"]
    >>> contents = [{"kind": "text", "text": text} for text in texts]
    >>> encoder = TfidfEncoder(dim=2).fitted(contents)
    >>> encoder.encode(contents).shape
    (4, 2)

    Deerwester et al., Indexing by latent semantic analysis, 1990; the SVD is that of Halko, Martinsson and
    Tropp, Finding structure with randomness, 2011.
    """

    name: ClassVar[str]
    kinds: ClassVar[tuple[str, ...]] = ("text",)
    dim: int = 256
    words: int = 50_000

    def __post_init__(self) -> None:
        if self.dim < 1 or self.words < 1:
            raise InvalidInput(
                f"dim and words are at least 1; got {self.dim} and {self.words}.",
                mend="Leave them at 256 and 50000.",
            )

    def fitted(self, contents: Contents) -> TfidfEncoder:
        """Learn the vocabulary and the directions, from 20,000 texts at most, evenly spread."""
        step = max(1, -(-len(contents) // _FIT_ON))
        texts = [one["text"] for one in (contents[0 : len(contents)] if step == 1 else contents[::step])]
        tokens = [tokens_of(text) for text in texts]
        seen: Counter[str] = Counter()
        for one in tokens:
            seen.update(set(one))
        least = 2 if len(texts) > 2 else 1
        ranked = sorted((word for word, count in seen.items() if count >= least), key=lambda w: (-seen[w], w))
        vocabulary = {word: j for j, word in enumerate(ranked[: self.words])}
        counts = np.array([seen[word] for word in vocabulary], dtype=np.float64)
        idf = (np.log((1 + len(texts)) / (1 + counts)) + 1).astype(np.float32)
        directions = leading_directions(_weighted(tokens, vocabulary, idf), self.dim)
        return self._with(vocabulary, idf, directions)

    def encode(
        self, contents: Contents, *, progress: Progress | None = None, unreadable: Unreadable | None = None
    ) -> np.ndarray:
        """Features (n, d), each row of length 1 (or 0, when the text holds no known word)."""
        vocabulary, idf, directions = self._known()
        features = np.zeros((len(contents), directions.shape[1]), dtype=np.float32)
        for start in range(0, len(contents), _BLOCK):
            block = contents[start : start + _BLOCK]
            weighted = _weighted([tokens_of(one["text"]) for one in block], vocabulary, idf)
            folded = weighted @ directions
            length = np.linalg.norm(folded, axis=1, keepdims=True)
            features[start : start + len(block)] = folded / np.where(length > 0, length, 1)
            if progress is not None:
                progress(start + len(block), len(contents))
        return features

    def state(self) -> Mapping[str, np.ndarray]:
        """The vocabulary, the weights and the directions, as arrays."""
        vocabulary, idf, directions = self._known()
        words = np.frombuffer("\n".join(vocabulary).encode("utf-8"), dtype=np.uint8)
        return {"words": words, "idf": idf, "directions": directions}

    def restored(self, state: Mapping[str, np.ndarray]) -> TfidfEncoder:
        """The encoder whose :meth:`state` this is."""
        words = state["words"].tobytes().decode("utf-8").split("\n") if len(state["words"]) else []
        return self._with({word: j for j, word in enumerate(words)}, state["idf"], state["directions"])

    def _with(self, vocabulary: dict[str, int], idf: np.ndarray, directions: np.ndarray) -> TfidfEncoder:
        made = copy.copy(self)
        object.__setattr__(made, "_learned", (vocabulary, idf, directions))
        return made

    def _known(self) -> tuple[dict[str, int], np.ndarray, np.ndarray]:
        learned: Any = getattr(self, "_learned", None)
        if learned is None:
            raise NotFitted("The encoder has not seen any text yet.", mend="Call fitted(contents) first.")
        return learned  # type: ignore[no-any-return]


def tokens_of(text: str) -> list[str]:
    """The words of a text, in small letters."""
    return _TOKEN.findall(text.lower())


def _weighted(tokens: Sequence[Sequence[str]], vocabulary: Mapping[str, int], idf: np.ndarray) -> csr_array:
    """Rows of (1 + log count) * idf, each of length 1."""
    from scipy.sparse import csr_array

    known = vocabulary.get
    columns: list[int] = []
    ends = [0]
    for one in tokens:
        columns.extend(j for word in one if (j := known(word)) is not None)
        ends.append(len(columns))
    matrix = csr_array(
        (
            np.ones(len(columns), dtype=np.float32),
            np.array(columns, dtype=np.int32),
            np.array(ends, dtype=np.int32),
        ),
        shape=(len(tokens), len(idf)),
    )
    matrix.sum_duplicates()
    matrix.data = (1 + np.log(matrix.data)) * idf[matrix.indices]
    row = np.repeat(np.arange(len(tokens)), np.diff(matrix.indptr))
    length = np.sqrt(np.bincount(row, weights=matrix.data.astype(np.float64) ** 2, minlength=len(tokens)))
    matrix.data = (matrix.data / length[row]).astype(np.float32)
    return matrix
