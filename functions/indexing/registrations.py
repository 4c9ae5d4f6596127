"""Which indexes are registered, and there: asked once a minute, not once a document."""

from collections.abc import Callable
from datetime import datetime, timedelta

from catalog import RegisteredIndex
from catalog.index_registry import IndexRegistry
from embedding import EmbeddingModel
from vector_store import TenantId, WritableVectorIndex

REGISTRATION_LIFETIME = timedelta(minutes=1)
"""For so long a container takes an index to be what it saw."""


class Registrations:
    """The tenants' indexes as the registry has them, for one model and recipe."""

    def __init__(
        self,
        registry: IndexRegistry,
        model: EmbeddingModel,
        recipe: str,
        *,
        clock: Callable[[], datetime],
    ) -> None:
        self._registry = registry
        self._model = model
        self._recipe = recipe
        self._clock = clock
        self._listed: dict[TenantId, tuple[datetime, RegisteredIndex]] = {}
        self._prepared: dict[TenantId, datetime] = {}

    def announce(self, index: WritableVectorIndex, identity: str) -> RegisteredIndex:
        """Return what is registered of the index, having it listed: `sync` finds entries by that."""
        now, tenant_id = self._clock(), index.index_name.tenant_id
        listed = self._listed.get(tenant_id)
        if listed and now - listed[0] < REGISTRATION_LIFETIME:
            return listed[1]
        registered = self._registry.announce(identity)
        self._listed[tenant_id] = now, registered
        return registered

    def prepare(self, index: WritableVectorIndex, identity: str) -> None:
        """Return with the index there, and registered for the model.

        Raises ModelMismatchError for another model's, and IndexMismatchError.
        """
        now, tenant_id = self._clock(), index.index_name.tenant_id
        prepared = self._prepared.get(tenant_id)
        if prepared and now - prepared < REGISTRATION_LIFETIME:
            return
        model = self._model
        registered = self._registry.register(
            identity,
            model=model.uri,
            dimensions=model.dimensions,
            recipe=self._recipe,
            known=self.announce(index, identity),
        )
        if registered.exists:
            index.trust(model.dimensions)
        else:
            index.prepare(model.dimensions)
        if not registered.exists or registered.recipe != self._recipe:
            self._registry.note(identity, model=model.uri, recipe=self._recipe, exists=True)
        self._prepared[tenant_id] = now

    def forget(self, index: WritableVectorIndex, identity: str) -> None:
        """Let the next attempt make the index, which somebody has deleted."""
        self._listed.pop(index.index_name.tenant_id, None)
        self._prepared.pop(index.index_name.tenant_id, None)
        index.trust(None)
        self._registry.note(identity, model=self._model.uri, recipe=self._recipe, exists=False)
