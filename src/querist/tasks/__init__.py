"""Tasks: what one label is, and which values it may have."""

from querist.tasks.classes import OfClasses
from querist.tasks.classification import Classification
from querist.tasks.contract import Task
from querist.tasks.multilabel import MultiLabel, indicator, is_label_set, label_sets
from querist.tasks.multilabel_metrics import (
    hamming_loss,
    jaccard_distance,
    label_ranking_average_precision,
    macro_f1,
    masi_distance,
    micro_f1,
    subset_accuracy,
)
from querist.tasks.number import Number

__all__ = [
    "Classification",
    "MultiLabel",
    "Number",
    "OfClasses",
    "Task",
    "hamming_loss",
    "indicator",
    "is_label_set",
    "jaccard_distance",
    "label_ranking_average_precision",
    "label_sets",
    "macro_f1",
    "masi_distance",
    "micro_f1",
    "subset_accuracy",
]
