"""What every task can do: check a value, and be written as a spec."""

from __future__ import annotations

from typing import Any, ClassVar, Protocol, runtime_checkable

__all__ = ["Task"]


@runtime_checkable
class Task(Protocol):
    """What one label is: a frozen dataclass with a registered ``name`` and a ``validate``."""

    name: ClassVar[str]

    def validate(self, value: Any) -> Any:
        """``value`` as a plain JSON value of this task; raises InvalidLabel, with the mend."""
        ...
