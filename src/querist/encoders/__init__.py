"""Encoders: content in, features out; built in for text, pictures and rows, or your own function."""

from querist.encoders.encoder import Encoder, FunctionEncoder, encoder_for
from querist.encoders.pretrained import PretrainedImageEncoder
from querist.encoders.sentence import SentenceEncoder
from querist.encoders.shapes import ShapesEncoder
from querist.encoders.table import TableEncoder
from querist.encoders.tfidf import TfidfEncoder

__all__ = [
    "Encoder",
    "FunctionEncoder",
    "PretrainedImageEncoder",
    "SentenceEncoder",
    "ShapesEncoder",
    "TableEncoder",
    "TfidfEncoder",
    "encoder_for",
]
