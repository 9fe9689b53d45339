"""Labels that are sets of classes: ask where the model cannot tell whether an item has one of them."""

from sklearn.datasets import make_multilabel_classification
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import querist
from querist.tasks import micro_f1

x, table = make_multilabel_classification(1000, n_classes=5, length=500, random_state=0)
task = querist.MultiLabel(("sport", "money", "war", "art", "food"))
truth = task.labels(table[:700])
model = make_pipeline(StandardScaler(), LogisticRegression())

campaign = querist.Campaign(querist.Pool(x[:700]), task, strategy="binary_minimum", model=model)
for _ in range(6):
    for query in campaign.ask(15):
        campaign.tell(query, truth[query.item])  # here you would ask somebody
    said = task.indicator(campaign.model.predict(x[700:]))
    print(f"{len(campaign.labels):3d} labels: micro F1 {micro_f1(table[700:], said):.3f}")
