"""Texts as the numbers of their words, for networks that read."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import ClassVar

import numpy as np

from querist.encoders.encoder import Contents, Progress, Unreadable
from querist.encoders.tfidf import tokens_of
from querist.errors import InvalidInput, MissingExtra
from querist.specs import named

__all__ = ["NO_TOKEN", "TokensEncoder"]

NO_TOKEN = -1
"""What fills a row behind the end of its text, whatever the tokenizer has for padding."""

_BLOCK = 1024
_LARGEST = 2**24  # beyond it float32 holds no more every whole number


@named("tokens")
@dataclass(frozen=True)
class TokensEncoder:
    """Texts as the numbers of their tokens in order, each row filled up with -1.

    Prefer it as what a network of texts is given ("torch:text", "torch:hf:FOLDER").  No other model can
    learn from it: the numbers are names.

    With a ``folder`` the tokens are those of the Hugging Face tokenizer in it (extra ``transformers``, or
    ``text`` where there is a tokenizer.json).  Without one they are words, as in "tfidf", each by the
    remainder of its hash: nothing is learned or kept, and some words share a number.

    Parameters
    ----------
    folder : of a tokenizer, on this machine; nothing is downloaded
    length : tokens of a text that are kept, the closing mark of a tokenizer among them
    numbers : how many there are for words, where there is no folder

    >>> texts = [{"kind": "text", "text": text} for text in ("good film", "film")]
    >>> x = TokensEncoder(length=3).encode(texts)
    >>> x.shape, bool(x[0, 1] == x[1, 0]), x[1, 1:].tolist()
    ((2, 3), True, [-1.0, -1.0])

    Weinberger, Dasgupta, Langford, Smola & Attenberg, Feature hashing, 2009.
    """

    name: ClassVar[str]
    kinds: ClassVar[tuple[str, ...]] = ("text",)
    folder: str = ""
    length: int = 64
    numbers: int = 20_000

    def __post_init__(self) -> None:
        if not 1 <= self.length <= 4096 or not 2 <= self.numbers <= _LARGEST:
            raise InvalidInput(
                f"length is from 1 to 4096 and numbers from 2 to {_LARGEST:,}; got {self.length} and "
                f"{self.numbers}.",
                mend="Leave them at 64 and 20000.",
            )

    def fitted(self, contents: Contents) -> TokensEncoder:
        """Itself: it learns nothing.  Fails here, and not later, when there is no tokenizer in the folder."""
        self._reader()
        return self

    def encode(
        self, contents: Contents, *, progress: Progress | None = None, unreadable: Unreadable | None = None
    ) -> np.ndarray:
        """Numbers (n, length), whole ones as float32; -1 behind the end of a text."""
        read = self._reader()
        features = np.full((len(contents), self.length), NO_TOKEN, dtype=np.float32)
        for start in range(0, len(contents), _BLOCK):
            block = contents[start : start + _BLOCK]
            for i, content in enumerate(block, start=start):
                ids = read(content["text"])
                features[i, : len(ids)] = ids
            if progress is not None:
                progress(start + len(block), len(contents))
        return features

    def state(self) -> Mapping[str, np.ndarray]:
        """Nothing: it learns nothing."""
        return {}

    def restored(self, state: Mapping[str, np.ndarray]) -> TokensEncoder:
        """Itself."""
        return self

    def _reader(self) -> Callable[[str], list[int]]:
        return _tokenizer(self.folder, self.length) if self.folder else self._hashed

    def _hashed(self, text: str) -> list[int]:
        return [zlib.crc32(word.encode()) % self.numbers for word in tokens_of(text)[: self.length]]


@lru_cache(maxsize=4)
def _tokenizer(folder: str, length: int) -> Callable[[str], list[int]]:
    """What reads a text with the tokenizer in ``folder``, cut to ``length`` tokens."""
    path = Path(folder)
    if not path.is_dir():
        raise InvalidInput(
            f"There is no folder {folder} to take a tokenizer from.",
            mend="Give a folder on this machine that save_pretrained wrote; nothing is downloaded.",
        )
    if (path / "tokenizer.json").is_file():
        return _of_file(path / "tokenizer.json", length)
    try:
        from transformers import AutoTokenizer
    except ImportError as error:
        raise MissingExtra(
            f"{folder} has no tokenizer.json, and transformers cannot be imported: {error}.",
            mend="Run: pip install 'querist[transformers]'.",
        ) from error
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    except Exception as error:  # of any kind, by what is lacking in the folder
        raise _no_tokenizer(path, error) from error
    return lambda text: list(tokenizer(text, truncation=True, max_length=length)["input_ids"])


def _of_file(path: Path, length: int) -> Callable[[str], list[int]]:
    try:
        from tokenizers import Tokenizer
    except ImportError as error:
        raise MissingExtra(
            f"The tokenizer in {path.parent} cannot be read: {error}.",
            mend="Run: pip install 'querist[transformers]'.",
        ) from error
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises Exception itself
        raise _no_tokenizer(path.parent, error) from error
    tokenizer.no_padding()
    tokenizer.enable_truncation(length)
    return lambda text: list(tokenizer.encode(text).ids)


def _no_tokenizer(folder: Path, error: Exception) -> InvalidInput:
    told = str(error).split("\n")[0].rstrip(".") or type(error).__name__
    return InvalidInput(
        f"{folder} holds no tokenizer that can be read: {told}.",
        mend="Write it again, with tokenizer.save_pretrained(folder).",
    )
