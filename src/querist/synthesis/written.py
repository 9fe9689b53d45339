"""Texts that a language model writes on request, over the common chat-completions protocol."""

from __future__ import annotations

import json
import os
import re
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from querist.data import Pool
from querist.errors import InvalidInput, StorageError
from querist.specs import named
from querist.synthesis.contents import ContentDomain, Encode, contents_of, encoder_of
from querist.synthesis.contract import LearnedDomain

__all__ = ["Written", "WrittenSpace"]

_EACH = 20  # texts a request
_TRIES = 3  # requests without a new text until it is given up

_ASK = r"""Here are {k} texts of one collection, one a line:

{examples}

Write {n} new texts that could stand in the same collection: of the same length, tone and subjects, none of
them \ copied. Make them hard to tell apart by kind, somewhere between those above. {guidelines}
Answer with a JSON array of {n} strings and nothing else."""


@named("synthesis/written")
@dataclass(frozen=True)
class Written(LearnedDomain):
    """Texts that a language model writes after real ones: any server that speaks ``/chat/completions``.

    **Texts of the pool are sent to that server.**  Nothing is sent until items are to be made: one request
    for each twenty texts.  Use it with ``Climb(starts=4, rounds=0)``, which writes 32 or so at a question and
    asks the best of them.  What is written differs from run to run unless the server honours the seed.

    Parameters
    ----------
    url : str
        Of the server, up to ``/v1``: ``"http://localhost:8080/v1"``.
    model : str
        As the server calls it.
    key : str, optional
        The *name* of the environment variable that holds the key; it is never written anywhere.
    guidelines : str
        What else the model is told.
    examples : int, 1 or more
        Real texts in each request.
    timeout : float
        Seconds to wait for an answer.

    Raises
    ------
    StorageError
        The server does not answer, or not with texts.
    """

    url: str
    model: str = "default"
    key: str = ""
    guidelines: str = ""
    examples: int = 12
    timeout: float = 60.0
    name: ClassVar[str]

    def __post_init__(self) -> None:
        if not re.match(r"https?://", self.url) or self.examples < 1 or self.timeout <= 0:
            raise InvalidInput(
                f"url={self.url!r}, examples={self.examples!r}, timeout={self.timeout!r}.",
                mend="Write Written('http://localhost:8080/v1', 'model-name').",
            )

    def learned(self, pool: Pool) -> WrittenSpace:
        """The texts that the model writes after this pool's; asks nothing yet."""
        texts = [str(one.get("text") or "") for one in contents_of(pool, "text")]
        return WrittenSpace([one for one in texts if one.strip()], self, encoder_of(pool), pool.features)


class WrittenSpace(ContentDomain):
    """Texts written after ``texts``; points are an array of texts."""

    def __init__(self, texts: Sequence[str], how: Written, encode: Encode, features: Any) -> None:
        super().__init__(encode, features)
        self.texts = list(texts)
        self.how = how

    def sample(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """``n`` texts, written now."""
        found: dict[str, None] = {}
        idle = 0
        while len(found) < n and idle < _TRIES:
            before = len(found)
            found.update(dict.fromkeys(self._written(min(_EACH, n - len(found)), rng)))
            idle = idle + 1 if len(found) == before else 0
        if not found:
            raise StorageError(
                f"{self.how.url} wrote nothing in {_TRIES} requests.",
                mend="Try another model, or Fragments().",
            )
        told = list(found)
        points = np.empty(n, dtype=object)
        points[:] = [told[at % len(told)] for at in range(n)]
        return points

    def vary(self, points: Any, scale: float, rng: np.random.Generator) -> Any:
        """The texts as they are: each step would be a request."""
        return points

    def contains(self, points: Any) -> np.ndarray:
        """Whether each is a text at all, (n,)."""
        return np.array([bool(str(text).strip()) for text in points], dtype=bool)

    def content(self, points: Any) -> list[Mapping[str, Any]]:
        """The texts."""
        return [{"kind": "text", "text": str(text)} for text in points]

    def _written(self, n: int, rng: np.random.Generator) -> list[str]:
        k = min(self.how.examples, len(self.texts))
        drawn = rng.choice(len(self.texts), size=k, replace=False).tolist()
        examples = "\n".join("- " + " ".join(self.texts[at].split()) for at in drawn)
        ask = _ASK.format(k=k, n=n, examples=examples, guidelines=self.how.guidelines)
        body = {
            "model": self.how.model,
            "messages": [{"role": "user", "content": ask}],
            "temperature": 1.0,
            "seed": int(rng.integers(2**31)),
        }
        return [text for text in _texts(self._sent(body)) if text not in self.texts][:n]

    def _sent(self, body: Mapping[str, Any]) -> str:
        """What the server answers in words."""
        headers = {"content-type": "application/json"}
        if self.how.key:
            secret = os.environ.get(self.how.key)
            if not secret:
                raise InvalidInput(
                    f"The environment variable {self.how.key!r} holds no key.",
                    mend="Set it, or leave key out where the server wants none.",
                )
            headers["authorization"] = f"Bearer {secret}"
        address = f"{self.how.url.rstrip('/')}/chat/completions"
        request = urllib.request.Request(address, json.dumps(body).encode(), headers)
        try:
            with urllib.request.urlopen(request, timeout=self.how.timeout) as reply:
                told = json.load(reply)
            return str(told["choices"][0]["message"]["content"])
        except (urllib.error.URLError, TimeoutError, ValueError, KeyError, IndexError, TypeError) as error:
            raise StorageError(
                f"{address} gave no texts: {type(error).__name__}: {error}.",
                mend="See that the server runs and speaks the chat-completions protocol.",
            ) from error


def _texts(said: str) -> list[str]:
    """The texts of an answer: a JSON array, in a fence or not; else its lines."""
    found = re.search(r"\[.*\]", said, flags=re.DOTALL)
    try:
        told = json.loads(found[0]) if found else None
    except ValueError:
        told = None
    if isinstance(told, list):
        return [" ".join(str(one).split()) for one in told if str(one).strip()]
    lines = (re.sub(r"^\s*(?:[-*]|\d+[.)])\s*", "", line).strip(' "') for line in said.splitlines())
    return [line for line in lines if len(line) > 1 and not line.startswith("```")]
