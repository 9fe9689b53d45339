"""Evaluation: campaigns replayed with known answers, learning curves against random, pictures."""

from querist.evaluation.curves import Curves, Gain, Row
from querist.evaluation.examples import write_digits
from querist.evaluation.simulation import simulate

__all__ = ["Curves", "Gain", "Row", "simulate", "write_digits"]
