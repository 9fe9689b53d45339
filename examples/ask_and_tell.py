"""A campaign: ask, tell, skip, take back; kept in a file, and opened again."""

from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

from querist import Campaign, Classification, Oracle, Pool, open_log

x, y = load_iris(return_X_y=True)
names = ("setosa", "versicolor", "virginica")
pool = Pool(x, ids=[f"flower {row}" for row in range(len(x))])
answer = Oracle(
    {item: names[label] for item, label in zip(pool.ids, y, strict=True)}
)  # a person, in real life
model = LogisticRegression(max_iter=1000)

with Campaign(
    pool, Classification(names), model=model, log=open_log("iris.db"), random_share=0.2
) as campaign:
    for query in campaign.ask(5):
        campaign.tell(query, answer(query.item), by="ada", seconds=2.5)
    doubtful = campaign.ask()[0]
    campaign.skip(doubtful, because="blurred", by="ada")
    first = next(iter(campaign.labels))
    campaign.retract(first)
    print(f"{len(campaign.labels)} labels, 1 skipped, 1 taken back: {first}")

with Campaign(pool, model=model, log=open_log("iris.db")) as campaign:
    print(f"Opened again with {len(campaign.labels)} labels")
    while len(campaign.labels) < 40:
        for query in campaign.ask(5):
            campaign.tell(query, answer(query.item), by="ada")
    print(f"Why the last one: {campaign.why(query)}")
    print(f"Quality: {campaign.estimates.quality}")
