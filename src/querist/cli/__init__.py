"""The command line: one module a command; heavy things are loaded inside the commands."""

from querist.cli.group import main

__all__ = ["main"]
