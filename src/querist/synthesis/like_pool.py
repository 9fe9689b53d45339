"""Items like those of the pool, whatever kind these are: what the application makes."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar

from querist.acquisition import Acquisition, Margin
from querist.data import Pool
from querist.data.domains import Domain
from querist.errors import InvalidInput
from querist.specs import named
from querist.strategies import Proposal, Snapshot
from querist.synthesis.contract import LearnedDomain, Synthesis
from querist.synthesis.latent import Latent
from querist.synthesis.pictures import Pictures
from querist.synthesis.realism import Realism
from querist.synthesis.rows import Rows
from querist.synthesis.search import Between, Search
from querist.synthesis.synthesised import Synthesised
from querist.synthesis.texts import Fragments

__all__ = ["LikePool", "OfItsKind"]


@named("synthesis/of_its_kind")
@dataclass(frozen=True)
class OfItsKind(LearnedDomain):
    """The domain that fits a pool: pieces of texts, table rows, pictures; a latent space of bare numbers."""

    name: ClassVar[str]

    def learned(self, pool: Pool) -> Domain:
        """The domain of this pool, by the kind of its content."""
        kind = pool.content[0].get("kind") if pool.content is not None and len(pool) else None
        raw = getattr(getattr(pool.features, "dtype", None), "kind", "f") == "O"
        made: dict[Any, LearnedDomain] = {"text": Fragments(), "row": Rows(), "image": Pictures()}
        return made.get(kind, Fragments() if raw else Latent()).learned(pool)


@named("synthesis/like_pool")
@dataclass(frozen=True)
class LikePool(Synthesis):
    """Makes items like those of the pool where the model is torn, and lets real ones compete.

    Texts are put together of pieces of real ones, table rows and pictures lie between real ones.  What people
    could not label gives way to the nearest real item.  Prefer it to :class:`Synthesised` in the application:
    it needs no choice of a domain.  Prefer a pool strategy while the pool still holds what the model needs;
    made items pay off where the pool is small or lacks the doubtful middle.

    Parameters
    ----------
    acquisition : Acquisition
    search : Search
    realism : Realism
    mixed : bool
        Whether the items of the pool compete.
    """

    acquisition: Acquisition = field(default_factory=Margin)
    search: Search = field(default_factory=lambda: Between(pairs=24, halvings=5))
    realism: Realism = field(default_factory=Realism)
    mixed: bool = True
    name: ClassVar[str]

    def __post_init__(self) -> None:
        if not isinstance(self.realism, Realism):
            raise InvalidInput(
                f"realism={self.realism!r}.", mend="Give Realism(); Synthesised(...) goes without."
            )
        _ = self._inner

    @property
    def domain(self) -> LearnedDomain:
        """Where it makes items."""
        return OfItsKind()

    def propose(self, snapshot: Snapshot, n: int) -> Proposal:
        """The ``n`` items that are worth most, made and real."""
        return self._inner.propose(snapshot, n)

    @cached_property
    def _inner(self) -> Synthesised:
        return Synthesised(self.acquisition, self.domain, self.search, realism=self.realism, mixed=self.mixed)

    @classmethod
    def examples(cls) -> tuple[LikePool, ...]:
        """Instances on which the laws are checked."""
        from querist.acquisition import Entropy
        from querist.synthesis.search import Climb

        return (cls(), cls(Entropy(), Climb(starts=8, rounds=2), Realism(strict=0.1), mixed=False))
