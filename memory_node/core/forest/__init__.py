"""The semantic forest: areas over observations, from places to whole floors."""

from memory_node.core.forest.descent import ancestor_cosines, Scope, Traversal, traverse
from memory_node.core.forest.forest import Forest
from memory_node.core.forest.node import ForestNode
from memory_node.core.forest.serialization import dump_forest, load_forest

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
