"""
The object map: one row per physical object, kept up to date as observations arrive.

``ObjectMap`` assigns the sightings of every observation to objects; ``Objects`` is what it knows
at one moment, as read-only arrays.
"""

from memory_node.core.config import ObjectsConfig
from memory_node.core.objects.object_map import ObjectMap
from memory_node.core.objects.serialization import dump_objects, load_objects
from memory_node.core.objects.view import Objects

__all__ = ['ObjectMap', 'Objects', 'ObjectsConfig', 'dump_objects', 'load_objects']
