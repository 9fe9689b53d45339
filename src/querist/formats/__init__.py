"""What leaves a campaign and what enters it: labels, answers, predictions and models, one module a kind."""

from querist.formats.card import ModelCard, write_model
from querist.formats.labels import write_annotations, write_labels
from querist.formats.predictions import write_predictions
from querist.formats.read import read_labels
from querist.formats.write import FORMATS, format_of

__all__ = [
    "FORMATS",
    "ModelCard",
    "format_of",
    "read_labels",
    "write_annotations",
    "write_labels",
    "write_model",
    "write_predictions",
]
