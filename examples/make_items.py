"""Find where a metal melts, alloy by alloy: made questions, no pool, and an even filling beside them."""

import numpy as np
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

import querist
from querist.acquisition import Boundary
from querist.data import Box, Constrained, Linear
from querist.synthesis import Between, Filling, Synthesised

# shares of tin and of lead (the rest is silver), and degrees
mixture = Constrained(
    Box(((0.0, 1.0), (0.0, 1.0), (100.0, 1000.0)), names=("tin", "lead", "degrees")),
    (Linear((1.0, 1.0, 0.0), 1.0),),
)


def measured(alloy):
    """Here you would heat it."""
    tin, lead, degrees = alloy
    melts_at = 962 - 730 * tin - 635 * lead + 180 * (tin - lead) ** 2
    return "liquid" if degrees > melts_at else "solid"


test = mixture.sample(2000, np.random.default_rng(7))
truth = np.array([measured(alloy) for alloy in test])
model = make_pipeline(StandardScaler(), SVC(C=1000))

strategies = {
    "filling the domain": Filling(mixture),
    "along the boundary": Synthesised(Boundary(), mixture, Between(), explore=0.2),
}
for name, strategy in strategies.items():
    campaign = querist.Campaign(
        querist.Pool(np.empty((0, 3))),
        querist.Classification(("solid", "liquid")),
        strategy=strategy,
        model=model,
    )
    for _ in range(50):
        for query in campaign.ask():
            campaign.tell(query, measured(query.features))
    wrong = np.mean(campaign.model.predict(test) != truth)
    print(f"{name}: {len(campaign.labels)} measurements, {wrong:.1%} of the test alloys wrong")
