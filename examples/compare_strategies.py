"""Learning curves with paired seeds, against random: a table and a picture."""

from sklearn.datasets import load_digits

from querist import simulate

x, y = load_digits(return_X_y=True)
curves = simulate(
    x / 16,
    y,
    strategies=["margin", "default"],
    seeds=3,
    batch=20,
    budget=100,
    pool=600,
    dataset="digits",
    workers=1,
)
print(curves.table())
print("picture:", curves.picture("digits.svg"))
