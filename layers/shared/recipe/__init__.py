"""What all chunks of a deployment are made by: the model, the limits of a chunk, the layout."""

from recipe.chunking_settings import ChunkingSettings
from recipe.recipe import Recipe

__all__ = ["ChunkingSettings", "Recipe"]
