"""Tasks: what one label is, and which values it may have."""

from querist.tasks.classification import Classification
from querist.tasks.contract import Task
from querist.tasks.number import Number

__all__ = ["Classification", "Number", "Task"]
