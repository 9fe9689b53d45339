"""Items and where they come from: the pool, its features on disk, and the sources."""

from querist.data.domains import (
    Box,
    Choices,
    Constrained,
    Domain,
    Integers,
    Linear,
    ProductDomain,
    Simplex,
)
from querist.data.features import FeatureStore
from querist.data.files import atomic_write, full_disk_told
from querist.data.images import image_fault, open_image, open_raster, with_bytes
from querist.data.pool import ItemId, Pool
from querist.data.source import Columns, Problem, Source
from querist.data.sources import open_source
from querist.data.table import ItemTable, open_items, write_items

__all__ = [
    "Box",
    "Choices",
    "Columns",
    "Constrained",
    "Domain",
    "FeatureStore",
    "Integers",
    "ItemId",
    "ItemTable",
    "Linear",
    "Pool",
    "Problem",
    "ProductDomain",
    "Simplex",
    "Source",
    "atomic_write",
    "full_disk_told",
    "image_fault",
    "open_image",
    "open_items",
    "open_raster",
    "open_source",
    "with_bytes",
    "write_items",
]
