"""Items and where they come from: the pool, its features on disk, and the sources."""

from querist.data.pool import ItemId, Pool

__all__ = ["ItemId", "Pool"]
