"""
Constraints of a request: where, when, on which floor, beside what, one file each.

``REGISTRY`` lists the kinds in the order in which they read. A new kind is one new file here with
one subclass of ``Constraint`` that has a ``PRIORITY``.
"""

from memory_node.core.constraints.base import Candidates, Constraint, Effect, Scene
from memory_node.core.constraints.combine import combine, Combined
from memory_node.core.constraints.order import Order
from memory_node.core.constraints.registry import REGISTRY

__all__ = [
    'Candidates',
    'Combined',
    'Constraint',
    'Effect',
    'Order',
    'REGISTRY',
    'Scene',
    'combine',
]
