"""PyTorch in the loop: plain modules as models, their doubt, and their export (extra ``torch``)."""

from querist.models.torch.batch_ensemble import BatchEnsemble
from querist.models.torch.contrastive import Contrastive
from querist.models.torch.distance import DistanceAware
from querist.models.torch.ensemble import DeepEnsemble
from querist.models.torch.laplace import LastLayerLaplace
from querist.models.torch.model import TorchModel
from querist.models.torch.posterior import Evidential, MonteCarloDropout, Posterior, Snapshots
from querist.models.torch.skorch import SkorchModel
from querist.models.torch.training import Training

__all__ = [
    "BatchEnsemble",
    "Contrastive",
    "DeepEnsemble",
    "DistanceAware",
    "Evidential",
    "LastLayerLaplace",
    "MonteCarloDropout",
    "Posterior",
    "SkorchModel",
    "Snapshots",
    "TorchModel",
    "Training",
]
