"""What a request says about where, when, on which floor, beside what: read, then made to count."""

from __future__ import annotations

from memory_node.core.constraints.conditions import Condition, Kind, Order, Reading, Window
from memory_node.core.constraints.reading import read

__all__ = ['Condition', 'Kind', 'Order', 'Reading', 'Window', 'read']
