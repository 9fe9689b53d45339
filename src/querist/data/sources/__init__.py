"""Sources: one module a way in which data lies on disk, behind one door."""

from querist.data.sources.opening import open_source

__all__ = ["open_source"]
