"""Networks by name, as an application is told them: ``torch:cnn``, ``torch:hf:FOLDER``, ..."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from querist.errors import InvalidInput, UnknownPart
from querist.models.torch.contrastive import Contrastive
from querist.models.torch.model import TorchModel
from querist.models.torch.networks import Convolutional, Perceptron, Transformer, Words
from querist.models.torch.networks.transformer import need_transformers
from querist.models.torch.training import Training

__all__ = ["NAMES", "network_named"]

NAMES = {
    "cnn": "a small convolutional network on the pixels",
    "mlp": "a hidden layer with dropout on the features of --encoder",
    "linear": "a linear layer on the features of --encoder",
    "text": "word vectors and filters over them, learnt from nothing",
    "setfit": "sentence vectors (minilm) turned by pairs of labels",
    "setfit:FOLDER": "a Hugging Face encoder changed by pairs of labels",
    "hf:FOLDER": "a Hugging Face model, fine-tuned whole",
    "lora:FOLDER": "a Hugging Face model, fine-tuned by LoRA",
}
"""What follows ``torch:``, and what it is."""

_LENGTH = 64  # tokens of a text that a Hugging Face model is given
_TUNED = Training(  # of few passes none is held back for: the labels are worth more in the training
    epochs=4, least_steps=100, batch=16, learning_rate=1e-4, weight_decay=0.01, clip=1.0, held_back=0.0
)
_LORA = replace(_TUNED, least_steps=150, learning_rate=1e-3, weight_decay=0.0, schedule="cosine")


def network_named(name: str) -> TorchModel:
    """The network that ``name`` (what follows ``torch:``) describes, with the encoder that it reads.

    Raises
    ------
    UnknownPart
        There is none of that name; the message tells which there are.
    InvalidInput
        A folder is wanted and none is given, or the other way round.
    MissingExtra
        PyTorch, or what else it takes, is not installed.

    >>> network_named("cnn").encoder, network_named("mlp").encoder
    ('pixels', None)
    """
    kind, colon, folder = name.partition(":")
    if kind not in _PLAIN and kind not in _FROM_FOLDER:
        close = difflib.get_close_matches(kind, [*_PLAIN, *_FROM_FOLDER], n=1)
        guess = f"Did you mean 'torch:{close[0]}'? " if close else ""
        raise UnknownPart(
            f"No network is named 'torch:{name}'.",
            mend=f"{guess}There are {', '.join(f'torch:{one}' for one in NAMES)}.",
        )
    if not colon and kind in _PLAIN:
        return _PLAIN[kind]()
    if kind not in _FROM_FOLDER:
        raise InvalidInput(f"'torch:{kind}' takes no folder; got {folder!r}.", mend=f"Write 'torch:{kind}'.")
    if not folder:
        raise InvalidInput(
            f"'torch:{kind}' wants the folder of a model.",
            mend=f"Write 'torch:{kind}:FOLDER', with a folder on this machine that save_pretrained wrote.",
        )
    if not (Path(folder) / "config.json").is_file():
        raise InvalidInput(
            f"{folder} holds no Hugging Face model: "
            f"{'no config.json is in it' if Path(folder).is_dir() else 'there is no such folder'}.",
            mend="Give a folder on this machine that save_pretrained wrote; nothing is downloaded.",
        )
    model = _FROM_FOLDER[kind](folder)
    need_transformers()  # a missing library is told now, not in the background
    model.encoder = {"name": "tokens", "folder": folder, "length": _LENGTH}
    return model


def _reading(encoder: Any, model: TorchModel) -> TorchModel:
    model.encoder = encoder
    return model


_PLAIN: dict[str, Callable[[], TorchModel]] = {
    "cnn": lambda: _reading("pixels", TorchModel(Convolutional())),
    "mlp": lambda: TorchModel(Perceptron()),
    "linear": lambda: TorchModel(Perceptron(hidden=(), dropout=0.0)),
    "text": lambda: _reading("tokens", TorchModel(Words())),
    "setfit": lambda: _reading("minilm", Contrastive()),
}
_FROM_FOLDER: dict[str, Callable[[str], TorchModel]] = {
    "hf": lambda folder: TorchModel(Transformer(folder), training=_TUNED),
    "lora": lambda folder: TorchModel(Transformer(folder, lora=8), training=_LORA),
    "setfit": lambda folder: Contrastive(Transformer(folder)),
}
