"""Sequence classifiers of Hugging Face from a folder or a configuration: whole, in part, or by LoRA."""

from __future__ import annotations

import contextlib
import json
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from querist.errors import InvalidInput, MissingExtra
from querist.models.torch.backend import need_torch
from querist.models.torch.networks.convolutional import check_dropout

__all__ = ["Transformer", "need_transformers"]

_MEND = "Give a folder on this machine that save_pretrained wrote; nothing is downloaded."


@dataclass(frozen=True)
class Transformer:
    """A Hugging Face sequence classifier, from a folder of yours: rows of the encoder ``tokens`` to classes.

    Prefer it where a pretrained language model lies on this machine: it learns in minutes on a processor, and
    is far ahead of any head on vectors that stay as they are.  With few labels give a sentence encoder to
    ``Contrastive`` instead.

    Parameters
    ----------
    source : folder, or mapping
        A folder with a ``config.json`` and weights (``save_pretrained`` writes such); or a configuration,
        such as ``{"model_type": "bert", ...}``, whose weights are learnt from nothing.
    free : int, optional
        How many of the last layers learn, beside the classifier; the embeddings and the layers before them
        stay as they are.  All of it learns when not given.
    lora : int
        Above 0: the layers stay as they are, and what is learnt beside each attention's queries and values
        is a correction of this rank (extra ``transformers``, the library peft).
    dropout : float, optional
        In place of the configuration's own.
    pooling : "head", "mean" or "auto"
        ``"head"`` is the classifier as the library has it, by the first token of most; ``"mean"`` a linear
        layer on the mean of all tokens, as sentence encoders are trained.  ``"auto"`` is the mean where the
        folder holds a sentence encoder (a ``modules.json`` says so).

    Raises
    ------
    MissingExtra, InvalidInput
        The library, the folder or the weights are not there, or the configuration is none.

    Devlin, Chang, Lee & Toutanova, BERT, 2019; Hu et al., LoRA, 2022.
    """

    source: Any
    free: int | None = None
    lora: int = 0
    dropout: float | None = None
    pooling: str = "auto"

    def __post_init__(self) -> None:
        if not isinstance(self.source, str | Path | Mapping):
            raise InvalidInput(f"{self.source!r} is no folder and no configuration.", mend=_MEND)
        if (self.free or 0) < 0 or self.lora < 0:
            raise InvalidInput(
                f"free = {self.free} and lora = {self.lora} are not below 0.", mend="Leave them out."
            )
        if self.free is not None and self.lora:
            raise InvalidInput(
                f"With lora = {self.lora} all layers stay as they are; free = {self.free} frees some.",
                mend="Give one of the two.",
            )
        if self.dropout is not None:
            check_dropout(self.dropout)
        if self.pooling not in ("auto", "head", "mean"):
            raise InvalidInput(
                f"pooling is 'auto', 'head' or 'mean'; got {self.pooling!r}.", mend="Leave it at 'auto'."
            )
        if not isinstance(self.source, Mapping):
            object.__setattr__(self, "source", str(self.source))

    def __call__(self, classes: int) -> Any:
        """The network, for so many classes."""
        need_torch()
        from torch import nn

        from querist.models.torch.networks.layers import Reader

        if self._by_mean():
            body, config = self._body()
            drop = nn.Dropout(float(getattr(config, "hidden_dropout_prob", 0.1)))
            return nn.Sequential(body, drop, nn.Linear(int(config.hidden_size), classes))
        return Reader(*self._made(classes, mean=False))

    def vectors(self) -> Any:
        """The network without a classifier: one vector a text, the mean over its tokens."""
        need_torch()
        return self._body()[0]

    def _body(self) -> tuple[Any, Any]:
        from querist.models.torch.networks.layers import Sentences

        model, config = self._made(2, mean=True)
        return Sentences(model, config), config

    def _made(self, classes: int, *, mean: bool) -> tuple[Any, Any]:
        """The model of the library, with what learns of it, and its configuration."""
        with _quietly() as transformers:
            model = self._loaded(transformers, classes, mean)
        if self.free is not None:
            self._freeze(model)
        config = model.config
        return self._corrected(model) if self.lora else model, config

    def _by_mean(self) -> bool:
        if self.pooling != "auto":
            return self.pooling == "mean"
        return not isinstance(self.source, Mapping) and (Path(self.source) / "modules.json").is_file()

    def _loaded(self, transformers: Any, classes: int, mean: bool) -> Any:
        kind = transformers.AutoModel if mean else transformers.AutoModelForSequenceClassification
        config = self._config(transformers, classes)
        try:
            if isinstance(self.source, Mapping):
                return kind.from_config(config)
            return kind.from_pretrained(
                self.source, config=config, local_files_only=True, ignore_mismatched_sizes=True
            )
        except (OSError, ValueError, KeyError, RuntimeError, ImportError) as error:
            raise InvalidInput(
                f"No classifier of texts can be made of {self._told()}: {_first(error)}.", mend=_MEND
            ) from error

    def _config(self, transformers: Any, classes: int) -> Any:
        told: dict[str, Any] = {"num_labels": classes}
        if self.dropout is not None:
            names = ("hidden_dropout_prob", "attention_probs_dropout_prob", "dropout", "classifier_dropout")
            told |= dict.fromkeys(names, self.dropout)
        try:
            if isinstance(self.source, Mapping):
                rest = {name: one for name, one in self.source.items() if name != "model_type"}
                if "model_type" not in self.source:
                    raise ValueError("it has no 'model_type'")
                return transformers.AutoConfig.for_model(self.source["model_type"], **(rest | told))
            config = json.loads((Path(self.source) / "config.json").read_text("utf-8"))
            if not isinstance(config, dict) or "model_type" not in config:
                raise ValueError("its config.json has no 'model_type'")
            return transformers.AutoConfig.from_pretrained(self.source, local_files_only=True, **told)
        except FileNotFoundError as error:
            lacks = "no config.json is in it" if Path(self.source).is_dir() else "there is no such folder"
            raise InvalidInput(f"{self.source} holds no model: {lacks}.", mend=_MEND) from error
        except Exception as error:  # of any kind, by what is wrong with it
            raise InvalidInput(
                f"{self._told()} is no configuration of a model: {_first(error)}.",
                mend="It is a mapping with 'model_type' and the sizes that this type has, as in config.json.",
            ) from error

    def _freeze(self, model: Any) -> None:
        """Let the last layers and the classifier learn alone."""
        body = model.base_model
        lists = [list(one) for one in body.modules() if type(one).__name__ == "ModuleList" and len(one)]
        if not lists:
            raise InvalidInput(
                f"No layers are found in a {type(model).__name__} to choose free = {self.free} from.",
                mend="Leave free out, or write a factory of your own.",
            )
        layers = max(lists, key=len)
        for parameter in body.parameters():
            parameter.requires_grad = False
        for layer in layers[max(0, len(layers) - (self.free or 0)) :]:
            for parameter in layer.parameters():
                parameter.requires_grad = True
        pooler = _pooler(model)
        for parameter in () if pooler is None else pooler.parameters():
            parameter.requires_grad = True  # of a folder that had none, it is as new as the classifier

    def _corrected(self, model: Any) -> Any:
        try:
            import peft
        except ImportError as error:
            raise MissingExtra(
                f"lora needs the library peft, which cannot be imported: {error}.",
                mend="Run: pip install 'querist[transformers]'.",
            ) from error
        body = model.base_model
        new = [
            name
            for name, child in model.named_children()
            if body is not model and child is not body and any(True for _ in child.parameters())
        ]
        told = peft.LoraConfig(
            task_type="FEATURE_EXTRACTION" if body is model else "SEQ_CLS",
            r=self.lora,
            lora_alpha=2 * self.lora,
            lora_dropout=0.0,
            modules_to_save=[*new, *(["pooler"] if new and _pooler(model) is not None else [])],
        )
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return peft.get_peft_model(model, told)
        except ValueError as error:
            raise InvalidInput(
                f"LoRA knows no place in a {type(model).__name__}: {_first(error)}.",
                mend="Use free=1 in its stead.",
            ) from error

    def _told(self) -> str:
        return f"the configuration {self.source!r}" if isinstance(self.source, Mapping) else self.source


def _pooler(model: Any) -> Any:
    return getattr(model.base_model, "pooler", None)


def need_transformers() -> Any:
    """The library ``transformers``, or MissingExtra with the command that installs it."""
    try:
        import transformers
    except ImportError as error:
        raise MissingExtra(
            f"A Hugging Face model needs the library transformers, which cannot be imported: {error}.",
            mend="Run: pip install 'querist[transformers]'.",
        ) from error
    return transformers


@contextlib.contextmanager
def _quietly() -> Iterator[Any]:
    """The library ``transformers``, without its bars and its word that the classifier is new."""
    transformers = need_transformers()
    logging = transformers.utils.logging
    level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    try:
        logging.set_verbosity(logging.CRITICAL)
        logging.disable_progress_bar()
        yield transformers
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()


def _first(error: Exception) -> str:
    told = str(error).strip().split("\n")[0].split(". Should contain")[0].rstrip(".")
    return told[:300] or type(error).__name__
