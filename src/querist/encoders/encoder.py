"""What an encoder is, which one fits the data, and how to bring your own."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, runtime_checkable

import numpy as np

from querist.errors import InvalidInput, UnknownPart
from querist.specs import from_spec, named

__all__ = ["Contents", "Encoder", "FunctionEncoder", "Progress", "Unreadable", "check_kind", "encoder_for"]

Contents = Sequence[Mapping[str, Any]]
Progress = Callable[[int, int], None]  # done, total
Unreadable = Callable[[int, str], None]  # row among the contents given, reason


@runtime_checkable
class Encoder(Protocol):
    """Content in, features out.

    ``fitted`` learns what the encoder needs from the items (a vocabulary, say) and gives a new encoder;
    one that learns nothing gives itself.  ``encode`` is then the same for an item alone as in company.
    ``state`` and ``restored`` carry what was learned to disk and back, as plain arrays.  One that needs
    something installed may have ``ready()``, which raises :class:`~querist.errors.MissingExtra` at once.
    """

    @property
    def name(self) -> str: ...

    def fitted(self, contents: Contents) -> Encoder: ...

    def encode(
        self, contents: Contents, *, progress: Progress | None = None, unreadable: Unreadable | None = None
    ) -> np.ndarray:
        """Features (n, d) float32, finite; an item that cannot be read is zeros, told to ``unreadable``."""
        ...

    def state(self) -> Mapping[str, np.ndarray]: ...

    def restored(self, state: Mapping[str, np.ndarray]) -> Encoder: ...


@named("function")
@dataclass(frozen=True)
class FunctionEncoder:
    """Your own encoder: a function from contents to an array (n, d).

    ``function`` is given a list of contents (texts, for items of the kind text) and returns one row of
    numbers for each.  It is named as ``"module:function"``, so that a campaign finds it again.

    >>> encoder = encoder_for("text", lambda texts: [[len(text), text.count("!")] for text in texts])
    >>> encoder.encode([{"kind": "text", "text": "Oh!"}]).tolist()
    [[3.0, 1.0]]
    """

    name: ClassVar[str]
    function: Any

    def __post_init__(self) -> None:
        if not callable(self.function) and not (isinstance(self.function, str) and ":" in self.function):
            raise InvalidInput(
                f"An encoder is a function or 'module:function'; got {self.function!r}.",
                mend="Write for example encoder='my_package.features:encode'.",
            )

    def fitted(self, contents: Contents) -> FunctionEncoder:
        """Itself: a function learns nothing."""
        return self

    def encode(
        self, contents: Contents, *, progress: Progress | None = None, unreadable: Unreadable | None = None
    ) -> np.ndarray:
        """What the function makes of the contents, checked: (n, d), float32, finite."""
        function = self.function if callable(self.function) else load_function(self.function)
        given = (
            [one["text"] for one in contents]
            if contents and contents[0]["kind"] == "text"
            else list(contents)
        )
        try:
            features = np.asarray(function(given), dtype=np.float32)
        except (TypeError, ValueError) as error:
            raise InvalidInput(
                f"The encoder {self.function!r} gave no array of numbers: {error}.",
                mend="Return one row of d numbers for each item.",
            ) from error
        if features.ndim != 2 or len(features) != len(contents):
            raise InvalidInput(
                f"The encoder {self.function!r} gave the shape {features.shape} for {len(contents)} items.",
                mend="Return one row of d numbers for each item.",
            )
        if not np.isfinite(features).all():
            raise InvalidInput(
                f"The encoder {self.function!r} gave values that are not finite.",
                mend="Replace NaN and infinity.",
            )
        if progress is not None:
            progress(len(contents), len(contents))
        return features

    def state(self) -> Mapping[str, np.ndarray]:
        """Nothing: a function learns nothing."""
        return {}

    def restored(self, state: Mapping[str, np.ndarray]) -> FunctionEncoder:
        """Itself."""
        return self


def load_function(address: str) -> Callable[..., Any]:
    """The function at ``module:function``."""
    module, _, name = address.partition(":")
    try:
        found = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise UnknownPart(
            f"No function is at {address!r}: {error}.",
            mend="Check that the module can be imported from here.",
        ) from error
    return found  # type: ignore[no-any-return]


def encoder_for(kind: str, spec: Any = "auto") -> Encoder:
    """The encoder for items of a kind.

    Parameters
    ----------
    kind : "text", "image" or "row"
    spec : "auto" (the built-in one: it needs no download and no extra), a name ("tfidf", "minilm",
        "tokens", "shapes", "efficientnet", "pixels", "table"), a spec, an :class:`Encoder`, a function from
        contents to an array, or ``"module:function"``

    >>> encoder_for("text").name
    'tfidf'
    """
    if spec == "auto":
        built_in = {"text": "tfidf", "image": "shapes", "row": "table"}
        if kind not in built_in:
            raise UnknownPart(
                f"No encoder is built in for the kind {kind!r}.", mend="Give a function as encoder."
            )
        spec = built_in[kind]
    if isinstance(spec, str) and ":" in spec:
        return FunctionEncoder(spec)
    if isinstance(spec, str | Mapping):
        spec = from_spec(spec)
    if isinstance(spec, Encoder):
        return spec
    if callable(spec):
        return FunctionEncoder(spec)
    raise UnknownPart(f"{spec!r} is no encoder.", mend="Give a name, a function, or 'module:function'.")


def check_kind(encoder: Encoder, kind: str) -> None:
    """Raise InvalidInput, with what fits, unless ``encoder`` reads items of this kind.

    An encoder says so by ``kinds``; one that has none, such as a function of yours, may read anything.
    """
    kinds = getattr(encoder, "kinds", None)
    if kinds is None or kind in kinds:
        return
    what = {"text": "texts", "image": "pictures", "row": "rows of a table"}
    raise InvalidInput(
        f"The encoder {encoder.name!r} reads {' and '.join(what.get(one, one) for one in kinds)}; "
        f"these are {what.get(kind, kind)}.",
        mend="Choose another encoder (or another model, where it is the model's), or say what an item is: "
        "--kind.",
    )
