"""The server: the HTTP application, the learner beside it, and the page."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from querist.server.app import create_app
    from querist.server.serving import Serving, serve

__all__ = ["Serving", "create_app", "serve"]

_MODULE_OF = {"Serving": "serving", "create_app": "app", "serve": "serving"}


def __getattr__(name: str) -> Any:
    """Load on first use: the learner's process needs no web framework."""
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'querist.server' has no attribute {name!r}")
    return getattr(import_module(f"querist.server.{_MODULE_OF[name]}"), name)
