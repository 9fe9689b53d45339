"""An encoder of your own is one function; features are kept on disk and made once."""

import re

import numpy as np

from querist import Pool, choose
from querist.data import FeatureStore
from querist.encoders import encoder_for

TEXTS = ["Late AGAIN!!", "A kind crew.", "Two hours late!", "Kind people, thank you.", "Where is my bag?!"]


def tone(texts):
    """Three features of a text: length, shouting, asking."""
    return np.array(
        [[len(text) / 20, len(re.findall("[A-Z!]", text)), text.count("?")] for text in texts],
        dtype=np.float32,
    )


contents = [{"kind": "text", "text": text} for text in TEXTS]
features = FeatureStore("features").encode(contents, encoder_for("text", tone))
pool = Pool(features, content=contents)
print(pool)
for row in choose(features, {}, n=3):
    print("ask about:", TEXTS[row])
