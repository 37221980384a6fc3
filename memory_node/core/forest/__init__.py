"""The semantic forest: areas over observations, from places to whole floors."""

from memory_node.core.forest.incremental import Forest
from memory_node.core.forest.node import ForestNode
from memory_node.core.forest.state import dump_forest, load_forest
from memory_node.core.forest.traverse import ancestor_cosines, Scope, Traversal, traverse

__all__ = [
    'Forest',
    'ForestNode',
    'Scope',
    'Traversal',
    'ancestor_cosines',
    'dump_forest',
    'load_forest',
    'traverse',
]
