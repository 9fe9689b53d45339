"""Methods that are there only where a model can do what they say, so that ``hasattr`` tells the truth."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

__all__ = ["Capability", "where"]

R = TypeVar("R")


class Capability(Generic[R]):
    """A method of a model that is missing, as to ``hasattr``, where ``can(model)`` is false."""

    def __init__(self, can: Callable[[Any], bool], method: Callable[..., R]) -> None:
        self.can, self.method = can, method
        self.__doc__ = method.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, model: None, owner: type) -> Capability[R]: ...
    @overload
    def __get__(self, model: object, owner: type) -> Callable[..., R]: ...
    def __get__(self, model: Any, owner: type) -> Capability[R] | Callable[..., R]:
        if model is None:
            return self
        if not self.can(model):
            raise AttributeError(f"{model.describes} has no {self.name}")
        return self.method.__get__(model, owner)  # type: ignore[no-any-return]


def where(can: Callable[[Any], bool]) -> Callable[[Callable[..., R]], Capability[R]]:
    """Decorates a method that is there only where ``can(model)`` is true."""
    return lambda method: Capability(can, method)
