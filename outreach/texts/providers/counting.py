"""What became of the texts that a provider was handed, counted by outcome and nothing else."""

from __future__ import annotations

from core.metrics import TEXTS
from outreach.texts.providers.base import LaterError, Provider, RefusedError


class Counted:
    """A provider whose answers are counted."""

    def __init__(self, inner: Provider) -> None:
        self._inner = inner
        self.name = inner.name

    def send(self, to: str, text: str, reference: str, *, site: str, again: bool = False) -> str:
        """As the provider's own."""
        outcome = "failed"
        try:
            named = self._inner.send(to, text, reference, site=site, again=again)
            outcome = "sent"
        except LaterError:
            outcome = "later"
            raise
        except RefusedError:
            outcome = "refused"
            raise
        finally:
            TEXTS.labels(self.name, outcome).inc()
        return named
