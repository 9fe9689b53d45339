"""A stream with a sudden change: asked at random, by the default strategy, and with an ear for the change."""

import numpy as np

from querist.models import OnlineSoftmax
from querist.streams import StreamLearner

rng = np.random.default_rng(0)
x = rng.normal(size=(8_000, 6))
boundary = np.where(np.arange(8_000)[:, None] < 4_000, [1, 1, 0, 0, 0, 0], [-1, 0.5, 1, 0, 0, 0])
y = np.where((x * boundary).sum(axis=1) > 0, "fine", "faulty")

for name, strategy, drift in [
    ("random", "random", None),
    ("default", "default", None),
    ("default, listening for change", "default", "hddm_a"),
]:
    learner = StreamLearner(OnlineSoftmax(), strategy, budget=0.2, drift=drift)
    right = 0
    waiting = []
    for row, label in zip(x, y, strict=True):
        decision = learner.see(row)
        right += decision.predicted == label
        if decision.ask:
            waiting.append((decision, label))
        if len(waiting) > 10:  # labels come late
            learner.tell(*waiting.pop(0))
    print(f"{name:30s} {right / len(x):.1%} right, {learner.asked} of {learner.seen} items asked about")
