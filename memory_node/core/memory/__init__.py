"""The memory of a robot, put together: what users of the core open, fill and ask."""

from memory_node.core.memory.correcting import CorrectionRecord
from memory_node.core.memory.facade import Memory
from memory_node.core.memory.joining import JoinedMaps, MapRecord
from memory_node.core.memory.statistics import MemoryStatistics

__all__ = ['CorrectionRecord', 'JoinedMaps', 'MapRecord', 'Memory', 'MemoryStatistics']
