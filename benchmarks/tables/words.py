"""What the page of tables says between the figures."""

from __future__ import annotations

__all__ = ["AFTER", "BEFORE", "HEAD"]

HEAD = """\
# Published tables

<!-- Written by benchmarks/tables; do not edit. -->

Comparisons that others have published, or that are usual, remade with querist. Each is one command, which
can be interrupted; all campaigns are replayed by `querist.evaluation.Experiment`, so that every strategy
of a seed has the same pool, first labels and test set."""

BEFORE = {
    "digits": """\
## Digits as vectors of a variational autoencoder

<!-- not run: it needs data that do not come with querist -->
```sh
QUERIST_DATA=/path/to/data python benchmarks/tables digits
```

MNIST as 10 numbers (60,000 to choose from, the official 10,000 to measure), logistic regression with C = 1
on them as they are. One label of each class to begin with, then 10 at a time to 300. {seeds} seeds. Published
for a random sample that is balanced by class, 20 seeds: 0.8175 at 100 labels and 0.8894 at 300.""",
    "texts": """\
## Texts as frozen sentence vectors

<!-- not run: it needs data that do not come with querist -->
```sh
QUERIST_DATA=/path/to/data python benchmarks/tables texts
```

MiniLM-L6 in 8-bit (the encoder `minilm` of the extra `text`), logistic regression with C = 10. 25 labels
to begin with, one of each class and the rest random, then 25 at a time to 525. TREC is measured on its
official test set; of the others a fixed fifth is held back. {seeds} seeds. The vectors are worked out once (a
quarter of an hour) and kept outside the repository. SUBJ, CR and MPQA, which are usual too, were not at
hand.""",
    "cold": """\
## The same texts from no label

<!-- not run: it needs data that do not come with querist -->
```sh
QUERIST_DATA=/path/to/data python benchmarks/tables cold
```

No label to begin with, 5 questions at a time to 50. {seeds} seeds.""",
    "numbers": """\
## Numbers

<!-- not run: it needs data that do not come with querist -->
```sh
QUERIST_DATA=/path/to/data python benchmarks/tables numbers
```

Holzmüller, Zaverkin, Kästner and Steinwart (2023), scaled down: a network of two hidden layers of 128,
trained anew at each step; 64 random labels to begin with, then 64 at a time to 1,088, of a pool of 8,000.
LCMD measures distances between sketched gradients of the network (256 numbers a row). Three of their data
sets are among ours (fried, protein, diamonds). Seeds: {seeds}. Published for LCMD, on 15 larger sets to 4,352
labels with 20 seeds: a mean gain of 0.188.""",
}

AFTER = {
    "digits": """\
Few numbers describe a digit here, and a model's doubts are worth something early: with `patience` 1 the
default trusts them five times as soon (chosen on four other seeds). It is not the default for all data
because on texts, clothes and letters that costs accuracy ([the
decision](../decisions/default-strategy.md) has the figures).""",
    "texts": """\
The default needs fewer labels than margin on TREC and AG News (news: 158 in place of 254). On SST-2 the
two are about even, and on MR the default is no better than random. BADGE was run on TREC alone, where it is
behind both. The 225 labels that were aimed at in the mean are not reached. With so few seeds, differences
of two points on one data set may be chance.""",
    "cold": """\
In the mean the default is above random and above TypiClust at 10 and 25 labels, and neither is above
random at 50; on TREC both are below. Five seeds: of the default's gains only those on AG News are beyond
noise.""",
    "numbers": """\
LCMD is ahead on every set; the published mean gain is not reached. Half of the mean is owed to naval and
pol. One seed each, which is too few for an interval; `--seeds` takes more. While the network was chosen, on
another split, a sketch of 512 numbers was no better than one of 256 (gains of 0.179 and 0.182 on pol, bike,
sml and parkinsons), the last layer's features were worse (0.156); with fewer labels (to 576) and shorter
training the gain was 0.052 on six sets.""",
}
