"""Re-export until the move is done."""

from memory_node.core.config import ObjectsConfig

__all__ = ['ObjectsConfig']
