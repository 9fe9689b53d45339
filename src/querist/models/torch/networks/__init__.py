"""Networks to begin with, each a function of the number of classes that makes a plain ``nn.Module``."""

from querist.models.torch.networks.convolutional import Convolutional
from querist.models.torch.networks.perceptron import Perceptron
from querist.models.torch.networks.transformer import Transformer
from querist.models.torch.networks.words import Words

__all__ = ["Convolutional", "Perceptron", "Transformer", "Words"]
