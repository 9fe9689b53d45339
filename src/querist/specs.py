"""Parts by name: frozen dataclasses that are written as JSON and read back.

A part (an acquisition, a selector, a strategy, a task, a stopping criterion) is a frozen
dataclass with a name:

>>> from dataclasses import dataclass
>>> @named("example/half")
... @dataclass(frozen=True)
... class Half:
...     of: float = 1.0
>>> to_spec(Half(3.0))
{'name': 'example/half', 'of': 3.0}
>>> from_spec({'name': 'example/half', 'of': 3.0})
Half(of=3.0)
>>> from_spec("example/half")
Half(of=1.0)
"""

from __future__ import annotations

import dataclasses
import difflib
import json
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, TypeVar

from querist.errors import InvalidInput, UnknownPart

__all__ = ["from_spec", "named", "parts", "read_spec", "to_spec"]

T = TypeVar("T")
_ROOMS = {"synthesis": "querist.synthesis", "domain": "querist.data.domains"}
"""The rooms whose parts have names of their own (``synthesis/...``): entered when one is first asked for."""
_PARTS: dict[str, type[Any]] = {}


def named(name: str) -> Callable[[type[T]], type[T]]:
    """Enter a frozen dataclass into the registry under ``name``."""

    def enter(part: type[T]) -> type[T]:
        if _PARTS.get(name, part).__qualname__ != part.__qualname__:
            raise UnknownPart(
                f"The name {name!r} belongs to {_PARTS[name].__qualname__} already.",
                mend="Choose another name for your part.",
            )
        _PARTS[name] = part
        part.name = name  # type: ignore[attr-defined]
        return part

    return enter


def parts(kind: type[T]) -> dict[str, type[T]]:
    """Every registered part that is a subclass of ``kind``, by name."""
    return {name: part for name, part in sorted(_PARTS.items()) if issubclass(part, kind)}


def to_spec(part: Any) -> Any:
    """``part`` as plain JSON values; the inverse of :func:`from_spec`."""
    if dataclasses.is_dataclass(part) and not isinstance(part, type) and hasattr(part, "name"):
        fields = {f.name: to_spec(getattr(part, f.name)) for f in dataclasses.fields(part)}
        return {"name": part.name, **fields}
    if isinstance(part, list | tuple):
        return [to_spec(one) for one in part]
    if isinstance(part, Mapping):
        return {str(key): to_spec(one) for key, one in part.items()}
    if part is None or isinstance(part, bool | int | float | str):
        return part
    raise UnknownPart(
        f"{part!r} has no name in the registry, so it cannot be written as JSON.",
        mend="Register its class with querist.specs.named(...).",
    )


def from_spec(spec: Any) -> Any:
    """The part that ``spec`` (a name, or a mapping with a ``name``) describes."""
    if isinstance(spec, str):
        return _build(spec, {})
    if isinstance(spec, Mapping) and "name" in spec:
        rest = {key: _value(one) for key, one in spec.items() if key != "name"}
        return _build(spec["name"], rest)
    raise UnknownPart(
        f"A spec is a name or a mapping with a 'name'; got {spec!r}.",
        mend="Write for example 'margin' or {'name': 'margin'}.",
    )


def _value(value: Any) -> Any:
    if isinstance(value, Mapping) and "name" in value:
        return from_spec(value)
    if isinstance(value, list):
        return tuple(_value(one) for one in value)
    return value


def _build(name: str, fields: dict[str, Any]) -> Any:
    if name not in _PARTS and (room := _ROOMS.get(name.partition("/")[0])) is not None:
        import_module(room)
    part = _PARTS.get(name)
    if part is None:
        close = difflib.get_close_matches(name, _PARTS, n=3)
        guess = f"Did you mean {' or '.join(map(repr, close))}?"
        listed = 'They are listed by: python -c "import querist; print(querist.strategies.names())".'
        mend = guess if close else listed
        raise UnknownPart(f"No part is named {name!r}.", mend=mend)
    known = {field.name for field in dataclasses.fields(part)}
    if unknown := sorted(set(fields) - known):
        raise UnknownPart(
            f"{name!r} has no parameter {unknown[0]!r}.",
            mend=f"Its parameters are: {', '.join(sorted(known)) or 'none'}.",
        )
    return part(**fields)


def read_spec(text: str) -> Any:
    """A spec that is written as JSON, as on a command line; not yet the part.

    >>> read_spec('{"name": "example/half", "of": 3}')
    {'name': 'example/half', 'of': 3}
    """
    try:
        return json.loads(text)
    except ValueError as error:
        raise InvalidInput(f"{text!r} is no JSON: {error}.", mend='Write \'{"name": "margin"}\'.') from error
