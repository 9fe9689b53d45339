"""What the page says around its tables."""

__all__ = ["AFTER", "BEFORE", "HEAD", "JUDGED", "TAIL", "WALK"]

HEAD = """# Membership query synthesis beside pools

What is it worth to *make* the question instead of choosing it from a pool? Every arm below begins with the
same labels and is answered by the same oracle. Beside the made questions stand the ones that they must
beat: random items of a pool (*random*), the pool's most doubtful ones (*pool margin*, for numbers *pool
variance* and *pool ALC*), and points that fill the domain evenly (*filling*).

    QUERIST_DATA=... python benchmarks/synthesis

makes everything on this page, the pictures too; what was interrupted goes on where it was. Bold in the
tables of labels is the fewest; bold in the tables of errors is what is better than random beyond its 95 %
interval (paired by seed). What follows from it in one paragraph: **where any point may be asked, made
questions with a share of exploration were better than random on all six functions, with 28 to 63 labels for
its 86; where answers are wanted for real items, make near real ones and let the pool compete; never make in
a box around the data.**
"""

BEFORE = {
    "sides": """## On which side of its median is a function?

Six standard functions on the unit cube (2, 2, 2, 3, 5 and 6 columns), a support vector machine that learns
the side, 86 labels of which 6 are given, one question at a time, 10 seeds, a pool of 1,000 points drawn
uniformly, 2,000 points to measure on. *Climb* and *between* are two searches for the acquisition
`Boundary`; *explore* is *between* with 0.3 of the questions given to an even filling, *made or pool* the
same with the pool competing; *bisection* asks no model.
""",
    "numbers": """## What is the function's value?

The same functions as numbers (standardised), a Gaussian process, 66 labels of which 6 are given, 10 seeds.
ALC is integrated variance (`VarianceRemoved`).
""",
    "real": """## Real sets, with an oracle that was fitted to all labels

The oracle is a support vector machine fitted to every row of the set; it answers real and made items alike,
and the test rows too, so that all arms learn the same thing. Five seeds. Digits: MNIST, logistic regression
on pixels, 10 questions at a time, pools of 2,000 and of 300; satellite and vowel: a support vector machine,
8 at a time; airfoil and energy: a Gaussian process, 4 at a time. *PCA*, *between* and *latent* make items
in the leading directions of the pool, *VAE* in the latent space of an autoencoder that is trained on it;
both pass through the realism filter, and what fails gives way to the nearest real item. *Box* may go
anywhere between the least and largest value of each column; *any pixels* climbs the doubt of the model over
all 784 pixels.
""",
}

WALK = """![60 questions of three strategies, the first ones pale](../pictures/synthesis-walk.svg)

The line is where the function crosses its median. *Bisection* finds it, steps aside and finds it again: it
walks along the boundary, and looks for another piece when it has walked one.
"""

AFTER = {
    "sides": """
*Explore* is better than random on all six, and the only arm of which that holds beside *made or pool*. The
doubt of the model alone, made or from the pool, overlooks a second piece of the boundary for as long as
nothing points there: on branin and camel the pool's margin ends worse than random. Bisection needs no model
and pays for each place of the boundary with five labels; that is good in two columns and hopeless in five.
""",
    "numbers": """
A pool of 1,000 points is dense in so few columns, and making adds little to choosing: *made: ALC* and *pool
ALC* are within each other's intervals everywhere. The variance alone sends made
questions to the corners and was worse than random on four of the six; integrated variance was not.
""",
    "real": """
Boxes are the lesson: an even filling of the box around real rows, and questions made in it, are far worse
than random rows on every set, since columns go together and the box is mostly empty of anything real. Near
real items making is about as good as choosing at random (on energy worse). With the pool competing it took
the fewest labels on satellite (with 1,000 rows), vowel and airfoil. Digits from the autoencoder were the
best arm where it was trained on 2,000 images; trained on 300 it is no better than random, and the pool's
margin wins. Blends in leading directions (PCA) teach less than real digits. On energy, which is a designed
grid already, nothing beat random rows. Five seeds: differences within the intervals may be chance.
""",
}

JUDGED = """## Would a person know what it is?

![Digits: real ones, and made ones of each recipe](../pictures/synthesis-digits.png)

Each recipe made 150 digits in each of three campaigns that began with ten labels. An independent
classifier, a forest trained on other MNIST images that neither the learner nor the oracle saw
({accuracy:.1f} % right on real ones), judges them: an image is *not recognised* where it is less sure of
its best class than of all but one in twenty real images (below {bar:.2f}). Made questions lie between
classes on purpose, so some doubt is what they are made for. *VAE* has a strict filter
(`Realism(strict=0.8)`), *PCA* a loose one (0.3), as in the table above. That of *VAE, shown*
(`Realism(strict=0.8, shown=True)`) looks at the pictures too and not at the codes alone, which may be near
real ones and stand for fog. That has a price: over the curves of two seeds of the table's *digits*,
accuracy was .07 lower in the mean than *made: VAE*'s and below random's on one; with the pool competing it
was .01 lower, and as high at the end. The size of the autoencoder and its filter were chosen by this very
share, on the pools of the first two of these campaigns and on others; nobody looked at accuracies."""

TAIL = """
Campaigns by uncertainty over all pixels make images of nothing. That is the trap that Lang and Baum fell
into with people in 1992; the model learns from them as badly as people would.

## What this is not

One learner a set, five or ten seeds, and oracles without noise. An oracle that is a model answers blends
without hesitation where a person would skip them; the share that is not recognised is a hint of that, no
measurement of people. Published figures for synthesis of texts and pictures by large generators (a gain of
2 to 3 points over random pools) are not comparable: those generators are fed with data of their own.
"""
