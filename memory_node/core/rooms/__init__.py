"""Rooms: which room each view and object is in, what it is called, what is next to it."""

from memory_node.core.rooms.building import RoomBuilder
from memory_node.core.rooms.matching import next_to, RoomMatcher
from memory_node.core.rooms.rooms import Rooms
from memory_node.core.rooms.views import RoomViews
from memory_node.core.rooms.vocabulary import default_vocabulary, load_vocabulary, Vocabulary

__all__ = [
    'RoomBuilder',
    'RoomMatcher',
    'RoomViews',
    'Rooms',
    'Vocabulary',
    'default_vocabulary',
    'load_vocabulary',
    'next_to',
]
