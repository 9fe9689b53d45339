"""Only the choice: which rows of an array to label next, in a loop of your own."""

from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

import querist

x, y = load_digits(return_X_y=True)
pool, test = slice(0, 1200), slice(1200, None)
model = LogisticRegression(max_iter=5000)

labels: dict[int, int] = {}
for _ in range(8):
    for row in querist.choose(x[pool], labels, model, strategy="default", n=10, seed=len(labels)):
        labels[row] = y[row]  # here you would ask somebody
    fitted = LogisticRegression(max_iter=5000).fit(x[list(labels)], list(labels.values()))
    print(f"{len(labels):3d} labels: {fitted.score(x[test], y[test]):.3f} right")
