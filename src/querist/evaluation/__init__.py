"""Evaluation: campaigns replayed with known answers, learning curves against random, pictures."""

from querist.evaluation.active_testing import ActiveTest, Measured, active_test
from querist.evaluation.arms import MODELS, Arm
from querist.evaluation.campaign_test import CampaignTest
from querist.evaluation.comparison import Comparison
from querist.evaluation.curves import Curves, Gain
from querist.evaluation.dataset import Dataset
from querist.evaluation.examples import write_digits
from querist.evaluation.experiment import Experiment, replay
from querist.evaluation.metrics import METRICS
from querist.evaluation.protocol import Protocol
from querist.evaluation.readers import dataset_names, load_dataset
from querist.evaluation.report import write_report
from querist.evaluation.results import Results, read_runs
from querist.evaluation.runs import Run
from querist.evaluation.simulation import simulate

__all__ = [
    "ActiveTest",
    "Arm",
    "CampaignTest",
    "Comparison",
    "Curves",
    "Dataset",
    "Experiment",
    "Gain",
    "METRICS",
    "MODELS",
    "Measured",
    "Protocol",
    "Results",
    "Run",
    "active_test",
    "dataset_names",
    "load_dataset",
    "read_runs",
    "replay",
    "simulate",
    "write_digits",
    "write_report",
]
